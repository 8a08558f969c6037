// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/math/constants.hpp>
#include <metapool/math/gamma.hpp>
#include <metapool/math/gamma_ratio.hpp>

#include <cmath>
#include <concepts>
#include <limits>
#include <span>
#include <string>

namespace metapool {

/// A prior of the between-study standard deviation tau. Scale: that of y (log risk ratios, say). A type of the user's own needs
///  - log_density(tau): the logarithm of the density of tau (not of tau squared) at tau > 0; -infinity where it is 0, never NaN;
///    a factor that does not depend on tau matters for the marginal likelihood only;
///  - upper(): where the support ends, infinity if it does not (inside it, the density must be smooth: no kinks or jumps);
///  - tail_power(): the a of a tail that falls as tau^-a, infinity if it falls faster than every power or the support ends;
///  - proper(): whether the density integrates to 1;
///  - name(): words for a report.
/// A prior that depends on the studies' variances has log_density(tau, v) instead.
template <class Prior, class Real = double>
concept tau_prior = requires(const Prior& prior, const Real& tau, std::span<const Real> v) {
  { prior.upper() } -> std::convertible_to<double>;
  { prior.tail_power() } -> std::convertible_to<double>;
  { prior.proper() } -> std::convertible_to<bool>;
  { prior.name() } -> std::convertible_to<std::string>;
} && (requires(const Prior& prior, const Real& tau) { { prior.log_density(tau) } -> std::convertible_to<Real>; } ||
      requires(const Prior& prior, const Real& tau, std::span<const Real> v) { { prior.log_density(tau, v) } -> std::convertible_to<Real>; });

namespace detail {

struct unbounded_prior {
  double upper() const { return std::numeric_limits<double>::infinity(); }
};

template <class = void>
void check_prior_number(const char* prior, const char* what, double x) {
  if (!(x > 0 && is_finite(x))) throw_input_error(prior, std::string(what) + " = " + to_text(x) + " must be positive and finite");
}

/// log of the normalising constant of Student's t: log Gamma((df + 1) / 2) - log Gamma(df / 2) - log(df pi) / 2.
template <class Real>
Real log_t_constant(const Real& df) {
  using std::log;
  return -log(Real(gamma_half_ratio(Real(df / 2)))) - log(Real(df * pi<Real>())) / 2;
}

}  // namespace detail

/// |N(0, scale^2)|: proper, falls faster than every power; median 0.674 scale. Scale 0.5 is a common choice for log odds ratios, log risk
/// ratios and standardised mean differences (Friede et al. 2017; Roever et al. 2021 Res Synth Methods 12:448, doi:10.1002/jrsm.1475).
struct half_normal : detail::unbounded_prior {
  double scale = 0.5;
  explicit half_normal(double scale_ = 0.5) : scale(scale_) { detail::check_prior_number<>("half_normal", "scale", scale); }
  double tail_power() const { return std::numeric_limits<double>::infinity(); }
  bool proper() const { return true; }
  std::string name() const { return "half-normal, scale " + detail::to_text(scale); }
  template <class Real>
  Real log_density(const Real& tau) const {
    using std::log;
    const Real z = tau / Real(scale);
    return log(Real(2 / (detail::pi<Real>() * Real(scale) * Real(scale)))) / 2 - z * z / 2;
  }
};

/// |t| with df degrees of freedom times scale: proper, falls as tau^-(df + 1). Throws input_error unless scale > 0 and 0 < df <= 1000.
struct half_t : detail::unbounded_prior {
  double scale = 0.5;
  double df = 4;
  half_t(double scale_, double df_) : scale(scale_), df(df_) {
    detail::check_prior_number<>("half_t", "scale", scale);
    detail::check_prior_number<>("half_t", "df", df);
    if (df > 1000) detail::throw_input_error("half_t", "df = " + detail::to_text(df) + " must not exceed 1000; use half_normal");
  }
  double tail_power() const { return df + 1; }
  bool proper() const { return true; }
  std::string name() const { return "half-t, " + detail::to_text(df) + " degrees of freedom, scale " + detail::to_text(scale); }
  template <class Real>
  Real log_density(const Real& tau) const {
    using std::log, std::log1p;
    const Real z = tau / Real(scale);
    return log(Real(2 / Real(scale))) + detail::log_t_constant(Real(df)) - (Real(df) + 1) / 2 * log1p(Real(z * z / Real(df)));
  }
};

/// half_t with one degree of freedom (Gelman 2006; Polson & Scott 2012): proper, falls as tau^-2, its mean is infinite; median: scale.
struct half_cauchy : detail::unbounded_prior {
  double scale = 0.5;
  explicit half_cauchy(double scale_ = 0.5) : scale(scale_) { detail::check_prior_number<>("half_cauchy", "scale", scale); }
  double tail_power() const { return 2; }
  bool proper() const { return true; }
  std::string name() const { return "half-Cauchy, scale " + detail::to_text(scale); }
  template <class Real>
  Real log_density(const Real& tau) const {
    using std::log, std::log1p;
    const Real z = tau / Real(scale);
    return log(Real(2 / (detail::pi<Real>() * Real(scale)))) - log1p(Real(z * z));
  }
};

/// Uniform from 0 to the upper end: proper.
struct uniform_tau {
  double end = 1;
  explicit uniform_tau(double upper_end) : end(upper_end) { detail::check_prior_number<>("uniform_tau", "upper end", end); }
  double upper() const { return end; }
  double tail_power() const { return std::numeric_limits<double>::infinity(); }
  bool proper() const { return true; }
  std::string name() const { return "uniform from 0 to " + detail::to_text(end); }
  template <class Real>
  Real log_density(const Real&) const {
    using std::log;
    return -log(Real(end));
  }
};

/// Constant on tau > 0: improper; needs three studies (one with a proper prior of the mean less).
struct flat_tau : detail::unbounded_prior {
  double tail_power() const { return 0; }
  bool proper() const { return false; }
  std::string name() const { return "flat"; }
  template <class Real>
  Real log_density(const Real&) const {
    return Real(0);
  }
};

/// Jeffreys's prior of tau as R's bayesmeta has it: sqrt(sum (tau / (v_i + tau^2))^2). Improper, falls as 1 / tau; needs two studies
/// (one less with a proper prior of the mean). Bodnar et al. (2017) Stat Med 36:378.
struct jeffreys_tau : detail::unbounded_prior {
  double tail_power() const { return 1; }
  bool proper() const { return false; }
  std::string name() const { return "Jeffreys"; }
  template <class Real>
  Real log_density(const Real& tau, std::span<const Real> v) const {
    using std::log;
    Real least = v[0];
    for (const Real& x : v) least = x < least ? x : least;
    Real sum = 0;  // relative to the largest term, so that no square underflows
    for (const Real& x : v) {
      const Real ratio = (least + tau * tau) / (x + tau * tau);
      sum += ratio * ratio;
    }
    return log(tau) - log(Real(least + tau * tau)) + log(sum) / 2;
  }
};

/// tau squared is log-normal: log(tau^2) ~ N(mean, sd^2). Proper, falls faster than every power. turner() gives its numbers by outcome.
struct log_normal_tau2 : detail::unbounded_prior {
  double mean = -2.56;
  double sd = 1.74;
  log_normal_tau2(double mean_, double sd_) : mean(mean_), sd(sd_) {
    if (!detail::is_finite(mean)) detail::throw_input_error("log_normal_tau2", "mean = " + detail::to_text(mean) + " must be finite");
    detail::check_prior_number<>("log_normal_tau2", "sd", sd);
  }
  double tail_power() const { return std::numeric_limits<double>::infinity(); }
  bool proper() const { return true; }
  std::string name() const { return "log-normal of tau2, mean " + detail::to_text(mean) + ", sd " + detail::to_text(sd); }
  template <class Real>
  Real log_density(const Real& tau) const {
    using std::log;
    const Real log_tau = log(tau);
    const Real z = (2 * log_tau - Real(mean)) / Real(sd);
    return log(Real(2 / (detail::pi<Real>() * Real(sd) * Real(sd)))) / 2 - log_tau - z * z / 2;
  }
};

/// log(tau^2) = location + scale T with Student's T of df degrees of freedom. Proper, but its tail falls only as 1 / (tau log(tau)^(df + 1)).
/// rhodes() gives its numbers by outcome.
struct log_t_tau2 : detail::unbounded_prior {
  double location = -3.44;
  double scale = 2.59;
  double df = 5;
  log_t_tau2(double location_, double scale_, double df_ = 5) : location(location_), scale(scale_), df(df_) {
    if (!detail::is_finite(location)) detail::throw_input_error("log_t_tau2", "location = " + detail::to_text(location) + " must be finite");
    detail::check_prior_number<>("log_t_tau2", "scale", scale);
    if (!(df >= 3 && df <= 1000)) detail::throw_input_error("log_t_tau2", "df = " + detail::to_text(df) + " must lie between 3 and 1000");
  }
  double tail_power() const { return 1; }
  bool proper() const { return true; }
  std::string name() const { return "log-t of tau2, location " + detail::to_text(location) + ", scale " + detail::to_text(scale); }
  template <class Real>
  Real log_density(const Real& tau) const {
    using std::log, std::log1p;
    const Real log_tau = log(tau);
    const Real z = (2 * log_tau - Real(location)) / Real(scale);
    return log(Real(2 / Real(scale))) - log_tau + detail::log_t_constant(Real(df)) - (Real(df) + 1) / 2 * log1p(Real(z * z / Real(df)));
  }
};

/// tau squared is inverse gamma: its density is scale^shape / Gamma(shape) x^-(shape + 1) exp(-scale / x). Proper; of tau it falls as
/// tau^-(2 shape + 1). With small numbers it is not uninformative: the posterior then depends on them (Gelman 2006).
/// Throws input_error unless 0 < shape <= 100 and scale > 0.
struct inverse_gamma_tau2 : detail::unbounded_prior {
  double shape = 0.001;
  double scale = 0.001;
  inverse_gamma_tau2(double shape_, double scale_) : shape(shape_), scale(scale_) {
    detail::check_prior_number<>("inverse_gamma_tau2", "shape", shape);
    detail::check_prior_number<>("inverse_gamma_tau2", "scale", scale);
    if (shape > 100) detail::throw_input_error("inverse_gamma_tau2", "shape = " + detail::to_text(shape) + " must not exceed 100");
  }
  double tail_power() const { return 2 * shape + 1; }
  bool proper() const { return true; }
  std::string name() const { return "inverse gamma of tau2, shape " + detail::to_text(shape) + ", scale " + detail::to_text(scale); }
  template <class Real>
  Real log_density(const Real& tau) const {
    using std::log;
    const Real a = Real(shape);
    return log(Real(2)) + a * log(Real(scale)) - log(Real(detail::gamma_function(a))) - (2 * a + 1) * log(tau) - Real(scale) / tau / tau;
  }
};

}  // namespace metapool
