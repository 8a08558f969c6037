// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/infer.hpp>

#include <metapool/model/random_effects.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace metapool;
using namespace metapool_test;

namespace {
model_fit<double> fit() { return random_effects(known_effects<double>({0.5, -1, 2.25, 4}, {0.25, 1, 0.5, 2})); }
}  // namespace

TEST_CASE("infer is Wald's z unless another method is named, at compile time or at run time") {
  CHECK(infer(fit()).method == "Wald z");
  CHECK(infer(fit(), wald_t{}).upper == wald_t{}(fit()).upper);
  CHECK(infer(fit(), any_interval{hartung_knapp{.floor = 1}}).upper == hartung_knapp{.floor = 1}(fit()).upper);
  static_assert(interval_method<wald_z> && interval_method<hartung_knapp, float> && !interval_method<int>);
}

TEST_CASE("log p is the logarithm of p, and goes on where p is 0") {
  const auto z = infer(fit());
  const auto t = infer(fit(), wald_t{});
  CHECK(close(log_p(z), std::log(z.p), digits12));
  CHECK(close(log_p(t), std::log(t.p), digits12));
  auto far = z;
  far.statistic = -50;
  far.p = 0;
  CHECK(metapool::detail::normal_two_sided_p(far.statistic) == 0.0);
  // -z^2/2 - log(z) - log(2 pi)/2 + log 2 - 1/z^2 + 5/(2 z^4)
  CHECK(close(log_p(far), -1250 - std::log(50.0) - std::log(2 * std::acos(-1.0)) / 2 + std::log(2.0) - 1 / 2500.0 + 2.5 / 6.25e6, digits10));
  far.p = 0.25;  // of a method whose p is not from the statistic, such as a permutation test
  CHECK(log_p(far) == std::log(0.25));
}
