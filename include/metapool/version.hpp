// SPDX-License-Identifier: BSL-1.0
// The one place of the version: CMake reads these three lines.
#pragma once

#define METAPOOL_VERSION_MAJOR 0
#define METAPOOL_VERSION_MINOR 1
#define METAPOOL_VERSION_PATCH 0

#if (defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__)) && !defined(METAPOOL_ALLOW_FAST_MATH)
#error "metapool: -ffast-math removes the tests for NaN and infinity on which the checks of input rest; compile without it"
#endif

namespace metapool {

/// The library's version, "major.minor.patch".
inline constexpr char version[] = "0.1.0";

}  // namespace metapool
