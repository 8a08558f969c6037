// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/regression_tau2_interval.hpp>

#include <metapool/model/meta_regression.hpp>
#include <metapool/model/random_effects.hpp>

#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {

// Jackson, Turner, Rhodes & Viechtbauer (2014) BMC Med Res Methodol 14:103, examples 1 and 2
const std::vector<double> first_y{0.0267, 0.8242, 0.3930, 2.4405, 2.1401, 1.2528, 2.4849, 0.3087, 1.4246, 0.1823, 1.1378, 1.2321, 2.0695, 4.0237, 1.4383, 1.6021};
const std::vector<double> first_v{0.1285, 0.0315, 0.0931, 2.0967, 1.0539, 0.1602, 1.0235, 0.0218, 0.5277, 0.0556, 0.3304, 0.1721, 0.4901, 2.0200, 0.3399, 0.1830};
const std::vector<double> first_x{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1};
const std::vector<double> second_y{0.54, 0.4, 0.64, 0.365, 0.835, 0.02, 0.12, 0.085, 1.18, 0.08, 0.18, 0.325, 0.06, 0.715, 0.065, 0.245, 0.24, 0.06, 0.19};
const std::vector<double> second_v{0.0176, 0.019, 0.0906, 0.0861, 0.0063, 0.0126, 0.0126, 0.0041, 0.0759, 0.0126, 0.0104, 0.0242, 0.0026, 0.2629, 0.0169, 0.0156, 0.0481, 0.0084, 0.0044};
const std::vector<double> second_x{1986, 1987, 1988, 1988, 1998, 1999, 2000, 2000, 2000, 2001, 2001, 2001, 2002, 2002, 2002, 2002, 2003, 2003, 2003};

}  // namespace

TEST_CASE("intervals of the residual tau2 of both examples of Jackson et al. (2014) are the published ones") {
  const auto first = meta_regression(known_effects(first_y, first_v), design_of(first_x));
  const auto second = meta_regression(known_effects(second_y, second_v), design_of(second_x));
  const auto check = [](const tau2_interval<double>& r, double lower, double upper) {
    CHECK(close(r.lower, lower, tolerance{0, 0, 1e-4, "printed with four decimals from searches of four digits"}));
    CHECK(close(r.upper, upper, tolerance{0, 0, 1e-4, "printed with four decimals from searches of four digits"}));
  };
  check(heterogeneity_interval(first, generalized_q_tau2{.weights = moment_weights::inverse_variance}), 0.0029, 0.6907);
  check(heterogeneity_interval(first, generalized_q_tau2{}), 0.0000, 1.1245);
  check(heterogeneity_interval(first), 0.0023, 1.4871);
  check(heterogeneity_interval(second, generalized_q_tau2{.weights = moment_weights::inverse_variance}), 0.0170, 0.1393);
  check(heterogeneity_interval(second, generalized_q_tau2{}), 0.0180, 0.1375);
  check(heterogeneity_interval(second), 0.0178, 0.1564);
}

TEST_CASE("a regression on an intercept alone has the intervals of the mean") {
  const auto effects = known_effects(first_y, first_v);
  const auto regression = meta_regression(effects, intercept_only(16));
  const auto mean = random_effects(effects);
  const auto check = [&](const auto& method) {
    const auto a = heterogeneity_interval(regression, method);
    const auto b = heterogeneity_interval(mean, method);
    CHECK(a.method == b.method);
    CHECK(close(a.lower, b.lower, digits10));
    CHECK(close(a.upper, b.upper, digits10));
    CHECK(close(a.i2_upper, b.i2_upper, digits10));
  };
  check(q_profile{});
  check(profile_likelihood_tau2{});
  check(profile_likelihood_tau2{.kind = likelihood_kind::full});
  check(generalized_q_tau2{});
  check(generalized_q_tau2{.weights = moment_weights::equal});
}

TEST_CASE("at the ends of the profile likelihood interval of a regression the statistic is the chi-squared quantile") {
  const auto fit = meta_regression(known_effects(first_y, first_v), design_of(first_x));
  const auto r = heterogeneity_interval(fit, profile_likelihood_tau2{.level = 0.5});
  const metapool::detail::design_problem<double> problem(std::span<const double>(first_y), std::span<const double>(first_v), fit.design.x);
  const auto likelihood = [&](double t) { return problem.log_likelihood(t, likelihood_kind::restricted); };
  for (const double end : {r.lower, r.upper}) CHECK(close(2 * (likelihood(*fit.tau2) - likelihood(end)), 0.454936423119572, digits8));
  CHECK(r.lower > 0);
}

TEST_CASE("intervals of the residual tau2 refuse regressions without degrees of freedom") {
  const auto fit = meta_regression(known_effects<double>({1, 2}, {1, 1}), design_of(std::vector<double>{0, 1}));
  CHECK_THROWS_AS(heterogeneity_interval(fit), not_estimable);
  CHECK_THROWS_AS(heterogeneity_interval(fit, profile_likelihood_tau2{}), not_estimable);
  CHECK_THROWS_AS(heterogeneity_interval(fit, generalized_q_tau2{}), not_estimable);
}
