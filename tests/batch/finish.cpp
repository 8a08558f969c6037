// SPDX-License-Identifier: BSL-1.0
#include <metapool/batch/finish.hpp>

#include <metapool/tau2/hedges.hpp>

#include "batch/kinds_of_columns.hpp"

#include <doctest/doctest.h>


namespace mp = metapool;
using metapool_test::check_random_effects;

TEST_CASE("float's REML is that of one meta-analysis at a time, in every kind of column") {
  check_random_effects<float>(mp::reml{}, 6, 60, 6, 10, 16);
}

TEST_CASE("an estimator that the lanes do not know is called column by column, and long double has no vectors") {
  check_random_effects<double>(mp::hedges{}, 5, 30, 7, 10, 0);
  check_random_effects<long double>(mp::dersimonian_laird{}, 5, 30, 8, 10, 0);
}
