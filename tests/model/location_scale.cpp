// SPDX-License-Identifier: BSL-1.0
#include <metapool/model/location_scale.hpp>

#include <metapool/effect/binary_effects.hpp>
#include <metapool/effect/risk_ratio.hpp>
#include <metapool/model/design_builders.hpp>
#include <metapool/model/random_effects.hpp>
#include <metapool/tau2/maximum_likelihood.hpp>

#include "model/regression_data.hpp"
#include "support/close.hpp"
#include "support/published.hpp"
#include "support/writing_to_learn.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {

/// metafor's searches end within about 1e-7 of the maximum.
constexpr tolerance searched{2e-6, 0, 0, "the reference's own search"};

double se(const location_scale_fit<double>& fit, Eigen::Index j) { return std::sqrt((*fit.alpha_covariance)(j, j)); }

std::vector<double> roots(std::vector<double> x) {
  for (double& value : x) value = std::sqrt(value);
  return x;
}

}  // namespace

TEST_CASE("a scale design of an intercept is the random-effects model, by REML and by ML, by either link") {
  const writing_to_learn d;
  const auto effects = known_effects(d.yi, d.vi);
  const auto one = intercept_only(48);
  const double tau2 = *random_effects(effects).tau2;
  const auto log_link = location_scale(effects, one, one);
  CHECK(close(std::exp(log_link.alpha(0)), tau2, digits10));
  CHECK(close(log_link.log_likelihood, log_likelihood(std::span<const double>(d.yi), std::span<const double>(d.vi), tau2, likelihood_kind::restricted), digits12));
  const auto identity = location_scale(effects, one, one, {.link = scale_link::identity});
  CHECK(close(identity.alpha(0), tau2, digits10));
  const auto ml = location_scale(effects, one, one, {.kind = likelihood_kind::full});
  const double tau2_ml = *random_effects(effects, maximum_likelihood{}).tau2;
  CHECK(close(ml.tau2.front(), tau2_ml, digits10));
  CHECK(close(ml.log_likelihood, log_likelihood(std::span<const double>(d.yi), std::span<const double>(d.vi), tau2_ml, likelihood_kind::full), digits12));
  CHECK(ml.method == "ML");
  CHECK(log_link.convergence.converged);
  CHECK(log_link.convergence.residual < 1e-10);
}

TEST_CASE("a continuous scale moderator: writing to learn by grade, as in metafor") {
  // metafor 3.8, rma(yi, vi, scale = ~ grade), REML and ML, optim's BFGS with reltol 1e-15; published alpha -3.1051, 0.0414 (metafor's own tests)
  const writing_to_learn d;
  const auto effects = known_effects(d.yi, d.vi);
  const auto scale = intercept_only(48) + numeric_term(d.grade, "grade");
  const auto fit = location_scale(effects, intercept_only(48), scale);
  CHECK(close(fit.alpha(0), -3.105130137, searched));
  CHECK(close(fit.alpha(1), 0.04136189444, searched));
  CHECK(close(se(fit, 0), 0.97357742, searched));
  CHECK(close(se(fit, 1), 0.32645458, searched));
  CHECK(close(fit.coefficients(0), 0.2220790564, searched));
  CHECK(close(std::sqrt(fit.covariance(0, 0)), 0.046048363, searched));
  CHECK(close(fit.log_likelihood, -18.4863118, digits8));
  CHECK(close(fit.tau2[0], std::exp(fit.alpha(0) + 4 * fit.alpha(1)), digits12));
  const auto ml = location_scale(effects, intercept_only(48), scale, {.kind = likelihood_kind::full});
  CHECK(close(ml.alpha(0), -3.163865571, searched));
  CHECK(close(ml.alpha(1), 0.04126767415, searched));
  CHECK(close(se(ml, 1), 0.33365174, searched));
  CHECK(close(ml.log_likelihood, -18.25454966, digits8));
}

