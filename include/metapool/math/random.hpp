// SPDX-License-Identifier: BSL-1.0
// Random numbers that depend on a seed and the number of a replicate, and on nothing else. Neither Boost nor Eigen.
#pragma once

#include <metapool/math/ziggurat.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace metapool::detail {

using philox_words = std::array<std::uint32_t, 4>;

constexpr philox_words philox_round(const philox_words& c, const std::array<std::uint32_t, 2>& key) {
  const std::uint64_t a = std::uint64_t(0xD2511F53u) * c[0];
  const std::uint64_t b = std::uint64_t(0xCD9E8D57u) * c[2];
  return {static_cast<std::uint32_t>(b >> 32) ^ c[1] ^ key[0], static_cast<std::uint32_t>(b), static_cast<std::uint32_t>(a >> 32) ^ c[3] ^ key[1],
          static_cast<std::uint32_t>(a)};
}

/// Philox 4x32 with 10 rounds: four words that look random for each counter and key.
/// Salmon, Moraes, Dror & Shaw (2011) SC '11, doi:10.1145/2063384.2063405.
constexpr philox_words philox_4x32(philox_words counter, std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    counter = philox_round(counter, key);
    key = {key[0] + 0x9E3779B9u, key[1] + 0xBB67AE85u};
  }
  return counter;
}

#if defined(__SSE2__)
/// philox_two_blocks with a block in each half of a register: only the lower 32 bits of a half count, but for the products.
template <class = void>
std::array<std::uint64_t, 4> philox_two_blocks_sse2(std::uint64_t first, const std::array<std::uint32_t, 2>& replicate, const std::array<std::uint32_t, 2>& key) {
  const auto both = [](std::uint64_t x) { return _mm_set1_epi64x(static_cast<long long>(x)); };
  const __m128i m0 = both(0xD2511F53u), m1 = both(0xCD9E8D57u), add0 = both(0x9E3779B9u), add1 = both(0xBB67AE85u);
  __m128i k0 = both(key[0]), k1 = both(key[1]);
  __m128i c0 = _mm_set_epi64x(static_cast<long long>(first + 1), static_cast<long long>(first));
  __m128i c1 = _mm_srli_epi64(c0, 32), c2 = both(replicate[0]), c3 = both(replicate[1]);
#pragma GCC unroll 10
  for (int round = 0; round < 10; ++round) {
    const __m128i a = _mm_mul_epu32(m0, c0), b = _mm_mul_epu32(m1, c2);
    c0 = _mm_xor_si128(_mm_srli_epi64(b, 32), _mm_xor_si128(c1, k0));
    c2 = _mm_xor_si128(_mm_srli_epi64(a, 32), _mm_xor_si128(c3, k1));
    c1 = b;
    c3 = a;
    k0 = _mm_add_epi32(k0, add0);
    k1 = _mm_add_epi32(k1, add1);
  }
  const __m128i low = both(0xFFFFFFFFu);
  const __m128i even = _mm_or_si128(_mm_and_si128(c0, low), _mm_slli_epi64(c1, 32)), odd = _mm_or_si128(_mm_and_si128(c2, low), _mm_slli_epi64(c3, 32));
  std::array<std::uint64_t, 4> words;
  _mm_storeu_si128(reinterpret_cast<__m128i*>(words.data()), _mm_unpacklo_epi64(even, odd));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(words.data() + 2), _mm_unpackhi_epi64(even, odd));
  return words;
}
#endif

/// The four 64-bit words of the blocks number `first` and `first` + 1. Where the processor multiplies two pairs of 32-bit words at once, both blocks
/// go side by side: the same bits in half the time.
constexpr std::array<std::uint64_t, 4> philox_two_blocks(std::uint64_t first, const std::array<std::uint32_t, 2>& replicate, const std::array<std::uint32_t, 2>& key) {
#if defined(__SSE2__)
  if (!std::is_constant_evaluated()) return philox_two_blocks_sse2(first, replicate, key);
#endif
  const auto low = [](std::uint64_t x) { return static_cast<std::uint32_t>(x); };
  const auto high = [](std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); };
  const philox_words a = philox_4x32({low(first), high(first), replicate[0], replicate[1]}, key);
  const philox_words b = philox_4x32({low(first + 1), high(first + 1), replicate[0], replicate[1]}, key);
  return {a[0] | std::uint64_t(a[1]) << 32, a[2] | std::uint64_t(a[3]) << 32, b[0] | std::uint64_t(b[1]) << 32, b[2] | std::uint64_t(b[3]) << 32};
}

/// The random numbers of one replicate: a std::uniform_random_bit_generator of 64-bit words, and the draws made from them. Streams of
/// different (seed, replicate) do not overlap (each holds 2^65 words), so that the replicates may be computed in any order, by any number
/// of threads. Never feed a std:: distribution with it: what those return differs between standard libraries.
class random_stream {
 public:
  using result_type = std::uint64_t;
  static constexpr result_type (min)() { return 0; }
  static constexpr result_type (max)() { return ~result_type(0); }

