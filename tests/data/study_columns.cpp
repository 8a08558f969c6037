// SPDX-License-Identifier: BSL-1.0
#include <metapool/data/study_columns.hpp>

#include <metapool/data/csv.hpp>

#include "support/published.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace metapool;
using namespace metapool_test;

TEST_CASE("matched pairs are read under this library's and metafor's names and written back") {
  for (const std::string head : {"study,both,treated_only,control_only,neither", "study,ai,bi,ci,di"}) {
    const std::string text = head + "\nApproval,794,86,150,570\nHalf,1,NA,3,4\n";
    const auto t = parse_csv<matched_pairs<>>(text);
    REQUIRE(t.size() == 2);
    CHECK(t[0].label == "Approval");
    CHECK(t[0].both == 794.0);
    CHECK(t[0].treated_only == 86.0);
    CHECK(t[0].control_only == 150.0);
    CHECK(t[0].neither == 570.0);
    CHECK_FALSE(is_complete(t[1]));
    CHECK(to_csv(t) == text);
  }
  CHECK(to_csv(std::vector<matched_pairs<>>{{"x", 1, 2, 3, 4}}) == "label,both,treated_only,control_only,neither\nx,1,2,3,4\n");
  CHECK(contains(message_of<input_error>([] { parse_csv<matched_pairs<>>("ai,bi,ci,di\n1,2.5,3,4\n"); }), "line 2, column 'bi'"));
  CHECK(parse_csv<matched_pairs<>>("ai,bi,ci,di\n1,2.5,3,4\n", {.fractional = fractional_counts::allowed})[0].treated_only == 2.5);
  CHECK(contains(message_of<input_error>([] { parse_csv<matched_pairs<>>("ai,bi,ci\n1,2,3\n"); }), "neither"));
}

TEST_CASE("one group measured twice is read, and metafor's names, which do not say which occasion is the first, are not taken for it") {
  const std::string text = "study,m_pre,sd_pre,m_post,sd_post,ni,ri\nSmith,26,5.2,30.5,6.1,24,0.61\n";
  const auto t = parse_csv<pre_post<>>(text);
  CHECK(t[0].before.mean == 26.0);
  CHECK(t[0].before.sd == 5.2);
  CHECK(t[0].after.mean == 30.5);
  CHECK(t[0].after.sd == 6.1);
  CHECK(t[0].total == 24.0);
  CHECK(t[0].correlation == 0.61);
  CHECK(to_csv(t) == text);
  CHECK(to_csv(t.trials) == "label,before_mean,before_sd,after_mean,after_sd,total,correlation\nSmith,26,5.2,30.5,6.1,24,0.61\n");
  CHECK(contains(message_of<input_error>([] { parse_csv<pre_post<>>("m1i,sd1i,m2i,sd2i,ni,ri\n1,2,3,4,5,0.6\n"); }), "before_mean"));
  const auto named = parse_csv<pre_post<>>("m2i,sd2i,m1i,sd1i,ni,ri\n1,2,3,4,5,0.6\n", {.before_mean = "m2i", .before_sd = "sd2i", .after_mean = "m1i", .after_sd = "sd1i"});
  CHECK(named[0].before.mean == 1.0);
  CHECK(named[0].after.sd == 4.0);
  CHECK(contains(message_of<input_error>([] { parse_csv<pre_post<>>("m_pre,sd_pre,m_post,sd_post,ni,ri\n26,5.2,30.5,6.1,24,1.61\n"); }), "column 'ri'"));
}

TEST_CASE("partial correlations are read with and without the model's r squared") {
  const auto plain = parse_csv<partial_correlation<>>("ri,mi,ni\n0.3,5,90\n");
  CHECK(plain[0].r == 0.3);
  CHECK(plain[0].predictors == 5.0);
  CHECK(plain[0].total == 90.0);
  CHECK_FALSE(plain[0].r_squared.has_value());
  CHECK(to_csv(plain) == "ri,mi,ni\n0.3,5,90\n");
  CHECK(parse_csv<partial_correlation<>>("ri,mi,ni,r2i\n0.3,5,90,0.4\n")[0].r_squared == 0.4);
  CHECK(contains(message_of<input_error>([] { parse_csv<partial_correlation<>>("ri,mi,ni,r2i\n0.3,5,90,1.4\n"); }), "column 'r2i'"));
  CHECK(contains(message_of<input_error>([] { parse_csv<partial_correlation<>>("ri,ni\n0.3,90\n"); }), "predictors"));
}

