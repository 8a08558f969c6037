// SPDX-License-Identifier: BSL-1.0
// From a whole line to an effect or to tau. Neither Boost nor Eigen.
#pragma once

#include <metapool/bayes/tau_window.hpp>

#include <cmath>
#include <limits>

namespace metapool::detail {

/// An effect x = centre + unit sinh(z), so that tails that fall as a power end; or, of_tau, what tau_line makes of z.
template <class Real>
struct posterior_line {
  Real centre{}, unit{1};
  bool of_tau = false;
  tau_line<Real> tau{};

  static posterior_line of_effect(const Real& centre, const Real& unit) { return {centre, unit, false, {}}; }
  static posterior_line of_scale(const tau_line<Real>& tau) { return {Real(0), Real(1), true, tau}; }

  bool bounded() const { return of_tau && tau.bounded(); }
  Real upper() const { return tau.upper; }
  bool inside(const Real& x) const { return !of_tau || (x >= 0 && x < tau.upper); }
  Real offset(const Real& z) const {
    using std::sinh;
    return of_tau ? tau.tau(z) : Real(unit * sinh(z));
  }
  Real x(const Real& z) const { return centre + offset(z); }
  Real z(const Real& x) const {
    using std::asinh;
    if (!of_tau) return asinh(Real((x - centre) / unit));
    return x > 0 ? tau.x(x) : Real(-std::numeric_limits<Real>::infinity());
  }
  /// log of dx / dz.
  Real log_slope(const Real& z) const {
    using std::exp, std::log, std::log1p;
    if (of_tau) return tau.log_jacobian(z);
    const Real size = z < 0 ? Real(-z) : z;
    return log(Real(unit / 2)) + size + log1p(Real(exp(Real(-2 * size))));
  }
  Real slope(const Real& z) const {
    using std::cosh, std::exp;
    return of_tau ? Real(exp(tau.log_jacobian(z))) : Real(unit * cosh(z));
  }
  /// Its derivative to z.
  Real log_slope_rate(const Real& z) const {
    using std::tanh;
    if (!of_tau) return tanh(z);
    return tau.bounded() ? Real(-tanh(Real(z / 2))) : Real(1);
  }
};

}  // namespace metapool::detail
