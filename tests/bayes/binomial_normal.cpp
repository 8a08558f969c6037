// SPDX-License-Identifier: BSL-1.0
#include <metapool/bayes/binomial_normal.hpp>

#include "support/close.hpp"

#include <metapool/bayes/normal_normal.hpp>
#include <metapool/effect/binary_effects.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <utility>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {

using trials = std::vector<binary_trial<>>;

trials tables(const std::vector<std::array<double, 4>>& rows) {
  trials r;
  for (const auto& x : rows) r.push_back({.label = "trial " + std::to_string(r.size() + 1), .treated = {.events = x[0], .total = x[1]}, .control = {.events = x[2], .total = x[3]}});
  return r;
}

const trials& three() {
  static const trials t = tables({{1, 12, 7, 12}, {0, 15, 2, 14}, {3, 29, 2, 30}});
  return t;
}

struct numbers {
  double log_evidence, mean, sd, tau_mean, tau_sd, mean_zero, tau_zero;
  std::array<double, 3> studies;
};

template <class Posterior>
void agree(const Posterior& p, const numbers& n, const tolerance& t) {
  CHECK(close(*p.log_marginal_likelihood(), n.log_evidence, t));
  CHECK(close(*p.mean().mean(), n.mean, t));
  CHECK(close(*p.mean().sd(), n.sd, t));
  CHECK(close(*p.tau().mean(), n.tau_mean, t));
  CHECK(close(*p.tau().sd(), n.tau_sd, t));
  CHECK(close(*p.bayes_factor_mean(), n.mean_zero, t));
  CHECK(close(*p.bayes_factor_no_heterogeneity(), n.tau_zero, t));
  for (std::size_t i = 0; i < 3; ++i) CHECK(close(*p.study(i).mean(), n.studies[i], t));
}

// Every answer is a number, and quantiles and probabilities belong together.
template <class Posterior>
void sound(const Posterior& p) {
  const auto s = summarise(p.mean());
  CHECK(std::isfinite(*s.mean));
  CHECK(*s.sd > 0);
  CHECK(s.lower < s.median);
  CHECK(s.median < s.upper);
  CHECK(s.shortest_upper - s.shortest_lower <= (s.upper - s.lower) * (1 + 1e-9));
  CHECK(close(p.mean().cdf(s.upper) - p.mean().cdf(s.lower), 0.95, digits8));
  CHECK(p.tau().quantile(0.5) > 0);
  CHECK(std::isfinite(p.tau().quantile(0.975)));
}

}  // namespace

TEST_CASE("three sparse trials given their margins: nested sums in 50 digits") {
  // Sums over mean (steps of 0.4, -9.6 to 7.2), tau (15 Gauss points on [0, 0.5], [0.5, 1.5], [1.5, 4.4]) and each trial's effect (57 steps of 0.3 tau
  // around the mean) of priors times hypergeometric probabilities, in cpp_bin_float_50.
  const auto p = binomial_normal(three(), odds_ratio{}, half_normal{0.5}, normal_mean{0, 2});
  agree(p, {-5.957493488094568, -1.17815110777541, 0.6995954262446873, 0.4873933682339559, 0.3358565916559944, 0.6481983701736472, 0.7296392929384773, {-1.474928625562502, -1.340020087961719, -0.823353670347796}},
        tolerance{1e-9, 0, 0, "the promise is 8 digits"});
  CHECK(close(p.mean().cdf(0.0), 0.9583430372831766, digits8));  // the same with steps of 1/8 of the mean, by sinc interpolation
  const auto next = p.next();
  CHECK(close(next.cdf(0.0), 0.9153242323375291, digits8));
  CHECK(close(*next.mean(), *p.mean().mean(), digits8));
  CHECK(close(*next.sd() * *next.sd(), *p.mean().sd() * *p.mean().sd() + *p.tau().sd() * *p.tau().sd() + *p.tau().mean() * *p.tau().mean(), digits8));
  const auto [mean, tau] = p.joint_mode();
  const double top = p.joint_density(mean, tau);
  for (const double step : {-0.01, 0.01}) CHECK(p.joint_density(mean + step, tau) < top);
  CHECK(p.joint_density(mean, tau + 0.01) < top);
  CHECK(p.joint_density(mean, -0.1) == 0);
}

