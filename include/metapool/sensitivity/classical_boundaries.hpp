// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/sensitivity/crossing_probabilities.hpp>
#include <metapool/sensitivity/sequential_boundaries.hpp>

#include <cmath>
#include <span>
#include <vector>

namespace metapool {

/// Two-sided boundaries of one shape, z_j = c t_j^(shape - 1/2), with c such that either is crossed with probability alpha in all if there is no effect:
/// shape 1/2 is Pocock's (the same z at every look), 0 O'Brien and Fleming's (c / sqrt(t)), between them Wang and Tsiatis's. Unlike spending functions they need
/// all looks to be known beforehand.
///
/// information: rising, in (0, 1], steps of 0.001 at least. Throws input_error otherwise, unless 0 < alpha < 1 and |shape| <= 1; convergence_error if the
/// search for c failed. On the scale of z, 12 significant digits.
/// Pocock (1977) Biometrika 64:191, doi:10.1093/biomet/64.2.191; O'Brien & Fleming (1979) Biometrics 35:549, doi:10.2307/2530245; Wang & Tsiatis (1987)
/// Biometrics 43:193, doi:10.2307/2531959.
template <class Real>
std::vector<sequential_look<Real>> classical_boundaries(std::span<const Real> information, double alpha, double shape) {
  using std::log, std::pow;
  constexpr const char* function = "classical_boundaries";
  detail::check_fractions(function, information);
  if (!(alpha > 0 && alpha < 1)) detail::throw_input_error(function, "alpha = " + detail::to_text(alpha) + " must lie strictly between 0 and 1");
  if (!(shape >= -1 && shape <= 1)) detail::throw_input_error(function, "shape = " + detail::to_text(shape) + " must lie between -1 and 1");
  std::vector<sequential_look<Real>> looks(information.size());
  const Real last = information.back();
  const auto excess = [&](const Real& c) {
    for (std::size_t j = 0; j < looks.size(); ++j) {
      looks[j].information = information[j];
      looks[j].upper = c * pow(Real(information[j] / last), Real(Real(shape) - Real(1) / 2));
      looks[j].lower = -looks[j].upper;
    }
    Real spent = 0;
    for (std::size_t j = 0; const auto& chance : crossing_probabilities(looks, Real(0))) {
      spent += chance.upper;
      looks[j].spent_upper = looks[j].spent_lower = spent;
      ++j;
    }
    return Real(log(Real(spent / (Real(alpha) / 2))));
  };
  // one look needs the least c, and Bonferroni's share at every look, at the flattest of the boundary, more than enough
  const Real single = detail::normal_upper_quantile<Real>(Real(Real(alpha) / 2));
  Real steepest = 1;
  for (const Real& t : information) {
    const Real factor = pow(Real(t / last), Real(Real(shape) - Real(1) / 2));
    if (factor < steepest) steepest = factor;
  }
  const Real most = detail::normal_upper_quantile<Real>(Real(Real(alpha) / (2 * Real(information.size())))) / steepest;
  convergence<Real> state;
  excess(detail::bracketed_root(excess, Real(single * Real(0.999)), Real(most * Real(1.001)), state));
  if (!state.converged) throw convergence_error("classical_boundaries: the search for the constant did not converge");
  return looks;
}

/// Pocock's boundaries; see classical_boundaries.
template <class Real>
std::vector<sequential_look<Real>> pocock_boundaries(const std::vector<Real>& information, double alpha = 0.05) {
  return classical_boundaries(std::span<const Real>(information), alpha, 0.5);
}

/// O'Brien and Fleming's boundaries; see classical_boundaries.
template <class Real>
std::vector<sequential_look<Real>> obrien_fleming_boundaries(const std::vector<Real>& information, double alpha = 0.05) {
  return classical_boundaries(std::span<const Real>(information), alpha, 0);
}

}  // namespace metapool
