// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/inference/check.hpp>
#include <metapool/inference/result.hpp>
#include <metapool/inference/wald.hpp>
#include <metapool/tau2/dersimonian_laird.hpp>
#include <metapool/tau2/kernel.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <string>

namespace metapool {

/// Safeguards against a Hartung-Knapp interval that is shorter than the classical one, beside the floor.
enum class hk_safeguard : std::uint8_t {
  none,
  wald_if_shorter,  ///< if the interval is shorter than the Wald z interval, report the latter (meta's adhoc "ci"; Wiksten, Ruecker & Schwarzer 2016)
  iqwig,            ///< if it is shorter than the Wald z interval of a DerSimonian-Laird fit, use the classical se with t_{k-1} (meta's "IQWiG6")
  z_over_t          ///< the se is at least z/t times the classical one, so that the interval is never shorter than Wald z (van Aert & Jackson 2019)
};

/// Hartung and Knapp's interval and test (also Sidik and Jonkman's): se^2 = q / sum w*, q = sum w* (y - estimate)^2 / (k - 1),
/// w* = 1 / (v + tau2), t with k - 1 degrees of freedom.
///
/// floor: q is raised to it if smaller. 0 for the original; 1 for the modified (ad hoc) method of Knapp & Hartung (2003), recommended
/// for few studies (Roever, Knapp & Friede 2015; meta's adhoc "se").
/// safeguard: see hk_safeguard. result.scale_factor is q as it came out; result.notes says which safeguard took effect.
/// For inverse-variance fits (common effect or random effects). Throws input_error for all others (their weights do not fit the method),
/// for a level outside (0, 1) or a negative floor; not_estimable with one study, or if all effects are equal and no floor is set;
/// convergence_error on a fit that did not converge. 12 significant digits.
/// Hartung (1999) Biom J 41:901; Hartung & Knapp (2001) Stat Med 20:3875, doi:10.1002/sim.1009; Sidik & Jonkman (2002) Stat Med 21:3153,
/// doi:10.1002/sim.1262; Knapp & Hartung (2003) Stat Med 22:2693, doi:10.1002/sim.1482.
struct hartung_knapp {
  double level = 0.95;
  double floor = 0;
  hk_safeguard safeguard = hk_safeguard::none;
  bool even_if_not_converged = false;

  template <class Real>
  mean_inference<Real> operator()(const model_fit<Real>& fit) const {
    using std::sqrt;
    constexpr const char* function = "hartung_knapp";
    detail::check_fit(function, fit, level, even_if_not_converged);
    if (!(floor >= 0) || !std::isfinite(floor)) detail::throw_input_error(function, "floor = " + detail::to_text(floor) + " must be finite and not negative");
    detail::check_inverse_variance(function, fit);
    detail::check_two_studies(function, fit);
    const std::span<const Real> y(fit.data.y), v(fit.data.v);
    const Real tau2 = fit.tau2.value_or(Real(0));
    const detail::pooled_sums<Real> s = detail::pool_at(y, v, tau2);
    const Real df = static_cast<Real>(fit.df);
    // effects that are equal but for the rounding of their last digits are equal
    const Real last_digits = 4 * std::numeric_limits<Real>::epsilon() * s.mean;
    const Real q = s.q > s.w * last_digits * last_digits ? Real(s.q / df) : Real(0);

    mean_inference<Real> r = detail::start(fit, level);
    r.method = "Hartung-Knapp";
    r.df = df;
    r.scale_factor = q;
    Real used = q;
    if (floor > 0) {
      r.method += ", scale factor at least " + detail::to_text(floor);
      if (used < Real(floor)) {
        used = Real(floor);
        r.notes.push_back("the scale factor " + detail::to_short_text(q) + " was raised to " + detail::to_text(floor));
      }
    }
    const Real classical = sqrt(Real(1 / s.w));
    if (safeguard == hk_safeguard::z_over_t) {
      const Real ratio = detail::normal_critical<Real>(level) / detail::t_critical<Real>(level, df);
      r.method += ", never shorter than Wald z (z/t rule)";
      if (used < ratio * ratio) {
        used = ratio * ratio;
        r.notes.push_back("the scale factor " + detail::to_short_text(q) + " was raised to (z/t)^2");
      }
    }
    if (safeguard == hk_safeguard::wald_if_shorter) r.method += ", Wald z if that is longer";
    if (safeguard == hk_safeguard::iqwig) r.method += ", classical se if shorter than DerSimonian-Laird (IQWiG)";
    r.se = classical * sqrt(used);
    if (safeguard == hk_safeguard::wald_if_shorter && half_width(r.se, df) < detail::normal_critical<Real>(level) * classical) {
      r.se = classical;
      r.df.reset();
      r.notes.push_back("the interval was shorter than the Wald z interval, which is reported instead");
    }
    if (safeguard == hk_safeguard::iqwig) {
      const Real tau2_dl = dersimonian_laird{}(y, v).tau2;
      const Real se_dl = sqrt(Real(1 / detail::pool_at(y, v, tau2_dl).w));
      if (half_width(r.se, df) < detail::normal_critical<Real>(level) * se_dl) {
        r.se = classical;
        r.notes.push_back("the interval was shorter than the Wald z interval by DerSimonian-Laird: the classical standard error is used with t");
      }
    }
    if (!(r.se > 0)) {
      detail::throw_not_estimable(function, "all effects are equal, so that the scale factor and the standard error are 0; set floor = 1");
    }
    detail::finish(r);
    return r;
  }

 private:
  template <class Real>
  Real half_width(const Real& se, const Real& df) const {
    return detail::t_critical<Real>(level, df) * se;
  }
};

}  // namespace metapool