TEST_CASE("three sparse trials on the risk ratio: nested sums in 50 digits") {
  // nested_sums/main.cpp, model risk_ratio; in double it gives the same 12 digits, and sums in long double with the baseline's risk summed over its logit (steps of 0.3, -36 to 36) in place of
  // beta functions, other steps of the mean and other panels, 10
  const auto p = binomial_normal(three(), risk_ratio{}, half_normal{0.5}, normal_mean{0, 2});
  agree(p, {-17.701587276245609671, -1.0243409031353395126, 0.6173354807774910168, 0.46353668228095772879, 0.32265869537250554897, 0.72232961261352866345, 0.77296376803508497259, {-1.2713084720945680557, -1.1810791575517419079, -0.70146479005456168871}},
        tolerance{1e-8, 0, 0, "the promise is 8 digits"});
  CHECK(close(p.mean().cdf(0.0), 0.95744838918882582117, digits8));
  CHECK(close(p.mean().quantile(0.013168137866934754568), -2.5, digits8));
  CHECK(close(p.tau().cdf(0.5), 0.59384283435740493662, digits8));
  CHECK(close(p.next().cdf(0.0), 0.90930237882736196032, digits8));
}

TEST_CASE("three sparse trials with a normal baseline: nested sums in 50 digits") {
  // nested_sums/main.cpp, model baseline; in double it gives the same 12 digits
  const auto p = binomial_normal(three(), odds_ratio{}, half_normal{0.5}, normal_mean{0, 2}, normal_baseline{0, 10});
  agree(p, {-19.346962003423700, -1.2404834880222298, 0.71445869942072172, 0.50057384460811245, 0.34137476664092994, 0.57847797415774676, 0.70066502675161565, {-1.5653463614479801, -1.4077390598556616, -0.86291600690637641}},
        tolerance{1e-8, 0, 0, "the promise is 8 digits"});
  CHECK(close(p.mean().cdf(0.0), 0.96266147201329722, digits8));
  CHECK(close(p.mean().quantile(0.042370495336267031), -2.5, digits8));
  CHECK(close(p.tau().cdf(0.5), 0.54914722876734222, digits8));
  CHECK(close(p.next().cdf(0.0), 0.92047526664098764, digits8));
}

TEST_CASE("many events: the posterior of the normal-normal model") {
  const trials t = tables({{3000, 10000, 3600, 10000}, {2100, 7000, 2300, 7000}, {900, 3000, 1200, 3000}});
  const auto compare = [](const auto& p, const auto& n) {
    const tolerance normal{1e-3, 0.1, 0, "the normal approximation, of the order of 1 / events"};
    CHECK(close(*p.mean().mean(), *n.mean().mean(), normal));
    CHECK(close(*p.mean().sd(), *n.mean().sd(), normal));
    CHECK(close(p.tau().quantile(0.5), n.tau().quantile(0.5), normal));
    CHECK(close(p.mean().cdf(-0.1), n.mean().cdf(-0.1), normal));
    CHECK(close(*p.study(2).mean(), *n.study(2).mean(), normal));
  };
  compare(binomial_normal(t, odds_ratio{}, half_normal{0.5}), normal_normal(effect_sizes(t, odds_ratio{}), half_normal{0.5}));
  compare(binomial_normal(t, risk_ratio{}, half_normal{0.5}, normal_mean{0, 2}), normal_normal(effect_sizes(t, risk_ratio{}), half_normal{0.5}, normal_mean{0, 2}));
}

