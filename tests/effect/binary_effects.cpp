// SPDX-License-Identifier: BSL-1.0
#include <metapool/effect/binary_effects.hpp>

#include <metapool/effect/odds_ratio.hpp>
#include <metapool/effect/risk_difference.hpp>
#include <metapool/effect/risk_ratio.hpp>

#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <array>
#include <list>
#include <span>
#include <string>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {
struct broken_measure {
  static constexpr measure_info info{"broken", "B", "broken", scale::identity};
  template <class Real>
  static bool defined(const two_by_two<Real>&) {
    return true;
  }
  template <class Real>
  static bool uninformative(const two_by_two<Real>&) {
    return false;
  }
  double y = 0, v = 1;
  template <class Real>
  effect<Real> operator()(const two_by_two<Real>&) const {
    return {Real(y), Real(v)};
  }
};
}  // namespace

TEST_CASE("the BCG trials have the published log risk ratios and variances") {
  // metafor's documentation of dat.bcg, escalc(measure = "RR")
  const auto e = effect_sizes(bcg(), risk_ratio{});
  REQUIRE(e.size() == 13);
  const double y[] = {-0.8893, -1.5854, -1.3481, -1.4416, -0.2175, -0.7861, -1.6209, 0.0120, -0.4694, -1.3713, -0.3394, 0.4459, -0.0173};
  const double v[] = {0.3256, 0.1946, 0.4154, 0.0200, 0.0512, 0.0069, 0.2230, 0.0040, 0.0564, 0.0730, 0.0124, 0.5325, 0.0714};
  for (std::size_t i = 0; i < 13; ++i) {
    CHECK(close(e.y[i], y[i], printed(4)));
    CHECK(close(e.v[i], v[i], printed(4)));
    CHECK(e.audit[i].status == study_status::pooled);
    CHECK_FALSE(e.audit[i].corrected());
    CHECK(e.trial[i] == i);
  }
  CHECK(e.measure.scale == scale::log);
}

TEST_CASE("the record keeps every trial, pooled or not, and the pooled ones point back to it") {
  auto trials = msc();
  trials[3].control.events.reset();
  const auto e = effect_sizes(trials, risk_ratio{});
  REQUIRE(e.audit.size() == 7);
  CHECK(e.size() == 5);
  CHECK(e.trial == std::vector<std::size_t>{0, 1, 4, 5, 6});
  CHECK(e.audit[2].status == study_status::double_zero);
  CHECK(e.audit[3].status == study_status::not_reported);
  CHECK_FALSE(e.audit[3].y.has_value());
  CHECK(e.audit[0].corrected());
  CHECK_FALSE(e.audit[4].corrected());
  for (std::size_t i = 0; i < e.size(); ++i) CHECK(*e.audit[e.trial[i]].y == e.y[i]);
}

TEST_CASE("trials come from any range, and an empty one gives empty effects") {
  const auto trials = msc();
  const std::list<binary_trial<>> as_list(trials.begin(), trials.end());
  const auto y = effect_sizes(trials, risk_ratio{}).y;
  CHECK(effect_sizes(as_list, risk_ratio{}).y == y);
  CHECK(effect_sizes(std::span<const binary_trial<>>(trials), risk_ratio{}).y == y);
  CHECK(effect_sizes(std::array<binary_trial<>, 1>{trials[4]}, risk_ratio{}).size() == 1);
  CHECK(effect_sizes(std::vector<binary_trial<>>{}, risk_ratio{}).audit.empty());
}

TEST_CASE("swapped arms turn the sign of every effect, corrected or not") {
  const auto as_given = effect_sizes(msc(), risk_ratio{});
  const auto other = effect_sizes(swapped(msc()), risk_ratio{});
  for (std::size_t i = 0; i < as_given.size(); ++i) {
    CHECK(close(other.y[i], -as_given.y[i], digits14));
    CHECK(close(other.v[i], as_given.v[i], digits14));
  }
}

TEST_CASE("labels that stand twice are kept and warned of") {
  auto trials = msc();
  trials[4].label = "Adas";
  const auto e = effect_sizes(trials, risk_ratio{});
  CHECK(e.size() == 6);
  REQUIRE(e.warnings.size() == 1);
  CHECK(contains(e.warnings[0], "'Adas'"));
}

TEST_CASE("fractional counts are refused unless they are named") {
  const std::vector<binary_trial<>> trials{trial("imputed", 1.5, 12, 7, 12)};
  CHECK(contains(message_of<input_error>([&] { effect_sizes(trials, risk_ratio{}); }),
                 "effect_sizes: study 'imputed': treated.events = 1.5 must be a whole number (imputed counts: fractional_counts::allowed, where it is taken)"));
  CHECK(effect_sizes(trials, risk_ratio{}, constant_correction{}, fractional_counts::allowed).size() == 1);
}

TEST_CASE("what a measure gives that is no finite effect is refused, and an effect without variance left out") {
  const std::vector<binary_trial<>> one{trial("x", 1, 12, 7, 12)};
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(contains(message_of<input_error>([&] { effect_sizes(one, broken_measure{nan, 1}); }), "study 'x': y = nan came out of the effect measure"));
  CHECK(contains(message_of<input_error>([&] { effect_sizes(one, broken_measure{0, nan}); }), "study 'x': v = nan came out"));
  CHECK(contains(message_of<input_error>([&] { effect_sizes(one, broken_measure{0, -1}); }), "study 'x': v = -1 came out"));
  CHECK(effect_sizes(one, broken_measure{0, 0}).audit[0].status == study_status::zero_variance);
}
