// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/profile_likelihood.hpp>

#include <metapool/effect/odds_ratio.hpp>
#include <metapool/math/students_t.hpp>
#include <metapool/model/mantel_haenszel.hpp>
#include <metapool/model/random_effects.hpp>

#include "support/close.hpp"
#include "support/published.hpp"
#include "support/wild_sets.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {

/// Nine trials of diuretics against pre-eclampsia (Collins, Yusuf & Peto 1985), the data of Hardy & Thompson (1996).
std::vector<binary_trial<double>> diuretics() {
  return {trial("Weseley", 14, 131, 14, 136), trial("Flowers", 21, 385, 17, 134),  trial("Menzies", 14, 57, 24, 48),
          trial("Fallis", 6, 38, 18, 40),     trial("Cuadros", 12, 1011, 35, 760), trial("Landesman", 138, 1370, 175, 1336),
          trial("Kraus", 15, 506, 20, 524),   trial("Tervila", 6, 108, 2, 103),    trial("Campbell", 65, 153, 40, 102)};
}

long double log_l(const effects<double>& e, long double mean, long double t) {
  long double l = 0;
  for (std::size_t i = 0; i < e.size(); ++i) {
    const long double s = e.v[i] + t, d = e.y[i] - mean;
    l -= (std::log(s) + d * d / s) / 2;
  }
  return l;
}

/// The best log-likelihood at a mean by brute force: a dense grid of log(v_min + tau2) and golden section about its best point.
long double scan(const effects<double>& e, long double mean) {
  long double v_min = e.v[0], top = 0;
  for (std::size_t i = 0; i < e.size(); ++i) {
    v_min = std::min<long double>(v_min, e.v[i]);
    top = std::max<long double>(top, (e.y[i] - mean) * (e.y[i] - mean));
  }
  const int n = 3000;
  const long double width = std::log(1 + 2 * top / v_min) / n;
  const auto at = [&](long double s) { return log_l(e, mean, v_min * std::expm1(s)); };
  int best = 0;
  for (int i = 1; i <= n; ++i) {
    if (at(i * width) > at(best * width)) best = i;
  }
  long double a = best == 0 ? 0 : (best - 1) * width, b = (best + 1) * width;
  for (int i = 0; i < 90; ++i) {
    const long double c = b - 0.618033988749894848L * (b - a), d = a + 0.618033988749894848L * (b - a);
    (at(c) > at(d) ? b : a) = at(c) > at(d) ? d : c;
  }
  return std::max(at(a), at(0));
}

long double scanned_statistic(const effects<double>& e, const mean_inference<double>& r, long double mean) { return 2 * (scan(e, r.estimate) - scan(e, mean)); }

/// Skovgaard's statistic by the general formula (Skovgaard 1996; Guolo 2012) with 2 x 2 matrices, and tau2 by golden section.
double general_skovgaard(const effects<double>& e, double mean_ml, double tau2_ml, double mean) {
  long double a = 0, b = 100;
  for (int i = 0; i < 200; ++i) {
    const long double c = b - 0.618033988749894848L * (b - a), d = a + 0.618033988749894848L * (b - a);
    (log_l(e, mean, c) > log_l(e, mean, d) ? b : a) = log_l(e, mean, c) > log_l(e, mean, d) ? d : c;
  }
  const long double t = a, delta = static_cast<long double>(mean_ml) - mean;
  long double s11 = 0, s12 = 0, s22 = 0, q1 = 0, q2 = 0, i11 = 0, i22 = 0, j12 = 0, j22 = 0, jt = 0;
  for (std::size_t i = 0; i < e.size(); ++i) {
    const long double o = 1 / (e.v[i] + t), w = 1 / (e.v[i] + static_cast<long double>(tau2_ml));
    const long double r = e.y[i] - static_cast<long double>(mean_ml), rc = e.y[i] - static_cast<long double>(mean);
    // covariances under the maximum of the scores w r, (w^2 r^2 - w) / 2 with o rc, (o^2 rc^2 - o) / 2 and with the log-likelihood ratio
    s11 += o;
    s12 += o * o * delta;
    s22 += o * o / 2;
    q1 += o * delta;
    q2 += (o - w) / 2;
    i11 += w;
    i22 += w * w / 2;
    j12 += w * w * r;
    j22 += w * w * w * r * r - w * w / 2;
    jt += o * o * o * rc * rc - o * o / 2;
  }
  const long double x = (q1 - s12 * (q2 / s22)) / s11;  // first entry of S^-1 q, S upper triangular
  const long double u = x * std::sqrt(i11 * j22 - j12 * j12) / (i11 * i22) * (s11 * s22) / std::sqrt(jt);
  const long double r = (delta > 0 ? 1 : -1) * std::sqrt(2 * (log_l(e, mean_ml, tau2_ml) - log_l(e, mean, t)));
  return static_cast<double>(r + std::log(u / r) / r);
}

}  // namespace

