// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/binary_trial.hpp>
#include <metapool/effect/binary_effects.hpp>
#include <metapool/effect/effects.hpp>
#include <metapool/effect/peto_odds_ratio.hpp>
#include <metapool/exact/blaker.hpp>
#include <metapool/exact/conditional_odds_ratio.hpp>
#include <metapool/exact/fisher.hpp>
#include <metapool/exact/hypergeometric.hpp>
#include <metapool/exact/sum_of_tables.hpp>
#include <metapool/exact/tilted_sums.hpp>
#include <metapool/inference/result.hpp>
#include <metapool/math/convergence.hpp>
#include <metapool/math/normal.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace metapool {

/// Level of the intervals of exact_common_odds_ratio.
struct exact_common_odds_ratio_options {
  double level = 0.95;
};

/// Ends of an interval of a ratio on its natural scale. open_lower: lower is 0, open_upper: upper is infinity, unbounded: both.
template <class Real = double>
struct ratio_interval {
  Real lower{};
  Real upper{};
  interval_state state = interval_state::regular;
};

/// Where the conditional maximum likelihood estimate lies.
enum class exact_estimate_state : std::uint8_t {
  regular,        ///< between 0 and infinity
  zero,           ///< 0: the treated events are the least that the margins allow
  infinite,       ///< infinity: they are the most that the margins allow
  not_determined  ///< the margins of every table allow one table only, and all odds ratios fit alike
};

/// The odds ratio that several 2x2 tables share, by the law of the treated events of all tables given the margins of each. Natural scale.
/// The p-values (fisher_test) are those of "odds ratio 1": X is the sum of the treated events, x the one observed; p is R's mantelhaen.test(exact = TRUE).
template <class Real = double>
struct exact_common_odds_ratio_result : fisher_test<Real> {
  using real_type = Real;
  std::optional<Real> odds_ratio{};  ///< conditional maximum likelihood; 0 or infinity at an end; empty if not determined
  exact_estimate_state estimate_state = exact_estimate_state::regular;
  ratio_interval<Real> exact{};      ///< P(X >= x; lower) = P(X <= x; upper) = (1 - level)/2; agrees with p_central; covers at least `level`
  ratio_interval<Real> mid_p{};      ///< the same with half the probability of x; agrees with p_mid
  ratio_interval<Real> blaker{};     ///< the ends of the set that Blaker's test does not reject: within `exact`, covers at least `level`
  double level = 0.95;
  Real p_blaker{};         ///< two-sided by Blaker: the smaller tail and the largest not larger one of the other side
  Real score{};            ///< x less its expectation at odds ratio 1
  Real score_variance{};   ///< variance of X at odds ratio 1
  Real score_statistic{};  ///< score^2 / score_variance, chi-squared with 1 df: the conditional score test; 0 without a table that informs
  Real score_p{};
  Real observed{};         ///< x, over the tables that inform
  Real lowest{};           ///< the least that X can be
  Real highest{};          ///< the most that X can be
  std::size_t tables = 0;  ///< that inform: with both events and non-events, and patients in both arms
  std::vector<study_audit<Real>> audit{};  ///< one entry a trial: pooled, not_reported, double_zero or double_full
  std::vector<std::string> notes{};
  metapool::convergence<Real> convergence{};  ///< of all searches together
};

