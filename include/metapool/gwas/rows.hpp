// SPDX-License-Identifier: BSL-1.0
// From lines of a file of summary statistics to rows of numbers: a function of the text alone, so that any part of a file can be read anywhere.
#pragma once

#include <metapool/gwas/alleles.hpp>
#include <metapool/gwas/decimal.hpp>
#include <metapool/gwas/drops.hpp>
#include <metapool/gwas/line_fields.hpp>
#include <metapool/gwas/study_file.hpp>
#include <metapool/gwas/z_score.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
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
  double y = 0;             ///< effect of allele 1, or z / sqrt(sample size)
  double v = 0;             ///< its variance, or 1 / sample size
  std::uint64_t locus = 0;  ///< chromosome code * 2^40 + position; 0 if not known
  std::uint8_t pair = not_bases;
  bool usable = true;
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

/// 1 to 22 and X (23), Y (24), XY (25), M or MT (26), with or without "chr", or numbers from 1 to 1000; 0 for anything else.
template <class = void>
std::uint64_t chromosome_code(std::string_view s) {
  if (s.size() > 3 && equal_ignoring_case(s.substr(0, 3), "chr")) s.remove_prefix(3);
  if (s.empty() || s.size() > 4) return 0;
  if (is_digit(s[0])) {
    std::uint64_t n = 0;
    for (const char c : s) {
      if (!is_digit(c)) return 0;
      n = 10 * n + static_cast<std::uint64_t>(c - '0');
    }
    return n <= 1000 ? n : 0;
  }
  if (equal_ignoring_case(s, "X")) return 23;
  if (equal_ignoring_case(s, "Y")) return 24;
  if (equal_ignoring_case(s, "XY")) return 25;
  if (equal_ignoring_case(s, "M") || equal_ignoring_case(s, "MT")) return 26;
  return 0;
}

template <class = void>
std::string chromosome_text(std::uint64_t code) {
  return code == 23 ? "X" : code == 24 ? "Y" : code == 25 ? "XY" : code == 26 ? "MT" : std::to_string(code);
}

/// chromosome code * 2^40 + position, or 0.
template <class = void>
std::uint64_t locus_of(std::string_view chromosome, std::string_view position) {
  const std::uint64_t code = chromosome_code(chromosome);
  std::uint64_t at = 0;
  const auto end = std::from_chars(position.data(), position.data() + position.size(), at);
  if (code == 0 || position.empty() || end.ec != std::errc{} || end.ptr != position.data() + position.size() || at >> 40U != 0) return 0;
  return (code << 40U) + at;
}

template <class = void>
bool passes(const gwas_plan::filter& f, std::string_view field) {
  using c = gwas_filter::comparison;
  if (!f.numeric) {
    bool found = false;
    for (const std::string& text : f.texts) found = found || equal_ignoring_case(text, field);
    return f.compare == c::not_equal ? !found : found;
  }
  double x = 0;
  if (!parse_near(field.data(), field.data() + field.size(), x)) return false;
  switch (f.compare) {
    case c::less: return x < f.number;
    case c::less_or_equal: return x <= f.number;
    case c::greater: return x > f.number;
    case c::greater_or_equal: return x >= f.number;
    case c::equal: return x == f.number;
    default: return x != f.number;
  }
}

/// Reads the rows of whole lines. `text` ends with a line break; 64 bytes behind its end can be read.
class gwas_row_reader {
 public:
  gwas_row_reader(const gwas_plan& plan, const gwas_wants& wants) : plan_(plan), wants_(wants), fields_(plan.columns + 2) {}

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
      if (fill(row, out, why)) continue;
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
    if (plan_.has(gwas_role::weight) && (wants_.weight || wants_.scheme == gwas_scheme::sample_size)) {
      if (!number(gwas_role::weight, weight, why)) return false;
      why = gwas_drop::weight;
      if (!(weight > 1e-60)) return false;
    }
    if (!(wants_.scheme == gwas_scheme::sample_size ? fill_z(row, weight, why) : fill_effect(row, why))) return false;
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

  /// chromosome:position:alleles, in capitals and in the order of the alphabet; single bases as they are on the + strand.
  static void put_name(gwas_row& row, gwas_rows& out, std::string_view a1, std::string_view a2) {
    const std::size_t start = out.names.size();
    const auto put = [&](std::string_view s) { out.names.insert(out.names.end(), s.begin(), s.end()); };
    const auto capital = [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; };
    const auto upper = [&](std::string_view s) {
      for (const char c : s) out.names.push_back(capital(c));
    };
    if (row.pair != not_bases) {
      a1 = std::string_view(&"ACGT"[row.pair / 4], 1);
      a2 = std::string_view(&"ACGT"[row.pair % 4], 1);
    }
    char digits[24];
    put(chromosome_text(row.locus >> 40U));
    out.names.push_back(':');
    put({digits, static_cast<std::size_t>(std::to_chars(digits, digits + sizeof digits, row.locus & ((std::uint64_t{1} << 40U) - 1)).ptr - digits)});
    out.names.push_back(':');
    const bool swap = std::lexicographical_compare(a2.begin(), a2.end(), a1.begin(), a1.end(), [&](char x, char y) { return capital(x) < capital(y); });
    upper(swap ? a2 : a1);
    out.names.push_back(':');
    upper(swap ? a1 : a2);
    row.marker = out.names.data() + start;
    row.marker_size = static_cast<std::uint32_t>(out.names.size() - start);
  }

  const gwas_plan& plan_;
  gwas_wants wants_;
  std::vector<text_field> fields_;
};

}  // namespace detail
}  // namespace metapool
