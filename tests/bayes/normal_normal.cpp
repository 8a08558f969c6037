// SPDX-License-Identifier: BSL-1.0
#include <metapool/bayes/normal_normal.hpp>

#include "support/bcg_effects.hpp"
#include "support/close.hpp"

#include <metapool/bayes/summarise.hpp>
#include <metapool/math/gauss_legendre.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {

using numbers = std::vector<double>;

effects<double> data(const numbers& y, const numbers& v) { return known_effects<double>(y, v); }

double normal(double x, double mean, double variance) { return std::exp(-(x - mean) * (x - mean) / (2 * variance)) / std::sqrt(2 * M_PI * variance); }

/// Integral by Gauss-Legendre panels of at most the given width.
template <class F>
double by_panels(const F& f, double from, double to, double width) {
  double sum = 0;
  const int n = static_cast<int>(std::ceil((to - from) / width));
  for (int i = 0; i < n; ++i) sum += metapool::detail::gauss_panel<double>(f, from + (to - from) * i / n, from + (to - from) * (i + 1) / n);
  return sum;
}

constexpr tolerance bayesmeta_grid{1e-3, 0, 0, "bayesmeta's grid of tau, made for a divergence of 0.01"};

}  // namespace

TEST_CASE("Roever 2020: the eight schools of Rubin 1981 as bayesmeta prints them") {
  const auto p = normal_normal(data({28.39, 7.94, -2.75, 6.82, -0.64, 0.63, 18.01, 12.16},
                                    {14.9 * 14.9, 10.2 * 10.2, 16.3 * 16.3, 11.0 * 11.0, 9.4 * 9.4, 11.4 * 11.4, 10.4 * 10.4, 17.6 * 17.6}),
                               half_cauchy{25}, normal_mean{0, 50});
  const auto s = summarise(p);
  CHECK(s.tau.mode == 0);
  CHECK(close(s.tau.median, 4.758539, printed(6)));
  CHECK(close(*s.tau.mean, 5.884511, printed(6)));
  CHECK(close(*s.tau.sd, 4.869904, printed(6)));
  CHECK(s.tau.shortest_lower == 0);
  CHECK(close(s.tau.shortest_upper, 15.165894, printed(6)));
  CHECK(s.joint_mode.second == 0);
  CHECK(close(s.joint_mode.first, 7.816294, tolerance{1e-4, 0, 0, "found by R's optim"}));
  CHECK(close(s.mean.mode, 7.929503, bayesmeta_grid));
  CHECK(close(s.mean.median, 7.962961, bayesmeta_grid));
  CHECK(close(*s.mean.mean, 7.985729, bayesmeta_grid));
  CHECK(close(*s.mean.sd, 4.995762, bayesmeta_grid));
  CHECK(close(s.mean.shortest_lower, -1.823353, tolerance{3e-3, 0, 0, "the same"}));
  CHECK(close(s.mean.shortest_upper, 17.824562, bayesmeta_grid));
}

