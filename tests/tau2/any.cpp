// SPDX-License-Identifier: BSL-1.0
#include <metapool/tau2/any.hpp>

#include <doctest/doctest.h>

#include <string>
#include <variant>

using namespace metapool;

TEST_CASE("each short name leads to its estimator") {
  const auto name_of = [](const char* code) { return std::visit([](const auto& e) { return std::string(e.name); }, *tau2_from_code(code)); };
  CHECK(name_of("DL") == "DerSimonian-Laird");
  CHECK(name_of("PM") == "Paule-Mandel");
  CHECK(name_of("EB") == "Paule-Mandel");
  CHECK(name_of("REML") == "REML");
  CHECK(name_of("ML") == "ML");
  CHECK(name_of("HE") == "Hedges");
  CHECK(name_of("HS") == "Hunter-Schmidt");
  CHECK(name_of("HSk") == "Hunter-Schmidt corrected");
  CHECK(name_of("SJ") == "Sidik-Jonkman");
  CHECK(name_of("SJ2") == "two-step Sidik-Jonkman");
  CHECK(name_of("SJIT") == "iterated Sidik-Jonkman");
  CHECK(name_of("AREML") == "approximate REML");
  CHECK(name_of("PMM") == "median-unbiased Paule-Mandel");
  CHECK(name_of("GENQ") == "generalised Q");
  CHECK(name_of("GENQM") == "median-unbiased generalised Q");
  CHECK(name_of("DL2") == "two-step DerSimonian-Laird");
  CHECK(name_of("CA2") == "two-step Hedges");
  CHECK(name_of("DLIT") == "iterated DerSimonian-Laird");
  CHECK(name_of("DLb") == "bootstrap DerSimonian-Laird");
  CHECK(name_of("HM") == "Hartung-Makambi");
  CHECK(name_of("B0") == "Rukhin B0");
  CHECK(name_of("BP") == "Rukhin BP");
  CHECK(name_of("BM") == "Bayes modal");
}

TEST_CASE("GENQSE is the generalised Q with weights 1 / standard error") {
  CHECK(std::get<generalized_q>(*tau2_from_code("GENQSE")).weights == moment_weights::inverse_standard_error);
  CHECK(std::get<generalized_q>(*tau2_from_code("GENQ")).weights == moment_weights::inverse_variance);
}

TEST_CASE("a name that is not in the table leads to none") {
  CHECK_FALSE(tau2_from_code("").has_value());
  CHECK_FALSE(tau2_from_code("reml").has_value());
  CHECK_FALSE(tau2_from_code("XX").has_value());
}
