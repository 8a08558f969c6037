// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/conversion/five_numbers.hpp>
#include <metapool/math/constants.hpp>
#include <metapool/math/quadrature.hpp>
#include <metapool/math/roots.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

namespace metapool {

/// What to do with numbers that are more skewed than log-normal ones, for which the transformation that makes them symmetric has lambda < 0 and a
/// mean or variance that is infinite.
enum class negative_lambda : std::uint8_t {
  refused,   ///< not_estimable
  logarithm  ///< lambda = 0, as the authors' program estmeansd does: mean and SD are then too small rather than infinite
};

/// Mean and standard deviation by way of a Box-Cox transformation to normal data.
template <class Real = double>
struct box_cox_result {
  Real mean{};
  Real sd{};
  Real lambda{};            ///< exponent of the transformation; 1: none, 0: logarithm
  Real transformed_mean{};  ///< of y = ((x / median)^lambda - 1) / lambda
  Real transformed_sd{};
  metapool::convergence<Real> convergence{};
};

namespace detail {

/// (r^lambda - 1) / lambda, log r at lambda = 0; r > 0. Rises with lambda for every r.
template <class Real>
Real box_cox_transform(const Real& r, const Real& lambda) {
  using std::expm1, std::fabs, std::log;
  const Real l = log(r), a = lambda * l;
  return fabs(a) < std::numeric_limits<Real>::epsilon() ? l : Real(expm1(a) / lambda);
}

}  // namespace detail

/// Mean and standard deviation of skewed data by a Box-Cox transformation, from median with quartiles, range or both.
///
/// lambda makes the transformed quartiles (range; both: the sum of the two) symmetric about the transformed median. The transformed mean and SD are those of
/// Luo (2018), Wan (2014) and Shi (2020); mean and SD of x follow by quadrature over the normal distribution cut to where x is positive.
/// McGrath et al. draw random numbers instead and choose lambda for both pairs by least squares.
/// Throws input_error as sd_from_five_numbers, and if a number is not positive; not_estimable if a pair coincides with the median, or if
/// lambda < 0: the transformed normal then has a tail in x without finite mean or variance (use quantile_estimate, or see negative_lambda).
/// lambda by a bracketed root of a rising function; 10 significant digits.
/// McGrath, Zhao, Steele, Thombs & Benedetti (2020) Stat Methods Med Res 29:2520, doi:10.1177/0962280219889080.
template <class Real>
box_cox_result<Real> box_cox(const five_numbers<Real>& x, negative_lambda beyond_log = negative_lambda::refused) {
  using std::exp, std::log, std::pow, std::sqrt;
  constexpr const char* function = "box_cox";
  detail::check(x, function);
  const Real smallest = x.has_range() ? *x.minimum : *x.q1;
  if (!(smallest > 0)) detail::throw_input_error(function, "the smallest number = " + detail::to_text(smallest) + " must be positive");
  const Real m = x.median;
  const auto one_sided = [&](const std::optional<Real>& low, const std::optional<Real>& high) { return low && (!(*low < m) || !(m < *high)); };
  if (one_sided(x.q1, x.q3) || one_sided(x.minimum, x.maximum)) detail::throw_not_estimable(function, "the median coincides with a quartile or an end of the range");

  const auto asymmetry = [&](const Real& lambda) {
    const auto pair = [&](const Real& low, const Real& high) {
      return Real(detail::box_cox_transform(Real(low / m), lambda) + detail::box_cox_transform(Real(high / m), lambda));
    };
    Real sum = 0;
    if (x.has_quartiles()) sum += pair(*x.q1, *x.q3);
    if (x.has_range()) sum += pair(*x.minimum, *x.maximum);
    return sum;
  };
  box_cox_result<Real> r;
  const Real at_log = asymmetry(Real(0));
  if (at_log > 64 * std::numeric_limits<Real>::epsilon() && beyond_log == negative_lambda::refused) {
    detail::throw_not_estimable(function, "the numbers are more skewed than log-normal ones: after the transformation that makes them symmetric (lambda < 0) mean or variance are infinite; use quantile_estimate, or negative_lambda::logarithm to take them for log-normal");
  }
  if (at_log < 0) {
    Real upper = 1;
    while (asymmetry(upper) < 0 && upper < 1024) upper *= 2;
    r.lambda = detail::bracketed_root<Real>(asymmetry, Real(0), upper, r.convergence);
    if (!r.convergence.converged) detail::throw_not_estimable(function, "no transformation makes the numbers symmetric");
  }

  five_numbers<Real> y;
  y.n = x.n;
  y.median = 0;
  const auto transformed = [&](const std::optional<Real>& v) {
    return v ? std::optional<Real>(detail::box_cox_transform(Real(*v / m), r.lambda)) : std::optional<Real>{};
  };
  y.minimum = transformed(x.minimum);
  y.q1 = transformed(x.q1);
  y.q3 = transformed(x.q3);
  y.maximum = transformed(x.maximum);
  const mean_and_sd<Real> moments = mean_and_sd_from_five_numbers(y);
  r.transformed_mean = moments.mean;
  r.transformed_sd = moments.sd;

  // x = m (1 + lambda (mean + sd z))^(1/lambda), z standard normal where the base is positive
  const Real reach = sqrt(Real(-2 * log(std::numeric_limits<Real>::epsilon()))) + 4;
  Real low = -reach;
  if (r.lambda > 0) {
    const Real edge = -(1 / r.lambda + moments.mean) / moments.sd;
    if (edge > low) low = edge;
  }
  const auto value = [&](const Real& z) {
    using std::exp, std::log1p;
    const Real t = moments.mean + moments.sd * z;
    const Real a = r.lambda * t;
    if (!(a > -1)) return Real(0);
    return r.lambda > std::numeric_limits<Real>::epsilon() ? Real(exp(Real(log1p(a) / r.lambda))) : Real(exp(t));
  };
  const auto weighted = [&](const auto& g) {
    return detail::integrate<Real>([&](const Real& z) { return Real(g(z) * exp(Real(-z * z / 2))); }, low, reach);
  };
  const Real mass = weighted([](const Real&) { return Real(1); });
  const Real mean = weighted(value) / mass;
  const Real variance = weighted([&](const Real& z) {
                          const Real d = value(z) - mean;
                          return Real(d * d);
                        }) / mass;
  r.mean = m * mean;
  r.sd = m * sqrt(variance);
  return r;
}

}  // namespace metapool
