// SPDX-License-Identifier: BSL-1.0
#include <metapool/data/pre_post.hpp>

#include "support/published.hpp"

#include <doctest/doctest.h>

using namespace metapool;
using namespace metapool_test;

TEST_CASE("measurements before and after: every number is held to its rule, with the arm named") {
  pre_post<> s{.label = "s", .before = {1, 2}, .after = {3, 4}, .total = 5, .correlation = 0.5};
  CHECK(is_complete(s));
  CHECK_NOTHROW(check(s, "f"));
  s.after.sd = -1;
  CHECK(message_of<input_error>([&] { check(s, "f"); }) == "f: study 's': after.sd = -1 must not be negative");
  pre_post_trial<> t{"t", {{1, 2}, {3, 4}, 5, 0.5}, {{1, 2}, {3, 4}, 5, 0.5}};
  CHECK(is_complete(t));
  t.control.correlation = -1.5;
  CHECK(message_of<input_error>([&] { check(t, "f"); }) == "f: study 't': control.correlation = -1.5 must lie between -1 and 1");
  t.control.correlation.reset();
  CHECK_FALSE(is_complete(t));
  CHECK_NOTHROW(check(t, "f"));
}
