// SPDX-License-Identifier: BSL-1.0
#include <metapool/gwas/decimal.hpp>

#include <doctest/doctest.h>

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>

namespace {

/// By both functions, which must agree to the last bit.
bool says(const std::string& text, double& x) {
  const std::string longer = text + "\t7654321";
  double y = 0;
  const bool is = metapool::detail::parse_double(text.data(), text.data() + text.size(), x);
  CHECK(metapool::detail::parse_near(longer.data(), longer.data() + text.size(), y) == is);
  if (is) CHECK(std::memcmp(&x, &y, sizeof x) == 0);
  return is;
}

std::uint64_t bits(double x) {
  std::uint64_t b = 0;
  std::memcpy(&b, &x, sizeof b);
  return b;
}

}  // namespace

TEST_CASE("parse_double gives the nearest double, bit for bit what from_chars gives") {
  std::uint64_t state = 88172645463325252ULL;
  const auto next = [&] {
    state ^= state << 13U;
    state ^= state >> 7U;
    return state ^= state << 17U;
  };
  int wrong = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string text = next() % 3 == 0 ? "-" : "";
    const std::uint64_t whole = next() >> (next() % 64);
    text += std::to_string(whole);
    if (next() % 2 == 0) text.append(".").append(std::to_string(next() >> (next() % 64)));
    if (next() % 3 == 0) text.append("e").append(next() % 2 == 0 ? "-" : "+").append(std::to_string(next() % 290));
    double expected = 0, x = 0;
    std::string plain = text;
    const auto plus = plain.find('+');
    if (plus != std::string::npos) plain.erase(plus, 1);
    const auto result = std::from_chars(plain.data(), plain.data() + plain.size(), expected);
    if (result.ec != std::errc{}) continue;
    if (!says(text, x) || bits(x) != bits(expected)) ++wrong;
  }
  CHECK(wrong == 0);
  for (const char* text : {"0.1", "-0.0123", "+5", "1e22", "1e23", "9007199254740993", "123456789012345678901234567890", ".5", "5.", "0.000000000000000000000000123",
                           "1.7976931348623157e308", "4.9e-324", "-0", "1E-5", "0.12345678", "-1234567.12345678", "12345678.12345678", "0.123456789", "-0.0", "7.0", "99.99999999", "-.5"}) {
    double expected = 0, x = 0;
    const char* const start = *text == '+' ? text + 1 : text;
    std::from_chars(start, start + std::strlen(start), expected);
    INFO(text);
    CHECK(says(text, x));
    CHECK(bits(x) == bits(expected));
  }
}

TEST_CASE("A code is there for numbers of up to 8 digits, and gives the nearest double to the last bit") {
  using namespace metapool::detail;
  std::uint64_t state = 1;
  int wrong = 0, coded = 0;
  for (int i = 0; i < 40000; ++i) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    const std::uint32_t digits = static_cast<std::uint32_t>(state >> 37U) >> (i % 27), decimals = static_cast<std::uint32_t>(i / 27 % 16);
    std::string text = std::to_string(digits);
    if (i % 2 == 0) {
      if (text.size() <= decimals) text.insert(0, decimals + 1 - text.size(), '0');
      if (decimals != 0) text.insert(text.size() - decimals, 1, '.');
    } else {
      text.append("e-").append(std::to_string(decimals));
    }
    if (i % 3 == 0) text.insert(0, 1, '-');
    const std::string longer = text + "\t1234567";
    double expected = 0;
    std::from_chars(text.data(), text.data() + text.size(), expected);
    coded_number x;
    const bool read = parse_near(longer.data(), longer.data() + text.size(), x);
    const bool code = x.code != no_code;
    wrong += !read || code != (digits < code_digits && decimals <= 14) || bits(x.get()) != bits(expected);
    if (!code) continue;
    ++coded;
    wrong += code_is_negative(x.code) != (i % 3 == 0) || code_has_digits(x.code) != (digits != 0);
  }
  CHECK(wrong == 0);
  CHECK(coded > 30000);
  const auto code = [](const std::string& text) {
    const std::string longer = text + "\t1234567";
    coded_number x;
    return parse_near(longer.data(), longer.data() + text.size(), x) ? x.code : no_code - 1;
  };
  CHECK(code("134217727") == make_code(false, 0, 134217727));
  CHECK(code("134217728") == no_code);
  CHECK(code("1.34217728") == no_code);
  CHECK(code("-1.34217727") == make_code(true, 8, 134217727));
  CHECK(code("12e3") == make_code(false, 0, 12000));
  CHECK(code("14e7") == no_code);
  CHECK(code("1e8") == make_code(false, 0, 100000000));
  CHECK(code("1e9") == no_code);
  CHECK(code("00000000000000000000000.1") == no_code);
}

TEST_CASE("What is no number is refused, and what is too small for a double is 0") {
  double x = 7;
  for (const char* text : {"", "-", "+", ".", "e5", "1e", "1e+", "1.2.3", "1,5", "0x10", "inf", "-inf", "nan", "NA", "1 ", " 1", "--1", "+-1", "1e5x", "1e400", "1d5", "1.2a", "0.1234567x", "1.-2", "1./2", "0.:", "0. 1", "a.5"}) {
    INFO(text);
    CHECK_FALSE(says(text, x));
  }
  CHECK(says("1e-400", x));
  CHECK(x == 0);
  CHECK(says("-1e-4000000", x));
  CHECK(x == 0);
}

TEST_CASE("p-values below the smallest double keep their logarithm") {
  const auto log_of = [](const std::string& text) {
    double x = -1;
    return metapool::detail::parse_minus_log10(text.data(), text.data() + text.size(), x) ? x : -1;
  };
  CHECK(log_of("0.01") == doctest::Approx(2).epsilon(1e-15));
  CHECK(log_of("1") == 0);
  CHECK_FALSE(std::signbit(log_of("1")));
  CHECK(log_of("3.2e-412") == doctest::Approx(412 - std::log10(3.2)).epsilon(1e-15));
  CHECK(log_of("1e-300") == doctest::Approx(300).epsilon(1e-15));
  CHECK(log_of("2E-12345") == doctest::Approx(12345 - std::log10(2.0)).epsilon(1e-15));
  CHECK(std::isinf(log_of("0")));
  for (const char* text : {"1.0001", "-0.1", "NA", "", "2e5"}) CHECK(log_of(text) == -1);
}

TEST_CASE("Texts for missing numbers") {
  for (const char* text : {"", "NA", "na", "#NA", "N/A", "NaN", "nan", ".", "-", "-nan", "NULL"}) CHECK(metapool::detail::is_missing_field(text));
  for (const char* text : {"0", "-1", "none", "NAN1", "x", ".5", "N"}) CHECK_FALSE(metapool::detail::is_missing_field(text));
}
