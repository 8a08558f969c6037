// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/hartung_knapp.hpp>

#include <metapool/effect/risk_ratio.hpp>
#include <metapool/model/common_effect.hpp>
#include <metapool/model/mantel_haenszel.hpp>
#include <metapool/model/peto.hpp>
#include <metapool/model/random_effects.hpp>

#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {
model_fit<double> homogeneous() { return random_effects(known_effects<double>({0.50, 0.55, 0.45, 0.52}, {0.04, 0.09, 0.06, 0.05})); }
}  // namespace

TEST_CASE("Hartung-Knapp takes effects that differ by rounding alone for equal ones") {
  const std::vector<double> y{0.1 + 0.2, 0.3, 0.3}, v{0.01, 0.04, 0.02};
  REQUIRE(y[0] != y[1]);
  const auto fit = metapool::common_effect(metapool::known_effects(y, v));
  CHECK_THROWS_AS(metapool::hartung_knapp{}(fit), metapool::not_estimable);
  CHECK(metapool::hartung_knapp{.floor = 1.0}(fit).se == fit.se);
}

TEST_CASE("Hartung-Knapp on the BCG trials is metafor's test = \"knha\"") {
  const auto r = hartung_knapp{}(random_effects(effect_sizes(bcg(), risk_ratio{})));
  CHECK(close(r.se, 0.1808, printed(4)));
  CHECK(close(r.statistic, -3.9522, printed(4)));
  CHECK(close(r.p, 0.0019, printed(4)));
  CHECK(close(r.lower, -1.1084, printed(4)));
  CHECK(close(r.upper, -0.3206, printed(4)));
  CHECK(*r.df == 12.0);
  CHECK(r.method == "Hartung-Knapp");
}

TEST_CASE("with equal variances Hartung-Knapp is the one-sample t test, whatever tau2 is") {
  const std::vector<double> y{1, 4, 2, 9};  // mean 4, s^2 = 38/3, se = sqrt(38/12)
  for (const auto& fit : {random_effects(known_effects<double>(y, {2, 2, 2, 2})), common_effect(known_effects<double>(y, {2, 2, 2, 2}))}) {
    const auto r = hartung_knapp{}(fit);
    CHECK(close(r.estimate, 4.0, digits14));
    CHECK(close(r.se, std::sqrt(38.0 / 12), digits14));
    CHECK(close(r.lower, 4 - 3.182446305284263 * std::sqrt(38.0 / 12), digits12));
    CHECK(*r.df == 3.0);
  }
}

TEST_CASE("q is the weighted mean square around the estimate over k - 1") {
  const auto fit = random_effects(known_effects<double>({0.5, -1, 2.25, 4}, {0.25, 1, 0.5, 2}));
  double q = 0, w = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const double wi = 1 / (fit.data.v[i] + *fit.tau2);
    w += wi;
    q += wi * (fit.data.y[i] - fit.estimate) * (fit.data.y[i] - fit.estimate) / 3;
  }
  const auto r = hartung_knapp{}(fit);
  CHECK(close(*r.scale_factor, q, digits12));
  CHECK(close(r.se, std::sqrt(q / w), digits12));
}

TEST_CASE("the floor raises a small scale factor, says so, and leaves a large one") {
  const auto small = homogeneous();
  const auto plain = hartung_knapp{}(small);
  const auto floored = hartung_knapp{.floor = 1}(small);
  REQUIRE(*plain.scale_factor < 1);
  CHECK(floored.se == small.se);
  CHECK(*floored.scale_factor == *plain.scale_factor);
  CHECK(plain.notes.empty());
  REQUIRE(floored.notes.size() == 1);
  CHECK(contains(floored.notes[0], "was raised to 1"));
  CHECK(floored.method == "Hartung-Knapp, scale factor at least 1");
  const auto fit = random_effects(effect_sizes(bcg(), risk_ratio{}));
  CHECK(hartung_knapp{.floor = 1}(fit).se == hartung_knapp{}(fit).se);
  CHECK(hartung_knapp{.floor = 1}(fit).notes.empty());
  CHECK(close(hartung_knapp{.floor = 4}(fit).se, 2 * fit.se, digits14));
}

