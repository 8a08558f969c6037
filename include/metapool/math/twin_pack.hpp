// SPDX-License-Identifier: BSL-1.0
// Two packs as one: long chains of instructions leave half of a processor idle unless another chain runs beside them. Neither Boost nor Eigen.
#pragma once

#include <metapool/math/pack.hpp>
#include <metapool/math/wide_pack.hpp>

#include <cstddef>

namespace metapool::detail {

#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__)

struct twin_mask {
  mask512 low, high;
  bool operator[](std::size_t i) const { return i < 8 ? low[i] : high[i - 8]; }
  [[gnu::always_inline]] friend inline twin_mask operator&(const twin_mask& a, const twin_mask& b) { return {a.low & b.low, a.high & b.high}; }
  [[gnu::always_inline]] friend inline twin_mask operator|(const twin_mask& a, const twin_mask& b) { return {a.low | b.low, a.high | b.high}; }
};

/// Sixteen doubles in two registers, for run_widest as pack512 is.
struct twin_pack {
  pack512 low, high;

  double operator[](std::size_t i) const { return i < 8 ? low[i] : high[i - 8]; }
  [[gnu::always_inline]] static inline twin_pack all(double x) { return {pack512::all(x), pack512::all(x)}; }
  [[gnu::always_inline]] friend inline twin_pack operator+(const twin_pack& a, const twin_pack& b) { return {a.low + b.low, a.high + b.high}; }
  [[gnu::always_inline]] friend inline twin_pack operator-(const twin_pack& a, const twin_pack& b) { return {a.low - b.low, a.high - b.high}; }
  [[gnu::always_inline]] friend inline twin_pack operator*(const twin_pack& a, const twin_pack& b) { return {a.low * b.low, a.high * b.high}; }
  [[gnu::always_inline]] friend inline twin_pack operator/(const twin_pack& a, const twin_pack& b) { return {a.low / b.low, a.high / b.high}; }
  [[gnu::always_inline]] friend inline twin_mask operator==(const twin_pack& a, const twin_pack& b) { return {a.low == b.low, a.high == b.high}; }
  [[gnu::always_inline]] friend inline twin_mask operator!=(const twin_pack& a, const twin_pack& b) { return {a.low != b.low, a.high != b.high}; }
  [[gnu::always_inline]] friend inline twin_mask operator<(const twin_pack& a, const twin_pack& b) { return {a.low < b.low, a.high < b.high}; }
  [[gnu::always_inline]] friend inline twin_mask operator<=(const twin_pack& a, const twin_pack& b) { return {a.low <= b.low, a.high <= b.high}; }
  [[gnu::always_inline]] friend inline twin_mask operator>=(const twin_pack& a, const twin_pack& b) { return {a.low >= b.low, a.high >= b.high}; }
  [[gnu::always_inline]] friend inline twin_mask operator>(const twin_pack& a, const twin_pack& b) { return {a.low > b.low, a.high > b.high}; }
};

template <>
struct pack_of<double, 16> {
  using type = twin_pack;
};

[[gnu::always_inline]] inline void load(twin_pack& out, const double* from) {
  load(out.low, from);
  load(out.high, from + 8);
}

[[gnu::always_inline]] inline void store(double* to, const twin_pack& x) {
  store(to, x.low);
  store(to + 8, x.high);
}

[[gnu::always_inline]] inline void choose(twin_pack& out, const twin_mask& mask, const twin_pack& a, const twin_pack& b) {
  choose(out.low, mask.low, a.low, b.low);
  choose(out.high, mask.high, a.high, b.high);
}

[[gnu::always_inline]] inline void take_equal(twin_mask& taken, twin_mask& left, const twin_pack& a, const twin_pack& b) {
  take_equal(taken.low, left.low, a.low, b.low);
  take_equal(taken.high, left.high, a.high, b.high);
}

[[gnu::always_inline]] inline void add_product(twin_pack& out, const twin_pack& a, const twin_pack& b) {
  add_product(out.low, a.low, b.low);
  add_product(out.high, a.high, b.high);
}

template <std::size_t N>
[[gnu::always_inline]] inline bool any_of(const twin_mask& mask) {
  return (mask.low.bits | mask.high.bits) != 0;
}

template <std::size_t N>
[[gnu::always_inline]] inline bool all_of(const twin_mask& mask) {
  return (mask.low.bits & mask.high.bits) == 255;
}

[[gnu::always_inline]] inline void least(twin_pack& out, const twin_pack& a, const twin_pack& b) {
  least(out.low, a.low, b.low);
  least(out.high, a.high, b.high);
}

[[gnu::always_inline]] inline void greatest(twin_pack& out, const twin_pack& a, const twin_pack& b) {
  greatest(out.low, a.low, b.low);
  greatest(out.high, a.high, b.high);
}

[[gnu::always_inline]] inline void square_root(twin_pack& out, const twin_pack& x) {
  square_root(out.low, x.low);
  square_root(out.high, x.high);
}

[[gnu::always_inline]] inline void reciprocal_within(twin_pack& out, const twin_pack& x) {
  reciprocal_within(out.low, x.low);
  reciprocal_within(out.high, x.high);
}

[[gnu::always_inline]] inline void quotient_within(twin_pack& out, const twin_pack& a, const twin_pack& b, const twin_pack& inverse) {
  quotient_within(out.low, a.low, b.low, inverse.low);
  quotient_within(out.high, a.high, b.high, inverse.high);
}

/// How many numbers go side by side in searches by packs of so many bytes.
template <class Real, std::size_t Bytes>
inline constexpr std::size_t search_width = Bytes == 64 && sizeof(Real) == 8 ? 16 : (Bytes / sizeof(Real) > 0 ? Bytes / sizeof(Real) : 1);

#else

template <class Real, std::size_t Bytes>
inline constexpr std::size_t search_width = Bytes / sizeof(Real) > 0 ? Bytes / sizeof(Real) : 1;

#endif

}  // namespace metapool::detail
