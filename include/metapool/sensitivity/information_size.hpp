// SPDX-License-Identifier: BSL-1.0
// How many patients a meta-analysis needs before it can answer: the required information size.
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/math/normal.hpp>
#include <metapool/model/fit.hpp>

#include <cmath>
#include <cstddef>
#include <string>

namespace metapool {

/// Errors that an information size is for. alpha is that of both sides together, or of the one side.
struct information_size_options {
  double alpha = 0.05;
  double beta = 0.2;   ///< 1 - power
  bool two_sided = true;
};

/// A required information size.
template <class Real = double>
struct information_size {
  Real patients{};          ///< in both arms of all trials together; not rounded
  Real drift{};             ///< mean of z at that size, z_alpha + z_beta
  Real effect{};            ///< that it is for: risk difference (control - treated) or difference of means
  Real variance{};          ///< of one patient's outcome, averaged over the arms
};

namespace detail {

template <class Real>
information_size<Real> size_for(const char* function, const Real& effect, const Real& variance, const information_size_options& o) {
  if (!(o.alpha > 0 && o.alpha < 1)) throw_input_error(function, "alpha = " + to_text(o.alpha) + " must lie strictly between 0 and 1");
  if (!(o.beta > 0 && o.beta < 1)) throw_input_error(function, "beta = " + to_text(o.beta) + " must lie strictly between 0 and 1");
  information_size<Real> n;
  n.effect = effect;
  n.variance = variance;
  n.drift = normal_upper_quantile<Real>(Real(o.two_sided ? Real(o.alpha) / 2 : Real(o.alpha))) + normal_upper_quantile<Real>(Real(o.beta));
  if (!(n.drift > 0)) throw_input_error(function, "alpha and beta are so large that no patient is needed");
  n.patients = 4 * (n.drift / effect) * (n.drift / effect) * variance;
  if (!is_finite(n.patients)) throw_input_error(function, "the effect is too small for this number type");
  return n;
}

}  // namespace detail

/// Patients needed to see the risk go from control_risk to treated_risk: 4 (z_alpha + z_beta)^2 p (1 - p) / (control_risk - treated_risk)^2, p their mean;
/// both arms of equal size. For a relative risk reduction r, treated_risk = control_risk (1 - r). Without heterogeneity (see for_diversity).
/// Throws input_error unless the risks lie in [0, 1], differ, and alpha and beta lie in (0, 1). 14 significant digits.
/// Wetterslev, Thorlund, Brok & Gluud (2008) J Clin Epidemiol 61:64, doi:10.1016/j.jclinepi.2007.03.013.
template <class Real>
information_size<Real> required_information_size(const Real& control_risk, const Real& treated_risk, const information_size_options& options = {}) {
  constexpr const char* function = "required_information_size";
  for (const Real& p : {control_risk, treated_risk}) {
    if (!(p >= 0 && p <= 1)) detail::throw_input_error(function, "risk = " + detail::to_text(p) + " must lie between 0 and 1");
  }
  if (control_risk == treated_risk) detail::throw_input_error(function, "the risks are equal: no number of patients shows that");
  const Real p = (control_risk + treated_risk) / 2;
  return detail::size_for(function, Real(control_risk - treated_risk), Real(p * (1 - p)), options);
}

/// The same for a difference of means of outcomes with the given standard deviation: 4 (z_alpha + z_beta)^2 sd^2 / difference^2.
/// Throws input_error unless the difference is finite and not 0 and the sd finite and positive.
template <class Real>
information_size<Real> required_information_size_means(const Real& difference, const Real& sd, const information_size_options& options = {}) {
  constexpr const char* function = "required_information_size_means";
  if (!detail::is_finite(difference) || difference == Real(0)) detail::throw_input_error(function, "difference = " + detail::to_text(difference) + " must be finite and not 0");
  if (!(sd > 0) || !detail::is_finite(sd)) detail::throw_input_error(function, "sd = " + detail::to_text(sd) + " must be positive and finite");
  return detail::size_for(function, difference, Real(sd * sd), options);
}

/// Diversity D2 = 1 - v_common / v_random, the share of the random-effects mean's variance that the model with no heterogeneity does not have; D2 >= I2
/// where that is taken from tau2. A fraction; 0 if tau2 = 0.
/// Throws input_error on a fit that is not by inverse variance or has no tau2.
/// Wetterslev, Thorlund, Brok & Gluud (2009) BMC Med Res Methodol 9:86, doi:10.1186/1471-2288-9-86.
template <class Real>
Real diversity(const model_fit<Real>& fit) {
  constexpr const char* function = "diversity";
  if (!weighs_by_inverse_variance(fit.model) || !fit.tau2) detail::throw_input_error(function, "needs a random-effects fit of two studies or more");
  if (!(*fit.tau2 > 0)) return Real(0);
  // 1 - W(tau2) / W(0) = sum (w0 - w) / W(0), w0 - w = w tau2 / v: nothing cancels
  Real lost = 0, common = 0;
  for (const Real& v : fit.data.v) {
    lost += *fit.tau2 / (v * (v + *fit.tau2));
    common += 1 / v;
  }
  return lost / common;
}

/// An information size for heterogeneous trials: patients / (1 - d), d being the diversity D2 (Wetterslev et al. 2009) or the inconsistency I2 (2008), as a
/// fraction in [0, 1).
template <class Real>
information_size<Real> for_diversity(information_size<Real> size, const Real& d) {
  if (!(d >= 0 && d < 1)) detail::throw_input_error("for_diversity", "d = " + detail::to_text(d) + " must lie in [0, 1): a fraction, not per cent");
  size.patients /= 1 - d;
  return size;
}

/// An information size for a given between-study variance tau2, which no number of patients in a fixed number of trials makes up for: that in `trials` trials of
/// equal size, 4 variance / (effect^2 / drift^2 - tau2 / trials). tau2 is on the scale of size.effect (risk differences or differences of means).
/// Throws not_estimable if the trials are too few (the message says how many are needed), input_error on tau2 < 0 or no trials.
/// Kulinskaya & Wood (2014) Res Synth Methods 5:212, doi:10.1002/jrsm.1104.
template <class Real>
information_size<Real> for_tau2(information_size<Real> size, const Real& tau2, std::size_t trials) {
  using std::floor;
  constexpr const char* function = "for_tau2";
  if (!(tau2 >= 0) || !detail::is_finite(tau2)) detail::throw_input_error(function, "tau2 = " + detail::to_text(tau2) + " must be finite and not negative");
  if (trials == 0) detail::throw_input_error(function, "no trials");
  const Real share = size.drift / size.effect;
  const Real least = tau2 * share * share;  // trials of infinite size
  const Real left = 1 / (share * share) - tau2 / Real(trials);
  if (!(Real(trials) > least) || !(left > 0)) {
    detail::throw_not_estimable(function, "with tau2 = " + detail::to_short_text(tau2) + " more than " + detail::to_short_text(Real(floor(least)), 12) + " trials are needed, of whatever size");
  }
  size.patients = 4 * size.variance / left;
  return size;
}

}  // namespace metapool
