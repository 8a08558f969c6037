// SPDX-License-Identifier: BSL-1.0
// Likelihood models where one arm has no event, or nothing but events, in all studies.
#include <metapool/inference/glmm_inference.hpp>
#include <metapool/model/conditional_glmm.hpp>
#include <metapool/model/one_group_glmm.hpp>
#include <metapool/model/unconditional_glmm.hpp>

#include "model/sparse_tables.hpp"
#include "support/close.hpp"
#include "support/published.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <type_traits>
#include <vector>

using metapool::conditional_approximate;
using metapool::conditional_exact;
using metapool::double_zero;
using metapool::effect_coding;
using metapool::estimate_state;
using metapool::fixed_study_effects;
using metapool::glmm;
using metapool::glmm_profile_likelihood;
using metapool::infer;
using metapool::interval_state;
using metapool::odds_ratio;
using metapool::random_study_effects;
using metapool::risk_ratio;
using metapool_test::close;
using metapool_test::contains;
using metapool_test::message_of;
using metapool_test::swapped;
using metapool_test::trial;

namespace {

using trial_set = std::vector<metapool::binary_trial<>>;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double half_critical = 3.841458820694124 / 2;

trial_set three() { return {trial("a", 0, 12, 5, 12), trial("b", 0, 29, 2, 29), trial("c", 0, 40, 1, 38)}; }

/// The events become patients without one: log odds ratios change their sign.
trial_set without_and_with(trial_set trials) {
  for (auto& t : trials) {
    t.treated.events = *t.treated.total - *t.treated.events;
    t.control.events = *t.control.total - *t.control.events;
  }
  return trials;
}

double log_choose(double n, double r) { return std::lgamma(n + 1) - std::lgamma(r + 1) - std::lgamma(n - r + 1); }
double log_binomial(double a, double n, double eta) { return log_choose(n, a) + a * eta - n * std::log1p(std::exp(eta)); }

/// P(treated events as observed) given the margins, by the sum of products of binomial coefficients.
double log_hypergeometric(const metapool::binary_trial<>& t, double theta) {
  const double a = *t.treated.events, n1 = *t.treated.total, c = *t.control.events, n2 = *t.control.total, m = a + c;
  double all = 0;
  for (double y = std::fmax(0.0, m - n2); y <= std::fmin(n1, m); ++y) all += std::exp(log_choose(n1, y) + log_choose(n2, m - y) - log_choose(n1, a) - log_choose(n2, c) + (y - a) * theta);
  return -std::log(all);
}

/// log of the integral of exp(l(z)) over a standard normal z, by the trapezoidal rule.
template <class L>
double log_mean(const L& l, int intervals = 400) {
  const double h = 18.0 / intervals;
  double sum = 0;
  for (int j = 0; j <= intervals; ++j) {
    const double z = -9 + h * j;
    sum += std::exp(l(z) - z * z / 2);
  }
  return std::log(sum * h / std::sqrt(2 * 3.14159265358979323846));
}

/// The largest f between two ends, from the best of a grid by golden sections.
template <class F>
double largest(const F& f, double from, double to, int grid) {
  double best = from, top = -infinity;
  const double step = (to - from) / grid;
  for (int i = 0; i <= grid; ++i) {
    const double value = f(from + step * i);
    if (value > top) {
      top = value;
      best = from + step * i;
    }
  }
  const double golden = (std::sqrt(5.0) - 1) / 2;
  double left = std::fmax(from, best - step), right = std::fmin(to, best + step);
  while (right - left > 1e-6) {
    const double a = right - golden * (right - left), b = left + golden * (right - left);
    if (f(a) < f(b)) {
      left = a;
    } else {
      right = b;
    }
  }
  return std::fmax(top, f((left + right) / 2));
}

/// The largest f of a few parameters, by Nelder and Mead's simplex, begun again from where it ends.
double largest_of_simplex(const std::function<double(const std::vector<double>&)>& f, std::vector<double> x) {
  const std::size_t n = x.size();
  double best = f(x);
  for (int round = 0; round < 4; ++round) {
    std::vector<std::vector<double>> p{x};
    for (std::size_t i = 0; i < n; ++i) {
      p.push_back(x);
      p.back()[i] += round < 2 ? 0.7 : 0.05;
    }
    std::vector<double> v;
    for (const auto& q : p) v.push_back(f(q));
    for (int step = 0; step < 250; ++step) {
      std::size_t low = 0, high = 0;
      for (std::size_t i = 1; i <= n; ++i) {
        if (v[i] < v[low]) low = i;
        if (v[i] > v[high]) high = i;
      }
      if (v[high] - v[low] < 1e-11) break;
      std::vector<double> centre(n, 0.0);
      for (std::size_t i = 0; i <= n; ++i) {
        for (std::size_t j = 0; j < n && i != low; ++j) centre[j] += p[i][j] / static_cast<double>(n);
      }
      const auto along = [&](double by) {
        std::vector<double> q(n);
        for (std::size_t j = 0; j < n; ++j) q[j] = centre[j] + by * (p[low][j] - centre[j]);
        return q;
      };
      auto q = along(-1);
      double value = f(q);
      if (value > v[high]) {
        const auto further = along(-2);
        const double there = f(further);
        if (there > value) {
          q = further;
          value = there;
        }
      } else if (!(value > v[low])) {
        q = along(0.5);
        value = f(q);
      }
      if (value > v[low]) {
        p[low] = q;
        v[low] = value;
      } else {
        for (std::size_t i = 0; i <= n; ++i) {
          if (i == high) continue;
          for (std::size_t j = 0; j < n; ++j) p[i][j] = (p[i][j] + p[high][j]) / 2;
          v[i] = f(p[i]);
        }
      }
    }
    for (std::size_t i = 0; i <= n; ++i) {
      if (v[i] > best) {
        best = v[i];
        x = p[i];
      }
    }
  }
  return best;
}

/// Where a profile that falls has fallen to `value`.
template <class F>
double falls_to(const F& profile, double value, double left, double right) {
  for (int i = 0; i < 26; ++i) {
    const double middle = (left + right) / 2;
    (profile(middle) > value ? left : right) = middle;
  }
  return (left + right) / 2;
}

/// What holds of any fit with an infinite estimate; its interval.
template <class Fit>
auto checked(const Fit& fit, estimate_state state) {
  CHECK(fit.state == state);
  CHECK(fit.estimate == (state == estimate_state::minus_infinity ? -infinity : infinity));
  CHECK(fit.common_estimate == fit.estimate);
  CHECK(fit.se == 0);
  CHECK(fit.tau2 == 0);
  CHECK_FALSE(fit.se_tau2.has_value());
  CHECK(fit.covariance.size() == 0);
  CHECK(fit.parameters.empty());
  CHECK(fit.common_log_likelihood == fit.log_likelihood);
  CHECK(fit.convergence.converged);
  CHECK(fit.df + 1 == fit.k);
  CHECK(fit.q_wald == 0);
  CHECK(fit.q_lrt >= 0);
  CHECK_THROWS_AS(infer(fit), metapool::not_estimable);
  CHECK(heterogeneity(fit).tau2_p == 1);
  // the supremum is the limit, and nothing is above it
  const double far = fit.estimate < 0 ? -60.0 : 60.0;
  CHECK(close(fit.profile(far).log_likelihood, fit.log_likelihood, metapool_test::tolerance{1e-11, 0, 1e-11, "quadrature"}));
  const auto r = infer(fit, glmm_profile_likelihood{});
  CHECK(r.estimate == fit.estimate);
  CHECK((fit.estimate < 0 ? r.lower : r.upper) == fit.estimate);
  const double end = fit.estimate < 0 ? r.upper : r.lower;
  if (std::isfinite(end)) {
    CHECK(r.state == (fit.estimate < 0 ? interval_state::open_lower : interval_state::open_upper));
    CHECK(close(fit.log_likelihood - fit.profile(end).log_likelihood, half_critical, metapool_test::digits8));
  } else {
    CHECK(r.state == interval_state::unbounded);
  }
  const double root = std::sqrt(std::fmax(0.0, 2 * (fit.log_likelihood - fit.profile(0.0).log_likelihood)));
  CHECK(close(r.p, std::erfc(root / std::sqrt(2.0)), metapool_test::tolerance{1e-8, 0, 1e-12, "nearly 0"}));
  CHECK(close(r.statistic, fit.estimate < 0 ? -root : root, metapool_test::tolerance{1e-8, 0, 1e-12, "nearly 0"}));
  return r;
}

/// Calls f with each model of the odds ratio.
template <class F>
void each_model(const F& f) {
  f(conditional_exact{});
  f(conditional_approximate{});
  f(fixed_study_effects{});
  f(random_study_effects{});
  f(random_study_effects{double_zero::drop, effect_coding::halves, true});
}

}  // namespace

