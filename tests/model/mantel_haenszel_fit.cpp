// SPDX-License-Identifier: BSL-1.0
#include <metapool/data/rate_trial.hpp>
#include <metapool/model/mantel_haenszel.hpp>
#include <metapool/model/mantel_haenszel_rates.hpp>

#include "../support/published.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace metapool;
using metapool_test::contains;
using metapool_test::message_of;
using metapool_test::trial;

namespace {

rate_trial<> rates(const char* label, double x1, double t1, double x2, double t2) {
  rate_trial<> t;
  t.label = label;
  t.treated = {x1, t1};
  t.control = {x2, t2};
  return t;
}

}  // namespace

TEST_CASE("A Mantel-Haenszel fit notes how many tables or trials its sums had corrected, or that only the studies' own effects are") {
  const std::vector<binary_trial<>> none{trial("A", 3, 20, 5, 20), trial("B", 4, 30, 6, 30)};
  const std::vector<binary_trial<>> one{trial("A", 3, 20, 5, 20), trial("B", 0, 30, 6, 30)};
  const std::vector<binary_trial<>> two{trial("A", 0, 20, 5, 20), trial("B", 0, 30, 6, 30), trial("C", 2, 30, 6, 30)};
  CHECK(mantel_haenszel(none, odds_ratio{}, constant_correction{}).notes.empty());
  CHECK(mantel_haenszel(one, odds_ratio{}, constant_correction{}).notes.back() == "constant continuity correction added to 1 table before pooling");
  CHECK(mantel_haenszel(two, odds_ratio{}, constant_correction{}).notes.back() == "constant continuity correction added to 2 tables before pooling");
  CHECK(contains(mantel_haenszel(one, odds_ratio{}).notes.back(), "nothing was added to any table for the pooled estimate"));
  const std::vector<rate_trial<>> counted{rates("A", 0, 20, 5, 20), rates("B", 4, 30, 6, 30)};
  CHECK(mantel_haenszel(counted, incidence_rate_ratio{}, constant_correction{}).notes.back() == "constant continuity correction added to the events of 1 trial before pooling");
  CHECK(contains(mantel_haenszel(counted, incidence_rate_ratio{}).notes.back(), "nothing was added to any trial's events for the pooled estimate"));
}

TEST_CASE("A Mantel-Haenszel fit begins with its method and refuses no studies and corrections of nothing") {
  const auto fit = mantel_haenszel(std::vector<binary_trial<>>{trial("A", 3, 20, 5, 20)}, risk_ratio{});
  CHECK(fit.model == model::mantel_haenszel);
  CHECK(fit.method == "Mantel-Haenszel");
  CHECK(contains(message_of<input_error>([] { mantel_haenszel(std::vector<binary_trial<>>{}, risk_ratio{}); }), "no studies"));
  CHECK(contains(message_of<input_error>([] { mantel_haenszel(std::vector<rate_trial<>>{}, incidence_rate_ratio{}); }), "no studies"));
  CHECK_THROWS_AS(mantel_haenszel(std::vector<binary_trial<>>{trial("A", 3, 20, 5, 20)}, risk_ratio{}, constant_correction{.add = 0}), input_error);
}