TEST_CASE("bayesmeta's answer with Jeffreys's prior and three studies, where tau has a mean but no sd") {
  const auto p = normal_normal(data({11, 13, 16}, {1, 1, 4}), jeffreys_tau{});
  const auto s = summarise(p);
  CHECK(close(s.tau.mode, 1.39055194, tolerance{1e-6, 0, 0, "found by R's optimize"}));
  CHECK(close(s.tau.median, 2.35487034, printed(8)));
  CHECK(close(*s.tau.mean, 3.67647047, printed(8)));
  CHECK_FALSE(s.tau.sd);
  CHECK_FALSE(s.mean.sd);
  CHECK_FALSE(s.next.sd);
  CHECK(close(s.tau.shortest_lower, 0.02912476, tolerance{1e-3, 0, 0, "found by R's optimize"}));
  CHECK(close(s.tau.shortest_upper, 10.14895476, tolerance{1e-5, 0, 0, "the same"}));
  CHECK(close(s.mean.median, 12.855986, bayesmeta_grid));
  CHECK(close(*s.mean.mean, 12.980341, bayesmeta_grid));
  CHECK(close(s.mean.shortest_lower, 7.485701, bayesmeta_grid));
  CHECK(close(s.mean.shortest_upper, 18.955488, bayesmeta_grid));
  CHECK(close(s.joint_mode.second, 1.0070604, tolerance{1e-4, 0, 0, "found by R's optim"}));
  CHECK(close(s.joint_mode.first, 12.66894, tolerance{1e-4, 0, 0, "the same"}));
  const numbers mean{11.4133994, 12.9395931, 14.588030}, sd{0.9927761, 0.9349359, 1.888808}, lower{9.4594936, 11.1165736, 11.181006};
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(close(*s.studies[i].mean, mean[i], bayesmeta_grid));
    CHECK(close(*s.studies[i].sd, sd[i], bayesmeta_grid));
    CHECK(close(s.studies[i].shortest_lower, lower[i], bayesmeta_grid));
  }
}

TEST_CASE("Crins et al. 2014: six trials of acute rejection, and its two randomised ones, as nested integrals in R have them") {
  // the example of Roever (2020), and the case of two trials of Friede et al. (2017): log odds ratios of IL-2RA against none. R 4.2: integrate() over
  // tau at 1e-12 with uniroot(), a program of its own; what those papers print was not at hand.
  const auto log_odds_ratios = [](const std::vector<std::array<double, 4>>& tables) {
    numbers y, v;
    for (auto [a, n1, c, n2] : tables) {
      double b = n1 - a, d = n2 - c;
      if (a == 0) {
        a += 0.5;
        b += 0.5;
        c += 0.5;
        d += 0.5;
      }
      y.push_back(std::log(a * d / (b * c)));
      v.push_back(1 / a + 1 / b + 1 / c + 1 / d);
    }
    return data(y, v);
  };
  struct expected {
    double mean, sd, lower, median, upper, tau, tau_sd, tau_median, tau_95, next_lower, next_upper, below, next_below;
  };
  const auto check = [](const auto& p, const expected& x) {
    const auto s = summarise(p);
    for (const auto& [ours, theirs] : {std::pair(*s.mean.mean, x.mean), std::pair(*s.mean.sd, x.sd), std::pair(s.mean.lower, x.lower), std::pair(s.mean.median, x.median),
                                       std::pair(s.mean.upper, x.upper), std::pair(*s.tau.mean, x.tau), std::pair(*s.tau.sd, x.tau_sd), std::pair(s.tau.median, x.tau_median),
                                       std::pair(p.tau().quantile(0.95), x.tau_95), std::pair(s.next.lower, x.next_lower), std::pair(s.next.upper, x.next_upper),
                                       std::pair(p.mean().cdf(0), x.below), std::pair(p.next().cdf(0), x.next_below)}) {
      CHECK(close(ours, theirs, printed(10)));
    }
  };
  check(normal_normal(log_odds_ratios({{14, 61, 15, 20}, {16, 28, 19, 28}, {3, 18, 8, 12}, {9, 54, 29, 54}, {4, 36, 11, 36}, {0, 50, 3, 34}}), half_normal{0.5}, normal_mean{0, 4}),
        {-1.576425367302, 0.329368154501, -2.237894914602, -1.573495304877, -0.933505849735, 0.381056203405, 0.259367213993, 0.344502303863, 0.860719251572, -2.773027050399,
         -0.417299441807, 0.999939873103, 0.991329088550});
  const auto two = log_odds_ratios({{14, 61, 15, 20}, {4, 36, 11, 36}});  // Heffron 2003 and Spada 2006
  check(normal_normal(two, half_normal{0.5}), {-1.810270088947, 0.556189524485, -2.905740198730, -1.811708755743, -0.705554432001, 0.388428608246, 0.288496827741, 0.332578504998,
                                                0.940480036103, -3.297734439504, -0.306482758793, 0.997775898437, 0.986473610243});
  check(normal_normal(two, half_normal{1}), {-1.803703686385, 0.761784135436, -3.340113818446, -1.806941664974, -0.246825920055, 0.701200557316, 0.532861924659, 0.590515957599,
                                             1.733285370277, -4.243754937672, 0.659902176878, 0.984267410513, 0.948185750416});
}

