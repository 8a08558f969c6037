// SPDX-License-Identifier: BSL-1.0
// Reviews from the data packages of RevMan Web (version 1): three CSV files in a folder CDxxxxxx-analysis-data.
#pragma once

#include <metapool/data/delimited.hpp>
#include <metapool/data/file.hpp>
#include <metapool/data/revman.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace metapool {

namespace detail {

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

template <class Real>
class revman_web_reader {
 public:
  revman_web_reader(std::string_view settings, std::string_view rows, std::string_view subgroups, const std::string& id, const char* function)
      : function_(function),
        settings_(table_or_header(settings, id + "-overall-estimates-and-settings.csv", function)),
        rows_(table_or_header(rows, id + "-data-rows.csv", function)),
        groups_(table_or_header(subgroups, id + "-subgroup-estimates.csv", function)) {
    review_.file = id;
  }

  revman_review<Real> read() {
    for (const text_table* t : {&settings_, &rows_, &groups_}) {
      for (const char* key : {"Analysis group", "Analysis number"}) {
        if (!t->has_column(key)) throw_input_error(function_, t->file + ": there is no column '" + key + "'; the file has " + listed(t->names));
      }
    }
    list_columns();
    std::vector<bool> used_row(rows_.rows(), false), used_group(groups_.rows(), false);
    for (std::size_t r = 0; r < settings_.rows(); ++r) {
      revman_outcome<Real> o = outcome(r);
      fill(o, text(settings_, r, "Analysis group"), used_row, used_group);
      const std::string number(text(settings_, r, "Analysis group"));
      auto at = std::find_if(review_.comparisons.begin(), review_.comparisons.end(), [&](const auto& c) { return c.number == number; });
      if (at == review_.comparisons.end()) {
        review_.comparisons.push_back({number, std::string(text(settings_, r, "Analysis group name")), {}});
        at = review_.comparisons.end() - 1;
      }
      at->outcomes.push_back(std::move(o));
    }
    list_unused(rows_, used_row);
    list_unused(groups_, used_group);
    settle_units();
    return std::move(review_);
  }

 private:
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
    review_.not_understood.push_back(std::move(line));
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
        "Study year|GIV Mean|GIV SE|Experimental mean|Experimental SD|Control mean|Control SD|O-E|Variance|Weight|Footnotes|";
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
    s.tau2 = result(t, r, "Heterogeneity Tau\xC2\xB2");
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