TEST_CASE("One table without an event in one arm: the end of the noncentral hypergeometric likelihood, and Fisher's probability") {
  const trial_set one{trial("a", 0, 12, 5, 12)};
  const auto fit = glmm(one, odds_ratio{}, conditional_exact{});
  const auto r = checked(fit, estimate_state::minus_infinity);
  CHECK(fit.log_likelihood == 0);
  CHECK(contains(fit.notes.front(), "one informative study"));
  CHECK(close(log_hypergeometric(one[0], r.upper), -half_critical, metapool_test::digits8));
  // C(12, 5) / C(24, 5) of the tables have no event in the treated arm
  CHECK(close(r.statistic, -std::sqrt(2 * std::log(42504.0 / 792)), metapool_test::digits10));
}

TEST_CASE("One study of one group without events: p = 1 - exp(-1.92 / n), the rate 1.92 / time; with nothing but events the other way round") {
  const auto none = checked(glmm(std::vector<metapool::proportion<>>{{"a", 0, 30}}, metapool::logit_proportion{}), estimate_state::minus_infinity);
  CHECK(close(none.natural().upper, -std::expm1(-half_critical / 30), metapool_test::digits8));
  CHECK(none.natural().lower == 0);
  const auto all = checked(glmm(std::vector<metapool::proportion<>>{{"a", 30, 30}}, metapool::logit_proportion{}), estimate_state::plus_infinity);
  CHECK(close(all.natural().lower, std::exp(-half_critical / 30), metapool_test::digits8));
  const auto rate = checked(glmm(std::vector<metapool::rate<>>{{"a", 0, 250}}, metapool::log_rate{}), estimate_state::minus_infinity);
  CHECK(close(rate.natural().upper, half_critical / 250, metapool_test::digits8));
}

