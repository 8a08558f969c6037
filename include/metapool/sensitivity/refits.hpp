// SPDX-License-Identifier: BSL-1.0
// The same meta-analysis again and again, with other studies each time.
#pragma once

#include <metapool/batch/tails.hpp>
#include <metapool/inference/heterogeneity.hpp>
#include <metapool/inference/infer.hpp>
#include <metapool/math/chi_squared.hpp>
#include <metapool/model/inverse_variance.hpp>
#include <metapool/sensitivity/gosh_engine.hpp>

#include <cmath>
#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace metapool {

/// One meta-analysis of a series. Scale: that of the effects; I2 a fraction.
template <class Real = double>
struct refit {
  using real_type = Real;
  std::string label{};                         ///< the study left out, or the one added last
  std::size_t studies = 0;                     ///< how many were pooled
  std::optional<mean_inference<Real>> mean{};  ///< empty if there is none: see failed
  std::optional<Real> tau2{};                  ///< empty for one study
  Real q{};                                    ///< Cochran's Q
  std::size_t df{};                            ///< of Q
  std::optional<Real> q_p{};                   ///< its p; empty if df = 0
  Real i2{}, h2{1};                            ///< max(0, (Q - df) / Q) and Q / df
  std::optional<Real> i2_tau2{};               ///< tau2 / (tau2 + typical variance), metafor's I2; empty where tau2 is
  std::string failed{};                        ///< why there is no mean; empty if there is one
};

/// A series of meta-analyses that differ in their studies.
template <class Real = double>
struct refit_series {
  using real_type = Real;
  measure_info measure{};
  std::string method{};   ///< "REML", "inverse variance", ...
  model_fit<Real> fit{};  ///< of all studies
  std::vector<refit<Real>> rows{};
};

namespace detail {

/// Estimate, weight, tau2 and Q of one meta-analysis of a series, or why there are none.
template <class Real>
struct refit_numbers {
  Real estimate{}, se{}, tau2{}, q{};
  batch_status status = batch_status::ok;
};

/// By the estimator itself.
template <class Real, class Estimator>
refit_numbers<Real> refit_alone(std::span<const Real> y, std::span<const Real> v, const Estimator& estimator) {
  using std::sqrt;
  refit_numbers<Real> r;
  if (y.size() > 1) {
    try {
      const tau2_estimate<Real> t = estimator(y, v);
      if (!t.convergence.converged || !(t.tau2 >= 0) || !is_finite(t.tau2)) {
        r.status = batch_status::not_converged;
        return r;
      }
      r.tau2 = t.tau2;
    } catch (const input_error&) {
      r.status = batch_status::out_of_range;
      return r;
    } catch (const error&) {
      r.status = batch_status::not_estimable;
      return r;
    }
  }
  const pooled_sums<Real> common = pool_at(y, v, Real(0));
  const pooled_sums<Real> s = r.tau2 > 0 ? pool_at(y, v, r.tau2) : common;
  r.estimate = s.mean;
  r.se = sqrt(Real(1 / s.w));
  r.q = common.q;
  if (!is_finite(r.estimate) || !is_finite(r.q) || !is_finite(r.se) || !(r.se > 0)) r.status = batch_status::out_of_range;
  return r;
}

/// The numbers of a series: all studies but one for each study in turn, or the first, the first two, ... of an order. Up to 64 studies eight side by side.
template <class Real, class Estimator>
std::vector<refit_numbers<Real>> refit_all(std::span<const Real> y, std::span<const Real> v, const Estimator& estimator, bool cumulative) {
  const std::size_t k = y.size();
  std::vector<refit_numbers<Real>> r(k);
  if constexpr (std::floating_point<Real>) {
    if (k >= 2 && k <= 64) {
      const study_mask all = ~study_mask(0) >> (64 - k);
      const gosh_engine<Real, Estimator> engine(y, v, estimator, {}, false);
      const auto block = std::make_unique<gosh_block<Real>>(k);
      std::vector<study_mask> masks;
      for (std::size_t i = 0; i < k; ++i) masks.push_back(cumulative ? all >> (k - 1 - i) : all & ~(study_mask(1) << i));
      engine.list(masks.data(), k, *block);
      for (std::size_t i = 0; i < k; ++i) {
        const batch_status s = block->status[i];
        r[i] = {block->estimate[i], block->se[i], block->studies[i] > 1 ? block->tau2[i] : Real(0), block->q[i],
                s == batch_status::one_study ? batch_status::ok : s};
      }
      return r;
    }
  }
  if (cumulative) {
    for (std::size_t i = 0; i < k; ++i) r[i] = refit_alone(y.first(i + 1), v.first(i + 1), estimator);
    return r;
  }
  std::vector<Real> others_y(y.begin() + 1, y.end()), others_v(v.begin() + 1, v.end());
  for (std::size_t i = 0; i < k; ++i) {
    if (k > 1) r[i] = refit_alone(std::span<const Real>(others_y), std::span<const Real>(others_v), estimator);
    if (i + 1 < k) {
      others_y[i] = y[i];
      others_v[i] = v[i];
    }
  }
  return r;
}

template <class Estimator>
inline constexpr bool is_common_effect = std::is_same_v<Estimator, fixed_tau2>;

/// A fit from what is known of it. Of the record of the studies it has the effects alone.
template <class Real>
void put_numbers(model_fit<Real>& fit, const refit_numbers<Real>& n, bool common) {
  const std::size_t k = fit.data.size();
  fit.estimate = n.estimate;
  fit.se = n.se;
  fit.q = n.q;
  fit.df = k - 1;
  fit.tau2 = common || k < 2 ? std::optional<Real>{} : std::optional<Real>{n.tau2};
  fit.weights.resize(k);
  for (std::size_t i = 0; i < k; ++i) fit.weights[i] = n.se * n.se / (fit.data.v[i] + n.tau2);
}

template <class Real, class Method>
refit<Real> row_of(std::string_view label, const model_fit<Real>& fit, batch_status status, const Method& method) {
  refit<Real> r;
  r.label = label;
  r.studies = fit.k();
  if (status != batch_status::ok) {
    r.failed = status == batch_status::not_converged  ? "the between-study variance did not converge"
               : status == batch_status::out_of_range ? "the effects and variances are out of the range of the number type"
                                                      : "the between-study variance cannot be estimated";
    return r;
  }
  r.tau2 = fit.tau2;
  r.q = fit.q;
  r.df = fit.df;
  if (fit.df > 0) {
    const Real df = static_cast<Real>(fit.df);
    if constexpr (std::floating_point<Real>) {
      r.q_p = batch_chi_squared_p(fit.q, fit.df);
    } else {
      r.q_p = chi_squared_upper_tail<Real>(fit.q, df);
    }
    if (fit.q > df) r.i2 = (fit.q - df) / fit.q;
    r.h2 = fit.q / df;
    if (fit.tau2) r.i2_tau2 = *fit.tau2 / (*fit.tau2 + typical_variance(std::span<const Real>(fit.data.v)));
  }
  try {
    r.mean = infer(fit, method);
  } catch (const error& e) {
    r.failed = e.what();
  }
  return r;
}

}  // namespace detail
}  // namespace metapool
