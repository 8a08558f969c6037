// SPDX-License-Identifier: BSL-1.0
#include <metapool/simulation/arm_sizes.hpp>

#include "support/published.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <set>

using namespace metapool;
using namespace metapool_test;

TEST_CASE("given sizes are taken as they are, drawn ones are whole numbers of the range and fill it evenly on the logarithmic scale") {
  metapool::detail::random_stream random(1, 1);
  const any_sizes given = std::vector<arm_sizes>{{12, 12}, {12, 29}};
  CHECK(metapool::detail::number_of_trials(given) == 2);
  CHECK(metapool::detail::draw_sizes(given, 1, random).treated == 12);
  CHECK(metapool::detail::draw_sizes(given, 1, random).control == 29);

  const any_sizes drawn = drawn_sizes{.trials = 7, .least = 10, .most = 1000, .allocation = 2};
  CHECK(metapool::detail::number_of_trials(drawn) == 7);
  std::set<double> seen;
  int below = 0;
  for (int i = 0; i < 4000; ++i) {
    const arm_sizes n = metapool::detail::draw_sizes(drawn, 0, random);
    CHECK_UNARY(n.control >= 10 && n.control <= 1000 && n.control == std::floor(n.control));
    CHECK_UNARY(n.treated == 2 * n.control);
    below += n.control < 100;
    seen.insert(n.control);
  }
  CHECK(std::abs(below - 2000) < 130);
  CHECK(seen.size() > 300);
}

TEST_CASE("sizes that are no sizes are refused") {
  const auto why = [](const any_sizes& s, double fewest = 1) { return message_of<input_error>([&] { metapool::detail::check(s, "f", fewest); }); };
  CHECK(contains(why(std::vector<arm_sizes>{}), "there is no trial"));
  CHECK(contains(why(std::vector<arm_sizes>{{12, 12}, {2.5, 29}}), "sizes[1].treated = 2.5"));
  CHECK(contains(why(std::vector<arm_sizes>{{12, 0}}), "sizes[0].control = 0"));
  CHECK(contains(why(std::vector<arm_sizes>{{12, 1}}, 2), "from 2"));
  CHECK(contains(why(drawn_sizes{.trials = 0}), "there is no trial"));
  CHECK(contains(why(drawn_sizes{.least = 300, .most = 200}), "must not be above"));
  CHECK(contains(why(drawn_sizes{.least = 4, .most = 200, .allocation = 0.1}), "fewer than 1"));
  CHECK(contains(why(drawn_sizes{.allocation = -1}), "allocation = -1"));
}