TEST_CASE("two-dimensional quadrature of likelihood times priors gives the same distributions") {
  struct example {
    numbers y, v;
    double scale;
  };
  for (const example& e : {example{{-1.2, -0.3}, {0.4, 0.1}, 0.5}, example{{0.3, -0.4, 1.1}, {0.2, 0.05, 0.6}, 1.0},
                           example{{0.1, 0.1, 0.1, 0.1}, {0.01, 0.02, 0.5, 2}, 0.3}}) {
    const auto p = normal_normal(data(e.y, e.v), half_normal{e.scale}, normal_mean{0.2, 1.5});
    const auto joint = [&](double mean, double tau) {
      double value = normal(mean, 0.2, 2.25) * 2 * normal(tau, 0, e.scale * e.scale);
      for (std::size_t i = 0; i < e.y.size(); ++i) value *= normal(e.y[i], mean, e.v[i] + tau * tau);
      return value;
    };
    // of g(mean, tau) over tau > 0 and mean < end
    const auto integral = [&](const auto& g, double end) {
      return by_panels([&](double tau) { return by_panels([&](double m) { return joint(m, tau) * g(m, tau); }, -9, end, 0.4); }, 0, 9 * e.scale, e.scale / 2);
    };
    const double mass = integral([](double, double) { return 1.0; }, 9);
    CHECK(close(std::exp(*p.log_marginal_likelihood()), mass, digits10));
    CHECK(close(p.mean().cdf(-0.2), integral([](double, double) { return 1.0; }, -0.2) / mass, digits10));
    CHECK(close(*p.mean().mean(), integral([](double m, double) { return m; }, 9) / mass, digits10));
    CHECK(close(*p.tau().mean(), integral([](double, double tau) { return tau; }, 9) / mass, digits10));
    CHECK(close(*p.tau().sd(), std::sqrt(integral([](double, double tau) { return tau * tau; }, 9) / mass - std::pow(*p.tau().mean(), 2)), digits10));
    CHECK(close(p.next().upper_tail(0.5), integral([](double m, double tau) { return tau > 0 ? 0.5 * std::erfc((0.5 - m) / (tau * M_SQRT2)) : double(m > 0.5); }, 9) / mass,
                tolerance{0, 0, 1e-6, "the step at tau = 0 spoils the brute force"}));
    const auto tau_below = [&](double x) { return by_panels([&](double tau) { return by_panels([&](double m) { return joint(m, tau); }, -9, 9, 0.4); }, 0, x, e.scale / 2) / mass; };
    CHECK(close(p.tau().cdf(0.3), tau_below(0.3), digits10));
    CHECK(close(tau_below(p.tau().quantile(0.9)), 0.9, digits10));
    CHECK(close(p.joint_density(0.1, 0.4), joint(0.1, 0.4) / mass, digits10));
    CHECK(close(p.study(0).cdf(-0.2), integral([&](double m, double tau) {
                  const double b = e.v[0] / (e.v[0] + tau * tau), centre = b * m + (1 - b) * e.y[0];
                  const double sd = tau * std::sqrt(b);
                  return sd > 0 ? 0.5 * std::erfc((centre + 0.2) / (sd * M_SQRT2)) : double(centre < -0.2);
                }, 9) / mass, tolerance{0, 0, 1e-6, "the same"}));
  }
}

