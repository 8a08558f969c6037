// SPDX-License-Identifier: BSL-1.0
// The studies of a forest plot: labels with their marks, intervals on the axis, weights, and the order in which they stand.
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/effect/scale.hpp>
#include <metapool/math/normal.hpp>
#include <metapool/model/fit.hpp>
#include <metapool/plot/forest_arms.hpp>
#include <metapool/plot/forest_check.hpp>
#include <metapool/plot/forest_options.hpp>
#include <metapool/plot/forest_table.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace metapool::detail {

/// A study's part of a forest plot; without a span it is not pooled, and the note says why.
struct forest_study {
  std::string label{}, note{};
  std::optional<forest_span> span{};
  double weight = 0;
};

template <class Real>
class forest_studies {
 protected:
  forest_studies(const model_fit<Real>& f, const forest_options<Real>& o, forest_arms a) : fit(f), options(o), arms(std::move(a)) {}

  static constexpr const char* function = "forest_plot";
  const model_fit<Real>& fit;
  const forest_options<Real>& options;
  forest_arms arms;
  std::vector<forest_study> studies{};
  std::vector<std::string> correction_notes{};
  effect_writer<> write{};

  /// Ratios and other logarithms are drawn on a logarithmic axis, all else on a linear axis of natural values.
  scale axis_scale() const { return fit.data.measure.scale == scale::log ? scale::log : scale::identity; }
  double on_axis(const Real& x) const {
    return static_cast<double>(fit.data.measure.scale == scale::log ? x : to_natural(fit.data.measure.scale, x));
  }
  forest_span span(const Real& estimate, const Real& lower, const Real& upper, const std::string& whose) const {
    const forest_span s{on_axis(estimate), on_axis(lower), on_axis(upper)};
    if (!(std::isfinite(s.estimate) && std::isfinite(s.lower) && std::isfinite(s.upper) && s.lower <= s.estimate && s.estimate <= s.upper)) {
      throw_study_error(function, whose, "estimate", s.estimate, "with its interval [" + to_text(s.lower) + ", " + to_text(s.upper) +
                        "] cannot be drawn: finite numbers, lower <= estimate <= upper");
    }
    return s;
  }

  std::string heading(double level) const { return std::string(fit.data.measure.symbol) + " [" + level_text(level) + " CI]"; }

  /// The axis, the title and the measures of the figure.
  void frame(forest_table& t) const {
    t.scale = axis_scale();
    t.comparison = fit.data.measure.comparison;
    switch (fit.data.measure.scale) {
      case scale::logit:
      case scale::arcsine:
      case scale::double_arcsine: t.greatest = 1; [[fallthrough]];
      case scale::square_root:
      case scale::double_square_root: t.least = 0; break;
      case scale::fisher_z: t.least = -1; t.greatest = 1; break;
      case scale::log_complement:
      case scale::cube_root_complement: t.greatest = 1; break;
      case scale::identity:
      case scale::log: break;
    }
    t.title = options.title;
    t.favours_left = options.favours_left;
    t.favours_right = options.favours_right;
    t.plot_width = options.plot_width;
    t.width = options.width;
    t.label_width = options.label_width;
    t.colours = options.colours;
    if (options.axis_lower) t.axis_lower = static_cast<double>(from_natural(t.scale, *options.axis_lower));
    if (options.axis_upper) t.axis_upper = static_cast<double>(from_natural(t.scale, *options.axis_upper));
  }

  /// Decimals for effects whose intervals are so wide; half: half their widths as they are written.
  void choose_decimals(std::vector<double> half) {
    // a rate's or proportion's logarithm is written with the decimals that its interval needs, not with the two of a ratio
    const scale written = fit.data.measure.comparison ? axis_scale() : scale::identity;
    write = {axis_scale(), effect_writer<>::choose(written, options.decimals, half.empty() ? 0.0 : middle_of(half))};
  }
  double half_width(const forest_span& s) const {
    const bool as_drawn = axis_scale() != scale::log || fit.data.measure.comparison;
    return as_drawn ? (s.upper - s.lower) / 2 : (std::exp(s.upper) - std::exp(s.lower)) / 2;
  }

  /// A mark that the user has not taken.
  std::string free_mark(std::size_t number) const {
    static constexpr const char* symbols[] = {"*", "\xE2\x80\xA0", "\xE2\x80\xA1", "\xC2\xA7", "\xC2\xB6", "#"};
    for (std::size_t n = 0;; ++n) {
      std::string mark;
      for (std::size_t j = 0; j <= n / 6; ++j) mark += symbols[n % 6];
      const bool taken = std::any_of(options.marks.begin(), options.marks.end(), [&](const auto& m) { return m.second == mark; });
      if (!taken && number-- == 0) return mark;
    }
  }

  void collect_studies() {
    const Real z = normal_critical<Real>(options.level);
    std::vector<double> half;
    for (std::size_t i = 0; i < fit.data.audit.size(); ++i) {
      const auto& audit = fit.data.audit[i];
      forest_study s{forest_label(fit, arms, i), audit.status == study_status::pooled ? std::string() : describe(audit), {}, 0};
      if (const auto mark = options.marks.find(i); mark != options.marks.end()) s.label += " " + mark->second;
      if (options.mark_corrections && audit.status == study_status::pooled && audit.corrected()) {
        const std::string note = describe(audit);
        auto at = std::find(correction_notes.begin(), correction_notes.end(), note);
        if (at == correction_notes.end()) at = correction_notes.insert(at, note);
        s.label += " " + free_mark(static_cast<std::size_t>(at - correction_notes.begin()));
      }
      studies.push_back(std::move(s));
    }
    for (std::size_t j = 0; j < fit.data.size(); ++j) {
      using std::sqrt;
      forest_study& s = studies[fit.data.trial[j]];
      const Real width = z * sqrt(fit.data.v[j]);
      s.span = span(fit.data.y[j], fit.data.y[j] - width, fit.data.y[j] + width, s.label);
      s.weight = static_cast<double>(fit.weights[j]);
      if (!(s.weight >= 0 && s.weight <= 1.000001)) throw_study_error(function, s.label, "weight", s.weight, "must lie between 0 and 1");
      half.push_back(half_width(*s.span));
    }
    choose_decimals(std::move(half));
  }

  /// The same indices in the order asked for.
  std::vector<std::size_t> ordered(std::vector<std::size_t> order) const {
    const auto by = [&](const auto& less) { std::stable_sort(order.begin(), order.end(), less); };
    switch (options.order) {
      case forest_order::as_given: break;
      case forest_order::label: by([&](std::size_t a, std::size_t b) { return studies[a].label < studies[b].label; }); break;
      case forest_order::weight:
        by([&](std::size_t a, std::size_t b) {
          return studies[a].span.has_value() != studies[b].span.has_value() ? studies[a].span.has_value() : studies[a].weight > studies[b].weight;
        });
        break;
      case forest_order::effect:
        by([&](std::size_t a, std::size_t b) {
          if (!studies[a].span || !studies[b].span) return studies[a].span.has_value() && !studies[b].span.has_value();
          return studies[a].span->estimate < studies[b].span->estimate;
        });
        break;
    }
    return order;
  }
};

}  // namespace metapool::detail
