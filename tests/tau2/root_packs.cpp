// SPDX-License-Identifier: BSL-1.0
#include <metapool/tau2/root_packs.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>

namespace mp = metapool;
using metapool_test::close;
using metapool_test::digits14;

TEST_CASE("roots side by side are those of each equation, whatever the guess and the neighbours") {
  // f = 1 - ((1 + t) / c)^p: the root is c - 1; in the fourth place nothing is wanted
  using pack = mp::detail::pack<double, 4>;
  const double c[4] = {1 + 1e-6, 3, 500, 2}, power[4] = {0.5, 4, 1, 1};
  const auto evaluate = [&](const pack& t, const pack&, pack& f, pack& slope) {
    for (std::size_t i = 0; i < 4; ++i) {
      const double ratio = std::pow((1 + t[i]) / c[i], power[i]);
      f[i] = 1 - ratio;
      slope[i] = -power[i] * ratio / (1 + t[i]);
    }
  };
  pack zero, one, upper, f{}, slope{};
  mp::detail::fill(zero, 0.0);
  mp::detail::fill(one, 1.0);
  mp::detail::fill(upper, 1000.0);
  evaluate(zero, one, f, slope);
  for (const double guess : {std::numeric_limits<double>::quiet_NaN(), -1.0, 1e-9, 2.0, 900.0, 1e9}) {
    pack t, done = zero;
    mp::detail::fill(t, guess);
    t[3] = 0.25;
    done[3] = 1;
    mp::detail::solve_packs<double, 4>(evaluate, f, slope, one, upper, t, done);
    double at[4], ended[4];
    mp::detail::store(at, t);
    mp::detail::store(ended, done);
    for (std::size_t i = 0; i < 3; ++i) {
      CAPTURE(i);
      CAPTURE(guess);
      CHECK(ended[i] == 1);
      CHECK(close(1 + at[i], c[i], digits14));
    }
    CHECK(at[3] == 0.25);
    CHECK(ended[3] == 1);
  }
}

TEST_CASE("where steps do not come to an end, a root is not said to be found") {
  using pack = mp::detail::pack<double, 2>;
  const auto evaluate = [](const pack& t, const pack&, pack& f, pack& slope) {
    f[0] = 1 - t[0];
    slope[0] = -1;
    f[1] = slope[1] = std::numeric_limits<double>::quiet_NaN();
  };
  pack one, minus, upper, t{}, done{};
  mp::detail::fill(one, 1.0);
  mp::detail::fill(minus, -1.0);
  mp::detail::fill(upper, 10.0);
  mp::detail::solve_packs<double, 2>(evaluate, one, minus, one, upper, t, done);
  double at[2], ended[2];
  mp::detail::store(at, t);
  mp::detail::store(ended, done);
  CHECK(ended[0] == 1);
  CHECK(at[0] == 1);
  CHECK(ended[1] == 0);
}
