// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/tau2/estimate.hpp>
#include <metapool/tau2/problem.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace metapool {

namespace detail {

/// The moment estimator with weights a(i) > 0, which count as constants: max(0, (y'P_a y - tr(P_a V)) / tr P_a).
template <tau2_problem Problem, class Weight>
tau2_estimate<typename Problem::real_type> estimate_by_moments(const Problem& problem, const Weight& a) {
  using std::sqrt;
  using Real = typename Problem::real_type;
  const auto s = problem.moments(a);
  tau2_estimate<Real> result;
  if (s.q > s.trace_pv && s.trace_p > 0) result.tau2 = (s.q - s.trace_pv) / s.trace_p;
  if (s.trace_p > 0) result.se = sqrt(Real(problem.variance_of(a, result.tau2))) / s.trace_p;
  return result;
}

/// Weights given by the caller. Throws input_error if their number is not k or one is not finite and positive.
template <class Real>
void check_tau2_weights(std::string_view function, std::span<const Real> weights, std::size_t k) {
  if (weights.size() != k) throw_input_error(function, std::to_string(weights.size()) + " weights for " + std::to_string(k) + " studies");
  for (std::size_t i = 0; i < k; ++i) {
    if (!(weights[i] > 0) || !is_finite(weights[i])) throw_study_error(function, std::to_string(i + 1), "weight", weights[i], "must be finite and positive");
  }
}

}  // namespace detail

/// Weights of a generalised Q that follow from the variances.
enum class moment_weights : std::uint8_t {
  inverse_variance,        ///< 1 / v: dersimonian_laird{}
  inverse_standard_error,  ///< 1 / sqrt(v): Jackson's (2013) choice
  equal                    ///< 1: hedges{}
};

namespace detail {

/// Calls use(a) with the weights a(i) of a choice.
template <class Real, class Use>
auto with_moment_weights(std::span<const Real> v, moment_weights choice, Use use) {
  using std::sqrt;
  if (choice == moment_weights::inverse_variance) return use([v](std::size_t i) { return Real(1 / v[i]); });
  if (choice == moment_weights::equal) return use([](std::size_t) { return Real(1); });
  return use([v](std::size_t i) { return Real(1 / sqrt(v[i])); });
}

}  // namespace detail

/// Between-study variance by the general method of moments: with any weights a > 0, max(0, (Q_a - (sum a v - sum a^2 v / sum a)) / (sum a - sum a^2 / sum a)),
/// Q_a = sum a (y - ybar_a)^2. The estimate does not depend on the unit of the weights.
/// Scale: that of y squared. Throws input_error if k < 2, a y is not finite, or any v <= 0. Closed form; 12 significant digits unless Q_a is
/// within rounding of its expectation. The standard error is that of the untruncated estimator under normality, at the estimate.
/// DerSimonian & Kacker (2007) Contemp Clin Trials 28:105, doi:10.1016/j.cct.2006.04.004; Jackson (2013) Res Synth Methods 4:220.
struct generalized_q {
  static constexpr std::string_view name = "generalised Q";
  moment_weights weights = moment_weights::inverse_variance;

  template <class Real>
  tau2_estimate<Real> operator()(std::span<const Real> y, std::span<const Real> v) const {
    detail::check_tau2_input(name, y, v);
    return estimate(detail::mean_problem<Real>(y, v));
  }

  /// The same around any design: max(0, (y'P_a y - tr(P_a V)) / tr P_a).
  template <detail::tau2_problem Problem>
  tau2_estimate<typename Problem::real_type> estimate(const Problem& problem) const {
    using Real = typename Problem::real_type;
    return detail::with_moment_weights(std::span<const Real>(problem.v()), weights, [&](const auto& a) { return detail::estimate_by_moments(problem, a); });
  }
};

/// generalized_q with the caller's own weights, one a study: metafor's method "GENQ".
/// Throws input_error as generalized_q does, and if the number of weights is not k or one is not finite and positive.
template <class Real = double>
struct generalized_q_with {
  static constexpr std::string_view name = "generalised Q";
  std::vector<Real> weights{};

  tau2_estimate<Real> operator()(std::span<const Real> y, std::span<const Real> v) const {
    detail::check_tau2_input(name, y, v);
    return estimate(detail::mean_problem<Real>(y, v));
  }

  /// The same around any design.
  template <detail::tau2_problem Problem>
  tau2_estimate<Real> estimate(const Problem& problem) const {
    detail::check_tau2_weights(name, std::span<const Real>(weights), problem.k());
    return detail::estimate_by_moments(problem, [&](std::size_t i) { return weights[i]; });
  }
};

}  // namespace metapool
