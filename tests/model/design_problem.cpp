// SPDX-License-Identifier: BSL-1.0
#include <metapool/model/design_problem.hpp>
#include <metapool/tau2/reml.hpp>

#include "support/close.hpp"
#include "support/wild_sets.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <doctest/doctest.h>

#include <cmath>
#include <span>
#include <vector>

using namespace metapool;
using metapool_test::close;
using metapool_test::digits12;
using metapool_test::digits14;
using metapool_test::digits40;
using fifty = boost::multiprecision::number<boost::multiprecision::cpp_bin_float<50>, boost::multiprecision::et_off>;
using metapool::detail::design_problem;
using metapool::detail::mean_problem;

static_assert(metapool::detail::tau2_problem<design_problem<double>>);

namespace {

struct random_problem {
  std::vector<double> y, v;
  matrix_of<double> x;
};

/// Variances over 16 decades; normal moderators, years, groups or powers.
random_problem make_problem(std::uint64_t seed) {
  metapool_test::small_random random(seed);
  random_problem r;
  for (;;) {
    const std::size_t p = 1 + seed % 5, k = p + 1 + static_cast<std::size_t>(random.uniform() * 20);
    r.y.assign(k, 0);
    r.v.assign(k, 0);
    r.x.resize(static_cast<Eigen::Index>(k), static_cast<Eigen::Index>(p));
    for (std::size_t i = 0; i < k; ++i) {
      r.v[i] = std::pow(10, 16 * (random.uniform() - 0.5));
      r.y[i] = random.normal() * std::sqrt(r.v[i]) + (seed % 2 == 0 ? 1e3 : 0);
      for (std::size_t j = 0; j < p; ++j) {
        double& x = r.x(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
        switch (seed % 4) {
          case 0: x = random.normal(); break;
          case 1: x = j == 0 ? 1 : 1900 + std::floor(100 * random.uniform()); break;
          case 2: x = j == 0 ? 1 : random.uniform() < 0.5 ? 1 : 0; break;
          default: x = std::pow(3 * random.uniform(), static_cast<double>(j)); break;
        }
      }
    }
    if (metapool::detail::column_rank(r.x).rank == p) return r;
  }
}

template <class To>
std::vector<To> cast(const std::vector<double>& x) {
  return std::vector<To>(x.begin(), x.end());
}

}  // namespace

TEST_CASE("with one column of ones the sums are those of the mean") {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const auto set = metapool_test::make_wild_set(seed);
    const design_problem<double> problem(set.y, set.v, matrix_of<double>::Ones(static_cast<Eigen::Index>(set.y.size()), 1));
    const mean_problem<double> mean(set.y, set.v);
    const double middle = set.v[set.v.size() / 2];
    for (const double tau2 : {0.0, middle / 100, middle, 1e4 * middle}) {
      const auto a = problem.at(tau2);
      const auto b = mean.at(tau2);
      CHECK(close(a.q, b.q, digits12));
      CHECK(close(a.a2, b.a2, digits12));
      CHECK(close(a.yppp, b.yppp, digits12));
      CHECK(close(a.w, b.w, digits14));
      CHECK(close(a.w2(), b.w2(), digits14));
      CHECK(close(a.trace_p(), b.trace_p(), digits12));
      CHECK(close(a.trace_pp(), b.trace_pp(), digits12));
      for (const auto kind : {likelihood_kind::restricted, likelihood_kind::full}) {
        CHECK(close(problem.log_likelihood(tau2, kind), mean.log_likelihood(tau2, kind), metapool_test::at_scale(digits12, static_cast<double>(set.y.size()))));
      }
    }
    CHECK(close(problem.range().sum_of_squares, mean.range().sum_of_squares, digits12));
    CHECK(problem.range().v_max == mean.range().v_max);
    const auto weight = [&](std::size_t i) { return i % 3 == 0 ? 1e6 : 1.0 / static_cast<double>(i + 1); };
    CHECK(close(problem.moments(weight).q, mean.moments(weight).q, digits12));
    CHECK(close(problem.moments(weight).trace_pv, mean.moments(weight).trace_pv, digits12));
    CHECK(close(problem.moments(weight).trace_p, mean.moments(weight).trace_p, digits12));
    CHECK(close(problem.variance_of(weight, middle), mean.variance_of(weight, middle), digits12));
  }
}

