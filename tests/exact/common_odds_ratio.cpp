// SPDX-License-Identifier: BSL-1.0
#include <metapool/exact/common_odds_ratio.hpp>

#include <metapool/inference/table_tests.hpp>

#include "../support/close.hpp"
#include "../support/published.hpp"

#include <doctest/doctest.h>

#include <boost/multiprecision/cpp_bin_float.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

using namespace metapool;
using metapool_test::close;
using wide = boost::multiprecision::number<boost::multiprecision::cpp_bin_float<50>, boost::multiprecision::et_off>;

namespace {

using counts = std::array<int, 4>;  // treated events and patients, control events and patients

template <class Real = double>
std::vector<binary_trial<Real>> trials(const std::vector<counts>& tables) {
  std::vector<binary_trial<Real>> r;
  for (const counts& t : tables) r.push_back({"t" + std::to_string(r.size() + 1), {Real(t[0]), Real(t[1])}, {Real(t[2]), Real(t[3])}});
  return r;
}

const double infinity = std::numeric_limits<double>::infinity();

// Penicillin against streptococci in rabbits, none or 1.5 hours' delay, five doses: Mantel (1963), the data of R's help page of mantelhaen.test.
const std::vector<counts> rabbits{{0, 6, 0, 5}, {3, 6, 0, 6}, {6, 6, 2, 6}, {5, 6, 6, 6}, {2, 2, 5, 5}};

const std::vector<std::vector<counts>> sets{
    rabbits,
    {{1, 12, 7, 12}},
    {{1, 12, 3, 12}, {0, 20, 2, 19}, {2, 31, 2, 28}},
    {{0, 29, 2, 29}, {0, 12, 3, 29}, {5, 21, 4, 24}, {2, 12, 7, 12}, {10, 20, 16, 20}, {3, 10, 6, 10}},
    {{9, 10, 3, 7}, {30, 35, 4, 5}, {60, 90, 9, 9}},
    {{1, 2, 0, 2}, {0, 2, 1, 2}},
    {{3, 40, 2, 3}, {1, 100, 40, 100}},
};

// Brute force in 50 digits: products of binomial coefficients, multiplied out over the tables term by term.
struct brute {
  int lowest = 0, x = 0;
  std::vector<wide> weight{wide(1)};
  explicit brute(const std::vector<counts>& tables) {
    const auto choose = [](int n, int k) {
      wide r = 1;
      for (int i = 1; i <= k; ++i) r = r * (n - k + i) / i;
      return r;
    };
    for (const counts& t : tables) {
      const int m = t[0] + t[2], lo = std::max(0, m - t[3]), hi = std::min(t[1], m);
      std::vector<wide> next(weight.size() + static_cast<std::size_t>(hi - lo), wide(0));
      for (int y = lo; y <= hi; ++y) {
        const wide w = choose(t[1], y) * choose(t[3], m - y);
        for (std::size_t i = 0; i < weight.size(); ++i) next[i + static_cast<std::size_t>(y - lo)] += weight[i] * w;
      }
      weight = next;
      lowest += lo;
      x += t[0];
    }
  }
  std::vector<wide> at(const wide& psi) const {
    std::vector<wide> p = weight;
    wide power = 1, all = 0;
    for (wide& w : p) {
      w *= power;
      power *= psi;
      all += w;
    }
    for (wide& w : p) w /= all;
    return p;
  }
  int count(std::size_t i) const { return lowest + static_cast<int>(i); }
  /// Sum of factor(y) P(X = y; psi).
  template <class F>
  wide sum(const wide& psi, F factor) const {
    const auto p = at(psi);
    wide r = 0;
    for (std::size_t i = 0; i < p.size(); ++i) r += p[i] * factor(count(i));
    return r;
  }
  wide upper(const wide& psi, const wide& share) const {
    return sum(psi, [&](int y) { return y > x ? wide(1) : y == x ? share : wide(0); });
  }
  wide lower(const wide& psi, const wide& share) const {
    return sum(psi, [&](int y) { return y < x ? wide(1) : y == x ? share : wide(0); });
  }
  wide minimum_likelihood() const {
    const auto p = at(1);
    wide r = 0;
    for (const wide& q : p) r += q <= p[static_cast<std::size_t>(x - lowest)] * (1 + wide(1e-7)) ? q : wide(0);
    return r;
  }
  /// Blaker's p: the probability of all counts whose smaller tail is not larger than the observed count's.
  wide blaker(const wide& psi, const wide& slack) const {
    const auto p = at(psi);
    std::vector<wide> small(p.size());
    wide below = 0;
    for (std::size_t i = 0; i < p.size(); ++i) small[i] = below += p[i];
    wide above = 0;
    for (std::size_t i = p.size(); i-- > 0;) small[i] = std::min(small[i], wide(above += p[i]));
    wide r = 0;
    for (std::size_t i = 0; i < p.size(); ++i) r += small[i] <= small[static_cast<std::size_t>(x - lowest)] * (1 + slack) ? p[i] : wide(0);
    return r;
  }
};

template <class T>
double as_double(const T& x) {
  return static_cast<double>(x);
}

}  // namespace

