// SPDX-License-Identifier: BSL-1.0
// Millions of meta-analyses of 2x2 tables: Mantel-Haenszel and Peto, columns in, columns out.
#pragma once

#include <metapool/batch/columns.hpp>
#include <metapool/batch/count_tile.hpp>
#include <metapool/batch/finish.hpp>
#include <metapool/data/binary_trial.hpp>
#include <metapool/effect/binary_effects.hpp>
#include <metapool/math/pack.hpp>
#include <metapool/math/parallel.hpp>
#include <metapool/model/mantel_haenszel.hpp>
#include <metapool/model/peto.hpp>

#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

namespace metapool {

namespace detail {

/// The table of study i in column c; false if a number is missing.
template <class Real>
bool table_at(const batch_counts<Real>& data, std::size_t i, std::size_t c, two_by_two<Real>& t) {
  const std::size_t at = i * data.columns + c;
  const Real a = data.treated_events[at], n1 = data.treated_total[at], e = data.control_events[at], n2 = data.control_total[at];
  if (!(a == a && n1 == n1 && e == e && n2 == n2)) return false;
  t = {a, n1 - a, e, n2 - e};
  return true;
}

/// The sums of one column by the functions of one meta-analysis.
template <class Real, class Measure>
void add_tables(const batch_counts<Real>& data, std::size_t c, const Measure& measure, count_sums<Real>& sums, std::size_t at) {
  two_by_two<Real> t;
  mantel_haenszel_sums<Real> m;
  Real o_e = 0, v = 0, informative = 0;
  for (std::size_t i = 0; i < data.studies; ++i) {
    if (!table_at(data, i, c, t) || Measure::uninformative(t)) continue;
    if constexpr (std::same_as<Measure, peto_odds_ratio>) {
      const auto moments = hypergeometric_moments(t);
      if (!(moments.v > 0)) continue;
      o_e += moments.o_e;
      v += moments.v;
    } else {
      Real weight;
      add_table(m, t, measure, weight);
    }
    informative += 1;
  }
  if constexpr (std::same_as<Measure, peto_odds_ratio>) {
    m.r = o_e;
    m.s = v;
  }
  sums.put(at, m);
  sums.count[at] = informative;
}

/// Cochran's Q around the estimate: of the studies' own effects with 0.5 in those with a zero cell (Mantel-Haenszel), or of (O - E) / V (Peto).
template <class Real, class Measure>
Real q_of_tables(const batch_counts<Real>& data, std::size_t c, const Measure& measure, const Real& estimate) {
  two_by_two<Real> t;
  Real q = 0;
  for (std::size_t i = 0; i < data.studies; ++i) {
    if (!table_at(data, i, c, t)) continue;
    if constexpr (std::same_as<Measure, peto_odds_ratio>) {
      const auto m = hypergeometric_moments(t);
      if (!(m.v > 0)) continue;
      const Real r = m.o_e / m.v - estimate;
      q += r * r * m.v;
    } else {
      std::array<Real, 4> added;
      effect<Real> e;
      if (corrected_effect(t, measure, constant_correction{}, zero_cell_context<Real>{}, added, e) != study_status::pooled) continue;
      const Real r = e.y - estimate;
      q += r * r / e.v;
    }
  }
  return q;
}

template <class Real, class Measure>
void finish_tables(const batch_counts<Real>& data, const Measure& measure, const count_sums<Real>& sums, std::size_t at, column_writer<Real>& to, std::size_t c) {
  constexpr Real largest = (std::numeric_limits<Real>::max)();
  const std::size_t k = static_cast<std::size_t>(sums.count[at]);
  const mantel_haenszel_sums<Real> m = sums.get(at);
  batch_status status = k == 1 ? batch_status::one_study : batch_status::ok;
  Real estimate{}, variance{};
  bool estimable = false;
  if constexpr (std::same_as<Measure, peto_odds_ratio>) {
    estimable = m.s > 0;
    estimate = m.r / m.s;
    variance = 1 / m.s;
  } else {
    estimable = mantel_haenszel_estimate(m, measure, estimate, variance) && variance > 0;
  }
  if (sums.state[at] == 1) {
    status = batch_status::invalid;
  } else if (sums.complete[at] == 0) {
    status = batch_status::no_studies;
  } else if (!estimable) {
    status = batch_status::not_estimable;
  } else if (!(std::fabs(estimate) <= largest && variance <= largest)) {
    status = batch_status::out_of_range;
  }
  to.counted(c, k, status);
  if (status != batch_status::ok && status != batch_status::one_study) {
    to.blank_all(c);
    return;
  }
  to.tau2(c, Real(0));
  to.mean(c, estimate, std::sqrt(variance), 0);
  if (to.wants_heterogeneity()) to.heterogeneity(c, q_of_tables(data, c, measure, estimate), k - 1);
}

template <class Real, class Measure>
void pool_tables(const char* function, const batch_counts<Real>& data, const Measure& measure, const batch_columns<Real>& out, const batch_options& o) {
  check_batch_options(function, o);
  check_batch_counts(function, data);
  check_batch_output(function, out, data.columns);
  if (o.test != batch_test::z) throw_input_error(function, "Hartung and Knapp's test is for inverse-variance weights");
  constexpr std::size_t block = count_sums<Real>::most;
  parallel_blocks(data.columns, 16 * block, o.threads, [&](std::size_t first, std::size_t last) {
    std::vector<Real> room(4 * data.studies * tile_width<Real, 64>);
    count_sums<Real> sums;
    column_writer<Real> to(out, o, 1);
    for (std::size_t begin = first; begin < last; begin += block) {
      const std::size_t end = last - begin < block ? last : begin + block;
      run_wide([&](auto bytes) { sum_table_columns<Measure, tile_width<Real, decltype(bytes)::value>>(data, begin, end, room.data(), sums); });
      for (std::size_t c = begin; c < end; ++c) {
        if (sums.state[c - begin] == 2) add_tables(data, c, measure, sums, c - begin);
        finish_tables(data, measure, sums, c - begin, to, c);
      }
    }
  });
}

}  // namespace detail

/// Mantel-Haenszel meta-analyses of all columns: mantel_haenszel(trials, measure) with wald_z and heterogeneity, column by column, to the same bits (-log10 p: to 4 units in the last place of itself or of 1).
///
/// measure: risk_ratio{}, odds_ratio{} or risk_difference{}; nothing is added to any cell, but 0.5 for Q to the studies with a zero cell. Scale: logarithms for ratios.
/// A study with a count missing (NaN) is left out; studies: those with information on the measure. A column with a count out of its contract (negative, not whole, events above
/// the total, no patients) is invalid; one whose sums do not determine the estimate, or its variance, is not_estimable.
/// Throws input_error if sizes do not agree or an option is out of its domain; never for a column.
template <std::floating_point Real, mantel_haenszel_measure Measure>
void batch_mantel_haenszel(const batch_counts<Real>& data, const Measure& measure, const batch_columns<Real>& out, const batch_options& options = {}) {
  detail::pool_tables("batch_mantel_haenszel", data, measure, out, options);
}

/// Peto's one-step odds ratio of all columns: peto(trials), column by column, as batch_mantel_haenszel.
template <std::floating_point Real>
void batch_peto(const batch_counts<Real>& data, const batch_columns<Real>& out, const batch_options& options = {}) {
  detail::pool_tables("batch_peto", data, peto_odds_ratio{}, out, options);
}

}  // namespace metapool
