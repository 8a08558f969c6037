// SPDX-License-Identifier: BSL-1.0
#include <metapool/effect/combine.hpp>
#include <metapool/effect/reported_effects.hpp>
#include <metapool/effect/risk_ratio.hpp>
#include <metapool/inference/hartung_knapp.hpp>
#include <metapool/inference/infer.hpp>
#include <metapool/inference/predict.hpp>
#include <metapool/inference/q_profile.hpp>
#include <metapool/model/common_effect.hpp>
#include <metapool/model/design_builders.hpp>
#include <metapool/model/ivhet.hpp>
#include <metapool/model/meta_regression.hpp>
#include <metapool/model/random_effects.hpp>
#include <metapool/model/unrestricted_weighted_least_squares.hpp>
#include <metapool/plot/forest.hpp>
#include <metapool/report/summary.hpp>
#include <metapool/tau2/dersimonian_laird.hpp>
#include <metapool/tau2/hedges.hpp>
#include <metapool/tau2/paule_mandel.hpp>
#include <metapool/tau2/reml.hpp>

#include "plot/scene_check.hpp"
#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {

/// The BCG trials: five from their counts, of the others only what a paper prints, in the four ways, each with all its digits.
effects<> mixed() {
  const auto all = bcg();
  const auto known = effect_sizes(all, risk_ratio{});
  const double z = metapool::detail::normal_critical<double>(0.95);
  std::vector<reported<>> rest;
  for (std::size_t i = 5; i < all.size(); ++i) {
    const double y = known.y[i], se = std::sqrt(known.v[i]);
    reported<> t{.label = known.labels[i], .estimate = std::exp(y), .on = stated_on::natural_scale};
    if (i % 4 == 0) t.variance = se * se;
    if (i % 4 == 1) t.se = se;
    if (i % 4 == 2) {
      t.lower = std::exp(y - z * se);
      t.upper = std::exp(y + z * se);
    }
    if (i % 4 == 3) t.p = 2 * metapool::detail::normal_upper_tail(std::fabs(y) / se);
    rest.push_back(t);
  }
  return combine(effect_sizes(std::vector<binary_trial<>>(all.begin(), all.begin() + 5), risk_ratio{}), effect_sizes(rest, risk_ratio{}));
}

void check_same(const model_fit<>& a, const model_fit<>& b) {
  CHECK(close(a.estimate, b.estimate, digits10));
  CHECK(close(a.se, b.se, digits10));
  CHECK(close(a.q, b.q, digits10));
  CHECK(close(a.tau2.value_or(0), b.tau2.value_or(0), digits10));
  const auto x = infer(a, wald_t{}), y = infer(b, wald_t{});
  CHECK(close(x.lower, y.lower, digits10));
  CHECK(close(x.upper, y.upper, digits10));
}

bool has(const std::string& text, const std::string& part) {
  const bool found = text.find(part) != std::string::npos;
  if (!found) MESSAGE("not found: ", part, " in: ", text);
  return found;
}

}  // namespace

TEST_CASE("reported effects pool with computed ones as if all had been computed, in every model") {
  const auto part = mixed(), whole = effect_sizes(bcg(), risk_ratio{});
  check_same(common_effect(part), common_effect(whole));
  check_same(ivhet(part), ivhet(whole));
  check_same(unrestricted_weighted_least_squares(part), unrestricted_weighted_least_squares(whole));
  const auto check_random = [&](const auto& estimator) { check_same(random_effects(part, estimator), random_effects(whole, estimator)); };
  check_random(dersimonian_laird{});
  check_random(hedges{});
  check_random(paule_mandel{});
  check_random(reml{});
  const std::vector<double> latitude{44, 55, 42, 52, 13, 44, 19, 13, 27, 42, 18, 33, 33};
  const auto latitudes = intercept_only<double>(13) + numeric_term(latitude, "latitude");
  const auto a = meta_regression(part, latitudes), b = meta_regression(whole, latitudes);
  for (int j = 0; j < 2; ++j) CHECK(close(a.coefficients[j], b.coefficients[j], digits10));
}

