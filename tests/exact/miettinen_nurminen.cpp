// SPDX-License-Identifier: BSL-1.0
#include <metapool/exact/miettinen_nurminen.hpp>

#include <metapool/model/mantel_haenszel.hpp>

#include "../support/close.hpp"
#include "../support/published.hpp"

#include <doctest/doctest.h>

#include <boost/multiprecision/cpp_bin_float.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

using namespace metapool;
using metapool_test::close;
using metapool_test::printed;
using metapool_test::trial;
using wide = boost::multiprecision::number<boost::multiprecision::cpp_bin_float<50>, boost::multiprecision::et_off>;

namespace {

const double infinity = std::numeric_limits<double>::infinity();
constexpr score_options plain{.level = 0.95, .variance_factor = false};

struct counts {
  double a, n1, c, n2;
};
const std::vector<counts> tables{{56, 70, 48, 80}, {9, 10, 3, 7},     {6, 7, 2, 7},        {5, 56, 0, 29},     {0, 10, 0, 20}, {0, 10, 3, 12},  {10, 10, 0, 20},
                                 {10, 10, 0, 10},  {36, 40, 16, 80}, {10, 10, 20, 20},    {1, 12, 7, 12},     {1, 1, 0, 1},   {3, 1000, 9, 9000}, {999, 1000, 998, 1000},
                                 {505, 88391, 499, 88391}, {1, 1000000, 3, 900000}};

/// log likelihood of risks p (treated) and q (control), of which 0 log 0 is 0.
double log_likelihood(const counts& t, double p, double q) {
  const auto part = [](double x, double r) { return x == 0 ? 0 : x * std::log(r); };
  return part(t.a, p) + part(t.n1 - t.a, 1 - p) + part(t.c, q) + part(t.n2 - t.c, 1 - q);
}

/// The maximum of a concave function in [lower, upper] by golden section.
template <class F>
double highest(F f, double lower, double upper) {
  const double g = (std::sqrt(5.0) - 1) / 2;
  for (int i = 0; i < 200; ++i) {
    const double a = upper - g * (upper - lower), b = lower + g * (upper - lower);
    if (f(a) < f(b)) {
      lower = a;
    } else {
      upper = b;
    }
  }
  return (lower + upper) / 2;
}

double as_double(const wide& x) { return static_cast<double>(x); }

}  // namespace

TEST_CASE("56 of 70 against 48 of 80: the intervals that Newcombe prints for Mee and for Miettinen and Nurminen") {
  // Newcombe (1998) Stat Med 17:873, table II, column (a), methods 5 and 6; the second is quoted from memory, the print was not seen
  const auto t = trial("a", 56, 70, 48, 80);
  const auto mee = miettinen_nurminen(t, risk_difference{}, plain);
  CHECK(mee.method == "Mee");
  CHECK(close(*mee.estimate, 0.2, metapool_test::digits14));
  CHECK(close(mee.lower, 0.0533, printed(4)));
  CHECK(close(mee.upper, 0.3377, printed(4)));
  const auto mn = miettinen_nurminen(t, risk_difference{});
  CHECK(mn.method == "Miettinen-Nurminen");
  CHECK(close(mn.lower, 0.0528, printed(4)));
  CHECK(close(mn.upper, 0.3382, printed(4)));
}

TEST_CASE("The restricted risks maximise the likelihood") {
  for (const counts& t : tables) {
    if (t.n1 > 2000) continue;
    const two_by_two<> x{t.a, t.n1 - t.a, t.c, t.n2 - t.c};
    INFO(t.a << "/" << t.n1 << " " << t.c << "/" << t.n2);
    for (const double delta : {-0.9, -0.3, -0.01, 0.001, 0.2, 0.7}) {
      const auto r = detail::risks_of_difference(x, delta);
      CHECK(std::fabs(r.treated - r.control - delta) < 1e-15);
      const double best = highest([&](double q) { return log_likelihood(t, q + delta, q); }, std::max(0.0, -delta), std::min(1.0, 1 - delta));
      CHECK(std::fabs(r.control - best) < 1e-6);
    }
    for (const double phi : {0.05, 0.6, 1.3, 8.0}) {
      const auto r = detail::risks_of_ratio(x, phi);
      const double best = highest([&](double q) { return log_likelihood(t, q * phi, q); }, 0.0, std::min(1.0, 1 / phi));
      CHECK(std::fabs(r.control - best) < 1e-6);
      CHECK(std::fabs(r.treated - phi * r.control) < 1e-15);
    }
  }
}

