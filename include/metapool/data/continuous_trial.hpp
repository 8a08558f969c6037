// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/check.hpp>

#include <optional>
#include <string>

namespace metapool {

/// One arm of a trial with a continuous outcome: mean and standard deviation (units of the outcome) of `total` patients.
/// A number that was not reported stays empty.
template <class Real = double>
struct continuous_arm {
  std::optional<Real> mean{};
  std::optional<Real> sd{};
  std::optional<Real> total{};
};

/// A trial with a continuous outcome in two arms.
///
///     continuous_trial<> t{.label = "Zhu 2021", .treated = {.mean = 11, .sd = 4.6, .total = 29}, .control = {.mean = 15, .sd = 6.1, .total = 29}};
template <class Real = double>
struct continuous_trial {
  using real_type = Real;
  std::string label{};
  continuous_arm<Real> treated{};
  continuous_arm<Real> control{};
};

/// True if all six numbers of the trial are known.
template <class Real>
bool is_complete(const continuous_trial<Real>& t) {
  return t.treated.mean && t.treated.sd && t.treated.total && t.control.mean && t.control.sd && t.control.total;
}

/// Checks every number of the trial that is known: finite mean, sd >= 0, total a whole number of at least 1.
/// Missing numbers pass. Throws input_error naming `function`, the trial, the arm, the value and the rule.
template <class Real>
void check(const continuous_trial<Real>& t, const char* function) {
  const auto arm = [&](const continuous_arm<Real>& x, const char* arm_name) {
    const auto fail = [&](const char* what, const Real& value, const char* rule) {
      detail::throw_study_error(function, t.label, std::string(arm_name) + "." + what, value, rule);
    };
    if (x.mean && !detail::is_finite(*x.mean)) fail("mean", *x.mean, "must be a finite number");
    if (x.sd && !detail::is_finite(*x.sd)) fail("sd", *x.sd, "must be a finite number");
    if (x.sd && !(*x.sd >= 0)) fail("sd", *x.sd, "must not be negative");
    if (x.total && !detail::is_finite(*x.total)) fail("total", *x.total, "must be a finite number");
    if (x.total && !(*x.total >= 1)) fail("total", *x.total, "must be at least 1");
    if (x.total && !detail::is_whole(*x.total)) fail("total", *x.total, "must be a whole number");
  };
  arm(t.treated, "treated");
  arm(t.control, "control");
}

}  // namespace metapool
