// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/effect/proportion_measures.hpp>
#include <metapool/effect/rate_measures.hpp>
#include <metapool/model/one_effect_glmm.hpp>

#include <cmath>
#include <concepts>

namespace metapool {

/// Pooled proportion by the binomial-normal model: events are binomial, their log odds normal between studies. Nothing is added to zeros.
///
/// Scale: logit; estimate is the median study's log odds. Maximum likelihood as for the conditional models (10 significant digits). All complete
/// studies are pooled. Throws input_error on bad counts or without studies; not_estimable if no study has an event, or none a patient without it
/// (the estimate is infinite: use the exact interval of one proportion).
/// Hamza, van Houwelingen & Stijnen (2008) J Clin Epidemiol 61:41; Stijnen, Hamza & Ozdemir (2010) Stat Med 29:3046, doi:10.1002/sim.4040.
template <class Studies>
  requires detail::range_of_trials<Studies, proportion>
auto glmm(const Studies& studies, const logit_proportion&) -> glmm_fit<typename detail::trial_type<Studies>::real_type> {
  using Real = typename detail::trial_type<Studies>::real_type;
  constexpr const char* function = "glmm";
  glmm_fit<Real> fit;
  fit.measure = logit_proportion::info;
  fit.method = "binomial-normal";
  const auto kernels = detail::informative_kernels<detail::binomial_kernel<Real>>(function, fit, studies, [](const auto& s, study_status&) {
    return detail::binomial_kernel<Real>{*s.events, *s.total, Real(0)};
  });
  detail::fit_one_effect<Real>(function, fit, kernels, "no study has an event: the estimate is minus infinity on the logit scale",
                               "in every study all patients have the event: the estimate is infinite on the logit scale");
  return fit;
}

/// Pooled rate by the Poisson-normal model: events are Poisson, the logarithm of their rate normal between studies (metafor's IRLN). Scale: log; the
/// unit is 1 / time. Method, accuracy and errors as for the proportion; not_estimable if no study has an event.
/// Stijnen, Hamza & Ozdemir (2010) Stat Med 29:3046, doi:10.1002/sim.4040.
template <class Studies>
  requires detail::range_of_trials<Studies, rate>
auto glmm(const Studies& studies, const log_rate&) -> glmm_fit<typename detail::trial_type<Studies>::real_type> {
  using Real = typename detail::trial_type<Studies>::real_type;
  constexpr const char* function = "glmm";
  glmm_fit<Real> fit;
  fit.measure = log_rate::info;
  fit.method = "Poisson-normal";
  const auto kernels = detail::informative_kernels<detail::poisson_kernel<Real>>(function, fit, studies, [](const auto& s, study_status&) {
    using std::log;
    return detail::poisson_kernel<Real>{*s.events, log(*s.time)};
  });
  detail::fit_one_effect<Real>(function, fit, kernels, "no study has an event: the estimate is minus infinity on the logarithmic scale", "");
  return fit;
}

}  // namespace metapool
