// SPDX-License-Identifier: BSL-1.0
#include <metapool/model/unconditional_glmm.hpp>

#include "model/sparse_tables.hpp"
#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

using metapool::fixed_study_effects;
using metapool::glmm;
using metapool::odds_ratio;
using metapool::random_study_effects;
using metapool_test::close;
using metapool_test::contains;
using metapool_test::message_of;
using metapool_test::printed;
using metapool_test::trial;

namespace {

double log_binomial(double a, double n, double eta) {
  return std::lgamma(n + 1) - std::lgamma(a + 1) - std::lgamma(n - a + 1) + a * eta - n * std::log1p(std::exp(eta));
}

/// log-likelihood with normal levels by a trapezoidal grid of 241 x 241 nodes.
double brute_force(const std::vector<metapool::binary_trial<>>& trials, double mean, double tau2, double level, double sigma2, double share = 0.5) {
  const double h = 18.0 / 240;
  double sum = 0;
  for (const auto& t : trials) {
    if (*t.treated.events + *t.control.events == 0) continue;
    double integral = 0;
    for (int i = 0; i <= 240; ++i) {
      for (int j = 0; j <= 240; ++j) {
        const double s = -9 + h * i, z = -9 + h * j;
        const double centre = level + std::sqrt(sigma2) * s, theta = mean + std::sqrt(tau2) * z;
        integral += std::exp(log_binomial(*t.treated.events, *t.treated.total, centre + share * theta) +
                             log_binomial(*t.control.events, *t.control.total, centre - (1 - share) * theta) - (s * s + z * z) / 2);
      }
    }
    sum += std::log(integral * h * h / (2 * 3.14159265358979323846));
  }
  return sum;
}

}  // namespace

TEST_CASE("Fixed study effects: BCG and the catheter trials as in metafor") {
  // metafor 3.8, UM.FS: -0.7450, se 0.1756, tau2 0.2949, Wald 163.1649, LRT 176.9544 on 12 df
  const auto bcg = glmm(metapool_test::bcg(), odds_ratio{}, fixed_study_effects{});
  CHECK(bcg.convergence.converged);
  CHECK(bcg.convergence.residual < 1e-8);
  CHECK(close(bcg.estimate, -0.7450, printed(4)));
  CHECK(close(bcg.se, 0.1756, printed(4)));
  CHECK(close(bcg.tau2, 0.2949, printed(4)));
  CHECK(close(bcg.q_wald, 163.1649, printed(4)));
  CHECK(close(bcg.q_lrt, 176.9544, printed(4)));
  CHECK(bcg.df == 12);
  // metafor 5.1: -1.2369, se 0.2804, tau2 0.3198, Wald 11.93825, LRT 28.73591 on 16 df; its search stops 4e-4 before the maximum
  const auto catheters = glmm(metapool_test::catheters(), odds_ratio{}, fixed_study_effects{});
  CHECK(close(catheters.estimate, -1.2369, metapool_test::tolerance{5e-4, 0, 0, "the peer's search"}));
  CHECK(close(catheters.tau2, 0.3198, metapool_test::tolerance{2e-3, 0, 0, "the peer's search"}));
  CHECK(close(catheters.q_wald, 11.93825, printed(4)));
  CHECK(close(catheters.q_lrt, 28.73591, printed(4)));
  CHECK(catheters.df == 16);
}

