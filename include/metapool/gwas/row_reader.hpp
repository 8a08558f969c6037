// SPDX-License-Identifier: BSL-1.0
// From lines of a file of summary statistics to rows of numbers: a function of the text alone, so that any part of a file can be read anywhere.
#pragma once

#include <metapool/gwas/alleles.hpp>
#include <metapool/gwas/decimal.hpp>
#include <metapool/gwas/drops.hpp>
#include <metapool/gwas/line_fields.hpp>
#include <metapool/gwas/locus.hpp>
#include <metapool/gwas/position_name.hpp>
#include <metapool/gwas/row_filter.hpp>
#include <metapool/gwas/rows.hpp>
#include <metapool/gwas/study_file.hpp>
#include <metapool/gwas/z_score.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

namespace metapool::detail {

/// Reads the rows of whole lines. `text` ends with a line break; 64 bytes behind its end can be read.
class gwas_row_reader {
 public:
  gwas_row_reader(const gwas_plan& plan, const gwas_wants& wants) : plan_(plan), wants_(wants), fields_(plan.columns + 2) {
    plain_ = wants.scheme == gwas_scheme::standard_error && plan.filters.empty() && !plan.use_strand && !plan.name_from_position;
  }

  void read(const char* begin, const char* end, gwas_rows& out) {
    out.clear();
    out.names.reserve(plan_.name_from_position ? 2 * static_cast<std::size_t>(end - begin) + 64 : 0);  // rows point into it: it must not move
    field_scanner scanner(begin, end, plan_.separator);
    while (!scanner.done()) {
      const std::size_t count = scanner.next(fields_.data(), fields_.size());
      ++out.counts.line_breaks;
      if (count == 0) continue;
      ++out.counts.lines;
      gwas_row& row = out.rows.emplace_back();
      row.line = static_cast<std::uint32_t>(out.counts.line_breaks);
      const std::size_t extras = out.extra.size();
      gwas_drop why{};
      if (count < plan_.columns || (plan_.strict && count != plan_.columns)) {
        std::string_view name;
        if (plan_.has(gwas_role::marker) && plan_[gwas_role::marker] < count) name = field(gwas_role::marker);
        out.counts.drop(gwas_drop::columns, row.line, name);
        out.rows.pop_back();
        continue;
      }
      if ((plain_ && fill_plain(row, out)) || fill(row, out, why)) continue;
      out.counts.drop(why, row.line, row.name());
      out.extra.resize(extras);
      if (wants_.unusable && row.marker_size != 0) {
        row.usable = false;
        out.extra.resize(extras + wants_.extras(), std::numeric_limits<double>::quiet_NaN());
      } else {
        out.rows.pop_back();
      }
    }
  }

 private:
  [[gnu::always_inline]] std::string_view field(gwas_role role) const { return unquoted(fields_[plan_[role]].view()); }

  [[gnu::always_inline]] bool number(gwas_role role, double& x, gwas_drop& why) const {
    const std::string_view s = field(role);
    if (parse_near(s.data(), s.data() + s.size(), x) && std::fabs(x) <= 1e60) return true;
    why = is_missing_field(s) ? gwas_drop::missing : gwas_drop::number;
    return false;
  }