TEST_CASE("The exact conditional analysis of Rabbits and of UCBAdmissions is that of R's mantelhaen.test") {
  // R 4.2.2, mantelhaen.test(x, exact = TRUE). Its p is closed; estimate and limits are uniroot's, and its S counts the dose with no survivor to lose too.
  const auto r = exact_common_odds_ratio(trials(rabbits));
  CHECK(close(r.p, 0.0399449035813, metapool_test::digits10));
  CHECK(r.observed + 2 == 16);
  CHECK(r.audit[4].status == study_status::double_full);
  CHECK(close(*r.odds_ratio, 10.3610240814, {1e-5}));
  CHECK(close(r.exact.lower, 1.07740143019, {1e-4}));
  CHECK(close(r.exact.upper, 529.83739902335, {5e-3}));
  const auto ucb = exact_common_odds_ratio(trials({{512, 825, 89, 108}, {353, 560, 17, 25}, {120, 325, 202, 593}, {138, 417, 131, 375}, {53, 191, 94, 393}, {22, 373, 24, 341}}));
  CHECK(close(ucb.p, 0.227762526798, metapool_test::digits10));
  CHECK(ucb.observed == 1198);
  CHECK(close(*ucb.odds_ratio, 0.905076193638, {1e-5}));
  CHECK(close(ucb.exact.lower, 0.769714040581, {1e-4}));
  CHECK(close(ucb.exact.upper, 1.063416992780, {1e-4}));
}

TEST_CASE("Estimate, tails, tests and limits are those of the polynomial multiplied out in 50 digits") {
  for (const auto& set : sets) {
    const brute b(set);
    INFO("x = " << b.x << " of " << b.weight.size() << " sums from " << b.lowest);
    const auto r = exact_common_odds_ratio(trials(set));
    CHECK(r.convergence.converged);
    CHECK(r.tables + r.notes.size() * (r.audit.size() - r.tables) == set.size());
    const wide one = 1, half = wide(1) / 2, alpha = wide(1.0 - 0.95) / 2;
    CHECK(close(r.p_less, as_double(b.lower(one, one)), metapool_test::digits14));
    CHECK(close(r.p_greater, as_double(b.upper(one, one)), metapool_test::digits14));
    CHECK(close(r.probability, as_double(b.sum(one, [&](int y) { return wide(y == b.x ? 1 : 0); })), metapool_test::digits14));
    CHECK(close(r.p_mid, as_double(std::min(one, wide(2 * std::min(b.lower(one, half), b.upper(one, half))))), metapool_test::digits14));
    CHECK(close(r.p, as_double(b.minimum_likelihood()), metapool_test::digits14));
    CHECK(close(r.p_blaker, as_double(std::min(one, b.blaker(one, wide(1e-7)))), metapool_test::digits14));
    if (r.estimate_state == exact_estimate_state::regular) {
      CHECK(close(as_double(b.sum(wide(*r.odds_ratio), [](int y) { return wide(y); })), double(b.x), metapool_test::digits12));
    }
    if (r.exact.lower > 0) {
      CHECK(close(as_double(b.upper(wide(r.exact.lower), one)), as_double(alpha), metapool_test::digits12));
      CHECK(close(as_double(b.upper(wide(r.mid_p.lower), half)), as_double(alpha), metapool_test::digits12));
    }
    if (r.exact.upper < infinity) {
      CHECK(close(as_double(b.lower(wide(r.exact.upper), one)), as_double(alpha), metapool_test::digits12));
      CHECK(close(as_double(b.lower(wide(r.mid_p.upper), half)), as_double(alpha), metapool_test::digits12));
    }
  }
}

