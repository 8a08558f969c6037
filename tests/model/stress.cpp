// SPDX-License-Identifier: BSL-1.0
// Every likelihood model on random sparse tables: 2 to 60 trials, 0 to 3 events an arm, arms and trials without any event, arms of one to five patients. None
// may fail: each answers with a maximum at which the likelihood is flat, or says why there is none.
//
// METAPOOL_STRESS_SETS=5000 metapool_test_model -tc="stress: *" runs the full study; METAPOOL_STRESS_FIRST=2501 begins at that set.
#include <metapool/inference/glmm_inference.hpp>
#include <metapool/inference/glmm_regression.hpp>
#include <metapool/model/beta_binomial.hpp>
#include <metapool/model/conditional_glmm.hpp>
#include <metapool/model/glmm_regression.hpp>
#include <metapool/model/log_binomial.hpp>
#include <metapool/model/one_group_glmm.hpp>
#include <metapool/model/penalised_logistic.hpp>
#include <metapool/model/unconditional_glmm.hpp>

#include "model/stress_sets.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

using namespace metapool;
using metapool_test::fault_of;
using metapool_test::moderators_of;
using metapool_test::over_sets;
using metapool_test::trial_set;

namespace {

std::vector<proportion<>> treated_arms(const trial_set& trials) {
  std::vector<proportion<>> arms;
  for (const auto& t : trials) arms.push_back({t.label, t.treated.events, t.treated.total});
  return arms;
}

/// What is wrong with a model's answer; nothing if it is not estimable and says so.
template <class Fit>
std::string fault(const Fit& model, bool interval) {
  return fault_of([&]() -> std::string {
    const auto fit = model();
    if (!fit.convergence.converged) return "no convergence";
    if (!(fit.convergence.residual < 1e-8)) return "the gradient is not zero";
    if (!std::isfinite(fit.log_likelihood)) return "no likelihood";
    bool finite = true;
    if constexpr (requires { fit.state; }) finite = fit.state == estimate_state::finite;
    if constexpr (requires { fit.tau2; }) {
      if (!(fit.tau2 >= 0 && fit.tau2 < 400)) return "tau2 is not a variance";
    }
    if (finite && !(std::isfinite(fit.estimate) && std::isfinite(fit.se) && fit.se > 0)) return "no estimate, and no state that says so";
    if (!interval) return "";
    const auto mean = infer(fit, glmm_profile_likelihood{});
    if (!(mean.lower <= mean.estimate && mean.estimate <= mean.upper)) return "the interval is beside the estimate";
    if (!(mean.p >= 0 && mean.p <= 1)) return "no p";
    for (const double end : {mean.lower, mean.upper}) {
      if (!std::isfinite(end)) continue;
      const auto at = fit.profile(end);
      double drop = 2 * (fit.log_likelihood - at.log_likelihood), boundary = std::numeric_limits<double>::infinity();
      if constexpr (requires { fit.dispersion; }) {
        drop /= fit.dispersion;
        boundary = fit.highest;
      }
      if (end < boundary && !(std::fabs(drop - 3.841458820694124) < 1e-6))
        return "an end of the interval is not where the likelihood has fallen by 1.92";
    }
    return "";
  });
}

/// The same of a regression.
template <class Fit>
std::string regression_fault(const Fit& model, bool interval) {
  return fault_of([&]() -> std::string {
    const auto fit = model();
    if (!fit.convergence.converged) return "no convergence";
    if (!(fit.convergence.residual < 1e-8)) return "the gradient is not zero";
    if (!std::isfinite(fit.log_likelihood)) return "no likelihood";
    if (!(fit.tau2 >= 0 && fit.tau2 < 400)) return "tau2 is not a variance";
    if (!(fit.q_wald >= 0 && fit.q_lrt >= 0)) return "no test of heterogeneity";
    if (!(fit.log_likelihood >= fit.common_log_likelihood && fit.log_likelihood >= *fit.log_likelihood_without_moderators - 1e-9)) return "not the highest";
    const auto wald = infer(fit);
    for (std::size_t j = 0; j < fit.p(); ++j) {
      if (!(std::isfinite(wald.estimate[j]) && std::isfinite(wald.se[j]) && wald.se[j] > 0)) return "no estimate";
    }
    if (!interval) return "";
    const auto profile = infer(fit, glmm_profile_likelihood{});
    for (std::size_t j = 0; j < fit.p(); ++j) {
      if (!(profile.lower[j] <= profile.estimate[j] && profile.estimate[j] <= profile.upper[j])) return "the interval is beside the estimate";
    }
    return "";
  });
}

}  // namespace

