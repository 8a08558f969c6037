// SPDX-License-Identifier: BSL-1.0
#include <metapool/batch/block.hpp>

#include "batch/kinds_of_columns.hpp"

#include <doctest/doctest.h>


namespace mp = metapool;
using metapool_test::check_random_effects;

TEST_CASE_TEMPLATE("the batch's DerSimonian-Laird is that of one meta-analysis at a time to the last bit, in every kind of column", Real, double, float) {
  check_random_effects<Real>(mp::dersimonian_laird{}, 9, 150, 1, 30, 0);
  check_random_effects<Real>(mp::dersimonian_laird{}, 2, 60, 2, 1000, 0);
}