  constexpr explicit random_stream(std::uint64_t seed, std::uint64_t replicate = 0)
      : key_{low(seed), high(seed)}, replicate_{low(replicate), high(replicate)} {}

  constexpr result_type operator()() {
    if (at_ == words_.size()) refill();
    return words_[at_++];
  }

  /// Uniform on (0, 1): an odd multiple of 2^-53, so never 0 or 1, and symmetric about 0.5. One word.
  constexpr double uniform() { return centred() + 0.5; }

  /// Standard normal, by the ziggurat: one word a number in 98.8 % of draws. Exact up to rounding, the tail too (|z| < 13); the
  /// same bits on every platform (ziggurat.hpp).
  double normal() {
    while (true) {
      // the lowest 8 bits choose the layer; the highest 53 are an odd multiple of 2^-53 in (-1, 1)
      const std::uint64_t word = (*this)();
      const double u = static_cast<double>(2 * (static_cast<std::int64_t>(word) >> 11) + 1) * 0x1p-53;
      const std::size_t layer = word & 0xFF;
      const double x = u * normal_layers<>.edge[layer];
      if ((x < 0 ? -x : x) < normal_layers<>.edge[layer + 1]) return x;
      if (layer == 0) return x < 0 ? -tail() : tail();
      if (below_the_curve(layer, x)) return x;
    }
  }

  /// Gamma with the given shape > 0 and scale 1, by rejection (1.05 trials or fewer for shapes of 1 and more).
  /// Marsaglia & Tsang (2000) ACM Trans Math Softw 26:363, doi:10.1145/358407.358414.
  double gamma(double shape) {
    const double more = shape < 1 ? std::pow(uniform(), 1 / shape) : 1.0;
    const double d = (shape < 1 ? shape + 1 : shape) - 1.0 / 3;
    const double c = 1 / std::sqrt(9 * d);
    while (true) {
      const double x = normal();
      const double root = 1 + c * x;
      if (!(root > 0)) continue;
      const double v = root * root * root;
      const double u = uniform();
      if (u < 1 - 0.0331 * (x * x) * (x * x) || std::log(u) < 0.5 * x * x + d * (1 - v + std::log(v))) return d * v * more;
    }
  }

  /// Chi-squared with df > 0 degrees of freedom.
  double chi_squared(double df) { return 2 * gamma(df / 2); }

  /// Student's t with df > 0 degrees of freedom.
  double students_t(double df) {
    const double z = normal();
    return z / std::sqrt(chi_squared(df) / df);
  }

  /// A whole number from 0 to count - 1, each equally likely (count > 0): the upper half of a product, with the words rejected that would
  /// favour some. Lemire (2019) ACM Trans Model Comput Simul 29:3, in 32 bits; so count is at most 2^32.
  std::uint64_t below(std::uint64_t count) {
    const std::uint64_t range = std::uint64_t(1) << 32;
    while (true) {
      const std::uint64_t product = ((*this)() >> 32) * count;
      if ((product & (range - 1)) >= range % count) return product >> 32;
    }
  }

  friend constexpr bool operator==(const random_stream&, const random_stream&) = default;

 private:
  static constexpr std::uint32_t low(std::uint64_t x) { return static_cast<std::uint32_t>(x); }
  static constexpr std::uint32_t high(std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); }
  /// uniform() - 0.5, exactly: an odd multiple of 2^-53 in (-0.5, 0.5).
  constexpr double centred() {
    const auto n = static_cast<std::int64_t>((*this)() >> 12) - (std::int64_t(1) << 51);  // -2^51 to 2^51 - 1
    return static_cast<double>(2 * n + 1) * 0x1p-53;
  }

  /// Whether a random point above x between the heights of a layer lies under the density.
  bool below_the_curve(std::size_t layer, double x) {
    const double low = normal_layers<>.height[layer], high = normal_layers<>.height[layer + 1];
    return low + uniform() * (high - low) < plain_exp(-0.5 * (x * x));
  }

  /// A normal number given that it lies beyond the first edge. Marsaglia (1964) Technometrics 6:101.
  double tail() {
    constexpr double edge = normal_layers<>.edge[1];
    while (true) {
      const double x = -plain_log(uniform()) / edge;
      const double y = -plain_log(uniform());
      if (2 * y > x * x) return edge + x;
    }
  }

  constexpr void refill() {
    words_ = philox_two_blocks(block_, replicate_, key_);
    block_ += 2;
    at_ = 0;
  }

  std::array<std::uint32_t, 2> key_;
  std::array<std::uint32_t, 2> replicate_;
  std::uint64_t block_ = 0;                   ///< the next one
  std::array<std::uint64_t, 4> words_{};
  std::size_t at_ = 4;
};

}  // namespace metapool::detail
