// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/binary_trial.hpp>
#include <metapool/effect/binary_effects.hpp>
#include <metapool/math/arithmetic.hpp>

namespace metapool {

namespace detail {

/// What the odds ratio and the measures that are made from it have in common.
struct needs_all_cells {
  template <class Real>
  static bool defined(const two_by_two<Real>& t) {
    return t.a > 0 && t.b > 0 && t.c > 0 && t.d > 0;
  }

  /// True for the studies that carry no information on the odds ratio: no events in both arms, or nothing but events.
  template <class Real>
  static bool uninformative(const two_by_two<Real>& t) {
    return (t.a == 0 && t.c == 0) || (t.b == 0 && t.d == 0);
  }
};

/// Variance of the log odds ratio (Woolf), which the measures that are functions of it share.
template <class Real>
Real log_odds_ratio_variance(const two_by_two<Real>& t) {
  return 1 / t.a + 1 / t.b + 1 / t.c + 1 / t.d;
}

}  // namespace detail

/// Odds ratio: y = log(a d / (b c)), v = 1/a + 1/b + 1/c + 1/d.
/// Scale: log. Domain: all four cells positive (after the zero-cell policy). 15 significant digits.
/// Woolf (1955) Ann Hum Genet 19:251, doi:10.1111/j.1469-1809.1955.tb01348.x.
struct odds_ratio : detail::needs_all_cells {
  static constexpr measure_info info{"odds_ratio", "OR", "odds ratio", scale::log};

  template <class Real>
  effect<Real> operator()(const two_by_two<Real>& t) const {
    const Real y = detail::log_ratio(Real(t.a * t.d), Real(t.b * t.c), detail::difference_of_products(t.a, t.d, t.b, t.c));
    return {y, detail::log_odds_ratio_variance(t)};
  }
};

}  // namespace metapool
