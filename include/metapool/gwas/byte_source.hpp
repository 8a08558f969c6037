// SPDX-License-Identifier: BSL-1.0
// The bytes of a file, plain or compressed by gzip, a piece at a time. Compressed files need zlib: link metapool::zlib, which defines METAPOOL_WITH_ZLIB.
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/data/line_range.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#if defined(METAPOOL_WITH_ZLIB)
#include <zlib.h>
#endif

namespace metapool::detail {

#if defined(METAPOOL_WITH_ZLIB)
inline constexpr bool have_zlib = true;
#else
inline constexpr bool have_zlib = false;
#endif

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

/// A file compressed by gzip, of one member or several on end (bgzip). Zlib: whether zlib is there.
template <bool Zlib>
class gzip_source {
 public:
  gzip_source(std::FILE*, const std::string& path, const std::string&) {
    throw_input_error("gwas_meta", path + ": is compressed by gzip, and this program was built without zlib: build it with zlib, or give it the output of zcat");
  }
  std::size_t read(char*, std::size_t) { return 0; }
  std::uint64_t offset() const { return 0; }
};

#if defined(METAPOOL_WITH_ZLIB)
template <>
class gzip_source<true> {
 public:
  gzip_source(std::FILE* file, std::string path, const std::string& before) : file_(file), path_(std::move(path)), in_(std::size_t{1} << 16U), read_(before.size()) {
    std::memcpy(in_.data(), before.data(), before.size());
    stream_.next_in = reinterpret_cast<Bytef*>(in_.data());
    stream_.avail_in = static_cast<uInt>(before.size());
    if (inflateInit2(&stream_, 15 + 16) != Z_OK) throw error("gwas_meta: " + path_ + ": zlib cannot be started");
  }
  gzip_source(const gzip_source&) = delete;
  gzip_source& operator=(const gzip_source&) = delete;
  ~gzip_source() { inflateEnd(&stream_); }

  /// Up to `size` bytes; 0 only at the end of the last member, whose length and checksum agreed. Throws input_error naming the file and the place in it if the file ends within a
  /// member, is damaged, or cannot be read.
  std::size_t read(char* to, std::size_t size) {
    std::size_t filled = 0;
    while (filled < size) {
      if (stream_.avail_in == 0) refill();
      if (stream_.avail_in == 0) {
        if (within_) fail("ends within a compressed part: it was cut off");
        break;
      }
      if (!within_) {
        if (padding()) continue;
        within_ = true;
      }
      const std::size_t room = size - filled < (std::size_t{1} << 30U) ? size - filled : std::size_t{1} << 30U;
      stream_.next_out = reinterpret_cast<Bytef*>(to + filled);
      stream_.avail_out = static_cast<uInt>(room);
      const int status = inflate(&stream_, Z_NO_FLUSH);
      filled += room - stream_.avail_out;
      if (status == Z_STREAM_END) {
        within_ = false;
        ended_ = true;
        inflateReset(&stream_);
      } else if (status == Z_MEM_ERROR) {
        throw error("gwas_meta: " + path_ + ": zlib has no memory");
      } else if (status != Z_OK && status != Z_BUF_ERROR) {
        fail(stream_.msg != nullptr ? stream_.msg : "damaged");
      }
    }
    return filled;
  }

  std::uint64_t offset() const { return read_ - stream_.avail_in; }

 private:
  void refill() {
    const std::size_t got = std::fread(in_.data(), 1, in_.size(), file_);
    if (std::ferror(file_) != 0) fail("cannot be read");
    read_ += got;
    stream_.next_in = reinterpret_cast<Bytef*>(in_.data());
    stream_.avail_in = static_cast<uInt>(got);
  }

  /// Zeros behind the last member, as tapes and some tools leave them, are skipped; anything else there must be a member.
  bool padding() {
    if (!ended_ || *stream_.next_in != 0) return false;
    while (stream_.avail_in != 0 && *stream_.next_in == 0) {
      ++stream_.next_in;
      --stream_.avail_in;
    }
    return true;
  }

  [[noreturn]] void fail(const char* what) const {
    throw_input_error("gwas_meta", path_ + ": the gzip file is not sound at its byte " + std::to_string(offset()) + ": " + what);
  }

  std::FILE* file_;
  std::string path_;
  std::vector<char> in_;
  z_stream stream_{};
  bool within_ = false, ended_ = false;
  std::uint64_t read_;
};
#endif

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