TEST_CASE("Fixed study effects with tau2 = 0 are the logistic regression of the counts") {
  // R's glm on the sparse set of the reference cases: -1.877161, se 0.824548; LRT of homogeneity 3.722712 on 4 df
  const std::vector<metapool::binary_trial<>> sparse{trial("1", 0, 30, 2, 9),  trial("2", 0, 6, 2, 26),  trial("3", 0, 28, 0, 16),
                                                     trial("4", 1, 29, 2, 25), trial("5", 1, 20, 3, 26), trial("6", 0, 21, 1, 11)};
  const auto fit = glmm(sparse, odds_ratio{}, fixed_study_effects{});
  CHECK(fit.tau2 == 0);
  CHECK(close(fit.estimate, -1.877161, printed(6)));
  CHECK(close(fit.se, 0.824548, printed(6)));
  CHECK(close(fit.q_lrt, 3.722712, printed(6)));
  // only two studies have a finite odds ratio: (difference)^2 over the sum of their variances
  const double d = std::log(1.0 * 23 / (28.0 * 2)) - std::log(1.0 * 23 / (19.0 * 3));
  CHECK(close(fit.q_wald, d * d / (1 + 1.0 / 28 + 0.5 + 1.0 / 23 + 1 + 1.0 / 19 + 1.0 / 3 + 1.0 / 23), metapool_test::digits10));
}

TEST_CASE("Random study effects: the log-likelihood is that of a grid, highest at the estimate") {
  const std::vector<metapool::binary_trial<>> trials{trial("1", 1, 12, 5, 12), trial("2", 4, 30, 3, 28), trial("3", 0, 20, 4, 21), trial("4", 9, 25, 8, 24),
                                                     trial("5", 2, 40, 9, 39)};
  const auto fit = glmm(trials, odds_ratio{}, random_study_effects{});
  REQUIRE(fit.tau2 > 0);
  REQUIRE(*fit.sigma2 > 0);
  CHECK(fit.convergence.residual < 1e-8);
  const auto f = [&](double a, double b, double c, double d) { return brute_force(trials, fit.estimate + a, fit.tau2 + b, *fit.intercept + c, *fit.sigma2 + d); };
  CHECK(close(fit.log_likelihood, f(0, 0, 0, 0), metapool_test::digits8));
  const double h = 1e-2;
  for (const double d : {-h, h}) {
    CHECK(f(d, 0, 0, 0) < fit.log_likelihood);
    CHECK(f(0, d, 0, 0) < fit.log_likelihood);
    CHECK(f(0, 0, d, 0) < fit.log_likelihood);
    CHECK(f(0, 0, 0, d) < fit.log_likelihood);
  }
}

TEST_CASE("Random study effects: the trials of Hahn et al. as in lme4") {
  // metafor 3.8, UM.RS: -0.4887842, se 0.1397710, tau2 0, LRT 15.4067. Its Wald statistic 12.125 takes sigma2 as known; lme4's glmer with seven
  // nodes and all second derivatives gives 10.79054.
  const auto fit = glmm(metapool_test::hahn(), odds_ratio{}, random_study_effects{});
  CHECK(fit.tau2 == 0);
  CHECK(close(fit.estimate, -0.48878, metapool_test::tolerance{1e-3, 0, 0, "Laplace's approximation"}));
  CHECK(close(fit.se, 0.13977, metapool_test::tolerance{5e-3, 0, 0, "Laplace's approximation"}));
  CHECK(close(fit.q_lrt, 15.41, printed(1)));
  CHECK(close(fit.q_wald, 10.79054, printed(4)));
}

TEST_CASE("Random study effects of BCG are near metafor's Laplace approximation") {
  // metafor 3.8, UM.RS (Laplace): -0.7616, tau2 0.3198, sigma2 1.8616, log-likelihood -126.2963
  const auto fit = glmm(metapool_test::bcg(), odds_ratio{}, random_study_effects{});
  CHECK(close(fit.estimate, -0.7616, metapool_test::tolerance{1e-3, 0, 0, "Laplace's approximation"}));
  CHECK(close(fit.tau2, 0.3198, metapool_test::tolerance{1e-2, 0, 0, "Laplace's approximation"}));
  CHECK(close(*fit.sigma2, 1.8616, metapool_test::tolerance{1e-2, 0, 0, "Laplace's approximation"}));
  CHECK(close(fit.q_lrt, 174.13, metapool_test::tolerance{1e-3, 0, 0, "Laplace's approximation"}));
  CHECK(fit.parameters == std::vector<std::string>{"mean", "tau2", "level", "sigma2"});
}

