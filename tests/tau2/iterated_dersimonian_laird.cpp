// SPDX-License-Identifier: BSL-1.0
#include <metapool/tau2/iterated_dersimonian_laird.hpp>

#include "support/bcg_effects.hpp"
#include "support/close.hpp"

#include <metapool/tau2/generalized_q.hpp>

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

TEST_CASE("iterated DerSimonian-Laird reproduces itself as a moment estimator with weights 1 / (v + tau2)") {
  const auto e = estimate_bcg(iterated_dersimonian_laird{});
  generalized_q_with<double> weighted;
  for (const double v : bcg_effects().v) weighted.weights.push_back(1 / (v + e.tau2));
  const auto again = estimate_bcg(weighted);
  CHECK(close(e.tau2, again.tau2, digits12));
  CHECK(close(*e.se, *again.se, digits12));
  CHECK(e.tau2 == estimate_bcg(paule_mandel{}).tau2);
}

TEST_CASE("iterated DerSimonian-Laird is 0 where Q does not exceed its degrees of freedom") {
  CHECK(fit<iterated_dersimonian_laird, double>({}, {1, 2}, {2, 4}).tau2 == 0.0);
  CHECK(close(fit<iterated_dersimonian_laird, double>({}, {1, 5}, {2, 4}).tau2, 5.0, digits14));
}
