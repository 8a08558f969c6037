// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/effect/scale.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace metapool {

/// State of an interval whose ends may not exist.
enum class interval_state {
  regular,
  empty_set,   ///< no value of the parameter is compatible: both ends mean nothing
  open_lower,  ///< every value below the upper end is compatible: the lower end is -infinity
  open_upper,  ///< every value above the lower end is compatible: the upper end is infinity
  unbounded    ///< every value is compatible: the ends are -infinity (of tau2: 0) and infinity
};

/// An estimate with its interval, as a reader wants it (ratios for log measures). measure says of what; is_ratio whether 1 or 0 is no effect.
template <class Real = double>
struct natural_interval {
  Real estimate{};
  Real lower{};
  Real upper{};
  measure_info measure{};
  bool is_ratio() const { return measure.scale == scale::log && measure.comparison; }
};

/// The pooled mean with its interval and test. Scale: that of measure (logarithms for ratios); natural() brings it back.
template <class Real = double>
struct mean_inference {
  using real_type = Real;
  measure_info measure{};
  std::string method{};        ///< "Wald z", "Hartung-Knapp, scale factor at least 1", ...
  Real estimate{};
  Real se{};                   ///< the standard error that this method uses
  Real lower{};
  Real upper{};
  interval_state state = interval_state::regular;
  double level = 0.95;
  Real critical{};             ///< half width of the interval in units of se; 0 if it is not symmetric about the estimate
  Real statistic{};            ///< estimate / se unless the method says otherwise; tests the estimate against no effect (0 on the pooling scale)
  std::optional<Real> df{};    ///< degrees of freedom of the t distribution; empty for the normal
  Real p{};                    ///< two-sided
  std::optional<Real> scale_factor{};  ///< Hartung and Knapp's q before any safeguard
  std::vector<std::string> notes{};    ///< which safeguard took effect, and the like
  natural_interval<Real> natural() const {
    return {to_natural(measure.scale, estimate), to_natural(measure.scale, lower), to_natural(measure.scale, upper), measure};
  }
};

/// Where the effect of a new trial is expected. Scale: that of measure.
template <class Real = double>
struct prediction {
  using real_type = Real;
  measure_info measure{};
  std::string method{};
  Real estimate{};
  Real se{};                  ///< sqrt(tau2 + se of the mean squared)
  Real lower{};
  Real upper{};
  double level = 0.95;
  std::optional<Real> df{};   ///< degrees of freedom; empty for the normal
  natural_interval<Real> natural() const {
    return {to_natural(measure.scale, estimate), to_natural(measure.scale, lower), to_natural(measure.scale, upper), measure};
  }
};

/// How much studies differ beyond chance.
template <class Real = double>
struct heterogeneity_result {
  Real q{};                      ///< Cochran's Q
  std::size_t df{};              ///< k - 1
  std::optional<Real> p{};       ///< of Q against chi-squared(df); empty if df = 0
  Real i2_q{};                   ///< max(0, (Q - df) / Q), a fraction (Higgins & Thompson; RevMan 5, meta, Stata); 0 if df = 0
  Real h2_q{};                   ///< Q / df; 1 if df = 0
  std::optional<Real> i2_tau2{}; ///< tau2 / (tau2 + typical variance), a fraction (metafor, RevMan Web); empty without tau2
  std::optional<Real> h2_tau2{}; ///< 1 + tau2 / typical variance
  std::optional<Real> typical_variance{};  ///< Higgins & Thompson (2002) equation 9; empty if df = 0
  std::optional<Real> tau2{};
};

/// An interval of the between-study variance, and of I2 and H2 that follow from it. Scale: that of y squared; I2 a fraction.
template <class Real = double>
struct tau2_interval {
  std::string method{};
  interval_state state = interval_state::regular;
  double level = 0.95;
  Real lower{};      ///< meaningless (0) if the state is empty_set
  Real upper{};
  Real i2_lower{};
  Real i2_upper{};
  Real h2_lower{};
  Real h2_upper{};
  std::vector<std::string> notes{};  ///< a set in several parts, and the like
};

}  // namespace metapool
