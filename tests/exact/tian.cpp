// SPDX-License-Identifier: BSL-1.0
#include <metapool/exact/tian.hpp>

#include <metapool/exact/unconditional.hpp>

#include "../support/close.hpp"
#include "../support/published.hpp"

#include <doctest/doctest.h>

#include <boost/multiprecision/cpp_bin_float.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

using namespace metapool;
using metapool_test::close;
using metapool_test::trial;
using wide = boost::multiprecision::number<boost::multiprecision::cpp_bin_float<50>, boost::multiprecision::et_off>;

namespace {

const double infinity = std::numeric_limits<double>::infinity();

rate_trial<> rates(const char* label, double x1, double t1, double x2, double t2) {
  rate_trial<> t;
  t.label = label;
  t.treated = {x1, t1};
  t.control = {x2, t2};
  return t;
}

double binomial(int n, int k, double p) { return std::tgamma(n + 1) / (std::tgamma(k + 1) * std::tgamma(n - k + 1)) * std::pow(p, k) * std::pow(1 - p, n - k); }

/// The least coverage of the common risk difference over a grid of differences and control risks, by every outcome of a trial of 2 patients an arm and one of so many.
double least_coverage(int treated, int control, const tian_options& options) {
  const int many = 9 * (treated + 1) * (control + 1);
  const auto second = [&](int i) { return std::pair<int, int>{i / 9 % (treated + 1), i / 9 / (treated + 1)}; };
  std::vector<tian_result<>> results;
  for (int i = 0; i < many; ++i) {
    const auto [t, c] = second(i);
    const std::vector<binary_trial<>> trials{trial("a", i % 3, 2, i / 3 % 3, 2), trial("b", t, treated, c, control)};
    results.push_back(tian_combination(trials, risk_difference{}, options));
  }
  double least = 1;
  for (double delta = -0.9; delta < 0.95; delta += 0.2) {
    for (double u = 0.05; u < 1; u += 0.1) {
      for (double v = 0.05; v < 1; v += 0.1) {
        const double low = std::max(0.0, -delta), width = std::min(1.0, 1 - delta) - low, p = low + u * width, q = low + v * width;
        double sum = 0;
        for (int i = 0; i < many; ++i) {
          const auto [t, c] = second(i);
          const auto& r = results[static_cast<std::size_t>(i)];
          if (r.lower <= delta && delta <= r.upper) {
            sum += binomial(2, i % 3, p + delta) * binomial(2, i / 3 % 3, p) * binomial(treated, t, q + delta) * binomial(control, c, q);
          }
        }
        least = std::min(least, sum);
      }
    }
  }
  return least;
}

}  // namespace

TEST_CASE("A weighted sum of uniform numbers has the distribution that enumerated corners and 50 digits give") {
  const auto compare = [](const std::vector<double>& weights) {
    std::vector<wide> exact;
    wide total = 0;
    for (const double w : weights) total += wide(w);
    double sum = 0;
    for (const double w : weights) sum += w;
    std::vector<double> scaled;
    for (const double w : weights) {
      exact.push_back(wide(w) / total);
      scaled.push_back(w / sum);
    }
    const detail::sum_of_uniforms<double> d(scaled);
    const detail::sum_of_uniforms<wide> e(exact);
    for (const double x : {0.1, 0.25, 0.4, 0.5, 0.77}) CHECK(std::fabs(d.cdf(x) - static_cast<double>(e.cdf(wide(x)))) < 2e-15);
  };
  compare({1, 2});
  compare({1, 2, 5});
  compare({1, 1, 1, 1});
  compare({3, 1, 10, 2, 0.5, 7});
  compare({200, 1, 1, 2, 3});
  const detail::sum_of_uniforms<double> one(std::vector<double>{1.0});
  CHECK(one.cdf(0.025) == 0.025);
  CHECK(one.cdf(-1) == 0);
  CHECK(one.cdf(2) == 1);
  const detail::sum_of_uniforms<double> two(std::vector<double>{0.5, 0.5});
  convergence<double> state;
  CHECK(close(two.quantile(0.02, state), 0.1, metapool_test::digits12));  // the triangle: 2 x^2
  // one large part among tiny ones: given the others the sum is uniform
  for (const double tiny : {1e-4, 1e-7, 1e-10}) {
    std::vector<double> weights(100, tiny);
    weights[40] = 1 - 99 * tiny;
    const detail::sum_of_uniforms<double> d(weights);
    for (const double x : {0.0125, 0.3, 0.5}) CHECK(std::fabs(d.cdf(x) - (x - 99 * tiny / 2) / weights[40]) < 2e-15);
    CHECK(d.cdf(49 * tiny) < 49 * tiny);
  }
  // two of them: P = E (x - R)^2 / (2 v w) with the rest R
  for (const double tiny : {1e-5, 1e-7}) {
    const double rest = 98 * tiny, v = 0.45 * (1 - rest), w = 0.55 * (1 - rest), spread = tiny * tiny * 98 / 12;
    std::vector<double> weights(100, tiny);
    weights[0] = v;
    weights[99] = w;
    const detail::sum_of_uniforms<double> d(weights);
    for (const double x : {0.0125, 0.3}) CHECK(std::fabs(d.cdf(x) - ((x - rest / 2) * (x - rest / 2) + spread) / (2 * v * w)) < 1e-10);
  }
}