  revman_outcome<Real> outcome(std::size_t r) {
    const auto setting = [&](std::string_view column) { return text(settings_, r, column); };
    const auto unknown = [&](const char* column, const char* taken) {
      list(settings_, r, std::string(column) + " = " + in_quotes(setting(column)) + " is not known; " + taken + " is assumed");
    };
    revman_outcome<Real> o;
    o.line = settings_.lines[r];
    o.number = setting("Analysis number");
    o.name = setting("Analysis name");
    o.label_1 = setting("Experimental group label");
    o.label_2 = setting("Control group label");
    o.measure = setting("Effect measure");
    const std::string type = letters<>(setting("Data type"));
    if (type == "dichotomous") {
      o.data = revman_data::dichotomous;
    } else if (type == "continuous") {
      o.data = revman_data::continuous;
    } else if (type == "contrastlevel") {
      o.data = revman_data::generic_inverse_variance;
    } else if (type == "oeandvariance") {
      o.data = revman_data::o_minus_e;
    } else {
      throw_input_error(function_, settings_.file + ": line " + std::to_string(o.line) + ": Data type = " + in_quotes(setting("Data type")) +
                                       " must be Dichotomous, Continuous, Contrast level, or O-E and variance");
    }
    const std::string method = letters<>(setting("Statistical method"));
    if (o.data == revman_data::o_minus_e) {
      o.method = revman_method::o_minus_e;
    } else if (o.data == revman_data::dichotomous && (method == "mh" || method.find("mantel") != std::string::npos)) {
      o.method = revman_method::mantel_haenszel;
    } else if (o.data == revman_data::dichotomous && method.find("peto") != std::string::npos) {
      o.method = revman_method::peto;
    } else if (method != "iv" && method.find("inverse") == std::string::npos && !method.empty()) {
      unknown("Statistical method", "inverse variance");
    }
    if (letters<>(o.measure).substr(0, 4) == "peto" && o.data == revman_data::dichotomous) o.method = revman_method::peto;
    const std::string model = letters<>(setting("Analysis model"));
    o.random = model.substr(0, 6) == "random";
    if (!o.random && model.substr(0, 5) != "fixed" && model.substr(0, 6) != "common" && !model.empty()) unknown("Analysis model", "a fixed effect");
    const std::string estimator = letters<>(setting("Heterogeneity estimator"));
    if (estimator.find("reml") != std::string::npos || estimator.find("restricted") != std::string::npos) {
      o.tau2 = revman_tau2::reml;
    } else if (!estimator.empty() && estimator != "dl" && estimator.find("dersimonian") == std::string::npos) {
      unknown("Heterogeneity estimator", "DerSimonian and Laird's");
    }
    const std::string interval = letters<>(setting("CI method"));
    if (interval.find("hksj") != std::string::npos || interval.find("hartung") != std::string::npos) {
      o.interval = revman_interval::hartung_knapp;
    } else if (!interval.empty() && interval.find("wald") == std::string::npos) {
      unknown("CI method", "Wald");
    }
    o.ratio = o.data == revman_data::o_minus_e || is_ratio_measure(o.measure) ||
              (o.data == revman_data::generic_inverse_variance && yes(setting("Log-scale data")));
    o.swap_events = yes(setting("Swap event and non-event"));
    if (no(setting("Overall estimates"))) o.totals = no(setting("Subgroup estimates")) ? revman_totals::none : revman_totals::subgroups_only;
    o.level_studies = level(r, "Study CI");
    o.level_total = level(r, "Estimate CI");
    o.stored = results(settings_, r);
    return o;
  }

  void fill(revman_outcome<Real>& o, std::string_view group, std::vector<bool>& used_row, std::vector<bool>& used_group) {
    const auto belongs = [&](const text_table& t, std::size_t r) {
      return text(t, r, "Analysis group") == group && text(t, r, "Analysis number") == o.number;
    };
    std::vector<std::string> names;
    std::vector<std::vector<std::size_t>> members;
    bool grouped = false, calculated = false;
    for (std::size_t r = 0; r < rows_.rows(); ++r) {
      if (!belongs(rows_, r) || used_row[r]) continue;
      used_row[r] = true;
      const std::string name(text(rows_, r, "Subgroup"));
      grouped = grouped || !name.empty();
      calculated = calculated || !text(rows_, r, "Mean").empty();
      auto at = std::find(names.begin(), names.end(), name);
      if (at == names.end()) {
        names.push_back(name);
        members.emplace_back();
        at = names.end() - 1;
      }
      members[static_cast<std::size_t>(at - names.begin())].push_back(r);
    }
    for (std::size_t g = 0; g < names.size(); ++g) {
      if (grouped) o.subgroups.push_back({names[g], o.studies.size(), members[g].size(), {}});
      for (const std::size_t r : members[g]) o.studies.push_back(study(r, calculated));
    }
    for (std::size_t r = 0; r < groups_.rows(); ++r) {
      if (!belongs(groups_, r) || used_group[r]) continue;
      const auto name = text(groups_, r, "Subgroup");
      const auto at = std::find_if(o.subgroups.begin(), o.subgroups.end(), [&](const auto& g) { return g.name == name; });
      if (at == o.subgroups.end()) continue;
      used_group[r] = true;
      at->stored = results(groups_, r);
    }
  }

  revman_study<Real> study(std::size_t r, bool calculated) {
    revman_study<Real> s;
    s.line = rows_.lines[r];
    s.label = text(rows_, r, "Study");
    s.id = s.label;
    s.year = text(rows_, r, "Study year");
    s.footnote = text(rows_, r, "Footnotes");
    s.events_1 = number(r, "Experimental cases");
    s.total_1 = number(r, "Experimental N");
    s.events_2 = number(r, "Control cases");
    s.total_2 = number(r, "Control N");
    s.mean_1 = number(r, "Experimental mean");
    s.sd_1 = number(r, "Experimental SD");
    s.mean_2 = number(r, "Control mean");
    s.sd_2 = number(r, "Control SD");
    s.estimate = number(r, "GIV Mean");
    s.se = number(r, "GIV SE");
    s.o_e = number(r, "O-E");
    s.variance = number(r, "Variance");
    s.stored = results(rows_, r);
    s.estimable = s.stored.effect.has_value() || !calculated;
    return s;
  }

