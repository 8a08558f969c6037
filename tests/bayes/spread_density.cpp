// SPDX-License-Identifier: BSL-1.0
#include <metapool/bayes/spread_density.hpp>

#include "support/close.hpp"

#include <metapool/math/gauss_legendre.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

using namespace metapool;
using namespace metapool::detail;
using namespace metapool_test;

namespace {

constexpr double centre = 0.3, weight = 0.25;

double log_normal(double x, double sd) { return -x * x / (2 * sd * sd) - std::log(sd * std::sqrt(2 * M_PI)); }
double normal(double x, double sd) { return std::exp(log_normal(x, sd)); }

/// The mean: a quarter of a normal distribution about `centre`, on panels of a half of the line.
spread_density<double> of_normal(const posterior_line<double>& line, double own, double tau, const spread_shape<double>& shape) {
  spread_density<double> d(line, tau);
  for (int i = -6; i < 6; ++i) {
    const double from = i / 2.0, to = from + 0.5;
    panel_values<double> f;
    for (std::size_t j = 0; j < panel_points; ++j) {
      const double z = from + (to - from) * (legendre<double>().x[j] + 1) / 2;
      f[j] = log_normal(line.x(z) - centre, own) + line.log_slope(z);
    }
    d.add(from, to, f, weight);
  }
  d.finish(shape);
  return d;
}

}  // namespace

TEST_CASE("A normal mean that is spread normally is normal with the sum of the variances, for every tau") {
  const auto line = posterior_line<double>::of_effect(centre, 1.0);
  const spread_shape<double> shape(0.0);
  for (const double own : {1.0, 0.15}) {  // of which the second is as steep as its panels can bear
    for (const double tau :
         {1e-9, 1e-7, 1e-6, 1e-5, 3e-5, 1e-4, 1e-3, 1.2e-3, 3e-3, 8e-3, 0.0086, 0.02, 0.04, 0.05, 0.1, 0.3, 1.0, 4.0, 20.0, 1000.0}) {
      auto d = of_normal(line, own, tau, shape);
      const double sd = std::sqrt(own * own + tau * tau);
      for (const double theta : {centre, 0.1, centre + 0.8 * own, centre - 2.3 * own, centre + 3.7 * own}) {
        INFO("own = " << own << " tau = " << tau << " theta = " << theta);
        CHECK(close(d(theta, shape), weight * normal(theta - centre, sd),
                    tolerance{own < 1 ? 5e-8 : 1e-9, 0.001, 0, "the spread; one of 1e-5 is left out, (tau / own)^2 at 3.7 sd"}));
      }
      // far out in the spread's own tail
      if (tau > 0.3) {
        CHECK(close(d(centre + 6 * sd, shape), weight * normal(6 * sd, sd), tolerance{1e-5, 0, 0, "beyond 7.5 tau of the mean's panels nothing is summed"}));
      }
      CHECK(d(centre + 40 * sd + 40, shape) == 0);
    }
  }
}

TEST_CASE(
    "A normal mean that is spread by Student's t has the density that quadrature in narrow panels gives, for whole and other degrees of "
    "freedom") {
  const auto line = posterior_line<double>::of_effect(centre, 1.0);
  for (const double df : {1.0, 2.0, 2.5, 3.0, 4.0, 60.0}) {
    const spread_shape<double> shape(df);
    const double height = std::exp(std::lgamma((df + 1) / 2) - std::lgamma(df / 2)) / std::sqrt(M_PI * df);
    for (const double z : {0.0, 0.7, -3.0, 40.0}) CHECK(close(shape(z), height * std::pow(1 + z * z / df, -(df + 1) / 2), digits12));
    for (const double tau : {1e-7, 0.01, 0.2, 3.0}) {
      auto d = of_normal(line, 1.0, tau, shape);
      for (const double theta : {centre, 1.1, -2.0, 9.0}) {
        if (tau < 1e-6 && theta > 5) continue;  // where the mean itself is not
        const auto f = [&](double m) {
          return normal(m - centre, 1) * height / tau * std::pow(1 + (theta - m) * (theta - m) / (tau * tau * df), -(df + 1) / 2);
        };
        double expected = 0;
        std::vector<double> edges{-9.0, 9.6};
        for (double width = tau / 2; width < 20; width *= 1.5) {
          for (const double x : {theta - width, theta, theta + width}) edges.push_back(std::clamp(x, -9.0, 9.6));
        }
        std::sort(edges.begin(), edges.end());
        for (std::size_t i = 0; i + 1 < edges.size(); ++i) expected += gauss_panel<double>(f, edges[i], edges[i + 1]);
        if (tau < 1e-6) expected = normal(theta - centre, 1);
        INFO("df = " << df << " tau = " << tau << " theta = " << theta);
        CHECK(close(d(theta, shape), weight * expected,
                    tolerance{tau < 1e-6 ? 1e-5 : 5e-8, 0.001, 0, "the spread; of 1e-7 nothing is added"}));
      }
    }
  }
}