TEST_CASE("log-rank statistics are read as O-E and V") {
  const auto t = parse_csv<log_rank<>>("trial,O-E,V\nTrial 12,-8.4,31.2\n");
  CHECK(t[0].label == "Trial 12");
  CHECK(t[0].observed_minus_expected == -8.4);
  CHECK(t[0].variance == 31.2);
  CHECK(parse_csv<log_rank<>>("d,variance\n1,2\n", {.observed_minus_expected = "d"})[0].observed_minus_expected == 1.0);
  CHECK(contains(message_of<input_error>([] { parse_csv<log_rank<>>("O-E,V\n1,0\n"); }), "column 'V'"));
}

TEST_CASE("a trial of two arms measured twice has twelve numbers, and a cell that breaks a rule is named whichever of them it is") {
  const std::string names[] = {"treated_before_mean", "treated_before_sd", "treated_after_mean", "treated_after_sd", "treated_total", "treated_correlation",
                               "control_before_mean", "control_before_sd", "control_after_mean", "control_after_sd", "control_total", "control_correlation"};
  std::string head = "label";
  for (const auto& n : names) head.append(",").append(n);
  const std::string text = head + "\nTaylor,26,5.2,30.5,6.1,24,0.61,25.5,5,26,5.5,23,0.7\nHalf,1,2,3,4,5,NA,1,2,3,4,5,0.5\n";
  const auto t = parse_csv<pre_post_trial<>>(text);
  REQUIRE(t.size() == 2);
  CHECK(t[0].label == "Taylor");
  CHECK(t[0].treated.before.mean == 26.0);
  CHECK(t[0].treated.after.sd == 6.1);
  CHECK(t[0].treated.correlation == 0.61);
  CHECK(t[0].control.before.mean == 25.5);
  CHECK(t[0].control.before.sd == 5.0);
  CHECK(t[0].control.after.mean == 26.0);
  CHECK(t[0].control.total == 23.0);
  CHECK(t[0].control.correlation == 0.7);
  CHECK_FALSE(is_complete(t[1]));
  CHECK(to_csv(t) == text);
  CHECK(to_csv(t.trials) == head + "\nTaylor,26,5.2,30.5,6.1,24,0.61,25.5,5,26,5.5,23,0.7\nHalf,1,2,3,4,5,,1,2,3,4,5,0.5\n");
  CHECK(t.extra_columns().empty());
  const std::string bad[] = {"x", "-1", "inf", "-0.5", "1.5", "1.01", "1e999", "-2", "#", "-3", "0", "-1.5"};
  for (std::size_t i = 0; i < 12; ++i) {
    std::string row = "Bad";
    for (std::size_t j = 0; j < 12; ++j) row.append(",").append(i == j ? bad[i] : j % 6 == 5 ? "0.5" : "9");
    CHECK(contains(message_of<input_error>([&] { parse_csv<pre_post_trial<>>(head + "\n" + row + "\n"); }), "line 2, column '" + names[i] + "'"));
  }
  CHECK(contains(message_of<input_error>([&] { parse_csv<pre_post_trial<>>(head.substr(0, head.rfind(',')) + "\nA,1,2,3,4,5,0.5,1,2,3,4,5\n"); }), "control_correlation"));
  const auto named = parse_csv<pre_post_trial<>>(head.substr(0, head.rfind(',')) + ",rho\nA,1,2,3,4,5,0.5,1,2,3,4,5,0.25\n", {.control_correlation = "rho"});
  CHECK(named[0].control.correlation == 0.25);
  auto changed = t;
  changed.trials[0].control.after.mean = 27;
  changed.trials[0].label = "Taylor 2";
  CHECK(contains(to_csv(changed), "Taylor 2,26,5.2,30.5,6.1,24,0.61,25.5,5,27,5.5,23,0.7\n"));
}
