// SPDX-License-Identifier: BSL-1.0
// A file as one text: read whole, and replaced whole or not at all.
#pragma once

#include <metapool/data/atomic_file.hpp>
#include <metapool/data/check.hpp>

#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

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

/// Whether both are names of one file that is there.
template <class = void>
bool one_file(const std::string& a, const std::string& b) {
  std::error_code failed;
  return std::filesystem::equivalent(a, b, failed) && !failed;
}

/// Throws input_error if the file that would be written is the one that is read.
template <class = void>
void check_output_apart(const std::string& read, const std::string& written, const char* function) {
  if (one_file(read, written)) throw_input_error(function, written + ": the result would replace the file that is read");
}

/// Puts `text` in the place of the file at `path`, whole or not at all (atomic_file). Throws metapool::error if anything fails.
template <class = void>
void write_file(const std::string& path, std::string_view text, const char* function) {
  atomic_file file(path, function);
  file.write(text);
  file.commit();
}

}  // namespace metapool::detail