TEST_CASE("a scale of tau near nothing gives the common effect, and one study with a normal prior the textbook's normal") {
  const numbers y{0.3, -0.4, 1.1}, v{0.2, 0.05, 0.6};
  const auto p = normal_normal(data(y, v), half_normal{1e-9});
  double w = 0, wy = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    w += 1 / v[i];
    wy += y[i] / v[i];
  }
  CHECK(close(*p.mean().mean(), wy / w, digits12));
  CHECK(close(*p.mean().sd(), 1 / std::sqrt(w), digits12));
  CHECK(close(*p.bayes_factor_no_heterogeneity(), 1.0, digits10));
  CHECK(close(p.tau().quantile(0.5), 1e-9 * 0.6744897501960817, digits10));
  const auto one = normal_normal(data({0.8}, {0.09}), half_normal{1e-9}, normal_mean{0, 0.4});
  CHECK(close(*one.mean().mean(), 0.8 * 0.16 / 0.25, digits12));
  CHECK(close(*one.mean().sd(), std::sqrt(0.09 * 0.16 / 0.25), digits12));
  CHECK(close(std::exp(*one.log_marginal_likelihood()), normal(0.8, 0, 0.25), digits12));
  CHECK(close(*one.bayes_factor_mean(), normal(0.8, 0, 0.09) / normal(0.8, 0, 0.25), digits12));
}

TEST_CASE("one and two studies work with a proper prior, and moments that do not exist are empty") {
  const auto one = normal_normal(data({0.8}, {0.09}), half_cauchy{0.5});
  CHECK_FALSE(one.tau().mean());
  CHECK_FALSE(one.mean().mean());
  CHECK(close(one.tau().quantile(0.5), 0.5, digits10));  // one study says nothing on tau
  CHECK(close(one.mean().quantile(0.5), 0.8, digits12));
  const auto two = normal_normal(data({0.8, 0.1}, {0.09, 0.2}), half_cauchy{0.5});
  CHECK(two.tau().mean());
  CHECK_FALSE(two.tau().sd());
  CHECK(two.mean().mean());
  CHECK_FALSE(two.mean().sd());
  const auto three = normal_normal(data({0.8, 0.1, 0.4}, {0.09, 0.2, 0.1}), half_cauchy{0.5});
  CHECK(three.tau().sd());
  CHECK(three.mean().sd());
  CHECK(normal_normal(data({0.8}, {0.09}), half_cauchy{0.5}, normal_mean{0, 1}).mean().sd());
  CHECK(normal_normal(data({0.8}, {0.09}), log_t_tau2(-3.44, 2.59)).tau().quantile(0.5) > 0);
}

TEST_CASE("other units change nothing but the units, from 1e-8 to 1e8 and farther") {
  const numbers y{-1.2, -0.3, 0.5}, v{0.4, 0.1, 0.2};
  const auto base = summarise(normal_normal(data(y, v), half_normal{0.5}, normal_mean{0, 2}));
  for (double unit : {1e-60, 1e-8, 1e8, 1e60}) {
    numbers yu, vu;
    for (std::size_t i = 0; i < 3; ++i) {
      yu.push_back(y[i] * unit);
      vu.push_back(v[i] * unit * unit);
    }
    const auto s = summarise(normal_normal(data(yu, vu), half_normal{0.5 * unit}, normal_mean{0, 2 * unit}));
    for (const auto& [a, b] : {std::pair(s.mean, base.mean), std::pair(s.tau, base.tau), std::pair(s.next, base.next), std::pair(s.studies[1], base.studies[1])}) {
      CHECK(close(*a.mean / unit, *b.mean, digits10));
      CHECK(close(*a.sd / unit, *b.sd, digits10));
      CHECK(close(a.median / unit, b.median, digits10));
      CHECK(close(a.mode / unit, b.mode, at_scale(digits8, 1)));
      CHECK(close(a.lower / unit, b.lower, digits10));
      CHECK(close(a.upper / unit, b.upper, digits10));
      CHECK(close(a.shortest_upper / unit, b.shortest_upper, digits10));
    }
  }
}

