// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/regression_profile_likelihood.hpp>

#include <metapool/effect/binary_effects.hpp>
#include <metapool/effect/risk_ratio.hpp>
#include <metapool/inference/regression_likelihood.hpp>
#include <metapool/model/random_effects.hpp>

#include "model/regression_data.hpp"
#include "support/close.hpp"
#include "support/published.hpp"
#include "support/wild_sets.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {

constexpr double c95 = 3.841458820694124;

template <class Real = double>
design<Real> latitude_and_year() {
  matrix_of<Real> x(13, 2);
  for (std::size_t i = 0; i < 13; ++i) x.row(static_cast<Eigen::Index>(i)) << Real(bcg_latitude()[i]), Real(bcg_year()[i] - 1965);
  return design_of(x, {"latitude", "year"});
}

// effects that agree with a line: the likelihood is highest at tau2 = 0
const std::vector<double> flat_y{0.1, 0.25, 0.18, 0.4, 0.33, 0.52, 0.41}, flat_v{0.04, 0.09, 0.02, 0.3, 0.11, 0.05, 0.08}, flat_x{0, 1, 2, 3, 4, 6, 7};

// The statistic of a slope (column 1 of an intercept and x) by a scan over tau2, in closed form: never below the true one.
long double scanned(const std::vector<double>& y, const std::vector<double>& v, const std::vector<double>& x, long double slope, bool at_best) {
  const auto minus_two_log_likelihood = [&](long double t, bool free) {
    long double w = 0, wx = 0, wxx = 0, wy = 0, wxy = 0, logs = 0, q = 0;
    for (std::size_t i = 0; i < y.size(); ++i) {
      const long double o = 1 / (v[i] + t);
      w += o, wx += o * x[i], wxx += o * x[i] * x[i], wy += o * y[i], wxy += o * x[i] * y[i], logs += std::log(v[i] + t);
    }
    const long double b = free ? (w * wxy - wx * wy) / (w * wxx - wx * wx) : slope, a = (wy - b * wx) / w;
    for (std::size_t i = 0; i < y.size(); ++i) q += (y[i] - a - b * x[i]) * (y[i] - a - b * x[i]) / (v[i] + t);
    return logs + q;
  };
  long double best = minus_two_log_likelihood(0, at_best);
  for (int i = 0; i <= 2000; ++i) {
    const long double here = minus_two_log_likelihood(std::pow(10.0L, -10 + i * 0.012L), at_best);
    if (here < best) best = here;
  }
  return best;
}

}  // namespace

TEST_CASE("profile likelihood intervals of BCG's coefficients") {
  // metafor 3.8: 2 (logLik(rma(yi, vi, mods = ~ ablat + year, method = "ML")) - logLik(rma(yi - c * ablat, vi, mods = ~ year, method = "ML"))) is qchisq(0.95, 1)
  // at c = -0.0448180407830654 and -0.011442698912113 (uniroot); the others by lm.wfit and optimize in R
  const auto fit = meta_regression(effect_sizes(bcg(), risk_ratio{}), latitude_and_year());
  const auto r = infer(fit, profile_likelihood{});
  const tolerance by_r{1e-9, 0, 0, "metafor's iterations under R's uniroot"}, by_optimize{1e-7, 0, 0, "R's optimize under uniroot"};
  CHECK(close(r.lower[1], -0.0448180407830654, by_r));
  CHECK(close(r.upper[1], -0.011442698912113, by_r));
  CHECK(close(r.lower[0], -0.406134225166369, by_optimize));
  CHECK(close(r.upper[0], 0.826789003260604, by_optimize));
  CHECK(close(r.lower[2], -0.0224834050715225, by_optimize));
  CHECK(close(r.upper[2], 0.0255945583727693, by_optimize));
  CHECK(close(r.statistic[1] * r.statistic[1], 7.17988912016007, by_r));
  CHECK(r.statistic[1] < 0);
  CHECK(r.estimate[1] < 0);
  CHECK_FALSE(r.df[1]);
  REQUIRE(r.moderators);
  CHECK(close(r.moderators->statistic, 10.0379222410934, by_r));  // 2 (logLik of both moderators - logLik of none)
  CHECK(r.moderators->columns == std::vector<std::size_t>{1, 2});
  CHECK(close(r.moderators->p, std::exp(-r.moderators->statistic / 2), digits12));
  const auto ml = meta_regression(effect_sizes(bcg(), risk_ratio{}), latitude_and_year(), maximum_likelihood{});
  const auto none = meta_regression(effect_sizes(bcg(), risk_ratio{}), intercept_only(13), maximum_likelihood{});
  CHECK(close(r.moderators->statistic, likelihood_ratio(ml, none).statistic, digits10));
  CHECK(close(r.se[1], std::sqrt(ml.covariance(1, 1)), digits15));
}

