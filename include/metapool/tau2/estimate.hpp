// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/math/convergence.hpp>

#include <concepts>
#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <span>
#include <string_view>
#include <vector>

namespace metapool {

/// A between-study variance with what is known of it. Scale: that of y squared.
template <class Real = double>
struct tau2_estimate {
  Real tau2{};
  std::optional<Real> se{};                   ///< asymptotic standard error, where defined
  metapool::convergence<Real> convergence{};
  std::vector<Real> maxima{};                 ///< all local maxima of the likelihood, ascending, if there is more than one
};

/// A between-study variance estimator: a value that is called with k >= 2 effects y and variances v > 0 and has a static `name`.
/// A user's own type that meets it works wherever reml{} does.
template <class T, class Real = double>
concept tau2_estimator = requires(const T& t, std::span<const Real> y, std::span<const Real> v) {
  { t(y, v) } -> std::convertible_to<tau2_estimate<Real>>;
  { T::name } -> std::convertible_to<std::string_view>;
};

namespace detail {

/// The contract shared by every tau2 estimator. Throws input_error.
template <class Real>
void check_tau2_input(std::string_view function, std::span<const Real> y, std::span<const Real> v) {
  if (y.size() != v.size()) throw_input_error(function, "y and v differ in size");
  if (y.size() < 2) throw_input_error(function, "k = " + std::to_string(y.size()) + ": at least two studies are needed for a between-study variance");
  Real v_min = v[0];
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (!is_finite(y[i])) throw_study_error(function, std::to_string(i + 1), "y", y[i], "must be a finite number");
    if (!(v[i] > 0) || !is_finite(v[i])) throw_study_error(function, std::to_string(i + 1), "v", v[i], "must be finite and positive");
    const Real cube = v[i] * v[i] * v[i];
    if (!(cube > (std::numeric_limits<Real>::min)() && is_finite(cube))) {
      throw_study_error(function, std::to_string(i + 1), "v", v[i], "is out of the range whose cube this number type can hold; change the unit of the outcome");
    }
    if (v[i] < v_min) v_min = v[i];
  }
  for (std::size_t i = 0; i < y.size(); ++i) {
    const Real d = 2 * (y[i] - y[0]);
    const Real u = d / v_min;
    if (!is_finite(Real(d * d * static_cast<Real>(y.size()))) || !is_finite(Real(u * u / v_min * static_cast<Real>(y.size())))) {
      throw_study_error(function, std::to_string(i + 1), "y", y[i], "is too far from the first study's y for this number type, at the smallest variance given");
    }
  }
}

}  // namespace detail
}  // namespace metapool
