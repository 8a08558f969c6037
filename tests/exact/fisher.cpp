// SPDX-License-Identifier: BSL-1.0
#include <metapool/exact/fisher.hpp>

#include "../support/close.hpp"

#include <doctest/doctest.h>

#include <boost/multiprecision/cpp_bin_float.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <vector>

using namespace metapool;
using metapool_test::close;
using metapool_test::printed;
using wide = boost::multiprecision::number<boost::multiprecision::cpp_bin_float<50>, boost::multiprecision::et_off>;

namespace {

struct counts {
  int a, n1, c, n2;
};

template <class Real = double>
binary_trial<Real> trial(const counts& t) {
  return {"t", {Real(t.a), Real(t.n1)}, {Real(t.c), Real(t.n2)}};
}

const double infinity = std::numeric_limits<double>::infinity();

// Tables of many shapes: sparse, balanced, unequal arms, more events than the control arm has patients, both ends of the support.
const std::vector<counts> tables{{1, 12, 7, 12},  {0, 12, 3, 29}, {6, 30, 2, 29},  {2, 26, 6, 18},   {10, 20, 16, 20}, {9, 10, 3, 7},
                                 {5, 5, 1, 6},    {3, 40, 2, 3},  {30, 35, 4, 5},  {1, 1, 0, 1},     {1, 2, 1, 2},     {4, 8, 4, 8},
                                 {7, 60, 21, 55}, {60, 90, 9, 9}, {0, 50, 20, 50}, {1, 100, 40, 100}, {3, 3, 3, 4}};

// Brute force in 50 digits: the probabilities are products of binomial coefficients, each a product of its own.
struct brute {
  int lo, hi, x;
  std::vector<wide> weight;
  explicit brute(const counts& t) : lo(std::max(0, t.a + t.c - t.n2)), hi(std::min(t.n1, t.a + t.c)), x(t.a), weight{} {
    const auto choose = [](int n, int k) {
      wide r = 1;
      for (int i = 1; i <= k; ++i) r = r * (n - k + i) / i;
      return r;
    };
    for (int y = lo; y <= hi; ++y) weight.push_back(choose(t.n1, y) * choose(t.n2, t.a + t.c - y));
  }
  /// Sum over y of factor(y) P(X = y; psi).
  template <class F>
  wide sum(const wide& psi, F factor) const {
    wide top = 0, all = 0, power = 1;
    for (int y = lo; y <= hi; ++y, power *= psi) {
      const wide w = weight[static_cast<std::size_t>(y - lo)] * power;
      all += w;
      top += factor(y) * w;
    }
    return top / all;
  }
  wide p_two_sided() const {
    const wide slack = weight[static_cast<std::size_t>(x - lo)] * (1 + wide(1e-7));
    return sum(1, [&](int y) { return wide(weight[static_cast<std::size_t>(y - lo)] <= slack ? 1 : 0); });
  }
  wide upper_tail(const wide& psi, const wide& share) const {
    return sum(psi, [&](int y) { return y > x ? wide(1) : y == x ? share : wide(0); });
  }
  wide lower_tail(const wide& psi, const wide& share) const {
    return sum(psi, [&](int y) { return y < x ? wide(1) : y == x ? share : wide(0); });
  }
  wide mean(const wide& psi) const {
    return sum(psi, [](int y) { return wide(y); });
  }
  /// psi in (1e-12, 1e12) at which an increasing function is zero, by bisection.
  template <class F>
  static wide solve(F f) {
    wide low = log(wide(1e-12)), high = -low;
    for (int i = 0; i < 150; ++i) {
      const wide middle = (low + high) / 2;
      (f(exp(middle)) < 0 ? low : high) = middle;
    }
    return exp(low);
  }
};

double as_double(const wide& x) { return static_cast<double>(x); }

}  // namespace

TEST_CASE("Fisher's p-values are those that trials of mesenchymal stromal cells published") {
  CHECK(close(fisher_exact(trial({0, 12, 3, 29})).p, 0.543, printed(3)));   // Shu 2020
  CHECK(close(fisher_exact(trial({6, 30, 2, 29})).p, 0.25, printed(2)));    // REALIST, serious adverse events
  CHECK(close(fisher_exact(trial({2, 26, 6, 18})).p, 0.048, printed(3)));   // Xu 2021
  CHECK(close(fisher_exact(trial({10, 20, 16, 20})).p, 0.096, printed(3))); // Dilogo 2021
}