TEST_CASE("Rates: Poisson models of the catheter infections as in metafor") {
  // metafor 3.8: UM.FS -0.45874, se 0.22483, tau2 0.09562, Wald 9.69762, LRT 11.60177
  const auto fixed = glmm(metapool_test::catheter_rates(), metapool::incidence_rate_ratio{}, fixed_study_effects{});
  CHECK(close(fixed.estimate, -0.45874, metapool_test::tolerance{1e-3, 0, 0, "the peer's search"}));
  CHECK(close(fixed.tau2, 0.09562, metapool_test::tolerance{1e-3, 0, 0, "the peer's search"}));
  CHECK(close(fixed.q_lrt, 11.60177, printed(5)));
  const auto random = glmm(metapool_test::catheter_rates(), metapool::incidence_rate_ratio{}, random_study_effects{});
  CHECK(close(random.estimate, -0.4676, metapool_test::tolerance{5e-3, 0, 0, "Laplace's approximation"}));
  CHECK(close(random.q_lrt, 13.14467, metapool_test::tolerance{5e-3, 0, 0, "Laplace's approximation"}));
}

TEST_CASE("The risk ratio's Poisson model is the rate ratio's with patients as exposure") {
  std::vector<metapool::rate_trial<>> rates;
  for (const auto& t : metapool_test::catheters()) rates.push_back({t.label, {t.treated.events, t.treated.total}, {t.control.events, t.control.total}});
  const auto rr = glmm(metapool_test::catheters(), metapool::risk_ratio{}, fixed_study_effects{});
  const auto irr = glmm(rates, metapool::incidence_rate_ratio{}, fixed_study_effects{});
  CHECK(rr.estimate == irr.estimate);
  CHECK(rr.log_likelihood == irr.log_likelihood);
  const auto random = glmm(metapool_test::catheters(), metapool::risk_ratio{}, random_study_effects{});
  CHECK(random.convergence.residual < 1e-8);
  CHECK(random.estimate < -1);
}

TEST_CASE("Swapped arms flip the sign, and double-zero trials tell of the levels if they are kept") {
  const auto swapped = metapool_test::swapped(metapool_test::catheters());
  CHECK(close(glmm(swapped, odds_ratio{}, fixed_study_effects{}).estimate, -glmm(metapool_test::catheters(), odds_ratio{}, fixed_study_effects{}).estimate,
              metapool_test::digits8));
  const auto dropped = glmm(metapool_test::catheters(), odds_ratio{}, random_study_effects{});
  CHECK(close(glmm(swapped, odds_ratio{}, random_study_effects{}).estimate, -dropped.estimate, metapool_test::digits6));
  const auto kept = glmm(metapool_test::catheters(), odds_ratio{}, random_study_effects{.double_zeros = metapool::double_zero::keep});
  CHECK(kept.k == 17);
  CHECK(kept.audit[14].status == metapool::study_status::pooled);
  CHECK(*kept.intercept < *dropped.intercept);
}

TEST_CASE("Infinite estimates of the unconditional models have a note with the reason; one study has no variance of levels") {
  const std::vector<metapool::binary_trial<>> none{trial("a", 0, 12, 5, 12), trial("b", 0, 29, 2, 29)};
  CHECK(contains(glmm(none, odds_ratio{}, fixed_study_effects{}).notes.back(), "treated arm has no event"));
  CHECK(contains(glmm(metapool_test::swapped(none), odds_ratio{}, fixed_study_effects{}).notes.back(), "infinite"));
  CHECK(contains(glmm(none, odds_ratio{}, random_study_effects{}).notes.back(), "no event in any study"));
  CHECK(contains(message_of<metapool::not_estimable>([] { glmm(std::vector<metapool::binary_trial<>>{trial("a", 0, 12, 5, 12)}, odds_ratio{}, random_study_effects{}); }), "two studies"));
  const std::vector<metapool::binary_trial<>> one{trial("a", 1, 12, 5, 12)};
  CHECK(contains(message_of<metapool::not_estimable>([&] { glmm(one, odds_ratio{}, random_study_effects{}); }), "two studies"));
  const std::vector<metapool::binary_trial<>> empty{trial("a", 0, 12, 0, 12)};
  CHECK(contains(message_of<metapool::not_estimable>([&] { glmm(empty, odds_ratio{}, fixed_study_effects{}); }), "no study has information"));
  CHECK_THROWS_AS(glmm(std::vector<metapool::binary_trial<>>{}, odds_ratio{}, fixed_study_effects{}), metapool::input_error);
}

