// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/stated_on.hpp>
#include <metapool/effect/scale.hpp>
#include <metapool/inference/nagashima.hpp>
#include <metapool/inference/predict.hpp>
#include <metapool/inference/result.hpp>
#include <metapool/math/normal.hpp>
#include <metapool/math/students_t.hpp>

#include <cmath>
#include <cstddef>
#include <optional>
#include <string>

namespace metapool {

/// The probability that the true effect of a new trial lies below, and above, a bound.
template <class Real = double>
struct new_trial_probability {
  measure_info measure{};
  std::string method{};
  Real bound{};                              ///< on the pooling scale (the logarithm of a ratio)
  Real below{};
  Real above{};
  std::optional<Real> monte_carlo_error{};   ///< standard error of both by simulation; empty where nothing is simulated
};

namespace detail {

/// A bound of the pooling scale out of one as it is stated.
template <class Real>
Real bound_of(const char* function, const measure_info& measure, const Real& bound, stated_on on) {
  const Real x = on == stated_on::natural_scale ? Real(from_natural(measure.scale, bound)) : bound;
  if (!is_finite(x)) {
    throw_input_error(function, "the bound " + to_text(bound) + " is not inside the range of a finite " + std::string(measure.label) +
                                    (on == stated_on::natural_scale ? "" : " on the pooling scale"));
  }
  return x;
}

}  // namespace detail

/// The probability that a new trial's true effect lies below and above `bound`, by the distribution of which `next` is an interval: t with its degrees
/// of freedom, or normal, about the estimate with next.se, so that the ends of the interval have probability (1 - level) / 2 beyond them.
/// on: whether bound is on the pooling scale (a log risk ratio) or as it is read (stated_on::natural_scale, a risk ratio).
/// Throws input_error for a bound outside the range of the measure, for an interval that is not of that form (a bootstrap: give the method
/// instead), and one of length 0. 12 significant digits.
template <class Real>
new_trial_probability<Real> new_trial(const prediction<Real>& next, const Real& bound, stated_on on = stated_on::pooling_scale) {
  using std::abs;
  constexpr const char* function = "new_trial";
  new_trial_probability<Real> r;
  r.measure = next.measure;
  r.method = next.method;
  r.bound = detail::bound_of(function, next.measure, bound, on);
  if (!(next.se > 0)) detail::throw_input_error(function, "the prediction's standard error must be positive");
  const Real half = (next.df ? detail::t_critical<Real>(next.level, *next.df) : detail::normal_critical<Real>(next.level)) * next.se;
  const auto differs = [&](const Real& length) { return !(abs(Real(length - half)) <= Real(1e-3) * half); };
  if (differs(next.upper - next.estimate) || differs(next.estimate - next.lower)) {
    detail::throw_input_error(function, "the prediction by " + next.method + " is not of the form estimate -+ critical value x standard error; call with the fit and the method");
  }
  const Real z = (r.bound - next.estimate) / next.se;
  r.below = next.df ? detail::t_upper_tail<Real>(-z, *next.df) : detail::normal_upper_tail<Real>(-z);
  r.above = next.df ? detail::t_upper_tail<Real>(z, *next.df) : detail::normal_upper_tail<Real>(z);
  return r;
}

/// The same from a fit and a prediction method (higgins_thompson_spiegelhalter{}, veroniki{}, skipka{}), which throws as predict does.
template <class Real, class Method = higgins_thompson_spiegelhalter>
new_trial_probability<Real> new_trial(const model_fit<Real>& fit, const Real& bound, const Method& method = {}, stated_on on = stated_on::pooling_scale) {
  return new_trial(predict(fit, method), bound, on);
}

/// The same by the bootstrap: the share of draws beyond the bound, with its Monte Carlo standard error. A share of 0 or 1 means beyond all
/// draws (its error is then counted as that of one draw).
template <class Real>
new_trial_probability<Real> new_trial(const model_fit<Real>& fit, const Real& bound, const nagashima& method, stated_on on = stated_on::pooling_scale) {
  using std::sqrt;
  new_trial_probability<Real> r;
  r.measure = fit.data.measure;
  r.method = method.name();
  r.bound = detail::bound_of("new_trial", r.measure, bound, on);
  const confidence_draws<Real> d = method.sample(fit);
  const Real n = static_cast<Real>(d.new_effect.size());
  std::size_t below = 0;
  for (const Real& x : d.new_effect) below += x < r.bound;
  r.below = static_cast<Real>(below) / n;
  r.above = static_cast<Real>(d.new_effect.size() - below) / n;
  Real rarer = r.below < r.above ? r.below : r.above;
  if (rarer * n < 1) rarer = 1 / n;
  r.monte_carlo_error = sqrt(Real(rarer * (1 - rarer) / n));
  return r;
}

}  // namespace metapool
