// SPDX-License-Identifier: BSL-1.0
#include <metapool/tau2/median_unbiased_paule_mandel.hpp>

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

TEST_CASE("median-unbiased Paule-Mandel puts Q at the median of its distribution, and is metafor's PMM") {
  const auto e = estimate_bcg(median_unbiased_paule_mandel{});  // metafor 3.8 gives
  CHECK(close(e.tau2, 0.34338790689580673, digits10));         // its own tolerance
  CHECK(close(*e.se, 0.1847757155434232, digits10));
  double w = 0, wy = 0, q = 0;
  const auto& d = bcg_effects();
  for (std::size_t i = 0; i < d.y.size(); ++i) {
    w += 1 / (d.v[i] + e.tau2);
    wy += d.y[i] / (d.v[i] + e.tau2);
  }
  for (std::size_t i = 0; i < d.y.size(); ++i) q += (d.y[i] - wy / w) * (d.y[i] - wy / w) / (d.v[i] + e.tau2);
  CHECK(close(metapool::detail::chi_squared_upper_tail(q, 12.0), 0.5, digits12));
}

TEST_CASE("median-unbiased Paule-Mandel of two studies has a closed form") {
  const double median = 0.45493642311957283;  // of chi-squared with 1 degree of freedom
  CHECK(close(fit<median_unbiased_paule_mandel, double>({}, {1, 5}, {2, 4}).tau2, (16 / median - 6) / 2, digits14));
  CHECK(fit<median_unbiased_paule_mandel, double>({}, {1, 2.6}, {2, 4}).tau2 == 0.0);  // Q = 0.4267 is below the median
  CHECK(fit<median_unbiased_paule_mandel, double>({}, {1, 2.7}, {2, 4}).tau2 > 0.0);   // Q = 0.4817 is above it
}
