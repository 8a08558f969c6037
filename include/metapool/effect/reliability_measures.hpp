// SPDX-License-Identifier: BSL-1.0
// Effect sizes of Cronbach's alpha of m items in n persons.
#pragma once

#include <metapool/data/reliability.hpp>
#include <metapool/effect/scale.hpp>
#include <metapool/effect/study_effects.hpp>

#include <cmath>

namespace metapool {

namespace detail {

/// 2 m / ((m - 1) (n - 2)), the variance of log(1 - alpha).
template <class Real>
Real bonett_variance(const reliability<Real>& s) {
  return 2 * *s.items / ((*s.items - 1) * (*s.total - 2));
}

template <class Real>
study_status reliability_status(const reliability<Real>& s, bool finite_at_one) {
  if (!(*s.total >= 3)) return study_status::too_small;
  return finite_at_one || *s.alpha < 1 ? study_status::pooled : study_status::not_defined;
}

}  // namespace detail

/// Raw alpha: y = a, v = 2 m (1 - a)^2 / ((m - 1)(n - 2)) (metafor's "ARAW"). Scale: identity. Domain: n >= 3; a = 1 has variance 0 and is not
/// pooled. Feldt, Woodruff & Salih (1987) Appl Psychol Meas 11:93.
struct raw_reliability {
  static constexpr measure_info info{"raw_reliability", "alpha", "Cronbach's alpha", scale::identity, false};

  template <class Real>
  static study_status status(const reliability<Real>& s) {
    return detail::reliability_status(s, true);
  }
  template <class Real>
  effect<Real> operator()(const reliability<Real>& s) const {
    const Real rest = 1 - *s.alpha;
    return {*s.alpha, rest * rest * detail::bonett_variance(s)};
  }
};

/// Hakstian and Whalen's transformation: y = 1 - (1 - a)^(1/3), v = 18 m (n - 1) (1 - a)^(2/3) / ((m - 1) (9 n - 11)^2) (metafor's "AHW"; the
/// original is (1 - a)^(1/3), which falls where alpha rises). Scale: cube root complement. Domain: n >= 3; a = 1 is not pooled (v = 0).
/// Hakstian & Whalen (1976) Psychometrika 41:219, doi:10.1007/BF02291840.
struct hakstian_whalen_reliability {
  static constexpr measure_info info{"hakstian_whalen_reliability", "alpha", "Cronbach's alpha", scale::cube_root_complement, false};

  template <class Real>
  static study_status status(const reliability<Real>& s) {
    return detail::reliability_status(s, true);
  }
  template <class Real>
  effect<Real> operator()(const reliability<Real>& s) const {
    using std::exp, std::log1p;
    const Real &a = *s.alpha, &m = *s.items, &n = *s.total;
    if (a == 1) return {Real(1), Real(0)};
    const Real root = exp(Real(log1p(Real(-a)) / 3)), size = 9 * n - 11;
    return {from_natural(scale::cube_root_complement, a), 18 * m / (m - 1) * ((n - 1) / size) * (root * root / size)};
  }
};

/// Bonett's transformation: y = -log(1 - a), v = 2 m / ((m - 1)(n - 2)) (metafor's "ABT"; the original has the other sign). Scale: log
/// complement. Domain: n >= 3, a < 1 (a = 1 is not pooled, with status not_defined).
/// Bonett (2002) J Educ Behav Stat 27:335, doi:10.3102/10769986027004335.
struct bonett_reliability {
  static constexpr measure_info info{"bonett_reliability", "alpha", "Cronbach's alpha", scale::log_complement, false};

  template <class Real>
  static study_status status(const reliability<Real>& s) {
    return detail::reliability_status(s, false);
  }
  template <class Real>
  effect<Real> operator()(const reliability<Real>& s) const {
    return {from_natural(scale::log_complement, *s.alpha), detail::bonett_variance(s)};
  }
};

}  // namespace metapool
