// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/inference/bootstrap.hpp>
#include <metapool/inference/check.hpp>
#include <metapool/inference/fill_tau2_interval.hpp>
#include <metapool/inference/heterogeneity.hpp>
#include <metapool/inference/result.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace metapool {

/// How an interval is made of bootstrap draws x* of an estimate x: their quantiles (percentile); twice x less their quantiles (basic); x less
/// the quantiles of (x* - x) / se* times the standard error (t).
enum class bootstrap_method { percentile, basic, t };

namespace detail {

/// The quantile at `share` of draws in any order: number (B + 1) share of the sorted draws, straight between two. Reorders them.
template <class Real>
Real draw_quantile(std::vector<Real>& draws, const Real& share) {
  using std::floor;
  const Real last = static_cast<Real>(draws.size());
  Real at = (last + 1) * share;
  if (!(at > 1)) at = 1;
  if (at > last) at = last;
  const Real whole = floor(at);
  const std::size_t i = static_cast<std::size_t>(whole) - 1;
  const auto middle = draws.begin() + static_cast<std::ptrdiff_t>(i);
  std::nth_element(draws.begin(), middle, draws.end());
  const Real low = *middle;
  if (!(at > whole)) return low;
  return low + (at - whole) * (*std::min_element(middle + 1, draws.end()) - low);
}

template <class Real>
void check_draws(const char* function, const bootstrap_draws<Real>& draws, double level) {
  check_level(function, level);
  const std::size_t n = draws.mean.size();
  if (n < 1 || draws.se.size() != n || draws.tau2.size() != n) throw_input_error(function, "the draws are empty or of different sizes; they must come from bootstrap");
  if (!(static_cast<double>(n + 1) * ((1 - level) / 2) >= 1 - 1e-9)) {
    throw_input_error(function, std::to_string(n) + " replicates are too few for an interval at level " + to_text(level));
  }
}

}  // namespace detail

/// The mean with its bootstrap interval and test against no effect. Scale: that of the effects.
///
/// estimate and se are those of the data, statistic their quotient, df empty, critical 0. p agrees with the interval: with t, (1 + number of |t*| no less than |statistic|) / (B + 1);
/// otherwise 2 (1 + b) / (B + 1), at most 1, b draws lying on the far side of no effect (for basic: draws reflected at the estimate).
/// Quantile: number (B + 1) share of the sorted draws. Throws input_error if level is not in (0, 1) or (B + 1) (1 - level) / 2 < 1.
/// Davison & Hinkley (1997) Bootstrap Methods and their Application, chapter 5.
template <class Real>
mean_inference<Real> bootstrap_mean(const bootstrap_draws<Real>& draws, bootstrap_method method = bootstrap_method::percentile, double level = 0.95) {
  using std::fabs;
  detail::check_draws("bootstrap_mean", draws, level);
  mean_inference<Real> r;
  r.measure = draws.fit.data.measure;
  r.estimate = draws.fit.estimate;
  r.se = draws.fit.se;
  r.level = level;
  r.statistic = r.estimate / r.se;
  const std::size_t n = draws.mean.size();
  const Real tail = (1 - static_cast<Real>(level)) / 2;
  std::vector<Real> x(draws.mean);
  std::size_t below = 0, above = 0;
  if (method == bootstrap_method::t) {
    for (std::size_t b = 0; b < n; ++b) {
      x[b] = (draws.mean[b] - r.estimate) / draws.se[b];
      if (fabs(x[b]) >= fabs(r.statistic)) ++above;
    }
    r.upper = r.estimate - detail::draw_quantile(x, tail) * r.se;
    r.lower = r.estimate - detail::draw_quantile(x, Real(1 - tail)) * r.se;
    r.p = static_cast<Real>(above + 1) / static_cast<Real>(n + 1);
  } else {
    const bool basic = method == bootstrap_method::basic;
    for (Real& value : x) {
      if (basic) value = 2 * r.estimate - value;
      if (value <= 0) ++below;
      if (value >= 0) ++above;
    }
    r.lower = detail::draw_quantile(x, tail);
    r.upper = detail::draw_quantile(x, Real(1 - tail));
    r.p = static_cast<Real>(2 * ((std::min)(below, above) + 1)) / static_cast<Real>(n + 1);
    if (r.p > 1) r.p = 1;
  }
  r.method = draws.options.kind == bootstrap_kind::parametric ? "parametric bootstrap" : "bootstrap of studies";
  r.method += method == bootstrap_method::t ? ", t" : method == bootstrap_method::basic ? ", basic" : ", percentile";
  return r;
}

/// The bootstrap interval of the between-study variance, and of I2 and H2 that follow from it by the typical variance of the data.
///
/// percentile, or basic with ends below 0 put to 0 (both below: state empty_set); t is refused, as the standard error of tau2 says little near 0.
/// Throws input_error as bootstrap_mean. Percentile intervals of tau2 undercover, the parametric ones less (Viechtbauer 2007); q_profile is exact under the model.
/// Viechtbauer (2007) Stat Med 26:37, doi:10.1002/sim.2514.
template <class Real>
tau2_interval<Real> bootstrap_tau2(const bootstrap_draws<Real>& draws, bootstrap_method method = bootstrap_method::percentile, double level = 0.95) {
  detail::check_draws("bootstrap_tau2", draws, level);
  if (method == bootstrap_method::t) detail::throw_input_error("bootstrap_tau2", "has no t interval: the standard error of tau2 says little near 0; use percentile or basic");
  const Real tail = (1 - static_cast<Real>(level)) / 2;
  std::vector<Real> x(draws.tau2);
  tau2_interval<Real> r;
  r.level = level;
  r.method = draws.options.kind == bootstrap_kind::parametric ? "parametric bootstrap" : "bootstrap of studies";
  r.method += method == bootstrap_method::basic ? ", basic" : ", percentile";
  r.lower = detail::draw_quantile(x, tail);
  r.upper = detail::draw_quantile(x, Real(1 - tail));
  if (method == bootstrap_method::basic) {
    const Real twice = 2 * *draws.fit.tau2;
    const Real low = twice - r.upper;
    r.upper = twice - r.lower;
    r.lower = low > 0 ? low : Real(0);
    if (r.upper < 0) {
      r.state = interval_state::empty_set;
      r.upper = 0;
    }
  }
  detail::fill_i2_h2(r, typical_variance(std::span<const Real>(draws.fit.data.v)));
  return r;
}

}  // namespace metapool
