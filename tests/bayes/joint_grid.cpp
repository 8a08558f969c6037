// SPDX-License-Identifier: BSL-1.0
#include <metapool/bayes/joint_grid.hpp>

#include "support/close.hpp"

#include <metapool/bayes/grid_marginals.hpp>
#include <metapool/data/error.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

using namespace metapool::detail;
using namespace metapool_test;

namespace {

double log_normal(double z, double variance) { return -z * z / (2 * variance) - std::log(2 * M_PI * variance) / 2; }

/// One study with a normal effect.
struct one_study {
  static constexpr bool concave = true;
  double y, v;
  using slice = double;
  using place = std::vector<double>;
  slice at(double tau) const { return v + tau * tau; }
  place at_means(const panel_values<double>&) const { return {}; }
  panel_values<double> log_likelihood(double variance, const panel_values<double>& means, const place&) const {
    panel_values<double> f;
    for (std::size_t j = 0; j < panel_points; ++j) f[j] = log_normal(means[j] - y, variance);
    return f;
  }
};

/// The same; it is told of a peak at y that no points show.
struct suspicious : one_study {
  static constexpr bool concave = false;
  template <class MeanPanel, class TauPanel>
  bool hides_a_peak(double left, double right, const MeanPanel&, const TauPanel&, double) const {
    return left <= y && y <= right;
  }
};

template <class TauPrior, class MeanPrior>
joint_problem<double, one_study, MeanPrior, TauPrior> problem_of(const one_study& study, MeanPrior mean, TauPrior tau) {
  return {study, mean, tau, {}, {0.0}, 0, 0, 1e-8};
}

grid_layout<double> layout_of(double mean_from, double mean_to, double tau_from, double tau_to, std::size_t n) {
  return {posterior_line<double>::of_effect(0.0, 1.0), equal_pieces(mean_from, mean_to, n), equal_pieces(tau_from, tau_to, n), -std::numeric_limits<double>::infinity()};
}

const auto half_normal_prior = [](double tau) { return std::log(2.0) + log_normal(tau, 0.25); };
const auto normal_prior = [](double m) { return log_normal(m - 0.3, 4); };

/// log of the integral: the effect is normal with variance v + tau^2 + 4; equal steps of a double-exponential variable for tau.
double log_evidence(const one_study& s) {
  double sum = 0;
  for (double u = -4; u < 3; u += 0.03) {
    const double tau = std::exp(u - std::exp(-u));
    sum += 0.03 * tau * (1 + std::exp(-u)) * std::exp(half_normal_prior(tau) + log_normal(s.y - 0.3, s.v + tau * tau + 4));
  }
  return std::log(sum);
}

using grid = joint_grid<double, one_study>;

}  // namespace

TEST_CASE("a grid grows to all sides from a layout that is too small, and its integral is the evidence") {
  const one_study s{0.7, 0.2};
  const auto p = problem_of(s, normal_prior, half_normal_prior);
  for (const grid_layout<double>& start : {layout_of(-0.2, 0.4, -1, -0.5, 1), layout_of(-6, 6, -40, 4, 6)}) {
    const grid g("test", p, start);
    CHECK(close(tabulate_tau(g, 2).log_integral(), log_evidence(s), digits8));
    CHECK(close(tabulate_mean(g, g.line_of_mean(), 2).log_integral(), log_evidence(s), digits8));
    CHECK(g.state().converged);
    CHECK(g.state().residual <= 1e-8);
  }
}

TEST_CASE("a likelihood that is narrow against the panels is found between their points") {
  const one_study s{1.2345, 1e-10};
  // tau is held to be small, so that no width of it shows the way
  const auto tiny = [](double tau) { return std::log(2.0) + log_normal(tau, 1e-10); };
  const grid g("test", problem_of(s, normal_prior, tiny), layout_of(-3, 3, -26, -9, 3));
  CHECK(close(tabulate_mean(g, g.line_of_mean(), 2).log_integral(), log_normal(0.9345, 4), tolerance{1e-8, 0, 0, "the promise"}));
}

