// SPDX-License-Identifier: BSL-1.0
#include <metapool/tau2/approximate_reml.hpp>

#include "support/bcg_effects.hpp"
#include "support/close.hpp"
#include "support/wild_sets.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <span>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {
template <class Estimator, class Real>
tau2_estimate<Real> fit(const Estimator& estimator, const std::vector<Real>& y, const std::vector<Real>& v) {
  return estimator(std::span<const Real>(y), std::span<const Real>(v));
}
}  // namespace

TEST_CASE("approximate REML solves its equation") {
  const auto e = estimate_bcg(approximate_reml{});
  const auto& d = bcg_effects();
  double w = 0, wy = 0, sum = 0, size = 0;
  for (std::size_t i = 0; i < d.y.size(); ++i) {
    w += 1 / (d.v[i] + e.tau2);
    wy += d.y[i] / (d.v[i] + e.tau2);
  }
  for (std::size_t i = 0; i < d.y.size(); ++i) {
    const double r = d.y[i] - wy / w, s = d.v[i] + e.tau2;
    sum += (13.0 / 12 * r * r - s) / (s * s);
    size += 1 / s;
  }
  CHECK(std::fabs(sum) < 1e-12 * size);
  CHECK(e.convergence.converged);
}

TEST_CASE("approximate REML with equal variances is REML: the sample variance less the sampling variance") {
  CHECK(close(fit<approximate_reml, double>({}, {1, 4, 2, 9}, {2, 2, 2, 2}).tau2, 38.0 / 3 - 2, digits14));
  CHECK(fit<approximate_reml, double>({}, {1, 4, 2, 9}, {13, 13, 13, 13}).tau2 == 0.0);
  CHECK(fit<approximate_reml, double>({}, {3, 3, 3}, {1e-8, 1, 1e8}).tau2 == 0.0);
}

TEST_CASE("approximate REML reports every maximum and takes the highest") {
  const wild_set s = ladder(3);
  const auto e = fit(approximate_reml{}, s.y, s.v);
  REQUIRE(e.maxima.size() > 1);
  const metapool::detail::mean_problem<double> problem(s.y, s.v);
  const metapool::detail::likelihood_objective<metapool::detail::mean_problem<double>> objective(problem, likelihood_kind::full, 6.0 / 5);
  for (const double t : e.maxima) {
    CHECK(objective.value(t) <= objective.value(e.tau2));
    CHECK(objective.value(t) >= objective.value(t * 1.001));
    CHECK(objective.value(t) >= objective.value(t * 0.999));
  }
}
