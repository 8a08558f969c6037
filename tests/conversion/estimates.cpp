// SPDX-License-Identifier: BSL-1.0
#include <metapool/conversion/estimates.hpp>

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

TEST_CASE("A 95 % interval of a ratio is 3.92 standard errors wide on the log scale (Cochrane Handbook 6.3.2)") {
  const auto r = estimate_from_interval<double>({.estimate = 0.56, .lower = 0.44, .upper = 0.71}, scale::log);
  CHECK(close(r.y, std::log(0.56), digits14));
  CHECK(close(r.se, std::log(0.71 / 0.44) / (2 * 1.959963984540054), digits12));
  CHECK(r.warnings.empty());
  CHECK(close(r.v(), r.se * r.se, digits14));
}

TEST_CASE("An odds ratio of 0.64 (0.33 to 1.22) is -0.4463 with variance 0.1113, and with p = 0.17 0.1058 (example of metafor's conv.wald)") {
  const auto r = estimate_from_printed_interval({as_printed("0.64"), as_printed("0.33"), as_printed("1.22")}, scale::log);
  CHECK(close(r.y, -0.4463, printed(4)));
  CHECK(close(r.v(), 0.1113, printed(4)));
  const double se = se_from_p(std::log(0.64), 0.17);
  CHECK(close(se * se, 0.1058, printed(4)));
  CHECK(se_from_p(std::log(0.635), 0.175) > r.se_lowest);  // the two differ by the rounding of what is printed
  CHECK(se < r.se_highest);
}

TEST_CASE("An SMD of 0.71 with p = 0.013 has the standard error 0.286, an odds ratio of 0.91 with p = 0.38 0.105 (R's dmetar, se.from.p: Harrer et al., Doing Meta-Analysis in R, chapter 17, p-values)") {
  // it approximates z as Altman & Bland (2011) do, good to 0.3 % here
  CHECK(close(se_from_p(0.71, 0.013), 0.286, metapool_test::tolerance{0.003, 0, 0, "z by a formula, and three digits"}));
  CHECK(close(se_from_p(std::log(0.91), 0.38), 0.105, metapool_test::tolerance{0.025, 0, 0, "z by a formula, three digits, truncated"}));
}

TEST_CASE("A difference of 17 with P = 0.032 has the standard error 7.940, a risk ratio of 0.30 with P = 0.034 0.5688 (Altman & Bland 2011 BMJ 343:d2090)") {
  const metapool_test::tolerance by_formula{2e-3, 0, 0, "the note approximates z by a formula"};
  CHECK(close(se_from_p(17, 0.032), 7.940, by_formula));
  CHECK(close(se_from_p(std::log(0.30), 0.034), 0.5688, by_formula));
}

TEST_CASE("An interval made from an estimate gives the estimate and its standard error back, at any level and with Student's t") {
  for (double level : {0.5, 0.9, 0.95, 0.99, 0.999999}) {
    for (double se : {1e-8, 0.3, 20.0}) {
      const double half = detail::normal_critical<double>(level) * se, half_t = detail::t_critical<double>(level, 7.0) * se;
      const auto a = estimate_from_interval<double>({.lower = 2 - half, .upper = 2 + half, .level = level}, scale::identity);
      CHECK(std::fabs(a.y - 2) < 1e-14 + 1e-12 * half);
      CHECK(std::fabs(a.se - se) < 1e-15 + 1e-12 * se);
      const auto b = estimate_from_interval<double>({.lower = 2 - half_t, .upper = 2 + half_t, .level = level, .df = 7.0}, scale::identity);
      CHECK(std::fabs(b.se - se) < 1e-15 + 1e-12 * se);
      if (half < 100) {
        const auto c = estimate_from_interval<double>({.lower = std::exp(-half), .upper = std::exp(half), .level = level}, scale::log);
        CHECK(std::fabs(c.y) < 1e-12 * half + 1e-15);
      }
    }
  }
}

