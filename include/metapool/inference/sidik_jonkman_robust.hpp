// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/inference/check.hpp>
#include <metapool/inference/result.hpp>
#include <metapool/inference/wald.hpp>
#include <metapool/tau2/kernel.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>

namespace metapool {

/// Sidik and Jonkman's robust interval and test of the mean: the sandwich variance with residuals that are enlarged by their leverage,
/// se^2 = sum w^2 (y - estimate)^2 / (1 - h) / (sum w)^2, h = w / sum w, w = 1 / (v + tau2); t with k - 1 degrees of freedom.
/// It holds approximately even where the v are wrong. It is cluster_robust{} (CR2) with each study a cluster of its own,
/// but for the degrees of freedom, which are Satterthwaite's there; a regression has it in regression_cluster_robust.hpp.
///
/// For inverse-variance fits (common effect or random effects). Throws input_error for other fits or a level outside (0, 1);
/// not_estimable with one study or if all effects are equal; convergence_error on a fit that did not converge. 12 significant digits.
/// Sidik & Jonkman (2006) Comput Stat Data Anal 50:3681, doi:10.1016/j.csda.2005.07.019.
struct sidik_jonkman_robust {
  double level = 0.95;

  template <class Real>
  mean_inference<Real> operator()(const model_fit<Real>& fit) const {
    using std::sqrt;
    constexpr const char* function = "sidik_jonkman_robust";
    detail::check_fit(function, fit, level);
    detail::check_inverse_variance(function, fit);
    detail::check_two_studies(function, fit);
    const std::span<const Real> y(fit.data.y), v(fit.data.v);
    const Real tau2 = fit.tau2.value_or(Real(0));
    const std::size_t top = detail::most_precise(v);
    const detail::weight_sums<Real> s = detail::weigh(v, tau2);
    Real centre = 0;
    for (std::size_t i = 0; i < y.size(); ++i) centre += (y[i] - y[top]) / (v[i] + tau2);
    centre /= s.w;
    Real sum = 0;
    for (std::size_t i = 0; i < y.size(); ++i) {
      const Real w = 1 / (v[i] + tau2);
      const Real residual = i == top ? Real(-centre) : Real((y[i] - y[top]) - centre);
      const Real not_leverage = i == top ? Real(s.rest / s.w) : Real(1 - w / s.w);  // h <= 1/2 unless it is the largest
      const Real share = (w / s.w) * residual;
      sum += share * (share / not_leverage);
    }

    mean_inference<Real> r = detail::start(fit, level);
    r.method = "Sidik-Jonkman robust";
    r.df = static_cast<Real>(fit.df);
    r.se = sqrt(sum);
    // effects that are equal but for the rounding of their last digits are equal
    const Real last_digits = 4 * std::numeric_limits<Real>::epsilon() * (y[top] + centre);
    if (!(sum > last_digits * last_digits)) detail::throw_not_estimable(function, "all effects are equal, so that the standard error is 0");
    detail::finish(r);
    return r;
  }
};

}  // namespace metapool
