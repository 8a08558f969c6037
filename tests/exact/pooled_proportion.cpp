// SPDX-License-Identifier: BSL-1.0
#include "support/close.hpp"
#include "support/groups.hpp"
#include "support/published.hpp"

#include <metapool/exact/pooled_proportion.hpp>

#include <boost/multiprecision/cpp_bin_float.hpp>

#include <cmath>
#include <vector>

using namespace metapool;
using metapool_test::close;
using metapool_test::contains;
using metapool_test::digits12;
using metapool_test::digits14;
using metapool_test::groups;
using metapool_test::message_of;

TEST_CASE("No event among n patients bounds the risk by about 3 / n") {
  // Hanley & Lippman-Hand (1983): 0 of 14 leave a risk of up to 19.3 %, which the rule makes 21 %; 0 of 100 of 3.0 %
  const auto few = bound_without_events(14.0), many = bound_without_events(100.0);
  CHECK(close(few.exact, 0.193, metapool_test::printed(3)));
  CHECK(close(few.rule_of_three, 3.0 / 14, metapool_test::tolerance{2e-3, 0, 0, "3 for -log(0.05) = 2.9957"}));
  CHECK(bound_without_events(3.0).rule_of_three < 1);
  CHECK(bound_without_events(2.0).rule_of_three > 1);
  CHECK(close(many.exact, 0.0295, metapool_test::printed(4)));
  for (const double n : {1.0, 7.0, 1e9}) {
    const auto b = bound_without_events(n, 0.975);
    CHECK(close(std::exp(n * std::log1p(-b.exact)), 0.025, digits14));
    CHECK(b.rule_of_three > b.exact);
    using big = boost::multiprecision::cpp_bin_float_50;
    CHECK(close(b.exact, static_cast<double>(bound_without_events(big(n), 0.975).exact), digits14));
  }
  CHECK(contains(message_of<input_error>([] { bound_without_events(0.0); }), "total = 0"));
  CHECK(contains(message_of<input_error>([] { bound_without_events(10.0, 95); }), "level = 95"));
}

TEST_CASE("No event in any study still has an exact interval") {
  const auto r = pooled_proportion(groups({{0, 12}, {0, 29}, {0, 65}}));
  CHECK(r.proportion.estimate == 0);
  CHECK(r.proportion.lower == 0);
  CHECK(close(r.proportion.upper, 1 - std::pow(0.025, 1.0 / 106), digits12));
  REQUIRE(r.bound);
  CHECK(close(r.bound->exact, 1 - std::pow(0.05, 1.0 / 106), digits12));
  CHECK(r.bound->exact < r.proportion.upper);
  CHECK(contains(r.notes.back(), "cannot show whether studies differ"));
  // nothing but events is its mirror
  const auto all = pooled_proportion(groups({{12, 12}, {29, 29}, {65, 65}}));
  CHECK(all.proportion.upper == 1);
  CHECK(close(1 - all.proportion.lower, r.proportion.upper, digits12));
  REQUIRE(all.remainder);
  CHECK(all.remainder->exact == r.bound->exact);
  CHECK_FALSE(all.bound);
}

TEST_CASE("The pooled proportion is that of all patients together") {
  auto studies = groups({{2, 11}, {1, 20}, {4, 40}});
  const auto r = pooled_proportion(studies, wilson{.level = 0.9});
  const auto whole = proportion_interval(binary_arm<>{7.0, 71.0}, wilson{.level = 0.9});
  CHECK(r.proportion.lower == whole.lower);
  CHECK(r.proportion.upper == whole.upper);
  CHECK(r.studies == 3);
  CHECK_FALSE(r.bound);
  CHECK(contains(r.notes.back(), "too short"));
  studies[1].events.reset();
  const auto less = pooled_proportion(studies);
  CHECK(less.total == 51);
  CHECK(contains(less.notes.front(), "'study 2' is left out"));
  CHECK(pooled_proportion(groups({{1, 3}})).notes.empty());
  CHECK(contains(message_of<input_error>([] { pooled_proportion(groups({})); }), "no study"));
  CHECK(contains(message_of<input_error>([] { pooled_proportion(groups({{4, 3}})); }), "must not exceed"));
}
