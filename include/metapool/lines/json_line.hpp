// SPDX-License-Identifier: BSL-1.0
// A line that is a JSON object.
#pragma once

#include <metapool/data/quick_number.hpp>
#include <metapool/lines/json_scanner.hpp>
#include <metapool/lines/line_rows.hpp>
#include <metapool/lines/study_layout.hpp>
#include <metapool/lines/tsv_line.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace metapool::detail {

/// Reads one line; used for many, so that its memory stays.
class json_line_reader {
 public:
  explicit json_line_reader(const line_filter_options& options) : options_(options) {}

  /// The numbers of the line into r, the members that are kept ("name":value, as they stand) into `kept`.
  void read(std::string_view line, line_rows& r, std::vector<std::string_view>& kept) {
    line_row row{.first = r.numbers.size()};
    const std::size_t before = kept.size();
    const std::string problem = read_object(line, row, r, kept);
    if (!problem.empty()) {
      row.malformed = true;
      row.problem = problem;
      row.studies = 0;
      r.numbers.resize(row.first);
      kept.resize(before);
    }
    r.rows.push_back(std::move(row));
  }

 private:
  std::string read_object(std::string_view line, line_row& row, line_rows& r, std::vector<std::string_view>& kept) {
    constexpr const char* no_json = "is not a JSON object";
    for (auto& column : columns_) column.clear();
    seen_.clear();
    names_.clear();
    unsigned arrays = 0;
    json_scanner s{line.data(), line.data() + line.size()};
    if (!s.sign('{')) return no_json;
    if (!s.sign('}')) {
      do {
        s.blanks();
        const char* const begin = s.at;
        std::string_view name;
        if (!s.string(name) || !s.sign(':')) return no_json;
        names_.push_back(name);
        s.blanks();
        const auto cell = cell_named(name);
        const bool array = s.at != s.end && *s.at == '[';
        const bool data = cell && (cell->number != 0 || array);
        if (data) {
          const std::string problem = array ? read_array(s, *cell, name, arrays) : read_one(s, *cell, name);
          if (!problem.empty()) return problem;
        } else if (!s.value(64)) {
          return no_json;
        }
        const bool wanted = options_.keep ? std::find(options_.keep->begin(), options_.keep->end(), name) != options_.keep->end() : !data;
        if (wanted) {
          if (is_result(name)) return "member '" + shown_text(name) + "' has the name of a result (give the results a prefix)";
          kept.push_back(std::string_view(begin, static_cast<std::size_t>(s.at - begin)));
        }
      } while (s.sign(','));
      if (!s.sign('}')) return no_json;
    }
    s.blanks();
    if (s.at != s.end) return no_json;
    std::sort(names_.begin(), names_.end());
    const auto twice = std::adjacent_find(names_.begin(), names_.end());
    if (twice != names_.end()) return called_twice(*twice);
    return assemble(row, r, arrays);
  }

  static std::string called_twice(std::string_view name) { return "two members are called '" + shown_text(name) + "'"; }

  /// What is wrong if `name`, the last one read, says again what an earlier member said.
  std::string said_twice(std::string_view name, const char* what) const {
    if (std::count(names_.begin(), names_.end(), name) > 1) return called_twice(name);
    return std::string(what) + ": '" + shown_text(name) + "' is one of them";
  }

  /// A number, or null; NaN, which is no JSON, is what some programs write for a missing number.
  static std::optional<double> read_number(json_scanner& s) {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    s.blanks();
    if (s.word("null") || s.word("NaN")) return nan;
    std::string_view text;
    if (!s.number(text)) return std::nullopt;
    double x = nan;
    if (quick_number(text.data(), text.data() + text.size(), '.', x) == text.data() + text.size()) return x;
    const parsed_number<double> n = parse_number<double>(text);
    if (n.status != number_status::number) return std::nullopt;
    return n.value;
  }

  static std::string not_numbers(std::string_view name) { return "member '" + shown_text(name) + "' must hold numbers that a double can hold, or null"; }

