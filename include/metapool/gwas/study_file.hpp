// SPDX-License-Identifier: BSL-1.0
// What a file of summary statistics holds: its columns by name, and what is done with them.
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/data/decimal.hpp>
#include <metapool/gwas/line_fields.hpp>
#include <metapool/text/utf8.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace metapool {

/// The roles that columns have.
enum class gwas_role : std::uint8_t {
  marker, allele1, allele2, effect, standard_error, p_value, weight, frequency, strand, chromosome, position
};
inline constexpr std::size_t gwas_roles = 11;

constexpr std::string_view gwas_role_name(gwas_role role) {
  constexpr std::string_view names[gwas_roles] = {"marker", "allele1", "allele2", "effect", "standard error", "p-value", "weight", "frequency", "strand", "chromosome", "position"};
  return names[static_cast<std::size_t>(role)];
}

/// A rule that a line must pass: column op number, or column IN a list of texts.
struct gwas_filter {
  enum class comparison : std::uint8_t { less, less_or_equal, greater, greater_or_equal, equal, not_equal, in };
  std::string column;
  comparison compare = comparison::greater;
  std::string value;               ///< a number, or for equal and not_equal any text
  std::vector<std::string> texts;  ///< for in
};

/// One file, and how to read it. Names of columns are compared without regard to the case of letters; a role without a name takes the column that has one of the
/// role's usual names (see recognised_names), and is left out where there is none.
struct gwas_study_file {
  std::string path;
  std::array<std::string, gwas_roles> column;  ///< by role
  bool log_effect = false;                     ///< the effect is a ratio: take its logarithm
  bool minus_log10_p = false;                  ///< the p-value column holds -log10 p
  double default_weight = 1;                   ///< sample size of every line of a file without a column of it, if weight_may_lack
  bool weight_may_lack = false;                ///< where sample sizes are needed, there may be no column of them: the default weight stands in
  bool use_strand = false;
  bool strict_columns = true;                  ///< a line with more columns than the header is dropped; one with fewer always is
  gwas_separator separator = gwas_separator::automatic;
  double genomic_control = 0;                  ///< 0: none; > 0: divide chi-squared by this; < 0: by the file's own lambda, if above 1
  std::vector<gwas_filter> filters;
  std::vector<std::string> custom;             ///< columns to be summed, one for each custom variable of the analysis; empty: none here

  std::string& operator[](gwas_role role) { return column[static_cast<std::size_t>(role)]; }
  const std::string& operator[](gwas_role role) const { return column[static_cast<std::size_t>(role)]; }
};

