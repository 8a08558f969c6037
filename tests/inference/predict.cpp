// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/predict.hpp>

#include <metapool/effect/risk_ratio.hpp>
#include <metapool/inference/hartung_knapp.hpp>
#include <metapool/inference/wald.hpp>
#include <metapool/model/mantel_haenszel.hpp>
#include <metapool/model/random_effects.hpp>

#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {
model_fit<double> bcg_fit() { return random_effects(effect_sizes(bcg(), risk_ratio{})); }
model_fit<double> of(const std::vector<double>& y, const std::vector<double>& v) { return random_effects(known_effects(y, v)); }
}  // namespace

TEST_CASE("prediction intervals of the BCG trials are metafor's printed ones") {
  // metafor 5: pi.lb -1.8667, pi.ub 0.4376 (normal); predtype = "Riley" -2.0084 to 0.5793; test = "t" -1.9953 to 0.5663
  const auto fit = bcg_fit();
  const auto normal = predict(fit, skipka{});
  CHECK(close(normal.lower, -1.8667, printed(4)));
  CHECK(close(normal.upper, 0.4376, printed(4)));
  CHECK_FALSE(normal.df.has_value());
  const auto hts = predict(fit);
  CHECK(close(hts.lower, -2.0084, printed(4)));
  CHECK(close(hts.upper, 0.5793, printed(4)));
  CHECK(*hts.df == 11.0);
  const auto t = predict(fit, veroniki{});
  CHECK(close(t.lower, -1.9953, printed(4)));
  CHECK(close(t.upper, 0.5663, printed(4)));
  CHECK(*t.df == 12.0);
  CHECK(close(t.se, std::sqrt(*fit.tau2 + fit.se * fit.se), digits15));
  CHECK(t.estimate == fit.estimate);
  CHECK(close(t.natural().lower, std::exp(t.lower), digits15));
}

TEST_CASE("the prediction that goes with a mean's interval takes its standard error, distribution and level") {
  const auto fit = bcg_fit();
  const auto mean = hartung_knapp{.level = 0.9}(fit);
  const auto p = predict(fit, mean);
  CHECK(p.level == 0.9);
  CHECK(*p.df == 12.0);
  CHECK(close(p.se * p.se, *fit.tau2 + mean.se * mean.se, digits14));
  CHECK(close(p.upper - p.estimate, mean.critical * p.se, digits14));
  CHECK(contains(p.method, "Hartung-Knapp"));
  const auto hts = predict(fit, mean, higgins_thompson_spiegelhalter{});
  CHECK(close(hts.se, p.se, digits15));
  CHECK(*hts.df == 11.0);
  CHECK(hts.level == 0.95);
  CHECK(contains(hts.method, "standard error by Hartung-Knapp"));
}

TEST_CASE("without between-study variance the prediction is the mean's interval") {
  const auto fit = of({0.5, 0.55, 0.45}, {1, 1, 1});
  REQUIRE(*fit.tau2 == 0.0);
  const auto mean = wald_z{}(fit);
  CHECK(close(predict(fit, mean).lower, mean.lower, digits14));
  CHECK(close(predict(fit, mean).upper, mean.upper, digits14));
}

TEST_CASE("what cannot be predicted is said") {
  const auto refusal = [](const auto& f) { return message_of<not_estimable>(f); };
  CHECK(refusal([] { predict(of({1}, {1}), skipka{}); }) == "skipka: one study has no between-study variance");
  CHECK(refusal([] { predict(of({1, 2}, {1, 1})); }) == "higgins_thompson_spiegelhalter: k = 2 studies leave no degrees of freedom for this method");
  CHECK(refusal([] { predict(mantel_haenszel(bcg(), risk_ratio{}), skipka{}); }) ==
        "skipka: a Mantel-Haenszel fit has no between-study variance; predict from random_effects");
  CHECK(*predict(of({1, 2}, {1, 1}), veroniki{}).df == 1.0);
  CHECK(message_of<input_error>([] { predict(bcg_fit(), veroniki{.level = 95}); }) == "veroniki: level = 95 must lie strictly between 0 and 1 (0.95 for a 95 % interval)");
  auto bad = bcg_fit();
  bad.convergence.converged = false;
  CHECK_THROWS_AS(predict(bad), convergence_error);
}
