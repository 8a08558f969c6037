// SPDX-License-Identifier: BSL-1.0
// The elements of a RevMan 5 file: what their attributes hold, and a list of what is not known of them.
#pragma once

#include <metapool/data/revman.hpp>
#include <metapool/data/xml_scanner.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace metapool::detail {

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

/// Reads text, numbers and stored results of the element at which the scanner stands.
template <class Real>
class revman5_elements {
 protected:
  revman5_elements(std::string_view text, const std::string& file, const char* function) : xml_(text, function, file) {}

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
    not_understood_.push_back(std::move(line));
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

  xml_scanner<> xml_;
  std::vector<std::string> not_understood_;

 private:
  std::vector<std::string> listed_;
};

}  // namespace metapool::detail
