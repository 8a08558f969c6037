// SPDX-License-Identifier: BSL-1.0
// The choice of an interval of the between-study variance at run time.
#pragma once

#include <metapool/inference/generalized_q_tau2.hpp>
#include <metapool/inference/profile_likelihood_tau2.hpp>
#include <metapool/inference/q_profile.hpp>
#include <metapool/inference/sidik_jonkman_tau2.hpp>
#include <metapool/inference/test_based_heterogeneity.hpp>
#include <metapool/inference/wald_tau2.hpp>

#include <variant>

namespace metapool {

/// Any interval of the between-study variance.
using any_tau2_interval =
    std::variant<q_profile, generalized_q_tau2, profile_likelihood_tau2, wald_tau2, sidik_jonkman_tau2, test_based_heterogeneity>;

/// The interval of tau2, I2 and H2 by a method chosen at run time. Errors: those of the method.
template <class Real>
tau2_interval<Real> heterogeneity_interval(const model_fit<Real>& fit, const any_tau2_interval& method) {
  return std::visit([&](const auto& chosen) { return chosen(fit); }, method);
}

}  // namespace metapool
