// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/tau2/estimate.hpp>
#include <metapool/tau2/problem.hpp>

#include <span>
#include <string_view>

namespace metapool {

/// Between-study variance by Hartung and Makambi (HM): Q^2 / ((2 (k - 1) + Q) C), C = sum w - sum w^2 / sum w, w = 1/v: DerSimonian and Laird's
/// made positive. 0 only if all effects are equal.
/// Scale: that of y squared. Throws input_error if k < 2, a y is not finite, or any v <= 0. Closed form; 13 significant digits. No standard error.
/// Hartung & Makambi (2003) Commun Stat Simul Comput 32:1179.
struct hartung_makambi {
  static constexpr std::string_view name = "Hartung-Makambi";

  template <class Real>
  tau2_estimate<Real> operator()(std::span<const Real> y, std::span<const Real> v) const {
    detail::check_tau2_input(name, y, v);
    return estimate(detail::mean_problem<Real>(y, v));
  }

  /// The same around any design: k - p for k - 1, tr P for C.
  template <detail::tau2_problem Problem>
  tau2_estimate<typename Problem::real_type> estimate(const Problem& problem) const {
    using Real = typename Problem::real_type;
    const auto s = problem.at(Real(0));
    const Real df = static_cast<Real>(problem.k() - problem.p());
    tau2_estimate<Real> result;
    const Real c = s.trace_p();
    if (c > 0) result.tau2 = s.q / (2 * df + s.q) * (s.q / c);  // Q^2 may leave the number type
    return result;
  }
};

}  // namespace metapool
