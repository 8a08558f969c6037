// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/effect/proportion_measures.hpp>
#include <metapool/effect/rate_measures.hpp>
#include <metapool/model/one_effect_glmm.hpp>

#include <cmath>
#include <concepts>

namespace metapool {

namespace detail {

/// The models of one group have no other choice than their measure.
struct one_group {};

/// The kernels of complete studies; fills the fit's audit.
template <class Real, class Fit, class Studies>
auto one_effect_kernels(const char* function, Fit& fit, const Studies& studies, const logit_proportion&, const one_group&) {
  return informative_kernels<binomial_kernel<Real>>(function, fit, studies, [](const auto& s, study_status&) {
    return binomial_kernel<Real>{*s.events, *s.total, Real(0)};
  });
}
template <class Real, class Fit, class Studies>
auto one_effect_kernels(const char* function, Fit& fit, const Studies& studies, const log_rate&, const one_group&) {
  return informative_kernels<poisson_kernel<Real>>(function, fit, studies, [](const auto& s, study_status&) {
    using std::log;
    return poisson_kernel<Real>{*s.events, log(*s.time)};
  });
}

template <class = void>
constexpr const char* method_of(const logit_proportion&, const one_group&) { return "binomial-normal"; }
template <class = void>
constexpr const char* method_of(const log_rate&, const one_group&) { return "Poisson-normal"; }

}  // namespace detail

/// Pooled proportion by the binomial-normal model: events are binomial, their log odds normal between studies. Nothing is added to zeros.
///
/// Scale: logit; estimate is the median study's log odds. Maximum likelihood as for the conditional models (10 significant digits). All complete
/// studies are pooled. If no study has an event, or none a patient without it, the estimate is infinite: state says so, and the profile likelihood gives the upper end of the
/// proportion, or the lower one (so does, for one proportion, an exact interval). Throws input_error on bad counts or without studies; not_estimable if tau2 is infinite.
/// Hamza, van Houwelingen & Stijnen (2008) J Clin Epidemiol 61:41; Stijnen, Hamza & Ozdemir (2010) Stat Med 29:3046, doi:10.1002/sim.4040.
template <class Studies>
  requires detail::range_of_trials<Studies, proportion>
auto glmm(const Studies& studies, const logit_proportion& measure) -> glmm_fit<typename detail::trial_type<Studies>::real_type> {
  using Real = typename detail::trial_type<Studies>::real_type;
  constexpr const char* function = "glmm";
  glmm_fit<Real> fit;
  fit.measure = logit_proportion::info;
  fit.method = detail::method_of(measure, detail::one_group{});
  const auto kernels = detail::one_effect_kernels<Real>(function, fit, studies, measure, detail::one_group{});
  detail::fit_one_effect<Real>(function, fit, kernels, "no study has an event: the estimate is minus infinity on the logit scale",
                               "in every study all patients have the event: the estimate is infinite on the logit scale");
  return fit;
}

/// Pooled rate by the Poisson-normal model: events are Poisson, the logarithm of their rate normal between studies (metafor's IRLN). Scale: log; the
/// unit is 1 / time. Method, accuracy and errors as for the proportion, and so is what holds if no study has an event.
/// Stijnen, Hamza & Ozdemir (2010) Stat Med 29:3046, doi:10.1002/sim.4040.
template <class Studies>
  requires detail::range_of_trials<Studies, rate>
auto glmm(const Studies& studies, const log_rate& measure) -> glmm_fit<typename detail::trial_type<Studies>::real_type> {
  using Real = typename detail::trial_type<Studies>::real_type;
  constexpr const char* function = "glmm";
  glmm_fit<Real> fit;
  fit.measure = log_rate::info;
  fit.method = detail::method_of(measure, detail::one_group{});
  const auto kernels = detail::one_effect_kernels<Real>(function, fit, studies, measure, detail::one_group{});
  detail::fit_one_effect<Real>(function, fit, kernels, "no study has an event: the estimate is minus infinity on the logarithmic scale", "");
  return fit;
}

}  // namespace metapool
