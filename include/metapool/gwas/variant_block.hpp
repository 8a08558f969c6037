// SPDX-License-Identifier: BSL-1.0
// What is kept of some thousand variants, and how a study's row goes into it.
#pragma once

#include <metapool/gwas/analysis.hpp>
#include <metapool/gwas/rows.hpp>
#include <metapool/gwas/study_values.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace metapool::detail {

/// Weighted mean and Q, one study after the other. All terms of Q are positive, so that nothing cancels.
struct running_sums {
  double weight = 0, mean = 0, q = 0;
  void add(double y, double v) {
    const double w = 1 / v;
    const double all = weight + w;
    const double share = w / all;
    const double d = y - mean;
    q += weight * share * d * d;
    mean += share * d;
    weight = all;
  }
};

enum class direction : std::uint8_t { missing = 0, plus = 1, minus = 2, zero = 3 };

/// `size` variants side by side.
struct variant_block {
  std::size_t size = 0;             ///< places
  std::vector<double> numbers;      ///< layout.width a variant
  std::vector<std::uint8_t> signs;  ///< two bits a study, layout.direction_bytes a variant
  std::vector<study_values> values; ///< of each study, if layout.values
  std::vector<std::uint64_t> locus;

  /// Makes room for `places` variants, all of them without studies.
  void reset(const variant_layout& layout, std::size_t places) {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    size = places;
    numbers.assign(places * layout.width, 0.0);
    signs.assign(places * layout.direction_bytes, 0);
    if (layout.values) {
      values.resize(layout.studies);
      for (study_values& study : values) study.clear();
    }
    if (layout.locus) locus.assign(places, 0);
    if (layout.reference != variant_layout::none) {
      for (std::size_t i = 0; i < places; ++i) numbers[i * layout.width + layout.reference] = nan;
    }
  }

  direction sign(const variant_layout& layout, std::size_t i, std::size_t study) const {
    return static_cast<direction>(signs[i * layout.direction_bytes + study / 4] >> (2 * (study % 4)) & 3U);
  }
};

/// Whether rows have effects, variances and alleles only: for apply_row<true>, which looks at nothing else.
template <class = void>
bool rows_are_plain(const gwas_analysis& a, const variant_layout& layout) {
  return a.ambiguous == gwas_ambiguous::keep && !layout.locus && layout.wants.extras() == 0;
}

/// The row of a study into place i, its alleles turned by t. The counts tell what became of it. `extra`: wants.extras() numbers.
template <bool Plain = false>
[[gnu::always_inline]] inline void apply_row(const gwas_analysis& a, const variant_layout& layout, variant_block& block, std::size_t i, std::size_t study, const gwas_row& row, const double* extra,
               turn t, const study_scale& scale, std::uint64_t line, gwas_counts& counts) {
  if (block.sign(layout, i, study) != direction::missing) {
    counts.drop(gwas_drop::duplicate, line, row.name());
    return;
  }
  if (t == turn::mismatch) {
    counts.drop(gwas_drop::mismatch, line, row.name());
    return;
  }
  double* const numbers = block.numbers.data() + i * layout.width;
  if (!Plain && a.ambiguous != gwas_ambiguous::keep && row.pair != not_bases && is_ambiguous(row.pair)) {
    if (a.ambiguous == gwas_ambiguous::drop) {
      counts.drop(gwas_drop::ambiguous, line, row.name());
      return;
    }
    double& reference = numbers[layout.reference];
    if (std::isnan(reference)) {
      // the first one: that it is read as it is written is what all others are compared with
      if (!resolve(t, extra[0], swaps(t) ? 1 - extra[0] : extra[0], a.ambiguous_frequency, t)) {
        counts.drop(gwas_drop::unresolved, line, row.name());
        return;
      }
    } else if (!resolve(t, extra[0], reference, a.ambiguous_frequency, t)) {
      counts.drop(gwas_drop::unresolved, line, row.name());
      return;
    }
  }
  if (!Plain && layout.locus && row.locus != 0) {
    if (block.locus[i] == 0) block.locus[i] = row.locus;
    if (block.locus[i] != row.locus) {
      counts.drop(gwas_drop::moved, line, row.name());
      return;
    }
  }
  const bool swapped = swaps(t);  // as often as not: no branch on it, nor on the sign
  constexpr double factors[] = {1, -1};
  double y = 0;
  unsigned sign = 0;  // of `direction`
  if (row.coded) {
    sign = code_has_digits(row.y_code) ? 1U + (code_is_negative(row.y_code) != swapped) : 3U;
  } else {
    y = row.y * factors[swapped] * scale.y;
    sign = 3U - 2U * (y > 0) - (y < 0);
  }
  block.signs[i * layout.direction_bytes + study / 4] |= static_cast<std::uint8_t>(sign << (2 * (study % 4)));
  if (layout.values) {
    block.values[study].set(i, block.size, row, swapped, scale);
  } else {
    running_sums s{numbers[layout.sums], numbers[layout.sums + 1], numbers[layout.sums + 2]};
    s.add(y, row.v * scale.v);
    numbers[layout.sums] = s.weight;
    numbers[layout.sums + 1] = s.mean;
    numbers[layout.sums + 2] = s.q;
  }
  ++counts.used;
  counts.swapped += swapped;
  counts.complemented += complements(t);
  if constexpr (Plain) return;
  if (layout.wants.frequency) {
    const double f = swapped ? 1 - *extra : *extra;
    ++extra;
    if (f == f) {
      if (layout.reference != variant_layout::none && std::isnan(numbers[layout.reference])) numbers[layout.reference] = f;
      if (layout.frequency != variant_layout::none) {
        double* const n = numbers + layout.frequency;
        running_sums s{n[0], n[1], n[2]};
        n[3] = s.weight > 0 && n[3] < f ? n[3] : f;
        n[4] = s.weight > 0 && n[4] > f ? n[4] : f;
        s.add(f, row.variance() * scale.v);
        n[0] = s.weight;
        n[1] = s.mean;
        n[2] = s.q;
      }
    }
  }
  if (layout.wants.weight) numbers[layout.weight] += *extra++;
  for (std::size_t c = 0; c < layout.wants.custom; ++c) {
    if (extra[c] == extra[c]) numbers[layout.custom + c] += extra[c];
  }
}

}  // namespace metapool::detail