TEST_CASE("Of one trial the combination is Chan and Zhang's interval") {
  for (const auto& t : {trial("a", 6, 13, 2, 7), trial("b", 0, 8, 3, 9), trial("c", 5, 5, 0, 6)}) {
    const auto r = tian_combination(std::vector<binary_trial<>>{t}, risk_difference{});
    const auto s = unconditional_interval(t, risk_difference{}, {.nuisance_error = 1e-6});
    CHECK(r.method == "Tian");
    CHECK(close(r.lower, s.lower, metapool_test::digits10));
    CHECK(close(r.upper, s.upper, metapool_test::digits10));
    CHECK(close(r.p, s.p, metapool_test::digits10));
  }
  const auto t = trial("a", 6, 13, 2, 7);
  const auto r = tian_combination(std::vector<binary_trial<>>{t}, risk_ratio{});
  CHECK(close(r.upper, unconditional_interval(t, risk_ratio{}, {.nuisance_error = 1e-6}).upper, metapool_test::digits10));
}

TEST_CASE("Trials that are equal share the weights; more of them are more certain; exchanged arms turn the interval") {
  const auto t = trial("a", 3, 8, 0, 7);
  const auto two = tian_combination(std::vector<binary_trial<>>{t, t}, risk_difference{});
  const auto one = tian_combination(std::vector<binary_trial<>>{t}, risk_difference{});
  CHECK(close(two.weights[0], 0.5, metapool_test::digits15));
  CHECK(two.lower > one.lower);
  CHECK(two.upper < one.upper);
  // both p-values are q = sqrt(0.025 / 2), where 2 q^2 = 0.025
  const double q = std::sqrt(0.025 / 2);
  CHECK(close(two.lower, unconditional_interval(t, risk_difference{}, {.level = 1 - 2 * q, .nuisance_error = 1e-6}).lower, metapool_test::digits8));
  const std::vector<binary_trial<>> there{t, trial("b", 2, 6, 1, 5)}, back{trial("a", 0, 7, 3, 8), trial("b", 1, 5, 2, 6)};
  const auto x = tian_combination(there, risk_difference{}), y = tian_combination(back, risk_difference{});
  CHECK(close(x.lower, -y.upper, metapool_test::digits10));
  CHECK(close(*x.estimate, -*y.estimate, metapool_test::digits12));
  CHECK(close(x.p_greater, y.p_less, metapool_test::digits12));
  CHECK(x.lower < *x.estimate);
  CHECK(*x.estimate < x.upper);
  CHECK((x.p < 0.05) == (x.lower > 0 || x.upper < 0));
}

