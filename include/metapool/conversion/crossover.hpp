// SPDX-License-Identifier: BSL-1.0
// Cross-over trials: paired effects from the two treatments' means, SDs and a correlation.
#pragma once

#include <metapool/conversion/standard_deviation.hpp>
#include <metapool/data/check.hpp>
#include <metapool/effect/effects.hpp>

#include <cmath>
#include <string>
#include <type_traits>

namespace metapool {

/// A cross-over trial's continuous outcome: means and standard deviations under the two treatments in the same n patients (units of
/// the outcome), and the correlation of a patient's two values (imputed from another trial if need be: vary it).
template <class Real = double>
struct crossover_means {
  Real treated_mean{};
  Real treated_sd{};
  Real control_mean{};
  Real control_sd{};
  Real n{};
  Real correlation{};
};

namespace detail {

template <class Real>
void check(const crossover_means<Real>& x, const char* function) {
  if (!is_finite(x.treated_mean) || !is_finite(x.control_mean)) throw_input_error(function, "both means must be finite numbers");
  check_not_negative(function, x.treated_sd, "treated_sd");
  check_not_negative(function, x.control_sd, "control_sd");
  check_patients(function, x.n, "n", 2);
  check_correlation(function, x.correlation);
}

}  // namespace detail

/// Paired mean difference of a cross-over trial: y = treated - control, v = sd_diff^2 / n with the standard deviation of the differences
/// sd_1^2 + sd_2^2 - 2 r sd_1 sd_2. Without carry-over and period effects. r = 0 gives the (too large) variance of parallel arms of n.
/// Throws input_error if a mean is not finite, an sd is negative, n < 2, or r is not in [-1, 1]. 14 significant digits.
/// Elbourne, Altman, Higgins et al. (2002) Int J Epidemiol 31:140, doi:10.1093/ije/31.1.140; Cochrane Handbook, 23.2.7.
template <class Real>
effect<Real> crossover_mean_difference(const crossover_means<Real>& x) {
  detail::check(x, "crossover_mean_difference");
  const Real sd = sd_of_change<Real>(x.control_sd, x.treated_sd, x.correlation);
  return {Real(x.treated_mean - x.control_mean), Real(sd * sd / x.n)};
}

/// Paired standardised mean difference of a cross-over trial on the scale of parallel trials: y = difference / sqrt((sd_1^2 + sd_2^2) / 2),
/// v = (1/n + y^2 / (2 n)) 2 (1 - r). No small-sample factor. Throws as crossover_mean_difference; not_estimable if both sds are 0.
/// Elbourne et al. (2002); Cochrane Handbook, 23.2.7.2.
template <class Real>
effect<Real> crossover_standardized_mean_difference(const crossover_means<Real>& x) {
  using std::sqrt;
  constexpr const char* function = "crossover_standardized_mean_difference";
  detail::check(x, function);
  const Real s2 = (x.treated_sd * x.treated_sd + x.control_sd * x.control_sd) / 2;
  if (!(s2 > 0)) detail::throw_not_estimable(function, "both standard deviations are 0");
  const Real y = (x.treated_mean - x.control_mean) / sqrt(s2);
  return {y, Real((1 + y * y / 2) / x.n * 2 * (1 - x.correlation))};
}

/// The correlation of a patient's two values from the standard error of the paired difference: (sd_1^2 + sd_2^2 - n se^2) / (2 sd_1 sd_2).
/// Throws input_error if an sd is not positive, n < 2, or the numbers cannot belong together (|r| > 1). Cochrane Handbook, 23.2.7.
template <class Real = double>
Real crossover_correlation(const std::type_identity_t<Real>& treated_sd, const std::type_identity_t<Real>& control_sd,
                           const std::type_identity_t<Real>& n, const std::type_identity_t<Real>& se_of_difference) {
  using std::sqrt;
  constexpr const char* function = "crossover_correlation";
  detail::check_patients(function, n, "n", 2);
  detail::check_not_negative(function, se_of_difference, "se_of_difference");
  return change_correlation<Real>(treated_sd, control_sd, Real(se_of_difference * sqrt(n)));
}

}  // namespace metapool
