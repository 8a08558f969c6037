// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/contrasts.hpp>
#include <metapool/inference/glmm_regression.hpp>
#include <metapool/model/glmm_regression.hpp>

#include "model/sparse_tables.hpp"
#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

using namespace metapool;
using metapool_test::close;
using metapool_test::trial;

namespace {

const std::vector<double> latitudes{44, 55, 42, 52, 13, 44, 19, 13, 27, 42, 18, 33, 33};

metapool_test::tolerance peer(double relative) { return {relative, 0, 0, "where metafor's search stops"}; }

}  // namespace

TEST_CASE("Wald tests of a likelihood regression are metafor's") {
  // metafor 3.8, rma.glmm, UM.FS of BCG by latitude: z of the slope -11.9658, QM 143.18091
  const auto fit = glmm_regression(metapool_test::bcg(), odds_ratio{}, design_of(latitudes, "latitude"), fixed_study_effects{});
  const auto z = infer(fit);
  CHECK(close(z.statistic[1], -0.0333291442 / 0.00278536168, peer(1e-6)));
  CHECK(close(z.lower[0], 0.3988590450 - 1.959963984540054 * 0.0822144376, peer(1e-6)));
  CHECK(close(z.upper[0], 0.3988590450 + 1.959963984540054 * 0.0822144376, peer(1e-6)));
  REQUIRE(z.moderators);
  CHECK(close(z.moderators->statistic, 143.18091, peer(1e-5)));
  CHECK(z.moderators->df1 == 1);
  CHECK_FALSE(z.df[1]);
  const auto t = infer(fit, glmm_wald_t{});
  REQUIRE(t.df[1]);
  CHECK(*t.df[1] == 11);
  CHECK(close(t.upper[0] - t.estimate[0], 2.200985160082949 * t.se[0], metapool_test::digits10));  // qt(0.975, 11)
  CHECK(close(t.moderators->statistic, z.moderators->statistic, metapool_test::digits12));
  CHECK(*t.moderators->df2 == 11);
  // the effect at latitude 40
  matrix_of<double> l(1, 2);
  l << 1, 40;
  CHECK(close(contrasts(z, l).estimate[0], fit.coefficients(0) + 40 * fit.coefficients(1), metapool_test::digits12));
}

TEST_CASE("Residual heterogeneity: Wald, likelihood ratio and tau2 = 0") {
  const auto fit = glmm_regression(metapool_test::catheters(), odds_ratio{}, intercept_only(18), conditional_approximate{});
  const auto one = heterogeneity(glmm(metapool_test::catheters(), odds_ratio{}, conditional_approximate{})), h = heterogeneity(fit);
  CHECK(close(h.p_lrt, one.p_lrt, metapool_test::digits10));
  CHECK(close(h.p_wald, one.p_wald, metapool_test::digits10));
  CHECK(close(h.tau2_lrt, one.tau2_lrt, metapool_test::digits10));
  CHECK(close(h.tau2_p, one.tau2_p, metapool_test::digits10));
}

TEST_CASE("Profile intervals end where the likelihood has fallen by 1.92; the test of moderators is the likelihood ratio") {
  const auto trials = metapool_test::catheter_rates();
  std::vector<double> days;
  for (const auto& t : trials) days.push_back(*t.treated.time);  // in units that make the slope small
  const auto fit = glmm_regression(trials, incidence_rate_ratio{}, design_of(days, "days"), conditional_exact{});
  const auto r = infer(fit, glmm_profile_likelihood{});
  for (std::size_t j = 0; j < 2; ++j) {
    CHECK(r.lower[j] < r.estimate[j]);
    CHECK(r.estimate[j] < r.upper[j]);
    for (const double end : {r.lower[j], r.upper[j]}) {
      const auto at = fit.profile(j, end);
      CHECK(close(2 * (fit.log_likelihood - at.log_likelihood), 3.841458820694124, metapool_test::digits8));
      const double h = 1e-4 * r.se[j];
      const double slope = (fit.profile(j, end + h).log_likelihood - fit.profile(j, end - h).log_likelihood) / (2 * h);
      CHECK(close(at.slope, slope, metapool_test::digits6));
    }
  }
  CHECK(close(r.statistic[1] * r.statistic[1], r.moderators->statistic, metapool_test::digits8));
  CHECK(close(r.moderators->statistic, 2 * (fit.log_likelihood - *fit.log_likelihood_without_moderators), metapool_test::digits12));
  CHECK(close(r.p[1], r.moderators->p, metapool_test::digits8));
}

TEST_CASE("The profile interval of an intercept alone is that of the mean; an open end says so") {
  const std::vector<binary_trial<>> trials{trial("1", 1, 12, 5, 12), trial("2", 4, 30, 3, 28), trial("3", 0, 20, 4, 21), trial("5", 2, 40, 9, 39)};
  const auto mean = infer(glmm(trials, odds_ratio{}, conditional_exact{}), glmm_profile_likelihood{});
  const auto r = infer(glmm_regression(trials, odds_ratio{}, intercept_only(4), conditional_exact{}), glmm_profile_likelihood{});
  CHECK(close(r.lower[0], mean.lower, metapool_test::digits8));
  CHECK(close(r.upper[0], mean.upper, metapool_test::digits8));
  CHECK(close(r.p[0], mean.p, metapool_test::digits8));
  CHECK_FALSE(r.moderators);
  // at x = 1 no study has events in both arms: with a wide tau2 any slope explains them
  const std::vector<binary_trial<>> few{trial("1", 2, 12, 1, 12), trial("2", 1, 30, 1, 28), trial("3", 0, 20, 2, 21), trial("4", 1, 25, 0, 24)};
  const auto wide = infer(glmm_regression(few, odds_ratio{}, design_of(std::vector<double>{0, 0, 1, 1}, "x"), conditional_exact{}), glmm_profile_likelihood{0.9999});
  CHECK(wide.upper[1] == std::numeric_limits<double>::infinity());
  CHECK(wide.lower[1] < wide.estimate[1]);
  REQUIRE(!wide.notes.empty());
  CHECK(metapool_test::contains(wide.notes.back(), "'x' is open"));
}

TEST_CASE("What a regression's inference refuses") {
  const std::vector<binary_trial<>> two{trial("1", 2, 12, 5, 12), trial("2", 3, 30, 3, 28)};
  auto fit = glmm_regression(two, odds_ratio{}, design_of(std::vector<double>{0, 1}, "x"), conditional_approximate{});
  CHECK_THROWS_AS(infer(fit, glmm_wald_t{}), not_estimable);
  CHECK_THROWS_AS(infer(fit, glmm_wald_z{1.0}), input_error);
  CHECK_THROWS_AS(infer(glmm_regression_fit<>{}), input_error);
  CHECK_THROWS_AS(fit.profile(2, 0.0), input_error);
  fit.convergence.converged = false;
  CHECK_THROWS_AS(infer(fit), convergence_error);
  CHECK(infer(fit, glmm_wald_z{0.95, true}).estimate.size() == 2);
}