TEST_CASE("The lady tasting tea: three of four cups right have P(X >= 3) = 17/70, all four 1/70") {
  CHECK(close(fisher_exact(trial({3, 4, 1, 4})).p_greater, 17.0 / 70, metapool_test::digits15));
  CHECK(close(fisher_exact(trial({3, 4, 1, 4})).p, 34.0 / 70, metapool_test::digits15));
  CHECK(close(fisher_exact(trial({4, 4, 0, 4})).p_greater, 1.0 / 70, metapool_test::digits15));
}

TEST_CASE("p-values are those of a brute-force sum of binomial coefficients in 50 digits") {
  for (const counts& t : tables) {
    INFO("table " << t.a << "/" << t.n1 << " " << t.c << "/" << t.n2);
    const brute b(t);
    const auto r = fisher_exact(trial(t));
    CHECK(close(r.p, as_double(b.p_two_sided()), metapool_test::digits14));
    CHECK(close(r.p_less, as_double(b.lower_tail(1, 1)), metapool_test::digits14));
    CHECK(close(r.p_greater, as_double(b.upper_tail(1, 1)), metapool_test::digits14));
    const wide half = wide(1) / 2;
    const wide mid = std::min(wide(2 * std::min(b.lower_tail(1, half), b.upper_tail(1, half))), wide(1));
    CHECK(close(r.p_mid, as_double(mid), metapool_test::digits14));
    CHECK(close(r.probability, as_double(b.upper_tail(1, 1) - b.upper_tail(1, 0)), metapool_test::digits14));
  }
}

TEST_CASE("Estimate and limits are those of a bisection on brute-force sums in 50 digits") {
  for (const counts& t : tables) {
    INFO("table " << t.a << "/" << t.n1 << " " << t.c << "/" << t.n2);
    const brute b(t);
    for (const double level : {0.95, 0.5, 0.999}) {
      const auto r = fisher_exact(trial(t), {.level = level});
      const wide alpha = (1 - wide(level)) / 2;
      CHECK(r.convergence.converged);
      if (t.a == b.lo) {
        CHECK(r.lower == 0);
        CHECK(r.lower_mid == 0);
        CHECK(*r.odds_ratio == 0);
      } else {
        const auto at = [&](const wide& share) { return as_double(brute::solve([&](const wide& psi) { return b.upper_tail(psi, share) - alpha; })); };
        CHECK(close(r.lower, at(1), metapool_test::digits12));
        CHECK(close(r.lower_mid, at(0.5), metapool_test::digits12));
      }
      if (t.a == b.hi) {
        CHECK(r.upper == infinity);
        CHECK(r.upper_mid == infinity);
        CHECK(*r.odds_ratio == infinity);
      } else {
        const auto at = [&](const wide& share) { return as_double(brute::solve([&](const wide& psi) { return alpha - b.lower_tail(psi, share); })); };
        CHECK(close(r.upper, at(1), metapool_test::digits12));
        CHECK(close(r.upper_mid, at(0.5), metapool_test::digits12));
      }
      if (t.a != b.lo && t.a != b.hi) {
        CHECK(close(*r.odds_ratio, as_double(brute::solve([&](const wide& psi) { return b.mean(psi) - b.x; })), metapool_test::digits12));
      }
    }
  }
}

TEST_CASE("One patient of two in each arm: the conditional odds ratio is 1 and the limits solve a quadratic") {
  // Weights 1, 4 psi, psi^2: P(X >= 1; psi) = (4 psi + psi^2) / (1 + 4 psi + psi^2) = alpha.
  const auto r = fisher_exact(trial({1, 2, 1, 2}));
  const double q = 0.025 / 0.975;  // psi^2 + 4 psi = q
  const double lower = q / (2 + std::sqrt(4 + q));
  CHECK(close(*r.odds_ratio, 1, metapool_test::digits14));
  CHECK(close(r.lower, lower, metapool_test::digits12));
  CHECK(close(r.upper, 1 / lower, metapool_test::digits12));
  CHECK(r.p == 1);
  CHECK(close(r.p_mid_minimum_likelihood, 1 - 4.0 / 12, metapool_test::digits14));
}

