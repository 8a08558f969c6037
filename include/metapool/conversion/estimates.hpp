// SPDX-License-Identifier: BSL-1.0
// Estimate and standard error from what a paper prints of them.
#pragma once

#include <metapool/conversion/printed.hpp>
#include <metapool/data/check.hpp>
#include <metapool/effect/effects.hpp>
#include <metapool/effect/standard_error.hpp>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

namespace metapool {

/// An interval as numbers, on the scale on which it is read. Without an estimate, the middle on the pooling scale is taken. With df the
/// interval is one of Student's t, else of the normal distribution.
template <class Real = double>
struct reported_interval {
  std::optional<Real> estimate{};
  Real lower{};
  Real upper{};
  double level = 0.95;
  std::optional<Real> df{};
};

/// The same as printed, with its rounding.
struct printed_interval {
  std::optional<printed_number> estimate{};
  printed_number lower{};
  printed_number upper{};
  double level = 0.95;
  std::optional<double> df{};
};

/// An estimate with its standard error on the pooling scale (logarithms of ratios), and how far the interval was from symmetric.
template <class Real = double>
struct converted_estimate {
  Real y{};
  Real se{};
  Real asymmetry{};                  ///< (middle of the interval - estimate) / half its width, on the pooling scale; 0 if symmetric
  Real se_lowest{};                  ///< smallest and largest standard error that the rounding of the ends allows (printed numbers only;
  Real se_highest{};                 ///< else both are se)
  std::vector<std::string> warnings{};  ///< empty if nothing speaks against the conversion
  Real v() const { return se * se; }
};

namespace detail {

template <class Real>
void check_df(const char* function, const std::optional<Real>& df) {
  if (df && !(*df > 0)) throw_input_error(function, "df = " + to_text(*df) + " must be positive");
}

/// |z| or |t| of a two-sided p-value, checked.
template <class Real>
Real checked_statistic_of_p(const char* function, const Real& p, const std::optional<Real>& df) {
  check_df(function, df);
  if (!(p > 0 && p < 1)) throw_input_error(function, "p = " + to_text(p) + " must lie strictly between 0 and 1");
  return statistic_of_p<Real>(p, df);
}

template <class Real>
void check_end(const char* function, scale s, const Real& x, const char* name) {
  if (!is_finite(x)) throw_input_error(function, std::string(name) + " = " + to_text(x) + " must be a finite number");
  if (const char* rule = broken_rule_of_scale(s, x)) throw_input_error(function, std::string(name) + " = " + to_text(x) + " " + rule);
}

/// A number that half a unit of rounding took out of a scale's closed domain, back at its end: a proportion printed as 0.00 is none below 0.
template <class Real>
Real into_domain(scale s, const Real& x) {
  const bool proportion = s == scale::arcsine;
  if ((proportion || s == scale::square_root) && x < 0) return Real(0);
  return proportion && x > 1 ? Real(1) : x;
}

}  // namespace detail

/// Estimate and standard error from an interval: se = (upper - lower) / (2 critical value), ends and estimate taken to the pooling scale first
/// (logarithms of ratios, logits of proportions, Fisher's z of correlations, ...).
/// The result's `asymmetry` says how far the middle is from the estimate; a warning stands in the result if the estimate lies outside the
/// interval. Whether an asymmetry is more than rounding can be judged from printed numbers only: see estimate_from_printed_interval.
/// Throws input_error if a number is not finite or has no place on the scale (a ratio that is not positive; a proportion of 0 on the logit
/// scale; anything on Freeman and Tukey's scales, which need the study's size), lower >= upper, or level or df are not valid.
/// 15 significant digits of the standard error if the ends are not close to each other; with df, 12. Cochrane Handbook, 6.3.1 and 6.3.2.
template <class Real>
converted_estimate<Real> estimate_from_interval(const reported_interval<Real>& interval, scale s) {
  constexpr const char* function = "estimate_from_interval";
  detail::check_level(function, interval.level);
  detail::check_df(function, interval.df);
  detail::check_end(function, s, interval.lower, "lower");
  detail::check_end(function, s, interval.upper, "upper");
  if (interval.estimate) detail::check_end(function, s, *interval.estimate, "estimate");
  if (!(interval.lower < interval.upper)) {
    detail::throw_input_error(function, "lower = " + detail::to_text(interval.lower) + " must be below upper = " + detail::to_text(interval.upper));
  }
  const Real width = detail::width_on_scale(s, interval.lower, interval.upper), half = width / 2;
  converted_estimate<Real> r;
  const Real middle = from_natural(s, interval.lower) + half;
  r.y = interval.estimate ? from_natural(s, *interval.estimate) : middle;
  r.se = detail::se_of_width<Real>(width, interval.level, interval.df);
  r.se_lowest = r.se_highest = r.se;
  r.asymmetry = (middle - r.y) / half;
  if (interval.estimate && !(interval.lower <= *interval.estimate && *interval.estimate <= interval.upper)) {
    r.warnings.push_back("the estimate " + detail::to_short_text(*interval.estimate) + " lies outside its interval");
  }
  return r;
}

/// Estimate and standard error from a printed interval: checks that some unrounded interval is symmetric about some unrounded estimate on the scale, and warns
/// in the result if none is (an exact, profile or bootstrap interval, the wrong scale, or a misprint; the standard error is then doubtful).
/// It warns too where the rounding of the ends leaves the standard error uncertain by more than a tenth.
/// Throws input_error as estimate_from_interval; a ratio printed as 0.00 is refused, since its logarithm is not known.
template <class Real = double>
converted_estimate<Real> estimate_from_printed_interval(const printed_interval& interval, scale s) {
  constexpr const char* function = "estimate_from_printed_interval";
  detail::check(interval.lower, function);
  detail::check(interval.upper, function);
  if (interval.estimate) detail::check(*interval.estimate, function);
  reported_interval<Real> exact;
  exact.lower = value_of<Real>(interval.lower);
  exact.upper = value_of<Real>(interval.upper);
  exact.level = interval.level;
  if (interval.estimate) exact.estimate = value_of<Real>(*interval.estimate);
  if (interval.df) exact.df = Real(*interval.df);
  converted_estimate<Real> r = estimate_from_interval(exact, s);

  const Real critical = detail::critical_value<Real>(exact.level, exact.df);
  const auto lowest = [&](const printed_number& x) { return from_natural(s, detail::into_domain(s, lowest_of<Real>(x))); };
  const auto highest = [&](const printed_number& x) { return from_natural(s, detail::into_domain(s, highest_of<Real>(x))); };
  const Real low1 = lowest(interval.lower), low2 = highest(interval.lower), high1 = lowest(interval.upper), high2 = highest(interval.upper);
  r.se_lowest = (std::max)(Real(0), Real((high1 - low2) / (2 * critical)));
  r.se_highest = (high2 - low1) / (2 * critical);
  if (interval.estimate) {
    const Real y1 = lowest(*interval.estimate), y2 = highest(*interval.estimate);
    const Real slack = Real(1e-9) * (high2 - low1);
    if ((low1 + high1) / 2 > y2 + slack || (low2 + high2) / 2 < y1 - slack) {
      r.warnings.push_back("the interval " + detail::to_text(interval.lower) + " to " + detail::to_text(interval.upper) + " is not symmetric about " +
                           detail::to_text(*interval.estimate) + (s == scale::identity ? std::string() : " on the " + std::string(name(s)) + " scale") + ", whatever the rounding");
    }
  }
  if (r.se_highest > r.se * Real(1.1) || r.se_lowest < r.se * Real(0.9)) {
    r.warnings.push_back("rounding leaves the standard error between " + detail::to_short_text(r.se_lowest) + " and " + detail::to_short_text(r.se_highest));
  }
  return r;
}

/// Standard error from an estimate (on the pooling scale) and its t, z or signed root of a chi-squared with one degree of freedom:
/// |estimate / statistic|. Throws input_error if either is not finite or is 0 (an estimate of 0 says nothing about its error).
template <class Real = double>
Real se_from_statistic(const std::type_identity_t<Real>& estimate, const std::type_identity_t<Real>& statistic) {
  using std::fabs;
  constexpr const char* function = "se_from_statistic";
  if (!detail::is_finite(estimate) || estimate == 0) detail::throw_input_error(function, "estimate = " + detail::to_text(estimate) + " must be finite and not 0");
  if (!detail::is_finite(statistic) || statistic == 0) detail::throw_input_error(function, "statistic = " + detail::to_text(statistic) + " must be finite and not 0");
  return fabs(Real(estimate / statistic));
}

/// Standard error from an estimate (on the pooling scale) and its two-sided p-value, of a t-test with df degrees of freedom or of a
/// normal test without df. p must be the number itself: of "p < 0.05" only a bound of the standard error follows.
/// Throws input_error if the estimate is 0 or not finite, p is not in (0, 1), or df is not positive. Cochrane Handbook, 6.3.1.
/// 12 significant digits; a p close to 1 determines its statistic badly, as does one printed with a single digit.
template <class Real = double>
Real se_from_p(const std::type_identity_t<Real>& estimate, const std::type_identity_t<Real>& p, const std::optional<std::type_identity_t<Real>>& df = {}) {
  return se_from_statistic<Real>(estimate, detail::checked_statistic_of_p<Real>("se_from_p", p, df));
}

}  // namespace metapool
