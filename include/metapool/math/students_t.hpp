// SPDX-License-Identifier: BSL-1.0
// Student's t distribution, by Boost.Math.
#pragma once

#include <metapool/math/arithmetic.hpp>
#include <metapool/math/constants.hpp>
#include <metapool/math/policy.hpp>

#include <boost/math/distributions/students_t.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <boost/math/tools/fraction.hpp>

#include <cmath>
#include <limits>
#include <utility>

namespace metapool::detail {

template <class Real>
using students_t_type = boost::math::students_t_distribution<Real, math_policy>;

/// P(T <= t) with df > 0 degrees of freedom.
template <class Real>
Real t_cdf(const Real& t, const Real& df) {
  return boost::math::cdf(students_t_type<Real>(df), t);
}

/// P(T > t), accurate in the tail.
template <class Real>
Real t_upper_tail(const Real& t, const Real& df) {
  return boost::math::cdf(boost::math::complement(students_t_type<Real>(df), t));
}

/// The two-sided critical value of an interval at `level`: 2.776 for 0.95 and df = 4.
template <class Real>
Real t_critical(double level, const Real& df) {
  return boost::math::quantile(boost::math::complement(students_t_type<Real>(df), tail_of_level<Real>(level)));
}

/// t with P(T > t) = q, 0 < q < 1.
template <class Real>
Real t_upper_quantile(const Real& q, const Real& df) {
  return boost::math::quantile(boost::math::complement(students_t_type<Real>(df), q));
}

/// P(|T| > |t|).
template <class Real>
Real t_two_sided_p(const Real& t, const Real& df) {
  using std::fabs;
  return 2 * t_upper_tail<Real>(fabs(t), df);
}

/// log P(T > t), t > 0, also where the tail itself is below the smallest number: there by the continued fraction of the incomplete
/// beta function, P(T > t) = I_x(df/2, 1/2) / 2 with x = df / (df + t^2) (DLMF 8.17.22).
template <class Real>
Real log_t_upper_tail(const Real& t, const Real& df) {
  using std::log;
  using std::log1p;
  using std::sqrt;
  const Real tail = t_upper_tail(t, df);
  if (!(t > 0) || tail > (std::numeric_limits<Real>::min)() * Real(1e8)) return log(tail);
  struct terms {
    using result_type = std::pair<Real, Real>;
    Real a, x;
    int n = 0;
    result_type operator()() {
      const Real b = Real(1) / 2;
      if (n == 0) {
        n = 1;
        return {Real(0), Real(1)};
      }
      const int i = n++;
      const Real m = Real(i / 2);
      if (i % 2 == 1) return {Real(-(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))), Real(1)};
      return {Real(m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))), Real(1)};
    }
  };
  const Real a = df / 2;
  const Real ratio = t / sqrt(df);
  const Real odds = ratio * ratio;  // x = 1 / (1 + odds)
  const Real log_1p_odds = ratio * std::numeric_limits<Real>::epsilon() > 1 ? Real(2 * log(ratio)) : Real(log1p(odds));  // odds may overflow
  terms generator{a, Real(1 / (1 + odds))};
  const Real fraction = boost::math::tools::continued_fraction_b(generator, std::numeric_limits<Real>::epsilon());
  const Real beta = boost::math::tgamma_delta_ratio(a, Real(Real(1) / 2), math_policy()) * sqrt(pi<Real>());
  return -a * log_1p_odds - log1p(Real(1 / odds)) / 2 - log(Real(a * beta * fraction)) - log(Real(2));
}

}  // namespace metapool::detail
