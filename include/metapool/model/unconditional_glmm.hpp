// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/effect/binary_effects.hpp>
#include <metapool/effect/incidence_rate_ratio.hpp>
#include <metapool/effect/odds_ratio.hpp>
#include <metapool/effect/rate_effects.hpp>
#include <metapool/effect/risk_ratio.hpp>
#include <metapool/model/glmm_search.hpp>
#include <metapool/model/one_effect_glmm.hpp>
#include <metapool/model/two_arm_likelihood.hpp>
#include <metapool/model/unconditional_homogeneity.hpp>

#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace metapool {

/// Both arms' counts are modelled, each study having a level of its own as a parameter (metafor's UM.FS; Jackson et al. (2018) model 4): the log odds or log
/// rate of the arms are level +- effect / 2, effects normal between studies. Studies without information on the effect are left out.
struct fixed_study_effects {};

/// The same with the studies' levels normal too, independent of the effects (metafor's UM.RS; Jackson et al. (2018) model 5). Borrows
/// strength between control arms, at the price of breaking randomisation if levels are not normal.
struct random_study_effects {
  /// Studies without events, or with nothing but events, tell of the levels alone; keep pools them too. (by_measure and drop leave them out, as metafor does.)
  double_zero double_zeros = double_zero::drop;
};

