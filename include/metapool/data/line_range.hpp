// SPDX-License-Identifier: BSL-1.0
// Files of lines in pieces: byte ranges that begin and end where lines do, and blocks of whole lines.
#pragma once

#include <metapool/data/check.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace metapool {

/// Bytes [begin, end) of a file.
struct byte_range {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::uint64_t size() const { return end - begin; }
};

namespace detail {

/// A file open for reading that closes itself.
class read_only_file {
 public:
  read_only_file(const std::string& path, const char* function) : file_(std::fopen(path.c_str(), "rb")) {
    if (file_ == nullptr) throw_input_error(function, path + ": the file cannot be opened for reading");
  }
  read_only_file(const read_only_file&) = delete;
  read_only_file& operator=(const read_only_file&) = delete;
  ~read_only_file() { std::fclose(file_); }
  std::FILE* get() const { return file_; }

  bool seek(std::uint64_t offset, int origin = SEEK_SET) const {
#if defined(_WIN32)
    return ::_fseeki64(file_, static_cast<long long>(offset), origin) == 0;
#else
    return offset <= static_cast<std::uint64_t>((std::numeric_limits<long>::max)()) && std::fseek(file_, static_cast<long>(offset), origin) == 0;
#endif
  }
  std::uint64_t tell() const {
#if defined(_WIN32)
    return static_cast<std::uint64_t>(::_ftelli64(file_));
#else
    return static_cast<std::uint64_t>(std::ftell(file_));
#endif
  }

 private:
  std::FILE* file_;
};

/// Where the first line begins that does so at `from` or later; `end` if none does. from = 0 is the start of a line.
template <class = void>
std::uint64_t line_start(const read_only_file& file, std::uint64_t from, std::uint64_t end, const std::string& path, const char* function) {
  if (from == 0) return 0;
  if (from >= end) return end;
  if (!file.seek(from - 1)) throw_input_error(function, path + ": the file cannot be read from the middle (a pipe?)");
  char buffer[4096];
  for (std::uint64_t at = from - 1; at < end;) {
    const std::size_t got = std::fread(buffer, 1, sizeof buffer, file.get());
    if (got == 0) {
      if (std::ferror(file.get()) != 0) throw_input_error(function, path + ": the file cannot be read");
      return end;
    }
    if (const void* found = std::memchr(buffer, '\n', got)) {
      const std::uint64_t start = at + static_cast<std::uint64_t>(static_cast<const char*>(found) - buffer) + 1;
      return start < end ? start : end;
    }
    at += got;
  }
  return end;
}

}  // namespace detail

/// The size of a file in bytes. Throws input_error if it cannot be opened, or has none (a pipe).
template <class = void>
std::uint64_t file_size(const std::string& path, const char* function = "file_size") {
  const detail::read_only_file file(path, function);
  if (!file.seek(0, SEEK_END)) detail::throw_input_error(function, path + ": the file has no size (a pipe?)");
  return file.tell();
}

/// Piece `part` of `parts` (0 to parts - 1) of the lines in `whole`: a line belongs to the piece in which its first byte lies when the bytes are shared out evenly. The
/// pieces follow each other without gap or overlap, some may be empty, and a line longer than a piece is in one of them. whole.begin must be the start of a line.
/// Throws input_error if the file cannot be read or part >= parts.
template <class = void>
byte_range line_range(const std::string& path, const byte_range& whole, std::uint64_t part, std::uint64_t parts, const char* function = "line_range") {
  if (!(part < parts)) {
    detail::throw_input_error(function, "part = " + std::to_string(part) + " must be below the number of parts, " + std::to_string(parts));
  }
  const detail::read_only_file file(path, function);
  const auto cut = [&](std::uint64_t i) {
    if (i == 0) return whole.begin;
    if (i == parts) return whole.end;
    // size * i / parts without overflow for any number of parts below 2^32
    const std::uint64_t at = whole.begin + whole.size() / parts * i + whole.size() % parts * i / parts;
    return at == whole.begin ? at : detail::line_start(file, at, whole.end, path, function);
  };
  return {cut(part), cut(part + 1)};
}

