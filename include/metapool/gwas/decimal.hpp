// SPDX-License-Identifier: BSL-1.0
// Numbers in millions of lines: the nearest double, quickly.
#pragma once

#include <metapool/data/decimal.hpp>

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>

namespace metapool::detail {

/// The number that all of [at, end) says, correctly rounded, with point and exponent as in parse_number; false if it says none. Neither "inf" nor "nan" is a number.
/// With at most 15 digits and a power of ten up to 22 both whole numbers are exact, and one division or product rounds once (Clinger 1990); else
/// std::from_chars decides. A number beyond the range of double is none; one below it is 0.
template <class = void>
bool parse_double(const char* at, const char* end, double& value) {
  static constexpr double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                      1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  const char* const begin = at;
  if (at == end) return false;
  const bool negative = *at == '-';
  if (negative || *at == '+') ++at;
  const char* const digits = at;
  std::uint64_t mantissa = 0;
  const auto digit = [](char c) { return static_cast<unsigned>(static_cast<unsigned char>(c)) - unsigned{'0'}; };
  while (at != end && digit(*at) <= 9) mantissa = 10 * mantissa + digit(*at++);
  std::ptrdiff_t count = at - digits;
  std::ptrdiff_t exponent = 0;
  if (at != end && *at == '.') {
    const char* const point = ++at;
    while (at != end && digit(*at) <= 9) mantissa = 10 * mantissa + digit(*at++);
    exponent = point - at;
    count -= exponent;
  }
  if (count == 0) return false;
  if (at != end) {
    if (*at != 'e' && *at != 'E') return false;
    ++at;
    if (at == end) return false;
    const bool below = *at == '-';
    if (below || *at == '+') ++at;
    if (at == end) return false;
    std::ptrdiff_t e = 0;
    for (; at != end && digit(*at) <= 9; ++at) {
      if (e < 100000) e = 10 * e + static_cast<std::ptrdiff_t>(digit(*at));
    }
    if (at != end) return false;
    exponent += below ? -e : e;
  }
  if (count <= 19 && mantissa <= (std::uint64_t{1} << 53U) && exponent >= -22 && exponent <= 22) {
    const double whole = static_cast<double>(mantissa);
    const double x = exponent < 0 ? whole / powers[-exponent] : whole * powers[exponent];
    value = negative ? -x : x;
    return true;
  }
  const std::string text(*begin == '+' ? begin + 1 : begin, end);
  if (convert_number(text.c_str(), text.size(), value)) return true;
  if (exponent < -300 && count < 1000) {  // below the smallest number
    value = negative ? -0.0 : 0.0;
    return true;
  }
  return false;
}

/// The same for a text behind which eight bytes may be read: up to eight decimals are read at once, as eight bytes of one word.
template <class = void>
[[gnu::always_inline]] inline bool parse_near(const char* at, const char* end, double& value) {
  static constexpr double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8};
  static constexpr double signs[] = {1, -1};
  static constexpr std::uint64_t whole_powers[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};
  if constexpr (std::endian::native == std::endian::little) {
    const bool negative = at != end && *at == '-';
    const char* const digits = at + negative;
    const char* point = digits;
    std::uint64_t whole = 0;
    for (; point != end; ++point) {
      const unsigned digit = static_cast<unsigned>(static_cast<unsigned char>(*point)) - unsigned{'0'};
      if (digit > 9) break;
      whole = 10 * whole + digit;
    }
    const std::ptrdiff_t places = end - point - 1;
    if (point != digits && point - digits <= 7 && places >= 1 && places <= 8 && *point == '.') {
      std::uint64_t x = 0;
      std::memcpy(&x, point + 1, 8);
      const unsigned unused = 64 - 8 * static_cast<unsigned>(places);
      x = x << unused | (0x3030303030303030ULL & ((std::uint64_t{1} << unused) - 1));  // zeros before, so that it is a number of eight digits
      x ^= 0x3030303030303030ULL;
      if ((((x + 0x7676767676767676ULL) | x) & 0x8080808080808080ULL) == 0) {
        x = 10 * x + (x >> 8U);
        x = ((x & 0x000000FF000000FFULL) * 0x000F424000000064ULL + (x >> 16U & 0x000000FF000000FFULL) * 0x0000271000000001ULL) >> 32U;
        const double y = static_cast<double>(whole * whole_powers[places] + x) / powers[places];  // both exact: below 2^53
        value = y * signs[negative];  // signs come as they like: no branch on them
        return true;
      }
    }
  }
  return parse_double(at, end, value);
}

/// Whether a field stands for a number that is not there. One look at the first byte tells for most fields that hold a number.
template <class = void>
bool is_missing_field(std::string_view s) {
  if (s.empty()) return true;
  const char c = s[0];
  if (c != '#' && c != 'N' && c != 'n' && c != '.' && c != '-') return false;
  return s == "." || s == "-" || equal_ignoring_case(s, "NA") || equal_ignoring_case(s, "#NA") || equal_ignoring_case(s, "N/A") || equal_ignoring_case(s, "NaN") ||
         equal_ignoring_case(s, "-NaN") || equal_ignoring_case(s, "null");
}

/// -log10 of the p-value that [at, end) says, 14 digits or better (or 1e-16, near p = 1), also where the p-value lies below the smallest double ("3.2e-412"); false if that is no number in [0, 1].
/// Infinite for 0.
template <class = void>
bool parse_minus_log10(const char* at, const char* end, double& value) {
  double p = 0;
  if (!parse_double(at, end, p)) return false;
  if (!(p >= 0 && p <= 1)) return false;
  if (p > 1e-290) {
    value = std::fabs(std::log10(p));
    return true;
  }
  const char* mark = at;
  while (mark != end && *mark != 'e' && *mark != 'E') ++mark;
  double mantissa = 0, exponent = 0;
  if (mark != end && parse_double(at, mark, mantissa) && parse_double(mark + 1, end, exponent) && mantissa > 1e-290) {
    value = -exponent - std::log10(mantissa);
    return true;
  }
  value = p > 0 ? std::fabs(std::log10(p)) : std::numeric_limits<double>::infinity();
  return true;
}

}  // namespace metapool::detail
