// SPDX-License-Identifier: BSL-1.0
#include <metapool/data/binary_trial.hpp>

#include <doctest/doctest.h>

#include <limits>
#include <string>

using metapool::binary_trial;
using metapool::fractional_counts;
using metapool::input_error;

namespace {

binary_trial<> lanzoni() { return {.label = "Lanzoni 2021", .treated = {.events = 1, .total = 12}, .control = {.events = 7, .total = 12}}; }

std::string failure(const binary_trial<>& t, fractional_counts f = fractional_counts::refused) {
  try {
    metapool::check(t, "risk_ratio", f);
  } catch (const input_error& e) {
    return e.what();
  }
  return "";
}

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("a sound binary trial passes its check, also with missing numbers and in the corners") {
  CHECK(failure(lanzoni()) == "");
  CHECK(failure({}) == "");
  CHECK(failure({.label = "none", .treated = {.events = 0, .total = 1}, .control = {.events = 1, .total = 1}}) == "");
  CHECK(failure({.label = "half", .treated = {.events = 3, .total = {}}, .control = {.events = {}, .total = 9}}) == "");
}

TEST_CASE("each rule of a binary trial has its message, with function, study, arm, value and rule") {
  auto t = lanzoni();
  t.treated.events = 13;
  CHECK(failure(t) == "risk_ratio: study 'Lanzoni 2021': treated.events = 13 must not exceed the arm's total of 12");
  t = lanzoni();
  t.control.events = 12.5;
  CHECK(failure(t) ==
        "risk_ratio: study 'Lanzoni 2021': control.events = 12.5 must be a whole number (imputed counts: fractional_counts::allowed, where it is taken)");
  CHECK(failure(t, fractional_counts::allowed) == "risk_ratio: study 'Lanzoni 2021': control.events = 12.5 must not exceed the arm's total of 12");
  t = lanzoni();
  t.control.events = -1;
  CHECK(failure(t) == "risk_ratio: study 'Lanzoni 2021': control.events = -1 must not be negative");
  t = lanzoni();
  t.control.total = 0;
  t.control.events = 0;
  CHECK(failure(t) == "risk_ratio: study 'Lanzoni 2021': control.total = 0 must be positive");
  t = lanzoni();
  t.treated.total = -12;
  CHECK(failure(t) == "risk_ratio: study 'Lanzoni 2021': treated.total = -12 must not be negative");
  t = lanzoni();
  t.treated.total = 12.25;
  CHECK(failure(t).find("treated.total = 12.25 must be a whole number") != std::string::npos);
  CHECK(failure(t, fractional_counts::allowed) == "");
  for (const double bad : {not_a_number, infinity, -infinity}) {
    t = lanzoni();
    t.treated.events = bad;
    CHECK(failure(t).find("'Lanzoni 2021': treated.events = ") != std::string::npos);
    CHECK(failure(t).find("must be a finite number") != std::string::npos);
    t = lanzoni();
    t.control.total = bad;
    CHECK(failure(t, fractional_counts::allowed).find("control.total = ") != std::string::npos);
    CHECK(failure(t, fractional_counts::allowed).find("must be a finite number") != std::string::npos);
  }
}

TEST_CASE("a binary trial is complete when all four numbers are known") {
  CHECK(is_complete(lanzoni()));
  for (int drop = 0; drop < 4; ++drop) {
    auto t = lanzoni();
    (drop == 0 ? t.treated.events : drop == 1 ? t.treated.total : drop == 2 ? t.control.events : t.control.total).reset();
    CHECK_FALSE(is_complete(t));
  }
}

TEST_CASE("the 2x2 table has the non-events, and its margins are the totals") {
  const auto t = table_of(lanzoni());
  CHECK(t.a == 1);
  CHECK(t.b == 11);
  CHECK(t.c == 7);
  CHECK(t.d == 5);
  CHECK(t.treated_total() == 12);
  CHECK(t.control_total() == 12);
  CHECK(t.total() == 24);
}