TEST_CASE("Intervals 1 to 3 have the standard errors that R's qnorm and qt give") {
  CHECK(close(estimate_from_interval<double>({.lower = 1, .upper = 3}, scale::identity).se, 0.51021345692465403, digits12));
  CHECK(close(estimate_from_interval<double>({.lower = 0.5, .upper = 2}, scale::log).se, 0.35365301915106706, digits12));
  CHECK(close(estimate_from_interval<double>({.lower = 1, .upper = 3, .df = 38.0}, scale::identity).se, 0.49397494708618661, digits12));
  CHECK(close(estimate_from_interval<double>({.lower = 1, .upper = 3, .level = 0.9}, scale::identity).se, 0.60795683191176941, digits12));
}

TEST_CASE("Double agrees with 50 digits, for narrow intervals of ratios too") {
  for (double width : {1e-9, 1e-3, 1.0, 100.0}) {
    const auto a = estimate_from_interval<double>({.lower = 0.8, .upper = 0.8 + width, .df = 11.0}, scale::log);
    const auto b = estimate_from_interval<cpp_bin_float_50>({.lower = 0.8, .upper = 0.8 + width, .df = 11.0}, scale::log);
    CHECK(close(a.se, static_cast<double>(b.se), digits12));
  }
  CHECK(close(se_from_p(0.4, 1e-200), static_cast<double>(se_from_p<cpp_bin_float_50>(0.4, 1e-200)), digits12));
  CHECK(close(se_from_p(0.4, 0.031, 5), static_cast<double>(se_from_p<cpp_bin_float_50>(0.4, 0.031, 5)), digits12));
}

TEST_CASE("A printed interval that rounding can make symmetric passes; one that it cannot is warned of") {
  const auto good = estimate_from_printed_interval(printed_interval{as_printed("0.41"), as_printed("0.13"), as_printed("1.26")}, scale::log);
  CHECK(good.warnings.empty());
  CHECK(good.se_lowest < good.se);
  CHECK(good.se < good.se_highest);
  const auto bad = estimate_from_printed_interval(printed_interval{as_printed("0.41"), as_printed("0.13"), as_printed("1.46")}, scale::log);
  REQUIRE(bad.warnings.size() == 1);
  CHECK(contains(bad.warnings[0], "0.13 to 1.46 is not symmetric about 0.41 on the log scale"));
  CHECK(bad.asymmetry > 0);
  // a ratio's interval taken for a difference's
  CHECK(estimate_from_printed_interval(printed_interval{as_printed("0.41"), as_printed("0.13"), as_printed("1.26")}, scale::identity).warnings.size() == 1);
}

TEST_CASE("Coarse ends and estimates outside their interval are warned of in the result") {
  const auto coarse = estimate_from_printed_interval(printed_interval{as_printed("0.5"), as_printed("0.4"), as_printed("0.6")}, scale::log);
  REQUIRE(coarse.warnings.size() == 1);
  CHECK(contains(coarse.warnings[0], "rounding leaves the standard error between"));
  const auto outside = estimate_from_interval<double>({.estimate = 2.0, .lower = 0.4, .upper = 0.6}, scale::log);
  REQUIRE(outside.warnings.size() == 1);
  CHECK(contains(outside.warnings[0], "lies outside its interval"));
}

