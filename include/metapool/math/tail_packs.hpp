// SPDX-License-Identifier: BSL-1.0
// Tails of the normal and the chi-squared distribution, several side by side or one alone, to the same bits. Neither Boost nor Eigen.
#pragma once

#include <metapool/math/pack.hpp>
#include <metapool/math/wide_pack.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace metapool::detail {

enum class bits_to { power_of_minus, upper_half };

/// power_of_minus: 2^-n from 1.5 2^52 + n; upper_half: x without its last 27 bits. Place by place; packs of double, or double.
template <bits_to What, class Pack>
[[gnu::always_inline]] inline void map_bits(Pack& out, const Pack& x) {
  const auto map = [](auto& bits) __attribute__((always_inline)) {
    if constexpr (What == bits_to::power_of_minus) {
      bits = ((0x4338000000000000 + 1023) - bits) << 52;
    } else {
      bits = bits & ~std::int64_t{0x7ffffff};
    }
  };
  if constexpr (std::is_same_v<Pack, double>) {
    std::int64_t bits;
    std::memcpy(&bits, &x, sizeof bits);
    map(bits);
    std::memcpy(&out, &bits, sizeof bits);
  } else {
#if defined(__GNUC__)
    typedef std::int64_t whole __attribute__((vector_size(sizeof(Pack))));
    whole bits;
    std::memcpy(&bits, static_cast<const void*>(&x), sizeof bits);
    map(bits);
    std::memcpy(static_cast<void*>(&out), &bits, sizeof bits);
#else
    for (std::size_t i = 0; i < sizeof(Pack) / sizeof(double); ++i) map_bits<What>(out[i], x[i]);
#endif
  }
}

/// e^-(x + low) times `factor` for 0 <= x, |low| < 0.01: 2^-n e^r with |r| <= 0.347 + |low| and the series of e^r to r^13; 1.5 units in the last place. 0 and subnormal numbers come
/// out rightly rounded from a product that is exact to that.
template <class Pack>
[[gnu::always_inline]] inline void exponential_times(Pack& out, const Pack& x, const Pack& low, const Pack& factor) {
  Pack whole, over_ln2, ln2_high, ln2_low, half, sum, odd, c, most, at;
  fill(whole, 6755399441055744.0);  // 1.5 2^52: a sum with it is rounded to a whole number, which its last bits hold
  fill(over_ln2, 1.4426950408889634);
  fill(ln2_high, 0x1.62e42feep-1);  // 32 bits: its products with n are exact
  fill(ln2_low, 1.9082149292705877e-10);
  fill(half, 0.5);
  fill(most, 1400.0);
  least(at, x, most);
  const Pack n = (at * over_ln2 + whole) - whole;
  const Pack r = (n * ln2_high - at) + (n * ln2_low - low);
  const Pack rr = r * r;
  const auto next = [&](Pack& s, double coefficient) __attribute__((always_inline)) {
    fill(c, coefficient);
    s = s * rr + c;
  };
  fill(sum, 1.0 / 6227020800.0);
  next(sum, 1.0 / 39916800.0);
  next(sum, 1.0 / 362880.0);
  next(sum, 1.0 / 5040.0);
  next(sum, 1.0 / 120.0);
  next(sum, 1.0 / 6.0);
  fill(odd, 1.0 / 479001600.0);
  next(odd, 1.0 / 3628800.0);
  next(odd, 1.0 / 40320.0);
  next(odd, 1.0 / 720.0);
  next(odd, 1.0 / 24.0);
  next(odd, 0.5);
  fill(c, 1.0);
  const Pack e = (r + rr * (odd + r * sum)) + c;
  // 2^-n in two steps, as n may be 2000
  const Pack first = n * half + whole;
  const Pack second = (n - (first - whole)) + whole;
  Pack a, b;
  map_bits<bits_to::power_of_minus>(a, first);
  map_bits<bits_to::power_of_minus>(b, second);
  out = ((e * factor) * a) * b;
}

