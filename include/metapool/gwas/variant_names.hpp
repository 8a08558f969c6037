// SPDX-License-Identifier: BSL-1.0
// Names and reference alleles of millions of variants, kept close together: 8 bytes a variant and those of its name.
#pragma once

#include <metapool/data/decimal.hpp>
#include <metapool/gwas/alleles.hpp>
#include <metapool/gwas/rows.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace metapool::detail {

/// Whether two texts of n bytes are the same; eight bytes behind each may be read.
template <class = void>
[[gnu::always_inline]] inline bool same_text(const char* a, const char* b, std::size_t n) {
  std::uint64_t x = 0, y = 0;
  if (n > 16) return std::memcmp(a, b, n) == 0;
  std::memcpy(&x, a, 8);
  std::memcpy(&y, b, 8);
  if (n < 8) {
    if constexpr (std::endian::native == std::endian::little) return n == 0 || (x ^ y) << (64 - 8 * n) == 0;
    return std::memcmp(a, b, n) == 0;
  }
  if (x != y) return false;
  std::memcpy(&x, a + n - 8, 8);
  std::memcpy(&y, b + n - 8, 8);
  return x == y;
}

/// Variants 0, 1, ... in the order in which they were added. What was added never moves: it may be read by other threads while more is added.
class variant_names {
 public:
  variant_names() {
    texts_.reserve(most_blocks);
    entries_.reserve(most_blocks);
  }

  std::size_t size() const { return size_; }

  /// Adds the marker of a row with its alleles as reference.
  std::size_t add(const gwas_row& row) {
    const bool bases = row.pair != not_bases;
    const std::size_t needed = row.marker_size + (bases ? 0U : 4U + row.allele1_size + row.allele2_size);
    if (used_ + needed > text_block || texts_.empty()) {
      texts_.emplace_back(new char[text_block + 8]);
      used_ = 0;
    }
    if (size_ == entries_.size() * entry_block) entries_.emplace_back(new std::uint64_t[entry_block]);
    char* to = texts_.back().get() + used_;
    const std::uint64_t offset = static_cast<std::uint64_t>(texts_.size() - 1) * text_block + used_;
    std::memcpy(to, row.marker, row.marker_size);
    if (!bases) {
      to = put(to + row.marker_size, row.first());
      put(to, row.second());
    }
    used_ += needed;
    entries_.back()[size_ % entry_block] = offset << 24U | static_cast<std::uint64_t>(row.marker_size) << 8U | row.pair;
    return size_++;
  }

  std::string_view name(std::size_t i) const {
    const std::uint64_t e = entry(i);
    return {text(e), static_cast<std::size_t>(e >> 8U & 0xFFFFU)};
  }
  /// Whether variant i has the name of a row.
  bool is(std::size_t i, const gwas_row& row) const {
    const std::uint64_t e = entry(i);
    return (e >> 8U & 0xFFFFU) == row.marker_size && same_text(text(e), row.marker, row.marker_size);
  }
  std::uint8_t pair(std::size_t i) const { return static_cast<std::uint8_t>(entry(i) & 0xFFU); }

  /// The reference alleles, in capitals.
  std::string_view allele1(std::size_t i) const { return pair(i) == not_bases ? stored(i).first : std::string_view(&"ACGT"[pair(i) / 4], 1); }
  std::string_view allele2(std::size_t i) const { return pair(i) == not_bases ? stored(i).second : std::string_view(&"ACGT"[pair(i) % 4], 1); }

  /// Whether variant i has the name of a row, and if so how the row's alleles are turned to its own.
  [[gnu::always_inline]] bool is(std::size_t i, const gwas_row& row, turn& t) const {
    const std::uint64_t e = entry(i);
    if ((e >> 8U & 0xFFFFU) != row.marker_size || !same_text(text(e), row.marker, row.marker_size)) return false;
    const std::uint8_t reference = static_cast<std::uint8_t>(e & 0xFFU);
    t = (row.pair | reference) < 16 ? turn_of(row.pair, reference) : turn_of_texts(i, row);
    return true;
  }

  /// How the alleles of a row are turned to those of variant i.
  [[gnu::always_inline]] turn turn_to(std::size_t i, const gwas_row& row) const {
    const std::uint8_t reference = pair(i);
    return (row.pair | reference) < 16 ? turn_of(row.pair, reference) : turn_of_texts(i, row);
  }
  [[gnu::noinline]] turn turn_of_texts(std::size_t i, const gwas_row& row) const {
    const std::uint8_t reference = pair(i);
    if (row.pair != reference) return turn::mismatch;
    const auto [first, second] = stored(i);
    if (equal_ignoring_case(row.first(), first) && equal_ignoring_case(row.second(), second)) return turn::none;
    if (equal_ignoring_case(row.first(), second) && equal_ignoring_case(row.second(), first)) return turn::swap;
    return turn::mismatch;
  }

  /// Forgets all of them; some memory is kept for the next.
  void clear() {
    if (texts_.size() > 1) texts_.resize(1);
    if (entries_.size() > 1) entries_.resize(1);
    size_ = used_ = 0;
  }

  /// Reads from memory ahead of use.
  void prefetch(std::size_t i) const {
#if defined(__GNUC__)
    __builtin_prefetch(&entries_[i / entry_block][i % entry_block]);
#else
    (void)i;
#endif
  }
  void prefetch_text(std::size_t i) const {
#if defined(__GNUC__)
    __builtin_prefetch(text(entry(i)));
#else
    (void)i;
#endif
  }

 private:
  static constexpr std::size_t text_block = std::size_t{1} << 18U;
  static constexpr std::size_t entry_block = std::size_t{1} << 12U;
  static constexpr std::size_t most_blocks = std::size_t{1} << 20U;  // reserved, not touched

  std::uint64_t entry(std::size_t i) const { return entries_[i / entry_block][i % entry_block]; }
  const char* text(std::uint64_t e) const { return texts_[static_cast<std::size_t>((e >> 24U) / text_block)].get() + (e >> 24U) % text_block; }

  static char* put(char* to, std::string_view allele) {
    const std::uint16_t size = static_cast<std::uint16_t>(allele.size());
    std::memcpy(to, &size, 2);
    to += 2;
    for (const char c : allele) *to++ = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return to;
  }

  struct pair_of_texts {
    std::string_view first, second;
  };
  pair_of_texts stored(std::size_t i) const {
    const std::string_view marker = name(i);
    const char* at = marker.data() + marker.size();
    std::uint16_t first = 0, second = 0;
    std::memcpy(&first, at, 2);
    std::memcpy(&second, at + 2 + first, 2);
    return {{at + 2, first}, {at + 4 + first, second}};
  }

  std::vector<std::unique_ptr<char[]>> texts_;
  std::vector<std::unique_ptr<std::uint64_t[]>> entries_;
  std::size_t size_ = 0, used_ = 0;
};

}  // namespace metapool::detail
