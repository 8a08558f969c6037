// SPDX-License-Identifier: BSL-1.0
#include <metapool/data/matched_pairs.hpp>

#include <doctest/doctest.h>

using namespace metapool;

TEST_CASE("matched pairs: complete with four counts, whole unless allowed, one pair at least") {
  matched_pairs<> s{.label = "s", .both = 1, .treated_only = 2, .control_only = 3, .neither = 4};
  CHECK(is_complete(s));
  CHECK_NOTHROW(check(s, "f"));
  CHECK(table_of(s).treated_events() == 3);
  CHECK(table_of(s).control_events() == 4);
  CHECK(table_of(s).total() == 10);
  s.both = 1.5;
  CHECK_THROWS_AS(check(s, "f"), input_error);
  CHECK_NOTHROW(check(s, "f", fractional_counts::allowed));
  s.both.reset();
  CHECK_FALSE(is_complete(s));
  CHECK_NOTHROW(check(s, "f"));
}
