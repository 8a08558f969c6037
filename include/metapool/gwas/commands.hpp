// SPDX-License-Identifier: BSL-1.0
// The commands that people have for METAL, and how they become files and options.
#pragma once

#include <metapool/gwas/analysis.hpp>
#include <metapool/gwas/command_names.hpp>

#include <charconv>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace metapool {

/// One meta-analysis: what ANALYZE asks for.
struct gwas_job {
  std::vector<gwas_study_file> files;
  gwas_analysis analysis;
  std::string output;
};

/// Takes commands one by one, as METAL does: descriptions of columns hold for the files that are processed after them, everything else for the meta-analyses after it. Files are
/// not read here.
class gwas_commands {
 public:
  /// scheme: until a command says another. METAL's own default is sample_size.
  explicit gwas_commands(gwas_scheme scheme) { analysis_.scheme = scheme; }

  /// One line of a script: a command and its values; empty, from # on, or behind QUIT, nothing. A job if the line says ANALYZE. Throws input_error if there is no such command, or a value is not
  /// one of it.
  std::optional<gwas_job> line(std::string_view text) {
    std::vector<std::string> words;
    std::string word;
    for (const char c : std::string(text) + ' ') {
      const bool blank = c == ' ' || c == '\t' || c == '\r' || c == '\n';
      if (!blank) word += c;
      if (blank && !word.empty()) words.push_back(std::exchange(word, {}));
    }
    if (ended_ || words.empty() || words[0][0] == '#') return std::nullopt;
    const std::string name = words[0];
    words.erase(words.begin());
    return command(detail::find_command(name).command, words);
  }

  std::optional<gwas_job> command(detail::gwas_command what, const std::vector<std::string>& values) {
    using c = detail::gwas_command;
    values_ = &values;
    switch (what) {
      case c::marker: file_[gwas_role::marker] = value(0); break;
      case c::allele: file_[gwas_role::allele1] = value(0); file_[gwas_role::allele2] = value(1); break;
      case c::effect: file_.log_effect = within("log(", value(0), file_[gwas_role::effect]); break;
      case c::standard_error: file_[gwas_role::standard_error] = value(0); break;
      case c::p_value: file_.minus_log10_p = within("-log10(", value(0), file_[gwas_role::p_value]); break;
      case c::weight: file_[gwas_role::weight] = value(0); file_.weight_may_lack = false; break;
      case c::default_weight: file_.default_weight = number(0); file_.weight_may_lack = true; break;
      case c::frequency: file_[gwas_role::frequency] = value(0); break;
      case c::strand: file_[gwas_role::strand] = value(0); break;
      case c::use_strand: file_.use_strand = on(); break;
      case c::chromosome: file_[gwas_role::chromosome] = value(0); break;
      case c::position: file_[gwas_role::position] = value(0); break;
      case c::separator: file_.separator = choice<gwas_separator>({{"WHITESPACE", gwas_separator::white_space}, {"TAB", gwas_separator::tab}, {"TABS", gwas_separator::tab},
                             {"COMMA", gwas_separator::comma}, {"COMMAS", gwas_separator::comma}, {"BOTH", gwas_separator::both}, {"AUTO", gwas_separator::automatic}}); break;
      case c::column_counting: file_.strict_columns = choice<bool>({{"STRICT", true}, {"LENIENT", false}}); break;
      case c::genomic_control: file_.genomic_control = control(); break;
      case c::result_control: analysis_.genomic_control = control(); break;
      case c::add_filter: file_.filters.push_back(filter()); break;
      case c::remove_filters: file_.filters.clear(); break;
      case c::custom_variable: analysis_.custom.push_back(value(0)); break;
      case c::label: label(); break;
      case c::process: file_.path = value(0); files_.push_back(file_); break;
      case c::out_file: before_ = value(0); behind_ = values.size() > 1 ? value(1) : std::string(); break;
      case c::analyze: return job(values.empty() ? std::string_view() : std::string_view(values[0]));
      case c::clear: files_.clear(); file_ = {}; break;
      case c::quit: ended_ = true; break;
      case c::verbose: break;
      case c::scheme: analysis_.scheme = choice<gwas_scheme>({{"STDERR", gwas_scheme::standard_error}, {"SAMPLESIZE", gwas_scheme::sample_size}}); break;
      case c::average_frequency: analysis_.average_frequency = on(); break;
      case c::min_max_frequency: analysis_.min_max_frequency = on(); break;
      case c::minimum_weight: analysis_.minimum_weight = number(0); break;
      case c::log_p_value: analysis_.log_p_value = on(); break;
      case c::track_positions: analysis_.track_positions = on(); break;
      case c::max_warnings: analysis_.named = static_cast<std::size_t>(whole(1000000)); break;
      case c::effect_decimals: analysis_.effect_decimals = whole(300); break;
      case c::stderr_decimals: analysis_.stderr_decimals = whole(300); break;
      case c::digits: analysis_.digits = whole(17); break;
      case c::overlap:
        if (values.empty() || !detail::equal_ignoring_case(values[0], "OFF")) fail("correction for samples in common (OVERLAP) is not there");
        break;
      case c::heterogeneity: analysis_.heterogeneity = on(); break;
      case c::random_effects: random_effects(); break;
      case c::hartung_knapp: analysis_.hartung_knapp = on(); break;
      case c::leave_one_out: analysis_.leave_one_out = number(0); break;
      case c::ambiguous: ambiguous(); break;
      case c::join: analysis_.join = choice<gwas_join>({{"NAME", gwas_join::by_name}, {"ORDER", gwas_join::same_order}, {"POSITION", gwas_join::by_position}}); break;
      case c::threads: analysis_.threads = static_cast<unsigned>(whole(100000)); break;
      case c::minus_log10_p: analysis_.minus_log10_p = on(); break;
      case c::capitals: analysis_.capitals = on(); break;
    }
    return std::nullopt;
  }

