// SPDX-License-Identifier: BSL-1.0
// Subsets of studies as masks: how many there are, the next one, the one of a given number, random ones that all differ.
#pragma once

#include <metapool/math/random.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace metapool {

/// A set of up to 64 studies: bit i is set if study i belongs to it.
using study_mask = std::uint64_t;

namespace detail {

/// The subsets of k <= 64 studies that have at least `minimum` >= 1 of them, in ascending order of their masks.
template <class = void>
class subset_family {
 public:
  subset_family(std::size_t k, std::size_t minimum) : k_(k), minimum_(minimum) {
    // at_least_[n][j]: subsets of n studies with at least j; 2^64 (n = 64, j = 0) does not fit and is never asked for
    for (std::size_t n = 0; n <= k; ++n) {
      at_least_[n][0] = n < 64 ? std::uint64_t(1) << n : 0;
      for (std::size_t j = 1; j <= n; ++j) at_least_[n][j] = at_least_[n - 1][j] + at_least_[n - 1][j - 1];
    }
  }

  std::size_t k() const { return k_; }
  std::size_t minimum() const { return minimum_; }
  std::uint64_t count() const { return at_least_[k_][minimum_]; }

  /// How many subsets of the lowest n studies have at least j.
  std::uint64_t count(std::size_t n, std::size_t j) const { return at_least_[n][j]; }

  /// The smallest mask of the family that is no less than `from`. Precondition: there is one.
  study_mask first_from(study_mask from) const {
    while (static_cast<std::size_t>(std::popcount(from)) < minimum_) from |= from + 1;  // the lowest bit that is not set
    return from;
  }

  /// The mask with so many before it. rank < count().
  study_mask at(std::uint64_t rank) const {
    study_mask mask = 0;
    std::size_t wanted = minimum_;
    for (std::size_t n = k_; n-- > 0;) {
      if (wanted == 0) return mask | rank;
      const std::uint64_t without = at_least_[n][wanted];
      if (rank < without) continue;
      rank -= without;
      mask |= study_mask(1) << n;
      --wanted;
    }
    return mask;
  }

  /// `wanted` <= count() masks, each set of so many equally likely, in ascending order.
  std::vector<study_mask> draw(std::size_t wanted, std::uint64_t seed) const {
    random_stream random(seed);
    std::vector<study_mask> masks;
    masks.reserve(wanted);
    if (wanted > count() / 2) {
      const std::vector<std::uint64_t> others = ranks(static_cast<std::size_t>(count()) - wanted, random);
      std::size_t next = 0;
      for (std::uint64_t rank = 0; rank < count(); ++rank) {
        if (next < others.size() && others[next] == rank) {
          ++next;
        } else {
          masks.push_back(at(rank));
        }
      }
      return masks;
    }
    for (const std::uint64_t rank : ranks(wanted, random)) masks.push_back(at(rank));
    return masks;
  }

 private:
  /// So many different numbers below count(), ascending: those that were drawn before are drawn anew.
  std::vector<std::uint64_t> ranks(std::size_t wanted, random_stream& random) const {
    const std::uint64_t last = count() - 1;
    const std::uint64_t bits = last == 0 ? 0 : ~std::uint64_t(0) >> std::countl_zero(last);
    std::vector<std::uint64_t> drawn;
    drawn.reserve(wanted);
    while (drawn.size() < wanted) {
      for (std::size_t missing = wanted - drawn.size(); missing > 0;) {
        const std::uint64_t rank = random() & bits;
        if (rank > last) continue;
        drawn.push_back(rank);
        --missing;
      }
      std::sort(drawn.begin(), drawn.end());
      drawn.erase(std::unique(drawn.begin(), drawn.end()), drawn.end());
    }
    return drawn;
  }

  std::size_t k_, minimum_;
  std::array<std::array<std::uint64_t, 65>, 65> at_least_{};
};

}  // namespace detail
}  // namespace metapool
