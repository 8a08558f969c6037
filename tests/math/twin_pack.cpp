// SPDX-License-Identifier: BSL-1.0
#include <metapool/math/twin_pack.hpp>

#include <metapool/math/pack.hpp>
#include <metapool/math/wide_pack.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace mp = metapool::detail;

TEST_CASE("every operation of the widest packs is that of each number alone, in its own place") {
  constexpr std::size_t n = 64;
  std::vector<double> x(n), y(n), out(9 * n), whole(n);
  std::vector<std::uint32_t> count(n);
  for (std::size_t i = 0; i < n; ++i) {
    x[i] = 1.0 + static_cast<double>(i * 7 % 19);
    y[i] = 1.5 + static_cast<double>(i * 5 % 17);
    count[i] = static_cast<std::uint32_t>(3 * i + 1);
  }
  y[11] = x[11];
  bool any = false, none = true;
  std::size_t width = 0;
  mp::run_widest<double>([&](auto bytes) __attribute__((always_inline)) {
    constexpr std::size_t N = mp::search_width<double, decltype(bytes)::value>;
    using P = mp::pack<double, N>;
    width = N;
    for (std::size_t i = 0; i < n; i += N) {
      P a, b, r, seven;
      mp::fill(seven, 7.0);
      mp::load(a, x.data() + i);
      mp::load(b, y.data() + i);
      const auto keep = [&](std::size_t row) __attribute__((always_inline)) { mp::store(out.data() + row * n + i, r); };
      r = (a + b) * a - b / a;
      keep(0);
      mp::choose(r, (a < b) | (a == b), a, seven);
      keep(1);
      mp::choose(r, (a > b) & (a != seven), a, b);
      keep(2);
      mp::choose(r, (a <= b) & (b >= seven), a, b);
      keep(3);
      mp::least(r, a, b);
      keep(4);
      mp::greatest(r, a, b);
      keep(5);
      mp::square_root(r, a);
      keep(6);
      mp::reciprocal_within(r, b);
      keep(7);
      const P inverse = r;
      mp::quotient_within(r, a, b, inverse);
      keep(8);
      any = any || mp::any_of<N>(a > b + seven);
      none = none && !mp::any_of<N>(a > b * (seven + seven));
    }
  });
  mp::run_widest<double>([&](auto bytes) __attribute__((always_inline)) {
    constexpr std::size_t N = decltype(bytes)::value / sizeof(double);
    mp::pack<double, N> r;
    for (std::size_t i = 0; i < n; i += N) {
      mp::load_whole(r, count.data() + i);
      mp::store(whole.data() + i, r);
    }
  });
  CHECK(n % width == 0);
  CHECK(any);
  CHECK(none);
  for (std::size_t i = 0; i < n; ++i) {
    CAPTURE(i);
    const double a = x[i], b = y[i];
    CHECK(out[i] == (a + b) * a - b / a);
    CHECK(out[n + i] == (a <= b ? a : 7));
    CHECK(out[2 * n + i] == (a > b && a != 7 ? a : b));
    CHECK(out[3 * n + i] == (a <= b && b >= 7 ? a : b));
    CHECK(out[4 * n + i] == std::fmin(a, b));
    CHECK(out[5 * n + i] == std::fmax(a, b));
    CHECK(out[6 * n + i] == std::sqrt(a));
    CHECK(out[7 * n + i] == 1 / b);
    CHECK(out[8 * n + i] == a / b);
    CHECK(whole[i] == 3.0 * static_cast<double>(i) + 1);
  }
}