TEST_CASE("Blaker's limits are the outermost odds ratios that his test does not reject, and lie within the exact ones") {
  for (const auto& set : sets) {
    const brute b(set);
    INFO("x = " << b.x << " of " << b.weight.size() << " sums from " << b.lowest);
    for (const double level : {0.95, 0.8, 0.999}) {
      const auto r = exact_common_odds_ratio(trials(set), {.level = level});
      const double alpha = 1 - level;
      CHECK(r.blaker.lower >= r.exact.lower);
      CHECK(r.blaker.upper <= r.exact.upper);
      const auto p = [&](double psi) { return as_double(b.blaker(wide(psi), wide(0))); };
      if (r.blaker.lower > 0) {
        CHECK(p(r.blaker.lower * (1 + 1e-9)) > alpha);
        for (int i = 0; i <= 40; ++i) CHECK(p(r.blaker.lower * (1 - 1e-9) * std::pow(0.97, i)) <= alpha);
      }
      if (r.blaker.upper < infinity) {
        CHECK(p(r.blaker.upper * (1 - 1e-9)) > alpha);
        for (int i = 0; i <= 40; ++i) CHECK(p(r.blaker.upper * (1 + 1e-9) * std::pow(1.03, i)) <= alpha);
      }
    }
  }
}

TEST_CASE("One table gives Fisher's exact test and its intervals") {
  for (const counts& t : std::vector<counts>{{1, 12, 7, 12}, {6, 30, 2, 29}, {0, 12, 3, 29}, {5, 5, 1, 6}, {505, 88391, 499, 88391}}) {
    const auto one = trials({t});
    const auto r = exact_common_odds_ratio(one);
    const auto f = fisher_exact(one[0]);
    CHECK(close(r.p, f.p, metapool_test::digits12));
    CHECK(close(r.p_mid_minimum_likelihood, f.p_mid_minimum_likelihood, metapool_test::digits12));
    CHECK(close(*r.odds_ratio, *f.odds_ratio, metapool_test::digits12));
    CHECK(close(r.exact.lower, f.lower, metapool_test::digits12));
    CHECK(close(r.exact.upper, f.upper, metapool_test::digits12));
    CHECK(close(r.mid_p.lower, f.lower_mid, metapool_test::digits12));
    CHECK(close(r.mid_p.upper, f.upper_mid, metapool_test::digits12));
  }
}

TEST_CASE("The conditional score test is Cochran, Mantel and Haenszel's without correction") {
  const auto r = exact_common_odds_ratio(metapool_test::bcg());
  const auto cmh = cochran_mantel_haenszel(metapool_test::bcg(), cmh_correction::none);
  CHECK(close(r.score_statistic, cmh.statistic, metapool_test::digits14));
  CHECK(close(r.score_p, cmh.p, metapool_test::digits10));
}

