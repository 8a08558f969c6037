// SPDX-License-Identifier: BSL-1.0
#include <metapool/batch/counts.hpp>

#include <metapool/inference/heterogeneity.hpp>
#include <metapool/inference/wald.hpp>
#include <metapool/math/random.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace mp = metapool;

namespace {

template <class Real>
struct tables {
  std::size_t k, m;
  std::vector<Real> a, n1, c, n2;
  mp::batch_counts<Real> view() const { return {a, n1, c, n2, k, m}; }
};

/// Columns of all kinds: sparse ones, missing numbers, large trials, and numbers out of their contract.
template <class Real>
tables<Real> mixed(std::size_t k, std::size_t m) {
  tables<Real> t{k, m, std::vector<Real>(k * m), std::vector<Real>(k * m), std::vector<Real>(k * m), std::vector<Real>(k * m)};
  const Real nan = std::numeric_limits<Real>::quiet_NaN();
  for (std::size_t col = 0; col < m; ++col) {
    mp::detail::random_stream r(3, col);
    const auto uniform = [&r] { return static_cast<double>(r() >> 11) * 0x1p-53; };
    const double size = col % 5 == 4 ? 3e8 : col % 2 == 0 ? 12 : 300, risk = col % 3 == 0 ? 0.03 : 0.4;
    for (std::size_t i = 0; i < k; ++i) {
      const std::size_t at = i * m + col;
      t.n1[at] = static_cast<Real>(1 + std::floor(size * uniform()));
      t.n2[at] = static_cast<Real>(1 + std::floor(size * uniform()));
      t.a[at] = static_cast<Real>(std::floor(static_cast<double>(t.n1[at]) * risk * 2 * uniform()));
      t.c[at] = static_cast<Real>(std::floor(static_cast<double>(t.n2[at]) * risk * 2 * uniform()));
      if (uniform() < 0.1) (i % 2 == 0 ? t.a : t.n2)[at] = nan;
      if (col % 11 == 3) t.a[at] = 0;
      if (col % 13 == 3) t.a[at] = t.c[at] = 0;
      if (col % 17 == 3 || (col % 7 == 2 && i == 1)) {  // nothing but events
        t.a[at] = t.n1[at];
        t.c[at] = t.n2[at];
      }
      if (col % 19 == 3) t.n1[at] = nan;
    }
    const std::size_t at = (col % k) * m + col;
    if (col % 23 == 5) t.a[at] = Real(0.5);
    if (col % 29 == 5) t.c[at] = -1;
    if (col % 31 == 5) t.n2[at] = 0;
    if (col % 37 == 5) t.n1[at] = std::numeric_limits<Real>::infinity();
    if (col % 41 == 5) t.a[at] = t.n1[at] + 1;
  }
  return t;
}

template <class Real>
bool same(const Real& a, const Real& b) {
#if defined(__FMA__)
  return a == b || (a != a && b != b) || std::fabs(a - b) <= 1000 * std::numeric_limits<Real>::epsilon() * std::fabs(b);  // compilers fuse here and there
#else
  return a == b || (a != a && b != b);
#endif
}

template <class Real, class Batch, class Single>
void check_all(const Batch& batch, const Single& single) {
  const tables<Real> t = mixed<Real>(5, 270);
  const std::size_t m = t.m;
  std::vector<Real> estimate(m), se(m), lower(m), p(m), q(m), i2(m), tau2(m), alone(m);
  std::vector<std::uint32_t> studies(m);
  std::vector<mp::batch_status> status(m);
  batch(t.view(), mp::batch_columns<Real>{.estimate = estimate, .se = se, .lower = lower, .p = p, .tau2 = tau2, .q = q, .i2 = i2, .studies = studies, .status = status}, 2u);
  batch(t.view(), mp::batch_columns<Real>{.estimate = alone}, 1u);
  std::size_t good = 0, bad = 0;
  for (std::size_t c = 0; c < m; ++c) {
    std::vector<mp::binary_trial<Real>> trials;
    std::size_t complete = 0;
    for (std::size_t i = 0; i < t.k; ++i) {
      const std::size_t at = i * m + c;
      if (t.a[at] != t.a[at] || t.n1[at] != t.n1[at] || t.c[at] != t.c[at] || t.n2[at] != t.n2[at]) continue;
      trials.push_back({"", {t.a[at], t.n1[at]}, {t.c[at], t.n2[at]}});
      ++complete;
    }
    CAPTURE(c);
    CAPTURE(static_cast<int>(status[c]));
    CHECK(same(alone[c], estimate[c]));
    std::optional<mp::model_fit<Real>> fit;
    std::string why;
    bool invalid = false;
    try {
      fit = single(trials);
    } catch (const mp::input_error& e) {
      why = e.what();
      invalid = complete > 0;
    } catch (const mp::not_estimable& e) {
      why = e.what();
    }
    CAPTURE(why);
    if (!fit) {
      ++bad;
      CHECK(status[c] == (invalid ? mp::batch_status::invalid : complete == 0 ? mp::batch_status::no_studies : mp::batch_status::not_estimable));
      CHECK(std::isnan(estimate[c]));
      CHECK(std::isnan(q[c]));
      continue;
    }
    ++good;
    const auto mean = mp::wald_z{}(*fit);
    CHECK(status[c] == (fit->k() == 1 ? mp::batch_status::one_study : mp::batch_status::ok));
    CHECK(studies[c] == fit->k());
    CHECK(same(estimate[c], fit->estimate));
    CHECK(same(se[c], fit->se));
    CHECK(same(lower[c], mean.lower));
    CHECK(same(q[c], fit->q));
    CHECK(same(i2[c], mp::heterogeneity(*fit).i2_q));
    CHECK(tau2[c] == 0);
    CHECK(std::fabs(p[c] - mean.p) <= 4 * std::numeric_limits<Real>::epsilon() * mean.p);
  }
  CHECK(good > 100);
  CHECK(bad > 20);
}

}  // namespace

