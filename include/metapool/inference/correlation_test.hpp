// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/math/chi_squared.hpp>
#include <metapool/model/beta_binomial_fit.hpp>

namespace metapool {

/// Test of a beta-binomial fit against the binomial model.
template <class Real = double>
struct correlation_test_result {
  Real statistic{};  ///< likelihood ratio, 0 or more
  Real p{};          ///< 1 if no correlation is above 0
};

/// Likelihood ratio test of no intra-class correlation in a beta_binomial_fit or beta_binomial_regression_fit: risks do not vary between studies. Since 0 is the boundary the statistic follows the mixture of
/// chi-squared distributions with 0 and 1 degrees of freedom in halves, with two correlations with 0, 1 and 2 in a quarter, a half and a quarter.
/// Of differences of baseline risk as much as of effect: it is no test of heterogeneity of the effect. Self & Liang (1987) J Am Stat Assoc 82:605.
template <class Fit>
  requires requires(const Fit& fit) { fit.binomial_log_likelihood; fit.correlations; }
auto correlation_test(const Fit& fit) -> correlation_test_result<typename Fit::real_type> {
  using Real = typename Fit::real_type;
  correlation_test_result<Real> r;
  r.p = Real(1);
  const Real ratio = 2 * (fit.log_likelihood - fit.binomial_log_likelihood);
  const bool above = (fit.correlation_treated && *fit.correlation_treated > 0) || (fit.correlation_control && *fit.correlation_control > 0);
  if (!above || !(ratio > 0)) return r;
  r.statistic = ratio;
  r.p = detail::chi_squared_upper_tail<Real>(ratio, Real(1)) / 2;
  if (fit.correlations == 2) r.p += detail::chi_squared_upper_tail<Real>(ratio, Real(2)) / 4;
  return r;
}

}  // namespace metapool
