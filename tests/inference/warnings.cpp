// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/warnings.hpp>

#include <metapool/effect/risk_ratio.hpp>
#include <metapool/inference/nagashima.hpp>
#include <metapool/inference/profiles.hpp>
#include <metapool/inference/q_profile.hpp>
#include <metapool/inference/sidik_jonkman_tau2.hpp>
#include <metapool/inference/wald_tau2.hpp>
#include <metapool/model/ivhet.hpp>
#include <metapool/model/mantel_haenszel.hpp>
#include <metapool/model/quality_effects.hpp>
#include <metapool/model/random_effects.hpp>
#include <metapool/model/unrestricted_weighted_least_squares.hpp>
#include <metapool/tau2/fixed.hpp>

#include "support/published.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {

// k trials with variances 0.25, the first `ratio` times smaller
effects<double> trials(std::size_t k, double ratio) {
  std::vector<double> y, v(k, 0.25);
  for (std::size_t i = 0; i < k; ++i) y.push_back(i % 2 == 0 ? 0.3 : 0.5);
  v[0] /= ratio;
  return known_effects<double>(y, v);
}

template <class Method>
std::string first(const model_fit<double>& fit, const Method& method) {
  const auto all = warnings_of(fit, method);
  return all.empty() ? std::string() : describe(all[0]);
}

}  // namespace

TEST_CASE("a chosen interval that is too short here is warned of, a sound one is not") {
  const auto fit = random_effects(effect_sizes(bcg(), risk_ratio{}));
  CHECK(warnings_of(fit, wald_z{}).size() == 1);
  CHECK(warnings_of(fit, wald_t{}).empty());
  CHECK(warnings_of(fit, hartung_knapp{.floor = 1}).empty());
  const auto plain = warnings_of(fit, hartung_knapp{});  // variances from 0.004 to 0.53
  REQUIRE(plain.size() == 1);
  CHECK(contains(plain[0].reason, "set floor = 1"));
  CHECK(warnings_of(fit, any_interval(wald_z{})).size() == 1);

  const auto tables = mantel_haenszel(bcg(), risk_ratio{});
  REQUIRE(warnings_of(tables, wald_z{}).size() == 1);
  CHECK(contains(warnings_of(tables, wald_z{})[0].reason, "I2 92 %"));
  const auto agreed = common_effect(known_effects<double>({0.1, 0.2, 0.15}, {0.1, 0.1, 0.2}));
  CHECK(warnings_of(agreed, wald_z{}).empty());
  const auto two = random_effects(known_effects<double>({0.1, 0.2}, {0.1, 0.1}));
  REQUIRE(warnings_of(two, hartung_knapp{.floor = 1}).size() == 1);
  CHECK(contains(describe(warnings_of(two, hartung_knapp{})[0]), "12.7"));
  CHECK(warnings_of(random_effects(known_effects<double>({0.1}, {0.1})), wald_z{}).empty());
}