TEST_CASE("A search that meets the edge of the levels' variance with rules that are too coarse inside goes on with finer ones") {
  // with sigma2 = 0 the likelihood rises to -12.94 at tau2 = 94; a rule of few nodes for sigma2 > 0 has it 0.2 lower there; by enough nodes it is -12.68 at tau2 = 399
  const std::vector<metapool::binary_trial<>> tiny{trial("a", 3, 3, 0, 1), trial("b", 0, 1, 0, 1), trial("c", 0, 4, 2, 3), trial("d", 1, 1, 0, 4),
                                                   trial("e", 0, 5, 0, 2), trial("f", 1, 1, 0, 1), trial("g", 0, 1, 1, 4)};
  const random_study_effects model{metapool::double_zero::keep, metapool::effect_coding::treated};
  CHECK(contains(message_of<metapool::not_estimable>([&] { glmm(tiny, odds_ratio{}, model); }), "the likelihood rises with tau2 for ever"));
}

TEST_CASE("Levels and effects correlated, next to no tau2: the end of the ridge of one covariance is found") {
  // random tables; all shares from 16 to 21 are within 4e-7 of the highest likelihood
  const double tables[][4]{
      {2, 62, 2, 60}, {0, 30, 1, 41}, {1, 12, 1, 19}, {3, 24, 3, 24}, {1, 17, 1, 16}, {0, 45, 0, 19}, {0, 48, 2, 60}, {0, 28, 0, 23}, {1, 8, 2, 18},
      {1, 40, 0, 38}, {0, 52, 3, 55}, {3, 35, 0, 9}, {0, 56, 3, 19}, {1, 44, 1, 62}, {1, 24, 1, 59}, {2, 23, 3, 34}, {1, 48, 3, 17}, {0, 26, 1, 37},
      {2, 53, 1, 15}, {0, 47, 1, 55}, {1, 25, 0, 30}, {1, 31, 3, 48}, {1, 6, 0, 27}, {3, 19, 1, 43}, {0, 30, 2, 39}, {0, 40, 0, 31}, {0, 49, 1, 56},
      {1, 21, 2, 52}, {0, 51, 2, 27}, {0, 33, 0, 8}, {3, 29, 1, 8}, {1, 52, 3, 29}, {2, 62, 2, 10}, {2, 56, 1, 27}, {2, 55, 0, 21}, {1, 31, 1, 20},
      {0, 9, 1, 58}, {3, 44, 3, 30}, {1, 4, 2, 55}, {1, 54, 3, 44}, {1, 27, 0, 48}, {1, 58, 0, 38}, {1, 7, 3, 47}, {0, 43, 0, 31}, {2, 52, 1, 26},
      {0, 46, 2, 37}, {0, 27, 3, 53}, {2, 42, 0, 58}, {1, 9, 3, 52}, {1, 13, 2, 56}, {0, 12, 2, 9}, {1, 14, 3, 32}, {2, 46, 2, 29}, {1, 19, 0, 51},
      {2, 25, 0, 9}, {1, 51, 2, 58}, {2, 41, 0, 42}, {2, 38, 1, 62}, {3, 6, 3, 10}};
  std::vector<metapool::binary_trial<>> trials;
  for (const auto& t : tables) trials.push_back(trial("", t[0], t[1], t[2], t[3]));
  const auto fit = glmm(trials, odds_ratio{}, random_study_effects{metapool::double_zero::drop, metapool::effect_coding::halves, true});
  CHECK(fit.convergence.converged);
  CHECK(fit.convergence.residual < 1e-8);
  // -174.909259 without correlation
  CHECK(close(fit.log_likelihood, -174.909229, metapool_test::digits8));
  REQUIRE(fit.notes.size() == 2);
  CHECK(contains(fit.notes[1], "the likelihood rises as tau2 falls while level and effect keep their covariance"));
  CHECK(fit.tau2 > 0);
  CHECK(fit.tau2 < 1e-3);
}

