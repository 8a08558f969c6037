// SPDX-License-Identifier: BSL-1.0
// The table of studies of a summary.
#pragma once

#include <metapool/inference/result.hpp>
#include <metapool/math/normal.hpp>
#include <metapool/model/fit.hpp>
#include <metapool/report/arm_cells.hpp>
#include <metapool/report/effect_text.hpp>
#include <metapool/report/summary_options.hpp>
#include <metapool/text/columns.hpp>
#include <metapool/text/number_text.hpp>

#include <cmath>
#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace metapool::detail {

struct no_trials {};

/// The mark that the caller puts behind the label of the trial with this index.
template <class Real>
std::string mark_of(const summary_options<Real>& options, std::size_t i) {
  const auto found = options.marks.find(i);
  return found == options.marks.end() ? std::string() : " " + found->second;
}

/// A row a pooled study: its numbers (none for no_trials), effect, interval and weight; last the pooled effect.
template <class Trials, class Real>
std::string studies_text(const Trials& trials, const model_fit<Real>& fit, const mean_inference<Real>& mean, const summary_options<Real>& options) {
  using std::sqrt;
  constexpr bool has_arms = trials_with_cells<Trials>;
  const effect_text<Real> text(fit.data.measure);
  std::vector<std::string> head{"Study"};
  if constexpr (has_arms) {
    for (auto& h : arm_headings(static_cast<const std::remove_cvref_t<decltype(trials[0])>*>(nullptr), options)) head.push_back(std::move(h));
  }
  const std::size_t leading = head.size();
  std::string alignment = "l";
  alignment.append(leading, 'r').append("lr");
  aligned_columns table(alignment);
  head.push_back(std::string(fit.data.measure.symbol));
  head.push_back("[" + short_text(100 * options.level, 2) + " % interval]");
  head.push_back("Weight");
  table.add(std::move(head));
  table.rule();
  const Real z = normal_critical<Real>(options.level);
  for (std::size_t j = 0; j < fit.k(); ++j) {
    const std::size_t i = fit.data.trial.empty() ? j : fit.data.trial[j];
    std::vector<std::string> row{clean_text(fit.data.labels[j]) + mark_of(options, i)};
    if constexpr (has_arms) {
      for (auto& cell : arm_cells(trials[i])) row.push_back(std::move(cell));
    }
    const Real half = z * sqrt(fit.data.v[j]);
    row.push_back(text.one(fit.data.y[j]));
    row.push_back(text.range(Real(fit.data.y[j] - half), Real(fit.data.y[j] + half)));
    row.push_back(fixed_text(100 * static_cast<double>(fit.weights[j]), 1) + " %");
    table.add(std::move(row));
  }
  table.rule();
  std::vector<std::string> pooled{"Pooled"};
  pooled.resize(leading);
  pooled.push_back(text.one(mean.estimate));
  pooled.push_back(text.range(mean.lower, mean.upper));
  pooled.push_back("100.0 %");
  table.add(std::move(pooled));
  return table.text();
}

}  // namespace metapool::detail
