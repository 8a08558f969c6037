// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/effect/effects.hpp>
#include <metapool/effect/scale.hpp>
#include <metapool/math/convergence.hpp>
#include <metapool/math/linear_algebra.hpp>
#include <metapool/model/estimate_state.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace metapool {

/// The likelihood of one value of the mean, with everything else chosen as is best for it.
template <class Real = double>
struct likelihood_profile_point {
  Real log_likelihood{};
  Real slope{};           ///< its derivative in the mean
  Real tau2{};            ///< the between-study variance that is best for it
  bool converged = true;
  bool at_limit = false;  ///< tau2 would rise further: beyond tau = 20 the search does not go
};

/// A pooled effect from the likelihood of the counts themselves (a generalised linear mixed model), by maximum likelihood.
///
/// Scale: estimate and se are on measure.scale (logarithms for ratios, logits for proportions); tau2 on its square.
/// tau2 = 0 is a boundary: the fit there and the best one inside are compared, and the higher is the answer. At the boundary se is that of the common
/// effect, and tau2 has no standard error.
///
/// Where one arm has no event in any study (or nothing but events), the likelihood rises as the mean goes to an infinity, which state names and notes explain.
/// Then estimate and common_estimate are that infinity; se, common_se and tau2 are 0, because at an infinite mean the likelihood says nothing of them; covariance,
/// parameters, intercept, sigma2 and correlation are empty; log_likelihood and common_log_likelihood are the supremum. profile takes any finite mean, and
/// infer(fit, glmm_profile_likelihood{}) gives the end of the interval that exists.
template <class Real = double>
struct glmm_fit {
  using real_type = Real;
  measure_info measure{};
  std::string method{};                     ///< "conditional, exact likelihood", ...
  Real estimate{};                          ///< minus or plus infinity if the state says so
  Real se{};                                ///< from the second derivatives of the log-likelihood in all parameters; 0 unless the state is finite
  estimate_state state = estimate_state::finite;  ///< finite, minus_infinity or plus_infinity
  Real tau2{};
  std::optional<Real> se_tau2{};            ///< empty at the boundary
  Real log_likelihood{};                    ///< with all constants: the logarithm of the probability of the data (its supremum if the estimate is infinite)
  std::vector<std::string> parameters{};    ///< "mean", "tau2", ...: rows and columns of covariance; parameters at a bound are left out
  matrix_of<Real> covariance{};             ///< inverse of minus the second derivatives
  Real common_estimate{};                   ///< the same model with tau2 = 0
  Real common_se{};
  Real common_log_likelihood{};
  std::optional<Real> intercept{};          ///< mean of the studies' levels (random study effects)
  std::optional<Real> sigma2{};             ///< variance of the studies' levels (random study effects)
  std::optional<Real> correlation{};        ///< of level (half way between the arms) and effect, where it is a parameter; empty if a variance is 0
  Real q_wald{};                            ///< Wald statistic of homogeneity; studies with an infinite estimate of their own add nothing
  Real q_lrt{};                             ///< likelihood ratio of one effect a study against one common effect
  std::size_t df{};                         ///< of both: informative studies - 1
  std::size_t k{};                          ///< informative studies
  metapool::convergence<Real> convergence{};  ///< residual: largest derivative of the log-likelihood at the answer
  std::vector<study_audit<Real>> audit{};   ///< one a study offered: pooled or why not
  std::vector<std::string> notes{};
  /// The likelihood of a mean with the other parameters best for it. Thread-safe: each call works on its own copy.
  std::function<likelihood_profile_point<Real>(const Real&)> profile{};
};

}  // namespace metapool
