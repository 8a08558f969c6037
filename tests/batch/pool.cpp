// SPDX-License-Identifier: BSL-1.0
#include <metapool/batch/pool.hpp>

#include <metapool/inference/hartung_knapp.hpp>
#include <metapool/inference/heterogeneity.hpp>
#include <metapool/inference/wald.hpp>
#include <metapool/math/random.hpp>
#include <metapool/model/common_effect.hpp>
#include <metapool/model/random_effects.hpp>
#include <metapool/tau2/hedges.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mp = metapool;

namespace {

template <class Real>
struct table {
  std::size_t k, m;
  std::vector<Real> y, v;
  mp::batch_view<Real> view() const { return {y, v, k, m}; }
};

double uniform(mp::detail::random_stream& r) {
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

/// Column c by the functions for one meta-analysis; empty where they throw, with the status that this means.
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
  CHECK(near(a.estimate[c], fit->estimate, ulps, ulps > 0 ? static_cast<double>(fit->se) : 0));
  CHECK(same(a.q[c], fit->q));
  const auto h = mp::heterogeneity(*fit);
  CHECK(same(a.i2[c], h.i2_q));
  CHECK(same(a.h2[c], h.h2_q));
  if (h.p) {
    CHECK(near(a.q_p[c], *h.p, 64, static_cast<double>((std::numeric_limits<Real>::min)())));
    if (*h.p > (std::numeric_limits<Real>::min)()) CHECK(near(a.q_lp[c], Real(-std::log10(*h.p)), 64, 1));
  } else {
    CHECK(std::isnan(a.q_p[c]));
  }
  try {
    const mp::mean_inference<Real> mean = interval(*fit);
    CHECK(near(a.se[c], mean.se, ulps));
    CHECK(near(a.lower[c], mean.lower, ulps, ulps > 0 ? static_cast<double>(mean.se) : 0));
    CHECK(near(a.upper[c], mean.upper, ulps, ulps > 0 ? static_cast<double>(mean.se) : 0));
    CHECK(near(a.statistic[c], mean.statistic, ulps, ulps > 0 ? 1 : 0));
    CHECK(near(a.p[c], mean.p, 64 + ulps * static_cast<double>(1 + mean.statistic * mean.statistic), static_cast<double>((std::numeric_limits<Real>::min)())));
    if (mean.p > (std::numeric_limits<Real>::min)()) CHECK(near(a.lp[c], Real(-std::log10(mean.p)), 64 + ulps * static_cast<double>(1 + mean.statistic * mean.statistic), 1));
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

}  // namespace

TEST_CASE_TEMPLATE("the batch's common effects are those of one meta-analysis at a time to the last bit, in every kind of column", Real, double, float) {
  for (std::size_t k : {std::size_t(1), std::size_t(2), std::size_t(10)}) {
    const table<Real> t = mixed<Real>(k, 131, 5 + k, 30);
    answers<Real> a(131), b(131);
    mp::batch_common_effect(t.view(), a.out());
    mp::batch_common_effect(t.view(), b.out(), {.level = 0.99, .test = mp::batch_test::hartung_knapp, .floor = 1});
    const auto fit = [](const auto& effects) { return mp::common_effect(effects); };
    for (std::size_t c = 0; c < t.m; ++c) {
      check_column(t, c, a, fit, mp::wald_z{}, 0);
      check_column(t, c, b, fit, mp::hartung_knapp{.level = 0.99, .floor = 1}, 0);
    }
  }
}

TEST_CASE_TEMPLATE("the batch's DerSimonian-Laird is that of one meta-analysis at a time to the last bit, in every kind of column", Real, double, float) {
  check_random_effects<Real>(mp::dersimonian_laird{}, 9, 150, 1, 30, 0);
  check_random_effects<Real>(mp::dersimonian_laird{}, 2, 60, 2, 1000, 0);
}

TEST_CASE("the batch's Paule-Mandel and REML are those of one meta-analysis at a time, in every kind of column") {
  check_random_effects<double>(mp::paule_mandel{}, 9, 150, 3, 30, 4000);
  check_random_effects<double>(mp::reml{}, 9, 150, 4, 30, 4000);
  check_random_effects<double>(mp::reml{}, 3, 150, 5, 3000, 4000);
  check_random_effects<float>(mp::reml{}, 6, 60, 6, 10, 100);
}

TEST_CASE("an estimator that the lanes do not know is called column by column, and long double has no vectors") {
  check_random_effects<double>(mp::hedges{}, 5, 30, 7, 10, 0);
  check_random_effects<long double>(mp::dersimonian_laird{}, 5, 30, 8, 10, 0);
}

TEST_CASE("of two maxima of the likelihood the batch takes the higher, as REML of one meta-analysis does") {
  // metafor 3.8 stops at either of the two maxima, depending on where it starts
  std::vector<double> y, v;
  std::size_t several = 0;
  const std::size_t k = 4, m = 400;
  y.resize(k * m);
  v.resize(k * m);
  for (std::size_t c = 0; c < m; ++c) {
    mp::detail::random_stream r(9, c);
    for (std::size_t i = 0; i < k; ++i) {
      v[i * m + c] = std::pow(10.0, 5 * uniform(r) - 4);
      y[i * m + c] = (uniform(r) - 0.5) * 6 * std::sqrt(v[i * m + c]);
    }
  }
  std::vector<double> tau2(m);
  mp::batch_random_effects(mp::batch_view<double>{y, v, k, m}, mp::reml{}, mp::batch_columns<double>{.tau2 = tau2});
  for (std::size_t c = 0; c < m; ++c) {
    double yc[4], vc[4];
    for (std::size_t i = 0; i < k; ++i) {
      yc[i] = y[i * m + c];
      vc[i] = v[i * m + c];
    }
    const auto one = mp::reml{}(std::span<const double>(yc), std::span<const double>(vc));
    several += one.maxima.size() > 1;
    CAPTURE(c);
    CHECK(near(tau2[c], one.tau2, 4000, one.tau2 + 1e-4));
  }
  CHECK(several > 4);
}

TEST_CASE("the bits do not depend on the number of threads") {
  const std::size_t k = 6, m = 9001;
  const table<double> t = mixed<double>(k, m, 10, 10);
  std::vector<std::vector<double>> seen;
  for (unsigned threads : {1u, 2u, 3u}) {
    answers<double> a(m);
    mp::batch_random_effects(t.view(), mp::paule_mandel{}, mp::batch_columns<double>{.estimate = a.estimate, .lower = a.lower, .tau2 = a.tau2, .q = a.q}, {.threads = threads});
    std::vector<double> all = a.estimate;
    all.insert(all.end(), a.lower.begin(), a.lower.end());
    all.insert(all.end(), a.tau2.begin(), a.tau2.end());
    for (double& x : all) {
      if (x != x) x = -1e300;
    }
    seen.push_back(all);
  }
  CHECK(seen[0] == seen[1]);
  CHECK(seen[0] == seen[2]);
}

TEST_CASE("a column's bits do not depend on the width of the vectors") {
  const table<double> t = mixed<double>(7, 64, 11, 30);
  mp::detail::batch_workspace<double> one(7), two(7);
  mp::detail::sum_columns<mp::reml, true, 1>(t.view(), 0, 64, true, one);
  mp::detail::sum_columns<mp::reml, true, 4>(t.view(), 0, 64, true, two);
  for (std::size_t c = 0; c < 64; ++c) {
    CHECK(one.sums.state[c] == two.sums.state[c]);
    if (one.sums.state[c] == 0 && one.sums.count[c] > 1) {
      CHECK(same(one.sums.tau2[c], two.sums.tau2[c]));
      CHECK(same(one.sums.mean[c], two.sums.mean[c]));
      CHECK(same(one.sums.q_tau2[c], two.sums.q_tau2[c]));
    }
  }
}

TEST_CASE("a batch refuses spans of other sizes and options out of their domain, and takes no columns") {
  std::vector<double> y(6), v(6, 1.0), two(2), three(3);
  const mp::batch_view<double> data{y, v, 2, 3};
  CHECK_THROWS_AS(mp::batch_common_effect(data, mp::batch_columns<double>{.estimate = two}), mp::input_error);
  CHECK_THROWS_AS(mp::batch_common_effect(data, mp::batch_columns<double>{.q_p = two}), mp::input_error);
  CHECK_THROWS_AS(mp::batch_common_effect(data, mp::batch_columns<double>{.estimate = three}, {.level = 1}), mp::input_error);
  CHECK_THROWS_AS(mp::batch_common_effect(data, mp::batch_columns<double>{.estimate = three}, {.floor = -1}), mp::input_error);
  CHECK_THROWS_AS(mp::batch_common_effect(mp::batch_view<double>{y, v, 3, 3}, mp::batch_columns<double>{}), mp::input_error);
  CHECK_THROWS_AS(mp::batch_random_effects(mp::batch_view<double>{{}, {}, 0, 0}, mp::reml{}, mp::batch_columns<double>{}), mp::input_error);
  CHECK_NOTHROW(mp::batch_common_effect(mp::batch_view<double>{{}, {}, 2, 0}, mp::batch_columns<double>{}));
}