TEST_CASE("One study with a level of its own: the end of the likelihood with the level at its best") {
  const trial_set one{trial("a", 0, 12, 5, 12)};
  for (const auto coding : {effect_coding::halves, effect_coding::treated, effect_coding::control}) {
    const auto fit = glmm(one, odds_ratio{}, fixed_study_effects{coding});
    const auto r = checked(fit, estimate_state::minus_infinity);
    CHECK(close(fit.log_likelihood, log_binomial(5, 12, std::log(5.0 / 7)), metapool_test::digits12));
    const double at = largest([&](double level) { return log_binomial(0, 12, level + r.upper) + log_binomial(5, 12, level); }, -8, 4, 60);
    CHECK(close(fit.log_likelihood - at, half_critical, metapool_test::digits8));
  }
}

TEST_CASE("The hypergeometric-normal end by a grid of tau and the trapezoidal rule, where tau is above 0 there") {
  const trial_set trials = three();
  const auto fit = glmm(trials, odds_ratio{}, conditional_exact{});
  const auto r = checked(fit, estimate_state::minus_infinity);
  CHECK(fit.log_likelihood == 0);
  CHECK(fit.profile(r.upper).tau2 > 1);
  const auto profile = [&](double mean) {
    return largest(
        [&](double tau) {
          double sum = 0;
          for (const auto& t : trials) sum += log_mean([&](double z) { return log_hypergeometric(t, mean + tau * z); });
          return sum;
        },
        0, 12, 12);
  };
  CHECK(close(r.upper, falls_to(profile, -half_critical, -4, 2), metapool_test::digits6));
}

TEST_CASE("The end with levels of the studies' own by a grid of tau and levels at their best") {
  const trial_set trials{three()[0], three()[1]};
  const auto fit = glmm(trials, odds_ratio{}, fixed_study_effects{});
  const auto r = checked(fit, estimate_state::minus_infinity);
  CHECK(close(fit.log_likelihood, log_binomial(5, 12, std::log(5.0 / 7)) + log_binomial(2, 29, std::log(2.0 / 27)), metapool_test::digits12));
  CHECK(fit.profile(r.upper).tau2 > 0.1);
  const auto at = [&](double mean) {
    return largest(
        [&](double tau) {
          double sum = 0;
          for (const auto& t : trials) {
            sum += largest(
                [&](double level) {
                  return log_mean(
                      [&](double z) {
                        const double half = (mean + tau * z) / 2;
                        return log_binomial(*t.treated.events, *t.treated.total, level + half) + log_binomial(*t.control.events, *t.control.total, level - half);
                      },
                      120);
                },
                -7, 2, 6);
          }
          return sum;
        },
        0, 6, 6);
  };
  CHECK(close(fit.log_likelihood - at(r.upper), half_critical, metapool_test::digits8));
}

