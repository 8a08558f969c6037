// SPDX-License-Identifier: BSL-1.0
// What to do with zero cells of 2x2 tables: policies as values.
#pragma once

#include <metapool/data/binary_trial.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <variant>

namespace metapool {

/// Which studies a continuity correction is added to. metafor's names in brackets.
enum class correct_when : std::uint8_t {
  only_zero,    ///< the studies with a zero cell ["only0"]; RevMan 5, meta, Stata
  all_if_any,   ///< all studies as soon as one has a zero cell ["if0all"]
  all           ///< all studies ["all"]
};

/// What becomes of studies with no events in either arm, or with nothing but events in both.
enum class double_zero : std::uint8_t {
  by_measure,  ///< dropped where they carry no information on the measure: no events for the RR; either for the OR; kept for the RD (Cochrane, meta)
  keep,        ///< kept, and corrected like any other study (metafor's escalc)
  drop         ///< both kinds dropped for every measure (metafor's drop00)
};

/// How a correction enters an arm of a risk ratio.
enum class rr_totals : std::uint8_t {
  both_cells,  ///< to events and non-events, so that the total grows by twice the correction (RevMan, metafor)
  events_only  ///< to the events, so that the total grows by the correction once (R's meta). Variance: Hartung & Knapp (2001) equation 18
};

/// Which share of the sum an arm gets in the treatment-arm correction.
enum class arm_share : std::uint8_t {
  own,      ///< the arm's own share of the patients, n_arm / N: proportional to the reciprocal of the opposite arm's size (Sweeting, Sutton & Lambert 2004; meta's TACC); a double-zero study then has a ratio near 1
  opposite  ///< the opposite arm's share (statsmodels' "tac"); kept for comparison only: a double-zero study in unequal arms then shows an effect
};

/// Nothing is added. A study whose measure is not defined with its zero cells is left out, and its record says so.
struct no_correction {
  static constexpr std::string_view name = "none";
  metapool::double_zero double_zeros = double_zero::by_measure;
};

/// The same constant to every cell. 0.5: Gart & Zweifel (1967), Haldane (1956).
struct constant_correction {
  static constexpr std::string_view name = "constant";
  double add = 0.5;
  correct_when when = correct_when::only_zero;
  metapool::double_zero double_zeros = double_zero::by_measure;
  rr_totals totals = rr_totals::both_cells;
};

/// Treatment-arm continuity correction: to both cells of an arm its share of `sum`.
/// Sweeting, Sutton & Lambert (2004) Stat Med 23:1351, doi:10.1002/sim.1761.
struct treatment_arm_correction {
  static constexpr std::string_view name = "treatment arm";
  double sum = 1;
  arm_share share = arm_share::own;
  correct_when when = correct_when::only_zero;
  metapool::double_zero double_zeros = double_zero::by_measure;
  rr_totals totals = rr_totals::both_cells;
};

/// Empirical continuity correction: shares of `sum` chosen such that a double-zero study has, but for terms of
/// order 1/n, the odds ratio W that the studies without a zero cell have (Mantel-Haenszel): W / (R + W) to the treated arm, R / (R + W) to the control arm, R = n_control / n_treated.
/// Sweeting, Sutton & Lambert (2004) Stat Med 23:1351, doi:10.1002/sim.1761. Throws not_estimable if every study has a zero cell.
struct empirical_correction {
  static constexpr std::string_view name = "empirical";
  double sum = 1;
  correct_when when = correct_when::only_zero;
  metapool::double_zero double_zeros = double_zero::by_measure;
  rr_totals totals = rr_totals::both_cells;
};

/// All policies, for a choice at run time.
using zero_cell_policy = std::variant<no_correction, constant_correction, treatment_arm_correction, empirical_correction>;

/// True if a cell of the table is zero.
template <class Real>
bool has_zero_cell(const two_by_two<Real>& t) {
  return t.a == 0 || t.b == 0 || t.c == 0 || t.d == 0;
}

namespace detail {

/// The policy that a measure names as its own default_policy (no_correction for those that need none), otherwise constant_correction.
template <class Measure>
struct default_policy_of {
  using type = constant_correction;
};
template <class Measure>
  requires requires { typename Measure::default_policy; }
struct default_policy_of<Measure> {
  using type = typename Measure::default_policy;
};

/// What a policy needs to know of the whole set: whether any table has a zero cell, and the odds ratio of the others.
template <class Real>
struct zero_cell_context {
  bool any_zero = false;
  Real sum_r{}, sum_s{};  ///< Mantel-Haenszel numerator and denominator of the tables without a zero cell
  template <class Policy>
  void see(const two_by_two<Real>& t, const Policy&) {
    if constexpr (std::is_same_v<Policy, empirical_correction>) {
      if (has_zero_cell(t)) {
        any_zero = true;
        return;
      }
      const Real n = t.total();
      sum_r += t.a * (t.d / n);
      sum_s += t.b * (t.c / n);
    } else if constexpr (!std::is_same_v<Policy, no_correction>) {
      any_zero = any_zero || has_zero_cell(t);
    }
  }
};

template <class Real>
std::array<Real, 4> by_arm(const Real& treated, const Real& control, rr_totals totals, bool is_risk_ratio) {
  const bool events_only = is_risk_ratio && totals == rr_totals::events_only;
  return {treated, events_only ? Real(0) : treated, control, events_only ? Real(0) : control};
}

/// Whether a policy adds to a study, by its own zero and by one in any study. The same rule for tables, rates, groups and pairs.
template <class Policy>
bool applies(const Policy& policy, bool has_zero, bool any_zero) {
  return policy.when == correct_when::all || (policy.when == correct_when::all_if_any && any_zero) || has_zero;
}

/// Additions to the cells a, b, c, d of one table.
template <class Real>
std::array<Real, 4> additions(const no_correction&, const two_by_two<Real>&, const zero_cell_context<Real>&, bool) {
  return {Real(0), Real(0), Real(0), Real(0)};
}

template <class Real>
std::array<Real, 4> additions(const constant_correction& p, const two_by_two<Real>& t, const zero_cell_context<Real>& context, bool is_risk_ratio) {
  if (!applies(p, has_zero_cell(t), context.any_zero)) return {Real(0), Real(0), Real(0), Real(0)};
  return by_arm(Real(p.add), Real(p.add), p.totals, is_risk_ratio);
}

template <class Real>
std::array<Real, 4> additions(const treatment_arm_correction& p, const two_by_two<Real>& t, const zero_cell_context<Real>& context, bool is_risk_ratio) {
  if (!applies(p, has_zero_cell(t), context.any_zero)) return {Real(0), Real(0), Real(0), Real(0)};
  const Real treated = Real(p.sum) * t.treated_total() / t.total();
  const Real control = Real(p.sum) * t.control_total() / t.total();
  return p.share == arm_share::own ? by_arm(treated, control, p.totals, is_risk_ratio) : by_arm(control, treated, p.totals, is_risk_ratio);
}

template <class Real>
std::array<Real, 4> additions(const empirical_correction& p, const two_by_two<Real>& t, const zero_cell_context<Real>& context, bool is_risk_ratio) {
  if (!applies(p, has_zero_cell(t), context.any_zero)) return {Real(0), Real(0), Real(0), Real(0)};
  if (!(context.sum_s > 0)) {
    throw_not_estimable("empirical_correction", "every study has a zero cell, so there is no odds ratio to take the correction from; use constant_correction or treatment_arm_correction");
  }
  // W / (R + W) with W = sum_r / sum_s and R = n_control / n_treated, both multiplied by sum_s n_treated
  const Real w = context.sum_r * t.treated_total();
  const Real r = context.sum_s * t.control_total();
  return by_arm(Real(Real(p.sum) * w / (w + r)), Real(Real(p.sum) * r / (w + r)), p.totals, is_risk_ratio);
}

/// Throws input_error if the policy's own options break their contract.
inline constexpr void check_policy(const no_correction&) {}
template <class Policy>
void check_policy(const Policy& p) {
  double amount = 0;
  if constexpr (requires { p.add; }) {
    amount = p.add;
  } else {
    amount = p.sum;
  }
  if (!(amount > 0) || !std::isfinite(amount)) {
    throw_input_error(std::string(Policy::name) + " correction", "the amount added = " + to_text(amount) + " must be positive and finite (no_correction{} adds nothing)");
  }
}

}  // namespace detail
}  // namespace metapool
