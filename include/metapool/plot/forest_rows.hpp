// SPDX-License-Identifier: BSL-1.0
// From trials, fits and means to the rows of a forest plot.
#pragma once

#include <metapool/math/normal.hpp>
#include <metapool/plot/forest_arms.hpp>
#include <metapool/plot/forest_options.hpp>
#include <metapool/plot/forest_statistics.hpp>
#include <metapool/plot/forest_table.hpp>
#include <metapool/text/number_text.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace metapool::detail {

template <class Real>
std::vector<forest_pooled<Real>> one_pooled(const model_fit<Real>& fit, const mean_inference<Real>& mean, const forest_options<Real>& options) {
  return {{pooled_name(fit), mean, options.prediction}};
}

template <class Real>
class forest_rows {
 public:
  forest_rows(const model_fit<Real>& f, const std::vector<forest_pooled<Real>>& p, std::span<const forest_subgroup<Real>> s,
              const forest_options<Real>& o, forest_arms a)
      : fit(f), pooled(p), subgroups(s), options(o), arms(std::move(a)) {}

  forest_table build() {
    check();
    collect_studies();
    t.scale = axis_scale();
    t.comparison = fit.data.measure.comparison;
    limit_axis();
    t.title = options.title;
    t.treated = options.treated;
    t.control = options.control;
    t.arm_columns = arms.columns;
    t.effect_heading = std::string(fit.data.measure.symbol) + " [" + level_text(options.level) + " CI]";
    t.has_weights = fit.k() != 0;
    t.favours_left = options.favours_left;
    t.favours_right = options.favours_right;
    t.plot_width = options.plot_width;
    t.width = options.width;
    t.label_width = options.label_width;
    t.colours = options.colours;
    if (options.axis_lower) t.axis_lower = static_cast<double>(from_natural(t.scale, *options.axis_lower));
    if (options.axis_upper) t.axis_upper = static_cast<double>(from_natural(t.scale, *options.axis_upper));
    std::vector<std::size_t> all(studies.size());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
    if (subgroups.empty()) add_studies(all);
    for (const auto& g : subgroups) add_subgroup(g);
    bool first = true;
    for (const auto& p : pooled) {
      if (fit.k() == 0) break;
      add_mean(forest_row_kind::pooled, p.name, p.mean, p.prediction, all, first, pooled.size() == 1);
      if (first) t.reference = on_axis(p.mean.estimate);
      first = false;
    }
    add_statistics();
    add_footnotes();
    describe_figure();
    return std::move(t);
  }

 private:
  static constexpr const char* function = "forest_plot";
  struct study {
    std::string label{}, note{};
    std::optional<forest_span> span{};
    double weight = 0;
  };
  const model_fit<Real>& fit;
  const std::vector<forest_pooled<Real>>& pooled;
  std::span<const forest_subgroup<Real>> subgroups;
  const forest_options<Real>& options;
  forest_arms arms;
  std::vector<study> studies{};
  std::vector<std::string> correction_notes{};
  effect_writer<> write{};
  forest_table t{};

  /// Ratios and other logarithms are drawn on a logarithmic axis, all else on a linear axis of natural values.
  scale axis_scale() const { return fit.data.measure.scale == scale::log ? scale::log : scale::identity; }
  double on_axis(const Real& x) const {
    return static_cast<double>(fit.data.measure.scale == scale::log ? x : to_natural(fit.data.measure.scale, x));
  }
  void limit_axis() {
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
  }

  forest_span span(const Real& estimate, const Real& lower, const Real& upper, const std::string& whose) const {
    const forest_span s{on_axis(estimate), on_axis(lower), on_axis(upper)};
    if (!(std::isfinite(s.estimate) && std::isfinite(s.lower) && std::isfinite(s.upper) && s.lower <= s.estimate && s.estimate <= s.upper)) {
      throw_study_error(function, whose, "estimate", s.estimate, "with its interval [" + to_text(s.lower) + ", " + to_text(s.upper) +
                        "] cannot be drawn: finite numbers, lower <= estimate <= upper");
    }
    return s;
  }