TEST_CASE("Exchanging the arms inverts the odds ratio and its limits and exchanges the tails") {
  for (const counts& t : tables) {
    INFO("table " << t.a << "/" << t.n1 << " " << t.c << "/" << t.n2);
    const auto r = fisher_exact(trial(t)), s = fisher_exact(trial({t.c, t.n2, t.a, t.n1}));
    CHECK(close(r.p, s.p, metapool_test::digits14));
    CHECK(close(r.p_less, s.p_greater, metapool_test::digits14));
    CHECK(close(r.p_mid, s.p_mid, metapool_test::digits14));
    CHECK(close(*r.odds_ratio, 1 / *s.odds_ratio, metapool_test::digits12));
    CHECK(close(r.lower, 1 / s.upper, metapool_test::digits12));
    CHECK(close(r.upper_mid, 1 / s.lower_mid, metapool_test::digits12));
  }
}

TEST_CASE("Counting non-events instead of events inverts the odds ratio") {
  for (const counts& t : tables) {
    const auto r = fisher_exact(trial(t)), s = fisher_exact(trial({t.n1 - t.a, t.n1, t.n2 - t.c, t.n2}));
    CHECK(close(r.p, s.p, metapool_test::digits14));
    CHECK(close(*r.odds_ratio, 1 / *s.odds_ratio, metapool_test::digits12));
    CHECK(close(r.upper, 1 / s.lower, metapool_test::digits12));
    CHECK(close(r.p_mid_minimum_likelihood, s.p_mid_minimum_likelihood, metapool_test::digits14));
  }
}

TEST_CASE("The exact interval excludes 1 if and only if the central p is below 5 %, and the mid-p interval goes with the mid-p") {
  int excluded = 0;
  for (int a = 0; a <= 14; ++a) {
    for (int c = 0; c <= 17; ++c) {
      if (a + c == 0 || a + c == 31) continue;
      INFO("events " << a << " " << c);
      const auto r = fisher_exact(trial({a, 14, c, 17}));
      CHECK((r.p_central < 0.05) == (r.lower > 1 || r.upper < 1));
      CHECK((r.p_mid < 0.05) == (r.lower_mid > 1 || r.upper_mid < 1));
      CHECK(r.p_mid <= r.p_central);
      CHECK(r.p_mid_minimum_likelihood < r.p);
      CHECK(r.lower <= r.lower_mid);
      CHECK(r.upper_mid <= r.upper);
      CHECK(r.p <= 1);
      excluded += r.p_central < 0.05;
    }
  }
  CHECK(excluded > 20);
}

TEST_CASE("Tables as probable as the observed one by symmetry count in full: arms of one size double the tail") {
  for (int n = 5; n < 60; ++n) {
    const auto r = fisher_exact(trial({1, n, 4, n}));
    CHECK(close(r.p, std::min(1.0, 2 * r.p_less), metapool_test::digits14));
    CHECK(close(r.p_mid_minimum_likelihood, r.p_mid, metapool_test::digits12));
  }
}

TEST_CASE("Without an event, or without a non-event, there is nothing to test") {
  for (const counts& t : {counts{0, 12, 0, 15}, counts{12, 12, 15, 15}}) {
    const auto r = fisher_exact(trial(t));
    CHECK(r.p == 1);
    CHECK(r.p_less == 1);
    CHECK(r.p_greater == 1);
    CHECK(r.p_mid == 1);
    CHECK_FALSE(r.odds_ratio.has_value());
    CHECK(r.lower == 0);
    CHECK(r.upper == infinity);
    CHECK(r.lower_mid == 0);
    CHECK(r.upper_mid == infinity);
  }
}

TEST_CASE("A higher level widens the interval") {
  const auto narrow = fisher_exact(trial({6, 30, 2, 29}), {.level = 0.5}), wider = fisher_exact(trial({6, 30, 2, 29}), {.level = 0.99});
  CHECK(wider.lower < narrow.lower);
  CHECK(narrow.upper < wider.upper);
  CHECK(narrow.level == 0.5);
}

