// SPDX-License-Identifier: BSL-1.0
// The bias-corrected and accelerated bootstrap interval.
#pragma once

#include <metapool/inference/bootstrap_interval.hpp>
#include <metapool/inference/leave_one_out.hpp>
#include <metapool/math/normal.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace metapool {

namespace detail {

/// Bias correction and acceleration of a bootstrap.
template <class Real>
struct bca_constants {
  Real bias{};          ///< z0: normal quantile of the share of draws below the estimate
  Real acceleration{};  ///< a: a sixth of the skewness of the estimates without each study, turned round
  /// The share of the draws that stands at the normal quantile z. 1 beyond the pole of the correction.
  Real share(const Real& z) const {
    const Real sum = bias + z, divisor = 1 - acceleration * sum;
    if (!(divisor > 0)) return sum > 0 ? Real(1) : Real(0);
    return normal_cdf<Real>(Real(bias + sum / divisor));
  }
  /// The normal quantile at which that share stands.
  Real quantile(const Real& share) const {
    const Real w = normal_quantile<Real>(share) - bias;
    const Real divisor = 1 + acceleration * w;
    return divisor > 0 ? Real(w / divisor - bias) : (w > 0 ? (std::numeric_limits<Real>::max)() : -(std::numeric_limits<Real>::max)());
  }
};

/// Share of draws below x, half of the ties: that of a place between two draws in the sense of draw_quantile.
template <class Real>
Real share_below(const std::vector<Real>& draws, const Real& x) {
  std::size_t below = 0, ties = 0;
  for (const Real& value : draws) {
    if (value < x) ++below;
    if (value == x) ++ties;
  }
  return (static_cast<Real>(below) + (static_cast<Real>(ties) + 1) / 2) / static_cast<Real>(draws.size() + 1);
}

template <class Real, class Estimator>
bca_constants<Real> bca_of(const char* function, const bootstrap_draws<Real>& draws, const Estimator& estimator) {
  using std::sqrt;
  const effects<Real>& data = draws.fit.data;
  const std::size_t k = data.size();
  std::vector<Real> without(k);
  all_but_one<Real> others(data);
  Real centre = 0;
  for (std::size_t i = 0; i < k; ++i) {
    others.leave_out(i);
    const tau2_estimate<Real> t = others.checked(function, Estimator::name, estimator(others.y(), others.v()));
    without[i] = pool_at(others.y(), others.v(), t.tau2).mean - draws.fit.estimate;
    centre += without[i] / static_cast<Real>(k);
  }
  Real square = 0, size = 0;
  for (Real& x : without) {
    x = centre - x;
    if (size < x || size < -x) size = x < 0 ? Real(-x) : x;
  }
  bca_constants<Real> c;
  c.bias = normal_quantile<Real>(share_below(draws.mean, draws.fit.estimate));
  if (!(size > 0)) return c;  // the same without any study
  Real cube = 0;
  for (const Real& x : without) {
    const Real d = x / size;
    square += d * d;
    cube += d * d * d;
  }
  c.acceleration = cube / (6 * square * sqrt(square));
  return c;
}

}  // namespace detail

/// The mean with its bias-corrected and accelerated (BCa) bootstrap interval and test against no effect, from the bootstrap of studies. Scale: that of the effects.
///
/// The ends are the draws' quantiles at the shares Phi(z0 + (z0 + z) / (1 - a (z0 + z))), z0 the normal quantile of the share of draws below the estimate and a
/// the acceleration from the estimates without each study (both in notes). estimator: of tau2, that of the bootstrap. estimate and se are those of the data, statistic their
/// quotient, df empty, critical 0. p is twice the smaller tail at which no effect would be an end. Where the shares lie beyond the draws the end is the extreme one, and
/// a note says so. With few studies the draws are few different ones, and no bootstrap interval holds its level; second-order accurate for many.
/// Throws as bootstrap_mean; input_error for a parametric bootstrap (the acceleration is that of resampled studies) or draws by another estimator; not_estimable with
/// fewer than three studies; convergence_error if an estimator does not converge without a study. Efron (1987) J Am Stat Assoc 82:171.
template <class Real, class Estimator>
  requires tau2_estimator<Estimator, Real>
mean_inference<Real> bootstrap_bca(const bootstrap_draws<Real>& draws, const Estimator& estimator, double level = 0.95) {
  constexpr const char* function = "bootstrap_bca";
  detail::check_draws(function, draws, level);
  if (draws.options.kind != bootstrap_kind::nonparametric) detail::throw_input_error(function, "needs the bootstrap of studies (bootstrap_kind::nonparametric)");
  if (draws.fit.method != std::string(Estimator::name)) {
    detail::throw_input_error(function, "the draws are by " + draws.fit.method + " and the estimates without a study would be by " + std::string(Estimator::name));
  }
  const std::size_t k = draws.fit.k();
  if (k < 3) detail::throw_not_estimable(function, "k = " + std::to_string(k) + ": without a study at least two must remain");
  const detail::bca_constants<Real> c = detail::bca_of(function, draws, estimator);
  mean_inference<Real> r;
  r.measure = draws.fit.data.measure;
  r.method = "bootstrap of studies, BCa";
  r.estimate = draws.fit.estimate;
  r.se = draws.fit.se;
  r.level = level;
  r.statistic = r.estimate / r.se;
  std::vector<Real> x(draws.mean);
  const Real z = detail::normal_critical<Real>(level), n = static_cast<Real>(x.size() + 1);
  const Real lower = c.share(Real(-z)), upper = c.share(z);
  r.lower = detail::draw_quantile(x, lower);
  r.upper = detail::draw_quantile(x, upper);
  r.notes.push_back("bias correction " + detail::to_short_text(c.bias) + ", acceleration " + detail::to_short_text(c.acceleration));
  if (!(lower * n >= 1) || !(upper * n <= n - 1)) r.notes.push_back("the draws are too few for an end, which is the extreme draw");
  r.p = detail::normal_two_sided_p<Real>(c.quantile(detail::share_below(draws.mean, Real(0))));
  return r;
}

}  // namespace metapool
