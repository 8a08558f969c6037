// SPDX-License-Identifier: BSL-1.0
#pragma once

namespace metapool {

/// Where the maximum of a likelihood lies.
enum class estimate_state {
  finite,          ///< the ordinary case
  at_boundary,     ///< the estimate is finite, but a risk is 1 there: no standard error; intervals by the profile likelihood
  minus_infinity,  ///< the likelihood rises towards minus infinity (no event in the treated arms, say): profile intervals are open below
  plus_infinity    ///< it rises towards infinity: profile intervals are open above
};

}  // namespace metapool
