// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/inference/check.hpp>
#include <metapool/inference/fill_tau2_interval.hpp>
#include <metapool/inference/result.hpp>
#include <metapool/math/normal.hpp>
#include <metapool/model/fit.hpp>

#include <cmath>
#include <span>

namespace metapool {

namespace detail {

/// Standard error of log H, H^2 = Q / df, for df >= 2: from the test of Q if Q > k, from the distribution of Q without heterogeneity otherwise.
template <class Real>
Real se_log_h(const Real& q, const Real& df) {
  using std::log, std::log1p, std::sqrt;
  if (q > df + 1) {
    // (log Q - log df) / (sqrt(2 Q) - sqrt(2 df - 1)) / 2, the difference of roots as a quotient
    const Real roots = sqrt(Real(2 * q)) + sqrt(Real(2 * df - 1));
    return log1p(Real((q - df) / df)) * roots / (2 * (2 * (q - df) + 1));
  }
  const Real m = df - 1;
  return sqrt(Real((1 - 1 / (3 * m * m)) / (2 * m)));
}

}  // namespace detail

/// Test-based interval of H2 and I2: log H -+ z se(log H), H2 = Q / (k - 1), both ends at least 1; I2 = 1 - 1 / H2 follows. It is the
/// interval that R's meta prints beside I2.
///
/// tau2 follows from H2 by the typical within-study variance. state is empty_set where the upper end of H2 is below 1 before it is cut off
/// (less heterogeneity than chance brings): all ends are then those of no heterogeneity, which meta prints. An approximation by
/// construction; for intervals of tau2 that hold their level see q_profile. Closed form; 12 significant digits.
/// For inverse-variance, Mantel-Haenszel and Peto fits (Q is the fit's own). Throws input_error if level is not in (0, 1); not_estimable with
/// fewer than three studies, for which the standard error is not defined. Higgins & Thompson (2002) Stat Med 21:1539, method III, doi:10.1002/sim.1186.
struct test_based_heterogeneity {
  double level = 0.95;

  template <class Real>
  tau2_interval<Real> operator()(const model_fit<Real>& fit) const {
    using std::exp, std::sqrt;
    detail::check_fit("test_based_heterogeneity", fit, level, true);
    if (fit.df < 2) detail::throw_not_estimable("test_based_heterogeneity", "fewer than three studies; use q_profile");
    const Real df = static_cast<Real>(fit.df);
    const Real h2 = fit.q / df;
    const Real half = 2 * detail::normal_critical<Real>(level) * detail::se_log_h(fit.q, df);
    tau2_interval<Real> r;
    r.method = "test-based";
    r.level = level;
    const auto cut = [](const Real& x) { return x > 1 ? x : Real(1); };
    const Real factor = exp(half);
    if (h2 * factor < 1) r.state = interval_state::empty_set;
    r.h2_lower = cut(Real(h2 / factor));
    r.h2_upper = cut(Real(h2 * factor));
    detail::fill_from_h2(r, typical_variance(std::span<const Real>(fit.data.v)));
    return r;
  }
};

}  // namespace metapool
