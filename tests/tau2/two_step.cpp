// SPDX-License-Identifier: BSL-1.0
#include <metapool/tau2/two_step.hpp>

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

TEST_CASE("the second step is a generalised Q with weights 1 / (v + first)") {
  const auto dl = estimate_bcg(two_step_dersimonian_laird{});  // metafor 3.8 with method GENQ and these weights gives
  CHECK(close(dl.tau2, 0.31795556612132292, digits12));
  CHECK(close(*dl.se, 0.17447339712542231, digits12));
  const auto he = estimate_bcg(two_step_hedges{});
  CHECK(close(he.tau2, 0.31819118820394277, digits12));
  CHECK(close(*he.se, 0.17517772602681181, digits12));
}

TEST_CASE("with equal variances a second step changes nothing") {
  CHECK(close(fit<two_step_dersimonian_laird, double>({}, {1, 4, 2, 9}, {2, 2, 2, 2}).tau2, 38.0 / 3 - 2, digits14));
  CHECK(close(fit<two_step_hedges, double>({}, {1, 4, 2, 9}, {2, 2, 2, 2}).tau2, 38.0 / 3 - 2, digits14));
  CHECK(fit<two_step_hedges, double>({}, {1, 4, 2, 9}, {13, 13, 13, 13}).tau2 == 0.0);
  CHECK(fit<two_step_dersimonian_laird, double>({}, {1, 2}, {2, 4}).tau2 == 0.0);
}
