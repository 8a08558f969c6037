// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/model/common_effect.hpp>
#include <metapool/model/random_effects.hpp>
#include <metapool/sensitivity/refits.hpp>

#include <cstddef>
#include <exception>
#include <iterator>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace metapool {

namespace detail {

/// Rows of all studies but one, given a fit of all.
template <class Real, class Estimator, class Method>
refit_series<Real> leave_one_out_of(const char* function, model_fit<Real> all, const Estimator& estimator, const Method& method,
                                    bool common) {
  refit_series<Real> series;
  const std::size_t k = all.k();
  if (k < 2) throw_not_estimable(function, "one study ('" + all.data.labels.front() + "'): nothing is left without it");
  const auto numbers = refit_all(std::span<const Real>(all.data.y), std::span<const Real>(all.data.v), estimator, false);
  model_fit<Real> others;
  others.model = all.model;
  others.method = all.method;
  others.data.measure = all.data.measure;
  others.data.y.assign(all.data.y.begin() + 1, all.data.y.end());
  others.data.v.assign(all.data.v.begin() + 1, all.data.v.end());
  others.data.labels.assign(all.data.labels.begin() + 1, all.data.labels.end());
  series.rows.reserve(k);
  for (std::size_t i = 0; i < k; ++i) {
    put_numbers(others, numbers[i], common);
    series.rows.push_back(row_of(all.data.labels[i], others, numbers[i].status, method));
    if (i + 1 == k) break;
    others.data.y[i] = all.data.y[i];  // study i comes back, in the place of the one that goes next
    others.data.v[i] = all.data.v[i];
    others.data.labels[i] = all.data.labels[i];
  }
  series.measure = all.data.measure;
  series.method = all.method;
  series.fit = std::move(all);
  return series;
}

}  // namespace detail

/// The meta-analysis without each study in turn: rows in the order of the studies, each named by the one that is left out.
///
/// data: two effects or more; estimator: of tau2, as in random_effects; method: of the interval, as in infer. A row that cannot be fitted, or whose interval has no
/// answer (Hartung and Knapp's with one study left, say), says why in `failed`; the others are not touched. Up to 64 studies eight rows go side by side.
/// 12 digits; REML is the highest maximum of the likelihood in each row. Throws as random_effects, and not_estimable with one study.
/// I2 by both definitions: i2 is (Q - df) / Q, as in meta, and i2_tau2 by tau2, as in metafor's leave1out.
template <class Real, class Estimator = reml, class Method = wald_z>
requires tau2_estimator<Estimator, Real> && interval_method<Method, Real> refit_series<Real> leave_one_out(effects<Real> data,
                                                                                                           const Estimator& estimator = {},
                                                                                                           const Method& method = {}) {
  return detail::leave_one_out_of("leave_one_out", random_effects(std::move(data), estimator), estimator, method, false);
}

/// The same by the common-effect model.
template <class Real, class Method = wald_z>
requires interval_method<Method, Real> refit_series<Real> leave_one_out_common_effect(effects<Real> data, const Method& method = {}) {
  return detail::leave_one_out_of("leave_one_out_common_effect", common_effect(std::move(data)), fixed_tau2{}, method, true);
}

/// The same for any model of trials: model(trials) gives a model_fit (mantel_haenszel, peto, or effect sizes and random_effects), and may throw.
/// trials: a vector or another range of two or more, with labels. Throws input_error with fewer, and what the model throws for all of them.
template <class Trials, class Model, class Method = wald_z>
auto leave_one_out_trials(const Trials& trials, const Model& model, const Method& method = {}) {
  using Trial = std::remove_cvref_t<decltype(*std::begin(trials))>;
  std::vector<Trial> others(std::begin(trials), std::end(trials));
  if (others.size() < 2) detail::throw_input_error("leave_one_out_trials", "needs two trials or more");
  using Real = typename std::remove_cvref_t<decltype(model(others))>::real_type;
  refit_series<Real> series;
  series.fit = model(others);
  series.measure = series.fit.data.measure;
  series.method = series.fit.method;
  Trial left_out = std::move(others.front());
  others.erase(others.begin());
  for (std::size_t i = 0; i <= others.size(); ++i) {
    try {
      series.rows.push_back(detail::row_of(left_out.label, model(others), batch_status::ok, method));
    } catch (const error& e) {
      refit<Real> r;
      r.label = left_out.label;
      r.failed = e.what();
      series.rows.push_back(std::move(r));
    }
    if (i < others.size()) std::swap(left_out, others[i]);
  }
  return series;
}

}  // namespace metapool
