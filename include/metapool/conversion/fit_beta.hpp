// SPDX-License-Identifier: BSL-1.0
// Least squares of a beta distribution to reported quantiles.
#pragma once

#include <metapool/conversion/quantile_fit.hpp>
#include <metapool/data/check.hpp>
#include <metapool/math/beta.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

namespace metapool::detail {

/// Beta distribution by least squares over the logarithms of its shapes: Gauss-Newton steps, damped until the sum of squares falls, with
/// numerical derivatives. Starts from the moments that normal data with these quantiles would have. x.q in (0, 1).
template <class Real>
quantile_fit<Real> fit_beta(const reported_quantiles<Real>& x, const Real& mean, const Real& sd) {
  using std::exp, std::fabs, std::log, std::pow, std::sqrt;
  quantile_fit<Real> f;
  f.family = quantile_family::beta;
  const std::size_t k = x.p.size();
  const auto residuals = [&](const Real& u, const Real& v) {
    std::vector<Real> d(k);
    for (std::size_t i = 0; i < k; ++i) d[i] = beta_quantile<Real>(Real(exp(u)), Real(exp(v)), x.p[i]) - x.q[i];
    ++f.convergence.iterations;
    return d;
  };
  const auto squares = [](const std::vector<Real>& d) {
    Real sum = 0;
    for (const Real& r : d) sum += r * r;
    return sum;
  };
  const Real most = Real(99) / 100;
  const Real m = mean > 0 && mean < 1 ? mean : x.q[k / 2];
  Real total = m * (1 - m) / (sd * sd) - 1;
  if (!(total > 1 - most)) total = 1;
  Real u = log(Real(m * total)), v = log(Real((1 - m) * total)), damping = Real(1) / 1000;
  std::vector<Real> d = residuals(u, v);
  Real sum = squares(d);
  const Real h = pow(std::numeric_limits<Real>::epsilon(), Real(Real(1) / 3));
  const Real limit = log(Real(1e7));
  f.convergence.converged = false;
  for (int i = 0; i < 200; ++i) {
    const auto right = residuals(u + h, v), left = residuals(u - h, v), up = residuals(u, v + h), down = residuals(u, v - h);
    Real a = 0, b = 0, c = 0, g1 = 0, g2 = 0;
    for (std::size_t j = 0; j < k; ++j) {
      const Real j1 = (right[j] - left[j]) / (2 * h), j2 = (up[j] - down[j]) / (2 * h);
      a += j1 * j1;
      b += j1 * j2;
      c += j2 * j2;
      g1 += j1 * d[j];
      g2 += j2 * d[j];
    }
    bool moved = false;
    for (int tries = 0; tries < 60 && !moved; ++tries) {
      const Real a1 = a * (1 + damping), c1 = c * (1 + damping), determinant = a1 * c1 - b * b;
      const Real s1 = (b * g2 - c1 * g1) / determinant, s2 = (b * g1 - a1 * g2) / determinant;
      if (is_finite(s1) && is_finite(s2) && fabs(Real(u + s1)) < limit && fabs(Real(v + s2)) < limit) {
        auto next = residuals(Real(u + s1), Real(v + s2));
        const Real below = squares(next);
        const Real step = fabs(s1) + fabs(s2);
        if (below <= sum) {
          moved = true;
          u += s1;
          v += s2;
          d = std::move(next);
          sum = below;
          damping /= 10;
        }
        if (step < Real(64) * h * h) {
          f.convergence.converged = true;
          break;
        }
      }
      if (!moved) damping *= 10;
    }
    if (f.convergence.converged || !moved) break;
  }
  const Real alpha = exp(u), beta = exp(v), both = alpha + beta;
  f.parameters = {alpha, beta};
  f.mean = alpha / both;
  f.sd = sqrt(Real(alpha * beta / (both + 1))) / both;
  f.sum_of_squares = sum;
  return f;
}

}  // namespace metapool::detail
