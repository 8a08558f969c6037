// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/inference/infer.hpp>
#include <metapool/inference/regression.hpp>
#include <metapool/inference/regression_cluster_robust.hpp>
#include <metapool/inference/regression_kenward_roger.hpp>
#include <metapool/inference/regression_profile_likelihood.hpp>

#include <concepts>
#include <variant>

namespace metapool {

/// Coefficients of a regression by a method chosen at run time. Throws input_error for methods that are defined for a single mean alone.
/// (A template of the variant, as else each of its methods would convert to it.)
template <class Real, std::same_as<any_interval> Any>
regression_inference<Real> infer(const regression_fit<Real>& fit, const Any& method) {
  return std::visit(
      [&](const auto& chosen) -> regression_inference<Real> {
        if constexpr (requires { infer(fit, chosen); }) {
          return infer(fit, chosen);
        } else {
          detail::throw_input_error("infer", "this method is for a single mean and has no form for a regression");
        }
      },
      method);
}

}  // namespace metapool