TEST_CASE("a common shift of effects and prior shifts the mean; a change of sign and of order changes nothing else") {
  const auto base = normal_normal(data({-1.2, -0.3, 0.5}, {0.4, 0.1, 0.2}), half_t{0.5, 4}, normal_mean{0.1, 2});
  const auto shifted = normal_normal(data({1000000 - 1.2, 1000000 - 0.3, 1000000 + 0.5}, {0.4, 0.1, 0.2}), half_t{0.5, 4}, normal_mean{1000000.1, 2});
  CHECK(close(*shifted.mean().mean() - 1e6, *base.mean().mean(), tolerance{0, 0, 1e-9, "a few ulps of a million"}));
  CHECK(close(*shifted.tau().mean(), *base.tau().mean(), tolerance{1e-9, 0, 0, "the same"}));
  const auto turned = normal_normal(data({-0.5, 1.2, 0.3}, {0.2, 0.4, 0.1}), half_t{0.5, 4}, normal_mean{-0.1, 2});
  CHECK(close(turned.mean().cdf(0.2), base.mean().upper_tail(-0.2), digits12));
  CHECK(close(turned.mean().mode(), -base.mean().mode(), digits12));
  CHECK(close(turned.tau().quantile(0.1), base.tau().quantile(0.1), digits12));
}

TEST_CASE("equal effects, a dominating study, and variances over 16 decades") {
  const auto equal = normal_normal(data({0.4, 0.4, 0.4}, {0.1, 0.2, 0.3}), half_cauchy{0.5});
  CHECK(close(*equal.mean().mean(), 0.4, digits12));
  CHECK(equal.tau().mode() == 0);
  CHECK(equal.tau().shortest(0.95).first == 0);
  const auto dominated = normal_normal(data({0.1, 0.9, 0.5}, {1e-12, 0.2, 0.3}), half_normal{0.5});
  CHECK(close(dominated.mean().cdf(dominated.mean().quantile(0.2)), 0.2, digits10));
  CHECK(close(*dominated.study(0).mean(), 0.1, digits6));
  const auto wide = normal_normal(data({0.1, 0.9, 0.5, -0.2}, {1e-8, 1e-3, 1, 1e8}), uniform_tau{5});
  const auto s = summarise(wide);
  CHECK(s.mean.lower < s.mean.median);
  CHECK(close(wide.tau().cdf(s.tau.median) + wide.tau().upper_tail(s.tau.median), 1.0, digits10));
}

TEST_CASE("tau's summaries belong together: quantiles, mode, shortest interval") {
  const auto& e = bcg_effects();
  const auto check = [](const auto& tau) {
    for (double p : {1e-6, 0.025, 0.5, 0.975, 1 - 1e-6}) CHECK(close(tau.cdf(tau.quantile(p)), p, digits10));
    for (double q : {1e-6, 0.3}) CHECK(close(tau.upper_tail(tau.upper_quantile(q)), q, digits10));
    const double m = tau.mode();
    CHECK(tau.density(m) >= tau.density(m * 1.001));
    CHECK(tau.density(m) >= tau.density(m * 0.999));
    const auto s = tau.shortest(0.9);
    CHECK(close(tau.cdf(s.second) - tau.cdf(s.first), 0.9, digits10));
    for (int i = 0; i < 40; ++i) {
      const double p = 0.1 * (i + 0.5) / 40;
      CHECK(tau.upper_quantile(0.1 - p) - tau.quantile(p) >= (s.second - s.first) * (1 - 1e-9));
    }
    const double slope = (tau.density(0.3 + 1e-5) - tau.density(0.3 - 1e-5)) / 2e-5;
    CHECK(close(tau.density_and_slope(0.3).slope, slope, tolerance{1e-5, 0.01, 0, "a difference quotient"}));
  };
  check(normal_normal(e, half_normal{0.5}).tau());
  check(normal_normal(e, half_cauchy{0.5}).tau());
  check(normal_normal(e, uniform_tau{10}).tau());
  check(normal_normal(e, uniform_tau{0.5}).tau());  // most of the likelihood lies beyond the end
  check(normal_normal(e, flat_tau{}).tau());
  check(normal_normal(e, jeffreys_tau{}).tau());
  check(normal_normal(e, log_normal_tau2(-3.95, 1.34)).tau());
  check(normal_normal(e, log_t_tau2(-3.44, 2.59)).tau());
  check(normal_normal(e, inverse_gamma_tau2(0.001, 0.001)).tau());
  check(normal_normal(data({0.4, 0.5}, {0.1, 0.2}), inverse_gamma_tau2(0.001, 0.001)).tau());
  CHECK(normal_normal(e, uniform_tau{0.3}).tau().shortest(0.9).second == 0.3);
}

