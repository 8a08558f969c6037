// SPDX-License-Identifier: BSL-1.0
#include <metapool/model/ivhet.hpp>

#include <metapool/effect/risk_ratio.hpp>
#include <metapool/inference/hartung_knapp.hpp>
#include <metapool/inference/heterogeneity.hpp>
#include <metapool/inference/predict.hpp>
#include <metapool/inference/q_profile.hpp>
#include <metapool/inference/wald.hpp>
#include <metapool/model/common_effect.hpp>
#include <metapool/plot/forest_statistics.hpp>
#include <metapool/tau2/paule_mandel.hpp>
#include <metapool/tau2/reml.hpp>

#include "support/close.hpp"
#include "support/published.hpp"
#include "support/wild_sets.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {
struct broken {
  static constexpr const char* name = "broken";
  tau2_estimate<double> operator()(std::span<const double>, std::span<const double>) const { return {-1.0, {}, {}, {}}; }
};
}  // namespace

TEST_CASE("IVhet on the BCG trials is metafor's rma with weights = 1/vi") {
  const auto e = effect_sizes(bcg(), risk_ratio{});
  const auto dl = ivhet(e);  // metafor 3.8 gives these 15 digits
  CHECK(close(dl.estimate, -0.430285163654091, digits12));
  CHECK(close(dl.se, 0.28354435135525, digits12));
  CHECK(close(*dl.tau2, 0.308760262862376, digits12));
  const auto r = wald_z{}(dl);
  CHECK(close(r.lower, -0.986021880330151, digits12));
  CHECK(close(r.upper, 0.125451553021969, digits12));
  CHECK(close(r.p, 0.129134611888046, digits12));
  CHECK(close(ivhet(e, reml{}).se, 0.285553677073068, digits12));
  CHECK(close(ivhet(e, paule_mandel{}).se, 0.28770069934338, digits8));
}

TEST_CASE("IVhet keeps the estimate, weights and Q of the common effect, and its standard error where tau2 is 0") {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    CAPTURE(seed);
    const auto s = make_wild_set(seed);
    const auto common = common_effect(known_effects(s.y, s.v));
    const auto fit = ivhet(known_effects(s.y, s.v));
    CHECK(fit.estimate == common.estimate);
    CHECK(fit.weights == common.weights);
    CHECK(fit.q == common.q);
    REQUIRE(fit.tau2.has_value());
    if (*fit.tau2 == 0) {
      CHECK(fit.se == common.se);
    } else {
      CHECK(fit.se > common.se);
    }
    long double variance = 0, w = 0;
    for (double v : s.v) w += 1 / static_cast<long double>(v);
    for (double v : s.v) variance += (static_cast<long double>(v) + *fit.tau2) / (v * w) / (v * w);
    CHECK(close(fit.se, static_cast<double>(std::sqrt(variance)), digits12));
  }
}

TEST_CASE("with equal variances IVhet is the random-effects fit") {
  const std::vector<double> y{1, 4, 2, 9}, v{2, 2, 2, 2};  // tau2 = 38/3 - 2; se^2 = (2 + tau2) / 4
  const auto fit = ivhet(known_effects(y, v));
  CHECK(close(fit.se, std::sqrt(38.0 / 12), digits14));
  CHECK(close(*fit.tau2, 38.0 / 3 - 2, digits14));
}

TEST_CASE("one study is its own IVhet estimate, with a note and without tau2") {
  const auto fit = ivhet(known_effects<double>({0.3}, {4}));
  CHECK(fit.estimate == 0.3);
  CHECK(fit.se == 2.0);
  CHECK_FALSE(fit.tau2.has_value());
  CHECK(contains(fit.notes.at(0), "one study"));
  CHECK(message_of<not_estimable>([&] { predict(fit); }) == "higgins_thompson_spiegelhalter: one study has no between-study variance");
}

TEST_CASE("what fits IVhet works with it, what does not says so, and reports name it") {
  const auto fit = ivhet(effect_sizes(bcg(), risk_ratio{}));
  CHECK(predict(fit).se > std::sqrt(*fit.tau2));
  CHECK(heterogeneity_interval(fit, q_profile{}).upper > *fit.tau2);
  CHECK(*heterogeneity(fit).i2_tau2 > 0.9);
  CHECK(metapool::detail::pooled_name(fit) == "IVhet (DerSimonian-Laird)");
  CHECK(message_of<input_error>([&] { hartung_knapp{}(fit); }) ==
        "hartung_knapp: needs an inverse-variance fit (common_effect or random_effects), and this one is by IVhet");
}

TEST_CASE("IVhet refuses what no model can pool, and estimators that return nonsense") {
  CHECK(message_of<input_error>([] { ivhet(effects<double>{}); }) == "ivhet: no studies");
  CHECK(message_of<input_error>([] { ivhet(known_effects<double>({1, 2}, {1, 1}), broken{}); }) ==
        "ivhet: the estimator broken returned tau2 = -1, which must be finite and not negative");
}
