// SPDX-License-Identifier: BSL-1.0
#include <metapool/effect/effects.hpp>

#include "support/published.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {
std::string refusal(const std::vector<double>& y, const std::vector<double>& v, const std::vector<std::string>& labels = {}) {
  return message_of<input_error>([&] { known_effects(y, v, labels); });
}
}  // namespace

TEST_CASE("known effects keep values, labels and order, and say that each is pooled") {
  const auto e = known_effects<double>({0.5, -1}, {2, 3}, {"a", "b"}, {"hazard_ratio", "HR", "hazard ratio", scale::log});
  CHECK(e.size() == 2);
  CHECK(e.y == std::vector<double>{0.5, -1});
  CHECK(e.v == std::vector<double>{2, 3});
  CHECK(e.labels == std::vector<std::string>{"a", "b"});
  CHECK(e.trial == std::vector<std::size_t>{0, 1});
  CHECK(e.measure.symbol == "HR");
  REQUIRE(e.audit.size() == 2);
  CHECK(e.audit[1].status == study_status::pooled);
  CHECK(*e.audit[1].y == -1.0);
  CHECK(*e.audit[1].v == 3.0);
  CHECK_FALSE(e.audit[1].corrected());
  CHECK(e.warnings.empty());
}

TEST_CASE("known effects without labels are numbered from 1, and none at all are empty") {
  CHECK(known_effects<double>({1, 2}, {1, 1}).labels == std::vector<std::string>{"study 1", "study 2"});
  CHECK(known_effects(std::vector<double>{}, std::vector<double>{}).size() == 0);
}

TEST_CASE("known effects outside the contract are refused by study, value and rule") {
  const double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  CHECK(refusal({1, 2}, {1}) == "known_effects: y has 2 values and v has 1; they must match");
  CHECK(refusal({1, 2}, {1, 1}, {"a"}) == "known_effects: labels has 1 values for 2 studies");
  CHECK(refusal({1, nan}, {1, 1}, {"a", "b"}) == "known_effects: study 'b': y = nan must be a finite number");
  CHECK(refusal({inf, 2}, {1, 1}) == "known_effects: study 'study 1': y = inf must be a finite number");
  CHECK(refusal({1, 2}, {1, 0}) == "known_effects: study 'study 2': v = 0 must be finite and positive");
  CHECK(refusal({1, 2}, {-0.5, 1}) == "known_effects: study 'study 1': v = -0.5 must be finite and positive");
  CHECK(contains(refusal({1, 2}, {nan, 1}), "v = nan must be finite and positive"));
  CHECK(contains(refusal({1, 2}, {inf, 1}), "v = inf must be finite and positive"));
}

TEST_CASE("a label that stands more than once is kept and warned of once, in small sets and large") {
  const auto few = known_effects<double>({1, 2, 3, 4, 5}, {1, 1, 1, 1, 1}, {"a", "b", "a", "a", "b"});
  CHECK(few.size() == 5);
  REQUIRE(few.warnings.size() == 2);
  CHECK(few.warnings[0] == "label 'a' stands more than once; every study with it is pooled");
  CHECK(contains(few.warnings[1], "'b'"));
  std::vector<std::string> labels;
  for (int i = 0; i < 30; ++i) labels.push_back(i % 10 == 0 ? "twin" : std::to_string(i));
  const auto many = known_effects(std::vector<double>(30, 1.0), std::vector<double>(30, 1.0), labels);
  REQUIRE(many.warnings.size() == 1);
  CHECK(contains(many.warnings[0], "'twin'"));
  CHECK(known_effects<double>({1, 2}, {1, 1}, {"", ""}).warnings.empty());
}

TEST_CASE("one line on each study says what was added or why it is left out") {
  study_audit<double> a;
  CHECK(describe(a) == "");
  a.added = {0.5, 0.5, 0.5, 0.5};
  CHECK(a.corrected());
  CHECK(describe(a) == "0.5 added to all four cells");
  a.added = {0.25, 0, 0.75, 0};
  CHECK(describe(a) == "added 0.25 to treated events, 0.75 to control events");
  a.added = {0, 0.25, 0, 0.75};
  CHECK(describe(a) == "added 0.25 to treated non-events, 0.75 to control non-events");
  a.status = study_status::double_zero;
  CHECK(describe(a) == "not pooled: no events in either arm");
  a.status = study_status::double_full;
  CHECK(describe(a) == "not pooled: every patient of both arms had the event");
  a.status = study_status::not_reported;
  CHECK(describe(a) == "not pooled: a number that the effect needs was not reported");
  a.status = study_status::zero_cell;
  CHECK(describe(a) == "not pooled: a cell is zero and nothing is added to it");
  a.status = study_status::zero_variance;
  CHECK(describe(a) == "not pooled: the variance of the effect is zero");
  a.status = study_status::too_small;
  CHECK(describe(a) == "not pooled: too few patients for a variance");
}