TEST_CASE("the joint mode is where both slopes of the joint density are 0") {
  const auto p = normal_normal(bcg_effects(), half_normal{0.5}, normal_mean{0, 4});
  const auto [mean, tau] = p.joint_mode();
  const double top = p.joint_density(mean, tau), h = 1e-4;
  CHECK(std::fabs(p.joint_density(mean + h, tau) - p.joint_density(mean - h, tau)) / (2 * h) < 1e-6 * top);
  CHECK(std::fabs(p.joint_density(mean, tau + h) - p.joint_density(mean, tau - h)) / (2 * h) < 1e-4 * top);
  CHECK(p.joint_density(mean, tau * 0.99) < top);
}

TEST_CASE("Bayes factors are ratios of marginal likelihoods") {
  const numbers y{0.3, -0.4, 1.1}, v{0.2, 0.05, 0.6};
  const auto p = normal_normal(data(y, v), half_normal{0.5}, normal_mean{0.1, 1});
  const double at_zero = by_panels([&](double tau) {
    double value = 2 * normal(tau, 0, 0.25);
    for (std::size_t i = 0; i < 3; ++i) value *= normal(y[i], 0, v[i] + tau * tau);
    return value;
  }, 0, 5, 0.25);
  CHECK(close(*p.bayes_factor_mean(), at_zero / std::exp(*p.log_marginal_likelihood()), digits10));
  const auto common = normal_normal(data(y, v), half_normal{1e-9}, normal_mean{0.1, 1});
  CHECK(close(*p.bayes_factor_no_heterogeneity(), std::exp(*common.log_marginal_likelihood() - *p.log_marginal_likelihood()), digits10));
  CHECK_FALSE(normal_normal(data(y, v), half_normal{0.5}).log_marginal_likelihood());
  CHECK_FALSE(normal_normal(data(y, v), half_normal{0.5}).bayes_factor_mean());
  CHECK_FALSE(normal_normal(data(y, v), flat_tau{}, normal_mean{0, 1}).bayes_factor_no_heterogeneity());
}

