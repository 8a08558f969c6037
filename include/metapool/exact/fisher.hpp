// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/binary_trial.hpp>
#include <metapool/exact/conditional_odds_ratio.hpp>
#include <metapool/exact/hypergeometric.hpp>
#include <metapool/exact/tail_sums.hpp>
#include <metapool/math/convergence.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>

namespace metapool {

/// Level of the intervals of fisher_exact.
struct fisher_options {
  double level = 0.95;
};

/// Exact tests of "odds ratio 1" for one 2x2 table, given its margins. X: treated events, x: those observed. "Treated" comes first:
/// p_less is small if the treated arm has few events.
template <class Real = double>
struct fisher_test {
  Real p{};            ///< two-sided by minimum likelihood: all tables not more probable than the observed one (R's fisher.test)
  Real p_less{};       ///< P(X <= x)
  Real p_greater{};    ///< P(X >= x)
  Real p_central{};    ///< twice the smaller tail, at most 1; below 1 - level if and only if the exact interval excludes 1
  Real p_mid{};        ///< twice the smaller of P(X < x) + P(X = x)/2 and P(X > x) + P(X = x)/2; agrees with the mid-p interval
  Real p_mid_minimum_likelihood{};  ///< all less probable tables and half of those as probable as the observed one
  Real probability{};  ///< P(X = x), of the observed table
};

/// fisher_test with the odds ratio (treated against control, natural scale) and its intervals.
template <class Real = double>
struct fisher_result : fisher_test<Real> {
  using real_type = Real;
  /// Conditional maximum likelihood estimate: 0 or infinity if x is the least or the most that the margins allow; empty if they
  /// allow only one table (no events at all, or nothing but events).
  std::optional<Real> odds_ratio{};
  Real lower{};        ///< exact (Cornfield, Gart): P(X >= x; lower) = (1 - level)/2; 0 if x is the least possible
  Real upper{};        ///< exact: P(X <= x; upper) = (1 - level)/2; infinity if x is the most possible
  Real lower_mid{};    ///< mid-p: P(X > x) + P(X = x)/2 = (1 - level)/2
  Real upper_mid{};
  double level = 0.95;
  metapool::convergence<Real> convergence{};  ///< of the five searches together
};

namespace detail {

/// Probabilities that differ by less count as equal. 1e-7 is the slack of R's fisher.test: tables that are equally probable by
/// symmetry must not fall on two sides of a rounding error.
template <class Real>
Real equal_probability() {
  return (std::max)(Real(1) / 10000000, Real(16 * std::numeric_limits<Real>::epsilon()));
}

template <class Real>
fisher_test<Real> fisher_test_of(const table_margins<Real>& g) {
  const Real one = 1;
  if (g.degenerate()) return {one, one, one, one, one, one, one};
  const tail_sums<Real> s = sums_at<Real>(g, one);
  const Real total = s.total();
  fisher_test<Real> r;
  r.probability = s.at / total;
  r.p_less = (s.below + s.at) / total;
  r.p_greater = (s.above + s.at) / total;
  r.p_central = (std::min)(one, Real(2 * (std::min)(r.p_less, r.p_greater)));
  r.p_mid = (std::min)(one, Real((2 * (std::min)(s.below, s.above) + s.at) / total));

  const Real same = s.at * (1 + equal_probability<Real>()), less = s.at / (1 + equal_probability<Real>());
  const Real small = negligible<Real>();
  Real not_more = 0, as_probable = 0, more = 0;
  const auto add = [&](const Real&, const Real& w) {
    if (w > same) {
      more += w;
      return true;
    }
    not_more += w;
    if (w >= less) as_probable += w;
    return w > small * s.at;
  };
  walk_from_mode<Real>(g, one, add, add);
  const bool all = more == Real(0);  // then the sum may miss its last negligible terms
  r.p = all ? one : Real(not_more / (not_more + more));
  r.p_mid_minimum_likelihood = all ? Real(1 - as_probable / (2 * total)) : Real((not_more - as_probable / 2) / (not_more + more));
  return r;
}

/// The table of a trial whose four counts are known, whole and not too many for Real to count. Throws input_error.
template <class Real>
two_by_two<Real> counted_table(const binary_trial<Real>& trial, const char* function) {
  check(trial, function);
  const auto require = [&](const std::optional<Real>& value, const char* what) {
    if (!value) throw_input_error(function, "study '" + trial.label + "': " + what + " is not reported, and the table needs it");
  };
  require(trial.treated.events, "treated.events");
  require(trial.treated.total, "treated.total");
  require(trial.control.events, "control.events");
  require(trial.control.total, "control.total");
  const Real most = 1 / std::numeric_limits<Real>::epsilon();
  const Real patients = *trial.treated.total + *trial.control.total;
  if (!(patients < most)) {
    throw_study_error(function, trial.label, "patients", patients, "are too many to be counted one by one in this number type");
  }
  return table_of(trial);
}

}  // namespace detail

/// Fisher's exact test of one trial: p-values only, for callers that need many. Domain, throws and accuracy as fisher_exact.
template <class Real>
fisher_test<Real> fisher_p(const binary_trial<Real>& trial) {
  return detail::fisher_test_of(detail::margins_of(detail::counted_table(trial, "fisher_p")));
}

/// Fisher's exact test of one trial with the conditional odds ratio and its exact (Cornfield, Gart; central) and mid-p intervals.
/// Scale: odds ratios as such, not logarithms. Whole counts; totals of 10^9 patients take some ten milliseconds, small tables a few
/// microseconds. If the margins allow one table only (no event, or no non-event, in either arm), every p is 1, odds_ratio is
/// empty and the intervals are [0, infinity). A p below the smallest number of Real is 0.
/// Throws input_error if a count is missing, negative, not whole, more than its total, or the level is not in (0, 1).
/// Sums of probability ratios from the mode outward and safeguarded Newton searches on the log odds ratio: 12 significant digits or
/// better for totals up to 10^9.
/// Fisher (1935) J R Stat Soc 98:39; Cornfield (1956) Proc 3rd Berkeley Symp 4:135; Gart (1970) Biometrika 57:471.
template <class Real>
fisher_result<Real> fisher_exact(const binary_trial<Real>& trial, const fisher_options& options = {}) {
  using std::exp;
  constexpr const char* function = "fisher_exact";
  detail::check_level(function, options.level);
  const detail::table_margins<Real> g = detail::margins_of(detail::counted_table(trial, function));
  const Real infinity = std::numeric_limits<Real>::infinity();
  fisher_result<Real> r;
  static_cast<fisher_test<Real>&>(r) = detail::fisher_test_of(g);
  r.level = options.level;
  r.upper = r.upper_mid = infinity;
  if (g.degenerate()) return r;

  const bool least = g.observed == g.lowest, most = g.observed == g.highest;
  r.odds_ratio = least ? Real(0) : most ? infinity : Real(exp(detail::conditional_log_odds_ratio(g, r.convergence)));
  const Real alpha = (1 - Real(options.level)) / 2, half = Real(1) / 2;
  if (!least) {
    r.lower = exp(detail::conditional_lower_limit(g, Real(1), alpha, r.convergence));
    r.lower_mid = exp(detail::conditional_lower_limit(g, half, alpha, r.convergence));
  }
  if (!most) {
    const detail::table_margins<Real> mirror = detail::swapped(g);
    r.upper = exp(-detail::conditional_lower_limit(mirror, Real(1), alpha, r.convergence));
    r.upper_mid = exp(-detail::conditional_lower_limit(mirror, half, alpha, r.convergence));
  }
  return r;
}

}  // namespace metapool
