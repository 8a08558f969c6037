// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/effect/effects.hpp>
#include <metapool/effect/scale.hpp>
#include <metapool/math/convergence.hpp>
#include <metapool/model/estimate_state.hpp>
#include <metapool/model/glmm_fit.hpp>

#include <cstddef>
#include <functional>
#include <limits>
#include <string>
#include <vector>

namespace metapool {

/// An effect from the likelihood of the counts by a model without a normal random effect. Scale: that of measure (logarithms for ratios, logits for
/// odds). infer(fit, glmm_wald_z{}), glmm_wald_t and glmm_profile_likelihood take it; only the last takes an estimate that is not finite.
template <class Real = double>
struct likelihood_fit {
  using real_type = Real;
  measure_info measure{};
  std::string method{};
  Real estimate{};  ///< minus or plus infinity if the state says so
  Real se{};        ///< from the second derivatives of the log-likelihood in all parameters; 0 unless the state is finite
  estimate_state state = estimate_state::finite;
  Real highest = std::numeric_limits<Real>::infinity();  ///< what the estimate can be at most (0 for the logarithm of a proportion)
  Real log_likelihood{};  ///< with all constants: the logarithm of the probability of the data (its supremum if the estimate is infinite)
  Real dispersion{1};     ///< by which likelihood ratios are divided (se has it already): 1 but where over-dispersion was asked for
  std::size_t k{};        ///< studies
  std::size_t df{};       ///< k - 1, of t intervals
  metapool::convergence<Real>
      convergence{};  ///< residual: largest derivative of the log-likelihood at the answer, each over the root of its own second derivative
  std::vector<study_audit<Real>> audit{};  ///< one a study offered: pooled or why not
  std::vector<std::string> notes{};
  /// The likelihood of a value of the effect with the other parameters best for it. Thread-safe.
  std::function<likelihood_profile_point<Real>(const Real&)> profile{};
};

}  // namespace metapool