namespace detail {

/// The tables that inform on the odds ratio, and the record of all. Throws input_error on bad counts or without trials.
template <class Real, class Trials>
std::vector<table_margins<Real>> informative_margins(const Trials& trials, const char* function, std::vector<study_audit<Real>>& audit) {
  std::vector<table_margins<Real>> tables;
  for (const auto& trial : trials) {
    study_audit<Real> record;
    record.label = trial.label;
    check(trial, function);
    if (!is_complete(trial)) {
      record.status = study_status::not_reported;
    } else {
      const two_by_two<Real> t = counted_table(trial, function);
      const table_margins<Real> g = margins_of(t);
      if (g.degenerate()) {
        record.status = double_status(t);
      } else {
        tables.push_back(g);
      }
    }
    audit.push_back(std::move(record));
  }
  if (audit.empty()) throw_input_error(function, "no studies");
  return tables;
}

/// The p-values of "odds ratio 1", from weights that reach far enough beyond the observed sum.
template <class Real>
fisher_test<Real> test_of_sum(const count_weights<Real>& x, const Real& observed) {
  const Real one = 1;
  Real below = 0, at = 0, above = 0, y = x.first;
  for (const Real& w : x.weight) {
    (y < observed ? below : y > observed ? above : at) += w;
    y += 1;
  }
  const Real total = (below + above) + at;
  const Real same = at * (1 + equal_probability<Real>()), less = at / (1 + equal_probability<Real>());
  Real not_more = 0, as_probable = 0;
  for (const Real& w : x.weight) {
    if (w > same) continue;
    not_more += w;
    if (w >= less) as_probable += w;
  }
  fisher_test<Real> r;
  r.probability = at / total;
  r.p_less = (std::min)(one, Real((below + at) / total));
  r.p_greater = (std::min)(one, Real((above + at) / total));
  r.p_central = (std::min)(one, Real(2 * (std::min)(r.p_less, r.p_greater)));
  r.p_mid = (std::min)(one, Real((2 * (std::min)(below, above) + at) / total));
  r.p = (std::min)(one, Real(not_more / total));
  r.p_mid_minimum_likelihood = (not_more - as_probable / 2) / total;
  return r;
}

}  // namespace detail

