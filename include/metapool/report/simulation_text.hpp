// SPDX-License-Identifier: BSL-1.0
// What simulations say of the methods, as text for a terminal.
#pragma once

#include <metapool/effect/scale.hpp>
#include <metapool/simulation/trials_like_mine.hpp>
#include <metapool/text/columns.hpp>
#include <metapool/text/number_text.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace metapool {

namespace detail {

inline std::string width_text(const std::optional<double>& width, double unit) {
  if (!width) return "-";
  if (*width == std::numeric_limits<double>::infinity()) return "∞";
  return fixed_text(*width / unit, 2);
}

/// A share in percent, with the share of data sets with an answer where that is not all.
inline std::string coverage_text(const method_performance& m) {
  if (!m.coverage) return "no answer";
  std::string text = fixed_text(100 * m.coverage->value, 1);
  if (m.answered < m.replicates) text += " (of " + fixed_text(100 * static_cast<double>(m.answered) / static_cast<double>(m.replicates), 0) + " %)";
  return text;
}

}  // namespace detail

/// Performance of every method of one study as a table, on the pooling scale.
inline std::string describe(const simulation_result& r) {
  using detail::fixed_text;
  detail::aligned_columns table("lrrrrrr");
  table.add({"Method", "Coverage %", "Without 0 %", "Median width", "Bias", "SD of estimates", "RMSE"});
  table.rule();
  for (const method_performance& m : r.methods) {
    const auto number = [](const std::optional<monte_carlo>& x) { return x ? fixed_text(x->value, 3) : std::string("-"); };
    table.add({m.name, detail::coverage_text(m), m.rejection ? fixed_text(100 * m.rejection->value, 1) : "-", detail::width_text(m.median_width, 1), number(m.bias), number(m.empirical_se),
               m.mse ? fixed_text(std::sqrt(m.mse->value), 3) : "-"});
  }
  std::string out = std::to_string(r.replicates) + " data sets, seed " + std::to_string(r.seed) + "; pooling scale (logarithms of ratios)\n\n" + table.text();
  if (r.clipped > 0) out += "\n" + std::to_string(r.clipped) + " simulated trials had a true effect that would need a risk outside 0 to 1; it was set to the nearer end.\n";
  return out;
}

/// Coverage and width of every method at every heterogeneity, and which interval of the mean holds.
inline std::string describe(const trials_like_mine_result& r) {
  const auto percent = [](double share) { return detail::short_text(100 * share, 1) + " %"; };
  std::string out = std::to_string(r.baseline.size()) + " trials like these, " + std::to_string(r.studies.front().replicates) + " simulated data sets at each heterogeneity; true mean ";
  out += std::string(r.measure.symbol) + " " + detail::fixed_text(to_natural(r.measure.scale, r.mean), 2) + ", seed " + std::to_string(r.studies.front().seed) + "\n\n";
  const std::size_t cases = r.studies.size();
  detail::aligned_columns table("ll" + std::string(2 * cases, 'r'));
  std::vector<std::string> head{"", "Nominal " + percent(r.level)}, spread{"", ""}, units{"", ""};
  for (std::size_t i = 0; i < cases; ++i) {
    head.insert(head.end(), {"I2 " + percent(r.i2[i]), ""});
    spread.insert(spread.end(), {"tau " + detail::fixed_text(std::sqrt(r.tau2[i]), 2), ""});
    units.insert(units.end(), {"covered", "width"});
  }
  table.add(head);
  table.add(spread);
  table.add(units);
  for (const interval_target target : {interval_target::mean, interval_target::next_trial}) {
    table.rule();
    const auto& methods = r.studies.front().methods;
    for (std::size_t m = 0; m < methods.size(); ++m) {
      if (methods[m].target != target) continue;
      const interval_verdict verdict = r.verdict(m);
      std::string mark;
      if (target == interval_target::mean) mark = r.shortest == m ? ">" : verdict == interval_verdict::falls_short ? "!" : verdict == interval_verdict::undecided ? "?" : "";
      std::vector<std::string> row{mark, methods[m].name};
      for (const simulation_result& s : r.studies) {
        row.push_back(detail::coverage_text(s.methods[m]));
        row.push_back(detail::width_text(s.methods[m].median_width, 1));
      }
      table.add(row);
    }
  }
  out += table.text();
  out += "\nwidth: median, on the " + std::string(name(r.measure.scale)) + " scale; Monte Carlo error of a coverage of " + percent(r.level) + ": " +
         detail::fixed_text(100 * std::sqrt(r.level * (1 - r.level) / static_cast<double>(r.studies.front().replicates)), 1) + " points\n";
  out += "!  falls short by more than a point somewhere, or has too often no answer\n";
  const auto& methods = r.studies.front().methods;
  std::optional<std::size_t> nearest;
  bool undecided = false;
  for (std::size_t m = 0; m < methods.size(); ++m) {
    undecided = undecided || r.verdict(m) == interval_verdict::undecided;
    if (r.least_coverage(m) && (!nearest || *r.least_coverage(m) > *r.least_coverage(*nearest))) nearest = m;
  }
  if (undecided) out += "?  was seen to fall short by more than a point somewhere, but by no more than two Monte Carlo errors: more data sets would tell\n";
  if (r.shortest) {
    out += ">  the shortest that holds everywhere: " + methods[*r.shortest].name + "\n";
  } else {
    out += undecided ? "None of these intervals of the mean was seen to hold at all of these heterogeneities.\n" : "None of these intervals of the mean holds at all of these heterogeneities.\n";
    if (nearest) out += "Least short, covering " + detail::fixed_text(100 * *r.least_coverage(*nearest), 1) + " % at its worst: " + methods[*nearest].name + "\n";
  }
  std::size_t clipped = 0;
  for (const simulation_result& s : r.studies) clipped += s.clipped;
  if (clipped > 0) {
    const double all = static_cast<double>(r.baseline.size() * cases * r.studies.front().replicates);
    out += detail::fixed_text(100 * static_cast<double>(clipped) / all, 1) + " % of the simulated trials had a true effect that would need a risk outside 0 to 1: it was set to the nearer end, and the true mean is a little nearer to no effect than said.\n";
  }
  for (const std::string& label : r.left_out) out += "Left out, a number is missing: " + label + "\n";
  return out;
}

}  // namespace metapool