TEST_CASE("exchanged arms change signs only") {
  const trials t = tables({{1, 12, 7, 12}, {0, 15, 2, 14}, {0, 10, 0, 20}});
  trials swapped = t;
  for (auto& x : swapped) std::swap(x.treated, x.control);
  const auto check_pair = [](const auto& a, const auto& b) {
    CHECK(close(*a.mean().mean(), -*b.mean().mean(), digits8));
    CHECK(close(a.mean().cdf(-0.5), b.mean().upper_tail(0.5), digits8));
    CHECK(close(a.tau().quantile(0.7), b.tau().quantile(0.7), digits8));
  };
  check_pair(binomial_normal(t, odds_ratio{}, half_normal{0.5}, normal_mean{0, 2}, normal_baseline{}), binomial_normal(swapped, odds_ratio{}, half_normal{0.5}, normal_mean{0, 2}, normal_baseline{}));
  check_pair(binomial_normal(t, risk_ratio{}, half_normal{0.5}, t_mean{0, 2, 4}), binomial_normal(swapped, risk_ratio{}, half_normal{0.5}, t_mean{0, 2, 4}));
}

TEST_CASE("a double-zero trial says nothing given its margins, and little with the default baseline of risk ratios") {
  trials more = three();
  more.push_back({.label = "none", .treated = {.events = 0.0, .total = 40.0}, .control = {.events = 0.0, .total = 40.0}});
  const auto p = binomial_normal(three(), odds_ratio{}, half_normal{0.5}, normal_mean{0, 2}), q = binomial_normal(more, odds_ratio{}, half_normal{0.5}, normal_mean{0, 2});
  CHECK(*p.mean().mean() == *q.mean().mean());
  CHECK(q.study(3).quantile(0.3) == p.next().quantile(0.3));
  const double before = *binomial_normal(three(), risk_ratio{}, half_normal{0.5}).mean().mean(), after = *binomial_normal(more, risk_ratio{}, half_normal{0.5}).mean().mean();
  CHECK(after != before);
  CHECK(std::fabs(after - before) < 0.03);
}

TEST_CASE("trials that say nothing leave the priors as they were") {
  const auto p = binomial_normal(tables({{0, 10, 0, 12}, {20, 20, 18, 18}}), odds_ratio{}, half_normal{0.5}, normal_mean{0.3, 2});
  CHECK(close(*p.mean().mean(), 0.3, digits8));
  CHECK(close(*p.mean().sd(), 2.0, digits8));
  CHECK(close(p.mean().cdf(-1.0), 0.5 * std::erfc(1.3 / 2 / std::sqrt(2.0)), digits8));
  CHECK(close(p.tau().quantile(0.5), 0.5 * 0.6744897501960817, digits8));
  CHECK(close(*p.bayes_factor_mean(), 1.0, digits8));
  CHECK(close(*p.bayes_factor_no_heterogeneity(), 1.0, digits8));
}

TEST_CASE("sparse tables: every answer is a number, whatever is zero") {
  const normal_mean weak{0, 2};
  for (const trials& t : {tables({{0, 12, 3, 29}}), tables({{0, 12, 0, 29}, {1, 5, 0, 7}}), tables({{0, 12, 2, 29}, {0, 40, 1, 37}, {0, 9, 0, 9}})}) {
    sound(binomial_normal(t, odds_ratio{}, half_normal{0.5}, weak));
    sound(binomial_normal(t, risk_ratio{}, half_normal{0.5}, weak));
  }
  sound(binomial_normal(tables({{5, 5, 0, 6}, {0, 8, 8, 8}}), odds_ratio{}, uniform_tau{3}, weak));
}

TEST_CASE("a summary has mean, tau, the next trial and every trial") {
  const auto p = binomial_normal(tables({{1, 12, 7, 12}, {0, 9, 0, 10}}), odds_ratio{}, half_normal{0.25}, normal_mean{0, 1});
  const auto s = summarise(p, 0.9);
  CHECK(close(s.mean.lower, p.mean().quantile(0.05), digits12));
  CHECK(close(s.tau.median, p.tau().quantile(0.5), digits12));
  CHECK(s.studies.size() == 2);
  CHECK(s.studies[0].median < s.mean.median);   // the trial with the effect is shrunk towards the prior
  CHECK(s.studies[1].median == s.next.median);  // the trial without events says nothing of itself
  CHECK(s.next.upper > s.mean.upper);
}

