// SPDX-License-Identifier: BSL-1.0
#include <metapool/bayes/robust_normal.hpp>

#include "support/close.hpp"

#include <metapool/bayes/normal_normal.hpp>
#include <metapool/bayes/summarise.hpp>
#include <metapool/data/error.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {

using numbers = std::vector<double>;

effects<double> data(const numbers& y, const numbers& v) { return known_effects<double>(y, v); }
double phi(double z, double variance) { return std::exp(-z * z / (2 * variance)) / std::sqrt(2 * M_PI * variance); }
double below(double z) { return 0.5 * std::erfc(-z / M_SQRT2); }

/// Sums over a grid of mean (equal steps) and tau (double-exponential towards 0, normal at the other end) of f(mean, tau) = priors times likelihood.
struct brute_force {
  double mass = 0, mean = 0, square = 0, tau = 0, extra = 0;
  template <class F, class Extra>
  brute_force(double step_of_mean, double step_of_tau, const F& f, const Extra& g) {
    for (double u = -3.4; u < 1.7; u += step_of_tau) {
      const double t = std::exp(u - std::exp(-u)), weight = step_of_tau * step_of_mean * t * (1 + std::exp(-u));
      for (double m = -9; m < 9; m += step_of_mean) {
        const double at = weight * f(m, t);
        mass += at;
        mean += at * m;
        square += at * m * m;
        tau += at * t;
        extra += at * g(m, t);
      }
    }
    mean /= mass;
    square = std::sqrt(square / mass - mean * mean);
    tau /= mass;
    extra /= mass;
  }
};

}  // namespace

TEST_CASE("contaminated random effects: two-dimensional sums give the same posterior") {
  const numbers y{-0.4, 0.1, 2.8}, v{0.1, 0.2, 0.15};
  const auto p = robust_normal(data(y, v), contaminated_effects{0.2, 4}, half_normal{0.5}, normal_mean{0.2, 1.2});
  const auto part = [&](std::size_t i, double m, double t, double factor) { return phi(y[i] - m, v[i] + factor * factor * t * t); };
  const auto joint = [&](double m, double t) {
    double f = 2 * phi(t, 0.25) * phi(m - 0.2, 1.44);
    for (std::size_t i = 0; i < 3; ++i) f *= 0.8 * part(i, m, t, 1) + 0.2 * part(i, m, t, 4);
    return f;
  };
  const auto wide = [&](double m, double t) {
    const double broad = 0.2 * part(2, m, t, 4);
    return broad / (broad + 0.8 * part(2, m, t, 1));
  };
  const brute_force sums(0.1, 0.06, joint, wide);
  CHECK(close(*p.log_marginal_likelihood(), std::log(sums.mass), digits8));
  CHECK(close(*p.mean().mean(), sums.mean, digits8));
  CHECK(close(*p.mean().sd(), sums.square, digits8));
  CHECK(close(*p.tau().mean(), sums.tau, digits8));
  CHECK(close(p.outlying()[2], sums.extra, digits8));
  CHECK(close(p.joint_density(0.3, 0.4), joint(0.3, 0.4) / sums.mass, digits8));
  CHECK(close(*p.bayes_factor_mean(0.3), p.mean().density(0.3) / phi(0.1, 1.44), digits12));
  // a new study's effect, and the third's own
  const brute_force next(0.1, 0.06, joint, [&](double m, double t) { return 0.8 * below((0.5 - m) / t) + 0.2 * below((0.5 - m) / (4 * t)); });
  CHECK(close(p.next().cdf(0.5), next.extra, tolerance{0, 0, 2e-5, "steps at tau = 0 spoil the brute force"}));
  const auto shrunk = [&](double m, double t, double factor) {
    const double s = factor * factor * t * t;
    return (s * y[2] + v[2] * m) / (s + v[2]);
  };
  const brute_force third(0.1, 0.06, joint, [&](double m, double t) { return wide(m, t) * shrunk(m, t, 4) + (1 - wide(m, t)) * shrunk(m, t, 1); });
  CHECK(close(*p.study(2).mean(), third.extra, digits8));
  const auto s = summarise(p.mean());
  CHECK(close(p.mean().cdf(s.lower), 0.025, digits10));
  CHECK(close(p.mean().upper_tail(s.upper), 0.025, digits10));
  CHECK(close(p.mean().cdf(s.shortest_upper) - p.mean().cdf(s.shortest_lower), 0.95, digits8));
  CHECK(s.shortest_upper - s.shortest_lower <= s.upper - s.lower);
  CHECK(close(p.tau().cdf(p.tau().quantile(0.95)), 0.95, digits10));
}

