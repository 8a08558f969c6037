// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/inference/check.hpp>
#include <metapool/inference/fill_tau2_interval.hpp>
#include <metapool/inference/result.hpp>
#include <metapool/math/normal.hpp>
#include <metapool/math/roots.hpp>
#include <metapool/model/fit.hpp>
#include <metapool/tau2/likelihood.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace metapool {

namespace detail {

/// 2 (l(origin) - l(t)), the likelihood-ratio statistic of tau2 = t if origin is the global maximum.
template <tau2_problem Problem>
class likelihood_drop {
 public:
  using Real = typename Problem::real_type;
  likelihood_drop(const Problem& problem, likelihood_kind kind, const Real& origin)
      : problem_(problem), kind_(kind), origin_(origin), at_origin_(problem.at(origin)) {}

  /// The statistic and its slope in t. The two likelihoods' logarithms are never taken apart: of (v + t) / (v + origin) a few factors go to
  /// one logarithm.
  std::pair<Real, Real> operator()(const Real& t) const {
    using std::log;
    const auto s = problem_.at(t);
    Real sum = 0, product = 1;
    for (const Real& v : problem_.v()) {
      product *= (v + t) / (v + origin_);
      if (!(product < Real(1e8) && product > Real(1e-8))) {
        sum += log(product);
        product = 1;
      }
    }
    sum += log(product);
    if (kind_ == likelihood_kind::full) return {sum + (s.q - at_origin_.q), s.w - s.a2};
    Real determinant;
    if constexpr (requires { s.log_det; }) {
      determinant = s.log_det - at_origin_.log_det;
    } else {
      determinant = log(Real(s.w / at_origin_.w));
    }
    return {sum + determinant + (s.q - at_origin_.q), s.trace_p() - s.a2};
  }

 private:
  const Problem& problem_;
  likelihood_kind kind_;
  Real origin_;
  std::remove_cvref_t<decltype(std::declval<const Problem&>().at(std::declval<const Real&>()))> at_origin_;
};

/// The set {t >= 0: 2 (l_max - l(t)) <= bound}, as its intervals in ascending order.
///
/// All local maxima are known (maxima_search), and between two of them lies one minimum, which bisection of the sign of the score finds: the
/// likelihood is monotone between neighbouring points, so that each end of the set is the one root in a bracket. Beyond the last maximum
/// the likelihood falls without bound: the bracket is widened until it holds the root. Newton's steps are taken in log(c + t), c =
/// `typical`, in which the likelihood is close to a parabola and then to a straight line.
template <tau2_problem Problem>
class likelihood_set {
 public:
  using Real = typename Problem::real_type;
  using interval = std::pair<Real, Real>;

  likelihood_set(const Problem& problem, likelihood_kind kind, const Real& bound, const Real& typical)
      : problem_(problem), kind_(kind), bound_(bound), typical_(typical) {}

  std::vector<interval> find() {
    const tau2_estimate<Real> best = maximise_likelihood(problem_, kind_);
    state = best.convergence;
    const likelihood_drop<Problem> drop(problem_, kind_, best.tau2);
    const std::vector<Real> maxima = best.maxima.empty() ? std::vector<Real>{best.tau2} : best.maxima;
    std::vector<interval> parts;
    bool inside = maxima.front() == 0 ? drop(Real(0)).first <= bound_ : false;
    Real lower = 0;
    Real left = 0;  // a minimum, or 0
    for (std::size_t i = 0; i < maxima.size(); ++i) {
      const Real& top = maxima[i];
      if (i > 0 || top > 0) {
        const bool left_inside = drop(left).first <= bound_;
        const bool top_inside = drop(top).first <= bound_;
        if (i == 0 && left_inside) inside = true;
        if (!left_inside && top_inside) {
          lower = crossing(drop, left, top, false, step_from(top, -1));
          inside = true;
        }
      }
      if (i + 1 == maxima.size()) break;
      const Real bottom = minimum_between(top, maxima[i + 1]);
      if (inside && drop(bottom).first > bound_) {
        parts.emplace_back(lower, crossing(drop, top, bottom, true, step_from(top, 1)));
        inside = false;
      }
      left = bottom;
    }
    if (inside) {
      Real near = maxima.back();
      Real far = step_from(near, 1);
      const Real guess = far;
      while (is_finite(far) && drop(far).first <= bound_) {
        near = far;
        far = 4 * (far + typical_);
      }
      parts.emplace_back(lower, is_finite(far) ? crossing(drop, near, far, true, guess) : std::numeric_limits<Real>::infinity());
    }
    return parts;
  }

  metapool::convergence<Real> state{};

