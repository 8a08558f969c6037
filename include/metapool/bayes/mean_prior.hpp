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

/// The mean is Student's t with df degrees of freedom times scale around `mean`: of data that contradict it, less is left of it than of a
/// normal_mean. Scale: that of y. Throws input_error unless mean is finite, scale > 0 and 1 <= df <= 1000 (1: Cauchy; above, use normal_mean).
struct t_mean {
  double mean = 0;
  double scale = 1;
  double df = 4;
  t_mean(double mean_, double scale_, double df_) : mean(mean_), scale(scale_), df(df_) {
    if (!detail::is_finite(mean)) detail::throw_input_error("t_mean", "mean = " + detail::to_text(mean) + " must be finite");
    if (!(scale > 0 && detail::is_finite(scale))) detail::throw_input_error("t_mean", "scale = " + detail::to_text(scale) + " must be positive and finite");
    if (!(df >= 1 && df <= 1000)) detail::throw_input_error("t_mean", "df = " + detail::to_text(df) + " must lie between 1 and 1000; above that use normal_mean");
  }
  std::string name() const { return "t, " + detail::to_text(df) + " degrees of freedom, mean " + detail::to_text(mean) + ", scale " + detail::to_text(scale); }
};

}  // namespace metapool
