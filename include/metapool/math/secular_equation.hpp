// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/math/convergence.hpp>
#include <metapool/math/roots.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace metapool::detail {

/// A term weight / (pole - x) of a secular function.
template <class Real>
struct secular_term {
  Real pole{};
  Real weight{};
};

/// The roots of sum weight_i / (pole_i - x) = 0, one between each two neighbouring poles, ascending; a pole that n terms share is n - 1 of them.
/// So k terms have k - 1 roots. Weights positive, poles not negative and finite.
/// Each root is searched as its distance from the nearer pole, by Newton's method in its bracket: full relative accuracy. Time O(k^2).
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
    const Real half = (terms[g + 1].pole - terms[g].pole) / 2;
    Real middle = 0;
    for (const auto& t : terms) middle += t.weight / ((t.pole - terms[g].pole) - half);
    const bool left = middle > 0;
    const auto& pole = terms[left ? g : g + 1];
    const Real sign = left ? Real(1) : Real(-1);
    // x = pole + sign e; the function times e has no pole in [0, half], is positive at 0 and not at half
    const auto f = [&](const Real& e) {
      Real sum = 0, slope = 0;
      for (const auto& t : terms) {
        if (t.pole == pole.pole) continue;
        const Real r = 1 / ((t.pole - pole.pole) - sign * e);
        sum += t.weight * r;
        slope += t.weight * r * r;
      }
      return std::pair<Real, Real>(pole.weight - sign * e * sum, -sign * (sum + sign * e * slope));
    };
    convergence<Real> state;
    roots.push_back(pole.pole + sign * newton_root(f, Real(half / 2), Real(0), half, state));
  }
  std::sort(roots.begin(), roots.end());
  return roots;
}

}  // namespace metapool::detail
