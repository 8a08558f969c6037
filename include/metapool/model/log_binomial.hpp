// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/effect/binary_effects.hpp>
#include <metapool/effect/collect.hpp>
#include <metapool/effect/risk_ratio.hpp>
#include <metapool/math/chi_squared.hpp>
#include <metapool/math/increasing_root.hpp>
#include <metapool/model/binomial_ratio.hpp>
#include <metapool/model/likelihood_fit.hpp>
#include <metapool/text/number_text.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

namespace metapool {

/// A common risk ratio by log-binomial regression.
template <class Real = double>
struct log_binomial_fit : likelihood_fit<Real> {
  Real q_lrt{};  ///< likelihood ratio of one risk ratio a study against the common one, on k - 1 degrees of freedom
  Real p_lrt{};  ///< against chi-squared(k - 1); 1 with one study
};

namespace detail {

/// The log-likelihood of a table under a risk ratio, against its own highest, the level of risk at its best.
template <class Real>
struct ratio_profile {
  Real value{}, slope{}, curve{};
};

/// For theta = log(risk ratio) <= 0, where the control risk is the larger one: it solves N phi p^2 - (phi (n1 + c) + n2 + a) p + a + c = 0 with
/// phi = exp(theta), or is 1.
template <class Real>
ratio_profile<Real> ratio_profile_below(const two_by_two<Real>& t, const Real& theta) {
  using std::exp, std::expm1, std::sqrt;
  const Real phi = exp(theta), less = -expm1(theta);
  const Real n1 = t.treated_total(), n2 = t.control_total(), n = t.total(), events = t.a + t.c;
  const Real up = phi * (n1 + t.c), down = n2 + t.a, b = up + down;
  const Real root = sqrt(Real((up - down) * (up - down) + 4 * phi * t.b * t.d));
  Real p2 = 2 * events / (b + root);
  // 1 - p2 solves N phi q^2 - (2 N phi - b) q - d (1 - phi) = 0
  const Real middle = 2 * n * phi - b;
  Real q2 = middle > 0 ? Real((middle + root) / (2 * n * phi)) : Real(2 * t.d * less / (root - middle));
  const bool full = t.d == 0 && !(up > down);
  if (full) {
    p2 = 1;
    q2 = 0;
  }
  const Real p1 = phi * p2, q1 = less + phi * q2;
  const auto over = [](const Real& count, const Real& x) { return count == 0 ? Real(0) : Real(count / x); };
  ratio_profile<Real> r;
  r.value = binomial_log_ratio(t.a, n1, p1, q1) + binomial_log_ratio(t.c, n2, p2, q2);
  r.slope = t.a - over(Real(t.b * p1), q1);
  const Real first = over(Real(t.b * p1), Real(q1 * q1)), second = over(Real(t.d * p2), Real(q2 * q2));
  // at p2 = 1 the level stays where it is
  r.curve = full ? Real(-first) : first + second > 0 ? Real(-first * (second / (first + second))) : Real(0);
  return r;
}

/// The same for any theta. At 0 a table of nothing but events has a kink: there `below` says whose slope.
template <class Real>
ratio_profile<Real> ratio_profile_of(const two_by_two<Real>& t, const Real& theta, bool below = true) {
  if (theta < 0 || (theta == 0 && below)) return ratio_profile_below(t, theta);
  auto r = ratio_profile_below(two_by_two<Real>{t.c, t.d, t.a, t.b}, Real(-theta));
  r.slope = -r.slope;
  return r;
}

template <class Real>
struct ratio_profile_of_tables {
  std::vector<two_by_two<Real>> tables{};
  Real constant{};

