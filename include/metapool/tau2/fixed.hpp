// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/tau2/estimate.hpp>
#include <metapool/tau2/problem.hpp>

#include <cstddef>
#include <span>
#include <string_view>

namespace metapool {

/// A between-study variance that the caller gives, for sensitivity analyses: tau2 itself, on the scale of y squared. No standard error.
/// Throws input_error if it is negative or not finite, or as every estimator does (k < 2, a y that is not finite, a v <= 0).
struct fixed_tau2 {
  static constexpr std::string_view name = "fixed tau2";
  double tau2 = 0;

  template <class Real>
  tau2_estimate<Real> operator()(std::span<const Real> y, std::span<const Real> v) const {
    detail::check_tau2_input(name, y, v);
    return estimate(detail::mean_problem<Real>(y, v));
  }

  template <detail::tau2_problem Problem>
  tau2_estimate<typename Problem::real_type> estimate(const Problem&) const {
    if (!(tau2 >= 0) || !detail::is_finite(tau2)) detail::throw_input_error(name, "tau2 = " + detail::to_text(tau2) + " must be finite and not negative");
    tau2_estimate<typename Problem::real_type> result;
    result.tau2 = static_cast<typename Problem::real_type>(tau2);
    return result;
  }
};

/// A between-study variance from an I2 that the caller gives: vt I2 / (1 - I2), vt = (k - 1) / C the typical sampling variance of Higgins and
/// Thompson, C = sum w - sum w^2 / sum w, w = 1/v. i2: a proportion, 0 <= i2 < 1 (not per cent). No standard error.
/// Throws input_error if i2 is outside [0, 1), or as every estimator does. Closed form; 14 significant digits.
/// Higgins & Thompson (2002) Stat Med 21:1539, doi:10.1002/sim.1186.
struct fixed_i2 {
  static constexpr std::string_view name = "fixed I2";
  double i2 = 0;

  template <class Real>
  tau2_estimate<Real> operator()(std::span<const Real> y, std::span<const Real> v) const {
    detail::check_tau2_input(name, y, v);
    return estimate(detail::mean_problem<Real>(y, v));
  }

  /// The same around any design: vt = (k - p) / tr P.
  template <detail::tau2_problem Problem>
  tau2_estimate<typename Problem::real_type> estimate(const Problem& problem) const {
    using Real = typename Problem::real_type;
    if (!(i2 >= 0 && i2 < 1)) detail::throw_input_error(name, "I2 = " + detail::to_text(i2) + " must be a proportion in [0, 1)");
    const Real share = static_cast<Real>(i2);
    tau2_estimate<Real> result;
    if (i2 > 0) result.tau2 = static_cast<Real>(problem.k() - problem.p()) / problem.at(Real(0)).trace_p() * (share / (1 - share));
    return result;
  }
};

}  // namespace metapool
