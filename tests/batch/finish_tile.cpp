// SPDX-License-Identifier: BSL-1.0
#include <metapool/batch/finish_tile.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <vector>

namespace mp = metapool;

TEST_CASE_TEMPLATE("columns are copied whole and nothing beside them is written, through the caches and past them, from any place on", Real, double, float, long double) {
  for (bool past_caches : {false, true}) {
    for (std::size_t from = 0; from < 9; ++from) {
      for (std::size_t begin = 0; begin < 9; ++begin) {
        for (std::size_t n = 0; n < 40; ++n) {
          std::vector<Real> x(60), y(60, Real(-1));
          for (std::size_t i = 0; i < x.size(); ++i) x[i] = Real(i);
          mp::detail::copy_columns(y.data() + begin, x.data() + from, n, past_caches);
          mp::detail::fence_columns();
          std::size_t wrong = 0;
          for (std::size_t i = 0; i < y.size(); ++i) wrong += y[i] != (i >= begin && i < begin + n ? x[from + i - begin] : Real(-1));
          REQUIRE(wrong == 0);
        }
      }
    }
  }
}
