// SPDX-License-Identifier: BSL-1.0
// Maximum likelihood where each study has one normal effect and no other parameter: conditional models of two arms, models of one group.
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/effect/collect.hpp>
#include <metapool/math/increasing_root.hpp>
#include <metapool/model/glmm_search.hpp>
#include <metapool/model/normal_effect.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

namespace metapool {

namespace detail {

/// Likelihood of studies of which each has one normal effect: parameters mean and tau2.
template <class Real, class Kernel>
class one_effect_likelihood {
 public:
  static constexpr std::size_t size = 2;
  explicit one_effect_likelihood(const std::vector<Kernel>& kernels) : studies_(kernels.begin(), kernels.end()) {}

  curvature<Real, 2> operator()(const std::array<Real, 2>& x) {
    curvature<Real, 2> sum;
    for (auto& study : studies_) {
      const auto a = study(x[0], x[1], ladder_);
      sum.value += a.value;
      for (std::size_t i = 0; i < 2; ++i) sum.gradient[i] += a.gradient[i];
      for (std::size_t i = 0; i < 4; ++i) sum.hessian[i] += a.hessian[i];
    }
    return sum;
  }
  bool refine(const std::array<Real, 2>& x, bool& changed) {
    bool exact = true;
    for (auto& study : studies_) exact = study.refine(x[0], x[1], ladder_, changed) && exact;
    return exact;
  }
  std::array<newton_bound<Real>, 2> bounds() const { return {}; }
  std::array<Real, 2> start() const { return {Real(0), Real(0)}; }

 private:
  std::vector<normal_effect<Real, Kernel>> studies_;
  quadrature_ladder<Real> ladder_{};
};

/// Where a kernel is highest. Precondition: neither lowest() nor highest().
template <class Real, class Kernel>
Real most_likely(const Kernel& kernel, convergence<Real>& state) {
  if constexpr (requires { kernel.best(); }) {
    return kernel.best();
  } else {
    // on the logit of the share of the support that lies below the expected count
    const auto& g = kernel.margins();
    const Real below = g.observed - g.lowest, above = g.highest - g.observed;
    const auto equation = [&](const Real& theta) -> value_and_slope<Real> {
      const jet<Real> l = kernel(theta);
      return logit_of_excess(Real(-l[1]), Real(-l[2]), below, above);
    };
    return increasing_root<Real>(equation, Real(0), Real(1), state);
  }
}

/// Tests of homogeneity from the studies' own estimates: Wald around their weighted mean, and the likelihood ratio. A study whose estimate is infinite has
/// weight 0 in the former and a likelihood of 1 in the latter.
template <class Real, class Kernel>
void homogeneity_of_kernels(glmm_fit<Real>& fit, const std::vector<Kernel>& kernels, const Real& common) {
  convergence<Real> state;
  std::vector<Real> y, w;
  Real highest = 0, sum_w = 0, sum_wy = 0;
  for (const Kernel& kernel : kernels) {
    if (kernel.lowest() || kernel.highest()) continue;
    y.push_back(most_likely<Real>(kernel, state));
    const jet<Real> l = kernel(y.back());
    w.push_back(-l[2]);
    highest += l[0];
    sum_w += w.back();
    sum_wy += w.back() * y.back();
  }
  if (!state.converged) fit.convergence.converged = false;
  for (std::size_t i = 0; i < y.size(); ++i) {
    const Real d = y[i] - sum_wy / sum_w;
    fit.q_wald += w[i] * d * d;
  }
  const Real ratio = 2 * (highest - common);
  fit.q_lrt = ratio > 0 && kernels.size() > 1 ? ratio : Real(0);
}

/// A fit from the kernels of the informative studies. Throws not_estimable where the estimate is infinite.
template <class Real, class Kernel>
void fit_one_effect(const char* function, glmm_fit<Real>& fit, const std::vector<Kernel>& kernels, const char* at_lowest, const char* at_highest) {
  fit.k = kernels.size();
  if (kernels.empty()) throw_not_estimable(function, "no study has information on the effect (events in one arm or the other, but not in all patients)");
  fit.df = fit.k - 1;
  bool lowest = true, highest = true;
  Real constant = 0;
  for (const Kernel& kernel : kernels) {
    lowest = lowest && kernel.lowest();
    highest = highest && kernel.highest();
    constant += kernel.log_constant();
  }
  if (lowest) throw_not_estimable(function, at_lowest);
  if (highest) throw_not_estimable(function, at_highest);
  fit_likelihood<Real>(function, fit, one_effect_likelihood<Real, Kernel>(kernels), std::array<const char*, 2>{"mean", "tau2"}, constant);
  homogeneity_of_kernels<Real>(fit, kernels, Real(fit.common_log_likelihood - constant));
}

/// Calls kernel_of(trial, status) for each complete trial; it sets the status to what keeps a study out. Throws input_error without trials.
template <class Kernel, class Real, class Trials, class KernelOf>
std::vector<Kernel> informative_kernels(const char* function, glmm_fit<Real>& fit, const Trials& trials, const KernelOf& kernel_of) {
  std::vector<Kernel> kernels;
  fit.audit = audit_complete(function, trials, [&](const auto& trial, study_status& status) {
    const Kernel kernel = kernel_of(trial, status);
    if (status == study_status::pooled) kernels.push_back(kernel);
  });
  const std::size_t left_out = fit.audit.size() - kernels.size();
  if (left_out > 0) fit.notes.push_back(to_text(left_out) + " of " + to_text(fit.audit.size()) + " studies without information on the effect were left out");
  return kernels;
}

}  // namespace detail
}  // namespace metapool