TEST_CASE("a variance of tau that hardly exists: the grid goes as far as it needs") {
  // the prior of tau falls as tau^-3, the likelihood as 1 / tau, the prior of the mean as that of Student's t
  const one_study s{0.7, 0.2};
  const auto of_tau = [](double tau) { return -1.5 * std::log1p(tau * tau); };
  const auto of_mean = [](double m) { return -2.5 * std::log1p(m * m / 16); };
  auto p = problem_of(s, of_mean, of_tau);
  p.tau_moments = p.mean_moments = 2;
  double mass = 0, first = 0, second = 0;
  for (double u = -3.5; u < 40; u += 0.1) {
    const double tau = std::exp(u - std::exp(-u)), log_weight = of_tau(tau) + std::log(tau * (1 + std::exp(-u)));
    for (double w = -20; w < 20; w += 0.1) {
      const double m = std::sinh(w), f = std::cosh(w) * std::exp(log_weight + of_mean(m) + log_normal(s.y - m, s.v + tau * tau));
      mass += f;
      first += f * tau;
      second += f * tau * tau;
    }
  }
  const grid g("test", p, layout_of(-6, 6, -40, 4, 6));
  const auto tau = tabulate_tau(g, 2);
  CHECK(close(*tau.mean(), first / mass, digits8));
  CHECK(close(*tau.sd(), std::sqrt(second / mass - first / mass * first / mass), digits8));
}

TEST_CASE("what does not settle ends: by the number of evaluations, or with words on where the edge is") {
  const one_study s{0.7, 0.2};
  auto p = problem_of(s, normal_prior, half_normal_prior);
  p.most_evaluations = 3000;
  CHECK_THROWS_WITH_AS(grid("test", p, layout_of(-6, 6, -40, 4, 6)), doctest::Contains("test: the integration did not settle within 3000 evaluations of the likelihood (residual "), metapool::convergence_error);
  p.most_evaluations = 225;  // the first block is as many
  CHECK_THROWS_AS(grid("test", p, layout_of(-0.2, 0.4, -1, -0.5, 1)), metapool::convergence_error);
  const auto jump = [](double x) { return x < 0.31 ? 0.0 : -1.0; };
  CHECK_THROWS_WITH_AS(grid("test", problem_of(s, normal_prior, [&](double tau) { return half_normal_prior(tau) + jump(tau); }), layout_of(-6, 6, -40, 4, 6)), doctest::Contains("along tau"), metapool::convergence_error);
  CHECK_THROWS_WITH_AS(grid("test", problem_of(s, [&](double m) { return normal_prior(m) + jump(m); }, half_normal_prior), layout_of(-6, 6, -40, 4, 6)), doctest::Contains("along the mean"), metapool::convergence_error);
}

TEST_CASE("what may be hidden between points is said to be, however smooth the rest is") {
  const joint_problem<double, suspicious, decltype(normal_prior), decltype(half_normal_prior)> p{{{0.7, 0.2}}, normal_prior, half_normal_prior, {}, {0.0}, 0, 0, 1e-8};
  using suspicious_grid = joint_grid<double, suspicious>;
  CHECK_THROWS_WITH_AS(suspicious_grid("test", p, layout_of(-6, 6, -40, 4, 6)), doctest::Contains("there may be peaks"), metapool::convergence_error);
}

TEST_CASE("long lines are cut into pieces that grow with the distance from the middle, short ones equally") {
  CHECK(pieces_around(0.0, -3.0, 3.0, 6, 1.0) == std::vector<double>{-3, -2, -1, 0, 1, 2, 3});
  const auto far = pieces_around(1.0, -40.0, 90.0, 6, 3.0);
  CHECK(far.front() == -40);
  CHECK(far.back() == 90);
  bool middle = false;
  for (std::size_t i = 0; i + 1 < far.size(); ++i) {
    middle = middle || far[i] == 1;
    CHECK(far[i + 1] - far[i] >= 3);
  }
  CHECK(middle);
  const auto even = pieces_around(0.0, -39.0, 39.0, 6, 3.0);
  CHECK(even[1] - even[0] > 20);  // the last piece takes what is left if that is less than one more
  for (std::size_t i = 0; i < even.size(); ++i) CHECK(even[i] == -even[even.size() - 1 - i]);
  CHECK(pieces_around(100.0, -40.0, 90.0, 4, 3.0) == equal_pieces(-40.0, 90.0, 4));
}