  void check() const {
    const auto fail = [](const std::string& message) { throw_input_error(function, message); };
    check_level(function, options.level);
    const std::size_t n = fit.data.audit.size(), k = fit.data.size();
    if (!arms.columns.empty() && arms.numbers.size() != n) {
      fail(std::to_string(arms.numbers.size()) + " trials, but the fit was made from " + std::to_string(n));
    }
    if (fit.weights.size() != k || fit.data.v.size() != k || fit.data.trial.size() != k) fail("the fit's effects and weights differ in number");
    for (const std::size_t i : fit.data.trial) {
      if (i >= n) fail("the fit names a trial that is not in its own record");
    }
    std::vector<bool> seen(n, false);
    for (const auto& g : subgroups) {
      for (const std::size_t i : g.trials) {
        if (i >= n) fail("subgroup '" + g.name + "': trial " + std::to_string(i) + " does not exist; there are " + std::to_string(n) + ", counted from 0");
        if (seen[i]) fail("subgroup '" + g.name + "': trial '" + label_of(i) + "' stands in two subgroups");
        seen[i] = true;
      }
    }
    for (std::size_t i = 0; i < n && !subgroups.empty(); ++i) {
      if (!seen[i]) fail("trial '" + label_of(i) + "' stands in no subgroup");
    }
    for (const auto& p : pooled) {
      if (fit.k() != 0 && p.mean.measure.scale != fit.data.measure.scale) fail("pooled mean '" + p.name + "' is on another scale than the fit");
      if (fit.k() != 0 && !(p.mean.p >= 0 && p.mean.p <= 1 && is_finite(p.mean.statistic))) fail("pooled mean '" + p.name + "' has no test: statistic or p is not a number");
    }
    for (const auto* limit : {&options.axis_lower, &options.axis_upper}) {
      if (!*limit) continue;
      if (!is_finite(**limit)) fail("a limit of the axis must be a finite number");
      if (fit.data.measure.scale == scale::log && !(**limit > 0)) fail("a limit of a ratio's axis must be positive");
    }
    if (options.axis_lower && options.axis_upper && !(*options.axis_lower < *options.axis_upper)) fail("axis_lower must be below axis_upper");
    for (const double w : {options.plot_width, options.width, options.label_width}) {
      if (!(w >= 0 && w <= 1e5)) fail("plot_width, width and label_width must lie between 0 and 100000");
    }
  }

