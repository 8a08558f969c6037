// SPDX-License-Identifier: BSL-1.0
// Numbers in millions of lines: the nearest double, quickly.
#pragma once

#include <metapool/data/decimal.hpp>
#include <metapool/gwas/decimal_code.hpp>

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>

namespace metapool::detail {

/// The number nearest to parts that were taken from [at, end); false if it is beyond the range of double. One below that range is 0. With at most 15 digits and a power of ten up to 22
/// both whole numbers are exact, and one division or product rounds once (Clinger 1990); else std::from_chars decides.
template <class = void>
bool nearest_double(const decimal_parts& parts, const char* at, const char* end, double& value) {
  if (parts.count <= 19 && parts.digits <= (std::uint64_t{1} << 53U) && parts.exponent >= -22 && parts.exponent <= 22) {
    const double whole = static_cast<double>(parts.digits);
    const double x = parts.exponent < 0 ? whole / exact_powers_of_ten[-parts.exponent] : whole * exact_powers_of_ten[parts.exponent];
    value = parts.negative ? -x : x;
    return true;
  }
  const std::string text(*at == '+' ? at + 1 : at, end);
  if (convert_number(text.c_str(), text.size(), value)) return true;
  if (parts.exponent < -300 && parts.count < 1000) {
    value = parts.negative ? -0.0 : 0.0;
    return true;
  }
  return false;
}

/// The number that all of [at, end) says, correctly rounded, with point and exponent as in parse_number; false if it says none.
template <class = void>
bool parse_double(const char* at, const char* end, double& value) {
  decimal_parts parts;
  return take_apart(at, end, parts) && nearest_double(parts, at, end, value);
}

/// A number that has a code, which is most of those in files, or else a double.
struct coded_number {
  std::uint32_t code = no_code;
  double value = 0;  ///< where code is no_code
  double get() const { return code == no_code ? value : decoded(code); }
};

template <class = void>
[[gnu::noinline]] bool parse_any(const char* at, const char* end, coded_number& to) {
  decimal_parts parts;
  if (!take_apart(at, end, parts)) return false;
  to.code = code_of(parts);
  return to.code != no_code || nearest_double(parts, at, end, to.value);
}

/// As parse_double, of a text behind which sixteen bytes may be read: up to eight decimals are read at once, as eight bytes of one word.
template <class = void>
[[gnu::always_inline]] inline bool parse_near(const char* at, const char* end, coded_number& to) {
  static constexpr std::uint64_t powers[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};
  if constexpr (std::endian::native == std::endian::little) {
    const bool negative = *at == '-';
    const char* const point = at + negative + 1;
    const std::ptrdiff_t places = end - point - 1;
    const unsigned first = static_cast<unsigned>(static_cast<unsigned char>(point[-1])) - unsigned{'0'};
    if (places >= 1 && places <= 8 && *point == '.' && first <= 9) {
      std::uint64_t x = 0;
      std::memcpy(&x, point + 1, 8);
      const unsigned unused = 64 - 8 * static_cast<unsigned>(places);
      x = (x ^ 0x3030303030303030ULL) << unused;  // zeros before, so that it is a number of eight digits
      if ((((x + 0x7676767676767676ULL) | x) & 0x8080808080808080ULL) == 0) {
        x = 10 * x + (x >> 8U);
        x = ((x & 0x000000FF000000FFULL) * 0x000F424000000064ULL + (x >> 16U & 0x000000FF000000FFULL) * 0x0000271000000001ULL) >> 32U;
        x += first * powers[places];
        if (x < code_digits) {
          to.code = make_code(negative, static_cast<unsigned>(places), static_cast<std::uint32_t>(x));
          return true;
        }
      }
    }
  }
  return parse_any(at, end, to);
}

template <class = void>
[[gnu::always_inline]] inline bool parse_near(const char* at, const char* end, double& value) {
  coded_number x;
  if (!parse_near(at, end, x)) return false;
  value = x.get();
  return true;
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
