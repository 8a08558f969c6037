// SPDX-License-Identifier: BSL-1.0
#include "support/close.hpp"
#include "support/groups.hpp"
#include "support/published.hpp"

#include <metapool/bayes/pooled_proportion.hpp>
#include <metapool/bayes/summarise.hpp>

#include <cmath>
#include <vector>

using namespace metapool;
using metapool_test::close;
using metapool_test::contains;
using metapool_test::digits10;
using metapool_test::digits12;
using metapool_test::groups;
using metapool_test::message_of;

namespace {

/// P(at least a of n have the event), in extended precision from the smallest count on: the beta(a, n - a + 1) distribution's P(<= p).
double binomial_at_least(int a, double n, long double p) {
  long double term = std::exp(static_cast<long double>(n) * std::log1p(-p)), sum = 0;
  for (int x = 0; x < a; ++x) {
    sum += term;
    term *= (static_cast<long double>(n) - x) / (x + 1) * (p / (1 - p));
  }
  return static_cast<double>(1 - sum);
}

}  // namespace

TEST_CASE("Under a uniform prior no event leaves a posterior in closed form") {
  const auto p = proportion_posterior(groups({{0, 12}, {0, 29}, {0, 65}}));
  const auto s = summarise(p);
  CHECK(close(*s.mean, 1.0 / 108, digits12));
  CHECK(close(s.median, -std::expm1(std::log(0.5) / 107), digits12));
  CHECK(close(s.upper, -std::expm1(std::log(0.025) / 107), digits12));
  CHECK(close(s.lower, -std::expm1(std::log1p(-0.025) / 107), digits12));
  CHECK(s.mode == 0);
  CHECK(s.shortest_lower == 0);
  CHECK(close(s.shortest_upper, -std::expm1(std::log(0.05) / 107), digits12));
  CHECK(close(p.cdf(0.01), -std::expm1(107 * std::log1p(-0.01)), digits12));
  CHECK(close(p.upper_tail(0.2), std::exp(107 * std::log1p(-0.2)), digits12));
  // the next 20 patients: product of (107 + i) / (108 + i) = 107 / 127
  CHECK(close(p.no_event_among(20.0), 107.0 / 127, digits12));
  CHECK(p.no_event_among(0.0) == 1);
  // a billion patients
  const auto large = proportion_posterior(groups({{0, 4e8}, {0, 6e8}}));
  CHECK(close(large.upper_quantile(0.025), -std::expm1(std::log(0.025) / (1e9 + 1)), digits12));
}

TEST_CASE("The posterior has the moments, tails and shortest interval of its beta distribution") {
  const auto p = proportion_posterior(groups({{2, 11}, {1, 20}, {4, 40}}));
  CHECK(p.a() == 8);
  CHECK(p.b() == 65);
  CHECK(close(*p.mean(), 8.0 / 73, digits12));
  CHECK(close(*p.sd(), std::sqrt(8.0 * 65 / (73.0 * 73 * 74)), digits12));
  CHECK(close(p.mode(), 7.0 / 71, digits12));
  const double h = 1e-5;
  CHECK(close(p.density_and_slope(0.08).slope, (p.density(0.08 + h) - p.density(0.08 - h)) / (2 * h), metapool_test::digits6));
  for (const double q : {0.025, 0.5, 0.975}) CHECK(close(binomial_at_least(8, 72, p.quantile(q)), q, digits12));
  const auto narrow = p.shortest(0.95);
  CHECK(close(p.cdf(narrow.second) - p.cdf(narrow.first), 0.95, digits12));
  CHECK(close(p.density(narrow.first), p.density(narrow.second), digits10));
  CHECK(narrow.second - narrow.first < p.upper_quantile(0.025) - p.quantile(0.025));
  // three of 10^5, and of 10^9
  const auto rare = proportion_posterior(groups({{3, 1e5}})), rarer = proportion_posterior(groups({{3, 1e9}}));
  for (const double q : {0.025, 0.5, 0.975}) {
    CHECK(close(binomial_at_least(4, 1e5 + 1, rare.quantile(q)), q, digits12));
    CHECK(close(binomial_at_least(4, 1e9 + 1, rarer.quantile(q)), q, metapool_test::tolerance{1e-9, 0, 0, "the promise for a billion patients"}));
  }
}

TEST_CASE("Mirrored data give the mirrored posterior") {
  const auto none = proportion_posterior(groups({{0, 12}, {0, 29}}), 0.5, 0.5), all = proportion_posterior(groups({{12, 12}, {29, 29}}), 0.5, 0.5);
  CHECK(none.mode() == 0);
  CHECK(all.mode() == 1);
  CHECK(close(1 - all.quantile(0.025), none.upper_quantile(0.025), digits12));
  CHECK(all.shortest(0.9).second == 1);
  CHECK(close(1 - all.shortest(0.9).first, none.shortest(0.9).second, digits12));
  CHECK(none.shortest(0.9).first == 0);
  CHECK(all.cdf(1.0) == 1);
  CHECK(all.upper_tail(0.0) == 1);
}

TEST_CASE("The posterior refuses what is no data or no prior") {
  CHECK(contains(message_of<input_error>([] { proportion_posterior(groups({})); }), "no study"));
  CHECK(contains(message_of<input_error>([] { proportion_posterior(groups({{4, 3}})); }), "must not exceed"));
  CHECK(contains(message_of<input_error>([] { proportion_posterior(groups({{0, 3}}), 0.0, 1.0); }), "must be positive"));
  CHECK(contains(message_of<input_error>([] { proportion_posterior(groups({{0, 3}})).no_event_among(1.5); }), "whole number"));
  CHECK(contains(message_of<input_error>([] { proportion_posterior(groups({{0, 3}})).shortest(95); }), "level = 95"));
}
