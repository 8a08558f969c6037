// SPDX-License-Identifier: BSL-1.0
#include <metapool/text/number_text.hpp>

#include <doctest/doctest.h>


using namespace metapool::detail;

TEST_CASE("Fixed decimals are rounded from the binary value and never show a negative zero") {
  CHECK(fixed_text(0.125, 2) == "0.12");  // exact tie: to even
  CHECK(fixed_text(0.375, 2) == "0.38");
  CHECK(fixed_text(2.675, 2) == "2.67");  // below the tie in binary
  CHECK(fixed_text(-0.004, 2) == "0.00");
  CHECK(fixed_text(-0.006, 2) == "-0.01");
  CHECK(short_text(12.50, 2) == "12.5");
  CHECK(short_text(100, 2) == "100");
  CHECK(short_text(-0.001, 2) == "0");
}

TEST_CASE("A number for a reader has a true minus sign") {
  CHECK(reader_text(-1.5, 1) == "\xE2\x88\x92" "1.5");
  CHECK(reader_text(-0.01, 1) == "0.0");
  CHECK(count_text(-2.5) == "\xE2\x88\x92" "2.5");
  CHECK(count_text(1000000000) == "1000000000");
}

TEST_CASE("No positive ratio is shown as zero") {
  CHECK(ratio_text(0.494, 2) == "0.49");
  CHECK(ratio_text(0.00502, 2) == "0.01");
  CHECK(ratio_text(0.0042, 2) == "0.004");
  CHECK(ratio_text(0.0001, 2) == "0.0001");
  CHECK(ratio_text(0.00001234, 2) == "0.00001");
  CHECK(ratio_text(1.234e-9, 2) == "1.2e-09");
  CHECK(ratio_text(10000, 2) == "10000");
  CHECK(ratio_text(999.99, 2) == "999.99");
  CHECK(ratio_text(1.5e9, 2) == "1.5e+09");
}

TEST_CASE("p-values: three decimals below 0.1, two above, never 0 or 1") {
  CHECK(p_text(1e-300) == "< 0.001");
  CHECK(p_text(0.000999) == "< 0.001");
  CHECK(p_text(0.0012) == "= 0.001");
  CHECK(p_text(0.0496) == "= 0.050");
  CHECK(p_text(0.0504) == "= 0.050");
  CHECK(p_text(0.312) == "= 0.31");
  CHECK(p_text(0.9951) == "> 0.99");
  CHECK(p_text(1) == "> 0.99");
}
