// SPDX-License-Identifier: BSL-1.0
#include <metapool/data/reported.hpp>

#include <metapool/data/csv.hpp>

#include "support/published.hpp"

#include <doctest/doctest.h>

#include <optional>
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

TEST_CASE("estimates with their uncertainty are read under the names that metafor, meta and Stata write") {
  struct style {
    const char* head;
    const char* row;
    bool se, variance, interval, p;
  };
  // -0.5 with a standard error of 0.2: interval (-0.892, -0.108), p = 0.0124
  const style styles[] = {{"study,yi,vi", "-0.5,0.04", false, true, false, false},
                          {"slab,yi,sei", "-0.5,0.2", true, false, false, false},
                          {"slab,yi,ci.lb,ci.ub", "-0.5,-0.892,-0.108", false, false, true, false},
                          {"slab,yi,vi,sei,zi,pval,ci.lb,ci.ub", "-0.5,0.04,0.2,-2.5,0.0124,-0.892,-0.108", true, true, true, true},
                          {"studlab,TE,seTE", "-0.5,0.2", true, false, false, false},
                          {"studlab,TE,seTE,lower,upper,statistic,pval", "-0.5,0.2,-0.892,-0.108,-2.5,0.0124", true, false, true, true},
                          {"study,_meta_es,_meta_se,_meta_cil,_meta_ciu", "-0.5,0.2,-0.892,-0.108", true, false, true, false},
                          {"study,_ES,_seES,_LCI,_UCI", "-0.5,0.2,-0.892,-0.108", true, false, true, false},
                          {"label,estimate,p", "-0.5,0.0124", false, false, false, true}};
  for (const style& s : styles) {
    CAPTURE(s.head);
    const std::string text = std::string(s.head) + "\nA," + s.row + "\n";
    const auto t = parse_csv<reported<>>(text);
    REQUIRE(t.size() == 1);
    CHECK(t[0].label == "A");
    CHECK(t[0].estimate == -0.5);
    CHECK(t[0].se == (s.se ? std::optional<double>(0.2) : std::nullopt));
    CHECK(t[0].variance == (s.variance ? std::optional<double>(0.04) : std::nullopt));
    CHECK(t[0].lower == (s.interval ? std::optional<double>(-0.892) : std::nullopt));
    CHECK(t[0].upper == (s.interval ? std::optional<double>(-0.108) : std::nullopt));
    CHECK(t[0].p == (s.p ? std::optional<double>(0.0124) : std::nullopt));
    CHECK(to_csv(t) == text);
  }
}
