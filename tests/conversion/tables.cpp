// SPDX-License-Identifier: BSL-1.0
#include <metapool/conversion/tables.hpp>

#include "../support/close.hpp"
#include "../support/published.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <doctest/doctest.h>

#include <cmath>
#include <string>

using namespace metapool;
using metapool_test::close;
using metapool_test::contains;
using metapool_test::digits12;
using metapool_test::message_of;

namespace {

template <class Real>
bool has(const std::vector<two_by_two<Real>>& tables, double a, double c) {
  for (const auto& t : tables) {
    if (t.a == a && t.c == c) return true;
  }
  return false;
}

/// The relative distance of the nearest solution to the events a and c.
template <class Real, class Measure>
double distance(Measure measure, double a, double n1, double c, double n2) {
  using std::fabs, std::sqrt;
  const two_by_two<Real> t{Real(a), Real(n1 - a), Real(c), Real(n2 - c)};
  const auto e = measure(t);
  double best = 1;
  for (const auto& s : solve_tables(measure, e.y, Real(sqrt(e.v)), known_margins<Real>{Real(n1), Real(n2), {}})) {
    best = std::fmin(best, std::fmax(static_cast<double>(fabs(Real(s.a / t.a - 1))), static_cast<double>(fabs(Real(s.c / t.c - 1)))));
  }
  return best;
}

}  // namespace

TEST_CASE("BCG, Aronson 1948: the printed risk ratio 0.41 (0.13 to 1.26) of 123 and 139 persons gives 4 and 11 cases (Colditz 1994)") {
  const printed_effect printed{as_printed("0.41"), as_printed("0.13"), as_printed("1.26")};
  const auto tables = tables_from_effect(risk_ratio{}, printed, {123, 139});
  CHECK(has(tables, 4, 11));
  CHECK(tables.size() == 1);
  CHECK(tables_from_effect(risk_ratio{}, printed, {.treated = 123, .control = 139, .events = 15}).size() == 1);
  CHECK(tables_from_effect(risk_ratio{}, printed, {.treated = 123, .control = 139, .events = 16}).empty());
}

TEST_CASE("An odds ratio of 0.6207 (0.3382 to 1.1391) of 355 and 366 patients has one table, and that 47 events (examples of R's estimraw 1.0.0)") {
  const auto tables = tables_from_effect(odds_ratio{}, {as_printed("0.6207"), as_printed("0.3382"), as_printed("1.1391")}, {355, 366});
  REQUIRE(tables.size() == 1);
  CHECK(tables[0].a == 18);
  CHECK(tables[0].c == 29);
  CHECK(has(tables_from_effect(odds_ratio{}, {as_printed("0.6"), as_printed("0.3"), as_printed("1.1")}, {355, 366, 47}), 18, 29));
  // in real numbers from the interval's width: near them, as far as four decimals tell
  const double se = std::log(1.1391 / 0.3382) / (2 * 1.959963984540054);
  bool near = false;
  for (const auto& t : solve_tables(odds_ratio{}, std::log(0.6207), se, known_margins<>{355, 366, {}})) near = near || (std::fabs(t.a - 18) < 0.02 && std::fabs(t.c - 29) < 0.02);
  CHECK(near);
}

TEST_CASE("A risk difference of -0.0783 (-0.1387 to -0.018) of 373 and 357 patients with 163 events is 69 and 94 (example of R's estimraw 1.0.0)") {
  const auto tables = tables_from_effect(risk_difference{}, {as_printed("-0.0783"), as_printed("-0.1387"), as_printed("-0.0180")}, {373, 357, 163});
  REQUIRE(tables.size() == 1);
  CHECK(tables[0].a == 69);
  CHECK(tables[0].c == 94);
}

TEST_CASE("Every table of 12 and 9 patients is among those found from its own printed effect") {
  const auto look = [](auto measure) {
    for (int a = 1; a < 12; ++a) {
      for (int c = 1; c < 9; ++c) {
        const auto e = measure(two_by_two<>{double(a), 12.0 - a, double(c), 9.0 - c});
        const double half = detail::normal_critical<double>(0.9) * std::sqrt(e.v);
        const auto print = [&](double y) {
          const double x = to_natural(decltype(measure)::info.scale, y);
          return printed_number{std::llround(x * 100), 2};
        };
        const auto tables = tables_from_effect(measure, {print(e.y), print(e.y - half), print(e.y + half), 0.9}, {12, 9});
        CHECK(has(tables, a, c));
        CHECK(has(tables_from_effect(measure, {print(e.y), {}, {}, 0.9}, {12, 9, a + c}), a, c));
      }
    }
  };
  look(risk_ratio{});
  look(odds_ratio{});
  look(risk_difference{});
}

