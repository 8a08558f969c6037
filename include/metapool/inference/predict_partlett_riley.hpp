// SPDX-License-Identifier: BSL-1.0
// Prediction intervals whose standard error of the mean is that of an interval of the mean: HK, HK-PR, KR, KR-PR, SJ.
#pragma once

#include <metapool/inference/hartung_knapp.hpp>
#include <metapool/inference/kenward_roger.hpp>
#include <metapool/inference/predict.hpp>
#include <metapool/inference/sidik_jonkman_robust.hpp>

#include <concepts>
#include <cstdint>
#include <string>

namespace metapool {

/// Degrees of freedom of a prediction interval against those of the interval of the mean by the same method.
enum class prediction_degrees : std::uint8_t {
  of_the_mean,  ///< the same: k - 1 by Hartung and Knapp, nu by Kenward and Roger (R's meta: "HK", "KR")
  one_less      ///< k - 2, nu - 1, as Partlett & Riley (2017) (R's meta: "HK-PR", "KR-PR"; R's pimeta)
};

namespace detail {

template <class Real>
prediction<Real> predict_by_mean(const char* function, const model_fit<Real>& fit, const mean_inference<Real>& mean, prediction_degrees degrees) {
  const bool less = degrees == prediction_degrees::one_less;
  const Real df = less ? Real(*mean.df - 1) : *mean.df;
  if (!(df > 0)) {
    throw_not_estimable(function, to_short_text(*mean.df) + " degrees of freedom less 1 leave none; use prediction_degrees::of_the_mean or another method");
  }
  prediction<Real> p = predict_with(function, fit, mean.se, std::optional<Real>(df), mean.level, mean.method.c_str());
  p.method += less ? ", one degree of freedom less" : ", its degrees of freedom";
  return p;
}

}  // namespace detail

/// Prediction interval with Hartung and Knapp's standard error: estimate -+ t sqrt(tau2 + se^2), t with k - 1 degrees of freedom
/// (meta's "HK", k >= 2) or k - 2 (meta's "HK-PR", Partlett & Riley 2017, k >= 3). floor: see hartung_knapp; pimeta's "HK" has floor 1
/// and k - 2. Scale: that of the effects.
/// Throws as hartung_knapp and predict; not_estimable with fewer studies.
/// Partlett & Riley (2017) Stat Med 36:301, doi:10.1002/sim.7140.
struct hartung_knapp_prediction {
  double level = 0.95;
  double floor = 0;
  prediction_degrees degrees = prediction_degrees::of_the_mean;

  template <class Real>
  prediction<Real> operator()(const model_fit<Real>& fit) const {
    hartung_knapp method;
    method.level = level;
    method.floor = floor;
    return detail::predict_by_mean("hartung_knapp_prediction", fit, method(fit), degrees);
  }
};

/// Prediction interval with Kenward and Roger's standard error and degrees of freedom nu (meta's "KR", k >= 2) or nu - 1 (meta's "KR-PR",
/// Partlett & Riley 2017; not_estimable unless nu > 1). Scale: that of the effects. With nu far below 1 the ends can be infinite.
/// Throws as kenward_roger and predict. Partlett & Riley (2017) Stat Med 36:301, doi:10.1002/sim.7140.
struct kenward_roger_prediction {
  double level = 0.95;
  kr_information information = kr_information::expected;
  prediction_degrees degrees = prediction_degrees::of_the_mean;

  template <class Real>
  prediction<Real> operator()(const model_fit<Real>& fit) const {
    kenward_roger method;
    method.level = level;
    method.information = information;
    return detail::predict_by_mean("kenward_roger_prediction", fit, method(fit), degrees);
  }
};

/// Prediction interval with Sidik and Jonkman's robust standard error and t with k - 2 degrees of freedom (pimeta's "SJ"). For k >= 3.
/// Scale: that of the effects. Throws as sidik_jonkman_robust and predict; not_estimable with fewer studies.
/// Partlett & Riley (2017) Stat Med 36:301, doi:10.1002/sim.7140.
struct sidik_jonkman_prediction {
  double level = 0.95;

  template <class Real>
  prediction<Real> operator()(const model_fit<Real>& fit) const {
    sidik_jonkman_robust method;
    method.level = level;
    return detail::predict_by_mean("sidik_jonkman_prediction", fit, method(fit), prediction_degrees::one_less);
  }
};

/// A prediction method that brings its own standard error of the mean.
template <class M, class Real = double>
concept complete_prediction_method = requires(const M& method, const model_fit<Real>& fit) {
  { method(fit) } -> std::convertible_to<prediction<Real>>;
};

/// Where the effect of a new trial lies with probability `method.level`, by hartung_knapp_prediction{}, kenward_roger_prediction{} or
/// sidik_jonkman_prediction{}. Errors: those of the method.
template <class Real, class Method>
  requires complete_prediction_method<Method, Real>
prediction<Real> predict(const model_fit<Real>& fit, const Method& method) {
  return method(fit);
}

}  // namespace metapool
