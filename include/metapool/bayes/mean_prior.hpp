// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/check.hpp>

#include <optional>
#include <string>

namespace metapool {

/// The improper prior of the mean that is constant on the whole line.
struct flat_mean {
  std::string name() const { return "flat"; }
};

/// The mean is normal. Scale: that of y (logarithms for ratios). Throws input_error unless mean is finite and sd > 0.
struct normal_mean {
  double mean = 0;
  double sd = 1;
  normal_mean(double mean_, double sd_) : mean(mean_), sd(sd_) {
    if (!detail::is_finite(mean)) detail::throw_input_error("normal_mean", "mean = " + detail::to_text(mean) + " must be finite");
    if (!(sd > 0 && detail::is_finite(sd))) detail::throw_input_error("normal_mean", "sd = " + detail::to_text(sd) + " must be positive and finite");
  }
  std::string name() const { return "normal, mean " + detail::to_text(mean) + ", sd " + detail::to_text(sd); }
};

}  // namespace metapool
