// SPDX-License-Identifier: BSL-1.0
#include <metapool/model/random_effects.hpp>

#include <metapool/effect/risk_ratio.hpp>
#include <metapool/inference/wald.hpp>
#include <metapool/model/common_effect.hpp>
#include <metapool/tau2/dersimonian_laird.hpp>
#include <metapool/tau2/maximum_likelihood.hpp>
#include <metapool/tau2/paule_mandel.hpp>

#include "support/close.hpp"
#include "support/published.hpp"
#include "support/wild_sets.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string_view>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {
struct fixed {
  static constexpr std::string_view name = "fixed";
  double tau2 = 0;
  bool converged = true;
  tau2_estimate<double> operator()(std::span<const double>, std::span<const double>) const {
    tau2_estimate<double> e;
    e.tau2 = tau2;
    e.convergence.converged = converged;
    return e;
  }
};
}  // namespace

TEST_CASE("the random-effects fits of the BCG trials are metafor's printed ones") {
  // Viechtbauer (2010) J Stat Softw 36(3), section 3: REML tau2 0.3132 (SE 0.1664), estimate -0.7145 (0.1798)
  const auto fit = random_effects(effect_sizes(bcg(), risk_ratio{}));
  CHECK(close(*fit.tau2, 0.3132, printed(4)));
  CHECK(close(*fit.se_tau2, 0.1664, printed(4)));
  CHECK(close(fit.estimate, -0.7145, printed(4)));
  CHECK(close(fit.se, 0.1798, printed(4)));
  CHECK(fit.method == "REML");
  CHECK(fit.tau2_maxima.empty());
  CHECK(fit.notes.empty());
  // the other estimators, to the digits that metafor gives on request
  CHECK(close(*random_effects(effect_sizes(bcg(), risk_ratio{}), dersimonian_laird{}).tau2, 0.3088, printed(4)));
  CHECK(close(*random_effects(effect_sizes(bcg(), risk_ratio{}), paule_mandel{}).tau2, 0.3181, printed(4)));
  CHECK(close(*random_effects(effect_sizes(bcg(), risk_ratio{}), maximum_likelihood{}).tau2, 0.2800, printed(4)));
  CHECK(close(*random_effects(effect_sizes(bcg(), risk_ratio{}), dersimonian_laird{}).se_tau2, 0.2299, printed(4)));
  CHECK(close(*random_effects(effect_sizes(bcg(), risk_ratio{}), paule_mandel{}).se_tau2, 0.1737, printed(4)));
  CHECK(close(*random_effects(effect_sizes(bcg(), risk_ratio{}), maximum_likelihood{}).se_tau2, 0.1443, printed(4)));
}

TEST_CASE("the stromal cell trials have no tau2, so that random and common effects agree to the last bit") {
  const auto e = effect_sizes(msc(), risk_ratio{});
  const auto random = random_effects(e, dersimonian_laird{});
  const auto common = common_effect(e);
  CHECK(*random.tau2 == 0.0);
  CHECK(random.estimate == common.estimate);
  CHECK(random.se == common.se);
  CHECK(random.q == common.q);
  CHECK(random.weights == common.weights);
}

TEST_CASE("estimate, se and weights are those of 1 / (v + tau2), and Q is that at tau2 = 0") {
  const auto fit = random_effects(known_effects<double>({1, 4, 2}, {2, 3, 1}), fixed{0.5});
  const double w[] = {1 / 2.5, 1 / 3.5, 1 / 1.5};
  const double sum = w[0] + w[1] + w[2];
  CHECK(close(fit.estimate, (w[0] + 4 * w[1] + 2 * w[2]) / sum, digits14));
  CHECK(close(fit.se, 1 / std::sqrt(sum), digits14));
  CHECK(close(fit.weights[1], w[1] / sum, digits14));
  CHECK(fit.q == common_effect(known_effects<double>({1, 4, 2}, {2, 3, 1})).q);
  CHECK(fit.df == 2);
  CHECK(fit.method == "fixed");
}

TEST_CASE("adding a constant to all effects moves the estimate alone; a change of unit scales it") {
  const auto fit = random_effects(known_effects<double>({0.5, -1, 2.25, 4}, {0.25, 1, 0.5, 2}));
  const auto shifted = random_effects(known_effects<double>({64.5, 63, 66.25, 68}, {0.25, 1, 0.5, 2}));
  const auto scaled = random_effects(known_effects<double>({-4, 8, -18, -32}, {16, 64, 32, 128}));
  CHECK(close(shifted.estimate, fit.estimate + 64, digits12));
  CHECK(close(shifted.se, fit.se, digits12));
  CHECK(close(scaled.estimate, -8 * fit.estimate, digits12));
  CHECK(close(scaled.se, 8 * fit.se, digits12));
  CHECK(close(*scaled.tau2, 64 * *fit.tau2, digits12));
}

TEST_CASE("one study keeps its own effect; its tau2 is empty and a note says so") {
  const auto fit = random_effects(known_effects<double>({0.3}, {4}));
  CHECK(fit.estimate == 0.3);
  CHECK(fit.se == 2.0);
  CHECK_FALSE(fit.tau2.has_value());
  CHECK(fit.df == 0);
  REQUIRE(fit.notes.size() == 1);
  CHECK(contains(fit.notes[0], "one study"));
}

TEST_CASE("several local maxima are passed on with a note") {
  const auto s = ladder(3);
  const auto fit = random_effects(known_effects(s.y, s.v));
  CHECK(fit.tau2_maxima.size() == 3);
  REQUIRE(fit.notes.size() == 1);
  CHECK(fit.notes[0] == "the likelihood has 3 local maxima in tau2; the highest was taken");
}

TEST_CASE("an estimator that has not converged leaves its mark on the fit") {
  CHECK_FALSE(random_effects(known_effects<double>({1, 4}, {2, 3}), fixed{0.5, false}).convergence.converged);
}

TEST_CASE("an estimator's answer that is no variance is refused") {
  const auto refusal = [](double t) { return message_of<input_error>([&] { random_effects(known_effects<double>({1, 4}, {2, 3}), fixed{t}); }); };
  CHECK(refusal(-0.1) == "random_effects: the estimator fixed returned tau2 = -0.1, which must be finite and not negative");
  CHECK(contains(refusal(std::numeric_limits<double>::quiet_NaN()), "tau2 = nan"));
  CHECK(contains(refusal(std::numeric_limits<double>::infinity()), "tau2 = inf"));
}

TEST_CASE("random effects refuses no studies at all") {
  CHECK(message_of<input_error>([] { random_effects(effects<double>{}); }) == "random_effects: no studies");
}
