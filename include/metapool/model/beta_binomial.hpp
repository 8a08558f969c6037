// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/effect/binary_effects.hpp>
#include <metapool/effect/collect.hpp>
#include <metapool/effect/odds_ratio.hpp>
#include <metapool/effect/proportion_measures.hpp>
#include <metapool/effect/risk_ratio.hpp>
#include <metapool/math/logistic.hpp>
#include <metapool/model/beta_binomial_likelihood.hpp>
#include <metapool/model/glmm_search.hpp>
#include <metapool/model/likelihood_fit.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace metapool {

/// Both arms have the same intra-class correlation.
struct common_correlation {};
/// Each arm has an intra-class correlation of its own.
struct arm_correlations {};

/// A beta-binomial fit: the effect, the two means that it compares, and how much risks vary between studies.
template <class Real = double>
struct beta_binomial_fit : likelihood_fit<Real> {
  Real mean_treated{};  ///< mean risk of the treated arms, as a probability; of one group: its mean proportion
  Real mean_control{};  ///< of the control arms; 0 of one group
  /// Correlation of two patients of an arm, which is the risks' variance between studies over mean (1 - mean). Empty where the data cannot tell
  /// (no arm of two patients; all patients of the arms alike). Both are the same if it is common; of one group: the former.
  std::optional<Real> correlation_treated{};
  std::optional<Real> correlation_control{};
  std::optional<Real> se_correlation_treated{};  ///< empty at the bounds 0 and 1
  std::optional<Real> se_correlation_control{};
  std::size_t correlations{};      ///< how many correlations the likelihood has
  Real binomial_log_likelihood{};  ///< the same model without correlation, rho = 0
  Real binomial_estimate{};
};

namespace detail {

/// What a profile needs to know of two groups.
template <class Real>
struct two_groups {
  beta_binomial_group<Real> treated{}, control{};
  mean_scale scale = mean_scale::logit;
  bool common = true;
  bool held_treated = false, held_control = false;  ///< correlations that the data cannot tell
  Real treated_x{}, control_x{};                    ///< the estimates on the scale, finite
  Real rho_treated{}, rho_control{};