TEST_CASE("in 50 digits the sums are those of dense matrices, and in double they keep 12 digits over 16 decades of variances") {
  for (std::uint64_t seed = 0; seed < 24; ++seed) {
    const random_problem r = make_problem(seed);
    const auto k = r.x.rows(), p = r.x.cols();
    const std::vector<fifty> y = cast<fifty>(r.y), v = cast<fifty>(r.v);
    const matrix_of<fifty> x = r.x.cast<fifty>();
    const design_problem<double> problem(r.y, r.v, r.x);
    const design_problem<fifty> exact(y, v, x);
    for (const double tau2 : {0.0, 1e-6, 0.3, 1e5}) {
      INFO("seed " << seed << ", tau2 " << tau2);
      const fifty t = tau2;
      matrix_of<fifty> w = matrix_of<fifty>::Zero(k, k), s = w, inverse(p, p);
      for (Eigen::Index i = 0; i < k; ++i) {
        w(i, i) = 1 / (v[static_cast<std::size_t>(i)] + t);
        s(i, i) = v[static_cast<std::size_t>(i)] + fifty(2);
      }
      const matrix_of<fifty> normal = x.transpose() * w * x;
      std::vector<fifty> l(static_cast<std::size_t>(p * p));
      for (Eigen::Index i = 0; i < p; ++i) {
        for (Eigen::Index j = 0; j < p; ++j) l[static_cast<std::size_t>(i * p + j)] = normal(i, j);
      }
      REQUIRE(metapool::detail::cholesky(l.data(), static_cast<std::size_t>(p)));
      for (Eigen::Index j = 0; j < p; ++j) {
        std::vector<fifty> e(static_cast<std::size_t>(p), fifty(0));
        e[static_cast<std::size_t>(j)] = 1;
        metapool::detail::cholesky_solve(l.data(), static_cast<std::size_t>(p), e.data());
        for (Eigen::Index i = 0; i < p; ++i) inverse(i, j) = e[static_cast<std::size_t>(i)];
      }
      const matrix_of<fifty> projection = w - w * x * inverse * x.transpose() * w;
      const Eigen::Map<const vector_of<fifty>> effects(y.data(), k);
      const vector_of<fifty> u = projection * effects, pu = projection * u;
      const auto weight = [&](std::size_t i) { return 1 / (r.v[i] + tau2); };
      const auto exact_weight = [&](std::size_t i) { return fifty(1 / (v[i] + t)); };
      const metapool_test::tolerance dense{1e-15, 0, 0, "50 digits, of which the dense form loses 30"};
      const auto e = exact.at(t);
      CHECK(close(static_cast<double>(e.q), static_cast<double>(effects.dot(u)), dense));
      CHECK(close(static_cast<double>(e.a2), static_cast<double>(u.dot(u)), dense));
      CHECK(close(static_cast<double>(e.yppp), static_cast<double>(u.dot(pu)), dense));
      CHECK(close(static_cast<double>(e.trace_p()), static_cast<double>(projection.trace()), dense));
      CHECK(close(static_cast<double>(e.trace_pp()), static_cast<double>((projection * projection).trace()), dense));
      CHECK(close(static_cast<double>(exact.variance_of(exact_weight, fifty(2))), static_cast<double>(2 * (projection * s * projection * s).trace()), dense));
      const auto d = problem.at(tau2);
      CHECK(close(d.q, static_cast<double>(e.q), digits12));
      CHECK(close(d.a2, static_cast<double>(e.a2), digits12));
      CHECK(close(d.yppp, static_cast<double>(e.yppp), digits12));
      CHECK(close(d.trace_p(), static_cast<double>(e.trace_p()), digits12));
      CHECK(close(d.trace_pp(), static_cast<double>(e.trace_pp()), digits12));
      CHECK(close(problem.moments(weight).trace_pv, static_cast<double>(exact.moments(exact_weight).trace_pv), digits12));
      CHECK(close(problem.variance_of(weight, 2.0), static_cast<double>(exact.variance_of(exact_weight, fifty(2))), digits12));
      for (const auto kind : {likelihood_kind::restricted, likelihood_kind::full}) {
        CHECK(close(problem.log_likelihood(tau2, kind), static_cast<double>(exact.log_likelihood(t, kind)), metapool_test::at_scale(digits12, static_cast<double>(k))));
      }
      regression_fit<double> fit;
      regression_fit<fifty> exact_fit;
      problem.solve(tau2, fit);
      exact.solve(t, exact_fit);
      for (Eigen::Index j = 0; j < p; ++j) {
        CHECK(close(fit.coefficients(j), static_cast<double>(exact_fit.coefficients(j)), metapool_test::digits10));
        CHECK(close(fit.covariance(j, j), static_cast<double>(exact_fit.covariance(j, j)), metapool_test::digits10));
      }
      for (std::size_t i = 0; i < r.y.size(); ++i) {
        const double share = static_cast<double>(exact_fit.one_less_leverages[i]);
        CHECK(close(fit.one_less_leverages[i], share, share > 1e-3 ? digits12 : metapool_test::digits10));
        CHECK(close(fit.residual_se[i], static_cast<double>(exact_fit.residual_se[i]), metapool_test::digits10));
      }
    }
  }
}

