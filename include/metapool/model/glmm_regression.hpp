// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/model/conditional_glmm.hpp>
#include <metapool/model/fit_regression_likelihood.hpp>
#include <metapool/model/one_group_glmm.hpp>
#include <metapool/model/residual_form.hpp>
#include <metapool/model/unconditional_glmm.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace metapool {

namespace detail {

/// Models of one normal effect a study: conditional, or of one group.
template <class Trials, class Measure, class Model>
auto one_effect_regression(const Trials& trials, const Measure& measure, design<typename trial_type<Trials>::real_type> moderators, const Model& model) {
  using Real = typename trial_type<Trials>::real_type;
  constexpr const char* function = "glmm_regression";
  glmm_regression_fit<Real> fit;
  fit.measure = Measure::info;
  fit.method = method_of(measure, model);
  const auto kernels = one_effect_kernels<Real>(function, fit, trials, measure, model);
  using Kernel = typename decltype(kernels)::value_type;
  take_design(function, fit, std::move(moderators));
  fit.k = kernels.size();
  fit.df = fit.k - fit.p();
  const orthogonal_columns<Real> columns(fit.design.x);
  std::vector<likelihood_side> sides;
  Real constant = 0;
  for (const Kernel& kernel : kernels) {
    sides.push_back(side_of(kernel));
    constant += kernel.log_constant();
  }
  check_separation(function, fit, columns, columns.q, sides);
  fit_regression_likelihood(function, fit, one_effect_likelihood<Real, Kernel>(kernels), columns, constant);
  homogeneity_of_kernels(fit, kernels, columns.q, Real(fit.common_log_likelihood - constant));
  return fit;
}

template <class Trials, class Measure>
auto unconditional_regression(const Trials& trials, const Measure& measure, design<typename trial_type<Trials>::real_type> moderators, const fixed_study_effects& model) {
  using Real = typename trial_type<Trials>::real_type;
  using Kernel = decltype(arms_of(*std::begin(trials), measure).first);
  constexpr const char* function = "glmm_regression";
  glmm_regression_fit<Real> fit;
  fit.measure = Measure::info;
  fit.method = method_of(measure, model);
  const auto arms = both_arms<Real, Kernel>(function, fit, trials, measure, false);
  take_design(function, fit, std::move(moderators));
  fit.df = fit.k - fit.p();
  const orthogonal_columns<Real> columns(fit.design.x);
  std::vector<likelihood_side> sides;
  for (std::size_t i = 0; i < fit.k; ++i) {
    const bool falls = arms.treated[i].lowest() || arms.control[i].highest(), rises = arms.treated[i].highest() || arms.control[i].lowest();
    sides.push_back(falls ? likelihood_side::falls : rises ? likelihood_side::rises : likelihood_side::inside);
  }
  check_separation(function, fit, columns, columns.q, sides);
  const Real constant = constants_of<Real>(arms), share = treated_share<Real>(model.coding);
  fit_regression_likelihood(function, fit, fixed_levels_likelihood<Real, Kernel>(arms.treated, arms.control, share), columns, constant);
  homogeneity_of_fixed_levels(fit, arms.treated, arms.control, columns.q, Real(fit.common_log_likelihood - constant));
  return fit;
}

template <class Trials, class Measure>
auto unconditional_regression(const Trials& trials, const Measure& measure, design<typename trial_type<Trials>::real_type> moderators, const random_study_effects& model) {
  using Real = typename trial_type<Trials>::real_type;
  using Kernel = decltype(arms_of(*std::begin(trials), measure).first);
  constexpr const char* function = "glmm_regression";
  glmm_regression_fit<Real> fit;
  fit.measure = Measure::info;
  fit.method = method_of(measure, model);
  const auto arms = both_arms<Real, Kernel>(function, fit, trials, measure, model.double_zeros == double_zero::keep);
  take_design(function, fit, std::move(moderators));
  const std::size_t studies = arms.treated.size();
  if (studies < 2) throw_not_estimable(function, "the variance of the studies' levels needs two studies");
  if (fit.k < fit.p()) throw_not_estimable(function, to_text(fit.k) + " informative studies cannot estimate " + to_text(fit.p()) + " coefficients");
  fit.df = fit.k - fit.p();
  const orthogonal_columns<Real> columns(fit.design.x);
  // one row an arm, the last column being the mean of the levels
  const auto k = static_cast<Eigen::Index>(studies);
  matrix_of<Real> rows(2 * k, columns.q.cols() + 1);
  std::vector<likelihood_side> sides;
  for (Eigen::Index i = 0; i < 2 * k; ++i) {
    const auto at = static_cast<std::size_t>(i < k ? i : i - k);
    rows.row(i).head(columns.q.cols()) = columns.q.row(static_cast<Eigen::Index>(at)) * (i < k ? Real(1) : Real(0));
    rows(i, columns.q.cols()) = 1;
    sides.push_back(side_of(i < k ? arms.treated[at] : arms.control[at]));
  }
  check_separation(function, fit, columns, rows, sides);
  const Real constant = constants_of<Real>(arms), share = treated_share<Real>(model.coding);
  using independent = random_levels_likelihood<Real, Kernel>;
  if (model.correlated) {
    fit.method += ", correlated";
    regression_likelihood<Real, independent> uncorrelated(independent(arms.treated, arms.control, Real(1) / 2, true), columns.q);
    auto bounds = search_bounds<Real>(uncorrelated);
    bounds[fit.p()].held = fit.k <= fit.p();
    const auto near = search_maxima<Real>(uncorrelated, uncorrelated.start(), bounds).best.x;
    const std::size_t t = fit.p();
    const std::array<Real, 4> start{t > 0 ? near[0] : Real(0), near[t], near[t + 1], near[t + 2]};
    fit_regression_likelihood(function, fit, correlated_levels_likelihood<Real, Kernel>(arms.treated, arms.control, start, true), columns, constant);
  } else {
    fit_regression_likelihood(function, fit, independent(arms.treated, arms.control, share, true), columns, constant);
  }
  homogeneity_of_random_levels(fit, arms.treated, arms.control, columns.q, *fit.intercept, *fit.sigma2, Real(fit.common_log_likelihood - constant));
  return fit;
}

}  // namespace detail