TEST_CASE("Normal levels: the supremum is the other arm's own likelihood, and the end that of the simplex over tau2, level and sigma2") {
  const trial_set trials = three();
  for (const auto& model : {random_study_effects{}, random_study_effects{double_zero::drop, effect_coding::control}}) {
    const auto fit = glmm(trials, odds_ratio{}, model);
    const auto r = checked(fit, estimate_state::minus_infinity);
    CHECK_FALSE(fit.intercept.has_value());
    CHECK_FALSE(fit.sigma2.has_value());
    const double control = largest_of_simplex(
        [&](const std::vector<double>& x) {
          double sum = 0;
          for (const auto& t : trials) sum += log_mean([&](double z) { return log_binomial(*t.control.events, *t.control.total, x[0] + std::exp(x[1]) * z); });
          return sum;
        },
        {-2.0, 0.0});
    CHECK(close(fit.log_likelihood, control, metapool_test::digits8));
    const double share = model.coding == effect_coding::halves ? 0.5 : 0.0;
    const auto likelihood = [&](const std::vector<double>& x) {
      const int n = 70;
      const double h = 15.0 / n, tau = std::exp(x[0]), sigma = std::exp(x[2]);
      double sum = 0;
      for (const auto& t : trials) {
        double integral = 0;
        for (int i = 0; i <= n; ++i) {
          for (int j = 0; j <= n; ++j) {
            const double s = -7.5 + h * i, z = -7.5 + h * j, theta = r.upper + tau * z, centre = x[1] + sigma * s;
            integral += std::exp(log_binomial(*t.treated.events, *t.treated.total, centre + share * theta) + log_binomial(*t.control.events, *t.control.total, centre - (1 - share) * theta) -
                                 (s * s + z * z) / 2);
          }
        }
        sum += std::log(integral * h * h / (2 * 3.14159265358979323846));
      }
      return sum;
    };
    const double best = largest_of_simplex(likelihood, {1.0, -2.5, -1.0});
    CHECK(close(fit.log_likelihood - best, half_critical, metapool_test::digits6));
  }
}

TEST_CASE("Forty equal studies have no tau2: the end is that of the common effect") {
  const trial_set many(40, trial("t", 0, 30, 2, 30));
  const auto r = checked(glmm(many, odds_ratio{}, conditional_exact{}), estimate_state::minus_infinity);
  CHECK(close(40 * log_hypergeometric(many[0], r.upper), -half_critical, metapool_test::digits8));
  const auto rr = checked(glmm(many, risk_ratio{}, conditional_approximate{}), estimate_state::minus_infinity);
  CHECK(close(80 * std::log1p(std::exp(rr.upper)), half_critical, metapool_test::digits8));
}

TEST_CASE("With two studies a wide tau2 explains any mean at 95 %: the interval is unbounded; at 90 % it has an end") {
  // at tau = infinity a study's probability is 1/2: twice 2 log 2 = 2.77 lies between 2.71 and 3.84. With this many events tau2 = 0 is a summit of its own where a study's
  // probability is between 0.37 and 0.5, which is where its end would be at 91 %: twice 2 log 2.05 = 2.87
  const trial_set two{trial("a", 0, 1000, 30, 1000), trial("b", 0, 1000, 30, 1000)};
  for (const bool turned : {false, true}) {
    const trial_set trials = turned ? swapped(two) : two;
    const auto fit = glmm(trials, odds_ratio{}, conditional_exact{});
    CHECK(checked(fit, turned ? estimate_state::plus_infinity : estimate_state::minus_infinity).state == interval_state::unbounded);
    CHECK(infer(fit, glmm_profile_likelihood{.level = 0.91}).state == interval_state::unbounded);
    double last = 0;
    for (int i = 0; i <= 20; ++i) {  // at every tau2 the likelihood falls as the mean leaves the infinite estimate, and so does the profile, from one summit to the other
      const double distance = -7 + 0.3 * i, value = fit.profile(turned ? -distance : distance).log_likelihood;
      CHECK(value <= last);
      CHECK(value > 2 * std::log(std::erfc((distance + 4.2) / std::sqrt(2.0) / 20) / 2));  // at tau = 20 the likelihood is all but a step near -4
      last = value;
    }
    const auto r = infer(fit, glmm_profile_likelihood{.level = 0.9});
    CHECK(r.state == (turned ? interval_state::open_upper : interval_state::open_lower));
    CHECK(std::isfinite(turned ? r.lower : r.upper));
  }
}

