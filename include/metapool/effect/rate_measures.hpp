// SPDX-License-Identifier: BSL-1.0
// Effect sizes of one rate x / t, events over person-time.
#pragma once

#include <metapool/effect/count_effects.hpp>
#include <metapool/effect/freeman_tukey.hpp>
#include <metapool/math/arithmetic.hpp>

#include <cmath>

namespace metapool {

/// Raw incidence rate: y = x / t, v = x / t^2 (metafor's "IR"). Scale: identity, events per unit of time. A rate of 0 without a
/// correction has variance 0 and is left out.
struct raw_rate {
  using default_policy = constant_correction;
  static constexpr measure_info info{"raw_rate", "IR", "incidence rate", scale::identity, false};

  template <class Real>
  static bool defined(const one_rate<Real>&) {
    return true;
  }
  template <class Real>
  effect<Real> operator()(const one_rate<Real>& c) const {
    return {c.events / c.time, c.events / c.time / c.time};
  }
};

/// Log incidence rate: y = log(x / t), v = 1 / x (metafor's "IRLN"). Scale: log. Domain: x > 0.
struct log_rate {
  using default_policy = constant_correction;
  static constexpr measure_info info{"log_rate", "IR", "incidence rate", scale::log, false};

  template <class Real>
  static bool defined(const one_rate<Real>& c) {
    return c.events > 0;
  }
  template <class Real>
  effect<Real> operator()(const one_rate<Real>& c) const {
    return {detail::log_ratio(c.events, c.time, Real(c.events - c.time)), 1 / c.events};
  }
};

/// Square root of an incidence rate: y = sqrt(x / t), v = 1 / (4 t) (metafor's "IRS"). Scale: square root. Needs no correction for zeros.
struct square_root_rate {
  using default_policy = no_correction;
  static constexpr measure_info info{"square_root_rate", "IR", "incidence rate", scale::square_root, false};

  template <class Real>
  static bool defined(const one_rate<Real>&) {
    return true;
  }
  template <class Real>
  effect<Real> operator()(const one_rate<Real>& c) const {
    using std::sqrt;
    return {sqrt(Real(c.events / c.time)), 1 / (4 * c.time)};
  }
};

/// Freeman and Tukey's double square root: y = freeman_tukey_rate(x, t), v = 1 / (4 t) (metafor's "IRFT"). Scale: double square root; for
/// the way back at a known person-time see from_freeman_tukey_rate. Needs no correction for zeros.
struct double_square_root_rate {
  using default_policy = no_correction;
  static constexpr measure_info info{"double_square_root_rate", "IR", "incidence rate", scale::double_square_root, false};

  template <class Real>
  static bool defined(const one_rate<Real>&) {
    return true;
  }
  template <class Real>
  effect<Real> operator()(const one_rate<Real>& c) const {
    return {freeman_tukey_rate(c.events, c.time), 1 / (4 * c.time)};
  }
};

}  // namespace metapool
