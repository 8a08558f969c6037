// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/bayes/binomial_of_logit.hpp>
#include <metapool/bayes/normal_mixture.hpp>
#include <metapool/bayes/panel_density.hpp>
#include <metapool/bayes/tau_window.hpp>
#include <metapool/data/check.hpp>
#include <metapool/data/proportion.hpp>
#include <metapool/math/arithmetic.hpp>
#include <metapool/math/logistic.hpp>
#include <metapool/math/normal.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace metapool {

namespace detail {

/// How far below its peak a density of the logit is followed: by e^-80, so that data in conflict with a prior still meet it.
template <class Real>
Real logit_depth() {
  return Real(80);
}

/// A panel_density of a function whose peak is searched for about x; -infinity outside [left, right]. Without ends it is followed as far as tau_line's limit.
template <class Real, class F>
panel_density<Real> logit_density(const F& log_f, const Real& x, const Real& left = -std::numeric_limits<Real>::infinity(),
                                  const Real& right = std::numeric_limits<Real>::infinity()) {
  Real limit = tau_line<Real>::limit();
  for (const Real& end : {Real(-left), right}) {
    if (end > limit && end < std::numeric_limits<Real>::infinity()) limit = end;
  }
  const tau_window<Real> w = find_tau_window<Real>(log_f, x, x, logit_depth<Real>(), limit);
  return panel_density<Real>(log_f, w.left > left ? w.left : left, w.right < right ? w.right : right, w.height);
}

}  // namespace detail

/// What is known of a rate (a probability of the event): a mixture of densities, each held on the scale of its logit.
template <class Real = double>
class rate_distribution {
 public:
  using real_type = Real;
  struct part {
    Real weight{};
    detail::panel_density<Real> logit{};
    std::string name{};
  };

  explicit rate_distribution(std::vector<part> parts) : parts_(std::move(parts)) {
    Real total = 0;
    for (const part& p : parts_) total += p.weight;
    for (part& p : parts_) p.weight /= total;
  }

  /// The parts with their weights, which add up to 1.
  const std::vector<part>& parts() const { return parts_; }

  Real mean() const {
    return expectation([](const Real& x) { return detail::logistic(x); });
  }
  Real sd() const {
    using std::sqrt;
    const Real m = mean();
    return sqrt(expectation([&](const Real& x) { return Real((detail::logistic(x) - m) * (detail::logistic(x) - m)); }));
  }
  /// Density of the rate, 0 < rate < 1.
  Real density(const Real& rate) const {
    using std::exp;
    return exp(log_density_of_logit(logit(rate))) / (rate * (1 - rate));
  }
  /// P(rate <= x).
  Real cdf(const Real& x) const { return tail(x, false); }
  /// P(rate > x).
  Real upper_tail(const Real& x) const { return tail(x, true); }
  /// x with P(rate <= x) = p. Throws input_error unless 0 < p < 1.
  Real quantile(const Real& p) const {
    if (!(p > 0 && p < 1)) detail::throw_input_error("quantile", "p = " + detail::to_text(p) + " must lie strictly between 0 and 1");
    const bool upper = p > Real(0.5);
    const Real wanted = upper ? Real(1 - p) : p;
    Real a = parts_.front().logit.left(), b = parts_.front().logit.right();
    for (const part& q : parts_) {
      a = q.logit.left() < a ? q.logit.left() : a;
      b = q.logit.right() > b ? q.logit.right() : b;
    }
    // a falling function of the logit: its root by Newton steps that stay in the bracket
    Real x = (a + b) / 2;
    for (int i = 0; i < 200; ++i) {
      using std::abs, std::exp;
      const Real value = upper ? Real(logit_tail(x, true) - wanted) : Real(wanted - logit_tail(x, false));
      (value > 0 ? a : b) = x;
      const Real slope = exp(log_density_of_logit(x));
      Real next = x + value / slope;
      const bool newton = slope > 0 && next > a && next < b && i % 4 != 3;
      if (!newton) next = a + (b - a) / 2;
      if (abs(value) <= 8 * std::numeric_limits<Real>::epsilon() * wanted || !(b - a > 4 * std::numeric_limits<Real>::epsilon() * (1 + abs(a)))) break;
      x = next;
    }
    return detail::logistic(x);
  }
  /// log of the density of the logit at x.
  Real log_density_of_logit(const Real& x) const {
    using std::exp, std::log;
    Real top = -std::numeric_limits<Real>::infinity();
    std::vector<Real> values;
    for (const part& p : parts_) {
      values.push_back(p.weight > 0 ? Real(log(p.weight) + p.logit.log_density(x)) : Real(-std::numeric_limits<Real>::infinity()));
      top = values.back() > top ? values.back() : top;
    }
    if (!(top > -std::numeric_limits<Real>::infinity())) return top;
    Real sum = 0;
    for (const Real& v : values) sum += exp(Real(v - top));
    return top + log(sum);
  }
  /// Mean of g(logit).
  template <class G>
  Real expectation(const G& g) const {
    Real sum = 0;
    for (const part& p : parts_) sum += p.weight * p.logit.expectation(g);
    return sum;
  }
  /// P(logit <= x), or P(logit > x) if upper.
  Real logit_tail(const Real& x, bool upper) const {
    Real sum = 0;
    for (const part& p : parts_) sum += p.weight * p.logit.tail(x, upper);
    return sum;
  }

