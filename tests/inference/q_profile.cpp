// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/q_profile.hpp>

#include <metapool/effect/risk_ratio.hpp>
#include <metapool/model/common_effect.hpp>
#include <metapool/model/random_effects.hpp>
#include <metapool/tau2/paule_mandel.hpp>

#include "support/close.hpp"
#include "support/published.hpp"
#include "support/wild_sets.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

using namespace metapool;
using namespace metapool_test;

TEST_CASE("the Q-profile interval of the BCG trials is metafor's printed one") {
  // metafor's confint on the BCG trials: tau2 0.1197 to 1.1115, I2 81.92 to 97.68 %, H2 5.53 to 43.07 (Viechtbauer 2007, example)
  const auto r = heterogeneity_interval(random_effects(effect_sizes(bcg(), risk_ratio{})));
  CHECK(close(r.lower, 0.1197, printed(4)));
  CHECK(close(r.upper, 1.1115, printed(4)));
  CHECK(close(r.i2_lower * 100, 81.92, printed(2)));
  CHECK(close(r.i2_upper * 100, 97.68, printed(2)));
  CHECK(close(r.h2_lower, 5.53, printed(2)));
  CHECK(close(r.h2_upper, 43.07, printed(2)));
  CHECK(r.state == interval_state::regular);
}

TEST_CASE("with equal variances the interval is that of a normal variance") {
  // sum of squares 38 over chi-squared(3) quantiles 9.348404 and 0.2157953, less the sampling variance
  const auto r = q_profile{}(common_effect(known_effects<double>({1, 4, 2, 9}, {2, 2, 2, 2})));
  CHECK(close(r.lower, 38 / 9.348403604496148 - 2, digits12));
  CHECK(close(r.upper, 38 / 0.21579528262389796 - 2, digits12));
}

TEST_CASE("Q at the ends is the chi-squared quantile, on wild sets, and Paule-Mandel's estimate lies between") {
  int inside = 0, empty = 0;
  for (std::uint64_t seed = 0; seed < 120; ++seed) {
    CAPTURE(seed);
    const auto s = make_wild_set(seed);
    const auto fit = random_effects(known_effects(s.y, s.v), paule_mandel{});
    const auto r = q_profile{.level = 0.9}(fit);
    if (r.state == interval_state::empty_set) {
      ++empty;
      CHECK(fit.q < metapool::detail::chi_squared_quantile(0.05, static_cast<double>(fit.df)));
      CHECK(r.upper == 0.0);
      CHECK(r.h2_upper == 1.0);
      continue;
    }
    const auto q_at = [&](double t) { return metapool::detail::pool_at(std::span<const double>(s.y), std::span<const double>(s.v), t).q; };
    CHECK(r.lower <= *fit.tau2);
    CHECK(r.upper >= *fit.tau2);
    if (r.upper > 0) CHECK(close(metapool::detail::chi_squared_upper_tail(q_at(r.upper), static_cast<double>(fit.df)), 0.95, digits10));
    if (r.lower > 0) {
      ++inside;
      CHECK(close(metapool::detail::chi_squared_upper_tail(q_at(r.lower), static_cast<double>(fit.df)), 0.05, digits10));
    }
  }
  CHECK(inside > 20);
  CHECK(empty > 5);
}

TEST_CASE("the test of homogeneity and the interval agree: the lower end is 0 where p is above the tail") {
  for (double spread : {0.5, 1.0, 1.5, 1.9, 2.0, 2.5}) {
    const auto fit = common_effect(known_effects<double>({0, spread, 2 * spread}, {1, 1, 1}));
    CHECK((q_profile{}(fit).lower == 0) == (*heterogeneity(fit).p >= 0.025));
  }
}

TEST_CASE("the Q-profile refuses one study and a level that is no probability") {
  CHECK(contains(message_of<not_estimable>([] { q_profile{}(common_effect(known_effects<double>({1}, {1}))); }), "q_profile: one study"));
  CHECK(contains(message_of<input_error>([] { q_profile{.level = 95}(common_effect(known_effects<double>({1, 2}, {1, 1}))); }), "q_profile: level = 95"));
  CHECK_THROWS_AS(q_profile{.level = std::numeric_limits<double>::quiet_NaN()}(common_effect(known_effects<double>({1, 2}, {1, 1}))), input_error);
}
