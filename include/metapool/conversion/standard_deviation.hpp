// SPDX-License-Identifier: BSL-1.0
// Standard deviations from standard errors, intervals, tests and changes.
#pragma once

#include <metapool/conversion/estimates.hpp>
#include <metapool/data/check.hpp>
#include <metapool/math/arithmetic.hpp>

#include <cmath>
#include <optional>
#include <string>
#include <type_traits>

namespace metapool {

namespace detail {

template <class Real>
void check_patients(const char* function, const Real& n, const char* name, double least) {
  if (!(n >= Real(least)) || !is_finite(n)) throw_input_error(function, std::string(name) + " = " + to_text(n) + " must be at least " + to_text(least) + " and finite");
}

template <class Real>
void check_not_negative(const char* function, const Real& x, const char* name) {
  if (!(x >= 0) || !is_finite(x)) throw_input_error(function, std::string(name) + " = " + to_text(x) + " must be finite and not negative");
}

template <class Real>
void check_correlation(const char* function, const Real& r) {
  if (!(r >= -1 && r <= 1)) throw_input_error(function, "correlation = " + to_text(r) + " must lie between -1 and 1");
}

}  // namespace detail

/// Which critical value made the interval of a mean: Student's t with n - 1 degrees of freedom, or the normal distribution's.
enum class mean_interval { students_t, normal };

/// Standard deviation of one arm from the standard error of its mean: se sqrt(n). Units of the outcome.
/// Throws input_error if se is negative or not finite, or n < 1. Cochrane Handbook, 6.5.2.2.
template <class Real = double>
Real sd_from_se(const std::type_identity_t<Real>& se, const std::type_identity_t<Real>& n) {
  using std::sqrt;
  detail::check_not_negative("sd_from_se", se, "se");
  detail::check_patients("sd_from_se", n, "n", 1);
  return se * sqrt(n);
}

/// Standard deviation of one arm of n patients from the interval of its mean (not of a difference): sqrt(n) (upper - lower) / (2 critical
/// value). Throws input_error if the ends are not finite or not in order, n < 2, or the level is not in (0, 1).
/// 12 significant digits. Cochrane Handbook, 6.5.2.2 (t for small arms; the normal distribution's value is near it from 60 patients on).
template <class Real = double>
Real sd_from_interval(const std::type_identity_t<Real>& lower, const std::type_identity_t<Real>& upper, const std::type_identity_t<Real>& n,
                      double level = 0.95, mean_interval kind = mean_interval::students_t) {
  using std::sqrt;
  constexpr const char* function = "sd_from_interval";
  detail::check_level(function, level);
  detail::check_patients(function, n, "n", 2);
  if (!detail::is_finite(lower) || !detail::is_finite(upper) || !(lower < upper)) {
    detail::throw_input_error(function, "lower = " + detail::to_text(lower) + " and upper = " + detail::to_text(upper) + " must be finite, the first below the second");
  }
  std::optional<Real> df;
  if (kind == mean_interval::students_t) df = Real(n - 1);
  return sqrt(n) * (upper - lower) / (2 * detail::critical_value<Real>(level, df));
}

/// The standard deviation that two arms share, from the standard error of the difference of their means: se / sqrt(1/n1 + 1/n2).
/// It is that of both arms on average, not of either. Throws input_error if se is negative or not finite, or an arm has no patients.
/// Cochrane Handbook, 6.5.2.3.
template <class Real = double>
Real sd_from_difference_se(const std::type_identity_t<Real>& se, const std::type_identity_t<Real>& n1, const std::type_identity_t<Real>& n2) {
  using std::sqrt;
  constexpr const char* function = "sd_from_difference_se";
  detail::check_not_negative(function, se, "se");
  detail::check_patients(function, n1, "n1", 1);
  detail::check_patients(function, n2, "n2", 1);
  return se / sqrt(Real(1 / n1 + 1 / n2));
}

/// The same from the difference of means and the t of its two-sample test. Throws input_error if either is 0 or not finite as well.
template <class Real = double>
Real sd_from_t(const std::type_identity_t<Real>& difference, const std::type_identity_t<Real>& t, const std::type_identity_t<Real>& n1,
               const std::type_identity_t<Real>& n2) {
  return sd_from_difference_se<Real>(se_from_statistic<Real>(difference, t), n1, n2);
}

/// The same from the difference of means and the two-sided p of its two-sample t-test with n1 + n2 - 2 degrees of freedom.
/// Throws input_error if n1 + n2 < 3 or p is not in (0, 1) as well. 12 significant digits.
template <class Real = double>
Real sd_from_p(const std::type_identity_t<Real>& difference, const std::type_identity_t<Real>& p, const std::type_identity_t<Real>& n1,
               const std::type_identity_t<Real>& n2) {
  constexpr const char* function = "sd_from_p";
  detail::check_patients(function, n1, "n1", 1);
  detail::check_patients(function, n2, "n2", 1);
  return sd_from_difference_se<Real>(se_from_p<Real>(difference, p, Real(n1 + n2 - 2)), n1, n2);
}

/// Standard deviation of changes from baseline, from those at baseline and at the end and their correlation (imputed from a trial that
/// reports all three: change_correlation): sqrt(sd_b^2 + sd_f^2 - 2 r sd_b sd_f). Written as (sd_b - sd_f)^2 + 2 (1 - r) sd_b sd_f, which does
/// not cancel. Throws input_error if an sd is negative or not finite, or r is not in [-1, 1]. Vary r: the result depends on it.
/// 14 significant digits. Cochrane Handbook, 6.5.2.8.
template <class Real = double>
Real sd_of_change(const std::type_identity_t<Real>& sd_baseline, const std::type_identity_t<Real>& sd_final, const std::type_identity_t<Real>& correlation) {
  using std::sqrt;
  constexpr const char* function = "sd_of_change";
  detail::check_not_negative(function, sd_baseline, "sd_baseline");
  detail::check_not_negative(function, sd_final, "sd_final");
  detail::check_correlation(function, correlation);
  const Real apart = sd_baseline - sd_final;
  return sqrt(Real(apart * apart + 2 * (1 - correlation) * sd_baseline * sd_final));
}

/// The correlation of baseline and final values from the three standard deviations: (sd_b^2 + sd_f^2 - sd_c^2) / (2 sd_b sd_f).
/// Throws input_error if sd_baseline or sd_final is not positive, or the three cannot belong to one arm (|r| > 1).
/// Cochrane Handbook, 6.5.2.8.
template <class Real = double>
Real change_correlation(const std::type_identity_t<Real>& sd_baseline, const std::type_identity_t<Real>& sd_final, const std::type_identity_t<Real>& sd_change) {
  constexpr const char* function = "change_correlation";
  detail::check_not_negative(function, sd_change, "sd_change");
  for (const Real* x : {&sd_baseline, &sd_final}) {
    if (!(*x > 0) || !detail::is_finite(*x)) detail::throw_input_error(function, "a standard deviation of " + detail::to_text(*x) + " must be positive and finite");
  }
  const Real apart = sd_baseline - sd_final;
  const Real r = 1 - (sd_change - apart) * (sd_change + apart) / (2 * sd_baseline * sd_final);
  if (!(r >= -1 && r <= 1)) {
    detail::throw_input_error(function, "sd_change = " + detail::to_text(sd_change) + " cannot belong to the other two: the correlation would be " + detail::to_short_text(r));
  }
  return r;
}

}  // namespace metapool
