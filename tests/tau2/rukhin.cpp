// SPDX-License-Identifier: BSL-1.0
#include <metapool/tau2/rukhin.hpp>

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

TEST_CASE("Rukhin's BP is the sum of squares over k + 1, and B0 takes off the sampling variance") {
  const std::vector<double> y{1, 4, 2, 9}, v{2, 1, 4, 1};
  CHECK(close(fit(rukhin_positive{}, y, v).tau2, 38.0 / 5, digits14));
  CHECK(close(fit(rukhin_zero{}, y, v).tau2, (38.0 - 3 * 2) / 5, digits14));
  CHECK(close(fit(rukhin_zero{.participants = 84}, y, v).tau2, 38.0 / 5 - 80.0 * 3 * 8 / (4 * 5 * 82.0), digits14));
  CHECK(fit<rukhin_zero, double>({}, {1, 2}, {2, 4}).tau2 == 0.0);
  CHECK(close(fit<rukhin_positive, double>({}, {1, 2}, {2, 4}).tau2, 1.0 / 6, digits14));
}

TEST_CASE("Rukhin's B0 without bound on the participants is Hedges' estimate times (k - 1) / (k + 1)") {
  CHECK(close(estimate_bcg(rukhin_zero{}).tau2, 0.32856385799576882 * 12 / 14, digits12));
  CHECK(close(estimate_bcg(rukhin_zero{.participants = 2000000000}).tau2, 0.32856385799576882 * 12 / 14, digits8));
}

TEST_CASE("Rukhin's B0 refuses fewer participants than studies and one") {
  CHECK(message_of<input_error>([] { estimate_bcg(rukhin_zero{.participants = 13}); }) ==
        "Rukhin B0: participants = 13 must exceed the number of studies, 13");
}
