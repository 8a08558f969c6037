// SPDX-License-Identifier: BSL-1.0
#include <metapool/effect/proportion_measures.hpp>

#include "support/close.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {
using wide = boost::multiprecision::cpp_bin_float_50;

/// (d from_natural / d p)^2 by a central difference in 50 digits.
double squared_slope(scale s, double p) {
  const wide h("1e-16"), w(p);
  const wide slope = (from_natural(s, wide(w + h)) - from_natural(s, wide(w - h))) / (2 * h);
  return static_cast<double>(wide(slope * slope));
}

const std::vector<one_proportion<double>> counts{{16, 1}, {5, 15}, {0.5, 10.5}, {1, 999999999}, {999999999, 1}, {5e8 + 1, 5e8 - 1}, {1, 1}};
}  // namespace

TEST_CASE("proportions on every scale are their textbook forms in 50 digits") {
  for (const auto& c : counts) {
    const wide x(c.events), o(c.others), n = wide(x + o), p = wide(x / n);
    const auto check = [](const effect<double>& e, const wide& y, const wide& v) {
      CHECK(close(e.y, static_cast<double>(y), digits14));
      CHECK(close(e.v, static_cast<double>(v), digits14));
    };
    check(raw_proportion{}(c), p, wide(x * o / (n * n * n)));
    check(log_proportion{}(c), log(p), wide(1 / x - 1 / n));
    check(logit_proportion{}(c), log(wide(x / o)), wide(1 / x + 1 / o));
    check(arcsine_proportion{}(c), asin(wide(sqrt(p))), wide(1 / (4 * n)));
    check(double_arcsine_proportion{}(c), wide((asin(wide(sqrt(wide(x / (n + 1))))) + asin(wide(sqrt(wide((x + 1) / (n + 1)))))) / 2), wide(1 / (4 * n + 2)));
  }
}

TEST_CASE("the variances of transformed proportions are those of the delta method") {
  const one_proportion<double> c{13, 29};
  const double p = 13.0 / 42, raw = raw_proportion{}(c).v;
  CHECK(close(log_proportion{}(c).v, raw * squared_slope(scale::log, p), digits12));
  CHECK(close(logit_proportion{}(c).v, raw * squared_slope(scale::logit, p), digits12));
  CHECK(close(arcsine_proportion{}(c).v, raw * squared_slope(scale::arcsine, p), digits12));
}

TEST_CASE("counting the others instead turns the logit's sign and mirrors proportion and arcsine") {
  for (const auto& c : counts) {
    const one_proportion<double> other{c.others, c.events};
    CHECK(close(logit_proportion{}(other).y, -logit_proportion{}(c).y, digits14));
    CHECK(close(raw_proportion{}(other).v, raw_proportion{}(c).v, digits14));
    CHECK(close(arcsine_proportion{}(other).y + arcsine_proportion{}(c).y, 2 * std::atan(1.0), digits14));
    CHECK(close(double_arcsine_proportion{}(other).y + double_arcsine_proportion{}(c).y, 2 * std::atan(1.0), digits14));
  }
}

TEST_CASE("no events and nothing but events: 0.5 to both counts for raw, log and logit, nothing for the arcsines (metafor 3.8)") {
  const std::vector<proportion<>> studies{{"a", 5, 20}, {"none", 0, 10}, {"all", 10, 10}};
  const auto check = [&](const auto& measure, std::vector<double> y, std::vector<double> v) {
    const auto e = effect_sizes(studies, measure);
    REQUIRE(e.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
      CHECK(close(e.y[i], y[i], at_scale(digits14, 0.1)));
      CHECK(close(e.v[i], v[i], digits14));
    }
  };
  check(raw_proportion{}, {0.25, 0.0454545454545455, 0.954545454545455}, {0.009375, 0.00394440270473328, 0.00394440270473328});
  check(log_proportion{}, {-1.38629436111989, -3.09104245335832, -0.0465200156348928}, {0.15, 1.90909090909091, 0.00432900432900433});
  check(logit_proportion{}, {-1.09861228866811, -3.04452243772342, 3.04452243772342}, {0.266666666666667, 2.0952380952381, 2.0952380952381});
  check(arcsine_proportion{}, {0.523598775598299, 0, 1.5707963267949}, {0.0125, 0.025, 0.025});
  check(double_arcsine_proportion{}, {0.536841160096068, 0.153138684584835, 1.41765764221006}, {0.0121951219512195, 0.0238095238095238, 0.0238095238095238});
}

TEST_CASE("what was added to a proportion is told, and without a correction it is left out") {
  const std::vector<proportion<>> studies{{"a", 5, 20}, {"none", 0, 10}, {"all", 10, 10}, {"not told", {}, 10}};
  const auto e = effect_sizes(studies, logit_proportion{});
  CHECK(describe(e.audit[1]) == "0.5 added to events and non-events");
  CHECK(e.audit[3].status == study_status::not_reported);
  const auto bare = effect_sizes(studies, logit_proportion{}, no_correction{});
  CHECK(bare.size() == 1);
  CHECK(bare.audit[2].status == study_status::zero_cell);
  CHECK(effect_sizes(studies, raw_proportion{}, no_correction{}).audit[1].status == study_status::zero_variance);
  CHECK(effect_sizes(studies, logit_proportion{}, constant_correction{.when = correct_when::all_if_any}).audit[0].corrected());
  CHECK_FALSE(effect_sizes(studies, logit_proportion{}).audit[0].corrected());
  CHECK_FALSE(logit_proportion::info.comparison);
}
