// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/kenward_roger.hpp>

#include <metapool/effect/odds_ratio.hpp>
#include <metapool/inference/wald.hpp>
#include <metapool/model/common_effect.hpp>
#include <metapool/model/mantel_haenszel.hpp>
#include <metapool/model/random_effects.hpp>

#include "support/close.hpp"
#include "support/dense.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {

/// Kenward and Roger (1997) as printed, for one coefficient: Phi_A = Phi + 2 Phi (W (Q - P Phi P)) Phi, by matrices.
struct dense_answer {
  double variance{}, df_corrected{}, df_classical{};
};

dense_answer dense_kenward_roger(const model_fit<double>& fit, bool observed) {
  const std::vector<double>&y = fit.data.y, &v = fit.data.v;
  double w = 0, p = 0, q = 0;  // X'S^-1 X, -P, Q
  for (const double x : v) {
    const double u = 1 / (x + *fit.tau2);
    w += u;
    p += u * u;
    q += u * u * u;
  }
  const auto projection = metapool_test::projection(v, *fit.tau2);
  const auto squared = product(projection, projection);
  double information = trace(squared) / 2;
  if (observed) information = quadratic_form(y, product(squared, projection)) - information;
  const double phi = 1 / w;
  dense_answer a;
  a.variance = phi + 2 * phi * ((q - p * phi * p) / information) * phi;
  a.df_corrected = 2 * information / std::pow(a.variance * p, 2);
  a.df_classical = 2 / (std::pow(p / w, 2) / information);  // 2 / A1
  return a;
}

}  // namespace

TEST_CASE("Kenward-Roger on the BCG trials is meta's method.random.ci = \"KR\"") {
  const auto r = kenward_roger{}(random_effects(effect_sizes(bcg(), odds_ratio{})));
  CHECK(close(r.se, 0.187782338498386, reference));
  CHECK(close(r.lower, -1.16057184009656, reference));
  CHECK(close(r.upper, -0.329783701590833, reference));
  CHECK(close(r.p, 0.00238142520671996, reference));
  CHECK(r.method == "Kenward-Roger");
  CHECK(r.state == interval_state::regular);
}

TEST_CASE("Kenward-Roger is the published matrix formula, with either information and either degrees of freedom") {
  const auto fit = random_effects(known_effects<double>({0.1, 0.5, -0.3, 0.9, 0.2, 1.4}, {0.04, 0.09, 0.02, 0.3, 0.11, 0.05}));
  REQUIRE(*fit.tau2 > 0);
  for (const auto information : {kr_information::expected, kr_information::observed}) {
    const dense_answer dense = dense_kenward_roger(fit, information == kr_information::observed);
    const auto r = kenward_roger{.information = information}(fit);
    CHECK(close(r.se, std::sqrt(dense.variance), digits12));
    CHECK(close(*r.df, dense.df_corrected, digits12));
    const auto c = kenward_roger{.information = information, .degrees = kr_degrees::classical}(fit);
    CHECK(close(c.se, std::sqrt(dense.variance), digits12));
    CHECK(close(*c.df, dense.df_classical, digits12));
  }
}

TEST_CASE("with equal variances Kenward-Roger is Wald's t, with expected information") {
  const auto fit = random_effects(known_effects<double>({1, 4, 2, 9, 3}, {2, 2, 2, 2, 2}));
  const auto r = kenward_roger{}(fit);
  const auto t = wald_t{}(fit);
  CHECK(close(*r.df, 4.0, digits14));
  CHECK(close(r.se, t.se, digits14));
  CHECK(close(r.upper, t.upper, digits12));
  // the observed information at an inner maximum of the restricted likelihood is the expected one if variances are equal
  CHECK(close(*kenward_roger{.information = kr_information::observed}(fit).df, 4.0, digits12));
}

TEST_CASE("two studies have a Kenward-Roger interval, and its standard error is never below the classical one") {
  const auto fit = random_effects(known_effects<double>({0.5, 1.5}, {0.04, 0.25}));
  const auto r = kenward_roger{}(fit);
  const dense_answer dense = dense_kenward_roger(fit, false);
  CHECK(close(r.se, std::sqrt(dense.variance), digits12));
  CHECK(close(*r.df, dense.df_corrected, digits12));
  CHECK(r.se >= fit.se);
}

TEST_CASE("Kenward-Roger goes on at tau2 = 0, equal effects and variances over 16 decades") {
  const auto equal = kenward_roger{}(random_effects(known_effects<double>({0.5, 0.5, 0.5}, {0.04, 0.09, 0.06})));
  CHECK(equal.se > 0.1);
  CHECK(close(equal.estimate, 0.5, digits14));
  // the precise study has all but 1e-16 of the weight: df so small that no double holds the interval
  const auto r = kenward_roger{}(random_effects(known_effects<double>({1, 1.1, 0.9, 1.2}, {1e-8, 1, 1e8, 1e4})));
  CHECK(r.state == interval_state::unbounded);
  CHECK(r.lower == -std::numeric_limits<double>::infinity());
  CHECK(r.upper == std::numeric_limits<double>::infinity());
  CHECK(r.notes.size() == 1);
  CHECK(r.p > 0.9);
  CHECK(r.p <= 1);
}

TEST_CASE("Kenward-Roger's contract") {
  const auto fit = random_effects(known_effects<double>({0.1, 0.5, -0.3, 0.9}, {0.04, 0.09, 0.02, 0.3}));
  CHECK_THROWS_AS(kenward_roger{.level = 1.0}(fit), input_error);
  CHECK_THROWS_AS(kenward_roger{.level = 0.0}(fit), input_error);
  CHECK(kenward_roger{.level = 1 - 1e-12}(fit).upper > kenward_roger{.level = 0.99}(fit).upper);
  CHECK(kenward_roger{.level = 1e-12}(fit).upper > fit.estimate);
  CHECK(contains(message_of<input_error>([&] { kenward_roger{}(common_effect(fit.data)); }), "random-effects"));
  CHECK_THROWS_AS(kenward_roger{}(mantel_haenszel(bcg(), odds_ratio{})), input_error);
  CHECK(contains(message_of<not_estimable>([] { kenward_roger{}(random_effects(known_effects<double>({0.3}, {0.1}))); }), "one study"));
  // far below its expected spread the restricted likelihood is not concave at tau2 = 0
  const auto homogeneous = random_effects(known_effects<double>({0.5, 0.5, 0.5}, {0.04, 0.09, 0.06}));
  CHECK(contains(message_of<not_estimable>([&] { kenward_roger{.information = kr_information::observed}(homogeneous); }), "kr_information::expected"));
}
