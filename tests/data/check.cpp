// SPDX-License-Identifier: BSL-1.0
#include <metapool/data/check.hpp>

#include "support/published.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace metapool;
using namespace metapool_test;

TEST_CASE("numbers in messages read back as they were, and are short where asked") {
  CHECK(metapool::detail::to_text(0.1) == "0.1");
  CHECK(metapool::detail::to_text(1e-300) == "1e-300");
  CHECK(metapool::detail::to_text(0.1f) == "0.1");
  CHECK(metapool::detail::to_text(12) == "12");
  CHECK(metapool::detail::to_text(0.25L) == "0.25");
  CHECK(metapool::detail::to_short_text(0.812249) == "0.8122");
}

TEST_CASE("finite and whole mean what they say") {
  CHECK(metapool::detail::is_finite(1.0));
  CHECK_FALSE(metapool::detail::is_finite(std::numeric_limits<double>::infinity()));
  CHECK_FALSE(metapool::detail::is_finite(std::numeric_limits<float>::quiet_NaN()));
  CHECK(metapool::detail::is_whole(-3.0));
  CHECK(metapool::detail::is_whole(1e300));
  CHECK_FALSE(metapool::detail::is_whole(0.5));
}

TEST_CASE("a message names function, study, value and rule, and every error is a metapool::error") {
  CHECK(message_of<error>([] { metapool::detail::throw_study_error("f", "Zhu", "v", 0.0, "must be positive"); }) == "f: study 'Zhu': v = 0 must be positive");
  CHECK(message_of<input_error>([] { metapool::detail::throw_input_error("f", "no"); }) == "f: no");
  CHECK(message_of<not_estimable>([] { metapool::detail::throw_not_estimable("f", "no"); }) == "f: no");
  CHECK(message_of<error>([] { throw convergence_error("no"); }) == "no");
}

TEST_CASE("a level lies strictly between 0 and 1") {
  metapool::detail::check_level("f", 0.95);
  for (double level : {0.0, 1.0, -1.0, 95.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    CHECK_THROWS_AS(metapool::detail::check_level("f", level), input_error);
  }
}
