// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/model/inverse_variance.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <utility>

namespace metapool {

/// Options of unrestricted_weighted_least_squares.
struct multiplicative_options {
  /// The factor Q / (k - 1) of the variances is raised to it if smaller. 0: as estimated; 1: no interval shorter than the common effect's.
  double floor = 0;
};

/// Multiplicative heterogeneity (unrestricted weighted least squares, UWLS): the common-effect estimate, the standard error times sqrt(Q / (k - 1)).
///
/// It is the regression on a constant with weights 1/v known up to a factor. Intervals: wald_t, t with k - 1 degrees of freedom (the
/// sources'). fit.q is Q, so that the factor is fit.q / fit.df before a floor; a note says if the floor took effect.
/// There is no between-study variance: tau2 stays empty, and there is no prediction. Scale: that of the effects.
/// Throws input_error on effects out of their domain and on a floor that is negative or not finite; not_estimable if all effects are equal
/// and the floor is 0. With one study the factor cannot be estimated: the standard error is the study's own, and a note says so.
/// 13 significant digits. Thompson & Sharp (1999) Stat Med 18:2693;
/// Stanley & Doucouliagos (2015) Stat Med 34:2116, doi:10.1002/sim.6481.
template <class Real>
model_fit<Real> unrestricted_weighted_least_squares(effects<Real> data, const multiplicative_options& options = {}) {
  using std::sqrt;
  constexpr const char* function = "unrestricted_weighted_least_squares";
  detail::check_effects(function, data);
  if (!(options.floor >= 0) || !std::isfinite(options.floor)) {
    detail::throw_input_error(function, "floor = " + detail::to_text(options.floor) + " must be finite and not negative");
  }
  model_fit<Real> fit;
  fit.model = model::unrestricted_weighted_least_squares;
  fit.method = name(model::unrestricted_weighted_least_squares);
  fit.data = std::move(data);
  detail::fill_inverse_variance(function, fit, Real(0));
  if (fit.df < 1) {
    fit.notes.push_back("one study: the factor of the variances cannot be estimated, and the standard error is the study's own");
    return fit;
  }
  // effects that are equal but for the rounding of their last digits are equal
  const Real last_digits = 4 * std::numeric_limits<Real>::epsilon() * fit.estimate / fit.se;
  Real factor = fit.q > last_digits * last_digits ? Real(fit.q / static_cast<Real>(fit.df)) : Real(0);
  if (factor < Real(options.floor)) {
    fit.notes.push_back("the factor of the variances, " + detail::to_short_text(factor) + ", was raised to " + detail::to_text(options.floor));
    factor = Real(options.floor);
  }
  if (!(factor > 0)) detail::throw_not_estimable(function, "all effects are equal, so that the factor of the variances and the standard error are 0; set floor = 1");
  fit.se *= sqrt(factor);
  return fit;
}

}  // namespace metapool
