// SPDX-License-Identifier: BSL-1.0
#include <metapool/tau2/fixed.hpp>

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

TEST_CASE("a fixed tau2 is what was given") {
  CHECK(estimate_bcg(fixed_tau2{.tau2 = 0.04}).tau2 == 0.04);
  CHECK(estimate_bcg(fixed_tau2{}).tau2 == 0.0);
  CHECK_FALSE(estimate_bcg(fixed_tau2{.tau2 = 0.04}).se.has_value());
}

TEST_CASE("a fixed I2 gives the tau2 of which it is the share") {
  const double typical = 0.026421191451388631;  // metafor 3.8 gives
  CHECK(close(estimate_bcg(fixed_i2{.i2 = 0.75}).tau2, 3 * typical, digits12));
  const double t = estimate_bcg(fixed_i2{.i2 = 0.4}).tau2;
  CHECK(close(t / (t + typical), 0.4, digits12));
  CHECK(estimate_bcg(fixed_i2{}).tau2 == 0.0);
}

TEST_CASE("fixed values outside their domain are refused") {
  CHECK(message_of<input_error>([] { estimate_bcg(fixed_tau2{.tau2 = -1}); }) == "fixed tau2: tau2 = -1 must be finite and not negative");
  CHECK(message_of<input_error>([] { estimate_bcg(fixed_tau2{.tau2 = NAN}); }) == "fixed tau2: tau2 = nan must be finite and not negative");
  CHECK(message_of<input_error>([] { estimate_bcg(fixed_i2{.i2 = 1}); }) == "fixed I2: I2 = 1 must be a proportion in [0, 1)");
  CHECK(message_of<input_error>([] { estimate_bcg(fixed_i2{.i2 = -0.1}); }) == "fixed I2: I2 = -0.1 must be a proportion in [0, 1)");
  CHECK(message_of<input_error>([] { fit<fixed_tau2, double>({.tau2 = 1}, {1, 2}, {1, 0}); }) == "fixed tau2: study '2': v = 0 must be finite and positive");
}
