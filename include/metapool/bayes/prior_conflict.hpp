// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/bayes/any_prior.hpp>
#include <metapool/bayes/mean_prior.hpp>
#include <metapool/bayes/normal_normal.hpp>
#include <metapool/bayes/scale_mixture.hpp>
#include <metapool/bayes/tau_nodes.hpp>
#include <metapool/bayes/tau_window.hpp>
#include <metapool/data/check.hpp>
#include <metapool/data/error.hpp>
#include <metapool/effect/effects.hpp>
#include <metapool/math/normal.hpp>
#include <metapool/math/q_distribution.hpp>
#include <metapool/math/quadratic_form.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace metapool {

/// Where the data lie in what a prior let expect: tail areas of the prior predictive distribution of a statistic.
template <class Real = double>
struct prior_conflict {
  Real statistic{};
  Real lower{};  ///< P(statistic of new data <= that of these)
  Real upper{};  ///< P(statistic of new data >= that of these)
  /// Twice the smaller one, at most 1. Near 0: the data contradict the prior.
  Real p() const { return (std::min)(Real(1), Real(2 * (std::min)(lower, upper))); }
};

namespace detail {

/// Means of `f(tau) -> array of N` over a proper prior of tau: sums over equal steps of the double-exponential map of tau_nodes.hpp, steps
/// halved until nothing moves by more than eps^0.65, so that the last sums are right to rounding.
template <class Real, std::size_t N, class F>
std::array<Real, N> mean_over_prior(const char* function, const erased_tau_prior<Real>& prior, std::span<const Real> v, const F& f) {
  using std::abs, std::exp, std::log, std::pow, std::sqrt;
  const bool bounded = prior.upper() < std::numeric_limits<double>::infinity();
  const tau_line<Real> line{bounded ? Real(prior.upper()) : std::numeric_limits<Real>::infinity()};
  const auto height = [&](const Real& x) { return Real(prior.log_density(line.tau(x), v) + line.log_jacobian(x)); };
  Real least = v[0], largest = v[0];
  for (const Real& x : v) {
    least = (std::min)(least, x);
    largest = (std::max)(largest, x);
  }
  const tau_window<Real> window = find_tau_window<Real>(height, Real(log(least) / 2), Real(log(largest) / 2), Real(4 - log(std::numeric_limits<Real>::epsilon())));
  if (window.right >= tau_line<Real>::limit() && exp(Real(height(window.right) - window.height)) > Real(1e-9)) {
    throw_not_estimable(function, "the prior of tau (" + prior.name() + ") has so heavy a tail that its mass lies beyond what this number type holds");
  }
  const tail_map<Real> map{window.peak};
  const Real from = map.t(window.left), to = map.t(window.right);
  const Real tolerance = pow(std::numeric_limits<Real>::epsilon(), Real(0.65));
  std::array<Real, N> last{};
  for (std::size_t n = 32; n < 40000; n *= 2) {
    const Real step = (to - from) / static_cast<Real>(n);
    std::array<Real, N> sum{};
    Real mass = 0;
    for (std::size_t j = 0; j < n; ++j) {
      const Real t = from + step * (static_cast<Real>(j) + Real(0.5)), x = map.x(t);
      const Real weight = exp(Real(height(x) - window.height)) * map.slope(t);
      if (!(weight > 0)) continue;
      mass += weight;
      const std::array<Real, N> value = f(line.tau(x));
      for (std::size_t i = 0; i < N; ++i) sum[i] += weight * value[i];
    }
    Real worst = n == 32 ? Real(1) : Real(0);
    for (std::size_t i = 0; i < N; ++i) {
      sum[i] /= mass;
      const Real change = abs(Real(sum[i] - last[i]));
      if (!(change <= worst * abs(sum[i]))) worst = abs(sum[i]) > 0 ? Real(change / abs(sum[i])) : change;
    }
    last = sum;
    if (worst <= tolerance) return last;
  }
  throw convergence_error(std::string(function) + ": the integral over the prior of tau (" + prior.name() + ") did not settle; is its density smooth inside its support?");
}

template <class Real>
void check_for_conflict(const char* function, const effects<Real>& data, std::size_t least) {
  if (data.size() < least) throw_input_error(function, std::to_string(data.size()) + " studies are given; it needs " + std::to_string(least) + " or more");
  for (std::size_t i = 0; i < data.size(); ++i) {
    if (!is_finite(data.y[i])) throw_input_error(function, "y of study " + std::to_string(i + 1) + " must be a finite number");
    if (!(is_finite(data.v[i]) && data.v[i] > 0)) throw_input_error(function, "v of study " + std::to_string(i + 1) + " must be finite and positive");
  }
}

}  // namespace detail

