// SPDX-License-Identifier: BSL-1.0
#include <metapool/tau2/bayes_modal.hpp>

#include "support/bcg_effects.hpp"
#include "support/close.hpp"
#include "support/wild_sets.hpp"

#include <metapool/tau2/maximum_likelihood.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <span>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {
template <class Estimator, class Real>
tau2_estimate<Real> fit(const Estimator& estimator, const std::vector<Real>& y, const std::vector<Real>& v) {
  return estimator(std::span<const Real>(y), std::span<const Real>(v));
}
}  // namespace

TEST_CASE("the Bayes modal tau2 of equal variances and equal effects is v / (k - 1): never 0") {
  // score k / (v + t) = 1 / t
  CHECK(close(fit<bayes_modal, double>({}, {3, 3, 3, 3}, {6, 6, 6, 6}).tau2, 2.0, digits14));
  CHECK(close(fit<bayes_modal, double>({.likelihood = likelihood_kind::restricted}, {3, 3, 3, 3}, {6, 6, 6, 6}).tau2, 3.0, digits14));
}

TEST_CASE("the Bayes modal tau2 of equal variances is the root of a quadratic") {
  // S / (v + t)^2 + 1 / t = n / (v + t): S t + (v + t)^2 = n t (v + t)
  const double s = 38, v = 2;
  for (const double n : {4.0, 3.0}) {
    const double a = n - 1, b = n * v - 2 * v - s, c = -v * v;
    const double root = (-b + std::sqrt(b * b - 4 * a * c)) / (2 * a);
    const bayes_modal method{.likelihood = n == 4 ? likelihood_kind::full : likelihood_kind::restricted};
    CHECK(close(fit<bayes_modal, double>(method, {1, 4, 2, 9}, {v, v, v, v}).tau2, root, digits14));
  }
}

TEST_CASE("the Bayes modal tau2 is higher than maximum likelihood's, and a rate draws it down") {
  const double t = estimate_bcg(bayes_modal{}).tau2;
  CHECK(t > estimate_bcg(maximum_likelihood{}).tau2);
  const double drawn = estimate_bcg(bayes_modal{.likelihood = likelihood_kind::full, .rate = 2}).tau2;
  CHECK(drawn < t);
  // its score in tau2
  const auto& d = bcg_effects();
  const auto p = metapool::detail::score_at(metapool::detail::mean_problem<double>(d.y, d.v), drawn, likelihood_kind::full);
  CHECK(close(p.a + 1 / drawn, p.g + 2 / std::sqrt(drawn), digits12));
  CHECK(close(estimate_bcg(bayes_modal{.likelihood = likelihood_kind::full, .rate = 1e-4}).tau2, t, digits5));
}

TEST_CASE("the Bayes modal tau2 reports every maximum") {
  const wild_set s = ladder(3);
  const auto e = fit(bayes_modal{}, s.y, s.v);
  REQUIRE(e.maxima.size() > 1);
  const metapool::detail::mean_problem<double> problem(s.y, s.v);
  const metapool::detail::bayes_modal_objective<metapool::detail::mean_problem<double>> objective(problem, likelihood_kind::full, 0.0);
  for (const double t : e.maxima) {
    CHECK(objective.value(t) <= objective.value(e.tau2));
    CHECK(objective.value(t) >= objective.value(t * 1.001));
    CHECK(objective.value(t) >= objective.value(t * 0.999));
  }
}

TEST_CASE("the Bayes modal method refuses what has no maximum") {
  CHECK(fit<bayes_modal, double>({}, {1, 5}, {2, 4}).tau2 > 0);
  CHECK(contains(message_of<input_error>([] { fit<bayes_modal, double>({.likelihood = likelihood_kind::restricted}, {1, 5}, {2, 4}); }),
                 "Bayes modal: with the restricted likelihood at least two studies more than coefficients are needed"));
  CHECK(message_of<input_error>([] { estimate_bcg(bayes_modal{.likelihood = likelihood_kind::full, .rate = -1}); }) ==
        "Bayes modal: rate = -1 must be finite and not negative");
}

TEST_CASE("the slopes by which the Bayes modal search proves its brackets are those of its two sides") {
  const std::vector<double> y{1, 4, 2, 9}, v{0.5, 1, 3, 0.25};
  const metapool::detail::mean_problem<double> problem(y, v);
  for (const auto kind : {likelihood_kind::full, likelihood_kind::restricted}) {
    const metapool::detail::bayes_modal_objective<metapool::detail::mean_problem<double>> objective(problem, kind, 0.7);
    for (const double t : {0.1, 1.0, 20.0}) {
      const double h = 1e-5 * t;
      const auto at = objective.score(t), right = objective.score(t + h), left = objective.score(t - h);
      CHECK(close(at.da, (left.a - right.a) / (2 * h), digits6));
      CHECK(close(at.dg, (left.g - right.g) / (2 * h), digits6));
      CHECK(close(at.value(), (objective.value(t + h) - objective.value(t - h)) / h, digits6));  // twice the score
    }
  }
}
