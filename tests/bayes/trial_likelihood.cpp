// SPDX-License-Identifier: BSL-1.0
#include <metapool/bayes/trial_likelihood.hpp>

#include "support/close.hpp"

#include <metapool/math/quadrature.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

using namespace metapool;
using namespace metapool::detail;
using namespace metapool_test;

namespace {

double choose(double n, double y) { return std::exp(std::lgamma(n + 1) - std::lgamma(y + 1) - std::lgamma(n - y + 1)); }
double binomial(double y, double n, double p) { return choose(n, y) * std::pow(p, y) * std::pow(1 - p, n - y); }

// The definition of the model: m = log of the risk halfway, density a exp(a m).
double by_definition(const two_by_two<double>& t, double a, double theta) {
  const auto f = [&](double m) {
    return a * std::exp(a * m) * binomial(t.a, t.treated_total(), (std::min)(1.0, std::exp(m + theta / 2))) * binomial(t.c, t.control_total(), (std::min)(1.0, std::exp(m - theta / 2)));
  };
  const double end = -std::fabs(theta) / 2;
  return std::log(integrate(f, end - 300, end - 20) + integrate(f, end - 20, end - 4) + integrate(f, end - 4, end));
}

const two_by_two<double> sparse{1, 11, 7, 5}, none{0, 20, 0, 30}, all{3, 0, 4, 0};

}  // namespace

TEST_CASE("given the margins the likelihood is the noncentral hypergeometric probability") {
  double sum = 0;
  for (int y = 0; y <= 8; ++y) sum += choose(12, y) * choose(12, 8 - y) * std::exp(-0.6 * y);
  CHECK(close(margins_likelihood<double>(sparse)(-0.6), std::log(choose(12, 1) * choose(12, 7) * std::exp(-0.6) / sum), digits12));
  CHECK(margins_likelihood<double>(none)(2.0) == 0);
}

TEST_CASE("with a normal baseline the likelihood is the integral over the logit halfway") {
  for (const auto& t : {sparse, none, all}) {
    const logit_baseline_likelihood<double> likelihood(t, -1.0, 10.0);
    for (const double theta : {-6.0, 0.0, 1.3}) {
      const auto f = [&](double x) {
        return std::exp(-(x + 1) * (x + 1) / 200) / (10 * std::sqrt(2 * M_PI)) * binomial(t.a, t.treated_total(), logistic(x + theta / 2)) * binomial(t.c, t.control_total(), logistic(x - theta / 2));
      };
      CHECK(close(likelihood(theta), std::log(integrate(f, -80.0, -5.0) + integrate(f, -5.0, 5.0) + integrate(f, 5.0, 80.0)), digits10));
    }
  }
}

TEST_CASE("with a log-risk baseline the likelihood is the integral over the log of the risk halfway") {
  for (const auto& t : {sparse, none, all}) {
    for (const double a : {0.1, 2.0}) {
      const log_risk_baseline_likelihood<double> likelihood(t, a);
      for (const double theta : {-6.0, -0.4, 0.0, 1.3}) CHECK(close(likelihood(theta), by_definition(t, a, theta), digits8));
    }
  }
}

TEST_CASE("the sum for few patients and the quadrature for many agree, and exchanged arms change the sign of the effect") {
  // 3000 patients and 3001: the likelihood moves by the one patient only
  const log_risk_baseline_likelihood<double> few({20, 1480, 30, 1470}, 0.1), many({20, 1480, 30, 1471}, 0.1), swapped({30, 1471, 20, 1480}, 0.1), more({20, 1480, 30, 1472}, 0.1);
  for (const double theta : {-3.0, -0.4, 0.0, 0.9, 4.0}) {
    CHECK(close(many(theta), swapped(-theta), digits12));
    CHECK(close(few(theta) - many(theta), many(theta) - more(theta), tolerance{0, 0, 3e-5, "the curvature over two patients"}));
    CHECK(few(theta) != many(theta));
  }
}

TEST_CASE("a million patients cost no digits: near its peak the log-likelihood is a smooth parabola of the known width") {
  const log_risk_baseline_likelihood<double> l({300000, 700000, 360000, 640000}, 0.1);
  const double peak = std::log(300000.0 / 360000);
  // normal: variance 0.7 / 300000 + 0.64 / 360000
  const double v = 0.7 / 300000 + 0.64 / 360000, sd = std::sqrt(v);
  CHECK(close(l(peak) - l(peak + sd), 0.5, tolerance{0, 0, 2e-3, "the third derivative"}));
  CHECK(close((l(peak + 1e-4 * sd) - 2 * l(peak) + l(peak - 1e-4 * sd)) * 1e8, -1.0, tolerance{0, 0, 0.02, "rounding of 1e-10 over steps of 1e-8"}));
}

TEST_CASE("beyond its end the logarithm of a likelihood is straight, or so far down that it is nothing") {
  const auto check = [](const auto& likelihood) {
    double top = -1e300;
    for (double theta = -20; theta <= 20; theta += 0.5) top = (std::max)(top, likelihood(theta));
    for (const double side : {-1.0, 1.0}) {
      const double end = likelihood.end(), at = likelihood(side * end), bend = at - 2 * likelihood(side * (end + 5)) + likelihood(side * (end + 10));
      CHECK((std::fabs(bend) < 1e-10 || at < top - 60));
    }
  };
  for (const auto& t : {sparse, none, all, two_by_two<double>{20, 1480, 30, 1470}, two_by_two<double>{40, 3, 0, 60}}) {
    if (t.a + t.c > 0 && t.b + t.d > 0) check(margins_likelihood<double>(t));
    for (const double a : {0.1, 2.0}) check(log_risk_baseline_likelihood<double>(t, a));
    for (const double sd : {0.7, 3.0, 10.0}) check(logit_baseline_likelihood<double>(t, -1.0, sd));
  }
}
