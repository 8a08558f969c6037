// SPDX-License-Identifier: BSL-1.0
#include <metapool/batch/reml_proof.hpp>

#include "batch/kinds_of_columns.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace mp = metapool;
using metapool_test::mixed;
using metapool_test::near;
using metapool_test::same;
using metapool_test::table;
using metapool_test::uniform;

TEST_CASE("of two maxima of the likelihood the batch takes the higher, as REML of one meta-analysis does") {
  // metafor 3.8 stops at either of the two maxima, depending on where it starts
  std::vector<double> y, v;
  std::size_t several = 0;
  const std::size_t k = 4, m = 400;
  y.resize(k * m);
  v.resize(k * m);
  for (std::size_t c = 0; c < m; ++c) {
    mp::detail::random_stream r(9, c);
    for (std::size_t i = 0; i < k; ++i) {
      v[i * m + c] = std::pow(10.0, 5 * uniform(r) - 4);
      y[i * m + c] = (uniform(r) - 0.5) * 6 * std::sqrt(v[i * m + c]);
    }
  }
  std::vector<double> tau2(m);
  mp::batch_random_effects(mp::batch_view<double>{y, v, k, m}, mp::reml{}, mp::batch_columns<double>{.tau2 = tau2});
  for (std::size_t c = 0; c < m; ++c) {
    double yc[4], vc[4];
    for (std::size_t i = 0; i < k; ++i) {
      yc[i] = y[i * m + c];
      vc[i] = v[i * m + c];
    }
    const auto one = mp::reml{}(std::span<const double>(yc), std::span<const double>(vc));
    several += one.maxima.size() > 1;
    CAPTURE(c);
    double weights = 0;
    for (const double x : vc) weights += 1 / (x + one.tau2);
    CHECK(near(tau2[c], one.tau2, 64, one.tau2 + 4 / weights));
  }
  CHECK(several > 4);
}

TEST_CASE("a column's bits do not depend on the width of the vectors") {
  const table<double> t = mixed<double>(7, 64, 11, 30);
  mp::detail::batch_workspace<double> one(7), two(7);
  mp::detail::sum_columns<mp::reml, true, 1>(t.view(), 0, 64, true, one);
  mp::detail::sum_columns<mp::reml, true, 4>(t.view(), 0, 64, true, two);
  for (std::size_t c = 0; c < 64; ++c) {
    CHECK(one.sums.state[c] == two.sums.state[c]);
    if (one.sums.state[c] == 0 && one.sums.count[c] > 1) {
      CHECK(same(one.sums.tau2[c], two.sums.tau2[c]));
      CHECK(same(one.sums.mean[c], two.sums.mean[c]));
      CHECK(same(one.sums.q_tau2[c], two.sums.q_tau2[c]));
    }
  }
}
