// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/sidik_jonkman_tau2.hpp>

#include <metapool/effect/odds_ratio.hpp>
#include <metapool/model/common_effect.hpp>
#include <metapool/model/random_effects.hpp>

#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

using namespace metapool;
using namespace metapool_test;

TEST_CASE("Sidik and Jonkman's interval of tau2 of the pre-eclampsia trials is that of Viechtbauer (2007), table II") {
  const auto r = sidik_jonkman_tau2{}(random_effects(effect_sizes(collins(), odds_ratio{})));
  CHECK(close(r.lower, 0.208, printed(3)));
  CHECK(close(r.upper, 1.675, printed(3)));
  CHECK(r.method == "Sidik-Jonkman");
}

TEST_CASE("with equal variances Sidik and Jonkman's interval is tau2_0 S / (v + tau2_0) over the quantiles") {
  // S = 38, tau2_0 = 9.5, v = 2: 9.5 * 38 / 11.5
  const auto r = sidik_jonkman_tau2{}(common_effect(known_effects<double>({1, 4, 2, 9}, {2, 2, 2, 2})));
  CHECK(close(r.lower, 9.5 * 38 / 11.5 / 9.348403604496148, digits12));
  CHECK(close(r.upper, 9.5 * 38 / 11.5 / 0.21579528262389796, digits12));
  CHECK(close(r.h2_upper, 1 + r.upper / 2, digits14));
  CHECK(close(r.i2_lower, r.lower / (r.lower + 2), digits14));
}

TEST_CASE("equal effects leave Sidik and Jonkman's interval empty") {
  const auto r = sidik_jonkman_tau2{}(common_effect(known_effects<double>({3, 3, 3}, {1, 2, 3})));
  CHECK(r.state == interval_state::empty_set);
  CHECK(r.upper == 0.0);
  CHECK(r.h2_upper == 1.0);
}

TEST_CASE("Sidik and Jonkman's interval refuses one study and a level that is no probability") {
  CHECK(contains(message_of<not_estimable>([] { sidik_jonkman_tau2{}(common_effect(known_effects<double>({1}, {1}))); }), "sidik_jonkman_tau2: one study"));
  CHECK(contains(message_of<input_error>([] { sidik_jonkman_tau2{.level = 1}(common_effect(known_effects<double>({1, 2}, {1, 1}))); }), "level = 1"));
}
