// SPDX-License-Identifier: BSL-1.0
#include <metapool/sensitivity/gosh_diagnostics.hpp>

#include "support/close.hpp"

#include <metapool/sensitivity/gosh.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <limits>
#include <vector>

namespace mp = metapool;
using metapool_test::at_scale;
using metapool_test::close;
using metapool_test::digits10;
using metapool_test::digits12;

namespace {

/// The first eight BCG trials, log risk ratios to four decimals.
mp::effects<> eight() {
  return mp::known_effects(std::vector<double>{-0.8893, -1.5854, -1.3481, -1.4416, -0.2175, -0.7861, -1.6209, 0.0120},
                           std::vector<double>{0.3256, 0.1946, 0.4154, 0.0200, 0.0512, 0.0069, 0.2230, 0.0040});
}

}  // namespace

TEST_CASE("the distributions of a DerSimonian-Laird GOSH are those that metafor gives") {
  // metafor 3.8: quantile(gosh(rma(y, v, method = "DL"))$res$estimate), and of I2 of the subsets of two or more
  const auto r = mp::gosh(eight(), mp::dersimonian_laird{}, {.i2_from_tau2 = true});
  const auto q = mp::gosh_quantiles(r.estimate, {0, 0.25, 0.5, 0.75, 1});
  const double estimate[5] = {-1.6209, -1.0712355946095, -0.9017468073027, -0.7566580550260, 0.0120};
  for (std::size_t i = 0; i < 5; ++i) CHECK(close(q[i], estimate[i], digits12));
  const auto studies = mp::gosh_diagnostics(r);
  REQUIRE(studies.size() == 8);
  const auto& last = studies[7];
  CHECK(last.estimate_with.count == 128);
  CHECK(last.estimate_without.count == 127);
  CHECK(last.i2_with.count == 127);
  CHECK(last.i2_without.count == 120);
  CHECK(close(last.estimate_with.lower_quartile, -0.9036640391243, digits12));
  CHECK(close(last.estimate_with.median, -0.7767823503022, digits12));
  CHECK(close(last.estimate_with.upper_quartile, -0.6399867380120, digits12));
  CHECK(close(last.estimate_without.median, -1.0686242962056, digits12));
  CHECK(close(last.i2_with.median, 0.9553950695554, digits12));
  CHECK(close(last.i2_without.lower_quartile, 0.1878854008005, digits12));
  CHECK(close(last.i2_without.median, 0.7444414978901, digits12));
  CHECK(last.i2_shift() == last.i2_with.median - last.i2_without.median);
  CHECK(last.estimate_shift() == last.estimate_with.median - last.estimate_without.median);
  // the eighth study is the one that makes the trials differ
  for (std::size_t i = 0; i < 7; ++i) CHECK(studies[i].estimate_shift() < last.estimate_shift());
}

TEST_CASE("the distributions of a REML GOSH with I2 from tau2 are those that metafor gives") {
  const auto r = mp::gosh(eight(), mp::reml{}, {.i2_from_tau2 = true});
  const auto q = mp::gosh_quantiles(r.estimate, {0.25, 0.5, 0.75});
  CHECK(close(q[0], -1.0702464699967, digits10));
  CHECK(close(q[1], -0.8990234532721, digits10));
  CHECK(close(q[2], -0.7603948744203, digits10));
  const auto last = mp::gosh_diagnostics(r)[7];
  CHECK(close(last.i2_with.median, 0.9448262769949, digits10));
  CHECK(close(last.i2_without.upper_quartile, 0.8416602363292, digits10));
}

TEST_CASE("a summary of numbers: mean and quartiles; none of them") {
  std::vector<double> x{4, 1, 3, 2}, none;
  const auto s = mp::detail::summarise_numbers(x);
  CHECK(s.count == 4);
  CHECK(s.mean == 2.5);
  CHECK(s.minimum == 1);
  CHECK(s.lower_quartile == 1.75);
  CHECK(s.median == 2.5);
  CHECK(s.upper_quartile == 3.25);
  CHECK(s.maximum == 4);
  CHECK(mp::detail::summarise_numbers(none).count == 0);
  const auto one = mp::gosh_diagnostics(mp::gosh_common_effect(mp::known_effects(std::vector<double>{0.5}, std::vector<double>{1.0})));
  CHECK(one[0].estimate_without.count == 0);
  CHECK(one[0].estimate_shift() == 0);
  CHECK(one[0].i2_shift() == 0);
}

TEST_CASE("quantiles leave out rows without numbers, and say what they cannot take") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(mp::gosh_quantiles(std::vector<double>{nan, 3, 1, nan}, {0.5}) == std::vector<double>{2});
  CHECK_THROWS_AS(mp::gosh_quantiles(std::vector<double>{nan}, {0.5}), mp::not_estimable);
  CHECK_THROWS_AS(mp::gosh_quantiles(std::vector<double>{1}, {1.5}), mp::input_error);
}
