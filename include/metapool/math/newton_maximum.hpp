// SPDX-License-Identifier: BSL-1.0
// What searches by Newton's method start from, and where they end.
#pragma once

#include <metapool/math/convergence.hpp>
#include <metapool/math/linear_algebra.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <type_traits>
#include <vector>

namespace metapool::detail {

/// The number of parameters of a function that has as many as its data ask for.
inline constexpr std::size_t any_number = static_cast<std::size_t>(-1);

/// N values: an array, or a vector if their number is not known.
template <class T, std::size_t N>
using values_of = std::conditional_t<N == any_number, std::vector<T>, std::array<T, N == any_number ? 1 : N>>;

constexpr std::size_t squared(std::size_t n) { return n == any_number ? n : n * n; }

/// n values, all zero.
template <class Values>
Values zeros(std::size_t n) {
  if constexpr (requires(Values v) { v.resize(n); }) {
    return Values(n);
  } else {
    return Values{};
  }
}

/// A function's value with its gradient and (row by row) its matrix of second derivatives.
template <class Real, std::size_t P>
struct curvature {
  Real value{};
  values_of<Real, P> gradient{};
  values_of<Real, squared(P)> hessian{};
};

/// Where a parameter may lie, and how far one step may carry it: at most `reach` plus `growth` times its size. held: it stays where it starts.
template <class Real>
struct newton_bound {
  Real lower = -std::numeric_limits<Real>::infinity();
  Real upper = std::numeric_limits<Real>::infinity();
  Real reach = Real(3);
  Real growth = Real(0);
  bool held = false;
};

/// Where a search ended.
template <class Real, std::size_t P>
struct newton_maximum {
  values_of<Real, P> x{};
  curvature<Real, P> at{};
  metapool::convergence<Real> convergence{};  ///< residual: the largest entry of the gradient over the parameters that are free
};

/// Whether a parameter is free at x: neither held nor at a bound that the gradient presses it against.
template <class Real>
bool is_free(const Real& x, const Real& slope, const newton_bound<Real>& bound) {
  if (bound.held) return false;
  if (x <= bound.lower && !(slope > 0)) return false;
  return !(x >= bound.upper && !(slope < 0));
}

/// Where the function's rounding hides the rise of a whole Newton step, the slopes there tell it: what the next step would gain is a quarter of `gain`, what this one promised, or
/// less. factor: Cholesky's, of minus the second derivatives that the step came from. before, after: the function's values.
template <class Real, class Matrix, class Values>
bool slopes_tell(const Matrix& factor, std::size_t n, const Values& slopes, const Real& gain, const Real& before, const Real& after) {
  using std::fabs;
  const Real rounding = 1024 * std::numeric_limits<Real>::epsilon() * (1 + fabs(before));
  if (gain > rounding || !(after >= before - rounding)) return false;
  Values next = slopes;
  cholesky_solve(factor.data(), n, next.data());
  Real left = 0;
  for (std::size_t i = 0; i < n; ++i) left += next[i] * slopes[i];
  return left <= gain / 4;
}

}  // namespace metapool::detail
