// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/inference/check.hpp>
#include <metapool/inference/fill_tau2_interval.hpp>
#include <metapool/inference/result.hpp>
#include <metapool/math/arithmetic.hpp>
#include <metapool/math/quadratic_form.hpp>
#include <metapool/math/roots.hpp>
#include <metapool/math/secular_equation.hpp>
#include <metapool/model/fit.hpp>
#include <metapool/tau2/generalized_q.hpp>
#include <metapool/tau2/problem.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace metapool {

namespace detail {

/// Weights of the generalised Q for variances v: the caller's own if there are any. Throws input_error if those are not k finite positive numbers.
template <class Real>
std::vector<Real> interval_weights(const char* function, std::span<const Real> v, moment_weights kind, const std::vector<double>& own) {
  std::vector<Real> a(own.begin(), own.end());
  if (!own.empty()) {
    check_tau2_weights(function, std::span<const Real>(a), v.size());
    return a;
  }
  a.reserve(v.size());
  with_moment_weights(v, kind, [&](const auto& weight) {
    for (std::size_t i = 0; i < v.size(); ++i) a.push_back(weight(i));
  });
  return a;
}

/// The ends of the interval {tau2 >= 0: both tails of the distribution at the observed q exceed `tail`}. spectrum(tau2): weights of the distribution, which
/// grow with tau2; start: a tau2 > 0 of the right size. The bracket of an end is widened until it holds it, so that every interval is found.
template <class Real, class Spectrum>
void invert_generalized_q(const char* function, tau2_interval<Real>& r, const Real& q, const Real& tail, const Real& start, const Spectrum& spectrum) {
  using std::log;
  const auto at = [&](const Real& tau2) {
    const std::vector<Real> weights = spectrum(tau2);
    return quadratic_form_tails<Real>(std::span<const Real>(weights), q);
  };
  const auto excess = [&](const Real& p) { return p > 0 ? Real(log(Real(p / tail))) : Real(-10000); };
  // the end at which `p` of the tails passes `tail`; rising: the tail grows with tau2
  const auto end = [&](auto p, bool rising) {
    const auto f = [&](const Real& t) { return rising ? excess(p(at(t))) : Real(-excess(p(at(t)))); };
    Real low = 0, high = start;
    while (is_finite(high) && f(high) < 0) {
      low = high;
      high *= 8;
    }
    if (!is_finite(high)) return std::numeric_limits<Real>::infinity();
    // downwards by factors too: an end that is small against `start` gets its relative accuracy
    Real below = high / 8;
    while (below > low && below > start * std::numeric_limits<Real>::epsilon() && f(below) > 0) {
      high = below;
      below /= 8;
    }
    if (below > low) low = below > start * std::numeric_limits<Real>::epsilon() ? below : Real(0);
    convergence<Real> state;
    const Real root = bracketed_root(f, low, high, state);
    if (!state.converged) throw convergence_error(std::string(function) + ": the search for an end of the interval did not converge");
    return root;
  };
  const auto zero = at(Real(0));
  if (zero.lower < tail) {
    r.state = interval_state::empty_set;
    return;
  }
  if (zero.upper < tail) r.lower = end([](const tails<Real>& p) { return p.upper; }, true);
  r.upper = end([](const tails<Real>& p) { return p.lower; }, false);
  if (!is_finite(r.upper)) r.state = interval_state::open_upper;
}

template <class = void>
std::string generalized_q_name(moment_weights kind, bool own) {
  if (own) return "generalised Q, own weights";
  if (kind == moment_weights::inverse_variance) return "generalised Q, weights 1 / variance";
  if (kind == moment_weights::equal) return "generalised Q, equal weights";
  return "generalised Q, weights 1 / standard error";
}

}  // namespace detail

/// Interval of the between-study variance by a generalised Q statistic with fixed weights a, Q_a = sum a (y - mean_a)^2: the tau2 >= 0 at which neither tail of
/// its exact distribution at the observed value is below (1 - level) / 2. It belongs to the moment estimator with the same weights.
///
/// weights: moment_weights, or own_weights (one a pooled study), fixed before the effects are seen. Exact if the normal-normal model holds.
/// state is empty_set, with both ends 0, if even tau2 = 0 gives a lower tail below (1 - level) / 2.
/// The distribution is that of a weighted sum of chi-squared variables (math/quadratic_form.hpp), its weights the roots of a secular equation at each
/// tau2; brackets widen by themselves. 11 significant digits of an end that is not small against the variances. O(k^2) an evaluation, about 20 of them.
/// For inverse-variance fits of k >= 2 studies (of other fits it uses the studies' own effects).
/// Throws input_error if level is not in (0, 1) or on own weights that are not k positive numbers; not_estimable with one study.
/// Jackson (2013) Res Synth Methods 4:220, doi:10.1002/jrsm.1081; Biggerstaff & Jackson (2008) Stat Med 27:6093, doi:10.1002/sim.3428.
struct generalized_q_tau2 {
  moment_weights weights = moment_weights::inverse_standard_error;
  std::vector<double> own_weights{};
  double level = 0.95;

  template <class Real>
  tau2_interval<Real> operator()(const model_fit<Real>& fit) const {
    constexpr const char* function = "generalized_q_tau2";
    detail::check_fit(function, fit, level, true);
    detail::check_two_studies(function, fit);
    const std::span<const Real> y(fit.data.y), v(fit.data.v);
    const std::vector<Real> a = detail::interval_weights(function, v, weights, own_weights);
    tau2_interval<Real> r;
    r.method = detail::generalized_q_name(weights, !own_weights.empty());
    r.level = level;
    const Real q = detail::mean_problem<Real>(y, v).moments([&](std::size_t i) { return a[i]; }).q;
    const Real typical = typical_variance(v);
    detail::invert_generalized_q(function, r, q, detail::tail_of_level<Real>(level), typical,
                                 [&](const Real& tau2) {
                                   return detail::spread_spectrum<Real>(
                                       v.size(), [&](std::size_t i) { return a[i]; }, [&](std::size_t i) { return Real(v[i] + tau2); });
                                 });
    detail::fill_i2_h2(r, typical);
    return r;
  }
};

}  // namespace metapool
