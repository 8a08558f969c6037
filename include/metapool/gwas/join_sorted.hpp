// SPDX-License-Identifier: BSL-1.0
// Files in one order, read side by side: memory for some pieces of each file, however many variants there are.
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/gwas/line_source.hpp>
#include <metapool/gwas/locus_pieces.hpp>
#include <metapool/gwas/row_reader.hpp>
#include <metapool/gwas/variant_block.hpp>
#include <metapool/gwas/variant_names.hpp>
#include <metapool/math/parallel.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace metapool::detail {

/// One file as a stream of rows: a piece that is used up row by row, and the next one.
struct row_stream {
  line_source* source = nullptr;
  const gwas_plan* plan = nullptr;
  study_scale scale;
  gwas_counts* counts = nullptr;
  text_piece text, next_text;
  gwas_rows rows, next_rows;
  std::size_t at = 0;
  bool has_next = false, ended = false;
  std::uint64_t lines_before = 0, next_lines_before = 0;
  std::uint64_t last_locus = 0;

  bool wants_next() const { return !has_next && !ended; }

  /// Reads and parses one more piece.
  void fetch(const gwas_wants& wants) {
    if (!source->next(next_text)) {
      ended = true;
      return;
    }
    gwas_row_reader reader(*plan, wants);
    reader.read(next_text.begin(), next_text.end(), next_rows);
    has_next = true;
  }

  /// False if no row is at hand: the file has ended, or the next piece must be fetched first (wants_next()).
  bool ready() {
    while (at == rows.rows.size()) {
      if (!has_next) return false;
      std::swap(rows, next_rows);
      std::swap(text, next_text);
      has_next = false;
      at = 0;
      lines_before = counts->line_breaks;
      counts->append(rows.counts);
    }
    return true;
  }
  const gwas_row& row() const { return rows.rows[at]; }
  std::uint64_t line() const { return lines_before + row().line; }
  /// "cohort.txt: line 17", counted from the file's start, for messages.
  std::string place() const { return source->path() + ": line " + std::to_string(source->lines_skipped() + line()); }
};

/// Some variants with all their studies, ready to be pooled.
struct merged_block {
  variant_names names;
  variant_block numbers;
  std::size_t filled = 0;
};

/// Joins files that are sorted by position, or have their markers in the order of the first file, into blocks of variants.
class sorted_join {
 public:
  static constexpr std::size_t block_size = 1024;
  static constexpr std::size_t most_at_one_place = 256;

  sorted_join(const gwas_analysis& a, const variant_layout& layout, std::vector<row_stream>& streams) : a_(a), layout_(layout), streams_(streams) {}

  /// Goes on until a file's next piece is needed or all have ended. put(merged_block&&) takes full blocks; make() gives empty ones. True at the end.
  template <class Make, class Put>
  bool advance(const Make& make, const Put& put) {
    for (;;) {
      for (row_stream& s : streams_) {
        if (!s.ready() && s.wants_next()) return false;
      }
      if (!(a_.join == gwas_join::by_position ? next_position(make, put) : next_of_first(make, put))) {
        if (block_) put(std::move(block_));
        return true;
      }
    }
  }

 private:
  template <class Make, class Put>
  void open_place(const Make& make, const Put& put) {
    if (block_ && block_->filled + most_at_one_place > block_size) put(std::move(block_));
    if (block_) return;
    block_ = make();
    block_->names.clear();
    block_->numbers.reset(layout_, block_size);
    block_->filled = 0;
  }

  void apply(row_stream& s, std::size_t study, std::size_t place, turn t) {
    apply_row(a_, layout_, block_->numbers, place, study, s.row(), s.rows.extra.data() + s.at * layout_.wants.extras(), t, s.scale, s.line(), *s.counts);
  }

