// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/glmm_inference.hpp>

#include <metapool/model/conditional_glmm.hpp>
#include <metapool/model/one_group_glmm.hpp>

#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

using metapool::conditional_exact;
using metapool::glmm;
using metapool::glmm_profile_likelihood;
using metapool::glmm_wald_t;
using metapool::infer;
using metapool::odds_ratio;
using metapool_test::close;
using metapool_test::trial;

TEST_CASE("Wald intervals of the hypergeometric-normal model of BCG: z and t") {
  const auto fit = glmm(metapool_test::bcg(), odds_ratio{}, conditional_exact{});
  const auto z = infer(fit);
  CHECK(close(z.lower, -1.10675, metapool_test::printed(4)));  // metafor 5.1
  CHECK(close(z.upper, -0.40087, metapool_test::printed(4)));
  CHECK_FALSE(z.df.has_value());
  const auto t = infer(fit, glmm_wald_t{});
  CHECK(*t.df == 12);
  CHECK(close(t.upper - t.estimate, 2.178812829663418 * fit.se, metapool_test::digits10));  // t quantile 0.975, 12 df
  CHECK(t.p > z.p);
}

TEST_CASE("The profile interval's ends lie chi-squared / 2 below the maximum, and it agrees with its test") {
  const auto fit = glmm(metapool_test::bcg(), odds_ratio{}, conditional_exact{});
  const auto r = infer(fit, glmm_profile_likelihood{});
  CHECK(r.state == metapool::interval_state::regular);
  const double half = 3.841458820694124 / 2;
  CHECK(close(fit.log_likelihood - fit.profile(r.lower).log_likelihood, half, metapool_test::digits8));
  CHECK(close(fit.log_likelihood - fit.profile(r.upper).log_likelihood, half, metapool_test::digits8));
  CHECK(r.statistic < 0);
  const auto at_p = infer(fit, glmm_profile_likelihood{.level = 1 - r.p});
  CHECK(close(at_p.upper, 0.0, metapool_test::tolerance{0, 0, 1e-8, "interval and test agree"}));
  // the profile's slope is its derivative
  const double h = 1e-4, m = r.upper;
  CHECK(close((fit.profile(m + h).log_likelihood - fit.profile(m - h).log_likelihood) / (2 * h), fit.profile(m).slope, metapool_test::digits6));
}

TEST_CASE("Without heterogeneity in one proportion the profile interval is the likelihood interval of the binomial") {
  const std::vector<metapool::proportion<>> one{{"a", 3, 30}};
  const auto r = infer(glmm(one, metapool::logit_proportion{}), glmm_profile_likelihood{});
  for (const double end : {r.lower, r.upper}) {
    const double p = 1 / (1 + std::exp(-end));
    CHECK(close(2 * (3 * std::log(0.1 / p) + 27 * std::log(0.9 / (1 - p))), 3.841458820694124, metapool_test::digits8));
  }
}

TEST_CASE("An end that the likelihood never reaches is infinite, with its state") {
  // trials at the ends of their ranges but one: a wide tau2 explains them at any mean
  const std::vector<metapool::binary_trial<>> wide{trial("a", 0, 10, 1, 10), trial("b", 0, 10, 1, 10), trial("c", 1, 10, 0, 10)};
  const auto fit = glmm(wide, odds_ratio{}, conditional_exact{});
  const auto r = infer(fit, glmm_profile_likelihood{});
  CHECK(r.state == metapool::interval_state::unbounded);
  CHECK(r.lower == -std::numeric_limits<double>::infinity());
  CHECK(r.upper == std::numeric_limits<double>::infinity());
}

TEST_CASE("Heterogeneity of a likelihood model: p-values, and the boundary's mixture") {
  const auto fit = glmm(metapool_test::msc(), odds_ratio{}, conditional_exact{});
  const auto h = metapool::heterogeneity(fit);
  CHECK(h.df == 5);
  CHECK(close(h.p_lrt, 0.217631, metapool_test::printed(4)));  // R: pchisq(7.04069626, 5, lower = FALSE)
  CHECK(close(h.tau2_lrt, 2 * (fit.log_likelihood - fit.common_log_likelihood), metapool_test::digits12));
  CHECK(close(h.tau2_p, 0.5 * std::erfc(std::sqrt(h.tau2_lrt / 2)), metapool_test::digits12));
}

TEST_CASE("Errors of the intervals of likelihood models") {
  auto fit = glmm(metapool_test::msc(), odds_ratio{}, conditional_exact{});
  CHECK_THROWS_AS(infer(fit, glmm_wald_t{.level = 1}), metapool::input_error);
  fit.convergence.converged = false;
  CHECK_THROWS_AS(infer(fit), metapool::convergence_error);
  CHECK_THROWS_AS(infer(fit, glmm_profile_likelihood{}), metapool::convergence_error);
  const std::vector<metapool::binary_trial<>> one{trial("a", 2, 12, 5, 12)};
  CHECK_THROWS_AS(infer(glmm(one, odds_ratio{}, conditional_exact{}), glmm_wald_t{}), metapool::not_estimable);
}

TEST_CASE("A profile that was not climbed to its top gives no end and no test, unless asked for all the same") {
  // -(x - 1)^2 / 2; the points of one side are said not to have converged
  metapool::likelihood_fit<double> fit;
  fit.estimate = 1;
  fit.se = 1.1;
  fit.convergence.converged = true;
  double from = 0, to = 0;
  bool limit = false;
  fit.profile = [&](const double& x) { return metapool::likelihood_profile_point<double>{-(x - 1) * (x - 1) / 2, 1 - x, 0, !(x > from && x < to), limit}; };
  const auto whole = infer(fit, glmm_profile_likelihood{});
  CHECK(close(whole.upper, 1 + 1.959963984540054, metapool_test::digits10));
  from = 2;
  to = 2.5;  // on the way only
  CHECK(infer(fit, glmm_profile_likelihood{}).upper == whole.upper);
  for (const double start : {2.5, -1.5, -0.5}) {  // an end above, an end below, no effect
    from = start;
    to = start + 1;
    CHECK_THROWS_AS(infer(fit, glmm_profile_likelihood{}), metapool::convergence_error);
    CHECK(infer(fit, glmm_profile_likelihood{0.95, true}).upper == whole.upper);
  }
  from = 2.5;
  to = 9;
  limit = true;  // no end: it is infinite
  CHECK(infer(fit, glmm_profile_likelihood{}).upper > 1e300);
}
