// SPDX-License-Identifier: BSL-1.0
// Trial sequential analysis as printed: the introductions to R's RTSA 0.2 (Soerensen, Olsen, Lange & Gluud 2023), the Copenhagen Trial Unit's own.
#include <metapool/sensitivity/information_size.hpp>
#include <metapool/sensitivity/sequential_boundaries.hpp>

#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {

/// Whole patients, as many in either arm: how that program rounds.
double in_two_arms(double patients) { return 2 * std::ceil(patients / 2); }

}  // namespace

TEST_CASE("required information sizes: RTSA, calculating required sample size and required number of trials") {
  // risk ratio 0.9 from 10 %, power 90 % and 80 %
  CHECK(in_two_arms(required_information_size(0.1, 0.09, {.beta = 0.1}).patients) == 36136);
  CHECK(in_two_arms(required_information_size(0.1, 0.09).patients) == 26994);
  // from 20 %, power 80 %; diversity 30 %, inconsistency 20 %
  const auto size = required_information_size(0.2, 0.18);
  CHECK(in_two_arms(size.patients) == 12080);
  CHECK(in_two_arms(for_diversity(size, 0.3).patients) == 17258);
  CHECK(in_two_arms(for_diversity(size, 0.2).patients) == 15100);
  // a difference of half a standard deviation, power 90 %
  CHECK(in_two_arms(required_information_size_means(0.5, 1.0, {.beta = 0.1}).patients) == 170);
}

TEST_CASE("with tau2 = 0.05 a risk ratio of 0.9 needs 36 trials or more: RTSA, the same") {
  // The logarithm of the ratio takes the place of the difference; the sizes that it prints for 36 trials need its own variance of a trial, but the least number does not.
  const auto size = required_information_size_means(std::log(0.9), 1.0);
  CHECK(contains(message_of<not_estimable>([&] { for_tau2(size, 0.05, 35); }), "more than 35 trials"));
  CHECK(for_tau2(size, 0.05, 36).patients > 0);
}

TEST_CASE("three looks at 50, 75 and 100 %: RTSA, prospective and retrospective sequential meta-analysis") {
  // mean difference of 0.5, standard deviation 1, alpha 5 %, power 90 %, spending like O'Brien and Fleming
  const std::vector<double> looks{0.5, 0.75, 1};
  const auto plan = sequential_boundaries(looks, sequential_plan<>{.beta = 0.1});
  const std::vector<double> upper{2.963, 2.359, 2.014}, timing{0.509, 0.764, 1.018};
  REQUIRE(plan.inflation);
  for (std::size_t j = 0; j < 3; ++j) {
    CHECK(close(plan.looks[j].upper, upper[j], printed(3)));
    CHECK(close(plan.looks[j].lower, -upper[j], printed(3)));
    CHECK(close(*plan.inflation * looks[j], timing[j], printed(3)));
  }
  const double patients = required_information_size_means(0.5, 1.0, {.beta = 0.1}).patients;
  CHECK(in_two_arms(170 * *plan.inflation) == 174);  // from the rounded 170; unrounded it would be 172
  CHECK(in_two_arms(patients * *plan.inflation) == 172);
}
