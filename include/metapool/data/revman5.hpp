// SPDX-License-Identifier: BSL-1.0
// Reviews from the .rm5 files of RevMan 5.
#pragma once

#include <metapool/data/file.hpp>
#include <metapool/data/revman.hpp>
#include <metapool/data/xml_scanner.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace metapool {

namespace detail {

/// "STD-ISIS_x002d_2" -> "ISIS-2": what RevMan makes of a study's name, undone.
template <class = void>
std::string name_of_study_id(std::string_view id) {
  if (id.substr(0, 4) == "STD-") id.remove_prefix(4);
  std::string out;
  while (!id.empty()) {
    std::uint32_t code = 0;
    bool escape = id.size() >= 7 && id[0] == '_' && id[1] == 'x' && id[6] == '_';
    for (std::size_t i = 2; escape && i < 6; ++i) {
      const char c = to_lower(id[i]);
      escape = is_digit(c) || (c >= 'a' && c <= 'f');
      code = 16 * code + static_cast<std::uint32_t>(is_digit(c) ? c - '0' : c - 'a' + 10);
    }
    escape = escape && code != 0 && !(code >= 0xD800U && code < 0xE000U);
    if (escape) {
      append_utf8<>(out, static_cast<char32_t>(code));
      id.remove_prefix(7);
    } else {
      out += id[0];
      id.remove_prefix(1);
    }
  }
  return out;
}

/// Reads the parts of one file; what it knows of the studies' names is filled in at the end.
template <class Real>
class revman5_reader {
 public:
  revman5_reader(std::string_view text, std::string file, const char* function) : xml_(text, function, file) { review_.file = std::move(file); }

  revman_review<Real> read() {
    if (xml_.next() != xml_event::start || xml_.name() != "COCHRANE_REVIEW") xml_.fail("a RevMan 5 file must start with <COCHRANE_REVIEW>");
    bool analyses = false;
    for (xml_event e = xml_.next(); e != xml_event::finished; e = xml_.next()) {
      if (e != xml_event::start) continue;
      if (xml_.name() == "ANALYSES_AND_DATA") {
        analyses = true;
        read_analyses();
      } else if (xml_.name() == "STUDY") {
        if (const auto* id = xml_.find("ID")) studies_.push_back({*id, text_of("NAME"), text_of("YEAR")});
      } else if (xml_.name() == "TITLE" && review_.title.empty() && xml_.depth() == 3) {
        review_.title = one_line(xml_.take_text());
      }
    }
    if (!analyses) xml_.fail("the file has no <ANALYSES_AND_DATA>");
    for (auto& c : review_.comparisons) {
      for (auto& o : c.outcomes) {
        for (auto& s : o.studies) name_study(s);
      }
    }
    return std::move(review_);
  }

 private:
  struct known_study {
    std::string id, name, year;
  };

  void name_study(revman_study<Real>& s) const {
    for (const known_study& k : studies_) {
      if (k.id != s.id) continue;
      s.label = k.name;
      s.year = k.year;
      break;
    }
    if (s.label.empty()) s.label = name_of_study_id(s.id);
  }

