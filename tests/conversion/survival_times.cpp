// SPDX-License-Identifier: BSL-1.0
#include <metapool/conversion/survival_times.hpp>
#include <metapool/effect/hazard_ratio.hpp>

#include "../support/close.hpp"
#include "../support/published.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace metapool;
using boost::multiprecision::cpp_bin_float_50;
using metapool_test::close;
using metapool_test::contains;
using metapool_test::digits10;
using metapool_test::digits12;
using metapool_test::message_of;
using metapool_test::printed;

namespace {

template <class Real = double>
using arm = std::vector<survival_time<Real>>;

/// 6-mercaptopurine against placebo in acute leukaemia, weeks of remission: Freireich et al. (1963), as in Cox (1972).
template <class Real = double>
arm<Real> mercaptopurine() {
  const std::vector<int> weeks{6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35};
  const std::vector<int> relapse{1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0};
  arm<Real> a;
  for (std::size_t i = 0; i < weeks.size(); ++i) a.push_back({Real(weeks[i]), relapse[i] == 1});
  return a;
}

template <class Real = double>
arm<Real> placebo() {
  arm<Real> a;
  for (int week : {1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23}) a.push_back({Real(week), true});
  return a;
}

}  // namespace

TEST_CASE("Leukaemia: the log-rank test has 9 relapses of 19.25 expected and chi-squared 16.79 (Freireich 1963; R's survival 3.5-3)") {
  const auto r = log_rank_test(mercaptopurine(), placebo());
  CHECK(r.treated_events == 9);
  CHECK(r.control_events == 21);
  CHECK(close(r.treated_expected, 19.250500948, printed(9)));
  CHECK(close(r.control_expected, 10.749499052, printed(9)));
  CHECK(close(r.v, 6.25696057368, printed(11)));
  CHECK(close(r.chi_squared(), 16.79294099, printed(8)));
  const auto peto = effect_sizes(std::vector<log_rank<>>{r.statistics("Freireich 1963")}, hazard_ratio{});
  CHECK(close(peto.y.at(0), (9 - 19.250500948) / 6.25696057368, metapool_test::digits8));
  const auto pike = pike_log_hazard_ratio(r);
  CHECK(close(pike.v, 1 / 19.250500948 + 1 / 10.749499052, metapool_test::digits8));
  CHECK(close(pike.y, std::log(9 / 19.250500948 / (21 / 10.749499052)), metapool_test::digits8));
}

TEST_CASE("Leukaemia: Cox's log hazard ratio is -1.5721 with Efron's and -1.5092 with Breslow's ties (R's survival 3.5-3)") {
  const auto efron = cox_regression(mercaptopurine(), placebo());
  CHECK(efron.convergence.converged);
  CHECK(close(efron.log_hazard_ratio.y, -1.57212514882907, digits12));
  CHECK(close(efron.log_hazard_ratio.v, 0.170071052777532, digits10));
  const auto breslow = cox_regression(mercaptopurine(), placebo(), cox_ties::breslow);
  CHECK(close(breslow.log_hazard_ratio.y, -1.50919141258588, digits10));
  CHECK(close(breslow.log_hazard_ratio.v, 0.167743002962541, digits10));
}

TEST_CASE("Swapped arms flip the sign, and a new unit of time changes nothing") {
  const auto ab = cox_regression(mercaptopurine(), placebo()), ba = cox_regression(placebo(), mercaptopurine());
  CHECK(close(ba.log_hazard_ratio.y, -ab.log_hazard_ratio.y, digits12));
  CHECK(close(ba.log_hazard_ratio.v, ab.log_hazard_ratio.v, digits12));
  auto days_a = mercaptopurine(), days_b = placebo();
  for (auto& x : days_a) x.time *= 7;
  for (auto& x : days_b) x.time *= 7;
  CHECK(cox_regression(days_a, days_b).log_hazard_ratio.y == ab.log_hazard_ratio.y);
  const auto l = log_rank_test(mercaptopurine(), placebo()), m = log_rank_test(placebo(), mercaptopurine());
  CHECK(close(*l.statistics().observed_minus_expected, -*m.statistics().observed_minus_expected, digits12));
}

TEST_CASE("Two events in closed form: the score 2 t / (2 t + 2) + t / (t + 2) = 1 has the root sqrt 2") {
  // at risk 2 and 2, an event of the treated arm; then 1 and 2, an event of the control arm: 1 = 2 t / (2 t + 2) + t / (t + 2)
  const arm<> treated{{1, true}, {9, false}}, control{{2, true}, {9, false}};
  const auto r = cox_regression(treated, control);
  const double t = std::exp(r.log_hazard_ratio.y);
  CHECK(close(2 * t / (2 * t + 2) + t / (t + 2), 1.0, digits12));
  CHECK(close(t, std::sqrt(2.0), digits12));
}

TEST_CASE("Double agrees with 50 digits, near no effect and far from it") {
  const auto a = cox_regression(mercaptopurine(), placebo());
  const auto b = cox_regression(mercaptopurine<cpp_bin_float_50>(), placebo<cpp_bin_float_50>());
  CHECK(close(a.log_hazard_ratio.y, static_cast<double>(b.log_hazard_ratio.y), digits12));
  CHECK(close(a.log_hazard_ratio.v, static_cast<double>(b.log_hazard_ratio.v), digits12));
  CHECK(close(log_rank_test(mercaptopurine(), placebo()).v, static_cast<double>(log_rank_test(mercaptopurine<cpp_bin_float_50>(), placebo<cpp_bin_float_50>()).v), digits12));
  arm<> early, late;
  arm<cpp_bin_float_50> early50, late50;
  for (int i = 0; i < 200; ++i) {
    early.push_back({1 + i * 0.01, true});
    late.push_back({i == 0 ? 1.5 : 10 + i * 0.01, true});
    early50.push_back({early.back().time, true});
    late50.push_back({late.back().time, true});
  }
  const auto c = cox_regression(early, late);
  CHECK(c.log_hazard_ratio.y > 4);
  CHECK(close(c.log_hazard_ratio.y, static_cast<double>(cox_regression(early50, late50).log_hazard_ratio.y), digits12));
}

TEST_CASE("An infinite hazard ratio is not estimable by Cox, nor is anything without events") {
  const arm<> none{{5, false}, {6, false}}, some{{1, true}, {2, true}};
  CHECK(contains(message_of<not_estimable>([&] { cox_regression(none, some); }), "infinite or 0"));
  CHECK_THROWS_AS(cox_regression(some, none), not_estimable);
  CHECK_THROWS_AS(log_rank_test(none, none), not_estimable);
  CHECK_NOTHROW(log_rank_test(none, some));
  CHECK_THROWS_AS(pike_log_hazard_ratio(log_rank_test(none, some)), not_estimable);
  const arm<> first{{1, true}}, after{{0.5, false}};
  CHECK_THROWS_AS(log_rank_test(first, after), not_estimable);  // nobody of the other arm is at risk
  CHECK_THROWS_AS(log_rank_test(arm<>{}, some), input_error);
  CHECK(contains(message_of<input_error>([&] { log_rank_test(arm<>{{-1, true}}, some); }), "treated patient 1: time = -1"));
  CHECK_THROWS_AS(cox_regression(arm<>{{std::nan(""), true}}, some), input_error);
}
