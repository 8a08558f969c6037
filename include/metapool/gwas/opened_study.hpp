// SPDX-License-Identifier: BSL-1.0
// The files of a genome-wide meta-analysis before they are joined: columns found, options checked, genomic control.
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/data/file.hpp>
#include <metapool/gwas/analysis.hpp>
#include <metapool/gwas/genomic_control.hpp>
#include <metapool/gwas/line_source.hpp>
#include <metapool/gwas/ordered_pipeline.hpp>
#include <metapool/gwas/report.hpp>
#include <metapool/gwas/row_reader.hpp>
#include <metapool/gwas/variant_block.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace metapool::detail {

struct opened_study {
  std::string path;
  gwas_plan plan;
  study_scale scale;
  std::uint64_t lines_begin = 0;  ///< bytes of the header and what is before it
};

/// Throws input_error if a file that would be written is one that is read.
template <class = void>
void check_output(const std::vector<gwas_study_file>& files, const std::string& output) {
  for (std::size_t j = 0; j < files.size(); ++j) {
    if (one_file(files[j].path, output)) throw_input_error("gwas_meta", output + ": the result would replace file " + std::to_string(j + 1) + ", which is read");
  }
}

/// Throws input_error if a file stands there twice with the same columns and filters, whose study would count twice.
template <class = void>
void check_distinct(const std::vector<gwas_study_file>& files, const std::vector<opened_study>& studies) {
  const auto same_filter = [](const gwas_filter& a, const gwas_filter& b) { return a.column == b.column && a.compare == b.compare && a.value == b.value && a.texts == b.texts; };
  for (std::size_t j = 1; j < files.size(); ++j) {
    for (std::size_t i = 0; i < j; ++i) {
      const bool same = studies[i].plan.at == studies[j].plan.at &&
                        std::equal(files[i].filters.begin(), files[i].filters.end(), files[j].filters.begin(), files[j].filters.end(), same_filter) && one_file(files[i].path, files[j].path);
      if (same) throw_input_error("gwas_meta", files[j].path + ": is file " + std::to_string(i + 1) + " and file " + std::to_string(j + 1) + ", with the same columns: the study would count twice");
    }
  }
}

/// Throws input_error if options do not go together or are out of their domain.
template <class = void>
void check_gwas_analysis(const std::vector<gwas_study_file>& files, const gwas_analysis& a) {
  const auto fail = [](const std::string& message) { throw_input_error("gwas_meta", message); };
  if (files.empty()) fail("there are no files");
  const auto check = [&](const char* name, double x, bool ok, const char* rule) {
    if (!ok) fail(std::string(name) + " = " + to_text(x) + " " + rule);
  };
  check("ambiguous_frequency", a.ambiguous_frequency, a.ambiguous_frequency > 0 && a.ambiguous_frequency < 0.5, "must lie strictly between 0 and 0.5");
  check("minimum_weight", a.minimum_weight, a.minimum_weight >= 0 && a.minimum_weight < 1e60, "must be finite and not negative");
  check("leave_one_out", a.leave_one_out, a.leave_one_out >= 0 && a.leave_one_out <= 1, "must lie between 0 and 1");
  check("genomic_control", a.genomic_control, std::fabs(a.genomic_control) < 1e30, "must be finite");
  if (!a.random_effects.empty() && a.scheme == gwas_scheme::sample_size) fail("random effects need effects with standard errors (scheme standard_error)");
  if (a.hartung_knapp && a.random_effects.empty()) fail("hartung_knapp goes with random_effects: say which");
  if (a.effect_decimals > 300 || a.stderr_decimals > 300 || a.digits > 17) fail("no more than 300 decimals and 17 digits");
  for (const gwas_study_file& f : files) {
    check("default_weight", f.default_weight, f.default_weight > 1e-60 && f.default_weight < 1e60, "must be positive");
    check("genomic_control", f.genomic_control, std::fabs(f.genomic_control) < 1e30, "must be finite");
    if (f.custom.size() > a.custom.size()) fail(f.path + ": more custom columns than custom variables");
  }
}

