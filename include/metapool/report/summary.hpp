// SPDX-License-Identifier: BSL-1.0
// A fit as text for a terminal.
#pragma once

#include <metapool/data/binary_trial.hpp>
#include <metapool/data/continuous_trial.hpp>
#include <metapool/data/correlation.hpp>
#include <metapool/data/group_mean.hpp>
#include <metapool/data/proportion.hpp>
#include <metapool/data/rate.hpp>
#include <metapool/data/rate_trial.hpp>
#include <metapool/inference/heterogeneity.hpp>
#include <metapool/inference/result.hpp>
#include <metapool/math/normal.hpp>
#include <metapool/model/fit.hpp>
#include <metapool/text/number_text.hpp>
#include <metapool/text/columns.hpp>

#include <cmath>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace metapool {

/// What a summary can be told beside the numbers.
template <class Real = double>
struct summary_options {
  std::string title{};                                     ///< first line; empty: made from measure and model
  std::string treated = "Treated";                         ///< headings of the arms
  std::string control = "Control";
  double level = 0.95;                                     ///< of the studies' own intervals (normal)
  std::optional<metapool::prediction<Real>> prediction{};  ///< printed if given
  std::optional<tau2_interval<Real>> tau2{};               ///< printed if given
  std::map<std::size_t, std::string> marks{};              ///< behind the label of the trial with this index in the input
  std::map<std::size_t, std::string> reasons{};            ///< why a trial was not pooled, in words of the caller ("deaths not reported")
  std::vector<std::string> footnotes{};                    ///< printed at the end
  bool studies = true;                                     ///< the table of studies
};

namespace detail {

/// Numbers of one measure as a reader wants them.
template <class Real>
class effect_text {
 public:
  explicit effect_text(const measure_info& measure)
      : measure_(measure),
        decimals_(measure.name == "risk_difference" ? 3 : 2),
        by_size_(!measure.comparison || (measure.scale != scale::identity && measure.scale != scale::log) ||
                 measure.name == "incidence_rate_difference" || measure.name == "square_root_rate_difference") {}
  std::string one(const Real& x) const {
    const double natural = static_cast<double>(to_natural(measure_.scale, x));
    if (by_size_) return sized_text(natural);
    return measure_.scale == scale::log ? ratio_text(natural, decimals_) : fixed_text(natural, decimals_);
  }
  std::string range(const Real& lower, const Real& upper) const { return "[" + one(lower) + ", " + one(upper) + "]"; }
  std::string raw(const Real& x) const {
    const double value = static_cast<double>(x);
    return by_size_ && value != 0 && std::fabs(value) < 0.01 ? to_short_text(value, 3) : fixed_text(value, 4);
  }

 private:
  /// Two decimals from 1 on, three below, and three significant digits below 0.1: rates can be small.
  static std::string sized_text(double x) {
    const double size = std::fabs(x);
    if (size >= 1e7) return to_short_text(x, 3);
    if (size >= 0.1 || size == 0) return fixed_text(x, size >= 1 ? 2 : 3);
    return to_short_text(x, 3);
  }