/// Odds ratios, risk ratios or rate ratios regressed on moderators by a generalised linear mixed model of the counts: the mean effect of a study is its row of the
/// design times coefficients, its effect is normal around that. Nothing is added to any cell.
///
/// model: conditional_exact or conditional_approximate, fixed_study_effects or random_study_effects, for the measures that `glmm` has them for (metafor's
/// rma.glmm with mods). moderators: a design (design_of and the builders) with one row for each study offered, of which the rows of those without information are
/// left out, or one for each study pooled. They act on the effect; random levels are
/// those of the control arms, whose mean is taken to be the same whatever the moderators (as in metafor), correlated with the effects if the model says so. With an intercept alone this is glmm.
/// Newton's method with exact derivatives, in columns that were made orthogonal; the quadrature is refined until the answer no longer changes; 10 significant digits, less what
/// the condition of the design takes; 8 with random study effects. Tests and intervals: infer(fit), heterogeneity(fit).
/// Throws input_error on bad counts or designs, rank_error naming dependent columns; not_estimable if no study is informative, if coefficients
/// have no finite estimate because moderators separate studies without events (or with nothing but events) in one arm from the others (the message names them), or if tau2 has none.
/// Stijnen, Hamza & Ozdemir (2010) Stat Med 29:3046, doi:10.1002/sim.4040; Jackson et al. (2018) Stat Med 37:1059, doi:10.1002/sim.7588 (the models without moderators).
template <class Trials, class Measure, class Model>
  requires requires(const Trials& t, const Measure& measure, const Model& model) { glmm(t, measure, model); }
auto glmm_regression(const Trials& trials, const Measure& measure, design<typename detail::trial_type<Trials>::real_type> moderators, const Model& model)
    -> glmm_regression_fit<typename detail::trial_type<Trials>::real_type> {
  if constexpr (requires { model.coding; }) {
    return detail::unconditional_regression(trials, measure, std::move(moderators), model);
  } else {
    return detail::one_effect_regression(trials, measure, std::move(moderators), model);
  }
}

/// Proportions (logit_proportion) or rates (log_rate) of one group regressed on moderators. Scale, method, accuracy and errors as above.
template <class Studies, class Measure>
  requires requires(const Studies& s, const Measure& measure) { glmm(s, measure); }
auto glmm_regression(const Studies& studies, const Measure& measure, design<typename detail::trial_type<Studies>::real_type> moderators)
    -> glmm_regression_fit<typename detail::trial_type<Studies>::real_type> {
  return detail::one_effect_regression(studies, measure, std::move(moderators), detail::one_group{});
}

}  // namespace metapool
