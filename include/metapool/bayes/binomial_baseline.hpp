// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/check.hpp>

#include <string>

namespace metapool {

/// The logit halfway between a trial's arms (the mean of both logits) is normal, independently in each trial. Halfway, exchanging the arms changes the effect's sign and
/// nothing else (Smith, Spiegelhalter & Thomas 1995 Stat Med 14:2685). The default, sd 10, says next to nothing of risks down to 1 in 10^8. For odds
/// ratios. Throws input_error unless mean is finite and 0 < sd <= 100.
struct normal_baseline {
  double mean = 0;
  double sd = 10;
  explicit normal_baseline(double mean_ = 0, double sd_ = 10) : mean(mean_), sd(sd_) {
    if (!detail::is_finite(mean)) detail::throw_input_error("normal_baseline", "mean = " + detail::to_text(mean) + " must be finite");
    if (!(sd > 0 && sd <= 100)) detail::throw_input_error("normal_baseline", "sd = " + detail::to_text(sd) + " must lie between 0 and 100");
  }
  std::string name() const { return "logit halfway between the arms normal, mean " + detail::to_text(mean) + ", sd " + detail::to_text(sd); }
};

/// The risk halfway between a trial's arms on the log scale (the square root of their product) has the density a risk^(a - 1), a beta distribution with 1 as its second
/// parameter, independently in each trial, as far as both risks stay below 1. a is the number of events that the prior is worth: 1 is uniform, and not a little where
/// trials have none; the default is a tenth. For risk ratios. Throws input_error unless 0.02 <= a <= 1000.
struct log_risk_baseline {
  double a = 0.1;
  explicit log_risk_baseline(double a_ = 0.1) : a(a_) {
    if (!(a >= 0.02 && a <= 1000)) detail::throw_input_error("log_risk_baseline", "a = " + detail::to_text(a) + " must lie between 0.02 and 1000");
  }
  std::string name() const { return "risk halfway between the arms beta, " + detail::to_text(a) + ", 1"; }
};

/// No prior of the baseline: each trial enters by the distribution of its treated events given all its events (Fisher's noncentral hypergeometric), which
/// depends on the odds ratio alone. A trial without events (or with nothing else) then says nothing. For odds ratios.
struct given_margins {
  std::string name() const { return "none: the events of both arms together are taken as given"; }
};

}  // namespace metapool
