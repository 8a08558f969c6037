// SPDX-License-Identifier: BSL-1.0
// The contract that all estimators share.
#include <metapool/tau2/any.hpp>

#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <span>
#include <string>
#include <variant>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {

struct not_an_estimator {
  static constexpr const char* name = "none";
};

/// The messages of all estimators on the same input, each with its own name taken off.
std::string refusal(const std::vector<double>& y, const std::vector<double>& v) {
  std::string first;
  for (const auto& entry : tau2_codes) {
    std::visit(
        [&](const auto& estimator) {
          const std::string m = message_of<input_error>([&] { estimator(std::span<const double>(y), std::span<const double>(v)); });
          const std::string prefix = std::string(estimator.name) + ": ";
          CHECK(m.substr(0, prefix.size()) == prefix);
          const std::string rest = m.size() > prefix.size() ? m.substr(prefix.size()) : m;
          if (first.empty()) first = rest;
          CHECK(rest == first);
        },
        entry.second);
  }
  return first;
}

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TEST_CASE("the estimators meet their concept, and what has no call does not") {
  static_assert(tau2_estimator<reml> && tau2_estimator<paule_mandel, float> && tau2_estimator<dersimonian_laird, long double>);
  static_assert(tau2_estimator<maximum_likelihood> && tau2_estimator<dersimonian_laird_around<double>>);
  static_assert(tau2_estimator<hedges> && tau2_estimator<generalized_q_with<long double>, long double> && tau2_estimator<bayes_modal, float>);
  static_assert(!tau2_estimator<not_an_estimator>);
  CHECK(std::string(not_an_estimator::name) == "none");
}

TEST_CASE("every estimator refuses input outside its contract, naming itself, the study, the value and the rule") {
  CHECK(refusal({1, 2, 3}, {1, 1}) == "y and v differ in size");
  CHECK(refusal({}, {}) == "k = 0: at least two studies are needed for a between-study variance");
  CHECK(refusal({1}, {1}) == "k = 1: at least two studies are needed for a between-study variance");
  CHECK(refusal({1, not_a_number}, {1, 1}) == "study '2': y = nan must be a finite number");
  CHECK(refusal({infinity, 1}, {1, 1}) == "study '1': y = inf must be a finite number");
  CHECK(refusal({1, 2}, {1, 0}) == "study '2': v = 0 must be finite and positive");
  CHECK(refusal({1, 2}, {-1, 1}) == "study '1': v = -1 must be finite and positive");
  CHECK(refusal({1, 2}, {1, not_a_number}) == "study '2': v = nan must be finite and positive");
  CHECK(refusal({1, 2}, {1, infinity}) == "study '2': v = inf must be finite and positive");
}

TEST_CASE("every estimator refuses numbers whose powers leave the number type, instead of answering with infinity") {
  CHECK(contains(refusal({1, 2}, {1e-104, 1}), "study '1': v = 1e-104 is out of the range whose cube this number type can hold"));
  CHECK(contains(refusal({1, 2}, {1, 1e103}), "study '2': v = 1e+103 is out of the range"));
  CHECK(contains(refusal({0, 1e160}, {1, 1}), "study '2': y = 1e+160 is too far from the first study's y"));
  CHECK(contains(refusal({0, 1e10}, {1e-100, 1}), "study '2': y = 1e+10 is too far"));
  CHECK(contains(refusal({0, 1e10}, {1, 1e-100}), "study '2': y = 1e+10 is too far"));  // whichever study is the most precise
  CHECK(contains(refusal({-1.7e308, 1.7e308}, {1, 1}), "study '2': y = 1.7e+308 is too far"));
  const std::vector<float> y{0, 1e4f}, v{1e-12f, 1};
  CHECK(contains(message_of<input_error>([&] { reml{}(std::span<const float>(y), std::span<const float>(v)); }), "REML: study '2': y = 10000 is too far"));
}

TEST_CASE("every estimator but the Bayes modal one gives 0 for equal effects, of two studies too") {
  const std::vector<double> y{0.7, 0.7, 0.7}, v{1e-8, 1, 1e8};
  for (const auto& entry : tau2_codes) {
    const std::string code(entry.first);
    CAPTURE(code);
    const bool zero = code != "BM";
    std::visit(
        [&](const auto& estimator) {
          CHECK((estimator(std::span<const double>(y), std::span<const double>(v)).tau2 == 0.0) == zero);
          CHECK((estimator(std::span<const double>(y).first(2), std::span<const double>(v).first(2)).tau2 == 0.0) == zero);
        },
        entry.second);
  }
}

TEST_CASE("every estimator of two studies of equal precision: where the effects differ by chance only, and where they do not") {
  // y = +-d/2, v = 1: Q = d^2 / 2, and all moment estimators, PM and REML are max(0, d^2 / 2 - 1)
  const std::vector<double> v{1, 1}, near{-0.5, 0.5}, far{-2, 2};
  for (const auto& entry : tau2_codes) {
    const std::string code(entry.first);
    CAPTURE(code);
    std::visit(
        [&](const auto& estimator) {
          const double a = estimator(std::span<const double>(near), std::span<const double>(v)).tau2;
          const double b = estimator(std::span<const double>(far), std::span<const double>(v)).tau2;
          CHECK(b > a);
          const bool positive = code == "SJ" || code == "SJ2" || code == "HM" || code == "BP" || code == "BM" || code == "PMM" || code == "GENQM";
          CHECK((a > 0) == positive);
          const bool standard = !positive && code != "HS" && code != "ML" && code != "B0" && code != "DLb";
          if (standard) CHECK(close(b, 7.0, digits14));
        },
        entry.second);
  }
}
