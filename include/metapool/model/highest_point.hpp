// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <limits>

namespace metapool::detail {

/// The highest point over a study's own parameter, from where it is and to where it is left. at(parameter) gives value, slope and curve (the second derivative).
/// Newton's method, which converges since such likelihoods are log-concave. It stays where it is if the curve is not negative there.
template <class Real, class At>
auto highest_point(Real& parameter, const At& at) {
  using std::fabs, std::pow;
  const Real epsilon = std::numeric_limits<Real>::epsilon(), enough = pow(epsilon, Real(1.5));
  auto here = at(parameter);
  for (int step = 0; step < 100; ++step) {
    if (!(here.curve < 0) || here.slope * here.slope <= -enough * here.curve) break;
    Real move = -here.slope / here.curve;
    if (move > 2) move = 2;
    if (move < -2) move = -2;
    auto next = at(Real(parameter + move));
    const bool tiny = fabs(Real(move * here.slope)) < epsilon * 64 * (1 + fabs(here.value));
    // close to the top the values of a coarse rule do not tell a rise, but the slope, which falls all the way, does
    for (int halvings = 0; halvings < 40 && !tiny && !(next.value >= here.value) && !(2 * fabs(next.slope) <= fabs(here.slope)); ++halvings) {
      move /= 2;
      next = at(Real(parameter + move));
    }
    if (tiny && !(fabs(next.slope) < fabs(here.slope))) break;  // rounding is all that is left
    parameter += move;
    here = next;
  }
  return here;
}

}  // namespace metapool::detail
