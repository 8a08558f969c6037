// SPDX-License-Identifier: BSL-1.0
#include <metapool/model/beta_binomial_kernel.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>
#include <boost/math/special_functions/gamma.hpp>
#include <boost/multiprecision/cpp_bin_float.hpp>

#include <array>
#include <cmath>

using metapool::detail::second_order;
using metapool_test::close;
using big = boost::multiprecision::number<boost::multiprecision::cpp_bin_float<50>, boost::multiprecision::et_off>;

namespace {

template <class Real>
second_order<Real> log_probability(double events, double total, const Real& logit, const Real& rho) {
  using std::exp;
  const Real p = 1 / (1 + exp(Real(-logit))), q = 1 / (1 + exp(logit)), v = p * q;
  const second_order<Real> mu{p, {v, Real(0)}, {v * (q - p), Real(0), Real(0)}}, nu{q, {-v, Real(0)}, {-v * (q - p), Real(0), Real(0)}};
  return metapool::detail::beta_binomial_kernel<Real>(Real(events), Real(total))(mu, nu, {rho, {Real(0), Real(1)}, {}});
}

/// By gamma functions.
big by_gamma(double events, double total, const big& logit, const big& rho) {
  using boost::math::lgamma;
  const big mu = 1 / (1 + exp(big(-logit))), a = mu * (1 - rho) / rho, b = (1 - mu) * (1 - rho) / rho;
  const big y(events), n(total);
  return lgamma(big(n + 1)) - lgamma(big(y + 1)) - lgamma(big(n - y + 1)) + lgamma(big(a + y)) + lgamma(big(b + n - y)) -
         lgamma(big(a + b + n)) - lgamma(a) - lgamma(b) + lgamma(big(a + b));
}

}  // namespace

TEST_CASE("Beta-binomial probabilities are those of gamma functions in 50 digits") {
  for (const auto& [y, n] : {std::array<double, 2>{0, 10}, {40, 300}, {3e8, 1e9}}) {
    for (const double rho : {0.0009765625, 0.203125}) {
      const big expected = by_gamma(y, n, big(-0.875), big(rho));
      CHECK(abs(big(log_probability<big>(y, n, big(-0.875), big(rho)).value - expected)) < big(1e-38) * abs(expected));
    }
  }
}

TEST_CASE("Beta-binomial log-likelihood and derivatives keep twelve digits in double, from 5 patients to a billion") {
  for (const auto& [y, n] : {std::array<double, 2>{0, 10}, {5, 5}, {13, 60}, {1, 1e5}, {3e8, 1e9}, {20, 1e9}}) {
    const double logit = y < 20 ? -8.0 : 1.5;
    for (const double rho : {0.0, 1e-9, 0.003}) {
      const auto a = log_probability<double>(y, n, logit, rho);
      const auto b = log_probability<big>(y, n, big(logit), big(rho));
      const auto is = [](double x, const big& right, double scale) {
        return std::fabs(static_cast<double>(big(x) - right)) <= 1e-12 * (std::fabs(static_cast<double>(right)) + scale);
      };
      CHECK(is(a.value, b.value, 1e-2));
      CHECK(is(a.first[0], b.first[0], 0));
      CHECK(is(a.first[1], b.first[1], 1e-2));
      CHECK(is(a.second[0], b.second[0], 0));
      CHECK(is(a.second[1], b.second[1], 0));
      CHECK(is(a.second[2], b.second[2], 1));
    }
  }
}

TEST_CASE("Beta-binomial derivatives are those of differences in 50 digits") {
  const big x(-1.25), h(1e-16);
  for (const auto& [y, n] : {std::array<double, 2>{2, 9}, {130, 400}, {0, 200}}) {
    const big rho(y > 0 ? 0.001 : 0.3);
    const auto at = log_probability<big>(y, n, x, rho);
    const auto up = log_probability<big>(y, n, x, big(rho + h)), down = log_probability<big>(y, n, x, big(rho - h));
    const auto right = log_probability<big>(y, n, big(x + h), rho), left = log_probability<big>(y, n, big(x - h), rho);
    const auto is = [&](const big& derivative, const big& upper, const big& lower) {
      return abs(big(derivative - (upper - lower) / (2 * h))) <= big(1e-20) * (1 + abs(derivative));
    };
    CHECK(is(at.first[0], right.value, left.value));
    CHECK(is(at.first[1], up.value, down.value));
    CHECK(is(at.second[0], right.first[0], left.first[0]));
    CHECK(is(at.second[1], up.first[0], down.first[0]));
    CHECK(is(at.second[2], up.first[1], down.first[1]));
  }
}

TEST_CASE("Correlation 0 is the binomial, correlation 1 an arm whose patients fare alike") {
  const double p = 0.3, logit = std::log(p / (1 - p));
  CHECK(
      close(log_probability<double>(2, 5, logit, 0.0).value, std::log(10 * p * p * (1 - p) * (1 - p) * (1 - p)), metapool_test::digits14));
  CHECK(close(log_probability<double>(0, 5, logit, 1.0).value, std::log(1 - p), metapool_test::digits14));
  CHECK(close(log_probability<double>(70, 70, logit, 1.0).value, std::log(p), metapool_test::digits14));
  CHECK(std::isfinite(log_probability<double>(70, 70, logit, 1.0).first[1]));
  CHECK(std::isinf(log_probability<double>(1, 5, logit, 1.0).value));
  // of three patients with correlation r: P(3) = p (s p + r)(s p + 2 r) / (s + r) / (s + 2 r), s = 1 - r
  const double r = 0.4, s = 0.6;
  CHECK(close(log_probability<double>(3, 3, logit, r).value, std::log(p * (s * p + r) * (s * p + 2 * r) / (s + r) / (s + 2 * r)),
              metapool_test::digits14));
}