TEST_CASE("Exchanged arms invert the odds ratio and its limits; the order of the trials does not matter") {
  auto set = metapool_test::bcg();
  const auto r = exact_common_odds_ratio(set);
  std::reverse(set.begin(), set.end());
  const auto back = exact_common_odds_ratio(set);
  for (auto& t : set) std::swap(t.treated, t.control);
  const auto s = exact_common_odds_ratio(set);
  CHECK(close(*back.odds_ratio, *r.odds_ratio, metapool_test::digits14));
  CHECK(close(back.blaker.upper, r.blaker.upper, metapool_test::digits12));
  CHECK(close(*s.odds_ratio, 1 / *r.odds_ratio, metapool_test::digits12));
  CHECK(close(s.exact.lower, 1 / r.exact.upper, metapool_test::digits12));
  CHECK(close(s.mid_p.upper, 1 / r.mid_p.lower, metapool_test::digits12));
  CHECK(close(s.blaker.lower, 1 / r.blaker.upper, metapool_test::digits12));
  CHECK(close(s.p, r.p, metapool_test::digits12));
  CHECK(close(s.p_blaker, r.p_blaker, metapool_test::digits12));
}

TEST_CASE("The interval excludes 1 if and only if its test is below 5 %") {
  int excluded = 0;
  for (int a = 0; a <= 8; ++a) {
    for (int c = 0; c <= 9; ++c) {
      if (a + c == 0) continue;
      const auto r = exact_common_odds_ratio(trials({{a, 14, c, 17}, {a, 20, c / 2, 11}}));
      CHECK((r.p_central < 0.05) == (r.exact.lower > 1 || r.exact.upper < 1));
      CHECK((r.p_mid < 0.05) == (r.mid_p.lower > 1 || r.mid_p.upper < 1));
      if (r.blaker.lower > 1 || r.blaker.upper < 1) CHECK(r.p_blaker <= 0.05);
      CHECK(r.p_blaker <= r.p_central * (1 + 1e-12));
      excluded += r.p_central < 0.05;
    }
  }
  CHECK(excluded > 5);
}

TEST_CASE("At an end of the support the estimate is 0 or infinite and the intervals are open on that side") {
  const auto none = exact_common_odds_ratio(trials({{0, 12, 3, 12}, {0, 20, 2, 21}, {0, 9, 0, 9}}));
  CHECK(none.estimate_state == exact_estimate_state::zero);
  CHECK(*none.odds_ratio == 0);
  CHECK(none.exact.state == interval_state::open_lower);
  CHECK(none.exact.lower == 0);
  CHECK(none.blaker.lower == 0);
  CHECK(none.exact.upper < infinity);
  CHECK(none.blaker.upper <= none.exact.upper);
  const auto most = exact_common_odds_ratio(trials({{3, 12, 0, 12}, {2, 21, 0, 20}}));
  CHECK(most.estimate_state == exact_estimate_state::infinite);
  CHECK(*most.odds_ratio == infinity);
  CHECK(most.mid_p.state == interval_state::open_upper);
  CHECK(most.mid_p.upper == infinity);
  CHECK(most.mid_p.lower > 0);
}

TEST_CASE("Trials that say nothing on the odds ratio contribute nothing, and their record says so") {
  auto set = metapool_test::msc();
  const auto r = exact_common_odds_ratio(set);
  CHECK(r.tables == 6);
  CHECK(r.audit[2].status == study_status::double_zero);
  CHECK(r.audit[0].status == study_status::pooled);
  CHECK(r.notes.size() == 1);
  set.erase(set.begin() + 2);
  set.push_back(metapool_test::trial("full", 4, 4, 6, 6));
  set.push_back({"missing", {}, {3.0, 12.0}});
  const auto s = exact_common_odds_ratio(set);
  CHECK(s.audit[6].status == study_status::double_full);
  CHECK(s.audit[7].status == study_status::not_reported);
  CHECK(s.p == r.p);
  CHECK(*s.odds_ratio == *r.odds_ratio);

  const auto nothing = exact_common_odds_ratio(trials({{0, 12, 0, 15}, {3, 3, 5, 5}}));
  CHECK_FALSE(nothing.odds_ratio.has_value());
  CHECK(nothing.estimate_state == exact_estimate_state::not_determined);
  CHECK(nothing.exact.state == interval_state::unbounded);
  CHECK(nothing.p == 1);
  CHECK(nothing.p_blaker == 1);
  CHECK(nothing.score_p == 1);
}

