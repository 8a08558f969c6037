// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/binary_trial.hpp>
#include <metapool/data/table_margins.hpp>
#include <metapool/effect/binary_effects.hpp>
#include <metapool/effect/effects.hpp>
#include <metapool/effect/odds_ratio.hpp>
#include <metapool/exact/tail_sums.hpp>
#include <metapool/inference/result.hpp>
#include <metapool/math/convergence.hpp>
#include <metapool/math/normal.hpp>
#include <metapool/math/roots.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace metapool {

/// Options of liu_liu_xie.
struct liu_liu_xie_options {
  double level = 0.95;
  /// One number a trial, not negative, in the order of the trials; empty: the square root of each trial's conditional information at odds ratio 1,
  /// n1 n2 m (N - m) / (N^2 (N - 1)) with m events, which is that of Peto's and Mantel and Haenszel's tests. Should not depend on how the events fell.
  std::vector<double> weights{};
};

/// A common odds ratio by combined p-value functions. Natural scale, treated against control.
template <class Real = double>
struct liu_liu_xie_result {
  using real_type = Real;
  measure_info measure{};
  std::string method{};              ///< "Liu-Liu-Xie, mid-p"
  std::optional<Real> odds_ratio{};  ///< where the combined p-value is 1/2; 0 or infinity at an open end; empty if no trial informs
  Real lower{};
  Real upper{};
  interval_state state = interval_state::regular;  ///< open_lower: lower is 0, open_upper: upper is infinite, unbounded: both
  double level = 0.95;
  Real statistic{};  ///< combined normal deviate of "odds ratio 1"; positive if the treated have more events
  Real p_greater{};  ///< of "no larger than 1": small if the treated have more events
  Real p_less{};
  Real p{};          ///< two-sided
  std::vector<Real> weights{};             ///< of every trial, in their order; their squares add up to 1, unless all are 0
  std::size_t tables = 0;                  ///< that inform: with both events and non-events
  std::vector<study_audit<Real>> audit{};  ///< one entry a trial
  metapool::convergence<Real> convergence{};
};

namespace detail {

/// Normal deviate of the mid-p-value P(X > x) + P(X = x) / 2 of one table at an odds ratio, x the treated events; rises with the odds ratio. From the
/// smaller of the two tails; one below the smallest number counts as about that.
template <class Real>
Real mid_p_deviate(const table_margins<Real>& g, const Real& odds_ratio) {
  using std::log, std::sqrt;
  const auto s = sums_at<Real>(g, odds_ratio);
  const Real total = s.total(), up = (s.above + s.at / 2) / total, down = (s.below + s.at / 2) / total;
  const Real smaller = (std::min)(up, down);
  const Real z = smaller > (std::numeric_limits<Real>::min)() ? normal_upper_quantile<Real>(smaller) : Real(sqrt(-2 * log((std::numeric_limits<Real>::min)())));
  return up < down ? Real(-z) : z;
}

}  // namespace detail