  /// Takes a row of single bases with nothing to be said against it, as fill does; false: look again with fill, which tells what is wrong, if anything is.
  [[gnu::always_inline]] bool fill_plain(gwas_row& row, gwas_rows& out) const {
    const text_field marker = fields_[plan_[gwas_role::marker]], a1 = fields_[plan_[gwas_role::allele1]], a2 = fields_[plan_[gwas_role::allele2]];
    const std::size_t size = static_cast<std::size_t>(marker.end - marker.begin);
    if (a1.end - a1.begin != 1 || a2.end - a2.begin != 1 || size == 0 || size > 65000) return false;
    row.pair = pair_code({a1.begin, 1}, {a2.begin, 1});
    if (row.pair % 5 == 0) return false;  // the same base twice, or not_bases
    const char c = *marker.begin;
    if (c == 'N' || c == 'n' || c == '.' || c == '-' || c == '#' || c == '"') return false;  // missing, perhaps, or quoted
    row.marker = marker.begin;
    row.marker_size = static_cast<std::uint32_t>(size);
    row.allele1 = a1.begin;
    row.allele2 = a2.begin;
    row.allele1_size = row.allele2_size = 1;
    const text_field effect = fields_[plan_[gwas_role::effect]], error = fields_[plan_[gwas_role::standard_error]];
    double se = 0;
    if (!parse_near(effect.begin, effect.end, row.y) || !parse_near(error.begin, error.end, se)) return false;
    if (!(std::fabs(row.y) <= 1e60 && se >= 1e-60 && se <= 1e60)) return false;
    if (plan_.log_effect) {
      if (!(row.y > 0)) return false;
      row.y = std::log(row.y);
    }
    row.v = se * se;
    if (wants_.locus && plan_.has(gwas_role::chromosome) && plan_.has(gwas_role::position)) {
      row.locus = locus_of(fields_[plan_[gwas_role::chromosome]].view(), fields_[plan_[gwas_role::position]].view());
      if (row.locus == 0) return false;
    } else if (wants_.must_locus) {
      return false;
    }
    if (wants_.extras() == 0) return true;
    const std::size_t extras = out.extra.size();
    gwas_drop why{};
    double weight = plan_.default_weight;
    if (read_weight(weight, why) && fill_extras(weight, out, why)) return true;
    out.extra.resize(extras);
    return false;
  }

  bool fill(gwas_row& row, gwas_rows& out, gwas_drop& why) const {
    const bool located = plan_.has(gwas_role::chromosome) && plan_.has(gwas_role::position);
    if ((wants_.locus || plan_.name_from_position) && located) row.locus = locus_of(field(gwas_role::chromosome), field(gwas_role::position));
    const std::string_view a1 = field(gwas_role::allele1), a2 = field(gwas_role::allele2);
    row.pair = pair_code(a1, a2);
    const bool stranded = plan_.use_strand && plan_.has(gwas_role::strand);
    const std::string_view strand = stranded ? field(gwas_role::strand) : std::string_view("+");
    if (strand == "-" && row.pair != not_bases) row.pair = complement(row.pair);
    if (plan_.name_from_position) {
      why = gwas_drop::position;
      if (row.locus == 0) return false;
      why = gwas_drop::marker;
      if (a1.size() > 30000 || a2.size() > 30000) return false;
      put_name(row, out, a1, a2);
    } else {
      const std::string_view name = field(gwas_role::marker);
      why = gwas_drop::marker;
      if (name.empty() || name.size() > 65000 || is_missing_field(name)) return false;
      row.marker = name.data();
      row.marker_size = static_cast<std::uint32_t>(name.size());
    }
    why = gwas_drop::position;
    if (wants_.must_locus && row.locus == 0) return false;
    why = gwas_drop::filtered;
    for (const gwas_plan::filter& f : plan_.filters) {
      if (!passes(f, unquoted(fields_[f.at].view()))) return false;
    }
    row.allele1 = a1.data();
    row.allele2 = a2.data();
    row.allele1_size = static_cast<std::uint32_t>(a1.size());
    row.allele2_size = static_cast<std::uint32_t>(a2.size());
    why = gwas_drop::allele;
    if (row.pair == not_bases) {
      if (a1.empty() || a2.empty() || a1.size() > 65000 || a2.size() > 65000 || equal_ignoring_case(a1, a2)) return false;
      if (a1 != "-" && is_missing_field(a1)) return false;
      if (a2 != "-" && is_missing_field(a2)) return false;
    } else if (row.pair % 4 == row.pair / 4) {
      return false;
    }
    why = gwas_drop::strand;
    if (strand != "+" && strand != "-") return false;
    double weight = plan_.default_weight;
    if (!read_weight(weight, why)) return false;
    if (!(wants_.scheme == gwas_scheme::sample_size ? fill_z(row, weight, why) : fill_effect(row, why))) return false;
    return fill_extras(weight, out, why);
  }

