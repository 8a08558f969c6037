// SPDX-License-Identifier: BSL-1.0
#include <metapool/simulation/methods.hpp>

#include "support/published.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {

template <class Methods>
const typename Methods::value_type& named(const Methods& methods, const std::string& name) {
  for (const auto& m : methods) {
    if (m.name == name) return m;
  }
  throw input_error("no method " + name);
}

const std::vector<binary_trial<>> trials{{"a", {1, 12}, {7, 12}}, {"b", {0, 12}, {3, 29}}, {"c", {10, 20}, {16, 20}}, {"d", {5, 21}, {4, 24}}};

}  // namespace

TEST_CASE("the ready methods are the library's own, at the level asked for") {
  const auto odds = methods_for(odds_ratio{}, 0.9);
  const auto mh = named(odds, "Mantel-Haenszel").run(trials);
  CHECK(mh.lower == wald_z{.level = 0.9}(mantel_haenszel(trials, odds_ratio{})).lower);
  CHECK(named(odds, "Peto").run(trials).upper == wald_z{.level = 0.9}(peto(trials)).upper);
  const auto risks = methods_for(risk_ratio{});
  const auto fit = random_effects(effect_sizes(trials, risk_ratio{}), reml{});
  const auto hk = named(risks, "REML, Hartung-Knapp, factor at least 1").run(trials);
  CHECK(*hk.estimate == fit.estimate);
  CHECK(hk.lower == hartung_knapp{.floor = 1}(fit).lower);
  CHECK(named(risks, "REML, Hartung-Knapp").run(trials).lower == hartung_knapp{}(fit).lower);
  CHECK(named(risks, "REML, Wald t").run(trials).lower == wald_t{}(fit).lower);
  CHECK(named(risks, "profile likelihood").run(trials).lower == profile_likelihood{}(fit).lower);
  const auto& next = named(risks, "next trial: REML, t, k - 2");
  CHECK(next.target == interval_target::next_trial);
  CHECK(next.run(trials).lower == predict(fit, higgins_thompson_spiegelhalter{}).lower);
  CHECK_THROWS_AS(named(risks, "Peto"), input_error);
  CHECK_THROWS_AS(methods_for(risk_ratio{}, 95), input_error);
}

TEST_CASE("means and known variances have the methods of inverse variance") {
  const std::vector<continuous_trial<>> means{{"a", {10, 2, 12}, {12, 3, 12}}, {"b", {11, 2, 20}, {12, 3, 25}}, {"c", {9, 2, 20}, {9, 3, 30}}};
  const auto e = effect_sizes(means, mean_difference{});
  const auto dl = wald_z{}(random_effects(e, dersimonian_laird{}));
  CHECK(named(methods_for(mean_difference{}), "DerSimonian-Laird, Wald z").run(means).upper == dl.upper);
  CHECK(named(methods_for_effects(), "DerSimonian-Laird, Wald z").run(e).upper == dl.upper);
  CHECK(named(methods_for_effects(), "common effect, Wald z").run(e).upper == wald_z{}(common_effect(e)).upper);
  CHECK(named(methods_for_effects(), "Paule-Mandel, Hartung-Knapp").run(e).upper == hartung_knapp{}(random_effects(e, paule_mandel{})).upper);
}