  /// The place of a row among those from `first` on, added if its name is new.
  std::size_t place_of(const row_stream& s, std::size_t first) {
    for (std::size_t i = first; i < block_->filled; ++i) {
      if (block_->names.is(i, s.row())) return i;
    }
    if (block_->filled - first == most_at_one_place) {
      throw_input_error("gwas_meta", s.place() + ": more than " + std::to_string(most_at_one_place) + " markers at one position: such files can be joined by name only");
    }
    block_->names.add(s.row());
    ++s.counts->added;
    return block_->filled++;
  }

  /// All rows of the lowest position. A stream stays ready while it has rows of that position at hand; a group that goes over the end of a piece is gone on with at the next call.
  template <class Make, class Put>
  bool next_position(const Make& make, const Put& put) {
    std::uint64_t lowest = static_cast<std::uint64_t>(-1);
    for (row_stream& s : streams_) {
      if (!s.ready()) continue;
      if (s.row().locus < s.last_locus) {
        throw_not_sorted(s.place() + ": marker " + std::string(s.row().name().substr(0, 100)));
      }
      if (s.row().locus < lowest) lowest = s.row().locus;
    }
    if (lowest == static_cast<std::uint64_t>(-1)) return false;
    if (lowest != group_ || !block_) {
      open_place(make, put);
      group_ = lowest;
      group_first_ = block_->filled;
    }
    for (std::size_t j = 0; j < streams_.size(); ++j) {
      row_stream& s = streams_[j];
      while (s.ready() && s.row().locus == lowest) {
        const std::size_t place = place_of(s, group_first_);
        apply(s, j, place, block_->names.turn_to(place, s.row()));
        s.last_locus = lowest;
        ++s.at;
      }
      if (!s.ready() && s.wants_next()) return true;  // the group may go on in the next piece; files after this one wait, so that the order of files is kept
    }
    return true;
  }

  /// Rows of study j with the name at hand.
  void take_rows(std::size_t j) {
    row_stream& s = streams_[j];
    for (; s.ready() && s.row().marker_size == name_size_ && same_text(s.row().marker, name_.data(), name_size_); ++s.at) {
      if (!s.row().usable) continue;
      turn t = turn::none;
      if (place_ == no_place) {
        place_ = block_->filled++;
        block_->names.add(s.row());
        ++s.counts->added;
      } else {
        t = block_->names.turn_to(place_, s.row());
      }
      apply(s, j, place_, t);
    }
  }

  /// The next marker of the first file, in all files.
  template <class Make, class Put>
  bool next_of_first(const Make& make, const Put& put) {
    if (block_) {
      for (std::size_t j = 0; j < streams_.size(); ++j) take_rows(j);  // the same name once more, behind the end of a piece
    }
    for (row_stream& s : streams_) {
      if (!s.ready() && s.wants_next()) return true;
    }
    if (!streams_[0].ready()) {
      for (row_stream& s : streams_) {
        if (!s.ready()) continue;
        throw_input_error("gwas_meta", s.place() + ": marker " + std::string(s.row().name().substr(0, 100)) +
                                           " is not in the first file, or not in its order: join the files by name");
      }
      return false;
    }
    open_place(make, put);
    const std::string_view name = streams_[0].row().name();
    name_size_ = name.size();
    if (name_.size() < name_size_ + 8) name_.resize(2 * name_size_ + 8);
    name.copy(name_.data(), name_size_);
    place_ = no_place;
    for (std::size_t j = 0; j < streams_.size(); ++j) take_rows(j);
    return true;
  }

  static constexpr std::size_t no_place = static_cast<std::size_t>(-1);
  const gwas_analysis& a_;
  const variant_layout& layout_;
  std::vector<row_stream>& streams_;
  std::unique_ptr<merged_block> block_;
  std::uint64_t group_ = static_cast<std::uint64_t>(-1);
  std::size_t group_first_ = 0;
  std::string name_ = std::string(64, ' ');
  std::size_t name_size_ = 0;
  std::size_t place_ = no_place;
};

}  // namespace metapool::detail
