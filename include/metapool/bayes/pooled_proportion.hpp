// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/bayes/shortest.hpp>
#include <metapool/data/check.hpp>
#include <metapool/data/proportion.hpp>
#include <metapool/effect/collect.hpp>
#include <metapool/math/arithmetic.hpp>
#include <metapool/math/beta.hpp>
#include <metapool/math/increasing_root.hpp>

#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <utility>

namespace metapool {

/// The beta distribution of a proportion, in closed form: what `summarise` takes. a, b > 0: events and non-events that it is worth.
/// Probabilities and quantiles to 12 digits for a + b up to 10^5, to 9 at 10^9.
template <class Real = double>
class beta_distribution {
 public:
  using real_type = Real;
  beta_distribution() = default;
  beta_distribution(const Real& a, const Real& b) : a_(a), b_(b) {
    if (!(a > 0) || !(b > 0) || !detail::is_finite(a) || !detail::is_finite(b)) {
      detail::throw_input_error("beta_distribution", "a = " + detail::to_text(a) + " and b = " + detail::to_text(b) + " must be positive and finite");
    }
  }
  const Real& a() const { return a_; }
  const Real& b() const { return b_; }
  std::optional<Real> mean() const { return Real(a_ / (a_ + b_)); }
  std::optional<Real> sd() const {
    using std::sqrt;
    const Real n = a_ + b_;
    return Real(sqrt(Real(a_ / n * (b_ / n) / (n + 1))));
  }
  /// Where the density is highest: 0 or 1 if it rises to that end; of two such ends, and for the uniform distribution, 0.
  Real mode() const {
    if (!(a_ > 1)) return b_ < 1 && a_ >= 1 ? Real(1) : Real(0);
    return b_ > 1 ? Real((a_ - 1) / (a_ + b_ - 2)) : Real(1);
  }
  Real density(const Real& p) const { return detail::beta_density<Real>(a_, b_, p); }
  /// The density at 0 < p < 1 and its derivative.
  detail::value_and_slope<Real> density_and_slope(const Real& p) const {
    const Real f = density(p);
    return {f, Real(f * ((a_ - 1) / p - (b_ - 1) / (1 - p)))};
  }
  /// P(proportion <= p).
  Real cdf(const Real& p) const { return p > 0 ? (p < 1 ? detail::beta_cdf<Real>(a_, b_, p) : Real(1)) : Real(0); }
  /// P(proportion > p).
  Real upper_tail(const Real& p) const { return p > 0 ? (p < 1 ? detail::beta_upper_tail<Real>(a_, b_, p) : Real(0)) : Real(1); }
  Real quantile(const Real& p) const { return detail::beta_quantile<Real>(a_, b_, p); }
  Real upper_quantile(const Real& q) const { return detail::beta_quantile_upper<Real>(a_, b_, q); }
  /// The shortest interval of this probability: from 0 or up to 1 where the density rises to that end.
  std::pair<Real, Real> shortest(double level) const {
    detail::check_level("shortest", level);
    const Real half = detail::tail_of_level<Real>(level);
    return shortest(level, quantile(half), upper_quantile(half));
  }
  std::pair<Real, Real> shortest(double level, Real lower, Real upper) const {
    const Real beyond = 2 * detail::tail_of_level<Real>(level);
    if (!(a_ > 1) && b_ >= 1) return {Real(0), upper_quantile(beyond)};
    if (!(b_ > 1) && a_ >= 1) return {quantile(beyond), Real(1)};
    if (a_ > 1 && b_ > 1 && detail::shortest_by_newton(*this, beyond, lower, upper)) return {lower, upper};
    return detail::shortest_by_scan(*this, beyond, 48);
  }
  /// The probability that none of `patients` more has the event: the beta-binomial's, product of (b + i) / (a + b + i).
  Real no_event_among(const Real& patients) const {
    using std::exp, std::log1p;
    if (!(patients >= 0) || !detail::is_whole(patients) || !(patients <= Real(1e7))) {
      detail::throw_input_error("no_event_among", "patients = " + detail::to_text(patients) + " must be a whole number from 0 to 10^7");
    }
    Real sum = 0;
    for (Real i = 0; i < patients; i += 1) sum += log1p(Real(-a_ / (a_ + b_ + i)));
    return exp(sum);
  }

 private:
  Real a_ = Real(1);
  Real b_ = Real(1);
};

/// The posterior of one proportion that all studies share, under a weak beta prior: beta(a + events, b + non-events) over all of them. Defined for every data set,
/// no event in any study included. Priors: (1, 1) uniform (default), (1/2, 1/2) Jeffreys, (1/3, 1/3) neutral (Kerman 2011).
///
///     const auto p = proportion_posterior(studies);          // P(risk < 1 %): p.cdf(0.01); summarise(p) for estimates and intervals
///
/// It knows of no heterogeneity; map_prior has the model with it. Studies with unknown counts do not count.
/// Throws input_error on bad counts, without a study whose counts are known, or a, b not positive. Kerman (2011) Electron J Stat 5:1450, doi:10.1214/11-EJS648.
template <class Studies>
  requires detail::range_of_trials<Studies, proportion>
auto proportion_posterior(const Studies& studies, const typename detail::trial_type<Studies>::real_type& a = 1,
                          const typename detail::trial_type<Studies>::real_type& b = 1) -> beta_distribution<typename detail::trial_type<Studies>::real_type> {
  using Real = typename detail::trial_type<Studies>::real_type;
  constexpr const char* function = "proportion_posterior";
  Real events = 0, others = 0;
  bool any = false;
  for (const auto& s : studies) {
    check(s, function);
    if (!is_complete(s)) continue;
    events += *s.events;
    others += *s.total - *s.events;
    any = true;
  }
  if (!any) detail::throw_input_error(function, "no study with known counts");
  return beta_distribution<Real>(Real(a + events), Real(b + others));
}

}  // namespace metapool
