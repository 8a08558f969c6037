// SPDX-License-Identifier: BSL-1.0
// Effect sizes of one proportion p = x / n.
#pragma once

#include <metapool/effect/count_effects.hpp>
#include <metapool/effect/freeman_tukey.hpp>
#include <metapool/math/arithmetic.hpp>

#include <cmath>

namespace metapool {

/// Raw proportion: y = p, v = p (1 - p) / n (metafor's "PR"). Scale: identity. Intervals can leave [0, 1].
struct raw_proportion {
  using default_policy = constant_correction;
  static constexpr measure_info info{"raw_proportion", "PR", "proportion", scale::identity, false};

  template <class Real>
  static bool defined(const one_proportion<Real>&) {
    return true;
  }
  template <class Real>
  effect<Real> operator()(const one_proportion<Real>& c) const {
    const Real n = c.total();
    return {c.events / n, c.events / n * (c.others / n) / n};
  }
};

/// Log proportion: y = log(p), v = 1/x - 1/n, computed as (n - x) / (x n) (metafor's "PLN"). Scale: log. Domain: x > 0.
struct log_proportion {
  using default_policy = constant_correction;
  static constexpr measure_info info{"log_proportion", "PR", "proportion", scale::log, false};

  template <class Real>
  static bool defined(const one_proportion<Real>& c) {
    return c.events > 0;
  }
  template <class Real>
  effect<Real> operator()(const one_proportion<Real>& c) const {
    const Real n = c.total();
    return {detail::log_ratio(c.events, n, Real(-c.others)), c.others / n / c.events};
  }
};

/// Logit of a proportion: y = log(x / (n - x)), v = 1/x + 1/(n - x) (metafor's "PLO"). Scale: logit. Domain: 0 < x < n.
/// The measure to take for prevalences and response rates (Schwarzer et al. 2019 compare it with the double arcsine).
struct logit_proportion {
  using default_policy = constant_correction;
  static constexpr measure_info info{"logit_proportion", "PR", "proportion", scale::logit, false};

  template <class Real>
  static bool defined(const one_proportion<Real>& c) {
    return c.events > 0 && c.others > 0;
  }
  template <class Real>
  effect<Real> operator()(const one_proportion<Real>& c) const {
    return {detail::log_ratio(c.events, c.others, Real(c.events - c.others)), 1 / c.events + 1 / c.others};
  }
};

/// Arcsine of a proportion: y = asin(sqrt(p)), v = 1 / (4 n) (metafor's "PAS"). Scale: arcsine. Needs no correction for zeros.
struct arcsine_proportion {
  using default_policy = no_correction;
  static constexpr measure_info info{"arcsine_proportion", "PR", "proportion", scale::arcsine, false};

  template <class Real>
  static bool defined(const one_proportion<Real>&) {
    return true;
  }
  template <class Real>
  effect<Real> operator()(const one_proportion<Real>& c) const {
    using std::atan2, std::sqrt;
    return {atan2(Real(sqrt(c.events)), Real(sqrt(c.others))), 1 / (4 * c.total())};  // asin(sqrt(p)) without loss near p = 1
  }
};

/// Freeman and Tukey's double arcsine: y = freeman_tukey(x, n - x), v = 1 / (4 n + 2) (metafor's "PFT"). Scale: double arcsine, whose way
/// back depends on a sample size that a pooled value does not have: see from_freeman_tukey. Kept for comparison with published
/// analyses; logit_proportion has no such difficulty. Needs no correction for zeros.
struct double_arcsine_proportion {
  using default_policy = no_correction;
  static constexpr measure_info info{"double_arcsine_proportion", "PR", "proportion", scale::double_arcsine, false};

  template <class Real>
  static bool defined(const one_proportion<Real>&) {
    return true;
  }
  template <class Real>
  effect<Real> operator()(const one_proportion<Real>& c) const {
    return {freeman_tukey(c.events, c.others), 1 / (4 * c.total() + 2)};
  }
};

}  // namespace metapool