TEST_CASE("the record and the reports say of every reported effect where its standard error comes from") {
  const auto e = mixed();
  CHECK(e.audit[0].source == variance_source::data);
  CHECK(e.audit[8].source == variance_source::variance);
  CHECK(e.audit[5].source == variance_source::standard_error);
  CHECK(e.audit[6].source == variance_source::interval);
  CHECK(e.audit[7].source == variance_source::p_value);
  const auto fit = random_effects(e, reml{});
  const auto mean = infer(fit, hartung_knapp{});
  const auto unwrapped = [](std::string s) {
    for (std::size_t at = s.find("\n    "); at != std::string::npos; at = s.find("\n    ")) s.replace(at, 5, " ");
    return s;
  };
  for (const std::string& s : {unwrapped(summary(fit, mean)), joined(forest_plot(fit, mean), "footnote")}) {
    CHECK(has(s, "effect as reported, with its variance: " + e.labels[8] + ", " + e.labels[12]));
    CHECK(has(s, "effect as reported, with its standard error: " + e.labels[5] + ", " + e.labels[9]));
    CHECK(has(s, "effect as reported, standard error from its interval: " + e.labels[6] + ", " + e.labels[10]));
    CHECK(has(s, "effect as reported, standard error from its p-value: " + e.labels[7] + ", " + e.labels[11]));
    CHECK(s.find("all studies") == std::string::npos);
  }
  CHECK_FALSE(summary(random_effects(effect_sizes(bcg(), risk_ratio{}), reml{}), mean).find("as reported") != std::string::npos);
}

TEST_CASE("Bowdish et al. (2023) as printed, risk ratio 0.88 (0.64 to 1.21), pools with trials from counts as its own counts do, but for the rounding") {
  // counts as printed: 42 of 112 and 47 of 110
  const std::vector<binary_trial<>> others{trial("Lanzoni 2021", 1, 12, 7, 12), trial("Dilogo 2021", 10, 20, 16, 20), trial("Monsel 2022", 5, 21, 4, 24)};
  auto counted = others;
  counted.push_back(trial("Bowdish 2023", 42, 112, 47, 110));
  const std::vector<reported<>> printed_ones{{.label = "Bowdish 2023", .estimate = 0.88, .lower = 0.64, .upper = 1.21, .on = stated_on::natural_scale}};
  const auto together = combine(effect_sizes(others, risk_ratio{}), effect_sizes(printed_ones, risk_ratio{}));
  const auto from_print = random_effects(together, reml{}), from_counts = random_effects(effect_sizes(counted, risk_ratio{}), reml{});
  CHECK(std::exp(from_print.estimate) == doctest::Approx(std::exp(from_counts.estimate)).epsilon(0.005));
  CHECK(from_print.se == doctest::Approx(from_counts.se).epsilon(0.01));
  CHECK(has(summary(from_print, infer(from_print, hartung_knapp{.floor = 1.0})), "effect as reported, standard error from its interval: Bowdish 2023"));
  CHECK(describe_sources(effect_sizes(printed_ones, risk_ratio{}).audit) == std::vector<std::string>{"effect as reported, standard error from its interval: Bowdish 2023"});
}

TEST_CASE("where all effects were reported in one way, that is said once") {
  const std::vector<reported<>> studies{{.label = "a", .estimate = 0.1, .se = 0.2}, {.label = "b", .estimate = 0.3, .se = 0.4}, {.label = "c", .estimate = 1}};
  const auto e = effect_sizes(studies, risk_ratio{});
  CHECK(describe_sources(e.audit) == std::vector<std::string>{"effect as reported, with its standard error: all studies"});
  CHECK(describe_sources(effect_sizes(bcg(), risk_ratio{}).audit).empty());
}