TEST_CASE("Levels and effects perfectly correlated: a note says so") {
  const auto fit = glmm(metapool_test::sparse_tables(3), odds_ratio{}, random_study_effects{metapool::double_zero::drop, metapool::effect_coding::halves, true});
  REQUIRE(fit.notes.size() == 1);
  CHECK(contains(fit.notes[0], "perfectly correlated"));
  CHECK(close(*fit.correlation, -1.0, metapool_test::digits12));
}

TEST_CASE("Sparse tables of all kinds in the unconditional models: a gradient below 1e-8 or a reason") {
  std::size_t fitted = 0;
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    const auto trials = metapool_test::sparse_tables(seed);
    const auto check = [&](const auto& model) {
      try {
        const auto fit = glmm(trials, odds_ratio{}, model);
        ++fitted;
        if (fit.convergence.converged) CHECK(fit.convergence.residual < 1e-8);
        CHECK(std::isfinite(fit.estimate) == (fit.state == metapool::estimate_state::finite));
        CHECK((fit.se > 0) == (fit.state == metapool::estimate_state::finite));
        CHECK(std::isfinite(fit.q_wald));
        CHECK(fit.log_likelihood >= fit.common_log_likelihood);
      } catch (const metapool::not_estimable& e) {
        CHECK(std::string(e.what()).size() > 20);
      }
    };
    check(fixed_study_effects{});
    check(random_study_effects{});
  }
  CHECK(fitted > 8);
}

namespace {

/// A binomial arm that counts how often its likelihood is asked for.
struct counting_kernel : metapool::detail::binomial_kernel<double> {
  static inline std::size_t asked = 0;
  counting_kernel(double events_, double total_) : metapool::detail::binomial_kernel<double>{events_, total_} {}
  double value(double eta) const {
    ++asked;
    return metapool::detail::binomial_kernel<double>::value(eta);
  }
  double value(double eta, double exponential) const {
    ++asked;
    return metapool::detail::binomial_kernel<double>::value(eta, exponential);
  }
  metapool::detail::jet<double> operator()(double eta) const {
    ++asked;
    return metapool::detail::binomial_kernel<double>::operator()(eta);
  }
};

}  // namespace

TEST_CASE("a level is found where the values of a coarse rule no longer tell a rise") {
  // In this set a level's slope says that the top is 4e-7 away, and no step raises the value by more than rounding: 11 million evaluations, were it values alone
  std::vector<counting_kernel> treated, control;
  for (const auto& t : metapool_test::sparse_tables(38)) {
    treated.emplace_back(*t.treated.events, *t.treated.total);
    control.emplace_back(*t.control.events, *t.control.total);
  }
  std::vector<counting_kernel> some_treated, some_control;
  for (std::size_t i = 0; i < treated.size(); ++i) {
    if ((treated[i].lowest() && control[i].lowest()) || (treated[i].highest() && control[i].highest())) continue;
    some_treated.push_back(treated[i]);
    some_control.push_back(control[i]);
  }
  metapool::detail::fixed_levels_likelihood<double, counting_kernel> likelihood(some_treated, some_control);
  counting_kernel::asked = 0;
  const auto found = metapool::detail::search_maxima<double>(likelihood, likelihood.start(), metapool::detail::search_bounds<double>(likelihood));
  CHECK(found.best.convergence.converged);
  CHECK(counting_kernel::asked < 2000000);
}