/// Reads a file's header and finds its columns.
template <class = void>
opened_study open_study(const gwas_study_file& file, const gwas_analysis& a, gwas_report& report) {
  std::vector<gwas_role> needed{gwas_role::marker, gwas_role::allele1, gwas_role::allele2, gwas_role::effect};
  needed.push_back(a.scheme == gwas_scheme::standard_error ? gwas_role::standard_error : gwas_role::p_value);
  if (file.use_strand) needed.push_back(gwas_role::strand);
  if (a.join == gwas_join::by_position) {
    needed.push_back(gwas_role::chromosome);
    needed.push_back(gwas_role::position);
  }
  std::vector<gwas_role> used;
  const variant_layout layout(a, 1, false);
  if (layout.wants.frequency) used.push_back(gwas_role::frequency);
  if (layout.wants.weight || a.scheme == gwas_scheme::sample_size) used.push_back(gwas_role::weight);
  if (layout.wants.locus) used.insert(used.end(), {gwas_role::chromosome, gwas_role::position});
  const line_source source(file.path, 1);
  opened_study study{file.path, plan_columns(file, source.header(), needed, used), {}, source.header_end()};
  gwas_file_report r;
  r.path = file.path;
  r.compressed = source.compressed();
  for (std::size_t i = 0; i < gwas_roles; ++i) {
    const gwas_role role = static_cast<gwas_role>(i);
    const bool taken = std::find(needed.begin(), needed.end(), role) != needed.end() || std::find(used.begin(), used.end(), role) != used.end();
    if (taken) r.column[i] = study.plan.name[i];
  }
  r.name_from_position = study.plan.name_from_position;
  r.log_effect = study.plan.log_effect;
  r.minus_log10_p = study.plan.minus_log10_p;
  if (std::find(used.begin(), used.end(), gwas_role::weight) != used.end() && !study.plan.has(gwas_role::weight)) r.default_weight = file.default_weight;
  r.counts.named = a.named;
  report.files.push_back(std::move(r));
  return study;
}

/// A study's own lambda: that of all lines whose numbers can be used.
template <class Progress>
double own_lambda(const gwas_analysis& a, const opened_study& study, const Progress& progress) {
  struct piece {
    text_piece text;
    gwas_rows rows;
  };
  gwas_wants wants;
  wants.scheme = a.scheme;
  line_source source(study.path, a.piece);
  std::vector<double> chi_squared;
  std::vector<piece> items(thread_count(a.threads));
  ordered_pipeline(
      items,
      [&](piece& item) {
        progress(source.offset());
        return source.next(item.text);
      },
      [&](piece& item) {
        gwas_row_reader reader(study.plan, wants);
        reader.read(item.text.begin(), item.text.end(), item.rows);
      },
      [&](piece& item) {
        for (const gwas_row& row : item.rows.rows) chi_squared.push_back(row.y * row.y / row.v);
      });
  return lambda_of(chi_squared);
}

/// The scale of a study by its genomic control, if it has one. lambda: the one given, or its own.
template <class = void>
void scale_study(const gwas_study_file& file, const gwas_analysis& a, double lambda, opened_study& study, gwas_file_report& report) {
  if (file.genomic_control == 0) return;
  report.lambda = lambda;
  if (!(lambda > 0) || (file.genomic_control < 0 && lambda <= 1)) return;
  report.controlled = true;
  if (a.scheme == gwas_scheme::standard_error) {
    study.scale.v = lambda;
  } else {
    study.scale.y = 1 / std::sqrt(lambda);
  }
}

/// The scale of a study by its own or a given genomic control.
template <class Progress>
void control_study(const gwas_study_file& file, const gwas_analysis& a, opened_study& study, gwas_file_report& report, const Progress& progress) {
  scale_study(file, a, file.genomic_control < 0 ? own_lambda(a, study, progress) : file.genomic_control, study, report);
}

}  // namespace metapool::detail
