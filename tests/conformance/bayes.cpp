// SPDX-License-Identifier: BSL-1.0
#include "conformance/bayes.hpp"

#include <array>
#include <span>

template <>
std::span<const conformance::operation<double>> conformance::bayes_operations<double>() {
  static constexpr std::array<operation<double>, 1> table{{{"bayes", bayes<double>}}};
  return table;
}
