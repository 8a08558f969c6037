// SPDX-License-Identifier: BSL-1.0
// The small-trial report as text for a terminal.
#pragma once

#include <metapool/report/small_trials.hpp>
#include <metapool/text/columns.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace metapool {

namespace detail {

template <class Real>
std::string interval_text(const small_trial_analysis<Real>& r) {
  const int decimals = r.measure == "RD" ? 3 : 2;
  const auto one = [&](const Real& x) {
    const double value = static_cast<double>(x);
    if (value == std::numeric_limits<double>::infinity()) return std::string("∞");
    return r.measure == "RD" ? fixed_text(value, decimals) : ratio_text(value, decimals);
  };
  return one(*r.estimate) + " [" + one(r.lower) + ", " + one(r.upper) + "]";
}

}  // namespace detail

namespace detail {

/// What is said of a method below the table, once for all measures of which it is true.
struct small_trial_note {
  std::string method{}, measures{}, assumes{}, fails{}, refused{};
  bool fails_here = false;
};

template <class Real>
void add_note(std::vector<small_trial_note>& notes, const small_trial_analysis<Real>& r) {
  const auto same = [&](const small_trial_note& n) { return n.method == r.method && n.assumes == r.assumes && n.fails == r.fails && n.fails_here == r.fails_here; };
  auto at = std::find_if(notes.begin(), notes.end(), same);
  if (at == notes.end()) {
    notes.push_back({r.method, r.measure, r.assumes, r.fails, {}, r.fails_here});
    at = notes.end() - 1;
  } else {
    at->measures += ", " + r.measure;
  }
  if (!r.refused.empty()) at->refused += " No " + r.measure + " here: " + r.refused + ".";
}

}  // namespace detail

/// Whether the table is followed by what each method takes for granted. Why a method has no answer is always said.
enum class small_trial_notes : std::uint8_t { given, left_out };

/// The table of all analyses as text for a terminal, and below it what each takes for granted. Rows whose known failure is met by these trials bear an `!`.
template <class Real>
std::string describe(const small_trial_analyses<Real>& all, small_trial_notes below = small_trial_notes::given) {
  std::string out = std::to_string(all.trials) + (all.trials == 1 ? " trial" : " trials") + ", " + detail::short_text(all.of_trials.events, 0) + " events in " +
                    detail::short_text(all.of_trials.patients, 0) + " patients; " + std::to_string(all.of_trials.zero_cells) + " with a zero cell, of which " +
                    std::to_string(all.double_zeros) + " without any event\n\n";
  detail::aligned_columns table("lllrlll");
  table.add({"", "Method", "", "Trials", "Estimate [" + detail::to_short_text(100 * all.level, 4) + " % interval]", "", "tau"});
  std::vector<detail::small_trial_note> notes;
  for (const effects_are kind : {effects_are::one, effects_are::varying}) {
    table.rule();
    table.add({"", kind == effects_are::one ? "One effect in all trials" : "Effects vary between trials"});
    for (const auto& r : all.rows) {
      if (r.effects != kind) continue;
      const std::string mark = r.fails_here ? "!" : "";
      if (!r.estimate) {
        table.add({mark, "  " + r.method, r.measure, "", "no answer (below)"});
      } else {
        const std::string p = r.p ? "p " + detail::p_text(static_cast<double>(*r.p))
                                  : r.probability_below ? "P(" + r.measure + " < 1) " + detail::fixed_text(static_cast<double>(*r.probability_below), 3) : "";
        table.add({mark, "  " + r.method, r.measure, std::to_string(r.k), detail::interval_text(r), p, r.tau ? detail::fixed_text(static_cast<double>(*r.tau), 2) : ""});
      }
      detail::add_note(notes, r);
    }
  }
  out += table.text();
  out += "\n! known to fail with trials like these; tau: standard deviation of effects between trials, log scale\n";
  out += "\n";
  for (const auto& note : notes) {
    if (below == small_trial_notes::left_out) {  // but why there is no answer is always said
      if (!note.refused.empty()) out += "- " + detail::wrapped(note.method + ":" + note.refused, 110, "  ") + "\n";
      continue;
    }
    std::string text = note.method + " (" + note.measures + ") takes for granted: " + note.assumes + ". Known to fail: " + note.fails + ".";
    if (note.fails_here) text += " These trials are of that kind.";
    out += "- " + detail::wrapped(text + note.refused, 110, "  ") + "\n";
  }
  return out;
}

}  // namespace metapool
