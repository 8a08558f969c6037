// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/model/inverse_variance.hpp>

#include <utility>

namespace metapool {

/// Common-effect (fixed-effect) model by inverse variance: estimate = sum w y / sum w, se = 1 / sqrt(sum w), w = 1/v.
/// Scale: that of the effects. k = 1 is allowed (the study itself; Q = 0, df = 0).
/// Throws input_error without studies or on a y or v out of its domain (naming the study); not_estimable if every study was left out.
/// 14 significant digits. Cochran (1954) Biometrics 10:101, doi:10.2307/3001666.
template <class Real>
model_fit<Real> common_effect(effects<Real> data) {
  detail::check_effects("common_effect", data);
  model_fit<Real> fit;
  fit.model = model::common_effect;
  fit.method = "inverse variance";
  fit.data = std::move(data);
  detail::fill_inverse_variance("common_effect", fit, Real(0));
  return fit;
}

}  // namespace metapool