  /// The meta-analysis of the files so far; how: what stands behind ANALYZE.
  gwas_job job(std::string_view how = {}) {
    gwas_job j{files_, analysis_, before_ + std::to_string(++jobs_) + behind_};
    const bool random = detail::equal_ignoring_case(how, "RANDOM");
    if (!how.empty() && !random && !detail::equal_ignoring_case(how, "HETEROGENEITY")) {
      fail("ANALYZE " + std::string(how) + ": it is ANALYZE, ANALYZE HETEROGENEITY or ANALYZE RANDOM");
    }
    if (!how.empty()) j.analysis.heterogeneity = true;
    if (random && j.analysis.random_effects.empty()) j.analysis.random_effects = {gwas_tau2::dersimonian_laird};
    for (gwas_study_file& f : j.files) f.custom.resize(analysis_.custom.size());
    return j;
  }

 private:
  [[noreturn]] static void fail(const std::string& message) { detail::throw_input_error("gwas_meta", message); }

  const std::string& value(std::size_t i) const {
    if (values_->size() <= i) fail("a command lacks a value");
    return (*values_)[i];
  }

  double number(std::size_t i) const {
    const auto n = parse_number<double>(value(i));
    if (n.status != number_status::number) fail("'" + value(i) + "' is not a number");
    return n.value;
  }

  int whole(int most) const {
    int n = -1;
    const std::string& s = value(0);
    const auto end = std::from_chars(s.data(), s.data() + s.size(), n);
    if (end.ec != std::errc{} || end.ptr != s.data() + s.size() || n < 0 || n > most) fail("'" + s + "' is not a whole number from 0 to " + std::to_string(most));
    return n;
  }

  bool on() const { return values_->empty() || choice<bool>({{"ON", true}, {"OFF", false}}); }

  double control() const {
    if (detail::equal_ignoring_case(value(0), "ON")) return -1;
    if (detail::equal_ignoring_case(value(0), "OFF")) return 0;
    if (detail::equal_ignoring_case(value(0), "LIST")) fail("GENOMICCONTROL LIST is not there: give the value");
    const double x = number(0);
    if (!(x > 0)) fail("genomic control of " + value(0) + ": it must be ON, OFF or a positive number");
    return x;
  }

  template <class T>
  struct named_value {
    const char* name;
    T value;
  };
  template <class T>
  T choice(std::initializer_list<named_value<T>> all) const {
    std::string names;
    for (const named_value<T>& v : all) {
      if (detail::equal_ignoring_case(value(0), v.name)) return v.value;
      names.append(names.empty() ? "" : ", ").append(v.name);
    }
    fail("'" + value(0) + "' is none of: " + names);
  }

  /// "log(OR)": true, and the column is OR.
  static bool within(std::string_view function, const std::string& text, std::string& column) {
    const bool is = text.size() > function.size() + 1 && text.back() == ')' && detail::equal_ignoring_case(std::string_view(text).substr(0, function.size()), function);
    column = is ? text.substr(function.size(), text.size() - function.size() - 1) : text;
    return is;
  }

