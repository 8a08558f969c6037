// SPDX-License-Identifier: BSL-1.0
#include <metapool/model/revman_random_effects.hpp>

#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>

using namespace metapool;
using namespace metapool_test;

TEST_CASE("RevMan's tau2 is (Q around the Mantel-Haenszel estimate - df) / C") {
  const auto fit = revman_random_effects(bcg(), risk_ratio{});
  const auto mh = mantel_haenszel(bcg(), risk_ratio{});
  double s1 = 0, s2 = 0;
  for (double v : mh.data.v) {
    s1 += 1 / v;
    s2 += 1 / (v * v);
  }
  const double tau2 = (mh.q - 12) / (s1 - s2 / s1);
  CHECK(close(*fit.tau2, tau2, digits12));
  double w = 0, wy = 0;
  for (std::size_t i = 0; i < fit.k(); ++i) {
    w += 1 / (fit.data.v[i] + tau2);
    wy += fit.data.y[i] / (fit.data.v[i] + tau2);
  }
  CHECK(close(fit.estimate, wy / w, digits12));
  CHECK(close(fit.se, 1 / std::sqrt(w), digits12));
  CHECK(*fit.tau2 > *random_effects(effect_sizes(bcg(), risk_ratio{}), dersimonian_laird{}).tau2);
  CHECK(contains(fit.method, "Mantel-Haenszel"));
}

TEST_CASE("what is added to the tables for the pooled estimate moves tau2") {
  auto trials = bcg();
  trials.push_back(trial("sparse", 0, 300, 40, 300));
  CHECK(*revman_random_effects(trials, risk_ratio{}).tau2 != *revman_random_effects(trials, risk_ratio{}, constant_correction{.add = 5}).tau2);
}