/// Exact inference on a common odds ratio, treated against control, over 2x2 tables: conditional maximum likelihood estimate; exact (central), mid-p and
/// Blaker intervals; exact tests of "odds ratio 1" and the conditional score test (which is Cochran, Mantel and Haenszel's without correction).
///
///     const auto r = exact_common_odds_ratio(trials);   // r.odds_ratio, r.exact.lower, r.exact.upper, r.p
///
/// Domain: whole counts. Nothing is added to a zero. Trials without events, or with nothing but events, in both arms say nothing on the odds ratio: they
/// contribute nothing and their record says so, as does that of trials with a missing count. If no table informs, odds_ratio is empty, the
/// intervals are [0, infinity] and every p is 1. If x is the least (most) possible sum, the estimate is 0 (infinity) and the intervals are open there.
/// That all tables have one odds ratio is assumed: see zelen_test and breslow_day.
/// Throws input_error on bad counts, without trials, if the level is not in (0, 1), or if the tables have so many events (some 10^8 each) that
/// multiplying them out would take minutes; convergence_error if a search failed.
/// Tables' laws by ratios of probabilities from the mode outward, multiplied out as scaled polynomials of positive terms, limits by safeguarded Newton
/// searches: 12 significant digits or better for 10^5 events. p-values below 1e-250 are good to their magnitude, and may be 0.
/// Gart (1970) Biometrika 57:471; Mehta, Patel & Gray (1985) J Am Stat Assoc 80:969; Martin & Austin (1991) Epidemiology 2:359 (polynomials);
/// Vollset, Hirji & Elashoff (1991) J Am Stat Assoc 86:404; Blaker (2000) Can J Stat 28:783.
template <detail::binary_trials Trials>
auto exact_common_odds_ratio(const Trials& trials, const exact_common_odds_ratio_options& options = {})
    -> exact_common_odds_ratio_result<typename detail::trial_type<Trials>::real_type> {
  using Real = typename detail::trial_type<Trials>::real_type;
  using std::exp, std::log, std::sqrt;
  constexpr const char* function = "exact_common_odds_ratio";
  detail::check_level(function, options.level);
  const Real infinity = std::numeric_limits<Real>::infinity();
  exact_common_odds_ratio_result<Real> r;
  r.level = options.level;
  std::vector<detail::table_margins<Real>> tables = detail::informative_margins<Real>(trials, function, r.audit);
  r.tables = tables.size();
  const std::size_t without = r.audit.size() - r.tables;
  if (without > 0) {
    r.notes.push_back(std::to_string(without) + " of " + std::to_string(r.audit.size()) +
                      " trials contribute nothing: no events, or nothing but events, in both arms, or a count that is not reported");
  }
  r.exact = r.mid_p = r.blaker = {Real(0), infinity, interval_state::unbounded};
  if (tables.empty()) {
    r.estimate_state = exact_estimate_state::not_determined;
    static_cast<fisher_test<Real>&>(r) = fisher_test<Real>{Real(1), Real(1), Real(1), Real(1), Real(1), Real(1), Real(1)};
    r.p_blaker = r.score_p = 1;
    return r;
  }

  for (const auto& g : tables) {
    const Real other = g.treated - g.observed, control = g.events - g.observed;
    const auto m = detail::hypergeometric_moments(two_by_two<Real>{g.observed, other, control, Real(g.control - control)});
    r.score += m.o_e;
    r.score_variance += m.v;
  }
  r.score_statistic = r.score * r.score / r.score_variance;
  const Real z = r.score / sqrt(r.score_variance);
  r.score_p = detail::normal_two_sided_p(z);

  detail::sum_of_tables<Real> sum(std::move(tables));
  r.observed = sum.observed;
  r.lowest = sum.lowest;
  r.highest = sum.highest;

  // the tests: weights at odds ratio 1, so deep that what they leave out is negligible beside the smaller tail
  const Real deepest = sum.most_depth(), negligible = detail::negligible_depth<Real>();
  Real depth = (std::min)(deepest, (std::max)(sum.usual_depth(), Real(negligible + z * z / 2 + 10)));
  while (true) {
    sum.centre_on(Real(0), depth);
    static_cast<fisher_test<Real>&>(r) = detail::test_of_sum(sum.weights(), sum.observed);
    const Real smaller = (std::min)(r.p_less, r.p_greater);
    if (depth >= deepest) break;
    const Real wanted = smaller > 0 ? Real(negligible - log(smaller)) : deepest;
    if (wanted <= depth) break;
    depth = (std::min)(deepest, Real(wanted + 10));
  }
  r.p_blaker = detail::blaker_p(sum.weights(), sum.observed, detail::equal_probability<Real>());

  const bool least = r.observed == r.lowest, most = r.observed == r.highest;
  // where the searches start: Peto's one-step estimate, not too far out
  const Real half = Real(1) / 2;
  Real rough = r.score / (r.score_variance + half), se = 1 / sqrt(r.score_variance + half);
  if (rough > 3) rough = 3;
  if (rough < -3) rough = -3;
  detail::reaching_sum<Real> law(sum);
  if (least || most) {
    r.estimate_state = least ? exact_estimate_state::zero : exact_estimate_state::infinite;
    r.odds_ratio = least ? Real(0) : infinity;
  } else {
    const Real theta = detail::conditional_log_odds_ratio<Real>(law, rough, se, r.convergence);
    r.odds_ratio = exp(theta);
    rough = theta;
    sum.reach(theta);
    const auto at = sums_at(law, *r.odds_ratio);
    const Real excess = (at.above_distance - at.below_distance) / at.total();
    const Real variance = at.square / at.total() - excess * excess;
    if (variance > 0) se = 1 / sqrt(variance);
  }
  const Real alpha = detail::tail_of_level<Real>(options.level);
  const auto limits = [&](detail::sum_of_tables<Real>& side, const Real& start, Real& exact, Real& mid_p, Real& blaker) {
    const detail::reaching_sum<Real> one_side(side);
    exact = detail::lower_limit(one_side, Real(1), alpha, start, se, r.convergence);
    mid_p = detail::lower_limit(one_side, half, alpha, start, se, r.convergence);
    blaker = detail::blaker_lower_limit(one_side, exact, alpha, r.convergence);
  };
  detail::sum_of_tables<Real> mirror = sum.swapped_arms();
  Real exact, mid_p, blaker;
  if (!least) {
    limits(sum, rough, exact, mid_p, blaker);
    r.exact.lower = exp(exact);
    r.mid_p.lower = exp(mid_p);
    r.blaker.lower = exp(blaker);
  }
  if (!most) {
    limits(mirror, Real(-rough), exact, mid_p, blaker);
    r.exact.upper = exp(-exact);
    r.mid_p.upper = exp(-mid_p);
    r.blaker.upper = exp(-blaker);
  }
  const interval_state state = least ? interval_state::open_lower : most ? interval_state::open_upper : interval_state::regular;
  r.exact.state = r.mid_p.state = r.blaker.state = state;
  if (!r.convergence.converged) throw convergence_error("exact_common_odds_ratio: the search for the estimate or a limit did not converge");
  return r;
}

}  // namespace metapool