TEST_CASE("a trial far from all others: nested sums in long double") {
  // 120 steps of the logarithm of tau, 240 of the mean, Gauss panels of the effects. Refused before: the mean moves by many of its standard deviations as tau grows.
  trials t(12, tables({{5, 100, 10, 100}})[0]);
  t.push_back(tables({{99, 100, 1, 100}})[0]);
  const auto agree_with = [](const auto& p, double mean, double sd, double tau, double tau_sd, double log_mass) {
    CHECK(close(*p.mean().mean(), mean, digits8));
    CHECK(close(*p.mean().sd(), sd, digits8));
    CHECK(close(*p.tau().mean(), tau, digits8));
    CHECK(close(*p.tau().sd(), tau_sd, digits8));
    CHECK(close(p.tau().log_integral(), log_mass, digits8));
    CHECK(p.convergence().converged);
    CHECK(p.convergence().residual < 1e-8);
  };
  agree_with(binomial_normal(t, odds_ratio{}, half_normal{0.5}), -0.156117578677679, 0.473007559541242, 1.58280190946121, 0.229453414341829, -49.4526890424959);
  agree_with(binomial_normal(t, odds_ratio{}, half_normal{0.5}, normal_mean{0, 2}), -0.148054459044886, 0.459201332864446, 1.58132030490238, 0.22907230531557, -51.0948089618846);
  agree_with(binomial_normal(t, risk_ratio{}, half_normal{0.5}), -0.345010878027586, 0.334163347613712, 1.06166655705117, 0.198494126644254, -110.467266096031);
}

TEST_CASE("risk ratios of trials in which everyone had the event: the likelihood is exp(-|x|), and so sums of it") {
  const auto p = binomial_normal(tables({{6, 6, 6, 6}}), risk_ratio{}, half_normal{0.5}, normal_mean{0, 2});
  const double rate = 6 + 0.1 / 2;
  double mass = 0, square = 0, absolute = 0;
  for (double u = -3.6; u < 1.7; u += 0.1) {
    const double t = std::exp(u - std::exp(-u));
    for (int j = 0; j <= 1600; ++j) {
      const double m = 0.005 * j;
      const auto half = [&](double s) {  // of the line, exp(-rate s x) N(x; m, t^2)
        const double z = (rate * t - s * m / t) / std::sqrt(2.0);
        return z < 20 ? std::exp(rate * rate * t * t / 2 - rate * s * m) * 0.5 * std::erfc(z) : std::exp(-m * m / (2 * t * t)) / (2 * z * std::sqrt(M_PI));
      };
      const double f = (j == 0 ? 0.5 : 1) * (half(1) + half(-1)) * std::exp(-m * m / 8 - 2 * t * t) * t * (1 + std::exp(-u));
      mass += f;
      square += f * m * m;
      absolute += f * t;
    }
  }
  CHECK(close(*p.mean().sd(), std::sqrt(square / mass), tolerance{1e-6, 0, 0, "the sums, whose steps are wider than the kink for the least tau"}));
  CHECK(close(*p.tau().mean(), absolute / mass, tolerance{1e-6, 0, 0, "the sums"}));
  CHECK(close(p.mean().cdf(0.0), 0.5, digits8));
  CHECK(p.convergence().residual < 1e-6);
}

TEST_CASE("risk ratios of large trials in which nearly all patients had the event: the kink at 1 is resolved") {
  const auto p = binomial_normal(tables({{10000, 10000, 9000, 10000}, {9999, 10000, 9998, 10000}}), risk_ratio{}, half_normal(0.5));
  const auto n = normal_normal(known_effects<double>({std::log(10000.0 / 9000), 0.0001}, {1.0 / 9000 - 1.0 / 10000, 1.0 / 9998 - 1.0 / 10000 + 1e-8}), half_normal(0.5));
  CHECK(close(*p.mean().sd(), *n.mean().sd(), tolerance{1e-3, 0, 0, "the normal approximation; a kink that was not resolved gave 0.232"}));
  CHECK(p.convergence().residual < 1e-6);
}

