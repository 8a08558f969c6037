// SPDX-License-Identifier: BSL-1.0
// Standard errors from intervals and p-values: the one place where both readers of reported effects take them from.
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/effect/scale.hpp>
#include <metapool/math/normal.hpp>
#include <metapool/math/normal_or_t.hpp>
#include <metapool/math/students_t.hpp>

#include <cmath>
#include <optional>

namespace metapool::detail {

/// What a number that is stated on the natural scale must be to have a place on the pooling scale; nullptr if it has one. x is finite.
/// Freeman-Tukey's scales have none for a number alone: their transformations depend on the size of the study.
template <class Real>
const char* broken_rule_of_scale(scale s, const Real& x) {
  switch (s) {
    case scale::identity: return nullptr;
    case scale::log: return x > 0 ? nullptr : "must be positive: its logarithm is pooled";
    case scale::logit: return x > 0 && x < 1 ? nullptr : "must lie strictly between 0 and 1: its logit is pooled";
    case scale::arcsine: return x >= 0 && x <= 1 ? nullptr : "must lie between 0 and 1: the arcsine of its root is pooled";
    case scale::square_root: return x >= 0 ? nullptr : "must not be negative: its square root is pooled";
    case scale::fisher_z: return x > -1 && x < 1 ? nullptr : "must lie strictly between -1 and 1: Fisher's z of it is pooled";
    case scale::log_complement:
    case scale::cube_root_complement: return x < 1 ? nullptr : "must be below 1: its complement to 1 is transformed for pooling";
    case scale::double_arcsine:
    case scale::double_square_root:
      return "must be stated on the pooling scale: Freeman and Tukey's transformation depends on the size of the study, which a reported effect does not hold";
  }
  return nullptr;
}

/// upper - lower on the pooling scale, for ends that broken_rule_of_scale lets pass; on the log scale without the cancellation of close ends.
template <class Real>
Real width_on_scale(scale s, const Real& lower, const Real& upper) {
  using std::log1p;
  const Real apart = upper - lower;
  if (s == scale::log && apart < lower) return log1p(Real(apart / lower));
  return from_natural(s, upper) - from_natural(s, lower);
}

/// Standard error of which the interval is 2 critical values wide.
template <class Real>
Real se_of_width(const Real& width, double level, const std::optional<Real>& df = {}) {
  return width / (2 * critical_value<Real>(level, df));
}

/// |z| or |t| of a two-sided p-value in (0, 1).
template <class Real>
Real statistic_of_p(const Real& p, const std::optional<Real>& df = {}) {
  const Real half = p / 2;
  return df && is_finite(*df) ? t_upper_quantile<Real>(half, *df) : normal_upper_quantile<Real>(half);
}

}  // namespace metapool::detail
