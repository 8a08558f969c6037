// SPDX-License-Identifier: BSL-1.0
#include <metapool/math/normal_or_t.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <optional>

using namespace metapool_test;
using metapool::detail::critical_value;
using metapool::detail::two_sided_p;

TEST_CASE("with degrees of freedom it is t, without or with infinitely many the normal") {
  using df = std::optional<double>;
  CHECK(close(critical_value<double>(0.95, df{2}), 4.302652729749464, digits14));
  CHECK(close(critical_value<double>(0.95, df{}), 1.959963984540054, digits14));
  CHECK(critical_value<double>(0.95, df{std::numeric_limits<double>::infinity()}) == critical_value<double>(0.95, df{}));
  CHECK(close(two_sided_p<double>(-4.302652729749464, df{2}), 0.05, digits14));
  CHECK(close(two_sided_p<double>(1.959963984540054, df{}), 0.05, digits14));
  CHECK(two_sided_p<double>(2.0, df{std::numeric_limits<double>::infinity()}) == two_sided_p<double>(2.0, df{}));
}