TEST_CASE("Limits are where the score equals the critical value, in 50 digits as in double") {
  for (const counts& t : tables) {
    INFO(t.a << "/" << t.n1 << " " << t.c << "/" << t.n2);
    for (const bool factor : {true, false}) {
      const score_options o{.level = 0.95, .variance_factor = factor};
      const auto d = trial("d", t.a, t.n1, t.c, t.n2);
      const auto w = trial<wide>("w", t.a, t.n1, t.c, t.n2);
      const auto dd = miettinen_nurminen(d, risk_difference{}, o);
      const auto wd = miettinen_nurminen(w, risk_difference{}, o);
      const double risk = std::max({std::fabs(dd.lower), std::fabs(dd.upper)});
      CHECK(close(dd.lower, as_double(wd.lower), metapool_test::at_scale(metapool_test::digits12, risk)));
      CHECK(close(dd.upper, as_double(wd.upper), metapool_test::at_scale(metapool_test::digits12, risk)));
      CHECK(dd.lower <= *dd.estimate);
      CHECK(dd.upper >= *dd.estimate);
      const auto dr = miettinen_nurminen(d, risk_ratio{}, o);
      const auto wr = miettinen_nurminen(w, risk_ratio{}, o);
      CHECK(close(dr.lower, as_double(wr.lower), metapool_test::digits12));
      CHECK(close(dr.upper, as_double(wr.upper), metapool_test::digits12));
      detail::score_of_tables<wide, false> score;
      score.factor = factor;
      score.tables = {table_of(w)};
      if (dd.lower > -1) CHECK(close(as_double(score.at(wd.lower)), 1.9599639845400545, metapool_test::digits12));
      if (dd.upper < 1) CHECK(close(as_double(score.at(wd.upper)), -1.9599639845400545, metapool_test::digits12));
    }
  }
}

TEST_CASE("Koopman's limits of the ratio are those of his chi-squared statistic") {
  // (x1 - n1 p1)^2 / (n1 p1 (1 - p1)) (1 + n1 (phi - p1) / (n2 (1 - p1))) = 3.8415 with the risk p1 restricted by phi
  const counts t{36, 40, 16, 80};
  const auto r = miettinen_nurminen(trial("k", t.a, t.n1, t.c, t.n2), risk_ratio{}, plain);
  CHECK(r.method == "Koopman");
  CHECK(close(r.lower, 2.94, printed(2)));  // Koopman (1984) Biometrics 40:513: 2.94 to 7.15, quoted from memory, the print was not seen
  CHECK(close(r.upper, 7.15, printed(2)));
  for (const double phi : {r.lower, r.upper}) {
    const double p = phi * highest([&](double q) { return log_likelihood(t, q * phi, q); }, 0.0, std::min(1.0, 1 / phi));
    const double x = t.a - t.n1 * p;
    CHECK(close(x * x / (t.n1 * p * (1 - p)) * (1 + t.n1 * (phi - p) / (t.n2 * (1 - p))), 1.9599639845400545 * 1.9599639845400545, {1e-5, 0, 0, "the golden section finds the risk to 1e-8 only"}));
  }
}

TEST_CASE("Exchanged arms turn the difference's sign and invert the ratio; the test agrees with the interval") {
  int significant = 0;
  for (const counts& t : tables) {
    const auto there = trial("a", t.a, t.n1, t.c, t.n2), back = trial("b", t.c, t.n2, t.a, t.n1);
    const auto d = miettinen_nurminen(there, risk_difference{}), e = miettinen_nurminen(back, risk_difference{});
    CHECK(close(d.lower, -e.upper, metapool_test::at_scale(metapool_test::digits12, 1e-6)));
    CHECK((d.p < 0.05) == (d.lower > 0 || d.upper < 0));
    significant += d.p < 0.05;
    const auto r = miettinen_nurminen(there, risk_ratio{}), s = miettinen_nurminen(back, risk_ratio{});
    CHECK(close(d.statistic, r.statistic, metapool_test::digits12));
    CHECK((r.p < 0.05) == (r.lower > 1 || r.upper < 1));
    if (r.lower > 0) CHECK(close(r.lower, 1 / s.upper, metapool_test::digits10));
    if (r.lower == 0) CHECK(s.upper == infinity);
  }
  CHECK(significant >= 4);
}

