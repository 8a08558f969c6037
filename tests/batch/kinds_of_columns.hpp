// SPDX-License-Identifier: BSL-1.0
// Columns of every kind, and what one meta-analysis at a time says of them.
#pragma once

#include <metapool/batch/pool.hpp>
#include <metapool/inference/hartung_knapp.hpp>
#include <metapool/inference/heterogeneity.hpp>
#include <metapool/inference/wald.hpp>
#include <metapool/math/random.hpp>
#include <metapool/model/common_effect.hpp>
#include <metapool/model/random_effects.hpp>
#include <metapool/tau2/fixed.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace metapool_test {

namespace mp = metapool;

template <class Real>
struct table {
  std::size_t k, m;
  std::vector<Real> y, v;
  mp::batch_view<Real> view() const { return {y, v, k, m}; }
};

inline double uniform(mp::detail::random_stream& r) {
  return static_cast<double>(r() >> 11) * 0x1p-53;
}

/// Columns of all kinds: whole ones, some with missing studies, some with one or none, and every kind of bad entry.
template <class Real>
table<Real> mixed(std::size_t k, std::size_t m, std::uint64_t seed, double spread) {
  table<Real> t{k, m, std::vector<Real>(k * m), std::vector<Real>(k * m)};
  const Real nan = std::numeric_limits<Real>::quiet_NaN(), infinity = std::numeric_limits<Real>::infinity();
  for (std::size_t c = 0; c < m; ++c) {
    mp::detail::random_stream r(seed, c);
    const double missing = c % 3 == 0 ? 0.0 : c % 3 == 1 ? 0.15 : 0.6, tau = 0.3 * static_cast<double>(c % 4);
    for (std::size_t i = 0; i < k; ++i) {
      const double v = 0.01 * std::pow(spread, uniform(r));
      double z = 0;
      for (int j = 0; j < 12; ++j) z += uniform(r) - 0.5;
      t.v[i * m + c] = static_cast<Real>(v);
      t.y[i * m + c] = static_cast<Real>(-0.4 + std::sqrt(v + tau * tau) * z);
      if (uniform(r) < missing) (c % 2 == 0 ? t.y : t.v)[i * m + c] = nan;
      if (c % 17 == 3) t.y[i * m + c] = Real(0.7);  // equal effects
      if (c % 19 == 4) t.v[i * m + c] = Real(0.25);
    }
    const std::size_t at = (c % k) * m + c;
    if (c % 23 == 5) t.v[at] = 0;
    if (c % 29 == 6) t.v[at] = -1;
    if (c % 31 == 7) t.v[at] = infinity;
    if (c % 37 == 8) t.y[at] = -infinity;
    if (c % 41 == 9) t.v[at] = static_cast<Real>(1e-120L);
    if (c % 43 == 10) t.y[at] = static_cast<Real>(1e30L);
    if (c % 47 == 11) {
      for (std::size_t i = 0; i < k; ++i) t.y[i * m + c] = nan;
    }
    if (c % 53 == 12) t.v[at] = static_cast<Real>(1e-9L);
  }
  return t;
}

template <class Real>
struct answers {
  explicit answers(std::size_t m) : estimate(m), se(m), lower(m), upper(m), statistic(m), p(m), lp(m), tau2(m), q(m), q_p(m), q_lp(m), i2(m), h2(m), studies(m), status(m) {}
  std::vector<Real> estimate, se, lower, upper, statistic, p, lp, tau2, q, q_p, q_lp, i2, h2;
  std::vector<std::uint32_t> studies;
  std::vector<mp::batch_status> status;
  mp::batch_columns<Real> out() { return {estimate, se, lower, upper, statistic, p, lp, tau2, q, q_p, q_lp, i2, h2, studies, status}; }
};

template <class Real>
bool same(const Real& a, const Real& b) {
#if defined(__FMA__)
  return a == b || (a != a && b != b) || std::fabs(a - b) <= 64 * std::numeric_limits<Real>::epsilon() * std::fabs(b);  // compilers fuse here and there
#else
  return a == b || (a != a && b != b);
#endif
}

template <class Real>
bool near(const Real& a, const Real& b, double ulps, double size = 0) {
  const Real judged = std::fabs(b) > Real(size) ? std::fabs(b) : Real(size);
  return same(a, b) || std::fabs(a - b) <= Real(ulps) * std::numeric_limits<Real>::epsilon() * judged;
}