TEST_CASE("the identity link: writing to learn by grade, as in metafor") {
  // metafor 3.8, link = "identity": alpha 0.04291129, 0.002734422 (constrOptim), log-likelihood -18.48361291
  const writing_to_learn d;
  const auto fit = location_scale(known_effects(d.yi, d.vi), intercept_only(48), intercept_only(48) + numeric_term(d.grade, "grade"), {.link = scale_link::identity});
  CHECK(close(fit.alpha(0), 0.04291129267, searched));
  CHECK(close(fit.alpha(1), 0.002734422461, searched));
  CHECK(close(se(fit, 0), 0.050834321, searched));
  CHECK(close(se(fit, 1), 0.018495272, searched));
  CHECK(close(fit.log_likelihood, -18.48361291, digits8));
}

TEST_CASE("several scale moderators: writing to learn by grade, metacognition and size, as in metafor") {
  // metafor 3.8 and the values printed in metafor's tests: alpha -1.08826, -0.03429, 2.09197, -0.28439; beta 0.11103
  const auto d = with_known_metacognition();
  const auto fit = location_scale(known_effects(d.yi, d.vi), intercept_only(46),
                                  intercept_only(46) + numeric_term(d.grade, "grade") + numeric_term(d.meta, "metacognition") + numeric_term(roots(d.ni), "sqrt(n)"));
  const double alpha[] = {-1.088260948, -0.03429340882, 2.091974785, -0.2843916395};
  const double errors[] = {2.1641404, 0.38752392, 1.0674735, 0.13225601};
  for (Eigen::Index j = 0; j < 4; ++j) {
    CHECK(close(fit.alpha(j), alpha[j], searched));
    CHECK(close(se(fit, j), errors[j], searched));
  }
  CHECK(close(fit.coefficients(0), 0.1110317047, searched));
  CHECK(close(fit.log_likelihood, -13.48073939, digits8));
  CHECK(fit.notes.empty());
}

TEST_CASE("two groups with variances of their own are the two random-effects models") {
  const auto d = with_known_metacognition();
  const auto groups = factor_term(as_levels(d.meta), "metacognition", {.coding = factor_coding::cell_means});
  const auto fit = location_scale(known_effects(d.yi, d.vi), groups, groups);
  std::vector<double> y[2], v[2];
  for (std::size_t i = 0; i < d.size(); ++i) {
    y[static_cast<std::size_t>(d.meta[i])].push_back(d.yi[i]);
    v[static_cast<std::size_t>(d.meta[i])].push_back(d.vi[i]);
  }
  for (Eigen::Index g = 0; g < 2; ++g) {
    const std::size_t level = g == 0 ? 1 : 0;  // the first study has level 1
    const auto alone = random_effects(known_effects(y[level], v[level]));
    CHECK(close(std::exp(fit.alpha(g)), *alone.tau2, digits8));
    CHECK(close(fit.coefficients(g), alone.estimate, digits8));
    CHECK(close(std::sqrt(fit.covariance(g, g)), alone.se, digits8));
  }
}

TEST_CASE("gradient and information of the location-scale likelihood are its derivatives") {
  const auto d = with_known_metacognition();
  const matrix_of<double> x = (intercept_only(46) + numeric_term(d.meta, "m")).x;
  const matrix_of<double> z = (intercept_only(46) + numeric_term(d.grade, "g")).x;
  for (const auto link : {scale_link::log, scale_link::identity}) {
    for (const auto kind : {likelihood_kind::restricted, likelihood_kind::full}) {
      const metapool::detail::location_scale_likelihood<double> f(std::span<const double>(d.yi), std::span<const double>(d.vi), x, z, link, kind);
      vector_of<double> alpha(2);
      alpha << (link == scale_link::log ? -2.5 : 0.05), (link == scale_link::log ? 0.2 : 0.02);
      const double h = 1e-5;
      for (const double barrier : {0.0, 0.3}) {
        if (barrier > 0 && link == scale_link::log) continue;
        const auto at = f.at(alpha, barrier);
        for (Eigen::Index j = 0; j < 2; ++j) {
          vector_of<double> up = alpha, down = alpha;
          up(j) += h;
          down(j) -= h;
          const auto a = f.at(up, barrier), b = f.at(down, barrier);
          CHECK(close(at.gradient(j), (a.log_likelihood - b.log_likelihood) / (2 * h), tolerance{1e-6, 1, 0, "central difference"}));
          for (Eigen::Index i = 0; i < 2; ++i) CHECK(close(at.observed(i, j), -(a.gradient(i) - b.gradient(i)) / (2 * h), tolerance{1e-6, 1, 0, "central difference"}));
        }
      }
    }
  }
}

