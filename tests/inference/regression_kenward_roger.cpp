// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/regression_kenward_roger.hpp>

#include <metapool/effect/binary_effects.hpp>
#include <metapool/effect/risk_ratio.hpp>
#include <metapool/inference/contrasts.hpp>
#include <metapool/inference/regression.hpp>
#include <metapool/model/meta_regression.hpp>
#include <metapool/model/random_effects.hpp>
#include <metapool/tau2/fixed.hpp>

#include "model/regression_data.hpp"
#include "support/close.hpp"
#include "support/published.hpp"
#include "support/wild_sets.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <vector>

using namespace metapool;
using namespace metapool_test;
using fifty = boost::multiprecision::number<boost::multiprecision::cpp_bin_float<50>, boost::multiprecision::et_off>;

namespace {

const tolerance r_iteration{1e-8, 0, 0, "metafor's tau2 at its tightest, and dense inverses in R"};

regression_fit<double> bcg_fit() {
  matrix_of<double> x(13, 2);
  for (std::size_t i = 0; i < 13; ++i) x.row(static_cast<Eigen::Index>(i)) << bcg_latitude()[i], bcg_year()[i];
  return meta_regression(effect_sizes(bcg(), risk_ratio{}), design_of(x, {"latitude", "year"}));
}

using matrix50 = matrix_of<fifty>;

/// Gauss and Jordan; positive definite: no pivots.
matrix50 inverse(matrix50 a) {
  const Eigen::Index n = a.rows();
  matrix50 b = matrix50::Identity(n, n);
  for (Eigen::Index c = 0; c < n; ++c) {
    const fifty pivot = a(c, c);
    a.row(c) /= pivot;
    b.row(c) /= pivot;
    for (Eigen::Index r = 0; r < n; ++r) {
      if (r == c) continue;
      const fifty f = a(r, c);
      a.row(r) -= f * a.row(c);
      b.row(r) -= f * b.row(c);
    }
  }
  return b;
}

/// The formulas of Kenward & Roger (1997) as printed, by dense matrices in 50 digits.
struct dense {
  matrix50 covariance;
  std::vector<fifty> df_corrected, df_classical;
  fifty f_df, f_scale;  // of all coefficients together, by the classical variance
};

dense dense_kenward_roger(const std::vector<double>& y, const std::vector<double>& v, const matrix_of<double>& design, double tau2, bool observed) {
  const matrix50 x = design.cast<fifty>();
  const Eigen::Index k = x.rows(), p = x.cols();
  matrix50 w = matrix50::Zero(k, k), effects(k, 1);
  for (Eigen::Index i = 0; i < k; ++i) {
    w(i, i) = 1 / (fifty(v[static_cast<std::size_t>(i)]) + fifty(tau2));
    effects(i, 0) = y[static_cast<std::size_t>(i)];
  }
  const matrix50 xw = x.transpose() * w, xww = xw * w, xwww = xww * w;
  const matrix50 phi = inverse(matrix50(xw * x)), slope = -(xww * x), q = xwww * x;
  const matrix50 wx = xw.transpose(), projection = w - matrix50(wx * phi) * xw, squared = projection * projection;
  fifty information = squared.trace() / 2;
  if (observed) information = matrix50(effects.transpose() * matrix50(squared * matrix50(projection * effects)))(0, 0) - information;
  const matrix50 middle = q - matrix50(slope * phi) * slope;
  dense d;
  d.covariance = phi + 2 * matrix50(phi * middle) * phi / information;
  const matrix50 a = matrix50(phi * slope) * phi, c = matrix50(d.covariance * slope) * d.covariance;
  for (Eigen::Index j = 0; j < p; ++j) {
    const fifty s = a(j, j) / phi(j, j), t = c(j, j) / d.covariance(j, j);
    d.df_classical.push_back(2 * information / (s * s));
    d.df_corrected.push_back(2 * information / (t * t));
  }
  const matrix50 theta = phi * slope, theta2 = theta * theta;
  const fifty m = static_cast<int>(p), trace = theta.trace(), a1 = trace * trace / information, a2 = theta2.trace() / information;
  const fifty b = (a1 + 6 * a2) / (2 * m), g = ((m + 1) * a1 - (m + 4) * a2) / ((m + 2) * a2), divisor = 3 * m + 2 * (1 - g);
  const fifty c1 = g / divisor, c2 = (m - g) / divisor, c3 = (m + 2 - g) / divisor;
  const fifty mean = 1 / (1 - a2 / m), variance = 2 / m * (1 + c1 * b) / ((1 - c2 * b) * (1 - c2 * b) * (1 - c3 * b));
  const fifty rho = variance / (2 * mean * mean);
  d.f_df = 4 + (m + 2) / (m * rho - 1);
  d.f_scale = d.f_df / (mean * (d.f_df - 2));
  return d;
}

}  // namespace

