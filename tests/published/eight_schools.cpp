// SPDX-License-Identifier: BSL-1.0
// Bayesian analyses as printed: the eight schools in the introduction to R's bayesmeta, the package of Roever (2020) J Stat Softw 93(6).
#include <metapool/bayes/normal_normal.hpp>
#include <metapool/bayes/summarise.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {

/// Coaching in eight schools: Rubin (1981) J Educ Stat 6:377, effects and standard errors.
effects<double> schools() {
  const std::vector<double> se{14.9, 10.2, 16.3, 11.0, 9.4, 11.4, 10.4, 17.6};
  std::vector<double> v;
  for (double s : se) v.push_back(s * s);
  return known_effects<double>(std::vector<double>{28.39, 7.94, -2.75, 6.82, -0.64, 0.63, 18.01, 12.16}, v);
}

struct printed_summary {
  double mode, median, mean, sd, lower, upper;
};

/// bayesmeta takes the mean and the schools from a grid of tau that is made for a divergence of 0.01: to half a hundredth of the standard deviation. tau is integrated, and right to
/// the digits printed. What is exact is in tests/bayes, by quadrature.
tolerance bayesmeta_grid(const printed_summary& print) { return {0, 0, 0.005 * print.sd, "bayesmeta's grid of tau"}; }

void check_summary(const posterior_summary<double>& s, const printed_summary& print, const tolerance& t) {
  CHECK(close(s.mode, print.mode, t));
  CHECK(close(s.median, print.median, t));
  CHECK(close(*s.mean, print.mean, t));
  CHECK(close(*s.sd, print.sd, t));
  CHECK(close(s.shortest_lower, print.lower, t));
  CHECK(close(s.shortest_upper, print.upper, t));
}

void check_grid(const posterior_summary<double>& s, const printed_summary& print) { check_summary(s, print, bayesmeta_grid(print)); }

}  // namespace

TEST_CASE("eight schools, a new school and what is borrowed: the introduction to bayesmeta") {
  const auto p = normal_normal(schools(), half_cauchy{25}, normal_mean{0, 50});
  const auto s = summarise(p);
  check_grid(s.next, {7.865547, 7.926819, 7.985729, 9.126767, -10.623526, 26.827377});
  check_grid(s.studies[0], {8.845856, 10.093581, 11.095255, 7.901084, -3.209562, 28.169723});  // A
  check_grid(s.studies[6], {8.933348, 9.786985, 10.336032, 6.631039, -2.138807, 24.230908});   // G
  check_grid(s.studies[7], {8.023126, 8.266594, 8.474644, 7.456906, -6.528854, 24.110315});    // H
  CHECK(close(p.mean().upper_tail(0), 0.9487521, tolerance{1e-4, 0, 0, "bayesmeta's grid of tau"}));
  CHECK(close(p.mean().quantile(0.95), 16.11009, tolerance{1e-3, 0, 0, "bayesmeta's grid of tau"}));
  CHECK(close(s.tau.lower, 0.2199559, printed(7)));
  CHECK(close(s.tau.upper, 18.0531718, printed(7)));
  // 95 % lie below 15.165894 in its summary, and below 15.16589 as a quantile
  CHECK(close(p.tau().quantile(0.95), 15.16589, printed(5)));
}

TEST_CASE("eight schools with flat priors: the introduction to bayesmeta") {
  const auto s = summarise(normal_normal(schools(), flat_tau{}));
  check_summary(s.tau, {0, 5.227732, 6.585992, 5.685974, 0, 17.265797}, printed(6));
  check_grid(s.mean, {8.007138, 8.055861, 8.092138, 5.246683, -2.176157, 18.406330});
  check_grid(s.next, {7.927789, 8.008111, 8.092138, 10.148132, -12.511817, 29.014749});
}
