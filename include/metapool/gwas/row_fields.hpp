// SPDX-License-Identifier: BSL-1.0
// From the fields of a line to a row of numbers, or to the reason why there is none.
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

/// The fields of one line after the other, and what is read from them.
class gwas_row_fields {
 public:
  gwas_row_fields(const gwas_plan& plan, const gwas_wants& wants) : plan_(plan), wants_(wants), fields_(plan.columns + 2 + field_scanner::spare) {
    plain_ = wants.scheme == gwas_scheme::standard_error && plan.filters.empty() && !plan.use_strand && !plan.name_from_position;
    codes_ = wants.codes && !plan.log_effect;
  }

  text_field* data() { return fields_.data(); }
  std::size_t most() const { return plan_.columns + 2; }  ///< for field_scanner::next
  bool plain() const { return plain_; }                   ///< whether fill_plain takes any rows

  [[gnu::always_inline]] std::string_view field(gwas_role role) const { return unquoted(fields_[plan_[role]].view()); }

  /// Takes a row of single bases with nothing to be said against it, as fill does; at(column) is a field. False: look again with fill, which tells what is wrong, if anything is.
  template <class Field>
  [[gnu::always_inline]] bool fill_plain(const Field& at, gwas_row& row, gwas_rows& out) const {
    if (!plain_) return false;
    const text_field marker = at(plan_[gwas_role::marker]), a1 = at(plan_[gwas_role::allele1]), a2 = at(plan_[gwas_role::allele2]);
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
    const text_field effect = at(plan_[gwas_role::effect]), error = at(plan_[gwas_role::standard_error]);
    coded_number y, se;
    if (!parse_near(effect.begin, effect.end, y) || !parse_near(error.begin, error.end, se)) return false;
    if (!put_effect(y, se, row)) return false;
    if (wants_.locus && plan_.has(gwas_role::chromosome) && plan_.has(gwas_role::position)) {
      row.locus = locus_of(at(plan_[gwas_role::chromosome]).view(), at(plan_[gwas_role::position]).view());
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

  /// Takes a row from the fields that are stored; false: `why` it cannot be.
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

 private:
  [[gnu::always_inline]] bool number(gwas_role role, coded_number& x, gwas_drop& why) const {
    const std::string_view s = field(role);
    if (parse_near(s.data(), s.data() + s.size(), x) && std::fabs(x.get()) <= 1e60) return true;
    why = is_missing_field(s) ? gwas_drop::missing : gwas_drop::number;
    return false;
  }
  bool number(gwas_role role, double& x, gwas_drop& why) const {
    coded_number parsed;
    if (!number(role, parsed, why)) return false;
    x = parsed.get();
    return true;
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

  /// Effect and standard error, as codes if they have such and codes are wanted. False if something is wrong with them.
  [[gnu::always_inline]] bool put_effect(const coded_number& effect, const coded_number& error, gwas_row& row) const {
    row.coded = codes_ && effect.code != no_code && error.code != no_code;
    if (row.coded) {
      row.y_code = effect.code;
      row.se_code = error.code;
      return code_has_digits(error.code) && !code_is_negative(error.code);
    }
    row.y = effect.get();
    const double se = error.get();
    if (!(std::fabs(row.y) <= 1e60 && se >= 1e-60 && se <= 1e60)) return false;
    if (plan_.log_effect) {
      if (!(row.y > 0)) return false;
      row.y = std::log(row.y);
    }
    row.v = se * se;
    return true;
  }

  bool fill_effect(gwas_row& row, gwas_drop& why) const {
    coded_number effect, error;
    if (!number(gwas_role::effect, effect, why) || !number(gwas_role::standard_error, error, why)) return false;
    if (put_effect(effect, error, row)) return true;
    why = plan_.log_effect && !(effect.get() > 0) ? gwas_drop::odds_ratio : !(error.get() > 0) ? gwas_drop::standard_error : gwas_drop::number;
    return false;
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
  bool plain_ = false, codes_ = false;
};

}  // namespace metapool::detail