TEST_CASE("profile likelihood of the BCG and diuretics trials: the ends that R's optimize and uniroot find") {
  const auto bcg_fit = profile_likelihood{}(random_effects(effect_sizes(bcg(), odds_ratio{})));
  // van Houwelingen, Arends & Stijnen (2002), page 597, print exp(mean) 0.476 (0.336 to 0.675), which on the log scale is -0.742 with se 0.178;
  // metafor 3.8, method = "ML", prints -0.7420 and 0.1780
  CHECK(close(bcg_fit.estimate, -0.7420, printed(4)));
  CHECK(close(bcg_fit.se, 0.1780, printed(4)));
  CHECK(close(bcg_fit.lower, -1.131788381, digits8));
  CHECK(close(bcg_fit.upper, -0.3728319735, digits8));
  CHECK(close(bcg_fit.statistic * bcg_fit.statistic, 11.21632252, digits8));
  CHECK(bcg_fit.statistic < 0);
  const auto r = profile_likelihood{}(random_effects(effect_sizes(diuretics(), odds_ratio{})));
  CHECK(close(r.estimate, -0.5171, printed(4)));  // metafor 3.8, method = "ML"
  CHECK(close(r.lower, -0.9830336239, digits8));
  CHECK(close(r.upper, -0.04841785382, digits8));
  CHECK(close(r.statistic * r.statistic, 4.451921732, digits8));
  CHECK(!r.df);
  CHECK(r.critical == 0);
}

TEST_CASE("with equal variances the interval is k log(1 + n d^2 / S) <= c, and Skovgaard's nearly Student's t") {
  const auto fit = random_effects(known_effects<double>({1, 4, 2, 9, 3, 6}, {0.5, 0.5, 0.5, 0.5, 0.5, 0.5}));
  const double mean = 25.0 / 6, s = 1 + 16 + 4 + 81 + 9 + 36 - 6 * mean * mean, c = 3.841458820694124;
  const double d = std::sqrt(s / 6 * std::expm1(c / 6));
  const auto r = profile_likelihood{}(fit);
  CHECK(close(r.estimate, mean, digits14));
  CHECK(close(r.lower, mean - d, digits12));
  CHECK(close(r.upper, mean + d, digits12));
  CHECK(close(r.statistic, std::sqrt(6 * std::log1p(mean * mean * 6 / s)), digits12));
  // Bartlett's factor is 1 + 3 / (2k), Noma's 1 + 2 / k
  CHECK(close(profile_likelihood{.correction = profile_correction::bartlett}(fit).upper, mean + std::sqrt(s / 6 * std::expm1(c * 1.25 / 6)), digits12));
  CHECK(close(profile_likelihood{.correction = profile_correction::noma}(fit).upper, mean + std::sqrt(s / 6 * std::expm1(c * (4.0 / 3) / 6)), digits12));
  const auto t = profile_likelihood{.correction = profile_correction::skovgaard}(fit);
  const double half = metapool::detail::t_critical<double>(0.95, 5.0) * std::sqrt(s / 30);
  CHECK(close(t.upper, mean + half, tolerance{0.01, 0, 0, "third-order against exact"}));
  CHECK(close(t.p, metapool::detail::t_two_sided_p<double>(mean / std::sqrt(s / 30), 5.0), tolerance{0.05, 0, 0, "third-order against exact, six studies"}));
}

