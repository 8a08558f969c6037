// SPDX-License-Identifier: BSL-1.0
// A fit as text for a terminal.
#pragma once

#include <metapool/inference/heterogeneity.hpp>
#include <metapool/inference/result.hpp>
#include <metapool/model/fit.hpp>
#include <metapool/report/effect_text.hpp>
#include <metapool/report/summary_options.hpp>
#include <metapool/report/summary_studies.hpp>
#include <metapool/text/columns.hpp>
#include <metapool/text/number_text.hpp>

#include <cstddef>
#include <string>
#include <utility>

namespace metapool {
namespace detail {

template <class Trials, class Real>
std::string summary_text(const Trials& trials, const model_fit<Real>& fit, const mean_inference<Real>& mean, const summary_options<Real>& options) {
  const effect_text<Real> text(fit.data.measure);
  const bool transformed = fit.data.measure.scale != scale::identity;
  const std::string per_cent = short_text(100 * mean.level, 2) + " %";
  const std::string label(fit.data.measure.label);
  const std::string model_name = std::string(name(fit.model)) + (fit.method == name(fit.model) ? "" : " (" + fit.method + ")");

  std::string out;
  if (!options.title.empty()) out += options.title + "\n";
  std::string heading = label + ", " + model_name + ", " + std::to_string(fit.k()) + (fit.k() == 1 ? " study" : " studies");
  if (heading[0] >= 'a' && heading[0] <= 'z') heading[0] = static_cast<char>(heading[0] - 'a' + 'A');
  const std::size_t left_out = fit.data.audit.size() - fit.k();
  if (left_out > 0) heading += " of " + std::to_string(fit.data.audit.size());
  out += heading + "\n\n";

  if (options.studies) out += studies_text(trials, fit, mean, options) + "\n";

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
    if (!what.empty()) line(clean_text(fit.data.audit[i].label) + mark_of(options, i) + ": " + what);
  }
  for (const auto& s : describe_sources(fit.data.audit)) line(s);
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
/// cell, where the variances of reported effects come from, which studies were not pooled and why, and every warning.
/// trials: the input that the fit was made from (size() and operator[] of any kind of trial or study), in the same order; reported effects have no
/// columns of their own.
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
