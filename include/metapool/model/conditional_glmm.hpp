// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/effect/binary_effects.hpp>
#include <metapool/effect/incidence_rate_ratio.hpp>
#include <metapool/effect/odds_ratio.hpp>
#include <metapool/effect/rate_effects.hpp>
#include <metapool/effect/risk_ratio.hpp>
#include <metapool/model/one_effect_glmm.hpp>

#include <cmath>

namespace metapool {

/// Conditional on each study's total of events, exactly: for the odds ratio Fisher's noncentral hypergeometric distribution (metafor's
/// CM.EL; model 7 of Jackson et al. (2018)), for the rate ratio the binomial (metafor's CM.EL too).
struct conditional_exact {};

/// Conditional on each study's total of events, by the binomial distribution that holds where events are rare: for the odds ratio (metafor's
/// CM.AL) and, being the conditional form of the Poisson model, for the risk ratio.
struct conditional_approximate {};

namespace detail {

inline constexpr const char* treated_lowest = "in every informative study the treated arm has as few events as its totals allow: the ratio's estimate is 0";
inline constexpr const char* treated_highest = "in every informative study the treated arm has as many events as its totals allow: the ratio's estimate is infinite";

/// Treated events, of all events, at odds that are the ratio times that of the arms' sizes.
template <class Real>
binomial_kernel<Real> share_of_events(const Real& treated, const Real& treated_size, const Real& control, const Real& control_size) {
  using std::log;
  return {treated, treated + control, log(Real(treated_size / control_size))};
}

/// The kernels of conditional models, given each study's total of events; fills the fit's audit and notes.
template <class Real, class Fit, class Trials>
auto one_effect_kernels(const char* function, Fit& fit, const Trials& trials, const odds_ratio&, const conditional_exact&) {
  return informative_kernels<hypergeometric_kernel<Real>>(function, fit, trials, [](const auto& trial, study_status& status) {
    const auto t = table_of(trial);
    if (odds_ratio::uninformative(t)) status = double_status(t);
    return hypergeometric_kernel<Real>(margins_of(t));
  });
}
template <class Real, class Fit, class Trials, class Measure, class Model>
auto one_effect_kernels(const char* function, Fit& fit, const Trials& trials, const Measure&, const Model&) {
  return informative_kernels<binomial_kernel<Real>>(function, fit, trials, [](const auto& trial, study_status& status) {
    if constexpr (requires { rates_of(trial); }) {
      const auto r = rates_of(trial);
      if (Measure::uninformative(r)) status = study_status::double_zero;
      return share_of_events<Real>(r.x1, r.t1, r.x2, r.t2);
    } else {
      const auto t = table_of(trial);
      if (Measure::uninformative(t)) status = double_status(t);
      return share_of_events<Real>(t.a, t.treated_total(), t.c, t.control_total());
    }
  });
}

template <class = void>
constexpr const char* method_of(const odds_ratio&, const conditional_exact&) { return "hypergeometric-normal (conditional, exact likelihood)"; }
template <class = void>
constexpr const char* method_of(const odds_ratio&, const conditional_approximate&) { return "binomial-normal (conditional, approximate likelihood)"; }
template <class = void>
constexpr const char* method_of(const risk_ratio&, const conditional_approximate&) { return "binomial-normal (conditional, Poisson)"; }
template <class = void>
constexpr const char* method_of(const incidence_rate_ratio&, const conditional_exact&) { return "binomial-normal (conditional, exact likelihood)"; }

template <class Trials, class Measure, class Model>
auto conditional_fit(const Trials& trials, const Measure& measure, const Model& model) {
  using Real = typename trial_type<Trials>::real_type;
  constexpr const char* function = "glmm";
  glmm_fit<Real> fit;
  fit.measure = Measure::info;
  fit.method = method_of(measure, model);
  const auto kernels = one_effect_kernels<Real>(function, fit, trials, measure, model);
  fit_one_effect<Real>(function, fit, kernels, treated_lowest, treated_highest);
  return fit;
}

}  // namespace detail

/// Odds ratio by the hypergeometric-normal model: given its margins each table follows Fisher's noncentral hypergeometric distribution, whose log
/// odds ratio is normal between studies. Exact: nothing is added to any cell, no approximation for rare events.
///
/// Scale: logarithm of the odds ratio. Studies without an event, or with nothing but events, have no information and are left out (audit, notes).
/// Maximum likelihood by Newton's method with exact derivatives; the random effect is integrated by adaptive Gauss-Hermite quadrature around each study's
/// posterior mode, with nodes added until the answer no longer changes. 10 significant digits; the largest derivative at the answer is in convergence.
/// Where in every informative study the treated arm has the fewest, or the most, events that its margins allow, the estimate is infinite: state says minus_infinity or
/// plus_infinity, and the profile likelihood gives the finite end, if there is one (with one or two studies a wide tau2 may explain any mean).
/// Throws input_error on bad counts or without studies; not_estimable if no study is informative, or tau2 is infinite.
/// van Houwelingen, Zwinderman & Stijnen (1993) Stat Med 12:2273; Stijnen, Hamza & Ozdemir (2010) Stat Med 29:3046, doi:10.1002/sim.4040.
template <detail::binary_trials Trials>
auto glmm(const Trials& trials, const odds_ratio& measure, const conditional_exact& model) -> glmm_fit<typename detail::trial_type<Trials>::real_type> {
  return detail::conditional_fit(trials, measure, model);
}

/// Odds ratio by the binomial-normal model, which approximates the conditional one where events are rare: of a study's events each is of the treated
/// arm with odds ratio times n1 / n2. Scale, method, accuracy and errors as for conditional_exact.
/// Stijnen, Hamza & Ozdemir (2010) Stat Med 29:3046, doi:10.1002/sim.4040.
template <detail::binary_trials Trials>
auto glmm(const Trials& trials, const odds_ratio& measure, const conditional_approximate& model) -> glmm_fit<typename detail::trial_type<Trials>::real_type> {
  return detail::conditional_fit(trials, measure, model);
}

/// Risk ratio by the conditional binomial-normal model: events of both arms are taken as Poisson with means risk times patients, so that of a study's
/// events each is of the treated arm with odds risk ratio times n1 / n2. Good where risks are small; the standard error is too large where they
/// are not. Studies without events are left out. Scale: logarithm of the risk ratio. Method, accuracy and errors as for the odds ratio.
/// Stijnen, Hamza & Ozdemir (2010) Stat Med 29:3046, doi:10.1002/sim.4040.
template <detail::binary_trials Trials>
auto glmm(const Trials& trials, const risk_ratio& measure, const conditional_approximate& model) -> glmm_fit<typename detail::trial_type<Trials>::real_type> {
  return detail::conditional_fit(trials, measure, model);
}

/// Rate ratio by the conditional binomial-normal model, which is exact for Poisson counts: of a study's events each is of the treated arm with odds
/// rate ratio times t1 / t2. Studies without events are left out. Scale: logarithm of the rate ratio. Method, accuracy and errors as for the odds ratio.
/// Stijnen, Hamza & Ozdemir (2010) Stat Med 29:3046, doi:10.1002/sim.4040.
template <detail::rate_trials Trials>
auto glmm(const Trials& trials, const incidence_rate_ratio& measure, const conditional_exact& model) -> glmm_fit<typename detail::trial_type<Trials>::real_type> {
  return detail::conditional_fit(trials, measure, model);
}

}  // namespace metapool
