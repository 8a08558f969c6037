// SPDX-License-Identifier: BSL-1.0
// Student's t as a mixture of normal distributions.
#pragma once

#include <metapool/math/constants.hpp>
#include <metapool/math/gamma_ratio.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

namespace metapool::detail {

/// One normal distribution of a scale mixture: its weight, and its variance in units of the squared scale.
template <class Real>
struct scale_part {
  Real weight{};
  Real variance{};
};

/// log of the density of Student's t with df degrees of freedom at z.
template <class Real>
Real log_t_density(const Real& z, const Real& df) {
  using std::log, std::log1p;
  return -log(Real(gamma_half_ratio(Real(df / 2)))) - log(Real(df * pi<Real>())) / 2 - (df + 1) / 2 * log1p(Real(z * z / df));
}

/// Weights and variances with t_df = sum of weight N(0, variance) within a relative error of a few hundred times `accuracy`, for its density anywhere within `reach` scales
/// of the middle and for that density convolved with any normal one: the precision is gamma with shape and rate df / 2, and the integral over its
/// logarithm u a sum over equal steps. The integrand is analytic for |Im u| < pi / 2, so that the error falls as exp(-pi^2 / step); for many degrees of
/// freedom it is a normal peak of sd sqrt(2 / df), and the step follows. The weights are scaled by the density at 0.
template <class Real>
std::vector<scale_part<Real>> t_as_normals(const Real& df, const Real& reach, const Real& accuracy = std::numeric_limits<Real>::epsilon()) {
  using std::exp, std::log, std::sqrt;
  const Real a = df / 2, depth = 2 - log(accuracy);
  const Real narrow = sqrt(Real(1 / a));
  Real step = 9 / depth;
  if (Real(20) / depth * narrow < step) step = Real(20) / depth * narrow;
  const auto log_weight = [&](const Real& u) { return Real(a * (u + 1 - exp(u))); };
  std::vector<scale_part<Real>> parts;
  // to the right until the gamma density is negligible; to the left until it is, relative to the tail where the data are
  for (Real u = 0; log_weight(u) > -depth; u += step) parts.push_back({Real(exp(log_weight(u))), Real(exp(Real(-u)))});
  const Real corner = reach > 1 ? Real(-2 * log(reach)) : Real(0);
  for (Real u = -step; u > corner || log_weight(u) + (u - corner) / 2 > log_weight(corner) - depth; u -= step) {
    parts.push_back({Real(exp(log_weight(u))), Real(exp(Real(-u)))});
  }
  // not by the weights' own sum: with few degrees of freedom the left end that was cut off holds mass, of which the density at 0 feels nothing
  Real at_zero = 0;
  for (const auto& p : parts) at_zero += p.weight / sqrt(p.variance);
  const Real total = at_zero / sqrt(Real(2 * pi<Real>())) / exp(log_t_density(Real(0), df));
  for (auto& p : parts) p.weight /= total;
  return parts;
}

}  // namespace metapool::detail