TEST_CASE("Double keeps twelve digits of 50, and a p of 1e-31 its own") {
  const auto d = exact_common_odds_ratio(metapool_test::collins());
  const auto w = exact_common_odds_ratio(metapool_test::collins<wide>());
  CHECK(close(*d.odds_ratio, as_double(*w.odds_ratio), metapool_test::digits12));
  CHECK(close(d.exact.lower, as_double(w.exact.lower), metapool_test::digits12));
  CHECK(close(d.exact.upper, as_double(w.exact.upper), metapool_test::digits12));
  CHECK(close(d.mid_p.lower, as_double(w.mid_p.lower), metapool_test::digits12));
  CHECK(close(d.blaker.lower, as_double(w.blaker.lower), metapool_test::digits12));
  CHECK(close(d.blaker.upper, as_double(w.blaker.upper), metapool_test::digits12));
  CHECK(close(d.p, as_double(w.p), metapool_test::digits12));
  CHECK(close(d.p_blaker, as_double(w.p_blaker), metapool_test::digits12));
  CHECK(d.convergence.iterations < 60);  // eleven searches of Newton's method
  // R 4.2.2's mantelhaen.test of the BCG trials; its convolution is exact to rounding
  CHECK(close(exact_common_odds_ratio(metapool_test::bcg()).p, 1.74206420621794e-31, metapool_test::digits12));
}

TEST_CASE("Strong effects in large tables: far beyond the first centre, and a p of many orders") {
  const std::vector<counts> far{{2, 400, 180, 420}, {5, 300, 150, 310}};
  const brute b(far);
  const auto r = exact_common_odds_ratio(trials(far), {.level = 0.9999});
  const wide alpha = wide((1.0 - 0.9999)) / 2;
  CHECK(r.p < 1e-80);
  CHECK(close(r.p, as_double(b.minimum_likelihood()), metapool_test::digits12));
  CHECK(close(as_double(b.upper(wide(r.exact.lower), 1)), as_double(alpha), metapool_test::digits12));
  CHECK(close(as_double(b.lower(wide(r.exact.upper), 1)), as_double(alpha), metapool_test::digits12));
  // a p below the smallest number is 0, and the interval still there
  const auto tiny = exact_common_odds_ratio(trials({{100, 20000, 9000, 20000}, {100, 20000, 9000, 20000}}));
  CHECK(tiny.p == 0);
  CHECK(tiny.exact.upper < 0.02);
  CHECK(tiny.exact.lower > 0.005);
}

TEST_CASE("Float and long double give the same analysis") {
  const auto d = exact_common_odds_ratio(metapool_test::msc());
  const auto f = exact_common_odds_ratio(metapool_test::msc<float>());
  const auto l = exact_common_odds_ratio(metapool_test::msc<long double>());
  CHECK(close(f.p, static_cast<float>(d.p), metapool_test::digits5));
  CHECK(close(f.exact.upper, static_cast<float>(d.exact.upper), metapool_test::digits5));
  CHECK(close(f.blaker.lower, static_cast<float>(d.blaker.lower), metapool_test::digits5));
  CHECK(close(static_cast<double>(l.exact.lower), d.exact.lower, metapool_test::digits12));
}

TEST_CASE("exact_common_odds_ratio refuses what are no tables") {
  CHECK_THROWS_AS(exact_common_odds_ratio(std::vector<binary_trial<>>{}), input_error);
  CHECK_THROWS_AS(exact_common_odds_ratio(trials({{13, 12, 7, 12}})), input_error);
  CHECK_THROWS_AS(exact_common_odds_ratio(std::vector<binary_trial<>>{{"t", {1.5, 12}, {7, 12}}}), input_error);
  CHECK_THROWS_AS(exact_common_odds_ratio(trials(rabbits), {.level = 1}), input_error);
  CHECK_THROWS_AS(exact_common_odds_ratio(std::vector<binary_trial<>>{{"t", {4e10, 1e11}, {4e10, 1e11}}, {"u", {4e10, 1e11}, {4e10, 1e11}}}), input_error);
}
