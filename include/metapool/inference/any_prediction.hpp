// SPDX-License-Identifier: BSL-1.0
// The choice of a prediction interval at run time.
#pragma once

#include <metapool/inference/nagashima.hpp>
#include <metapool/inference/predict_partlett_riley.hpp>

#include <concepts>
#include <variant>

namespace metapool {

/// Any prediction interval.
using any_prediction =
    std::variant<skipka, veroniki, higgins_thompson_spiegelhalter, hartung_knapp_prediction, kenward_roger_prediction, sidik_jonkman_prediction, nagashima>;

/// Where the effect of a new trial lies, by a method chosen at run time. Errors: those of the method.
/// (A template of the variant, as else each of its methods would convert to it.)
template <class Real, std::same_as<any_prediction> Any>
prediction<Real> predict(const model_fit<Real>& fit, const Any& method) {
  return std::visit([&](const auto& chosen) -> prediction<Real> { return predict(fit, chosen); }, method);
}

}  // namespace metapool