  ratio_profile<Real> at(const Real& theta, bool below = true) const {
    ratio_profile<Real> sum;
    for (const auto& t : tables) {
      const auto r = ratio_profile_of(t, theta, below);
      sum.value += r.value;
      sum.slope += r.slope;
      sum.curve += r.curve;
    }
    return sum;
  }
  likelihood_profile_point<Real> operator()(const Real& theta) const {
    const auto r = at(theta);
    return {r.value + constant, r.slope, Real(0), true, false};
  }
};

}  // namespace detail

/// Risk ratio common to all trials by log-binomial regression: events are binomial, the logarithm of the risk is a level of the study's own plus the effect in
/// the treated arm, and no risk exceeds 1. The exact likelihood of the risk ratio, where Poisson regression (glmm with risk_ratio) is an approximation whose
/// standard error is too large when risks are not small.
///
/// Scale: logarithm of the risk ratio. The levels are eliminated in closed form (the risks of Miettinen and Nurminen), what remains is the root of a
/// decreasing function: 12 significant digits. Trials without events say nothing of the ratio and are left out (audit); trials with nothing but events
/// do, and give the likelihood a kink at 0: if its maximum lies there, or if it is flat there, the state is at_boundary, without a
/// standard error. With no event in one of the arms the state is minus_infinity or plus_infinity. The profile likelihood interval holds in all cases.
/// There is no form with normal random effects: whatever the levels, they would give some trials risks above 1. beta_binomial with risk_ratio allows for
/// heterogeneity and keeps risks below 1.
/// Throws input_error on bad counts or without studies; not_estimable if no trial has an event.
/// Wacholder (1986) Am J Epidemiol 123:174; Miettinen & Nurminen (1985) Stat Med 4:213, doi:10.1002/sim.4780040211 (the risks given a ratio).
template <detail::binary_trials Trials>
auto log_binomial(const Trials& trials, const risk_ratio& = {}) -> log_binomial_fit<typename detail::trial_type<Trials>::real_type> {
  using std::sqrt;
  using Real = typename detail::trial_type<Trials>::real_type;
  constexpr const char* function = "log_binomial";
  log_binomial_fit<Real> fit;
  fit.measure = risk_ratio::info;
  fit.method = "log-binomial, common effect, fixed study effects";
  detail::ratio_profile_of_tables<Real> likelihood;
  Real treated = 0, control = 0;
  bool full = false;
  fit.audit = detail::audit_complete(function, trials, [&](const auto& trial, study_status& status) {
    const two_by_two<Real> t = table_of(trial);
    if (t.a == 0 && t.c == 0) {
      status = study_status::double_zero;
      return;
    }
    likelihood.tables.push_back(t);
    likelihood.constant +=
        detail::highest_binomial_log_probability(t.a, t.treated_total()) + detail::highest_binomial_log_probability(t.c, t.control_total());
    treated += t.a;
    control += t.c;
    full = full || (t.b == 0 && t.d == 0);
  });
  fit.k = likelihood.tables.size();
  if (fit.k == 0) detail::throw_not_estimable(function, "no trial has an event");
  fit.df = fit.k - 1;
  if (fit.k < fit.audit.size()) {
    fit.notes.push_back(detail::to_text(fit.audit.size() - fit.k) + " of " + detail::to_text(fit.audit.size()) +
                        " studies without information on the effect were left out");
  }
  const Real infinity = std::numeric_limits<Real>::infinity();
  Real deviance = 0;
  if (treated == 0 || control == 0) {
    fit.state = treated == 0 ? estimate_state::minus_infinity : estimate_state::plus_infinity;
    fit.estimate = treated == 0 ? Real(-infinity) : infinity;
  } else {
    const auto left = likelihood.at(Real(0), true), right = likelihood.at(Real(0), false);
    const bool kink = full && left.slope >= 0 && right.slope <= 0;
    if (!kink) {
      // the slope falls from `treated` to -`control`
      const auto equation = [&](const Real& theta) -> detail::value_and_slope<Real> {
        const auto r = likelihood.at(theta, left.slope < 0);
        return detail::logit_of_excess(Real(-r.slope), Real(-r.curve), treated, control);
      };
      fit.estimate = detail::increasing_root<Real>(equation, Real(0), Real(1), fit.convergence);
    }
    const auto at = likelihood.at(fit.estimate, left.slope < 0);
    deviance = -2 * at.value;
    if (kink || !(at.curve < 0)) {
      fit.state = estimate_state::at_boundary;
      fit.notes.push_back(kink ? "the likelihood has its maximum at a kink, where it has no second derivative"
                               : "the likelihood is flat around its maximum");
    } else {
      fit.se = 1 / sqrt(Real(-at.curve));
      using std::fabs;
      fit.convergence.residual = fabs(at.slope) * fit.se;
    }
  }
  fit.log_likelihood = likelihood.constant - deviance / 2;
  fit.q_lrt = fit.k > 1 && deviance > 0 ? deviance : Real(0);
  fit.p_lrt = fit.k > 1 ? detail::chi_squared_upper_tail<Real>(fit.q_lrt, static_cast<Real>(fit.df)) : Real(1);
  fit.profile = likelihood;
  return fit;
}

}  // namespace metapool
