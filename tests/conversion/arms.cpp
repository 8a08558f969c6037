// SPDX-License-Identifier: BSL-1.0
#include <metapool/conversion/arms.hpp>

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
using metapool_test::digits12;
using metapool_test::digits14;
using metapool_test::message_of;
using metapool_test::printed;

namespace {

continuous_arm<> arm_of(const std::vector<double>& x) {
  double sum = 0, squares = 0;
  for (double v : x) sum += v;
  const double mean = sum / static_cast<double>(x.size());
  for (double v : x) squares += (v - mean) * (v - mean);
  return {mean, std::sqrt(squares / static_cast<double>(x.size() - 1)), static_cast<double>(x.size())};
}

}  // namespace

TEST_CASE("Combined arms have the mean and the standard deviation of all their patients") {
  const std::vector<double> a{3, 5, 4, 9.5}, b{11, 2, 7}, c{6, 6.5, 8, 1, 0.25};
  std::vector<double> all = a;
  all.insert(all.end(), b.begin(), b.end());
  all.insert(all.end(), c.begin(), c.end());
  const auto combined = combine_arms(std::vector<continuous_arm<>>{arm_of(a), arm_of(b), arm_of(c)});
  const auto expected = arm_of(all);
  CHECK(close(*combined.mean, *expected.mean, digits14));
  CHECK(close(*combined.sd, *expected.sd, digits12));
  CHECK(*combined.total == 12);
}

TEST_CASE("Two arms combine as the formula of the Cochrane Handbook, table 6.5.a, one after the other or all at once") {
  const double n1 = 50, m1 = 26.5, s1 = 4.5, n2 = 50, m2 = 32.9, s2 = 5.8;
  const double handbook =
      std::sqrt(((n1 - 1) * s1 * s1 + (n2 - 1) * s2 * s2 + n1 * n2 / (n1 + n2) * (m1 * m1 + m2 * m2 - 2 * m1 * m2)) / (n1 + n2 - 1));
  const continuous_arm<> a{m1, s1, n1}, b{m2, s2, n2}, c{36.4, 3.8, 50.0};
  const auto ab = combine_arms(std::vector<continuous_arm<>>{a, b});
  CHECK(close(*ab.mean, 29.7, digits14));
  CHECK(close(*ab.sd, handbook, digits12));
  const auto steps = combine_arms(std::vector<continuous_arm<>>{ab, c}), once = combine_arms(std::vector<continuous_arm<>>{c, b, a});
  CHECK(close(*steps.mean, *once.mean, digits14));
  CHECK(close(*steps.sd, *once.sd, digits12));
}

TEST_CASE("50 patients with 7.83 (3.52) and 56 with 8.32 (2.25) are 106 with 8.088868 (2.914511) (example of R's dmetar, pool.groups)") {
  const auto both = combine_arms(std::vector<continuous_arm<>>{{7.83, 3.52, 50.0}, {8.32, 2.25, 56.0}});
  CHECK(close(*both.mean, 8.088868, printed(6)));
  CHECK(close(*both.sd, 2.914511, printed(6)));
  CHECK(*both.total == 106);
}

TEST_CASE("Means far from zero and 10^9 patients lose no digits") {
  const auto narrow = combine_arms(std::vector<continuous_arm<>>{{1e9, 0.5, 1e9}, {1e9 + 0.25, 0.25, 3e8}});
  const auto wide = combine_arms(std::vector<continuous_arm<cpp_bin_float_50>>{{1e9, 0.5, 1e9}, {1e9 + 0.25, 0.25, 3e8}});
  CHECK(close(*narrow.sd, static_cast<double>(*wide.sd), digits12));
  CHECK(close(*narrow.mean, static_cast<double>(*wide.mean), digits14));
}

