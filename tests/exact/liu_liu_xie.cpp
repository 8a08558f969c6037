// SPDX-License-Identifier: BSL-1.0
#include <metapool/exact/liu_liu_xie.hpp>

#include "../support/close.hpp"
#include "../support/published.hpp"

#include <doctest/doctest.h>

#include <boost/multiprecision/cpp_bin_float.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

using namespace metapool;
using metapool_test::close;
using metapool_test::trial;
using wide = boost::multiprecision::number<boost::multiprecision::cpp_bin_float<50>, boost::multiprecision::et_off>;

namespace {

const double infinity = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("Seven trials of stromal cells: R's uniroot over sums of dhyper times powers of the odds ratio gives the same") {
  // R 4.2: p <- dhyper(x, n1, n2, m) * psi^x / sum(...); Z <- sum(w * qnorm(sum(p[x > a]) + p[x == a] / 2)) / sqrt(sum(w^2)); uniroot(tol = 1e-15)
  const auto r = liu_liu_xie(metapool_test::msc());
  CHECK(r.method == "Liu-Liu-Xie, mid-p");
  CHECK(r.tables == 6);
  CHECK(r.audit[2].status == study_status::double_zero);
  CHECK(r.weights[2] == 0);
  const metapool_test::tolerance r_digits{1e-11, 0, 0, "R's qnorm and uniroot"};
  CHECK(close(r.lower, 0.152983677350682, r_digits));
  CHECK(close(*r.odds_ratio, 0.356073951704484, r_digits));
  CHECK(close(r.upper, 0.772964151071560, r_digits));
  CHECK(close(r.statistic, -2.63834780550770409, r_digits));
  CHECK(close(r.p, 0.00833110869973817, r_digits));
  CHECK(close(r.p_less, r.p / 2, metapool_test::digits12));
  // weights by the root of the patients, which leaves the trial without events its weight
  std::vector<double> roots;
  for (const auto& t : metapool_test::msc()) roots.push_back(std::sqrt(*t.treated.total + *t.control.total));
  const auto s = liu_liu_xie(metapool_test::msc(), {.weights = roots});
  CHECK(close(s.lower, 0.100133435459038, r_digits));
  CHECK(close(*s.odds_ratio, 0.333143436577323, r_digits));
  CHECK(close(s.upper, 0.926523937498439, r_digits));
  CHECK(close(s.p, 0.0344293771917606, r_digits));
  CHECK(s.weights[2] > 0);
}

TEST_CASE("Double agrees with 50 digits") {
  const auto x = liu_liu_xie(std::vector<binary_trial<>>{trial("a", 5, 21, 4, 24), trial("b", 2, 12, 7, 12)}, {.level = 0.99});
  const auto y = liu_liu_xie(std::vector<binary_trial<wide>>{trial<wide>("a", 5, 21, 4, 24), trial<wide>("b", 2, 12, 7, 12)}, {.level = 0.99});
  CHECK(close(x.lower, static_cast<double>(y.lower), metapool_test::digits12));
  CHECK(close(*x.odds_ratio, static_cast<double>(*y.odds_ratio), metapool_test::digits12));
  CHECK(close(x.upper, static_cast<double>(y.upper), metapool_test::digits12));
  CHECK(close(x.p, static_cast<double>(y.p), metapool_test::digits12));
  CHECK(close(liu_liu_xie(metapool_test::msc<float>()).upper, static_cast<float>(liu_liu_xie(metapool_test::msc()).upper), metapool_test::tolerance{1e-4, 0, 0, "float"}));
}

TEST_CASE("Of one trial the interval is the mid-p interval; the test agrees with it") {
  // 3 of 8 against 1 of 7, 4 events: weights of 0 to 4 treated events 35, 280, 588, 392, 70 times powers of the odds ratio
  const std::vector<binary_trial<>> one{trial("a", 3, 8, 1, 7)};
  const auto r = liu_liu_xie(one);
  for (const double psi : {r.lower, r.upper}) {
    const double total = 35 + 280 * psi + 588 * psi * psi + 392 * std::pow(psi, 3) + 70 * std::pow(psi, 4);
    const double p = (70 * std::pow(psi, 4) + 196 * std::pow(psi, 3)) / total;
    CHECK(close(psi == r.lower ? p : 1 - p, 0.025, metapool_test::digits10));
  }
  CHECK(close(r.p_greater, (70 + 196) / 1365.0, metapool_test::digits12));
  CHECK(close(liu_liu_xie(one, {.weights = {7.0}}).upper, r.upper, metapool_test::digits12));
}

TEST_CASE("Order does not matter, exchanged arms invert, trials that say nothing change nothing") {
  auto trials = metapool_test::msc();
  const auto r = liu_liu_xie(trials);
  std::vector<binary_trial<>> other;
  for (auto t = trials.rbegin(); t != trials.rend(); ++t) other.push_back({t->label, t->control, t->treated});
  const auto s = liu_liu_xie(other);
  CHECK(close(s.lower, 1 / r.upper, metapool_test::digits12));
  CHECK(close(*s.odds_ratio, 1 / *r.odds_ratio, metapool_test::digits12));
  CHECK(close(s.p, r.p, metapool_test::digits12));
  CHECK((r.p < 0.05) == (r.upper < 1));
  trials.push_back(trial("full", 9, 9, 8, 8));
  trials.push_back(trial("none", 0, 900, 0, 800));
  const auto t = liu_liu_xie(trials);
  CHECK(close(t.upper, r.upper, metapool_test::digits12));
  CHECK(t.audit[7].status == study_status::double_full);
}

TEST_CASE("Tables at the end of their margins leave the interval open; without information it is unbounded") {
  const auto zero = liu_liu_xie(std::vector<binary_trial<>>{trial("a", 0, 20, 4, 20), trial("b", 0, 30, 1, 10)});
  CHECK(zero.state == interval_state::open_lower);
  CHECK(zero.lower == 0);
  CHECK(*zero.odds_ratio == 0);
  CHECK(zero.upper < 1);
  const auto most = liu_liu_xie(std::vector<binary_trial<>>{trial("a", 4, 20, 0, 20), trial("b", 1, 10, 0, 30)});
  CHECK(most.state == interval_state::open_upper);
  CHECK(*most.odds_ratio == infinity);
  CHECK(close(most.lower, 1 / zero.upper, metapool_test::digits12));
  const auto opposed = liu_liu_xie(std::vector<binary_trial<>>{trial("a", 4, 20, 0, 20), trial("b", 0, 20, 4, 20)});
  CHECK(opposed.state == interval_state::regular);
  CHECK(close(*opposed.odds_ratio, 1, metapool_test::digits12));
  const auto nothing = liu_liu_xie(std::vector<binary_trial<>>{trial("a", 0, 20, 0, 20), trial("b", 5, 5, 6, 6)});
  CHECK(nothing.state == interval_state::unbounded);
  CHECK(nothing.p == 1);
  CHECK_FALSE(nothing.odds_ratio.has_value());
  const auto weighted = liu_liu_xie(std::vector<binary_trial<>>{trial("a", 0, 20, 0, 20), trial("b", 5, 5, 6, 6)}, {.weights = {3, 4}});
  CHECK(weighted.state == interval_state::unbounded);
  CHECK(close(weighted.weights[0], 0.6, metapool_test::digits15));
  const auto large = liu_liu_xie(std::vector<binary_trial<>>{trial("a", 10, 1e8, 30, 1e8), trial("b", 49990, 1e5, 50210, 1e5)});
  CHECK(large.lower > 0.9);
  CHECK(large.upper < 1.01);
  const auto apart = liu_liu_xie(std::vector<binary_trial<>>{trial("a", 0, 100, 99, 100), trial("b", 0, 200, 200, 200)});
  CHECK(apart.upper < 0.001);
  CHECK(apart.lower == 0);
}

TEST_CASE("No set of sparse tables fails: states, order of the ends, agreement with the test") {
  std::uint64_t seed = 7;
  const auto draw = [&](std::uint64_t n) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return static_cast<double>((seed >> 33) % n);
  };
  int wrong = 0, open = 0;
  for (int i = 0; i < 400; ++i) {
    std::vector<binary_trial<>> trials;
    const double k = 1 + draw(12);
    while (static_cast<double>(trials.size()) < k) {
      const double n1 = 4 + draw(200), n2 = 4 + draw(200);
      trials.push_back(trial("a", draw(4), n1, draw(4), n2));
    }
    const auto r = liu_liu_xie(trials);
    const bool inside = r.odds_ratio.has_value() ? r.lower <= *r.odds_ratio && *r.odds_ratio <= r.upper : r.state == interval_state::unbounded;
    wrong += !inside || !(r.p > 0 && r.p <= 1) || (r.p < 0.05) != (r.lower > 1 || r.upper < 1);
    open += r.state != interval_state::regular;
  }
  CHECK(wrong == 0);
  CHECK(open > 5);
}

TEST_CASE("liu_liu_xie says what it refuses") {
  const auto trials = metapool_test::msc();
  CHECK_THROWS_AS(liu_liu_xie(std::vector<binary_trial<>>{}), input_error);
  CHECK_THROWS_AS(liu_liu_xie(trials, {.level = 1}), input_error);
  CHECK_THROWS_AS(liu_liu_xie(trials, {.weights = {1.0}}), input_error);
  CHECK_THROWS_AS(liu_liu_xie(trials, {.weights = {1, 1, 1, 1, 1, 1, -1}}), input_error);
  CHECK_THROWS_AS(liu_liu_xie(trials, {.weights = {1, 1, 1, 1, 1, 1, std::nan("")}}), input_error);
  CHECK_THROWS_AS(liu_liu_xie(std::vector<binary_trial<>>{trial("a", 5, 4, 1, 4)}), input_error);
  CHECK_THROWS_AS(liu_liu_xie(std::vector<binary_trial<>>{trial("a", 1.5, 4, 1, 4)}), input_error);
  CHECK(liu_liu_xie(std::vector<binary_trial<>>{{"a", {}, {1.0, 12.0}}}).state == interval_state::unbounded);
}
