// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/data/error.hpp>
#include <metapool/math/convergence.hpp>
#include <metapool/math/normal.hpp>
#include <metapool/math/roots.hpp>
#include <metapool/sensitivity/sequential_looks.hpp>
#include <metapool/sensitivity/sequential_plan.hpp>

#include <cmath>
#include <optional>
#include <span>
#include <vector>

namespace metapool {

/// Boundaries of all looks.
template <class Real = double>
struct sequential_boundaries_result {
  using real_type = Real;
  std::vector<sequential_look<Real>> looks{};
  std::optional<Real> drift{};      ///< the mean of z at full information that has the power asked for
  std::optional<Real> inflation{};  ///< information needed over that of one look at the end: (drift / (z_alpha + z_beta))^2
};

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

}  // namespace metapool
