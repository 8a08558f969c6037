// SPDX-License-Identifier: BSL-1.0
#include <metapool/tau2/sidik_jonkman.hpp>

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

TEST_CASE("Sidik-Jonkman is metafor's, its error too") {
  const auto e = estimate_bcg(sidik_jonkman{});  // metafor 3.8 gives
  CHECK(close(e.tau2, 0.34551570159859507, digits12));
  CHECK(close(*e.se, 0.14968051134734317, digits12));
}

TEST_CASE("Sidik-Jonkman with equal variances v is t0^2 k / (k - 1) / (t0 + v)") {
  const double t0 = 38.0 / 4;
  CHECK(close(fit<sidik_jonkman, double>({}, {1, 4, 2, 9}, {2, 2, 2, 2}).tau2, t0 * 38 / 3 / (t0 + 2), digits14));
  CHECK(fit<sidik_jonkman, double>({}, {1, 1.001}, {2, 2}).tau2 > 0.0);
  CHECK(fit<sidik_jonkman, double>({}, {3, 3, 3}, {1e-8, 1, 1e8}).tau2 == 0.0);
  CHECK(*fit<sidik_jonkman, double>({}, {3, 3, 3}, {1e-8, 1, 1e8}).se == 0.0);
}

TEST_CASE("two-step Sidik-Jonkman starts from Hedges' estimate, or from its floor") {
  CHECK(close(fit<two_step_sidik_jonkman, double>({}, {1, 4, 2, 9}, {2, 2, 2, 2}).tau2, 38.0 / 3 - 2, digits14));  // a fixed point
  CHECK(close(fit<two_step_sidik_jonkman, double>({}, {1, 4, 2, 9}, {14, 14, 14, 14}).tau2, 0.01 * 38 / 3 / 14.01, digits14));
  CHECK(close(fit<two_step_sidik_jonkman, double>({.floor = 1}, {1, 4, 2, 9}, {14, 14, 14, 14}).tau2, 1.0 * 38 / 3 / 15, digits14));
  CHECK(message_of<input_error>([] { estimate_bcg(two_step_sidik_jonkman{.floor = 0}); }) ==
        "two-step Sidik-Jonkman: floor = 0 must be finite and positive");
}

TEST_CASE("iterated Sidik-Jonkman reproduces itself, and is the limit of the iteration") {
  const auto& d = bcg_effects();
  const metapool::detail::mean_problem<double> problem(d.y, d.v);
  double t = metapool::detail::range_of(std::span<const double>(d.y), std::span<const double>(d.v)).sum_of_squares / 13;
  for (int i = 0; i < 400; ++i) t = metapool::detail::sidik_jonkman_step(problem, t).tau2;
  const auto e = estimate_bcg(iterated_sidik_jonkman{});
  CHECK(close(e.tau2, t, digits12));
  CHECK(close(*e.se, 0.17366302746275, digits12));  // metafor 3.8 gives
  CHECK(fit<iterated_sidik_jonkman, double>({}, {1, 2}, {2, 4}).tau2 == 0.0);
}
