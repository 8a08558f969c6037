// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/inference/check.hpp>
#include <metapool/inference/result.hpp>
#include <metapool/inference/wald.hpp>
#include <metapool/math/parallel.hpp>
#include <metapool/math/q_distribution.hpp>
#include <metapool/math/random.hpp>
#include <metapool/model/fit.hpp>
#include <metapool/tau2/kernel.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace metapool {

/// Draws of a confidence distribution: element b of each belongs to replicate b. Scale: that of the effects (tau2: its square).
template <class Real = double>
struct confidence_draws {
  std::vector<Real> tau2{};        ///< between-study variance
  std::vector<Real> mean{};        ///< mean of the true effects
  std::vector<Real> new_effect{};  ///< true effect of a new trial
};

namespace detail {

/// Quantile of a sample by linear interpolation of the order statistics (R's type 7). Reorders x; 0 <= p <= 1.
template <class Real>
Real sample_quantile(std::vector<Real>& x, double p) {
  const double at = p * static_cast<double>(x.size() - 1);
  const auto i = static_cast<std::size_t>(at);
  const auto middle = x.begin() + static_cast<std::ptrdiff_t>(i);
  std::nth_element(x.begin(), middle, x.end());
  if (i + 1 == x.size()) return *middle;
  const Real above = *std::min_element(middle + 1, x.end());
  return *middle + Real(at - static_cast<double>(i)) * (above - *middle);
}

/// The draws of Nagashima, Noma and Furukawa in double, of effects y about 0 with variances v about 1.
template <class = void>
confidence_draws<double> nagashima_draws(const std::vector<double>& y, const std::vector<double>& v, double q, std::size_t count, std::uint64_t seed,
                                         unsigned threads) {
  const std::size_t k = y.size();
  std::vector<double> w(v);
  for (double& x : w) x = 1 / x;
  const q_inverse inverse(std::move(w), q);
  const double df = static_cast<double>(k - 1);
  confidence_draws<double> d;
  d.tau2.resize(count);
  d.mean.resize(count);
  d.new_effect.resize(count);
  parallel_for(count, threads, [&](std::size_t b) {
    random_stream random(seed, b);
    const double tau2 = inverse.tau2(random.uniform());
    const double z = random.normal();
    const double t = random.students_t(df);
    double sum = 0, first = 0;
    for (std::size_t i = 0; i < k; ++i) {
      const double weight = 1 / (v[i] + tau2);
      sum += weight;
      first += weight * y[i];
    }
    const double mean = first / sum;
    double square = 0;
    for (std::size_t i = 0; i < k; ++i) square += (y[i] - mean) * (y[i] - mean) / (v[i] + tau2);
    d.tau2[b] = tau2;
    d.mean[b] = mean + t * std::sqrt(square / (df * sum));
    d.new_effect[b] = d.mean[b] + z * std::sqrt(tau2);
  }, 512);
  return d;
}

}  // namespace detail

/// Prediction interval, and interval of the mean, by the parametric bootstrap of Nagashima, Noma and Furukawa: predict(fit, nagashima{}) and
/// infer(fit, nagashima{}). R's pimeta, method "boot".
///
/// Each replicate draws tau2 from its confidence distribution (the tau2 at which the exact probability of a Q larger than the observed one is
/// uniform on (0, 1); 0 if there is none), the mean from Hartung and Knapp's t distribution with k - 1 degrees of freedom at that tau2, and the new
/// trial's effect from the normal distribution about that mean. The limits are quantiles of the draws. Of the fit only the effects and the
/// estimate are used: tau2 of the fit is not. Holds from k = 3 and I2 of 10 % on, where t intervals about an estimated tau2 are too short.
///
/// draws: replicates; the Monte Carlo error of a limit is about that of a quantile, 2 to 3 % of half the interval's length at 10,000 and
/// falling with the root. seed, threads: the same seed gives the same bits for any number of threads (0: as many as the processor has).
/// The Q distribution is exact to 12 digits and inverted from a table of log odds right to 1e-8, a ten thousandth of the Monte Carlo error.
/// The draws are in double whatever Real is.
/// prediction: df is k - 1, se the classical sqrt(tau2 + se^2), for the record only. mean: critical is 0 (the interval is not symmetric), statistic =
/// estimate / se with the classical se, p = 2 (1 + draws on the rarer side of 0) / (draws + 1), at most 1.
/// Throws input_error for a level outside (0, 1), fewer than 100 draws, a fit whose weights are not inverse variances; not_estimable with one study
/// or if all effects are equal; convergence_error on a fit that did not converge.
/// Nagashima, Noma & Furukawa (2019) Stat Methods Med Res 28:1689, doi:10.1177/0962280218773520.
struct nagashima {
  double level = 0.95;
  std::size_t draws = 25000;
  std::uint64_t seed = 20190601;
  unsigned threads = 1;

