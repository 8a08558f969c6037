// SPDX-License-Identifier: BSL-1.0
// What a genome-wide meta-analysis did with its files, for a log.
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/gwas/analysis.hpp>
#include <metapool/gwas/drops.hpp>
#include <metapool/gwas/study_file.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace metapool {

struct gwas_file_report {
  std::string path;
  bool compressed = false;
  std::array<std::string, gwas_roles> column;  ///< taken for each role; empty: none
  bool name_from_position = false;
  bool log_effect = false, minus_log10_p = false;
  double default_weight = std::numeric_limits<double>::quiet_NaN();  ///< the sample size that stood in for all lines; NaN: none did
  gwas_counts counts;
  double lambda = std::numeric_limits<double>::quiet_NaN();  ///< of genomic control, as it was found or given; NaN: none asked for
  bool controlled = false;                                   ///< chi-squared was divided by it
};

struct gwas_report {
  std::vector<gwas_file_report> files;
  std::uint64_t variants = 0;  ///< that a file has
  std::uint64_t written = 0;   ///< lines of the result
  std::uint64_t hits = 0;      ///< variants with leave-one-out results
  double lambda = std::numeric_limits<double>::quiet_NaN();  ///< of the result; NaN: none asked for
  bool controlled = false;                                   ///< the result's chi-squared were divided by it
  std::size_t bytes_per_variant = 0;                         ///< kept of each, beside names and index
};

/// The report as text, a file after the other: columns, lines used, and what was dropped, by reason, with the first lines of each.
template <class = void>
std::string gwas_report_text(const gwas_report& report) {
  std::string s;
  const auto line = [&](std::string_view text) { s.append("  ").append(text).append("\n"); };
  const auto control = [&](double lambda, bool controlled) {
    if (lambda == lambda) line("genomic control: lambda = " + detail::to_short_text(lambda, 7) + (controlled ? "" : ", not above 1: nothing is changed"));
  };
  for (std::size_t j = 0; j < report.files.size(); ++j) {
    const gwas_file_report& f = report.files[j];
    s.append("File ").append(std::to_string(j + 1)).append(": ").append(f.path).append("\n");
    std::string columns = "columns:";
    for (std::size_t r = 0; r < gwas_roles; ++r) {
      if (f.column[r].empty()) continue;
      const gwas_role role = static_cast<gwas_role>(r);
      columns.append(" ").append(gwas_role_name(role)).append(" = ");
      const bool logged = (role == gwas_role::effect && f.log_effect);
      columns.append(logged ? "log(" : "").append(f.column[r]).append(logged ? ");" : ";");
    }
    if (f.default_weight == f.default_weight) columns.append(" weight = ").append(detail::to_short_text(f.default_weight, 15)).append(" for all;");
    if (f.name_from_position) columns += " marker = chromosome:position:alleles;";
    columns.pop_back();
    line(columns);
    const std::string& effect = f.column[static_cast<std::size_t>(gwas_role::effect)];
    if (!f.log_effect && detail::is_ratio_name(effect)) line("the numbers of " + effect + " are taken as they are: if they are ratios, the effect is log(" + effect + ")");
    const gwas_counts& c = f.counts;
    line(std::to_string(c.lines) + " lines, " + std::to_string(c.used) + " used (" + std::to_string(c.swapped) + " turned to the other allele, " +
         std::to_string(c.complemented) + " read from the other strand, " + std::to_string(c.added) + " new markers), " + std::to_string(c.dropped_in_all()) + " dropped");
    for (std::size_t i = 0; i < gwas_drop_kinds; ++i) {
      if (c.dropped[i] == 0) continue;
      std::string text = "dropped " + std::to_string(c.dropped[i]) + ": ";
      text.append(gwas_drop_text(static_cast<gwas_drop>(i))).append(": ");
      for (std::size_t n = 0; n < c.first[i].size(); ++n) {
        const gwas_dropped_line& d = c.first[i][n];
        text.append(n == 0 ? "line " : ", line ").append(std::to_string(d.line));
        if (!d.marker.empty()) text.append(" (").append(d.marker).append(")");
      }
      if (c.dropped[i] > c.first[i].size()) text += c.first[i].empty() ? "..." : ", ...";
      line(text);
    }
    control(f.lambda, f.controlled);
  }
  s.append("Result: ").append(std::to_string(report.variants)).append(" variants, ").append(std::to_string(report.written)).append(" written\n");
  control(report.lambda, report.controlled);
  return s;
}

/// What lies beside a result: its columns in words, options, and the report.
template <class = void>
std::string gwas_info_text(const gwas_analysis& a, const gwas_report& report) {
  std::string s = "Allele1, Allele2: the first file that has the marker; effects, frequencies and directions are those of Allele1\n";
  const bool effects = a.scheme == gwas_scheme::standard_error;
  if (a.average_frequency || a.min_max_frequency) {
    s += "Freq1, FreqSE: mean of the studies' frequencies of Allele1 and their standard deviation, weighted like the effects\n";
  }
  if (a.min_max_frequency) s += "MinFreq, MaxFreq: the least and the greatest of them\n";
  s += effects ? "Effect, StdErr: common effect, each study weighted by 1 / StdErr^2\n" : "Weight, Zscore: sum of the sample sizes, and z-scores weighted by their roots\n";
  s += a.log_p_value ? "log(P): log10 of the two-sided p-value\n" : "P-value: two-sided; below 1e-300 with six digits\n";
  s += "Direction: a sign for each file, in the order below: + - 0, ? where the file has not got the marker\n";
  if (a.heterogeneity) s += "HetISq, HetChiSq, HetDf, HetPVal: I2 in per cent, Cochran's Q, its degrees of freedom and p-value\n";
  for (const gwas_tau2 which : a.random_effects) {
    const std::string name = which == gwas_tau2::dersimonian_laird ? "DL" : which == gwas_tau2::paule_mandel ? "PM" : "REML";
    s.append("Effect").append(name).append(", ...: random effects, between-study variance TauSq").append(name);
    s += which == gwas_tau2::dersimonian_laird ? " by DerSimonian and Laird" : which == gwas_tau2::paule_mandel ? " by Paule and Mandel" : " by restricted maximum likelihood";
    s += a.hartung_knapp ? "; StdErrHK, P-valueHK by Hartung and Knapp (t with HetDf degrees of freedom)\n" : "\n";
  }
  if (!a.custom.empty()) {
    s += "Sums over the studies:";
    for (const std::string& name : a.custom) s.append(" ").append(name);
    s += '\n';
  }
  if (a.minimum_weight > 0) s.append("Variants with a total weight below ").append(detail::to_text(a.minimum_weight)).append(" are left out\n");
  s += a.ambiguous == gwas_ambiguous::keep ? "Alleles A/T and C/G: taken as they are written\n"
       : a.ambiguous == gwas_ambiguous::drop ? "Alleles A/T and C/G: dropped\n"
                                             : "Alleles A/T and C/G: read from the strand whose frequency agrees with the first file's\n";
  s += '\n';
  return s + gwas_report_text(report);
}

}  // namespace metapool