TEST_CASE("the ends are the outermost means that the likelihood allows: against a dense scan, also with several maxima") {
  int several = 0, at_zero = 0;
  const auto check = [&](const wild_set& s) {
    const auto e = known_effects<double>(s.y, s.v);
    const auto r = profile_likelihood{}(random_effects(e));
    if (!r.notes.empty()) ++several;
    const double width = r.upper - r.lower;
    CHECK(r.lower < r.estimate);
    CHECK(r.upper > r.estimate);
    for (const double end : {r.lower, r.upper}) CHECK(close(static_cast<double>(scanned_statistic(e, r, end)), 3.841458820694124, tolerance{2e-8, 0, 0, "the scan's own"}));
    for (const double out : {1e-6, 1e-3, 0.1, 0.5, 1.0, 3.0}) {
      CHECK(scanned_statistic(e, r, r.upper + out * width) > 3.8414588);
      CHECK(scanned_statistic(e, r, r.lower - out * width) > 3.8414588);
    }
    if (maximum_likelihood{}(std::span<const double>(e.y), std::span<const double>(e.v)).tau2 == 0) ++at_zero;
  };
  for (std::uint64_t seed = 1; seed <= 24; ++seed) check(make_wild_set(seed));
  for (int n = 2; n <= 4; ++n) check(ladder(n));
  // two groups of studies that are likely apart: two maxima, the interval takes both in
  check({{-1, -1.01, -0.99, 3, 3.2, 2.7, 3.3, 2.9}, {1e-4, 1e-4, 1e-4, 0.3, 0.2, 0.3, 0.2, 0.25}});
  CHECK(several >= 3);
  CHECK(at_zero >= 3);
}

TEST_CASE("means that the likelihood allows in two pieces: the ends are the outermost of both") {
  const wild_set s = make_wild_set(15);  // the second maximum is 4.51 below the first in the statistic
  const auto fit = random_effects(known_effects<double>(s.y, s.v));
  const auto narrow = profile_likelihood{.level = 0.95}(fit);   // 3.84: without it
  const auto wide = profile_likelihood{.level = 0.97}(fit);     // 4.71: with it
  CHECK(wide.upper - wide.estimate > 100 * (narrow.upper - narrow.estimate));
  const double z = metapool::detail::normal_critical<double>(0.97);
  CHECK(close(static_cast<double>(scanned_statistic(fit.data, wide, wide.upper)), z * z, tolerance{2e-8, 0, 0, "the scan's own"}));
  CHECK(scanned_statistic(fit.data, wide, wide.estimate + 4 * (narrow.upper - narrow.estimate)) > z * z);
  CHECK(wide.notes.size() == 1);
}

TEST_CASE("p and the interval agree for each correction") {
  const auto fit = random_effects(effect_sizes(diuretics(), odds_ratio{}));
  for (const auto c : {profile_correction::none, profile_correction::bartlett, profile_correction::noma, profile_correction::skovgaard}) {
    const double p = profile_likelihood{.correction = c}(fit).p;
    CHECK(profile_likelihood{.level = 1 - p * (1 + 1e-7), .correction = c}(fit).upper < 0);
    CHECK(profile_likelihood{.level = 1 - p * (1 - 1e-7), .correction = c}(fit).upper > 0);
  }
}

TEST_CASE("Bartlett's factor is the mean of the statistic, by simulation") {
  small_random random(7);
  std::vector<double> v;
  for (int i = 0; i < 16; ++i) v.push_back(i % 4 == 0 ? 0.05 : 0.6);
  double sum = 0, square = 0;
  const int n = 4000;
  for (int j = 0; j < n; ++j) {
    std::vector<double> y;
    for (const double x : v) y.push_back(std::sqrt(x + 1) * random.normal());
    const metapool::detail::profile_of_mean<double> profile{std::span<const double>(y), std::span<const double>(v)};
    const double lr = profile.best_at(-profile.estimate, 1).statistic(-profile.estimate);
    sum += lr;
    square += lr * lr;
  }
  double s1 = 0, s2 = 0, s3 = 0;
  for (const double x : v) {
    s1 += 1 / (x + 1);
    s2 += std::pow(1 / (x + 1), 2);
    s3 += std::pow(1 / (x + 1), 3);
  }
  const double mean = sum / n, error = std::sqrt((square / n - mean * mean) / n);
  CHECK(std::fabs(mean - (1 + 2 * s3 / (s1 * s2) - s2 / (2 * s1 * s1))) < 3 * error + 1.0 / (16 * 16));
}

