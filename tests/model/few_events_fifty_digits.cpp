// SPDX-License-Identifier: BSL-1.0
// The models of few events in double against themselves in 50 digits.
#include <metapool/inference/glmm_inference.hpp>
#include <metapool/model/beta_binomial.hpp>
#include <metapool/model/log_binomial.hpp>
#include <metapool/model/penalised_logistic.hpp>

#include "model/sparse_tables.hpp"
#include "support/close.hpp"

#include <doctest/doctest.h>
#include <boost/multiprecision/cpp_bin_float.hpp>

#include <vector>

using metapool_test::trial;
using big = boost::multiprecision::number<boost::multiprecision::cpp_bin_float<50>, boost::multiprecision::et_off>;

namespace {

template <class Real>
std::vector<metapool::binary_trial<Real>> five_trials() {
  return {trial<Real>("1", 1, 12, 5, 12), trial<Real>("2", 4, 30, 3, 28), trial<Real>("3", 0, 20, 4, 21), trial<Real>("4", 0, 9, 0, 24),
          trial<Real>("5", 2, 40, 9, 39)};
}

bool same(const big& exact, double x, double digits) { return abs(big(exact - big(x))) <= big(digits) * abs(exact); }

template <class Exact, class Fit>
void compare(const Exact& exact, const Fit& fit) {
  CHECK(exact.convergence.converged);
  CHECK(exact.convergence.residual < big(1e-30));
  CHECK(same(exact.estimate, fit.estimate, 1e-12));
  CHECK(same(exact.se, fit.se, 1e-12));
  CHECK(same(exact.log_likelihood, fit.log_likelihood, 1e-12));
}

}  // namespace

TEST_CASE("Beta-binomial, log-binomial and Firth's fits have twelve digits in double") {
  const auto exact = five_trials<big>();
  const auto trials = five_trials<double>();
  const auto beta_exact = metapool::beta_binomial(exact, metapool::risk_ratio{});
  const auto beta = metapool::beta_binomial(trials, metapool::risk_ratio{});
  compare(beta_exact, beta);
  CHECK(same(*beta_exact.correlation_treated, *beta.correlation_treated, 1e-12));
  const auto ratio_exact = metapool::log_binomial(exact);
  const auto ratio = metapool::log_binomial(trials);
  compare(ratio_exact, ratio);
  for (const double theta : {-25.0, -2.0, 3.0, 25.0}) {  // far off one of the risks is next to 0
    CHECK(same(ratio_exact.profile(big(theta)).log_likelihood, ratio.profile(theta).log_likelihood, 1e-12));
    CHECK(same(ratio_exact.profile(big(theta)).slope, ratio.profile(theta).slope, 1e-12));
  }
  const auto firth_exact = metapool::penalised_logistic(exact, metapool::odds_ratio{}, metapool::over_dispersion::fletcher);
  const auto firth = metapool::penalised_logistic(trials, metapool::odds_ratio{}, metapool::over_dispersion::fletcher);
  compare(firth_exact, firth);
  CHECK(same(firth_exact.estimated_dispersion, firth.estimated_dispersion, 1e-12));
  const auto interval = infer(firth, metapool::glmm_profile_likelihood{});
  const big at = 2 * (firth_exact.log_likelihood - firth_exact.profile(big(interval.upper)).log_likelihood) / firth_exact.dispersion;
  CHECK(same(at, 3.841458820694124, 1e-8));
}
