// SPDX-License-Identifier: BSL-1.0
// How true effects vary from trial to trial in a simulation.
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/math/random.hpp>

#include <cmath>
#include <string>
#include <variant>

namespace metapool {

/// The shape of the distribution of the trials' true effects: a value that draws from it, with mean 0 and variance 1.

/// Normal.
struct normal_spread {
  void check(const char*) const {}
  double operator()(detail::random_stream& random) const { return random.normal(); }
};

/// Student's t with df > 2 degrees of freedom, scaled to variance 1: now and then a trial far off.
struct t_spread {
  double df = 4;
  void check(const char* function) const {
    if (!(df > 2) || !detail::is_finite(df)) detail::throw_input_error(function, "t_spread.df = " + detail::to_text(df) + " must be above 2 and finite, else there is no variance");
  }
  double operator()(detail::random_stream& random) const { return random.students_t(df) * std::sqrt((df - 2) / df); }
};

/// A gamma distribution moved to mean 0 and scaled to variance 1, turned round if the skewness is negative. 1e-3 <= |skewness| <= 10; 2 is the exponential.
struct skewed_spread {
  double skewness = 1;
  void check(const char* function) const {
    const double size = std::fabs(skewness);
    if (!(size >= 1e-3 && size <= 10)) {
      detail::throw_input_error(function, "skewed_spread.skewness = " + detail::to_text(skewness) + " must be between 0.001 and 10 in size (normal_spread has none)");
    }
  }
  double operator()(detail::random_stream& random) const {
    const double shape = 4 / (skewness * skewness);
    const double x = (random.gamma(shape) - shape) / std::sqrt(shape);
    return skewness < 0 ? -x : x;
  }
};

/// Any of these, chosen at run time.
using any_spread = std::variant<normal_spread, t_spread, skewed_spread>;

/// The mean of the true effects on the pooling scale (a logarithm for ratios), their variance, and the shape of their distribution.
struct true_effects_model {
  double mean = 0;
  double tau2 = 0;
  any_spread spread{};
};

namespace detail {

/// Throws input_error unless the mean is finite, tau2 >= 0 and finite, and the shape is valid.
inline void check(const true_effects_model& m, const char* function) {
  if (!is_finite(m.mean)) throw_input_error(function, "effects.mean = " + to_text(m.mean) + " must be finite");
  if (!(m.tau2 >= 0) || !is_finite(m.tau2)) throw_input_error(function, "effects.tau2 = " + to_text(m.tau2) + " must be 0 or positive and finite");
  std::visit([&](const auto& spread) { spread.check(function); }, m.spread);
}

/// The true effect of one trial.
inline double draw_effect(const true_effects_model& m, random_stream& random) {
  if (m.tau2 == 0) return m.mean;
  return m.mean + std::sqrt(m.tau2) * std::visit([&](const auto& spread) { return spread(random); }, m.spread);
}

}  // namespace detail

}  // namespace metapool
