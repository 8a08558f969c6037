// SPDX-License-Identifier: BSL-1.0
// What small_trial_report (small_trials.hpp) answers.
#pragma once

#include <metapool/inference/result.hpp>
#include <metapool/inference/situation.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace metapool {

/// What a method takes the effects of the trials to be.
enum class effects_are : std::uint8_t {
  one,     ///< the same in every trial
  varying  ///< drawn from a distribution around the mean that is estimated
};

/// One row of small_trial_report.
template <class Real = double>
struct small_trial_analysis {
  std::string method{};                      ///< "Mantel-Haenszel"
  std::string measure{};                     ///< "RR", "OR", "RD"
  effects_are effects = effects_are::one;
  std::size_t k{};                           ///< trials that the estimate rests on
  std::optional<Real> estimate{};            ///< natural scale: 0.6 is a ratio; empty if there is none
  Real lower{};                              ///< natural scale; of Bayes the equal-tailed interval
  Real upper{};                              ///< infinity if the interval is open above
  interval_state state = interval_state::regular;
  std::optional<Real> p{};                   ///< two-sided, of "no effect"; empty for Bayes
  std::optional<Real> probability_below{};   ///< Bayes: posterior probability that the mean effect is below no effect
  std::optional<Real> tau{};                 ///< between-trial standard deviation on the scale of analysis (Bayes: posterior median)
  std::string assumes{};
  std::string fails{};                       ///< when it is known to fail, with the source where it is not plain from the method
  bool fails_here = false;                   ///< whether these trials are of that kind, by rules of thumb
  std::string refused{};                     ///< why there is no answer; then the numbers are empty
};

/// Options of small_trial_report.
struct small_trial_options {
  double level = 0.95;
  double tau_scale = 0.5;  ///< of the half-normal prior of tau (Friede et al. 2017), log scale
};

/// All analyses of one set of trials, with what the trials are like.
template <class Real = double>
struct small_trial_analyses {
  std::size_t trials{};       ///< complete ones
  std::size_t double_zeros{};
  situation of_trials{};
  double level = 0.95;
  std::vector<small_trial_analysis<Real>> rows{};
};

}  // namespace metapool
