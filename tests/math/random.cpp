// SPDX-License-Identifier: BSL-1.0
#include <metapool/math/random.hpp>

#include "support/close.hpp"

#include <metapool/math/chi_squared.hpp>
#include <metapool/math/normal.hpp>
#include <metapool/math/students_t.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

using metapool::detail::philox_4x32;
using metapool::detail::random_stream;

namespace {

using words = std::array<std::uint32_t, 4>;

static_assert(std::uniform_random_bit_generator<random_stream>);
static_assert(philox_4x32({0, 0, 0, 0}, {0, 0})[0] == 0x6627e8d5u);  // at compile time too

/// Kolmogorov's distance between draws and a distribution function, times sqrt(n): above 2.23 with probability 1e-4.
template <class Draw, class Cdf>
double kolmogorov(int n, Draw draw, Cdf cdf) {
  std::vector<double> u;
  for (int i = 0; i < n; ++i) u.push_back(cdf(draw()));
  std::sort(u.begin(), u.end());
  double distance = 0;
  for (int i = 0; i < n; ++i) {
    const double x = u[static_cast<std::size_t>(i)];
    distance = (std::max)({distance, std::fabs(x - double(i) / n), std::fabs(double(i + 1) / n - x)});
  }
  return distance * std::sqrt(double(n));
}

}  // namespace

TEST_CASE("Philox 4x32-10 gives the known answers of Random123") {
  CHECK(philox_4x32({0, 0, 0, 0}, {0, 0}) == words{0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u});
  const std::uint32_t all = 0xffffffffu;
  CHECK(philox_4x32({all, all, all, all}, {all, all}) == words{0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu});
  CHECK(philox_4x32({0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u}, {0xa4093822u, 0x299f31d0u}) ==
        words{0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u});
}

TEST_CASE("a stream is a function of seed and replicate alone") {
  const std::uint64_t seed = 0x1122334455667788u, replicate = 0x99aabbccddeeff00u;
  random_stream a(seed, replicate);
  for (std::uint32_t block = 0; block < 20; ++block) {
    const words w = philox_4x32({block, 0, 0xddeeff00u, 0x99aabbccu}, {0x55667788u, 0x11223344u});
    CHECK(a() == (std::uint64_t(w[1]) << 32 | w[0]));
    CHECK(a() == (std::uint64_t(w[3]) << 32 | w[2]));
  }
  random_stream b(seed, replicate);
  CHECK(b != a);
  for (int i = 0; i < 40; ++i) b();
  CHECK(b == a);
  random_stream copy = b;  // a plain value: the copy goes on as the original does
  CHECK(copy.normal() == b.normal());
  CHECK(random_stream(1, 2)() != random_stream(2, 1)());
  CHECK(random_stream(1, 2)() != random_stream(1, 3)());
}

TEST_CASE("two blocks side by side are two blocks one after the other, also where the counter carries") {
  for (const std::uint64_t first : {std::uint64_t(0), std::uint64_t(0xFFFFFFFEu), std::uint64_t(0xFFFFFFFFu), ~std::uint64_t(0)}) {
    const auto w = metapool::detail::philox_two_blocks(first, {5, 0x80000001u}, {0xFFFFFFFFu, 7});
    for (std::size_t b = 0; b < 2; ++b) {
      const std::uint64_t block = first + b;
      const words one = philox_4x32({static_cast<std::uint32_t>(block), static_cast<std::uint32_t>(block >> 32), 5, 0x80000001u}, {0xFFFFFFFFu, 7});
      CHECK(w[2 * b] == (std::uint64_t(one[1]) << 32 | one[0]));
      CHECK(w[2 * b + 1] == (std::uint64_t(one[3]) << 32 | one[2]));
    }
  }
  static_assert(metapool::detail::philox_two_blocks(0, {0, 0}, {0, 0})[0] == 0xe169c58d6627e8d5u);
}

TEST_CASE("normal draws have these bits on every platform") {
  random_stream r(1, 2);
  std::uint64_t hash = 0xcbf29ce484222325u;
  double largest = 0;
  for (int i = 0; i < 200000; ++i) {
    const double z = r.normal();
    largest = (std::max)(largest, std::fabs(z));
    hash = (hash ^ std::bit_cast<std::uint64_t>(z)) * 0x100000001b3u;
  }
  CHECK(largest > 4);  // some came from the tail
  CHECK(hash == 0x4cce8d8964166c85u);
}

TEST_CASE("uniform numbers lie inside (0, 1) and are uniform") {
  random_stream r(7);
  CHECK(kolmogorov(200000, [&] { return r.uniform(); }, [](double x) { return x; }) < 2.23);
  for (int i = 0; i < 1000; ++i) {
    const double u = r.uniform() * 0x1p53;  // an odd whole number
    CHECK(std::fmod(u, 2.0) == 1.0);
    CHECK(u > 0);
    CHECK(u < 0x1p53);
  }
}

TEST_CASE("normal, chi-squared and t draws follow their distributions") {
  using namespace metapool::detail;
  random_stream r(20190401, 3);
  CHECK(kolmogorov(400000, [&] { return r.normal(); }, [](double x) { return normal_cdf(x); }) < 2.23);
  for (const double df : {0.3, 1.0, 2.0, 9.0, 150.0}) {
    CAPTURE(df);
    CHECK(kolmogorov(100000, [&] { return r.chi_squared(df); }, [&](double x) { return 1 - chi_squared_upper_tail(x, df); }) < 2.23);
    CHECK(kolmogorov(100000, [&] { return r.students_t(df); },
                     [&](double x) { return boost::math::cdf(boost::math::students_t_distribution<double>(df), x); }) < 2.23);
  }
}

TEST_CASE("the moments of normal draws are right, up to the eighth, and so are their tails") {
  random_stream r(5, 8);
  const int n = 2000000;
  double sums[9] = {};
  int beyond_three = 0, beyond_four = 0;
  double product = 0, previous = 0;
  for (int i = 0; i < n; ++i) {
    const double z = r.normal();
    double power = 1;
    for (double& s : sums) {
      s += power;
      power *= z;
    }
    beyond_three += std::fabs(z) > 3;
    beyond_four += std::fabs(z) > 4;
    product += z * previous;
    previous = z;
  }
  const double moments[9] = {1, 0, 1, 0, 3, 0, 15, 0, 105};
  const double second[9] = {1, 1, 3, 15, 105, 945, 10395, 135135, 2027025};  // E z^(2m)
  for (int m = 1; m <= 8; ++m) {
    CAPTURE(m);
    CHECK(std::fabs(sums[m] / n - moments[m]) < 4 * std::sqrt((second[m] - moments[m] * moments[m]) / n));
  }
  CHECK(std::fabs(product / n) < 4 / std::sqrt(double(n)));
  const double p3 = 0.0026997960632602, p4 = 6.3342483666e-05;
  CHECK(std::fabs(beyond_three - n * p3) < 4 * std::sqrt(n * p3));
  CHECK(std::fabs(beyond_four - n * p4) < 4 * std::sqrt(n * p4));
}

TEST_CASE("whole numbers below a bound are equally likely") {
  random_stream r(11);
  std::vector<int> seen(7);
  for (int i = 0; i < 70000; ++i) ++seen.at(r.below(7));
  for (const int s : seen) CHECK(std::abs(s - 10000) < 4 * 93);  // sqrt(70000 * 6 / 49) = 92.6
  CHECK(r.below(1) == 0);
}