 private:
  static Real logit(const Real& rate) {
    using std::log, std::log1p;
    return log(rate) - log1p(Real(-rate));
  }
  Real tail(const Real& x, bool upper) const {
    if (!(x > 0)) return Real(upper ? 1 : 0);
    if (!(x < 1)) return Real(upper ? 0 : 1);
    return logit_tail(logit(x), upper);
  }
  std::vector<part> parts_{};
};

/// A rate with a beta distribution. a, b > 0: events and non-events that it is worth; (1, 1) is uniform. Throws input_error unless both are
/// at least 0.01 and finite.
template <class Real = double>
rate_distribution<Real> beta_rate(const Real& a, const Real& b) {
  for (const Real& x : {a, b}) {
    if (!(x >= Real(0.01) && detail::is_finite(x))) detail::throw_input_error("beta_rate", "a and b must be finite and at least 0.01, not " + detail::to_text(x));
  }
  const detail::binomial_of_logit<Real> f(a, Real(a + b));
  const Real far = 10000;  // with a = 0.01 the logit's density has fallen by e^-80 at -8000
  return rate_distribution<Real>({{Real(1), detail::logit_density<Real>(f, f.near(), Real(-far), far), "beta, " + detail::to_text(a) + ", " + detail::to_text(b)}});
}

/// A rate whose logit is normal with the central interval [lower, upper] at `level`: "historically 70 to 85 %". Throws input_error unless
/// 0 < lower < upper < 1 and 0 < level < 1.
template <class Real = double>
rate_distribution<Real> rate_of_range(const Real& lower, const Real& upper, double level = 0.95) {
  using std::log, std::log1p;
  detail::check_level("rate_of_range", level);
  if (!(lower > 0 && lower < upper && upper < 1)) {
    detail::throw_input_error("rate_of_range", "the range from " + detail::to_text(lower) + " to " + detail::to_text(upper) + " must lie inside 0 to 1, the lower end first");
  }
  const Real a = log(lower) - log1p(Real(-lower)), b = log(upper) - log1p(Real(-upper));
  const Real mean = (a + b) / 2, sd = (b - a) / (2 * detail::normal_critical<Real>(level));
  const auto f = [&](const Real& x) { return Real(-(x - mean) * (x - mean) / (2 * sd * sd)); };
  return rate_distribution<Real>({{Real(1), detail::logit_density<Real>(f, mean), "logit normal, " + detail::to_text(lower) + " to " + detail::to_text(upper)}});
}

/// A rate whose logit has this distribution: the `next()` of a normal_normal() analysis of logits, which is the meta-analytic-predictive prior with the
/// binomial likelihood of the historical arms taken to be normal (map_prior() does without that).
template <class Real>
rate_distribution<Real> rate_of_logits(const normal_mixture<Real>& logits) {
  using std::log;
  const auto f = [&](const Real& x) { return Real(log(logits.density(x))); };
  return rate_distribution<Real>({{Real(1), detail::logit_density<Real>(f, logits.quantile(Real(Real(1) / 2))), "mixture of logit normals"}});
}

/// A prior that doubts itself: (1 - weight) of it and `weight` of a vague one (by default uniform, worth two patients), so that data in conflict with it take
/// over instead of being averaged away. Throws input_error unless 0 <= weight <= 1. Schmidli et al. (2014) Biometrics 70:1023, doi:10.1111/biom.12242.
template <class Real>
rate_distribution<Real> robust(const rate_distribution<Real>& prior, const Real& weight, const rate_distribution<Real>& vague = beta_rate<Real>(Real(1), Real(1))) {
  if (!(weight >= 0 && weight <= 1)) detail::throw_input_error("robust", "weight = " + detail::to_text(weight) + " must lie between 0 and 1");
  std::vector<typename rate_distribution<Real>::part> parts;
  for (auto p : prior.parts()) {
    p.weight *= 1 - weight;
    parts.push_back(std::move(p));
  }
  for (auto p : vague.parts()) {
    p.weight *= weight;
    parts.push_back(std::move(p));
  }
  return rate_distribution<Real>(std::move(parts));
}