TEST_CASE("Kenward-Roger of a regression: covariance, degrees of freedom, F and its scale as pbkrtest has them") {
  const auto fit = bcg_fit();
  // pbkrtest 0.5.2's adjustment, given metafor 3.8's tau2, covariance and its derivatives
  const auto r = infer(fit, kenward_roger{.degrees = kr_degrees::classical});
  const std::vector<double> se{29.89711629828, 0.0103442889838391, 0.0150912017111756}, df{6.3014163217736758, 5.4176639490239138, 6.3087202776719575},
      p{0.9092945970565343, 0.0390226725442391, 0.9033505783740632};
  for (std::size_t j = 0; j < 3; ++j) {
    CHECK(close(r.se[j], se[j], r_iteration));
    CHECK(close(*r.df[j], df[j], r_iteration));
    CHECK(close(r.p[j], p[j], r_iteration));
  }
  REQUIRE(r.moderators);
  CHECK(close(r.moderators->statistic, 5.7750224363463625, r_iteration));
  CHECK(close(r.moderators->scale, 0.9992267624812962, r_iteration));
  CHECK(close(*r.moderators->df2, 6.1838932352436782, r_iteration));
  CHECK(close(r.moderators->p, 0.0384858278793865, r_iteration));
  const auto all = contrasts(r, matrix_of<double>(matrix_of<double>::Identity(3, 3)));
  CHECK(close(all.joint.statistic, 13.51924830851070958, tolerance{1e-7, 0, 0, "R inverts a matrix of condition 1e13"}));
  CHECK(close(*all.joint.df2, 6.34067693299119828, r_iteration));
  CHECK(close(all.joint.scale, 0.99812308093937985, r_iteration));
  CHECK(close(*all.df[1], df[1], r_iteration));
  CHECK(r.method == "Kenward-Roger, degrees of freedom by the classical variance");
  CHECK(infer(fit, kenward_roger{}).se == r.se);
  CHECK(*infer(fit, kenward_roger{}).df[1] < *r.df[1]);
}

TEST_CASE("Kenward-Roger of an intercept alone is that of the mean") {
  const auto fit = meta_regression(effect_sizes(bcg(), risk_ratio{}), intercept_only(13));
  const auto mean = random_effects(effect_sizes(bcg(), risk_ratio{}));
  for (const auto information : {kr_information::expected, kr_information::observed}) {
    for (const auto degrees : {kr_degrees::corrected, kr_degrees::classical}) {
      const kenward_roger method{.information = information, .degrees = degrees};
      const auto a = infer(fit, method);
      const auto b = method(mean);
      CHECK(close(a.se[0], b.se, digits12));
      CHECK(close(*a.df[0], *b.df, digits12));
      CHECK(close(a.upper[0], b.upper, digits12));
      CHECK(a.method == b.method);
    }
  }
}