 private:
  /// Where a parabola of the likelihood at t, with the expected information, reaches the bound, in log(c + t).
  Real step_from(const Real& t, int sign) const {
    using std::exp, std::sqrt;
    const auto s = problem_.at(t);
    const Real spread = kind_ == likelihood_kind::restricted ? Real(s.trace_pp()) : Real(s.w2());
    const Real width = sqrt(Real(2 * bound_ / spread)) / (typical_ + t);
    return (typical_ + t) * exp(Real(sign) * (width < 20 ? width : Real(20))) - typical_;
  }

  /// The t between a and b, a < b, where the drop crosses the bound: upwards if `falling` (the likelihood falls), downwards if not.
  template <class Drop>
  Real crossing(const Drop& drop, const Real& a, const Real& b, bool falling, const Real& guess) {
    using std::expm1;
    const auto f = [&](const Real& t) {
      const std::pair<Real, Real> d = drop(t);
      const Real value = falling ? Real(bound_ - d.first) : Real(d.first - bound_);
      const Real slope = falling ? Real(-d.second) : d.second;
      // a Newton step in log(c + t), written as the slope of the step in t that it makes
      const Real step = (typical_ + t) * expm1(Real(-value / (slope * (typical_ + t))));
      return std::pair<Real, Real>(value, is_finite(step) && step != 0 ? Real(-value / step) : slope);
    };
    metapool::convergence<Real> c;
    const Real root = newton_root(f, guess > a && guess < b ? guess : Real(a + (b - a) / 2), a, b, c);
    if (!c.converged) state.converged = false;
    state.iterations += c.iterations;
    return root;
  }

  /// The minimum of the likelihood between two neighbouring maxima: left of it the score is negative, right of it positive.
  Real minimum_between(Real a, Real b) const {
    for (int i = 0; i < 200; ++i) {
      const Real middle = a + (b - a) / 2;
      if (!(middle > a && middle < b)) break;
      (score_at(problem_, middle, kind_).value() < 0 ? a : b) = middle;
    }
    return a;
  }

  const Problem& problem_;
  likelihood_kind kind_;
  Real bound_, typical_;
};

/// The profile likelihood interval of tau2 around any design. typical: a within-study variance of the size of the data, for I2 and H2.
template <tau2_problem Problem>
tau2_interval<typename Problem::real_type> profile_likelihood_interval(const char* function, const Problem& problem, likelihood_kind kind, double level,
                                                                       const typename Problem::real_type& typical) {
  using Real = typename Problem::real_type;
  tau2_interval<Real> r;
  r.method = kind == likelihood_kind::restricted ? "profile restricted likelihood" : "profile likelihood";
  r.level = level;
  const Real z = normal_critical<Real>(level);
  likelihood_set<Problem> set(problem, kind, Real(z * z), typical);
  const auto parts = set.find();
  if (!set.state.converged || parts.empty()) {
    throw convergence_error(std::string(function) + ": the search for an end of the interval did not converge");
  }
  r.lower = parts.front().first;
  r.upper = parts.back().second;
  if (!is_finite(r.upper)) r.state = interval_state::open_upper;
  if (parts.size() > 1) {
    std::string note = "the likelihood has several maxima and the set falls apart: ";
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (i > 0) note += " and ";
      note.append(to_short_text(parts[i].first)).append(" to ").append(to_short_text(parts[i].second));
    }
    note += "; its outermost ends are given";
    r.notes.push_back(note);
  }
  fill_i2_h2(r, typical);
  return r;
}

}  // namespace detail

/// Profile likelihood interval of the between-study variance: the tau2 >= 0 with 2 (l_max - l(tau2)) <= the chi-squared(1) quantile.
///
/// kind: the restricted likelihood (default, that of REML) or the full one (ML, in which the mean is maximised out). The likelihood's own
/// maximum counts, whichever estimator the fit used: the REML or ML estimate is always inside. Never empty. If the likelihood has several maxima the set may fall
/// apart: the outermost ends are given, and a note lists the parts. state is open_upper if the upper end exceeds the number type.
/// All stationary points are isolated first, then each end is searched by Newton's method where the likelihood is monotone; 12 significant digits.
/// For inverse-variance fits of k >= 2 studies (of other fits it uses the studies' own effects).
/// Throws input_error if level is not in (0, 1); not_estimable with one study. Hardy & Thompson (1996) Stat Med 15:619.
struct profile_likelihood_tau2 {
  likelihood_kind kind = likelihood_kind::restricted;
  double level = 0.95;

  template <class Real>
  tau2_interval<Real> operator()(const model_fit<Real>& fit) const {
    detail::check_fit("profile_likelihood_tau2", fit, level, true);
    detail::check_two_studies("profile_likelihood_tau2", fit);
    const std::span<const Real> y(fit.data.y), v(fit.data.v);
    return detail::profile_likelihood_interval("profile_likelihood_tau2", detail::mean_problem<Real>(y, v), kind, level, typical_variance(v));
  }
};

}  // namespace metapool
