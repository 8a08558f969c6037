// SPDX-License-Identifier: BSL-1.0
// Reviews from the data packages of RevMan Web (version 1): three CSV files in a folder CDxxxxxx-analysis-data.
#pragma once

#include <metapool/data/file.hpp>
#include <metapool/data/revman.hpp>
#include <metapool/data/revman_web_settings.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace metapool {

namespace detail {

template <class Real>
class revman_web_reader : revman_web_settings<Real> {
  using base = revman_web_settings<Real>;
  using base::function_, base::groups_, base::list_columns, base::list_unused, base::number, base::outcome, base::results, base::rows_, base::settings_, base::text;

 public:
  revman_web_reader(std::string_view settings, std::string_view rows, std::string_view subgroups, const std::string& id, const char* function)
      : base(settings, rows, subgroups, id, function) {
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
      const std::string group(text(settings_, r, "Analysis group"));
      auto at = std::find_if(review_.comparisons.begin(), review_.comparisons.end(), [&](const auto& c) { return c.number == group; });
      if (at == review_.comparisons.end()) {
        review_.comparisons.push_back({group, std::string(text(settings_, r, "Analysis group name")), {}});
        at = review_.comparisons.end() - 1;
      }
      at->outcomes.push_back(std::move(o));
    }
    list_unused(rows_, used_row);
    list_unused(groups_, used_group);
    settle_units();
    review_.not_understood = std::move(this->not_understood_);
    return std::move(review_);
  }

 private:
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
      this->not_understood_.push_back(review_.file + ": no " + what + " exceeds 1; they are taken for fractions, not for per cent");
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

  revman_review<Real> review_;
};

}  // namespace detail

/// Reads a review from the texts of the three files of a RevMan Web data package: overall-estimates-and-settings (one row an analysis),
/// data-rows (one a study) and subgroup-estimates (which may have no rows). Studies come in the file's order, those of a subgroup together.
/// Columns are found by name; "#N/A" and blank cells are missing. A study without a stored effect, in an analysis in which others have
/// one, is one that RevMan calls not estimable.
/// Whatever was not understood is listed in not_understood: columns that were not read, methods that
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
