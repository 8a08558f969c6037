// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/inference/biggerstaff_tweedie.hpp>
#include <metapool/inference/hartung_knapp.hpp>
#include <metapool/inference/henmi_copas.hpp>
#include <metapool/inference/kenward_roger.hpp>
#include <metapool/inference/profile_likelihood.hpp>
#include <metapool/inference/sidik_jonkman_robust.hpp>
#include <metapool/inference/wald.hpp>

#include <cmath>
#include <concepts>
#include <limits>
#include <variant>

namespace metapool {

/// A way from a fit to an interval and test of the mean: a value that is called with the fit. A user's own type that meets it works everywhere.
template <class M, class Real = double>
concept interval_method = requires(const M& method, const model_fit<Real>& fit) {
  { method(fit) } -> std::convertible_to<mean_inference<Real>>;
};

/// Any interval method, for a choice at run time. permutation, nagashima and cluster_robust, which are dear to compile, are in every_interval (every_interval.hpp).
using any_interval = std::variant<wald_z, wald_t, hartung_knapp, kenward_roger, sidik_jonkman_robust, profile_likelihood, biggerstaff_tweedie, henmi_copas>;

/// The pooled mean with its interval and test by `method`: wald_z{}, wald_t{}, hartung_knapp{}, or any other of any_interval. Errors: those of the method.
template <class Real, class Method = wald_z>
  requires interval_method<Method, Real>
mean_inference<Real> infer(const model_fit<Real>& fit, const Method& method = {}) {
  return method(fit);
}

/// The same with a method chosen at run time.
template <class Real>
mean_inference<Real> infer(const model_fit<Real>& fit, const any_interval& method) {
  return std::visit([&](const auto& chosen) { return infer(fit, chosen); }, method);
}

/// log of the two-sided p-value, accurate however far in the tail (p itself is 0 below about 1e-308, and log_p then follows from statistic and df).
template <class Real>
Real log_p(const mean_inference<Real>& r) {
  using std::fabs;
  using std::log;
  if (r.p > (std::numeric_limits<Real>::min)() * Real(1e8)) return log(r.p);  // whichever distribution p is from
  const Real t = fabs(r.statistic);
  return log(Real(2)) + (r.df ? detail::log_t_upper_tail<Real>(t, *r.df) : detail::log_normal_upper_tail<Real>(t));
}

}  // namespace metapool
