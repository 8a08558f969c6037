// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/inference/check.hpp>
#include <metapool/inference/fill_tau2_interval.hpp>
#include <metapool/inference/result.hpp>
#include <metapool/math/arithmetic.hpp>
#include <metapool/math/chi_squared.hpp>
#include <metapool/model/fit.hpp>
#include <metapool/tau2/problem.hpp>
#include <metapool/tau2/sidik_jonkman.hpp>

#include <span>

namespace metapool {

/// Sidik and Jonkman's interval of the between-study variance: (k - 1) tau2_SJ over the chi-squared(k - 1) quantiles, tau2_SJ their estimator
/// with the mean squared deviation of the effects (divisor k) as its first guess.
///
/// An approximation for tau2 much larger than the within-study variances; with small tau2 it lies above it and holds no level (Viechtbauer 2007). Its
/// lower end is never 0. state is empty_set if all effects are equal. Closed form; 12 significant digits.
/// For inverse-variance fits of k >= 2 studies (of other fits it uses the studies' own effects; the fit's estimator does not matter).
/// Throws input_error if level is not in (0, 1); not_estimable with one study. Sidik & Jonkman (2005) Appl Stat 54:367, doi:10.1111/j.1467-9876.2005.00489.x.
struct sidik_jonkman_tau2 {
  double level = 0.95;

  template <class Real>
  tau2_interval<Real> operator()(const model_fit<Real>& fit) const {
    detail::check_fit("sidik_jonkman_tau2", fit, level, true);
    detail::check_two_studies("sidik_jonkman_tau2", fit);
    const std::span<const Real> y(fit.data.y), v(fit.data.v);
    const Real df = static_cast<Real>(fit.df);
    const Real tail = detail::tail_of_level<Real>(level);
    tau2_interval<Real> r;
    r.method = "Sidik-Jonkman";
    r.level = level;
    const Real sum = df * sidik_jonkman{}.estimate(detail::mean_problem<Real>(y, v)).tau2;
    if (sum > 0) {
      r.lower = sum / detail::chi_squared_upper_quantile<Real>(tail, df);
      r.upper = sum / detail::chi_squared_quantile<Real>(tail, df);
    } else {
      r.state = interval_state::empty_set;
    }
    detail::fill_i2_h2(r, typical_variance(v));
    return r;
  }
};

}  // namespace metapool
