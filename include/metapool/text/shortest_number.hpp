// SPDX-License-Identifier: BSL-1.0
// Numbers in millions of lines: the bytes of std::to_chars, in less than half the time.
#pragma once

#include <bit>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace metapool::detail {

/// Of a * b: the upper and the lower 64 bits.
struct product_128 {
  std::uint64_t high, low;
};

constexpr product_128 full_product(std::uint64_t a, std::uint64_t b) {
#if defined(__SIZEOF_INT128__)
  __extension__ using wide = unsigned __int128;
  const wide p = static_cast<wide>(a) * b;
  return {static_cast<std::uint64_t>(p >> 64U), static_cast<std::uint64_t>(p)};
#else
  constexpr std::uint64_t half = 0xFFFFFFFFU;
  const std::uint64_t a1 = a >> 32U, a0 = a & half, b1 = b >> 32U, b0 = b & half;
  const std::uint64_t low = a0 * b0, m = a1 * b0 + (low >> 32U), n = a0 * b1 + (m & half);
  return {a1 * b1 + (m >> 32U) + (n >> 32U), n << 32U | (low & half)};
#endif
}

/// 5^m for m = 0 to 55, which 128 bits hold to the last one, with the highest bit moved to the top.
struct powers_of_five {
  static constexpr int most = 55;
  std::uint64_t high[most + 1], low[most + 1];
  int bits[most + 1];  ///< of 5^m: floor(log2) of it
  constexpr powers_of_five() : high{}, low{}, bits{} {
    std::uint64_t h = 0, l = 1;
    for (int m = 0; m <= most; ++m) {
      const int top = h != 0 ? 127 - std::countl_zero(h) : 63 - std::countl_zero(l);
      const int up = 127 - top;
      bits[m] = top;
      high[m] = up >= 64 ? l << (up - 64) : up == 0 ? h : h << up | l >> (64 - up);
      low[m] = up >= 64 ? 0 : l << up;
      const product_128 p = full_product(l, 5);
      h = 5 * h + p.high;
      l = p.low;
    }
  }
};
inline constexpr powers_of_five fives;

/// n < 10^8 as eight digits, the first one in the lowest byte.
constexpr std::uint64_t eight_digits(std::uint64_t n) {
  std::uint64_t x = n / 10000 | n % 10000 << 32U;                     // two of four digits
  const std::uint64_t hundreds = (x * 5243U >> 19U) & 0x0000007F0000007FU;
  x = hundreds | (x - 100 * hundreds) << 16U;                         // four of two
  const std::uint64_t tens = (x * 103U >> 10U) & 0x000F000F000F000FU;
  return (tens | (x - 10 * tens) << 8U) + 0x3030303030303030U;
}

/// x in the fewest digits that read back as x, of those the nearest, written plainly or with an exponent, whichever is shorter: std::to_chars(to, to + 48, x), to the last byte.
/// 48 bytes must be there: what lies behind the end may be written over. Returns the end.
///
/// x = c 2^q, from about 1e-39 to 2^53 in size, is multiplied by the power of ten 10^m that makes the distance of two neighbours 1 to 10; 10^m is exact in 128 bits for these, and
/// of what is below the point it is kept whether it is 0: so that comparisons with the middles between x and its neighbours are exact (Giulietti's Schubfach, with exact powers).
/// Of the multiples of ten between the middles there is one at most, and if there is, it is shortest; else the nearest whole number is. All other numbers, and those whose lower
/// neighbour is nearer, go to std::to_chars; so do all on processors that have the highest byte first.
template <class = void>
char* put_shortest(char* to, double x) {
  const std::uint64_t all = std::bit_cast<std::uint64_t>(x);
  const std::uint64_t fraction = all & ((std::uint64_t{1} << 52U) - 1);
  const int q = static_cast<int>(all >> 52U & 0x7FFU) - 1075;
  if (all == 0) {
    *to = '0';
    return to + 1;
  }
  if (q > 0 || q < -182 || fraction == 0 || std::endian::native != std::endian::little) return std::to_chars(to, to + 48, x).ptr;
  *to = '-';
  to += all >> 63U;
  const std::uint64_t c = fraction | std::uint64_t{1} << 52U;
  const int m = -((q * 1262611) >> 22);  // minus the whole part of log10 2^q
  const unsigned shift = static_cast<unsigned>(q + fives.bits[m] + m + 1);
  const std::uint64_t high = fives.high[m], low = fives.low[m];
  // 4 times what a is times 10^m, its fraction told by the lowest bit
  const auto scaled = [&](std::uint64_t a) {
    const std::uint64_t moved = a << shift;
    const product_128 above = full_product(moved, high), below = full_product(moved, low);
    const std::uint64_t rest = above.low + below.high;
    return (above.high + (rest < below.high)) | ((rest | below.low) != 0);
  };
  const std::uint64_t value = scaled(4 * c), from = scaled(4 * c - 2), till = scaled(4 * c + 2);  // a middle has more decimals than are looked at: no number is one
  const std::uint64_t whole = value / 4, tens = whole / 10, middle = 4 * whole + 2;
  const bool below = from <= 40 * tens, above = 40 * tens + 40 <= till;
  const bool here = from <= 4 * whole, next = 4 * whole + 4 <= till;
  const bool up = here != next ? next : value > middle || (value == middle && (whole & 1U) != 0);
  const bool shorter = below || above;  // as often as not: no branch on it
  std::uint64_t digits = shorter ? tens + !below : whole + up;
  int exponent = shorter - m;
  for (std::uint64_t fewer = digits / 10; 10 * fewer == digits; fewer = digits / 10) {
    digits = fewer;
    ++exponent;
  }
  char text[40];  // 17 digits with zeros before them; what lies behind is copied, too, so that sizes are constants
  constexpr std::uint64_t half = 100000000;
  const std::uint64_t left = digits / half, first = eight_digits(left % half), second = eight_digits(digits % half);
  text[0] = static_cast<char>('0' + left / half);
  std::memcpy(text + 1, &first, 8);
  std::memcpy(text + 9, &second, 8);
  int zeros = 0;
  while (text[zeros] == '0') ++zeros;
  const char* const at = text + zeros;
  const int count = 17 - zeros;
  const int e = exponent + count - 1;  // x = d.ddd 10^e
  const int plain = e >= count - 1 ? e + 1 : e >= 0 ? count + 1 : count + 1 - e;
  if (plain > count + (count > 1) + 4) {
    to[0] = at[0];
    to[1] = '.';
    std::memcpy(to + 2, at + 1, 16);
    to += count + (count > 1);
    const int size = e < 0 ? -e : e;
    to[0] = 'e';
    to[1] = e < 0 ? '-' : '+';
    to[2] = static_cast<char>('0' + size / 10);
    to[3] = static_cast<char>('0' + size % 10);
    return to + 4;
  }
  if (e < 0) {
    std::memcpy(to, "0.000000", 8);
    std::memcpy(to + 1 - e, at, 17);
  } else {
    std::memcpy(to, at, 17);
    if (exponent < 0) {
      std::memcpy(to + e + 2, at + e + 1, 16);
      to[e + 1] = '.';
    } else {
      std::memset(to + count, '0', 8);
    }
  }
  return to + plain;
}

}  // namespace metapool::detail
