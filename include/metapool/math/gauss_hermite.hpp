// SPDX-License-Identifier: BSL-1.0
// Gauss-Hermite quadrature, its rules computed in any number type. Neither Boost nor Eigen.
#pragma once

#include <metapool/math/constants.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

namespace metapool::detail {

/// Integral of f over the line = sum of weights[j] f(nodes[j]), exact where f is exp(-x^2) times a polynomial of degree 2n - 1 at most. (The weights
/// are the usual ones times exp(nodes[j]^2), so that f is given as it is.) Nodes rise and are symmetric about 0.
template <class Real>
struct hermite_rule {
  std::vector<Real> nodes{};
  std::vector<Real> weights{};
};

/// The rule with n nodes, 1 <= n <= 200 (in float 1 <= n <= 40).
/// The zeros come one after another from the right by Newton's method on the Hermite function with the zeros found so far divided out (Maehly),
/// which falls onto the next one without overshooting: each search starts pi / sqrt(2 n + 1) left of the last zero, and no two zeros
/// are closer than that (Sturm's comparison with psi'' = -(2 n + 1 - x^2) psi). 14 digits in double. O(n^2).
template <class Real>
hermite_rule<Real> gauss_hermite(std::size_t n) {
  using std::exp, std::fabs, std::sqrt;
  const Real order = static_cast<Real>(n);
  const Real gap = pi<Real>() / sqrt(Real(2 * order + 1));
  const Real fourth_root = sqrt(Real(1 / sqrt(pi<Real>())));
  Real before = 0;  // the Hermite function of order n - 1, next to that of order n
  std::vector<Real> rise(n), fall(n);
  for (std::size_t j = 0; j < n; ++j) {
    rise[j] = sqrt(Real(2 / static_cast<Real>(j + 1)));
    fall[j] = sqrt(Real(static_cast<Real>(j) / static_cast<Real>(j + 1)));
  }
  const auto function = [&](const Real& x) {
    Real h = fourth_root * exp(Real(-x * x / 2));
    before = 0;
    for (std::size_t j = 0; j < n; ++j) {
      const Real next = x * rise[j] * h - fall[j] * before;
      before = h;
      h = next;
    }
    return h;
  };
  hermite_rule<Real> rule;
  rule.nodes.assign(n, Real(0));
  rule.weights.assign(n, Real(0));
  const std::size_t half = n / 2;
  std::vector<Real> found;
  Real x = sqrt(Real(2 * order + 1));
  for (std::size_t i = 0; i < half; ++i) {
    int close = 0;
    for (int step = 0; step < 200 && close < 2; ++step) {
      const Real h = function(x);
      // d/dx of the polynomial part: sqrt(2 n) times the function of order n - 1
      Real slope = sqrt(Real(2 * order)) * before;
      for (const Real& r : found) slope -= h * (1 / (x - r) + 1 / (x + r));
      if (n % 2 == 1) slope -= h / x;
      const Real move = h / slope;
      x -= move;
      if (fabs(move) <= sqrt(std::numeric_limits<Real>::epsilon()) * x) ++close;  // the next step is exact to the last digits
    }
    found.push_back(x);
    function(x);
    rule.nodes[n - 1 - i] = x;
    rule.nodes[i] = -x;
    rule.weights[i] = rule.weights[n - 1 - i] = 1 / (order * before * before);
    x -= gap;
  }
  if (n % 2 == 1) {
    function(Real(0));
    rule.weights[half] = 1 / (order * before * before);
  }
  return rule;
}

}  // namespace metapool::detail