TEST_CASE("Student's t: sums over mean, tau and every study's random effect give the same posterior") {
  const numbers y{-0.3, 1.6}, v{0.3, 0.5};
  const auto p = robust_normal(data(y, v), t_effects{3}, half_normal{0.4}, normal_mean{0, 1});
  // the density of y_i: over the random effect e = sinh(s) by equal steps
  numbers e, weight;
  for (double s = -9; s < 9; s += 0.25) {
    e.push_back(std::sinh(s));
    const double base = 1 + e.back() * e.back() / 3;
    weight.push_back(0.25 * std::cosh(s) * 2 / (M_PI * std::sqrt(3.0)) / (base * base));
  }
  const auto joint = [&](double m, double t) {
    double f = 2 * phi(t, 0.16) * phi(m, 1);
    for (std::size_t i = 0; i < 2; ++i) {
      double sum = 0;
      for (std::size_t j = 0; j < e.size(); ++j) sum += weight[j] * phi(y[i] - m - t * e[j], v[i]);
      f *= sum;
    }
    return f;
  };
  const brute_force sums(0.4, 0.16, joint, [&](double m, double t) {  // the second study's effect
    double sum = 0, first = 0;
    for (std::size_t j = 0; j < e.size(); ++j) {
      const double f = weight[j] * phi(y[1] - m - t * e[j], v[1]);
      sum += f;
      first += f * (m + t * e[j]);
    }
    return first / sum;
  });
  CHECK(close(*p.log_marginal_likelihood(), std::log(sums.mass), digits6));
  CHECK(close(*p.mean().mean(), sums.mean, digits6));
  CHECK(close(*p.mean().sd(), sums.square, digits6));
  CHECK(close(*p.tau().mean(), sums.tau, digits6));
  CHECK(close(*p.study(1).mean(), sums.extra, digits6));
  CHECK(p.outlying().empty());
  CHECK(p.precisions()[1] < 1.1);
  CHECK(p.next().moments() == 2);
}

TEST_CASE("hardly contaminated effects and t of many degrees of freedom are normal ones") {
  const auto e = data({-0.4, 0.1, 0.6}, {0.1, 0.2, 0.15});
  const auto normal = normal_normal(e, half_normal{0.5});
  const auto nearly = robust_normal(e, contaminated_effects{0.5, 1 + 1e-9}, half_normal{0.5});
  const auto same = [](const auto& a, const auto& b) {
    CHECK(close(*a.mean(), *b.mean(), at_scale(digits8, 1)));
    CHECK(close(*a.sd(), *b.sd(), digits8));
    CHECK(close(a.quantile(0.025), b.quantile(0.025), at_scale(digits8, 1)));
    CHECK(close(a.upper_quantile(0.1), b.upper_quantile(0.1), at_scale(digits8, 1)));
    CHECK(close(a.density(0.3), b.density(0.3), digits8));
    CHECK(close(a.shortest(0.9).second, b.shortest(0.9).second, at_scale(digits6, 1)));
    CHECK(close(a.mode(), b.mode(), tolerance{0, 0, 1e-6, "the place of a flat maximum"}));
  };
  same(nearly.mean(), normal.mean());
  same(nearly.tau(), normal.tau());
  same(nearly.next(), normal.next());
  same(nearly.study(2), normal.study(2));
  CHECK(close(nearly.log_bayes_factor_against_normal(), 0.0, tolerance{0, 0, 1e-8, "a logarithm"}));
  const double h = 1e-4, slope = (nearly.mean().density(0.4 + h) - nearly.mean().density(0.4 - h)) / (2 * h);
  CHECK(close(nearly.mean().density_and_slope(0.4).slope, slope, digits6));
  const auto t = robust_normal(e, t_effects{1000}, half_normal{0.5});
  CHECK(close(*t.mean().sd(), *normal.mean().sd(), tolerance{1e-3, 0, 0, "1 / df"}));
  CHECK(close(t.tau().quantile(0.9), normal.tau().quantile(0.9), tolerance{1e-3, 0, 0, "1 / df"}));
}

