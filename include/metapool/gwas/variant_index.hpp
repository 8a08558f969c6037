// SPDX-License-Identifier: BSL-1.0
// Which variant a marker's name stands for, among millions.
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/gwas/variant_names.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

namespace metapool::detail {

/// A hash of a name; the same for everyone who runs this program on the same kind of processor.
template <class = void>
std::uint32_t name_hash(std::string_view name) {
  constexpr std::uint64_t factor = 0x9E3779B97F4A7C15ULL;
  const char* at = name.data();
  std::size_t left = name.size();
  std::uint64_t h = left * factor;
  const auto mix = [&](std::uint64_t x) {
    h = (h ^ x) * factor;
    h ^= h >> 32U;
  };
  std::uint64_t x = 0;
  for (; left >= 8; left -= 8, at += 8) {
    std::memcpy(&x, at, 8);
    mix(x);
  }
  if (left != 0) {
    x = 0;
    for (std::size_t i = 0; i < left; ++i) x |= static_cast<std::uint64_t>(static_cast<unsigned char>(at[i])) << (8 * i);
    mix(x);
  }
  h *= 0xD6E8FEB86659FD93ULL;
  return static_cast<std::uint32_t>(h >> 32U);
}

/// From names to indices in a variant_names: open addressing, 8 bytes a place, no more than seven tenths of the places filled.
class variant_index {
 public:
  static constexpr std::uint32_t none = 0xFFFFFFFFU;

  void prefetch(std::uint32_t hash) const {
#if defined(__GNUC__)
    if (!places_.empty()) __builtin_prefetch(&places_[hash & mask_]);
#else
    (void)hash;
#endif
  }

  /// The first variant with this hash, which is nearly always the one looked for; `none` if there is none.
  std::uint32_t candidate(std::uint32_t hash) const {
    if (places_.empty()) return none;
    for (std::size_t at = hash & mask_;; at = (at + 1) & mask_) {
      if (places_[at].index == none || places_[at].hash == hash) return places_[at].index;
    }
  }

  std::uint32_t find(const variant_names& names, const gwas_row& row, std::uint32_t hash) const {
    if (places_.empty()) return none;
    for (std::size_t at = hash & mask_;; at = (at + 1) & mask_) {
      if (places_[at].index == none) return none;
      if (places_[at].hash == hash && names.is(places_[at].index, row)) return places_[at].index;
    }
  }

  /// Adds a variant whose name is not there yet.
  void insert(std::uint32_t hash, std::size_t index) {
    if (index >= none) throw error("gwas_meta: more than 4 294 967 294 variants");
    if (10 * (filled_ + 1) > 7 * places_.size()) grow();
    put(hash, static_cast<std::uint32_t>(index));
    ++filled_;
  }

  /// Takes over all of another's, which is empty then.
  void take(variant_index& other) {
    if (filled_ == 0) {
      std::swap(places_, other.places_);
      std::swap(mask_, other.mask_);
      std::swap(filled_, other.filled_);
    } else {
      for (const place& p : other.places_) {
        if (p.index != none) insert(p.hash, p.index);
      }
    }
    other.places_ = std::vector<place>();
    other.filled_ = 0;
    other.mask_ = 0;
  }

 private:
  struct place {
    std::uint32_t hash = 0;
    std::uint32_t index = none;
  };

  void put(std::uint32_t hash, std::uint32_t index) {
    std::size_t at = hash & mask_;
    while (places_[at].index != none) at = (at + 1) & mask_;
    places_[at] = {hash, index};
  }

  void grow() {
    std::vector<place> old(places_.empty() ? 1024 : 2 * places_.size());
    std::swap(old, places_);
    mask_ = places_.size() - 1;
    for (const place& p : old) {
      if (p.index != none) put(p.hash, p.index);
    }
  }

  std::vector<place> places_;
  std::size_t mask_ = 0, filled_ = 0;
};

}  // namespace metapool::detail
