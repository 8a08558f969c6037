// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/check_study.hpp>

#include <cmath>
#include <optional>
#include <string>

namespace metapool {

/// A partial or semi-partial correlation r of the outcome with one predictor of a linear regression on `predictors` predictors (that one
/// counted, the intercept not) in `total` patients. r_squared, of the whole model, is needed for the semi-partial correlation only.
/// From a coefficient's t statistic: partial_r(t, predictors, total) and semi_partial_r(t, predictors, total, r_squared).
template <class Real = double>
struct partial_correlation {
  using real_type = Real;
  std::string label{};
  std::optional<Real> r{};
  std::optional<Real> predictors{};
  std::optional<Real> total{};
  std::optional<Real> r_squared{};
};

template <class Real>
bool is_complete(const partial_correlation<Real>& s) {
  return s.r && s.predictors && s.total;
}

/// Checks the numbers that are known: -1 <= r <= 1, whole predictors and total of at least 1, 0 <= r_squared <= 1.
/// Throws input_error naming `function`, the study, the value and the rule.
template <class Real>
void check(const partial_correlation<Real>& s, const char* function) {
  const detail::study_rules rules{function, s.label};
  rules.at_most_one(s.r, "r");
  rules.count(s.predictors, "predictors", 1);
  rules.count(s.total, "total", 1);
  rules.not_negative(s.r_squared, "r_squared");
  if (s.r_squared && !(*s.r_squared <= 1)) detail::throw_study_error(function, s.label, "r_squared", *s.r_squared, "must not exceed 1");
}

namespace detail {

/// total - predictors - 1, the residual degrees of freedom. Throws input_error if not positive.
template <class Real>
Real residual_df(const char* function, const Real& predictors, const Real& total) {
  const Real df = total - predictors - 1;
  if (!(predictors >= 1) || !(df > 0) || !is_finite(df)) {
    throw_input_error(function, "total = " + to_text(total) + " with predictors = " + to_text(predictors) + " must leave residual degrees of freedom: predictors >= 1, total > predictors + 1");
  }
  return df;
}

}  // namespace detail

/// The partial correlation of a regression coefficient with this t statistic: t / sqrt(t^2 + df), df = total - predictors - 1.
/// Throws input_error if t is not finite or df is not positive.
template <class Real>
Real partial_r(const Real& t, const Real& predictors, const Real& total) {
  using std::sqrt;
  const Real df = detail::residual_df("partial_r", predictors, total);
  if (!detail::is_finite(t)) detail::throw_input_error("partial_r", "t = " + detail::to_text(t) + " must be a finite number");
  return t / sqrt(Real(t * t + df));
}

/// The semi-partial correlation: t sqrt((1 - r_squared) / df), df = total - predictors - 1.
/// Throws input_error if t is not finite, df is not positive, r_squared is not in [0, 1], or the result exceeds 1 in size.
template <class Real>
Real semi_partial_r(const Real& t, const Real& predictors, const Real& total, const Real& r_squared) {
  using std::sqrt;
  constexpr const char* function = "semi_partial_r";
  const Real df = detail::residual_df(function, predictors, total);
  if (!detail::is_finite(t)) detail::throw_input_error(function, "t = " + detail::to_text(t) + " must be a finite number");
  if (!(r_squared >= 0 && r_squared <= 1)) detail::throw_input_error(function, "r_squared = " + detail::to_text(r_squared) + " must lie between 0 and 1");
  const Real r = t * sqrt(Real((1 - r_squared) / df));
  if (!(r >= -1 && r <= 1)) detail::throw_input_error(function, "t = " + detail::to_text(t) + " does not fit r_squared = " + detail::to_text(r_squared) + ": the semi-partial correlation would exceed 1");
  return r;
}

}  // namespace metapool