/// Column c against the functions for one meta-analysis, to the last bit (-log10 p: to 4 ulp). ulps > 0: tau2 is that of a search, which may differ by so many units of tau2 + k se^2; all else is then to the
/// last bit what one meta-analysis makes of the batch's tau2.
template <class Real, class Fit, class Interval>
void check_column(const table<Real>& t, std::size_t c, const answers<Real>& a, const Fit& fit_of, const Interval& interval, double ulps) {
  std::vector<Real> y, v;
  for (std::size_t i = 0; i < t.k; ++i) {
    if (t.y[i * t.m + c] == t.y[i * t.m + c] && t.v[i * t.m + c] == t.v[i * t.m + c]) {
      y.push_back(t.y[i * t.m + c]);
      v.push_back(t.v[i * t.m + c]);
    }
  }
  CAPTURE(c);
  CAPTURE(static_cast<int>(a.status[c]));
  std::optional<mp::model_fit<Real>> fit;
  std::string why;
  try {
    fit = fit_of(mp::known_effects(y, v));
  } catch (const mp::error& e) {
    why = e.what();
  }
  CAPTURE(why);
  if (!fit) {
    CHECK(a.status[c] != mp::batch_status::ok);
    CHECK(a.status[c] != mp::batch_status::one_study);
    CHECK((y.empty() == (a.status[c] == mp::batch_status::no_studies)));
    for (const auto* column : {&a.estimate, &a.se, &a.lower, &a.p, &a.lp, &a.tau2, &a.q, &a.q_p, &a.i2, &a.h2}) CHECK(std::isnan((*column)[c]));
    return;
  }
  REQUIRE((a.status[c] == (y.size() == 1 ? mp::batch_status::one_study : mp::batch_status::ok) || a.status[c] == mp::batch_status::not_estimable));
  CHECK(a.studies[c] == y.size());
  const Real typical = fit->se * fit->se * static_cast<Real>(y.size());
  if (fit->model == mp::model::random_effects) {
    if (fit->tau2) CHECK(near(a.tau2[c], *fit->tau2, ulps, ulps > 0 ? static_cast<double>(*fit->tau2 + typical) : 0));
    if (!fit->tau2) CHECK(std::isnan(a.tau2[c]));
  } else {
    CHECK(a.tau2[c] == 0);
  }
  if (ulps > 0 && fit->tau2) fit = mp::random_effects(mp::known_effects(y, v), mp::fixed_tau2{static_cast<double>(a.tau2[c])});
  CHECK(same(a.estimate[c], fit->estimate));
  CHECK(same(a.q[c], fit->q));
  const auto h = mp::heterogeneity(*fit);
  CHECK(same(a.i2[c], h.i2_q));
  CHECK(same(a.h2[c], h.h2_q));
  if (h.p) {
    CHECK(same(a.q_p[c], *h.p));
    if (*h.p > (std::numeric_limits<Real>::min)()) CHECK(near(a.q_lp[c], Real(-std::log10(*h.p)), 4, 1));
  } else {
    CHECK(std::isnan(a.q_p[c]));
  }
  try {
    const mp::mean_inference<Real> mean = interval(*fit);
    CHECK(same(a.se[c], mean.se));
    CHECK(same(a.lower[c], mean.lower));
    CHECK(same(a.upper[c], mean.upper));
    CHECK(same(a.statistic[c], mean.statistic));
    CHECK(same(a.p[c], mean.p));
    if (mean.p > (std::numeric_limits<Real>::min)()) CHECK(near(a.lp[c], Real(-std::log10(mean.p)), 4, 1));
  } catch (const mp::not_estimable&) {
    CHECK((a.status[c] == mp::batch_status::not_estimable || a.status[c] == mp::batch_status::one_study));
    CHECK(std::isnan(a.se[c]));
    CHECK(std::isnan(a.p[c]));
  }
}

template <class Real, class Estimator>
void check_random_effects(const Estimator& estimator, std::size_t k, std::size_t m, std::uint64_t seed, double spread, double ulps) {
  const table<Real> t = mixed<Real>(k, m, seed, spread);
  answers<Real> a(m);
  mp::batch_random_effects(t.view(), estimator, a.out());
  answers<Real> b(m);
  mp::batch_random_effects(t.view(), estimator, b.out(), {.level = 0.9, .test = mp::batch_test::hartung_knapp});
  for (std::size_t c = 0; c < m; ++c) {
    const auto fit = [&](const auto& effects) { return mp::random_effects(effects, estimator); };
    check_column(t, c, a, fit, mp::wald_z{}, ulps);
    check_column(t, c, b, fit, mp::hartung_knapp{.level = 0.9}, ulps);
  }
}

}  // namespace metapool_test
