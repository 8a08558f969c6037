// SPDX-License-Identifier: BSL-1.0
#include <metapool/model/fit.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace metapool;

TEST_CASE("each model has its name in running text") {
  CHECK(std::string(name(model::common_effect)) == "common effect");
  CHECK(std::string(name(model::mantel_haenszel)) == "Mantel-Haenszel");
  CHECK(std::string(name(model::peto)) == "Peto");
  CHECK(std::string(name(model::random_effects)) == "random effects");
  CHECK(std::string(name(model::ivhet)) == "IVhet");
  CHECK(std::string(name(model::quality_effects)) == "quality effects");
  CHECK(std::string(name(model::unrestricted_weighted_least_squares)) == "unrestricted weighted least squares");
}

TEST_CASE("common-effect and random-effects fits weigh by inverse variance, and those that allow for tau2 estimate one") {
  for (const model m : {model::common_effect, model::random_effects}) CHECK(weighs_by_inverse_variance(m));
  for (const model m : {model::mantel_haenszel, model::peto, model::ivhet, model::quality_effects, model::unrestricted_weighted_least_squares}) {
    CHECK_FALSE(weighs_by_inverse_variance(m));
  }
  for (const model m : {model::random_effects, model::ivhet, model::quality_effects}) CHECK(has_between_study_variance(m));
  for (const model m : {model::common_effect, model::mantel_haenszel, model::peto, model::unrestricted_weighted_least_squares}) {
    CHECK_FALSE(has_between_study_variance(m));
  }
}

TEST_CASE("an empty fit holds no studies and no tau2") {
  const model_fit<> fit;
  CHECK(fit.k() == 0);
  CHECK_FALSE(fit.tau2.has_value());
  CHECK(fit.convergence.converged);
}
