// SPDX-License-Identifier: BSL-1.0
#include <metapool/conversion/margin_tables.hpp>

#include "../support/close.hpp"
#include "../support/published.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <doctest/doctest.h>

#include <cmath>

using namespace metapool;
using boost::multiprecision::cpp_bin_float_50;
using metapool_test::close;
using metapool_test::contains;
using metapool_test::digits12;
using metapool_test::message_of;
using metapool_test::printed;

TEST_CASE("An odds ratio of 3.18 of 17 and 83 with 50 events of 100 has 12.33262 and 37.66738 (example of R's vcmeta 1.5.0, table.from.odds; Bonett 2007)") {
  const auto t = solve_margin_table(odds_ratio{}, std::log(3.18), known_margins<>{17, 83, 50});
  REQUIRE(t);
  CHECK(close(t->a / 100, 0.1233262, printed(7)));
  CHECK(close(t->b / 100, 0.04667383, printed(8)));
  CHECK(close(t->c / 100, 0.3766738, printed(7)));
  CHECK(close(t->d / 100, 0.4533262, printed(7)));
}

TEST_CASE("An odds ratio of 2.05 of 122 and 118 with 56 events is 36, 86, 20, 98, and with ten times the numbers too (example of metafor's conv.2x2)") {
  for (double times : {1.0, 10.0}) {
    const auto t = solve_margin_table(odds_ratio{}, std::log(2.05), known_margins<>{122 * times, 118 * times, 56 * times});
    REQUIRE(t);
    CHECK(std::round(t->a) == 36 * times);
    CHECK(std::round(t->b) == 86 * times);
    CHECK(std::round(t->c) == 20 * times);
    CHECK(std::round(t->d) == 98 * times);
  }
}

TEST_CASE("Every table of 7 and 5 patients comes back from its margins and its risk ratio, odds ratio or risk difference") {
  const auto same = [](const std::optional<two_by_two<>>& t, double a, double c) {
    REQUIRE(t);
    CHECK(std::fabs(t->a - a) < 1e-13);
    CHECK(std::fabs(t->b - (7 - a)) < 1e-13);
    CHECK(std::fabs(t->c - c) < 1e-13);
    CHECK(std::fabs(t->d - (5 - c)) < 1e-13);
  };
  for (int a = 0; a <= 7; ++a) {
    for (int c = 0; c <= 5; ++c) {
      if (a + c == 0 || a + c == 12) continue;
      const known_margins<> m{7, 5, double(a + c)};
      same(solve_margin_table(risk_difference{}, a / 7.0 - c / 5.0, m), a, c);
      if (a > 0 && c > 0) same(solve_margin_table(risk_ratio{}, std::log(a * 5.0 / (7.0 * c)), m), a, c);
      if (a > 0 && c > 0 && a < 7 && c < 5) same(solve_margin_table(odds_ratio{}, std::log(a * (5.0 - c) / ((7.0 - a) * c)), m), a, c);
    }
  }
}

TEST_CASE("Double agrees with 50 digits to 12 digits of the arms, from one patient to 10^9 and for odds ratios from 1e-9 to 1e9") {
  for (const double n1 : {1.0, 123.0, 1e9}) {
    for (const double n2 : {1.0, 139.0, 9e8}) {
      for (const double share : {0.01, 0.5, 0.99}) {
        const double e = std::fmax(1, std::floor(share * (n1 + n2)));
        for (const double y : {-20.0, -1.0, 0.0, 1e-9, 0.7, 20.0}) {
          if (!(e < n1 + n2)) continue;
          const auto narrow = solve_margin_table(odds_ratio{}, y, known_margins<>{n1, n2, e});
          const auto wide = solve_margin_table(odds_ratio{}, cpp_bin_float_50(y), known_margins<cpp_bin_float_50>{n1, n2, cpp_bin_float_50(e)});
          REQUIRE(narrow);
          REQUIRE(wide);
          CHECK(std::fabs(narrow->a - static_cast<double>(wide->a)) <= 1e-12 * n1);
          CHECK(std::fabs(narrow->c - static_cast<double>(wide->c)) <= 1e-12 * n2);
        }
      }
    }
  }
  const auto rr = solve_margin_table(risk_ratio{}, -0.9, known_margins<>{1e9, 3, 1000});
  const auto rr50 = solve_margin_table(risk_ratio{}, cpp_bin_float_50(-0.9), known_margins<cpp_bin_float_50>{1e9, 3, cpp_bin_float_50(1000)});
  CHECK(close(rr->c, static_cast<double>(rr50->c), digits12));
}

TEST_CASE("An estimate that the margins rule out has no table") {
  CHECK_FALSE(solve_margin_table(risk_ratio{}, std::log(3.0), known_margins<>{10, 10, 16.0}));  // 12 of 10
  CHECK_FALSE(solve_margin_table(risk_difference{}, 0.5, known_margins<>{10, 10, 2.0}));        // -1.5 of 10
  CHECK_FALSE(solve_margin_table(risk_difference{}, -1.5, known_margins<>{10, 10, 10.0}));
}

TEST_CASE("Margins without events, without non-events or not known, and estimates that are none are refused") {
  CHECK(contains(message_of<input_error>([] { solve_margin_table(odds_ratio{}, 0.1, known_margins<>{10, 10, {}}); }), "margins.events must be known"));
  CHECK_THROWS_AS(solve_margin_table(odds_ratio{}, 0.1, known_margins<>{10, 10, 0.0}), input_error);
  CHECK_THROWS_AS(solve_margin_table(odds_ratio{}, 0.1, known_margins<>{10, 10, 20.0}), input_error);
  CHECK_THROWS_AS(solve_margin_table(odds_ratio{}, std::nan(""), known_margins<>{10, 10, 5.0}), input_error);
  CHECK(contains(message_of<input_error>([] { solve_margin_table(risk_ratio{}, 1e4, known_margins<>{10, 10, 5.0}); }), "logarithm of no ratio"));
}
