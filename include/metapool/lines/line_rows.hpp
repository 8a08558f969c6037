// SPDX-License-Identifier: BSL-1.0
// The numbers of some lines, read and pooled.
#pragma once

#include <metapool/batch/counts.hpp>
#include <metapool/batch/pool.hpp>
#include <metapool/effect/binary_effects.hpp>
#include <metapool/effect/odds_ratio.hpp>
#include <metapool/effect/risk_difference.hpp>
#include <metapool/effect/risk_ratio.hpp>
#include <metapool/lines/filter_options.hpp>
#include <metapool/lines/study_layout.hpp>
#include <metapool/tau2/dersimonian_laird.hpp>
#include <metapool/tau2/paule_mandel.hpp>
#include <metapool/tau2/reml.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace metapool::detail {

/// One line: where its numbers begin, place by place (all y, then all v; or all a, n1, c, n2), NaN if missing.
struct line_row {
  std::size_t first = 0;
  std::size_t studies = 0;  ///< places of a study, some of them perhaps NaN
  study_kind kind = study_kind::effects_with_variance;
  bool malformed = false;
  std::string problem{};
};

/// Lines that are pooled together: their numbers in, results and states out. What comes out for a line depends on nothing but the line.
struct line_rows {
  std::vector<line_row> rows{};
  std::vector<double> numbers{};
  std::array<std::vector<double>, line_results.size()> results{};  ///< those asked for, by line_result
  std::vector<batch_status> states{};
};

/// Variances from standard errors; a negative one stays negative, so that it is seen.
inline double variance_of(double se) { return se < 0 ? -(se * se) : se * se; }

/// Effect and variance of one table, 0.5 in each cell of those with a zero; NaN if a count is missing or the table tells nothing; v = -1 if it breaks the contract of counts.
template <class Measure>
effect<double> effect_of_counts(double a, double n1, double c, double n2, const Measure& measure) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  if (!(a == a && n1 == n1 && c == c && n2 == n2)) return {nan, nan};
  const auto arm = [](double x, double n) { return x >= 0 && x <= n && n > 0 && n <= (std::numeric_limits<double>::max)() && is_whole(x) && is_whole(n); };
  if (!arm(a, n1) || !arm(c, n2)) return {0, -1};
  std::array<double, 4> added{};
  effect<double> e{nan, nan};
  const auto status = corrected_effect(two_by_two<double>{a, n1 - a, c, n2 - c}, measure, constant_correction{}, zero_cell_context<double>{}, added, e);
  return status == study_status::pooled && e.v > 0 ? e : effect<double>{nan, nan};
}

/// Pools the lines [chosen], which have the same kind, in columns of `studies` places.
class line_pool {
 public:
  explicit line_pool(const line_filter_options& options) : options_(options) {
    options_.batch.threads = 1;
  }

  /// Pools every line that is not malformed. Lines go together that have the same kind and the same number of places, rounded up as `round` does.
  template <class Round>
  void pool(line_rows& r, const Round& round) {
    const std::size_t n = r.rows.size();
    for (const line_result what : options_.results) r.results[static_cast<std::size_t>(what)].assign(n, std::numeric_limits<double>::quiet_NaN());
    r.states.assign(n, batch_status::no_studies);
    done_.assign(n, false);
    for (std::size_t i = 0; i < n; ++i) {
      if (done_[i] || r.rows[i].malformed) continue;
      const std::size_t places = round(r.rows[i].studies);
      chosen_.clear();
      for (std::size_t j = i; j < n; ++j) {
        if (done_[j] || r.rows[j].malformed || r.rows[j].kind != r.rows[i].kind || round(r.rows[j].studies) != places) continue;
        chosen_.push_back(j);
        done_[j] = true;
      }
      if (places != 0) pool_chosen(r, r.rows[i].kind, places);
    }
  }

