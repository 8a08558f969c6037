// SPDX-License-Identifier: BSL-1.0
// What became of the lines of a file of summary statistics: how many were used, and how many were dropped for which reason.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace metapool {

/// Why a line was not used.
enum class gwas_drop : std::uint8_t {
  columns,         ///< another number of columns than the header
  marker,          ///< no name of the marker, or one of more than 65 000 bytes (made of alleles: more than 30 000 each)
  position,        ///< chromosome or position missing or not readable, where they are needed
  allele,          ///< an allele missing, or both the same
  missing,         ///< a number that is needed is missing (NA, #NA, ., nan)
  number,          ///< not a number, or too large or too small to compute with
  odds_ratio,      ///< an effect of which the logarithm is wanted is not positive
  standard_error,  ///< not positive
  p_value,         ///< outside of (0, 1]
  weight,          ///< a sample size that is not positive
  frequency,       ///< outside of [0, 1]
  strand,          ///< neither + nor -
  filtered,        ///< by a filter that was asked for
  duplicate,       ///< the marker was used from an earlier line of the same file
  mismatch,        ///< alleles that are not those of the files before, on either strand
  moved,           ///< another chromosome or position than in the files before
  ambiguous,       ///< A/T or C/G, dropped as asked for
  unresolved       ///< A/T or C/G with a frequency too near one half, or without one
};
inline constexpr std::size_t gwas_drop_kinds = 18;

/// "duplicate marker", ...: for a report.
constexpr std::string_view gwas_drop_text(gwas_drop why) {
  constexpr std::string_view texts[gwas_drop_kinds] = {
      "wrong number of columns", "marker name missing or too long", "chromosome or position not readable", "allele missing, or both alleles the same",
      "a number is missing", "not a number, or out of range", "odds or hazard ratio not positive", "standard error not positive", "p-value outside (0, 1]",
      "sample size not positive", "frequency outside [0, 1]", "strand neither + nor -", "filtered out", "duplicate marker (the first is kept)",
      "alleles differ from those of the files before", "chromosome or position differ from those of the files before", "strand-ambiguous alleles",
      "strand-ambiguous alleles that frequencies do not resolve"};
  return texts[static_cast<std::size_t>(why)];
}

/// One of the first lines that were dropped for a reason.
struct gwas_dropped_line {
  std::uint64_t line = 0;  ///< counted from 1, the header included
  std::string marker;      ///< empty if not readable
};

/// Counts over the lines of a file, or of a part of it.
struct gwas_counts {
  std::uint64_t lines = 0;         ///< with data; blank lines are not counted
  std::uint64_t used = 0;          ///< rows that went into the meta-analysis
  std::uint64_t swapped = 0;       ///< of those: effect turned to the other allele
  std::uint64_t complemented = 0;  ///< of those: alleles read from the other strand
  std::uint64_t added = 0;         ///< of those: markers that no file before had
  std::uint64_t line_breaks = 0;   ///< all lines of the text, for line numbers
  std::array<std::uint64_t, gwas_drop_kinds> dropped{};
  std::array<std::vector<gwas_dropped_line>, gwas_drop_kinds> first;  ///< no more than `named` of each reason
  std::size_t named = 3;

  std::uint64_t dropped_in_all() const {
    std::uint64_t sum = 0;
    for (const std::uint64_t n : dropped) sum += n;
    return sum;
  }

  void drop(gwas_drop why, std::uint64_t line, std::string_view marker) {
    const std::size_t i = static_cast<std::size_t>(why);
    ++dropped[i];
    if (first[i].size() < named) first[i].push_back({line, std::string(marker.substr(0, 100))});
  }

  /// Counts of a later part of the file, whose lines were counted from 1 on: line numbers move by those that were before.
  void append(const gwas_counts& part) {
    for (std::size_t i = 0; i < gwas_drop_kinds; ++i) {
      dropped[i] += part.dropped[i];
      for (const gwas_dropped_line& line : part.first[i]) {
        if (first[i].size() < named) first[i].push_back({line.line + line_breaks, line.marker});
      }
    }
    lines += part.lines;
    used += part.used;
    swapped += part.swapped;
    complemented += part.complemented;
    added += part.added;
    line_breaks += part.line_breaks;
  }
};

}  // namespace metapool
