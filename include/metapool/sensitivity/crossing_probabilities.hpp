// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/sensitivity/sequential_looks.hpp>
#include <metapool/sensitivity/sequential_plan.hpp>
#include <metapool/sensitivity/sequential_process.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace metapool {

/// Chances of one look, see crossing_probabilities.
template <class Real = double>
struct sequential_crossing {
  Real upper{}, lower{};  ///< of crossing that boundary for the first time
  Real futility{};        ///< of stopping for futility
};

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