TEST_CASE("A kernel's value is the same from an exponential that is known") {
  const auto same = [](const auto& kernel) {
    for (const double eta : {-600.0, -40.0, -3.0, -1e-3, 0.0, 0.7, 5.0, 36.5}) {
      const double direct = kernel.value(eta);
      CHECK(close(kernel.value(eta, kernel.exponential(eta)), direct, metapool_test::digits12));
      CHECK(close(kernel(eta)[0], direct, metapool_test::digits12));
    }
  };
  same(metapool::detail::binomial_kernel<double>{3, 20, 0.4});
  same(metapool::detail::binomial_kernel<double>{20, 20, 0});
  same(metapool::detail::binomial_kernel<double>{0, 7, -1});
  same(metapool::detail::poisson_kernel<double>{4, 2.5});
}

TEST_CASE("An integral over level and effect is the same where nodes lie beyond where an exponential is a number") {
  const auto means = [](auto type) {
    using Real = decltype(type);
    metapool::detail::quadrature_ladder<Real> ladder;
    metapool::detail::two_arm_effect<Real, metapool::detail::binomial_kernel<Real>> study({Real(3), Real(20), Real(0)}, {Real(9), Real(21), Real(0)});
    return study.means(Real(-1600), Real(1600), Real(400), Real(400), ladder, ladder.hermite_rules + 1);
  };
  const auto far = means(double{});
  const auto reference = means(0.0L);
  CHECK(close(far.value, static_cast<double>(reference.value), metapool_test::digits10));
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; i + j < 3; ++j) CHECK(close(far.e[i][j], static_cast<double>(reference.e[i][j]), metapool_test::digits8));
  }
}

TEST_CASE("A likelihood is not asked again for what the last two questions have told") {
  std::vector<counting_kernel> treated{{3, 20}, {1, 30}, {7, 25}}, control{{9, 21}, {4, 31}, {6, 24}};
  metapool::detail::random_levels_likelihood<double, counting_kernel> likelihood(treated, control);
  const std::array<double, 4> x{-0.5, 0.3, -1.2, 0.4}, y{-0.6, 0.3, -1.2, 0.4};
  const double at_x = likelihood(x).value, at_y = likelihood(y).value;
  const std::size_t before = counting_kernel::asked;
  CHECK(likelihood(x).value == at_x);
  CHECK(likelihood(y).value == at_y);
  CHECK(counting_kernel::asked == before);
  likelihood(x);
  likelihood({-0.7, 0.3, -1.2, 0.4});
  const std::size_t then = counting_kernel::asked;
  likelihood(x);
  CHECK(counting_kernel::asked == then);
  bool changed = false;
  likelihood.refine(y, changed);
  const std::size_t refined = counting_kernel::asked;
  likelihood(y);  // by the refined rules, which the refinement has just compared with the ones below
  CHECK(counting_kernel::asked == refined);
}

TEST_CASE("Coding: swapped arms turn one coding into the other; halves only flip the sign") {
  const std::vector<metapool::binary_trial<>> trials{trial("1", 1, 12, 5, 12), trial("2", 9, 30, 3, 28), trial("3", 0, 20, 4, 21), trial("4", 9, 25, 8, 24),
                                                     trial("5", 2, 40, 9, 39)};
  const auto swapped = metapool_test::swapped(trials);
  const auto flips = [&](const auto& model, const auto& mirror) {
    const auto a = glmm(trials, odds_ratio{}, model), b = glmm(swapped, odds_ratio{}, mirror);
    REQUIRE(a.tau2 > 0);
    CHECK(a.convergence.residual < 1e-8);
    CHECK(close(a.estimate, -b.estimate, metapool_test::digits8));
    CHECK(close(a.se, b.se, metapool_test::digits8));
    CHECK(close(a.tau2, b.tau2, metapool_test::digits8));
    CHECK(close(a.log_likelihood, b.log_likelihood, metapool_test::digits10));
    return a;
  };
  using metapool::effect_coding;
  const auto fixed = flips(fixed_study_effects{effect_coding::treated}, fixed_study_effects{effect_coding::control});
  const auto halves = flips(fixed_study_effects{}, fixed_study_effects{});
  CHECK(std::fabs(fixed.log_likelihood - halves.log_likelihood) > 1e-3);
  CHECK(close(fixed.common_log_likelihood, halves.common_log_likelihood, metapool_test::digits12));  // without tau2 there is no difference
  const auto random = flips(random_study_effects{metapool::double_zero::drop, effect_coding::treated}, random_study_effects{metapool::double_zero::drop, effect_coding::control});
  const auto random_halves = glmm(trials, odds_ratio{}, random_study_effects{});
  CHECK(std::fabs(random.log_likelihood - random_halves.log_likelihood) > 1e-3);
  CHECK(close(random.common_log_likelihood, random_halves.common_log_likelihood, metapool_test::digits10));
  CHECK(close(*random.intercept, *random_halves.intercept - random_halves.estimate / 2, metapool_test::tolerance{0.2, 0, 0, "another model"}));
}

