// SPDX-License-Identifier: BSL-1.0
// Mean and standard deviation from quantiles without the assumption of normal data.
#pragma once

#include <metapool/conversion/five_numbers.hpp>
#include <metapool/data/check.hpp>
#include <metapool/math/beta.hpp>
#include <metapool/math/convergence.hpp>
#include <metapool/math/gamma.hpp>
#include <metapool/math/normal.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

namespace metapool {

/// A distribution that may have made the quantiles.
enum class quantile_family : std::uint8_t { normal, log_normal, gamma, weibull, beta };

/// The name of a family: "log-normal".
constexpr std::string_view name_of(quantile_family f) {
  constexpr std::array<std::string_view, 5> names{"normal", "log-normal", "gamma", "Weibull", "beta"};
  return names[static_cast<std::size_t>(f)];
}

/// One fitted distribution. parameters: normal mean and sd; log-normal those of the logarithm; gamma and Weibull shape and scale; beta its two shapes.
template <class Real = double>
struct quantile_fit {
  quantile_family family{};
  std::array<Real, 2> parameters{};
  Real mean{};
  Real sd{};
  Real sum_of_squares{};  ///< of the distances of reported and fitted quantiles, in squared units of the outcome
  metapool::convergence<Real> convergence{};
};

/// All fits, the best first.
template <class Real = double>
struct quantile_estimate_result {
  std::vector<quantile_fit<Real>> fits{};
  const quantile_fit<Real>& best() const { return fits.front(); }
  Real mean() const { return best().mean; }
  Real sd() const { return best().sd; }
};

namespace detail {

template <class Real>
struct reported_quantiles {
  std::vector<Real> p{}, q{};
};

/// Least squares of q on s h_i(shape) for a given shape: the best s, what is left, and h' by the shape's logarithm for the slope.
template <class Real>
struct scale_family_step {
  Real scale{}, rest{}, slope{};
};

/// `h(shape, i)`: the quantile at p_i with scale 1; `slope_of_h` its derivative by log(shape).
template <class Real, class H, class Slope>
scale_family_step<Real> profile_scale(const reported_quantiles<Real>& x, const Real& shape, const H& h, const Slope& slope_of_h) {
  Real hh = 0, hq = 0, largest = 0;
  std::vector<Real> values;
  for (std::size_t i = 0; i < x.q.size(); ++i) values.push_back(h(shape, i));
  for (const Real& v : values) largest = (std::max)(largest, v);
  for (Real& v : values) v /= largest;  // no overflow in the squares
  for (std::size_t i = 0; i < x.q.size(); ++i) {
    hh += values[i] * values[i];
    hq += values[i] * x.q[i];
  }
  scale_family_step<Real> r;
  const Real s = hq / hh;
  for (std::size_t i = 0; i < x.q.size(); ++i) {
    const Real distance = x.q[i] - s * values[i];
    r.rest += distance * distance;
    r.slope -= 2 * s * distance * slope_of_h(shape, i) / largest;
  }
  r.scale = s / largest;
  return r;
}

/// The shape with the least rest: a scan over `decades` around 1, then the slope's root beside the best point.
template <class Real, class H, class Slope>
std::pair<Real, scale_family_step<Real>> best_shape(const reported_quantiles<Real>& x, const Real& from, const Real& to, const H& h, const Slope& slope_of_h,
                                                    convergence<Real>& state) {
  using std::exp, std::isfinite, std::log;
  const auto at = [&](const Real& u) {
    ++state.iterations;
    return profile_scale(x, Real(exp(u)), h, slope_of_h);
  };
  constexpr int steps = 120;
  const Real width = (log(to) - log(from)) / steps;
  Real best = log(from), least = std::numeric_limits<Real>::infinity();
  for (int i = 0; i <= steps; ++i) {
    const Real u = log(from) + Real(i) * width;
    const auto step = at(u);
    if (isfinite(step.rest) && step.rest < least) {
      least = step.rest;
      best = u;
    }
  }
  // a root of the slope lies in [best - width, best + width]: bisection with secant steps on the slope
  Real low = best - width, high = best + width;
  Real f_low = at(low).slope, f_high = at(high).slope;
  if (!(f_low < 0 && f_high > 0)) state.converged = false;  // the least value lies at an end of the scan: no minimum
  for (int i = 0; state.converged && i < 400 && high - low > 4 * std::numeric_limits<Real>::epsilon() * (1 + (best < 0 ? Real(-best) : best)); ++i) {
    Real middle = i % 3 == 2 ? Real((low + high) / 2) : Real(low - f_low * (high - low) / (f_high - f_low));
    if (!(middle > low && middle < high)) middle = (low + high) / 2;
    if (!(middle > low && middle < high)) break;
    const Real f = at(middle).slope;
    best = middle;
    if (f == 0) break;
    if (f < 0) {
      low = middle;
      f_low = f;
    } else {
      high = middle;
      f_high = f;
    }
  }
  const auto step = at(best);
  state.residual = step.slope;
  return {Real(exp(best)), step};
}

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
