// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/effect/binary_effects.hpp>
#include <metapool/effect/collect.hpp>
#include <metapool/effect/odds_ratio.hpp>
#include <metapool/effect/proportion_measures.hpp>
#include <metapool/effect/risk_ratio.hpp>
#include <metapool/math/logistic.hpp>
#include <metapool/model/beta_binomial_fit.hpp>
#include <metapool/model/beta_binomial_groups.hpp>
#include <metapool/model/beta_binomial_likelihood.hpp>
#include <metapool/model/beta_binomial_profile.hpp>
#include <metapool/model/glmm_search.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace metapool {

namespace detail {

template <class Real, class Trials, class Measure, class Correlation>
beta_binomial_fit<Real> beta_binomial_of_arms(const Trials& trials, const Measure&, const Correlation&) {
  using std::sqrt;
  constexpr const char* function = "beta_binomial";
  constexpr bool logit = std::is_same_v<Measure, odds_ratio>;
  constexpr mean_scale scale = logit ? mean_scale::logit : mean_scale::log;
  beta_binomial_fit<Real> fit;
  fit.measure = Measure::info;
  two_groups<Real> groups;
  groups.scale = scale;
  groups.common = std::is_same_v<Correlation, common_correlation>;
  fit.method = groups.common ? "beta-binomial, common correlation" : "beta-binomial, a correlation for each arm";
  gather(function, fit, trials, [&](const auto& trial) {
    const auto t = table_of(trial);
    groups.treated.add(t.a, t.treated_total());
    groups.control.add(t.c, t.control_total());
  });
  if (groups.treated.lowest() && groups.control.lowest()) throw_not_estimable(function, "no arm has an event");
  if (groups.treated.highest() && groups.control.highest()) throw_not_estimable(function, "all arms have nothing but events");

  group_estimate<Real> a, b;
  const bool one_likelihood = groups.common && !is_one_outcome(groups.treated) && !is_one_outcome(groups.control);
  Real variance = 0;
  if (one_likelihood) {
    std::array<newton_bound<Real>, 3> bounds;
    const auto m = two_groups_maximum(groups.treated, groups.control, bounds);
    fit.convergence = m.convergence;
    std::vector<std::size_t> free;
    matrix_of<Real> covariance;
    if (!free_covariance<Real, 3>(m, bounds, free, covariance)) throw_not_estimable(function, "the likelihood is flat at its maximum");
    const auto set = [&](group_estimate<Real>& e, std::size_t i) {
      const auto [x, slope] = on_scale(scale, m.x[i]);
      e.x = x;
      e.slope = slope;
      e.mean = logistic(m.x[i]);
      if (!bounds[2].held) {
        e.rho = m.x[2];
        e.rho_se = se_of(free, covariance, 2);
      }
    };
    set(a, 0);
    set(b, 1);
    variance = a.slope * a.slope * covariance(0, 0) + b.slope * b.slope * covariance(1, 1) - 2 * a.slope * b.slope * covariance(0, 1);
    fit.log_likelihood = m.at.value;
    fit.correlations = bounds[2].held ? 0 : 1;
  } else {
    a = fit_group(function, groups.treated, scale, fit.convergence);
    b = fit_group(function, groups.control, scale, fit.convergence);
    if (groups.common) {  // one arm tells of the correlation
      const auto& told = a.rho ? a : b;
      const auto rho = told.rho, rho_se = told.rho_se;
      a.rho = b.rho = rho;
      a.rho_se = b.rho_se = rho_se;
      fit.correlations = rho ? 1 : 0;
    } else {
      fit.correlations = (a.rho ? std::size_t{1} : std::size_t{0}) + (b.rho ? std::size_t{1} : std::size_t{0});
    }
    variance = a.slope * a.slope * a.variance + b.slope * b.slope * b.variance;
    fit.log_likelihood = a.log_likelihood + b.log_likelihood;
  }
  const Real infinity = std::numeric_limits<Real>::infinity();
  fit.estimate = a.x - b.x;
  if (fit.estimate == -infinity) {
    fit.state = estimate_state::minus_infinity;
  } else if (fit.estimate == infinity) {
    fit.state = estimate_state::plus_infinity;
  } else if (is_one_outcome(groups.treated) || is_one_outcome(groups.control)) {
    fit.state = estimate_state::at_boundary;
  } else {
    fit.se = sqrt(variance);
  }
  fit.mean_treated = a.mean;
  fit.mean_control = b.mean;
  fit.correlation_treated = a.rho;
  fit.correlation_control = b.rho;
  fit.se_correlation_treated = a.rho_se;
  fit.se_correlation_control = b.rho_se;
  const auto plain_a = binomial_of(groups.treated, scale), plain_b = binomial_of(groups.control, scale);
  fit.binomial_log_likelihood = plain_a.first + plain_b.first;
  fit.binomial_estimate = plain_a.second - plain_b.second;
  if (fit.correlations == 0) fit.notes.push_back("no correlation can be told from these arms: the model is the binomial one");

  // a start of the profile must be finite
  const auto finite = [&](const Real& x, const Real& other) {
    return x == -infinity ? Real(other - 3) : x == infinity ? Real(other + 3) : x;
  };
  const bool both = (a.x == infinity || a.x == -infinity) && (b.x == infinity || b.x == -infinity);
  groups.treated_x = both ? Real(-1) : finite(a.x, b.x);
  groups.control_x = both ? Real(-1) : finite(b.x, a.x);
  groups.rho_treated = a.rho.value_or(Real(0));
  groups.rho_control = b.rho.value_or(Real(0));
  // away from the estimate an arm with one outcome tells of its correlation too
  groups.held_treated = groups.common ? !groups.treated.has_pairs() && !groups.control.has_pairs() : !groups.treated.has_pairs();
  groups.held_control = groups.common || !groups.control.has_pairs();
  fit.profile = groups;
  return fit;
}

template <class Real, class Studies, class Measure>
beta_binomial_fit<Real> beta_binomial_of_group(const Studies& studies, const Measure&) {
  using std::sqrt;
  constexpr const char* function = "beta_binomial";
  constexpr mean_scale scale = std::is_same_v<Measure, logit_proportion> ? mean_scale::logit : mean_scale::log;
  beta_binomial_fit<Real> fit;
  fit.measure = Measure::info;
  fit.method = "beta-binomial";
  one_group_profile<Real> profile;
  profile.scale = scale;
  gather(function, fit, studies, [&](const auto& s) { profile.group.add(*s.events, *s.total); });
  const auto e = fit_group(function, profile.group, scale, fit.convergence);
  const Real infinity = std::numeric_limits<Real>::infinity();
  fit.estimate = e.x;
  fit.state = e.x == -infinity                ? estimate_state::minus_infinity
              : e.x == infinity               ? estimate_state::plus_infinity
              : is_one_outcome(profile.group) ? estimate_state::at_boundary
                                              : estimate_state::finite;
  if (fit.state == estimate_state::finite) fit.se = sqrt(e.variance) * e.slope;
  if (scale == mean_scale::log) fit.highest = Real(0);
  fit.log_likelihood = e.log_likelihood;
  fit.mean_treated = e.mean;
  fit.correlation_treated = e.rho;
  fit.se_correlation_treated = e.rho_se;
  fit.correlations = e.rho ? 1 : 0;
  const auto plain = binomial_of(profile.group, scale);
  fit.binomial_log_likelihood = plain.first;
  fit.binomial_estimate = plain.second;
  if (fit.correlations == 0) fit.notes.push_back("no correlation can be told from these studies: the model is the binomial one");
  fit.profile = profile;
  return fit;
}

}  // namespace detail

