// SPDX-License-Identifier: BSL-1.0
#pragma once

namespace metapool {

/// On which scale a reported estimate and its interval are stated.
enum class stated_on {
  pooling_scale,  ///< as it is pooled: a log risk ratio, a mean difference
  natural_scale   ///< as it is read: a risk ratio
};

}  // namespace metapool
