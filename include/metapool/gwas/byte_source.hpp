// SPDX-License-Identifier: BSL-1.0
// The bytes of a file, plain or compressed by gzip, a piece at a time.
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/data/line_range.hpp>
#include <metapool/gwas/gzip_source.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

namespace metapool::detail {

struct close_file {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

/// A plain file from its first byte to its last, or a range of it. Nothing is kept in memory but what the caller holds.
class plain_source {
 public:
  /// before: bytes that were read already.
  plain_source(std::FILE* file, std::string path, std::string before) : file_(file), path_(std::move(path)), before_(std::move(before)) {}

  /// Up to `size` bytes into `to`; 0 only at the end. Throws input_error if the file cannot be read.
  std::size_t read(char* to, std::size_t size) {
    std::size_t got = 0;
    if (end_ - offset_ < size) size = static_cast<std::size_t>(end_ - offset_);
    while (got < size && used_ < before_.size()) to[got++] = before_[used_++];
    if (got < size) got += std::fread(to + got, 1, size - got, file_);
    if (got < size && std::ferror(file_) != 0) throw_input_error("gwas_meta", path_ + ": the file cannot be read from byte " + std::to_string(offset_ + got) + " on (a directory?)");
    if (got < size && end_ != static_cast<std::uint64_t>(-1)) throw_input_error("gwas_meta", path_ + ": the file has become shorter while it was read");
    offset_ += got;
    return got;
  }

  /// Goes on with the bytes of a range, and ends with it. Throws input_error if that cannot be.
  void restrict_to(const byte_range& range) {
    used_ = before_.size();
    offset_ = range.begin;
    end_ = range.end;
#if defined(_WIN32)
    const bool there = ::_fseeki64(file_, static_cast<long long>(range.begin), SEEK_SET) == 0;
#else
    const bool there = std::fseek(file_, static_cast<long>(range.begin), SEEK_SET) == 0;
#endif
    if (!there) throw_input_error("gwas_meta", path_ + ": the file cannot be read from the middle (a pipe?)");
  }

  std::uint64_t offset() const { return offset_; }

 private:
  std::FILE* file_;
  std::string path_, before_;
  std::size_t used_ = 0;
  std::uint64_t offset_ = 0, end_ = static_cast<std::uint64_t>(-1);
};

/// A file, of whichever kind its first two bytes say it is.
class byte_source {
 public:
  explicit byte_source(const std::string& path) : path_(path) {
    file_.reset(std::fopen(path.c_str(), "rb"));
    if (!file_) throw_input_error("gwas_meta", path + ": the file cannot be opened for reading");
    std::setvbuf(file_.get(), nullptr, _IONBF, 0);  // reads go into the caller's memory
    char first[2] = {0, 0};
    const std::size_t got = std::fread(first, 1, 2, file_.get());
    if (got < 2 && std::ferror(file_.get()) != 0) throw_input_error("gwas_meta", path + ": the file cannot be read (a directory?)");
    const std::string before(first, got);
    if (before == "\x1f\x8b") {
      gzip_ = std::make_unique<gzip_source<have_zlib>>(file_.get(), path, before);
    } else {
      plain_ = std::make_unique<plain_source>(file_.get(), path, before);
    }
  }

  std::size_t read(char* to, std::size_t size) { return gzip_ ? gzip_->read(to, size) : plain_->read(to, size); }
  /// Bytes of the file that were used up, for a progress bar.
  std::uint64_t offset() const { return gzip_ ? gzip_->offset() : plain_->offset(); }
  bool compressed() const { return gzip_ != nullptr; }
  /// Goes on with a range of a plain file, and ends with it.
  void restrict_to(const byte_range& range) {
    if (gzip_) throw_input_error("gwas_meta", path_ + ": a file that is compressed cannot be read from the middle");
    plain_->restrict_to(range);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  std::unique_ptr<std::FILE, close_file> file_;
  std::unique_ptr<plain_source> plain_;
  std::unique_ptr<gzip_source<have_zlib>> gzip_;
};

}  // namespace metapool::detail
