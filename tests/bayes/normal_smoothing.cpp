// SPDX-License-Identifier: BSL-1.0
#include <metapool/bayes/normal_smoothing.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace metapool::detail;
using namespace metapool_test;

namespace {

struct parabola {
  double mean, sd;
  double operator()(double x) const { return -(x - mean) * (x - mean) / (2 * sd * sd); }
  double curvature(double) const { return 1 / (sd * sd); }
  double smoothed(double tau, double m) const {
    const double v = sd * sd + tau * tau;
    return std::log(sd / std::sqrt(v)) - (m - mean) * (m - mean) / (2 * v);
  }
};

struct corner {  // exp(-|x|)
  double operator()(double x) const { return -std::fabs(x); }
  double curvature(double) const { return 0; }
  double smoothed(double tau, double m) const {
    const auto half = [&](double s) { return std::exp(tau * tau / 2 - s * m) * 0.5 * std::erfc((tau - s * m / tau) / std::sqrt(2.0)); };
    return std::log(half(1) + half(-1));
  }
};

struct step {  // constant to the left of 0, then exp(-2 x)
  double operator()(double x) const { return x < 0 ? 0 : -2 * x; }
  double curvature(double) const { return 0; }
};

}  // namespace

TEST_CASE("a normal density smoothed is a wider one, at any ratio of widths and far from the peak") {
  for (const double sd : {0.01, 1.0, 3.0}) {
    for (const double tau : {0.05, 0.5, 20.0}) {
      const parabola f{0.7, sd};
      const normal_smoothing<double> s(f, tau, -6.0, 8.0, 0.7, {-30.0, 30.0, 3.0, false});
      for (const double m : {-6.0, 0.0, 0.7, 8.0}) CHECK(close(s(m), f.smoothed(tau, m), tolerance{1e-10, 1, 0, "the promise"}));
    }
  }
}

TEST_CASE("a kink at 0 is a panel's edge") {
  for (const double tau : {0.02, 1.0}) {
    const normal_smoothing<double> s(corner{}, tau, -2.0, 3.0, 0.0, {-30.0, 30.0, 3.0, true});
    for (const double m : {-2.0, -0.01, 0.0, 3.0}) CHECK(close(s(m), corner{}.smoothed(tau, m), tolerance{1e-10, 1, 0, "the promise"}));
  }
}

TEST_CASE("a likelihood that is open to one side keeps its plateau whatever tau is") {
  const double tau = 1e5;
  const normal_smoothing<double> s(step{}, tau, -3e5, 3e5, 0.0, {-30.0, 30.0, 3.0, true});
  CHECK(s.size() < 5000);
  for (const double m : {-3e5, 0.0, 1e5}) CHECK(close(s(m), std::log(0.5 * std::erfc(m / tau / std::sqrt(2.0)) + 0.5 / tau * std::exp(-m * m / (2 * tau * tau)) / std::sqrt(2 * M_PI)), tolerance{1e-9, 1, 0, "the second order of 1 / tau"}));
}

TEST_CASE("a small tau: 16 points, none at all if tau is 0") {
  const parabola f{0.7, 1.0};
  for (const double m : {-5.0, 0.7, 3.0}) {
    CHECK(close(narrowly_smoothed<double>(f, 0.15, m), f.smoothed(0.15, m), digits12));
    CHECK(narrowly_smoothed<double>(f, 0.0, m) == f(m));
  }
}
