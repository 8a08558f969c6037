// SPDX-License-Identifier: BSL-1.0
// One meta-analysis with few events by many methods, as a paper's figures print it.
#include "published/rosiglitazone.hpp"

#include <metapool/effect/binary_effects.hpp>
#include <metapool/effect/odds_ratio.hpp>
#include <metapool/effect/zero_cells.hpp>
#include <metapool/exact/common_odds_ratio.hpp>
#include <metapool/inference/glmm_inference.hpp>
#include <metapool/inference/wald.hpp>
#include <metapool/model/common_effect.hpp>
#include <metapool/model/conditional_glmm.hpp>
#include <metapool/model/mantel_haenszel.hpp>
#include <metapool/model/peto.hpp>
#include <metapool/model/random_effects.hpp>
#include <metapool/model/unconditional_glmm.hpp>
#include <metapool/tau2/dersimonian_laird.hpp>

#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {

void check_mean(const mean_inference<double>& mean, double estimate, double lower, double upper) {
  CHECK(close(mean.estimate, estimate, printed(3)));
  CHECK(close(mean.lower, lower, printed(3)));
  CHECK(close(mean.upper, upper, printed(3)));
}

}  // namespace

// Hansen & Rice (2023) Stat Med 42:3333 fit the 48 trials by many methods; the numbers beside their figures, logarithms of odds ratios with 95 % intervals,
// are in the code that they published (slh789/exactmeta2x2).

TEST_CASE("rosiglitazone and deaths by six methods: the figure of Hansen and Rice (2023)") {
  const auto trials = deaths(rosiglitazone_2009());
  check_mean(wald_z{}(peto(trials)), 0.495, -0.020, 1.010);
  check_mean(wald_z{}(mantel_haenszel(trials, odds_ratio{}, no_correction{})), 0.529, -0.016, 1.075);
  const auto effects = effect_sizes(trials, odds_ratio{});
  CHECK(effects.size() == 23);
  check_mean(wald_z{}(common_effect(effects)), 0.269, -0.217, 0.754);
  check_mean(wald_z{}(random_effects(effects, dersimonian_laird{})), 0.269, -0.217, 0.754);
  check_mean(infer(glmm(trials, odds_ratio{}, conditional_approximate{})), 0.506, -0.027, 1.040);
  const auto exact = glmm(trials, odds_ratio{}, conditional_exact{});
  CHECK(exact.tau2 == 0);
  check_mean(infer(exact), 0.508, -0.026, 1.043);  // the figure has 0.509
  // With tau2 = 0 that is the conditional estimate, here against 40 digits. The figure has it as 0.498, by rounded roots of polynomials; R 4.2's
  // mantelhaen.test(exact = TRUE) gives 0.508461 (-0.052427 to 1.092333).
  CHECK(close(exact.estimate, 0.50846706044202295681, digits8));
  const auto common = exact_common_odds_ratio(trials);
  CHECK(close(std::log(*common.odds_ratio), 0.50846706044202295681, digits10));
  CHECK(close(std::log(common.exact.lower), -0.05245871453729008007, digits10));
  CHECK(close(std::log(common.exact.upper), 1.09230387020804738809, digits10));
  // The figure has the full likelihood as 0.512 (-0.023 to 1.047): its code takes the survivors for all patients. R 4.2's glm() gives 0.509217
  // (-0.025329 to 1.043762) for all patients and 0.512010 for the survivors.
  const auto full = glmm(trials, odds_ratio{}, fixed_study_effects{});
  CHECK(full.tau2 == 0);
  check_mean(infer(full), 0.509, -0.025, 1.044);
}

TEST_CASE("rosiglitazone and infarctions by eight methods: the figure of Hansen and Rice (2023)") {
  const auto trials = infarctions(rosiglitazone_2009());
  check_mean(wald_z{}(peto(trials)), 0.356, 0.030, 0.683);
  check_mean(wald_z{}(mantel_haenszel(trials, odds_ratio{}, no_correction{})), 0.356, 0.029, 0.682);
  const auto effects = effect_sizes(trials, odds_ratio{});
  CHECK(effects.size() == 38);
  check_mean(wald_z{}(common_effect(effects)), 0.251, -0.062, 0.565);
  check_mean(wald_z{}(random_effects(effects, dersimonian_laird{})), 0.251, -0.062, 0.565);
  check_mean(infer(glmm(trials, odds_ratio{}, conditional_approximate{})), 0.351, 0.027, 0.675);
  const auto exact = glmm(trials, odds_ratio{}, conditional_exact{});
  CHECK(exact.tau2 == 0);
  check_mean(infer(exact), 0.355, 0.029, 0.681);
  CHECK(close(exact.estimate, 0.35483998306759222341, digits8));  // 40 digits
  CHECK(close(std::log(*exact_common_odds_ratio(trials).odds_ratio), 0.35483998306759222341, digits10));
  const auto full = glmm(trials, odds_ratio{}, fixed_study_effects{});
  CHECK(full.tau2 == 0);
  check_mean(infer(full), 0.355, 0.029, 0.681);
}
