// SPDX-License-Identifier: BSL-1.0
// The one place where the eigenvalues of a diagonal matrix changed by a matrix of rank one are found.
#pragma once

#include <metapool/math/convergence.hpp>
#include <metapool/math/roots.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace metapool::detail {

/// A term weight / (pole - x) of a secular function.
template <class Real>
struct secular_term {
  Real pole{};
  Real weight{};
};

/// A root as its distance from the nearer of the two poles around it, so that every pole - root has full relative accuracy.
template <class Real>
struct secular_root {
  std::size_t pole = 0;  ///< index of the nearer one
  Real distance{};       ///< root - pole: positive if that pole is the lower one
};

/// The root of sum weight_i / (pole_i - x) = 0 between the poles g and g + 1 of terms with distinct ascending poles and positive weights, by Newton's method
/// in its bracket. Time O(k) a step.
template <class Real>
secular_root<Real> secular_root_after(std::span<const secular_term<Real>> terms, std::size_t g) {
  const Real half = (terms[g + 1].pole - terms[g].pole) / 2;
  Real middle = 0;  // the function in the middle: its sign says to which pole the root is nearer
  for (const auto& t : terms) middle += t.weight / ((t.pole - terms[g].pole) - half);
  const bool left = middle > 0;
  const std::size_t near = left ? g : g + 1;
  const Real pole = terms[near].pole, weight = terms[near].weight;
  const Real sign = left ? Real(1) : Real(-1);
  // x = pole + sign e; the function times e has no pole in [0, half], is positive at 0 and not at half
  const auto f = [&](const Real& e) {
    Real sum = 0, slope = 0;
    for (std::size_t i = 0; i < terms.size(); ++i) {
      if (i == near) continue;
      const Real r = 1 / ((terms[i].pole - pole) - sign * e);
      sum += terms[i].weight * r;
      slope += terms[i].weight * r * r;
    }
    return std::pair<Real, Real>(weight - sign * e * sum, -sign * (sum + sign * e * slope));
  };
  convergence<Real> state;
  return {near, sign * newton_root(f, Real(half / 2), Real(0), half, state)};
}

/// The roots of sum weight_i / (pole_i - x) = 0, one between each two neighbouring poles, ascending; a pole that n terms share is n - 1 of them.
/// So k terms have k - 1 roots. Weights positive, poles not negative and finite. Full relative accuracy. Time O(k^2).
/// They are the eigenvalues other than 0 of diag(pole) - z z', z_i^2 = pole_i weight_i / sum of weights (Golub 1973 SIAM Rev 15:318).
template <class Real>
std::vector<Real> secular_roots(std::vector<secular_term<Real>> terms) {
  std::sort(terms.begin(), terms.end(), [](const secular_term<Real>& a, const secular_term<Real>& b) { return a.pole < b.pole; });
  std::vector<Real> roots;
  roots.reserve(terms.size());
  std::size_t groups = 0;
  for (std::size_t i = 1; i < terms.size(); ++i) {
    if (terms[i].pole == terms[groups].pole) {
      terms[groups].weight += terms[i].weight;
      roots.push_back(terms[i].pole);
    } else {
      terms[++groups] = terms[i];
    }
  }
  if (!terms.empty()) terms.resize(groups + 1);
  for (std::size_t g = 0; g + 1 < terms.size(); ++g) {
    const secular_root<Real> root = secular_root_after(std::span<const secular_term<Real>>(terms), g);
    roots.push_back(terms[root.pole].pole + root.distance);
  }
  std::sort(roots.begin(), roots.end());
  return roots;
}

/// The numbers r_j with sum a (y - mean_a)^2 = sum r_j chi2_1 in distribution, for k independent normal y of one mean with weights a(i) > 0 and
/// variances s(i) > 0, mean_a = sum a y / sum a: k - 1 of them, ascending.
template <class Real, class Weight, class Variance>
std::vector<Real> spread_spectrum(std::size_t k, const Weight& a, const Variance& s) {
  std::vector<secular_term<Real>> terms;
  terms.reserve(k);
  for (std::size_t i = 0; i < k; ++i) terms.push_back({Real(a(i) * s(i)), Real(a(i))});
  return secular_roots(std::move(terms));
}

}  // namespace metapool::detail
