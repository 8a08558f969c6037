// SPDX-License-Identifier: BSL-1.0
// The three tables of a RevMan Web data package: what their cells hold, and a list of what is not known of them.
#pragma once

#include <metapool/data/delimited.hpp>
#include <metapool/data/revman.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace metapool::detail {

/// A table that may have a header and no rows.
template <class = void>
text_table table_or_header(std::string_view text, std::string name, const char* function) {
  const std::size_t end = text.find_first_of("\r\n");
  const bool rows = end != std::string_view::npos && text.find_first_not_of(" \t\r\n", end) != std::string_view::npos;
  delimited_options options;
  options.delimiter = ',';
  options.missing.push_back("#N/A");
  if (rows || text.find_first_not_of(" \t\r\n") == std::string_view::npos) return scan(text, options, std::move(name), function);
  std::string with_row(text.substr(0, end));
  const std::size_t columns = 1 + static_cast<std::size_t>(std::count(with_row.begin(), with_row.end(), ','));
  with_row += "\nx";
  with_row.append(columns - 1, ',');
  text_table t = scan(with_row, options, std::move(name), function);  // so that the header is checked
  t.lines.clear();
  t.ends.clear();
  t.characters.clear();
  return t;
}

/// Reads text, numbers, levels and stored results of a row.
template <class Real>
class revman_web_tables {
 protected:
  revman_web_tables(std::string_view settings, std::string_view rows, std::string_view subgroups, const std::string& id, const char* function)
      : function_(function),
        settings_(table_or_header(settings, id + "-overall-estimates-and-settings.csv", function)),
        rows_(table_or_header(rows, id + "-data-rows.csv", function)),
        groups_(table_or_header(subgroups, id + "-subgroup-estimates.csv", function)) {}

  static std::string_view text(const text_table& t, std::size_t row, std::string_view column) {
    const auto c = t.find_column(column);
    if (!c) return {};
    const std::string_view cell = trim(t.cell(row, *c));
    return cell == "#N/A" ? std::string_view{} : cell;
  }
  static bool yes(std::string_view s) { return equal_ignoring_case(s, "TRUE") || equal_ignoring_case(s, "YES"); }
  static bool no(std::string_view s) { return equal_ignoring_case(s, "FALSE") || equal_ignoring_case(s, "NO"); }
  void list(const text_table& t, std::size_t row, const std::string& what) {
    std::string line = t.file;
    line.append(": line ").append(std::to_string(t.lines[row])).append(": ").append(what);
    not_understood_.push_back(std::move(line));
  }
  /// A number of a trial: what is there must be a number.
  std::optional<Real> number(std::size_t row, std::string_view column) const {
    const auto c = rows_.find_column(column);
    return c ? rows_.template number_at<Real>(row, *c, function_) : std::nullopt;
  }
  /// A stored result: what is no number is listed and left empty.
  std::optional<Real> result(const text_table& t, std::size_t row, std::string_view column) {
    const auto c = t.find_column(column);
    if (!c) return std::nullopt;
    const auto parsed = parse_number<Real>(t.cell(row, *c), t.numbers);
    if (parsed.status == number_status::number) return parsed.value;
    if (parsed.status != number_status::missing) list(t, row, "the stored " + std::string(column) + " = " + in_quotes(t.cell(row, *c)) + " is not a number");
    return std::nullopt;
  }

