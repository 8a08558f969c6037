// SPDX-License-Identifier: BSL-1.0
#include <metapool/effect/rate_measures.hpp>

#include "support/close.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {
using wide = boost::multiprecision::cpp_bin_float_50;
const std::vector<one_rate<double>> counts{{5, 100}, {0.5, 50}, {1e9, 1e9 + 1}, {1, 1e9}, {123456, 0.001}};
}  // namespace

TEST_CASE("rates on every scale are their textbook forms in 50 digits") {
  for (const auto& c : counts) {
    const wide x(c.events), t(c.time), r = wide(x / t);
    const auto check = [](const effect<double>& e, const wide& y, const wide& v) {
      CHECK(close(e.y, static_cast<double>(y), digits14));
      CHECK(close(e.v, static_cast<double>(v), digits14));
    };
    check(raw_rate{}(c), r, wide(r / t));
    check(log_rate{}(c), log(r), wide(1 / x));
    check(square_root_rate{}(c), sqrt(r), wide(1 / (4 * t)));
    check(double_square_root_rate{}(c), wide((sqrt(r) + sqrt(wide((x + 1) / t))) / 2), wide(1 / (4 * t)));
  }
}

TEST_CASE("the variances of transformed rates are those of the delta method") {
  const one_rate<double> c{13, 290};
  const wide h("1e-16"), r = wide(13) / 290;
  for (const scale s : {scale::log, scale::square_root}) {
    const wide slope = (from_natural(s, wide(r + h)) - from_natural(s, wide(r - h))) / (2 * h);
    const double v = raw_rate{}(c).v * static_cast<double>(wide(slope * slope));
    CHECK(close(s == scale::log ? log_rate{}(c).v : square_root_rate{}(c).v, v, digits12));
  }
}

TEST_CASE("a rate without events gets 0.5 for raw and log, nothing for the square roots (metafor 3.8)") {
  const std::vector<rate<>> studies{{"a", 5, 100}, {"none", 0, 50}};
  const auto last = [&](const auto& measure) {
    const auto e = effect_sizes(studies, measure);
    REQUIRE(e.size() == 2);
    return effect<double>{e.y[1], e.v[1]};
  };
  CHECK(close(last(raw_rate{}).y, 0.01, digits14));
  CHECK(close(last(raw_rate{}).v, 0.0002, digits14));
  CHECK(close(last(log_rate{}).y, -4.60517018598809, digits14));
  CHECK(close(last(log_rate{}).v, 2.0, digits14));
  CHECK(last(square_root_rate{}).y == 0.0);
  CHECK(close(last(square_root_rate{}).v, 0.005, digits14));
  CHECK(close(last(double_square_root_rate{}).y, 0.0707106781186548, digits14));
  CHECK(describe(effect_sizes(studies, log_rate{}).audit[1]) == "0.5 added to the events");
  CHECK(effect_sizes(studies, log_rate{}, no_correction{}).audit[1].status == study_status::zero_cell);
  CHECK(effect_sizes(studies, raw_rate{}, no_correction{}).audit[1].status == study_status::zero_variance);
}