namespace detail {

/// The usual names of a role, in the order in which they are looked for: those of METAL, GWAS-SSF, PLINK, REGENIE, BOLT-LMM. (SAIGE's effects
/// are of its Allele2: a header like its is refused until the alleles are named.)
constexpr std::string_view recognised_names(gwas_role role) {
  constexpr std::string_view names[gwas_roles] = {
      "MARKER MARKERNAME SNP VARIANT_ID RSID ID SNPID MARKERID VARIANT", "ALLELE1 EFFECT_ALLELE A1 EA ALT ALLELE_1", "ALLELE2 OTHER_ALLELE NON_EFFECT_ALLELE A2 NEA AX OMITTED REF OA ALLELE_2 ALLELE0",
      "EFFECT BETA LOG_ODDS ODDS_RATIO OR HAZARD_RATIO HR", "STDERR STANDARD_ERROR SE LOG(OR)_SE", "PVALUE P_VALUE P-VALUE P PVAL P_VAL NEG_LOG_10_P_VALUE LOG10P",
      "N WEIGHT N_TOTAL SAMPLE_SIZE OBS_CT", "FREQ EFFECT_ALLELE_FREQUENCY EAF FREQ1 EFFECT_ALLELE_FREQ A1FREQ A1_FREQ AF", "STRAND", "CHROMOSOME CHROM CHR",
      "BASE_PAIR_LOCATION POSITION POS BP GENPOS"};
  return names[static_cast<std::size_t>(role)];
}

/// Columns that hold ratios, whose logarithm is the effect, and p-values that are -log10 p, if they were found by these names.
template <class = void>
bool is_ratio_name(std::string_view name) {
  return equal_ignoring_case(name, "odds_ratio") || equal_ignoring_case(name, "or") || equal_ignoring_case(name, "hazard_ratio") || equal_ignoring_case(name, "hr");
}

/// Where in a line everything is; no_column if it is not there.
struct gwas_plan {
  static constexpr std::size_t no_column = static_cast<std::size_t>(-1);
  std::array<std::size_t, gwas_roles> at{};
  std::array<std::string, gwas_roles> name;  ///< of the columns taken, as the header has them
  std::size_t columns = 0;                   ///< of the header
  gwas_separator separator{};
  bool strict = true;
  bool log_effect = false, minus_log10_p = false, use_strand = false;
  bool name_from_position = false;  ///< there is no marker column: chromosome:position:alleles is the name
  double default_weight = 1;
  struct filter {
    std::size_t at;
    gwas_filter::comparison compare;
    bool numeric;
    double number;
    std::vector<std::string> texts;
  };
  std::vector<filter> filters;
  std::vector<std::size_t> custom;
  std::size_t operator[](gwas_role role) const { return at[static_cast<std::size_t>(role)]; }
  bool has(gwas_role role) const { return (*this)[role] != no_column; }
};

/// The names in a header line: without its line break, without a # before the first.
template <class = void>
std::vector<std::string> header_names(std::string_view line, gwas_separator separator) {
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  if (line.substr(0, 3) == "\xEF\xBB\xBF") line.remove_prefix(3);
  if (!line.empty() && line.front() == '#') line.remove_prefix(1);
  std::string text(line);
  text += '\n';
  const std::size_t size = text.size();
  text.append(64, '\n');
  std::vector<text_field> fields(size + 1 + field_scanner::spare);
  field_scanner scanner(text.data(), text.data() + size, separator);
  fields.resize(scanner.next(fields.data(), size + 1));
  std::vector<std::string> names;
  for (const text_field& field : fields) names.emplace_back(trim(unquoted(field.view())));
  return names;
}

/// Finds the columns of a file from its header line. Throws input_error naming file and column if one that was asked for is not there, or is there twice.
/// `needed`: roles that must be found. `used`: roles of which a column that is named must be found; others may be named in vain.
template <class = void>
gwas_plan plan_columns(const gwas_study_file& file, std::string_view header, const std::vector<gwas_role>& needed, const std::vector<gwas_role>& used = {}) {
  gwas_plan plan;
  plan.separator = file.separator == gwas_separator::automatic ? find_separator(header) : file.separator;
  const std::vector<std::string> names = header_names(header, plan.separator);
  plan.columns = names.size();
  plan.strict = file.strict_columns;
  plan.log_effect = file.log_effect;
  plan.minus_log10_p = file.minus_log10_p;
  plan.use_strand = file.use_strand;
  plan.default_weight = file.default_weight;
  const auto fail = [&](const std::string& message) {
    std::string text = file.path;
    text.append(": ").append(message).append(" (its columns: ");
    for (std::size_t i = 0; i < names.size(); ++i) text.append(i == 0 ? "" : ", ").append(clean_text(names[i]));
    text += ')';
    throw_input_error("gwas_meta", text);
  };
  const auto find = [&](std::string_view name, bool must) {
    std::size_t found = gwas_plan::no_column;
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (!equal_ignoring_case(names[i], name)) continue;
      if (found != gwas_plan::no_column) fail("column '" + std::string(name) + "' is there twice");
      found = i;
    }
    if (must && found == gwas_plan::no_column) fail("there is no column '" + std::string(name) + "'");
    return found;
  };
  const auto among = [](gwas_role role, const std::vector<gwas_role>& roles) { return std::find(roles.begin(), roles.end(), role) != roles.end(); };
  for (std::size_t r = 0; r < gwas_roles; ++r) {
    const gwas_role role = static_cast<gwas_role>(r);
    plan.at[r] = gwas_plan::no_column;
    if (!file.column[r].empty()) {
      const bool must = among(role, needed) || (among(role, used) && !(role == gwas_role::weight && file.weight_may_lack));
      plan.at[r] = find(file.column[r], must);
    } else {
      std::string_view usual = recognised_names(role);
      while (!usual.empty() && plan.at[r] == gwas_plan::no_column) {
        const std::size_t blank = (std::min)(usual.find(' '), usual.size());
        const std::string_view name = usual.substr(0, blank);
        usual.remove_prefix((std::min)(blank + 1, usual.size()));
        plan.at[r] = find(name, false);
        if (plan.at[r] == gwas_plan::no_column) continue;
        if (role == gwas_role::effect && is_ratio_name(name)) plan.log_effect = true;
        if (role == gwas_role::p_value && (name == "NEG_LOG_10_P_VALUE" || name == "LOG10P")) plan.minus_log10_p = true;
      }
    }
    if (plan.at[r] != gwas_plan::no_column) plan.name[r] = names[plan.at[r]];
  }
  if (!plan.has(gwas_role::marker) && plan.has(gwas_role::chromosome) && plan.has(gwas_role::position)) plan.name_from_position = true;
  if (among(gwas_role::weight, used) && !plan.has(gwas_role::weight) && !file.weight_may_lack) fail("there is no column for the weight (sample size): name it, or give a default weight");
  if (file[gwas_role::allele1].empty() && file[gwas_role::allele2].empty() && (find("AF_ALLELE2", false) != gwas_plan::no_column || find("AC_ALLELE2", false) != gwas_plan::no_column)) {
    fail("frequencies are those of Allele2, and so are the effects (SAIGE): name the alleles, the effect's first");
  }
  for (const gwas_role role : needed) {
    if (plan.has(role) || (role == gwas_role::marker && plan.name_from_position)) continue;
    fail("there is no column for the " + std::string(gwas_role_name(role)) + ": name it");
  }
  for (const gwas_filter& f : file.filters) {
    gwas_plan::filter to{find(f.column, true), f.compare, false, 0, f.texts};
    to.numeric = f.compare != gwas_filter::comparison::in && parse_number<double>(f.value).status == number_status::number;
    if (to.numeric) to.number = parse_number<double>(f.value).value;
    const bool texts = f.compare == gwas_filter::comparison::equal || f.compare == gwas_filter::comparison::not_equal;
    if (!to.numeric && texts) to.texts = {f.value};
    if (!to.numeric && !texts && f.compare != gwas_filter::comparison::in) fail("filter on '" + f.column + "': '" + f.value + "' is not a number");
    plan.filters.push_back(std::move(to));
  }
  for (const std::string& name : file.custom) plan.custom.push_back(name.empty() ? gwas_plan::no_column : find(name, true));
  return plan;
}

}  // namespace detail
}  // namespace metapool
