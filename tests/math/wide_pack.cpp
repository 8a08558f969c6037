// SPDX-License-Identifier: BSL-1.0
#include <metapool/math/wide_pack.hpp>

#include <metapool/math/pack.hpp>
#include <metapool/math/random.hpp>

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace mp = metapool;

TEST_CASE("inverses and quotients have the bits of divisions, also just below powers of two") {
  std::vector<double> x, a, inverse, quotient, root;
  mp::detail::random_stream r(1, 1);
  constexpr std::uint64_t mantissa = 0xfffffffffffff;
  for (int i = 0; i < 8000; ++i) {
    const std::uint64_t bits = r();
    std::uint64_t digits = bits & mantissa;
    if (i % 4 == 0) digits = mantissa - (i % 8 == 0 ? 0 : bits % 1024);
    if (i % 4 == 1) digits = bits % 1024;
    const std::uint64_t exponent = 1023 - 999 + (bits >> 53) % 1998;
    x.push_back(std::bit_cast<double>((exponent << 52) | digits));
    a.push_back(std::bit_cast<double>((std::uint64_t{1023 - 200} << 52) + (r() >> 12) + (r() % 400 << 52)));
  }
  const std::size_t n = x.size();
  inverse.resize(n);
  quotient.resize(n);
  root.resize(n);
  mp::detail::run_widest<double>([&](auto bytes) __attribute__((always_inline)) {
    constexpr std::size_t places = decltype(bytes)::value / sizeof(double);
    mp::detail::pack<double, places> b, c, over, result;
    for (std::size_t i = 0; i < n; i += places) {
      mp::detail::load(b, x.data() + i);
      mp::detail::load(c, a.data() + i);
      mp::detail::reciprocal_within(over, b);
      mp::detail::store(inverse.data() + i, over);
      mp::detail::quotient_within(result, c, b, over);
      mp::detail::store(quotient.data() + i, result);
      mp::detail::square_root(result, b);
      mp::detail::store(root.data() + i, result);
    }
  });
  std::size_t wrong = 0, looked_at = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double q = a[i] / x[i];
    wrong += inverse[i] != 1 / x[i];
    wrong += root[i] != std::sqrt(x[i]);
    if (!(q > 0x1p-900 && q < 0x1p900)) continue;
    ++looked_at;
    wrong += quotient[i] != q;
  }
  CHECK(looked_at > n / 2);
  CHECK(wrong == 0);
}

TEST_CASE("the widest packs compare, choose and bound place by place") {
  const double nan = std::nan("");
  std::vector<double> x{1, -2, nan, 8, 5, 0, -1, 3, 1, -2, nan, 8, 5, 0, -1, 3}, y{1, 3, 1, nan, 4, -0.0, -1, 9, 1, 3, 1, nan, 4, -0.0, -1, 9}, low(16), high(16), picked(16);
  std::vector<int> seen(6);
  mp::detail::run_widest<double>([&](auto bytes) __attribute__((always_inline)) {
    constexpr std::size_t places = decltype(bytes)::value / sizeof(double);
    mp::detail::pack<double, places> a, b, r;
    for (std::size_t i = 0; i < 16; i += places) {
      mp::detail::load(a, x.data() + i);
      mp::detail::load(b, y.data() + i);
      mp::detail::least(r, a, b);
      mp::detail::store(low.data() + i, r);
      mp::detail::greatest(r, a, b);
      mp::detail::store(high.data() + i, r);
      mp::detail::choose(r, ((a < b) | (a >= b)) & (a != b), a, b);
      mp::detail::store(picked.data() + i, r);
      for (std::size_t l = 0; l < places; ++l) {
        seen[0] += (a < b)[l] != 0;
        seen[1] += (a <= b)[l] != 0;
        seen[2] += (a > b)[l] != 0;
        seen[3] += (a >= b)[l] != 0;
        seen[4] += (a == b)[l] != 0;
        seen[5] += (a != b)[l] != 0;
      }
    }
  });
  CHECK(seen == std::vector<int>{4, 10, 2, 8, 6, 10});
  for (std::size_t i = 0; i < 16; i += 8) {
    CHECK(low[i + 1] == -2);
    CHECK(low[i + 2] == 1);  // b where they cannot be compared
    CHECK(low[i + 4] == 4);
    CHECK(high[i + 1] == 3);
    CHECK(std::isnan(high[i + 3]));
    CHECK(high[i + 4] == 5);
    CHECK(picked[i + 1] == -2);
    CHECK(picked[i + 2] == 1);
    CHECK(picked[i + 4] == 5);
    CHECK(picked[i + 7] == 3);
  }
}