TEST_CASE("The combined p-value is that of the weighted mean of the trials' p-values") {
  const std::vector<binary_trial<>> trials{trial("a", 3, 8, 0, 7), trial("b", 2, 6, 1, 5)};
  const auto r = tian_combination(trials, risk_ratio{}, {.weights = tian_weights::total});
  const double w = 15.0 / 26, p = unconditional_interval(trials[0], risk_ratio{}, {.nuisance_error = 1e-6}).p / 2, q = unconditional_interval(trials[1], risk_ratio{}, {.nuisance_error = 1e-6}).p / 2;
  CHECK(close(r.weights[0], w, metapool_test::digits15));
  const double s = w * p + (1 - w) * q;
  // below both weights: the corner of the unit square under a line
  CHECK(close(r.p_greater, s * s / (2 * w * (1 - w)), metapool_test::digits12));
  const auto harmonic = tian_combination(trials, risk_difference{}, {.weights = tian_weights::harmonic}), root = tian_combination(trials, risk_difference{});
  CHECK(close(harmonic.weights[0] / harmonic.weights[1], (56.0 / 15) / (30.0 / 11), metapool_test::digits14));
  CHECK(close(root.weights[0] / root.weights[1], std::sqrt((56.0 / 15) / (30.0 / 11)), metapool_test::digits14));
}

TEST_CASE("A mid-p-value halves what was seen: by every outcome and a grid of risks") {
  // 2 of 4 against 1 of 3: outcomes with a larger difference, and those with the same, under no difference
  const double seen = 2.0 / 4 - 1.0 / 3;
  const auto score = [](int a, int c) {
    const double p = (a + c) / 7.0;
    return a + c == 0 || a + c == 7 ? 0 : (a / 4.0 - c / 3.0) / std::sqrt(p * (1 - p));
  };
  REQUIRE(seen > 0);
  double best = 0;
  for (int i = 0; i <= 20000; ++i) {
    const double p = i / 20000.0;
    double sum = 0;
    for (int a = 0; a <= 4; ++a) {
      for (int c = 0; c <= 3; ++c) {
        const double s = score(a, c) - score(2, 1);
        if (s > -1e-9) sum += (s < 1e-9 ? 0.5 : 1.0) * binomial(4, a, p) * binomial(3, c, p);
      }
    }
    best = std::max(best, sum);
  }
  const two_by_two<> t{2, 2, 1, 2};
  CHECK(close(detail::unconditional_test<double, false>(t, true, 0.0).mid_p(0.0), best, metapool_test::tolerance{1e-7, 0, 0, "a grid of 20000 risks"}));
  CHECK(close(detail::unconditional_test<double, true>(t, true, 0.0).mid_p(1.0), best, metapool_test::tolerance{1e-7, 0, 0, "a grid of 20000 risks"}));
  const auto r = tian_combination(std::vector<binary_trial<>>{trial("a", 2, 4, 1, 3)}, risk_difference{}, {.mid_p = true, .nuisance_error = 1e-9});
  CHECK(close(r.p_greater, best, metapool_test::tolerance{1e-7, 0, 0, "a grid of 20000 risks, and the nuisance error"}));
  // of rates: 7 of 9 events in 100 of 250 units of time
  const auto m = tian_combination(std::vector<rate_trial<>>{rates("a", 7, 100, 2, 150)}, incidence_rate_ratio{}, {.mid_p = true});
  const auto mid = [](double ratio) {
    const double p = 100 * ratio / (100 * ratio + 150);
    return binomial(9, 7, p) / 2 + binomial(9, 8, p) + binomial(9, 9, p);
  };
  CHECK(close(mid(m.lower), 0.025, metapool_test::digits10));
  CHECK(close(mid(m.upper), 0.975, metapool_test::digits10));
  CHECK(close(m.p_greater, mid(1), metapool_test::digits12));
}

TEST_CASE("Enumerated coverage of two trials of 1 to 2 patients an arm is never below the level") {
  const double least = least_coverage(2, 1, {.level = 0.8, .nuisance_error = 1e-3});
  CHECK(least >= 0.8);
  CHECK(least > 0.94);  // so few patients leave few outcomes: far above the level, and lower only if the limits are too near
  CHECK(least < 0.96);
}

