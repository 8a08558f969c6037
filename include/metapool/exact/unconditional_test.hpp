// SPDX-License-Identifier: BSL-1.0
// The p-value of an effect in one trial, largest over all risks of the control arm, and the smallest effect that such p-values accept.
#pragma once

#include <metapool/exact/nuisance_maximum.hpp>
#include <metapool/exact/proportion.hpp>
#include <metapool/exact/score_ordering.hpp>
#include <metapool/math/convergence.hpp>
#include <metapool/math/roots.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace metapool::detail {

/// The test of one trial that its effect is no larger than a given one (or, two-sided, is the given one).
template <class Real, bool ratio>
class unconditional_test {
 public:
  /// gamma: the control risk is sought in its exact interval of confidence 1 - gamma, and gamma added to each p-value (Berger & Boos 1994); 0: all risks.
  unconditional_test(const two_by_two<Real>& seen, bool one_sided, const Real& gamma) : seen_(seen), one_sided_(one_sided), gamma_(gamma) {
    const auto count = [](const Real& x) { return static_cast<std::size_t>(x); };
    space_.treated_total = count(seen.treated_total());
    space_.control_total = count(seen.control_total());
    space_.treated_events = count(seen.a);
    space_.control_events = count(seen.c);
    space_.treated = {0, space_.treated_total};
    space_.control = {0, space_.control_total};
    if (gamma > 0) {
      const Real half = Real(gamma / 2);
      if (seen.c > 0) least_ = 1 / (1 + 1 / binomial_lower_odds(seen.c, seen.d, Real(1), half));
      if (seen.d > 0) most_ = 1 / (1 + binomial_lower_odds(seen.d, seen.c, Real(1), half));
      binomial_table<Real> ends;
      ends.fill(space_.control_total, least_);
      space_.control.first = ends.first();
      ends.fill(space_.control_total, most_);
      space_.control.last = ends.last();
    }
  }

  /// The score of what was seen.
  Real score(const Real& effect) const { return score_of_table<ratio>(seen_, effect); }

  /// A number that no p-value of an effect in [from, to] exceeds; with from = to the p-value itself. Above `enough`, or not above it, any such number.
  /// cell: the outcomes that count, for the next call of `constant`. Precondition: the score of `to` is not negative.
  Real bound(const Real& from, const Real& to, const Real& enough, outcome_set* cell = nullptr) {
    const Real t = score(to), least = t - score_slack(t);
    if (!(least > 0)) return Real(1);
    // treated risks that a range of control risks may go with
    Real lower = least_, upper = most_, low_edge, high_edge;
    bool sliver_below = false, sliver_above = false;
    if constexpr (ratio) {
      low_edge = least_;
      high_edge = (std::min)(most_, Real(1 / from));
      upper = (std::min)(most_, Real(1 / to));
      sliver_above = from < to && high_edge > (std::max)(upper, least_);
    } else {
      low_edge = (std::max)(least_, Real(-to));
      high_edge = (std::min)(most_, Real(1 - from));
      lower = (std::max)(least_, Real(-from));
      upper = (std::min)(most_, Real(1 - to));
      sliver_below = from < to && low_edge < (std::min)(lower, most_);
      sliver_above = from < to && high_edge > (std::max)(upper, least_);
    }
    narrow_rows(from, to, low_edge, high_edge);
    outcome_set set = space_.template beyond<ratio>(least, from, to, one_sided_);
    const Real rest = enough < 1 ? Real(enough - gamma_) : enough;
    const auto clip = [](const Real& p) { return (std::max)(Real(0), (std::min)(Real(1), p)); };
    Real p = 0;
    if (sliver_below) {
      p = probability_(space_, high_part(set), clip(Real(to - from)), Real(0), low_edge);
      if (!one_sided_) p += probability_(space_, low_part(set), Real(0), Real(0), (std::min)(lower, most_));
    }
    if (sliver_above && !(p > rest)) {
      const Real inner = (std::max)(upper, least_), high = Real(1);
      const Real low = ratio ? clip(Real(from * inner)) : clip(Real(inner + from));
      Real q = probability_(space_, high_part(set), high, high, inner);
      if (!one_sided_) q += probability_(space_, low_part(set), low, low, high_edge);
      p = (std::max)(p, q);
    }
    if (lower <= upper && !(p > rest)) {
      const auto treated = [&](const Real& effect, const Real& c) { return clip(ratio ? Real(effect * c) : Real(c + effect)); };
      const auto f = [&](const Real& c) { return probability_(space_, set, treated(to, c), one_sided_ ? treated(to, c) : treated(from, c), c); };
      const Real scale = arm_scale(seen_.control_total(), lower, upper) + arm_scale(seen_.treated_total(), treated(to, lower), treated(to, upper));
      p = (std::max)(p, nuisance_maximum(f, lower, upper, scale, rest));
    }
    if (cell) *cell = std::move(set);
    return (std::min)(Real(1), Real(p + gamma_));
  }

