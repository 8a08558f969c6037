// SPDX-License-Identifier: BSL-1.0
// Decimal numbers as they are written, and most of them as 32 bits from which the same double comes.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace metapool::detail {

/// A decimal number as it is written: (-1)^negative digits 10^exponent.
struct decimal_parts {
  std::uint64_t digits = 0;     ///< right if there are no more than 19
  std::ptrdiff_t exponent = 0;
  std::ptrdiff_t count = 0;     ///< of digits, zeros in front among them
  bool negative = false;
};

/// What all of [at, end) says, with point and exponent as in parse_number; false if that is no number. Neither "inf" nor "nan" is one.
template <class = void>
bool take_apart(const char* at, const char* end, decimal_parts& parts) {
  if (at == end) return false;
  parts.negative = *at == '-';
  if (parts.negative || *at == '+') ++at;
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
  parts.digits = mantissa;
  parts.exponent = exponent;
  parts.count = count;
  return true;
}

/// 10^0 to 10^22, all of them exact.
inline constexpr double exact_powers_of_ten[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                                 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/// 32 bits: sign, decimals (0 to 14), digits (below 2^27 = 134 217 728). The number is digits / 10^decimals, rounded once: the double that is nearest to the text.
inline constexpr std::uint32_t code_digits = std::uint32_t{1} << 27U;
inline constexpr std::uint32_t no_code = 0xFFFFFFFFU;

constexpr std::uint32_t make_code(bool negative, unsigned decimals, std::uint32_t digits) { return static_cast<std::uint32_t>(negative) << 31U | decimals << 27U | digits; }

/// Whether the number is not 0.
constexpr bool code_has_digits(std::uint32_t code) { return code % code_digits != 0; }
constexpr bool code_is_negative(std::uint32_t code) { return code >> 31U != 0; }

/// The double of a code, -0 among them; of no_code what is no number of use.
template <class = void>
[[gnu::always_inline]] inline double decoded(std::uint32_t code) {
  const double x = static_cast<double>(static_cast<std::int32_t>(code % code_digits)) / exact_powers_of_ten[code >> 27U & 15U];
  return std::bit_cast<double>(std::bit_cast<std::uint64_t>(x) | static_cast<std::uint64_t>(code >> 31U) << 63U);
}

/// The code of a number that was taken apart; no_code if it has none: more digits, or more than 14 decimals.
constexpr std::uint32_t code_of(const decimal_parts& parts) {
  if (parts.count > 19 || parts.digits >= code_digits || parts.exponent < -14 || parts.exponent > 8) return no_code;
  std::uint64_t digits = parts.digits;
  std::ptrdiff_t exponent = parts.exponent;
  for (; exponent > 0; --exponent) digits *= 10;
  if (digits >= code_digits) return no_code;
  return make_code(parts.negative, static_cast<unsigned>(-exponent), static_cast<std::uint32_t>(digits));
}

}  // namespace metapool::detail