TEST_CASE("Whatever the levels count, of one trial the combination is Chan and Zhang's interval") {
  const auto t = trial("a", 6, 13, 2, 7);
  const auto s = unconditional_interval(t, risk_difference{}, {.nuisance_error = 1e-6});
  for (const tian_levels levels : {tian_levels::arcsine, tian_levels::logarithm}) {
    const auto r = tian_combination(std::vector<binary_trial<>>{t}, risk_difference{}, {.levels = levels});
    CHECK(r.method == (levels == tian_levels::arcsine ? "Tian, arcsine levels" : "Tian, logarithmic levels"));
    CHECK(close(r.lower, s.lower, metapool_test::digits10));
    CHECK(close(r.upper, s.upper, metapool_test::digits10));
    CHECK(close(r.p, s.p, metapool_test::digits10));
  }
  CHECK(tian_combination(std::vector<binary_trial<>>{t}, risk_difference{}, {.levels = tian_levels::arcsine, .mid_p = true}).method == "Tian, arcsine levels, mid-p");
}

TEST_CASE("Two scores of p-values are judged by the closed form of their sum") {
  // below the reach: P(V + V' <= c) is s^2 c sin(c) / 2 of arcsines, s^2 (1 - (1 + c) exp(-c)) of logarithms
  const double s = 1.01;
  const auto arcsine = [&](double p, double q) {
    const double c = std::asin(p / s) + std::asin(q / s);
    return s * s * c * std::sin(c) / 2;
  };
  const auto logarithm = [&](double p, double q) {
    const double c = -std::log1p(-p / s) - std::log1p(-q / s);
    return s * s * (-std::expm1(-c) - c * std::exp(-c));
  };
  const std::vector<binary_trial<>> two{trial("a", 4, 8, 1, 7), trial("b", 5, 8, 2, 7)};  // of equal size, and so of equal weight
  const auto p_of = [&](std::size_t i, double level) { return unconditional_interval(two[i], risk_difference{}, {.level = level, .nuisance_error = 1e-6}); };
  const double p = p_of(0, 0.95).p / 2, q = p_of(1, 0.95).p / 2;
  const auto a = tian_combination(two, risk_difference{}, {.levels = tian_levels::arcsine}), l = tian_combination(two, risk_difference{}, {.levels = tian_levels::logarithm});
  CHECK(close(a.p_greater, arcsine(p, q), metapool_test::digits10));
  CHECK(close(l.p_greater, logarithm(p, q), metapool_test::digits10));
  // twice the same trial: at the limit both p-values are q with a sum of scores of 2.5 %
  const std::vector<binary_trial<>> same{two[0], two[0]};
  const auto check = [&](tian_levels levels, const auto& sum) {
    double from = 0, to = 0.5;
    for (int i = 0; i < 60; ++i) {
      const double middle = (from + to) / 2;
      (sum(middle, middle) < 0.025 ? from : to) = middle;
    }
    const auto r = tian_combination(same, risk_difference{}, {.levels = levels});
    CHECK(close(r.lower, p_of(0, 1 - 2 * from).lower, metapool_test::digits8));
    CHECK(close(r.upper, p_of(0, 1 - 2 * from).upper, metapool_test::digits8));
  };
  check(tian_levels::arcsine, arcsine);
  check(tian_levels::logarithm, logarithm);
}

TEST_CASE("Whatever the levels count, exchanged arms turn the interval, the order of trials does not matter, and interval and test agree") {
  const std::vector<binary_trial<>> there{trial("a", 3, 8, 0, 7), trial("b", 2, 6, 1, 5), trial("c", 0, 9, 0, 8)}, turned{there[2], there[0], there[1]},
      back{trial("a", 0, 7, 3, 8), trial("b", 1, 5, 2, 6), trial("c", 0, 8, 0, 9)};
  for (const tian_levels levels : {tian_levels::arcsine, tian_levels::logarithm}) {
    const auto compare = [&](const auto& measure, const auto& turn) {
      const auto x = tian_combination(there, measure, {.levels = levels}), y = tian_combination(turned, measure, {.levels = levels}), z = tian_combination(back, measure, {.levels = levels});
      CHECK(close(x.lower, y.lower, metapool_test::digits10));
      CHECK(close(x.upper, y.upper, metapool_test::digits10));
      CHECK(close(x.p, y.p, metapool_test::digits10));
      CHECK(close(x.upper, turn(z.lower), metapool_test::digits8));
      CHECK(close(x.p_greater, z.p_less, metapool_test::digits10));
      CHECK(x.lower < *x.estimate);
      CHECK(*x.estimate < x.upper);
    };
    compare(risk_difference{}, [](double x) { return -x; });
    compare(risk_ratio{}, [](double x) { return 1 / x; });
    for (const double events : {4.0, 6.0, 7.0, 8.0}) {
      const auto r = tian_combination(std::vector<binary_trial<>>{trial("a", events, 8, 1, 8), trial("b", events, 9, 2, 8)}, risk_difference{}, {.levels = levels});
      CHECK((r.p < 0.05) == (r.lower > 0));
    }
    // a trial without events says that a difference is small, whatever the levels count
    const auto few = tian_combination(std::vector<binary_trial<>>{there[0]}, risk_difference{}, {.levels = levels});
    const auto more = tian_combination(std::vector<binary_trial<>>{there[0], trial("d", 0, 60, 0, 60)}, risk_difference{}, {.levels = levels});
    CHECK(more.tables == 2);
    CHECK(more.upper - more.lower < few.upper - few.lower);
  }
}

