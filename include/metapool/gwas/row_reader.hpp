// SPDX-License-Identifier: BSL-1.0
// From lines of a file of summary statistics to rows of numbers: a function of the text alone, so that any part of a file can be read anywhere.
#pragma once

#include <metapool/gwas/drops.hpp>
#include <metapool/gwas/line_fields.hpp>
#include <metapool/gwas/line_marks.hpp>
#include <metapool/gwas/row_fields.hpp>
#include <metapool/gwas/rows.hpp>
#include <metapool/gwas/study_file.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

namespace metapool::detail {

/// Reads the rows of whole lines. `text` ends with a line break; 64 bytes behind its end can be read.
class gwas_row_reader {
 public:
  gwas_row_reader(const gwas_plan& plan, const gwas_wants& wants)
      : plan_(plan), wants_(wants), fields_(plan, wants), marked_(fields_.plain() && plan.columns > 1 && plan.separator != gwas_separator::both) {}

  void read(const char* begin, const char* end, gwas_rows& out) {
    out.clear();
    out.names.reserve(plan_.name_from_position ? 2 * static_cast<std::size_t>(end - begin) + 64 : 0);  // rows point into it: it must not move
    for (const char* at = begin; at != end;) at = marked_ ? read_marked(at, end, out) : read_line(at, end, out);
  }

 private:
  /// The next line, whatever it is. Returns the place behind it. maybe_plain: fields_.fill_plain has not been tried.
  const char* read_line(const char* begin, const char* end, gwas_rows& out, bool maybe_plain = true) {
    field_scanner scanner(begin, end, plan_.separator);
    const std::size_t count = scanner.next(fields_.data(), fields_.most());
    ++out.counts.line_breaks;
    if (count == 0) return scanner.at();
    ++out.counts.lines;
    gwas_row& row = out.rows.emplace_back();
    row.line = static_cast<std::uint32_t>(out.counts.line_breaks);
    if (count < plan_.columns || (plan_.strict && count != plan_.columns)) {
      std::string_view name;
      if (plan_.has(gwas_role::marker) && plan_[gwas_role::marker] < count) name = fields_.field(gwas_role::marker);
      out.counts.drop(gwas_drop::columns, row.line, name);
      out.rows.pop_back();
      return scanner.at();
    }
    const std::size_t extras = out.extra.size();
    gwas_drop why{};
    if ((maybe_plain && fields_.fill_plain([&](std::size_t column) { return fields_.data()[column]; }, row, out)) || fields_.fill(row, out, why)) return scanner.at();
    out.counts.drop(why, row.line, row.name());
    out.extra.resize(extras);
    if (wants_.unusable && row.marker_size != 0) {
      row.usable = false;
      out.extra.resize(extras + wants_.extras(), std::numeric_limits<double>::quiet_NaN());
    } else {
      out.rows.pop_back();
    }
    return scanner.at();
  }

  /// Some lines, of which most have as many fields as the header and nothing to be said against them: their marks are found before they are looked at. Lines that are not like this are
  /// left to read_line, and if they are many so are all that follow. Returns the place behind the last line.
  const char* read_marked(const char* begin, const char* end, gwas_rows& out) {
    constexpr std::ptrdiff_t most = 8192;
    const bool commas = plan_.separator == gwas_separator::comma, runs = !commas && plan_.separator != gwas_separator::tab;
    const char first = commas ? ',' : '\t';
    marks_.find(begin, static_cast<std::size_t>(end - begin < most ? end - begin : most), first, runs ? ' ' : first);
    std::uint32_t* ends = marks_.ends();  // of the line's fields
    const std::uint32_t* const all_ends = ends + marks_.end_count();
    const std::size_t lines = marks_.break_count(), last = plan_.columns - 1;
    std::size_t others = 0;
    for (std::size_t i = 0; i < lines; ++i) {
      const std::uint32_t stop = marks_.breaks()[i];
      bool cut = static_cast<std::size_t>(all_ends - ends) > last && ends[last] == stop, read = false;
      if (cut) {
        ends[last] -= begin[stop - 1] == '\r';
        cut = !runs || none_empty(ends, last);
        read = cut && read_plain(begin, ends, out);
        ends[last] = stop;
      }
      if (!read) {
        ++others;
        read_line(begin + std::uint32_t(ends[-1] + 1), end, out, !cut);
      }
      if (cut) ends += last;
      while (*ends != stop) ++ends;
      ++ends;
    }
    if (lines == 0) return read_line(begin, end, out);
    if (4 * others > lines + 16) marked_ = false;
    return begin + ends[-1] + 1;
  }

  static bool none_empty(const std::uint32_t* ends, std::size_t last) {
    bool empty = false;
    for (std::size_t i = 0; i <= last; ++i) empty |= ends[i] == std::uint32_t(ends[static_cast<std::ptrdiff_t>(i) - 1] + 1);
    return !empty;
  }

  [[gnu::always_inline]] bool read_plain(const char* text, const std::uint32_t* ends, gwas_rows& out) {
    const auto at = [&](std::size_t column) -> text_field { return {text + std::uint32_t(ends[static_cast<std::ptrdiff_t>(column) - 1] + 1), text + ends[column]}; };
    if (wants_.extras() != 0) {
      for (std::size_t i = 0; i < plan_.columns; ++i) fields_.data()[i] = at(i);
    }
    gwas_row& row = out.rows.emplace_back();
    if (!fields_.fill_plain(at, row, out)) {
      out.rows.pop_back();
      return false;
    }
    row.line = static_cast<std::uint32_t>(++out.counts.line_breaks);
    ++out.counts.lines;
    return true;
  }

  const gwas_plan& plan_;
  gwas_wants wants_;
  gwas_row_fields fields_;
  line_marks marks_;
  bool marked_ = false;
};

}  // namespace metapool::detail
