// SPDX-License-Identifier: BSL-1.0
// Files that are sorted by position, cut at the same places into pieces that can be joined one by one.
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/data/line_range.hpp>
#include <metapool/gwas/locus_search.hpp>
#include <metapool/gwas/opened_study.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace metapool::detail {

/// All rows with from <= locus < to, and some bytes of each file that hold them. The pieces of a file follow each other without gap or overlap; the first begins with the file.
struct locus_piece {
  std::uint64_t from = 0, to = no_locus;
  std::vector<byte_range> ranges;  ///< by file
};

template <class = void>
[[noreturn]] void throw_not_sorted(const std::string& where) {
  throw_input_error("gwas_meta", where + " is not sorted by position (chromosomes 1 to 22, X, Y, XY, MT): join the files by name");
}

/// Cuts plain files into pieces: places that share the bytes of the largest file evenly are looked for in all of them. Whoever cuts the same files has the same pieces.
/// The studies must outlive it.
class locus_cutter {
 public:
  locus_cutter(const std::vector<opened_study>& studies, const gwas_wants& wants) {
    for (const opened_study& s : studies) {
      const byte_range lines{s.lines_begin, (std::max)(s.lines_begin, file_size(s.path, "gwas_meta"))};
      files_.push_back(std::make_unique<locus_search>(s.path, s.plan, wants, lines));
      if (lines.size() > files_[largest_]->lines().size()) largest_ = files_.size() - 1;
    }
    largest_path_ = studies[largest_].path;
  }

  /// Bytes of the largest file's lines.
  std::uint64_t size() const { return files_[largest_]->lines().size(); }

  /// Where the lines of each file begin and end, as text: others who look at the same files must find the same.
  std::string sizes() const {
    std::string text;
    for (const auto& file : files_) text.append(std::to_string(file->lines().begin)).append("-").append(std::to_string(file->lines().end)).append(" ");
    return text;
  }

  /// Piece `part` of `parts`; some may be empty. Throws input_error if the largest file is seen not to be sorted, but it need not be seen here: in a file that is not sorted, a piece
  /// holds a row before `from` or not before `to`, or rows that are not sorted.
  locus_piece piece(std::uint64_t part, std::uint64_t parts) {
    locus_piece p{place(part, parts), place(part + 1, parts), {}};
    if (p.from > p.to) throw_not_sorted(largest_path_ + ": the file");
    for (const auto& file : files_) p.ranges.push_back({part == 0 ? 0 : file->first_from(p.from), file->first_from(p.to)});
    return p;
  }

 private:
  std::uint64_t place(std::uint64_t i, std::uint64_t parts) {
    if (i == 0) return 0;
    if (i == parts) return no_locus;
    const byte_range& lines = files_[largest_]->lines();
    return files_[largest_]->next(lines.begin + lines.size() / parts * i + lines.size() % parts * i / parts, lines.end).locus;
  }

  std::vector<std::unique_ptr<locus_search>> files_;
  std::size_t largest_ = 0;
  std::string largest_path_;
};

}  // namespace metapool::detail
