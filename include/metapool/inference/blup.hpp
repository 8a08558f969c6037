// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/inference/check.hpp>
#include <metapool/model/fit.hpp>

#include <cmath>
#include <cstddef>
#include <vector>

namespace metapool {

/// Best linear unbiased predictions of the studies' true effects. One entry a pooled study; scale: that of the effects.
template <class Real = double>
struct blup_result {
  std::vector<Real> estimate{};
  std::vector<Real> se{};
};

/// Empirical Bayes (shrinkage) estimates of the studies' true effects: l y + (1 - l) estimate with l = tau2 / (tau2 + v), and
/// se^2 = l v + (1 - l)^2 se(estimate)^2 (tau2 taken as known).
/// For random-effects fits; throws input_error for fits with other weights (IVhet, quality effects), not_estimable without tau2, convergence_error on a fit that did not converge.
/// Raudenbush & Bryk (1985) J Educ Stat 10:75, doi:10.3102/10769986010002075; Morris (1983) J Am Stat Assoc 78:47.
template <class Real>
blup_result<Real> blup(const model_fit<Real>& fit) {
  using std::sqrt;
  detail::check_fit("blup", fit, 0.95);
  if (!fit.tau2) detail::throw_not_estimable("blup", "the fit has no between-study variance");
  detail::check_inverse_variance("blup", fit);
  blup_result<Real> r;
  r.estimate.reserve(fit.k());
  r.se.reserve(fit.k());
  for (std::size_t i = 0; i < fit.k(); ++i) {
    const Real l = *fit.tau2 / (*fit.tau2 + fit.data.v[i]);
    const Real rest = 1 - l;
    r.estimate.push_back(fit.estimate + l * (fit.data.y[i] - fit.estimate));
    r.se.push_back(sqrt(Real(l * fit.data.v[i] + rest * rest * fit.se * fit.se)));
  }
  return r;
}

}  // namespace metapool