TEST_CASE("a t prior of the mean: two-dimensional quadrature gives the same posterior") {
  const numbers y{-1.2, -0.3, 0.4}, v{0.4, 0.1, 0.3};
  for (const t_mean& prior : {t_mean(0.2, 0.5, 1), t_mean(4, 0.3, 4), t_mean(0, 2, 30)}) {
    const auto p = normal_normal(data(y, v), half_normal{0.5}, prior);
    const auto t = [&](double z) { return std::exp(std::lgamma((prior.df + 1) / 2) - std::lgamma(prior.df / 2)) / std::sqrt(M_PI * prior.df) * std::pow(1 + z * z / prior.df, -(prior.df + 1) / 2); };
    const auto joint = [&](double mean, double tau) {
      double value = t((mean - prior.mean) / prior.scale) / prior.scale * 2 * normal(tau, 0, 0.25);
      for (std::size_t i = 0; i < y.size(); ++i) value *= normal(y[i], mean, v[i] + tau * tau);
      return value;
    };
    const auto integral = [&](const auto& g, double end) {
      return by_panels([&](double tau) { return by_panels([&](double m) { return joint(m, tau) * g(m, tau); }, -16, end, 0.4); }, 0, 5.5, 0.25);
    };
    const double mass = integral([](double, double) { return 1.0; }, 16);
    CHECK(close(std::exp(*p.log_marginal_likelihood()), mass, digits10));
    CHECK(close(*p.mean().mean(), integral([](double m, double) { return m; }, 16) / mass, digits8));
    CHECK(close(p.mean().cdf(-0.2), integral([](double, double) { return 1.0; }, -0.2) / mass, digits10));
    CHECK(close(*p.tau().mean(), integral([](double, double tau) { return tau; }, 16) / mass, digits10));
    CHECK(close(p.joint_density(0.1, 0.4), joint(0.1, 0.4) / mass, digits10));
    CHECK(close(*p.bayes_factor_mean(0.5), by_panels([&](double tau) { return joint(0.5, tau); }, 0, 5.5, 0.25) / (t((0.5 - prior.mean) / prior.scale) / prior.scale) / mass, digits10));
    const auto shrunk = [&](double m, double tau) { return (tau * tau * y[0] + v[0] * m) / (tau * tau + v[0]); };
    CHECK(close(*p.study(0).mean(), integral(shrunk, 16) / mass, digits8));
    const double h = 1e-4, slope = (p.tau().density(0.3 + h) - p.tau().density(0.3 - h)) / (2 * h);
    CHECK(close(p.tau().density_and_slope(0.3).slope, slope, digits6));
    const auto [m, tau] = p.joint_mode();
    const double top = p.joint_density(m, tau);
    for (double step : {-1e-3, 1e-3}) {
      CHECK(p.joint_density(m + step, tau) < top);
      CHECK((tau + step < 0 || p.joint_density(m, tau + step) < top));
    }
  }
}

TEST_CASE("a t prior of many degrees of freedom is the normal one; far from the data it gives way, the normal one does not") {
  const auto e = data({-1.2, -0.3, 0.4}, {0.4, 0.1, 0.3});
  const auto many = normal_normal(e, half_normal{0.5}, t_mean(0.3, 0.6, 1000)), normal_prior = normal_normal(e, half_normal{0.5}, normal_mean(0.3, 0.6));
  CHECK(close(*many.mean().mean(), *normal_prior.mean().mean(), tolerance{0, 0, 1e-3, "1 / df"}));
  const auto flat = normal_normal(e, half_normal{0.5});
  CHECK(std::fabs(*normal_normal(e, half_normal{0.5}, t_mean(50, 0.5, 4)).mean().mean() - *flat.mean().mean()) < 0.1);
  CHECK(*normal_normal(e, half_normal{0.5}, normal_mean(50, 0.5)).mean().mean() > 20);
  const auto s = summarise(normal_normal(e, half_cauchy{0.5}, t_mean(0, 0.5, 1)));
  CHECK(s.mean.lower < s.mean.mode);
  CHECK(s.mean.shortest_upper - s.mean.shortest_lower <= s.mean.upper - s.mean.lower);
  CHECK(normal_normal(data({0.8}, {0.09}), half_cauchy{0.5}, t_mean(0, 1, 1)).mean().mean());
  CHECK_FALSE(normal_normal(data({0.8}, {0.09}), half_cauchy{0.5}).mean().mean());
}

TEST_CASE("given tau the mean is the random-effects mean with that tau") {
  const auto p = normal_normal(data({0.3, -0.4}, {0.2, 0.05}), half_normal{0.5});
  const auto given = p.mean_given(0.5);
  CHECK(close(*given.mean(), (0.3 / 0.45 - 0.4 / 0.3) / (1 / 0.45 + 1 / 0.3), digits14));
  CHECK(close(*given.sd(), 1 / std::sqrt(1 / 0.45 + 1 / 0.3), digits14));
  CHECK_THROWS_AS(p.mean_given(-1), input_error);
}

