// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/inference/result.hpp>
#include <metapool/inference/wald.hpp>
#include <metapool/math/chi_squared.hpp>
#include <metapool/math/normal_or_t.hpp>
#include <metapool/model/glmm_fit.hpp>
#include <metapool/model/likelihood_fit.hpp>

#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <utility>

namespace metapool {

/// What the methods below take: a glmm_fit, or a likelihood_fit and what derives from it (beta_binomial_fit).
template <class Fit>
concept fit_with_profile = requires(const Fit& fit, const typename Fit::real_type& mean) {
  fit.profile(mean).log_likelihood;
  fit.log_likelihood;
  fit.convergence.converged;
};

namespace detail {

template <class Fit>
estimate_state state_of(const Fit& fit) {
  if constexpr (requires { fit.state; }) {
    return fit.state;
  } else {
    return estimate_state::finite;
  }
}

template <fit_with_profile Fit>
mean_inference<typename Fit::real_type> start(const char* function, const Fit& fit, double level, bool even_if_not_converged) {
  using Real = typename Fit::real_type;
  check_level(function, level);
  if (!fit.convergence.converged && !even_if_not_converged) {
    std::string message(function);
    message += ": the fit did not converge";
    throw convergence_error(message);
  }
  mean_inference<Real> r;
  r.measure = fit.measure;
  r.estimate = fit.estimate;
  r.se = fit.se;
  r.level = level;
  return r;
}

template <class Fit>
void check_finite_estimate(const char* function, const Fit& fit) {
  if (state_of(fit) != estimate_state::finite) {
    throw_not_estimable(function,
                        "the likelihood is highest at infinity or where a risk is 1, so that there is no standard error "
                        "(glmm_profile_likelihood gives an interval)");
  }
}

/// The absolute signed root of a likelihood ratio at a mean.
template <class Real>
struct profile_root {
  Real value{}, slope{};  ///< the slope away from the estimate
  bool found{};           ///< whether the other parameters are at their best
  bool at_limit{};
};

}  // namespace detail

/// Wald interval and test of a likelihood model by the normal distribution: estimate -+ z se. Too short with few studies or few events.
/// Throws input_error if level is not in (0, 1); convergence_error on a fit that did not converge; not_estimable if the estimate is infinite or at a boundary.
struct glmm_wald_z {
  double level = 0.95;
  bool even_if_not_converged = false;

  template <fit_with_profile Fit>
  auto operator()(const Fit& fit) const -> mean_inference<typename Fit::real_type> {
    auto r = detail::start("glmm_wald_z", fit, level, even_if_not_converged);
    detail::check_finite_estimate("glmm_wald_z", fit);
    r.method = "Wald z";
    detail::finish(r);
    return r;
  }
};

/// The same by the t distribution with k - 1 degrees of freedom, k the informative studies (metafor's test = "t"). Throws as glmm_wald_z, and
/// not_estimable with one informative study.
struct glmm_wald_t {
  double level = 0.95;
  bool even_if_not_converged = false;

  template <fit_with_profile Fit>
  auto operator()(const Fit& fit) const -> mean_inference<typename Fit::real_type> {
    using Real = typename Fit::real_type;
    auto r = detail::start("glmm_wald_t", fit, level, even_if_not_converged);
    detail::check_finite_estimate("glmm_wald_t", fit);
    if (fit.df == 0) detail::throw_not_estimable("glmm_wald_t", "one informative study leaves no degrees of freedom");
    r.method = "Wald t";
    r.df = static_cast<Real>(fit.df);
    detail::finish(r);
    return r;
  }
};

/// Interval and test of a likelihood model by the profile likelihood: all means whose likelihood, with the other parameters best for each, is at
/// most chi-squared(1) / 2 below the maximum (on the logarithmic scale). Not symmetric; the Wald interval's faults with few events are not its own.
///
/// An infinite estimate (state of the fit) has one end: the mean at which the likelihood is chi-squared(1) / 2 below its supremum.
/// critical is 0; statistic is the signed root of the likelihood ratio of the mean against 0, p belongs to it (normal). An end beyond 100 on the
/// logarithmic scale is taken as infinite: state says open_lower, open_upper or unbounded, and lower or upper is an infinity. So is one that needs
/// tau = 20, where a wide enough tau2 explains the data at any mean (as it may with two studies that have no event in the same arm). 9 significant digits.
/// Throws input_error; convergence_error on a fit that did not converge, and if the
/// other parameters' best at an end, or at 0 for the test, was not found (unless even_if_not_converged).
struct glmm_profile_likelihood {
  double level = 0.95;
  bool even_if_not_converged = false;

