// SPDX-License-Identifier: BSL-1.0
// Several numbers that are computed with side by side, by vector instructions where the compiler has them. Neither Boost nor Eigen.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstring>
#include <type_traits>

namespace metapool::detail {

/// N numbers with element-wise operators: what compilers without vector extensions, and wider types than double, get.
template <class T, std::size_t N>
struct plain_pack {
  T at[N]{};
  T& operator[](std::size_t i) { return at[i]; }
  const T& operator[](std::size_t i) const { return at[i]; }

  template <class F>
  static auto map(const plain_pack& a, const plain_pack& b, const F& f) {
    plain_pack<decltype(f(a[0], b[0])), N> r;
    for (std::size_t i = 0; i < N; ++i) r[i] = f(a[i], b[i]);
    return r;
  }
  static plain_pack all(const T& x) {
    plain_pack r;
    for (std::size_t i = 0; i < N; ++i) r[i] = x;
    return r;
  }
  friend plain_pack operator-(const plain_pack& a) { return map(a, a, [](const T& x, const T&) -> T { return -x; }); }
  friend plain_pack operator+(const plain_pack& a, const plain_pack& b) { return map(a, b, [](const T& x, const T& y) -> T { return x + y; }); }
  friend plain_pack operator-(const plain_pack& a, const plain_pack& b) { return map(a, b, [](const T& x, const T& y) -> T { return x - y; }); }
  friend plain_pack operator*(const plain_pack& a, const plain_pack& b) { return map(a, b, [](const T& x, const T& y) -> T { return x * y; }); }
  friend plain_pack operator/(const plain_pack& a, const plain_pack& b) { return map(a, b, [](const T& x, const T& y) -> T { return x / y; }); }
  friend auto operator<(const plain_pack& a, const plain_pack& b) { return map(a, b, [](const T& x, const T& y) { return x < y; }); }
  friend auto operator>(const plain_pack& a, const plain_pack& b) { return map(a, b, [](const T& x, const T& y) { return x > y; }); }
  friend auto operator<=(const plain_pack& a, const plain_pack& b) { return map(a, b, [](const T& x, const T& y) { return x <= y; }); }
  friend auto operator>=(const plain_pack& a, const plain_pack& b) { return map(a, b, [](const T& x, const T& y) { return x >= y; }); }
  friend auto operator==(const plain_pack& a, const plain_pack& b) { return map(a, b, [](const T& x, const T& y) { return x == y; }); }
  friend auto operator!=(const plain_pack& a, const plain_pack& b) { return map(a, b, [](const T& x, const T& y) { return x != y; }); }
  friend plain_pack operator&(const plain_pack& a, const plain_pack& b) { return map(a, b, [](const T& x, const T& y) -> T { return x && y; }); }
  friend plain_pack operator|(const plain_pack& a, const plain_pack& b) { return map(a, b, [](const T& x, const T& y) -> T { return x || y; }); }
};

template <class Real, std::size_t N>
struct pack_of {
  using type = plain_pack<Real, N>;
};

#if defined(__GNUC__)
// A vector type is the same for every caller, but its registers are not: packs are never passed or returned by value.
template <std::size_t N>
struct pack_of<double, N> {
  typedef double type __attribute__((vector_size(N * sizeof(double))));
};
template <std::size_t N>
struct pack_of<float, N> {
  typedef float type __attribute__((vector_size(N * sizeof(float))));
};
#endif

/// N numbers side by side: + - * / with packs, comparisons that give masks, & and | of masks, [i].
template <class Real, std::size_t N>
using pack = typename pack_of<Real, N>::type;

template <class Pack, class Real>
[[gnu::always_inline]] inline void fill(Pack& out, const Real& x) {
  if constexpr (std::is_class_v<Pack>) {
    out = Pack::all(x);
  } else {
    out = x - Pack{};
  }
}

/// N numbers from consecutive places, which need no alignment.
template <class Pack, class Real>
[[gnu::always_inline]] inline void load(Pack& out, const Real* from) {
  std::memcpy(static_cast<void*>(&out), from, sizeof(Pack));
}

template <class Pack, class Real>
[[gnu::always_inline]] inline void store(Real* to, const Pack& x) {
  std::memcpy(to, &x, sizeof(Pack));
}

/// out = mask ? a : b, place by place.
template <class Pack, class Mask>
[[gnu::always_inline]] inline void choose(Pack& out, const Mask& mask, const Pack& a, const Pack& b) {
  if constexpr (std::is_class_v<Pack>) {
    for (std::size_t i = 0; i < sizeof(Pack) / sizeof(a[0]); ++i) out[i] = mask[i] ? a[i] : b[i];
  } else {
    out = mask ? a : b;
  }
}

/// taken = the places of `left` where a and b are equal, which leave it.
template <class Mask, class Pack>
[[gnu::always_inline]] inline void take_equal(Mask& taken, Mask& left, const Pack& a, const Pack& b) {
  taken = left & (a == b);
  left = left & (a != b);
}

/// out = out + a b, rounded once or twice: for bounds, whose last digit is not asked for.
template <class Pack>
[[gnu::always_inline]] inline void add_product(Pack& out, const Pack& a, const Pack& b) {
  out = out + a * b;
}

/// Whether the mask holds anywhere.
template <std::size_t N, class Mask>
[[gnu::always_inline]] inline bool any_of(const Mask& mask) {
  if constexpr (std::is_same_v<Mask, bool>) {
    return mask;
  } else {
    bool any = false;
    for (std::size_t i = 0; i < N; ++i) any |= mask[i] != 0;
    return any;
  }
}

/// Whether it holds everywhere.
template <std::size_t N, class Mask>
[[gnu::always_inline]] inline bool all_of(const Mask& mask) {
  if constexpr (std::is_same_v<Mask, bool>) {
    return mask;
  } else {
    bool all = true;
    for (std::size_t i = 0; i < N; ++i) all &= mask[i] != 0;
    return all;
  }
}

/// Bytes of the vectors that this compilation may use everywhere.
#if defined(__AVX512F__)
inline constexpr std::size_t pack_bytes = 64;
#elif defined(__AVX__)
inline constexpr std::size_t pack_bytes = 32;
#else
inline constexpr std::size_t pack_bytes = 16;
#endif

template <std::size_t Bytes>
using bytes_of_pack = std::integral_constant<std::size_t, Bytes>;

/// f(bytes_of_pack<B>{}) for packs of B bytes. On x86-64 it is compiled once more for AVX2, with packs twice as wide, and run so where the processor has that. Fused
/// multiply-add is left out, and every number of a pack is computed by itself: the bits are the same either way. Not under g++'s AddressSanitizer, which needs minutes and gigabytes
/// to compile functions of that size once more.
#if defined(__GNUC__) && defined(__x86_64__) && !defined(__AVX__) && !defined(__SANITIZE_ADDRESS__)
template <class F>
__attribute__((target("avx2"), flatten)) void run_with_avx2(const F& f) {
  f(bytes_of_pack<32>{});
}
template <class F>
void run_wide(const F& f) {
  if (__builtin_cpu_supports("avx2")) {
    run_with_avx2(f);
  } else {
    f(bytes_of_pack<16>{});
  }
}
#else
template <class F>
void run_wide(const F& f) {
  f(bytes_of_pack<pack_bytes>{});
}
#endif

}  // namespace metapool::detail
