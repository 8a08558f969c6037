// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/binary_trial.hpp>
#include <metapool/effect/binary_effects.hpp>
#include <metapool/math/arithmetic.hpp>

#include <cmath>

namespace metapool {

/// How the study was sampled, which the variance of the phi coefficient depends on.
enum class phi_sampling {
  cross_sectional,  ///< only the total is fixed (multinomial; metafor's vtype "CS" and what its version 5 does by default)
  stratified        ///< the sizes of both arms are fixed, as in a trial (metafor's vtype "ST")
};

/// Phi coefficient, the correlation of two dichotomous variables: y = (a d - b c) / sqrt(n1 n2 (a + c) (b + d)).
/// Scale: identity, a correlation from -1 to 1. v: by the delta method from the multinomial distribution of the four cells, or from two
/// binomial ones (phi_sampling). Domain: no margin is zero; a single zero cell is no hindrance, so that the default policy of
/// effect_sizes is no_correction (as in metafor). v = 0 if |y| = 1.
/// The derivatives are summed in a form without differences: 14 significant digits.
/// Yule (1912) J R Stat Soc 75:579, doi:10.2307/2340126.
struct phi_coefficient {
  static constexpr measure_info info{"phi_coefficient", "phi", "phi coefficient", scale::identity};
  using default_policy = no_correction;
  phi_sampling sampling = phi_sampling::cross_sectional;

  template <class Real>
  static bool defined(const two_by_two<Real>& t) {
    return t.a + t.c > 0 && t.b + t.d > 0 && t.a + t.b > 0 && t.c + t.d > 0;
  }

  /// True for the studies without an event, and for those with nothing but events.
  template <class Real>
  static bool uninformative(const two_by_two<Real>& t) {
    return (t.a == 0 && t.c == 0) || (t.b == 0 && t.d == 0);
  }

  template <class Real>
  effect<Real> operator()(const two_by_two<Real>& t) const {
    using std::sqrt;
    const Real n = t.total();
    const Real a = t.a / n, b = t.b / n, c = t.c / n, d = t.d / n;
    const Real row1 = t.treated_total() / n, row2 = t.control_total() / n;
    const Real column1 = (t.a + t.c) / n, column2 = (t.b + t.d) / n;
    const Real root = sqrt(Real(row1 * row2)) * sqrt(Real(column1 * column2));
    const Real y = detail::difference_of_products(t.a, t.d, t.b, t.c) / (n * n) / root;
    // d phi / d a = (d - (a d - b c) (1 / row1 + 1 / column1) / 2) / root
    //             = ((b + c) (a d + b c) + 2 b c (a + d)) / (2 row1 column1 root), and alike for the others, less a sign for b and c
    const Real sum = a * d + b * c;
    const Real on = ((b + c) * sum + 2 * b * c * (a + d)) / (2 * root);
    const Real off = ((a + d) * sum + 2 * a * d * (b + c)) / (2 * root);
    const Real by_a = on / (row1 * column1), by_d = on / (row2 * column2);
    const Real by_b = off / (row1 * column2), by_c = off / (row2 * column1);
    if (sampling == phi_sampling::stratified) {
      const Real treated = by_a + by_b, control = by_c + by_d;
      return {y, (a * b / row1 * treated * treated + c * d / row2 * control * control) / n};
    }
    return {y, (a * by_a * by_a + b * by_b * by_b + c * by_c * by_c + d * by_d * by_d) / n};
  }
};

}  // namespace metapool