  template <fit_with_profile Fit>
  auto operator()(const Fit& fit) const -> mean_inference<typename Fit::real_type> {
    using Real = typename Fit::real_type;
    using std::fabs, std::pow, std::sqrt;
    constexpr const char* function = "glmm_profile_likelihood";
    mean_inference<Real> r = detail::start(function, fit, level, even_if_not_converged);
    r.method = "Profile likelihood";
    const estimate_state state = detail::state_of(fit);
    const Real infinity = std::numeric_limits<Real>::infinity();
    const auto root = [&](const Real& mean) {
      const auto p = fit.profile(mean);
      Real ratio = 2 * (fit.log_likelihood - p.log_likelihood), slope = p.slope;
      if constexpr (requires { fit.dispersion; }) {
        ratio /= fit.dispersion;
        slope /= fit.dispersion;
      }
      const Real value = ratio > 0 ? Real(sqrt(ratio)) : Real(0);
      return detail::profile_root<Real>{value, value > 0 ? Real(fabs(slope) / value) : Real(0), p.converged || even_if_not_converged, p.at_limit};
    };
    // Of a profile that was not climbed to its top only what is below is known: it may be within the interval, but it is no end of it.
    const auto check_found = [&](bool found) {
      if (!found) throw convergence_error("glmm_profile_likelihood: the best of the other parameters was not found at an end of the interval or at 0");
    };
    const Real z = detail::normal_critical<Real>(level);
    const Real precision = pow(std::numeric_limits<Real>::epsilon(), Real(0.7));
    // The end on one side: the distance from `centre`, between inner (too near) and outer, at which the root is z. An empty answer is an infinite end.
    const auto solve = [&](const Real& centre, int side, Real inner, Real outer) -> std::optional<Real> {
      const auto at_distance = [&](const Real& distance) { return root(Real(centre + Real(side) * distance)); };
      detail::profile_root<Real> at = at_distance(outer);
      while (at.value < z) {
        if (fabs(outer) > 100 || at.at_limit) return std::nullopt;
        const Real step = outer - inner;
        inner = outer;
        outer += step / 2 + fabs(outer) / 2;
        at = at_distance(outer);
      }
      // Newton's method on the root, which is close to linear, inside the bracket
      Real left = inner, right = outer, distance = outer;
      bool found = at.found;  // the point on the right
      for (int i = 0; i < 200; ++i) {
        if (fabs(Real(at.value - z)) <= precision * z) {
          found = at.found;
          break;
        }
        (at.value < z ? left : right) = distance;
        if (!(at.value < z)) found = at.found;
        Real next = distance + (z - at.value) / at.slope;
        if (!(next > left && next < right) || i > 20) next = left + (right - left) / 2;
        if (next == left || next == right || i == 199) {
          if (i == 199) throw convergence_error("glmm_profile_likelihood: the search for an end of the interval did not converge");
          distance = next;
          break;
        }
        distance = next;
        at = at_distance(distance);
      }
      if (at.at_limit) return std::nullopt;
      check_found(found);
      return Real(centre + Real(side) * distance);
    };
    const auto end = [&](int side) -> std::optional<Real> {
      if (state == estimate_state::minus_infinity || state == estimate_state::plus_infinity) {
        const int away = state == estimate_state::minus_infinity ? 1 : -1;
        if (side != away) return std::nullopt;
        Real inner = 0;  // too near the infinite estimate
        for (Real step = 1; !(root(Real(Real(side) * inner)).value < z); step *= 2) {
          if (inner < -1e4) throw convergence_error("glmm_profile_likelihood: the search for an end of the interval did not converge");
          inner -= step;
        }
        return solve(Real(0), side, inner, Real(inner + 1));
      }
      if constexpr (requires { fit.highest; }) {
        if (side > 0 && !(fit.estimate < fit.highest)) return fit.highest;
      }
      return solve(fit.estimate, side, Real(0), state == estimate_state::finite ? Real(z * fit.se) : Real(1));
    };
    const auto lower = end(-1), upper = end(1);
    r.lower = lower ? *lower : Real(-infinity);
    r.upper = upper ? *upper : infinity;
    r.state = lower   ? (upper ? interval_state::regular : interval_state::open_upper)
              : upper ? interval_state::open_lower
                      : interval_state::unbounded;
    const auto none = root(Real(0));
    check_found(none.found || none.at_limit);
    r.statistic = fit.estimate < 0 ? Real(-none.value) : none.value;
    r.p = detail::normal_two_sided_p<Real>(r.statistic);
    return r;
  }
};

/// A likelihood model's mean with its interval and test: infer(fit), infer(fit, glmm_wald_t{}), infer(fit, glmm_profile_likelihood{}).
template <fit_with_profile Fit, class Method = glmm_wald_z>
auto infer(const Fit& fit, const Method& method = {}) -> mean_inference<typename Fit::real_type> {
  return method(fit);
}

/// Tests of a likelihood model's heterogeneity.
template <class Real = double>
struct glmm_heterogeneity {
  Real q_wald{};  ///< of one effect a study against one common effect, by the studies' own estimates
  Real p_wald{};  ///< against chi-squared(df); 1 with one study
  Real q_lrt{};   ///< the same by the likelihood ratio
  Real p_lrt{};
  std::size_t df{};
  Real tau2_lrt{};  ///< likelihood ratio of tau2 against tau2 = 0
  Real tau2_p{};    ///< against the half-and-half mixture of 0 and chi-squared(1) that a boundary asks for; 1 if tau2 = 0
};

namespace detail {

template <class Fit>
auto heterogeneity_of(const Fit& fit) {
  using Real = typename Fit::real_type;
  glmm_heterogeneity<Real> h;
  h.q_wald = fit.q_wald;
  h.q_lrt = fit.q_lrt;
  h.df = fit.df;
  h.p_wald = h.p_lrt = h.tau2_p = Real(1);
  if (fit.df > 0) {
    h.p_wald = detail::chi_squared_upper_tail<Real>(fit.q_wald, static_cast<Real>(fit.df));
    h.p_lrt = detail::chi_squared_upper_tail<Real>(fit.q_lrt, static_cast<Real>(fit.df));
  }
  if (fit.tau2 > 0) {
    const Real ratio = 2 * (fit.log_likelihood - fit.common_log_likelihood);
    h.tau2_lrt = ratio > 0 ? ratio : Real(0);
    h.tau2_p = detail::chi_squared_upper_tail<Real>(h.tau2_lrt, Real(1)) / 2;
  }
  return h;
}

}  // namespace detail

/// Wald and likelihood ratio tests of homogeneity (metafor's QE.Wld and QE.LRT), and the likelihood ratio test of tau2 = 0.
/// Neither of the first two is reliable with sparse tables, where chi-squared(df) is far from their distribution.
/// Self & Liang (1987) J Am Stat Assoc 82:605 (the mixture).
template <class Real>
glmm_heterogeneity<Real> heterogeneity(const glmm_fit<Real>& fit) {
  return detail::heterogeneity_of(fit);
}

}  // namespace metapool
