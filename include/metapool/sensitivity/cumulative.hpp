// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/model/common_effect.hpp>
#include <metapool/model/random_effects.hpp>
#include <metapool/sensitivity/refits.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace metapool {

namespace detail {

/// The effects in another order. order: each index once.
template <class Real>
effects<Real> reordered(const char* function, const effects<Real>& data, const std::vector<std::size_t>& order) {
  check_effects(function, data);
  const std::size_t k = data.size();
  if (order.size() != k)
    throw_input_error(function, "order has " + std::to_string(order.size()) + " entries for " + std::to_string(k) + " studies");
  std::vector<bool> seen(k, false);
  effects<Real> e = data;
  for (std::size_t i = 0; i < k; ++i) {
    const std::size_t from = order[i];
    if (from >= k || seen[from])
      throw_input_error(
          function, "order must hold each index of a pooled study once; entry " + std::to_string(i + 1) + " is " + std::to_string(from));
    seen[from] = true;
    e.y[i] = data.y[from];
    e.v[i] = data.v[from];
    e.labels[i] = data.labels[from];
    if (data.trial.size() == k) e.trial[i] = data.trial[from];
  }
  return e;
}

template <class Real, class Estimator, class Method>
refit_series<Real> cumulative_of(model_fit<Real> all, const Estimator& estimator, const Method& method, bool common) {
  refit_series<Real> series;
  const std::size_t k = all.k();
  const auto numbers = refit_all(std::span<const Real>(all.data.y), std::span<const Real>(all.data.v), estimator, true);
  model_fit<Real> so_far;
  so_far.model = all.model;
  so_far.method = all.method;
  so_far.data.measure = all.data.measure;
  series.rows.reserve(k);
  for (std::size_t i = 0; i < k; ++i) {
    so_far.data.y.push_back(all.data.y[i]);
    so_far.data.v.push_back(all.data.v[i]);
    so_far.data.labels.push_back(all.data.labels[i]);
    put_numbers(so_far, numbers[i], common);
    series.rows.push_back(row_of(all.data.labels[i], so_far, numbers[i].status, method));
  }
  series.measure = all.data.measure;
  series.method = all.method;
  series.fit = std::move(all);
  return series;
}

template <class = void>
std::vector<std::size_t> order_given(std::size_t k) {
  std::vector<std::size_t> order(k);
  for (std::size_t i = 0; i < k; ++i) order[i] = i;
  return order;
}

}  // namespace detail

/// The meta-analysis of the first study, of the first two, and so on: how the evidence grew. Rows are named by the study added last.
///
/// data: one effect or more; order: the indices of the pooled studies, the one that comes first first (by year, say). Otherwise as leave_one_out. The last row is the
/// meta-analysis of all. Looking again and again raises the chance of a false alarm: trial_sequential answers that.
/// Throws as random_effects, and input_error if order does not hold each index once. Lau et al. (1992) N Engl J Med 327:248, doi:10.1056/NEJM199207233270406.
template <class Real, class Estimator = reml, class Method = wald_z>
requires tau2_estimator<Estimator, Real> && interval_method<Method, Real> refit_series<Real> cumulative(
    const effects<Real>& data, const std::vector<std::size_t>& order, const Estimator& estimator = {}, const Method& method = {}) {
  return detail::cumulative_of(random_effects(detail::reordered("cumulative", data, order), estimator), estimator, method, false);
}

/// The same in the order in which the studies are given.
template <class Real, class Estimator = reml, class Method = wald_z>
requires tau2_estimator<Estimator, Real> && interval_method<Method, Real> refit_series<Real> cumulative(const effects<Real>& data,
                                                                                                        const Estimator& estimator = {},
                                                                                                        const Method& method = {}) {
  return cumulative(data, detail::order_given(data.size()), estimator, method);
}

/// The same by the common-effect model; an empty order: as given.
template <class Real, class Method = wald_z>
requires interval_method<Method, Real> refit_series<Real> cumulative_common_effect(const effects<Real>& data,
                                                                                   const std::vector<std::size_t>& order = {},
                                                                                   const Method& method = {}) {
  return detail::cumulative_of(
      common_effect(detail::reordered("cumulative_common_effect", data, order.empty() ? detail::order_given(data.size()) : order)),
      fixed_tau2{}, method, true);
}

}  // namespace metapool