TEST_CASE("Events and totals add up, and the shares of a split arm add up to the arm") {
  const auto both = combine_arms(std::vector<binary_arm<>>{{3.0, 20.0}, {5.0, 31.0}});
  CHECK(*both.events == 8);
  CHECK(*both.total == 51);
  const auto share = split_arm(both, 3);
  CHECK(close(*share.events, 8 / 3.0, digits14));
  const auto again = combine_arms(std::vector<binary_arm<>>{share, share, share});
  CHECK(close(*again.events, 8.0, digits14));
  CHECK(close(*again.total, 51.0, digits14));
  // a share with fractional counts is refused unless it is asked for
  const binary_trial<> t{"shared control", {4.0, 20.0}, share};
  CHECK_THROWS_AS(check(t, "test"), input_error);
  CHECK_NOTHROW(check(t, "test", fractional_counts::allowed));
  const auto half = split_arm(continuous_arm<>{5.0, 2.0, 31.0}, 2);
  CHECK(*half.total == 15.5);
  CHECK(*half.sd == 2);
}

TEST_CASE("63/295 and 84/330 in clusters of 29.8 with ICC 0.02, a design effect of 1.576, count as 40.0/187.2 and 53.3/209.4 (Cochrane Handbook 5.1, 16.3.5)") {
  const double de = design_effect(29.8, 0.02);
  CHECK(close(de, 1.576, digits14));
  const auto treated = effective_arm(binary_arm<>{63.0, 295.0}, de), control = effective_arm(binary_arm<>{84.0, 330.0}, de);
  CHECK(close(*treated.events, 40.0, printed(1)));
  CHECK(close(*treated.total, 187.2, printed(1)));
  CHECK(close(*control.events, 53.3, printed(1)));
  CHECK(close(*control.total, 209.4, printed(1)));
  // the standard error of the whole trial, inflated, is that of its effective arms
  const auto se = [](const binary_arm<>& t, const binary_arm<>& c) { return std::sqrt(1 / *t.events - 1 / *t.total + 1 / *c.events - 1 / *c.total); };
  CHECK(close(inflated_se(se({63.0, 295.0}, {84.0, 330.0}), de), se(treated, control), digits12));
  CHECK(close(inflated_se(0.25, 4), 0.5, digits14));
  CHECK(design_effect(1, 0.5) == 1);
  CHECK(design_effect(20, 0) == 1);
  CHECK(close(*effective_arm(continuous_arm<>{5.0, 2.0, 32.0}, 1.6).total, 20.0, digits14));
}

TEST_CASE("Missing numbers, invalid counts and impossible designs are refused by name") {
  CHECK(contains(message_of<input_error>([] { combine_arms(std::vector<binary_arm<>>{{1.0, 2.0}, {3.0, 2.0}}); }), "arm 2: events = 3"));
  CHECK(contains(message_of<input_error>([] { combine_arms(std::vector<continuous_arm<>>{{1.0, {}, 2.0}}); }), "arm 1: mean, sd and total must be known"));
  CHECK_THROWS_AS(combine_arms(std::vector<binary_arm<>>{}), input_error);
  CHECK_THROWS_AS(combine_arms(std::vector<continuous_arm<>>{{1.0, -1.0, 2.0}}), input_error);
  CHECK_THROWS_AS(combine_arms(std::vector<continuous_arm<>>{{1.0, 0.0, 1.0}}), input_error);
  CHECK_THROWS_AS(split_arm(binary_arm<>{1.0, 2.0}, 0), input_error);
  CHECK_THROWS_AS(split_arm(continuous_arm<>{1.0, 2.0, 3.0}, 4), input_error);
  CHECK_THROWS_AS(design_effect(0.5, 0.1), input_error);
  CHECK_THROWS_AS(design_effect(10, 1.1), input_error);
  CHECK_THROWS_AS(design_effect(10, std::nan("")), input_error);
  CHECK_THROWS_AS(effective_arm(binary_arm<>{1.0, 2.0}, 0.9), input_error);
}

TEST_CASE("A control arm of 33 with 9 events that serves two comparisons counts as 16.5 with 4.5, and its variance in each doubles (Cochrane Handbook, 23.3.4, in words)") {
  const auto half = split_arm(binary_arm<>{9.0, 33.0}, 2);
  CHECK(close(*half.events, 4.5, digits14));
  CHECK(close(*half.total, 16.5, digits14));
  CHECK(close(1 / *half.events - 1 / *half.total, 2 * (1 / 9.0 - 1 / 33.0), digits14));
  const auto means = split_arm(continuous_arm<>{7.5, 3.0, 33.0}, 2);
  CHECK(close(9 / *means.total, 2 * 9 / 33.0, digits14));
}
