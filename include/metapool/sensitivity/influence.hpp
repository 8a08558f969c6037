// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/inference/check.hpp>
#include <metapool/math/chi_squared.hpp>
#include <metapool/model/common_effect.hpp>
#include <metapool/model/random_effects.hpp>
#include <metapool/sensitivity/refits.hpp>

#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace metapool {

/// What one study does to a meta-analysis. "deleted": of the meta-analysis without it. se: classical, w = 1 / (v + tau2).
template <class Real = double>
struct study_influence {
  std::string label{};
  Real deleted_residual{};  ///< y - deleted estimate, over the root of v + deleted tau2 + deleted se^2 (metafor: rstudent)
  Real dffits{};            ///< estimate - deleted estimate, over the root of hat (v + deleted tau2)
  Real cooks_distance{};    ///< the square of estimate - deleted estimate, over se^2
  Real covariance_ratio{};  ///< deleted se^2 / se^2: below 1 the mean is known better without the study
  Real dfbetas{};           ///< estimate - deleted estimate, over the se of all studies at the deleted tau2
  Real estimate_deleted{}, se_deleted{}, tau2_deleted{}, q_deleted{};
  Real hat{};  ///< the study's share of the weight, 0 to 1
  bool influential =
      false;  ///< one of: |dffits| > 3 sqrt(1 / (k - 1)); the lower tail of chi-squared(1) at cooks_distance above 1/2; hat > 3 / k; |dfbetas| > 1
};

template <class Real = double>
struct influence_result {
  using real_type = Real;
  model_fit<Real> fit{};                         ///< of all studies
  std::vector<study_influence<Real>> studies{};  ///< in the order of fit.data
};

namespace detail {

template <class Real, class Estimator>
influence_result<Real> influence_of(const char* function, model_fit<Real> fit, const Estimator& estimator, std::size_t least) {
  using std::fabs;
  using std::sqrt;
  check_fit(function, fit, 0.95);
  const std::size_t k = fit.k();
  if (k < least)
    throw_not_estimable(function, "k = " + std::to_string(k) + ": without a study at least " + std::to_string(least - 1) + " must remain");
  const std::span<const Real> y(fit.data.y), v(fit.data.v);
  const auto numbers = refit_all(y, v, estimator, false);
  influence_result<Real> result;
  result.studies.reserve(k);
  const Real n = static_cast<Real>(k), variance = fit.se * fit.se;
  const Real fit_limit = 3 * sqrt(Real(1 / (n - 1)));
  const Real half = chi_squared_quantile<Real>(Real(0.5), Real(1));
  for (std::size_t i = 0; i < k; ++i) {
    const refit_numbers<Real>& d = numbers[i];
    if (d.status != batch_status::ok)
      throw convergence_error(std::string(function) + ": the meta-analysis without study '" + fit.data.labels[i] + "' has no answer");
    study_influence<Real> s;
    s.label = fit.data.labels[i];
    s.estimate_deleted = d.estimate;
    s.se_deleted = d.se;
    s.tau2_deleted = d.tau2;
    s.q_deleted = d.q;
    s.hat = fit.weights[i];
    const Real shift = fit.estimate - d.estimate;
    s.deleted_residual = (y[i] - d.estimate) / sqrt(Real(v[i] + d.tau2 + d.se * d.se));
    s.dffits = shift / sqrt(Real(s.hat * (v[i] + d.tau2)));
    s.cooks_distance = (shift / fit.se) * (shift / fit.se);
    s.covariance_ratio = d.se * d.se / variance;
    s.dfbetas = shift * sqrt(Real(weigh(v, d.tau2).w));
    s.influential = fabs(s.dffits) > fit_limit || s.cooks_distance > half || s.hat > 3 / n || fabs(s.dfbetas) > 1;
    result.studies.push_back(std::move(s));
  }
  result.fit = std::move(fit);
  return result;
}

}  // namespace detail

/// Influence of each study on a random-effects meta-analysis, tau2 being estimated anew without it: the table of metafor's influence.
///
/// data: three effects or more; estimator: of tau2, as in random_effects. Scale: residuals and differences are in standard errors; `influential` marks by the customary
/// limits, which call for a look at the study and for nothing else. Throws as random_effects, not_estimable with fewer than three studies, convergence_error if the meta-analysis without a study has no answer.
/// 12 digits of each number relative to the size of the estimates it is a difference of. Viechtbauer & Cheung (2010) Res Synth Methods 1:112, doi:10.1002/jrsm.11.
template <class Real, class Estimator = reml>
requires tau2_estimator<Estimator, Real> influence_result<Real> influence(effects<Real> data, const Estimator& estimator = {}) {
  return detail::influence_of("influence", random_effects(std::move(data), estimator), estimator, 3);
}

/// The same by the common-effect model, of two effects or more.
template <class Real>
influence_result<Real> influence_common_effect(effects<Real> data) {
  return detail::influence_of("influence_common_effect", common_effect(std::move(data)), fixed_tau2{}, 2);
}

}  // namespace metapool