/// A rate after data: its distribution and how probable the data were.
template <class Real = double>
struct rate_posterior {
  rate_distribution<Real> rate;
  Real log_marginal_likelihood{};  ///< log of the probability of these events out of this total under the prior
};

/// The posterior of a rate after `arm`, binomial: each part of the prior times the likelihood, its weight times how probable the data were
/// under it. By quadrature, 10 digits. Throws input_error if the counts are missing or wrong.
template <class Real>
rate_posterior<Real> update(const rate_distribution<Real>& prior, const proportion<Real>& arm) {
  using std::exp, std::log;
  constexpr const char* function = "update";
  if (!is_complete(arm)) detail::throw_input_error(function, "the arm '" + arm.label + "' lacks its events or its total");
  check(arm, function);
  const detail::binomial_of_logit<Real> likelihood(*arm.events, *arm.total);
  std::vector<typename rate_distribution<Real>::part> parts;
  std::vector<Real> heights;
  for (const auto& p : prior.parts()) {
    if (!(p.weight > 0)) continue;
    const auto f = [&](const Real& x) { return Real(p.logit.log_density(x) + likelihood(x)); };
    const Real a = p.logit.left(), b = p.logit.right();
    const Real near = likelihood.near() < a ? a : likelihood.near() > b ? b : likelihood.near();
    parts.push_back({p.weight, detail::logit_density<Real>(f, near, a, b), p.name});
    heights.push_back(log(p.weight) + parts.back().logit.log_integral() + likelihood.height());
  }
  Real top = heights.front();
  for (const Real& h : heights) top = h > top ? h : top;
  Real total = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    parts[i].weight = exp(Real(heights[i] - top));
    total += parts[i].weight;
  }
  return {rate_distribution<Real>(std::move(parts)), Real(top + log(total))};
}

/// P(rate a < rate b), the two independent. By quadrature over the panels of both, however much narrower one is than the other; 10 digits.
template <class Real>
Real probability_less(const rate_distribution<Real>& a, const rate_distribution<Real>& b) {
  Real sum = 0;
  for (const auto& p : a.parts()) {
    const std::vector<Real> ends = p.logit.ends();
    for (const auto& q : b.parts()) {
      sum += p.weight * q.weight * q.logit.expectation([&](const Real& x) { return p.logit.tail(x, false); }, ends);
    }
  }
  return sum;
}

/// How many patients a prior of a rate is worth, by the expected local information ratio: the mean, over the prior, of the curvature of its log density over the
/// information of one patient, on the scale of the logit. a + b for a beta distribution. A prior in parts that lie apart can come out low.
/// 6 digits. Neuenschwander et al. (2020) Biometrics 76:578, doi:10.1111/biom.13252.
template <class Real>
Real effective_sample_size(const rate_distribution<Real>& prior) {
  using std::exp, std::log;
  const auto& parts = prior.parts();
  // Where one patient's information is below 1e-6 the curvature of a polynomial is rounding error; the ratio is taken to be there what it is elsewhere.
  const Real least = Real(1e-6);
  std::vector<Real> ends;
  for (const auto& p : parts) {
    const std::vector<Real> more = p.logit.ends();
    ends.insert(ends.end(), more.begin(), more.end());
  }
  std::sort(ends.begin(), ends.end());
  Real sum = 0, inside = 0;
  for (const auto& p : parts) {
    if (!(p.weight > 0)) continue;
    inside += p.weight * p.logit.expectation([&](const Real& x) { return Real(detail::logistic(x) * detail::logistic(Real(-x)) < least ? 0 : 1); });
    sum += p.weight * p.logit.expectation_with_slopes([&](const Real& x, const Real& slope, const Real& bend) {
      const Real information = detail::logistic(x) * detail::logistic(Real(-x));
      if (information < least) return Real(0);
      if (parts.size() == 1) return Real(-bend / information);
      // of the mixture f: -(log f)'' f = f'^2 / f - f'', in which this part's share is below
      Real whole = 0;
      const Real all = prior.log_density_of_logit(x);
      for (const auto& q : parts) {
        if (!(q.weight > 0) || !(x >= q.logit.left() && x <= q.logit.right())) continue;
        whole += exp(Real(log(q.weight) + q.logit.log_density(x) - all)) * q.logit.slope_at(x);
      }
      return Real((slope * (whole - slope) - bend) / information);
    }, ends);
  }
  return sum / inside;
}

/// The same by moments: a + b of the beta distribution with the prior's mean and sd, m (1 - m) / sd^2 - 1.
template <class Real>
Real effective_sample_size_by_moments(const rate_distribution<Real>& prior) {
  const Real m = prior.mean(), sd = prior.sd();
  return m * (1 - m) / (sd * sd) - 1;
}

}  // namespace metapool