TEST_CASE("profile likelihood along the boundary tau2 = 0, and without an intercept") {
  const auto e = known_effects(flat_y, flat_v);
  const auto r = infer(meta_regression(e, design_of(flat_x)), profile_likelihood{});
  const tolerance by_optimize{1e-9, 0, 0, "R's optimize under uniroot"};
  CHECK(close(r.lower[1], -0.0170466298580909, by_optimize));
  CHECK(close(r.upper[1], 0.130849279972326, by_optimize));
  CHECK(close(r.statistic[1] * r.statistic[1], 2.27451395796562, by_optimize));
  CHECK(close(r.upper[1] - r.estimate[1], std::sqrt(c95) * r.se[1], digits12));  // the whole set at tau2 = 0
  const auto wide = infer(meta_regression(e, design_of(flat_x)), profile_likelihood{.level = 0.99999});
  CHECK(wide.upper[1] - wide.estimate[1] > 1.01 * metapool::detail::normal_critical<double>(0.99999) * wide.se[1]);  // tau2 leaves 0 further out
  const auto through = infer(meta_regression(e, design_of(flat_x, "x", with_intercept::no)), profile_likelihood{});
  REQUIRE(through.estimate.size() == 1);
  CHECK(close(through.lower[0], 0.0312899639208095, by_optimize));
  CHECK(close(through.upper[0], 0.125833502843789, by_optimize));
  CHECK(close(through.moderators->statistic, 9.34853985888025, by_optimize));
  CHECK(close(through.moderators->statistic, through.statistic[0] * through.statistic[0], digits12));
}

TEST_CASE("with an intercept alone the profile likelihood is the mean's, also with several maxima") {
  int several = 0;
  const auto check = [&](const wild_set& s, double level) {
    const auto e = known_effects<double>(s.y, s.v);
    const auto mean = profile_likelihood{.level = level}(random_effects(e));
    const auto r = infer(meta_regression(e, intercept_only(s.y.size())), profile_likelihood{.level = level});
    const tolerance ends{1e-9, mean.upper - mean.lower, 0, "sets over many decades"};
    CHECK(close(r.lower[0], mean.lower, ends));
    CHECK(close(r.upper[0], mean.upper, ends));
    CHECK(close(r.statistic[0], mean.statistic, tolerance{1e-9, 1e-3, 0, "differences of likelihoods"}));
    several += !r.notes.empty();
  };
  for (std::uint64_t seed = 1; seed <= 24; ++seed) check(make_wild_set(seed), 0.95);
  check(make_wild_set(15), 0.97);  // in two pieces
  for (int n = 2; n <= 4; ++n) check(ladder(n), 0.95);
  CHECK(several >= 3);
}

