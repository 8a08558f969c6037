// SPDX-License-Identifier: BSL-1.0
// The regressions without normal effects on random sparse tables, as in stress.cpp.
//
// METAPOOL_STRESS_SETS=5000 metapool_test_model -tc="stress: *" runs the full study.
#include <metapool/inference/glmm_regression.hpp>
#include <metapool/model/beta_binomial_regression.hpp>
#include <metapool/model/log_binomial_regression.hpp>
#include <metapool/model/penalised_logistic_regression.hpp>

#include "model/stress_sets.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

using namespace metapool;
using metapool_test::fault_of;
using metapool_test::moderators_of;
using metapool_test::over_sets;
using metapool_test::trial_set;

namespace {

/// What is wrong with a regression's answer; nothing if it is not estimable and says so.
template <class Fit>
std::string fault(const Fit& model, bool interval) {
  return fault_of([&]() -> std::string {
    const auto fit = model();
    if (!fit.convergence.converged) return "no convergence";
    if (!(fit.convergence.residual < 1e-8)) return "the gradient is not zero";
    if (!std::isfinite(fit.log_likelihood)) return "no likelihood";
    if (!(fit.log_likelihood >= *fit.log_likelihood_without_moderators - 1e-9)) return "not the highest";
    if constexpr (requires { fit.binomial_log_likelihood; }) {
      if (!(fit.log_likelihood >= fit.binomial_log_likelihood - 1e-9)) return "below the binomial";
    }
    for (std::size_t j = 0; j < fit.p(); ++j) {
      if (!std::isfinite(fit.coefficients(static_cast<Eigen::Index>(j)))) return "no estimate";
    }
    if (fit.state == estimate_state::finite) {
      const auto wald = infer(fit);
      for (std::size_t j = 0; j < fit.p(); ++j) {
        if (!(std::isfinite(wald.se[j]) && wald.se[j] > 0)) return "no standard error";
      }
    }
    if (!interval) return "";
    const auto profile = infer(fit, glmm_profile_likelihood{});
    for (std::size_t j = 0; j < fit.p(); ++j) {
      if (!(profile.lower[j] <= profile.estimate[j] && profile.estimate[j] <= profile.upper[j])) return "the interval is beside the estimate";
      for (const double end : {profile.lower[j], profile.upper[j]}) {
        if (!std::isfinite(end)) continue;
        const auto at = fit.profile(j, end);
        if (!at.converged) return "no convergence of a profile";
        if (!(std::fabs(2 * (fit.log_likelihood - at.log_likelihood) / fit.dispersion - 3.841458820694124) < 1e-6)) return "an end of the interval is not where the likelihood has fallen by 1.92";
      }
    }
    return "";
  });
}

}  // namespace

TEST_CASE("stress: log-binomial and Firth's regressions on moderators fail on no sparse tables") {
  over_sets(10, [](const trial_set& trials, bool interval) {
    const auto x = moderators_of(trials);
    return fault([&] { return log_binomial_regression(trials, risk_ratio{}, x); }, true) +
           fault([&] { return penalised_logistic_regression(trials, odds_ratio{}, x, over_dispersion::fletcher); }, interval);
  });
}

TEST_CASE("stress: beta-binomial regressions fail on no sparse tables") {
  over_sets(5, [](const trial_set& trials, bool interval) {
    const auto x = moderators_of(trials);
    std::string wrong = fault([&] { return beta_binomial_regression(trials, odds_ratio{}, x); }, interval);
    wrong += fault([&] { return beta_binomial_regression(trials, risk_ratio{}, x, arm_correlations{}); }, interval);
    return wrong + fault([&] { return beta_binomial_regression(trials, risk_ratio{}, x, common_correlation{}, baseline_risk::common); }, false);
  });
}
