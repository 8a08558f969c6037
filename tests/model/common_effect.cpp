// SPDX-License-Identifier: BSL-1.0
#include <metapool/model/common_effect.hpp>

#include <metapool/effect/risk_ratio.hpp>
#include <metapool/inference/heterogeneity.hpp>
#include <metapool/inference/wald.hpp>

#include "support/close.hpp"
#include "support/published.hpp"
#include "support/wild_sets.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

using namespace metapool;
using namespace metapool_test;

TEST_CASE("the common-effect fit of the BCG trials is metafor's printed one") {
  const auto fit = common_effect(effect_sizes(bcg(), risk_ratio{}));
  CHECK(close(fit.estimate, -0.4303, printed(4)));
  CHECK(close(fit.se, 0.0405, printed(4)));
  CHECK(close(fit.q, 152.2330, printed(4)));
  CHECK(fit.df == 12);
  CHECK_FALSE(fit.tau2.has_value());
  CHECK(fit.model == model::common_effect);
}

TEST_CASE("inverse variance on the stromal cell trials: 0.6035 (0.4081 to 0.8925), Q 4.06") {
  const auto fit = common_effect(effect_sizes(msc(), risk_ratio{}));
  const auto r = wald_z{}(fit).natural();
  CHECK(close(r.estimate, 0.6035, printed(4)));
  CHECK(close(r.lower, 0.4081, printed(4)));
  CHECK(close(r.upper, 0.8925, printed(4)));
  CHECK(close(fit.q, 4.06, printed(2)));
  CHECK(close(*heterogeneity(fit).p, 0.541, printed(3)));
}

TEST_CASE("the common effect is the weighted mean, its variance the inverse of the weights' sum, in long double") {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    CAPTURE(seed);
    const auto s = make_wild_set(seed);
    const auto fit = common_effect(known_effects(s.y, s.v));
    long double w = 0, wy = 0, q = 0;
    double largest = 0;
    for (std::size_t i = 0; i < s.y.size(); ++i) {
      w += 1 / static_cast<long double>(s.v[i]);
      wy += s.y[i] / static_cast<long double>(s.v[i]);
      largest = std::fmax(largest, std::fabs(s.y[i]));
    }
    for (std::size_t i = 0; i < s.y.size(); ++i) q += (s.y[i] - wy / w) * (s.y[i] - wy / w) / s.v[i];
    CHECK(close(fit.estimate, static_cast<double>(wy / w), at_scale(digits14, largest)));
    CHECK(close(fit.se, static_cast<double>(1 / std::sqrt(w)), digits14));
    CHECK(close(fit.q, static_cast<double>(q), digits12));
    double sum = 0;
    for (double x : fit.weights) sum += x;
    CHECK(close(sum, 1.0, digits14));
    CHECK(close(fit.weights[0], static_cast<double>(1 / (s.v[0] * w)), digits14));
  }
}

TEST_CASE("a study given twice doubles its weight as half its variance does") {
  const auto twice = common_effect(known_effects<double>({1, 3, 3}, {2, 5, 5}));
  const auto half = common_effect(known_effects<double>({1, 3}, {2, 2.5}));
  CHECK(close(twice.estimate, half.estimate, digits14));
  CHECK(close(twice.se, half.se, digits14));
  CHECK(close(twice.q, half.q, digits14));
}

TEST_CASE("one study is its own common effect") {
  const auto fit = common_effect(known_effects<double>({0.3}, {4}));
  CHECK(fit.estimate == 0.3);
  CHECK(fit.se == 2.0);
  CHECK(fit.q == 0.0);
  CHECK(fit.df == 0);
  CHECK(fit.weights == std::vector<double>{1.0});
}

TEST_CASE("effects that no model can pool are refused with the reason") {
  const auto refusal = [](const effects<double>& e) { return message_of<input_error>([&] { common_effect(e); }); };
  CHECK(refusal(effects<double>{}) == "common_effect: no studies");
  const std::vector<binary_trial<>> none{trial("first", 0, 5, 0, 6), trial("second", 0, 7, 0, 6)};
  CHECK(message_of<not_estimable>([&] { common_effect(effect_sizes(none, risk_ratio{})); }) ==
        "common_effect: none of the 2 studies can be pooled; the first, 'first': not pooled: no events in either arm");
  auto e = known_effects<double>({1, 2}, {1, 1}, {"a", "b"});
  e.y[1] = std::numeric_limits<double>::quiet_NaN();
  CHECK(refusal(e) == "common_effect: study 'b': y = nan must be a finite number");
  e.y[1] = 2;
  e.v[0] = 0;
  CHECK(refusal(e) == "common_effect: study 'a': v = 0 must be finite and positive");
  e.v.pop_back();
  CHECK(refusal(e) == "common_effect: y, v and labels of the effects differ in size");
}

TEST_CASE("effects too large, too small or too far apart for the number type are refused and give no infinity") {
  for (const auto& e : {known_effects<double>({0, 1e200}, {1, 1}), known_effects<double>({-1.7e308, 1.7e308}, {1, 1}), known_effects<double>({0, 1}, {5e-324, 1})}) {
    CHECK(contains(message_of<input_error>([&] { common_effect(e); }), "common_effect: the effects and variances are too large, too small or too far apart"));
  }
}
