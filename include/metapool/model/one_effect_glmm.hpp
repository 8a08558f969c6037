// SPDX-License-Identifier: BSL-1.0
// Maximum likelihood where each study has one normal effect and no other parameter: conditional models of two arms, models of one group.
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/math/increasing_root.hpp>
#include <metapool/model/fit_likelihood.hpp>
#include <metapool/model/infinite_estimate.hpp>
#include <metapool/model/informative_kernels.hpp>
#include <metapool/model/normal_effect.hpp>
#include <metapool/model/residual_form.hpp>

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

  std::size_t studies() const { return studies_.size(); }
  curvature<Real, 2> study(std::size_t i, const std::array<Real, 2>& x) { return studies_[i](x[0], x[1], ladder_); }
  bool refine_study(std::size_t i, const std::array<Real, 2>& x, bool& changed) { return studies_[i].refine(x[0], x[1], ladder_, changed); }
  curvature<Real, 2> operator()(const std::array<Real, 2>& x) { return sum_of_studies<Real>(*this, x); }
  bool refine(const std::array<Real, 2>& x, bool& changed) { return refine_studies<Real>(*this, x, changed); }
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

/// Tests of homogeneity from the studies' own estimates: Wald around what the columns of `rows` (one row a study) explain, and the likelihood ratio. A
/// study whose estimate is infinite has weight 0 in the former and a likelihood of 1 in the latter. common: log-likelihood with tau2 = 0.
template <class Fit, class Real, class Kernel>
void homogeneity_of_kernels(Fit& fit, const std::vector<Kernel>& kernels, const matrix_of<Real>& rows, const Real& common) {
  convergence<Real> state;
  std::vector<Real> y, w;
  std::vector<std::size_t> finite;
  Real highest = 0;
  for (std::size_t i = 0; i < kernels.size(); ++i) {
    const Kernel& kernel = kernels[i];
    if (kernel.lowest() || kernel.highest()) continue;
    y.push_back(most_likely<Real>(kernel, state));
    const jet<Real> l = kernel(y.back());
    w.push_back(-l[2]);
    highest += l[0];
    finite.push_back(i);
  }
  if (!state.converged) fit.convergence.converged = false;
  fit.q_wald = residual_form<Real>(y, rows_at(rows, finite), weighted_product<Real>(w));
  const Real ratio = 2 * (highest - common);
  fit.q_lrt = ratio > 0 && fit.df > 0 ? ratio : Real(0);
}

/// A fit from the kernels of the informative studies. at_lowest, at_highest: what to note where the estimate is infinite because all of them are at an end of their
/// ranges; the probability of the data is then 1 in the limit.
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
  const one_effect_likelihood<Real, Kernel> likelihood(kernels);
  if (lowest || highest) {
    const auto start = [](const Real&) { return std::array<Real, 2>{}; };
    fit_infinite(fit, lowest ? -1 : 1, lowest ? at_lowest : at_highest, constant, likelihood, start, constant);
  } else {
    fit_likelihood<Real>(function, fit, likelihood, std::array<const char*, 2>{"mean", "tau2"}, constant);
  }
  homogeneity_of_kernels(fit, kernels, column_of_ones<Real>(kernels.size()), Real(fit.common_log_likelihood - constant));
}

}  // namespace detail
}  // namespace metapool
