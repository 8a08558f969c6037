// SPDX-License-Identifier: BSL-1.0
#include <metapool/conversion/percentages.hpp>

#include "../support/published.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdio>
#include <string>

using namespace metapool;
using metapool_test::contains;
using metapool_test::message_of;

TEST_CASE("91 % of 12 is no count, of 11 it is 10; 6.9 % of 29 is 2") {
  CHECK(events_from_percentage("91", 12).none());
  CHECK(events_from_percentage("91", 11).unique());
  CHECK(*events_from_percentage("91", 11).fewest == 10);
  CHECK(events_from_percentage("6.9", 29).unique());
  CHECK(*events_from_percentage("6.9 %", 29).most == 2);
}

TEST_CASE("Means of whole numbers that cannot be, by their decimals: 3.48 of 20 throws, 5.93 of 49 and 4.71 of 20 answers, but 4.71 of 17 (the GRIM test)") {
  // Brown & Heathers (2017) Soc Psychol Personal Sci 8:363: the die in Wikipedia's article on the test, the mean of 49 in The Economist of 18 June 2016;
  // 4.71 and 5.3 of 20 and 20, or of 17 and 23: Bauer & Francis (2021), as in R's scrutiny, vignette "GRIM"
  CHECK(events_from_percentage("48", 20).none());
  CHECK(events_from_percentage("93", 49).none());
  CHECK(events_from_percentage("71", 20).none());
  CHECK(*events_from_percentage("71", 17).fewest == 12);
  CHECK(*events_from_percentage("30", 20).fewest == 6);
  CHECK(*events_from_percentage("30", 23).fewest == 7);
}

TEST_CASE("A coarse percentage of many patients is a range of counts, and every count of it is printed so") {
  const auto counts = events_from_percentage("7", 1000);
  CHECK_FALSE(counts.unique());
  CHECK(*counts.fewest == 65);
  CHECK(*counts.most == 75);
}

TEST_CASE("Every count of every arm up to 60 patients is found again from its percentage, and nothing else is") {
  for (int decimals = 0; decimals <= 2; ++decimals) {
    for (int n = 1; n <= 60; ++n) {
      for (int k = 0; k <= n; ++k) {
        char text[32];
        std::snprintf(text, sizeof text, "%.*f", decimals, 100.0 * k / n);
        const auto counts = events_from_percentage(text, n);
        REQUIRE_FALSE(counts.none());
        CHECK((*counts.fewest <= k && k <= *counts.most));
        const double half = 0.5 * std::pow(10.0, -decimals) + 1e-9;
        CHECK(std::fabs(100.0 * *counts.fewest / n - std::stod(text)) <= half);
        CHECK(std::fabs(100.0 * *counts.most / n - std::stod(text)) <= half);
      }
    }
  }
}

TEST_CASE("Halves may have been rounded up or down: 1 of 8 is 12.5 %, printed 12 or 13") {
  CHECK(*events_from_percentage("12", 8).fewest == 1);
  CHECK(*events_from_percentage("13", 8).fewest == 1);
  CHECK(events_from_percentage("14", 8).none());
}

TEST_CASE("10^9 patients and seven decimals are exact") {
  const auto counts = events_from_percentage("33.3333333", 1e9);
  CHECK(*counts.fewest == 333333333);
  CHECK(counts.unique());
  CHECK(*events_from_percentage("100.0000000", 1e9).most == 1e9);
  CHECK(*events_from_percentage("0", 1e9).most == 5e6);
}

TEST_CASE("Percentages above 100, below 0 and totals that are no counts are refused") {
  CHECK(contains(message_of<input_error>([] { events_from_percentage("100.1", 10); }), "percentage = 100.1"));
  CHECK(contains(message_of<input_error>([] { events_from_percentage("-1", 10); }), "percentage = -1"));
  CHECK(contains(message_of<input_error>([] { events_from_percentage("1.12345678", 10); }), "7 decimals"));
  for (double total : {0.0, -3.0, 2.5, 2e9, std::nan("")}) CHECK_THROWS_AS(events_from_percentage("10", total), input_error);
}