  std::string read_array(json_scanner& s, const named_cell& cell, std::string_view name, unsigned& arrays) {
    if (cell.number != 0) return not_numbers(name);
    if ((arrays & cell_bit(cell.cell)) != 0) return said_twice(name, "two members hold the same numbers");
    arrays |= cell_bit(cell.cell);
    auto& column = columns_[static_cast<std::size_t>(cell.cell)];
    s.sign('[');
    if (s.sign(']')) return {};
    do {
      const auto x = read_number(s);
      if (!x) return not_numbers(name);
      column.push_back(*x);
    } while (s.sign(','));
    return s.sign(']') ? std::string{} : "member '" + shown_text(name) + "' is not an array of numbers";
  }

  std::string read_one(json_scanner& s, const named_cell& cell, std::string_view name) {
    const auto x = read_number(s);
    if (!x) return not_numbers(name);
    const std::size_t at = cell.number - 1;
    if (at >= 100000) return "member '" + shown_text(name) + "': studies are numbered up to 100000";
    auto& column = columns_[static_cast<std::size_t>(cell.cell)];
    if (column.size() <= at) column.resize(at + 1, std::numeric_limits<double>::quiet_NaN());
    if (seen_.size() <= at) seen_.resize(at + 1, 0);
    if ((seen_[at] & cell_bit(cell.cell)) != 0) return said_twice(name, "two members hold the same number");
    seen_[at] |= cell_bit(cell.cell);
    column[at] = *x;
    return {};
  }

  std::string assemble(line_row& row, line_rows& r, unsigned arrays) {
    unsigned cells = arrays;
    for (const unsigned here : seen_) {
      if (here == 0) continue;
      if (arrays != 0) return "studies are given by arrays and one by one";
      if (cells != 0 && here != cells) return "studies have different members";
      cells = here;
    }
    if (cells == 0) return std::string("there is no study: ") + rule_of_cells;
    const auto kind = kind_of_cells(cells);
    if (!kind) return rule_of_cells;
    row.kind = *kind;
    if ((options_.model == line_model::mantel_haenszel || options_.model == line_model::peto) && *kind != study_kind::tables) return "the model needs counts";
    if (arrays == 0) leave_gaps_out(cells);
    std::size_t k = 0;
    for (const auto& column : columns_) k = (std::max)(k, column.size());
    std::array<const std::vector<double>*, 4> places{};
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      if ((cells >> c & 1U) == 0) continue;
      if (columns_[c].size() != k) return "arrays have different lengths";
      places[place_in_study(static_cast<study_cell>(c))] = &columns_[c];
    }
    const bool tables = *kind == study_kind::tables;
    row.studies = k;
    for (std::size_t p = 0; p < (tables ? 4U : 2U); ++p) {
      for (std::size_t i = 0; i < k; ++i) {
        double x = (*places[p])[i];
        const study_cell total = p == 1 ? study_cell::n1 : study_cell::n2;
        if (tables && p % 2 == 1 && (cells & cell_bit(total)) == 0) x = x < 0 ? -1 : (*places[p - 1])[i] + x;
        r.numbers.push_back(x);
      }
    }
    return {};
  }

  /// Numbers of studies that no member has take no place: a line needs memory by its members, whatever their numbers.
  void leave_gaps_out(unsigned cells) {
    std::size_t k = 0;
    for (std::size_t i = 0; i < seen_.size(); ++i) {
      if (seen_[i] == 0) continue;
      for (std::size_t c = 0; c < columns_.size(); ++c) {
        if ((cells >> c & 1U) != 0) columns_[c][k] = columns_[c][i];
      }
      ++k;
    }
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      if ((cells >> c & 1U) != 0) columns_[c].resize(k);
    }
  }

  bool is_result(std::string_view name) const {
    if (name.substr(0, options_.prefix.size()) != options_.prefix) return false;
    const std::string_view rest = name.substr(options_.prefix.size());
    return rest == "status" || std::any_of(options_.results.begin(), options_.results.end(), [&](line_result what) { return rest == line_results[static_cast<std::size_t>(what)].name; });
  }

  line_filter_options options_;
  std::array<std::vector<double>, 9> columns_{};
  std::vector<unsigned> seen_{};
  std::vector<std::string_view> names_{};
};

}  // namespace metapool::detail
