// SPDX-License-Identifier: BSL-1.0
// What fragility of the exact conditional odds ratio looks at: tables in which changes raise a distance, and the law of that distance.
#pragma once

#include <metapool/data/table_margins.hpp>
#include <metapool/exact/polynomial_product.hpp>
#include <metapool/exact/sum_of_tables.hpp>
#include <metapool/sensitivity/fragility_climbed.hpp>

#include <cstddef>
#include <utility>
#include <vector>

namespace metapool::detail {

/// One table with the changes that can help. D is the sum over the tables of the treated events that chance brings, given the margins and an odds ratio of 1, less those seen. Events taken from
/// the treated arm or added to the control arm raise it, the others lower it, so that no other changes are needed to make P(D >= t) large; what lies on the other side has its arms swapped.
struct exact_stratum {
  double treated = 0, control = 0;  ///< patients
  double first = 0, second = 0;     ///< events of the two arms
  std::size_t fewer = 0, more = 0;  ///< events that may be taken away, and added
  double patients() const { return treated + control; }
};

/// The changes so far in a stratum.
struct exact_change {
  std::size_t fewer = 0, more = 0;
  std::size_t cost() const { return fewer + more; }
};

/// Loss: whole P(D >= 0) or, mid-p, with half of P(D = 0), is to reach alpha / 2. Gain: the same of P(D <= 0) is to fall below it. Both up to rounding.
struct exact_goal {
  bool loss = true;
  bool half = false;
  double tail = 0.025;

  /// at_0, at_1: P(D >= 0) and P(D >= 1), or of a gain P(D < 0) and P(D < 1).
  double value(double at_0, double at_1) const { return half ? (at_0 + at_1) / 2 : loss ? at_0 : at_1; }
  bool may_be_reached(double at_0, double at_1) const { return loss ? value(at_0, at_1) >= tail * (1 - 1e-9) : value(at_0, at_1) < tail * (1 + 1e-9); }
};

/// -log of the share of the largest weight below which weights are left out: 16 standard deviations away.
inline constexpr double exact_law_depth = 120;

template <class Real>
count_weights<Real> law_of_nothing() {
  count_weights<Real> x;
  x.weight.assign(1, Real(1));
  return x;
}

/// The law of the sum of two counts.
template <class Real>
count_weights<Real> law_of_sum(const count_weights<Real>& x, const count_weights<Real>& y, const Real& depth) {
  if (x.weight.size() == 1 || y.weight.size() == 1) {
    count_weights<Real> r = x.weight.size() == 1 ? y : x;
    r.first = x.first + y.first;
    return r;
  }
  count_weights<Real> r;
  r.weight = multiplied(x.weight, y.weight);
  r.first = x.first + y.first;
  r.mode = x.mode + y.mode;
  trim(r, depth);
  return r;
}

/// Treated events under an odds ratio of 1, so many events of both arms being given.
template <class Real>
count_weights<Real> law_of_events(const Real& treated, const Real& control, const Real& events, const Real& depth) {
  return weights_of(margins_of(two_by_two<Real>{Real(0), treated, events, Real(control - events)}), Real(0), depth);
}

/// The trials of a searcher, as seen by a question.
template <class Real>
struct exact_strata {
  climbed_trials<Real> trials;
  bool swapped;
  std::vector<exact_stratum> strata{};

  template <class Searcher>
  exact_strata(Searcher& searcher, const climb_question& q) : trials(searcher), swapped(q.loss == q.below) {
    for (std::size_t i = 0; i < trials.tables.size(); ++i) {
      const two_by_two<Real>& t = trials.tables[i];
      const fragility_range& room = trials.rooms[i];
      exact_stratum s;
      s.treated = static_cast<double>(swapped ? t.control_total() : t.treated_total());
      s.control = static_cast<double>(swapped ? t.treated_total() : t.control_total());
      s.first = static_cast<double>(swapped ? t.c : t.a);
      s.second = static_cast<double>(swapped ? t.a : t.c);
      s.fewer = static_cast<std::size_t>(-(swapped ? room.low.control : room.low.treated));
      s.more = static_cast<std::size_t>(swapped ? room.high.treated : room.high.control);
      strata.push_back(s);
    }
  }

  /// By arm of the searcher.
  std::vector<long long> changes(const std::vector<exact_change>& of, std::size_t arms) const {
    std::vector<fragility_move> moves(of.size());
    for (std::size_t i = 0; i < of.size(); ++i) {
      (swapped ? moves[i].control : moves[i].treated) = -static_cast<std::int32_t>(of[i].fewer);
      (swapped ? moves[i].treated : moves[i].control) = static_cast<std::int32_t>(of[i].more);
    }
    return trials.changes(moves, arms);
  }
};

}  // namespace metapool::detail
