// SPDX-License-Identifier: BSL-1.0
#include <metapool/tau2/median_unbiased_generalized_q.hpp>

#include "support/bcg_effects.hpp"
#include "support/close.hpp"

#include <metapool/math/random.hpp>
#include <metapool/tau2/median_unbiased_paule_mandel.hpp>

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

TEST_CASE("with equal variances the median-unbiased generalised Q is the median-unbiased Paule-Mandel estimate, for any weights that are equal too") {
  const std::vector<double> y{1, 4, 2, 9}, v{2, 2, 2, 2};
  const double expected = fit(median_unbiased_paule_mandel{}, y, v).tau2;  // s^2 3 / median - v
  CHECK(close(fit(median_unbiased_generalized_q{}, y, v).tau2, expected, digits12));
  CHECK(close(fit(median_unbiased_generalized_q{moment_weights::equal}, y, v).tau2, expected, digits12));
  CHECK(close(fit(median_unbiased_generalized_q_with<double>{{3, 3, 3, 3}}, y, v).tau2, expected, digits12));
}

TEST_CASE("the median-unbiased generalised Q of two studies has a closed form") {
  const double median = 0.45493642311957283;  // of chi-squared with 1 degree of freedom
  CHECK(close(fit<median_unbiased_generalized_q, double>({}, {1, 5}, {2, 4}).tau2, (16 / median - 6) / 2, digits12));
  CHECK(fit<median_unbiased_generalized_q, double>({}, {1, 2.6}, {2, 4}).tau2 == 0.0);
  CHECK(fit<median_unbiased_generalized_q, double>({}, {1, 2.7}, {2, 4}).tau2 > 0.0);
}

TEST_CASE("at the median-unbiased generalised Q half of all simulated Q exceed the observed one") {
  const auto& d = bcg_effects();
  const auto e = estimate_bcg(median_unbiased_generalized_q{moment_weights::inverse_standard_error});
  const auto q_of = [&](const std::vector<double>& y) {
    double a = 0, ay = 0, q = 0;
    for (std::size_t i = 0; i < y.size(); ++i) {
      a += 1 / std::sqrt(d.v[i]);
      ay += y[i] / std::sqrt(d.v[i]);
    }
    for (std::size_t i = 0; i < y.size(); ++i) q += (y[i] - ay / a) * (y[i] - ay / a) / std::sqrt(d.v[i]);
    return q;
  };
  const double observed = q_of(d.y);
  const int draws = 20000;
  int above = 0;
  for (int r = 0; r < draws; ++r) {
    metapool::detail::random_stream random(5, static_cast<std::uint64_t>(r));
    std::vector<double> y;
    for (const double v : d.v) y.push_back(std::sqrt(v + e.tau2) * random.normal());
    above += q_of(y) > observed;
  }
  CHECK(std::fabs(above / static_cast<double>(draws) - 0.5) < 4 * 0.5 / std::sqrt(static_cast<double>(draws)));
}

TEST_CASE("the median-unbiased generalised Q does not depend on the unit of weights or effects") {
  const std::vector<double> y{0, 2, -1, 5}, v{1, 0.5, 0.25, 2};
  const double t = fit(median_unbiased_generalized_q_with<double>{{1, 2, 3, 4}}, y, v).tau2;
  CHECK(t > 0);
  CHECK(close(fit(median_unbiased_generalized_q_with<double>{{1e9, 2e9, 3e9, 4e9}}, y, v).tau2, t, digits12));
  CHECK(close(fit<median_unbiased_generalized_q_with<double>, double>({{1, 2, 3, 4}}, {0, 2e-8, -1e-8, 5e-8}, {1e-16, 0.5e-16, 0.25e-16, 2e-16}).tau2, t * 1e-16, digits12));
}

TEST_CASE("the median-unbiased generalised Q refuses weights that are not one positive number a study") {
  CHECK(message_of<input_error>([] { estimate_bcg(median_unbiased_generalized_q_with<double>{{1, 2}}); }) ==
        "median-unbiased generalised Q: 2 weights for 13 studies");
}
