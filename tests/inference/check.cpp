// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/check.hpp>

#include "support/published.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace metapool;
using namespace metapool_test;

TEST_CASE("a fit is fit for inference if it holds studies, has converged and the level is a probability") {
  model_fit<double> fit;
  CHECK(message_of<input_error>([&] { metapool::detail::check_fit("f", fit, 0.95); }) == "f: the fit is empty; it must come from a model");
  fit.data = known_effects<double>({1, 2}, {1, 1}, {"a", "b"});
  metapool::detail::check_fit("f", fit, 0.95);
  CHECK(contains(message_of<input_error>([&] { metapool::detail::check_fit("f", fit, 95); }), "f: level = 95"));
  fit.convergence.converged = false;
  fit.convergence.iterations = 7;
  fit.method = "REML";
  CHECK(contains(message_of<convergence_error>([&] { metapool::detail::check_fit("f", fit, 0.95); }), "f: the fit by REML did not converge (7 iterations)"));
  metapool::detail::check_fit("f", fit, 0.95, true);
  CHECK(message_of<not_estimable>([&] { metapool::detail::check_two_studies("f", fit); }) == "f: one study ('a') leaves no degrees of freedom; use wald_z");
  fit.df = 1;
  metapool::detail::check_two_studies("f", fit);
}

TEST_CASE("a method for inverse-variance weights refuses fits with other weights by their name") {
  model_fit<double> fit;
  fit.data = known_effects<double>({1, 2}, {1, 1});
  for (const model m : {model::common_effect, model::random_effects}) {
    fit.model = m;
    metapool::detail::check_inverse_variance("f", fit);
  }
  for (const model m : {model::mantel_haenszel, model::peto, model::ivhet, model::quality_effects, model::unrestricted_weighted_least_squares}) {
    fit.model = m;
    CHECK(message_of<input_error>([&] { metapool::detail::check_inverse_variance("f", fit); }) ==
          std::string("f: needs an inverse-variance fit (common_effect or random_effects), and this one is by ") + name(m));
  }
}
