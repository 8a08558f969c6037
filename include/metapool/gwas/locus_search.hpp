// SPDX-License-Identifier: BSL-1.0
// Where in a file that is sorted by position the lines of a place begin, found without reading the file.
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/data/line_range.hpp>
#include <metapool/gwas/line_source.hpp>
#include <metapool/gwas/row_reader.hpp>
#include <metapool/gwas/study_file.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

namespace metapool::detail {

/// Behind all loci.
inline constexpr std::uint64_t no_locus = static_cast<std::uint64_t>(-1);

/// Looks into a plain file. What counts are the rows that a join takes: lines that it drops have no locus, whatever they say, and are passed over.
class locus_search {
 public:
  /// lines: those behind the header. The plan must outlive the search.
  locus_search(const std::string& path, const gwas_plan& plan, const gwas_wants& wants, const byte_range& lines)
      : path_(path), file_(path, "gwas_meta"), reader_(plan, wants), lines_(lines) {
    std::setvbuf(file_.get(), nullptr, _IONBF, 0);  // a look is at some kilobytes somewhere
    rows_.counts.named = 0;
  }

  struct found {
    std::uint64_t offset;  ///< of the line's first byte; the end of the lines if there is none
    std::uint64_t locus;   ///< no_locus if there is none
  };

  /// The first row of the lines that begin in [from, stop).
  found next(std::uint64_t from, std::uint64_t stop) {
    constexpr std::size_t behind = text_piece::room_behind;
    const bool within = from > lines_.begin;  // perhaps in the middle of a line, which begins before
    std::uint64_t at = within ? from - 1 : lines_.begin;
    std::size_t size = 0, line = 0, searched = 0, step = 4096;
    bool passed = !within;
    if (!file_.seek(at)) throw_input_error("gwas_meta", path_ + ": the file cannot be read from the middle (a pipe?)");
    for (;;) {
      const void* hit = searched < size ? std::memchr(text_.data() + searched, '\n', size - searched) : nullptr;
      if (hit == nullptr) {
        if (passed && at + line >= stop) break;
        std::memmove(text_.data(), text_.data() + line, size - line);
        at += line;
        size -= line;
        line = 0;
        searched = size;
        if (size > line_source::longest_line) throw_input_error("gwas_meta", path_ + ": a line of more than " + std::to_string(size) + " bytes: this is no table of text");
        const std::uint64_t left = lines_.end - (at + size);
        const std::size_t wanted = left < step ? static_cast<std::size_t>(left) : step;
        if (text_.size() < size + wanted + behind + 1) text_.resize(size + wanted + behind + 1);
        if (wanted == 0) {
          if (size == 0) break;
          text_[size++] = '\n';  // the last line lacks its end
        } else {
          if (std::fread(text_.data() + size, 1, wanted, file_.get()) != wanted) throw_input_error("gwas_meta", path_ + ": the file has become shorter, or cannot be read");
          size += wanted;
          step = step < (std::size_t{1} << 20U) ? 2 * step : step;
        }
        std::memset(text_.data() + size, '\n', behind);
        continue;
      }
      const std::size_t end = static_cast<std::size_t>(static_cast<const char*>(hit) - text_.data()) + 1;
      if (passed) {
        if (at + line >= stop) break;
        reader_.read(text_.data() + line, text_.data() + end, rows_);
        if (!rows_.rows.empty()) return {at + line, rows_.rows.front().locus};
      }
      passed = true;
      line = searched = end;
      if (at + line >= lines_.end) break;
    }
    return {lines_.end, no_locus};
  }

  /// Where the first row begins whose locus is `locus` or lies behind it; the end of the lines if none does. For a larger locus never an earlier place, even if the file is not sorted.
  std::uint64_t first_from(std::uint64_t locus) {
    std::uint64_t low = lines_.begin, high = lines_.end, answer = lines_.end;
    if (locus == no_locus) return answer;
    while (low < high) {  // rows before low lie before the locus; from high on, the first row that does not is at `answer`
      const std::uint64_t middle = low + (high - low) / 2;
      const found row = next(middle, high);
      if (row.locus != no_locus && row.locus < locus) {
        low = row.offset + 1;
      } else {
        if (row.locus != no_locus) answer = row.offset;
        high = middle;
      }
    }
    return answer;
  }

  const byte_range& lines() const { return lines_; }

 private:
  std::string path_;
  read_only_file file_;
  gwas_row_reader reader_;
  gwas_rows rows_{};
  byte_range lines_;
  std::vector<char> text_ = std::vector<char>(text_piece::room_behind);
};

}  // namespace metapool::detail
