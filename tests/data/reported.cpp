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

TEST_CASE("a file of risk ratios with 90 % intervals is read as what it is, and written back") {
  const std::string text = "study,yi,ci.lb,ci.ub\na,0.5,0.25,1\nb,2,1.5,3\n";
  auto table = parse_csv<reported<>>(text, {.on = stated_on::natural_scale, .level = 0.9});
  for (const auto& t : table) {
    CHECK(t.on == stated_on::natural_scale);
    CHECK(t.level == 0.9);
  }
  CHECK(to_csv(table) == text);
  const auto first = where(table, [](const auto& row) { return row.index() == 0; });
  CHECK(to_csv(first) == "study,yi,ci.lb,ci.ub\na,0.5,0.25,1\n");
  table.trials[1].level = 0.95;
  CHECK(contains(message_of<input_error>([&] { (void)to_csv(table); }), "study 'b': level = 0.95 has no column; the file holds intervals of level 0.9"));
  table.trials[1].level = 0.9;
  table.trials[1].on = stated_on::pooling_scale;
  CHECK(contains(message_of<input_error>([&] { (void)to_csv(table); }), "study 'b' is stated on the pooling scale, the file on the natural scale"));
  CHECK(contains(message_of<input_error>([&] { (void)parse_csv<reported<>>(text, {.level = 90}); }), "level = 90"));
  CHECK(contains(message_of<input_error>([] { (void)parse_csv<correlation<>>("ri,ni\n0.2,10\n", {.level = 0.9}); }), "a correlation has neither"));
}
