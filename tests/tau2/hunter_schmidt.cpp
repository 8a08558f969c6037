// SPDX-License-Identifier: BSL-1.0
#include <metapool/tau2/hunter_schmidt.hpp>

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

TEST_CASE("Hunter-Schmidt and its correction are metafor's, errors too") {
  const auto e = estimate_bcg(hunter_schmidt{});  // metafor 3.8 gives
  CHECK(close(e.tau2, 0.22836286367690684, digits12));
  CHECK(close(*e.se, 0.12790455661327951, digits12));
  const auto c = estimate_bcg(hunter_schmidt_corrected{});
  CHECK(close(c.tau2, 0.24916993028096543, digits12));
  CHECK(close(*c.se, 0.15070919007573519, digits12));
}

TEST_CASE("Hunter-Schmidt with equal variances is the variance with k less the sampling variance; its correction takes k - 1") {
  CHECK(close(fit<hunter_schmidt, double>({}, {1, 4, 2, 9}, {2, 2, 2, 2}).tau2, 38.0 / 4 - 2, digits14));
  CHECK(close(fit<hunter_schmidt_corrected, double>({}, {1, 4, 2, 9}, {2, 2, 2, 2}).tau2, 38.0 / 3 - 2, digits14));
  CHECK(fit<hunter_schmidt, double>({}, {1, 4, 2, 9}, {10, 10, 10, 10}).tau2 == 0.0);
  CHECK(fit<hunter_schmidt_corrected, double>({}, {1, 4, 2, 9}, {10, 10, 10, 10}).tau2 > 2.6);
}
