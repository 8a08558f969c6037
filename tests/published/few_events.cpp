// SPDX-License-Identifier: BSL-1.0
// Analyses of trials with few events that papers print: likelihood models. "Reproduction": see estimators.cpp.
#include <metapool/effect/binary_effects.hpp>
#include <metapool/effect/count_effects.hpp>
#include <metapool/effect/incidence_rate_ratio.hpp>
#include <metapool/effect/odds_ratio.hpp>
#include <metapool/effect/proportion_measures.hpp>
#include <metapool/effect/rate_effects.hpp>
#include <metapool/effect/rate_measures.hpp>
#include <metapool/inference/glmm_inference.hpp>
#include <metapool/inference/wald.hpp>
#include <metapool/model/conditional_glmm.hpp>
#include <metapool/model/one_group_glmm.hpp>
#include <metapool/model/random_effects.hpp>
#include <metapool/tau2/reml.hpp>

#include "model/sparse_tables.hpp"
#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {

/// The arms of the catheter trials as studies of one group: infections of patients.
std::vector<proportion<>> infections(bool treated) {
  std::vector<proportion<>> arms;
  for (const auto& t : catheters())
    arms.push_back({t.label, (treated ? t.treated : t.control).events, (treated ? t.treated : t.control).total});
  return arms;
}

/// Infections a thousand catheter days.
std::vector<rate<>> infection_rates(bool treated) {
  std::vector<rate<>> arms;
  for (const auto& t : catheter_rates())
    arms.push_back({"s", (treated ? t.treated : t.control).events, *(treated ? t.treated : t.control).time / 1000});
  return arms;
}

struct printed_mean {
  double mean, se, natural, lower, upper;
};

void check_mean(const mean_inference<double>& mean, const printed_mean& print, int decimals, int natural_decimals) {
  CHECK(close(mean.estimate, print.mean, printed(decimals)));
  CHECK(close(mean.se, print.se, printed(decimals)));
  CHECK(close(mean.natural().estimate, print.natural, printed(natural_decimals)));
  CHECK(close(mean.natural().lower, print.lower, printed(natural_decimals)));
  CHECK(close(mean.natural().upper, print.upper, printed(natural_decimals)));
}

}  // namespace

TEST_CASE("catheters, one arm at a time: Stijnen, Hamza and Ozdemir (2010) Stat Med 29:3046, table II, page 3050") {
  // the normal-normal model; the article prints 0.035 (0.023 to 0.056) for the risk of the controls, the reproduction has 0.036 (0.023 to 0.055)
  const auto control = random_effects(effect_sizes(infections(false), logit_proportion{}), reml{});
  check_mean(wald_z{}(control), {-3.30, 0.24, 0.036, 0.023, 0.055}, 2, 3);
  CHECK(close(*control.tau2, 0.663, printed(3)));
  const auto treated = random_effects(effect_sizes(infections(true), logit_proportion{}), reml{});
  check_mean(wald_z{}(treated), {-4.26, 0.26, 0.014, 0.008, 0.023}, 2, 3);
  CHECK(close(*treated.tau2, 0.393, printed(3)));
  // the binomial-normal model
  const auto control_counts = glmm(infections(false), logit_proportion{});
  check_mean(infer(control_counts), {-3.50, 0.26, 0.029, 0.018, 0.048}, 2, 3);
  CHECK(close(control_counts.tau2, 0.81, printed(2)));
  const auto treated_counts = glmm(infections(true), logit_proportion{});
  check_mean(infer(treated_counts), {-4.81, 0.36, 0.008, 0.004, 0.016}, 2, 3);
  CHECK(close(treated_counts.tau2, 0.83, printed(2)));
}

TEST_CASE("catheters, odds ratio: Stijnen, Hamza and Ozdemir (2010), table III, page 3052") {
  // normal-normal; the article prints a standard error of 0.244 and an upper limit of 0.62, the reproduction has 0.243 and 0.60
  const auto normal = random_effects(effect_sizes(catheters(), odds_ratio{}), reml{});
  const auto mean = wald_z{}(normal);
  CHECK(normal.data.size() == 17);
  check_mean(mean, {-0.980, 0.243, 0.38, 0.23, 0.60}, 3, 2);
  CHECK(close(std::sqrt(*normal.tau2), 0.19, printed(2)));
  // hypergeometric-normal; the article prints 0.25 for exp(-1.353), which is 0.26
  const auto exact = glmm(catheters(), odds_ratio{}, conditional_exact{});
  check_mean(infer(exact), {-1.353, 0.351, 0.26, 0.13, 0.51}, 3, 2);
  CHECK(close(std::sqrt(exact.tau2), 0.83, printed(2)));
  // its binomial approximation; the article prints 0.77 for the standard deviation of the effects, the reproduction has 0.78
  const auto approximate = glmm(catheters(), odds_ratio{}, conditional_approximate{});
  check_mean(infer(approximate), {-1.303, 0.339, 0.27, 0.14, 0.53}, 3, 2);
  CHECK(close(std::sqrt(approximate.tau2), 0.78, printed(2)));
}

TEST_CASE("infections over catheter days, one arm at a time: Stijnen, Hamza and Ozdemir (2010), table VII, page 3054") {
  // normal-normal; the article prints 6.99 for the upper limit of the controls, the reproduction has 6.98
  const auto control = random_effects(effect_sizes(infection_rates(false), log_rate{}), reml{});
  check_mean(wald_z{}(control), {1.468, 0.243, 4.34, 2.70, 6.98}, 3, 2);
  CHECK(close(*control.tau2, 0.370, printed(3)));
  const auto treated = random_effects(effect_sizes(infection_rates(true), log_rate{}), reml{});
  check_mean(wald_z{}(treated), {0.981, 0.326, 2.67, 1.41, 5.05}, 3, 2);
  CHECK(close(*treated.tau2, 0.639, printed(3)));
  // Poisson-normal; the article prints 0.316 for tau2 of the controls, 0.850 and 1.23 for the treated, the reproduction has 0.317, 0.849 and 1.22
  const auto control_counts = glmm(infection_rates(false), log_rate{});
  check_mean(infer(control_counts), {1.401, 0.231, 4.06, 2.58, 6.38}, 3, 2);
  CHECK(close(control_counts.tau2, 0.317, printed(3)));
  const auto treated_counts = glmm(infection_rates(true), log_rate{});
  check_mean(infer(treated_counts), {0.849, 0.330, 2.34, 1.22, 4.47}, 3, 2);
  CHECK(close(treated_counts.tau2, 0.654, printed(3)));
}

TEST_CASE("infections over catheter days, rate ratio: Stijnen, Hamza and Ozdemir (2010), table VIII, page 3055") {
  // normal-normal; the article prints a standard error of 0.223 and an upper limit of 1.04, the reproduction has 0.227 and 1.05
  const auto normal = random_effects(effect_sizes(catheter_rates(), incidence_rate_ratio{}), reml{});
  check_mean(wald_z{}(normal), {-0.396, 0.227, 0.67, 0.43, 1.05}, 3, 2);
  CHECK(close(std::sqrt(*normal.tau2), 0.31, printed(2)));
  const auto counts = glmm(catheter_rates(), incidence_rate_ratio{}, conditional_exact{});
  check_mean(infer(counts), {-0.476, 0.238, 0.62, 0.39, 0.99}, 3, 2);
  CHECK(close(std::sqrt(counts.tau2), 0.35, printed(2)));
}
