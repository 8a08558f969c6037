// SPDX-License-Identifier: BSL-1.0
#include <metapool/effect/change_differences.hpp>

#include "effect/measures.hpp"
#include "support/close.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {
template <class Real>
std::vector<pre_post_trial<Real>> trial(double nt, double nc, bool swap = false) {
  const pre_post_arm<Real> t{{Real(26), Real(5)}, {Real(30), Real(6)}, Real(nt), Real(0.5)}, c{{Real(25), Real(4)}, {Real(26), Real(5)}, Real(nc), Real(0.25)};
  if (swap) return {{"s", c, t}};
  return {{"s", t, c}};
}
}  // namespace

TEST_CASE("the difference of changes and Morris's d_ppc2 in 50 digits from his equations, up to 10^9 patients") {
  for (double n : {3.0, 20.0, 1e4, 1e9}) {
    const wide nt = n, nc = n + 4, m = nt + nc - 2, s = sqrt(wide(((nt - 1) * 25 + (nc - 1) * 16) / m)), j = hedges_j(m), d = j * 3 / s;
    const wide a = wide(1) / nt + wide(1.5) / nc;
    const auto e = effect_sizes(trial<double>(n, n + 4), standardized_change_difference{});
    CHECK(close(e.y[0], static_cast<double>(d), digits12));
    CHECK(close(e.v[0], static_cast<double>(wide(j * j * m / (m - 2) * (a + d * d) - d * d)), digits12));
    const auto raw = effect_sizes(trial<double>(n, n + 4), mean_change_difference{});
    CHECK(close(raw.y[0], 3.0, digits15));
    CHECK(close(raw.v[0], static_cast<double>(wide(31 / nt + 31 / nc)), digits14));
  }
}

TEST_CASE("exchanged arms turn the sign; each arm by its own spread is the difference of two standardised changes") {
  const auto there = trial<double>(20, 24), back = trial<double>(20, 24, true);
  const standardized_change_difference own{change_difference_standard::own_before};
  CHECK(close(effect_sizes(there, own).y[0], -effect_sizes(back, own).y[0], digits15));
  CHECK(close(effect_sizes(there, standardized_change_difference{}).y[0], -effect_sizes(back, standardized_change_difference{}).y[0], digits15));
  const double j1 = hedges_j(19.0), j2 = hedges_j(23.0);
  CHECK(close(effect_sizes(there, own).y[0], j1 * 0.8 - j2 * 0.25, digits14));
}