TEST_CASE("a maximum on the boundary of the identity link is said to be there, and one that runs away with the log link too") {
  // studies of group b agree to within their errors: their variance goes to 0
  const std::vector<double> y{0, 3, -2, 1, 4, 1, 1.01, 0.99, 1, 1.02}, v(10, 0.1);
  const std::vector<std::string> g{"a", "a", "a", "a", "a", "b", "b", "b", "b", "b"};
  const auto groups = factor_term(g, "group", {.coding = factor_coding::cell_means});
  const auto identity = location_scale(known_effects(y, v), intercept_only(10), groups, {.link = scale_link::identity});
  CHECK(identity.convergence.converged);
  CHECK(!identity.alpha_covariance);
  REQUIRE(identity.notes.size() == 1);
  CHECK(contains(identity.notes[0], "the between-study variance of some studies is 0"));
  CHECK(identity.tau2.back() < 1e-6);
  CHECK(identity.tau2.front() > 1);
  const auto log_link = location_scale(known_effects(y, v), intercept_only(10), groups);
  CHECK(!log_link.convergence.converged);
  CHECK(contains(log_link.notes.back(), "no maximum at finite scale coefficients"));
}

TEST_CASE("location-scale models refuse designs that do not fit") {
  const auto effects = known_effects<double>({1, 2, 4, 3}, {1, 1, 1, 1});
  const auto one = intercept_only(4);
  const auto dose = numeric_term(std::vector<double>{1, 2, 3, 4}, "dose");
  CHECK(contains(message_of<input_error>([&] { location_scale(effects, one, intercept_only(5)); }), "5 rows"));
  CHECK(contains(message_of<rank_error>([&] { location_scale(effects, one, one + dose + numeric_term(std::vector<double>{2, 4, 6, 8}, "twice")); }), "rank"));
  CHECK(contains(message_of<not_estimable>([&] { location_scale(known_effects<double>({1, 2}, {1, 1}), intercept_only(2), intercept_only(2) + numeric_term(std::vector<double>{1, 2}, "d")); }), "too few degrees of freedom"));
  CHECK(contains(message_of<input_error>([&] { location_scale(effects, one, numeric_term(std::vector<double>{-1, 1, -1, 1}, "dose"), {.link = scale_link::identity}); }), "needs an intercept"));
}

TEST_CASE("the identity link takes the highest maximum along the boundary: BCG by latitude, against a scan of the two extreme variances") {
  // metafor 3.8: logLik -7.13928898 by ML, alpha -0.026676, 0.0020520 (constrOptim); another maximum, -7.89187, has its zeros at the other end
  const auto latitude = design_of(bcg_latitude(), "latitude");
  const auto effects = effect_sizes(bcg(), risk_ratio{});
  for (const auto kind : {likelihood_kind::full, likelihood_kind::restricted}) {
    const auto fit = location_scale(effects, latitude, latitude, {.kind = kind, .link = scale_link::identity});
    const metapool::detail::location_scale_likelihood<double> f(effects.y, effects.v, latitude.x, latitude.x, scale_link::identity, kind);
    double highest = -1e9;
    for (int i = -1; i < 20; ++i) {
      for (int j = -1; j < 20; ++j) {
        const double a = i < 0 ? 0 : std::pow(10, -4 + i * 0.3), b = j < 0 ? 0 : std::pow(10, -4 + j * 0.3);  // at latitudes 13 and 55
        vector_of<double> alpha(2);
        alpha << a - 13 * (b - a) / 42, (b - a) / 42;
        const auto at = f.at(alpha, 0.0);
        if (at.valid && at.log_likelihood > highest) highest = at.log_likelihood;
      }
    }
    CHECK(fit.log_likelihood >= highest);
    CHECK(fit.log_likelihood < highest + 0.1);
    if (kind == likelihood_kind::full) CHECK(close(fit.log_likelihood, -7.13928898, tolerance{0, 0, 1e-6, "constrOptim at a boundary"}));
  }
}