TEST_CASE("the ends are the outermost slopes that the likelihood allows: against a scan, also with several maxima") {
  const auto check = [](const std::vector<double>& y, const std::vector<double>& v, const std::vector<double>& x) {
    const auto r = infer(meta_regression(known_effects(y, v), design_of(x)), profile_likelihood{});
    const long double least = scanned(y, v, x, 0, true);
    const double width = r.upper[1] - r.lower[1];
    for (const double end : {r.lower[1], r.upper[1]}) CHECK(close(static_cast<double>(scanned(y, v, x, end, false) - least), c95, tolerance{5e-4, 0, 0, "the scan's step"}));
    for (const double out : {1e-3, 0.1, 0.5, 1.0, 3.0}) {
      CHECK(scanned(y, v, x, r.upper[1] + out * width, false) - least > c95);
      CHECK(scanned(y, v, x, r.lower[1] - out * width, false) - least > c95);
    }
    return r.notes.size();
  };
  CHECK(check(flat_y, flat_v, flat_x) == 0);
  // precise studies far apart for their precision and imprecise ones
  CHECK(check({0, 0.01, 1, 1.01, 5, -5, 3}, {1e-6, 1e-6, 2e-6, 1e-6, 4, 3, 5}, {0, 1, 0.5, 2, 1, 3, 2}) == 0);
  std::size_t several = 0;
  for (int n = 2; n <= 3; ++n) {
    const wild_set s = ladder(n);
    std::vector<double> x;
    for (std::size_t i = 0; i < s.y.size(); ++i) x.push_back(static_cast<double>((i * i) % 5));
    several += check(s.y, s.v, x);
  }
  CHECK(several == 2);
}

TEST_CASE("profile likelihood of coefficients follows units, keeps 12 digits and agrees with its test") {
  const auto data = effect_sizes(bcg(), risk_ratio{});
  const auto r = infer(meta_regression(data, latitude_and_year()), profile_likelihood{});
  auto wide = data;
  for (double& y : wide.y) y *= 1e8;
  for (double& v : wide.v) v *= 1e16;
  auto design = latitude_and_year();
  design.x.col(1) *= 1e-6;
  const auto scaled = infer(meta_regression(wide, design), profile_likelihood{});
  CHECK(close(scaled.lower[1], r.lower[1] * 1e14, digits10));
  CHECK(close(scaled.upper[2], r.upper[2] * 1e8, digits10));

  effects<long double> exact = known_effects<long double>(std::vector<long double>(data.y.begin(), data.y.end()), std::vector<long double>(data.v.begin(), data.v.end()));
  const auto oracle = infer(meta_regression(exact, latitude_and_year<long double>()), profile_likelihood{});
  for (std::size_t j = 0; j < 3; ++j) {
    CHECK(close(r.lower[j], static_cast<double>(oracle.lower[j]), digits12));
    CHECK(close(r.upper[j], static_cast<double>(oracle.upper[j]), digits12));
    CHECK(close(r.statistic[j], static_cast<double>(oracle.statistic[j]), digits12));
  }

  for (std::size_t j = 0; j < 3; ++j) {
    const auto at = infer(meta_regression(data, latitude_and_year()), profile_likelihood{.level = 1 - r.p[j]});
    CHECK(close(r.estimate[j] > 0 ? at.lower[j] : at.upper[j], 0.0, tolerance{0, 0, 1e-9 * r.se[j], "the end is at 0"}));
  }
}

TEST_CASE("profile likelihood of coefficients refuses what it is not made for") {
  const auto fit = meta_regression(known_effects(flat_y, flat_v), design_of(flat_x));
  CHECK(contains(message_of<input_error>([&] { infer(fit, profile_likelihood{.correction = profile_correction::bartlett}); }), "single mean"));
  CHECK(contains(message_of<input_error>([&] { infer(fit, profile_likelihood{.level = 95}); }), "level"));
  const auto full = meta_regression(known_effects<double>({0.1, 0.4}, {0.1, 0.1}), design_of(std::vector<double>{0, 1}));
  CHECK(contains(message_of<not_estimable>([&] { infer(full, profile_likelihood{}); }), "degrees of freedom"));
  // one more study than coefficients, one of which one study alone tells
  const auto alone = infer(meta_regression(known_effects<double>({0.1, 0.4, 0.9}, {0.1, 0.2, 0.1}), design_of(std::vector<double>{0, 0, 1})), profile_likelihood{});
  CHECK(std::isfinite(alone.lower[1]));
  CHECK(alone.lower[1] < alone.estimate[1]);
  CHECK(alone.upper[1] > alone.estimate[1]);
}
