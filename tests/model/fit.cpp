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
}

TEST_CASE("an empty fit holds no studies and no tau2") {
  const model_fit<> fit;
  CHECK(fit.k() == 0);
  CHECK_FALSE(fit.tau2.has_value());
  CHECK(fit.convergence.converged);
}