TEST_CASE("Kenward-Roger of a regression is the printed matrix formula in 50 digits, over 12 decades of variances") {
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    small_random random(seed);
    const std::size_t k = 6 + seed, p = 2 + seed % 3;
    std::vector<double> y(k), v(k);
    matrix_of<double> x(static_cast<Eigen::Index>(k), static_cast<Eigen::Index>(p));
    for (std::size_t i = 0; i < k; ++i) {
      v[i] = std::pow(10, (seed < 6 ? 12 : 1) * (random.uniform() - 0.5));
      y[i] = random.normal();
      for (std::size_t j = 0; j < p; ++j) x(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = j == 0 ? 1 : random.normal();
    }
    const double tau2 = seed % 2 == 0 ? 0.3 : 1e-5;
    INFO("seed " << seed);
    auto d = design_of(x, {}, with_intercept::no);
    const auto fit = meta_regression(known_effects(y, v), d, fixed_tau2{tau2});
    const dense expected = dense_kenward_roger(y, v, x, tau2, false), observed = dense_kenward_roger(y, v, x, tau2, true);
    const auto corrected = infer(fit, kenward_roger{}), classical = infer(fit, kenward_roger{.degrees = kr_degrees::classical});
    for (std::size_t j = 0; j < p; ++j) {
      const auto at = static_cast<Eigen::Index>(j);
      CHECK(close(fifty(corrected.covariance(at, at)), expected.covariance(at, at), digits12));
      CHECK(close(fifty(*corrected.df[j]), expected.df_corrected[j], digits12));
      CHECK(close(fifty(*classical.df[j]), expected.df_classical[j], digits12));
    }
    if (classical.moderators) {  // without an intercept all coefficients
      CHECK(close(fifty(*classical.moderators->df2), expected.f_df, digits10));  // near 2 an error of the traces grows
      CHECK(close(fifty(classical.moderators->scale), expected.f_scale, digits10));
    } else {
      CHECK(classical.notes.size() > 0);
    }
    if (observed.covariance(0, 0) > 0 && observed.df_classical[0] > 0) {
      const auto o = infer(fit, kenward_roger{.information = kr_information::observed});
      CHECK(close(fifty(o.covariance(1, 1)), observed.covariance(1, 1), digits10));  // the information is a difference
    }
  }
}

TEST_CASE("with equal variances Kenward-Roger of a regression is Wald's t and F") {
  const std::vector<double> y{1, 4, 2, 9, 3, 5}, v{2, 2, 2, 2, 2, 2};
  matrix_of<double> x(6, 2);
  x << 1, 0, 2, 1, 3, 0, 4, 1, 5, 1, 7, 0;
  const auto fit = meta_regression(known_effects(y, v), design_of(x));
  const auto t = infer(fit, wald_t{});
  for (const auto degrees : {kr_degrees::corrected, kr_degrees::classical}) {
    const auto r = infer(fit, kenward_roger{.degrees = degrees});  // 3 degrees of freedom, with which F has no variance
    CHECK(close(r.se[1], t.se[1], digits14));
    CHECK(close(*r.df[2], 3.0, digits12));
    CHECK(close(*r.moderators->df2, 3.0, digits12));
    CHECK(close(r.moderators->p, t.moderators->p, digits12));
  }
}

TEST_CASE("Kenward-Roger of a regression: what cannot be answered is refused or said") {
  const auto fit = bcg_fit();
  CHECK_THROWS_AS(infer(fit, kenward_roger{.level = 1.0}), input_error);
  CHECK(contains(message_of<input_error>([] { infer(common_effect_regression(effect_sizes(bcg(), risk_ratio{}), design_of(bcg_latitude())), kenward_roger{}); }), "random effects"));
  const auto full = meta_regression(known_effects<double>({1, 2}, {1, 1}), design_of(std::vector<double>{0, 1}));
  CHECK_THROWS_AS(infer(full, kenward_roger{}), not_estimable);
  auto lost = fit;
  lost.convergence.converged = false;
  CHECK_THROWS_AS(infer(lost, kenward_roger{}), convergence_error);
  // nearly no heterogeneity known: the F of two moderators does not exist, each of them has its t
  const std::vector<double> y{1, 1.1, 0.9, 1.2, 1.05}, v{1e-8, 1, 1e8, 1e4, 1e-3};
  matrix_of<double> x(5, 2);
  x << 1, 0, 2, 1, 3, 0, 4, 1, 5, 1;
  const auto r = infer(meta_regression(known_effects(y, v), design_of(x)), kenward_roger{});
  CHECK_FALSE(r.moderators);
  CHECK(contains(r.notes[0], "too little information about tau2"));
  CHECK_THROWS_AS(test_coefficients(r, {1, 2}), not_estimable);
  CHECK_NOTHROW(test_coefficients(r, {1}));
}
