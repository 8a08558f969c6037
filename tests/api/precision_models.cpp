// SPDX-License-Identifier: BSL-1.0
// The models in 50 digits, the oracle of double.
#include "api/model_numbers.hpp"
#include "support/close.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <doctest/doctest.h>

#include <cstddef>

using namespace metapool_test;
using wide = boost::multiprecision::cpp_bin_float_50;

TEST_CASE("the models give 12 digits of 50-digit arithmetic in double") {
  for (bool sparse : {false, true}) {
    CAPTURE(sparse);
    const auto oracle = model_numbers(sparse ? msc<wide>() : bcg<wide>());
    const auto in_double = model_numbers(sparse ? msc() : bcg());
    REQUIRE(in_double.size() == oracle.size());
    for (std::size_t i = 0; i < oracle.size(); ++i) {
      CAPTURE(i);
      CHECK(close(in_double[i], static_cast<double>(oracle[i]), digits12));
    }
  }
}
