// SPDX-License-Identifier: BSL-1.0
// A file as one text: read whole, and replaced whole or not at all.
#pragma once

#include <metapool/data/check.hpp>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#if !defined(_WIN32)
#include <sys/stat.h>
#endif

namespace metapool::detail {

/// The bytes of a file. Throws input_error if it cannot be opened or read.
template <class = void>
std::string read_file(const std::string& path, const char* function) {
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) throw_input_error(function, path + ": the file cannot be opened for reading");
  std::string text;
  std::size_t filled = 0, got = 0;
  do {
    if (filled == text.size()) {
      try {
        text.resize(filled == 0 ? std::size_t{1} << 16U : 2 * filled);
      } catch (...) {
        std::fclose(file);
        throw;
      }
    }
    got = std::fread(text.data() + filled, 1, text.size() - filled, file);
    filled += got;
  } while (got != 0);
  const bool failed = std::ferror(file) != 0;
  std::fclose(file);
  if (failed) throw_input_error(function, path + ": the file cannot be read (a directory?)");
  text.resize(filled);
  return text;
}

/// Puts `text` in the place of the file at `path`: written to a new file beside it first, then renamed, so that a full disk or a crash
/// leaves the old file as it was. A symbolic link keeps pointing at the file that is replaced; the file's permissions are kept. Throws
/// metapool::error if anything fails, and removes the new file.
template <class = void>
void write_file(const std::string& path, std::string_view text, const char* function) {
  const auto fail = [&](const char* what) { throw error(std::string(function) + ": " + path + ": " + what); };
  std::string target = path;
#if !defined(_WIN32)
  struct ::stat status {};
  const bool exists = ::stat(path.c_str(), &status) == 0;
  if (exists && !S_ISREG(status.st_mode)) fail("is not a regular file");
  if (char* real = ::realpath(path.c_str(), nullptr)) {
    try {
      target = real;
    } catch (...) {
      std::free(real);
      throw;
    }
    std::free(real);
  }
#endif
  std::string aside;
  std::FILE* file = nullptr;
  for (int attempt = 0; file == nullptr && attempt < 100; ++attempt) {  // "x": never write into a file that is there already
    aside = target + "." + std::to_string(attempt) + ".part";
    file = std::fopen(aside.c_str(), "wbx");
  }
  if (file == nullptr) fail("cannot be written (no new file can be made in its folder)");
  const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  const bool closed = std::fclose(file) == 0;
  if (!written || !closed) {
    std::remove(aside.c_str());
    fail("could not be written to the end (disk full?); the old file, if any, is unchanged");
  }
#if defined(_WIN32)
  std::remove(target.c_str());  // rename does not replace there
#else
  if (exists) ::chmod(aside.c_str(), status.st_mode & 07777U);
#endif
  if (std::rename(aside.c_str(), target.c_str()) != 0) {
    std::remove(aside.c_str());
    fail("could not be replaced by the newly written file");
  }
}

}  // namespace metapool::detail
