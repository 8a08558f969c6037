// SPDX-License-Identifier: BSL-1.0
#include <metapool/tau2/bootstrap_dersimonian_laird.hpp>

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

TEST_CASE("the bootstrap of two studies is half their DerSimonian-Laird estimate, within Monte Carlo error") {
  // both studies are drawn with probability 1/2; samples of one study twice give 0
  const auto e = fit<bootstrap_dersimonian_laird, double>({.replicates = 40000, .seed = 7}, {1, 5}, {2, 4});
  CHECK(std::fabs(e.tau2 - 2.5) < 4 * 2.5 / std::sqrt(40000.0));
  CHECK_FALSE(e.se.has_value());
}

TEST_CASE("the bootstrap is the mean over all samples, each as likely") {
  const std::vector<double> y{0, 3, -2}, v{0.5, 1, 0.25};
  double sum = 0;
  for (int n = 0; n < 27; ++n) {
    const std::size_t a = static_cast<std::size_t>(n % 3), b = static_cast<std::size_t>(n / 3 % 3), c = static_cast<std::size_t>(n / 9);
    sum += fit<dersimonian_laird, double>({}, {y[a], y[b], y[c]}, {v[a], v[b], v[c]}).tau2 / 27;
  }
  CHECK(std::fabs(fit(bootstrap_dersimonian_laird{.replicates = 40000, .seed = 3}, y, v).tau2 - sum) < 0.1);
  CHECK(sum > 2);
}

TEST_CASE("the bootstrap depends on its seed alone, and on the seed") {
  const double one = estimate_bcg(bootstrap_dersimonian_laird{.replicates = 500, .seed = 1}).tau2;
  CHECK(one == estimate_bcg(bootstrap_dersimonian_laird{.replicates = 500, .seed = 1}).tau2);
  CHECK(one != estimate_bcg(bootstrap_dersimonian_laird{.replicates = 500, .seed = 2}).tau2);
}

TEST_CASE("the bootstrap of equal effects is 0, and no replicates are refused") {
  CHECK(fit<bootstrap_dersimonian_laird, double>({.replicates = 50, .seed = 1}, {3, 3, 3}, {1e-8, 1, 1e8}).tau2 == 0.0);
  CHECK(message_of<input_error>([] { estimate_bcg(bootstrap_dersimonian_laird{.replicates = 0, .seed = 1}); }) ==
        "bootstrap DerSimonian-Laird: replicates must be positive");
}