TEST_CASE("Swapped arms, and events for their absence, turn the interval round in every model") {
  const trial_set trials = three();
  each_model([&](const auto& model) {
    const auto r = checked(glmm(trials, odds_ratio{}, model), estimate_state::minus_infinity);
    const auto s = checked(glmm(swapped(trials), odds_ratio{}, model), estimate_state::plus_infinity);
    CHECK(close(s.lower, -r.upper, metapool_test::digits6));
    CHECK(close(s.p, r.p, metapool_test::digits6));
    if constexpr (!std::is_same_v<std::decay_t<decltype(model)>, conditional_approximate>) {  // which takes events to be the rare ones
      const auto w = checked(glmm(without_and_with(trials), odds_ratio{}, model), estimate_state::plus_infinity);
      CHECK(close(w.lower, -r.upper, metapool_test::digits6));
    }
  });
  const auto treated = checked(glmm(trials, odds_ratio{}, fixed_study_effects{effect_coding::treated}), estimate_state::minus_infinity);
  const auto control = checked(glmm(swapped(trials), odds_ratio{}, fixed_study_effects{effect_coding::control}), estimate_state::plus_infinity);
  CHECK(close(control.lower, -treated.upper, metapool_test::digits8));
}

TEST_CASE("Which arm is at which end of its range: four notes with normal levels, and both arms at opposite ends") {
  const auto note = [](const trial_set& t) { return glmm(t, odds_ratio{}, random_study_effects{}).notes.back(); };
  const trial_set trials = three();
  CHECK(contains(note(trials), "the treated arm has no event in any study: the ratio's estimate is 0"));
  CHECK(contains(note(swapped(trials)), "the control arm has no event in any study: the ratio's estimate is infinite"));
  CHECK(contains(note(without_and_with(trials)), "the treated arm has nothing but events in all studies: the ratio's estimate is infinite"));
  CHECK(contains(note(without_and_with(swapped(trials))), "the control arm has nothing but events in all studies: the ratio's estimate is 0"));
  const trial_set opposite{trial("a", 0, 3, 3, 3), trial("b", 0, 2, 4, 4), trial("c", 0, 5, 2, 2)};
  each_model([&](const auto& model) {
    const auto fit = glmm(opposite, odds_ratio{}, model);
    checked(fit, estimate_state::minus_infinity);
    CHECK(fit.log_likelihood == 0);
    CHECK(fit.q_lrt == 0);
    checked(glmm(swapped(opposite), odds_ratio{}, model), estimate_state::plus_infinity);
  });
  // with levels of their own each study may have the other arm at its end
  const trial_set mixed{trial("a", 0, 12, 5, 12), trial("b", 7, 9, 10, 10), trial("c", 0, 20, 3, 21)};
  checked(glmm(mixed, odds_ratio{}, fixed_study_effects{}), estimate_state::minus_infinity);
  CHECK(glmm(mixed, odds_ratio{}, random_study_effects{}).state == estimate_state::finite);
}

TEST_CASE("Studies without events are kept if asked for; where neither arm tells of the effect, or the levels' variance is infinite, nothing is estimable") {
  trial_set trials = three();
  trials.push_back(trial("none", 0, 30, 0, 30));
  const auto dropped = glmm(trials, odds_ratio{}, random_study_effects{}), kept = glmm(trials, odds_ratio{}, random_study_effects{double_zero::keep});
  checked(kept, estimate_state::minus_infinity);
  CHECK(kept.k == 3);
  CHECK(kept.log_likelihood < dropped.log_likelihood);
  CHECK(close(dropped.log_likelihood, glmm(three(), odds_ratio{}, random_study_effects{}).log_likelihood, metapool_test::digits12));
  const trial_set neither(3, trial("none", 0, 30, 0, 30));
  each_model([&](const auto& model) { CHECK_THROWS_AS(glmm(neither, odds_ratio{}, model), metapool::not_estimable); });
  CHECK_THROWS_AS(glmm(neither, odds_ratio{}, random_study_effects{double_zero::keep}), metapool::not_estimable);
  const trial_set wide{trial("a", 0, 5, 9, 9), trial("b", 0, 5, 0, 9), trial("c", 0, 5, 9, 9)};
  CHECK(contains(message_of<metapool::not_estimable>([&] { glmm(wide, odds_ratio{}, random_study_effects{double_zero::keep}); }), "variance of the studies' levels for ever"));
}

