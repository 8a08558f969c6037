// SPDX-License-Identifier: BSL-1.0
// Spending functions: how much of an error probability may be used up at each fraction of the information.
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/math/normal.hpp>

#include <cmath>
#include <concepts>
#include <string_view>

namespace metapool {

/// A spending function: a value that is called with an information fraction t in [0, 1] and the total error alpha of one side and returns what may have
/// been spent by then: 0 at t = 0, alpha at t = 1, not falling. A user's own type that meets it works wherever obrien_fleming_spending{} does.
template <class S, class Real = double>
concept spending_function = requires(const S& s, const Real& x) {
  { s(x, x) } -> std::convertible_to<Real>;
  { S::name } -> std::convertible_to<std::string_view>;
};

/// Close to O'Brien and Fleming's boundaries: 2 - 2 Phi(z / sqrt(t)), Phi(z) = 1 - alpha/2, alpha being that of one side. Spends next to nothing early.
/// Lan & DeMets (1983) Biometrika 70:659, doi:10.1093/biomet/70.3.659.
struct obrien_fleming_spending {
  static constexpr std::string_view name = "O'Brien-Fleming";
  template <class Real>
  Real operator()(const Real& t, const Real& alpha) const {
    using std::sqrt;
    if (!(t > 0)) return Real(0);
    if (!(t < 1)) return alpha;
    return 2 * detail::normal_upper_tail<Real>(Real(detail::normal_upper_quantile<Real>(Real(alpha / 2)) / sqrt(t)));
  }
};

/// Close to Pocock's boundaries: alpha log(1 + (e - 1) t). Lan & DeMets (1983) Biometrika 70:659, doi:10.1093/biomet/70.3.659.
struct pocock_spending {
  static constexpr std::string_view name = "Pocock";
  template <class Real>
  Real operator()(const Real& t, const Real& alpha) const {
    using std::expm1, std::log1p;
    if (!(t > 0)) return Real(0);
    if (!(t < 1)) return alpha;
    return alpha * log1p(Real(expm1(Real(1)) * t));
  }
};

/// alpha (1 - e^(-gamma t)) / (1 - e^(-gamma)), alpha t at gamma = 0: -4 is near O'Brien-Fleming, 1 near Pocock. gamma: finite, |gamma| <= 40.
/// Hwang, Shih & DeCani (1990) Stat Med 9:1439, doi:10.1002/sim.4780091207.
struct hwang_shih_decani_spending {
  double gamma = -4;
  static constexpr std::string_view name = "Hwang-Shih-DeCani";
  template <class Real>
  Real operator()(const Real& t, const Real& alpha) const {
    using std::expm1;
    if (!(gamma >= -40 && gamma <= 40)) {
      detail::throw_input_error("hwang_shih_decani_spending", "gamma = " + detail::to_text(gamma) + " must lie between -40 and 40");
    }
    if (!(t > 0)) return Real(0);
    if (!(t < 1)) return alpha;
    if (gamma == 0) return alpha * t;
    return alpha * (expm1(Real(-Real(gamma) * t)) / expm1(Real(-gamma)));
  }
};

/// alpha t^rho. rho > 0. Kim & DeMets (1987) Biometrika 74:149, doi:10.1093/biomet/74.1.149.
struct power_spending {
  double rho = 3;
  static constexpr std::string_view name = "power family";
  template <class Real>
  Real operator()(const Real& t, const Real& alpha) const {
    using std::pow;
    if (!(rho > 0) || !detail::is_finite(rho)) detail::throw_input_error("power_spending", "rho = " + detail::to_text(rho) + " must be positive and finite");
    if (!(t > 0)) return Real(0);
    if (!(t < 1)) return alpha;
    return alpha * pow(t, Real(rho));
  }
};

}  // namespace metapool
