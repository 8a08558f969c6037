// SPDX-License-Identifier: BSL-1.0
// One number of the library against one of the reference.
#pragma once

#include "conformance/answers.hpp"

#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>

namespace conformance {

/// p-values below it are compared on the log scale, to `log_p_rtol`.
inline constexpr double small_p = 1e-12;
inline constexpr double log_p_rtol = 1e-3;
/// |b| below it is judged as if it were this.
inline constexpr double smallest_size = 1e-3;

inline double relative_error(double a, double b) { return std::fabs(a - b) / std::fmax(smallest_size, std::fabs(b)); }

/// Whether `got` is the same as `expected` at the case's rtol. f: the field from which `got` comes.
inline bool same(double got, double expected, double rtol, const field<double>& f) {
  if (!std::isfinite(got)) return false;
  if (f.is_p && expected < small_p) {
    const double log_got = f.log_value ? *f.log_value : std::log(got);
    if (expected == 0) return log_got < std::log((std::numeric_limits<double>::min)());  // it went below the smallest number
    return std::fabs(log_got - std::log(expected)) <= log_p_rtol * std::fabs(std::log(expected));
  }
  return relative_error(got, expected) <= rtol;
}

}  // namespace conformance