TEST_CASE("one study says nothing on tau nor on the random effects' distribution") {
  const auto p = robust_normal(data({0.3}, {0.02}), contaminated_effects{}, half_normal{0.5});
  CHECK(close(p.log_bayes_factor_against_normal(), 0.0, tolerance{0, 0, 1e-8, "a logarithm"}));
  for (double x : {0.01, 0.3, 1.0}) CHECK(close(p.tau().cdf(x), std::erf(x / 0.5 / M_SQRT2), digits10));
  CHECK(close(p.mean().quantile(0.5), 0.3, digits8));
  CHECK(p.tau().mode() == 0);
  CHECK(p.tau().shortest(0.9).first == 0);
  CHECK(close(p.outlying()[0], 0.1, digits8));
}

TEST_CASE("an outlier moves the robust mean less, is found out, and one far off is left alone") {
  const numbers v{0.02, 0.02, 0.02, 0.02, 0.02};
  const auto off = data({0.1, 0.0, -0.1, 0.05, 4}, v);
  const auto robust = robust_normal(off, contaminated_effects{0.1, 10}, half_normal{0.3});
  CHECK(*robust.mean().mean() < *normal_normal(off, half_normal{0.3}).mean().mean() / 4);
  CHECK(robust.outlying()[4] > 0.99);
  CHECK(robust.outlying()[0] < 0.1);
  CHECK(robust.precisions()[4] < 0.02);
  CHECK(robust.log_bayes_factor_against_normal() > 4);
  const auto t = robust_normal(data({0.1, -0.1, 0, 1e6}, {0.02, 0.02, 0.02, 1e-12}), t_effects{4}, half_normal{0.3});
  CHECK(std::fabs(t.mean().quantile(0.5)) < 0.1);
  CHECK(t.precisions()[3] < 1e-9);
}

TEST_CASE("two clusters of studies give a mean with two peaks, and symmetric data a symmetric posterior") {
  const auto p = robust_normal(data({-5, -5.1, 5, 5.1}, {0.01, 0.01, 0.01, 0.01}), t_effects{3}, half_normal{0.2});
  CHECK(p.mean().peaks() >= 2);
  CHECK(close(*p.mean().mean(), 0.0, tolerance{0, 0, 1e-6, "the size of the data is 5"}));
  CHECK(close(p.mean().cdf(-2), p.mean().upper_tail(2), digits6));
  const auto s = p.mean().shortest(0.9);
  CHECK(close(p.mean().cdf(s.second) - p.mean().cdf(s.first), 0.9, digits6));
}

TEST_CASE("a peak that is far narrower than the way to it is not missed: mirrored clusters hold half of the posterior each") {
  // for every tau that its prior allows, the peaks are a hundredth to a thousandth as wide as they are apart, or less
  const auto halves = [](double se, const auto& shape, double largest_tau) {
    const double v = se * se;
    const auto p = robust_normal(data({0, 0.3 * se, 1 - 0.3 * se, 1}, {v, v, v, v}), shape, uniform_tau{largest_tau});
    CHECK(close(p.mean().cdf(0.5), 0.5, digits8));
    CHECK(close(*p.mean().mean(), 0.5, digits8));
    CHECK(close(p.mean().quantile(0.25) + p.mean().quantile(0.75), 1.0, digits8));
    CHECK(p.mean().peaks() >= 2);
  };
  halves(1e-2, contaminated_effects{0.2, 999}, 1e-3);
  halves(1e-3, contaminated_effects{0.2, 999}, 1e-3);
  halves(1e-3, t_effects{3}, 1e-4);
}

