// SPDX-License-Identifier: BSL-1.0
#include <metapool/bayes/normal_smoothing.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>

using namespace metapool::detail;
using namespace metapool_test;

namespace {

struct parabola {
  double mean, sd;
  std::array<double, 3> jet(double x) const { return {(*this)(x), -(x - mean) / (sd * sd), -1 / (sd * sd)}; }
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

struct spike {  // exp(-rise |x|) to the left, exp(-fall x) to the right
  double rise, fall;
  double operator()(double x) const { return x < 0 ? rise * x : -fall * x; }
  double curvature(double) const { return 0; }
  double smoothed(double tau, double m) const {  // by the scaled complementary error function
    const auto half = [&](double slope, double at) {
      const double z = (slope * tau - at / tau) / std::sqrt(2.0);
      return z < 25 ? std::exp(z * z - at * at / (2 * tau * tau)) * 0.5 * std::erfc(z) : std::exp(-at * at / (2 * tau * tau)) / (2 * z * std::sqrt(M_PI)) * (1 - 0.5 / (z * z) + 0.75 / (z * z * z * z));
    };
    return std::log(half(fall, m) + half(rise, -m));
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
      normal_smoothing<double, parabola> s(f, tau, 0.7, sd, {-30.0, 30.0, 3.0, false, 1 / (sd * sd)});
      for (const double m : {8.0, -6.0, 0.0, 0.7}) CHECK(close(s(m), f.smoothed(tau, m), tolerance{1e-10, 1, 0, "the promise"}));
    }
  }
}

TEST_CASE("a kink at 0 is a panel's edge") {
  for (const double tau : {1e-6, 0.02, 1.0}) {
    const corner f;
    normal_smoothing<double, corner> s(f, tau, 0.0, 1.0, {-30.0, 30.0, 3.0, true, 0.0});
    for (const double m : {-8 * tau, -tau / 2, 0.0, 2 * tau}) CHECK(close(s(m), f.smoothed(tau, m), tolerance{1e-10, 1, 0, "the promise"}));
  }
}

TEST_CASE("a kink between steep lines: panels beside it are as narrow as they fall") {
  for (const double tau : {0.05, 0.18, 0.5, 3.0, 400.0}) {
    for (const spike& f : {spike{150, 40}, spike{0.05, 9000}, spike{3000, 3000}}) {  // 0.05: much of it lies beyond the range
      normal_smoothing<double, spike> s(f, tau, 0.0, 0.2, {-40.0, 40.0, 3.0, true, 0.0});
      for (const double m : {0.0, tau / 3, -tau, 2 * tau}) CHECK(close(s(m), f.smoothed(tau, m), tolerance{0, 0, 1e-9, "the promise"}));
    }
  }
}

TEST_CASE("a likelihood that is open to one side keeps its plateau whatever tau is") {
  for (const double tau : {1e5, 1e40}) {
    const step f;
    normal_smoothing<double, step> s(f, tau, 0.0, 1.0, {-30.0, 30.0, 3.0, true, 0.0});
    for (const double m : {-3 * tau, 0.0, tau}) {
      const double expected = std::log(0.5 * std::erfc(m / tau / std::sqrt(2.0)) + 0.5 / tau * std::exp(-m * m / (2 * tau * tau)) / std::sqrt(2 * M_PI));
      CHECK(close(s(m), expected, tolerance{1e-9, 1, 0, "the second order of 1 / tau"}));
    }
    CHECK(s.size() < 1000);
  }
}

TEST_CASE("where the function is straight the integral is that of an exponential") {
  const step f;
  normal_smoothing<double, step> s(f, 0.5, 0.0, 1.0, {-30.0, 30.0, 3.0, true, 0.0});
  CHECK(close(s(60.0), -2 * 60.0 + 2 * 0.25, digits12));
  CHECK(close(s(-60.0), 0.0, digits12));
  CHECK(s.size() == 0);
}

TEST_CASE("a small tau: a few points around the peak of the product, none at all if tau is 0") {
  const parabola f{0.7, 1.0};
  for (const double m : {-50.0, 0.7, 3.0}) {  // at -50 the product's peak is 1.1 from m, 7.5 tau
    CHECK(close(narrowly_smoothed<double>(f, 0.15, m), f.smoothed(0.15, m), digits12));
    CHECK(close(narrowly_smoothed<double>(f, 1e-5, m) - f(m), f.smoothed(1e-5, m) - f(m), tolerance{1e-6, 1e-4, 0, "a difference of the order of tau^2"}));
    CHECK(narrowly_smoothed<double>(f, 0.0, m) == f(m));
  }
}