  void list_columns() {
    constexpr std::string_view known =
        "|Analysis group|Analysis number|Analysis name|Analysis group name|Data source|Data source eligibility|Data type|Log-scale data|Outcome|"
        "Intervention grouping|Experimental intervention|Control intervention|Subgroup by|Filter criteria|Experimental group label|"
        "Control group label|Statistical method|Effect measure|Unit of effect measure|Analysis model|Heterogeneity estimator|Study CI|Estimate CI|"
        "Tau\xC2\xB2 CI|Subgroup estimates|Overall estimates|Test for subgroup differences|Prediction interval|Swap event and non-event|CI method|"
        "CI/PI level|Sort by|Graph label (left)|Graph label (right)|Graph scale|Show risk of bias|Experimental cases|Experimental N|Control cases|"
        "Control N|Mean|CI start|CI end|Heterogeneity Tau\xC2\xB2|Heterogeneity Chi\xC2\xB2|Heterogeneity df|Heterogeneity P|Heterogeneity I\xC2\xB2|"
        "Effect Z|Effect T|Effect P|Subgroup Chi\xC2\xB2|Subgroup df|Subgroup P|Subgroup I\xC2\xB2|ID|Subgroup|Subgroup number|Applicability|Study|"
        "PI start|PI end|Tau\xC2\xB2 CI start|Tau\xC2\xB2 CI end|Study year|GIV Mean|GIV SE|Experimental mean|Experimental SD|Control mean|Control SD|O-E|Variance|Weight|Footnotes|";
    for (const text_table* t : {&settings_, &rows_, &groups_}) {
      for (std::size_t c = 0; c < t->columns(); ++c) {
        const std::string_view column = trim(t->names[c]);
        std::string word = "|";
        word.append(column).append("|");
        if (known.find(word) != std::string_view::npos) continue;
        for (std::size_t r = 0; r < t->rows(); ++r) {
          if (text(*t, r, column).empty()) continue;
          list(*t, r, "the column " + in_quotes(column) + " was not read");
          break;
        }
      }
    }
  }
  void list_unused(const text_table& t, const std::vector<bool>& used) {
    for (std::size_t r = 0; r < used.size(); ++r) {
      if (!used[r]) list(t, r, "belongs to no analysis of the settings, and was not read");
    }
  }

  double level(std::size_t r, std::string_view column) const {
    std::string_view s = text(settings_, r, column);
    if (s.empty()) s = text(settings_, r, "CI/PI level");
    if (s.empty()) return 0.95;
    const bool percent = s.back() == '%';
    const auto parsed = parse_number<double>(percent ? s.substr(0, s.size() - 1) : s);
    double x = parsed.status == number_status::number ? parsed.value : 0;
    if (percent || x > 1) x /= 100;
    if (!(x > 0 && x < 1)) {
      throw_input_error(function_, settings_.file + ": line " + std::to_string(settings_.lines[r]) + ": the level " + in_quotes(s) + " must lie between 0 and 100 %");
    }
    return x;
  }

  revman_results<Real> results(const text_table& t, std::size_t r) {
    revman_results<Real> s;
    s.effect = result(t, r, "Mean");
    s.lower = result(t, r, "CI start");
    s.upper = result(t, r, "CI end");
    s.weight = result(t, r, "Weight");
    if (&t == &rows_) return s;
    s.events_1 = result(t, r, "Experimental cases");
    s.total_1 = result(t, r, "Experimental N");
    s.events_2 = result(t, r, "Control cases");
    s.total_2 = result(t, r, "Control N");
    s.prediction_lower = result(t, r, "PI start");
    s.prediction_upper = result(t, r, "PI end");
    s.tau2 = result(t, r, "Heterogeneity Tau\xC2\xB2");
    s.tau2_lower = result(t, r, "Tau\xC2\xB2 CI start");
    s.tau2_upper = result(t, r, "Tau\xC2\xB2 CI end");
    s.chi2 = result(t, r, "Heterogeneity Chi\xC2\xB2");
    s.df = result(t, r, "Heterogeneity df");
    s.p_chi2 = result(t, r, "Heterogeneity P");
    s.i2 = result(t, r, "Heterogeneity I\xC2\xB2");
    s.z = result(t, r, "Effect Z");
    if (!s.z) s.z = result(t, r, "Effect T");
    s.p_z = result(t, r, "Effect P");
    s.between_chi2 = result(t, r, "Subgroup Chi\xC2\xB2");
    s.between_p = result(t, r, "Subgroup P");
    s.between_i2 = result(t, r, "Subgroup I\xC2\xB2");
    return s;
  }

  const char* function_;
  text_table settings_, rows_, groups_;
  std::vector<std::string> not_understood_;
};

}  // namespace metapool::detail
