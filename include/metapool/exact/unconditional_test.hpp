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

  /// A number that no p-value of an effect in [from, to] exceeds; with from = to the p-value itself. Above `enough`, or not above it, any such number.
  /// Two-sided it is 1 where the score of `to` is negative. relative: how much too large it may be, as a share.
  Real bound(const Real& from, const Real& to, const Real& enough, const Real& relative = Real(0)) {
    const seen_score<Real> t = score_seen<ratio>(seen_, to);
    const Real least = t.least();
    if (!one_sided_ && !(least > 0)) return Real(1);
    // treated risks that a range of control risks may go with
    const Real low_edge = this->low_edge(to), high_edge = this->high_edge(from);
    const Real lower = ratio ? least_ : (std::max)(least_, Real(-from));
    Real upper = this->high_edge(to);
    if (one_sided_ && upper < least_) upper = least_;  // a larger effect than any control risk allows: the treated risk is 1 then
    const bool sliver_below = from < to && low_edge < (std::min)(lower, most_), sliver_above = from < to && high_edge > (std::max)(upper, least_);
    narrow_rows(from, to);
    const outcome_set set = space_.template beyond<ratio>(least, from, to, one_sided_);
    const Real rest = enough < 1 ? Real(enough - gamma_) : enough;
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
      const outcome_set beyond = half_ ? space_.template beyond<ratio>(Real(t.value + t.slack), from, to, true) : outcome_set{};
      const auto f = [&](const Real& c) {
        const Real high = treated(to, c), all = probability_(space_, set, high, one_sided_ ? high : treated(from, c), c);
        return half_ ? Real((all + probability_(space_, beyond, high, high, c)) / 2) : all;
      };
      const Real scale = arm_scale(seen_.control_total(), lower, upper) + arm_scale(seen_.treated_total(), treated(to, lower), treated(to, upper));
      p = (std::max)(p, nuisance_maximum(f, lower, upper, scale, rest, relative));
    }
    return (std::min)(Real(1), Real(p + gamma_));
  }

  /// The p-value of an effect.
  Real p(const Real& effect, const Real& relative = Real(0)) { return bound(effect, effect, Real(1), relative); }

  /// The p-value with half the probability of outcomes whose score is that of the one seen, still the largest over the control risk. One-sided.
  Real mid_p(const Real& effect, const Real& relative = Real(0)) {
    half_ = true;
    const Real p = bound(effect, effect, Real(1), relative);
    half_ = false;
    return p;
  }

  /// True if the same outcomes count at both ends of [from, to] and could count between them.
  bool constant(const Real& from, const Real& to) {
    narrow_rows(from, to);
    const Real t = score_seen<ratio>(seen_, from).least(), u = score_seen<ratio>(seen_, to).least();
    const outcome_set set = space_.template beyond<ratio>(u, from, to, one_sided_);
    return space_.template beyond<ratio>(t, from, from, one_sided_) == set && space_.template beyond<ratio>(u, to, to, one_sided_) == set;
  }

 private:
  static Real clip(const Real& risk) { return (std::max)(Real(0), (std::min)(Real(1), risk)); }
  static outcome_set high_part(const outcome_set& s) { return {s.above, {}}; }
  outcome_set low_part(const outcome_set& s) const { return {std::vector<std::size_t>(s.above.size(), space_.treated_total + 1), s.below}; }

  /// Square root of the largest information of one arm on the angle of nuisance_maximum, n (p - l)(u - p) / (p (1 - p)): that of p where it is largest is
  /// (sqrt(u (1 - l)) - sqrt(l (1 - u)))^2.
  static Real arm_scale(const Real& n, const Real& l, const Real& u) {
    using std::sqrt;
    return sqrt(n) * (sqrt(Real(u * (1 - l))) - sqrt(Real(l * (1 - u))));
  }

  /// The smallest and the largest control risk that goes with an effect.
  Real low_edge(const Real& effect) const { return ratio ? least_ : (std::max)(least_, Real(-effect)); }
  Real high_edge(const Real& effect) const { return (std::min)(most_, ratio ? Real(1 / effect) : Real(1 - effect)); }

  /// With a range of control risks, treated counts that no risk in question makes likely need no look.
  void narrow_rows(const Real& from, const Real& to) {
    if (!(gamma_ > 0)) return;
    binomial_table<Real>& ends = rows_;
    ends.fill(space_.treated_total, clip(ratio ? Real(from * low_edge(to)) : Real(low_edge(to) + from)));
    space_.treated.first = ends.first();
    ends.fill(space_.treated_total, clip(ratio ? Real(to * high_edge(from)) : Real(high_edge(from) + to)));
    space_.treated.last = ends.last();
  }

  outcome_space<Real> space_{};
  two_by_two<Real> seen_{};
  bool one_sided_ = true, half_ = false;
  Real gamma_{};
  Real least_{0}, most_{1};
  outcome_probability<Real> probability_{};
  binomial_table<Real> rows_{};
};

/// The smallest x in [left, right] that is accepted, when right is. excess(a, b): above 0 if an x in [a, b] may be accepted, and with a = b only if x is.
/// rising(a, b): after such a call, whether excess(x, x) is continuous and increasing on [a, b]. Ranges in which nothing can be accepted are struck out from
/// the left; an end is found to `precision`, relative and of 1/64 absolute, at a jump as at a crossing.
template <class Real, class Excess, class Rising>
Real first_accepted(Excess excess, Rising rising, const Real& left, const Real& right, std::optional<Real> special, const Real& precision, convergence<Real>& state) {
  using std::fabs;
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
    const bool smallest = r.to - r.from <= precision * ((fabs(r.from) + fabs(r.to)) / 2 + Real(1) / 64) || !(middle > r.from && middle < r.to);
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
