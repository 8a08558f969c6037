// SPDX-License-Identifier: BSL-1.0
// The choice at run time among all intervals of the mean that need no argument, those that are dear to compile too.
#pragma once

#include <metapool/inference/cluster_robust.hpp>
#include <metapool/inference/infer.hpp>
#include <metapool/inference/nagashima.hpp>
#include <metapool/inference/permutation.hpp>

#include <concepts>
#include <variant>

namespace metapool {

/// Any interval of the mean: those of any_interval with permutation, nagashima (which draw at random beyond what can be enumerated) and cluster_robust (each study a
/// cluster of its own unless labels are given). A variant of its own, as these take seconds to compile and some of them to run.
using every_interval = std::variant<wald_z, wald_t, hartung_knapp, kenward_roger, sidik_jonkman_robust, profile_likelihood, biggerstaff_tweedie, henmi_copas, permutation,
                                    nagashima, cluster_robust>;

/// The pooled mean with its interval and test by a method chosen at run time. Errors: those of the method.
/// (A template of the variant, as else each of its methods would convert to it.)
template <class Real, std::same_as<every_interval> Any>
mean_inference<Real> infer(const model_fit<Real>& fit, const Any& method) {
  return std::visit([&](const auto& chosen) -> mean_inference<Real> { return chosen(fit); }, method);
}

}  // namespace metapool
