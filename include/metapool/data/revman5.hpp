// SPDX-License-Identifier: BSL-1.0
// Reviews from the .rm5 files of RevMan 5.
#pragma once

#include <metapool/data/file.hpp>
#include <metapool/data/revman.hpp>
#include <metapool/data/revman5_outcomes.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace metapool {

namespace detail {

/// Reads the parts of one file; what it knows of the studies' names is filled in at the end.
template <class Real>
class revman5_reader : revman5_outcomes<Real> {
  using outcomes = revman5_outcomes<Real>;
  using outcomes::list_unknown, outcomes::one_line, outcomes::read_outcome, outcomes::skip_unknown, outcomes::text_of, outcomes::xml_;

 public:
  revman5_reader(std::string_view text, std::string file, const char* function) : outcomes(text, file, function) { review_.file = std::move(file); }

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
    review_.not_understood = std::move(this->not_understood_);
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

  revman_review<Real> review_;
  std::vector<known_study> studies_;
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
