// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/binary_trial.hpp>
#include <metapool/effect/binary_effects.hpp>
#include <metapool/effect/odds_ratio.hpp>
#include <metapool/math/arithmetic.hpp>

#include <cmath>

namespace metapool {

/// Yule's Q: y = (a d - b c) / (a d + b c) = (OR - 1) / (OR + 1), v = (1 - y^2)^2 (1/a + 1/b + 1/c + 1/d) / 4.
/// Scale: identity, from -1 to 1. Domain: all four cells positive (after the zero-cell policy). 14 significant digits: 1 - y^2 is computed
/// as 4 a b c d / (a d + b c)^2.
/// Yule (1912) J R Stat Soc 75:579, doi:10.2307/2340126.
struct yules_q : detail::needs_all_cells {
  static constexpr measure_info info{"yules_q", "Q", "Yule's Q", scale::identity};

  template <class Real>
  effect<Real> operator()(const two_by_two<Real>& t) const {
    const Real ad = t.a * t.d, bc = t.b * t.c, sum = ad + bc;
    const Real rest = 4 * (ad / sum) * (bc / sum);
    return {detail::difference_of_products(t.a, t.d, t.b, t.c) / sum, rest * rest * detail::log_odds_ratio_variance(t) / 4};
  }
};

/// Yule's Y (coefficient of colligation): y = (sqrt(a d) - sqrt(b c)) / (sqrt(a d) + sqrt(b c)), v = (1 - y^2)^2 (1/a + 1/b + 1/c + 1/d) / 16.
/// Scale: identity, from -1 to 1. Domain: all four cells positive (after the zero-cell policy). 14 significant digits.
/// Yule (1912) J R Stat Soc 75:579, doi:10.2307/2340126.
struct yules_y : detail::needs_all_cells {
  static constexpr measure_info info{"yules_y", "Y", "Yule's Y", scale::identity};

  template <class Real>
  effect<Real> operator()(const two_by_two<Real>& t) const {
    using std::sqrt;
    const Real on = sqrt(Real(t.a * t.d)), off = sqrt(Real(t.b * t.c)), sum = on + off;
    // on - off = (a d - b c) / (on + off), 1 - y^2 = 4 on off / (on + off)^2
    const Real rest = 4 * (on / sum) * (off / sum);
    return {detail::difference_of_products(t.a, t.d, t.b, t.c) / sum / sum, rest * rest * detail::log_odds_ratio_variance(t) / 16};
  }
};

}  // namespace metapool
