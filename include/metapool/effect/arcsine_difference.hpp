// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/binary_trial.hpp>
#include <metapool/effect/binary_effects.hpp>
#include <metapool/math/arithmetic.hpp>

#include <cmath>

namespace metapool {

/// Arcsine difference: y = asin(sqrt(a / n1)) - asin(sqrt(c / n2)), v = 1/(4 n1) + 1/(4 n2). Twice y is Cohen's h.
/// Scale: identity, in radians, from -pi/2 to pi/2. Defined for every table with a variance that does not depend on the counts, so that
/// nothing needs to be added to zero cells: the default policy of effect_sizes is no_correction, and double-zero studies are kept with
/// y = 0 (metafor's "AS"). y is computed by one arctangent that does not cancel. 14 significant digits.
/// Ruecker, Schwarzer, Carpenter & Olkin (2009) Stat Med 28:721, doi:10.1002/sim.3511.
struct arcsine_difference : detail::needs_no_cell {
  static constexpr measure_info info{"arcsine_difference", "ASD", "arcsine difference", scale::identity};
  using default_policy = no_correction;

  template <class Real>
  effect<Real> operator()(const two_by_two<Real>& t) const {
    using std::atan2;
    using std::sqrt;
    const Real v = (1 / t.treated_total() + 1 / t.control_total()) / 4;
    const Real sum = sqrt(Real(t.a * t.d)) + sqrt(Real(t.b * t.c));
    if (!(sum > 0)) return {Real(0), v};  // no events at all, or nothing but events
    // sin y and cos y, both times sqrt(n1 n2); sqrt(a d) - sqrt(b c) = (a d - b c) / (sqrt(a d) + sqrt(b c))
    const Real sine = detail::difference_of_products(t.a, t.d, t.b, t.c) / sum;
    const Real cosine = sqrt(Real(t.a * t.c)) + sqrt(Real(t.b * t.d));
    return {atan2(sine, cosine), v};
  }
};

}  // namespace metapool
