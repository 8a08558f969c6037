// SPDX-License-Identifier: BSL-1.0
#include <metapool/model/conditional_glmm.hpp>

#include "support/close.hpp"
#include "support/published.hpp"
#include "model/sparse_tables.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

using metapool::conditional_approximate;
using metapool::conditional_exact;
using metapool::glmm;
using metapool::odds_ratio;
using metapool_test::close;
using metapool_test::contains;
using metapool_test::message_of;
using metapool_test::printed;
using metapool_test::trial;

namespace {

/// log-likelihood of the hypergeometric-normal model by sums of binomial coefficients and the trapezoidal rule with 4000 intervals in theta.
double brute_force(const std::vector<metapool::binary_trial<>>& trials, double mean, double tau2) {
  const auto log_choose = [](double n, double r) { return std::lgamma(n + 1) - std::lgamma(r + 1) - std::lgamma(n - r + 1); };
  double sum = 0;
  for (const auto& t : trials) {
    const double a = *t.treated.events, n1 = *t.treated.total, c = *t.control.events, n2 = *t.control.total, m = a + c;
    if (m == 0 || m == n1 + n2) continue;
    double integral = 0;
    const double h = 20.0 / 4000;
    for (int j = 0; j <= 4000; ++j) {
      const double z = -10 + h * j, theta = mean + std::sqrt(tau2) * z;
      double all = 0;
      for (double y = std::fmax(0.0, m - n2); y <= std::fmin(n1, m); ++y) {
        all += std::exp(log_choose(n1, y) + log_choose(n2, m - y) - log_choose(n1, a) - log_choose(n2, c) + (y - a) * theta);
      }
      integral += h * std::exp(-z * z / 2) / std::sqrt(2 * 3.14159265358979323846) / all;
    }
    sum += std::log(integral);
  }
  return sum;
}

}  // namespace

TEST_CASE("The hypergeometric-normal model of the BCG trials: -0.75381 with tau2 0.31163") {
  // metafor 5.1: -0.7538105, se 0.1800758 (second derivatives by differences), tau2 0.3116349, LRT 176.8738
  const auto fit = glmm(metapool_test::bcg(), odds_ratio{}, conditional_exact{});
  CHECK(fit.convergence.converged);
  CHECK(fit.convergence.residual < 1e-8);
  CHECK(close(fit.estimate, -0.75381, printed(5)));
  CHECK(close(fit.tau2, 0.31163, printed(5)));
  CHECK(close(fit.se, 0.18007, printed(5)));
  CHECK(close(fit.q_lrt, 176.873839, printed(6)));
  CHECK(close(fit.q_wald, 163.089478561302617, metapool_test::digits10));  // 32 digits, sums of binomial coefficients
  CHECK(fit.df == 12);
  CHECK(close(fit.common_estimate, -0.477186771531679274, metapool_test::digits12));
  CHECK(close(fit.common_se, 0.0412290148315910187, metapool_test::digits12));
  CHECK(close(fit.common_log_likelihood, -118.016894781852116, metapool_test::digits12));
  CHECK(fit.parameters == std::vector<std::string>{"mean", "tau2"});
}

TEST_CASE("The conditional models of Stijnen, Hamza & Ozdemir's catheter trials (18 trials, one without events)") {
  // metafor 5.1: CM.EL -1.35316, tau2 0.69346, LRT 28.6093; CM.AL -1.30265, tau2 0.60068, Wald 11.1155, LRT 27.3917 on 16 df
  const auto exact = glmm(metapool_test::catheters(), odds_ratio{}, conditional_exact{});
  CHECK(close(exact.estimate, -1.35316, printed(4)));
  CHECK(close(exact.tau2, 0.69346, printed(4)));
  CHECK(close(exact.se, 0.351, printed(3)));
  CHECK(close(exact.q_lrt, 28.6093, printed(4)));
  CHECK(exact.df == 16);
  CHECK(exact.k == 17);
  CHECK(exact.audit[14].status == metapool::study_status::double_zero);
  CHECK(contains(exact.notes.at(0), "1 of 18 studies"));
  const auto approximate = glmm(metapool_test::catheters(), odds_ratio{}, conditional_approximate{});
  CHECK(close(approximate.estimate, -1.30265, printed(4)));
  CHECK(close(approximate.tau2, 0.60067, printed(4)));
  CHECK(close(approximate.q_wald, 11.11545, printed(4)));
  CHECK(close(approximate.q_lrt, 27.39173, printed(4)));
}