/// Liu, Liu and Xie's combination of the p-value functions of 2x2 tables for a common odds ratio: each table's one-sided mid-p-value of an odds ratio, from the exact
/// conditional distribution (Fisher's), becomes a normal deviate; the weighted sum of the deviates is judged as normal. Nothing is added to zeros. The mid-p-value of a
/// trial without events (or with nothing else) is 1/2 at every odds ratio, its deviate 0: it takes part without saying anything.
///
///     const auto r = liu_liu_xie(trials);   // r.odds_ratio, r.lower, r.upper, r.p
///
/// Compared with exact_common_odds_ratio each trial keeps a weight of its own, also one that does not follow from a common odds ratio. The p-values are exact but for the
/// halved probability of what was seen, so that the level is kept closely, not guaranteed. Weights proportional to the square root of information are
/// the efficient ones. If every informative table has the least (most) treated events that its margins allow, the odds ratio is 0 (infinite) and the interval open there.
/// Throws input_error on bad counts, without trials, on a bad level or bad weights; convergence_error if a search failed. Without an informative table the interval is
/// unbounded and every p is 1 (two-sided) or 1/2. 12 significant digits.
/// Liu, Liu & Xie (2014) J Am Stat Assoc 109:1450, doi:10.1080/01621459.2014.946318.
template <detail::binary_trials Trials>
auto liu_liu_xie(const Trials& trials, const liu_liu_xie_options& options = {}) -> liu_liu_xie_result<typename detail::trial_type<Trials>::real_type> {
  using Real = typename detail::trial_type<Trials>::real_type;
  using std::exp, std::log, std::sqrt;
  constexpr const char* function = "liu_liu_xie";
  detail::check_level(function, options.level);
  liu_liu_xie_result<Real> r;
  r.measure = odds_ratio::info;
  r.method = "Liu-Liu-Xie, mid-p";
  r.level = options.level;
  std::vector<detail::table_margins<Real>> tables;
  std::vector<Real> weights;
  Real squares = 0, score = 0, information = 0;
  std::size_t i = 0;
  bool least = true, most = true;
  for (const auto& trial : trials) {
    check(trial, function);
    study_audit<Real> record;
    record.label = trial.label;
    Real w = 0;
    if (i < options.weights.size()) {
      if (!(options.weights[i] >= 0 && options.weights[i] <= (std::numeric_limits<double>::max)())) {
        detail::throw_study_error(function, trial.label, "weight", options.weights[i], "must be finite and not negative");
      }
    }
    if (!is_complete(trial)) {
      record.status = study_status::not_reported;
    } else {
      const two_by_two<Real> t = table_of(trial);
      if (!(t.total() < 1 / std::numeric_limits<Real>::epsilon())) {
        detail::throw_study_error(function, trial.label, "total", t.total(), "patients are too many to be counted one by one in this number type");
      }
      const detail::table_margins<Real> g = detail::margins_of(t);
      const Real n = t.total(), n1 = t.treated_total(), n2 = t.control_total();
      const Real v = g.degenerate() ? Real(0) : Real(n1 / n * (n2 / n) * g.events * ((n - g.events) / (n - 1)));
      w = options.weights.empty() ? Real(sqrt(v)) : Real(i < options.weights.size() ? options.weights[i] : 0.0);
      squares += w * w;
      if (g.degenerate()) {
        record.status = detail::double_status(t);
      } else {
        tables.push_back(g);
        weights.push_back(w);
        score += t.a - n1 * (g.events / n);
        information += v;
        if (w > 0) {
          least = least && g.observed == g.lowest;
          most = most && g.observed == g.highest;
        }
      }
    }
    r.weights.push_back(w);
    r.audit.push_back(std::move(record));
    ++i;
  }
  if (r.audit.empty()) detail::throw_input_error(function, "no studies");
  if (!options.weights.empty() && options.weights.size() != r.audit.size()) {
    detail::throw_input_error(function, "weights has " + std::to_string(options.weights.size()) + " values for " + std::to_string(r.audit.size()) + " studies");
  }
  r.tables = tables.size();
  const Real infinity = std::numeric_limits<Real>::infinity(), half = Real(1) / 2;
  const Real length = squares > 0 ? Real(sqrt(squares)) : Real(1);
  for (Real& w : r.weights) w /= length;
  Real used = 0;
  for (Real& w : weights) {
    w /= length;
    used += w;
  }
  if (!(used > 0)) {  // no table informs, or only such as have no weight
    r.state = interval_state::unbounded;
    r.upper = infinity;
    r.p_greater = r.p_less = half;
    r.p = 1;
    return r;
  }
  const auto deviate = [&](const Real& theta) {
    Real sum = 0;
    for (std::size_t j = 0; j < tables.size(); ++j) sum += weights[j] * detail::mid_p_deviate(tables[j], Real(exp(theta)));
    return sum;
  };
  // where the deviate is `wanted`: from Peto's estimate outward by steps that double
  const Real start = (std::max)(Real(-5), (std::min)(Real(5), Real(score / (information + half)))), at_start = deviate(start);
  const Real furthest = log((std::numeric_limits<Real>::max)()) * Real(2) / 5;
  const auto root = [&](const Real& wanted) {
    const auto excess = [&](const Real& theta) { return Real(deviate(theta) - wanted); };
    const Real sign = at_start > wanted ? Real(-1) : Real(1);
    Real step = half, inner = start, outer = start + sign * step;
    while (sign * excess(outer) < 0 && sign * outer < furthest) {
      inner = outer;
      step *= 2;
      outer += sign * step;
    }
    return Real(exp(detail::bracketed_root(excess, (std::min)(inner, outer), (std::max)(inner, outer), r.convergence)));
  };
  const Real z = detail::normal_critical<Real>(options.level);
  r.lower = least ? Real(0) : root(Real(-z));
  r.upper = most ? infinity : root(z);
  r.odds_ratio = least ? Real(0) : most ? infinity : root(Real(0));
  r.state = least ? interval_state::open_lower : most ? interval_state::open_upper : interval_state::regular;
  r.statistic = -deviate(Real(0));
  r.p_greater = detail::normal_upper_tail<Real>(r.statistic);
  r.p_less = detail::normal_upper_tail<Real>(Real(-r.statistic));
  r.p = detail::normal_two_sided_p<Real>(r.statistic);
  if (!r.convergence.converged) throw convergence_error("liu_liu_xie: the search for the estimate or a limit did not converge");
  return r;
}

}  // namespace metapool