  /// Weights and I2 in per cent, if no number of the package exceeds 1: then they are taken for fractions, and that is told of.
  void settle_units() {
    const auto settle = [&](const char* what, const auto& visit) {
      bool some = false, above = false;
      visit([&](std::optional<Real>& x) {
        some = some || (x && *x > 0);
        above = above || (x && *x > 1);
      });
      if (!some || above) return;
      visit([](std::optional<Real>& x) {
        if (x) *x = Real(*x * 100);
      });
      review_.not_understood.push_back(review_.file + ": no " + what + " exceeds 1; they are taken for fractions, not for per cent");
    };
    settle("weight", [&](const auto& f) {
      for (auto& c : review_.comparisons) {
        for (auto& o : c.outcomes) {
          for (auto& s : o.studies) f(s.stored.weight);
          for (auto& g : o.subgroups) f(g.stored.weight);
          f(o.stored.weight);
        }
      }
    });
    settle("I2", [&](const auto& f) {
      for (auto& c : review_.comparisons) {
        for (auto& o : c.outcomes) {
          for (auto& g : o.subgroups) f(g.stored.i2);
          f(o.stored.i2);
          f(o.stored.between_i2);
        }
      }
    });
  }

  const char* function_;
  text_table settings_, rows_, groups_;
  revman_review<Real> review_;
};

}  // namespace detail

/// Reads a review from the texts of the three files of a RevMan Web data package: overall-estimates-and-settings (one row an analysis),
/// data-rows (one a study) and subgroup-estimates (which may have no rows). Studies come in the file's order, those of a subgroup together.
/// Columns are found by name; "#N/A" and blank cells are missing. A study without a stored effect, in an analysis in which others have
/// one, is one that RevMan calls not estimable.
/// Whatever was not understood is listed in not_understood: columns that were not read (prediction intervals, intervals of tau2), methods that
/// are not known, rows without an analysis, and the unit of weights and I2 where the package leaves it open. Throws input_error (file, line,
/// column, value) for what parse_delimited refuses, a missing key column, an unknown data type, a number of a trial that is none.
template <class Real = double>
revman_review<Real> parse_revman_web(std::string_view settings, std::string_view data_rows, std::string_view subgroups, const std::string& id = "<text>") {
  return detail::revman_web_reader<Real>(settings, data_rows, subgroups, id, "parse_revman_web").read();
}

/// The same from an unzipped folder: CD012345-analysis-data, with files CD012345-data-rows.csv and so on in it. id: "CD012345"; if empty it is
/// taken from the folder's name. Throws input_error also if a file cannot be read.
template <class Real = double>
revman_review<Real> read_revman_web(const std::string& folder, std::string id = {}) {
  constexpr const char* function = "read_revman_web";
  std::string_view name = folder;
  while (!name.empty() && (name.back() == '/' || name.back() == '\\')) name.remove_suffix(1);
  const std::string base(name);
  if (id.empty()) {
    if (const auto slash = name.find_last_of("/\\"); slash != std::string_view::npos) name.remove_prefix(slash + 1);
    constexpr std::string_view suffix = "-analysis-data";
    if (name.size() <= suffix.size() || name.substr(name.size() - suffix.size()) != suffix) {
      detail::throw_input_error(function, folder + ": the folder's name must end with -analysis-data, or an id must be given");
    }
    id = name.substr(0, name.size() - suffix.size());
  }
  const auto text = [&](const char* part) {
    std::string path = base;
    path.append(1, '/').append(id).append(1, '-').append(part).append(".csv");
    return detail::read_file(path, function);
  };
  return detail::revman_web_reader<Real>(text("overall-estimates-and-settings"), text("data-rows"), text("subgroup-estimates"), id, function).read();
}

}  // namespace metapool
