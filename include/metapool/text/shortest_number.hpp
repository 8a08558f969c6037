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

/// n < 10^8 as eight digits, 0 to 9, the first one in the lowest byte.
constexpr std::uint64_t eight_digits(std::uint64_t n) {
  std::uint64_t x = n / 10000 | n % 10000 << 32U;                     // two of four digits
  const std::uint64_t hundreds = (x * 5243U >> 19U) & 0x0000007F0000007FU;
  x = hundreds | (x - 100 * hundreds) << 16U;                         // four of two
  const std::uint64_t tens = (x * 103U >> 10U) & 0x000F000F000F000FU;
  return tens | (x - 10 * tens) << 8U;
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
  // 4 times x 10^m, and that of the middles: the fraction told by the lowest bit
  std::uint64_t value = 0, from = 0, till = 0;
  if (low == 0) {  // as of all numbers from 1e-11 to 2^53: two words hold them, and the middles are 2 10^m away
    const product_128 x4 = full_product(4 * c << shift, high), away{high >> (63 - shift), high << (shift + 1)};
    const std::uint64_t from_rest = x4.low - away.low, till_rest = x4.low + away.low;
    value = x4.high | (x4.low != 0);
    from = (x4.high - away.high - (x4.low < away.low)) | (from_rest != 0);
    till = (x4.high + away.high + (till_rest < x4.low)) | (till_rest != 0);
  } else {
    const auto scaled = [&](std::uint64_t a) {
      const std::uint64_t moved = a << shift;
      const product_128 upper = full_product(moved, high), lower = full_product(moved, low);
      const std::uint64_t rest = upper.low + lower.high;
      return (upper.high + (rest < lower.high)) | ((rest | lower.low) != 0);
    };
    value = scaled(4 * c);
    from = scaled(4 * c - 2);
    till = scaled(4 * c + 2);
  }
  // the middles are half a unit or more away, and no whole numbers: the nearest whole number is always between them
  const std::uint64_t whole = value / 4, tens = whole / 10, middle = 4 * whole + 2;
  const bool below = from <= 40 * tens, above = 40 * tens + 40 <= till, up = (value > middle) | ((value == middle) & ((whole & 1U) != 0));
  const std::uint64_t nearest = whole + up, shortest = 10 * (tens + !below);
  std::uint64_t digits = nearest + ((shortest - nearest) & (0 - static_cast<std::uint64_t>(below | above)));  // 16 or 17, as often as not: no branch on it, nor on which of the two it is
  const bool few = digits < 10000000000000000U;
  digits += 9 * digits & (0 - static_cast<std::uint64_t>(few));
  const int e = 16 - few - m;  // x = d.ddd 10^e
  constexpr std::uint64_t half = 100000000;
  const std::uint64_t left = digits / half;
  const char leading = static_cast<char>('0' + left / half);
  std::uint64_t first = eight_digits(left % half), second = eight_digits(digits % half);
  const int count = second != 0 ? 17 - (std::countl_zero(second) >> 3) : 9 - (std::countl_zero(first) >> 3);  // without zeros at the end: 1 if there is nothing else
  first += 0x3030303030303030U;
  second += 0x3030303030303030U;
  const auto put = [&](char* at, char* behind) {
    *at = leading;
    std::memcpy(behind, &first, 8);
    std::memcpy(behind + 8, &second, 8);
  };
  const int plain = e >= count - 1 ? e + 1 : e >= 0 ? count + 1 : count + 1 - e;
  if (plain > count + (count > 1) + 4) {
    put(to, to + 2);
    to[1] = '.';
    to += count + (count > 1);
    const int size = e < 0 ? -e : e;
    const char end[4] = {'e', e < 0 ? '-' : '+', static_cast<char>('0' + size / 10), static_cast<char>('0' + size % 10)};
    std::memcpy(to, end, 4);
    return to + 4;
  }
  if (e < 0) {
    std::memcpy(to, "0.000000", 8);
    put(to + 1 - e, to + 2 - e);
  } else if (e < 8) {
    put(to, to + 1);
    if (count > e + 1) {
      first = e == 0 ? first : first >> (8 * e);
      to[e + 1] = '.';
      std::memcpy(to + e + 2, &first, 8);
      std::memcpy(to + 10, &second, 8);
    }
  } else {
    put(to, to + 1);
    if (count > e + 1) {
      second >>= 8 * (e - 8);
      to[e + 1] = '.';
      std::memcpy(to + e + 2, &second, 8);
    }
  }
  return to + plain;
}

}  // namespace metapool::detail