TEST_CASE("twenty thousand studies, whose posterior is narrow") {
  numbers y, v;
  for (int i = 0; i < 20000; ++i) {
    y.push_back(0.3 * std::sin(i * 12.9898) * M_SQRT2 + 0.5);
    v.push_back(0.01 + 0.0001 * (i % 10));
  }
  const auto p = normal_normal(data(y, v), half_cauchy{0.5});
  CHECK(close(*p.tau().mean(), std::sqrt(0.09 - 0.01), tolerance{0.05, 0, 0, "a thousandth part of the sd is noise"}));
  CHECK(*p.tau().sd() < 0.01);
  CHECK(close(p.tau().cdf(p.tau().quantile(0.5)), 0.5, digits8));
  CHECK(p.tau().nodes().size() < 300);
}

namespace {

struct shaped {
  int kind = 0;
  double upper() const { return INFINITY; }
  double tail_power() const { return INFINITY; }
  bool proper() const { return true; }
  std::string name() const { return "own"; }
  template <class Real>
  Real log_density(const Real& tau) const {
    if (kind == 1) return Real(NAN);
    if (kind == 2) return tau < 0.3 ? Real(-tau) : Real(-3 - tau);  // a jump
    return -tau;
  }
};

}  // namespace

TEST_CASE("a prior of the user's own works; one that gives NaN or has a jump is reported") {
  const auto e = data({0.3, -0.4, 1.1}, {0.2, 0.05, 0.6});
  const auto p = normal_normal(e, shaped{});
  CHECK(p.tau_prior_name() == "own");
  CHECK(close(p.tau().cdf(p.tau().quantile(0.4)), 0.4, digits10));
  CHECK_THROWS_AS(normal_normal(e, shaped{1}), input_error);
  CHECK_THROWS_AS(normal_normal(e, shaped{2}), convergence_error);
}

TEST_CASE("what cannot be answered is refused, and the message says why") {
  const numbers none;
  CHECK_THROWS_WITH_AS(normal_normal(data(none, none), half_normal{}), "normal_normal: there is no study with an effect", input_error);
  CHECK_THROWS_WITH_AS(normal_normal(data({1, 2}, {1, 1}), flat_tau{}),
                       "normal_normal: the flat prior of tau is improper and so would be its posterior with 2 studies; give a proper prior such as half_normal, or more studies",
                       input_error);
  CHECK_THROWS_AS(normal_normal(data({1}, {1}), jeffreys_tau{}), input_error);
  CHECK_NOTHROW(normal_normal(data({1, 2}, {1, 1}), jeffreys_tau{}));
  CHECK_NOTHROW(normal_normal(data({1, 2}, {1, 1}), flat_tau{}, normal_mean{0, 3}));
  CHECK_THROWS_AS(normal_normal(data({1}, {1}), flat_tau{}, normal_mean{0, 3}), input_error);
  CHECK_THROWS_AS(normal_normal(data({1}, {1}), inverse_gamma_tau2(0.001, 0.001)), not_estimable);
  auto broken = data({1, 2}, {1, 1});
  broken.v[1] = 0;
  CHECK_THROWS_WITH_AS(normal_normal(broken, half_normal{}), "normal_normal: study 'study 2': v = 0 must be finite and positive", input_error);
  broken.v[1] = 1;
  broken.y[0] = NAN;
  CHECK_THROWS_AS(normal_normal(broken, half_normal{}), input_error);
  broken.y[0] = 1;
  broken.v.pop_back();
  CHECK_THROWS_AS(normal_normal(broken, half_normal{}), input_error);
  CHECK_THROWS_AS(normal_normal(data({1, 2}, {1, 1}), half_normal{}).study(2), input_error);
}
