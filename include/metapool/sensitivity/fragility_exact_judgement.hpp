// SPDX-License-Identifier: BSL-1.0
// From tables to the conclusion of an exact conditional interval of their odds ratio, many times over.
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/effect/binary_effects.hpp>
#include <metapool/effect/peto_odds_ratio.hpp>
#include <metapool/exact/common_odds_ratio.hpp>
#include <metapool/math/normal.hpp>
#include <metapool/sensitivity/fragility_exact_tables.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

namespace metapool::detail {

/// The deviates that stand for an interval: both above 0 if the interval lies above an odds ratio of 1, both below if it lies below.
template <class Real>
struct exact_conclusion {
  Real estimate{};  ///< has the sign of the conditional estimate of the log odds ratio
  Real lower{}, upper{};
};

/// The conclusion by the tails at an odds ratio of 1. The laws of trials that are as in the last call are kept, and their products in pairs, pairs of pairs and so on. A tail that is alpha / 2 up to
/// rounding is left to the interval of exact_common_odds_ratio itself, so that the conclusion is always the one of that.
template <class Real>
class exact_judgement {
 public:
  bool half = false;  ///< mid-p
  double level = 0.95;

  exact_judgement(bool mid_p, double of_interval) : half(mid_p), level(of_interval) {}

  exact_conclusion<Real> operator()(const std::vector<binary_trial<Real>>& tables) {
    if (!checked_) {
      (void)exact_common_odds_ratio(tables, {level});  // with its errors
      checked_ = true;
    }
    Real score = 0, variance = 0, observed = 0;
    for (const auto& t : tables) {
      if (!is_complete(t)) continue;
      const two_by_two<Real> table = table_of(t);
      if (margins_of(table).degenerate()) continue;
      const auto m = hypergeometric_moments(table);
      score += m.o_e;
      variance += m.v;
    }
    update(tables, variance > 0 ? Real(score * score / variance / 2) : Real(0), observed);
    Real below = 0, at = 0, above = 0;
    tails(observed, below, at, above);
    const Real total = (below + above) + at, share = half ? Real(at / 2) : at;
    const Real tail = tail_of_level<Real>(level), critical = normal_upper_quantile(tail);
    const Real upper_tail = (above + share) / total, lower_tail = (below + share) / total;
    exact_conclusion<Real> r{score, deviate(upper_tail) - critical, critical - deviate(lower_tail)};
    const Real rounding = tail * (std::max)(Real(1e-9), Real(1000 * std::numeric_limits<Real>::epsilon()));
    const auto doubtful = [&](const Real& p) { return p >= tail - rounding && p <= tail + rounding; };
    if (doubtful(upper_tail) || doubtful(lower_tail)) {
      using std::log;
      const auto whole = exact_common_odds_ratio(tables, {level});
      const auto& ends = half ? whole.mid_p : whole.exact;
      if (doubtful(upper_tail)) r.lower = log(ends.lower);
      if (doubtful(lower_tail)) r.upper = log(ends.upper);
    }
    return r;
  }

 private:
  static Real deviate(const Real& p) {
    const Real infinity = std::numeric_limits<Real>::infinity();
    return !(p > 0) ? infinity : p < 1 ? normal_upper_quantile(p) : Real(-infinity);
  }

  /// Makes the products those of the tables, deep enough for a tail of about e^-square.
  void update(const std::vector<binary_trial<Real>>& tables, const Real& square, Real& observed) {
    using sum = sum_of_tables<Real>;
    const Real wanted = (std::min)(sum::most_depth(), (std::max)(sum::usual_depth(), Real(negligible_depth<Real>() + square + 10)));
    std::size_t leaves = 2;
    while (leaves < tables.size()) leaves *= 2;
    if (nodes_.size() != 2 * leaves || wanted > depth_ || 3 * wanted < depth_) {
      depth_ = (std::min)(sum::most_depth(), Real(wanted + 20));
      nodes_.assign(2 * leaves, law_of_nothing<Real>());
      events_.assign(tables.size(), Real(-1));
    }
    std::vector<bool> stale(2 * leaves, false);
    for (std::size_t i = 0; i < tables.size(); ++i) {
      if (!is_complete(tables[i])) continue;
      const two_by_two<Real> t = table_of(tables[i]);
      const Real events = t.a + t.c;
      observed += t.a;
      if (events_[i] == events) continue;
      events_[i] = events;
      nodes_[leaves + i] = law_of_events(t.treated_total(), t.control_total(), events, depth_);
      for (std::size_t n = (leaves + i) / 2; n > 1; n /= 2) stale[n] = true;
    }
    for (std::size_t n = leaves; n-- > 2;) {
      if (stale[n]) nodes_[n] = law_of_sum(nodes_[2 * n], nodes_[2 * n + 1], depth_);
    }
  }

  /// Weights of sums below, at and above what was observed, from the two halves of the tables.
  void tails(const Real& observed, Real& below, Real& at, Real& above) const {
    const count_weights<Real>&x = nodes_[2], &y = nodes_[3];
    const std::size_t n = y.weight.size();
    std::vector<Real> before(n + 1, Real(0)), from(n + 1, Real(0));
    for (std::size_t j = 0; j < n; ++j) before[j + 1] = before[j] + y.weight[j];
    for (std::size_t j = n; j-- > 0;) from[j] = from[j + 1] + y.weight[j];
    for (std::size_t i = 0; i < x.weight.size(); ++i) {
      const Real rest = observed - x.first - y.first - static_cast<Real>(i);  // the place in y that makes the sum the observed one
      if (rest < 0) {
        above += x.weight[i] * from[0];
      } else if (rest >= static_cast<Real>(n)) {
        below += x.weight[i] * before[n];
      } else {
        const auto j = static_cast<std::size_t>(rest);
        below += x.weight[i] * before[j];
        at += x.weight[i] * y.weight[j];
        above += x.weight[i] * from[j + 1];
      }
    }
  }

  bool checked_ = false;
  Real depth_{};
  std::vector<count_weights<Real>> nodes_{};  ///< 1 is the root, which is not multiplied out; 2 n and 2 n + 1 are the halves of n
  std::vector<Real> events_{};                ///< of the trials of the last call
};

}  // namespace metapool::detail