TEST_CASE("Enumerated coverage of two trials of 1 to 2 patients an arm is never below the level, whatever the levels count") {
  for (const tian_levels levels : {tian_levels::arcsine, tian_levels::logarithm}) {
    const double least = least_coverage(1, 1, {.level = 0.8, .levels = levels, .nuisance_error = 1e-3});
    CHECK(least >= 0.8);
    CHECK(least > 0.92);
    CHECK(least < 0.97);
  }
}

TEST_CASE("A trial without events makes a difference smaller, and of a ratio says nothing") {
  const std::vector<binary_trial<>> one{trial("a", 1, 10, 3, 10)}, two{one[0], trial("b", 0, 60, 0, 60)};
  const auto d = tian_combination(one, risk_difference{}), e = tian_combination(two, risk_difference{});
  CHECK(e.tables == 2);
  CHECK(e.audit[1].status == study_status::pooled);
  CHECK(e.upper - e.lower < d.upper - d.lower);
  CHECK(e.lower < 0);
  CHECK(e.upper > 0);
  const auto r = tian_combination(one, risk_ratio{}), s = tian_combination(two, risk_ratio{}), m = tian_combination(two, risk_ratio{}, {.mid_p = true});
  CHECK(s.upper >= r.upper);
  CHECK(m.upper <= s.upper);
  CHECK(m.method == "Tian, mid-p");
}

TEST_CASE("All zeros, all events, arms without events: states and no failure") {
  const std::vector<binary_trial<>> zeros{trial("a", 0, 5, 0, 6), trial("b", 0, 4, 0, 4)}, all{trial("a", 5, 5, 6, 6), trial("b", 4, 4, 4, 4)};
  for (const bool mid : {false, true}) {
    const tian_options options{.mid_p = mid};
    const auto d = tian_combination(zeros, risk_difference{}, options);
    CHECK(d.lower < 0);
    CHECK(d.upper > 0);
    CHECK(d.upper < 0.8);
    CHECK(d.p == 1);
    const auto r = tian_combination(zeros, risk_ratio{}, options);
    CHECK(r.state == interval_state::unbounded);
    CHECK(r.lower == 0);
    CHECK(r.upper == infinity);
    CHECK_FALSE(r.estimate.has_value());
    const auto full = tian_combination(all, risk_difference{}, options);
    CHECK(full.lower < 0);
    CHECK(full.upper > 0);
    CHECK(full.p == 1);
    CHECK(tian_combination(all, risk_ratio{}, options).state == interval_state::regular);
    const auto open = tian_combination(std::vector<binary_trial<>>{trial("a", 0, 7, 6, 7), trial("b", 0, 6, 4, 5)}, risk_ratio{}, options);
    CHECK(open.state == interval_state::open_lower);
    CHECK(open.upper < 1);
    CHECK(*open.estimate < 0.5);
    const auto most = tian_combination(std::vector<binary_trial<>>{trial("a", 4, 4, 0, 4), trial("b", 3, 3, 0, 4)}, risk_difference{}, options);
    CHECK(most.upper == 1);
    CHECK(most.lower > 0.2);
  }
}