  /// The sample size, where it is wanted and there is a column for it.
  bool read_weight(double& weight, gwas_drop& why) const {
    if (!plan_.has(gwas_role::weight) || !(wants_.weight || wants_.scheme == gwas_scheme::sample_size)) return true;
    if (!number(gwas_role::weight, weight, why)) return false;
    why = gwas_drop::weight;
    return weight > 1e-60;
  }

  bool fill_extras(double weight, gwas_rows& out, gwas_drop& why) const {
    if (wants_.frequency) {
      double f = std::numeric_limits<double>::quiet_NaN();
      if (plan_.has(gwas_role::frequency)) {
        const std::string_view s = field(gwas_role::frequency);
        if (!is_missing_field(s)) {
          why = gwas_drop::number;
          if (!parse_near(s.data(), s.data() + s.size(), f)) return false;
          why = gwas_drop::frequency;
          if (!(f >= 0 && f <= 1)) return false;
        }
      }
      out.extra.push_back(f);
    }
    if (wants_.weight) out.extra.push_back(weight);
    for (std::size_t i = 0; i < wants_.custom; ++i) {
      double x = std::numeric_limits<double>::quiet_NaN();
      if (i < plan_.custom.size() && plan_.custom[i] != gwas_plan::no_column) {
        const std::string_view s = unquoted(fields_[plan_.custom[i]].view());
        why = gwas_drop::number;
        if (!is_missing_field(s) && !(parse_near(s.data(), s.data() + s.size(), x) && std::fabs(x) <= 1e60)) return false;
      }
      out.extra.push_back(x);
    }
    return true;
  }

  [[gnu::always_inline]] bool fill_effect(gwas_row& row, gwas_drop& why) const {
    double se = 0;
    if (!number(gwas_role::effect, row.y, why) || !number(gwas_role::standard_error, se, why)) return false;
    if (plan_.log_effect) {
      why = gwas_drop::odds_ratio;
      if (!(row.y > 0)) return false;
      row.y = std::log(row.y);
    }
    why = gwas_drop::standard_error;
    if (!(se > 0)) return false;
    why = gwas_drop::number;
    if (!(se >= 1e-60)) return false;
    row.v = se * se;
    return true;
  }

  /// From p-value and direction: a number of which the sign counts, or + or -.
  bool fill_z(gwas_row& row, double weight, gwas_drop& why) const {
    double effect = 0, minus_log10_p = 0;
    const std::string_view direction = field(gwas_role::effect);
    if (direction == "+" || direction == "-") {
      effect = direction == "+" ? 1 : -1;
    } else if (!number(gwas_role::effect, effect, why)) {
      return false;
    } else if (plan_.log_effect) {
      why = gwas_drop::odds_ratio;
      if (!(effect > 0)) return false;
      effect -= 1;
    }
    const std::string_view p = field(gwas_role::p_value);
    why = is_missing_field(p) ? gwas_drop::missing : gwas_drop::p_value;
    if (plan_.minus_log10_p) {
      if (!parse_double(p.data(), p.data() + p.size(), minus_log10_p) || !(minus_log10_p >= 0)) return false;
    } else if (!parse_minus_log10(p.data(), p.data() + p.size(), minus_log10_p)) {
      double x = 0;
      if (why != gwas_drop::missing && !parse_double(p.data(), p.data() + p.size(), x)) why = gwas_drop::number;
      return false;
    }
    if (!(minus_log10_p <= 1e9)) return false;  // a p of 0 says nothing of how small it was
    const double z = z_of_minus_log10_p(minus_log10_p);
    row.y = (effect > 0 ? z : effect < 0 ? -z : 0) / std::sqrt(weight);
    row.v = 1 / weight;
    return true;
  }

  const gwas_plan& plan_;
  gwas_wants wants_;
  std::vector<text_field> fields_;
  bool plain_ = false;
};

}  // namespace metapool::detail