TEST_CASE("The log-likelihood is that of sums and the trapezoidal rule, and falls around the estimate") {
  const auto trials = metapool_test::catheters();
  const auto fit = glmm(trials, odds_ratio{}, conditional_exact{});
  CHECK(close(fit.log_likelihood, brute_force(trials, fit.estimate, fit.tau2), metapool_test::digits10));
  const double h = 1e-3;
  for (const double d : {-h, h}) {
    CHECK(brute_force(trials, fit.estimate + d, fit.tau2) < fit.log_likelihood);
    CHECK(brute_force(trials, fit.estimate, fit.tau2 + d) < fit.log_likelihood);
  }
  // the standard errors against differences of second order
  const auto f = [&](double i, double j) { return brute_force(trials, fit.estimate + i * 0.01, fit.tau2 + j * 0.01); };
  const double mm = (f(1, 0) - 2 * f(0, 0) + f(-1, 0)) * 1e4, vv = (f(0, 1) - 2 * f(0, 0) + f(0, -1)) * 1e4;
  const double mv = (f(1, 1) - f(1, -1) - f(-1, 1) + f(-1, -1)) * 2500;
  CHECK(close(fit.se, std::sqrt(-vv / (mm * vv - mv * mv)), metapool_test::tolerance{1e-4, 0, 0, "differences of step 0.01"}));
  CHECK(close(*fit.se_tau2, std::sqrt(-mm / (mm * vv - mv * mv)), metapool_test::tolerance{1e-4, 0, 0, "differences of step 0.01"}));
  CHECK(close(fit.covariance(0, 0), fit.se * fit.se, metapool_test::digits14));
}

TEST_CASE("At tau2 = 0 the fit is the common effect's") {
  const auto fit = glmm(metapool_test::hahn(), odds_ratio{}, conditional_exact{});
  CHECK(fit.tau2 == 0);
  CHECK_FALSE(fit.se_tau2.has_value());
  CHECK(fit.estimate == fit.common_estimate);
  CHECK(close(fit.estimate, -0.492089133145395236, metapool_test::digits12));  // 32 digits, sums of binomial coefficients
  CHECK(close(fit.se, 0.140209741910173584, metapool_test::digits12));
  CHECK(close(fit.log_likelihood, -16.9391228067642836, metapool_test::digits12));
  CHECK(close(fit.q_wald, 6.38031826651486333, metapool_test::digits12));
  CHECK(fit.parameters == std::vector<std::string>{"mean"});
  CHECK(contains(fit.notes.back(), "tau2 = 0"));
}

TEST_CASE("The derivatives in double against a fit in 32 digits: laopaiboon2015 of the reference cases") {
  // trapezoidal rule with 200 intervals in 32 digits, Newton's method on differences
  const auto fit = glmm(metapool_test::laopaiboon(), odds_ratio{}, conditional_exact{});
  CHECK(close(fit.estimate, 0.113165720668874332, metapool_test::digits8));
  CHECK(close(fit.tau2, 1.01533910722668838, metapool_test::digits8));
  CHECK(close(fit.se, 0.32345222941485, metapool_test::digits8));
  CHECK(close(fit.log_likelihood, -35.06926935421214441, metapool_test::digits10));
}

TEST_CASE("Swapped arms flip the sign, the order of studies is none, and a double-zero trial changes nothing") {
  const auto fit = glmm(metapool_test::catheters(), odds_ratio{}, conditional_exact{});
  const auto flipped = glmm(metapool_test::swapped(metapool_test::catheters()), odds_ratio{}, conditional_exact{});
  CHECK(close(flipped.estimate, -fit.estimate, metapool_test::digits10));
  CHECK(close(flipped.tau2, fit.tau2, metapool_test::digits8));
  CHECK(close(flipped.q_wald, fit.q_wald, metapool_test::digits10));
  const auto turned = glmm(metapool_test::reversed(metapool_test::catheters()), odds_ratio{}, conditional_exact{});
  CHECK(close(turned.estimate, fit.estimate, metapool_test::digits10));
  auto more = metapool_test::catheters();
  more.push_back(trial("none", 0, 10, 0, 20));
  more.push_back(trial("all", 10, 10, 20, 20));
  const auto same = glmm(more, odds_ratio{}, conditional_exact{});
  CHECK(same.estimate == fit.estimate);
  CHECK(same.audit.back().status == metapool::study_status::double_full);
}

TEST_CASE("The risk ratio's conditional model is the odds ratio's approximate one without trials of nothing but events") {
  const auto rr = glmm(metapool_test::bcg(), metapool::risk_ratio{}, conditional_approximate{});
  const auto approximate = glmm(metapool_test::bcg(), odds_ratio{}, conditional_approximate{});
  CHECK(rr.estimate == approximate.estimate);
  CHECK(rr.measure.name == metapool::risk_ratio::info.name);
  CHECK(close(rr.estimate, -0.7221, printed(4)));  // metafor 3.8, CM.AL
  CHECK(close(rr.q_wald, 147.90608, printed(4)));
}

TEST_CASE("Rate ratio: Stijnen, Hamza & Ozdemir's bloodstream infections, conditional") {
  // metafor 3.8: -0.4762394, se 0.2377004, tau2 0.1225614, Wald 9.697597, LRT 11.601774
  const auto fit = glmm(metapool_test::catheter_rates(), metapool::incidence_rate_ratio{}, conditional_exact{});
  CHECK(close(fit.estimate, -0.47624, printed(4)));
  CHECK(close(fit.se, 0.2377, printed(4)));
  CHECK(close(fit.tau2, 0.12256, printed(4)));
  CHECK(close(fit.q_wald, 9.697597, printed(5)));
  CHECK(close(fit.q_lrt, 11.601774, printed(5)));
}

