// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/sensitivity/alpha_spending.hpp>

#include <optional>
#include <span>
#include <string>

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

namespace detail {

/// Looks whose information differs by less are one look.
inline constexpr double least_step = 1e-3;

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
}  // namespace metapool