TEST_CASE("Noma's end solves statistic = c (1 + 2 S3 / (S1 S2)) at the tau2 that is best there") {
  const auto fit = random_effects(effect_sizes(bcg(), odds_ratio{}));
  const auto r = profile_likelihood{.correction = profile_correction::noma}(fit);
  const metapool::detail::profile_of_mean<double> profile{std::span<const double>(fit.data.y), std::span<const double>(fit.data.v)};
  for (const double end : {r.lower, r.upper}) {
    const auto s = profile.best_at(end - r.estimate, 1);
    CHECK(close(s.statistic(end - r.estimate), 3.841458820694124 * (1 + 2 * s.w3 / (s.w * s.w2)), digits10));
  }
}

TEST_CASE("Skovgaard's statistic is the general formula with its matrices; its interval ends where it is -+ z") {
  for (const auto& e : {effect_sizes(bcg(), odds_ratio{}), effect_sizes(diuretics(), odds_ratio{})}) {
    const auto fit = random_effects(e, maximum_likelihood{});
    const auto r = profile_likelihood{.correction = profile_correction::skovgaard}(fit);
    CHECK(close(r.statistic, general_skovgaard(e, fit.estimate, *fit.tau2, 0), digits8));
    CHECK(close(general_skovgaard(e, fit.estimate, *fit.tau2, r.lower), 1.959963984540054, digits8));
    CHECK(close(general_skovgaard(e, fit.estimate, *fit.tau2, r.upper), -1.959963984540054, digits8));
    // near the estimate, where the formula is 0 / 0, the interpolation joins the formula
    const metapool::detail::profile_of_mean<double> profile{std::span<const double>(e.y), std::span<const double>(e.v)};
    const metapool::detail::skovgaard_root<double> root("test", profile);
    for (const double x : {0.02, 0.039, -0.03, -0.01}) {
      CHECK(close(root(x * r.se), general_skovgaard(e, fit.estimate, *fit.tau2, fit.estimate + x * r.se), tolerance{0, 0, 1e-8, "the formula cancels here"}));
    }
    CHECK(std::isfinite(root(0.0)));
  }
}

TEST_CASE("profile likelihood at the edges: two studies, equal effects, levels near 0 and 1, 16 decades") {
  const auto two = profile_likelihood{}(random_effects(known_effects<double>({0.5, 3.5}, {0.04, 0.25})));
  CHECK(two.upper > two.estimate);
  const auto equal = profile_likelihood{.correction = profile_correction::skovgaard}(random_effects(known_effects<double>({0.5, 0.5, 0.5}, {0.04, 0.09, 0.06})));
  CHECK(close(equal.estimate, 0.5, digits14));
  CHECK(equal.notes.size() == 1);
  CHECK(equal.upper > equal.estimate);
  const auto fit = random_effects(effect_sizes(bcg(), odds_ratio{}));
  for (const auto c : {profile_correction::none, profile_correction::bartlett, profile_correction::noma, profile_correction::skovgaard}) {
    double last = 0;
    for (const double level : {1e-9, 1e-3, 0.5, 0.99, 1 - 1e-12, 1 - 1e-15}) {
      const auto r = profile_likelihood{.level = level, .correction = c}(fit);
      CHECK(r.upper - r.lower > last);
      last = r.upper - r.lower;
    }
  }
  // a short interval is the quadratic one: its curvature is that of the profile, |j| / j_tt
  const auto tiny = profile_likelihood{.level = 1e-9}(fit);
  const auto small = profile_likelihood{.level = 1e-7}(fit);
  CHECK(close((small.upper - small.lower) / (tiny.upper - tiny.lower), 100.0, tolerance{1e-5, 0, 0, "ends near the estimate hold about seven digits of the width"}));
  const auto wide = profile_likelihood{}(random_effects(known_effects<double>({1, 1.1, 0.9, 1.2}, {1e-8, 1, 1e8, 1e4})));
  CHECK(wide.lower < 1);
  CHECK(wide.upper > 1);
}

TEST_CASE("the profile likelihood's contract") {
  const auto fit = random_effects(known_effects<double>({0.1, 0.5, -0.3, 0.9}, {0.04, 0.09, 0.02, 0.3}));
  CHECK_THROWS_AS(profile_likelihood{.level = 0}(fit), input_error);
  CHECK_THROWS_AS(profile_likelihood{.level = 1}(fit), input_error);
  CHECK_THROWS_AS(profile_likelihood{}(mantel_haenszel(bcg(), odds_ratio{})), input_error);
  CHECK(contains(message_of<not_estimable>([] { profile_likelihood{}(random_effects(known_effects<double>({0.3}, {0.1}))); }), "one study"));
}
