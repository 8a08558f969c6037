// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/wald.hpp>

#include <metapool/effect/risk_ratio.hpp>
#include <metapool/model/common_effect.hpp>
#include <metapool/model/random_effects.hpp>

#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <initializer_list>
#include <limits>

using namespace metapool;
using namespace metapool_test;

namespace {
model_fit<double> bcg_fit() { return random_effects(effect_sizes(bcg(), risk_ratio{})); }
}  // namespace

TEST_CASE("Wald's interval and test of the BCG trials are metafor's printed ones") {
  // Viechtbauer (2010) J Stat Softw 36(3), section 3: -0.7145, se 0.1798, z -3.9744, p < .0001, -1.0669 to -0.3622
  const auto r = wald_z{}(bcg_fit());
  CHECK(close(r.estimate, -0.7145, printed(4)));
  CHECK(close(r.statistic, -3.9744, printed(4)));
  CHECK(close(r.lower, -1.0669, printed(4)));
  CHECK(close(r.upper, -0.3622, printed(4)));
  CHECK(close(r.p, 7.05e-5, {0, 0, 5e-8, "printed digits"}));
  CHECK_FALSE(r.df.has_value());
  CHECK(r.method == "Wald z");
  CHECK(close(r.natural().estimate, std::exp(r.estimate), digits15));
  CHECK(close(r.natural().lower, std::exp(r.lower), digits15));
  CHECK(close(r.natural().upper, std::exp(r.upper), digits15));
}

TEST_CASE("Wald's t interval has k - 1 degrees of freedom and is longer") {
  const auto z = wald_z{}(bcg_fit());
  const auto t = wald_t{}(bcg_fit());
  CHECK(*t.df == 12.0);
  CHECK(close(t.critical, 2.179, printed(3)));
  CHECK(close(t.lower, t.estimate - t.critical * z.se, digits14));
  CHECK(close(t.upper, t.estimate + t.critical * z.se, digits14));
  CHECK(t.p > z.p);
  CHECK(t.statistic == z.statistic);
  CHECK(t.method == "Wald t");
}

TEST_CASE("the interval excludes no effect exactly where p is below 1 - level") {
  for (double y : {0.1, 0.5, 0.55, 0.6, 0.9, -2.0}) {
    const auto fit = common_effect(known_effects<double>({y - 0.2, y + 0.2}, {0.18, 0.18}));  // se 0.3
    for (double level : {0.5, 0.9, 0.95, 0.999}) {
      for (const auto& r : {wald_z{.level = level}(fit), wald_t{.level = level}(fit)}) {
        CHECK((r.lower > 0 || r.upper < 0) == (r.p < 1 - level));
        CHECK(r.level == level);
      }
    }
  }
}

TEST_CASE("an interval that ends at no effect has p = 1 - level") {
  const double z = wald_z{}(common_effect(known_effects<double>({1}, {1}))).critical;
  CHECK(close(wald_z{}(common_effect(known_effects<double>({z}, {1}))).p, 0.05, digits12));
}

TEST_CASE("one study has a z interval and no t interval") {
  const auto fit = common_effect(known_effects<double>({0.3}, {4}, {"alone"}));
  CHECK(close(wald_z{}(fit).upper, 0.3 + 2 * 1.959963984540054, digits14));
  CHECK(message_of<not_estimable>([&] { wald_t{}(fit); }) == "wald_t: one study ('alone') leaves no degrees of freedom; use wald_z");
}

TEST_CASE("a level that is no probability is refused, with a word on 95 for 0.95") {
  for (double level : {0.0, 1.0, -0.5, 95.0, std::numeric_limits<double>::quiet_NaN()}) {
    CHECK_THROWS_AS(wald_z{.level = level}(bcg_fit()), input_error);
    CHECK_THROWS_AS(wald_t{.level = level}(bcg_fit()), input_error);
  }
  CHECK(message_of<input_error>([] { wald_z{.level = 95}(bcg_fit()); }) == "wald_z: level = 95 must lie strictly between 0 and 1 (0.95 for a 95 % interval)");
}

TEST_CASE("no inference on a fit that has not converged, unless it is asked for, nor on an empty one") {
  auto fit = bcg_fit();
  fit.convergence.converged = false;
  CHECK(contains(message_of<convergence_error>([&] { wald_z{}(fit); }), "wald_z: the fit by REML did not converge"));
  CHECK_THROWS_AS(wald_t{}(fit), convergence_error);
  CHECK(wald_z{.even_if_not_converged = true}(fit).estimate == fit.estimate);
  CHECK(wald_t{.even_if_not_converged = true}(fit).estimate == fit.estimate);
  CHECK(message_of<input_error>([] { wald_z{}(model_fit<double>{}); }) == "wald_z: the fit is empty; it must come from a model");
}