  /// "parametric bootstrap (Nagashima et al.), 25000 draws, seed 20190601"
  std::string name() const {
    std::string m = "parametric bootstrap (Nagashima et al.), ";
    m.append(std::to_string(draws)).append(" draws, seed ").append(std::to_string(seed));
    return m;
  }

  /// All draws, for other uses: the probability that a new trial's effect exceeds a bound is the share of new_effect beyond it.
  template <class Real>
  confidence_draws<Real> sample(const model_fit<Real>& fit) const {
    using std::sqrt;
    constexpr const char* function = "nagashima";
    detail::check_fit(function, fit, level);
    detail::check_inverse_variance(function, fit);
    detail::check_two_studies(function, fit);
    if (draws < 100) detail::throw_input_error(function, "draws = " + std::to_string(draws) + " must be at least 100");
    const std::span<const Real> y(fit.data.y), v(fit.data.v);
    const detail::pooled_sums<Real> s = detail::pool_at(y, v, Real(0));
    const Real last_digits = 4 * std::numeric_limits<Real>::epsilon() * s.mean;
    if (!(s.q > s.w * last_digits * last_digits)) {
      detail::throw_not_estimable(function, "all effects are equal, so that the draws have no spread");
    }
    // in units in which the smallest variance is 1 and the common effect lies at 0
    const Real unit = v[detail::most_precise(v)], length = sqrt(unit);
    std::vector<double> scaled_y, scaled_v;
    for (std::size_t i = 0; i < y.size(); ++i) {
      scaled_y.push_back(static_cast<double>(Real((y[i] - s.mean) / length)));
      scaled_v.push_back(static_cast<double>(Real(v[i] / unit)));
    }
    const confidence_draws<double> d = detail::nagashima_draws(scaled_y, scaled_v, static_cast<double>(s.q), draws, seed, threads);
    confidence_draws<Real> out;
    out.tau2.reserve(draws);
    out.mean.reserve(draws);
    out.new_effect.reserve(draws);
    for (std::size_t b = 0; b < draws; ++b) {
      out.tau2.push_back(unit * Real(d.tau2[b]));
      out.mean.push_back(s.mean + length * Real(d.mean[b]));
      out.new_effect.push_back(s.mean + length * Real(d.new_effect[b]));
    }
    return out;
  }

  /// The interval of the mean.
  template <class Real>
  mean_inference<Real> operator()(const model_fit<Real>& fit) const {
    confidence_draws<Real> d = sample(fit);
    mean_inference<Real> r = detail::start(fit, level);
    r.method = name();
    r.df = static_cast<Real>(fit.df);
    r.statistic = r.estimate / r.se;
    const auto below = static_cast<std::size_t>(std::count_if(d.mean.begin(), d.mean.end(), [](const Real& x) { return x < 0; }));
    const double rarer = static_cast<double>((std::min)(below, draws - below));
    r.p = Real((std::min)(1.0, 2 * (rarer + 1) / (static_cast<double>(draws) + 1)));
    r.lower = detail::sample_quantile(d.mean, (1 - level) / 2);
    r.upper = detail::sample_quantile(d.mean, (1 + level) / 2);
    return r;
  }

  /// The prediction interval.
  template <class Real>
  prediction<Real> operator()(const model_fit<Real>& fit, const Real& se) const {
    using std::sqrt;
    confidence_draws<Real> d = sample(fit);
    prediction<Real> p;
    p.measure = fit.data.measure;
    p.method = name();
    p.estimate = fit.estimate;
    p.se = sqrt(Real(fit.tau2.value_or(Real(0)) + se * se));
    p.level = level;
    p.df = static_cast<Real>(fit.df);
    p.lower = detail::sample_quantile(d.new_effect, (1 - level) / 2);
    p.upper = detail::sample_quantile(d.new_effect, (1 + level) / 2);
    return p;
  }
};

}  // namespace metapool
