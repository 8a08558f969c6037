// SPDX-License-Identifier: BSL-1.0
// Mean and standard deviation from quantiles without the assumption of normal data.
#pragma once

#include <metapool/conversion/fit_beta.hpp>
#include <metapool/conversion/fit_scale_family.hpp>
#include <metapool/conversion/five_numbers.hpp>
#include <metapool/conversion/quantile_fit.hpp>
#include <metapool/data/check.hpp>
#include <metapool/math/gamma.hpp>
#include <metapool/math/normal.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

namespace metapool {

namespace detail {

template <class Real>
quantile_fit<Real> fit_normal(const reported_quantiles<Real>& x, const std::vector<Real>& z) {
  using std::sqrt;
  // the p are symmetric about 1/2, so the z sum to 0 and the least squares decouple
  quantile_fit<Real> f;
  f.family = quantile_family::normal;
  Real zz = 0, zq = 0, sum = 0;
  for (std::size_t i = 0; i < z.size(); ++i) {
    zz += z[i] * z[i];
    zq += z[i] * x.q[i];
    sum += x.q[i];
  }
  f.mean = sum / Real(z.size());
  f.sd = zq / zz;
  for (std::size_t i = 0; i < z.size(); ++i) {
    const Real d = x.q[i] - (f.mean + f.sd * z[i]);
    f.sum_of_squares += d * d;
  }
  f.parameters = {f.mean, f.sd};
  return f;
}

}  // namespace detail

/// Mean and standard deviation by quantile estimation: each family is fitted by least squares to the reported quantiles (minimum and maximum
/// as those of 1/n and 1 - 1/n), and the moments of the one that fits best are taken. For skewed data; see skewness_test.
/// Families: normal always; log-normal, gamma and Weibull if all quantiles are positive; beta if all lie between 0 and 1. A family whose least
/// squares have no minimum is left out of the result.
/// Throws input_error as sd_from_five_numbers, and if n < 3 with a range; not_estimable if all quantiles are the same number.
/// The scale is eliminated in closed form, the shape found by a scan and the root of the slope: 8 significant digits (gamma: the slope is
/// numerical; beta: both shapes by damped Gauss-Newton steps, 7 digits). McGrath, Zhao, Steele, Thombs & Benedetti (2020) Stat Methods Med Res 29:2520, doi:10.1177/0962280219889080.
template <class Real>
quantile_estimate_result<Real> quantile_estimate(const five_numbers<Real>& x) {
  using std::exp, std::expm1, std::log, std::pow, std::sqrt;
  constexpr const char* function = "quantile_estimate";
  detail::check(x, function);
  if (x.has_range() && !(x.n >= 3)) detail::throw_input_error(function, "n = " + detail::to_text(x.n) + " must be at least 3 where the range is used");
  detail::reported_quantiles<Real> r;
  const auto add = [&](const Real& p, const Real& q) {
    r.p.push_back(p);
    r.q.push_back(q);
  };
  const Real quarter = Real(1) / 4;
  if (x.has_range()) add(Real(1 / x.n), *x.minimum);
  if (x.has_quartiles()) add(quarter, *x.q1);
  add(2 * quarter, x.median);
  if (x.has_quartiles()) add(3 * quarter, *x.q3);
  if (x.has_range()) add(Real(1 - 1 / x.n), *x.maximum);
  if (!(r.q.back() > r.q.front())) detail::throw_not_estimable(function, "all quantiles are the same number");

  const std::size_t k = r.p.size();
  std::vector<Real> z(k), l(k);  // normal quantiles; -log(1 - p), the exponential's
  for (std::size_t i = 0; i < k; ++i) {
    const Real lower = r.p[i], upper = r.p[k - 1 - i];  // 1 - p, without rounding near 1
    z[i] = i == k / 2 ? Real(0) : lower < Real(0.5) ? Real(-detail::normal_upper_quantile<Real>(lower)) : detail::normal_upper_quantile<Real>(upper);
    using std::log1p;
    l[i] = lower < Real(0.5) ? Real(-log1p(Real(-lower))) : Real(-log(upper));
  }
  quantile_estimate_result<Real> result;
  result.fits.push_back(detail::fit_normal(r, z));
  if (r.q.front() > 0) {
    const auto keep = [&](const quantile_fit<Real>& f) {
      if (f.convergence.converged && detail::is_finite(f.mean) && detail::is_finite(f.sd)) result.fits.push_back(f);
    };
    {
      quantile_fit<Real> f;
      f.family = quantile_family::log_normal;
      const auto fit = detail::best_shape<Real>(
          r, Real(1e-4), Real(20), [&](const Real& s, std::size_t i) { return Real(exp(Real(s * z[i]))); },
          [&](const Real& s, std::size_t i) { return Real(s * z[i] * exp(Real(s * z[i]))); }, f.convergence);
      const Real s = fit.first;
      f.parameters = {Real(log(fit.second.scale)), s};
      f.mean = fit.second.scale * exp(Real(s * s / 2));
      f.sd = f.mean * sqrt(Real(expm1(Real(s * s))));
      f.sum_of_squares = fit.second.rest;
      keep(f);
    }
    {
      quantile_fit<Real> f;
      f.family = quantile_family::gamma;
      const auto h = [&](const Real& shape, std::size_t i) { return detail::gamma_quantile<Real>(shape, r.p[i]); };
      const Real d = pow(std::numeric_limits<Real>::epsilon(), Real(0.2));
      const auto slope = [&](const Real& shape, std::size_t i) {  // five points, by log(shape)
        const auto at = [&](int steps) { return h(Real(shape * exp(Real(Real(steps) * d))), i); };
        return Real((8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * d));
      };
      const auto fit = detail::best_shape<Real>(r, Real(0.02), Real(1e5), h, slope, f.convergence);
      f.parameters = {fit.first, fit.second.scale};
      f.mean = fit.first * fit.second.scale;
      f.sd = sqrt(fit.first) * fit.second.scale;
      f.sum_of_squares = fit.second.rest;
      keep(f);
    }
    {
      quantile_fit<Real> f;
      f.family = quantile_family::weibull;
      const auto fit = detail::best_shape<Real>(
          r, Real(0.05), Real(1e3), [&](const Real& s, std::size_t i) { return Real(pow(l[i], Real(1 / s))); },
          [&](const Real& s, std::size_t i) { return Real(-pow(l[i], Real(1 / s)) * log(l[i]) / s); }, f.convergence);
      const Real s = fit.first, g1 = detail::gamma_function<Real>(Real(1 + 1 / s)), g2 = detail::gamma_function<Real>(Real(1 + 2 / s));
      f.parameters = {s, fit.second.scale};
      f.mean = fit.second.scale * g1;
      f.sd = fit.second.scale * sqrt(Real(g2 - g1 * g1));
      f.sum_of_squares = fit.second.rest;
      keep(f);
    }
    if (r.q.back() < 1) keep(detail::fit_beta(r, result.fits.front().mean, result.fits.front().sd));
  }
  std::stable_sort(result.fits.begin(), result.fits.end(), [](const auto& a, const auto& b) { return a.sum_of_squares < b.sum_of_squares; });
  return result;
}

}  // namespace metapool
