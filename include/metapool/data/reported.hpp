// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/binary_trial.hpp>
#include <metapool/data/check.hpp>
#include <metapool/data/column_roles.hpp>
#include <metapool/data/stated_on.hpp>

#include <optional>
#include <string>

namespace metapool {

/// A study of which only the effect is known, as a paper prints it: an estimate with a standard error, a variance, an interval or a p-value.
/// estimate, lower and upper are on the scale `on`; se and variance always on the pooling scale (that of log ratios for ratios). A number that
/// was not reported stays empty. level: of the interval. p: two-sided, of the test of no effect.
///
///     reported<> t{.label = "Zhu 2021", .estimate = 0.82, .lower = 0.25, .upper = 2.66, .on = stated_on::natural_scale};
template <class Real = double>
struct reported {
  using real_type = Real;
  std::string label{};
  std::optional<Real> estimate{};
  std::optional<Real> se{};
  std::optional<Real> variance{};
  std::optional<Real> lower{};
  std::optional<Real> upper{};
  double level = 0.95;
  std::optional<Real> p{};
  stated_on on = stated_on::pooling_scale;
};

/// True if there is an estimate and something that tells its uncertainty.
template <class Real>
bool is_complete(const reported<Real>& t) {
  return t.estimate && (t.variance || t.se || (t.lower && t.upper) || t.p);
}

/// Checks every number that is known: finite, se and variance positive, lower < upper with the estimate between them, 0 < p <= 1, 0 < level < 1.
/// Missing numbers pass. Throws input_error naming `function`, the study, the value and the rule. (That a number has a place on the measure's scale is checked by
/// effect_sizes, which knows the measure.)
template <class Real>
void check(const reported<Real>& t, const char* function) {
  const auto fail = [&](const char* what, const Real& value, const char* rule) { detail::throw_study_error(function, t.label, what, value, rule); };
  const auto finite = [&](const std::optional<Real>& x, const char* what) {
    if (x && !detail::is_finite(*x)) fail(what, *x, "must be a finite number");
  };
  finite(t.estimate, "estimate");
  finite(t.se, "se");
  finite(t.variance, "variance");
  finite(t.lower, "lower");
  finite(t.upper, "upper");
  finite(t.p, "p");
  if (t.se && !(*t.se > 0)) fail("se", *t.se, "must be positive");
  if (t.variance && !(*t.variance > 0)) fail("variance", *t.variance, "must be positive");
  if (t.p && !(*t.p > 0)) fail("p", *t.p, "must be positive (a p printed as 0 tells only that it is small; give the interval or an upper bound)");
  if (t.p && !(*t.p <= 1)) fail("p", *t.p, "must not exceed 1");
  if (t.lower && t.upper && !(*t.lower < *t.upper)) fail("lower", *t.lower, "must lie below the upper end");
  if (t.lower && t.estimate && !(*t.lower <= *t.estimate)) fail("lower", *t.lower, "must not exceed the estimate");
  if (t.upper && t.estimate && !(*t.upper >= *t.estimate)) fail("upper", *t.upper, "must not lie below the estimate");
  if (!(t.level > 0 && t.level < 1)) fail("level", static_cast<Real>(t.level), "must lie strictly between 0 and 1 (0.95 for a 95 % interval)");
}

namespace detail {

/// Columns of reported effects: ours, metafor's (yi vi sei), meta's (TE seTE), Stata's (_meta_es _meta_se, metan's _ES _seES).
template <class Real>
struct trial_columns<reported<Real>> {
  static constexpr const char* type_name = "reported effect";
  static constexpr const char* remark = " (one of se, variance, lower with upper, and p suffices)";
  static constexpr column_role roles[6] = {{"estimate", "estimate yi TE _meta_es _ES"},
                                           {"se", "se sei seTE _meta_se _seES"},
                                           {"variance", "variance vi"},
                                           {"lower", "lower ci.lb _meta_cil _LCI"},
                                           {"upper", "upper ci.ub _meta_ciu _UCI"},
                                           {"p", "p pval pval.TE"}};

  static bool dispensable(std::size_t role, const role_presence& there) {
    if (role == 0) return false;
    const bool interval = there[3] && there[4];
    for (std::size_t r = 1; r < 6; ++r) {
      if (r == role || ((r == 3 || r == 4) && (role == 3 || role == 4 || !interval))) continue;
      if (there[r]) return true;
    }
    return false;
  }
  static constexpr bool derived(std::size_t) { return false; }

  template <class Fail>
  static reported<Real> assemble(const row_numbers<Real>& n, fractional_counts, const Fail&) {
    reported<Real> t;
    t.estimate = n[0];
    t.se = n[1];
    t.variance = n[2];
    t.lower = n[3];
    t.upper = n[4];
    t.p = n[5];
    return t;
  }

  static row_numbers<Real> disassemble(const reported<Real>& t) { return {t.estimate, t.se, t.variance, t.lower, t.upper, t.p}; }

  static void check(const reported<Real>& t, const char* function, fractional_counts) { metapool::check(t, function); }
};

}  // namespace detail
}  // namespace metapool
