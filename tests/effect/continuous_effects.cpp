// SPDX-License-Identifier: BSL-1.0
#include <metapool/effect/continuous_effects.hpp>

#include <metapool/effect/mean_difference.hpp>
#include <metapool/effect/standardized_mean_difference.hpp>

#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <array>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {
continuous_trial<> sound(const char* label) {
  return {.label = label, .treated = {.mean = 11, .sd = 4, .total = 8}, .control = {.mean = 15, .sd = 6, .total = 18}};
}
}  // namespace

TEST_CASE("the record says of every continuous trial what became of it, in the order of the input") {
  std::vector<continuous_trial<>> trials{sound("ok"), sound("missing"), sound("one patient"), sound("no spread"), sound("last")};
  trials[1].control.sd.reset();
  trials[2].treated.total = 1;
  trials[3].treated.sd = 0;
  trials[3].control.sd = 0;
  const auto e = effect_sizes(trials, mean_difference{});
  REQUIRE(e.audit.size() == 5);
  CHECK(e.audit[0].status == study_status::pooled);
  CHECK(e.audit[1].status == study_status::not_reported);
  CHECK(e.audit[2].status == study_status::too_small);
  CHECK(e.audit[3].status == study_status::zero_variance);
  CHECK(e.labels == std::vector<std::string>{"ok", "last"});
  CHECK(e.trial == std::vector<std::size_t>{0, 4});
  CHECK(e.measure.name == "mean_difference");
  CHECK(e.measure.scale == scale::identity);
  CHECK(effect_sizes(trials, standardized_mean_difference{}).audit[3].status == study_status::too_small);
}

TEST_CASE("continuous trials come from any range, and an empty one gives empty effects") {
  const std::array<continuous_trial<>, 2> two{sound("a"), sound("b")};
  CHECK(effect_sizes(two, mean_difference{}).size() == 2);
  CHECK(effect_sizes(std::vector<continuous_trial<>>{}, mean_difference{}).size() == 0);
}

TEST_CASE("a continuous trial with an impossible number is refused before any arithmetic") {
  std::vector<continuous_trial<>> trials{sound("ok"), sound("bad")};
  trials[1].treated.sd = -1;
  CHECK(message_of<input_error>([&] { effect_sizes(trials, mean_difference{}); }) == "effect_sizes: study 'bad': treated.sd = -1 must not be negative");
}

TEST_CASE("an effect beyond the number type is refused and not pooled as infinity") {
  std::vector<continuous_trial<>> trials{sound("huge")};
  trials[0].treated.sd = 1e200;
  CHECK(message_of<input_error>([&] { effect_sizes(trials, mean_difference{}); }) ==
        "effect_sizes: study 'huge': v = inf came out of the effect measure; it must be finite and not negative");
}
