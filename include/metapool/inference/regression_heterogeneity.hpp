// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/inference/result.hpp>
#include <metapool/math/chi_squared.hpp>
#include <metapool/model/regression_fit.hpp>

#include <cmath>
#include <cstddef>
#include <optional>

namespace metapool {

/// Residual heterogeneity of a regression: QE with k - p degrees of freedom and its test, residual I2 and H2.
/// i2_q is (QE - df) / QE, at least 0; i2_tau2 is tau2 / (tau2 + typical variance) with the typical variance (k - p) / tr P of the design
/// (metafor). As many coefficients as studies: df = 0, p empty, I2 = 0. Higgins & Thompson (2002) Stat Med 21:1539, doi:10.1002/sim.1186.
template <class Real>
heterogeneity_result<Real> heterogeneity(const regression_fit<Real>& fit) {
  heterogeneity_result<Real> h;
  h.q = fit.q;
  h.df = fit.df;
  h.tau2 = fit.tau2;
  h.h2_q = 1;
  if (fit.df == 0) return h;
  const Real df = static_cast<Real>(fit.df);
  h.p = detail::chi_squared_upper_tail<Real>(fit.q, df);
  h.h2_q = fit.q / df;
  if (fit.q > df) h.i2_q = (fit.q - df) / fit.q;
  h.typical_variance = fit.typical_variance;
  if (fit.tau2 && fit.typical_variance) {
    h.i2_tau2 = *fit.tau2 / (*fit.tau2 + *fit.typical_variance);
    h.h2_tau2 = 1 + *fit.tau2 / *fit.typical_variance;
  }
  return h;
}

/// The share of the heterogeneity that the moderators explain, in [0, 1].
///
/// Random effects: (tau2_0 - tau2) / tau2_0, floored at 0, tau2_0 by the same estimator without moderators; empty if tau2_0 = 0. Common effect:
/// 1 - (QE / (k - p)) / (Q / (k - 1)), floored at 0 (metafor's). Very uncertain with few studies. Empty without an intercept, without moderators
/// or without degrees of freedom.
/// Raudenbush (1994) in The Handbook of Research Synthesis; Lopez-Lopez et al. (2014) Br J Math Stat Psychol 67:30, doi:10.1111/bmsp.12002.
template <class Real>
std::optional<Real> r_squared(const regression_fit<Real>& fit) {
  if (!fit.design.intercept || fit.p() < 2 || fit.df == 0) return std::nullopt;
  Real share{};
  if (fit.tau2) {
    if (!fit.tau2_without_moderators || !(*fit.tau2_without_moderators > 0)) return std::nullopt;
    share = (*fit.tau2_without_moderators - *fit.tau2) / *fit.tau2_without_moderators;
  } else {
    if (!(fit.q_without_moderators > 0)) return std::nullopt;
    share = 1 - (fit.q / static_cast<Real>(fit.df)) / (fit.q_without_moderators / static_cast<Real>(fit.k() - 1));
  }
  return share > 0 ? share : Real(0);
}

}  // namespace metapool
