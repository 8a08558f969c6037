// SPDX-License-Identifier: BSL-1.0
// Packs for AVX-512, and functions of packs that processors have an instruction for. Neither Boost nor Eigen.
#pragma once

#include <metapool/math/pack.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace metapool::detail {

/// The type of one of a pack's numbers.
template <class Pack>
using place_of = std::remove_cv_t<std::remove_reference_t<decltype(std::declval<const Pack&>()[0])>>;

#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__)

/// One bit for each of eight places.
struct mask512 {
  unsigned char bits;
  bool operator[](std::size_t i) const { return ((bits >> i) & 1) != 0; }
  [[gnu::always_inline]] friend inline mask512 operator&(const mask512& a, const mask512& b) {
    mask512 r;
    asm("kandb %2, %1, %0" : "=Yk"(r.bits) : "Yk"(a.bits), "Yk"(b.bits));  // g++ goes through other registers
    return r;
  }
  [[gnu::always_inline]] friend inline mask512 operator|(const mask512& a, const mask512& b) {
    mask512 r;
    asm("korb %2, %1, %0" : "=Yk"(r.bits) : "Yk"(a.bits), "Yk"(b.bits));
    return r;
  }
};

/// Eight doubles in one register. g++ takes comparisons of vector types apart where only one function is compiled for AVX-512, hence the instructions by name.
/// All that computes with it must be inlined into run_widest: every function on the way is always_inline. Copied by hand, so that it is never passed in a register.
struct pack512 {
  typedef double vector __attribute__((vector_size(64)));
  vector v;

  pack512() = default;
  [[gnu::always_inline]] inline pack512(const pack512& o) : v(o.v) {}
  [[gnu::always_inline]] inline pack512& operator=(const pack512& o) {
    v = o.v;
    return *this;
  }
  double operator[](std::size_t i) const { return v[i]; }
  [[gnu::always_inline]] static inline pack512 all(double x) {
    pack512 r;
    if (__builtin_constant_p(x)) {
      r.v = x - vector{};
    } else {
      asm("vbroadcastsd %1, %0" : "=v"(r.v) : "vm"(x));  // g++ fills place by place
    }
    return r;
  }
  [[gnu::always_inline]] friend inline pack512 operator+(const pack512& a, const pack512& b) {
    pack512 r;
    r.v = a.v + b.v;
    return r;
  }
  [[gnu::always_inline]] friend inline pack512 operator-(const pack512& a, const pack512& b) {
    pack512 r;
    r.v = a.v - b.v;
    return r;
  }
  [[gnu::always_inline]] friend inline pack512 operator*(const pack512& a, const pack512& b) {
    pack512 r;
    r.v = a.v * b.v;
    return r;
  }
  [[gnu::always_inline]] friend inline pack512 operator/(const pack512& a, const pack512& b) {
    pack512 r;
    r.v = a.v / b.v;
    return r;
  }
  template <int Predicate>
  [[gnu::always_inline]] static inline mask512 compare(const pack512& a, const pack512& b) {
    mask512 m;
    asm("vcmppd %3, %2, %1, %0" : "=Yk"(m.bits) : "v"(a.v), "v"(b.v), "i"(Predicate));
    return m;
  }
  [[gnu::always_inline]] friend inline mask512 operator==(const pack512& a, const pack512& b) { return compare<0x00>(a, b); }
  [[gnu::always_inline]] friend inline mask512 operator!=(const pack512& a, const pack512& b) { return compare<0x04>(a, b); }
  [[gnu::always_inline]] friend inline mask512 operator<(const pack512& a, const pack512& b) { return compare<0x11>(a, b); }
  [[gnu::always_inline]] friend inline mask512 operator<=(const pack512& a, const pack512& b) { return compare<0x12>(a, b); }
  [[gnu::always_inline]] friend inline mask512 operator>=(const pack512& a, const pack512& b) { return compare<0x1d>(a, b); }
  [[gnu::always_inline]] friend inline mask512 operator>(const pack512& a, const pack512& b) { return compare<0x1e>(a, b); }
};

template <>
struct pack_of<double, 8> {
  using type = pack512;
};

[[gnu::always_inline]] inline void choose(pack512& out, const mask512& mask, const pack512& a, const pack512& b) {
  asm("vblendmpd %2, %1, %0%{%3%}" : "=v"(out.v) : "v"(b.v), "v"(a.v), "Yk"(mask.bits));
}

[[gnu::always_inline]] inline void take_equal(mask512& taken, mask512& left, const pack512& a, const pack512& b) {
  const mask512 equal = a == b;
  taken = equal & left;
  asm("kandnb %1, %2, %0" : "=Yk"(left.bits) : "Yk"(left.bits), "Yk"(equal.bits));
}

[[gnu::always_inline]] inline void add_product(pack512& out, const pack512& a, const pack512& b) { asm("vfmadd231pd %2, %1, %0" : "+v"(out.v) : "v"(a.v), "v"(b.v)); }

template <std::size_t N>
[[gnu::always_inline]] inline bool any_of(const mask512& mask) {
  return mask.bits != 0;
}

template <std::size_t N>
[[gnu::always_inline]] inline bool all_of(const mask512& mask) {
  return mask.bits == 255;
}

[[gnu::always_inline]] inline void least(pack512& out, const pack512& a, const pack512& b) {
  asm("vminpd %2, %1, %0" : "=v"(out.v) : "v"(a.v), "v"(b.v));
}

