// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/math/gamma_ratio.hpp>

#include <cmath>
#include <cstddef>
#include <type_traits>

namespace metapool {

/// Correction of the standardised mean difference for its bias in small samples, with m = n1 + n2 - 2.
enum class hedges_correction {
  exact,        ///< J(m) = Gamma(m/2) / (sqrt(m/2) Gamma((m-1)/2)) (metafor)
  approximate,  ///< J(m) = 1 - 3 / (4 m - 1) (RevMan, meta)
  none          ///< J = 1, Cohen's d
};

/// Hedges' exact bias correction J(m) = Gamma(m/2) / (sqrt(m/2) Gamma((m-1)/2)), m > 1.
/// By a ratio of gamma functions that does not overflow; 14 significant digits up to m = 10^9 and beyond.
/// Hedges (1981) J Educ Stat 6:107, doi:10.3102/10769986006002107.
template <class Real>
Real hedges_j(const Real& m) {
  using std::sqrt;
  const Real half = m / 2;
  return 1 / (sqrt(half) * detail::gamma_half_ratio(Real(half - Real(1) / 2)));
}

namespace detail {

/// m (J(m)^2 - 1) + 2 of the correction's factor J at m > 1 degrees of freedom; near 1/2 for large m. Multiplied out,
/// 1 - (m - 2) / (m J^2) = hedges_excess / (m J^2) and J^2 m / (m - 2) - 1 = hedges_excess / (m - 2), which lose all their digits at m = 10^9.
/// Exact J, built-in types: from m = 64 on by the asymptotic series of the ratio of gamma functions, whose error is below 1e-16 there.
template <class Real>
Real hedges_excess(hedges_correction correction, const Real& m) {
  if (correction == hedges_correction::none) return Real(2);
  if (correction == hedges_correction::approximate) {
    const Real less = 3 / (4 * m - 1);  // J = 1 - less
    return 2 - m * less * (2 - less);
  }
  if constexpr (std::is_floating_point_v<Real>) {
    if (m >= 64) {
      constexpr double c[] = {1. / 2,     1. / 8,      3. / 16,       27. / 128,      27. / 256,
                              -171. / 1024, -621. / 2048, 15507. / 32768, 111807. / 65536, -690561. / 262144};
      Real sum = 0;
      for (std::size_t i = sizeof c / sizeof c[0]; i-- > 0;) sum = sum / m + static_cast<Real>(c[i]);
      return sum;
    }
  }
  const Real j = hedges_j(m);
  return m * (j * j - 1) + 2;
}

}  // namespace detail
}  // namespace metapool