  /// Likelihood of an effect theta, the other parameters at their best: one mean (of the larger risk on the logarithmic scale) and the correlations.
  likelihood_profile_point<Real> operator()(const Real& theta) const {
    const bool logit = scale == mean_scale::logit;
    const Real half = theta / 2;
    const Real add_treated = logit ? half : theta > 0 ? Real(0) : theta;
    const Real add_control = logit ? Real(-half) : theta > 0 ? Real(-theta) : Real(0);
    Real slope = 0;
    const auto f = [&](const std::array<Real, 3>& x) {
      const auto p = treated(scale, Real(x[0] + add_treated), x[1]), q = control(scale, Real(x[0] + add_control), common ? x[1] : x[2]);
      curvature<Real, 3> r;
      r.value = p.value + q.value;
      r.gradient = {p.gradient[0] + q.gradient[0], p.gradient[1], Real(0)};
      r.hessian = {p.hessian[0] + q.hessian[0], p.hessian[1], Real(0), p.hessian[1], p.hessian[3], Real(0), Real(0), Real(0), Real(-1)};
      const std::size_t c = common ? 1 : 2;
      r.gradient[c] += q.gradient[1];
      r.hessian[c] += q.hessian[1];
      r.hessian[3 * c] += q.hessian[1];
      if (common) {
        r.hessian[4] += q.hessian[3];
      } else {
        r.hessian[8] = q.hessian[3];
      }
      slope = logit ? Real((p.gradient[0] - q.gradient[0]) / 2) : theta > 0 ? Real(-q.gradient[0]) : p.gradient[0];
      return r;
    };
    std::array<newton_bound<Real>, 3> bounds{newton_bound<Real>{}, correlation_bound<Real>(held_treated),
                                             correlation_bound<Real>(common || held_control)};
    if (!logit) bounds[0].upper = Real(0);
    const auto mean = [&](const Real& t, const Real& c) {  // between what the two arms want
      const Real middle = (t - add_treated + c - add_control) / 2;
      return !logit && middle > Real(-1e-3) ? Real(-1e-3) : middle;
    };
    std::vector<std::array<Real, 3>> starts{{mean(treated_x, control_x), rho_treated, rho_control}};
    const auto also = [&](const Real& rho) {
      std::array<Real, 3> s = starts[0];
      if (!held_treated) s[1] = rho;
      if (!common && !held_control) s[2] = rho;
      starts.push_back(s);
    };
    if (!held_treated || (!common && !held_control)) {
      also(Real(0));
      also(Real(0.02));
      also(Real(0.3));
    }
    const auto best = highest_maximum<Real, 3>(f, starts, bounds);
    f(best.x);
    return {best.at.value, slope, Real(0), best.convergence.converged, false};
  }
};

/// Whether the group has one outcome only: then its mean is 0 or 1, and its likelihood 1 at any correlation.
template <class Real>
bool is_one_outcome(const beta_binomial_group<Real>& g) {
  return g.lowest() || g.highest();
}

/// The mean's logarithm or logit from its logit, and the derivative of the former in the latter.
template <class Real>
std::pair<Real, Real> on_scale(mean_scale scale, const Real& logit) {
  if (scale == mean_scale::logit) return {logit, Real(1)};
  return {Real(-log_one_plus_exp(Real(-logit))), logistic(Real(-logit))};
}

/// A maximum of one group as a start and an answer: x on the scale; of a group with one outcome the infinite (or, for log, zero) end.
template <class Real>
struct group_estimate {
  Real x{}, mean{}, slope{1}, variance{};  // slope: of x in the logit; variance: of the logit
  std::optional<Real> rho{}, rho_se{};
  Real log_likelihood{};
};

template <class Real>
group_estimate<Real> end_of_group(const beta_binomial_group<Real>& g, mean_scale scale) {
  const Real infinity = std::numeric_limits<Real>::infinity();
  group_estimate<Real> e;
  e.mean = g.lowest() ? Real(0) : Real(1);
  e.x = g.lowest() ? Real(-infinity) : scale == mean_scale::log ? Real(0) : infinity;
  return e;
}

/// Fills a standard error from the covariance of the free parameters.
template <class Real>
std::optional<Real> se_of(const std::vector<std::size_t>& free, const matrix_of<Real>& covariance, std::size_t parameter) {
  using std::sqrt;
  for (std::size_t i = 0; i < free.size(); ++i) {
    if (free[i] == parameter) return Real(sqrt(covariance(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(i))));
  }
  return std::nullopt;
}

template <class Real>
group_estimate<Real> fit_group(const char* function, const beta_binomial_group<Real>& g, mean_scale scale, convergence<Real>& state) {
  if (is_one_outcome(g)) return end_of_group(g, scale);
  std::array<newton_bound<Real>, 2> bounds;
  const auto m = group_maximum(g, bounds);
  state.converged = state.converged && m.convergence.converged;
  state.iterations += m.convergence.iterations;
  state.residual = (std::max)(state.residual, m.convergence.residual);
  std::vector<std::size_t> free;
  matrix_of<Real> covariance;
  if (!free_covariance<Real, 2>(m, bounds, free, covariance)) throw_not_estimable(function, "the likelihood is flat at its maximum");
  group_estimate<Real> e;
  const auto [x, slope] = on_scale(scale, m.x[0]);
  e.x = x;
  e.slope = slope;
  e.mean = logistic(m.x[0]);
  e.variance = covariance(0, 0);
  if (!bounds[1].held) {
    e.rho = m.x[1];
    e.rho_se = se_of(free, covariance, 1);
  }
  e.log_likelihood = m.at.value;
  return e;
}

/// Likelihood and mean of a group without correlation.
template <class Real>
std::pair<Real, Real> binomial_of(const beta_binomial_group<Real>& g, mean_scale scale) {
  if (is_one_outcome(g)) return {Real(0), end_of_group(g, scale).x};
  const Real logit = g.rough_logit(Real(0));
  return {g(mean_scale::logit, logit, Real(0)).value, on_scale(scale, logit).first};
}

/// Audits studies and hands the complete ones to take(study).
template <class Real, class Studies, class Take>
void gather(const char* function, likelihood_fit<Real>& fit, const Studies& studies, const Take& take) {
  fit.audit = audit_complete(function, studies, [&](const auto& study, study_status&) {
    take(study);
    ++fit.k;
  });
  if (fit.k == 0) throw_not_estimable(function, "no study is complete");
  fit.df = fit.k - 1;
}

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

/// Likelihood of the mean of one group, the correlation at its best.
template <class Real>
struct one_group_profile {
  beta_binomial_group<Real> group{};
  mean_scale scale = mean_scale::logit;

  likelihood_profile_point<Real> operator()(const Real& x) const {
    if (scale == mean_scale::log && (x > 0 || (x == 0 && !group.highest())))
      return {-std::numeric_limits<Real>::infinity(), Real(0), Real(0), true, false};
    std::array<newton_bound<Real>, 2> bounds{newton_bound<Real>{}, correlation_bound<Real>(!group.has_pairs())};
    bounds[0].held = true;
    std::vector<std::array<Real, 2>> starts{{x, Real(0)}};
    if (!bounds[1].held) {
      starts.clear();
      const auto height = [&](const Real& rho) { return group(scale, x, rho).value; };
      for (const Real& rho : likely_correlations<Real>(height, group.largest_total())) starts.push_back({x, rho});
      if (starts.empty()) return {-std::numeric_limits<Real>::infinity(), Real(0), Real(0), true, false};
    }
    const auto m = highest_maximum<Real, 2>([&](const std::array<Real, 2>& at) { return group(scale, at[0], at[1]); }, starts, bounds);
    return {m.at.value, m.at.gradient[0], Real(0), m.convergence.converged, false};
  }
};

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
