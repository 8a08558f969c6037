// SPDX-License-Identifier: BSL-1.0
// Where a study's variance comes from.
#pragma once

#include <cstdint>
#include <string_view>

namespace metapool {

/// Where a study's variance comes from: from its own data, or from what was reported beside its effect.
enum class variance_source : std::uint8_t { data, variance, standard_error, interval, p_value };

/// A few words for a report; empty for a variance from the study's own data.
inline constexpr std::string_view describe(variance_source s) {
  switch (s) {
    case variance_source::data: break;
    case variance_source::variance: return "effect as reported, with its variance";
    case variance_source::standard_error: return "effect as reported, with its standard error";
    case variance_source::interval: return "effect as reported, standard error from its interval";
    case variance_source::p_value: return "effect as reported, standard error from its p-value";
  }
  return {};
}

}  // namespace metapool
