// SPDX-License-Identifier: BSL-1.0
#include <metapool/bayes/empirical_priors.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace metapool;
using namespace metapool_test;

TEST_CASE("Turner et al. 2015, table IV, as R's bayesmeta has it: the corners and some entries between") {
  const auto is = [](const log_normal_tau2& prior, double mean, double sd) { return prior.mean == mean && prior.sd == sd; };
  CHECK(is(turner(), -2.56, 1.74));
  CHECK(is(turner(binary_outcome::all_cause_mortality, comparison_type::drug_placebo), -3.95, 1.34));
  CHECK(is(turner(binary_outcome::subjective, comparison_type::drug_placebo), -2.70, 1.52));
  CHECK(is(turner(binary_outcome::surgical_or_device_success, comparison_type::drug_placebo), -2.14, 1.74));
  CHECK(is(turner(binary_outcome::withdrawal, comparison_type::drug_drug), -3.23, 1.79));
  CHECK(is(turner(binary_outcome::internal_structure, comparison_type::other_placebo), -2.93, 1.92));
  CHECK(is(turner(binary_outcome::biological_marker, comparison_type::other_drug), -0.74, 1.24));
  CHECK(is(turner(binary_outcome::all_cause_mortality, comparison_type::other_other), -3.50, 1.26));
  CHECK(is(turner(binary_outcome::subjective, comparison_type::other_other), -2.26, 1.45));
}

TEST_CASE("Turner's means are outcome effects plus comparison effects, to the rounding of three numbers, so that a misplaced entry is found") {
  for (int c = 0; c < 5; ++c) {
    for (int o = 0; o < 16; ++o) {
      const auto at = [](int outcome, int comparison) { return turner(static_cast<binary_outcome>(outcome), static_cast<comparison_type>(comparison)).mean; };
      CHECK(std::fabs(at(o, c) - at(o, 0) - at(0, c) + at(0, 0)) < 0.021);
    }
  }
}

TEST_CASE("Rhodes et al. 2015: the corners; all entries but one are outcome effects plus comparison effects") {
  const auto is = [](const log_t_tau2& prior, double location, double scale) { return prior.location == location && prior.scale == scale && prior.df == 5; };
  CHECK(is(rhodes(), -3.44, 2.59));
  CHECK(is(rhodes(continuous_outcome::obstetric, comparison_type::drug_placebo), -4.13, 2.34));
  CHECK(is(rhodes(continuous_outcome::subjective, comparison_type::other_other), -2.62, 2.41));
  CHECK(is(rhodes(continuous_outcome::mental_health, comparison_type::other_drug), -3.85, 1.93));
  CHECK(is(rhodes(continuous_outcome::obstetric, comparison_type::drug_drug, medical_area::respiratory), -6.31, 2.31));
  CHECK(is(rhodes(continuous_outcome::subjective, comparison_type::other_placebo, medical_area::respiratory), -4.52, 2.41));
  int odd = 0;
  for (const medical_area area : {medical_area::other, medical_area::respiratory}) {
    for (int c = 0; c < 5; ++c) {
      for (int o = 0; o < 8; ++o) {
        const auto at = [&](int outcome, int comparison) {
          return rhodes(static_cast<continuous_outcome>(outcome), static_cast<comparison_type>(comparison), area).location;
        };
        odd += std::fabs(at(o, c) - at(o, 0) - at(0, c) + at(0, 0)) > 0.021;
      }
    }
  }
  CHECK(odd == 3);  // one column stands for three comparisons
}

TEST_CASE("values outside the enumerations are refused") {
  CHECK_THROWS_AS(turner(static_cast<binary_outcome>(16), comparison_type::drug_drug), input_error);
  CHECK_THROWS_AS(turner(binary_outcome::pain, static_cast<comparison_type>(5)), input_error);
  CHECK_THROWS_AS(rhodes(static_cast<continuous_outcome>(8), comparison_type::drug_drug), input_error);
  CHECK_THROWS_AS(rhodes(continuous_outcome::obstetric, comparison_type::drug_drug, static_cast<medical_area>(2)), input_error);
}
