// SPDX-License-Identifier: BSL-1.0
#include <metapool/tau2/score_packs.hpp>

#include "support/close.hpp"

#include <metapool/math/random.hpp>
#include <metapool/tau2/kernel.hpp>
#include <metapool/tau2/likelihood.hpp>
#include <metapool/tau2/problem.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace mp = metapool;
using metapool_test::close;
using metapool_test::digits12;

namespace {

constexpr std::size_t n = 2;
using pack = mp::detail::pack<double, n>;
using point = mp::detail::score_pack<double, n>;

/// Four studies with variances over five decades: one such set in sixty or so has two maxima of its likelihood.
struct studies {
  std::vector<double> y{}, v{};
  explicit studies(std::uint64_t number) {
    mp::detail::random_stream r(9, number);
    const auto uniform = [&r] { return static_cast<double>(r() >> 11) * 0x1p-53; };
    for (int i = 0; i < 4; ++i) {
      v.push_back(std::pow(10.0, 5 * uniform() - 4));
      y.push_back((uniform() - 0.5) * 6 * std::sqrt(v.back()));
    }
  }

  /// By the functions of one meta-analysis.
  point at(double t) const {
    const auto s = mp::detail::score_at(mp::detail::mean_problem<double>(y, v), t, mp::likelihood_kind::restricted);
    point p;
    mp::detail::fill(p.t, t);
    mp::detail::fill(p.a, s.a);
    mp::detail::fill(p.da, s.da);
    mp::detail::fill(p.g, s.g);
    mp::detail::fill(p.dg, s.dg);
    return p;
  }

  mp::detail::score_bounds<double, n> bounds() const {
    double mean = 0, square = 0, weighted = 0;
    for (const double x : y) mean += x / 4;
    for (std::size_t i = 0; i < 4; ++i) {
      square += (y[i] - mean) * (y[i] - mean);
      weighted += v[i] * (y[i] - mean) * (y[i] - mean);
    }
    mp::detail::score_bounds<double, n> b;
    mp::detail::fill(b.v_min, *std::min_element(v.begin(), v.end()));
    mp::detail::fill(b.square, square);
    mp::detail::fill(b.flat, weighted / (2 * square));
    return b;
  }
};

}  // namespace

TEST_CASE("from the sums of a meta-analysis the score of a pack has the terms and slopes of the likelihood") {
  for (std::uint64_t number = 0; number < 20; ++number) {
    const studies set(number);
    const double t = 0.01 * static_cast<double>(number);
    const auto s = mp::detail::pool_at(std::span<const double>(set.y), std::span<const double>(set.v), t);
    const std::size_t top = mp::detail::most_precise(std::span<const double>(set.v));
    const double u_top = s.largest * (set.y[top] - s.mean);
    double sums[2] = {0, 0};
    for (std::size_t i = 0; i < 4; ++i) {
      if (i == top) continue;
      const double w = 1 / (set.v[i] + t), e = w * (set.y[i] - s.mean) - u_top;
      sums[0] += w * e * e;
      sums[1] += w * e;
    }
    pack largest, rest, rest2, rest3, inverse, square, shift;
    mp::detail::fill(largest, s.largest);
    mp::detail::fill(rest, s.rest);
    mp::detail::fill(rest2, s.rest2);
    mp::detail::fill(rest3, s.rest3);
    mp::detail::fill(inverse, 1 / s.w);
    mp::detail::fill(square, sums[0]);
    mp::detail::fill(shift, sums[1]);
    const point expected = set.at(t);
    point p = expected;
    p.da = p.g = p.dg = largest;
    p.put(largest, rest, rest2, rest3, inverse, square, shift);
    CHECK(close(p.da[1], expected.da[1], digits12));
    CHECK(close(p.g[1], expected.g[1], digits12));
    CHECK(close(p.dg[1], expected.dg[1], digits12));
  }
}

TEST_CASE("what the bounds prove to be free of a minimum of the likelihood has none on a fine grid") {
  constexpr std::size_t steps = 400, coarse = 20;
  std::size_t minima = 0, proofs = 0, asked = 0;
  for (std::uint64_t number = 0; number < 400; ++number) {
    const studies set(number);
    const auto bounds = set.bounds();
    std::vector<point> grid;
    std::vector<std::size_t> rises;  // before which step the score turns from falling to rising
    for (std::size_t j = 0; j <= steps; ++j) {
      grid.push_back(set.at(bounds.v_min[0] * std::expm1(0.05 * static_cast<double>(j))));
      if (j > 0 && grid[j - 1].a[0] <= grid[j - 1].g[0] && grid[j].a[0] > grid[j].g[0]) rises.push_back(j);
    }
    minima += rises.size();
    const auto between = [&](std::size_t from, std::size_t to) {
      return std::any_of(rises.begin(), rises.end(), [&](std::size_t j) { return j > from && j <= to; });
    };
    for (std::size_t from = 0; from < steps; from += coarse) {
      pack proved;
      bounds.beyond(grid[from], proved);
      CHECK((proved[0] == 0 || !between(from, steps)));
      for (std::size_t to = from + coarse; to <= steps; to += coarse) {
        bounds.between(grid[from], grid[to], proved);
        CHECK((proved[0] == 0 || !between(from, to)));
        proofs += proved[0] > 0;
        ++asked;
      }
    }
  }
  CHECK(minima > 4);
  CHECK(proofs > asked / 2);
}
