// SPDX-License-Identifier: BSL-1.0
// Arms put together, a control arm shared out, and clusters taken into account.
#pragma once

#include <metapool/conversion/standard_deviation.hpp>
#include <metapool/data/binary_trial.hpp>
#include <metapool/data/check.hpp>
#include <metapool/data/continuous_trial.hpp>

#include <cmath>
#include <cstddef>
#include <string>
#include <type_traits>
#include <vector>

namespace metapool {

namespace detail {

template <class Real>
void check_arm(const binary_arm<Real>& arm, const char* function, const std::string& name) {
  if (!arm.events || !arm.total) throw_input_error(function, name + ": events and total must be known");
  if (!(*arm.total > 0) || !is_finite(*arm.total)) throw_input_error(function, name + ": total = " + to_text(*arm.total) + " must be positive and finite");
  if (!(*arm.events >= 0 && *arm.events <= *arm.total)) {
    throw_input_error(function, name + ": events = " + to_text(*arm.events) + " must lie between 0 and the total of " + to_text(*arm.total));
  }
}

template <class Real>
void check_arm(const continuous_arm<Real>& arm, const char* function, const std::string& name) {
  if (!arm.mean || !arm.sd || !arm.total) throw_input_error(function, name + ": mean, sd and total must be known");
  if (!is_finite(*arm.mean)) throw_input_error(function, name + ": mean must be a finite number");
  check_not_negative(function, *arm.sd, (name + ": sd").c_str());
  check_patients(function, *arm.total, (name + ": total").c_str(), 1);
}

template <class Arm>
void check_arms(const std::vector<Arm>& arms, const char* function) {
  if (arms.empty()) throw_input_error(function, "no arms");
  for (std::size_t i = 0; i < arms.size(); ++i) check_arm(arms[i], function, "arm " + std::to_string(i + 1));
}

}  // namespace detail

/// Several arms with a binary outcome as one: the sums of their events and totals. Throws input_error if there is no arm, a number is
/// missing, or counts are not valid (fractional counts pass). Exact. Cochrane Handbook, 23.3.4.
template <class Real>
binary_arm<Real> combine_arms(const std::vector<binary_arm<Real>>& arms) {
  detail::check_arms(arms, "combine_arms");
  binary_arm<Real> all{Real(0), Real(0)};
  for (const auto& arm : arms) {
    *all.events += *arm.events;
    *all.total += *arm.total;
  }
  return all;
}

/// Several arms with a continuous outcome as one: the mean and standard deviation that all their patients together have, exactly.
/// total = sum n; mean = sum n m / total; (total - 1) sd^2 = sum (n - 1) sd^2 + sum n (m - mean)^2. Units of the outcome.
/// Throws input_error if there is no arm, a number is missing, an sd is negative or not finite, n < 1, or all arms together have one patient.
/// 14 significant digits: means are taken as distances from the first, so that means far from 0 lose none. Cochrane Handbook, table 6.5.a.
template <class Real>
continuous_arm<Real> combine_arms(const std::vector<continuous_arm<Real>>& arms) {
  using std::sqrt;
  constexpr const char* function = "combine_arms";
  detail::check_arms(arms, function);
  const Real origin = *arms.front().mean;
  Real n = 0, sum = 0;
  for (const auto& arm : arms) {
    n += *arm.total;
    sum += *arm.total * (*arm.mean - origin);
  }
  if (!(n > 1)) detail::throw_input_error(function, "all arms together must have more than one patient");
  const Real shift = sum / n;
  Real squares = 0;
  for (const auto& arm : arms) {
    const Real apart = (*arm.mean - origin) - shift;
    squares += (*arm.total - 1) * *arm.sd * *arm.sd + *arm.total * apart * apart;
  }
  return {Real(origin + shift), Real(sqrt(Real(squares / (n - 1)))), n};
}

/// One share of a control arm that is compared with several treated arms in one meta-analysis: events and total divided by `shares`, so
/// that no patient counts twice. The counts become fractional as a rule: pass them on with fractional_counts::allowed. The comparisons
/// remain correlated through chance; combining the treated arms, where that makes sense, is better.
/// Throws input_error if shares is 0, a number is missing or counts are not valid. Cochrane Handbook, 23.3.4.
template <class Real>
binary_arm<Real> split_arm(const binary_arm<Real>& arm, std::size_t shares) {
  constexpr const char* function = "split_arm";
  detail::check_arm(arm, function, "arm");
  if (shares == 0) detail::throw_input_error(function, "shares = 0 must be at least 1");
  return {Real(*arm.events / Real(shares)), Real(*arm.total / Real(shares))};
}

/// The same for a continuous outcome: the total is divided, mean and standard deviation stay. Throws input_error too if less than one
/// patient would be left.
template <class Real>
continuous_arm<Real> split_arm(const continuous_arm<Real>& arm, std::size_t shares) {
  constexpr const char* function = "split_arm";
  detail::check_arm(arm, function, "arm");
  if (shares == 0) detail::throw_input_error(function, "shares = 0 must be at least 1");
  const Real total = *arm.total / Real(shares);
  if (!(total >= 1)) detail::throw_input_error(function, "a share of " + detail::to_text(total) + " patients is less than one");
  return {arm.mean, arm.sd, total};
}

/// By how much clusters inflate a variance: 1 + (mean cluster size - 1) icc. Throws input_error if the size is below 1 or not finite, or
/// icc is not in [0, 1]. For clusters of unequal size it is somewhat too small. Cochrane Handbook, 23.1.4.
template <class Real = double>
Real design_effect(const std::type_identity_t<Real>& mean_cluster_size, const std::type_identity_t<Real>& icc) {
  constexpr const char* function = "design_effect";
  detail::check_patients(function, mean_cluster_size, "mean_cluster_size", 1);
  if (!(icc >= 0 && icc <= 1)) detail::throw_input_error(function, "icc = " + detail::to_text(icc) + " must lie between 0 and 1");
  return 1 + (mean_cluster_size - 1) * icc;
}

namespace detail {

template <class Real>
void check_design_effect(const char* function, const Real& design_effect) {
  if (!(design_effect >= 1) || !is_finite(design_effect)) {
    throw_input_error(function, "design_effect = " + to_text(design_effect) + " must be finite and at least 1");
  }
}

}  // namespace detail

/// The arm of a cluster-randomised trial with its effective sample size: events and total divided by the design effect (not rounded: pass
/// them on with fractional_counts::allowed). Throws input_error if design_effect < 1 or not finite, or the arm is not valid.
/// Cochrane Handbook, 23.1.5.
template <class Real>
binary_arm<Real> effective_arm(const binary_arm<Real>& arm, const std::type_identity_t<Real>& design_effect) {
  detail::check_arm(arm, "effective_arm", "arm");
  detail::check_design_effect("effective_arm", design_effect);
  return {Real(*arm.events / design_effect), Real(*arm.total / design_effect)};
}

/// The same for a continuous outcome: the total is divided, mean and standard deviation stay.
template <class Real>
continuous_arm<Real> effective_arm(const continuous_arm<Real>& arm, const std::type_identity_t<Real>& design_effect) {
  detail::check_arm(arm, "effective_arm", "arm");
  detail::check_design_effect("effective_arm", design_effect);
  return {arm.mean, arm.sd, Real(*arm.total / design_effect)};
}

/// The standard error of a cluster trial that was analysed as if patients had been randomised: se sqrt(design effect).
/// Throws input_error if se is negative or not finite, or design_effect < 1.
template <class Real = double>
Real inflated_se(const std::type_identity_t<Real>& se, const std::type_identity_t<Real>& design_effect) {
  using std::sqrt;
  detail::check_not_negative("inflated_se", se, "se");
  detail::check_design_effect<Real>("inflated_se", design_effect);
  return se * sqrt(design_effect);
}

}  // namespace metapool
