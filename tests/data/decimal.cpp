// SPDX-License-Identifier: BSL-1.0
#include <metapool/data/decimal.hpp>

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <doctest/doctest.h>

#include <clocale>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>

using metapool::number_format;
using metapool::number_status;
using metapool::number_text;
using metapool::parse_number;
using wide = boost::multiprecision::cpp_bin_float_50;

namespace {

double value(const char* text, char decimal = '.') {
  const auto p = parse_number<double>(text, {.decimal = decimal});
  REQUIRE(p.status == number_status::number);
  return p.value;
}

number_status status(const std::string& text, char decimal = '.') { return parse_number<double>(text, {.decimal = decimal}).status; }

}  // namespace

TEST_CASE("numbers are read with sign, fraction, exponent and surrounding blanks") {
  CHECK(value("12") == 12);
  CHECK(value(" \t+3.5 ") == 3.5);
  CHECK(value("-0.25") == -0.25);
  CHECK(value(".5") == 0.5);
  CHECK(value("5.") == 5);
  CHECK(value("1e3") == 1000);
  CHECK(value("1E-3") == 0.001);
  CHECK(value("2.5e+01") == 25);
  CHECK(value("0.1") == 0.1);
  CHECK(value("123456789012345678") == 123456789012345678.0);
  CHECK(value("3,5", ',') == 3.5);
  CHECK(value("000000000000000000001") == 1);
}

TEST_CASE("what is not wholly a number is refused") {
  for (const char* text : {"12a", "a", "1 2", "1,5", "--1", "+-1", "+", "e5", "1e", "1e+", "1.2.3", "0x10", "inf", "-inf", "Infinity", "1f", "$5", "5%",
                           "1'000", "..", "\xC2\xA0"
                                          "1",
                           "1\n"}) {
    CAPTURE(text);
    CHECK(status(text) == number_status::not_a_number);
  }
  CHECK(status("1.5", ',') == number_status::not_a_number);
  CHECK(status(std::string(1001, '1')) == number_status::not_a_number);
  CHECK(status(std::string(300, '1')) == number_status::number);
  CHECK(status("1e999") == number_status::out_of_range);
  CHECK(status(std::string(1000, '9')) == number_status::out_of_range);
}

TEST_CASE("missing-value tokens are recognised without regard to case and blanks, and may be chosen") {
  for (const char* text : {"", "  ", "NA", "na", "N/A", "n/a", "NaN", "nan", ".", "-", " Missing "}) CHECK(status(text) == number_status::missing);
  const number_format nines{.decimal = '.', .missing = {"-999"}};
  CHECK(parse_number<double>("-999", nines).status == number_status::missing);
  CHECK(parse_number<double>("NA", nines).status == number_status::not_a_number);
  CHECK(parse_number<double>("", nines).status == number_status::not_a_number);
}

TEST_CASE("types with more digits than double read the decimal text itself") {
  const auto tenth = parse_number<wide>("0.1");
  REQUIRE(tenth.status == number_status::number);
  CHECK(tenth.value == wide("0.1"));
  CHECK(tenth.value != wide(0.1));
  CHECK(parse_number<long double>("0.1").value == 0.1L);
  CHECK(parse_number<float>("0.1").value == 0.1F);
  CHECK(parse_number<float>("16777217").value == 16777216.0F);
  CHECK(parse_number<float>("1e39").status == number_status::out_of_range);
  CHECK(parse_number<wide>("1e999999999999").status == number_status::out_of_range);
  CHECK(parse_number<wide>("-1e-0003").value == wide("-0.001"));
}

TEST_CASE("a number's text reads back as the same number, and is short") {
  CHECK(number_text(12.0) == "12");
  CHECK(number_text(1000000.0) == "1000000");
  CHECK(number_text(0.1) == "0.1");
  CHECK(number_text(0.1F) == "0.1");
  CHECK(number_text(-3.5, ',') == "-3,5");
  CHECK(number_text(wide(12)) == "12");
  CHECK(number_text(wide("0.1")) != "");
  std::uint64_t state = 42;
  for (int i = 0; i < 20000; ++i) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    double x = 0;
    std::memcpy(&x, &state, sizeof x);
    if (!metapool::detail::is_finite(x)) continue;
    const auto back = parse_number<double>(number_text(x));
    REQUIRE(back.status == number_status::number);
    REQUIRE(back.value == x);
  }
  for (const wide& x : {wide("0.1"), wide(1) / 3, wide(2) / 7 * 1e30, -wide(1) / 3e20}) {
    const auto back = parse_number<wide>(number_text(x));
    REQUIRE(back.status == number_status::number);
    CHECK(back.value == x);
  }
  const long double third = 1.0L / 3;
  CHECK(parse_number<long double>(number_text(third)).value == third);
}

TEST_CASE("the fall-back by strtod agrees with from_chars, also under a locale with a decimal comma") {
  const std::string before = std::setlocale(LC_NUMERIC, nullptr);
  for (const char* locale : {"C", "de_DE.UTF-8", "fr_FR.UTF-8"}) {
    if (std::setlocale(LC_NUMERIC, locale) == nullptr) continue;
    double x = 0;
    CHECK(metapool::detail::convert_with_strtod("-12.5e-1", x));
    CHECK(x == -1.25);
    CHECK(value("-12.5e-1") == -1.25);
    CHECK(number_text(-1.25) == "-1.25");
    float f = 0;
    CHECK(metapool::detail::convert_with_strtod("0.1", f));
    CHECK(f == 0.1F);
    CHECK_FALSE(metapool::detail::convert_with_strtod("1e999", x));
  }
  std::setlocale(LC_NUMERIC, before.c_str());
}
