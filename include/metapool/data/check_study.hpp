// SPDX-License-Identifier: BSL-1.0
// Checks of one study's numbers, where numbers that are not known pass.
#pragma once

#include <metapool/data/binary_trial.hpp>
#include <metapool/data/check.hpp>

#include <optional>
#include <string>

namespace metapool::detail {

/// The rules that a study's numbers are held to; each throws input_error naming function, study, number, value and rule.
struct study_rules {
  const char* function;
  const std::string& label;

  template <class Real>
  void finite(const std::optional<Real>& x, const char* what) const {
    if (x && !is_finite(*x)) throw_study_error(function, label, what, *x, "must be a finite number");
  }
  template <class Real>
  void not_negative(const std::optional<Real>& x, const char* what) const {
    finite(x, what);
    if (x && !(*x >= 0)) throw_study_error(function, label, what, *x, "must not be negative");
  }
  template <class Real>
  void positive(const std::optional<Real>& x, const char* what) const {
    finite(x, what);
    if (x && !(*x > 0)) throw_study_error(function, label, what, *x, "must be positive");
  }
  /// A count of at least `least`.
  template <class Real>
  void count(const std::optional<Real>& x, const char* what, int least, fractional_counts fractional = fractional_counts::refused) const {
    finite(x, what);
    if (!x) return;
    if (!(*x >= 0)) throw_study_error(function, label, what, *x, "must not be negative");
    if (!(*x >= static_cast<Real>(least))) throw_study_error(function, label, what, *x, "must be at least " + to_text(least));
    if (fractional == fractional_counts::refused && !is_whole(*x)) throw_study_error(function, label, what, *x, "must be a whole number");
  }
  /// At most 1 in size.
  template <class Real>
  void at_most_one(const std::optional<Real>& x, const char* what) const {
    finite(x, what);
    if (x && !(*x >= -1 && *x <= 1)) throw_study_error(function, label, what, *x, "must lie between -1 and 1");
  }
};

}  // namespace metapool::detail
