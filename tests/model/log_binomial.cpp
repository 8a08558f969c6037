// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/glmm_inference.hpp>
#include <metapool/model/log_binomial.hpp>

#include "model/sparse_tables.hpp"
#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

using metapool::estimate_state;
using metapool::glmm_profile_likelihood;
using metapool::infer;
using metapool::interval_state;
using metapool::log_binomial;
using metapool_test::close;
using metapool_test::contains;
using metapool_test::message_of;
using metapool_test::printed;
using metapool_test::trial;

namespace {

using tables = std::vector<metapool::binary_trial<>>;

double log_binomial_probability(double y, double n, double p) {
  return std::lgamma(n + 1) - std::lgamma(y + 1) - std::lgamma(n - y + 1) + (y > 0 ? y * std::log(p) : 0) +
         (n - y > 0 ? (n - y) * std::log1p(-p) : 0);
}

/// The log-likelihood of a log risk ratio, each study's level by golden section.
double by_search(const tables& trials, double theta) {
  double sum = 0;
  for (const auto& t : trials) {
    const auto f = [&](double level) {
      return log_binomial_probability(*t.treated.events, *t.treated.total, std::exp(level + theta)) +
             log_binomial_probability(*t.control.events, *t.control.total, std::exp(level));
    };
    double left = -30, right = theta > 0 ? -theta : 0;
    for (int i = 0; i < 200; ++i) {
      const double a = left + 0.382 * (right - left), b = left + 0.618 * (right - left);
      (f(a) < f(b) ? left : right) = f(a) < f(b) ? a : b;
    }
    sum += f((left + right) / 2);
  }
  return sum;
}

}  // namespace

TEST_CASE("Log-binomial regression of BCG and of azithromycin as in R") {
  // R 4.2's glm, binomial(link = "log") with a level for each study: -0.4708090842, deviance 166.320301; the profile written out with optimize and
  // uniroot: se (observed information) 0.03922748, log-likelihood -152.3310948, interval -0.547897711 to -0.394106428
  const auto bcg = log_binomial(metapool_test::bcg());
  CHECK(close(bcg.estimate, -0.470809084, printed(8)));
  CHECK(close(bcg.se, 0.039227, printed(6)));
  CHECK(close(bcg.q_lrt, 166.320301, printed(6)));
  CHECK(close(bcg.log_likelihood, -152.3310948, printed(7)));
  const auto interval = infer(bcg, glmm_profile_likelihood{});
  CHECK(close(interval.lower, -0.547897711, printed(8)));
  CHECK(close(interval.upper, -0.394106428, printed(8)));
  // -0.07302415665, deviance 61.97154829; profile -0.310082451 to 0.166361612
  const auto azithromycin = log_binomial(metapool_test::laopaiboon());
  CHECK(close(azithromycin.estimate, -0.073024157, printed(8)));
  CHECK(close(azithromycin.q_lrt, 61.97154829, printed(7)));
  CHECK(azithromycin.p_lrt < 1e-6);
  const auto ends = infer(azithromycin, glmm_profile_likelihood{});
  CHECK(close(ends.lower, -0.310082451, printed(8)));
  CHECK(close(ends.upper, 0.166361612, printed(8)));
}

TEST_CASE("The profile of the log-binomial likelihood is that of a search over the levels, its slope that of differences") {
  const tables trials{trial("1", 1, 12, 5, 12), trial("2", 4, 30, 3, 28), trial("3", 0, 20, 4, 21),
                      trial("4", 9, 9, 8, 24),  trial("5", 7, 7, 9, 9),   trial("6", 3, 8, 9, 9)};
  const auto fit = log_binomial(trials);
  for (const double theta : {-3.0, -0.7, -0.1, 0.2, 0.9, 3.0}) {
    CHECK(close(fit.profile(theta).log_likelihood, by_search(trials, theta), metapool_test::digits8));
    const double h = 1e-5;
    CHECK(close(fit.profile(theta).slope, (fit.profile(theta + h).log_likelihood - fit.profile(theta - h).log_likelihood) / (2 * h),
                metapool_test::digits6));
  }
}

TEST_CASE("One trial: the risk ratio of its risks, the usual standard error, no homogeneity to test") {
  const auto fit = log_binomial(tables{trial("1", 3, 20, 9, 30)});
  CHECK(close(fit.estimate, std::log(0.5), metapool_test::digits12));
  CHECK(close(fit.se, std::sqrt(1.0 / 3 - 1.0 / 20 + 1.0 / 9 - 1.0 / 30), metapool_test::digits12));
  CHECK(fit.p_lrt == 1);
  CHECK(fit.q_lrt == 0);
}