TEST_CASE("Infinite estimates have a state and a note with the reason; without information, or with tau2 infinite, there is no estimate") {
  const std::vector<metapool::binary_trial<>> none{trial("a", 0, 12, 5, 12), trial("b", 0, 29, 2, 29)};
  const auto zero = glmm(none, odds_ratio{}, conditional_exact{});
  CHECK(zero.state == metapool::estimate_state::minus_infinity);
  CHECK(contains(zero.notes.back(), "as few events as its totals allow"));
  const auto infinite = glmm(metapool_test::swapped(none), odds_ratio{}, conditional_approximate{});
  CHECK(infinite.state == metapool::estimate_state::plus_infinity);
  CHECK(contains(infinite.notes.back(), "as many events"));
  const std::vector<metapool::binary_trial<>> both{trial("a", 0, 12, 5, 12), trial("b", 5, 29, 0, 29)};
  CHECK(contains(message_of<metapool::not_estimable>([&] { glmm(both, odds_ratio{}, conditional_exact{}); }), "rises with tau2 for ever"));
  const std::vector<metapool::binary_trial<>> empty{trial("a", 0, 12, 0, 12)};
  CHECK(contains(message_of<metapool::not_estimable>([&] { glmm(empty, odds_ratio{}, conditional_exact{}); }), "no study has information"));
  CHECK(contains(message_of<metapool::input_error>([] { glmm(std::vector<metapool::binary_trial<>>{}, odds_ratio{}, conditional_exact{}); }), "no studies"));
  CHECK(contains(message_of<metapool::input_error>([] { glmm(std::vector<metapool::binary_trial<>>{trial("x", 5, 4, 0, 2)}, odds_ratio{}, conditional_exact{}); }), "study 'x'"));
}

TEST_CASE("One informative study has a common effect and no tau2") {
  const std::vector<metapool::binary_trial<>> one{trial("a", 2, 12, 5, 12)};
  const auto fit = glmm(one, odds_ratio{}, conditional_exact{});
  CHECK(fit.tau2 == 0);
  CHECK(fit.df == 0);
  CHECK(fit.q_lrt == 0);
  CHECK(contains(fit.notes.at(0), "one informative study"));
}

TEST_CASE("Counts of a billion patients: the table's own log odds ratio") {
  const std::vector<metapool::binary_trial<>> one{trial("a", 3e5, 1e9, 2e5, 1e9)};
  const auto fit = glmm(one, odds_ratio{}, conditional_exact{});
  // the conditional estimate differs from log(ad / bc) by a part of the order of 1 / events
  CHECK(close(fit.estimate, std::log(3e5 / (1e9 - 3e5) * (1e9 - 2e5) / 2e5), metapool_test::tolerance{1e-5, 0, 0, "order of 1 / events"}));
  CHECK(close(fit.se, std::sqrt(1 / 3e5 + 1 / 2e5), metapool_test::tolerance{1e-3, 0, 0, "order of the risk"}));
}

TEST_CASE("Sparse tables of all kinds: a gradient below 1e-8 or a reason") {
  std::size_t fitted = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const auto trials = metapool_test::sparse_tables(seed);
    const auto check = [&](const auto& model) {
      try {
        const auto fit = glmm(trials, odds_ratio{}, model);
        ++fitted;
        CHECK(fit.convergence.converged);
        CHECK(fit.convergence.residual < 1e-8);
        CHECK(std::isfinite(fit.estimate) == (fit.state == metapool::estimate_state::finite));
        CHECK((fit.se > 0) == (fit.state == metapool::estimate_state::finite));
        CHECK(std::isfinite(fit.q_wald));
        CHECK(std::isfinite(fit.q_lrt));
        CHECK(fit.log_likelihood >= fit.common_log_likelihood);
      } catch (const metapool::not_estimable& e) {
        CHECK(std::string(e.what()).size() > 20);
      }
    };
    check(conditional_exact{});
    check(conditional_approximate{});
  }
  CHECK(fitted > 60);
}

TEST_CASE("The conditional model in double against 50 digits") {
  using fifty = boost::multiprecision::number<boost::multiprecision::cpp_bin_float<50>, boost::multiprecision::et_off>;
  std::vector<metapool::binary_trial<>> d{trial("a", 1, 12, 4, 12), trial("b", 3, 9, 2, 10), trial("c", 0, 8, 3, 9)};
  std::vector<metapool::binary_trial<fifty>> m;
  for (const auto& t : d) m.push_back(trial<fifty>(t.label.c_str(), *t.treated.events, *t.treated.total, *t.control.events, *t.control.total));
  const auto a = glmm(d, odds_ratio{}, conditional_exact{});
  const auto b = glmm(m, odds_ratio{}, conditional_exact{});
  CHECK(b.tau2 > 0);
  CHECK(close(a.estimate, static_cast<double>(b.estimate), metapool_test::digits8));
  CHECK(close(a.tau2, static_cast<double>(b.tau2), metapool_test::digits8));
  CHECK(close(a.se, static_cast<double>(b.se), metapool_test::digits8));
  CHECK(close(a.log_likelihood, static_cast<double>(b.log_likelihood), metapool_test::digits10));
}
