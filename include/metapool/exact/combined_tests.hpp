// SPDX-License-Identifier: BSL-1.0
// The smallest effect that the weighted mean of several trials' one-sided p-values, or of their scores, accepts.
#pragma once

#include <metapool/exact/level_scores.hpp>
#include <metapool/exact/unconditional_test.hpp>
#include <metapool/math/convergence.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <vector>

namespace metapool::detail {

/// Trials' one-sided tests in one direction, and their combination: the sum of weight times score of the p-value.
template <class Real, class Test, bool ratio>
struct combined_tests {
  std::vector<Test> tests{};
  std::vector<Real> weights{};
  level_score<Real> score{tian_levels::uniform};
  bool mid_p = false;

  static Real effect(const Real& x) {
    using std::exp;
    return ratio ? Real(exp(x)) : x;
  }
  Real at(const Real& x, const Real& relative = Real(0)) {
    Real sum = 0;
    for (std::size_t i = 0; i < tests.size(); ++i) sum += weights[i] * score.value(mid_p ? tests[i].mid_p(effect(x), relative) : tests[i].p(effect(x), relative));
    return sum;
  }
  /// No less than any value on [a, b], or any number above `least`; first roughly, which mostly suffices.
  Real bound(const Real& a, const Real& b, const Real& least) {
    Real sum = 0;
    for (const Real& share : {Real(Real(1) / 32), Real(Real(1) / 65536)}) {
      sum = 0;
      Real surely = 0;  // the same from what the p-values are at least
      for (std::size_t i = 0; i < tests.size() && !(surely > least); ++i) {
        const Real p = tests[i].bound(effect(a), effect(b), Real(1), share);
        sum += weights[i] * score.value(p);
        surely += weights[i] * score.value(Real(p / (1 + share)));
      }
      if (!(sum > least) || surely > least) break;
    }
    return sum;
  }
  bool constant(const Real& a, const Real& b) {
    return std::all_of(tests.begin(), tests.end(), [&](Test& t) { return t.constant(effect(a), effect(b)); });
  }
  /// The smallest effect whose combination is above `least`, on the scale of the search; `left` if all are. middle: about the effect.
  Real limit(const Real& least, const Real& left, const Real& right, const Real& middle, convergence<Real>& state) {
    const Real precision = (std::max)(Real(8 * std::numeric_limits<Real>::epsilon()), Real(1e-11));
    const auto excess = [&](const Real& a, const Real& b) { return Real((a == b ? at(a) : bound(a, b, least)) - least); };
    if (!mid_p) return first_accepted(excess, [&](const Real& a, const Real& b) { return constant(a, b); }, left, right, std::optional<Real>(Real(0)), precision, state);
    // a crossing: from about the effect outward
    Real inner = middle, step = (right - left) / 128;
    while (inner < right && !(excess(inner, inner) > 0)) inner = (std::min)(right, Real(inner + step));
    Real outer = inner;
    do {
      inner = outer;
      outer = (std::max)(left, Real(outer - step));
      step *= 2;
    } while (outer > left && excess(outer, outer) > 0);
    if (outer == left && excess(left, left) > 0) return left;
    while (inner - outer > precision * ((inner + outer > 0 ? inner : Real(-outer)) + Real(1) / 64)) {
      const Real x = outer + (inner - outer) / 2;
      (excess(x, x) > 0 ? inner : outer) = x;
    }
    return inner;
  }
};

}  // namespace metapool::detail
