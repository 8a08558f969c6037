// SPDX-License-Identifier: BSL-1.0
#pragma once

namespace metapool {

/// Continuity correction of the chi-squared of a 2x2 table: Yates takes half a patient from |observed - expected|, but no more than there is.
enum class continuity_correction { none, yates };

}  // namespace metapool
