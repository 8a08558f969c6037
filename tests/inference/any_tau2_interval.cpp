// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/any_tau2_interval.hpp>

#include <metapool/effect/odds_ratio.hpp>
#include <metapool/model/random_effects.hpp>
#include <metapool/tau2/maximum_likelihood.hpp>

#include "support/close.hpp"
#include "support/published.hpp"
#include "support/wild_sets.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <doctest/doctest.h>

#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {

using wide = boost::multiprecision::number<boost::multiprecision::cpp_bin_float<50>, boost::multiprecision::et_off>;

const std::vector<any_tau2_interval> all_methods{q_profile{},
                                                 generalized_q_tau2{},
                                                 generalized_q_tau2{.weights = moment_weights::inverse_variance},
                                                 generalized_q_tau2{.weights = moment_weights::equal},
                                                 profile_likelihood_tau2{},
                                                 profile_likelihood_tau2{.kind = likelihood_kind::full},
                                                 wald_tau2{.level = 0.5},
                                                 wald_tau2{.on_log_scale = true},
                                                 sidik_jonkman_tau2{},
                                                 test_based_heterogeneity{}};

}  // namespace

TEST_CASE("the choice at run time gives what the method gives") {
  const auto fit = random_effects(effect_sizes(collins(), odds_ratio{}));
  for (const auto& method : all_methods) {
    const auto direct = std::visit([&](const auto& m) { return m(fit); }, method);
    const auto chosen = heterogeneity_interval(fit, method);
    CHECK(chosen.method == direct.method);
    CHECK(chosen.lower == direct.lower);
    CHECK(chosen.upper == direct.upper);
  }
}

TEST_CASE("every interval of tau2 has 11 digits in double against 50") {
  const auto narrow_fit = random_effects(effect_sizes(collins(), odds_ratio{}));
  std::vector<wide> y(narrow_fit.data.y.begin(), narrow_fit.data.y.end()), v(narrow_fit.data.v.begin(), narrow_fit.data.v.end());
  const auto wide_fit = random_effects(known_effects(y, v));
  for (const auto& method : all_methods) {
    const auto* const q = std::get_if<generalized_q_tau2>(&method);
    if (q && q->weights != moment_weights::inverse_standard_error) continue;  // seconds each in 50 digits; one choice of weights stands for all
    const auto a = heterogeneity_interval(narrow_fit, method);
    const auto b = heterogeneity_interval(wide_fit, method);
    CAPTURE(a.method);
    const tolerance t{1e-11, 1e-3, 0, "a search for a tail of a distribution"};
    CHECK(close(wide(a.lower), b.lower, t));
    CHECK(close(wide(a.upper), b.upper, t));
    CHECK(close(wide(a.i2_upper), b.i2_upper, t));
    CHECK(close(wide(a.h2_upper), b.h2_upper, t));
  }
}

TEST_CASE("every interval of tau2 follows the unit of the effects, and the order of studies does not matter") {
  const auto trials = collins();
  const auto fit = random_effects(effect_sizes(trials, odds_ratio{}));
  const auto back = random_effects(effect_sizes(reversed(trials), odds_ratio{}));
  std::vector<double> y, v;
  for (std::size_t i = 0; i < fit.k(); ++i) {
    y.push_back(1024 * fit.data.y[i]);
    v.push_back(1024.0 * 1024 * fit.data.v[i]);
  }
  const auto scaled = random_effects(known_effects(y, v));
  for (const auto& method : all_methods) {
    const auto r = heterogeneity_interval(fit, method);
    const auto turned = heterogeneity_interval(back, method);
    const auto big = heterogeneity_interval(scaled, method);
    CAPTURE(r.method);
    CHECK(close(turned.lower, r.lower, at_scale(digits10, 1e-3)));
    CHECK(close(turned.upper, r.upper, at_scale(digits10, 1e-3)));
    CHECK(close(big.lower, 1024.0 * 1024 * r.lower, digits10));
    CHECK(close(big.upper, 1024.0 * 1024 * r.upper, digits10));
    CHECK(close(big.i2_upper, r.i2_upper, digits10));
  }
}

TEST_CASE("no interval of tau2 fails on wild sets: ends in order, finite or said to be open, the state true to them") {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const auto s = make_wild_set(seed);
    const auto fit = random_effects(known_effects(s.y, s.v));
    for (const auto& method : all_methods) {
      if (fit.k() < 3 && std::holds_alternative<test_based_heterogeneity>(method)) continue;
      const auto r = heterogeneity_interval(fit, method);
      CAPTURE(seed);
      CAPTURE(r.method);
      CHECK(r.lower >= 0);
      CHECK(r.upper >= r.lower);
      CHECK(r.i2_lower >= 0);
      CHECK(r.i2_upper <= 1);
      CHECK(r.h2_lower >= 1);
      CHECK(r.h2_upper >= r.h2_lower);
      CHECK(std::isinf(r.upper) == (r.state == interval_state::unbounded || r.state == interval_state::open_upper));
      if (r.state == interval_state::empty_set) CHECK(r.upper == 0);
    }
  }
}
