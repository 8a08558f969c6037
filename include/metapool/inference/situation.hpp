// SPDX-License-Identifier: BSL-1.0
// What of a data set decides which methods hold.
#pragma once

#include <metapool/effect/binary_effects.hpp>
#include <metapool/inference/heterogeneity.hpp>
#include <metapool/model/common_effect.hpp>

#include <cstddef>
#include <optional>

namespace metapool {

/// Number, balance and events of the trials of an analysis.
struct situation {
  std::size_t k{};                 ///< pooled studies
  double largest_share{};          ///< the greatest study's share of the common-effect weights, 0 to 1
  double precision_ratio = 1;      ///< largest sampling variance over the smallest, >= 1
  std::optional<double> i2{};      ///< (Q - df) / Q at least 0; empty with one study
  std::optional<double> q_p{};     ///< p of Cochran's Q; empty with one study
  // Of 2x2 tables only:
  bool counts = false;             ///< whether the following is known
  double events{};                 ///< of both arms of all complete trials
  double patients{};
  double largest_risk{};           ///< the greatest risk of an arm
  double arm_ratio = 1;            ///< the most unequal allocation: larger arm over smaller, >= 1
  std::size_t zero_cells{};        ///< trials with a zero cell
  std::size_t double_zeros{};      ///< trials without events in either arm
  double risk() const { return patients > 0 ? events / patients : 0; }
};

/// The situation of effects. Throws input_error on a y or v out of its domain; not_estimable if every study was left out.
template <class Real>
situation situation_of(const effects<Real>& data) {
  const model_fit<Real> fit = common_effect(data);
  situation s;
  s.k = fit.k();
  Real least = fit.data.v[0], most = fit.data.v[0];
  for (std::size_t i = 0; i < s.k; ++i) {
    const Real& v = fit.data.v[i];
    if (v < least) least = v;
    if (v > most) most = v;
    const double share = static_cast<double>(fit.weights[i]);
    if (share > s.largest_share) s.largest_share = share;
  }
  s.precision_ratio = static_cast<double>(Real(most / least));
  if (fit.df > 0) {
    const heterogeneity_result<Real> h = heterogeneity(fit);
    s.i2 = static_cast<double>(h.i2_q);
    s.q_p = static_cast<double>(*h.p);
  }
  return s;
}

namespace detail {

/// Fills what a situation knows of 2x2 tables, from the complete ones.
template <class Trials>
void count_tables(situation& s, const Trials& trials) {
  s.counts = true;
  for (const auto& trial : trials) {
    if (!is_complete(trial)) continue;
    const auto t = table_of(trial);
    const double n1 = static_cast<double>(t.treated_total()), n2 = static_cast<double>(t.control_total());
    const double a = static_cast<double>(t.a), c = static_cast<double>(t.c);
    s.events += a + c;
    s.patients += n1 + n2;
    for (const double risk : {a / n1, c / n2}) {
      if (risk > s.largest_risk) s.largest_risk = risk;
    }
    const double ratio = n1 > n2 ? n1 / n2 : n2 / n1;
    if (ratio > s.arm_ratio) s.arm_ratio = ratio;
    s.zero_cells += has_zero_cell(t);
    s.double_zeros += t.a == 0 && t.c == 0;
  }
}

}  // namespace detail

/// The situation of binary trials on a measure (0.5 added to the tables with a zero cell, for the effects). Throws as effect_sizes and as above.
template <detail::binary_trials Trials, class Measure>
situation situation_of(const Trials& trials, const Measure& measure) {
  situation s = situation_of(effect_sizes(trials, measure));
  detail::count_tables(s, trials);
  return s;
}

}  // namespace metapool