  static std::string one_line(std::string_view s) {
    std::string out;
    for (const char c : s) {
      const bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
      if (!blank) out += c;
      if (blank && !out.empty() && out.back() != ' ') out += ' ';
    }
    while (!out.empty() && out.back() == ' ') out.pop_back();
    return out;
  }
  std::string text_of(std::string_view name) const {
    const auto* v = xml_.find(name);
    return v == nullptr ? std::string{} : *v;
  }
  bool says(std::string_view name, std::string_view value) const {
    const auto* v = xml_.find(name);
    return v != nullptr && equal_ignoring_case(trim(*v), value);
  }
  void list(std::string what) {
    std::string line = "line ";
    line.append(std::to_string(xml_.line())).append(": ").append(what);
    review_.not_understood.push_back(std::move(line));
  }
  /// A number of a trial: what is there must be a number.
  std::optional<Real> number(std::string_view name) const {
    const auto* v = xml_.find(name);
    if (v == nullptr) return std::nullopt;
    const auto parsed = parse_number<Real>(*v);
    if (parsed.status == number_status::missing) return std::nullopt;
    if (parsed.status != number_status::number) xml_.fail(std::string(name) + " = " + in_quotes(*v) + " in <" + xml_.name() + "> must be a number");
    return parsed.value;
  }
  /// A stored result: what is no number is listed and left empty.
  std::optional<Real> result(std::string_view name) {
    const auto* v = xml_.find(name);
    if (v == nullptr) return std::nullopt;
    const auto parsed = parse_number<Real>(*v);
    if (parsed.status == number_status::number) return parsed.value;
    if (parsed.status != number_status::missing) list("the stored " + std::string(name) + " = " + in_quotes(*v) + " of " + xml_.name() + " is not a number");
    return std::nullopt;
  }
  double level(std::string_view name) const {
    const auto percent = number(name);
    if (!percent) return 0.95;
    const double x = static_cast<double>(*percent) / 100;
    if (!(x > 0 && x < 1)) xml_.fail(std::string(name) + " = " + in_quotes(text_of(name)) + " must be a level between 0 and 100 per cent");
    return x;
  }
  /// Lists the attributes of this element that are neither read nor known as layout, each once a file.
  void list_unknown(std::string_view read) {
    constexpr std::string_view layout =
        " MODIFIED MODIFIED_BY ID NO SCALE SORT_BY ORDER UNITS LOG_EFFECT_SIZE LOG_CI_START LOG_CI_END ESTIMABLE EFFECT_SIZE CI_START CI_END WEIGHT ";
    for (const auto& a : xml_.attributes()) {
      const std::string word = " " + a.first + " ";
      if (layout.find(word) != std::string_view::npos || read.find(word) != std::string_view::npos) continue;
      std::string key = xml_.name();
      key.append(1, '.').append(a.first);
      bool told = false;
      for (const std::string& k : listed_) told = told || k == key;
      if (told) continue;
      listed_.push_back(key);
      list("the attribute " + a.first + " = " + in_quotes(a.second) + " of " + xml_.name() + " is not known");
    }
  }
  void skip_unknown() {
    list("the element " + xml_.name() + " was not read");
    (void)xml_.take_text();
  }

  void read_analyses() {
    const std::size_t depth = xml_.depth();
    for (;;) {
      const xml_event e = xml_.next();
      if (e == xml_event::end && xml_.depth() < depth) return;
      if (e != xml_event::start) continue;
      if (xml_.name() == "COMPARISON") {
        read_comparison();
      } else {
        skip_unknown();
      }
    }
  }

  void read_comparison() {
    const std::size_t depth = xml_.depth();
    list_unknown("");
    revman_comparison<Real> c;
    c.number = text_of("NO");
    for (;;) {
      const xml_event e = xml_.next();
      if (e == xml_event::end && xml_.depth() < depth) break;
      if (e != xml_event::start) continue;
      const std::string& name = xml_.name();
      if (name == "NAME") {
        c.name = one_line(xml_.take_text());
      } else if (name == "DICH_OUTCOME" || name == "CONT_OUTCOME" || name == "IV_OUTCOME" || name == "IPD_OUTCOME") {
        c.outcomes.push_back(read_outcome());
      } else {
        skip_unknown();  // OTHER_OUTCOME holds text, no numbers
      }
    }
    review_.comparisons.push_back(std::move(c));
  }

  revman_results<Real> results() {
    revman_results<Real> r;
    if (says("ESTIMABLE", "NO")) return r;
    r.effect = result("EFFECT_SIZE");
    r.lower = result("CI_START");
    r.upper = result("CI_END");
    r.weight = result("WEIGHT");
    return r;
  }
  revman_results<Real> pooled_results() {
    revman_results<Real> r = results();
    r.events_1 = result("EVENTS_1");
    r.events_2 = result("EVENTS_2");
    r.total_1 = result("TOTAL_1");
    r.total_2 = result("TOTAL_2");
    r.studies = result("STUDIES");
    if (says("ESTIMABLE", "NO")) return r;
    r.chi2 = result("CHI2");
    r.df = result("DF");
    r.p_chi2 = result("P_CHI2");
    r.i2 = result("I2");
    r.tau2 = result("TAU2");
    r.z = result("Z");
    r.p_z = result("P_Z");
    r.between_chi2 = result("Q");
    r.between_p = result("P_Q");
    r.between_i2 = result("I2_Q");
    return r;
  }

