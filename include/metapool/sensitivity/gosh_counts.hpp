// SPDX-License-Identifier: BSL-1.0
// Mantel-Haenszel and Peto of every subset of 2x2 tables.
#pragma once

#include <metapool/batch/counts.hpp>
#include <metapool/effect/binary_effects.hpp>
#include <metapool/effect/peto_odds_ratio.hpp>
#include <metapool/sensitivity/gosh.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace metapool {

namespace detail {

/// The trials that carry information on a measure, with their effects for Q: with 0.5 where a cell is 0 (Mantel-Haenszel), or (O - E) / V (Peto).
template <class Real>
struct informative_tables {
  std::vector<std::string> labels;
  std::vector<Real> treated_events, treated_total, control_events, control_total;
  std::vector<Real> y, w;  ///< weight 0 where a study has no effect of its own

  template <class Trials, class Measure>
  informative_tables(const char* function, const Trials& trials, const Measure& measure) {
    bool any = false;
    for (const auto& trial : trials) {
      check(trial, function);
      any = true;
      if (!is_complete(trial)) continue;
      const two_by_two<Real> t = table_of(trial);
      Real effect_y = 0, effect_w = 0;
      if constexpr (std::same_as<Measure, peto_odds_ratio>) {
        const auto m = hypergeometric_moments(t);
        if (!(m.v > 0)) continue;
        effect_y = m.o_e / m.v;
        effect_w = m.v;
      } else {
        if (Measure::uninformative(t)) continue;
        std::array<Real, 4> added;
        effect<Real> e;
        if (corrected_effect(t, measure, constant_correction{}, zero_cell_context<Real>{}, added, e) == study_status::pooled) {
          effect_y = e.y;
          effect_w = 1 / e.v;
        }
      }
      labels.push_back(trial.label);
      treated_events.push_back(t.a);
      treated_total.push_back(t.treated_total());
      control_events.push_back(t.c);
      control_total.push_back(t.control_total());
      y.push_back(effect_y);
      w.push_back(effect_w);
    }
    if (!any) throw_input_error(function, "no studies");
    if (labels.empty()) throw_not_estimable(function, "no trial carries information on this measure");
  }
};

template <class Real, class Measure>
void gosh_tables(const informative_tables<Real>& data, const study_mask* masks, std::size_t n, gosh_block<Real>& b) {
  const std::size_t k = data.labels.size();
  const Real nan = std::numeric_limits<Real>::quiet_NaN();
  std::vector<Real> counts(4 * k * n);
  Real* at = counts.data();
  std::span<const Real> rows[4];
  std::size_t which = 0;
  for (const auto* column : {&data.treated_events, &data.treated_total, &data.control_events, &data.control_total}) {
    rows[which++] = {at, k * n};
    for (std::size_t i = 0; i < k; ++i) {
      for (std::size_t c = 0; c < n; ++c) *at++ = (masks[c] >> i & 1) != 0 ? (*column)[i] : nan;
    }
  }
  b.first = 0;
  b.size = n;
  const batch_columns<Real> to{.estimate = {b.estimate, n}, .se = {b.se, n}, .studies = {b.studies, n}, .status = {b.status, n}};
  const batch_counts<Real> from{rows[0], rows[1], rows[2], rows[3], k, n};
  if constexpr (std::same_as<Measure, peto_odds_ratio>) {
    batch_peto(from, to);
  } else {
    batch_mantel_haenszel(from, Measure{}, to);
  }
  for (std::size_t c = 0; c < n; ++c) {
    b.mask[c] = masks[c];
    if (b.status[c] != batch_status::ok && b.status[c] != batch_status::one_study) {
      b.blank(c, b.status[c]);
      continue;
    }
    Real q = 0;
    for (std::size_t i = 0; i < k; ++i) {
      if ((masks[c] >> i & 1) == 0) continue;
      const Real r = data.y[i] - b.estimate[c];
      q += r * r * data.w[i];
    }
    b.q[c] = q;
    b.tau2[c] = 0;
    const Real df = static_cast<Real>(b.studies[c]) - 1;
    b.i2[c] = df > 0 && q > df ? (q - df) / q : Real(0);
    b.h2[c] = df > 0 ? q / df : Real(1);
  }
}

template <class Trials, class Measure>
auto gosh_of_tables(const char* function, const char* method, const Trials& trials, const Measure& measure, const gosh_options& options) {
  using Real = typename trial_type<Trials>::real_type;
  const informative_tables<Real> data(function, trials, measure);
  const std::size_t k = data.labels.size();
  gosh_result<Real> r;
  r.measure = Measure::info;
  r.method = method;
  r.labels = data.labels;
  r.options = options;
  r.resize(gosh_rows(k, options));
  r.exhaustive = subset_family<>(k, options.minimum).count() <= options.most;
  gosh_writer<Real> writer(r.columns());
  gosh_all_blocks<Real>(
      k, 0, options, [&](const study_mask* masks, std::size_t n, gosh_block<Real>& b) { gosh_tables<Real, Measure>(data, masks, n, b); },
      [](std::uint64_t, gosh_block<Real>&) {}, writer);
  return r;
}

}  // namespace detail

/// The Mantel-Haenszel estimate of every subset of the trials: what gosh does for effects, from counts.
///
/// trials: a range of binary_trial; measure: risk_ratio{}, odds_ratio{} or risk_difference{}. Nothing is added to any cell, but 0.5 for Q to the studies with a zero cell. The bits of a mask stand for the
/// trials that carry information on the measure (r.labels), 1 to 64 of them; a subset whose sums do not determine the estimate has the status not_estimable. tau2 is 0; Q is around the estimate.
/// Throws input_error on counts out of their domain, without trials or with more than 64; not_estimable if no trial carries information.
/// As batch_mantel_haenszel, which does the work. Olkin, Dahabreh & Trikalinos (2012) Res Synth Methods 3:214, doi:10.1002/jrsm.1053.
template <detail::binary_trials Trials, mantel_haenszel_measure Measure>
auto gosh_mantel_haenszel(const Trials& trials, const Measure& measure, const gosh_options& options = {})
    -> gosh_result<typename detail::trial_type<Trials>::real_type> {
  return detail::gosh_of_tables("gosh_mantel_haenszel", "Mantel-Haenszel", trials, measure, options);
}

/// The same by Peto's one-step odds ratio. Scale: logarithm of the odds ratio.
template <detail::binary_trials Trials>
auto gosh_peto(const Trials& trials, const gosh_options& options = {}) -> gosh_result<typename detail::trial_type<Trials>::real_type> {
  return detail::gosh_of_tables("gosh_peto", "Peto", trials, peto_odds_ratio{}, options);
}

}  // namespace metapool
