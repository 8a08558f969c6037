// SPDX-License-Identifier: BSL-1.0
// The numbers of a trial or study as cells of a table for a terminal, with the headings of their columns.
#pragma once

#include <metapool/data/binary_trial.hpp>
#include <metapool/data/continuous_trial.hpp>
#include <metapool/data/correlation.hpp>
#include <metapool/data/group_mean.hpp>
#include <metapool/data/log_rank.hpp>
#include <metapool/data/matched_pairs.hpp>
#include <metapool/data/partial_correlation.hpp>
#include <metapool/data/pre_post.hpp>
#include <metapool/data/proportion.hpp>
#include <metapool/data/rate.hpp>
#include <metapool/data/rate_trial.hpp>
#include <metapool/data/reliability.hpp>
#include <metapool/report/summary_options.hpp>
#include <metapool/text/number_text.hpp>

#include <optional>
#include <string>
#include <vector>

namespace metapool::detail {

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

template <class Real>
std::vector<std::string> arm_cells(const partial_correlation<Real>& s) {
  return {optional_text(s.predictors), optional_text(s.total)};
}

template <class Real>
std::vector<std::string> arm_cells(const reliability<Real>& s) {
  return {optional_text(s.items), optional_text(s.total)};
}

/// Pairs in which both, one and none had the event.
template <class Real>
std::vector<std::string> arm_cells(const matched_pairs<Real>& s) {
  return {optional_text(s.both), optional_text(s.treated_only) + "/" + optional_text(s.control_only), optional_text(s.neither)};
}

template <class Real>
std::vector<std::string> arm_cells(const log_rank<Real>& s) {
  return {optional_text(s.observed_minus_expected), optional_text(s.variance)};
}

/// Group: pre_post or pre_post_arm.
template <class Group>
std::string occasions_text(const Group& g) {
  return optional_text(g.before.mean) + " (" + optional_text(g.before.sd) + ") to " + optional_text(g.after.mean) + " (" + optional_text(g.after.sd) + "), " +
         optional_text(g.total);
}

template <class Real>
std::vector<std::string> arm_cells(const pre_post<Real>& s) {
  return {occasions_text(s)};
}

template <class Real>
std::vector<std::string> arm_cells(const pre_post_trial<Real>& s) {
  return {occasions_text(s.treated), occasions_text(s.control)};
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
template <class Real>
std::vector<std::string> arm_headings(const partial_correlation<Real>*, const summary_options<Real>&) {
  return {"Predictors", "Total"};
}
template <class Real>
std::vector<std::string> arm_headings(const reliability<Real>*, const summary_options<Real>&) {
  return {"Items", "Total"};
}
template <class Real>
std::vector<std::string> arm_headings(const matched_pairs<Real>*, const summary_options<Real>& options) {
  return {"Both", options.treated + "/" + options.control + " only", "Neither"};
}
template <class Real>
std::vector<std::string> arm_headings(const log_rank<Real>*, const summary_options<Real>&) {
  return {"O - E", "V"};
}
template <class Real>
std::vector<std::string> arm_headings(const pre_post<Real>*, const summary_options<Real>&) {
  return {"Before to after (SD), total"};
}

}  // namespace metapool::detail
