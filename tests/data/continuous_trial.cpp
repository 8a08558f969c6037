// SPDX-License-Identifier: BSL-1.0
#include <metapool/data/continuous_trial.hpp>

#include <doctest/doctest.h>

#include <limits>
#include <string>

using metapool::continuous_trial;
using metapool::input_error;

namespace {

continuous_trial<> zhu() {
  return {.label = "Zhu 2021", .treated = {.mean = 11, .sd = 4.6, .total = 29}, .control = {.mean = 15, .sd = 6.1, .total = 30}};
}

std::string failure(const continuous_trial<>& t) {
  try {
    check(t, "mean_difference");
  } catch (const input_error& e) {
    return e.what();
  }
  return "";
}

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("a sound continuous trial passes its check, also with missing numbers, a negative mean and an sd of zero") {
  CHECK(failure(zhu()) == "");
  CHECK(failure({}) == "");
  auto t = zhu();
  t.treated = {.mean = -54.3, .sd = 0, .total = 1};
  CHECK(failure(t) == "");
}

TEST_CASE("each rule of a continuous trial has its message, with function, study, arm, value and rule") {
  auto t = zhu();
  t.treated.sd = -0.5;
  CHECK(failure(t) == "mean_difference: study 'Zhu 2021': treated.sd = -0.5 must not be negative");
  t = zhu();
  t.control.total = 0;
  CHECK(failure(t) == "mean_difference: study 'Zhu 2021': control.total = 0 must be at least 1");
  t = zhu();
  t.control.total = 29.5;
  CHECK(failure(t) == "mean_difference: study 'Zhu 2021': control.total = 29.5 must be a whole number");
  for (const double bad : {not_a_number, infinity, -infinity}) {
    t = zhu();
    t.treated.mean = bad;
    CHECK(failure(t).find("'Zhu 2021': treated.mean = ") != std::string::npos);
    CHECK(failure(t).find("must be a finite number") != std::string::npos);
    t = zhu();
    t.control.sd = bad;
    CHECK(failure(t).find("control.sd = ") != std::string::npos);
    CHECK(failure(t).find("must be a finite number") != std::string::npos);
    t = zhu();
    t.treated.total = bad;
    CHECK(failure(t).find("treated.total = ") != std::string::npos);
    CHECK(failure(t).find("must be a finite number") != std::string::npos);
  }
}

TEST_CASE("a continuous trial is complete when all six numbers are known") {
  CHECK(is_complete(zhu()));
  for (int drop = 0; drop < 6; ++drop) {
    auto t = zhu();
    auto& arm = drop < 3 ? t.treated : t.control;
    (drop % 3 == 0 ? arm.mean : drop % 3 == 1 ? arm.sd : arm.total).reset();
    CHECK_FALSE(is_complete(t));
  }
}