/// Reads a file, or a range of it, or an open stream such as stdin, in blocks of whole lines: only the last line may lack its end. Memory: twice the block, or the longest
/// line if that is more. Throws input_error if reading fails, and if a file is shorter than its range (it was cut while it was read).
class line_reader {
 public:
  /// range: what line_range gave.
  line_reader(const std::string& path, const byte_range& range, const char* function = "line_reader") : name_(path), function_(function) {
    owned_.emplace(path, function);
    from_ = owned_->get();
    left_ = range.size();
    bounded_ = true;
    if (!owned_->seek(range.begin)) detail::throw_input_error(function, path + ": the file cannot be read from the middle (a pipe?)");
  }
  /// stream: stays open and the caller's; name: for messages.
  line_reader(std::FILE* stream, std::string name, const char* function = "line_reader") : name_(std::move(name)), function_(function), from_(stream) {}
  line_reader(const line_reader&) = delete;
  line_reader& operator=(const line_reader&) = delete;

  /// The next lines, about `block` bytes of them; empty at the end. What it returns holds until the next call.
  std::string_view next(std::size_t block) {
    std::memmove(buffer_.data(), buffer_.data() + given_, filled_ - given_);
    filled_ -= given_;
    given_ = 0;
    if (block == 0) block = 1;
    std::size_t searched = 0;
    while (true) {
      if (filled_ >= block || ended_) {
        std::size_t end = filled_;
        while (end > searched && buffer_[end - 1] != '\n') --end;
        if (ended_) end = filled_;
        if (end > searched || ended_) {
          given_ = end;
          return std::string_view(buffer_.data(), end);
        }
        searched = filled_;  // not one whole line yet
        block = 2 * filled_;
      }
      if (buffer_.size() < block) buffer_.resize(block);
      fill(block);
    }
  }

  /// The next line with its end; empty at the end.
  std::string_view line() {
    std::memmove(buffer_.data(), buffer_.data() + given_, filled_ - given_);
    filled_ -= given_;
    given_ = 0;
    std::size_t searched = 0;
    while (true) {
      const void* found = searched < filled_ ? std::memchr(buffer_.data() + searched, '\n', filled_ - searched) : nullptr;
      if (found != nullptr || ended_) {
        given_ = found != nullptr ? static_cast<std::size_t>(static_cast<const char*>(found) - buffer_.data()) + 1 : filled_;
        return std::string_view(buffer_.data(), given_);
      }
      searched = filled_;
      if (buffer_.size() < filled_ + 4096) buffer_.resize(2 * filled_ + 4096);
      fill(buffer_.size());
    }
  }

 private:
  /// Reads until the buffer holds `most` bytes or the input ends.
  void fill(std::size_t most) {
    std::size_t wanted = most - filled_;
    if (bounded_ && wanted > left_) wanted = static_cast<std::size_t>(left_);
    const std::size_t got = wanted == 0 ? 0 : std::fread(buffer_.data() + filled_, 1, wanted, from_);
    filled_ += got;
    if (bounded_) left_ -= got;
    if (got == wanted && !(bounded_ && left_ == 0)) return;
    if (std::ferror(from_) != 0) detail::throw_input_error(function_, name_ + ": cannot be read to the end");
    if (bounded_ && left_ != 0) detail::throw_input_error(function_, name_ + ": the file ends before the piece that is to be read");
    ended_ = true;
  }

  std::string name_;
  const char* function_;
  std::FILE* from_ = nullptr;
  std::optional<detail::read_only_file> owned_{};
  std::string buffer_{};
  std::size_t filled_ = 0, given_ = 0;
  std::uint64_t left_ = 0;
  bool bounded_ = false, ended_ = false;
};

}  // namespace metapool
