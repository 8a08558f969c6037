// SPDX-License-Identifier: BSL-1.0
// The models in float and long double against double.
#include "api/model_numbers.hpp"
#include "support/close.hpp"

#include <doctest/doctest.h>

#include <cstddef>

using namespace metapool_test;

TEST_CASE("the models give 12 digits of long double in double, and 3 in float") {
  for (bool sparse : {false, true}) {
    CAPTURE(sparse);
    const auto oracle = model_numbers(sparse ? msc<long double>() : bcg<long double>());
    const auto in_double = model_numbers(sparse ? msc() : bcg());
    const auto in_float = model_numbers(sparse ? msc<float>() : bcg<float>());
    REQUIRE(in_double.size() == oracle.size());
    REQUIRE(in_float.size() == oracle.size());
    for (std::size_t i = 0; i < oracle.size(); ++i) {
      CAPTURE(i);
      CHECK(close(in_double[i], static_cast<double>(oracle[i]), digits12));
      CHECK(close(in_float[i], static_cast<float>(oracle[i]), {3e-4, 1e-3, 0, "float has seven digits, and tables hold 88391 patients"}));
    }
  }
}
