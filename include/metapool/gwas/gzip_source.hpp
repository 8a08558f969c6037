// SPDX-License-Identifier: BSL-1.0
// The bytes behind a file that gzip or bgzip compressed. That needs zlib: link metapool::zlib, which defines METAPOOL_WITH_ZLIB.
#pragma once

#include <metapool/data/check.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
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

/// A file compressed by gzip, of one member or several on end. Zlib: whether zlib is there.
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
  /// member, or within a bgzip file, whose last member must be the empty one that bgzip puts there; or if it is damaged, or cannot be read.
  std::size_t read(char* to, std::size_t size) {
    std::size_t filled = 0;
    while (filled < size) {
      if (stream_.avail_in == 0) refill();
      if (stream_.avail_in == 0) {
        if (within_) fail("ends within a compressed part: it was cut off");
        if (ended_ && bgzip_ && !empty_) fail("ends without the empty part that bgzip puts last: it was cut off");
        break;
      }
      if (!within_) {
        if (padding()) continue;
        begin_member();
      }
      const std::size_t room = size - filled < (std::size_t{1} << 30U) ? size - filled : std::size_t{1} << 30U;
      stream_.next_out = reinterpret_cast<Bytef*>(to + filled);
      stream_.avail_out = static_cast<uInt>(room);
      const int status = inflate(&stream_, Z_NO_FLUSH);
      filled += room - stream_.avail_out;
      if (status == Z_STREAM_END) {
        within_ = false;
        ended_ = true;
        bgzip_ = header_.extra_len >= 6 && extra_[0] == 'B' && extra_[1] == 'C';
        empty_ = stream_.total_out == 0;
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

  void begin_member() {
    within_ = true;
    header_ = {};
    header_.extra = extra_;
    header_.extra_max = sizeof extra_;
    inflateGetHeader(&stream_, &header_);
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
  gz_header header_{};
  Bytef extra_[6] = {};
  bool within_ = false, ended_ = false;
  bool bgzip_ = false, empty_ = false;  ///< the last member
  std::uint64_t read_;
};
#endif

}  // namespace metapool::detail
