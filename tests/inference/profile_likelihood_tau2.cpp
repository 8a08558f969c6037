// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/profile_likelihood_tau2.hpp>

#include <metapool/effect/odds_ratio.hpp>
#include <metapool/effect/risk_ratio.hpp>
#include <metapool/model/common_effect.hpp>
#include <metapool/model/random_effects.hpp>
#include <metapool/tau2/maximum_likelihood.hpp>

#include "support/close.hpp"
#include "support/published.hpp"
#include "support/wild_sets.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {

/// 2 (l_max - l(t)) by the formula.
double drop(const wild_set& s, double t, double best, likelihood_kind kind) {
  const std::span<const double> y(s.y), v(s.v);
  return 2 * (log_likelihood(y, v, best, kind) - log_likelihood(y, v, t, kind));
}

}  // namespace

TEST_CASE("the profile likelihood intervals of the pre-eclampsia trials are those of Viechtbauer (2007), table II") {
  const auto fit = random_effects(effect_sizes(collins(), odds_ratio{}));
  const auto ml = profile_likelihood_tau2{.kind = likelihood_kind::full}(fit);
  CHECK(close(ml.lower, 0.027, printed(3)));
  CHECK(close(ml.upper, 1.131, printed(3)));
  const auto restricted = profile_likelihood_tau2{}(fit);
  CHECK(close(restricted.lower, 0.043, printed(3)));
  CHECK(close(restricted.upper, 1.475, printed(3)));
  CHECK(restricted.state == interval_state::regular);
  CHECK(restricted.notes.empty());
  CHECK(restricted.level == 0.95);
  CHECK(restricted.method == "profile restricted likelihood");
  CHECK(ml.method == "profile likelihood");
}

TEST_CASE("the profile likelihood interval of the BCG trials is metafor's") {
  // metafor 5.1: tau2 0.115266 to 0.964695, I2 81.352 to 97.334 %
  const auto r = profile_likelihood_tau2{}(random_effects(effect_sizes(bcg(), risk_ratio{})));
  CHECK(close(r.lower, 0.115266, printed(6)));
  CHECK(close(r.upper, 0.964695, printed(6)));
  CHECK(close(100 * r.i2_lower, 81.352, printed(3)));
  CHECK(close(100 * r.i2_upper, 97.334, printed(3)));
  CHECK(close(r.h2_upper, 1 / (1 - r.i2_upper), digits10));
}

TEST_CASE("with equal variances the ends solve log u + 1/u = 1 + chi-squared / (k - 1), u = (v + tau2) / (v + tau2 at the maximum)") {
  // mean square 38 / 3 against v = 2: the maximum is at 32 / 3
  const auto fit = common_effect(known_effects<double>({1, 4, 2, 9}, {2, 2, 2, 2}));
  const auto r = profile_likelihood_tau2{.level = 0.5}(fit);
  for (const double end : {r.lower, r.upper}) {
    const double u = (2 + end) / (38.0 / 3);
    CHECK(close(3 * (std::log(u) + 1 / u - 1), 0.454936423119572, digits12));  // the chi-squared(1) median
  }
  CHECK(r.lower < 32.0 / 3);
  CHECK(r.upper > 32.0 / 3);
}

TEST_CASE("the ends of the profile likelihood interval are where a dense scan leaves the set for good, on wild sets with several maxima") {
  int several = 0, apart = 0, positive = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    CAPTURE(seed);
    const auto s = make_wild_set(seed);
    const likelihood_kind kind = seed % 2 == 0 ? likelihood_kind::restricted : likelihood_kind::full;
    const auto fit = common_effect(known_effects(s.y, s.v));
    const double level = 0.9;
    const double bound = 2.705543454095404;
    const auto r = profile_likelihood_tau2{.kind = kind, .level = level}(fit);
    const metapool::detail::mean_problem<double> problem(fit.data.y, fit.data.v);
    const auto best = metapool::detail::maximise_likelihood(problem, kind);
    several += best.maxima.size() > 1;
    apart += !r.notes.empty();
    CHECK(r.lower <= best.tau2);
    CHECK(r.upper >= best.tau2);
    CHECK(r.state == interval_state::regular);
    if (r.lower > 0) {
      ++positive;
      CHECK(close(drop(s, r.lower, best.tau2, kind), bound, tolerance{1e-7, 0, 0, "the likelihood by its plain formula"}));
    } else {
      CHECK(drop(s, 0, best.tau2, kind) <= bound * (1 + 1e-7));
    }
    CHECK(close(drop(s, r.upper, best.tau2, kind), bound, tolerance{1e-7, 0, 0, "the likelihood by its plain formula"}));
    const double v_min = *std::min_element(s.v.begin(), s.v.end());
    int crossings = 0;
    bool inside_before = drop(s, 0, best.tau2, kind) <= bound;
    for (double t = 1e-6 * v_min; t < 1e4 * (r.upper + v_min); t *= 1.05) {
      const bool inside = drop(s, t, best.tau2, kind) <= bound;
      if (inside) {
        CHECK(t >= r.lower * (1 - 1e-9));
        CHECK(t <= r.upper * (1 + 1e-9));
      }
      crossings += inside != inside_before;
      inside_before = inside;
    }
    if (crossings > 2) CHECK(!r.notes.empty());
    if (r.notes.empty()) CHECK(crossings <= 2);
  }
  CHECK(several > 5);
  CHECK(apart > 0);
  CHECK(positive > 50);
}

TEST_CASE("a set in two parts is reported as such, with the outermost ends") {
  // five precise studies that agree to 0.3, two imprecise ones that lie far out on either side
  const std::vector<double> y{0, 0.3, -0.3, 0.15, -0.15, 12, -12}, v{1e-4, 1e-4, 1e-4, 1e-4, 1e-4, 9, 9};
  const auto r = profile_likelihood_tau2{}(common_effect(known_effects(y, v)));
  REQUIRE(r.notes.size() == 1);
  CHECK(r.notes.front() == "the likelihood has several maxima and the set falls apart: 0.01864 to 0.4801 and 5.065 to 154.3; its outermost ends are given");
  CHECK(close(r.lower, 0.01864, printed(5)));
  CHECK(close(r.upper, 154.3, printed(1)));
  const std::span<const double> ys(y), vs(v);
  const auto likelihood = [&](double t) { return log_likelihood(ys, vs, t, likelihood_kind::restricted); };
  CHECK(close(likelihood(r.lower), likelihood(r.upper), digits10));
  CHECK(close(likelihood(0.4801), likelihood(r.lower), tolerance{0, 0, 0.01, "the ends in the note have four digits"}));
  CHECK(close(likelihood(5.065), likelihood(r.lower), tolerance{0, 0, 0.01, "the ends in the note have four digits"}));
}

TEST_CASE("equal effects give an interval from 0") {
  const auto r = profile_likelihood_tau2{}(common_effect(known_effects<double>({1, 1}, {1, 2})));
  CHECK(r.lower == 0.0);
  CHECK(r.upper > 1);
  CHECK(r.upper < 1000);
}

TEST_CASE("the profile likelihood interval of tau2 refuses one study and a level that is no probability") {
  CHECK(contains(message_of<not_estimable>([] { profile_likelihood_tau2{}(common_effect(known_effects<double>({1}, {1}))); }), "profile_likelihood_tau2: one study"));
  CHECK(contains(message_of<input_error>([] { profile_likelihood_tau2{.level = 95}(common_effect(known_effects<double>({1, 2}, {1, 1}))); }), "level = 95"));
}
