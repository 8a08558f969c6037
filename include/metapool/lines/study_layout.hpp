// SPDX-License-Identifier: BSL-1.0
// Which column of a line holds which number of which study.
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/data/decimal.hpp>
#include <metapool/lines/filter_options.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace metapool::detail {

/// What a cell says of a study: its effect, variance or standard error; or the cells and totals of its 2x2 table.
enum class study_cell : std::uint8_t { y, v, se, a, b, c, d, n1, n2 };

struct named_cell {
  study_cell cell{};
  std::uint32_t number = 0;  ///< of the study; 0 for the name alone, which NDJSON has for an array
};

/// The cell of a name: y, v, se, a, b, c, d, n1, n2 or metafor's yi, vi, sei, ai, bi, ci, di, n1i, n2i, then the study's number from 1 on, after "_" or right behind it
/// (behind n1 and n2 "_" is needed). Empty for any other name.
template <class = void>
std::optional<named_cell> cell_named(std::string_view name) {
  struct start {
    std::string_view text;
    study_cell cell;
    bool sign_needed;
  };
  static constexpr std::array<start, 18> starts{{{"yi", study_cell::y, false},   {"vi", study_cell::v, false},  {"sei", study_cell::se, false},
                                                 {"ai", study_cell::a, false},   {"bi", study_cell::b, false},  {"ci", study_cell::c, false},
                                                 {"di", study_cell::d, false},   {"n1i", study_cell::n1, true}, {"n2i", study_cell::n2, true},
                                                 {"y", study_cell::y, false},    {"v", study_cell::v, false},   {"se", study_cell::se, false},
                                                 {"a", study_cell::a, false},    {"b", study_cell::b, false},   {"c", study_cell::c, false},
                                                 {"d", study_cell::d, false},    {"n1", study_cell::n1, true},  {"n2", study_cell::n2, true}}};
  for (const start& s : starts) {
    if (name.substr(0, s.text.size()) != s.text) continue;
    std::string_view rest = name.substr(s.text.size());
    if (rest.empty()) return named_cell{s.cell, 0};
    const bool sign = rest.front() == '_';
    if (sign) rest.remove_prefix(1);
    if (s.sign_needed && !sign) continue;
    if (rest.empty() || rest.size() > 6 || rest.front() == '0') continue;
    std::uint32_t number = 0;
    bool digits = true;
    for (const char c : rest) {
      digits = digits && is_digit(c);
      number = 10 * number + static_cast<std::uint32_t>(c - '0');
    }
    if (digits) return named_cell{s.cell, number};
  }
  return std::nullopt;
}

/// Which cells of a study are there, as bits.
constexpr unsigned cell_bit(study_cell c) { return 1U << static_cast<unsigned>(c); }

enum class study_kind : std::uint8_t { effects_with_variance, effects_with_error, tables };

/// What a study with these cells is; empty if they do not make one (a cell too few or too many).
constexpr std::optional<study_kind> kind_of_cells(unsigned cells) {
  constexpr unsigned y = cell_bit(study_cell::y), v = cell_bit(study_cell::v), se = cell_bit(study_cell::se);
  if (cells == (y | v)) return study_kind::effects_with_variance;
  if (cells == (y | se)) return study_kind::effects_with_error;
  const auto one_of = [&](study_cell p, study_cell q) { return ((cells & cell_bit(p)) != 0) != ((cells & cell_bit(q)) != 0); };
  constexpr unsigned others = y | v | se;
  if ((cells & cell_bit(study_cell::a)) == 0 || (cells & cell_bit(study_cell::c)) == 0 || (cells & others) != 0) return std::nullopt;
  if (!one_of(study_cell::b, study_cell::n1) || !one_of(study_cell::d, study_cell::n2)) return std::nullopt;
  return study_kind::tables;
}

inline constexpr const char* rule_of_cells =
    "a study needs y and v, or y and se, or a, c, one of b and n1, and one of d and n2 (names such as y1 v1 y2 v2, yi_1 sei_1, ai_1 n1i_1 ci_1 n2i_1)";