 private:
  void pool_chosen(line_rows& r, study_kind kind, std::size_t places) {
    const std::size_t n = chosen_.size(), size = places * n;
    const std::size_t width = kind == study_kind::tables ? 4 : 2;
    planes_.assign(width * size, std::numeric_limits<double>::quiet_NaN());
    for (std::size_t c = 0; c < n; ++c) {
      const line_row& row = r.rows[chosen_[c]];
      const double* from = r.numbers.data() + row.first;
      for (std::size_t w = 0; w < width; ++w) {
        double* const to = planes_.data() + w * size + c;
        for (std::size_t i = 0; i < row.studies; ++i) to[i * n] = *from++;
      }
    }
    batch_columns<double> out = columns(n);
    if (kind == study_kind::tables) {
      const std::span<const double> all(planes_);
      const batch_counts<double> counts{all.subspan(0, size), all.subspan(size, size), all.subspan(2 * size, size), all.subspan(3 * size, size), places, n};
      if (options_.measure == line_measure::risk_ratio) pool_counts(counts, risk_ratio{}, out);
      if (options_.measure == line_measure::odds_ratio) pool_counts(counts, odds_ratio{}, out);
      if (options_.measure == line_measure::risk_difference) pool_counts(counts, risk_difference{}, out);
    } else {
      if (kind == study_kind::effects_with_error) {
        for (double& se : std::span<double>(planes_).subspan(size)) se = variance_of(se);
      }
      pool_effects({std::span<const double>(planes_).first(size), std::span<const double>(planes_).subspan(size, size), places, n}, out);
    }
    for (std::size_t c = 0; c < n; ++c) r.states[chosen_[c]] = states_[c];
    for (const line_result what : options_.results) {
      const std::size_t at = static_cast<std::size_t>(what);
      for (std::size_t c = 0; c < n; ++c) r.results[at][chosen_[c]] = what == line_result::studies ? static_cast<double>(studies_[c]) : results_[at][c];
    }
  }

  /// Places for the answers of n columns that are asked for.
  batch_columns<double> columns(std::size_t n) {
    batch_columns<double> out;
    states_.resize(n);
    out.status = states_;
    const std::array<std::span<double>*, line_results.size()> spans{nullptr,    &out.estimate, &out.se, &out.lower, &out.upper, &out.statistic,       &out.p,
                                                                    &out.minus_log10_p, &out.tau2, &out.q,  &out.q_p,   &out.q_minus_log10_p, &out.i2, &out.h2};
    for (const line_result what : options_.results) {
      const std::size_t at = static_cast<std::size_t>(what);
      if (what == line_result::studies) {
        studies_.resize(n);
        out.studies = studies_;
      } else {
        results_[at].resize(n);
        *spans[at] = results_[at];
      }
    }
    return out;
  }

  template <class Measure>
  void pool_counts(const batch_counts<double>& counts, const Measure& measure, batch_columns<double>& out) {
    if (options_.model == line_model::mantel_haenszel) return batch_mantel_haenszel(counts, measure, out, options_.batch);
    if (options_.model == line_model::peto) return batch_peto(counts, out, options_.batch);
    const std::size_t size = counts.studies * counts.columns;
    for (std::size_t i = 0; i < size; ++i) {
      const effect<double> e = effect_of_counts(counts.treated_events[i], counts.treated_total[i], counts.control_events[i], counts.control_total[i], measure);
      planes_[i] = e.y;  // over the treated events, which are read no more
      planes_[size + i] = e.v;
    }
    pool_effects({std::span<const double>(planes_).first(size), std::span<const double>(planes_).subspan(size, size), counts.studies, counts.columns}, out);
  }

  void pool_effects(const batch_view<double>& view, batch_columns<double>& out) {
    switch (options_.model) {
      case line_model::common_effect: return batch_common_effect(view, out, options_.batch);
      case line_model::dersimonian_laird: return batch_random_effects(view, dersimonian_laird{}, out, options_.batch);
      case line_model::paule_mandel: return batch_random_effects(view, paule_mandel{}, out, options_.batch);
      case line_model::reml: return batch_random_effects(view, reml{}, out, options_.batch);
      case line_model::mantel_haenszel:
      case line_model::peto: break;
    }
    std::fill(states_.begin(), states_.end(), batch_status::invalid);  // not reached: line_filter refuses effects for models of counts
  }

  line_filter_options options_;
  std::vector<std::size_t> chosen_{};
  std::vector<char> done_{};
  std::vector<double> planes_{};
  std::vector<batch_status> states_{};
  std::vector<std::uint32_t> studies_{};
  std::array<std::vector<double>, line_results.size()> results_{};
};

}  // namespace metapool::detail
