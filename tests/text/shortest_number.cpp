// SPDX-License-Identifier: BSL-1.0
#include <metapool/text/shortest_number.hpp>

#include <doctest/doctest.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <string>

using namespace metapool::detail;

namespace {

std::string ours(double x) {
  char text[48];
  return {text, put_shortest(text, x)};
}

std::string standard(double x) {
  char text[48];
  return {text, std::to_chars(text, text + sizeof text, x).ptr};
}

/// How many of x, its neighbours and their negatives are written otherwise than by std::to_chars.
int differing(double x) {
  const double infinite = std::numeric_limits<double>::infinity();
  int n = 0;
  for (const double y : {x, std::nextafter(x, infinite), std::nextafter(x, -infinite)}) n += (ours(y) != standard(y)) + (ours(-y) != standard(-y));
  return n;
}

}  // namespace

TEST_CASE("The shortest text of a number is that of std::to_chars, for bits of any kind") {
  std::uint64_t state = 1;
  int bad = 0;
  const auto random = [&] {
    state = state * 6364136223846793005U + 1442695040888963407U;
    return state ^ state >> 29U;
  };
  for (int i = 0; i < 4000; ++i) {
    const std::uint64_t bits = random();
    const double any = std::bit_cast<double>(bits);
    if (any == any) bad += differing(any);
    // of every power of two from 1e-39 to 2^53, and some beyond
    bad += differing(std::bit_cast<double>((bits & ((std::uint64_t{1} << 52U) - 1)) | static_cast<std::uint64_t>(1075 - 190 + i % 200) << 52U));
  }
  CHECK(bad == 0);
}

TEST_CASE("The shortest text of numbers of few digits, of powers of two and ten and of their neighbours is that of std::to_chars") {
  int bad = 0;
  for (int e = -60; e <= 60; ++e) bad += differing(std::ldexp(1.0, 3 * e)) + differing(std::ldexp(3.0, 3 * e + 1)) + differing(std::ldexp(5.0, 3 * e + 2));
  for (int e = -42; e <= 25; ++e) {
    for (const char* digits : {"1", "2", "5", "9", "12", "995", "1001", "123456", "99999999", "1234567890123456", "9007199254740993"}) {
      const std::string text = std::string(digits) + "e" + std::to_string(e);
      double x = 0;
      std::from_chars(text.data(), text.data() + text.size(), x);
      bad += differing(x);
    }
  }
  for (int i = 0; i < 3000; ++i) bad += ours(i) != standard(i);
  for (int i = 0; i < 3000; ++i) bad += (ours(i / 8.0) != standard(i / 8.0)) + (ours(i / 1000.0) != standard(i / 1000.0)) + (ours(i * 1e9 + 0.5) != standard(i * 1e9 + 0.5));
  CHECK(bad == 0);
}

TEST_CASE("The shortest text of zeros, of the largest and smallest numbers and of the infinite ones is that of std::to_chars") {
  using limits = std::numeric_limits<double>;
  for (const double x : {0.0, -0.0, limits::max(), limits::min(), limits::denorm_min(), limits::infinity(), -limits::infinity(), 4503599627370497.0, 9007199254740991.0, 9007199254740993.0}) {
    CHECK(ours(x) == standard(x));
  }
  CHECK(ours(0.1) == "0.1");
  CHECK(ours(-2.5e-7) == "-2.5e-07");
}
