// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/math/convergence.hpp>
#include <metapool/math/roots.hpp>
#include <metapool/sensitivity/alpha_spending.hpp>
#include <metapool/sensitivity/sequential_process.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace metapool {

/// How errors are spent over the looks at accumulating data. upper and lower are spending functions of the two sides (benefit and harm, whichever way
/// the measure runs); alpha_upper and alpha_lower are the errors of each side, 0 for a side without boundary.
///
///     sequential_plan<>{}                                                          // two-sided 5 %, O'Brien-Fleming
///     sequential_plan<pocock_spending>{.alpha_upper = 0.05, .alpha_lower = 0}      // one-sided
///     sequential_plan<>{.beta = 0.2, .futility_boundary = true}                    // with futility: 80 % power
template <class Upper = obrien_fleming_spending, class Lower = Upper, class Futility = obrien_fleming_spending>
struct sequential_plan {
  double alpha_upper = 0.025;
  double alpha_lower = 0.025;
  Upper upper{};
  Lower lower{};
  double beta = 0;                  ///< type II error at the drift that the plan is for; 0: no power is asked for
  bool futility_boundary = false;   ///< spend beta on stopping for futility
  Futility futility{};              ///< how
  bool binding = false;             ///< the looks that futility would stop count as stopped when alpha is spent (the upper boundary is then lower)
};

/// Boundaries of one look, on the scale of z.
template <class Real = double>
struct sequential_look {
  Real information{};            ///< fraction of the information planned for
  Real upper{};                  ///< at or above it: significant; infinity if nothing can be spent yet, or that side has no boundary
  Real lower{};                  ///< at or below it: significant the other way; -infinity likewise
  std::optional<Real> futility{};  ///< with two sides: |z| below it is futile; with the upper side alone: z below it; empty if none
  Real spent_upper{}, spent_lower{};  ///< probability under no effect of having crossed that boundary by now
  Real spent_beta{};                  ///< probability at the drift of having stopped for futility by now; at the last look of not having crossed the upper boundary
};

/// Boundaries of all looks.
template <class Real = double>
struct sequential_boundaries_result {
  using real_type = Real;
  std::vector<sequential_look<Real>> looks{};
  std::optional<Real> drift{};      ///< the mean of z at full information that has the power asked for
  std::optional<Real> inflation{};  ///< information needed over that of one look at the end: (drift / (z_alpha + z_beta))^2
};

/// Chances of one look, see crossing_probabilities.
template <class Real = double>
struct sequential_crossing {
  Real upper{}, lower{};  ///< of crossing that boundary for the first time
  Real futility{};        ///< of stopping for futility
};

namespace detail {

/// What is spent at a look below this is not spent yet: the boundary would lie beyond 7 standard deviations, and the probability is carried on.
inline constexpr double least_spending = 1e-12;

/// Looks whose information differs by less are one look.
inline constexpr double least_step = 1e-3;

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

template <class Plan>
void check_plan(const char* function, const Plan& plan) {
  const auto error = [&](const char* name, double value, bool zero_allowed, double most) {
    if (!(value >= 0 && value < most) || (value == 0 && !zero_allowed)) {
      throw_input_error(function, std::string(name) + " = " + to_text(value) + " must be " + (zero_allowed ? "at least 0" : "above 0") + " and below " + to_text(most));
    }
  };
  error("alpha_upper", plan.alpha_upper, false, 0.5);
  error("alpha_lower", plan.alpha_lower, true, 0.5);
  error("beta", plan.beta, true, 1 - plan.alpha_upper);
  if (plan.futility_boundary && !(plan.beta > 0)) throw_input_error(function, "a futility boundary needs a beta to spend");
}

template <class Real>
void check_fractions(const char* function, std::span<const Real> information) {
  if (information.empty()) throw_input_error(function, "no looks");
  Real before = 0;
  for (const Real& t : information) {
    if (!(t > 0 && t <= 1)) throw_input_error(function, "information fraction " + to_text(t) + " must lie above 0 and not beyond 1");
    if (!(t - before >= Real(least_step))) throw_input_error(function, "information fraction " + to_text(t) + " must exceed the one before, " + to_text(before) + ", by 0.001 or more");
    before = t;
  }
}

}  // namespace detail