TEST_CASE("Of one trial's rates the combination is Clopper and Pearson's interval of the share of events") {
  const std::vector<rate_trial<>> one{rates("a", 7, 100, 2, 150)};
  const auto r = tian_combination(one, incidence_rate_ratio{});
  // R: p <- binom.test(7, 9)$conf.int; p / (1 - p) * 150 / 100
  CHECK(close(r.lower, 0.9996101703, metapool_test::at_scale({1e-10, 0, 0, "printed by R to ten digits"}, 1)));
  CHECK(close(r.upper, 51.7954845801, {1e-10, 0, 0, "printed by R to ten digits"}));
  for (const tian_levels levels : {tian_levels::arcsine, tian_levels::logarithm}) CHECK(close(tian_combination(one, incidence_rate_ratio{}, {.levels = levels}).upper, r.upper, metapool_test::digits10));
  const std::vector<rate_trial<>> three{rates("a", 7, 100, 2, 150), rates("b", 0, 50, 0, 60), rates("c", 3, 80, 1, 70)};
  const auto s = tian_combination(three, incidence_rate_ratio{});
  CHECK(s.tables == 2);
  CHECK(s.audit[1].status == study_status::double_zero);
  const double w = std::sqrt(9 * 0.24), v = std::sqrt(4 * (80.0 * 70 / 150 / 150)), p = 0.025034752, q = binomial(4, 3, 80.0 / 150) + binomial(4, 4, 80.0 / 150);
  const double both = (w * p + v * q) / (w + v);  // R: p = 1 - pbinom(6, 9, 0.4)
  CHECK(close(s.p, both * both * (w + v) * (w + v) / (w * v), {1e-7, 0, 0, "R's printed digits"}));
  CHECK(s.lower < 1);
  CHECK(s.upper < r.upper);
  const auto m = tian_combination(three, incidence_rate_ratio{}, {.weights = tian_weights::total, .mid_p = true});
  CHECK(close(m.weights[0], 9.0 / 13, metapool_test::digits14));
  CHECK(m.lower > s.lower);
  CHECK_THROWS_AS(tian_combination(std::vector<rate_trial<>>{rates("b", 0, 50, 0, 60)}, incidence_rate_ratio{}), not_estimable);
  CHECK(tian_combination(std::vector<rate_trial<>>{rates("a", 0, 50, 4, 60)}, incidence_rate_ratio{}).state == interval_state::open_lower);
}

TEST_CASE("tian_combination says what it refuses") {
  const std::vector<binary_trial<>> good{trial("a", 1, 12, 7, 12)};
  CHECK_THROWS_AS(tian_combination(std::vector<binary_trial<>>{}, risk_ratio{}), input_error);
  CHECK_THROWS_AS(tian_combination(std::vector<binary_trial<>>{trial("a", 13, 12, 7, 12)}, risk_ratio{}), input_error);
  CHECK_THROWS_AS(tian_combination(std::vector<binary_trial<>>{trial("a", 13, 2e6, 7, 12)}, risk_ratio{}), input_error);
  CHECK_THROWS_AS(tian_combination(good, risk_ratio{}, {.level = 0}), input_error);
  CHECK_THROWS_AS(tian_combination(good, risk_ratio{}, {.nuisance_error = 0}), input_error);
  CHECK_THROWS_AS(tian_combination(std::vector<binary_trial<>>{{"a", {}, {1.0, 12.0}}}, risk_ratio{}), not_estimable);
  const std::vector<binary_trial<>> partial{good[0], {"b", {}, {1.0, 12.0}}};
  CHECK(tian_combination(partial, risk_difference{}).audit[1].status == study_status::not_reported);
  CHECK(tian_combination(std::vector<binary_trial<float>>{trial<float>("a", 1, 12, 7, 12)}, risk_difference{}).upper < 0);
}

TEST_CASE("arms that are alike have no effect, also where the combinations of both sides are equal in several places") {
  const std::vector<metapool::binary_trial<>> alike(3, {"a", {5, 20}, {5, 20}});  // they cross at -0.0235, 0 and 0.0235
  const auto difference = metapool::tian_combination(alike, metapool::risk_difference{});
  CHECK(std::fabs(*difference.estimate) < 1e-12);
  CHECK(difference.lower == doctest::Approx(-difference.upper));
  CHECK(std::fabs(std::log(*metapool::tian_combination(alike, metapool::risk_ratio{}).estimate)) < 1e-12);
}
