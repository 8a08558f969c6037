// SPDX-License-Identifier: BSL-1.0
// Regressions without normal effects in double against themselves in 50 digits.
#include <metapool/model/log_binomial_regression.hpp>
#include <metapool/model/penalised_logistic_regression.hpp>

#include "model/sparse_tables.hpp"

#include <doctest/doctest.h>
#include <boost/multiprecision/cpp_bin_float.hpp>

#include <vector>

using metapool_test::trial;
using big = boost::multiprecision::number<boost::multiprecision::cpp_bin_float<50>, boost::multiprecision::et_off>;

namespace {

template <class Real>
std::vector<metapool::binary_trial<Real>> five_trials() {
  return {trial<Real>("1", 1, 12, 5, 12), trial<Real>("2", 4, 30, 3, 28), trial<Real>("3", 1, 20, 4, 21), trial<Real>("4", 0, 9, 0, 24), trial<Real>("5", 2, 40, 9, 39)};
}
template <class Real>
metapool::design<Real> doses() {
  return metapool::design_of(std::vector<Real>{Real(2), Real(1) / 2, Real(1), Real(3), Real(0)}, "dose");
}

bool same(const big& exact, double x, double digits) { return abs(big(exact - big(x))) <= big(digits) * abs(exact); }

template <class Exact, class Fit>
void compare(const Exact& exact, const Fit& fit) {
  CHECK(exact.convergence.converged);
  CHECK(exact.convergence.residual < big(1e-30));
  CHECK(same(exact.log_likelihood, fit.log_likelihood, 1e-12));
  for (Eigen::Index j = 0; j < 2; ++j) {
    CHECK(same(exact.coefficients(j), fit.coefficients(j), 1e-11));
    CHECK(same(exact.covariance(j, j), fit.covariance(j, j), 1e-11));
  }
}

}  // namespace

TEST_CASE("Log-binomial and Firth's regressions have eleven digits in double") {
  compare(metapool::log_binomial_regression(five_trials<big>(), metapool::risk_ratio{}, doses<big>()), metapool::log_binomial_regression(five_trials<double>(), metapool::risk_ratio{}, doses<double>()));
  compare(metapool::penalised_logistic_regression(five_trials<big>(), metapool::odds_ratio{}, doses<big>(), metapool::over_dispersion::fletcher),
          metapool::penalised_logistic_regression(five_trials<double>(), metapool::odds_ratio{}, doses<double>(), metapool::over_dispersion::fletcher));
}