TEST_CASE("Swapped arms flip the log-binomial estimate; trials without events do not move it") {
  auto trials = metapool_test::catheters();
  const auto fit = log_binomial(trials), flipped = log_binomial(metapool_test::swapped(trials));
  CHECK(fit.k == 17);
  CHECK(fit.audit[14].status == metapool::study_status::double_zero);
  CHECK(close(flipped.estimate, -fit.estimate, metapool_test::digits12));
  CHECK(close(flipped.se, fit.se, metapool_test::digits10));
  trials.push_back(trial("19", 0, 1000, 0, 10));
  CHECK(log_binomial(trials).estimate == fit.estimate);
}

TEST_CASE("Large trials keep twelve digits") {
  const auto fit = log_binomial(tables{trial("1", 2e8, 1e9, 4e8, 1e9), trial("2", 1e8, 5e8, 2e8, 5e8)});
  CHECK(close(fit.estimate, std::log(0.5), metapool_test::digits12));
  CHECK(close(fit.se, std::sqrt((1 / 0.2 - 1 + 1 / 0.4 - 1) / 1.5e9), metapool_test::digits12));
  const auto interval = infer(fit, glmm_profile_likelihood{});
  CHECK(close(interval.upper - fit.estimate, 1.959963984540054 * fit.se,
              metapool_test::tolerance{1e-4, 0, 0, "the profile is all but quadratic"}));
}

TEST_CASE("No event in an arm: the log-binomial estimate is infinite, its interval has one end") {
  const tables trials{trial("1", 0, 10, 3, 12), trial("2", 0, 20, 1, 21), trial("3", 0, 5, 0, 6)};
  const auto fit = log_binomial(trials);
  CHECK(fit.state == estimate_state::minus_infinity);
  CHECK_THROWS_AS(infer(fit), metapool::not_estimable);
  const auto interval = infer(fit, glmm_profile_likelihood{});
  CHECK(interval.state == interval_state::open_lower);
  CHECK(close(2 * (fit.log_likelihood - fit.profile(interval.upper).log_likelihood), 3.841458820694124, metapool_test::digits8));
  CHECK(log_binomial(metapool_test::swapped(trials)).state == estimate_state::plus_infinity);
  CHECK(contains(message_of<metapool::not_estimable>([] { log_binomial(tables{trial("1", 0, 5, 0, 5)}); }), "no trial has an event"));
  CHECK_THROWS_AS(log_binomial(tables{}), metapool::input_error);
}

TEST_CASE("Trials of nothing but events give the likelihood a kink at 1") {
  const auto full = log_binomial(tables{trial("1", 12, 12, 15, 15), trial("2", 5, 8, 6, 8)});
  CHECK(full.estimate == 0);
  CHECK(full.state == estimate_state::at_boundary);
  CHECK(contains(full.notes.at(0), "kink"));
  const auto interval = infer(full, glmm_profile_likelihood{});
  CHECK(interval.state == interval_state::regular);
  CHECK(interval.lower < 0);
  CHECK(interval.upper > 0);
  CHECK(close(2 * (full.log_likelihood - full.profile(interval.lower).log_likelihood), 3.841458820694124, metapool_test::digits8));
  // enough evidence carries the estimate over the kink
  const auto carried = log_binomial(tables{trial("1", 2, 2, 2, 2), trial("2", 100, 1000, 300, 1000)});
  CHECK(carried.state == estimate_state::finite);
  CHECK(std::fabs(carried.profile(carried.estimate).slope) < 1e-9);
  CHECK(carried.estimate < -1);
  // a control risk of 1 stays where it is: the information is still the profile's curvature
  const auto half_full = log_binomial(tables{trial("1", 3, 10, 12, 12), trial("2", 100, 1000, 300, 1000), trial("3", 4, 9, 3, 8)});
  const auto slope = [&](double h) { return half_full.profile(half_full.estimate + h).slope; };
  CHECK(close(half_full.se, 1 / std::sqrt((slope(-1e-5) - slope(1e-5)) / 2e-5), metapool_test::digits8));
  CHECK(half_full.state == estimate_state::finite);
  // two trials that pull with the same strength either way leave the likelihood flat
  const auto flat = log_binomial(tables{trial("1", 3, 10, 12, 12), trial("2", 12, 12, 3, 10)});
  CHECK(flat.state == estimate_state::at_boundary);
  CHECK(contains(flat.notes.at(0), "flat"));
  CHECK(infer(flat, glmm_profile_likelihood{}).state == interval_state::regular);
}