  /// "INFO > 0.3", "SNP IN (rs1,rs2)", in one word or several.
  gwas_filter filter() const {
    using k = gwas_filter::comparison;
    std::string text;
    for (const std::string& s : *values_) text.append(text.empty() ? "" : " ").append(s);
    gwas_filter f;
    const std::size_t at = text.find_first_of("<>=!");
    if (at != std::string::npos) {
      const std::size_t size = at + 1 < text.size() && text[at + 1] == '=' ? 2 : 1;
      const std::string op = text.substr(at, size);
      f.compare = op == "<" ? k::less : op == "<=" ? k::less_or_equal : op == ">" ? k::greater : op == ">=" ? k::greater_or_equal : op == "!=" ? k::not_equal : k::equal;
      f.column = std::string(detail::trim(std::string_view(text).substr(0, at)));
      f.value = std::string(detail::trim(std::string_view(text).substr(at + size)));
      if (op != "!" && !f.column.empty() && !f.value.empty()) return f;
    }
    const std::size_t open = text.find('('), blank = text.find(' ');
    if (open != std::string::npos && text.back() == ')' && blank < open &&
        detail::equal_ignoring_case(detail::trim(std::string_view(text).substr(blank, open - blank)), "IN")) {
      f.compare = k::in;
      f.column = text.substr(0, blank);
      std::string one;
      for (const char c : text.substr(open + 1)) {
        if (c != ',' && c != ')') {
          one += c;
        } else {
          f.texts.emplace_back(detail::trim(one));
          one.clear();
        }
      }
      return f;
    }
    fail("filter '" + text + "': it is COLUMN < VALUE (or <=, >, >=, =, !=) or COLUMN IN (TEXT,TEXT)");
  }

  void label() {
    const bool as = values_->size() > 2 && detail::equal_ignoring_case(value(1), "AS");
    const std::string& name = value(0);
    const std::string& column = value(as ? 2 : 1);
    for (std::size_t i = 0; i < analysis_.custom.size(); ++i) {
      if (!detail::equal_ignoring_case(analysis_.custom[i], name)) continue;
      file_.custom.resize(analysis_.custom.size());
      file_.custom[i] = column;
      return;
    }
    fail("LABEL " + name + ": there is no CUSTOMVARIABLE of that name");
  }

  void random_effects() {
    analysis_.random_effects.clear();
    std::string one;
    for (const char c : value(0) + ',') {
      if (c != ',') {
        one += c;
        continue;
      }
      if (detail::equal_ignoring_case(one, "DL")) {
        analysis_.random_effects.push_back(gwas_tau2::dersimonian_laird);
      } else if (detail::equal_ignoring_case(one, "PM")) {
        analysis_.random_effects.push_back(gwas_tau2::paule_mandel);
      } else if (detail::equal_ignoring_case(one, "REML")) {
        analysis_.random_effects.push_back(gwas_tau2::reml);
      } else if (!detail::equal_ignoring_case(value(0), "OFF")) {
        fail("random effects '" + one + "': it is DL, PM, REML, or several of them with commas between");
      }
      one.clear();
    }
  }

  void ambiguous() {
    const std::string& s = value(0);
    if (detail::equal_ignoring_case(s, "KEEP")) {
      analysis_.ambiguous = gwas_ambiguous::keep;
    } else if (detail::equal_ignoring_case(s, "DROP")) {
      analysis_.ambiguous = gwas_ambiguous::drop;
    } else if (detail::equal_ignoring_case(s.substr(0, 9), "FREQUENCY")) {
      analysis_.ambiguous = gwas_ambiguous::by_frequency;
      if (s.size() > 10) {
        const auto n = parse_number<double>(s.substr(10));
        if (n.status != number_status::number) fail("'" + s + "': it is FREQUENCY or FREQUENCY:0.4");
        analysis_.ambiguous_frequency = n.value;
      } else if (s.size() != 9) {
        fail("'" + s + "': it is FREQUENCY or FREQUENCY:0.4");
      }
    } else {
      fail("'" + s + "' is none of: KEEP, DROP, FREQUENCY, FREQUENCY:0.4");
    }
  }

  gwas_study_file file_;
  std::vector<gwas_study_file> files_;
  gwas_analysis analysis_;
  std::string before_ = "METAANALYSIS", behind_ = ".TBL";
  std::size_t jobs_ = 0;
  bool ended_ = false;
  const std::vector<std::string>* values_ = nullptr;
};

}  // namespace metapool
