// SPDX-License-Identifier: BSL-1.0
// From trials, fits and means to the rows of a forest plot.
#pragma once

#include <metapool/plot/forest_arms.hpp>
#include <metapool/plot/forest_check.hpp>
#include <metapool/plot/forest_notes.hpp>
#include <metapool/plot/forest_options.hpp>
#include <metapool/plot/forest_statistics.hpp>
#include <metapool/plot/forest_studies.hpp>
#include <metapool/plot/forest_table.hpp>
#include <metapool/text/number_text.hpp>

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
class forest_rows : forest_notes<Real> {
  using base = forest_notes<Real>;
  using base::arms, base::collect_studies, base::description, base::fit, base::footnotes, base::frame, base::on_axis, base::options, base::ordered;
  using base::span, base::studies, base::write;

 public:
  forest_rows(const model_fit<Real>& f, const std::vector<forest_pooled<Real>>& p, std::span<const forest_subgroup<Real>> s,
              const forest_options<Real>& o, forest_arms a)
      : base(f, o, std::move(a)), pooled(p), subgroups(s) {}

  forest_table build() {
    check_forest(fit, pooled, subgroups, options, arms);
    collect_studies();
    frame(t);
    t.treated = options.treated;
    t.control = options.control;
    t.groups = arms.groups;
    t.arm_columns = arms.columns;
    t.effect_heading = this->heading(options.level);
    t.has_weights = fit.k() != 0;
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
    t.footnotes = footnotes();
    t.accessible_title = options.title.empty() ? "Forest plot: " + std::string(fit.data.measure.label) : options.title;
    t.description = description(pooled, subgroups.size());
    return std::move(t);
  }

 private:
  const std::vector<forest_pooled<Real>>& pooled;
  std::span<const forest_subgroup<Real>> subgroups;
  forest_table t{};

  void add_studies(const std::vector<std::size_t>& which) {
    for (const std::size_t i : ordered(which)) {
      const forest_study& s = studies[i];
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
    std::vector<double> sums(arms.groups * arms.columns.size(), 0);
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
};

}  // namespace metapool::detail