TEST_CASE("Tables of a thousand million patients keep twelve digits") {
  // One event against five in 10^9 patients each: X is binomial(6, 1/2) but for 1e-9, with the exact probabilities in 50 digits.
  const counts rare{1, 1000000000, 5, 1000000000};
  const brute b(rare);
  const auto r = fisher_exact(trial(rare));
  CHECK(close(r.p, as_double(b.p_two_sided()), metapool_test::digits12));
  CHECK(close(r.lower, as_double(brute::solve([&](const wide& psi) { return b.upper_tail(psi, 1) - wide(1 - wide(0.95)) / 2; })), metapool_test::digits12));

  const auto big = fisher_exact(trial({250000000, 500000000, 250010000, 500000000}));
  CHECK(big.convergence.converged);
  // The normal limit: log OR and its standard error; with 10^9 patients the exact limits differ by far less than 1e-8.
  const double log_or = std::log(2.5e8 / 2.5e8) - std::log(2.5001e8 / 2.4999e8), se = std::sqrt(2 / 2.5e8 + 1 / 2.5001e8 + 1 / 2.4999e8);
  CHECK(close(std::log(*big.odds_ratio), log_or, metapool_test::at_scale(metapool_test::digits8, 1)));
  CHECK(close(std::log(big.lower_mid), log_or - 1.959963984540054 * se, metapool_test::at_scale(metapool_test::digits8, 1)));

  const auto far = fisher_exact(trial({100000000, 500000000, 200000000, 500000000}));
  CHECK(far.p == 0);  // e to the minus thirty million
  CHECK(far.upper < 1);
}

TEST_CASE("A p-value far in the tail keeps its digits") {
  const counts t{0, 300, 250, 300};
  const auto r = fisher_exact(trial(t));
  CHECK(r.p < 1e-100);
  CHECK(close(r.p, as_double(brute(t).p_two_sided()), metapool_test::digits12));
}

TEST_CASE("Every scalar type gives the same table its p and limits") {
  const counts t{1, 12, 7, 12};
  const auto d = fisher_exact(trial(t));
  const auto w = fisher_exact(trial<wide>(t));
  const auto l = fisher_exact(trial<long double>(t));
  const auto f = fisher_exact(trial<float>(t));
  CHECK(close(d.p, as_double(w.p), metapool_test::digits15));
  CHECK(close(d.lower_mid, as_double(w.lower_mid), metapool_test::digits14));
  CHECK(close(w.p, brute(t).p_two_sided(), metapool_test::digits40));
  CHECK(close(w.lower, brute::solve([&](const wide& psi) { return brute(t).upper_tail(psi, 1) - (1 - wide(0.95)) / 2; }), metapool_test::digits40));
  CHECK(close(static_cast<double>(l.upper), d.upper, metapool_test::digits14));
  CHECK(close(f.p, static_cast<float>(d.p), metapool_test::digits5));
  CHECK(close(f.lower, static_cast<float>(d.lower), metapool_test::digits5));
}

TEST_CASE("fisher_p gives the p-values of fisher_exact") {
  const auto p = fisher_p(trial({2, 26, 6, 18}));
  const auto r = fisher_exact(trial({2, 26, 6, 18}));
  CHECK(p.p == r.p);
  CHECK(p.p_mid_minimum_likelihood == r.p_mid_minimum_likelihood);
}

TEST_CASE("fisher_exact refuses what is not a table, and says what is missing") {
  CHECK_THROWS_AS(fisher_exact(trial({13, 12, 7, 12})), input_error);
  CHECK_THROWS_AS(fisher_exact(trial({-1, 12, 7, 12})), input_error);
  CHECK_THROWS_AS(fisher_exact(trial({0, 0, 7, 12})), input_error);
  CHECK_THROWS_AS(fisher_exact(binary_trial<>{"t", {1.5, 12}, {7, 12}}), input_error);
  CHECK_THROWS_AS(fisher_exact(binary_trial<>{"t", {std::nan(""), 12}, {7, 12}}), input_error);
  CHECK_THROWS_AS(fisher_exact(trial({1, 12, 7, 12}), {.level = 1}), input_error);
  CHECK_THROWS_AS(fisher_exact(trial({1, 12, 7, 12}), {.level = std::nan("")}), input_error);
  CHECK_THROWS_AS(fisher_exact(binary_trial<float>{"t", {1, 16777216.f}, {7, 12}}), input_error);  // more than 1/epsilon
  try {
    fisher_exact(binary_trial<>{.label = "Zhu 2021", .treated = {.events = 1, .total = 12}, .control = {.events = {}, .total = 12}});
    FAIL("no error");
  } catch (const input_error& e) {
    CHECK(std::string(e.what()) == "fisher_exact: study 'Zhu 2021': control.events is not reported, and the table needs it");
  }
}
