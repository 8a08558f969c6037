// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/tau2/hedges.hpp>
#include <metapool/tau2/paule_mandel.hpp>

#include <cmath>
#include <cstddef>
#include <span>
#include <string_view>

namespace metapool {

namespace detail {

/// start Q(start) / (k - p), with the standard error under normality that takes `start` as known.
template <tau2_problem Problem, class Real = typename Problem::real_type>
tau2_estimate<Real> sidik_jonkman_step(const Problem& problem, const Real& start) {
  using std::sqrt;
  const std::span<const Real> v = problem.v();
  const Real df = static_cast<Real>(problem.k() - problem.p());
  tau2_estimate<Real> result;
  result.tau2 = start * (problem.at(start).q / df);
  result.se = start / df * sqrt(Real(problem.variance_of([&](std::size_t i) { return Real(1 / (v[i] + start)); }, result.tau2)));
  return result;
}

}  // namespace detail

/// Between-study variance by Sidik and Jonkman (SJ): t0 Q(t0) / (k - 1) with t0 = sum (y - ybar)^2 / k. Positive unless all effects are equal.
/// Scale: that of y squared. Throws input_error if k < 2, a y is not finite, or any v <= 0. Closed form; 12 significant digits.
/// The standard error takes t0 as known (as metafor does); it is 0 for equal effects.
/// Sidik & Jonkman (2005) J R Stat Soc C 54:367, doi:10.1111/j.1467-9876.2005.00489.x.
struct sidik_jonkman {
  static constexpr std::string_view name = "Sidik-Jonkman";

  template <class Real>
  tau2_estimate<Real> operator()(std::span<const Real> y, std::span<const Real> v) const {
    detail::check_tau2_input(name, y, v);
    return estimate(detail::mean_problem<Real>(y, v));
  }

  /// The same around any design, with k - p; t0 stays that of the effects around their mean, whatever the moderators (as in metafor).
  template <detail::tau2_problem Problem>
  tau2_estimate<typename Problem::real_type> estimate(const Problem& problem) const {
    using Real = typename Problem::real_type;
    const Real start = detail::range_of(std::span<const Real>(problem.y()), std::span<const Real>(problem.v())).sum_of_squares / static_cast<Real>(problem.k());
    return detail::sidik_jonkman_step(problem, start);
  }
};

/// Sidik and Jonkman's step from Hedges' estimate (SJ2): t0 = max(floor, tau2_HE). 0 only if all effects are equal.
/// floor: on the scale of y squared, so it has the unit of the outcome; 0.01 is the authors' for log odds ratios. All else as sidik_jonkman;
/// throws input_error also if floor is not finite and positive.
/// Sidik & Jonkman (2007) Stat Med 26:1964, doi:10.1002/sim.2688.
struct two_step_sidik_jonkman {
  static constexpr std::string_view name = "two-step Sidik-Jonkman";
  double floor = 0.01;

  template <class Real>
  tau2_estimate<Real> operator()(std::span<const Real> y, std::span<const Real> v) const {
    detail::check_tau2_input(name, y, v);
    return estimate(detail::mean_problem<Real>(y, v));
  }

  /// The same around any design.
  template <detail::tau2_problem Problem>
  tau2_estimate<typename Problem::real_type> estimate(const Problem& problem) const {
    using Real = typename Problem::real_type;
    if (!(floor > 0) || !detail::is_finite(floor)) detail::throw_input_error(name, "floor = " + detail::to_text(floor) + " must be finite and positive");
    const Real first = hedges{}.estimate(problem).tau2;
    return detail::sidik_jonkman_step(problem, first > Real(floor) ? first : Real(floor));
  }
};

/// Sidik and Jonkman's step repeated to its limit (SJIT): tau2 <- tau2 Q(tau2) / (k - 1). The limit is Paule and Mandel's tau2, Q = k - 1, or 0 if
/// Q(0) <= k - 1 (where the repetition creeps towards 0 and never arrives); it is found as there.
/// Scale: that of y squared. Throws input_error if k < 2, a y is not finite, or any v <= 0. Never fails; 12 significant digits.
/// The standard error is that of paule_mandel, as in metafor.
struct iterated_sidik_jonkman {
  static constexpr std::string_view name = "iterated Sidik-Jonkman";

  template <class Real>
  tau2_estimate<Real> operator()(std::span<const Real> y, std::span<const Real> v) const {
    detail::check_tau2_input(name, y, v);
    return estimate(detail::mean_problem<Real>(y, v));
  }

  /// The same around any design.
  template <detail::tau2_problem Problem>
  tau2_estimate<typename Problem::real_type> estimate(const Problem& problem) const {
    return paule_mandel{}.estimate(problem);
  }
};

}  // namespace metapool