TEST_CASE("the restricted likelihood is the density of contrasts that are orthogonal to the design") {
  // k = 3, p = 2: one contrast c, orthogonal to (1, 1, 1) and (0, 1, 3), has mean 0 and variance c'(V + tau2)c
  const std::vector<double> y{0.3, 1.1, -0.4}, v{0.2, 0.5, 0.1};
  matrix_of<double> x(3, 2);
  x << 1, 0, 1, 1, 1, 3;
  const design_problem<double> problem(y, v, x);
  const std::vector<double> c{2 / std::sqrt(14.0), -3 / std::sqrt(14.0), 1 / std::sqrt(14.0)};
  for (const double tau2 : {0.0, 0.7}) {
    double z = 0, variance = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      z += c[i] * y[i];
      variance += c[i] * c[i] * (v[i] + tau2);
    }
    const double density = -(std::log(2 * 3.14159265358979323846 * variance) + z * z / variance) / 2;
    CHECK(close(problem.log_likelihood(tau2, likelihood_kind::restricted), density, digits14));
    CHECK(close(problem.at(tau2).q, z * z / variance, digits14));
    CHECK(close(problem.at(tau2).trace_p(), 1 / variance, digits14));
    CHECK(close(problem.at(tau2).yppp, z * z / (variance * variance * variance), digits14));
  }
}

TEST_CASE("a question may be the first that a problem is asked") {
  const random_problem r = make_problem(6);
  const auto weight = [](std::size_t) { return 1.0; };
  const double variance = design_problem<double>(r.y, r.v, r.x).variance_of(weight, 1.0);
  const design_problem<double> other(r.y, r.v, r.x);
  other.at(3.0);
  other.range();
  CHECK(close(other.variance_of(weight, 1.0), variance, digits12));
  CHECK(close(design_problem<double>(r.y, r.v, r.x).moments(weight).q, other.range().sum_of_squares, digits12));
}

TEST_CASE("the order of studies, and another basis of the column space, change the sums by rounding alone") {
  const random_problem r = make_problem(7);
  const auto k = r.x.rows();
  const design_problem<double> problem(r.y, r.v, r.x);
  const std::vector<double> y(r.y.rbegin(), r.y.rend()), v(r.v.rbegin(), r.v.rend());
  const matrix_of<double> turned = r.x.colwise().reverse();
  const design_problem<double> reversed(y, v, turned);
  matrix_of<double> mixed = r.x;
  if (mixed.cols() > 1) mixed.col(1) = 2 * r.x.col(0) - r.x.col(1);
  const design_problem<double> other(r.y, r.v, mixed);
  for (const double tau2 : {0.0, 1.0}) {
    CHECK(close(reversed.at(tau2).q, problem.at(tau2).q, digits12));
    CHECK(close(other.at(tau2).q, problem.at(tau2).q, digits12));
    CHECK(close(other.at(tau2).trace_pp(), problem.at(tau2).trace_pp(), digits12));
    CHECK(close(other.log_likelihood(tau2, likelihood_kind::restricted), problem.log_likelihood(tau2, likelihood_kind::restricted), metapool_test::at_scale(digits12, static_cast<double>(k))));
  }
}