/// (1 + 2 x) e^(x^2) erfc(x), x >= 0: a polynomial in (x - 3.75) / (x + 3.75), after Shepherd & Laframboise (1981) Math Comp 36:249; coefficients from interpolation in 60
/// digits at 60 Chebyshev points, truncated where 2e-18 is left.
template <class Pack>
[[gnu::always_inline]] inline void scaled_erfc(Pack& out, const Pack& x) {
  Pack shift, even, odd, c;
  fill(shift, 3.75);
  const Pack t = (x - shift) / (x + shift);
  const Pack tt = t * t;
  const auto next = [&](Pack& s, double coefficient) __attribute__((always_inline)) {
    fill(c, coefficient);
    s = s * tt + c;
  };
  fill(even, -7.339505008529539363487e-11);
  next(even, 9.022149700340590362372e-10);
  next(even, -6.545560212480267295443e-09);
  next(even, 4.097122315270300334799e-08);
  next(even, -2.611470235990095523955e-07);
  next(even, 1.753443425110633365938e-06);
  next(even, -1.144504912583130898412e-05);
  next(even, 5.164940777546398800043e-05);
  next(even, 0.0002937135948057073734632);
  next(even, -0.009746579547619622968048);
  next(even, -0.05869339859054761866015);
  next(even, -0.1088039301417074551982);
  next(even, 0.00358541548546369004709);
  fill(odd, -3.753158277959620342097e-11);
  next(odd, 5.457157304704687913135e-10);
  next(odd, -4.389284159986328390674e-09);
  next(odd, 2.428976292548870741904e-08);
  next(odd, -5.826281078800777089655e-08);
  next(odd, -9.728495822111220293562e-07);
  next(odd, 2.238391203655067913979e-05);
  next(odd, -0.0002901539792898676596458);
  next(odd, 0.001755625832421752809772);
  next(odd, 0.02836227742151559710441);
  next(odd, 0.09230432116019833426313);
  next(odd, 0.08227673849015102403042);
  next(odd, -0.1402405985855470183723);
  fill(c, 1.237512630837827581786);
  out = c + (t * odd + tt * even);
}

/// P(|Z| > |z|) = erfc(|z| / sqrt 2) in double; 6 units in the last place against 50 digits, beyond what the rounding of |z| / sqrt 2 does. NaN stays NaN.
template <class Pack>
[[gnu::always_inline]] inline void normal_two_sided_tail(Pack& out, const Pack& z) {
  Pack zero, one, two, root, x, high, far;
  fill(zero, 0.0);
  fill(one, 1.0);
  fill(two, 2.0);
  fill(root, 1.414213562373095048801688724209698079);
  fill(far, 40.0);
  choose(x, z < zero, zero - z, z);
  x = x / root;
  const Pack asked = x;
  least(x, x, far);
  map_bits<bits_to::upper_half>(high, x);
  Pack scaled;
  scaled_erfc(scaled, x);
  exponential_times(out, Pack(high * high), Pack((x - high) * (x + high)), Pack(scaled / (one + two * x)));
  choose(out, x > zero, out, one);
  choose(out, asked == asked, out, asked);
}

/// Degrees of freedom up to which the closed form is used: the time grows with them.
inline constexpr double most_whole_degrees = 64;

/// P(X > x) of chi-squared with df degrees of freedom, whole, from 1 to most_whole_degrees: e^-h (1 + h + h^2/2! + ...) with h = x/2 for even ones, and erfc(sqrt h) + e^-h (sqrt h / Gamma(3/2) +
/// h^(3/2) / Gamma(5/2) + ...) for odd ones: all terms are positive, so that nothing cancels (DLMF 8.4.10, 8.4.12). In double, to 10 units in the last place against 50 digits.
template <std::size_t N, class Pack>
[[gnu::always_inline]] inline void whole_chi_squared_tail(Pack& out, const Pack& x, const Pack& df) {
  Pack zero, one, half, two, whole, h, root, sum, term, index, part, over, count;
  fill(zero, 0.0);
  fill(one, 1.0);
  fill(half, 0.5);
  fill(two, 2.0);
  fill(whole, 6755399441055744.0);
  fill(over, 1.128379167095512573896158903121545172);  // 2 / sqrt(pi)
  fill(h, 1400.0);  // from there on the tail is 0
  least(h, Pack(x * half), h);
  const Pack pairs = ((df * half - half * half) + whole) - whole;  // df / 2, rounded down
  const auto odd = df - (pairs + pairs) > half;
  square_root(root, h);
  scaled_erfc(sum, root);
  choose(sum, odd, sum / (one + two * root), zero);
  choose(term, odd, over * root, one);
  choose(index, odd, one + half, one);
  for (count = pairs; any_of<N>(count > half); count = count - one) {
    choose(part, count > half, term, zero);
    sum = sum + part;
    term = term * (h / index);
    index = index + one;
  }
  exponential_times(out, h, zero, sum);
  least(out, out, one);
  choose(out, x > zero, out, one);
  choose(out, x == x, out, x);
}

}  // namespace metapool::detail