TEST_CASE("Over several tables the estimate is Mantel and Haenszel's; one table twice is the table with twice the patients but for the factor") {
  const auto bcg = metapool_test::bcg();
  const auto d = miettinen_nurminen(bcg, risk_difference{});
  CHECK(close(*d.estimate, mantel_haenszel(bcg, risk_difference{}).estimate, metapool_test::digits12));
  CHECK(d.lower < *d.estimate);
  const auto r = miettinen_nurminen(bcg, risk_ratio{});
  CHECK(close(std::log(*r.estimate), mantel_haenszel(bcg, risk_ratio{}).estimate, metapool_test::digits12));
  CHECK(close(std::log(r.lower), mantel_haenszel(bcg, risk_ratio{}).estimate - 1.96 * mantel_haenszel(bcg, risk_ratio{}).se, {0.02}));
  const auto one = trial("a", 12, 40, 16, 80);
  const auto twice = miettinen_nurminen(std::vector<binary_trial<>>{one, one}, risk_ratio{}, plain);
  const auto large = miettinen_nurminen(trial("b", 24, 80, 32, 160), risk_ratio{}, plain);
  CHECK(twice.method == "stratified score");
  CHECK(close(twice.lower, large.lower, metapool_test::digits12));
  CHECK(close(twice.upper, large.upper, metapool_test::digits12));
}

TEST_CASE("Trials without events count for the difference and not for the ratio") {
  const std::vector<binary_trial<>> two{trial("a", 1, 40, 3, 40), trial("b", 0, 400, 0, 400)};
  const auto d = miettinen_nurminen(two, risk_difference{});
  CHECK(d.tables == 2);
  CHECK(d.upper < miettinen_nurminen(two[0], risk_difference{}).upper / 5);
  const auto r = miettinen_nurminen(two, risk_ratio{});
  CHECK(r.tables == 1);
  CHECK(r.audit[1].status == study_status::double_zero);
  CHECK(r.lower == miettinen_nurminen(two[0], risk_ratio{}).lower);
}

TEST_CASE("Arms without events leave a ratio's interval open, and a difference's closed") {
  const auto none = miettinen_nurminen(trial("a", 0, 10, 3, 12), risk_ratio{});
  CHECK(none.state == interval_state::open_lower);
  CHECK(none.lower == 0);
  CHECK(*none.estimate == 0);
  CHECK(none.upper < 2);
  const auto most = miettinen_nurminen(trial("a", 3, 12, 0, 10), risk_ratio{});
  CHECK(most.state == interval_state::open_upper);
  CHECK(*most.estimate == infinity);
  const auto nothing = miettinen_nurminen(trial("a", 0, 12, 0, 10), risk_ratio{});
  CHECK(nothing.state == interval_state::unbounded);
  CHECK_FALSE(nothing.estimate.has_value());
  CHECK(nothing.p == 1);
  const auto d = miettinen_nurminen(trial("a", 0, 10, 0, 20), risk_difference{}, plain);
  // at delta = -z^2 / (20 + z^2) the restricted treated risk is 0, and the score that of Wilson's interval of 0 of 20
  const double z2 = 1.9599639845400545 * 1.9599639845400545;
  CHECK(close(d.lower, -z2 / (20 + z2), metapool_test::digits12));
  CHECK(close(d.upper, z2 / (10 + z2), metapool_test::digits12));
  CHECK(miettinen_nurminen(trial("a", 10, 10, 0, 20), risk_difference{}).upper == 1);
  CHECK(miettinen_nurminen(trial("a", 0, 20, 10, 10), risk_difference{}).lower == -1);
}

TEST_CASE("miettinen_nurminen says what it refuses") {
  CHECK_THROWS_AS(miettinen_nurminen(std::vector<binary_trial<>>{}, risk_ratio{}), input_error);
  CHECK_THROWS_AS(miettinen_nurminen(trial("a", 13, 12, 7, 12), risk_ratio{}), input_error);
  CHECK_THROWS_AS(miettinen_nurminen(trial("a", 1, 12, 7, 12), risk_ratio{}, {.level = 0}), input_error);
  CHECK_THROWS_AS(miettinen_nurminen(binary_trial<>{"a", {}, {1.0, 12.0}}, risk_ratio{}), not_estimable);
  const std::vector<binary_trial<>> partial{trial("a", 1, 12, 7, 12), {"b", {}, {1.0, 12.0}}};
  CHECK(miettinen_nurminen(partial, risk_ratio{}).audit[1].status == study_status::not_reported);
  const auto f = miettinen_nurminen(trial<float>("a", 1, 12, 7, 12), risk_ratio{});
  CHECK(close(f.upper, static_cast<float>(miettinen_nurminen(trial("a", 1, 12, 7, 12), risk_ratio{}).upper), metapool_test::digits5));
}
