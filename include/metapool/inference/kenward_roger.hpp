// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/inference/check.hpp>
#include <metapool/inference/result.hpp>
#include <metapool/inference/wald.hpp>
#include <metapool/inference/weight_moments.hpp>
#include <metapool/tau2/kernel.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <string>

namespace metapool {

/// Which information about tau2 Kenward and Roger's correction goes by.
enum class kr_information : std::uint8_t {
  expected,  ///< tr P^2 / 2, as Kenward & Roger (1997), Partlett & Riley (2017) and R's meta
  observed   ///< y'PPPy - tr P^2 / 2, minus the curvature of the restricted likelihood (Morris et al. 2018)
};

/// Which variance of the mean the degrees of freedom go by.
enum class kr_degrees : std::uint8_t {
  corrected,  ///< the corrected one: 2 I / (V sum w^2)^2, as Partlett & Riley (2017) and R's meta
  classical   ///< the classical one 1 / sum w: 2 I (sum w / sum w^2)^2, as Kenward & Roger (1997) and R's pbkrtest
};

/// Kenward and Roger's interval and test of the mean: a standard error that allows for the estimation of tau2, and t with degrees of freedom
/// that follow from the information about tau2 and need not be whole. With w = 1 / (v + tau2) and I the information:
/// V = (1 + 2 (sum w^3 / sum w - (sum w^2 / sum w)^2) / I) / sum w, df = 2 I / (V sum w^2)^2 (or see kr_degrees). With equal variances
/// V = 1 / sum w and df = k - 1.
///
/// For random-effects fits; derived for REML, the other estimators' tau2 are put into the same formulas. V is never below the classical
/// variance, so that a floor at the classical standard error (meta's adhoc "se") changes nothing. If tau2 = 0 the method is very
/// conservative: with studies of unlike precision df can fall below 1, and the interval can be wider than any number can hold: then
/// its state is unbounded (R's meta has no answer there).
/// Throws input_error for fits without between-study variance or a level outside (0, 1); not_estimable with one study, or if the
/// observed information is not positive (take the expected); convergence_error on a fit that did not converge. 12 significant digits.
/// Kenward & Roger (1997) Biometrics 53:983, doi:10.2307/2533558; Partlett & Riley (2017) Stat Med 36:301, doi:10.1002/sim.7140; Morris
/// et al. (2018).
struct kenward_roger {
  double level = 0.95;
  kr_information information = kr_information::expected;
  kr_degrees degrees = kr_degrees::corrected;

  template <class Real>
  mean_inference<Real> operator()(const model_fit<Real>& fit) const {
    using std::sqrt;
    constexpr const char* function = "kenward_roger";
    detail::check_fit(function, fit, level);
    if (fit.model != model::random_effects) {
      detail::throw_input_error(function, std::string("needs a random-effects fit, and this one is by ") + fit.method);
    }
    detail::check_two_studies(function, fit);
    const std::span<const Real> v(fit.data.v);
    const detail::pooled_sums<Real> s = detail::pool_at(std::span<const Real>(fit.data.y), v, *fit.tau2);
    Real i = s.trace_pp() / 2;
    if (information == kr_information::observed) i = s.yppp - i;
    if (!(i > 0)) {
      detail::throw_not_estimable(function, "the observed information about tau2, " + detail::to_short_text(i) + ", is not positive; use kr_information::expected");
    }
    const Real inflation = 1 + 2 * (detail::weight_moments_at(v, *fit.tau2).variance / i);

    mean_inference<Real> r = detail::start(fit, level);
    r.method = information == kr_information::expected ? "Kenward-Roger" : "Kenward-Roger, observed information";
    if (degrees == kr_degrees::classical) r.method += ", degrees of freedom by the classical variance";
    r.se = sqrt(Real(inflation / s.w));
    const Real typical = (s.w2() / s.w) * (degrees == kr_degrees::corrected ? inflation : Real(1));  // V sum w^2
    r.df = 2 * (i / typical) / typical;
    detail::finish(r);
    if (!(r.critical < (std::numeric_limits<Real>::max)()) || !detail::is_finite(r.lower) || !detail::is_finite(r.upper)) {
      r.state = interval_state::unbounded;
      r.critical = std::numeric_limits<Real>::infinity();
      r.lower = -r.critical;
      r.upper = r.critical;
      r.notes.push_back("with " + detail::to_short_text(*r.df) + " degrees of freedom the interval is wider than any number can hold");
    }
    return r;
  }
};

}  // namespace metapool