TEST_CASE("The effect in the treated arm: fixed levels as in lme4, random levels as on a grid") {
  // lme4 1.1-31, glmer(cbind(events, others) ~ -1 + study + treated + (treated - 1 | study), binomial, nAGQ = 25) on the catheters
  const auto fixed = glmm(metapool_test::catheters(), odds_ratio{}, fixed_study_effects{metapool::effect_coding::treated});
  CHECK(close(fixed.estimate, -1.34789672, metapool_test::tolerance{1e-5, 0, 0, "lme4's search"}));
  CHECK(close(fixed.se, 0.315543533, metapool_test::tolerance{1e-4, 0, 0, "lme4's search"}));
  CHECK(close(fixed.tau2, 0.380228256, metapool_test::tolerance{1e-4, 0, 0, "lme4's search"}));
  const std::vector<metapool::binary_trial<>> trials{trial("1", 1, 12, 5, 12), trial("2", 9, 30, 3, 28), trial("3", 0, 20, 4, 21)};
  const auto fit = glmm(trials, odds_ratio{}, random_study_effects{metapool::double_zero::drop, metapool::effect_coding::treated});
  const auto f = [&](double a, double b, double c, double d) {
    return brute_force(trials, fit.estimate + a, fit.tau2 + b, *fit.intercept + c, *fit.sigma2 + d, 1.0);
  };
  CHECK(close(fit.log_likelihood, f(0, 0, 0, 0), metapool_test::digits8));
  const double h = 1e-2;
  for (const double d : {-h, h}) {
    CHECK(f(d, 0, 0, 0) < fit.log_likelihood);
    if (fit.tau2 + d >= 0) CHECK(f(0, d, 0, 0) < fit.log_likelihood);
    CHECK(f(0, 0, d, 0) < fit.log_likelihood);
    if (*fit.sigma2 + d >= 0) CHECK(f(0, 0, 0, d) < fit.log_likelihood);
  }
}

