// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/test_based_heterogeneity.hpp>

#include <metapool/model/common_effect.hpp>

#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace metapool;
using namespace metapool_test;

TEST_CASE("the test-based interval of the third-wave trials is that which R's meta prints beside I2") {
  // Harrer, Cuijpers, Furukawa & Ebert, Doing Meta-Analysis in R (first edition), 6.1: effects with 95 % intervals of 18 trials;
  // Q = 45.50, H = 1.64 [1.27; 2.11], I2 = 62.6 % [37.9; 77.5]
  const double printed_intervals[18][3] = {{0.7091, 0.1979, 1.2203}, {0.3549, -0.0300, 0.7397}, {1.7912, 1.1139, 2.4685}, {0.1825, -0.0484, 0.4133}, {0.4219, 0.1380, 0.7057},
                                           {0.6300, 0.2458, 1.0142}, {0.7249, 0.2846, 1.1652},  {0.5287, 0.1162, 0.9412}, {0.2840, -0.0453, 0.6133}, {1.2751, 0.6142, 1.9360},
                                           {0.1036, -0.2781, 0.4853}, {0.3884, -0.0639, 0.8407}, {0.5407, 0.0619, 1.0196}, {0.4262, -0.0794, 0.9317}, {0.5154, -0.1731, 1.2039},
                                           {1.4797, 0.8618, 2.0977}, {0.6126, 0.1683, 1.0569},  {0.6000, 0.1120, 1.0880}};
  std::vector<double> y, v;
  for (const auto& r : printed_intervals) {
    const double se = (r[2] - r[1]) / (2 * 1.959963984540054);
    y.push_back(r[0]);
    v.push_back(se * se);
  }
  const auto fit = common_effect(known_effects(y, v));
  REQUIRE(close(fit.q, 45.50, printed(2)));
  const auto r = test_based_heterogeneity{}(fit);
  CHECK(close(std::sqrt(r.h2_lower), 1.27, printed(2)));
  CHECK(close(std::sqrt(r.h2_upper), 2.11, printed(2)));
  CHECK(close(100 * r.i2_lower, 37.9, printed(1)));
  CHECK(close(100 * r.i2_upper, 77.5, printed(1)));
  CHECK(r.state == interval_state::regular);
  CHECK(close(r.upper, (r.h2_upper - 1) * typical_variance(std::span<const double>(fit.data.v)), digits14));
}

TEST_CASE("the standard error of log H is Higgins and Thompson's: by the test above k, by the null distribution up to k") {
  // k = 6: (log 20 - log 5) / (2 (sqrt 40 - sqrt 9)), and sqrt((1 - 1 / (3 * 16)) / 8)
  CHECK(close(metapool::detail::se_log_h(20.0, 5.0), std::log(4.0) / (2 * (std::sqrt(40.0) - 3)), digits14));
  CHECK(close(metapool::detail::se_log_h(3.0, 5.0), std::sqrt((1 - 1.0 / 48) / 8), digits14));
  CHECK(close(metapool::detail::se_log_h(6.0, 5.0), std::sqrt((1 - 1.0 / 48) / 8), digits14));
}

TEST_CASE("a Q far below its degrees of freedom leaves the test-based interval empty, one a little below starts it at no heterogeneity") {
  const auto low = test_based_heterogeneity{}(common_effect(known_effects<double>({1, 1.01, 1, 1.01, 1}, {1, 1, 1, 1, 1})));
  CHECK(low.state == interval_state::empty_set);
  CHECK(low.h2_upper == 1.0);
  CHECK(low.i2_upper == 0.0);
  CHECK(low.upper == 0.0);
  const auto some = test_based_heterogeneity{}(common_effect(known_effects<double>({1, 2, 3, 1, 2}, {1, 1, 1, 1, 1})));
  CHECK(some.state == interval_state::regular);
  CHECK(some.h2_lower == 1.0);
  CHECK(some.h2_upper > 1);
}

TEST_CASE("the test-based interval refuses two studies and a level that is no probability") {
  CHECK(contains(message_of<not_estimable>([] { test_based_heterogeneity{}(common_effect(known_effects<double>({1, 2}, {1, 1}))); }), "fewer than three studies"));
  CHECK(contains(message_of<input_error>([] { test_based_heterogeneity{.level = 2}(common_effect(known_effects<double>({1, 2}, {1, 1}))); }), "level = 2"));
}
