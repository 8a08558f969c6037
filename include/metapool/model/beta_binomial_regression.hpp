// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/model/beta_binomial.hpp>
#include <metapool/model/fit_beta_binomial_regression.hpp>

#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace metapool {

namespace detail {

template <class Trials, class Measure, class Correlation, class Baseline>
auto beta_binomial_regression_of_arms(const Trials& trials, const Measure&, design<typename trial_type<Trials>::real_type> moderators, const Correlation&, Baseline baseline) {
  using Real = typename trial_type<Trials>::real_type;
  constexpr const char* function = "beta_binomial_regression";
  constexpr bool common = std::is_same_v<Correlation, common_correlation>;
  beta_binomial_regression_fit<Real> fit;
  fit.measure = Measure::info;
  fit.method = common ? "beta-binomial, common correlation" : "beta-binomial, a correlation for each arm";
  beta_binomial_rows<Real> rows;
  rows.scale = std::is_same_v<Measure, odds_ratio> ? mean_scale::logit : mean_scale::log;
  rows.correlations = common ? 1 : 2;
  gather(function, fit, trials, [&](const auto& trial) {
    const auto t = table_of(trial);
    rows.arms.push_back({t.a, t.treated_total(), rows.studies, 0});
    rows.arms.push_back({t.c, t.control_total(), rows.studies, 1});
    ++rows.studies;
  });
  take_design(function, fit, std::move(moderators));
  if constexpr (std::is_same_v<Baseline, baseline_risk>) {
    fit.baseline = baseline == baseline_risk::common ? intercept_only<Real>(fit.k) : with_ones(fit.design);
  } else {
    likelihood_regression_fit<Real> own;
    own.audit = fit.audit;
    take_design(function, own, std::move(baseline));
    fit.baseline = std::move(own.design);
  }
  for (std::string& name : fit.baseline.names) name.insert(0, "baseline: ");
  fit_beta_binomial_regression(function, fit, rows);
  return fit;
}

template <class Studies, class Measure>
auto beta_binomial_regression_of_group(const Studies& studies, const Measure&, design<typename trial_type<Studies>::real_type> moderators) {
  using Real = typename trial_type<Studies>::real_type;
  constexpr const char* function = "beta_binomial_regression";
  beta_binomial_regression_fit<Real> fit;
  fit.measure = Measure::info;
  fit.method = "beta-binomial";
  beta_binomial_rows<Real> rows;
  rows.scale = std::is_same_v<Measure, logit_proportion> ? mean_scale::logit : mean_scale::log;
  gather(function, fit, studies, [&](const auto& s) { rows.arms.push_back({*s.events, *s.total, rows.studies++, 0}); });
  take_design(function, fit, std::move(moderators));
  fit.baseline.x.resize(static_cast<Eigen::Index>(fit.k), 0);
  fit_beta_binomial_regression(function, fit, rows);
  return fit;
}

}  // namespace detail

/// Odds ratios (odds_ratio) or risk ratios (risk_ratio) regressed on moderators by the beta-binomial model: the logit, or the logarithm, of the mean risk is that of the baseline in the control
/// arms, and the baseline plus the study's row of the design times coefficients in the treated arms; risks vary around the mean by beta distributions with a common intra-class correlation or
/// one for each arm. Every complete trial counts, those without any event too.
///
/// moderators: a design (design_of and the builders) with one row for each study offered, or one for each complete study. Since the model does not pair the arms of a study, what a
/// moderator does to the risk of all patients must be in the baseline lest it be taken for an effect on the treatment: by default the baseline has an
/// intercept and the same moderators, and a coefficient of the design is the interaction of its moderator with treatment. With baseline_risk::common (or a design of one's own) the baseline is
/// what is said. With an intercept alone this is beta_binomial; a factor in effect and baseline gives each group's own means.
/// Maximum likelihood by Newton's method with exact derivatives along a grid of correlations, from each of its maxima; 10 significant digits, less what the condition of the design takes.
/// Of risk ratios no mean exceeds 1: if the maximum has a mean of 1 (in arms of nothing but events), the state is at_boundary, without standard errors, and profile intervals hold.
/// An end of a profile interval at which the logit or logarithm of a mean risk would be beyond 50 is taken as infinite. The likelihood without moderators keeps the baseline. infer(fit, glmm_wald_z{}), glmm_wald_t, glmm_profile_likelihood; correlation_test(fit).
/// Throws input_error on bad counts or designs, rank_error naming dependent columns; not_estimable if no study is complete, if all patients have an event, or if coefficients of
/// effect or baseline have no finite estimate because moderators separate arms without events, or of nothing but events, from the others (the message names them).
/// Kuss (2015) Stat Med 34:1097, doi:10.1002/sim.6383 (the model without moderators); Williams (1975) Biometrics 31:949.
template <detail::binary_trials Trials, class Measure, class Correlation = common_correlation>
  requires std::is_same_v<Measure, odds_ratio> || std::is_same_v<Measure, risk_ratio>
auto beta_binomial_regression(const Trials& trials, const Measure& measure, design<typename detail::trial_type<Trials>::real_type> moderators, const Correlation& correlation = {},
                              baseline_risk baseline = baseline_risk::by_moderators) -> beta_binomial_regression_fit<typename detail::trial_type<Trials>::real_type> {
  return detail::beta_binomial_regression_of_arms(trials, measure, std::move(moderators), correlation, baseline);
}

/// The same with a design of the baseline's own, which need not have anything in common with the effect's.
template <detail::binary_trials Trials, class Measure, class Correlation>
  requires std::is_same_v<Measure, odds_ratio> || std::is_same_v<Measure, risk_ratio>
auto beta_binomial_regression(const Trials& trials, const Measure& measure, design<typename detail::trial_type<Trials>::real_type> moderators, const Correlation& correlation,
                              design<typename detail::trial_type<Trials>::real_type> baseline) -> beta_binomial_regression_fit<typename detail::trial_type<Trials>::real_type> {
  return detail::beta_binomial_regression_of_arms(trials, measure, std::move(moderators), correlation, std::move(baseline));
}

/// Proportions of one group regressed on moderators by the beta-binomial model, on the logit scale (logit_proportion) or the logarithmic one (log_proportion, no mean above 1).
/// Method, accuracy and errors as above.
template <class Studies, class Measure>
  requires detail::range_of_trials<Studies, proportion> && (std::is_same_v<Measure, logit_proportion> || std::is_same_v<Measure, log_proportion>)
auto beta_binomial_regression(const Studies& studies, const Measure& measure, design<typename detail::trial_type<Studies>::real_type> moderators)
    -> beta_binomial_regression_fit<typename detail::trial_type<Studies>::real_type> {
  return detail::beta_binomial_regression_of_group(studies, measure, std::move(moderators));
}

}  // namespace metapool