TEST_CASE("Homogeneity: nothing speaks against a common effect of minus infinity; control arms without events leave the treated arms' differences") {
  const trial_set trials = three();
  CHECK(glmm(trials, odds_ratio{}, random_study_effects{}).q_lrt == 0);
  const auto fit = glmm(swapped(trials), odds_ratio{}, random_study_effects{});
  const double own = log_binomial(5, 12, std::log(5.0 / 7)) + log_binomial(2, 29, std::log(2.0 / 27)) + log_binomial(1, 38, std::log(1.0 / 37));
  CHECK(close(fit.q_lrt, 2 * (own - fit.log_likelihood), metapool_test::digits10));
  CHECK(fit.q_lrt > 1);
}

TEST_CASE("Rates and Poisson risk ratios with the same sizes have the same infinite estimates and ends") {
  std::vector<metapool::rate_trial<>> rates;
  for (const auto& t : three()) {
    metapool::rate_trial<> r;
    r.treated.events = t.treated.events;
    r.treated.time = t.treated.total;
    r.control.events = t.control.events;
    r.control.time = t.control.total;
    rates.push_back(r);
  }
  const metapool::incidence_rate_ratio irr;
  const auto same = [&](const auto& of_rates, const auto& of_tables) {
    const auto a = checked(of_rates, estimate_state::minus_infinity), b = checked(of_tables, estimate_state::minus_infinity);
    CHECK(a.upper == b.upper);
    CHECK(a.measure.name == irr.info.name);
  };
  same(glmm(rates, irr, conditional_exact{}), glmm(three(), risk_ratio{}, conditional_approximate{}));
  same(glmm(rates, irr, fixed_study_effects{}), glmm(three(), risk_ratio{}, fixed_study_effects{}));
  same(glmm(rates, irr, random_study_effects{}), glmm(three(), risk_ratio{}, random_study_effects{}));
}

TEST_CASE("The end in double against 50 digits") {
  using fifty = boost::multiprecision::number<boost::multiprecision::cpp_bin_float<50>, boost::multiprecision::et_off>;
  std::vector<metapool::binary_trial<fifty>> trials;
  for (const auto& t : three()) trials.push_back(trial<fifty>(t.label.c_str(), *t.treated.events, *t.treated.total, *t.control.events, *t.control.total));
  const auto end = infer(glmm(three(), odds_ratio{}, conditional_exact{}), glmm_profile_likelihood{}).upper;
  const auto exact = glmm(trials, odds_ratio{}, conditional_exact{});
  const auto at = exact.profile(fifty(end));
  CHECK(exact.state == estimate_state::minus_infinity);
  CHECK(at.tau2 > 1);
  CHECK(close(-static_cast<double>(at.log_likelihood), half_critical, metapool_test::digits8));
}

TEST_CASE("Random sparse tables with one arm empty: an end that the likelihood reaches, or none with its state") {
  const auto check = [](std::uint64_t seeds, const auto& measure, const auto& model) {
    std::size_t ends = 0;
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
      trial_set trials = metapool_test::sparse_tables(seed);
      if (trials.size() > 20) trials.resize(20);
      std::size_t informative = 0;
      for (auto& t : trials) {
        t.treated.events = 0;
        if (*t.control.events > 0) ++informative;
      }
      const bool turned = seed % 2 == 1;
      if (turned) trials = swapped(trials);
      INFO("seed " << seed);
      try {
        const auto r = checked(glmm(trials, measure, model), turned ? estimate_state::plus_infinity : estimate_state::minus_infinity);
        const double end = turned ? r.lower : r.upper;
        if (std::isfinite(end)) {
          ++ends;
          CHECK(std::fabs(end) < 20);
        }
      } catch (const metapool::not_estimable&) {
        CHECK(informative < (std::is_same_v<std::decay_t<decltype(model)>, random_study_effects> ? 2u : 1u));
      }
    }
    return ends;
  };
  CHECK(check(30, odds_ratio{}, conditional_exact{}) > 10);
  CHECK(check(60, odds_ratio{}, conditional_approximate{}) > 20);
  CHECK(check(60, risk_ratio{}, conditional_approximate{}) > 20);
  CHECK(check(20, odds_ratio{}, fixed_study_effects{}) > 5);
  CHECK(check(6, odds_ratio{}, random_study_effects{}) > 2);
}