namespace detail {

template <class Real, class Kernel>
struct arm_kernels {
  std::vector<Kernel> treated{}, control{};
};

/// Kernels of both arms of a trial: binomial for the odds ratio, Poisson with person-time (or patients) for the rate ratio and the risk ratio.
template <class Real, class Measure>
auto arms_of(const rate_trial<Real>& trial, const Measure&) {
  using std::log;
  const auto r = rates_of(trial);
  return std::pair<poisson_kernel<Real>, poisson_kernel<Real>>{{r.x1, log(r.t1)}, {r.x2, log(r.t2)}};
}
template <class Real>
auto arms_of(const binary_trial<Real>& trial, const risk_ratio&) {
  using std::log;
  const auto t = table_of(trial);
  return std::pair<poisson_kernel<Real>, poisson_kernel<Real>>{{t.a, log(t.treated_total())}, {t.c, log(t.control_total())}};
}
template <class Real>
auto arms_of(const binary_trial<Real>& trial, const odds_ratio&) {
  const auto t = table_of(trial);
  return std::pair<binomial_kernel<Real>, binomial_kernel<Real>>{{t.a, t.treated_total(), Real(0)}, {t.c, t.control_total(), Real(0)}};
}

template <class Real, class Kernel, class Trials, class Measure>
arm_kernels<Real, Kernel> both_arms(const char* function, glmm_fit<Real>& fit, const Trials& trials, const Measure& measure, bool keep) {
  arm_kernels<Real, Kernel> k;
  using pair = std::pair<Kernel, Kernel>;
  std::size_t informative = 0;
  const auto pairs = informative_kernels<pair>(function, fit, trials, [&](const auto& trial, study_status& status) {
    bool none = false;
    if constexpr (requires { rates_of(trial); }) {
      none = Measure::uninformative(rates_of(trial));
      if (none && !keep) status = study_status::double_zero;
    } else {
      none = Measure::uninformative(table_of(trial));
      if (none && !keep) status = double_status(table_of(trial));
    }
    if (!none) ++informative;
    return arms_of(trial, measure);
  });
  for (const auto& p : pairs) {
    k.treated.push_back(p.first);
    k.control.push_back(p.second);
  }
  fit.k = informative;
  if (informative == 0) throw_not_estimable(function, "no study has information on the effect (events in one arm or the other, but not in all patients)");
  fit.df = fit.k - 1;
  return k;
}

template <class Real, class Kernel>
Real constants_of(const arm_kernels<Real, Kernel>& k) {
  Real sum = 0;
  for (const auto& a : k.treated) sum += a.log_constant();
  for (const auto& a : k.control) sum += a.log_constant();
  return sum;
}

template <class Kernel, class Predicate>
bool all_of(const std::vector<Kernel>& kernels, Predicate predicate) {
  for (const auto& k : kernels) {
    if (!predicate(k)) return false;
  }
  return true;
}

template <class Real, class Trials, class Measure>
glmm_fit<Real> fixed_levels(const Trials& trials, const Measure& measure, const char* method) {
  constexpr const char* function = "glmm";
  using Kernel = decltype(arms_of(*std::begin(trials), measure).first);
  glmm_fit<Real> fit;
  fit.measure = Measure::info;
  fit.method = method;
  const auto k = both_arms<Real, Kernel>(function, fit, trials, measure, false);
  bool lowest = true, highest = true;
  for (std::size_t i = 0; i < k.treated.size(); ++i) {
    lowest = lowest && (k.treated[i].lowest() || k.control[i].highest());
    highest = highest && (k.treated[i].highest() || k.control[i].lowest());
  }
  if (lowest) throw_not_estimable(function, "in every informative study the treated arm has no event or the control arm nothing but events: the ratio's estimate is 0");
  if (highest) throw_not_estimable(function, "in every informative study the control arm has no event or the treated arm nothing but events: the ratio's estimate is infinite");
  const Real constant = constants_of<Real>(k);
  fit_likelihood<Real>(function, fit, fixed_levels_likelihood<Real, Kernel>(k.treated, k.control), std::array<const char*, 2>{"mean", "tau2"}, constant);
  homogeneity_of_fixed_levels<Real>(fit, k.treated, k.control, Real(fit.common_log_likelihood - constant));
  return fit;
}

template <class Real, class Trials, class Measure>
glmm_fit<Real> random_levels(const Trials& trials, const Measure& measure, const random_study_effects& option, const char* method) {
  using std::sqrt;
  constexpr const char* function = "glmm";
  using Kernel = decltype(arms_of(*std::begin(trials), measure).first);
  glmm_fit<Real> fit;
  fit.measure = Measure::info;
  fit.method = method;
  const auto k = both_arms<Real, Kernel>(function, fit, trials, measure, option.double_zeros == double_zero::keep);
  const auto lowest = [](const Kernel& a) { return a.lowest(); };
  const auto highest = [](const Kernel& a) { return a.highest(); };
  if (all_of(k.treated, lowest) || all_of(k.control, lowest)) throw_not_estimable(function, "one of the arms has no event in any study: the ratio's estimate is 0 or infinite");
  if (all_of(k.treated, highest) || all_of(k.control, highest)) throw_not_estimable(function, "one of the arms has nothing but events in all studies: the ratio's estimate is 0 or infinite");
  if (k.treated.size() < 2) throw_not_estimable(function, "the variance of the studies' levels needs two studies");
  const Real constant = constants_of<Real>(k);
  using likelihood = random_levels_likelihood<Real, Kernel>;
  fit_likelihood<Real>(function, fit, likelihood(k.treated, k.control), std::array<const char*, 4>{"mean", "tau2", "level", "sigma2"}, constant);

  saturated_levels<Real, Kernel> saturated(k.treated, k.control);
  std::array<newton_bound<Real>, 2> bounds{};
  bounds[1].lower = 0;
  bounds[1].upper = largest_tau2<Real>();
  bounds[1].reach = Real(1) / 2;
  bounds[1].growth = 2;
  const auto best = polished<Real>(saturated, std::array<Real, 2>{*fit.intercept - fit.estimate / 2, *fit.sigma2 + Real(1) / 10}, bounds);
  if (!best.convergence.converged) fit.convergence.converged = false;
  fit.q_wald = saturated.wald(best.x);
  const Real ratio = 2 * (best.at.value - (fit.common_log_likelihood - constant));
  fit.q_lrt = ratio > 0 && fit.k > 1 ? ratio : Real(0);
  return fit;
}

}  // namespace detail

