// SPDX-License-Identifier: BSL-1.0
// Whether what a forest plot is to show belongs together.
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/model/fit.hpp>
#include <metapool/plot/forest_arms.hpp>
#include <metapool/plot/forest_options.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace metapool::detail {

/// The label of the trial with this index: that of the trials, or else of the fit's record.
template <class Real>
std::string forest_label(const model_fit<Real>& fit, const forest_arms& arms, std::size_t i) {
  if (i < arms.labels.size() && !arms.labels[i].empty()) return arms.labels[i];
  return fit.data.audit[i].label;
}

/// Throws input_error unless the trials are the fit's, subgroups divide them, pooled means are on the fit's scale and options lie in their domains.
template <class Real>
void check_forest(const model_fit<Real>& fit, const std::vector<forest_pooled<Real>>& pooled, std::span<const forest_subgroup<Real>> subgroups,
                  const forest_options<Real>& options, const forest_arms& arms) {
  constexpr const char* function = "forest_plot";
  const auto fail = [](const std::string& message) { throw_input_error(function, message); };
  check_level(function, options.level);
  const std::size_t n = fit.data.audit.size(), k = fit.data.size();
  if (!(arms.columns.empty() && arms.labels.empty()) && arms.numbers.size() != n) {
    fail(std::to_string(arms.numbers.size()) + " trials, but the fit was made from " + std::to_string(n));
  }
  if (fit.weights.size() != k || fit.data.v.size() != k || fit.data.trial.size() != k) fail("the fit's effects and weights differ in number");
  for (const std::size_t i : fit.data.trial) {
    if (i >= n) fail("the fit names a trial that is not in its own record");
  }
  std::vector<bool> seen(n, false);
  for (const auto& g : subgroups) {
    for (const std::size_t i : g.trials) {
      if (i >= n) fail("subgroup '" + g.name + "': trial " + std::to_string(i) + " does not exist; there are " + std::to_string(n) + ", counted from 0");
      if (seen[i]) fail("subgroup '" + g.name + "': trial '" + forest_label(fit, arms, i) + "' stands in two subgroups");
      seen[i] = true;
    }
  }
  for (std::size_t i = 0; i < n && !subgroups.empty(); ++i) {
    if (!seen[i]) fail("trial '" + forest_label(fit, arms, i) + "' stands in no subgroup");
  }
  for (const auto& p : pooled) {
    if (fit.k() != 0 && p.mean.measure.scale != fit.data.measure.scale) fail("pooled mean '" + p.name + "' is on another scale than the fit");
    if (fit.k() != 0 && !(p.mean.p >= 0 && p.mean.p <= 1 && is_finite(p.mean.statistic))) fail("pooled mean '" + p.name + "' has no test: statistic or p is not a number");
  }
  for (const auto* limit : {&options.axis_lower, &options.axis_upper}) {
    if (!*limit) continue;
    if (!is_finite(**limit)) fail("a limit of the axis must be a finite number");
    if (fit.data.measure.scale == scale::log && !(**limit > 0)) fail("a limit of a ratio's axis must be positive");
  }
  if (options.axis_lower && options.axis_upper && !(*options.axis_lower < *options.axis_upper)) fail("axis_lower must be below axis_upper");
  for (const double w : {options.plot_width, options.width, options.label_width}) {
    if (!(w >= 0 && w <= 1e5)) fail("plot_width, width and label_width must lie between 0 and 100000");
  }
}

}  // namespace metapool::detail
