// SPDX-License-Identifier: BSL-1.0
#include <metapool/data/csv.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace metapool;

TEST_CASE("rates are read under this library's, metafor's and meta's names") {
  for (const std::string head : {"study,treated_events,treated_time,control_events,control_time", "study,x1i,t1i,x2i,t2i", "study,event.e,time.e,event.c,time.c"}) {
    const auto t = parse_csv<rate_trial<>>(head + "\nBach,0,798.5,3,1040\nNA one,NA,10,2,20\n");
    REQUIRE(t.size() == 2);
    CHECK(t[0].label == "Bach");
    CHECK(t[0].treated.time == 798.5);
    CHECK(t[0].control.events == 3.0);
    CHECK_FALSE(t[1].treated.events.has_value());
  }
}

TEST_CASE("proportions, rates, means, correlations and reliabilities of one group are read and written back") {
  const auto p = parse_csv<proportion<>>("study,event,n\na,16,17\n");
  CHECK(p[0].events == 16.0);
  CHECK(to_csv(p) == "study,event,n\na,16,17\n");
  CHECK(parse_csv<proportion<>>("xi;ni\n1;2\n")[0].total == 2.0);
  CHECK(parse_csv<rate<>>("xi,ti\n5,1344.5\n")[0].time == 1344.5);
  CHECK(parse_csv<group_mean<>>("mi,sdi,ni\n-3.5,2,10\n")[0].mean == -3.5);
  CHECK(parse_csv<correlation<>>("cor,n\n-0.5,10\n")[0].r == -0.5);
  CHECK(parse_csv<reliability<>>("ai,mi,ni\n0.9,20,103\n")[0].items == 20.0);
  CHECK(parse_csv<correlation<>>("rho,ni\n0.25,10\n", {.r = "rho"})[0].r == 0.25);
  CHECK(parse_csv<rate_trial<>>("d1,t1i,x2i,t2i\n1,2,3,4\n", {.treated_events = "d1"})[0].treated.events == 1.0);
  CHECK(to_csv(std::vector<correlation<>>{{"x", 0.5, 10}, {"y", {}, 12}}) == "label,r,total\nx,0.5,10\ny,,12\n");
  CHECK(to_csv(std::vector<rate_trial<>>{{"x", {1, 2.5}, {3, 4}}}) == "label,treated_events,treated_time,control_events,control_time\nx,1,2.5,3,4\n");
}

TEST_CASE("a changed trial is written with its new number only") {
  auto t = parse_csv<rate_trial<>>("study,x1i,t1i,x2i,t2i,note\na,1,2.50,3,4,odd\n");
  t.trials[0].control.events = 5;
  CHECK(to_csv(t) == "study,x1i,t1i,x2i,t2i,note\na,1,2.50,5,4,odd\n");
}

TEST_CASE("numbers that break a rule are refused with line and column, and so are columns that are not there") {
  const auto message = [](const auto& read) -> std::string {
    try {
      read();
    } catch (const input_error& e) {
      return e.what();
    }
    return "nothing was thrown";
  };
  const std::string events = message([] { parse_csv<proportion<>>("xi,ni\n1,2\n5,4\n"); });
  CHECK(events.find("line 3") != std::string::npos);
  CHECK(events.find("xi") != std::string::npos);
  CHECK(events.find("must not exceed the total of 4") != std::string::npos);
  CHECK(message([] { parse_csv<correlation<>>("ri,ni\n1.2,10\n"); }).find("must lie between -1 and 1") != std::string::npos);
  CHECK(message([] { parse_csv<rate_trial<>>("x1i,t1i,x2i,t2i\n1,0,1,1\n"); }).find("must be positive") != std::string::npos);
  CHECK(message([] { parse_csv<rate_trial<>>("x1i,t1i,x2i\n1,1,1\n"); }).find("control_time") != std::string::npos);
  CHECK(message([] { parse_csv<correlation<>>("ri,ni\n0.2,10\n", {.time = "ri"}); }).find("csv_options.time") != std::string::npos);
  CHECK(message([] { parse_csv<group_mean<>>("mi,sdi,ni\n1,-2,10\n"); }).find("must not be negative") != std::string::npos);
  CHECK(message([] { parse_csv<reliability<>>("ai,mi,ni\n0.9,1,10\n"); }).find("must be at least 2") != std::string::npos);
}