TEST_CASE("The search finds what trying every table of 30 and 40 patients finds") {
  const printed_effect printed{as_printed("0.5"), as_printed("0.2"), as_printed("1.3")};
  std::size_t count = 0;
  for (int a = 1; a < 30; ++a) {
    for (int c = 1; c < 40; ++c) {
      const auto e = odds_ratio{}(two_by_two<>{double(a), 30.0 - a, double(c), 40.0 - c});
      const double half = 1.959963984540054 * std::sqrt(e.v);
      const auto rounds = [](double x, double to) { return std::fabs(x - to) <= 0.05; };
      count += rounds(std::exp(e.y), 0.5) && rounds(std::exp(e.y - half), 0.2) && rounds(std::exp(e.y + half), 1.3);
    }
  }
  CHECK(count > 1);
  CHECK(tables_from_effect(odds_ratio{}, printed, {30, 40}).size() == count);
}

TEST_CASE("An adjusted estimate has no table: the answer is empty") {
  CHECK(tables_from_effect(odds_ratio{}, {as_printed("0.80"), as_printed("0.79"), as_printed("0.81")}, {30, 30}).empty());
}

TEST_CASE("Effect and standard error of a table give the table back, from small arms to 10^9 patients") {
  CHECK(distance<double>(risk_ratio{}, 4, 123, 11, 139) < 1e-12);
  CHECK(distance<double>(odds_ratio{}, 4, 123, 11, 139) < 1e-12);
  CHECK(distance<double>(risk_difference{}, 4, 123, 11, 139) < 1e-12);
  CHECK(distance<double>(risk_ratio{}, 3e8, 1e9, 4e8, 9e8) < 1e-12);
  CHECK(distance<double>(odds_ratio{}, 3e7, 1e9, 4e7, 9e8) < 1e-12);
  CHECK(distance<double>(risk_difference{}, 3e7, 1e9, 4e7, 9e8) < 1e-12);
  using boost::multiprecision::cpp_bin_float_50;
  CHECK(distance<cpp_bin_float_50>(odds_ratio{}, 4, 123, 11, 139) < 1e-45);
}

TEST_CASE("Odds ratio and risk difference have two tables, of rare and of common events; the risk ratio one") {
  const auto e = odds_ratio{}(two_by_two<>{10, 90, 20, 80});
  const auto two = solve_tables(odds_ratio{}, e.y, std::sqrt(e.v), known_margins<>{100, 100, {}});
  REQUIRE(two.size() == 2);
  for (const auto& t : two) {
    const auto again = odds_ratio{}(t);
    CHECK(close(again.y, e.y, digits12));
    CHECK(close(again.v, e.v, digits12));
  }
  CHECK(solve_tables(risk_difference{}, 0.1, 0.05, known_margins<>{100, 100, {}}).size() == 2);
  CHECK(solve_tables(risk_difference{}, 0.1, 0.2, known_margins<>{100, 100, {}}).empty());  // more variance than 100 patients can have
  CHECK(solve_tables(odds_ratio{}, 0.0, 0.1, known_margins<>{100, 100, {}}).empty());       // less than an odds ratio of 200 patients can have
}

TEST_CASE("Totals, levels and ratios that cannot be are refused") {
  const printed_effect good{as_printed("0.5"), as_printed("0.2"), as_printed("1.1")};
  for (double n : {0.0, -1.0, 2.5, 1e6, std::nan("")}) {
    CHECK(contains(message_of<input_error>([&] { tables_from_effect(odds_ratio{}, good, {n, 40}); }), "margins.treated"));
  }
  CHECK_THROWS_AS(tables_from_effect(odds_ratio{}, good, {30, 40, 71}), input_error);
  CHECK_THROWS_AS(tables_from_effect(risk_ratio{}, {as_printed("-0.5")}, {30, 40}), input_error);
  CHECK_THROWS_AS(tables_from_effect(risk_ratio{}, {as_printed("0.5"), {}, {}, 95}, {30, 40}), input_error);
  CHECK_THROWS_AS(tables_from_effect(risk_ratio{}, {as_printed("1")}, {100000, 100000}), input_error);
  CHECK_THROWS_AS(solve_tables(risk_ratio{}, 0.1, 0.0, known_margins<>{30, 40, {}}), input_error);
  CHECK_THROWS_AS(solve_tables(risk_ratio{}, std::nan(""), 0.1, known_margins<>{30, 40, {}}), input_error);
}