TEST_CASE_TEMPLATE("the batch's Mantel-Haenszel estimates are those of one meta-analysis at a time to the last bit", Real, double, float) {
  const auto run = [](const auto& measure) {
    check_all<Real>([&](const auto& data, const auto& out, unsigned threads) { mp::batch_mantel_haenszel(data, measure, out, {.threads = threads}); },
                    [&](const auto& trials) { return mp::mantel_haenszel(trials, measure); });
  };
  run(mp::risk_ratio{});
  if constexpr (std::is_same_v<Real, double>) {
    run(mp::odds_ratio{});
    run(mp::risk_difference{});
  }
}

TEST_CASE("the batch's Peto odds ratios are those of one meta-analysis at a time to the last bit") {
  check_all<double>([](const auto& data, const auto& out, unsigned threads) { mp::batch_peto(data, out, {.threads = threads}); },
                    [](const auto& trials) { return mp::peto(trials); });
}

TEST_CASE("batches of counts refuse spans of other sizes and Hartung and Knapp's test") {
  const std::vector<double> six(6, 1.0);
  std::vector<double> three(3);
  const mp::batch_counts<double> data{six, six, six, six, 2, 3};
  CHECK_THROWS_AS(mp::batch_peto(mp::batch_counts<double>{six, six, six, three, 2, 3}, mp::batch_columns<double>{}), mp::input_error);
  CHECK_THROWS_AS(mp::batch_peto(data, mp::batch_columns<double>{.estimate = std::span<double>(three).first(2)}), mp::input_error);
  CHECK_THROWS_AS(mp::batch_mantel_haenszel(data, mp::odds_ratio{}, mp::batch_columns<double>{.estimate = three}, {.test = mp::batch_test::hartung_knapp}), mp::input_error);
}