  measure_info measure_;
  int decimals_;
  bool by_size_;
};

template <class Real>
std::string optional_text(const std::optional<Real>& x, int decimals = 2) {
  return x ? short_text(static_cast<double>(*x), decimals) : "?";
}

template <class Real>
std::vector<std::string> arm_cells(const binary_trial<Real>& t) {
  return {optional_text(t.treated.events) + "/" + optional_text(t.treated.total), optional_text(t.control.events) + "/" + optional_text(t.control.total)};
}

template <class Real>
std::vector<std::string> arm_cells(const continuous_trial<Real>& t) {
  const auto arm = [](const continuous_arm<Real>& a) { return optional_text(a.mean) + " (" + optional_text(a.sd) + "), " + optional_text(a.total); };
  return {arm(t.treated), arm(t.control)};
}

template <class Real>
std::vector<std::string> arm_cells(const rate_trial<Real>& t) {
  return {optional_text(t.treated.events) + "/" + optional_text(t.treated.time), optional_text(t.control.events) + "/" + optional_text(t.control.time)};
}

template <class Real>
std::vector<std::string> arm_cells(const proportion<Real>& s) {
  return {optional_text(s.events) + "/" + optional_text(s.total)};
}

template <class Real>
std::vector<std::string> arm_cells(const rate<Real>& s) {
  return {optional_text(s.events) + "/" + optional_text(s.time)};
}

template <class Real>
std::vector<std::string> arm_cells(const group_mean<Real>& s) {
  return {optional_text(s.mean) + " (" + optional_text(s.sd) + "), " + optional_text(s.total)};
}

template <class Real>
std::vector<std::string> arm_cells(const correlation<Real>& s) {
  return {optional_text(s.total)};
}

/// Trials whose numbers the table of studies shows.
template <class Trials>
concept trials_with_cells = requires(const Trials& trials) { arm_cells(trials[0]); };

template <class Trial, class Real>
std::vector<std::string> arm_headings(const Trial*, const summary_options<Real>& options) {
  return {options.treated, options.control};
}
template <class Real>
std::vector<std::string> arm_headings(const proportion<Real>*, const summary_options<Real>&) {
  return {"Events/total"};
}
template <class Real>
std::vector<std::string> arm_headings(const rate<Real>*, const summary_options<Real>&) {
  return {"Events/time"};
}
template <class Real>
std::vector<std::string> arm_headings(const group_mean<Real>*, const summary_options<Real>&) {
  return {"Mean (SD), total"};
}
template <class Real>
std::vector<std::string> arm_headings(const correlation<Real>*, const summary_options<Real>&) {
  return {"Total"};
}

struct no_trials {};

template <class Trials, class Real>
std::string summary_text(const Trials& trials, const model_fit<Real>& fit, const mean_inference<Real>& mean, const summary_options<Real>& options) {
  using std::sqrt;
  constexpr bool has_arms = trials_with_cells<Trials>;
  const effect_text<Real> text(fit.data.measure);
  const bool transformed = fit.data.measure.scale != scale::identity;
  const std::string per_cent = short_text(100 * mean.level, 2) + " %";
  const std::string symbol(fit.data.measure.symbol), label(fit.data.measure.label);
  const std::string model_name = std::string(name(fit.model)) + (fit.method == name(fit.model) ? "" : " (" + fit.method + ")");
  const auto mark = [&](std::size_t i) {
    const auto found = options.marks.find(i);
    return found == options.marks.end() ? std::string() : " " + found->second;
  };

  std::string out;
  if (!options.title.empty()) out += options.title + "\n";
  std::string heading = label + ", " + model_name + ", " + std::to_string(fit.k()) + (fit.k() == 1 ? " study" : " studies");
  if (heading[0] >= 'a' && heading[0] <= 'z') heading[0] = static_cast<char>(heading[0] - 'a' + 'A');
  const std::size_t left_out = fit.data.audit.size() - fit.k();
  if (left_out > 0) heading += " of " + std::to_string(fit.data.audit.size());
  out += heading + "\n\n";

  if (options.studies) {
    std::vector<std::string> head{"Study"};
    if constexpr (has_arms) {
      for (auto& h : arm_headings(static_cast<const std::remove_cvref_t<decltype(trials[0])>*>(nullptr), options)) head.push_back(std::move(h));
    }
    const std::size_t leading = head.size();
    aligned_columns table(leading == 1 ? "lrlr" : leading == 2 ? "lrrlr" : "lrrrlr");
    head.push_back(symbol);
    head.push_back("[" + short_text(100 * options.level, 2) + " % interval]");
    head.push_back("Weight");
    table.add(std::move(head));
    table.rule();
    const Real z = normal_critical<Real>(options.level);
    for (std::size_t j = 0; j < fit.k(); ++j) {
      const std::size_t i = fit.data.trial.empty() ? j : fit.data.trial[j];
      std::vector<std::string> row{clean_text(fit.data.labels[j]) + mark(i)};
      if constexpr (has_arms) {
        for (auto& cell : arm_cells(trials[i])) row.push_back(std::move(cell));
      }
      const Real half = z * sqrt(fit.data.v[j]);
      row.push_back(text.one(fit.data.y[j]));
      row.push_back(text.range(Real(fit.data.y[j] - half), Real(fit.data.y[j] + half)));
      row.push_back(fixed_text(100 * static_cast<double>(fit.weights[j]), 1) + " %");
      table.add(std::move(row));
    }
    table.rule();
    std::vector<std::string> pooled{"Pooled"};
    pooled.resize(leading);
    pooled.push_back(text.one(mean.estimate));
    pooled.push_back(text.range(mean.lower, mean.upper));
    pooled.push_back("100.0 %");
    table.add(std::move(pooled));
    out += table.text() + "\n";
  }

  aligned_columns facts("ll");
  facts.add({"Pooled " + label, text.one(mean.estimate) + " (" + per_cent + " interval " + text.one(mean.lower) + " to " + text.one(mean.upper) + "), " + mean.method});
  if (transformed) {
    facts.add({std::string("on the ") + name(fit.data.measure.scale) + " scale", text.raw(mean.estimate) + " (" + text.raw(mean.lower) + " to " + text.raw(mean.upper) + "), standard error " + text.raw(mean.se)});
  } else {
    facts.add({"standard error", text.raw(mean.se)});
  }
  if (fit.data.measure.comparison) facts.add({"Test of no effect", (mean.df ? "t = " : "z = ") + fixed_text(static_cast<double>(mean.statistic), 2) +
                                      (mean.df ? ", df = " + short_text(static_cast<double>(*mean.df), 1) : std::string()) + ", p " + p_text(static_cast<double>(mean.p))});
  if (options.prediction) {
    facts.add({"A new trial's effect", text.one(options.prediction->lower) + " to " + text.one(options.prediction->upper) + " (" +
                                           short_text(100 * options.prediction->level, 2) + " % prediction interval, " + options.prediction->method + ")"});
  }
  const heterogeneity_result<Real> h = heterogeneity(fit);
  if (h.p) {
    std::string line = "Q = " + fixed_text(static_cast<double>(h.q), 2) + ", df = " + std::to_string(h.df) + ", p " + p_text(static_cast<double>(*h.p)) + ", I2 = " +
                       fixed_text(100 * static_cast<double>(h.i2_q), 0) + " % (from Q)";
    if (h.i2_tau2) line += ", " + fixed_text(100 * static_cast<double>(*h.i2_tau2), 0) + " % (from tau2)";
    facts.add({"Heterogeneity", std::move(line)});
    if (h.tau2) {
      std::string variance = "tau2 = " + text.raw(*h.tau2);
      if (options.tau2) {
        variance += options.tau2->state == interval_state::empty_set ? ", interval empty (the effects agree more closely than the model expects at this level)"
                                                                     : " (" + short_text(100 * options.tau2->level, 2) + " % interval " + text.raw(options.tau2->lower) + " to " + text.raw(options.tau2->upper) + ")";
        variance += ", " + options.tau2->method;
      }
      facts.add({"Between studies", std::move(variance)});
    }
  } else {
    facts.add({"Heterogeneity", "cannot be estimated from one study"});
  }
  out += facts.text();

  std::string lines;
  const auto line = [&](const std::string& s) { lines += "  " + wrapped(s, 100, "    ") + "\n"; };
  for (std::size_t i = 0; i < fit.data.audit.size(); ++i) {
    std::string what = describe(fit.data.audit[i]);
    if (const auto reason = options.reasons.find(i); reason != options.reasons.end() && fit.data.audit[i].status != study_status::pooled) what = "not pooled: " + reason->second;
    if (!what.empty()) line(clean_text(fit.data.audit[i].label) + mark(i) + ": " + what);
  }
  if (const scale s = fit.data.measure.scale; s == scale::double_arcsine || s == scale::double_square_root) {
    line("values are brought back from the " + std::string(name(s)) + " scale as for large samples; see from_freeman_tukey for a known sample size");
  }
  for (const auto& s : fit.notes) line(s);
  for (const auto& s : mean.notes) line(s);
  for (const auto& s : fit.data.warnings) line("warning: " + s);
  for (const auto& s : options.footnotes) line(s);
  if (!lines.empty()) out += "Notes\n" + lines;
  return out;
}

}  // namespace detail