/// Group-sequential boundaries on the scale of z for looks at the given fractions of the planned information, each side's error spent as its function says.
///
/// information: rising, in (0, 1], steps of 0.001 at least; the last one need not be 1: what is not spent stays for later looks. While less than 1e-12 can
/// be spent the boundary is infinite, and it is carried on.
/// With beta > 0 the last look must be at 1; the drift (mean of z there) is found at which the plan has power 1 - beta towards the upper side. A futility boundary
/// spends beta at that drift and meets the upper boundary at the last look; with two sides it is an inner wedge of |z|, and both sides must be equal.
/// Throws input_error otherwise and on errors out of range; not_estimable if boundaries leave nothing to spend; convergence_error if the drift is not found.
/// Armitage, McPherson and Rowe's recursion by Gauss-Legendre panels, 12 significant digits; the drift 10.
/// Lan & DeMets (1983) Biometrika 70:659, doi:10.1093/biomet/70.3.659; Pampallona, Tsiatis & Kim (2001) Drug Inf J 35:1113 (beta spending);
/// Jennison & Turnbull (2000) Group Sequential Methods with Applications to Clinical Trials.
template <class Real, class Plan = sequential_plan<>>
sequential_boundaries_result<Real> sequential_boundaries(std::span<const Real> information, const Plan& plan = {}) {
  using std::fabs;
  constexpr const char* function = "sequential_boundaries";
  detail::check_plan(function, plan);
  detail::check_fractions(function, information);
  sequential_boundaries_result<Real> result;
  for (const Real& t : information) {
    sequential_look<Real> look;
    look.information = t;
    result.looks.push_back(look);
  }
  if (!(plan.beta > 0)) {
    detail::fill_looks(result.looks, plan, Real(0), false);
    detail::check_looks(result.looks);
    return result;
  }
  if (!(information.back() == Real(1))) detail::throw_input_error(function, "power and futility need a last look at information 1");
  if (plan.futility_boundary && plan.alpha_lower > 0) {
    if (plan.alpha_lower != plan.alpha_upper) detail::throw_input_error(function, "a futility wedge between two boundaries needs alpha_upper = alpha_lower");
    for (const Real& t : information) {
      if (!(fabs(Real(plan.upper(t, Real(plan.alpha_upper)) - plan.lower(t, Real(plan.alpha_lower)))) <= Real(1e-12))) {
        detail::throw_input_error(function, "a futility wedge between two boundaries needs the same spending function on both sides");
      }
    }
  }
  const Real single = detail::normal_upper_quantile<Real>(Real(plan.alpha_upper)) + detail::normal_upper_quantile<Real>(Real(plan.beta));
  convergence<Real> state;
  bool alpha_spent = false;
  const auto excess = [&](const Real& drift) {
    const Real over = detail::fill_looks(result.looks, plan, drift, alpha_spent);
    alpha_spent = true;
    return over;
  };
  // one look at the end needs least; more of it than Bonferroni's share of both errors at every look needs is never needed
  const Real looks = static_cast<Real>(information.size());
  const Real most = detail::normal_upper_quantile<Real>(Real(Real(plan.alpha_upper) / (8 * looks))) + detail::normal_upper_quantile<Real>(Real(Real(plan.beta) / (8 * looks)));
  const Real drift = detail::bracketed_root(excess, Real(single * Real(0.9)), Real(2 * most), state);
  if (!state.converged) throw convergence_error("sequential_boundaries: the search for the drift did not converge");
  excess(drift);
  detail::check_looks(result.looks);
  result.drift = drift;
  result.inflation = (drift / single) * (drift / single);
  return result;
}

/// The same from a vector.
template <class Real, class Plan = sequential_plan<>>
sequential_boundaries_result<Real> sequential_boundaries(const std::vector<Real>& information, const Plan& plan = {}) {
  return sequential_boundaries(std::span<const Real>(information), plan);
}

/// The chances of stopping at each look if the mean of z at full information is `drift` (0: no effect). two_sided: how a futility boundary is meant.
/// Throws input_error unless information rises in (0, 1] by steps of 0.001 at least, drift is finite and no boundary is NaN or below the opposite one.
/// Absolute error 1e-12.
template <class Real>
std::vector<sequential_crossing<Real>> crossing_probabilities(const std::vector<sequential_look<Real>>& looks, const Real& drift, bool two_sided = true) {
  constexpr const char* function = "crossing_probabilities";
  std::vector<Real> information;
  for (const sequential_look<Real>& look : looks) {
    information.push_back(look.information);
    if (!(look.lower <= look.upper)) {
      detail::throw_input_error(function, "boundaries " + detail::to_text(look.lower) + " and " + detail::to_text(look.upper) + ": the lower one must not be above the upper one");
    }
    if (look.futility && !(*look.futility <= look.upper)) detail::throw_input_error(function, "futility = " + detail::to_text(*look.futility) + " must not be above the upper boundary");
  }
  detail::check_fractions(function, std::span<const Real>(information));
  if (!detail::is_finite(drift)) detail::throw_input_error(function, "drift = " + detail::to_text(drift) + " must be finite");
  std::vector<sequential_crossing<Real>> chances;
  detail::sequential_process<Real> process(drift);
  for (std::size_t j = 0; j < looks.size(); ++j) {
    const sequential_look<Real>& look = looks[j];
    sequential_crossing<Real> c;
    const Real t = look.information;
    if (detail::is_finite(look.upper)) c.upper = process.above(t, look.upper);
    if (detail::is_finite(look.lower)) c.lower = process.below(t, look.lower);
    if (look.futility) c.futility = process.below(t, *look.futility) - (two_sided ? process.below(t, Real(-*look.futility)) : Real(0));
    chances.push_back(c);
    if (j + 1 < looks.size()) detail::go_on(process, look, two_sided, true, looks[j + 1].information);
  }
  return chances;
}

}  // namespace metapool