TEST_CASE("each safeguard does what it says where the interval is short") {
  const auto fit = homogeneous();
  const double z = 1.959963984540054;
  const auto wald = hartung_knapp{.safeguard = hk_safeguard::wald_if_shorter}(fit);
  CHECK(wald.se == fit.se);
  CHECK_FALSE(wald.df.has_value());
  CHECK(close(wald.upper - wald.estimate, z * fit.se, digits12));
  CHECK(wald.notes.size() == 1);
  const auto iqwig = hartung_knapp{.safeguard = hk_safeguard::iqwig}(fit);
  CHECK(iqwig.se == fit.se);
  CHECK(*iqwig.df == 3.0);
  CHECK(iqwig.notes.size() == 1);
  const auto ratio = hartung_knapp{.safeguard = hk_safeguard::z_over_t}(fit);
  CHECK(close(ratio.upper - ratio.estimate, z * fit.se, digits12));  // exactly as long as Wald's
  CHECK(*ratio.df == 3.0);
  CHECK(ratio.notes.size() == 1);
}

TEST_CASE("no safeguard acts where the interval is long") {
  const auto fit = random_effects(effect_sizes(bcg(), risk_ratio{}));
  const auto plain = hartung_knapp{}(fit);
  for (auto s : {hk_safeguard::wald_if_shorter, hk_safeguard::iqwig, hk_safeguard::z_over_t}) {
    const auto r = hartung_knapp{.safeguard = s}(fit);
    CHECK(r.lower == plain.lower);
    CHECK(r.p == plain.p);
    CHECK(r.notes.empty());
  }
}

TEST_CASE("IQWiG's rule compares with a DerSimonian-Laird fit, not with the fit at hand") {
  auto fit = homogeneous();
  fit.tau2 = 1.0;  // as if another estimator had given it
  const auto s = metapool::detail::pool_at(std::span<const double>(fit.data.y), std::span<const double>(fit.data.v), 1.0);
  fit.estimate = s.mean;
  fit.se = std::sqrt(1 / s.w);
  const auto plain = hartung_knapp{}(fit);
  const double half = plain.upper - plain.estimate;
  const double wald_dl = 1.959963984540054 * homogeneous().se;  // DerSimonian-Laird's tau2 is 0 here
  REQUIRE(half < wald_dl);
  CHECK(hartung_knapp{.safeguard = hk_safeguard::iqwig}(fit).se == fit.se);
  // raised to lie between the two: long enough for DerSimonian-Laird's, too short for the fit's own Wald interval
  const double factor = 1.5 * wald_dl / half;
  REQUIRE(factor * half < 1.959963984540054 * fit.se);
  const double floor = *plain.scale_factor * factor * factor;
  CHECK(hartung_knapp{.floor = floor, .safeguard = hk_safeguard::iqwig}(fit).notes.size() == 1);  // the floor's note alone
  CHECK_FALSE(hartung_knapp{.floor = floor, .safeguard = hk_safeguard::wald_if_shorter}(fit).df.has_value());
}

TEST_CASE("equal effects have no Hartung-Knapp interval without a floor, and one with it") {
  const auto fit = random_effects(known_effects<double>({0.5, 0.5, 0.5}, {1, 2, 3}));
  CHECK(message_of<not_estimable>([&] { hartung_knapp{}(fit); }) ==
        "hartung_knapp: all effects are equal, so that the scale factor and the standard error are 0; set floor = 1");
  CHECK(hartung_knapp{.floor = 1}(fit).se == fit.se);
  CHECK(hartung_knapp{.safeguard = hk_safeguard::iqwig}(fit).se == fit.se);
}

TEST_CASE("Hartung-Knapp refuses what it is not for") {
  const auto fit = homogeneous();
  const auto refusal = [](const auto& method, const model_fit<double>& f) { return message_of<input_error>([&] { method(f); }); };
  CHECK(refusal(hartung_knapp{}, mantel_haenszel(bcg(), risk_ratio{})) ==
        "hartung_knapp: needs an inverse-variance fit (common_effect or random_effects), and this one is by Mantel-Haenszel");
  CHECK(contains(refusal(hartung_knapp{}, peto(bcg())), "this one is by Peto"));
  CHECK(refusal(hartung_knapp{.floor = -1}, fit) == "hartung_knapp: floor = -1 must be finite and not negative");
  CHECK(contains(refusal(hartung_knapp{.floor = std::numeric_limits<double>::quiet_NaN()}, fit), "floor = nan"));
  CHECK(contains(refusal(hartung_knapp{.floor = std::numeric_limits<double>::infinity()}, fit), "floor = inf"));
  CHECK(contains(refusal(hartung_knapp{.level = 95}, fit), "hartung_knapp: level = 95"));
  CHECK(contains(message_of<not_estimable>([] { hartung_knapp{}(random_effects(known_effects<double>({1}, {1}))); }), "hartung_knapp: one study ('study 1')"));
  auto bad = fit;
  bad.convergence.converged = false;
  CHECK_THROWS_AS(hartung_knapp{}(bad), convergence_error);
  CHECK(hartung_knapp{.even_if_not_converged = true}(bad).se > 0);
}
