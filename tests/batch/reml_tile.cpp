// SPDX-License-Identifier: BSL-1.0
#include <metapool/batch/reml_tile.hpp>

#include "batch/kinds_of_columns.hpp"

#include <doctest/doctest.h>


namespace mp = metapool;
using metapool_test::check_random_effects;

TEST_CASE("the batch's REML is that of one meta-analysis at a time, in every kind of column") {
  check_random_effects<double>(mp::reml{}, 9, 150, 4, 30, 64);
  check_random_effects<double>(mp::reml{}, 3, 150, 5, 3000, 64);
}
