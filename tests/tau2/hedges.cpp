// SPDX-License-Identifier: BSL-1.0
#include <metapool/tau2/hedges.hpp>

#include "support/bcg_effects.hpp"
#include "support/close.hpp"

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

TEST_CASE("Hedges' tau2 is the sample variance less the mean sampling variance, with the error metafor gives") {
  CHECK(close(fit<hedges, double>({}, {1, 4, 2, 9}, {2, 1, 4, 1}).tau2, 38.0 / 3 - 2, digits14));
  const auto e = estimate_bcg(hedges{});  // metafor 3.8 gives
  CHECK(close(e.tau2, 0.32856385799576882, digits12));
  CHECK(close(*e.se, 0.20708717829893372, digits12));
}

TEST_CASE("Hedges' tau2 of two studies is half the squared difference less the mean variance, and never negative") {
  CHECK(close(fit<hedges, double>({}, {1, 5}, {2, 4}).tau2, 5.0, digits14));
  CHECK(fit<hedges, double>({}, {1, 2}, {2, 4}).tau2 == 0.0);
  CHECK(fit<hedges, double>({}, {3, 3, 3}, {1e-8, 1, 1e8}).tau2 == 0.0);
  CHECK(close(fit<hedges, float>({}, {0, 3}, {1, 2}).tau2, 3.0f, digits5));
}
