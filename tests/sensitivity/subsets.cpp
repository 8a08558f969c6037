// SPDX-License-Identifier: BSL-1.0
#include <metapool/sensitivity/subsets.hpp>

#include <doctest/doctest.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

namespace mp = metapool;
using family = mp::detail::subset_family<>;

TEST_CASE("the subsets of at least so many studies are counted, numbered and stepped through as by brute force") {
  for (std::size_t k = 1; k <= 9; ++k) {
    for (std::size_t minimum = 1; minimum <= k; ++minimum) {
      const family f(k, minimum);
      std::vector<mp::study_mask> all;
      for (mp::study_mask m = 0; m < mp::study_mask(1) << k; ++m) {
        if (static_cast<std::size_t>(std::popcount(m)) >= minimum) all.push_back(m);
      }
      REQUIRE(f.count() == all.size());
      bool same = f.first_from(0) == all.front();
      for (std::size_t i = 0; i < all.size(); ++i) {
        same = same && f.at(i) == all[i];
        if (i > 0) same = same && f.first_from(all[i - 1] + 1) == all[i];
      }
      CHECK(same);
    }
  }
}

TEST_CASE("subsets of 64 studies are numbered to the last") {
  const family all(64, 1), most(64, 62);
  CHECK(all.count() == ~std::uint64_t(0));
  CHECK(all.at(0) == 1);
  CHECK(all.at(all.count() - 1) == ~std::uint64_t(0));
  CHECK(most.count() == 64 * 63 / 2 + 64 + 1);
  CHECK(most.at(most.count() - 1) == ~std::uint64_t(0));
}

TEST_CASE("random subsets all differ, ascend, depend on the seed alone, and are each as likely as any other") {
  const family f(6, 3);  // 42 subsets
  std::map<mp::study_mask, int> seen;
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    for (const std::size_t wanted : {std::size_t(5), std::size_t(37)}) {  // drawn themselves, or those left out
      const std::vector<mp::study_mask> masks = f.draw(wanted, seed);
      REQUIRE(masks.size() == wanted);
      for (std::size_t i = 0; i < masks.size(); ++i) {
        if (std::popcount(masks[i]) < 3 || masks[i] >= 64 || (i > 0 && masks[i] <= masks[i - 1])) FAIL("not an ascending member");
        ++seen[masks[i]];
      }
    }
  }
  REQUIRE(seen.size() == 42);
  double chi_squared = 0;  // each is expected 2000 times, with a variance of 2 * 2000 * (5/42) (37/42)
  for (const auto& [mask, count] : seen) chi_squared += (count - 2000.0) * (count - 2000.0) / (4000.0 * 5 * 37 / 42 / 42);
  CHECK(chi_squared < 84);  // of 41 degrees of freedom: one in 10000
  CHECK(f.draw(5, 7) == f.draw(5, 7));
  CHECK(f.draw(5, 7) != f.draw(5, 8));
  CHECK(f.draw(42, 1).size() == 42);
}
