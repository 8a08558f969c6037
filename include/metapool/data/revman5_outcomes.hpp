// SPDX-License-Identifier: BSL-1.0
// The outcomes of a RevMan 5 file: how they were pooled, their subgroups, studies and stored results.
#pragma once

#include <metapool/data/revman.hpp>
#include <metapool/data/revman5_elements.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace metapool::detail {

/// Reads an outcome from its first tag to its last.
template <class Real>
class revman5_outcomes : protected revman5_elements<Real> {
 protected:
  using elements = revman5_elements<Real>;
  using elements::level, elements::list, elements::list_unknown, elements::number, elements::one_line, elements::pooled_results, elements::result, elements::results;
  using elements::says, elements::skip_unknown, elements::text_of, elements::xml_;
  using revman5_elements<Real>::revman5_elements;

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
    const bool log_is_stated = log_data != nullptr, stated_log = says("LOG_DATA", "YES");
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
    o.ratio = log_is_stated ? stated_log : o.data == revman_data::o_minus_e || is_ratio_measure(o.measure);
    if (o.measure == "PETO_OR") o.method = revman_method::peto;
    return o;
  }

 private:
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
};

}  // namespace metapool::detail
