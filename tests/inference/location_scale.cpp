// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/location_scale.hpp>

#include <metapool/model/design_builders.hpp>

#include "support/close.hpp"
#include "support/published.hpp"
#include "support/writing_to_learn.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {
constexpr tolerance searched{2e-6, 0, 0, "the reference's own search"};
}

TEST_CASE("tests of location and scale coefficients by t and F are metafor's") {
  // metafor 3.8, rma(yi, vi, mods = ~ meta, scale = ~ meta, test = "t"): QM 7.765232, p 0.007831607; QS 1.421117, p 0.2396095
  const auto d = with_known_metacognition();
  const auto both = intercept_only(46) + numeric_term(d.meta, "metacognition");
  const auto fit = location_scale(known_effects(d.yi, d.vi), both, both);
  const auto location = infer_location(fit, location_scale_test::t);
  REQUIRE(location.moderators);
  CHECK(close(location.moderators->statistic, 7.765232, searched));
  CHECK(close(location.moderators->p, 0.007831607, searched));
  CHECK(*location.moderators->df2 == 44.0);
  CHECK(close(location.se[1], 0.10052253, searched));
  const auto scale = infer_scale(fit, location_scale_test::t);
  REQUIRE(scale.moderators);
  CHECK(close(scale.moderators->statistic, 1.421117, searched));
  CHECK(close(scale.moderators->p, 0.2396095, searched));
  CHECK(close(scale.estimate[1], 2.82130097, searched));
  CHECK(close(scale.se[1], 2.3666523, searched));
  CHECK(scale.names[1] == "metacognition");
  CHECK(scale.method == "Wald t");
}

TEST_CASE("Wald tests by z and chi-squared, and the likelihood-ratio test of all scale moderators, are metafor's") {
  // metafor's tests print LRT 3.146726, p 0.6773767, df 5; metafor 3.8: QM 22.30518, QS 2.564421 with p 0.7667635
  const auto d = with_known_metacognition();
  std::vector<double> root;
  for (const double n : d.ni) root.push_back(std::sqrt(n));
  const auto effects = known_effects(d.yi, d.vi);
  const auto all = intercept_only(46) + factor_term(as_levels(d.grade), "grade", {.reference = "1"}) + numeric_term(d.meta, "metacognition") + numeric_term(root, "sqrt(n)");
  const auto larger = location_scale(effects, all, all);
  const auto smaller = location_scale(effects, all, intercept_only(46));
  const auto test = likelihood_ratio(larger, smaller);
  CHECK(close(test.statistic, 3.146726, printed(6)));
  CHECK(close(test.p, 0.6773767, printed(6)));
  CHECK(test.df == 5);
  CHECK(close(infer_location(larger).moderators->statistic, 22.30518, searched));
  CHECK(close(infer_scale(larger).moderators->statistic, 2.564421, searched));
  CHECK(close(infer_scale(larger).moderators->p, 0.7667635, searched));
  // of the grades alone: QS 2.030225, p 0.5661571 (metafor's anova with att = 2:4)
  const auto grades = test_coefficients(infer_scale(larger), larger.scale.terms[0]);
  CHECK(close(grades.statistic, 2.030225, searched));
  CHECK(close(grades.p, 0.5661571, searched));
}

TEST_CASE("the likelihood-ratio test of location-scale models refuses fits that cannot be compared") {
  const auto d = with_known_metacognition();
  const auto effects = known_effects(d.yi, d.vi);
  const auto one = intercept_only(46);
  const auto meta = one + numeric_term(d.meta, "metacognition");
  const auto grade = one + numeric_term(d.grade, "grade");
  const auto base = location_scale(effects, one, one);
  const auto scale = location_scale(effects, one, meta);
  const auto moved = location_scale(effects, meta, meta);
  CHECK(contains(message_of<input_error>([&] { likelihood_ratio(base, scale); }), "more coefficients"));
  CHECK(contains(message_of<input_error>([&] { likelihood_ratio(moved, scale); }), "restricted likelihoods of different location designs"));
  CHECK(contains(message_of<input_error>([&] { likelihood_ratio(moved, location_scale(effects, grade, one)); }), "not nested"));
  CHECK(contains(message_of<input_error>([&] { likelihood_ratio(scale, location_scale(effects, one, one, {.kind = likelihood_kind::full})); }), "REML"));
  CHECK(contains(message_of<input_error>([&] { likelihood_ratio(scale, location_scale(effects, one, one, {.link = scale_link::identity})); }), "links"));
  auto other = base;
  other.data.y[0] += 1;
  CHECK(contains(message_of<input_error>([&] { likelihood_ratio(scale, other); }), "different effects"));
  auto bad = scale;
  bad.convergence.converged = false;
  CHECK_THROWS_AS(likelihood_ratio(bad, base), convergence_error);
  CHECK_THROWS_AS(infer_scale(bad), convergence_error);
  auto boundary = scale;
  boundary.alpha_covariance.reset();
  CHECK_THROWS_AS(infer_scale(boundary), not_estimable);
  CHECK_THROWS_AS(infer_location(scale, location_scale_test::z, 95), input_error);
}
