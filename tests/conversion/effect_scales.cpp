// SPDX-License-Identifier: BSL-1.0
#include <metapool/conversion/effect_scales.hpp>

#include "../support/close.hpp"
#include "../support/published.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <doctest/doctest.h>

#include <cmath>

using namespace metapool;
using boost::multiprecision::cpp_bin_float_50;
using metapool_test::close;
using metapool_test::contains;
using metapool_test::digits12;
using metapool_test::digits14;
using metapool_test::message_of;
using metapool_test::printed;

TEST_CASE("A log odds ratio of 0.9069 with variance 0.0676 is d = 0.5000 with 0.0205 (Borenstein et al. 2009, chapter 7; example of R's meta, or2smd and smd2or)") {
  const auto d = smd_from_log_odds_ratio(effect<>{0.9069, 0.0676});
  CHECK(close(d.y, 0.5000, printed(4)));
  CHECK(close(d.v, 0.0205, printed(4)));
  const auto forth = log_odds_ratio_from_smd(effect<>{0.5, 0.0205});
  CHECK(close(forth.y, 0.9069, printed(4)));
  CHECK(close(forth.v, 0.0676, metapool_test::tolerance{0, 0, 2e-4, "0.0205 is rounded to three digits"}));
  const auto back = log_odds_ratio_from_smd(d);
  CHECK(close(back.y, 0.9069, digits14));
  CHECK(close(back.v, 0.0676, digits14));
}

TEST_CASE("Logistic outcomes a d of 1 apart have the log odds ratio pi / sqrt 3 at every cut") {
  const double pi = std::acos(-1.0), shift = pi / std::sqrt(3.0);  // the logistic distribution's standard deviation
  for (double cut : {-2.0, 0.0, 3.0}) {
    const double p1 = 1 / (1 + std::exp(cut - shift)), p2 = 1 / (1 + std::exp(cut));
    CHECK(close(log_odds_ratio_from_smd(effect<>{1, 0.1}).y, std::log(p1 / (1 - p1) * (1 - p2) / p2), digits12));
  }
}

TEST_CASE("A risk ratio of 0.92 at 0.3 is 24 fewer in 1000, an odds ratio of 0.73 is 62 fewer (Cochrane Handbook 5.1, 12.5.4.2 and 12.5.4.3)") {
  CHECK(close(risk_difference_from_risk_ratio(0.92, 0.3), -0.024, digits12));
  CHECK(close(risk_difference_from_odds_ratio(0.73, 0.3), -0.062, printed(3)));
}

TEST_CASE("An odds ratio of 3.5 is a risk ratio of 1.75 at a risk of 0.4, of 1.12 at 0.85 and of 3.18 at 0.04 (examples of R's effectsize, oddsratio_to_riskratio)") {
  CHECK(close(risk_ratio_from_odds_ratio(3.5, 0.4), 1.75, digits14));
  CHECK(close(odds_ratio_from_risk_ratio(1.75, 0.4), 3.5, digits14));
  CHECK(close(risk_ratio_from_odds_ratio(3.5, 0.85), 1.12, printed(2)));
  CHECK(close(risk_ratio_from_odds_ratio(3.5, 0.04), 3.18, printed(2)));
}

TEST_CASE("An odds ratio of 14.1 at a risk of 5 % means a risk of 42.6 % (Zhang & Yu 1998 JAMA 280:1690, as in R's MKclass, or2rr)") {
  CHECK(close(risk_ratio_from_odds_ratio(14.1, 0.05) * 0.05, 0.426, printed(3)));
  CHECK(close(0.05 + risk_difference_from_odds_ratio(14.1, 0.05), 0.426, printed(3)));
}

TEST_CASE("Odds ratio and risk ratio agree with the risks of a table") {
  const double p1 = 0.12, p0 = 0.31;
  const double ratio = p1 / p0, odds = p1 / (1 - p1) * (1 - p0) / p0;
  CHECK(close(risk_ratio_from_odds_ratio(odds, p0), ratio, digits14));
  CHECK(close(odds_ratio_from_risk_ratio(ratio, p0), odds, digits14));
  CHECK(close(risk_difference_from_odds_ratio(odds, p0), p1 - p0, digits14));
  CHECK(close(risk_difference_from_risk_ratio(ratio, p0), p1 - p0, digits14));
  CHECK(close(risk_difference_from_odds_ratio(1 + 1e-12, p0), static_cast<double>(risk_difference_from_odds_ratio<cpp_bin_float_50>(1 + 1e-12, p0)), digits12));
}

TEST_CASE("No risk above 1 comes out, and no ratio or risk that is none goes in") {
  CHECK(contains(message_of<input_error>([] { risk_difference_from_risk_ratio(4, 0.3); }), "treated risk above 1"));
  CHECK_THROWS_AS(odds_ratio_from_risk_ratio(2, 0.5), input_error);
  CHECK_THROWS_AS(risk_ratio_from_odds_ratio(0, 0.5), input_error);
  CHECK_THROWS_AS(risk_ratio_from_odds_ratio(1, 1), input_error);
  CHECK_THROWS_AS(risk_difference_from_odds_ratio(std::nan(""), 0.5), input_error);
  CHECK_THROWS_AS(smd_from_log_odds_ratio(effect<>{1, -1}), input_error);
  CHECK_THROWS_AS(log_odds_ratio_from_smd(effect<>{std::nan(""), 1}), input_error);
}
