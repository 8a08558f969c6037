// SPDX-License-Identifier: BSL-1.0
// The choice of an estimator at run time.
#pragma once

#include <metapool/tau2/dersimonian_laird.hpp>
#include <metapool/tau2/maximum_likelihood.hpp>
#include <metapool/tau2/paule_mandel.hpp>
#include <metapool/tau2/reml.hpp>

#include <array>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

namespace metapool {

/// Any between-study variance estimator.
using any_tau2 = std::variant<dersimonian_laird, paule_mandel, reml, maximum_likelihood>;

/// The short names by which command lines and tables know the estimators (metafor's method codes).
inline constexpr std::array<std::pair<std::string_view, std::size_t>, 5> tau2_codes{
    {{"DL", 0}, {"PM", 1}, {"EB", 1}, {"REML", 2}, {"ML", 3}}};

/// The estimator of a short name; empty if there is none.
template <class = void>
std::optional<any_tau2> tau2_from_code(std::string_view code) {
  constexpr std::array<any_tau2, 4> all{dersimonian_laird{}, paule_mandel{}, reml{}, maximum_likelihood{}};
  for (const auto& entry : tau2_codes) {
    if (entry.first == code) return all[entry.second];
  }
  return std::nullopt;
}

}  // namespace metapool
