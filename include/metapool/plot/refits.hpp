// SPDX-License-Identifier: BSL-1.0
// Pictures of leave-one-out and cumulative meta-analyses.
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/inference/heterogeneity.hpp>
#include <metapool/inference/result.hpp>
#include <metapool/plot/forest_check.hpp>
#include <metapool/plot/forest_layout.hpp>
#include <metapool/plot/forest_notes.hpp>
#include <metapool/plot/forest_options.hpp>
#include <metapool/plot/forest_statistics.hpp>
#include <metapool/plot/forest_table.hpp>
#include <metapool/plot/scene.hpp>
#include <metapool/sensitivity/refits.hpp>
#include <metapool/text/number_text.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace metapool {
namespace detail {

/// From a series of meta-analyses to the rows of a plot: one each, and a diamond of all studies.
template <class Real>
class refit_rows : forest_notes<Real> {
  using base = forest_notes<Real>;
  using base::choose_decimals, base::fit, base::footnotes, base::frame, base::half_width, base::heading, base::on_axis, base::options, base::span, base::write;

 public:
  refit_rows(const refit_series<Real>& s, const mean_inference<Real>* all, const forest_options<Real>& o) : base(s.fit, o, {}), series_(s), all_(all) {}

  forest_table build(const char* figure, const char* study_heading, bool in_order) {
    std::vector<forest_pooled<Real>> pooled;
    if (all_ != nullptr) pooled.push_back({pooled_name(fit), *all_, {}});
    check_forest(fit, pooled, {}, options, forest_arms{});
    forest_table t;
    frame(t);
    t.study_heading = study_heading;
    t.groups = 1;
    t.has_weights = false;
    t.arm_columns = {"Studies"};
    if (with_tau2()) t.arm_columns.push_back("\xCF\x84\xC2\xB2");
    t.arm_columns.push_back("I\xC2\xB2");
    std::vector<double> half;
    for (std::size_t i = 0; i < series_.rows.size(); ++i) {
      t.rows.push_back(row_of_one(i));
      if (t.rows.back().span) half.push_back(half_width(*t.rows.back().span));
      if (series_.rows[i].mean) t.effect_heading = heading(series_.rows[i].mean->level);
    }
    if (t.effect_heading.empty()) t.effect_heading = heading(all_ != nullptr ? all_->level : options.level);
    choose_decimals(std::move(half));
    for (forest_row& r : t.rows) {
      if (r.span) r.effect = write(*r.span);
    }
    t.description = description(figure, t.rows);
    if (!in_order) sort(t.rows);
    if (all_ != nullptr) {
      forest_row r;
      r.kind = forest_row_kind::pooled;
      r.label = "All studies: " + pooled.front().name;
      r.cells = cells(fit.k(), fit.tau2, true, static_cast<double>(heterogeneity(fit).i2_q));
      r.span = span(all_->estimate, all_->lower, all_->upper, "All studies");
      r.effect = write(*r.span);
      t.rows.push_back(std::move(r));
      t.reference = on_axis(all_->estimate);
      t.statistics.push_back(heterogeneity_text(fit, options.i2_from_tau2));
      if (fit.data.measure.comparison) t.statistics.push_back(overall_effect_text(*all_, std::string()));
    }
    t.footnotes = footnotes();
    t.accessible_title = !options.title.empty() ? options.title : std::string(figure) + ": " + std::string(fit.data.measure.label);
    return t;
  }

 private:
  const refit_series<Real>& series_;
  const mean_inference<Real>* all_;

  bool with_tau2() const {
    return std::any_of(series_.rows.begin(), series_.rows.end(), [](const refit<Real>& r) { return r.tau2.has_value(); });
  }

  std::vector<std::string> cells(std::size_t k, const std::optional<Real>& tau2, bool fitted, double i2) const {
    std::vector<std::string> c{k == 0 ? std::string() : std::to_string(k)};
    if (with_tau2()) c.push_back(tau2 && fitted ? tau2_text(static_cast<double>(*tau2)) : std::string());
    c.push_back(fitted && k > 1 ? fixed_text(100 * i2, 0) + "%" : std::string());
    return c;
  }