TEST_CASE("Correlated levels and effects: near lme4's Laplace approximation, and the coding is no matter") {
  // lme4 1.1-31, glmer(cbind(events, others) ~ treated + (treated | study), binomial) of BCG: -0.741671, se 0.182986, log-likelihood -123.688652; variances of
  // control level and effect 2.437720 and 0.336088, covariance -0.669063
  const auto trials = metapool_test::bcg();
  const random_study_effects correlated{metapool::double_zero::drop, metapool::effect_coding::halves, true};
  const auto fit = glmm(trials, odds_ratio{}, correlated);
  CHECK(fit.convergence.converged);
  CHECK(fit.convergence.residual < 1e-8);
  const metapool_test::tolerance laplace{2e-2, 0, 0, "Laplace's approximation"};
  CHECK(close(fit.estimate, -0.741671, laplace));
  CHECK(close(fit.se, 0.182986, laplace));
  CHECK(close(fit.tau2, 0.336088, laplace));
  CHECK(close(*fit.sigma2, 2.437720 - 0.669063 + 0.336088 / 4, laplace));
  CHECK(close(*fit.correlation, (-0.669063 + 0.336088 / 2) / std::sqrt(0.336088 * (2.437720 - 0.669063 + 0.336088 / 4)), laplace));
  CHECK(close(fit.log_likelihood, -123.688652, metapool_test::tolerance{0, 0, 0.05, "Laplace's approximation"}));
  // each coding without the correlation is a special case
  using metapool::effect_coding;
  for (const auto coding : {effect_coding::halves, effect_coding::treated, effect_coding::control}) {
    const auto without = glmm(trials, odds_ratio{}, random_study_effects{metapool::double_zero::drop, coding});
    CHECK(fit.log_likelihood > without.log_likelihood);
    CHECK(close(fit.common_log_likelihood, without.common_log_likelihood, metapool_test::digits8));
    CHECK_FALSE(without.correlation);
  }
  const auto swapped = glmm(metapool_test::swapped(trials), odds_ratio{}, correlated);
  CHECK(close(swapped.estimate, -fit.estimate, metapool_test::digits6));
  CHECK(close(*swapped.correlation, -*fit.correlation, metapool_test::digits6));
  CHECK(close(swapped.log_likelihood, fit.log_likelihood, metapool_test::digits10));
}

TEST_CASE("Correlated levels and effects: derivatives are those of a grid's likelihood") {
  const std::vector<metapool::binary_trial<>> trials{trial("1", 1, 12, 5, 12), trial("2", 9, 30, 3, 28)};
  using kernel = metapool::detail::binomial_kernel<double>;
  const std::vector<kernel> treated{{1, 12, 0}, {9, 30, 0}}, control{{5, 12, 0}, {3, 28, 0}};
  for (const bool of_control : {false, true}) {
    metapool::detail::correlated_levels_likelihood<double, kernel> f(treated, control, {0, 0, 0, 0}, of_control);
    const std::array<double, 5> x{-0.4, 0.8, -1.2, 0.5, 0.9};
    for (bool changed = true; changed;) {
      changed = false;
      f.refine(x, changed);
    }
    const auto at = f(x);
    double constant = 0;
    for (std::size_t i = 0; i < 2; ++i) constant += treated[i].log_constant() + control[i].log_constant();
    CHECK(close(at.value + constant, brute_force(trials, x[0], x[1], x[2] + ((of_control ? 1.0 : 0.5) - x[4]) * x[0], x[3], x[4]), metapool_test::digits10));
    for (std::size_t p = 0; p < 5; ++p) {
      const double h = 1e-5;
      auto up = x, down = x;
      up[p] += h;
      down[p] -= h;
      const auto a = f(up), b = f(down);
      CHECK(close(at.gradient[p], (a.value - b.value) / (2 * h), metapool_test::tolerance{1e-7, 1e-2, 0, "differences"}));
      for (std::size_t q = 0; q < 5; ++q) CHECK(close(at.hessian[q * 5 + p], (a.gradient[q] - b.gradient[q]) / (2 * h), metapool_test::tolerance{1e-7, 1e-2, 0, "differences"}));
    }
  }
}

TEST_CASE("Random levels whose saturated likelihood has a saddle at sigma2 = 0 are found all the same") {
  // there the derivatives in level and sigma2 are 0, the second one in sigma2 is above 0: one effect a study is higher at sigma2 = 0.12
  const std::vector<metapool::binary_trial<>> trials{trial("1", 0, 3, 3, 3), trial("2", 1, 4, 0, 3), trial("3", 0, 1, 0, 1),
                                                     trial("4", 0, 4, 0, 2), trial("5", 0, 1, 0, 3), trial("6", 2, 2, 0, 3)};
  const auto fit = glmm(trials, metapool::risk_ratio{}, random_study_effects{});
  CHECK(fit.convergence.converged);
  CHECK(fit.convergence.residual < 1e-8);
  CHECK(*fit.sigma2 == 0);
  CHECK(fit.q_lrt > 0);
}
