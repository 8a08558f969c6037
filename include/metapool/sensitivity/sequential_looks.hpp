// SPDX-License-Identifier: BSL-1.0
// The boundaries of looks one after the other, each spending what its function says.
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/math/convergence.hpp>
#include <metapool/math/normal.hpp>
#include <metapool/math/roots.hpp>
#include <metapool/sensitivity/sequential_plan.hpp>
#include <metapool/sensitivity/sequential_process.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

namespace metapool::detail {

/// What is spent at a look below this is not spent yet: the boundary would lie beyond 7 standard deviations, and the probability is carried on.
inline constexpr double least_spending = 1e-12;

/// z with P(not stopped before, z above it) = target at time t; far below every path if fewer are left.
template <class Real>
Real boundary_above(const sequential_process<Real>& process, const Real& t, const Real& target) {
  using std::log;
  const Real limit = 4 * sequential_process<Real>::reach();
  if (!(process.above(t, Real(-limit)) > target)) return -limit;
  convergence<Real> state;
  const auto f = [&](const Real& z) {
    const Real tail = process.above(t, z);
    return std::pair<Real, Real>(log(Real(tail / target)), -process.density(t, z) / tail);
  };
  return newton_root(f, normal_upper_quantile<Real>(target), Real(-limit), limit, state);
}

/// The same below, and far above.
template <class Real>
Real boundary_below(const sequential_process<Real>& process, const Real& t, const Real& target) {
  using std::log;
  const Real limit = 4 * sequential_process<Real>::reach();
  if (!(process.below(t, limit) > target)) return limit;
  convergence<Real> state;
  const auto f = [&](const Real& x) {
    const Real tail = process.below(t, Real(-x));
    return std::pair<Real, Real>(log(Real(tail / target)), -process.density(t, Real(-x)) / tail);
  };
  return -newton_root(f, Real(0), Real(-limit), limit, state);
}

/// f >= 0 with P(not stopped before, |z| below f) = target.
template <class Real>
Real boundary_inside(const sequential_process<Real>& process, const Real& t, const Real& target, const Real& most) {
  const auto inside = [&](const Real& f) { return Real(process.below(t, f) - process.below(t, Real(-f)) - target); };
  if (!(inside(most) > 0)) return most;
  convergence<Real> state;
  return bracketed_root(inside, Real(0), most, state);
}

/// Where the process goes on after a look.
template <class Real>
void go_on(sequential_process<Real>& process, const sequential_look<Real>& look, bool two_sided, bool with_futility, const Real& next) {
  const Real lower = look.lower, upper = look.upper;
  if (!with_futility || !look.futility) {
    process.advance(look.information, {kept_range<Real>{lower, upper}}, next);
  } else if (two_sided) {
    process.advance(look.information, {kept_range<Real>{lower, Real(-*look.futility)}, kept_range<Real>{*look.futility, upper}}, next);
  } else {
    process.advance(look.information, {kept_range<Real>{*look.futility, upper}}, next);
  }
}

/// The boundaries for one drift. Returns the excess of the type II error over beta at that drift (0 if no power is asked for). alpha_spent: the boundaries of
/// significance are those of another drift already, on which they do not depend unless futility is binding.
template <class Real, class Plan>
Real fill_looks(std::vector<sequential_look<Real>>& looks, const Plan& plan, const Real& drift, bool alpha_spent) {
  const Real infinite = std::numeric_limits<Real>::infinity();
  const bool two_sided = plan.alpha_lower > 0, power = plan.beta > 0, wedge = plan.futility_boundary;
  const bool spend_alpha = !alpha_spent || (wedge && plan.binding);
  sequential_process<Real> none(Real(0)), effect(drift);
  Real spent_upper = 0, spent_lower = 0, spent_beta = 0, wrong_side = 0;
  for (std::size_t j = 0; j < looks.size(); ++j) {
    sequential_look<Real>& look = looks[j];
    const bool last = j + 1 == looks.size();
    const Real t = look.information;
    look.futility.reset();
    if (spend_alpha) {
      look.upper = infinite;
      look.lower = -infinite;
      const Real now = plan.upper(t, Real(plan.alpha_upper)) - spent_upper;
      if (now > Real(least_spending)) {
        look.upper = boundary_above(none, t, now);
        spent_upper += now;
      }
    }
    if (spend_alpha && two_sided) {
      const Real now = plan.lower(t, Real(plan.alpha_lower)) - spent_lower;
      if (now > Real(least_spending)) {
        look.lower = boundary_below(none, t, now);
        spent_lower += now;
      }
    }
    if (wedge && !last) {
      const Real now = plan.futility(t, Real(plan.beta)) - spent_beta;
      if (now > Real(least_spending)) {
        const Real f = two_sided ? boundary_inside(effect, t, now, (std::min)(look.upper, Real(4 * sequential_process<Real>::reach())))
                                 : (std::min)(boundary_below(effect, t, now), look.upper);
        look.futility = f;
        spent_beta += two_sided ? Real(effect.below(t, f) - effect.below(t, Real(-f))) : effect.below(t, f);
      }
    }
    if (last) {
      if (wedge) look.futility = look.upper;
      if (power) spent_beta += effect.below(t, look.upper) + wrong_side;
    } else if (power && two_sided) {
      wrong_side += effect.below(t, look.lower);
    }
    if (spend_alpha) {
      look.spent_upper = spent_upper;
      look.spent_lower = spent_lower;
    }
    look.spent_beta = spent_beta;
    if (last) break;
    if (spend_alpha) go_on(none, look, two_sided, wedge && plan.binding, looks[j + 1].information);
    if (power) go_on(effect, look, two_sided, wedge, looks[j + 1].information);
  }
  return power ? Real(spent_beta - Real(plan.beta)) : Real(0);
}

/// Refuses boundaries that had to spend more than was left.
template <class Real>
void check_looks(const std::vector<sequential_look<Real>>& looks) {
  for (const auto& look : looks) {
    if (look.upper <= look.lower || look.upper <= -2 * sequential_process<Real>::reach()) {
      throw_not_estimable("sequential_boundaries", "more error is to be spent at information " + to_text(look.information) + " than paths are left; spend less before, or futility not binding");
    }
  }
}

}  // namespace metapool::detail
