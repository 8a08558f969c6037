// SPDX-License-Identifier: BSL-1.0
#include <metapool/model/mantel_haenszel_rates.hpp>

#include "support/close.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <doctest/doctest.h>

#include <cmath>
#include <numeric>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {
using wide = boost::multiprecision::cpp_bin_float_50;

/// Niel-Weise et al. (2008), anti-infective-treated catheters, events and catheter-days.
const std::vector<rate_trial<>> catheters{{"1", {7, 1344}, {11, 1988}},   {"2", {8, 1600}, {8, 1461}}, {"3", {3, 12012}, {14, 10962}},
                                          {"4", {6, 1536}, {10, 1503}},   {"5", {1, 370}, {1, 483}},   {"6", {1, 729}, {8, 913}},
                                          {"7", {17, 6760}, {15, 6840}},  {"8", {3, 1107}, {7, 1015}}, {"9", {2, 320}, {3, 440}}};
}  // namespace

TEST_CASE("the Mantel-Haenszel rate ratio and difference are the textbook's sums in 50 digits") {
  wide r = 0, s = 0, p = 0, top = 0, bottom = 0, square = 0;
  for (const auto& trial : catheters) {
    const auto t = rates_of(trial);
    const wide x1(t.x1), t1(t.t1), x2(t.x2), t2(t.t2), n = t1 + t2;
    r += x1 * t2 / n;
    s += x2 * t1 / n;
    p += (x1 + x2) * t1 * t2 / (n * n);
    top += (x1 * t2 - x2 * t1) / n;
    bottom += t1 * t2 / n;
    square += (x1 * t2 * t2 + x2 * t1 * t1) / (n * n);
  }
  const auto ratio = mantel_haenszel(catheters, incidence_rate_ratio{});
  CHECK(close(ratio.estimate, static_cast<double>(log(wide(r / s))), digits14));
  CHECK(close(ratio.se, static_cast<double>(sqrt(wide(p / (r * s)))), digits14));
  const auto difference = mantel_haenszel(catheters, incidence_rate_difference{});
  CHECK(close(difference.estimate, static_cast<double>(wide(top / bottom)), digits14));
  CHECK(close(difference.se, static_cast<double>(wide(sqrt(square) / bottom)), digits14));
  CHECK(close(ratio.estimate, -0.415175233492276, digits12));  // metafor 5.1
  CHECK(close(ratio.q, 9.86520244646222, digits12));
  CHECK(close(std::accumulate(ratio.weights.begin(), ratio.weights.end(), 0.0), 1.0, digits14));
  CHECK(close(std::accumulate(difference.weights.begin(), difference.weights.end(), 0.0), 1.0, digits14));
}

TEST_CASE("one trial gives its own effect, and swapping the arms turns the sign") {
  const std::vector<rate_trial<>> one{catheters[0]};
  CHECK(close(mantel_haenszel(one, incidence_rate_ratio{}).estimate, incidence_rate_ratio{}(rates_of(one[0])).y, digits14));
  CHECK(close(std::pow(mantel_haenszel(one, incidence_rate_ratio{}).se, 2), incidence_rate_ratio{}(rates_of(one[0])).v, digits14));
  CHECK(close(std::pow(mantel_haenszel(one, incidence_rate_difference{}).se, 2), incidence_rate_difference{}(rates_of(one[0])).v, digits14));
  auto swapped = catheters;
  for (auto& t : swapped) std::swap(t.treated, t.control);
  CHECK(close(mantel_haenszel(swapped, incidence_rate_ratio{}).estimate, -mantel_haenszel(catheters, incidence_rate_ratio{}).estimate, digits14));
  CHECK(close(mantel_haenszel(swapped, incidence_rate_difference{}).se, mantel_haenszel(catheters, incidence_rate_difference{}).se, digits14));
}

TEST_CASE("trials without events count nothing for the ratio and their person-time for the difference") {
  auto more = catheters;
  more.push_back({"none", {0, 500}, {0, 400}});
  const auto ratio = mantel_haenszel(more, incidence_rate_ratio{});
  CHECK(ratio.estimate == mantel_haenszel(catheters, incidence_rate_ratio{}).estimate);
  CHECK(ratio.data.audit.back().status == study_status::double_zero);
  CHECK(std::fabs(mantel_haenszel(more, incidence_rate_difference{}).estimate) < std::fabs(mantel_haenszel(catheters, incidence_rate_difference{}).estimate));
}

TEST_CASE("a zero in one arm needs no correction, and what is added to the events is told") {
  const std::vector<rate_trial<>> trials{{"a", {0, 100}, {5, 90}}, {"b", {4, 200}, {6, 210}}};
  const auto bare = mantel_haenszel(trials, incidence_rate_ratio{});
  CHECK(close(bare.estimate, std::log((4 * 210 / 410.0) / (5 * 100 / 190.0 + 6 * 200 / 410.0)), digits14));
  CHECK(bare.notes.size() == 1);
  const auto corrected = mantel_haenszel(trials, incidence_rate_ratio{}, constant_correction{});
  CHECK(close(corrected.estimate, std::log((0.5 * 90 / 190 + 4 * 210 / 410.0) / (5.5 * 100 / 190.0 + 6 * 200 / 410.0)), digits14));
  CHECK(corrected.notes.front() == "constant continuity correction added to the events of 1 trial before pooling");
}

TEST_CASE("what cannot be estimated and what is no data is refused") {
  const std::vector<rate_trial<>> one_sided{{"a", {0, 100}, {5, 90}}, {"b", {0, 200}, {6, 210}}}, none{{"a", {0, 100}, {0, 90}}};
  CHECK_THROWS_AS(mantel_haenszel(one_sided, incidence_rate_ratio{}), not_estimable);
  CHECK(mantel_haenszel(one_sided, incidence_rate_difference{}).estimate < 0);
  CHECK_THROWS_AS(mantel_haenszel(none, incidence_rate_ratio{}), not_estimable);
  CHECK_THROWS_AS(mantel_haenszel(none, incidence_rate_difference{}), not_estimable);
  CHECK_THROWS_AS(mantel_haenszel(std::vector<rate_trial<>>{}, incidence_rate_ratio{}), input_error);
  CHECK_THROWS_AS(mantel_haenszel(std::vector<rate_trial<>>{{"a", {1, 0}, {5, 90}}}, incidence_rate_ratio{}), input_error);
}
