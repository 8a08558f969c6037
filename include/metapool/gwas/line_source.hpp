// SPDX-License-Identifier: BSL-1.0
// A file of summary statistics as its header line and pieces of whole lines.
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/data/line_range.hpp>
#include <metapool/gwas/byte_source.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace metapool::detail {

/// Whole lines, with room behind them so that scanners may read beyond their end.
struct text_piece {
  static constexpr std::size_t room_behind = 64;
  std::vector<char> bytes;
  std::size_t size = 0;  ///< up to and with the last line break
  const char* begin() const { return bytes.data(); }
  const char* end() const { return bytes.data() + size; }
};

/// Reads a file from its first line to its last, or a range of its lines. No line may be longer than `longest_line`.
class line_source {
 public:
  static constexpr std::size_t longest_line = std::size_t{1} << 24U;

  /// Opens the file and reads its header: the first line that is neither blank nor starts with ##.
  explicit line_source(const std::string& path, std::size_t piece_size = std::size_t{1} << 18U) : source_(path), piece_size_(piece_size) {
    std::vector<char> buffer(4096);
    while (!find_header()) {
      const std::size_t got = source_.read(buffer.data(), buffer.size());
      rest_.insert(rest_.end(), buffer.data(), buffer.data() + got);
      if (got == 0) {
        if (!rest_.empty()) rest_.push_back('\n');
        if (!find_header()) throw_input_error("gwas_meta", path + ": the file has no header line");
        break;
      }
      if (rest_.size() > longest_line) throw_input_error("gwas_meta", path + ": no line break within the first " + std::to_string(rest_.size()) + " bytes: this is no table of text");
    }
  }

  /// The lines of a range of a plain file. One that begins with the file's first byte holds the header, which is left out; any other must begin and end where lines behind the header do.
  line_source(const std::string& path, std::size_t piece_size, const byte_range& range) : line_source(path, piece_size) {
    const std::uint64_t begin = range.begin == 0 ? header_end_ : range.begin;
    source_.restrict_to({begin, begin > range.end ? begin : range.end});
    rest_.clear();
    finished_ = false;
    begin_ = range.begin;
    if (begin_ != 0) lines_before_ = 0;
  }

  const std::string& header() const { return header_; }
  std::uint64_t header_end() const { return header_end_; }      ///< bytes up to and with its line break, which it may lack at the end of a file
  std::uint64_t lines_before() const { return lines_before_; }  ///< the header's number, for lines of the first piece are counted after it; of a later range 0
  std::uint64_t offset() const { return source_.offset(); }
  bool compressed() const { return source_.compressed(); }
  const std::string& path() const { return source_.path(); }

  /// How many lines lie before the range, which is read for that: for messages.
  std::uint64_t lines_skipped() const {
    if (begin_ == 0) return 0;
    std::uint64_t lines = 0;
    line_reader reader(path(), {0, begin_}, "gwas_meta");
    for (std::string_view text = reader.next(std::size_t{1} << 20U); !text.empty(); text = reader.next(std::size_t{1} << 20U)) {
      lines += static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
    }
    return lines;
  }

  /// The next piece of about piece_size bytes; false at the end of the file. A last line without line break gets one.
  bool next(text_piece& piece) {
    if (finished_ && rest_.empty()) return false;
    const std::size_t needed = (rest_.size() > piece_size_ ? rest_.size() : piece_size_) + text_piece::room_behind + 1;
    if (piece.bytes.size() < needed) piece.bytes.resize(needed);
    std::size_t filled = rest_.size();
    if (filled != 0) std::memcpy(piece.bytes.data(), rest_.data(), filled);
    rest_.clear();
    std::size_t searched = 0;
    for (;;) {
      const std::size_t room = piece.bytes.size() - text_piece::room_behind - 1 - filled;
      const std::size_t got = finished_ || room == 0 ? 0 : source_.read(piece.bytes.data() + filled, room);
      if (got < room) finished_ = true;
      filled += got;
      std::size_t last = filled;
      while (last > searched && piece.bytes[last - 1] != '\n') --last;
      if (last > searched) {
        if (finished_ && last != filled) {
          piece.bytes[filled++] = '\n';
          last = filled;
        }
        rest_.assign(piece.bytes.data() + last, piece.bytes.data() + filled);
        piece.size = last;
        break;
      }
      if (finished_) {
        if (filled == 0) return false;
        piece.bytes[filled++] = '\n';
        piece.size = filled;
        break;
      }
      if (filled > longest_line) throw_input_error("gwas_meta", path() + ": a line of more than " + std::to_string(longest_line) + " bytes: this is no table of text");
      searched = filled;
      piece.bytes.resize(2 * piece.bytes.size());
    }
    std::memset(piece.bytes.data() + piece.size, '\n', text_piece::room_behind);
    return true;
  }

 private:
  bool find_header() {
    for (;;) {
      const std::string_view text(rest_.data(), rest_.size());
      const std::size_t line = text.find('\n');
      if (line == std::string_view::npos) return false;
      ++lines_before_;
      header_end_ += line + 1;
      const std::string_view first = text.substr(0, line);
      const bool blank = first.find_first_not_of(" \t\r") == std::string_view::npos;
      const bool take = !blank && first.substr(0, 2) != "##";
      if (take) header_.assign(first);
      rest_.erase(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(line + 1));
      if (take) return true;
    }
  }

  byte_source source_;
  std::size_t piece_size_;
  std::string header_;
  std::vector<char> rest_;
  std::uint64_t lines_before_ = 0, header_end_ = 0, begin_ = 0;
  bool finished_ = false;
};

}  // namespace metapool::detail
