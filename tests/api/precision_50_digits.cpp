// SPDX-License-Identifier: BSL-1.0
// The path from trials to an interval in 50 digits.
#include <metapool/effect/risk_ratio.hpp>
#include <metapool/inference/wald.hpp>
#include <metapool/model/random_effects.hpp>

#include "support/close.hpp"
#include "support/published.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <doctest/doctest.h>

using namespace metapool;
using namespace metapool_test;
using wide = boost::multiprecision::cpp_bin_float_50;

TEST_CASE("an interval in double has 12 digits of that in 50") {
  const auto in_wide = wald_z{}(random_effects(effect_sizes(bcg<wide>(), risk_ratio{})));
  const auto in_double = wald_z{}(random_effects(effect_sizes(bcg(), risk_ratio{})));
  CHECK(close(in_double.lower, static_cast<double>(in_wide.lower), digits12));
  CHECK(close(in_double.upper, static_cast<double>(in_wide.upper), digits12));
  CHECK(close(in_double.p, static_cast<double>(in_wide.p), digits10));
  CHECK(close(in_double.natural().upper, static_cast<double>(in_wide.natural().upper), digits12));
}
