// SPDX-License-Identifier: BSL-1.0
#include <metapool/tau2/hartung_makambi.hpp>

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

TEST_CASE("Hartung-Makambi with equal variances v is Q / (2 (k - 1) + Q) s^2") {
  CHECK(close(fit<hartung_makambi, double>({}, {1, 4, 2, 9}, {2, 2, 2, 2}).tau2, 19.0 / 25 * 38 / 3, digits14));
  CHECK(close(fit<hartung_makambi, double>({}, {1, 4, 2, 9}, {19, 19, 19, 19}).tau2, 2.0 / 8 * 38 / 3, digits14));  // where others give 0
}

TEST_CASE("Hartung-Makambi from DerSimonian and Laird's sums, and 0 for equal effects alone") {
  const double q = 152.23300808237329;  // metafor 3.8 gives
  const double c = 12 / 0.026421191451388631;
  CHECK(close(estimate_bcg(hartung_makambi{}).tau2, q * q / ((24 + q) * c), digits12));
  CHECK(fit<hartung_makambi, double>({}, {3, 3, 3}, {1e-8, 1, 1e8}).tau2 == 0.0);
  CHECK(fit<hartung_makambi, double>({}, {3, 3, 3.0001}, {1, 1, 1e8}).tau2 > 0.0);
  CHECK(close(fit<hartung_makambi, double>({}, {-1e85, 1e85}, {1, 1}).tau2, 2e170, digits14));  // Q^2 is beyond double
}
