// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <string_view>

namespace metapool {

/// The scale on which effects are pooled, and from which results are brought back for a reader.
enum class scale {
  identity,  ///< pooled as it is read (differences of risks or means)
  log        ///< pooled as a natural logarithm, read as a ratio
};

/// What an effect size is: names for code and for readers, and its scale.
struct measure_info {
  std::string_view name = "effect";    ///< identifier, "risk_ratio"
  std::string_view symbol = "y";       ///< column heading, "RR"
  std::string_view label = "effect";   ///< running text, "risk ratio"
  metapool::scale scale = metapool::scale::identity;
};

/// x of the pooling scale as a reader wants it: exp(x) on the log scale, x itself on the identity scale.
template <class Real>
Real to_natural(scale s, const Real& x) {
  using std::exp;
  return s == scale::log ? Real(exp(x)) : x;
}

/// The inverse of to_natural: the pooling scale's value of a ratio or difference. Domain: x > 0 on the log scale.
template <class Real>
Real from_natural(scale s, const Real& x) {
  using std::log;
  return s == scale::log ? Real(log(x)) : x;
}

}  // namespace metapool
