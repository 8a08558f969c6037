// SPDX-License-Identifier: BSL-1.0
// What is computed from the studies of a genome-wide meta-analysis, and what is kept of each variant for that.
#pragma once

#include <metapool/gwas/alleles.hpp>
#include <metapool/gwas/rows.hpp>
#include <metapool/gwas/study_file.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace metapool {

/// Between-study variance of a random-effects column.
enum class gwas_tau2 : std::uint8_t { dersimonian_laird, paule_mandel, reml };

/// How the files are joined.
enum class gwas_join : std::uint8_t {
  by_name,      ///< in any order: all variants are kept in memory
  same_order,   ///< every file has its markers in the order of the first, which has all of them: little memory
  by_position   ///< every file is sorted by chromosome (1, 2, ..., 22, X, Y, XY, MT) and position: little memory
};

/// Options of a genome-wide meta-analysis. With the defaults: METAL's SCHEME STDERR.
struct gwas_analysis {
  gwas_scheme scheme = gwas_scheme::standard_error;
  bool heterogeneity = false;
  bool average_frequency = false;
  bool min_max_frequency = false;
  bool track_positions = false;
  bool log_p_value = false;         ///< log10 p in place of p
  bool minus_log10_p = false;       ///< one more column: -log10 p
  double minimum_weight = 0;        ///< variants with a lower total weight (of the weight columns) are left out
  double genomic_control = 0;       ///< of the result: 0: none; > 0: divide chi-squared by this; < 0: by its own lambda, if above 1
  gwas_ambiguous ambiguous = gwas_ambiguous::keep;
  double ambiguous_frequency = 0.4; ///< for by_frequency: minor allele frequencies above it are too near one half
  std::vector<gwas_tau2> random_effects;
  bool hartung_knapp = false;       ///< for each of random_effects: one more standard error and p-value
  double leave_one_out = 0;         ///< variants with a smaller p are pooled without each study, too; 0: none
  std::vector<std::string> custom;  ///< names of sums over the studies' custom columns
  bool capitals = false;            ///< alleles in capitals; METAL's are small letters
  int digits = 0;                   ///< significant digits of numbers in the result; 0: as many as tell a number from all others
  int effect_decimals = -1;         ///< of effects; -1: as `digits` says
  int stderr_decimals = -1;
  gwas_join join = gwas_join::by_name;
  unsigned threads = 1;             ///< 0: as many as the processor has. The result has the same bytes for any number
  std::size_t piece = std::size_t{1} << 18U;  ///< bytes of a file that are read at a time, for each thread; sorted files: a quarter
  std::size_t named = 3;            ///< how many of the lines dropped for a reason are named
};

namespace detail {

/// Where in the numbers that are kept of a variant each one is.
struct variant_layout {
  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  std::size_t studies = 0;
  bool values = false;  ///< effects and variances of all studies are kept, in place of running sums
  std::size_t sums = none;       ///< 3: weight, mean, Q
  std::size_t weight = none;     ///< 1
  std::size_t frequency = none;  ///< 5: weight, mean, sum of squares, least, most
  std::size_t reference = none;  ///< 1: the first file's frequency
  std::size_t custom = none;
  bool locus = false;
  std::size_t width = 0;
  std::size_t direction_bytes = 0;
  gwas_wants wants;

  variant_layout(const gwas_analysis& a, std::size_t k, bool keep_values) : studies(k), values(keep_values) {
    const auto take = [&](bool wanted, std::size_t& place, std::size_t n) {
      if (!wanted) return;
      place = width;
      width += n;
    };
    const bool by_frequency = a.ambiguous == gwas_ambiguous::by_frequency;
    take(!values, sums, 3);
    take(a.minimum_weight > 0, weight, 1);
    take(a.average_frequency || a.min_max_frequency, frequency, 5);
    take(by_frequency, reference, 1);
    take(!a.custom.empty(), custom, a.custom.size());
    locus = a.track_positions;
    direction_bytes = (k + 3) / 4;
    wants.scheme = a.scheme;
    wants.frequency = frequency != none || by_frequency;
    wants.weight = weight != none;
    wants.locus = locus || a.join == gwas_join::by_position;
    wants.must_locus = a.join == gwas_join::by_position;
    wants.codes = values && a.scheme == gwas_scheme::standard_error;
    wants.unusable = a.join == gwas_join::same_order;
    wants.custom = a.custom.size();
  }

  /// Bytes of memory for one variant, without its name and its place in the index. Of studies whose numbers have codes, half of the 16 are used.
  std::size_t bytes() const { return 8 * width + direction_bytes + (values ? 16 * studies : 0) + (locus ? 8U : 0U); }
};

/// Whether an analysis needs the studies' own effects, not only their sums.
template <class = void>
bool needs_values(const gwas_analysis& a) {
  return !a.random_effects.empty() || a.leave_one_out > 0 || a.join != gwas_join::by_name;
}

}  // namespace detail
}  // namespace metapool