TEST_CASE("every interval of the mean that docs/coverage.md shows to fall short is warned of with the coverage seen") {
  const auto unequal = random_effects(trials(5, 10)), equal = random_effects(trials(5, 1));
  CHECK(contains(first(unequal, wald_z{}), "85.2 % of 5 trials of unequal size (IntHout et al. 2014; docs/coverage.md)"));
  CHECK(contains(first(equal, wald_z{}), "does not hold: random effects with Wald z"));
  CHECK(contains(first(equal, wald_z{}), "88.5 % of 5 trials of equal size"));
  CHECK(contains(first(unequal, wald_t{}), "caution: random effects with Wald t"));
  CHECK(first(equal, wald_t{}).empty());
  CHECK(contains(first(unequal, hartung_knapp{}), "89.7"));
  CHECK(contains(first(unequal, hartung_knapp{.floor = 0.5}), "89.7"));
  CHECK(first(equal, hartung_knapp{}).empty());
  CHECK(contains(first(unequal, hartung_knapp{.floor = 1}), "caution: Hartung-Knapp with floor 1"));
  CHECK(first(random_effects(trials(10, 10)), hartung_knapp{.floor = 1}).empty());
  CHECK(contains(first(unequal, hartung_knapp{.safeguard = hk_safeguard::wald_if_shorter}), "91.1"));
  CHECK(contains(first(unequal, hartung_knapp{.safeguard = hk_safeguard::iqwig}), "92.2"));
  CHECK(contains(first(unequal, hartung_knapp{.safeguard = hk_safeguard::z_over_t}), "91.1"));
  CHECK(contains(first(unequal, cochrane_interval{}), "88.7"));
  CHECK(contains(first(unequal, sidik_jonkman_robust{}), "87.4"));
  CHECK(first(equal, sidik_jonkman_robust{}).empty());
  CHECK(contains(first(unequal, profile_likelihood{}), "89.2 % of 5 trials of unequal size (Noma 2011; docs/coverage.md)"));
  CHECK(contains(first(equal, profile_likelihood{}), "90.9"));
  CHECK(contains(first(unequal, profile_likelihood{.correction = profile_correction::skovgaard}), "90.6"));
  CHECK(first(equal, profile_likelihood{.correction = profile_correction::skovgaard}).empty());
  CHECK(first(unequal, profile_likelihood{.correction = profile_correction::bartlett}).empty());
  CHECK(first(unequal, profile_likelihood{.correction = profile_correction::noma}).empty());  // not simulated
  CHECK(contains(first(unequal, biggerstaff_tweedie{}), "85.6"));
  CHECK(contains(first(equal, henmi_copas{}), "92.0"));
  CHECK(contains(first(random_effects(trials(3, 10)), nagashima{}), "90.6"));
  CHECK(first(unequal, kenward_roger{}).empty());
  CHECK(contains(first(ivhet(trials(5, 10)), wald_z{}), "86.1 % of 5 trials of unequal size (docs/coverage.md)"));
  CHECK(contains(first(quality_effects(trials(5, 10), {1.0, 0.5, 1.0, 1.0, 1.0}), wald_z{}), "quality effects"));
  CHECK(contains(first(unrestricted_weighted_least_squares(trials(5, 10)), wald_t{}), "81.0"));
  CHECK(contains(first(unrestricted_weighted_least_squares(trials(40, 10)), wald_t{}), "77.5"));
  CHECK(first(unrestricted_weighted_least_squares(trials(5, 1)), wald_t{}).empty());
  CHECK(contains(first(unrestricted_weighted_least_squares(trials(5, 1)), wald_z{}), "wald_t"));
  CHECK(contains(first(common_effect(trials(5, 10)), hartung_knapp{}), "81.0"));
  CHECK(first(random_effects(trials(5, 10), fixed_tau2{.tau2 = 0.1}), wald_z{}).empty());  // known it is
  CHECK(contains(first(unequal, any_interval(henmi_copas{})), "87.5"));
}

TEST_CASE("predictions and intervals of tau2 that fall short are warned of") {
  const auto unequal = random_effects(trials(5, 10)), equal = random_effects(trials(5, 1));
  CHECK(contains(first(equal, skipka{}), "does not hold: normal"));
  CHECK(contains(first(equal, skipka{}), "81.4 % of 5 trials of equal size (Partlett & Riley 2017; Nagashima et al. 2019; docs/coverage.md)"));
  CHECK(contains(first(unequal, veroniki{}), "84.2"));
  CHECK(contains(first(unequal, higgins_thompson_spiegelhalter{}), "87.0"));
  CHECK(first(random_effects(trials(3, 10)), higgins_thompson_spiegelhalter{}).empty());
  CHECK(contains(first(unequal, hartung_knapp_prediction{}), "80.9"));
  CHECK(contains(first(unequal, hartung_knapp_prediction{.degrees = prediction_degrees::one_less}), "83.5"));
  CHECK(first(unequal, kenward_roger_prediction{}).empty());
  CHECK(contains(first(equal, kenward_roger_prediction{}), "89.4"));
  CHECK(contains(first(equal, kenward_roger_prediction{.degrees = prediction_degrees::one_less}), "91.7"));
  CHECK(contains(first(unequal, sidik_jonkman_prediction{}), "81.0"));
  std::vector<double> y, v(30, 0.01);
  for (int i = 0; i < 30; ++i) y.push_back(0.1 * (i % 7));
  CHECK(first(random_effects(known_effects<double>(y, v)), veroniki{}).empty());  // many and heterogeneous
  CHECK(contains(first(random_effects(trials(30, 1)), veroniki{}), "87.2"));      // many, homogeneous

  CHECK(contains(first(equal, wald_tau2{}), "79.1"));
  CHECK(contains(first(unequal, sidik_jonkman_tau2{}), "0.0 % of 5 trials"));
  CHECK(contains(first(unequal, profile_likelihood_tau2{.kind = likelihood_kind::full}), "86.7"));
  CHECK(first(unequal, profile_likelihood_tau2{}).empty());
  CHECK(first(unequal, q_profile{}).empty());
  CHECK(warnings_of(random_effects(known_effects<double>({0.1}, {0.1})), wald_tau2{}).empty());
}