TEST_CASE("two clusters as far apart as one likes hold what t gives them, also where there are no normal effects to compare with") {
  // tau is nothing against the standard errors: half the posterior is that of each cluster by itself
  for (const auto& gap_and_scale : {std::pair{1e4, 1e-5}, std::pair{1e4, 1e-7}, std::pair{1e6, 1e-7}}) {
    const double gap = gap_and_scale.first, scale = gap_and_scale.second;
    INFO("gap " << gap << ", tau about " << scale);
    const auto p = robust_normal(data({-gap / 2, 0.3 - gap / 2, -0.3 - gap / 2, gap / 2, 0.3 + gap / 2, gap / 2 - 0.3}, numbers(6, 1.0)), t_effects{4}, half_normal{scale});
    CHECK(p.mean().peaks() >= 2);
    CHECK(close(p.mean().cdf(0.0), 0.5, digits6));
    const tolerance pulled{0, 0, 5e-4, "the other cluster's tails move a peak by df + 1 over the gap"};
    CHECK(close(p.mean().cdf(-gap / 2), 0.25, pulled));
    CHECK(close(p.mean().cdf(-gap / 2 + 1 / std::sqrt(3.0)), below(1) / 2, pulled));
    if (gap < 1e5 && scale < 1e-6) CHECK_THROWS_AS(p.log_bayes_factor_against_normal(), convergence_error);
  }
}

TEST_CASE("other units and a common shift change nothing else") {
  const auto base = robust_normal(data({-1.2, -0.3, 2.5}, {0.4, 0.1, 0.2}), contaminated_effects{}, half_t{0.5, 4}, t_mean{0.1, 2, 4});
  for (const double unit : {1e-8, 1e8}) {
    const auto p = robust_normal(data({-1.2 * unit, -0.3 * unit, 2.5 * unit}, {0.4 * unit * unit, 0.1 * unit * unit, 0.2 * unit * unit}), contaminated_effects{}, half_t{0.5 * unit, 4},
                                 t_mean{0.1 * unit, 2 * unit, 4});
    CHECK(close(*p.mean().mean() / unit, *base.mean().mean(), digits8));
    CHECK(close(p.tau().quantile(0.9) / unit, base.tau().quantile(0.9), digits8));
    CHECK(close(p.outlying()[2], base.outlying()[2], digits8));
  }
  const auto shifted = robust_normal(data({1e6 - 1.2, 1e6 - 0.3, 1e6 + 2.5}, {0.4, 0.1, 0.2}), contaminated_effects{}, half_t{0.5, 4}, t_mean{1e6 + 0.1, 2, 4});
  CHECK(close(shifted.mean().quantile(0.3) - 1e6, base.mean().quantile(0.3), tolerance{0, 0, 1e-8, "a few ulps of a million"}));
}

TEST_CASE("what cannot be answered is refused, and bounded and improper priors are taken where they can be") {
  const auto two = data({0.4, 0.5}, {0.1, 0.2});
  CHECK_THROWS_AS(robust_normal(data({}, {}), t_effects{}, half_normal{0.5}), input_error);
  CHECK_THROWS_AS(robust_normal(two, t_effects{}, flat_tau{}), input_error);
  CHECK_THROWS_AS(contaminated_effects(0, 5), input_error);
  CHECK_THROWS_AS(contaminated_effects(0.1, 1), input_error);
  CHECK_THROWS_AS(t_effects(0.5), input_error);
  auto broken = two;
  broken.v[1] = 0;
  CHECK_THROWS_WITH_AS(robust_normal(broken, t_effects{}, half_normal{0.5}), "robust_normal: study 'study 2': v = 0 must be finite and positive", input_error);
  const auto p = robust_normal(data({0.4, 0.9, -0.5}, {0.1, 0.2, 0.1}), contaminated_effects{}, uniform_tau{0.7});
  CHECK(close(p.tau().cdf(0.3) + p.tau().upper_tail(0.3), 1.0, digits10));
  CHECK(p.tau().cdf(0.7) == 1);
  CHECK(p.tau().upper_tail(-1) == 1);
  CHECK_THROWS_AS(p.tau().quantile(1), input_error);
  CHECK_THROWS_AS(p.study(3), input_error);
  CHECK_FALSE(p.log_marginal_likelihood());
  CHECK_FALSE(p.bayes_factor_mean());
  CHECK(p.joint_density(0.1, -1) == 0);
}