  std::string label_of(std::size_t i) const {
    if (i < arms.labels.size() && !arms.labels[i].empty()) return arms.labels[i];
    return fit.data.audit[i].label;
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
      study s{label_of(i), audit.status == study_status::pooled ? std::string() : describe(audit), {}, 0};
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
      study& s = studies[fit.data.trial[j]];
      const Real width = z * sqrt(fit.data.v[j]);
      s.span = span(fit.data.y[j], fit.data.y[j] - width, fit.data.y[j] + width, s.label);
      s.weight = static_cast<double>(fit.weights[j]);
      if (!(s.weight >= 0 && s.weight <= 1.000001)) throw_study_error(function, s.label, "weight", s.weight, "must lie between 0 and 1");
      const bool as_drawn = axis_scale() != scale::log || fit.data.measure.comparison;
      half.push_back(as_drawn ? (s.span->upper - s.span->lower) / 2 : (std::exp(s.span->upper) - std::exp(s.span->lower)) / 2);
    }
    // a rate's or proportion's logarithm is written with the decimals that its interval needs, not with the two of a ratio
    const scale written = fit.data.measure.comparison ? axis_scale() : scale::identity;
    write = {axis_scale(), effect_writer<>::choose(written, options.decimals, half.empty() ? 0.0 : middle_of(half))};
  }

  void add_studies(std::vector<std::size_t> order) {
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
    for (const std::size_t i : order) {
      const study& s = studies[i];
      forest_row r{s.span ? forest_row_kind::study : forest_row_kind::not_pooled, s.label, {}, s.span, s.weight, {}, {}, s.note};
      if (!arms.columns.empty()) {
        for (const auto& x : arms.numbers[i]) r.cells.push_back(x ? count_text(*x, 3) : "NR");
      }
      if (s.span) {
        r.effect = write(*s.span);
        r.weight_text = fixed_text(100 * s.weight, 1) + "%";
      }
      t.rows.push_back(std::move(r));
    }
  }

  /// A diamond's row, and the row of its prediction interval. Sums and weight are those of the pooled trials among `of`; the weights are fit's, so
  /// that the row of one out of several pooled means shows none.
  void add_mean(forest_row_kind kind, const std::string& name, const mean_inference<Real>& mean,
                const std::optional<metapool::prediction<Real>>& next, const std::vector<std::size_t>& of, bool with_sums, bool with_weight) {
    forest_row r;
    r.kind = kind;
    r.label = name;
    if (mean.level != options.level) r.label += ", " + level_text(mean.level) + " CI";
    r.span = span(mean.estimate, mean.lower, mean.upper, name);
    r.effect = write(*r.span);
    std::vector<double> sums(2 * arms.columns.size(), 0);
    for (const std::size_t i : of) {
      if (!studies[i].span) continue;
      r.weight += studies[i].weight;
      for (std::size_t j = 0; j < sums.size(); ++j) sums[j] += arms.numbers[i][j].value_or(0);
    }
    if (with_weight) r.weight_text = fixed_text(100 * r.weight, 1) + "%";
    if (with_sums) {
      for (std::size_t j = 0; j < sums.size(); ++j) r.cells.push_back(arms.summed[j % arms.columns.size()] ? count_text(sums[j]) : std::string());
    }
    t.rows.push_back(std::move(r));
    if (!next) return;
    forest_row p;
    p.kind = forest_row_kind::prediction;
    p.label = "Prediction interval (" + level_text(next->level) + ")";
    p.span = span(next->estimate, next->lower, next->upper, name + ", prediction");
    p.effect = write.interval(p.span->lower, p.span->upper);
    t.rows.push_back(std::move(p));
  }

  void add_subgroup(const forest_subgroup<Real>& g) {
    forest_row heading;
    heading.kind = forest_row_kind::heading;
    heading.label = g.name;
    t.rows.push_back(std::move(heading));
    add_studies(g.trials);
    if (g.fit.k() != 0) add_mean(forest_row_kind::subtotal, "Subtotal", g.mean, g.prediction, g.trials, true, true);
    forest_row line;
    line.kind = forest_row_kind::statistics;
    line.label = heterogeneity_text(g.fit, options.i2_from_tau2);
    t.rows.push_back(std::move(line));
  }

  void add_statistics() {
    t.statistics.push_back(heterogeneity_text(fit, options.i2_from_tau2));
    if (fit.k() == 0) return;
    for (const auto& p : pooled) {
      if (fit.data.measure.comparison) t.statistics.push_back(overall_effect_text(p.mean, pooled.size() > 1 ? p.name : std::string()));
    }
    if (!options.between_groups.empty()) t.statistics.push_back(options.between_groups);
  }

  void add_footnotes() {
    const scale s = fit.data.measure.scale;
    if (s != scale::identity && s != scale::log) {
      std::string note = "Pooled on the ";
      note.append(name(s)).append(" scale; all effects and intervals are shown brought back to the ").append(fit.data.measure.label);
      if (s == scale::double_arcsine || s == scale::double_square_root) note += " as for large samples";
      t.footnotes.push_back(std::move(note));
    }
    for (std::size_t i = 0; i < correction_notes.size(); ++i) t.footnotes.push_back(free_mark(i) + " " + correction_notes[i]);
    bool missing = false;
    for (const auto& trial : arms.numbers) missing = missing || std::any_of(trial.begin(), trial.end(), [](const auto& x) { return !x; });
    if (missing) t.footnotes.push_back("NR: not reported");
    t.footnotes.insert(t.footnotes.end(), options.footnotes.begin(), options.footnotes.end());
  }

  /// One or two sentences that say what the figure shows.
  void describe_figure() {
    const std::string measure(fit.data.measure.label);
    const std::size_t n = studies.size(), k = fit.k();
    t.accessible_title = options.title.empty() ? "Forest plot: " + measure : options.title;
    std::string& s = t.description;
    s = "Forest plot of " + std::to_string(n) + (n == 1 ? " study" : " studies");
    if (k != n) s += ", " + std::to_string(k) + " of them pooled";
    if (!subgroups.empty()) s += ", in " + std::to_string(subgroups.size()) + (subgroups.size() == 1 ? " subgroup" : " subgroups");
    s += ".";
    const auto interval = [&](const forest_span& x) { return write.number(x.lower) + " to " + write.number(x.upper); };
    for (const auto& p : pooled) {
      if (k == 0) break;
      const forest_span x = span(p.mean.estimate, p.mean.lower, p.mean.upper, p.name);
      s += " Pooled " + measure + ", " + p.name + ": " + write.number(x.estimate) + ", " + level_text(p.mean.level) + " confidence interval " + interval(x) + ".";
      if (p.prediction) {
        s += " " + level_text(p.prediction->level) + " prediction interval " +
             interval(span(p.prediction->estimate, p.prediction->lower, p.prediction->upper, p.name)) + ".";
      }
    }
    if (k == 0) s += " No study could be pooled.";
  }
};

}  // namespace metapool::detail
