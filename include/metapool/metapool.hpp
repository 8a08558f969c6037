// SPDX-License-Identifier: BSL-1.0
// Everything. Including it costs about two seconds of compile time; single headers cost less.
#pragma once

#include <metapool/version.hpp>

#include <metapool/data/binary_trial.hpp>
#include <metapool/data/continuous_trial.hpp>
#include <metapool/data/correlation.hpp>
#include <metapool/data/csv.hpp>
#include <metapool/data/error.hpp>
#include <metapool/data/group_mean.hpp>
#include <metapool/data/log_rank.hpp>
#include <metapool/data/matched_pairs.hpp>
#include <metapool/data/partial_correlation.hpp>
#include <metapool/data/pre_post.hpp>
#include <metapool/data/proportion.hpp>
#include <metapool/data/rate.hpp>
#include <metapool/data/rate_trial.hpp>
#include <metapool/data/reliability.hpp>
#include <metapool/data/reported.hpp>
#include <metapool/data/revman.hpp>
#include <metapool/data/revman5.hpp>
#include <metapool/data/revman_web.hpp>

#include <metapool/effect/arcsine_difference.hpp>
#include <metapool/effect/binary_effects.hpp>
#include <metapool/effect/change_differences.hpp>
#include <metapool/effect/change_measures.hpp>
#include <metapool/effect/combine.hpp>
#include <metapool/effect/common_language.hpp>
#include <metapool/effect/continuous_effects.hpp>
#include <metapool/effect/correlation_measures.hpp>
#include <metapool/effect/effects.hpp>
#include <metapool/effect/freeman_tukey.hpp>
#include <metapool/effect/glass_delta.hpp>
#include <metapool/effect/hazard_ratio.hpp>
#include <metapool/effect/heteroscedastic_smd.hpp>
#include <metapool/effect/incidence_rate_difference.hpp>
#include <metapool/effect/incidence_rate_ratio.hpp>
#include <metapool/effect/mean_difference.hpp>
#include <metapool/effect/mean_measures.hpp>
#include <metapool/effect/odds_ratio.hpp>
#include <metapool/effect/olkin_pratt.hpp>
#include <metapool/effect/paired_conditional.hpp>
#include <metapool/effect/paired_effects.hpp>
#include <metapool/effect/paired_marginal.hpp>
#include <metapool/effect/partial_correlation_measures.hpp>
#include <metapool/effect/peto_odds_ratio.hpp>
#include <metapool/effect/phi_coefficient.hpp>
#include <metapool/effect/point_biserial.hpp>
#include <metapool/effect/proportion_measures.hpp>
#include <metapool/effect/rate_measures.hpp>
#include <metapool/effect/ratio_of_means.hpp>
#include <metapool/effect/reliability_measures.hpp>
#include <metapool/effect/reported_effects.hpp>
#include <metapool/effect/revman_smd.hpp>
#include <metapool/effect/risk_difference.hpp>
#include <metapool/effect/risk_ratio.hpp>
#include <metapool/effect/scale.hpp>
#include <metapool/effect/smd_from_table.hpp>
#include <metapool/effect/standard_error.hpp>
#include <metapool/effect/standardized_mean_difference.hpp>
#include <metapool/effect/variability_ratio.hpp>
#include <metapool/effect/yule.hpp>
#include <metapool/effect/zero_cells.hpp>

#include <metapool/conversion/arms.hpp>
#include <metapool/conversion/box_cox.hpp>
#include <metapool/conversion/chi_squared_tables.hpp>
#include <metapool/conversion/crossover.hpp>
#include <metapool/conversion/effect_scales.hpp>
#include <metapool/conversion/estimates.hpp>
#include <metapool/conversion/five_numbers.hpp>
#include <metapool/conversion/kaplan_meier.hpp>
#include <metapool/conversion/log_rank.hpp>
#include <metapool/conversion/percentages.hpp>
#include <metapool/conversion/printed.hpp>
#include <metapool/conversion/quantile_estimate.hpp>
#include <metapool/conversion/reconstruct_survival.hpp>
#include <metapool/conversion/standard_deviation.hpp>
#include <metapool/conversion/survival_times.hpp>
#include <metapool/conversion/tables.hpp>

#include <metapool/tau2/any.hpp>
#include <metapool/tau2/approximate_reml.hpp>
#include <metapool/tau2/bayes_modal.hpp>
#include <metapool/tau2/bootstrap_dersimonian_laird.hpp>
#include <metapool/tau2/dersimonian_laird.hpp>
#include <metapool/tau2/fixed.hpp>
#include <metapool/tau2/generalized_q.hpp>
#include <metapool/tau2/hartung_makambi.hpp>
#include <metapool/tau2/hedges.hpp>
#include <metapool/tau2/hunter_schmidt.hpp>
#include <metapool/tau2/iterated_dersimonian_laird.hpp>
#include <metapool/tau2/maximum_likelihood.hpp>
#include <metapool/tau2/median_unbiased_paule_mandel.hpp>
#include <metapool/tau2/paule_mandel.hpp>
#include <metapool/tau2/problem.hpp>
#include <metapool/tau2/reml.hpp>
#include <metapool/tau2/rukhin.hpp>
#include <metapool/tau2/sidik_jonkman.hpp>
#include <metapool/tau2/two_step.hpp>

#include <metapool/model/common_effect.hpp>
#include <metapool/model/fit.hpp>
#include <metapool/model/mantel_haenszel.hpp>
#include <metapool/model/mantel_haenszel_rates.hpp>
#include <metapool/model/peto.hpp>
#include <metapool/model/random_effects.hpp>
#include <metapool/model/revman_random_effects.hpp>
#include <metapool/model/subgroups.hpp>

#include <metapool/inference/advice.hpp>
#include <metapool/inference/analyse.hpp>
#include <metapool/inference/blup.hpp>
#include <metapool/inference/hartung_knapp.hpp>
#include <metapool/inference/heterogeneity.hpp>
#include <metapool/inference/infer.hpp>
#include <metapool/inference/information_criteria.hpp>
#include <metapool/inference/kenward_roger.hpp>
#include <metapool/inference/number_needed_to_treat.hpp>
#include <metapool/inference/predict.hpp>
#include <metapool/inference/predict_partlett_riley.hpp>
#include <metapool/inference/profiles.hpp>
#include <metapool/inference/q_profile.hpp>
#include <metapool/inference/sidik_jonkman_robust.hpp>
#include <metapool/inference/situation.hpp>
#include <metapool/inference/subgroup_test.hpp>
#include <metapool/inference/table_tests.hpp>
#include <metapool/inference/wald.hpp>

#include <metapool/exact/fisher.hpp>
#include <metapool/exact/pearson_chi_squared.hpp>
#include <metapool/exact/proportion.hpp>

#include <metapool/plot/forest.hpp>
#include <metapool/plot/svg.hpp>
#include <metapool/report/plausibility.hpp>
#include <metapool/report/plausible_effects.hpp>
#include <metapool/report/plausible_trials.hpp>
#include <metapool/report/revman_fit.hpp>
#include <metapool/report/summary.hpp>
#include <metapool/report/verification.hpp>
#include <metapool/report/verify.hpp>

// Regression takes designs as Eigen's matrices, and is there where Eigen is.
#if __has_include(<Eigen/Core>)
#include <metapool/model/design.hpp>
#include <metapool/model/meta_regression.hpp>

#include <metapool/inference/regression.hpp>
#endif
