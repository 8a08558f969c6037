// SPDX-License-Identifier: BSL-1.0
#include <metapool/conversion/printed.hpp>

#include "../support/published.hpp"

#include <doctest/doctest.h>

using namespace metapool;
using metapool_test::contains;
using metapool_test::message_of;

TEST_CASE("A printed number keeps its decimals: 6.90 lies between 6.895 and 6.905") {
  const printed_number x = as_printed("6.90");
  CHECK(x.digits == 690);
  CHECK(x.decimals == 2);
  CHECK(value_of(x) == 6.9);
  CHECK(lowest_of(x) == 6.895);
  CHECK(highest_of(x) == 6.905);
  CHECK(detail::to_text(x) == "6.90");
}

TEST_CASE("Signs, raised dots, other marks and per cent signs are read") {
  CHECK(value_of(as_printed("-0.04")) == -0.04);
  CHECK(detail::to_text(as_printed("-0.04")) == "-0.04");
  CHECK(value_of(as_printed("\xE2\x88\x92" "1.5")) == -1.5);
  CHECK(value_of(as_printed("0\xC2\xB7" "83")) == 0.83);
  CHECK(value_of(as_printed("0,83", ',')) == 0.83);
  CHECK(value_of(as_printed(" 91 % ")) == 91);
  CHECK(value_of(as_printed(".05")) == 0.05);
}

TEST_CASE("What is not a number as printed is refused by name") {
  for (const char* text : {"", "%", "< 0.05", "1,234", "1.2.3", "1e5", "NA", "-", "1 234", "1234567890123456"}) {
    CAPTURE(text);
    CHECK(contains(message_of<input_error>([&] { as_printed(text); }), "as_printed: '" + std::string(text) + "'"));
  }
}
