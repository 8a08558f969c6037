// SPDX-License-Identifier: BSL-1.0
#include <metapool/conversion/chi_squared_tables.hpp>

#include "../support/close.hpp"
#include "../support/published.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <doctest/doctest.h>

#include <cmath>
#include <utility>

using namespace metapool;
using metapool_test::close;
using metapool_test::contains;
using metapool_test::digits12;
using metapool_test::message_of;
using metapool_test::printed;

namespace {

/// Chi-squared from the cells, by its textbook formula.
double chi_squared(double a, double b, double c, double d, bool yates) {
  const double n = a + b + c + d;
  double x = std::fabs(a * d - b * c);
  if (yates) x = std::fmax(0, x - n / 2);
  return n * x * x / ((a + b) * (c + d) * (a + c) * (b + d));
}

}  // namespace

TEST_CASE("Chi-squared and margins give the table back, with and without Yates' correction, and its mirror image") {
  for (bool yates : {false, true}) {
    const auto correction = yates ? continuity_correction::yates : continuity_correction::none;
    const auto tables = solve_chi_squared_tables(chi_squared(4, 119, 11, 128, yates), known_margins<>{123, 139, 15}, correction);
    REQUIRE(tables.size() == 2);
    CHECK(close(tables[0].a, 4.0, digits12));
    CHECK(close(tables[0].c, 11.0, digits12));
    CHECK(tables[1].a > 15.0 * 123 / 262);
    CHECK(close(chi_squared(tables[1].a, tables[1].b, tables[1].c, tables[1].d, yates), chi_squared(4, 119, 11, 128, yates), digits12));
  }
}

TEST_CASE("Margins of 28 % and 64 % of 200 with phi = 0.38 have 26.10974 % in both (example of R's vcmeta 1.5.0, table.from.phi)") {
  const auto tables = solve_chi_squared_tables(200 * 0.38 * 0.38, known_margins<>{56, 144, 128});
  REQUIRE(tables.size() == 2);
  CHECK(close(tables[1].a / 200, 0.2610974, printed(7)));
  CHECK(close(tables[1].b / 200, 0.0189026, printed(7)));
  CHECK(close(tables[1].c / 200, 0.3789026, printed(7)));
  CHECK(close(tables[1].d / 200, 0.3410974, printed(7)));
}

TEST_CASE("Yates' chi-squared of 4.61 (p = 0.0318) of 122 and 118 with 56 events, and 52.19 with ten times the numbers, are 36, 86, 20, 98 (example of metafor's conv.2x2)") {
  for (const auto& [x, times] : {std::pair<const char*, double>{"4.61", 1.0}, {"52.19", 10.0}}) {
    const known_margins<> m{122 * times, 118 * times, 56 * times};
    const auto whole = tables_from_chi_squared(as_printed(x), m, continuity_correction::yates);
    bool found = false;
    for (const auto& t : whole) found = found || (t.a == 36 * times && t.b == 86 * times && t.c == 20 * times && t.d == 98 * times);
    CHECK(found);
    const auto real = solve_chi_squared_tables(value_of(as_printed(x)), m, continuity_correction::yates);
    REQUIRE(real.size() == 2);
    CHECK(std::round(real[1].a) == 36 * times);
    CHECK(std::round(real[1].c) == 20 * times);
  }
  // R 4.2: chisq.test has p = 0.03178455507982883 with Yates' correction and 0.021462515070132 without
  const auto by_p = tables_from_p(as_printed("0.0318"), {122, 118, 56}, continuity_correction::yates);
  REQUIRE(by_p.size() == 1);
  CHECK(by_p[0].a == 36);
  CHECK(tables_from_p(as_printed("0.02146"), {122, 118, 56}).at(0).a == 36);
}

TEST_CASE("Double agrees with 50 digits to 12 digits, at 10^9 patients too") {
  using boost::multiprecision::cpp_bin_float_50;
  for (double scale : {1.0, 1e6}) {
    const auto narrow = solve_chi_squared_tables(3.25, known_margins<>{123 * scale, 139 * scale, 15 * scale}, continuity_correction::yates);
    const auto wide = solve_chi_squared_tables<cpp_bin_float_50>(3.25, {123 * scale, 139 * scale, cpp_bin_float_50(15 * scale)}, continuity_correction::yates);
    CHECK(close(narrow.front().a, static_cast<double>(wide.front().a), digits12));
  }
}

TEST_CASE("All whole tables are found from the printed chi-squared and from its p-value") {
  // a = 4 of 123, c = 11 of 139: chi-squared 2.618..., p 0.1057...
  const double x = chi_squared(4, 119, 11, 128, false);
  const auto by_chi = tables_from_chi_squared({std::llround(x * 100), 2}, {123, 139, 15});
  REQUIRE(by_chi.size() == 1);
  CHECK(by_chi[0].a == 4);
  const double p = std::erfc(std::sqrt(x / 2));
  const auto by_p = tables_from_p({std::llround(p * 1000), 3}, {123, 139, 15});
  REQUIRE(by_p.size() == 1);
  CHECK(by_p[0].c == 11);
  CHECK(tables_from_chi_squared(as_printed("2.00"), {123, 139, 15}).empty());
  CHECK(tables_from_chi_squared(as_printed("0.0"), {20, 20, 10}).size() == 1);
  CHECK(tables_from_chi_squared(as_printed("0.0"), {20, 20, 10}, continuity_correction::yates).size() == 1);
  CHECK(tables_from_chi_squared(as_printed("0.0"), {20, 20, 11}, continuity_correction::yates).size() == 2);
}

TEST_CASE("Margins without events, without non-events or not known have no chi-squared") {
  CHECK(contains(message_of<input_error>([] { solve_chi_squared_tables(1.0, known_margins<>{10, 10, {}}); }), "margins.events must be known"));
  CHECK_THROWS_AS(solve_chi_squared_tables(1.0, known_margins<>{10, 10, 0.0}), input_error);
  CHECK_THROWS_AS(solve_chi_squared_tables(1.0, known_margins<>{10, 10, 20.0}), input_error);
  CHECK_THROWS_AS(solve_chi_squared_tables(-1.0, known_margins<>{10, 10, 5.0}), input_error);
  CHECK_THROWS_AS(solve_chi_squared_tables(std::nan(""), known_margins<>{10, 10, 5.0}), input_error);
  CHECK_THROWS_AS(tables_from_p(as_printed("1.1"), {10, 10, 5}), input_error);
  CHECK(solve_chi_squared_tables(1000.0, known_margins<>{10, 10, 5.0}).empty());
}