/// What becomes of each column of a TSV file.
struct study_layout {
  struct column {
    bool kept = false;
    std::ptrdiff_t slot = -1;  ///< place of its number: place in the study * studies + study; -1: no number is read
    std::string name{};
  };
  std::vector<column> columns{};
  std::size_t studies = 0;
  study_kind kind = study_kind::effects_with_variance;
  bool treated_totals = false, control_totals = false;  ///< n1 and n2 instead of b and d
  std::size_t width() const { return kind == study_kind::tables ? 4 : 2; }
};

/// Place of a cell in its study: y, then v or se; a, b or n1, c, d or n2.
constexpr std::size_t place_in_study(study_cell c) {
  switch (c) {
    case study_cell::y:
    case study_cell::a: return 0;
    case study_cell::v:
    case study_cell::se:
    case study_cell::b:
    case study_cell::n1: return 1;
    case study_cell::c: return 2;
    case study_cell::d:
    case study_cell::n2: return 3;
  }
  return 0;
}

/// The layout of a header. Throws input_error if no study is in it, if studies have different or incomplete cells, a name stands twice, a column to be kept is not there,
/// or a column that is kept has the name of a result.
template <class = void>
study_layout layout_of(const std::vector<std::string>& names, const line_filter_options& options) {
  constexpr const char* function = "line_filter";
  study_layout layout;
  struct study {
    std::uint32_t number;
    unsigned cells;
  };
  std::vector<study> studies;
  std::vector<std::optional<named_cell>> cells;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (std::count(names.begin(), names.end(), names[i]) > 1) throw_input_error(function, "two columns are called '" + names[i] + "'");
    const auto cell = cell_named(trim(names[i]));  // a blank more must not lose a study
    cells.push_back(cell && cell->number != 0 ? cell : std::nullopt);
    if (!cells.back()) continue;
    auto found = std::find_if(studies.begin(), studies.end(), [&](const study& s) { return s.number == cell->number; });
    if (found == studies.end()) found = studies.insert(studies.end(), study{cell->number, 0});
    if ((found->cells & cell_bit(cell->cell)) != 0) throw_input_error(function, "two columns hold the same number of study " + std::to_string(cell->number) + ": '" + names[i] + "' is one of them");
    found->cells |= cell_bit(cell->cell);
  }
  if (studies.empty()) throw_input_error(function, std::string("the names of the columns have no study: ") + rule_of_cells);
  std::sort(studies.begin(), studies.end(), [](const study& p, const study& q) { return p.number < q.number; });
  for (const study& s : studies) {
    const auto kind = kind_of_cells(s.cells);
    if (!kind) throw_input_error(function, "study " + std::to_string(s.number) + ": " + rule_of_cells);
    if (s.cells != studies.front().cells) {
      throw_input_error(function, "study " + std::to_string(s.number) + " has other columns than study " + std::to_string(studies.front().number));
    }
    layout.kind = *kind;
  }
  layout.studies = studies.size();
  layout.treated_totals = (studies.front().cells & cell_bit(study_cell::n1)) != 0;
  layout.control_totals = (studies.front().cells & cell_bit(study_cell::n2)) != 0;
  for (std::size_t i = 0; i < names.size(); ++i) {
    study_layout::column c{.name = names[i]};
    if (cells[i]) {
      const auto found = std::find_if(studies.begin(), studies.end(), [&](const study& s) { return s.number == cells[i]->number; });
      c.slot = static_cast<std::ptrdiff_t>(place_in_study(cells[i]->cell) * layout.studies + static_cast<std::size_t>(found - studies.begin()));
    }
    c.kept = options.keep ? std::find(options.keep->begin(), options.keep->end(), names[i]) != options.keep->end() : !cells[i];
    layout.columns.push_back(c);
  }
  for (const std::string& name : options.keep.value_or(std::vector<std::string>{})) {
    if (std::find(names.begin(), names.end(), name) == names.end()) throw_input_error(function, "there is no column '" + name + "' to be kept");
  }
  return layout;
}

}  // namespace metapool::detail
