// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/inference/result.hpp>
#include <metapool/math/chi_squared.hpp>
#include <metapool/model/fit.hpp>
#include <metapool/tau2/kernel.hpp>

#include <span>

namespace metapool {

/// Higgins and Thompson's typical within-study variance, (k - 1) S1 / (S1^2 - S2) with Sr = sum of v^-r. Precondition: k >= 2.
/// Scale: that of y squared. Higgins & Thompson (2002) Stat Med 21:1539, equation 9, doi:10.1002/sim.1186.
template <class Real>
Real typical_variance(std::span<const Real> v) {
  // S1 - S2 / S1 is the trace of P at tau2 = 0, which has a form that does not cancel
  return static_cast<Real>(v.size() - 1) / detail::weigh(v, Real(0)).trace_p();
}

/// Cochran's Q with its test, I2 and H2 by both definitions.
///
/// Q is the fit's: around the inverse-variance mean, or around the estimate for Mantel-Haenszel and Peto. i2_q is (Q - df) / Q, at least 0
/// (RevMan 5, meta, Stata); i2_tau2 is tau2 / (tau2 + typical variance) (metafor, RevMan Web); the two agree for DerSimonian-Laird alone.
/// With few studies I2 is very uncertain: give tau2_interval beside it. One study: df = 0, p empty, I2 = 0.
/// Higgins & Thompson (2002) Stat Med 21:1539, doi:10.1002/sim.1186; Cochran (1954) Biometrics 10:101, doi:10.2307/3001666.
template <class Real>
heterogeneity_result<Real> heterogeneity(const model_fit<Real>& fit) {
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
  h.typical_variance = typical_variance(std::span<const Real>(fit.data.v));
  if (fit.tau2) {
    h.i2_tau2 = *fit.tau2 / (*fit.tau2 + *h.typical_variance);
    h.h2_tau2 = 1 + *fit.tau2 / *h.typical_variance;
  }
  return h;
}

}  // namespace metapool