  revman_outcome<Real> read_outcome() {
    const std::size_t depth = xml_.depth();
    const std::string prefix = xml_.name().substr(0, xml_.name().find('_'));
    revman_outcome<Real> o;
    o.line = xml_.line();
    o.number = text_of("NO");
    o.data = prefix == "DICH"   ? revman_data::dichotomous
             : prefix == "CONT" ? revman_data::continuous
             : prefix == "IV"   ? revman_data::generic_inverse_variance
                                : revman_data::o_minus_e;
    o.measure = text_of("EFFECT_MEASURE");
    read_method(o);
    o.random = says("RANDOM", "YES");
    o.swap_events = says("SWAP_EVENTS", "YES");
    if (says("TOTALS", "SUB")) o.totals = revman_totals::subgroups_only;
    if (says("TOTALS", "NO")) o.totals = revman_totals::none;
    o.level_studies = level("CI_STUDY");
    o.level_total = level("CI_TOTAL");
    const auto* log_data = xml_.find("LOG_DATA");
    const std::optional<bool> stated_log = log_data == nullptr ? std::nullopt : std::optional<bool>(says("LOG_DATA", "YES"));
    o.stored = pooled_results();
    list_unknown(
        " CHI2 CI_STUDY CI_TOTAL DF EFFECT_MEASURE EVENTS_1 EVENTS_2 I2 I2_Q METHOD P_CHI2 P_Q P_Z Q RANDOM STUDIES SUBGROUPS SUBGROUP_TEST "
        "SWAP_EVENTS TAU2 TOTALS TOTAL_1 TOTAL_2 Z LOG_DATA ");
    const std::string data_name = prefix + "_DATA", subgroup_name = prefix + "_SUBGROUP";
    for (;;) {
      const xml_event e = xml_.next();
      if (e == xml_event::end && xml_.depth() < depth) break;
      if (e != xml_event::start) continue;
      const std::string name = xml_.name();
      if (name == data_name) {
        if (!o.subgroups.empty()) xml_.fail("<" + name + "> must not follow a subgroup outside of it");
        o.studies.push_back(read_study(o));
      } else if (name == subgroup_name) {
        if (o.subgroups.empty() && !o.studies.empty()) xml_.fail("<" + name + "> must not follow studies outside of a subgroup");
        read_subgroup(o, data_name);
      } else if (name == "NAME") {
        o.name = one_line(xml_.take_text());
      } else if (name == "GROUP_LABEL_1") {
        o.label_1 = one_line(xml_.take_text());
      } else if (name == "GROUP_LABEL_2") {
        o.label_2 = one_line(xml_.take_text());
      } else if (name == "EFFECT_MEASURE") {
        o.measure = one_line(xml_.take_text());
      } else if (name == "GRAPH_LABEL_1" || name == "GRAPH_LABEL_2") {
        (void)xml_.take_text();
      } else {
        skip_unknown();
      }
    }
    o.ratio = stated_log ? *stated_log : o.data == revman_data::o_minus_e || is_ratio_measure(o.measure);
    if (o.measure == "PETO_OR") o.method = revman_method::peto;
    return o;
  }

  void read_method(revman_outcome<Real>& o) {
    if (o.data == revman_data::o_minus_e) o.method = revman_method::o_minus_e;
    const std::string m = letters<>(text_of("METHOD"));
    if (m == "mh" && o.data == revman_data::dichotomous) {
      o.method = revman_method::mantel_haenszel;
    } else if (m == "peto" && o.data == revman_data::dichotomous) {
      o.method = revman_method::peto;
    } else if (!m.empty() && m != "iv" && !(m == "peto" && o.data == revman_data::o_minus_e)) {
      list("the METHOD " + in_quotes(text_of("METHOD")) + " of " + xml_.name() + " is not known; inverse variance is assumed");
    }
  }

