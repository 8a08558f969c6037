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
}

TEST_CASE("a name that is not in the table leads to none") {
  CHECK_FALSE(tau2_from_code("").has_value());
  CHECK_FALSE(tau2_from_code("reml").has_value());
  CHECK_FALSE(tau2_from_code("XX").has_value());
}