[[gnu::always_inline]] inline void greatest(pack512& out, const pack512& a, const pack512& b) {
  asm("vmaxpd %2, %1, %0" : "=v"(out.v) : "v"(a.v), "v"(b.v));
}

[[gnu::always_inline]] inline void square_root(pack512& out, const pack512& x) {
  asm("vsqrtpd %1, %0" : "=v"(out.v) : "v"(x.v));
}

[[gnu::always_inline]] inline void load_whole(pack512& out, const std::uint32_t* from) {
  asm("vcvtudq2pd %1, %0" : "=v"(out.v) : "m"(*reinterpret_cast<const std::uint32_t(*)[8]>(from)));
}

/// 1 / x to the same bits as a division where 2^-1000 <= |x| <= 2^1000, in less than half of its time: an estimate of 14 bits, two steps of Newton's method, and a third that rounds
/// rightly, as the second is off by less than one unit in the last place (Markstein 1990, IBM J Res Dev 34:111). The second is rounded up, which makes that hold for the last number
/// before a power of two as well.
[[gnu::always_inline]] inline void reciprocal_within(pack512& out, const pack512& x) {
  const pack512 one = pack512::all(1);
  pack512 y, e = one;
  asm("vrcp14pd %1, %0" : "=v"(y.v) : "v"(x.v));
  asm("vfnmadd231pd %2, %1, %0" : "+v"(e.v) : "v"(x.v), "v"(y.v));
  asm("vfmadd231pd %2, %1, %0" : "=v"(y.v) : "v"(y.v), "v"(e.v), "0"(y.v));
  e = one;
  asm("vfnmadd231pd %2, %1, %0" : "+v"(e.v) : "v"(x.v), "v"(y.v));
  asm("vfmadd231pd %{ru-sae%}, %2, %1, %0" : "=v"(y.v) : "v"(y.v), "v"(e.v), "0"(y.v));
  e = one;
  asm("vfnmadd231pd %2, %1, %0" : "+v"(e.v) : "v"(x.v), "v"(y.v));
  asm("vfmadd231pd %2, %1, %0" : "=v"(out.v) : "v"(y.v), "v"(e.v), "0"(y.v));
}

/// a / b to the same bits as a division, from the inverse of b that reciprocal_within gives, where |b| is in its range, and |a| and the quotient are above 2^-900 or zero (Markstein).
[[gnu::always_inline]] inline void quotient_within(pack512& out, const pack512& a, const pack512& b, const pack512& inverse) {
  pack512 q = a * inverse, r = a;
  asm("vfnmadd231pd %2, %1, %0" : "+v"(r.v) : "v"(b.v), "v"(q.v));
  asm("vfmadd231pd %2, %1, %0" : "+v"(q.v) : "v"(r.v), "v"(inverse.v));
  out = q;
}

/// Compiled for AVX-512, without fusing multiplications and additions, which would change bits.
template <class F>
__attribute__((target("avx512f,avx512dq"), optimize("fp-contract=off"), flatten)) void run_with_avx512(const F& f) {
  f(bytes_of_pack<64>{});
}

#endif

/// out = the smaller of a and b, and b where they cannot be compared.
template <class Pack>
[[gnu::always_inline]] inline void least(Pack& out, const Pack& a, const Pack& b) {
  choose(out, a < b, a, b);
}

template <class Pack>
[[gnu::always_inline]] inline void greatest(Pack& out, const Pack& a, const Pack& b) {
  choose(out, a > b, a, b);
}

/// Whole numbers from consecutive places.
template <class Pack>
[[gnu::always_inline]] inline void load_whole(Pack& out, const std::uint32_t* from) {
  fill(out, place_of<Pack>(0));
  for (std::size_t i = 0; i < sizeof(Pack) / sizeof(out[0]); ++i) out[i] = static_cast<place_of<Pack>>(static_cast<std::int32_t>(from[i]));
}

template <class Pack>
[[gnu::always_inline]] inline void square_root(Pack& out, const Pack& x) {
  using std::sqrt;
  if constexpr (std::is_floating_point_v<Pack>) {
    out = sqrt(x);
  } else {
    out = x;  // g++ takes a pack that is written place by place for one that is not written
    for (std::size_t i = 0; i < sizeof(Pack) / sizeof(x[0]); ++i) out[i] = sqrt(out[i]);
  }
}

/// 1 / x; only where 2^-1000 <= |x| <= 2^1000 is it sure to be that.
template <class Pack>
[[gnu::always_inline]] inline void reciprocal_within(Pack& out, const Pack& x) {
  Pack one;
  fill(one, place_of<Pack>(1));
  out = one / x;
}

template <class Pack>
[[gnu::always_inline]] inline void quotient_within(Pack& out, const Pack& a, const Pack& b, const Pack&) {
  out = a / b;
}

/// run_wide, with packs of 64 bytes of double where processor and compiler have AVX-512 (and, as there, no AddressSanitizer): for functions that are always_inline from f on. The bits
/// are the same for any width.
template <class Real, class F>
void run_widest(const F& f) {
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__AVX512F__)
  if constexpr (std::is_same_v<Real, double>) {
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")) {
      run_with_avx512(f);
      return;
    }
  }
#endif
  run_wide(f);
}

}  // namespace metapool::detail
