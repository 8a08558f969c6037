// SPDX-License-Identifier: BSL-1.0
#include <metapool/math/pack.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <limits>

namespace mp = metapool;

TEST_CASE_TEMPLATE("packs compute place by place, as vectors and as arrays", Real, float, double, long double) {
  constexpr std::size_t n = 4;
  using pack = mp::detail::pack<Real, n>;
  const auto place = [](const pack& p, std::size_t i) { return Real(p[i]); };
  const Real nan = std::numeric_limits<Real>::quiet_NaN();
  const Real from[] = {1, -2, nan, 8, 5};
  pack a, b, r;
  mp::detail::load(a, from);
  mp::detail::fill(b, Real(2));
  r = (a + b) * (a - b) / b;
  CHECK(place(r, 0) == Real(-1.5));
  CHECK(place(r, 1) == 0);
  CHECK(place(r, 2) != place(r, 2));
  CHECK(place(r, 3) == 30);
  mp::detail::choose(r, (a < b) | (a >= b + b), b, a);
  CHECK(place(r, 0) == 2);
  CHECK(place(r, 1) == 2);
  CHECK(place(r, 2) != place(r, 2));
  CHECK(place(r, 3) == 2);
  mp::detail::choose(r, (a == a) & (a > b), -a, b);
  CHECK(place(r, 2) == 2);
  CHECK(place(r, 3) == -8);
  CHECK(mp::detail::any_of<n>(a != a));
  CHECK(!mp::detail::any_of<n>(a > b * b * b));
  CHECK(mp::detail::any_of<n>(a <= -b));
  Real to[n];
  mp::detail::store(to, r);
  CHECK(to[3] == -8);
}

TEST_CASE("run_wide calls once, with packs of a whole number of doubles") {
  std::size_t calls = 0, bytes = 0;
  mp::detail::run_wide([&](auto width) {
    ++calls;
    bytes = decltype(width)::value;
  });
  CHECK(calls == 1);
  CHECK(bytes % 16 == 0);
}
