// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/inference/check.hpp>
#include <metapool/inference/profile_of_mean.hpp>
#include <metapool/inference/result.hpp>
#include <metapool/inference/skovgaard.hpp>
#include <metapool/inference/wald.hpp>
#include <metapool/math/roots.hpp>

#include <cmath>
#include <cstdint>
#include <span>
#include <string>

namespace metapool {

/// Small-sample corrections of the profile likelihood of the mean. S_r = sum of w^r, w = 1 / (v + tau2).
enum class profile_correction : std::uint8_t {
  none,
  bartlett,   ///< the statistic is divided by its expected value to order 1/k, 1 + 2 S3 / (S1 S2) - S2 / (2 S1^2), at the estimated tau2
  noma,       ///< by 1 + 2 S3 / (S1 S2), at the tau2 that is most likely at each mean: wider (Noma 2011; R's pimeta, "BC")
  skovgaard   ///< the signed root r becomes r + log(u / r) / r, accurate to order 1/k^(3/2) (Guolo 2012; R's metaLik)
};

/// Interval and test of the mean by the profile likelihood of the normal-normal model: all means whose likelihood, with the tau2 that is
/// best for each, is at most chi-squared(1) / 2 below the maximum (on the logarithmic scale). Not symmetric about the estimate.
///
/// The estimate is that of maximum likelihood, which is fitted inside; of the fit only the effects are used (common effect or random effects by any
/// estimator). se is the classical one at the maximum; critical is 0; statistic is the signed root of the (corrected) likelihood ratio of
/// the mean against 0, to be judged by the normal distribution, and p belongs to it: p > 1 - level if and only if 0 is in the interval.
/// If the likelihood has several maxima the means that it allows can fall into several pieces: lower and upper are the outermost ends, and a note says so.
/// Skovgaard's correction is left out, with a note, if the maximum is at tau2 = 0, where it does not hold.
/// Scale: that of the effects. Throws input_error for fits by Mantel-Haenszel and the like or a level outside (0, 1); not_estimable
/// with one study; convergence_error if a search fails.
/// The ends are proved to be the outermost (without correction and by Bartlett's; the others' are the crossings next to those).
/// 12 significant digits; Skovgaard's correction within 0.04 standard errors of the estimate 8 decimals, by interpolation.
/// Hardy & Thompson (1996) Stat Med 15:619; Huizenga, Visser & Dolan (2011); Noma (2011) Stat Med 30:3304, doi:10.1002/sim.4350; Guolo (2012) Stat Med
/// 31:313; Guolo & Varin (2012) J Stat Softw 50(7).
struct profile_likelihood {
  double level = 0.95;
  profile_correction correction = profile_correction::none;

  template <class Real>
  mean_inference<Real> operator()(const model_fit<Real>& fit) const {
    using std::sqrt;
    constexpr const char* function = "profile_likelihood";
    detail::check_fit(function, fit, level, true);
    detail::check_inverse_variance(function, fit);
    detail::check_two_studies(function, fit);
    const detail::profile_of_mean<Real> profile(std::span<const Real>(fit.data.y), std::span<const Real>(fit.data.v));
    convergence<Real> state;
    state.converged = profile.converged;

    mean_inference<Real> r = detail::start(fit, level);
    r.method = "Profile likelihood";
    r.estimate = profile.estimate;
    r.se = sqrt(Real(1 / profile.at_maximum.w));
    const Real z = detail::normal_critical<Real>(level);
    const Real c = z * z;
    const Real shift = -profile.estimate;  // of the mean 0
    const auto best = profile.best_at(shift, 1);
    const Real ratio = best.statistic(shift);
    const Real root = ratio > 0 ? Real(sqrt(ratio)) : Real(0);
    r.statistic = profile.estimate < 0 ? Real(-root) : root;
    switch (correction) {
      case profile_correction::none: {
        r.lower = r.estimate - profile.end(c, -1, state);
        r.upper = r.estimate + profile.end(c, 1, state);
        break;
      }
      case profile_correction::bartlett: {
        r.method += ", Bartlett's correction";
        const auto& s = profile.at_maximum;
        const Real factor = 1 + 2 * (s.w3 / s.w2) / s.w - (s.w2 / s.w) / s.w / 2;
        r.lower = r.estimate - profile.end(Real(c * factor), -1, state);
        r.upper = r.estimate + profile.end(Real(c * factor), 1, state);
        r.statistic /= sqrt(factor);
        break;
      }
      case profile_correction::noma: {
        r.method += ", Noma's Bartlett-type correction";
        r.lower = r.estimate - noma_end(profile, z, -1, state);
        r.upper = r.estimate + noma_end(profile, z, 1, state);
        r.statistic /= sqrt(noma_factor<Real>(best));
        break;
      }
      case profile_correction::skovgaard: {
        r.method += ", Skovgaard's correction";
        if (!(profile.tau2 > 0)) {
          r.notes.push_back("the likelihood is highest at tau2 = 0, where Skovgaard's correction does not hold: it was left out");
          r.lower = r.estimate - profile.end(c, -1, state);
          r.upper = r.estimate + profile.end(c, 1, state);
          break;
        }
        const detail::skovgaard_root<Real> corrected(function, profile);
        r.lower = r.estimate + corrected.solve(z, Real(-profile.end(c, -1, state)), state);
        r.upper = r.estimate + corrected.solve(Real(-z), profile.end(c, 1, state), state);
        r.statistic = corrected(shift);
        break;
      }
    }
    if (!state.converged) throw convergence_error("profile_likelihood: the search for an end of the interval did not converge");
    if (profile.maxima.size() > 1) {
      r.notes.push_back("the likelihood has " + std::to_string(profile.maxima.size()) + " local maxima in tau2; the ends are the outermost means that it allows");
    }
    r.p = detail::normal_two_sided_p<Real>(r.statistic);
    return r;
  }

 private:
  template <class Real>
  static Real noma_factor(const typename detail::profile_of_mean<Real>::sums& s) {
    return 1 + 2 * (s.w3 / s.w2) / s.w;
  }

  /// The factor lies between 1 + 2/k and 3, which brackets the end.
  template <class Real>
  static Real noma_end(const detail::profile_of_mean<Real>& profile, const Real& z, int side, convergence<Real>& state) {
    using std::sqrt;
    const Real c = z * z;
    const Real inner = profile.end(Real(c * (1 + 2 / static_cast<Real>(profile.k()))), side, state);
    const Real outer = profile.end(Real(3 * c), side, state);
    const auto f = [&](const Real& x) {
      const auto s = profile.best_at(x, side);
      const Real statistic = s.statistic(x);
      return Real(sqrt(statistic > 0 ? statistic : Real(0)) / sqrt(noma_factor<Real>(s)) - z);
    };
    if (!(f(inner) < 0)) return inner;  // with equal variances the factor is 1 + 2/k, and the end is there but for rounding
    convergence<Real> search;
    const Real end = detail::bracketed_root(f, inner, outer, search);
    if (!search.converged) state.converged = false;
    return end;
  }
};

}  // namespace metapool
