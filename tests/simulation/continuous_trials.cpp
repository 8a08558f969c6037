// SPDX-License-Identifier: BSL-1.0
#include <metapool/simulation/continuous_trials.hpp>

#include "support/published.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace metapool;
using namespace metapool_test;

TEST_CASE("means and standard deviations have their exact distributions") {
  const int n = 4000;
  const continuous_trials_model<mean_difference> model{.effects = {.mean = -2, .tau2 = 1}, .sizes = std::vector<arm_sizes>{{8, 5}}, .sd = {3}, .treated_sd_ratio = 2};
  double difference = 0, spread = 0, v1 = 0, v2 = 0, square = 0;
  for (int i = 0; i < n; ++i) {
    metapool::detail::random_stream random(4, static_cast<std::uint64_t>(i));
    const auto d = model.draw(random);
    const double x = *d.data[0].treated.mean - *d.data[0].control.mean + 2;
    difference += x / n;
    spread += x * x / n;
    v1 += *d.data[0].treated.sd * *d.data[0].treated.sd / n;
    v2 += *d.data[0].control.sd * *d.data[0].control.sd / n;
    square += std::pow(*d.data[0].control.sd, 4) / n;
  }
  const double v = 1 + 36.0 / 8 + 9.0 / 5;
  CHECK(std::fabs(difference) < 4 * std::sqrt(v / n));
  CHECK(std::fabs(spread / v - 1) < 4 * std::sqrt(2.0 / n));
  CHECK(std::fabs(v1 / 36 - 1) < 4 * std::sqrt(2.0 / 7 / n));
  CHECK(std::fabs(v2 / 9 - 1) < 4 * std::sqrt(2.0 / 4 / n));
  CHECK(std::fabs(square / 81 - 1.5) < 0.07);  // 1 + 2 / 4; with a degree of freedom too many 1.4
}

TEST_CASE("a standardised effect is in units of the trial's standard deviation") {
  const continuous_trials_model<standardized_mean_difference> model{.effects = {.mean = 0.5}, .sizes = std::vector<arm_sizes>{{1000000, 1000000}}, .sd = {20}};
  metapool::detail::random_stream random(4, 0);
  const auto d = model.draw(random);
  CHECK(std::fabs(*d.data[0].treated.mean - 10) < 0.2);
  CHECK(d.next_trial == 0.5);
}

TEST_CASE("effects with known variances vary by both") {
  const known_variances_model model{.effects = {.mean = 1, .tau2 = 0.5}, .v = {0.25, 4}};
  double first = 0, second = 0;
  const int n = 4000;
  for (int i = 0; i < n; ++i) {
    metapool::detail::random_stream random(4, static_cast<std::uint64_t>(i));
    const auto d = model.draw(random);
    CHECK_UNARY(d.data.v[1] == 4);
    first += (d.data.y[0] - 1) * (d.data.y[0] - 1) / n;
    second += (d.data.y[1] - 1) * (d.data.y[1] - 1) / n;
  }
  CHECK(std::fabs(first / 0.75 - 1) < 4 * std::sqrt(2.0 / n));
  CHECK(std::fabs(second / 4.5 - 1) < 4 * std::sqrt(2.0 / n));
}

TEST_CASE("models of continuous trials and of effects that make no sense are refused") {
  const auto why = [](const auto& m) { return message_of<input_error>([&] { m.check("f"); }); };
  using md = continuous_trials_model<mean_difference>;
  CHECK(contains(why(md{.sd = {1, 2}}), "2 entries"));
  CHECK(contains(why(md{.sd = {0}}), "sd = 0"));
  CHECK(contains(why(md{.sizes = std::vector<arm_sizes>{{1, 5}}}), "from 2"));
  CHECK(contains(why(md{.treated_sd_ratio = 0}), "treated_sd_ratio = 0"));
  CHECK(contains(why(continuous_trials_model<standardized_mean_difference>{.treated_sd_ratio = 2}), "must be 1"));
  CHECK(contains(why(known_variances_model{}), "no study"));
  CHECK(contains(why(known_variances_model{.v = {1, -1}}), "v[1] = -1"));
}
