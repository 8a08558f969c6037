// SPDX-License-Identifier: BSL-1.0
// A file that is there whole or not at all.
#pragma once

#include <metapool/data/error.hpp>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#if defined(_WIN32)
#include <io.h>
#else
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>
#endif

namespace metapool {

namespace detail {

/// The file that `path` stands for: a symbolic link keeps pointing at what is replaced, or at what is not there yet.
template <class = void>
std::string link_target(std::string path) {
#if !defined(_WIN32)
  if (char* real = ::realpath(path.c_str(), nullptr)) {
    std::string target;
    try {
      target = real;
    } catch (...) {
      std::free(real);
      throw;
    }
    std::free(real);
    return target;
  }
  char to[4096];
  for (int links = 0; links < 40; ++links) {  // to a file that is not there yet
    const ::ssize_t size = ::readlink(path.c_str(), to, sizeof to);
    if (size <= 0 || static_cast<std::size_t>(size) == sizeof to) break;
    const std::string::size_type slash = path.rfind('/');
    path.erase(to[0] == '/' || slash == std::string::npos ? 0 : slash + 1);
    path.append(to, static_cast<std::size_t>(size));
  }
#endif
  return path;
}

/// Lets nobody read or write an open file who may not do so with the file at `path`, if there is one.
template <class = void>
void take_permissions(std::FILE* file, const std::string& path) {
#if defined(_WIN32)
  (void)file;
  (void)path;
#else
  struct ::stat status {};
  if (::stat(path.c_str(), &status) == 0) ::fchmod(::fileno(file), (status.st_mode & 0777U) | S_IRUSR | S_IWUSR);
#endif
}

/// Has the bytes of an open file brought to the disk. False if the system says that they are not there.
template <class = void>
bool bring_to_disk(std::FILE* file) {
  if (std::fflush(file) != 0) return false;
#if defined(_WIN32)
  return ::_commit(::_fileno(file)) == 0;
#else
  return ::fsync(::fileno(file)) == 0;
#endif
}

/// Gives the file `aside` the name `target`, whose permissions it takes over if that file is there, and has the folder brought to the disk. False if that failed.
template <class = void>
bool rename_over(const std::string& aside, const std::string& target) {
#if defined(_WIN32)
  std::remove(target.c_str());  // rename does not replace there
  return std::rename(aside.c_str(), target.c_str()) == 0;
#else
  struct ::stat status {};
  if (::stat(target.c_str(), &status) == 0) ::chmod(aside.c_str(), status.st_mode & 07777U);
  if (std::rename(aside.c_str(), target.c_str()) != 0) return false;
  const std::string::size_type slash = target.rfind('/');
  const std::string folder = slash == std::string::npos ? std::string(".") : target.substr(0, slash + 1);
  const int handle = ::open(folder.c_str(), O_RDONLY);
  if (handle >= 0) {  // the rename has happened; some file systems cannot do more
    ::fsync(handle);
    ::close(handle);
  }
  return true;
#endif
}

/// Throws error if something else than a regular file is at `path`.
template <class = void>
void check_replaceable(const std::string& path, const char* function) {
#if !defined(_WIN32)
  struct ::stat status {};
  if (::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) throw error(std::string(function) + ": " + path + ": is not a regular file");
#else
  (void)path;
  (void)function;
#endif
}

}  // namespace detail

/// A file that is written piece by piece and gets its name only when all of it is on the disk: until commit() it is a new file beside `path`, called path.0.part or the
/// next free number, and what was at `path` stays as it was. A full disk, an exception or a crash never leaves half a file under the name `path`; the new file is removed
/// unless the process was killed. Any function throws metapool::error, naming `function` and the path, when the system refuses.
///
///     atomic_file out("result.tsv");
///     out.write(text);
///     out.commit();
class atomic_file {
 public:
  explicit atomic_file(std::string path, const char* function = "atomic_file") : path_(std::move(path)), function_(function) {
    detail::check_replaceable(path_, function);
    target_ = detail::link_target(path_);
    for (int attempt = 0; file_ == nullptr && attempt < 100; ++attempt) {  // "x": never write into a file that is there already
      aside_ = target_ + "." + std::to_string(attempt) + ".part";
      file_ = std::fopen(aside_.c_str(), "wbx");
    }
    if (file_ == nullptr) fail("cannot be written (no new file can be made in its folder)");
    detail::take_permissions(file_, target_);
  }
  atomic_file(const atomic_file&) = delete;
  atomic_file& operator=(const atomic_file&) = delete;
  ~atomic_file() { discard(); }

  void write(std::string_view text) {
    if (file_ == nullptr) fail("is closed");
    if (std::fwrite(text.data(), 1, text.size(), file_) != text.size()) full();
  }

  /// Puts the file in its place. Nothing may be written after it.
  void commit() {
    if (file_ == nullptr) fail("is closed");
    if (!detail::bring_to_disk(file_)) full();
    const bool closed = std::fclose(std::exchange(file_, nullptr)) == 0;
    if (closed && detail::rename_over(aside_, target_)) return;
    std::remove(aside_.c_str());
    fail(closed ? "could not be replaced by the newly written file" : "could not be written to the end (disk full?); the old file, if any, is unchanged");
  }

  /// Removes what was written; commit() is no longer possible.
  void discard() {
    if (file_ == nullptr) return;
    std::fclose(std::exchange(file_, nullptr));
    std::remove(aside_.c_str());
  }

  /// Where the file is until commit().
  const std::string& aside() const { return aside_; }

 private:
  [[noreturn]] void fail(const char* what) const { throw error(std::string(function_) + ": " + path_ + ": " + what); }
  [[noreturn]] void full() {
    discard();
    fail("could not be written to the end (disk full?); the old file, if any, is unchanged");
  }

  std::string path_, target_{}, aside_{};
  const char* function_;
  std::FILE* file_ = nullptr;
};

}  // namespace metapool
