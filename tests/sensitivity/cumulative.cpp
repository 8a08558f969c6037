// SPDX-License-Identifier: BSL-1.0
#include <metapool/sensitivity/cumulative.hpp>

#include "support/bcg_effects.hpp"
#include "support/close.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <vector>

namespace mp = metapool;
using metapool_test::close;
using metapool_test::digits10;
using metapool_test::digits12;
using metapool_test::rounded_bcg_effects;

TEST_CASE("cumulative REML is the table that metafor gives") {
  // metafor 3.8: cumul(rma(y, v, control = list(threshold = 1e-14, maxiter = 1000)))
  const double estimate[] = {-0.889300000000, -1.324998116109, -1.330236123433, -1.422094260039, -1.058587103575,
                             -0.987716535207, -1.057828713508, -0.899023453272, -0.838017308506, -0.894117436892,
                             -0.828639106832, -0.777539640137, -0.714534267029};
  const double tau2[] = {0,
                         0,
                         0,
                         0,
                         0.298448828705,
                         0.223736638611,
                         0.221432977137,
                         0.359782846561,
                         0.317701157441,
                         0.310537631776,
                         0.296245765772,
                         0.303738347215,
                         0.313252778725};
  const double q[] = {0,
                      0.931478681276,
                      0.932472155524,
                      1.041083896392,
                      22.475544884258,
                      28.527686807601,
                      30.761930407248,
                      135.152006528621,
                      135.172144565992,
                      146.826664222230,
                      147.862866069227,
                      149.347819791201,
                      151.814918985836};
  const auto s = mp::cumulative(rounded_bcg_effects());
  REQUIRE(s.rows.size() == 13);
  for (std::size_t i = 0; i < 13; ++i) {
    const auto& r = s.rows[i];
    CHECK(r.studies == i + 1);
    CHECK(r.label == "study " + std::to_string(i + 1));
    CHECK(close(r.mean->estimate, estimate[i], digits10));
    CHECK(close(r.q, q[i], {1e-11, 0.1, 0, "twelve printed decimals"}));
    CHECK(r.tau2.has_value() == (i > 0));
    if (i > 0) CHECK(close(*r.tau2, tau2[i], {1e-10, 0.1, 0, "twelve printed decimals"}));
  }
  CHECK(close(s.rows[12].mean->se, s.fit.se, digits12));
  CHECK(close(s.rows[4].mean->lower, -1.648688097244, digits10));
}

TEST_CASE("a cumulative meta-analysis goes in the order that it is told") {
  const std::vector<std::size_t> order{12, 3, 7, 0, 1, 2, 4, 5, 6, 8, 9, 10, 11};
  const auto e = rounded_bcg_effects();
  const auto s = mp::cumulative(e, order, mp::dersimonian_laird{});
  const auto c = mp::cumulative_common_effect(e, order);
  CHECK(s.rows[0].label == "study 13");
  CHECK(s.rows[2].label == "study 8");
  const auto three = mp::known_effects(std::vector<double>{e.y[12], e.y[3], e.y[7]}, std::vector<double>{e.v[12], e.v[3], e.v[7]});
  const auto fit = mp::random_effects(three, mp::dersimonian_laird{});
  CHECK(close(s.rows[2].mean->estimate, fit.estimate, digits12));
  CHECK(close(*s.rows[2].tau2, *fit.tau2, digits12));
  CHECK(close(c.rows[2].mean->estimate, mp::common_effect(three).estimate, digits12));
  CHECK(!c.rows[2].tau2.has_value());
  CHECK(close(c.rows[12].mean->estimate, mp::common_effect(e).estimate, digits12));
  CHECK_THROWS_AS(mp::cumulative(e, {0, 1}, mp::reml{}), mp::input_error);
  std::vector<std::size_t> twice = order;
  twice[5] = 12;
  CHECK_THROWS_AS(mp::cumulative(e, twice, mp::reml{}), mp::input_error);
  twice[5] = 13;
  CHECK_THROWS_AS(mp::cumulative_common_effect(e, twice), mp::input_error);
}

TEST_CASE("the first study of a cumulative meta-analysis has no Hartung-Knapp interval, and says so") {
  const auto s = mp::cumulative(rounded_bcg_effects(), mp::reml{}, mp::hartung_knapp{});
  CHECK(!s.rows[0].mean.has_value());
  CHECK(s.rows[0].failed != "");
  CHECK(s.rows[1].mean.has_value());
  CHECK(mp::cumulative(mp::known_effects(std::vector<double>{0.5}, std::vector<double>{1.0})).rows[0].mean->estimate == 0.5);
}