/// Odds ratio by logistic regression with one level a study and a normal treatment effect. Nothing is added to any cell.
///
/// Scale: logarithm of the odds ratio. Maximum likelihood over mean, tau2 and all levels by Newton's method with exact derivatives, the levels eliminated
/// from the arrow-shaped matrix of second derivatives; quadrature as for conditional_exact. 10 significant digits. As k grows with small studies
/// tau2 is biased downwards, because each study brings a parameter of its own; conditional_exact does not suffer from that.
/// Throws input_error on bad counts or without studies; not_estimable if no study is informative, or the estimate is infinite, or tau2 is.
/// Turner, Omar, Yang, Goldstein & Thompson (2000) Stat Med 19:3417; Jackson, Law, Stijnen, Viechtbauer & White (2018) Stat Med 37:1059, doi:10.1002/sim.7588.
template <detail::binary_trials Trials>
auto glmm(const Trials& trials, const odds_ratio& measure, const fixed_study_effects&) -> glmm_fit<typename detail::trial_type<Trials>::real_type> {
  return detail::fixed_levels<typename detail::trial_type<Trials>::real_type>(trials, measure, "binomial-normal (unconditional, fixed study effects)");
}

/// Odds ratio by logistic regression with normal levels and a normal treatment effect, independent. intercept and sigma2: mean and variance of the levels (the mean
/// of the two arms' log odds). The two effects are integrated by a product of adaptive Gauss-Hermite rules, not by Laplace's approximation, from
/// which metafor's UM.RS differs in the third digit. Scale, accuracy and errors as for fixed_study_effects; not_estimable also if an arm
/// has no event (or nothing but events) in any study, or with one study.
/// Of the seven models that Jackson et al. compare this is number 5; 4 is fixed_study_effects, 7 conditional_exact, 1 random_effects of log odds ratios. Their 2 and 3
/// (the whole random effect in the treated arm, so that swapped arms do not only flip the sign) and 6 (level and effect correlated) are not here.
/// Jackson, Law, Stijnen, Viechtbauer & White (2018) Stat Med 37:1059, doi:10.1002/sim.7588.
template <detail::binary_trials Trials>
auto glmm(const Trials& trials, const odds_ratio& measure, const random_study_effects& option) -> glmm_fit<typename detail::trial_type<Trials>::real_type> {
  return detail::random_levels<typename detail::trial_type<Trials>::real_type>(trials, measure, option, "binomial-normal (unconditional, random study effects)");
}

/// Risk ratio by Poisson regression (logarithmic link) with one level a study and a normal treatment effect: events are taken as Poisson with means risk
/// times patients, which is good where risks are small; the standard error is too large where they are not. Scale: logarithm of the risk ratio.
/// Otherwise as for the odds ratio. Stijnen, Hamza & Ozdemir (2010) Stat Med 29:3046, doi:10.1002/sim.4040.
template <detail::binary_trials Trials>
auto glmm(const Trials& trials, const risk_ratio& measure, const fixed_study_effects&) -> glmm_fit<typename detail::trial_type<Trials>::real_type> {
  return detail::fixed_levels<typename detail::trial_type<Trials>::real_type>(trials, measure, "Poisson-normal (unconditional, fixed study effects)");
}

/// The same with normal levels.
template <detail::binary_trials Trials>
auto glmm(const Trials& trials, const risk_ratio& measure, const random_study_effects& option) -> glmm_fit<typename detail::trial_type<Trials>::real_type> {
  return detail::random_levels<typename detail::trial_type<Trials>::real_type>(trials, measure, option, "Poisson-normal (unconditional, random study effects)");
}

/// Rate ratio by Poisson regression with one level a study and a normal treatment effect. Scale: logarithm of the rate ratio. Otherwise as for the odds ratio.
template <detail::rate_trials Trials>
auto glmm(const Trials& trials, const incidence_rate_ratio& measure, const fixed_study_effects&) -> glmm_fit<typename detail::trial_type<Trials>::real_type> {
  return detail::fixed_levels<typename detail::trial_type<Trials>::real_type>(trials, measure, "Poisson-normal (unconditional, fixed study effects)");
}

/// The same with normal levels.
template <detail::rate_trials Trials>
auto glmm(const Trials& trials, const incidence_rate_ratio& measure, const random_study_effects& option)
    -> glmm_fit<typename detail::trial_type<Trials>::real_type> {
  return detail::random_levels<typename detail::trial_type<Trials>::real_type>(trials, measure, option, "Poisson-normal (unconditional, random study effects)");
}

}  // namespace metapool
