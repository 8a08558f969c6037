// SPDX-License-Identifier: BSL-1.0
#include "conformance/likelihood.hpp"

#include <array>
#include <span>

template <>
std::span<const conformance::operation<double>> conformance::likelihood_operations<double>() {
  static constexpr std::array<operation<double>, 1> table{{{"glmm", glmm<double>}}};
  return table;
}