  forest_row row_of_one(std::size_t i) const {
    const refit<Real>& one = series_.rows[i];
    forest_row r;
    r.label = one.label;
    const std::size_t input = series_.rows.size() == fit.data.trial.size() ? fit.data.trial[i] : i;
    if (const auto mark = options.marks.find(input); mark != options.marks.end()) r.label += " " + mark->second;
    r.cells = cells(one.studies, one.tau2, one.mean.has_value() || one.tau2.has_value(), static_cast<double>(one.i2));
    if (one.mean && is_finite(one.mean->lower) && is_finite(one.mean->upper)) {
      r.span = span(one.mean->estimate, one.mean->lower, one.mean->upper, one.label);
      const double se = static_cast<double>(one.mean->se);
      r.weight = se > 0 ? 1 / (se * se) : 0.0;
      if (!std::isfinite(r.weight)) r.weight = 0;
    } else {
      r.kind = forest_row_kind::not_pooled;
      r.note = one.mean ? std::string("the interval has no end") : one.failed;
    }
    return r;
  }

  void sort(std::vector<forest_row>& rows) const {
    if (options.order == forest_order::label) {
      std::stable_sort(rows.begin(), rows.end(), [](const forest_row& a, const forest_row& b) { return a.label < b.label; });
    }
    if (options.order != forest_order::effect) return;
    std::stable_sort(rows.begin(), rows.end(), [](const forest_row& a, const forest_row& b) {
      return a.span && b.span ? a.span->estimate < b.span->estimate : a.span.has_value() && !b.span.has_value();
    });
  }

  std::string description(const char* figure, const std::vector<forest_row>& rows) const {
    std::string s = figure;
    s += " of " + std::to_string(rows.size()) + (rows.size() == 1 ? " study." : " studies.");
    const forest_row* least = nullptr;
    const forest_row* greatest = nullptr;
    for (const forest_row& r : rows) {
      if (!r.span) continue;
      if (least == nullptr || r.span->estimate < least->span->estimate) least = &r;
      if (greatest == nullptr || r.span->estimate > greatest->span->estimate) greatest = &r;
    }
    if (least != nullptr) {
      s += " The " + std::string(fit.data.measure.label) + " lies between " + least->effect + " (" + least->label + ") and " + greatest->effect + " (" + greatest->label + ").";
    }
    if (all_ != nullptr) s += " All studies: " + write(span(all_->estimate, all_->lower, all_->upper, "All studies")) + ".";
    return s;
  }
};

}  // namespace detail

/// Picture of a leave-one-out meta-analysis, in the manner of a forest plot: a row for each study, with the mean of the others, its interval, and their number, tau2 and I2 (of Q); the
/// diamond and the dashed line are the mean of all studies.
///
/// series: of leave_one_out and its kin; all: the mean of all studies, by the same method: infer(series.fit, hartung_knapp{}). Squares' areas are proportional to the precision of
/// the means. A row without a mean says why, one whose interval is unbounded says so. Of the options hold title, favours, axis, decimals, order (as given, label or
/// effect), marks, footnotes, widths and colours. Throws input_error as forest_plot.
///
///     write_svg("leave_one_out.svg", leave_one_out_plot(all, infer(all.fit, hartung_knapp{})));
template <class Real>
scene leave_one_out_plot(const refit_series<Real>& series, const mean_inference<Real>& all, const forest_options<Real>& options = {}) {
  detail::forest_table table = detail::refit_rows<Real>(series, &all, options).build("Leave-one-out meta-analysis", "Study left out", false);
  return detail::forest_layout<>(table).draw();
}

/// Picture of a cumulative meta-analysis: a row for each study, with the mean of it and of those before it; the diamond and the dashed line are those of all, if their mean has an
/// interval with ends. series: of cumulative and its kin. Otherwise as leave_one_out_plot; the order is that of the series.
template <class Real>
scene cumulative_plot(const refit_series<Real>& series, const forest_options<Real>& options = {}) {
  const mean_inference<Real>* all = series.rows.empty() || !series.rows.back().mean ? nullptr : &*series.rows.back().mean;
  if (all != nullptr && !(detail::is_finite(all->lower) && detail::is_finite(all->upper))) all = nullptr;
  detail::forest_table table = detail::refit_rows<Real>(series, all, options).build("Cumulative meta-analysis", "Study added", true);
  return detail::forest_layout<>(table).draw();
}

}  // namespace metapool