/// Odds ratio by the beta-binomial model: the risks of the treated arms vary between studies by a beta distribution, those of the control arms by another; the
/// effect compares their means. Every complete trial counts, those without any event too, and nothing is added to any cell.
///
/// Scale: logarithm of the ratio of the odds of the mean risks (a marginal effect, not the median of the studies' own). The two arms of a study
/// are taken as independent: what they have in common is not used, as it is not in the crude comparison of sums; so the model
/// suits trials with about equal arms, and widens with the risks' spread between studies. Parameters: two means and one intra-class correlation, or one
/// for each arm (arm_correlations); correlation 0, the binomial model, and 1 are boundaries that are attained.
/// Maximum likelihood by Newton's method with exact derivatives from all maxima of a grid over the correlation. 10 significant digits; the largest derivative
/// (over the root of its second one) is in convergence. No event in an arm is no failure: state says minus_infinity or plus_infinity, and the profile
/// likelihood gives the finite end. Throws input_error on bad counts or without studies; not_estimable if neither arm has an event in any trial, or all
/// patients of both have one.
/// Kuss (2015) Stat Med 34:1097, doi:10.1002/sim.6383; Williams (1975) Biometrics 31:949.
template <detail::binary_trials Trials, class Correlation = common_correlation>
auto beta_binomial(const Trials& trials, const odds_ratio& measure, const Correlation& correlation = {})
    -> beta_binomial_fit<typename detail::trial_type<Trials>::real_type> {
  return detail::beta_binomial_of_arms<typename detail::trial_type<Trials>::real_type>(trials, measure, correlation);
}

/// Risk ratio by the beta-binomial model with logarithmic link: the same likelihood as for the odds ratio, the effect being the logarithm of the ratio of the mean
/// risks. A control group with nothing but events has a finite estimate at the boundary (state at_boundary). Otherwise as for the odds ratio.
template <detail::binary_trials Trials, class Correlation = common_correlation>
auto beta_binomial(const Trials& trials, const risk_ratio& measure, const Correlation& correlation = {})
    -> beta_binomial_fit<typename detail::trial_type<Trials>::real_type> {
  return detail::beta_binomial_of_arms<typename detail::trial_type<Trials>::real_type>(trials, measure, correlation);
}

/// Pooled proportion by the beta-binomial model: the mean of proportions that vary between studies by a beta distribution. Scale: logit. With no event
/// in any study the estimate is minus infinity (a proportion of 0), and glmm_profile_likelihood gives its upper end. Method, accuracy and errors as above.
template <class Studies>
requires detail::range_of_trials<Studies, proportion>
auto beta_binomial(const Studies& studies, const logit_proportion& measure)
    -> beta_binomial_fit<typename detail::trial_type<Studies>::real_type> {
  return detail::beta_binomial_of_group<typename detail::trial_type<Studies>::real_type>(studies, measure);
}

/// The same on the logarithmic scale.
template <class Studies>
requires detail::range_of_trials<Studies, proportion>
auto beta_binomial(const Studies& studies, const log_proportion& measure)
    -> beta_binomial_fit<typename detail::trial_type<Studies>::real_type> {
  return detail::beta_binomial_of_group<typename detail::trial_type<Studies>::real_type>(studies, measure);
}

}  // namespace metapool