TEST_CASE("one trial and a half-Cauchy prior: the trial says nothing of tau") {
  const auto p = binomial_normal(tables({{3, 29, 5, 30}}), odds_ratio{}, half_cauchy{0.5});
  for (const double q : {0.1, 0.5, 0.9, 0.999}) CHECK(close(p.tau().quantile(q), 0.5 * std::tan(M_PI / 2 * q), digits8));
  CHECK_FALSE(p.mean().mean());
  CHECK(p.mean().quantile(0.999) > 20);
  CHECK(close(*p.bayes_factor_no_heterogeneity(), 1.0, digits8));
}

TEST_CASE("tau that ends: the next trial's tails end too, and quantiles and probabilities belong together") {
  const auto next = binomial_normal(tables({{3, 45, 1, 11}, {1, 25, 2, 56}}), odds_ratio{}, uniform_tau{2}, normal_mean{0, 2}).next();
  for (const double q : {0.001, 0.03, 0.97, 0.999}) {
    CHECK(close(next.cdf(next.quantile(q)), q, digits8));
    CHECK(close(next.upper_tail(next.quantile(q)), 1 - q, digits8));
  }
}

TEST_CASE("the next trial's variance is that of the mean and the mean of tau squared, however heavy the tails are") {
  const auto by_parts = [](const auto& p, double within) {
    const auto next = p.next();
    CHECK(close(*next.mean(), *p.mean().mean(), digits8));
    CHECK(close(*next.sd(), std::sqrt(*p.mean().sd() * *p.mean().sd() + *p.tau().sd() * *p.tau().sd() + *p.tau().mean() * *p.tau().mean()), tolerance{within, 0, 0, "the tail"}));
  };
  by_parts(binomial_normal(tables({{5, 54, 3, 25}, {5, 50, 29, 29}, {2, 32, 46, 47}}), risk_ratio{}, log_t_tau2{-3.44, 2.59, 5}, t_mean{0.2, 1, 4}), 1e-8);
  const auto p = binomial_normal(tables({{1, 12, 7, 12}, {3, 29, 2, 30}}), odds_ratio{}, half_cauchy{0.5}, t_mean{0, 2, 4});  // tau falls as tau^-4: its variance hardly exists
  by_parts(p, 1e-6);
  CHECK(close(std::hypot(*p.mean().sd(), *p.tau().sd(), *p.tau().mean()), 2.20286908465, digits8));  // and with panels as far as the density is e^-45 of its top
}

TEST_CASE("risk ratios of two trials in which everyone had the event, or nobody: steep on both sides of the kink") {
  // Refused before: what rounding made of a plateau over many powers of ten was taken for a slope.
  const auto p = binomial_normal(tables({{147, 147, 42, 42}, {0, 7, 2, 98}}), risk_ratio{}, half_normal{0.5}, t_mean{0, 1, 4});
  sound(p);
  CHECK(p.convergence().residual <= 1e-6);
  CHECK(close(p.mean().log_integral(), p.tau().log_integral(), digits8));
}

TEST_CASE("the mean of Student's t prior has moments where prior and trials together give them") {
  // It falls as x^-(df + 1) and, where trials bound the effect on both sides, as x^(1 - both) times the tail of tau's prior beside it.
  const auto of = [](double df, const auto& prior, const trials& t) { return binomial_normal(t, odds_ratio{}, prior, t_mean{0, 1, df}).mean().moments(); };
  const trials open = tables({{0, 12, 3, 29}}), one = tables({{4, 29, 3, 29}}), two = tables({{4, 29, 3, 29}, {2, 31, 5, 30}});
  CHECK(of(1.5, half_cauchy{0.5}, open) == 1);
  CHECK(of(1, half_cauchy{0.5}, open) == 0);
  CHECK(of(1, half_cauchy{0.5}, one) == 2);
  CHECK(of(1, log_t_tau2{-3.44, 2.59, 5}, one) == 1);
  CHECK(of(1, log_t_tau2{-3.44, 2.59, 5}, two) == 2);
}

