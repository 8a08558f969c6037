// SPDX-License-Identifier: BSL-1.0
// Effect sizes of one group's mean and standard deviation.
#pragma once

#include <metapool/data/group_mean.hpp>
#include <metapool/effect/study_effects.hpp>

#include <cmath>

namespace metapool {

namespace detail {

template <class Real>
study_status mean_status(const group_mean<Real>& s, bool positive) {
  if (!s.mean) return study_status::not_reported;
  if (positive && !(*s.mean > 0)) return study_status::not_defined;
  return study_status::pooled;
}

template <class Real>
study_status sd_status(const group_mean<Real>& s) {
  if (!(*s.total >= 2)) return study_status::too_small;
  return *s.sd > 0 ? study_status::pooled : study_status::not_defined;
}

}  // namespace detail

/// Raw mean: y = m, v = sd^2 / n (metafor's "MN"). Scale: identity, units of the outcome. sd = 0 leaves no variance: not pooled.
struct raw_mean {
  static constexpr measure_info info{"raw_mean", "Mean", "mean", scale::identity, false};

  template <class Real>
  static study_status status(const group_mean<Real>& s) {
    return detail::mean_status(s, false);
  }
  template <class Real>
  effect<Real> operator()(const group_mean<Real>& s) const {
    return {*s.mean, *s.sd * *s.sd / *s.total};
  }
};

/// Log mean: y = log(m), v = sd^2 / (n m^2) (metafor's "MNLN"). Scale: log. Domain: m > 0, for an outcome on a ratio scale.
struct log_mean {
  static constexpr measure_info info{"log_mean", "Mean", "mean", scale::log, false};

  template <class Real>
  static study_status status(const group_mean<Real>& s) {
    return detail::mean_status(s, true);
  }
  template <class Real>
  effect<Real> operator()(const group_mean<Real>& s) const {
    using std::log;
    const Real cv = *s.sd / *s.mean;
    return {log(*s.mean), cv * cv / *s.total};
  }
};

/// Log standard deviation: y = log(sd) + 1 / (2 (n - 1)), v = 1 / (2 (n - 1)) (metafor's "SDLN"). Scale: log. Domain: sd > 0, n >= 2.
/// Needs no mean. Nakagawa et al. (2015) Methods Ecol Evol 6:143, doi:10.1111/2041-210X.12309.
struct log_sd {
  static constexpr measure_info info{"log_sd", "SD", "standard deviation", scale::log, false};

  template <class Real>
  static study_status status(const group_mean<Real>& s) {
    return detail::sd_status(s);
  }
  template <class Real>
  effect<Real> operator()(const group_mean<Real>& s) const {
    using std::log;
    const Real bias = 1 / (2 * (*s.total - 1));
    return {log(*s.sd) + bias, bias};
  }
};

/// Log coefficient of variation: y = log(sd / m) + 1 / (2 (n - 1)), v = 1 / (2 (n - 1)) + sd^2 / (n m^2) (metafor's "CVLN"). Scale: log.
/// Domain: m > 0, sd > 0, n >= 2. Nakagawa et al. (2015) Methods Ecol Evol 6:143, doi:10.1111/2041-210X.12309.
struct log_cv {
  static constexpr measure_info info{"log_cv", "CV", "coefficient of variation", scale::log, false};

  template <class Real>
  static study_status status(const group_mean<Real>& s) {
    const study_status mean = detail::mean_status(s, true);
    return mean == study_status::pooled ? detail::sd_status(s) : mean;
  }
  template <class Real>
  effect<Real> operator()(const group_mean<Real>& s) const {
    using std::log;
    const Real cv = *s.sd / *s.mean, bias = 1 / (2 * (*s.total - 1));
    return {log(cv) + bias, bias + cv * cv / *s.total};
  }
};

}  // namespace metapool
