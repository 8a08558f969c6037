// SPDX-License-Identifier: BSL-1.0
#include <metapool/bayes/tabulated_density.hpp>

#include "support/close.hpp"

#include <metapool/bayes/effect_density.hpp>
#include <metapool/bayes/grid_marginals.hpp>
#include <metapool/bayes/legendre_panel.hpp>
#include <metapool/bayes/posterior_line.hpp>
#include <metapool/bayes/random_effects_shape.hpp>
#include <metapool/bayes/robust_kernel.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

using namespace metapool;
using namespace metapool_test;

TEST_CASE("Legendre coefficients of the values at Gauss points give polynomials of degree 14 back, and their slopes") {
  const auto f = [](double t) { return 1 + t * (2 - t * t * (3 + std::pow(t, 11))); };
  metapool::detail::panel_values<double> values;
  for (std::size_t j = 0; j < metapool::detail::panel_points; ++j) values[j] = f(metapool::detail::legendre<double>().x[j]);
  const auto c = metapool::detail::legendre_coefficients(values);
  for (double t : {-1.0, -0.3, 0.8}) {
    CHECK(close(metapool::detail::legendre_sum(c, t), f(t), tolerance{0, 0, 1e-13, "rounding"}));
    const double h = 1e-5;
    CHECK(close(metapool::detail::legendre_slope(c, t), (f(t + h) - f(t - h)) / (2 * h), tolerance{0, 0, 1e-6, "a difference"}));
  }
}

TEST_CASE("a panel is resolved if a polynomial stands for the density, by what it is worth") {
  const auto panel = [](double width, double shift) {
    metapool::detail::panel_values<double> values;
    for (std::size_t j = 0; j < metapool::detail::panel_points; ++j) values[j] = shift - std::log1p(std::pow(width * metapool::detail::legendre<double>().x[j], 2));
    return values;
  };
  CHECK(metapool::detail::resolved(panel(0.3, 0), 0.0, 1e-8));
  CHECK_FALSE(metapool::detail::resolved(panel(3, 0), 0.0, 1e-8));
  CHECK(metapool::detail::resolved(panel(3, -25), 0.0, 1e-8));
  auto ends = panel(0.3, 0);
  ends[14] = -std::numeric_limits<double>::infinity();
  CHECK_FALSE(metapool::detail::resolved(ends, 0.0, 1e-8));
}

TEST_CASE("a tabulated normal distribution has the normal's moments, quantiles and shortest interval") {
  const auto line = metapool::detail::posterior_line<double>::of_effect(2.0, 0.5);
  const auto x = metapool::detail::tabulate<double>([](double at) { return -(at - 3) * (at - 3) / 2; }, line, {-3, 0, 3}, 2);
  CHECK(close(*x.mean(), 3.0, digits8));
  CHECK(close(*x.sd(), 1.0, digits8));
  CHECK(close(x.quantile(0.975), 4.959963984540054, digits8));
  CHECK(close(x.upper_quantile(0.975), 1.040036015459946, digits8));
  CHECK(close(x.log_integral(), std::log(2 * M_PI) / 2, digits8));
  CHECK(close(x.mode(), 3.0, tolerance{0, 0, 1e-7, "a maximum"}));
  CHECK(close(x.shortest(0.95).first, 1.040036015459946, digits6));
  CHECK(x.peaks() == 1);
  CHECK(close(x.density(3.5), std::exp(-0.125) / std::sqrt(2 * M_PI), digits8));
  CHECK(x.cdf(-1e9) == 0);
  CHECK(x.upper_tail(1e9) == 0);
  CHECK(x.density(1e9) == 0);
  CHECK_THROWS_AS(x.quantile(0), input_error);
}

TEST_CASE("a density that is 0 from somewhere on has no mass there") {
  const auto line = metapool::detail::posterior_line<double>::of_effect(0.0, 1.0);
  const auto log_f = [](double at) { return std::fabs(at) < 7.4 ? -at * at / 2 : -std::numeric_limits<double>::infinity(); };
  for (const double end : {2.0, 5.0}) {  // on the line; sinh of it the last place
    const auto x = metapool::detail::tabulate<double>(log_f, line, {-2, 0, end}, 2);
    CHECK(close(x.quantile(0.975), 1.959963984540054, digits8));
    CHECK(close(x.cdf(2.5) + x.upper_tail(2.5), 1.0, digits8));
    CHECK(close(x.upper_tail(4.0), 0.5 * std::erfc(4 / std::sqrt(2.0)), digits6));
    CHECK(x.density(20) < 1e-12);
  }
}

TEST_CASE("the parts of Student's t random effects convolved with a normal error are its density") {
  // one study: t of scale tau and a normal error of variance v, against sums over the random effect
  const double tau = 0.7, v = 0.3;
  const metapool::detail::robust_kernel<double> kernel({0.0}, {v}, t_effects{4}.parts<double>(1));
  const auto study = kernel.study(0, tau);
  for (double d : {0.0, 0.8, 5.0, 60.0}) {
    double sum = 0, precision = 0;
    for (double s = -14; s < 14; s += 0.002) {
      const double e = std::sinh(s), z = d - tau * e;
      const double f = 0.002 * std::cosh(s) * std::exp(metapool::detail::log_t_density(e, 4.0)) * std::exp(-z * z / (2 * v)) / std::sqrt(2 * M_PI * v);
      sum += f;
      precision += f * 5 / (4 + e * e);  // its mean given the random effect e: gamma with shape (df + 1) / 2 and rate (df + e^2) / 2
    }
    CHECK(close(study.log_density(d), std::log(sum), tolerance{0, 0, 2e-8, "1e-10 of accuracy, some hundred parts"}));
    CHECK(close(study.precisions(d).second, precision / sum, digits6));
  }
}