TEST_CASE("stress: conditional models fail on no sparse tables") {
  over_sets(10, [](const trial_set& trials, bool interval) {
    std::string wrong = fault([&] { return glmm(trials, odds_ratio{}, conditional_exact{}); }, interval);
    wrong += fault([&] { return glmm(trials, odds_ratio{}, conditional_approximate{}); }, false);
    wrong += fault([&] { return glmm(trials, risk_ratio{}, conditional_approximate{}); }, false);
    return wrong + fault([&] { return glmm(treated_arms(trials), logit_proportion{}); }, interval);
  });
}

TEST_CASE("stress: unconditional models fail on no sparse tables") {
  over_sets(2, [](const trial_set& trials, bool) {
    std::string wrong = fault([&] { return glmm(trials, odds_ratio{}, fixed_study_effects{}); }, false);
    wrong += fault([&] { return glmm(trials, risk_ratio{}, fixed_study_effects{}); }, false);
    wrong += fault([&] { return glmm(trials, odds_ratio{}, random_study_effects{}); }, false);
    wrong += fault([&] { return glmm(trials, odds_ratio{}, fixed_study_effects{effect_coding::treated}); }, false);
    wrong += fault([&] { return glmm(trials, odds_ratio{}, random_study_effects{double_zero::keep, effect_coding::treated}); }, false);
    wrong += fault([&] { return glmm(trials, odds_ratio{}, random_study_effects{double_zero::drop, effect_coding::halves, true}); }, false);
    return wrong + fault([&] { return glmm(trials, risk_ratio{}, random_study_effects{}); }, false);
  });
}

TEST_CASE("stress: beta-binomial models fail on no sparse tables") {
  over_sets(20, [](const trial_set& trials, bool interval) {
    std::string wrong = fault([&] { return beta_binomial(trials, odds_ratio{}); }, interval);
    wrong += fault([&] { return beta_binomial(trials, risk_ratio{}, arm_correlations{}); }, interval);
    return wrong + fault([&] { return beta_binomial(treated_arms(trials), log_proportion{}); }, interval);
  });
}

TEST_CASE("stress: log-binomial and Firth's regression fail on no sparse tables") {
  over_sets(40, [](const trial_set& trials, bool interval) {
    return fault([&] { return log_binomial(trials); }, true) +
           fault([&] { return penalised_logistic(trials, odds_ratio{}, over_dispersion::fletcher); }, interval);
  });
}

TEST_CASE("stress: likelihood regressions fail on no sparse tables") {
  over_sets(3, [](const trial_set& trials, bool interval) {
    const auto x = moderators_of(trials);
    std::string wrong = regression_fault([&] { return glmm_regression(trials, odds_ratio{}, x, conditional_exact{}); }, interval);
    wrong += regression_fault([&] { return glmm_regression(trials, risk_ratio{}, x, conditional_approximate{}); }, false);
    wrong += regression_fault([&] { return glmm_regression(trials, odds_ratio{}, x, fixed_study_effects{}); }, false);
    return wrong + regression_fault([&] { return glmm_regression(trials, odds_ratio{}, x, random_study_effects{}); }, false);
  });
}