TEST_CASE("Intervals of proportions and correlations are read on their pooling scales, and ends that have no place there are refused") {
  const double z = 1.9599639845400545;
  const auto logit = estimate_from_interval<double>({.estimate = 0.2, .lower = 0.1, .upper = 0.36}, scale::logit);
  CHECK(close(logit.y, std::log(0.25), digits14));
  CHECK(close(logit.se, (std::log(0.36 / 0.64) - std::log(0.1 / 0.9)) / (2 * z), digits12));
  CHECK(std::fabs(logit.asymmetry) < 1e-12);  // odds 1/9, 1/4 and 9/16
  const auto r = estimate_from_interval<double>({.lower = -0.2, .upper = 0.7}, scale::fisher_z);
  CHECK(close(r.y, (std::atanh(0.7) - std::atanh(0.2)) / 2, digits12));
  CHECK(close(r.se, (std::atanh(0.7) + std::atanh(0.2)) / (2 * z), digits12));
  // 0.00 was some proportion below 0.005, not one below 0
  const auto zero = estimate_from_printed_interval(printed_interval{{}, as_printed("0.00"), as_printed("1.00")}, scale::arcsine);
  CHECK(close(zero.se_highest, std::asin(1.0) / (2 * z), digits12));
  CHECK(close(zero.se_lowest, (std::asin(std::sqrt(0.995)) - std::asin(std::sqrt(0.005))) / (2 * z), digits12));
  CHECK(close(estimate_from_printed_interval(printed_interval{{}, as_printed("0.0"), as_printed("4.0")}, scale::square_root).se_highest, std::sqrt(4.05) / (2 * z), digits12));
  CHECK(contains(message_of<input_error>([] { estimate_from_interval<double>({.lower = 0, .upper = 0.3}, scale::logit); }), "lower = 0 must lie strictly between 0 and 1"));
  CHECK_THROWS_AS(estimate_from_interval<double>({.lower = 0.1, .upper = 0.3}, scale::double_arcsine), input_error);
  CHECK_THROWS_AS(estimate_from_interval<double>({.lower = -1, .upper = 0.3}, scale::fisher_z), input_error);
}

TEST_CASE("Standard errors come back from z, t and p") {
  CHECK(close(se_from_statistic(-3.8, 2.78), 1.37, printed(2)));  // Cochrane Handbook 5.1, 7.7.3.3
  CHECK(close(se_from_statistic(-3.8, 2.78), 3.8 / 2.78, digits14));
  const double z = 0.7 / 0.25, t = 0.7 / 0.25;
  CHECK(close(se_from_p(0.7, detail::normal_two_sided_p(z)), 0.25, digits12));
  CHECK(close(se_from_p(-0.7, detail::t_two_sided_p(t, 9.0), 9.0), 0.25, digits12));
  CHECK(close(se_from_p(3.8, 0.008, 45), 3.8 / 2.78, metapool_test::tolerance{2e-3, 0, 0, "t printed to three digits"}));  // Cochrane Handbook 6.5.2.3
}

TEST_CASE("What no interval, statistic or p can be is refused") {
  const auto interval = [](double lower, double upper, double level = 0.95) {
    return [=] { estimate_from_interval<double>({.lower = lower, .upper = upper, .level = level}, scale::log); };
  };
  CHECK(contains(message_of<input_error>(interval(0, 2)), "lower = 0 must be positive"));
  CHECK(contains(message_of<input_error>(interval(2, 1)), "must be below upper"));
  CHECK(contains(message_of<input_error>(interval(1, 2, 95)), "level = 95"));
  CHECK(contains(message_of<input_error>(interval(1, std::nan(""))), "upper"));
  CHECK_THROWS_AS(estimate_from_printed_interval(printed_interval{{}, as_printed("0.00"), as_printed("0.31")}, scale::log), input_error);
  CHECK_THROWS_AS(estimate_from_printed_interval(printed_interval{{}, as_printed("0.01"), as_printed("0.31"), 0.95, 0.0}, scale::log), input_error);
  CHECK_THROWS_AS(se_from_p(0.0, 0.1), input_error);
  CHECK_THROWS_AS(se_from_p(0.3, 0.0), input_error);
  CHECK_THROWS_AS(se_from_p(0.3, 1.0), input_error);
  CHECK_THROWS_AS(se_from_p(0.3, 0.5, -1), input_error);
  CHECK_THROWS_AS(se_from_statistic(0.3, 0), input_error);
  CHECK_THROWS_AS(se_from_statistic(std::nan(""), 1), input_error);
}
