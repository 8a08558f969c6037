// SPDX-License-Identifier: BSL-1.0
// Random numbers that depend on a seed and the number of a replicate, and on nothing else. Neither Boost nor Eigen.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace metapool::detail {

/// Philox 4x32 with 10 rounds: four words that look random for each counter and key.
/// Salmon, Moraes, Dror & Shaw (2011) SC '11, doi:10.1145/2063384.2063405.
constexpr std::array<std::uint32_t, 4> philox_4x32(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t(0xD2511F53u) * counter[0];
    const std::uint64_t b = std::uint64_t(0xCD9E8D57u) * counter[2];
    counter = {static_cast<std::uint32_t>(b >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(b),
               static_cast<std::uint32_t>(a >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(a)};
    key = {key[0] + 0x9E3779B9u, key[1] + 0xBB67AE85u};
  }
  return counter;
}

/// Horner's rule for the coefficients c0 + c1 x + ... + c7 x^7.
constexpr double degree7(const double (&c)[8], double x) {
  return ((((((c[7] * x + c[6]) * x + c[5]) * x + c[4]) * x + c[3]) * x + c[2]) * x + c[1]) * x + c[0];
}

/// The standard normal deviate with P(Z <= z) = 0.5 + q, |q| < 0.5, to 16 digits, quick and the same wherever log rounds the same.
/// Wichura (1988) Appl Stat 37:477 (AS 241, PPND16).
template <class = void>
double deviate_of_centred_probability(double q) {
  constexpr double a[8] = {3.3871328727963666080e0, 1.3314166789178437745e+2, 1.9715909503065514427e+3, 1.3731693765509461125e+4,
                           4.5921953931549871457e+4, 6.7265770927008700853e+4, 3.3430575583588128105e+4, 2.5090809287301226727e+3};
  constexpr double b[8] = {1.0, 4.2313330701600911252e+1, 6.8718700749205790830e+2, 5.3941960214247511077e+3,
                           2.1213794301586595867e+4, 3.9307895800092710610e+4, 2.8729085735721942674e+4, 5.2264952788528545610e+3};
  constexpr double c[8] = {1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
                           1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4};
  constexpr double d[8] = {1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
                           1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9};
  constexpr double e[8] = {6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1,
                           2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7};
  constexpr double f[8] = {1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
                           7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15};
  if (std::fabs(q) <= 0.425) {
    const double r = 0.180625 - q * q;
    return q * degree7(a, r) / degree7(b, r);
  }
  const double r = std::sqrt(-std::log(0.5 - std::fabs(q)));  // 0.5 - |q| is exact
  const double z = r <= 5 ? degree7(c, r - 1.6) / degree7(d, r - 1.6) : degree7(e, r - 5) / degree7(f, r - 5);
  return q < 0 ? -z : z;
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
    if (have_second_) {
      have_second_ = false;
      return second_;
    }
    const auto w = philox_4x32({low(block_), high(block_), replicate_[0], replicate_[1]}, key_);
    ++block_;
    second_ = w[2] | std::uint64_t(w[3]) << 32;
    have_second_ = true;
    return w[0] | std::uint64_t(w[1]) << 32;
  }

  /// Uniform on (0, 1): an odd multiple of 2^-53, so never 0 or 1, and symmetric about 0.5. One word.
  constexpr double uniform() { return centred() + 0.5; }

  /// Standard normal, |z| <= 8.21, by inversion, so that one word gives one number.
  double normal() { return deviate_of_centred_probability(centred()); }

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

  std::array<std::uint32_t, 2> key_;
  std::array<std::uint32_t, 2> replicate_;
  std::uint64_t block_ = 0;
  std::uint64_t second_ = 0;
  bool have_second_ = false;
};

}  // namespace metapool::detail
