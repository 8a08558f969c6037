// SPDX-License-Identifier: BSL-1.0
// Effects as text, with the decimals that their measure needs.
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/effect/scale.hpp>
#include <metapool/text/number_text.hpp>

#include <cmath>
#include <string>

namespace metapool::detail {

/// Numbers of one measure as a reader wants them.
template <class Real>
class effect_text {
 public:
  explicit effect_text(const measure_info& measure)
      : measure_(measure),
        decimals_(measure.name == "risk_difference" ? 3 : 2),
        by_size_(!measure.comparison || (measure.scale != scale::identity && measure.scale != scale::log) ||
                 measure.name == "incidence_rate_difference" || measure.name == "square_root_rate_difference") {}
  std::string one(const Real& x) const {
    const double natural = static_cast<double>(to_natural(measure_.scale, x));
    if (by_size_) return sized_text(natural);
    return measure_.scale == scale::log ? ratio_text(natural, decimals_) : fixed_text(natural, decimals_);
  }
  std::string range(const Real& lower, const Real& upper) const { return "[" + one(lower) + ", " + one(upper) + "]"; }
  std::string raw(const Real& x) const {
    const double value = static_cast<double>(x);
    return by_size_ && value != 0 && std::fabs(value) < 0.01 ? to_short_text(value, 3) : fixed_text(value, 4);
  }

 private:
  /// Two decimals from 1 on, three below, and three significant digits below 0.1: rates can be small.
  static std::string sized_text(double x) {
    const double size = std::fabs(x);
    if (size >= 1e7) return to_short_text(x, 3);
    if (size >= 0.1 || size == 0) return fixed_text(x, size >= 1 ? 2 : 3);
    return to_short_text(x, 3);
  }

  measure_info measure_;
  int decimals_;
  bool by_size_;
};

}  // namespace metapool::detail