  /// The p-value of an effect whose score is not negative.
  Real p(const Real& effect) { return bound(effect, effect, Real(1)); }

  /// True if the outcomes that count are those of `cell` at both ends of [from, to].
  bool constant(const Real& from, const Real& to, const outcome_set& cell) const {
    const auto same = [&](const Real& effect) {
      const Real t = score(effect);
      return space_.template beyond<ratio>(Real(t - score_slack(t)), effect, effect, one_sided_) == cell;
    };
    return same(from) && same(to);
  }

 private:
  static outcome_set high_part(const outcome_set& s) { return {s.above, {}}; }
  outcome_set low_part(const outcome_set& s) const { return {std::vector<std::size_t>(s.above.size(), space_.treated_total + 1), s.below}; }

  /// Square root of the largest information of one arm on the angle of nuisance_maximum, n (p - l)(u - p) / (p (1 - p)).
  static Real arm_scale(const Real& n, const Real& l, const Real& u) {
    using std::sqrt;
    const Real least = (std::min)(Real(l * (1 - l)), Real(u * (1 - u))), half = (u - l) / 2;
    return sqrt(n) * (half * half < least ? Real(half / sqrt(least)) : Real(1));
  }

  /// With a range of control risks, treated counts that no risk in question makes likely need no look.
  void narrow_rows(const Real& from, const Real& to, const Real& low_edge, const Real& high_edge) {
    if (!(gamma_ > 0)) return;
    const auto clip = [](const Real& p) { return (std::max)(Real(0), (std::min)(Real(1), p)); };
    binomial_table<Real> ends;
    ends.fill(space_.treated_total, clip(ratio ? Real(from * low_edge) : Real(low_edge + from)));
    space_.treated.first = ends.first();
    ends.fill(space_.treated_total, clip(ratio ? Real(to * high_edge) : Real(high_edge + to)));
    space_.treated.last = ends.last();
  }

  outcome_space<Real> space_{};
  two_by_two<Real> seen_{};
  bool one_sided_ = true;
  Real gamma_{};
  Real least_{0}, most_{1};
  outcome_probability<Real> probability_{};
};

/// The smallest x in [left, right] that is accepted, when right is. excess(a, b): above 0 if an x in [a, b] may be accepted, and with a = b only if x is.
/// rising(a, b): after such a call, whether excess(x, x) is continuous and increasing on [a, b]. Ranges in which nothing can be accepted are struck out from
/// the left; an end is found to a few units of the last place, at a jump as at a crossing.
template <class Real, class Excess, class Rising>
Real first_accepted(Excess excess, Rising rising, const Real& left, const Real& right, std::optional<Real> special, convergence<Real>& state) {
  using std::fabs;
  const Real eps = std::numeric_limits<Real>::epsilon();
  struct range {
    Real from, to;
    int depth;
  };
  std::vector<range> open;
  if (special && *special > left && *special < right) {
    open.push_back({*special, right, 0});
    open.push_back({left, *special, 0});
  } else {
    open.push_back({left, right, 0});
  }
  while (!open.empty()) {
    const range r = open.back();
    open.pop_back();
    ++state.iterations;
    if (!(excess(r.from, r.to) > 0)) continue;
    const Real middle = r.from + (r.to - r.from) / 2;
    const bool smallest = r.to - r.from <= 4 * eps * (fabs(r.from) + fabs(r.to)) + eps / 16 || !(middle > r.from && middle < r.to);
    if (smallest) {
      if (excess(r.from, r.from) > 0 || excess(r.to, r.to) > 0) return r.from;
      continue;
    }
    if (r.depth > 3 && r.depth % 3 == 0 && rising(r.from, r.to)) {  // a look at the ends is dear
      if (excess(r.from, r.from) > 0) return r.from;
      if (!(excess(r.to, r.to) > 0)) continue;
      return bracketed_root([&](const Real& x) { return excess(x, x); }, r.from, r.to, state);
    }
    open.push_back({middle, r.to, r.depth + 1});
    open.push_back({r.from, middle, r.depth + 1});
  }
  return right;
}

}  // namespace metapool::detail
