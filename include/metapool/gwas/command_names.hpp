// SPDX-License-Identifier: BSL-1.0
// The names of commands: METAL's, and those of what METAL does not have.
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/data/decimal.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace metapool::detail {

enum class gwas_command : std::uint8_t {
  marker, allele, effect, standard_error, p_value, weight, default_weight, frequency, strand, use_strand, chromosome, position, separator, column_counting, genomic_control,
  add_filter, remove_filters, custom_variable, label, process, out_file, analyze, clear, quit, scheme, average_frequency, min_max_frequency, minimum_weight, log_p_value,
  track_positions, verbose, max_warnings, effect_decimals, stderr_decimals, overlap,
  heterogeneity, random_effects, hartung_knapp, leave_one_out, ambiguous, join, threads, minus_log10_p, capitals, result_control, digits
};

struct gwas_command_name {
  std::string_view name;
  gwas_command command;
  int values;  ///< on a command line; 0: a switch, which may be followed by =ON or =OFF
};

/// Every name that a command has. They are compared without regard to the case of letters, to - and to _.
inline constexpr gwas_command_name gwas_command_names[] = {
    {"MARKER", gwas_command::marker, 1}, {"MARKERLABEL", gwas_command::marker, 1}, {"ALLELE", gwas_command::allele, 2}, {"ALLELES", gwas_command::allele, 2},
    {"ALLELELABELS", gwas_command::allele, 2}, {"EFFECT", gwas_command::effect, 1}, {"EFFECTLABEL", gwas_command::effect, 1}, {"STDERR", gwas_command::standard_error, 1},
    {"STDERRLABEL", gwas_command::standard_error, 1}, {"PVALUE", gwas_command::p_value, 1}, {"PVAL", gwas_command::p_value, 1}, {"PVALUELABEL", gwas_command::p_value, 1},
    {"WEIGHT", gwas_command::weight, 1}, {"WEIGHTLABEL", gwas_command::weight, 1}, {"DEFAULTWEIGHT", gwas_command::default_weight, 1}, {"FREQ", gwas_command::frequency, 1},
    {"FREQLABEL", gwas_command::frequency, 1}, {"STRAND", gwas_command::strand, 1}, {"STRANDLABEL", gwas_command::strand, 1}, {"USESTRAND", gwas_command::use_strand, 0},
    {"CHROMOSOME", gwas_command::chromosome, 1}, {"CHROMOSOMELABEL", gwas_command::chromosome, 1}, {"POSITION", gwas_command::position, 1},
    {"POSITIONLABEL", gwas_command::position, 1}, {"SEPARATOR", gwas_command::separator, 1}, {"COLUMNCOUNTING", gwas_command::column_counting, 1},
    {"GENOMICCONTROL", gwas_command::genomic_control, 1}, {"ADDFILTER", gwas_command::add_filter, 1}, {"REMOVEFILTERS", gwas_command::remove_filters, 0},
    {"CUSTOMVARIABLE", gwas_command::custom_variable, 1}, {"LABEL", gwas_command::label, 3}, {"PROCESS", gwas_command::process, 1}, {"PROCESSFILE", gwas_command::process, 1},
    {"OUTFILE", gwas_command::out_file, 2}, {"ANALYZE", gwas_command::analyze, 1}, {"CLEAR", gwas_command::clear, 0}, {"QUIT", gwas_command::quit, 0},
    {"SCHEME", gwas_command::scheme, 1}, {"AVERAGEFREQ", gwas_command::average_frequency, 0}, {"MINMAXFREQ", gwas_command::min_max_frequency, 0},
    {"MINWEIGHT", gwas_command::minimum_weight, 1}, {"LOGPVALUE", gwas_command::log_p_value, 0}, {"TRACKPOSITIONS", gwas_command::track_positions, 0},
    {"VERBOSE", gwas_command::verbose, 0}, {"MAXWARNINGS", gwas_command::max_warnings, 1}, {"EFFECTPRINTPRECISION", gwas_command::effect_decimals, 1},
    {"STDERRPRINTPRECISION", gwas_command::stderr_decimals, 1}, {"OVERLAP", gwas_command::overlap, 0}, {"ZCUTOFF", gwas_command::overlap, 1},
    {"HETEROGENEITY", gwas_command::heterogeneity, 0}, {"RANDOMEFFECTS", gwas_command::random_effects, 1}, {"HARTUNGKNAPP", gwas_command::hartung_knapp, 0},
    {"LEAVEONEOUT", gwas_command::leave_one_out, 1}, {"AMBIGUOUS", gwas_command::ambiguous, 1}, {"JOIN", gwas_command::join, 1}, {"THREADS", gwas_command::threads, 1},
    {"MINUSLOG10P", gwas_command::minus_log10_p, 0}, {"CAPITALS", gwas_command::capitals, 0}, {"RESULTCONTROL", gwas_command::result_control, 1}, {"DIGITS", gwas_command::digits, 1}};

/// In capitals, without - and _.
template <class = void>
std::string plain_command(std::string_view word) {
  std::string s;
  for (const char c : word) {
    if (c != '-' && c != '_') s += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return s;
}

/// How many letters must be changed, put in or left out to make one word of the other.
template <class = void>
std::size_t letters_apart(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t corner = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = (std::min)((std::min)(above, row[j - 1]) + 1, corner + (a[i - 1] == b[j - 1] ? 0 : 1));
      corner = above;
    }
  }
  return row[b.size()];
}

/// The command of a name, or of the beginning of one (four letters or more) that no other command has. Throws input_error, with the name that comes nearest.
template <class = void>
const gwas_command_name& find_command(std::string_view word) {
  const std::string plain = plain_command(word);
  const gwas_command_name* found = nullptr;
  const gwas_command_name* nearest = nullptr;
  std::size_t distance = 4;
  bool several = false;
  for (const gwas_command_name& n : gwas_command_names) {
    if (n.name == plain) return n;
    if (plain.size() >= 4 && n.name.substr(0, plain.size()) == plain) {
      several = several || (found != nullptr && found->command != n.command);
      if (found == nullptr) found = &n;
    }
    const std::size_t d = letters_apart(plain, n.name);
    if (d < distance) {
      distance = d;
      nearest = &n;
    }
  }
  if (found != nullptr && !several) return *found;
  std::string message = "'" + std::string(word) + (several ? "' is the beginning of several commands" : "' is no command");
  if (nearest != nullptr) message.append(": is ").append(nearest->name).append(" meant?");
  throw_input_error("gwas_meta", message);
}

}  // namespace metapool::detail