/// A fit for the terminal: the table of studies with their counts (or means), effects, intervals and weights; the pooled effect on the
/// reader's and on the pooling scale with its test; the prediction interval if given; heterogeneity; and in notes what was added to which
/// cell, which studies were not pooled and why, and every warning.
/// trials: the input that the fit was made from (size() and operator[] of binary_trial or continuous_trial), in the same order.
/// Throws input_error if trials and fit do not belong together (sizes) or level is not in (0, 1).
template <class Trials, class Real>
std::string summary(const Trials& trials, const model_fit<Real>& fit, const mean_inference<Real>& mean, const summary_options<Real>& options = {}) {
  detail::check_level("summary", options.level);
  if (trials.size() != fit.data.audit.size()) {
    detail::throw_input_error("summary", std::to_string(trials.size()) + " trials are given, and the fit was made from " + std::to_string(fit.data.audit.size()));
  }
  return detail::summary_text(trials, fit, mean, options);
}

/// The same of effects that were known already: without columns for the arms.
template <class Real>
std::string summary(const model_fit<Real>& fit, const mean_inference<Real>& mean, const summary_options<Real>& options = {}) {
  detail::check_level("summary", options.level);
  return detail::summary_text(detail::no_trials{}, fit, mean, options);
}

}  // namespace metapool
