// SPDX-License-Identifier: BSL-1.0
// The rows of a file of summary statistics, as numbers and texts.
#pragma once

#include <metapool/gwas/alleles.hpp>
#include <metapool/gwas/decimal_code.hpp>
#include <metapool/gwas/drops.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace metapool {

enum class gwas_scheme : std::uint8_t {
  standard_error,  ///< effects weighted by 1 / se^2
  sample_size      ///< z-scores from p-value and direction, weighted by the root of the sample size
};

namespace detail {

/// What is wanted of each row.
struct gwas_wants {
  gwas_scheme scheme = gwas_scheme::standard_error;
  bool frequency = false;
  bool weight = false;
  bool locus = false;       ///< chromosome and position
  bool must_locus = false;  ///< a row without them is dropped
  bool codes = false;       ///< effects and standard errors as codes, where they have such (scheme standard_error)
  bool unusable = false;    ///< rows that are dropped for their numbers are kept, marked, if their marker can be read
  std::size_t custom = 0;
  /// Numbers beside effect and variance: frequency, weight, then the custom variables.
  std::size_t extras() const { return (frequency ? 1U : 0U) + (weight ? 1U : 0U) + custom; }
};

/// One line. The texts point into the text that was read (or into gwas_rows::names).
struct gwas_row {
  const char* marker = nullptr;
  const char* allele1 = nullptr;
  const char* allele2 = nullptr;
  std::uint32_t marker_size = 0, allele1_size = 0, allele2_size = 0;
  std::uint32_t line = 0;   ///< within the text, from 1
  double y = 0;             ///< effect of allele 1, or z / sqrt(sample size); see effect()
  double v = 0;             ///< its variance, or 1 / sample size; see variance()
  std::uint32_t y_code = no_code, se_code = no_code;  ///< if `coded`, of effect and standard error, in place of y and v
  std::uint64_t locus = 0;  ///< chromosome code * 2^40 + position; 0 if not known
  std::uint8_t pair = not_bases;
  bool usable = true;
  bool coded = false;
  double effect() const { return coded ? decoded(y_code) : y; }
  double variance() const {
    if (!coded) return v;
    const double se = decoded(se_code);
    return se * se;
  }
  std::string_view name() const { return {marker, marker_size}; }
  std::string_view first() const { return {allele1, allele1_size}; }
  std::string_view second() const { return {allele2, allele2_size}; }
};

struct gwas_rows {
  std::vector<gwas_row> rows;
  std::vector<double> extra;  ///< wants.extras() numbers a row; NaN: not there
  std::vector<char> names;    ///< markers put together from chromosome, position and alleles
  gwas_counts counts;
  void clear() {
    const std::size_t named = counts.named;
    rows.clear();
    extra.clear();
    names.clear();
    counts = gwas_counts{};
    counts.named = named;
  }
};

}  // namespace detail
}  // namespace metapool
