// SPDX-License-Identifier: BSL-1.0
#include <metapool/data/reported.hpp>

#include <metapool/data/csv.hpp>

#include "support/published.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace metapool;
using namespace metapool_test;

TEST_CASE("a file without an uncertainty is refused, a blank cell is not") {
  CHECK(contains(message_of<input_error>([] { (void)parse_csv<reported<>>("study,yi\na,1\n"); }), "needs columns for se"));
  CHECK(contains(message_of<input_error>([] { (void)parse_csv<reported<>>("study,yi,lower\na,1,0\n"); }), "upper"));
  CHECK(contains(message_of<input_error>([] { (void)parse_csv<reported<>>("study,yi,vi\na,1,-2\n", {}, "f.csv"); }), "f.csv: line 2, column 'vi'"));
  const auto blank = parse_csv<reported<>>("study,yi,vi\na,1,NA\nb,1,2\n");
  CHECK_FALSE(is_complete(blank[0]));
  CHECK(is_complete(blank[1]));
  const auto named = parse_csv<reported<>>("study,logHR,s\na,1,2\n", {.estimate = "logHR", .se = "s"});
  CHECK(named[0].se == 2.0);
}

TEST_CASE("what a file cannot hold of a reported effect is refused in writing") {
  const std::vector<reported<>> natural{{.label = "a", .estimate = 0.5, .se = 0.1, .on = stated_on::natural_scale}};
  CHECK(contains(message_of<input_error>([&] { (void)to_csv(natural); }), "natural scale"));
  const std::vector<reported<>> level{{.label = "a", .estimate = 0.5, .se = 0.1, .level = 0.9}};
  CHECK(contains(message_of<input_error>([&] { (void)to_csv(level); }), "level"));
}
