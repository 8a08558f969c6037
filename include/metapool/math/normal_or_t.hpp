// SPDX-License-Identifier: BSL-1.0
// The distribution of an estimate over its standard error: t if it has degrees of freedom, else the normal.
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/math/normal.hpp>
#include <metapool/math/students_t.hpp>

#include <optional>

namespace metapool::detail {

/// Two-sided critical value of the t distribution, or of the normal without (or with infinite) df.
template <class Real>
Real critical_value(double level, const std::optional<Real>& df) {
  return df && is_finite(*df) ? t_critical<Real>(level, *df) : normal_critical<Real>(level);
}

/// P(|T| > |statistic|) for the t distribution, or for the normal without (or with infinite) df.
template <class Real>
Real two_sided_p(const Real& statistic, const std::optional<Real>& df) {
  return df && is_finite(*df) ? t_two_sided_p<Real>(statistic, *df) : normal_two_sided_p<Real>(statistic);
}

}  // namespace metapool::detail