  void read_subgroup(revman_outcome<Real>& o, const std::string& data_name) {
    const std::size_t depth = xml_.depth();
    revman_subgroup<Real> g;
    g.first = o.studies.size();
    g.stored = pooled_results();
    list_unknown(" CHI2 DF EVENTS_1 EVENTS_2 I2 P_CHI2 P_Z STUDIES TAU2 TOTAL_1 TOTAL_2 Z ");
    for (;;) {
      const xml_event e = xml_.next();
      if (e == xml_event::end && xml_.depth() < depth) break;
      if (e != xml_event::start) continue;
      if (xml_.name() == data_name) {
        o.studies.push_back(read_study(o));
      } else if (xml_.name() == "NAME") {
        g.name = one_line(xml_.take_text());
      } else {
        skip_unknown();
      }
    }
    g.count = o.studies.size() - g.first;
    o.subgroups.push_back(std::move(g));
  }

  revman_study<Real> read_study(const revman_outcome<Real>& o) {
    const std::size_t depth = xml_.depth();
    revman_study<Real> s;
    s.line = xml_.line();
    s.id = text_of("STUDY_ID");
    if (s.id.empty()) xml_.fail("<" + xml_.name() + "> must have a STUDY_ID");
    s.estimable = !says("ESTIMABLE", "NO");
    s.total_1 = number("TOTAL_1");
    s.total_2 = number("TOTAL_2");
    s.stored = results();
    std::string_view read;
    switch (o.data) {
      case revman_data::dichotomous:
        s.events_1 = number("EVENTS_1");
        s.events_2 = number("EVENTS_2");
        if (s.estimable) s.stored.se = result("SE");
        read = " STUDY_ID TOTAL_1 TOTAL_2 EVENTS_1 EVENTS_2 SE VAR O_E ";  // VAR is SE squared, O_E that of Peto's method: both follow from the counts
        break;
      case revman_data::continuous:
        s.mean_1 = number("MEAN_1");
        s.mean_2 = number("MEAN_2");
        s.sd_1 = number("SD_1");
        s.sd_2 = number("SD_2");
        if (s.estimable) s.stored.se = result("SE");
        read = " STUDY_ID TOTAL_1 TOTAL_2 MEAN_1 MEAN_2 SD_1 SD_2 SE ";
        break;
      case revman_data::generic_inverse_variance:
        s.estimate = number("ESTIMATE");
        s.se = number("SE");
        read = " STUDY_ID TOTAL_1 TOTAL_2 ESTIMATE SE ";
        break;
      case revman_data::o_minus_e:
        s.events_1 = number("EVENTS_1");
        s.events_2 = number("EVENTS_2");
        s.o_e = number("O_E");
        s.variance = number("VAR");
        if (s.estimable) s.stored.se = result("SE");
        read = " STUDY_ID TOTAL_1 TOTAL_2 EVENTS_1 EVENTS_2 O_E VAR SE ";
        break;
    }
    list_unknown(read);
    for (;;) {
      const xml_event e = xml_.next();
      if (e == xml_event::end && xml_.depth() < depth) return s;
      if (e != xml_event::start) continue;
      if (xml_.name() == "FOOTNOTE") {
        s.footnote = one_line(xml_.take_text());
      } else {
        skip_unknown();
      }
    }
  }

  xml_scanner<> xml_;
  revman_review<Real> review_;
  std::vector<known_study> studies_;
  std::vector<std::string> listed_;
};

}  // namespace detail

/// Reads the analyses of a review from the text of an .rm5 file of RevMan 5 (XML): comparisons, outcomes (dichotomous, continuous, generic
/// inverse variance, O - E and variance), subgroups, studies, and the results that RevMan stored, kept beside the data. Of the rest of the
/// file only the title and the studies' names are read. Blank results are empty. A result that is stored for what RevMan calls not
/// estimable is not taken.
/// Whatever the analyses hold beyond that is listed in not_understood. Throws input_error (file, line, what) for text that is not
/// well-formed XML, a file that is no review, a number of a trial that is none. The trials are not judged: effect_sizes checks them.
template <class Real = double>
revman_review<Real> parse_revman5(std::string_view text, std::string file_name = "<text>") {
  return detail::revman5_reader<Real>(text, std::move(file_name), "parse_revman5").read();
}

/// parse_revman5 of a file's text. Throws input_error also if the file cannot be read.
template <class Real = double>
revman_review<Real> read_revman5(const std::string& path) {
  const std::string text = detail::read_file(path, "read_revman5");
  return detail::revman5_reader<Real>(text, path, "read_revman5").read();
}

}  // namespace metapool