/// Whether the heterogeneity contradicts the prior of tau: where Cochran's Q (weights 1 / v) lies in its distribution before the data were seen, the
/// mean over the prior of tau of Q's exact distribution given tau. Q does not depend on the mean effect, so that its prior does not matter.
/// A small `upper`: more heterogeneity than the prior expects; a small `lower`: less. Needs two studies and a proper prior; throws input_error otherwise.
/// 10 digits. Box (1980) J R Stat Soc A 143:383 (the check; tail areas of a statistic in place of regions of low density, which depend on the
/// statistic's scale); Evans & Moshonov (2006) Bayesian Anal 1:893 (conflict of prior and data).
template <class Real, class TauPrior>
prior_conflict<Real> prior_conflict_of_tau(const effects<Real>& data, const TauPrior& prior_of_tau) {
  constexpr const char* function = "prior_conflict_of_tau";
  detail::check_for_conflict(function, data, 2);
  const detail::erased_tau_prior<Real> prior = detail::erase<Real>(prior_of_tau);
  if (!prior.proper()) detail::throw_input_error(function, "the " + prior.name() + " prior of tau is improper and predicts nothing; give a proper one");
  std::vector<Real> w;
  Real sum = 0, mean = 0, q = 0;
  for (std::size_t i = 0; i < data.size(); ++i) {
    w.push_back(1 / data.v[i]);
    sum += w[i];
  }
  for (std::size_t i = 0; i < data.size(); ++i) mean += w[i] / sum * (data.y[i] - data.y[0]);
  for (std::size_t i = 0; i < data.size(); ++i) q += w[i] * (data.y[i] - data.y[0] - mean) * (data.y[i] - data.y[0] - mean);
  const std::vector<Real> kappa = detail::q_eigenvalues(w);
  const auto tails = detail::mean_over_prior<Real, 2>(function, prior, data.v, [&](const Real& tau) {
    std::vector<Real> parts(kappa);
    for (Real& k : parts) k = 1 + tau * tau * k;
    const detail::tails<Real> t = detail::quadratic_form_tails<Real>(parts, q);
    return std::array<Real, 2>{t.lower, t.upper};
  });
  return {q, tails[0], tails[1]};
}

/// Whether the effects contradict the prior of the mean (normal_mean or t_mean). Given tau the weighted mean of the effects is checked against its distribution
/// before the data were seen; tau, which is not what is asked, is integrated over its posterior from the differences between the studies alone,
/// so that nothing is used twice. The statistic is the posterior mean of the effect under a flat prior (its median where it has no mean).
/// Throws what normal_normal() throws. 10 digits. Evans & Moshonov (2006) Bayesian Anal 1:893.
template <class Real, class TauPrior, class MeanPrior>
prior_conflict<Real> prior_conflict_of_mean(const effects<Real>& data, const TauPrior& prior_of_tau, const MeanPrior& prior_of_mean) {
  using std::sqrt;
  static_assert(std::is_same_v<MeanPrior, normal_mean> || std::is_same_v<MeanPrior, t_mean>, "the prior of the mean is normal_mean or t_mean");
  const normal_normal_posterior<Real> flat = normal_normal(data, prior_of_tau);
  const auto& nodes = flat.tau().nodes();
  prior_conflict<Real> conflict;
  const std::optional<Real> mean = flat.mean().mean();
  conflict.statistic = mean ? *mean : flat.mean().quantile(Real(Real(1) / 2));
  std::vector<detail::scale_part<Real>> parts;
  Real scale{};
  if constexpr (std::is_same_v<MeanPrior, t_mean>) {
    Real farthest = 0;
    for (std::size_t i = 0; i < data.size(); ++i) {
      using std::abs;
      farthest = (std::max)(farthest, Real(abs(Real(data.y[i] - Real(prior_of_mean.mean))) + sqrt(data.v[i])));
    }
    scale = Real(prior_of_mean.scale);
    parts = detail::t_as_normals<Real>(Real(prior_of_mean.df), Real(farthest / scale));
    // what the mixture leaves out lies so far away that it is beyond any data, half on either side
    Real mass = 0;
    for (const auto& p : parts) mass += p.weight;
    conflict.lower = conflict.upper = (1 - mass) / 2;
  } else {
    scale = Real(prior_of_mean.sd);
    parts.push_back({Real(1), Real(1)});
  }
  Real mass = 0;
  for (const auto& n : nodes) mass += n.weight;
  for (const auto& n : nodes) {
    for (const auto& p : parts) {
      const Real z = (n.given.mean - Real(prior_of_mean.mean)) / sqrt(Real(p.variance * scale * scale + n.given.variance));
      conflict.lower += n.weight / mass * p.weight * detail::normal_cdf(z);
      conflict.upper += n.weight / mass * p.weight * detail::normal_upper_tail(z);
    }
  }
  return conflict;
}

}  // namespace metapool