TEST_CASE("what binomial trials cannot answer is refused, and the message says why") {
  CHECK_THROWS_WITH_AS(binomial_normal(trials{}, odds_ratio{}, half_normal{}), "binomial_normal: there is no trial", input_error);
  CHECK_THROWS_WITH_AS(binomial_normal(tables({{0, 12, 3, 29}, {0, 5, 1, 5}}), risk_ratio{}, half_normal{}),
                       "binomial_normal: no trial has an event in its treated arm, so that with a flat prior of the mean the posterior would be that of the priors only; give normal_mean or t_mean", not_estimable);
  CHECK_THROWS_AS(binomial_normal(tables({{12, 12, 3, 29}}), odds_ratio{}, half_normal{}), not_estimable);
  CHECK_THROWS_AS(binomial_normal(tables({{3, 12, 0, 29}}), risk_ratio{}, half_normal{}), not_estimable);
  CHECK_THROWS_AS(binomial_normal(three(), odds_ratio{}, flat_tau{}), input_error);  // two trials bound their odds ratio from both sides
  CHECK_THROWS_AS(binomial_normal(three(), odds_ratio{}, jeffreys_tau{}, normal_mean{0, 2}), input_error);
  // one trial bounds its odds ratio: with tau integrated the density of tau is its prior's, of which half lies beyond 10^300
  CHECK_THROWS_WITH_AS(binomial_normal(tables({{144, 144, 2, 32}, {2, 132, 0, 50}, {0, 46, 1, 143}, {142, 143, 29, 30}}), odds_ratio{}, inverse_gamma_tau2{0.001, 0.001}),
                       "binomial_normal: the posterior of tau has so heavy a tail that its mass lies beyond what this number type holds; give a prior with a thinner tail, or more trials", not_estimable);
  trials broken = three();
  broken[1].treated.events.reset();
  CHECK_THROWS_WITH_AS(binomial_normal(broken, odds_ratio{}, half_normal{}), "binomial_normal: study 'trial 2': a number of events or patients was not reported", input_error);
  broken[1].treated.events = 16;
  CHECK_THROWS_AS(binomial_normal(broken, odds_ratio{}, half_normal{}), input_error);
  broken[1].treated = {2, 1e8};
  CHECK_THROWS_WITH_AS(binomial_normal(broken, odds_ratio{}, half_normal{}), doctest::Contains("study 'trial 2': patients = 100000014 are more than the 10^8"), input_error);
  broken[1].treated = {2, 1e16};
  CHECK_THROWS_WITH_AS(binomial_normal(broken, risk_ratio{}, half_normal{}), doctest::Contains("study 'trial 2': patients = 10000000000000014 are too many"), input_error);
  CHECK_THROWS_AS(binomial_normal(three(), odds_ratio{}, half_normal{}).study(3), input_error);
  CHECK_THROWS_AS(normal_baseline(0, 0), input_error);
  CHECK_THROWS_AS((normal_baseline{std::numeric_limits<double>::infinity(), 1.0}), input_error);
  CHECK_THROWS_AS(log_risk_baseline(0.0), input_error);
}

TEST_CASE("a trial is recorded as bounding its effect from both sides only if it does, which is what gives its own effect moments") {
  metapool::detail::trials_with_likelihoods<double, binary_trial<>> all;
  const auto& t = three()[0];
  all.add(t, true, true, true);
  all.add(t, true, false, true);
  all.add(t, false, true, true);
  all.add(t, false, false, false);
  CHECK(all.bounded == std::vector<bool>{true, false, false, false});
  CHECK(all.below == 2);
  CHECK(all.above == 2);
  CHECK(all.both == 1);
  CHECK_FALSE(all.place[3].has_value());
}
