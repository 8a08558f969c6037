// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/inference/check.hpp>
#include <metapool/model/random_effects.hpp>
#include <metapool/sensitivity/refits.hpp>

#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace metapool {

/// A statistic corrected for bias by the meta-analyses without each study, with its standard error.
template <class Real = double>
struct jackknife_estimate {
  Real all{};        ///< of all studies
  Real bias{};       ///< (k - 1) (mean of the deleted ones - all)
  Real corrected{};  ///< all - bias
  Real se{};         ///< root of (k - 1)/k times the sum of squares of the deleted ones about their mean
};

template <class Real = double>
struct jackknife_result {
  using real_type = Real;
  model_fit<Real> fit{};                    ///< of all studies
  jackknife_estimate<Real> mean{}, tau2{};  ///< scale of the effects; its square
  std::vector<Real> mean_deleted{}, tau2_deleted{};
};

namespace detail {

template <class Real>
jackknife_estimate<Real> jackknife_of(const Real& all, const std::vector<Real>& deleted) {
  using std::sqrt;
  const Real k = static_cast<Real>(deleted.size());
  Real shift = 0, squares = 0;
  for (const Real& x : deleted) shift += (x - all) / k;
  for (const Real& x : deleted) {
    const Real d = (x - all) - shift;
    squares += d * d;
  }
  return {all, Real((k - 1) * shift), Real(all - (k - 1) * shift), sqrt(Real((k - 1) / k * squares))};
}

}  // namespace detail

/// Jackknife of the mean and of tau2 of random effects over the studies: a standard error that takes no model for granted, and the bias of first order.
///
/// data: three effects or more; estimator: of tau2. A corrected tau2 may be negative. With a few studies a jackknife is rough: its se is a spread of k numbers.
/// Throws as random_effects, not_estimable with fewer than three studies, convergence_error if the meta-analysis without a study has no answer.
/// Efron & Stein (1981) Ann Stat 9:586, doi:10.1214/aos/1176345462.
template <class Real, class Estimator = reml>
requires tau2_estimator<Estimator, Real> jackknife_result<Real> jackknife(effects<Real> data, const Estimator& estimator = {}) {
  constexpr const char* function = "jackknife";
  jackknife_result<Real> r;
  r.fit = random_effects(std::move(data), estimator);
  detail::check_fit(function, r.fit, 0.95);
  const std::size_t k = r.fit.k();
  if (k < 3) detail::throw_not_estimable(function, "k = " + std::to_string(k) + ": without a study at least two must remain");
  const auto numbers = detail::refit_all(std::span<const Real>(r.fit.data.y), std::span<const Real>(r.fit.data.v), estimator, false);
  for (std::size_t i = 0; i < k; ++i) {
    if (numbers[i].status != batch_status::ok)
      throw convergence_error(std::string(function) + ": the meta-analysis without study '" + r.fit.data.labels[i] + "' has no answer");
    r.mean_deleted.push_back(numbers[i].estimate);
    r.tau2_deleted.push_back(numbers[i].tau2);
  }
  r.mean = detail::jackknife_of(r.fit.estimate, r.mean_deleted);
  r.tau2 = detail::jackknife_of(*r.fit.tau2, r.tau2_deleted);
  return r;
}

}  // namespace metapool
