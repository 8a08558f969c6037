// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/model/correlated_levels_likelihood.hpp>
#include <metapool/model/fit_likelihood.hpp>
#include <metapool/model/infinite_estimate.hpp>
#include <metapool/model/one_effect_glmm.hpp>
#include <metapool/model/two_arm_kernels.hpp>
#include <metapool/model/two_arm_likelihood.hpp>
#include <metapool/model/unconditional_homogeneity.hpp>

#include <array>
#include <cstddef>
#include <type_traits>

namespace metapool {

/// Which arm carries the random part of a study's effect. The likelihood depends on it: an arm that carries more of it varies more between studies.
enum class effect_coding {
  halves,   ///< half each, with opposite signs: swapped arms only flip the sign (metafor's coding = 1/2)
  treated,  ///< all of it the treated arm: the study's level is that of its control arm (metafor's coding = 1)
  control   ///< all of it the control arm (metafor's coding = 0)
};

/// Both arms' counts are modelled, each study having a level of its own as a parameter (metafor's UM.FS): the log odds or log
/// rate of the arms are level +- effect / 2, effects normal between studies. Studies without information on the effect are left out.
/// Jackson et al. (2018) call it model 4, and with effect_coding::treated model 2.
struct fixed_study_effects {
  effect_coding coding = effect_coding::halves;
};

/// The same with the studies' levels normal too, independent of the effects (metafor's UM.RS). Borrows
/// strength between control arms, at the price of breaking randomisation if levels are not normal.
/// Jackson et al. (2018) call it model 5, and with effect_coding::treated model 3.
struct random_study_effects {
  /// Studies without events, or with nothing but events, tell of the levels alone; keep pools them too. (by_measure and drop leave them out, as metafor does.)
  double_zero double_zeros = double_zero::drop;
  effect_coding coding = effect_coding::halves;
  /// Levels and effects correlated (metafor's cor = TRUE; model 6 of Jackson et al., van Houwelingen's bivariate model): the coding is then no matter. Needs many studies:
  /// with few the correlation tends to -1 or 1, or is hardly told apart from tau2; notes say so.
  bool correlated = false;
};

namespace detail {

/// The part of the effect that the treated arm carries.
template <class Real>
Real treated_share(effect_coding coding) {
  return coding == effect_coding::halves ? Real(Real(1) / 2) : Real(coding == effect_coding::treated ? 1 : 0);
}

template <class Measure>
constexpr const char* method_of(const Measure&, const fixed_study_effects&) {
  return std::is_same_v<Measure, odds_ratio> ? "binomial-normal (unconditional, fixed study effects)" : "Poisson-normal (unconditional, fixed study effects)";
}
template <class Measure>
constexpr const char* method_of(const Measure&, const random_study_effects&) {
  return std::is_same_v<Measure, odds_ratio> ? "binomial-normal (unconditional, random study effects)" : "Poisson-normal (unconditional, random study effects)";
}

template <class Real, class Trials, class Measure>
glmm_fit<Real> fixed_levels(const Trials& trials, const Measure& measure, const fixed_study_effects& option) {
  constexpr const char* function = "glmm";
  using Kernel = decltype(arms_of(*std::begin(trials), measure).first);
  glmm_fit<Real> fit;
  fit.measure = Measure::info;
  fit.method = method_of(measure, option);
  const auto k = both_arms<Real, Kernel>(function, fit, trials, measure, false);
  fit.df = fit.k - 1;
  bool lowest = true, highest = true;
  for (std::size_t i = 0; i < k.treated.size(); ++i) {
    lowest = lowest && (k.treated[i].lowest() || k.control[i].highest());
    highest = highest && (k.treated[i].highest() || k.control[i].lowest());
  }
  const Real constant = constants_of<Real>(k);
  const fixed_levels_likelihood<Real, Kernel> likelihood(k.treated, k.control, treated_share<Real>(option.coding));
  if (lowest || highest) {
    // one arm of each study is at its end in the limit, and the level leaves the other free
    const Real supremum = constant + highest_of_arms<Real>(k.treated) + highest_of_arms<Real>(k.control);
    const auto start = [](const Real&) { return std::array<Real, 2>{}; };
    const char* why = lowest ? "in every informative study the treated arm has no event or the control arm nothing but events: the ratio's estimate is 0"
                             : "in every informative study the control arm has no event or the treated arm nothing but events: the ratio's estimate is infinite";
    fit_infinite(fit, lowest ? -1 : 1, why, supremum, likelihood, start, constant);
  } else {
    fit_likelihood<Real>(function, fit, likelihood, std::array<const char*, 2>{"mean", "tau2"}, constant);
  }
  homogeneity_of_fixed_levels(fit, k.treated, k.control, column_of_ones<Real>(k.treated.size()), Real(fit.common_log_likelihood - constant));
  return fit;
}

/// The answer of random_levels where the treated arms or the control arms are all at the same end of their range. In the limit they are so with probability 1, and
/// what is left is the likelihood of the other arms alone, whose levels are normal. Its maximum is the supremum, for at no parameters is the probability of both arms'
/// counts larger than that of one arm's. control_share: the part of the effect that the control arm carries.
template <class Real, class Likelihood, class Kernel>
void fit_infinite_random_levels(const char* function, glmm_fit<Real>& fit, const arm_kernels<Real, Kernel>& k, bool treated_at_end, const Likelihood& likelihood,
                                const Real& control_share) {
  const auto lowest = [](const Kernel& a) { return a.lowest(); };
  const auto highest = [](const Kernel& a) { return a.highest(); };
  const bool none = all_of(treated_at_end ? k.treated : k.control, lowest);
  const auto& others = treated_at_end ? k.control : k.treated;
  const Real constant = constants_of<Real>(k);
  Real centre = 0, variance = 0, supremum = constant;  // of the other arms' levels
  const bool both = all_of(others, lowest) || all_of(others, highest);
  if (!both) {
    one_effect_likelihood<Real, Kernel> alone(others);
    const auto best = search_maxima<Real>(alone, alone.start(), search_bounds<Real>(alone)).best;
    if (best.x[1] >= largest_tau2<Real>()) throw_not_estimable(function, "the likelihood rises with the variance of the studies' levels for ever");
    centre = best.x[0];
    variance = best.x[1];
    supremum += best.at.value;
    fit.convergence = best.convergence;
  }
  const bool converged = both || fit.convergence.converged;
  const Real carried = both ? Real(0) : treated_at_end ? control_share : Real(control_share - 1);
  const auto start = [from = likelihood.start(), centre, variance, carried](const Real& mean) {
    auto x = from;
    x[2] = centre + carried * mean;
    x[3] = variance;
    return x;
  };
  const char* of_treated = none ? "the treated arm has no event in any study: the ratio's estimate is 0"
                                : "the treated arm has nothing but events in all studies: the ratio's estimate is infinite";
  const char* of_control = none ? "the control arm has no event in any study: the ratio's estimate is infinite"
                                : "the control arm has nothing but events in all studies: the ratio's estimate is 0";
  fit_infinite(fit, treated_at_end == none ? -1 : 1, treated_at_end ? of_treated : of_control, supremum, likelihood, start, constant);
  fit.convergence.converged = converged;
  // an effect of its own for each study makes the treated arms whatever they are; control arms that differ keep the variance of their levels
  const Real ratio = treated_at_end ? Real(0) : Real(2 * (highest_of_arms<Real>(k.treated) + constant - supremum));
  fit.q_lrt = ratio > 0 && fit.df > 0 ? ratio : Real(0);
}

template <class Real, class Trials, class Measure>
glmm_fit<Real> random_levels(const Trials& trials, const Measure& measure, const random_study_effects& option) {
  using std::sqrt;
  constexpr const char* function = "glmm";
  using Kernel = decltype(arms_of(*std::begin(trials), measure).first);
  glmm_fit<Real> fit;
  fit.measure = Measure::info;
  fit.method = method_of(measure, option);
  const auto k = both_arms<Real, Kernel>(function, fit, trials, measure, option.double_zeros == double_zero::keep);
  fit.df = fit.k - 1;
  const auto lowest = [](const Kernel& a) { return a.lowest(); };
  const auto highest = [](const Kernel& a) { return a.highest(); };
  const bool treated_at_end = all_of(k.treated, lowest) || all_of(k.treated, highest), control_at_end = all_of(k.control, lowest) || all_of(k.control, highest);
  if (k.treated.size() < 2) throw_not_estimable(function, "the variance of the studies' levels needs two studies");
  const Real constant = constants_of<Real>(k);
  using likelihood = random_levels_likelihood<Real, Kernel>;
  const Real share = treated_share<Real>(option.coding);
  if (option.correlated) fit.method += ", correlated";
  if (treated_at_end || control_at_end) {
    if (option.correlated) {
      const correlated_levels_likelihood<Real, Kernel> correlated(k.treated, k.control, std::array<Real, 4>{});
      fit_infinite_random_levels<Real>(function, fit, k, treated_at_end, correlated, Real(Real(1) / 2));
    } else {
      fit_infinite_random_levels<Real>(function, fit, k, treated_at_end, likelihood(k.treated, k.control, share), Real(1 - share));
    }
    return fit;
  }
  if (option.correlated) {
    likelihood independent(k.treated, k.control);
    auto bounds = search_bounds<Real>(independent);
    bounds[1].held = fit.k < 2;
    const auto start = search_maxima<Real>(independent, independent.start(), bounds).best.x;
    fit_likelihood<Real>(function, fit, correlated_levels_likelihood<Real, Kernel>(k.treated, k.control, start),
                         std::array<const char*, 5>{"mean", "tau2", "level", "own variance of the level", "share of the effect in the treated arm"}, constant);
  } else {
    fit_likelihood<Real>(function, fit, likelihood(k.treated, k.control, share), std::array<const char*, 4>{"mean", "tau2", "level", "sigma2"}, constant);
  }
  homogeneity_of_random_levels(fit, k.treated, k.control, column_of_ones<Real>(k.treated.size()), Real(*fit.intercept - fit.estimate / 2), *fit.sigma2,
                               Real(fit.common_log_likelihood - constant));
  return fit;
}

}  // namespace detail

/// Odds ratio by logistic regression with one level a study and a normal treatment effect. Nothing is added to any cell.
///
/// Scale: logarithm of the odds ratio. Maximum likelihood over mean, tau2 and all levels by Newton's method with exact derivatives, the levels eliminated
/// from the arrow-shaped matrix of second derivatives; quadrature as for conditional_exact. 10 significant digits. As k grows with small studies
/// tau2 is biased downwards, because each study brings a parameter of its own; conditional_exact does not suffer from that.
/// Where in every informative study the treated arm has no event or the control arm nothing but events, or all the other way round, the estimate is infinite: state
/// says which way, and the profile likelihood gives the finite end, if there is one. Throws input_error on bad counts or without studies; not_estimable if no study is
/// informative, or tau2 is infinite.
/// Turner, Omar, Yang, Goldstein & Thompson (2000) Stat Med 19:3417; Jackson, Law, Stijnen, Viechtbauer & White (2018) Stat Med 37:1059, doi:10.1002/sim.7588.
template <detail::binary_trials Trials>
auto glmm(const Trials& trials, const odds_ratio& measure, const fixed_study_effects& option) -> glmm_fit<typename detail::trial_type<Trials>::real_type> {
  return detail::fixed_levels<typename detail::trial_type<Trials>::real_type>(trials, measure, option);
}

/// Odds ratio by logistic regression with normal levels and a normal treatment effect, independent. intercept and sigma2: mean and variance of the levels (the mean
/// of the two arms' log odds). The two effects are integrated by a product of adaptive Gauss-Hermite rules, not by Laplace's approximation, from
/// which metafor's UM.RS differs in the third digit. The estimate is infinite if an arm has no event (or nothing but events) in any study: state says which way. Scale,
/// accuracy and errors as for fixed_study_effects; not_estimable also with one study, or if the variance of the levels is infinite.
/// Jackson, Law, Stijnen, Viechtbauer & White (2018) Stat Med 37:1059, doi:10.1002/sim.7588.
template <detail::binary_trials Trials>
auto glmm(const Trials& trials, const odds_ratio& measure, const random_study_effects& option) -> glmm_fit<typename detail::trial_type<Trials>::real_type> {
  return detail::random_levels<typename detail::trial_type<Trials>::real_type>(trials, measure, option);
}

/// Risk ratio by Poisson regression (logarithmic link) with one level a study and a normal treatment effect: events are taken as Poisson with means risk
/// times patients, which is good where risks are small; the standard error is too large where they are not. Scale: logarithm of the risk ratio.
/// Otherwise as for the odds ratio. Stijnen, Hamza & Ozdemir (2010) Stat Med 29:3046, doi:10.1002/sim.4040.
template <detail::binary_trials Trials>
auto glmm(const Trials& trials, const risk_ratio& measure, const fixed_study_effects& option) -> glmm_fit<typename detail::trial_type<Trials>::real_type> {
  return detail::fixed_levels<typename detail::trial_type<Trials>::real_type>(trials, measure, option);
}

/// The same with normal levels.
template <detail::binary_trials Trials>
auto glmm(const Trials& trials, const risk_ratio& measure, const random_study_effects& option) -> glmm_fit<typename detail::trial_type<Trials>::real_type> {
  return detail::random_levels<typename detail::trial_type<Trials>::real_type>(trials, measure, option);
}

/// Rate ratio by Poisson regression with one level a study and a normal treatment effect. Scale: logarithm of the rate ratio. Otherwise as for the odds ratio.
template <detail::rate_trials Trials>
auto glmm(const Trials& trials, const incidence_rate_ratio& measure, const fixed_study_effects& option) -> glmm_fit<typename detail::trial_type<Trials>::real_type> {
  return detail::fixed_levels<typename detail::trial_type<Trials>::real_type>(trials, measure, option);
}

/// The same with normal levels.
template <detail::rate_trials Trials>
auto glmm(const Trials& trials, const incidence_rate_ratio& measure, const random_study_effects& option)
    -> glmm_fit<typename detail::trial_type<Trials>::real_type> {
  return detail::random_levels<typename detail::trial_type<Trials>::real_type>(trials, measure, option);
}

}  // namespace metapool
