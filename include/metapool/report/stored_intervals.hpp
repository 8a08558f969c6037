// SPDX-License-Identifier: BSL-1.0
// Intervals that a review's program may have computed, for comparing with the one that it stored.
#pragma once

#include <metapool/inference/generalized_q_tau2.hpp>
#include <metapool/inference/hartung_knapp.hpp>
#include <metapool/inference/infer.hpp>
#include <metapool/inference/predict.hpp>
#include <metapool/inference/q_profile.hpp>
#include <metapool/report/verification.hpp>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <optional>
#include <string>
#include <vector>

namespace metapool::detail {

template <class Real>
struct candidate_interval {
  std::string method{};
  Real lower{}, upper{};
};

/// The candidate that agrees in most digits with what is stored (the worse of its two ends counts); of equals the first. Precondition: not empty.
template <class Real>
std::size_t best_interval(const std::optional<Real>& lower, const std::optional<Real>& upper, const std::vector<candidate_interval<Real>>& candidates) {
  std::size_t best = 0;
  double most = -1;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    double digits = 15;
    if (lower) digits = (std::min)(digits, digits_agreed(*lower, candidates[i].lower));
    if (upper) digits = (std::min)(digits, digits_agreed(*upper, candidates[i].upper));
    if (digits > most + 1) {  // by a digit: rounding is no reason to change the method
      most = digits;
      best = i;
    }
  }
  return best;
}

template <class Real>
std::vector<candidate_interval<Real>> tau2_candidates(const model_fit<Real>& fit, double level) {
  std::vector<candidate_interval<Real>> out;
  const auto add = [&](const auto& method) {
    try {
      const auto r = heterogeneity_interval(fit, method);
      out.push_back({r.method, r.lower, r.upper});
    } catch (const std::exception&) {  // not for this fit: then it is no candidate
    }
  };
  add(q_profile{.level = level});
  add(generalized_q_tau2{.level = level});
  add(generalized_q_tau2{.weights = moment_weights::inverse_variance, .level = level});
  return out;
}

/// adjusted: first with the standard error of Hartung and Knapp, as where the mean's interval is theirs.
template <class Real>
std::vector<candidate_interval<Real>> prediction_candidates(const model_fit<Real>& fit, bool adjusted, double level, scale s) {
  std::vector<candidate_interval<Real>> out;
  const auto push = [&](const prediction<Real>& r) { out.push_back({r.method, to_natural(s, r.lower), to_natural(s, r.upper)}); };
  const auto add = [&](const auto& method) {
    try {
      if (adjusted) push(predict(fit, infer(fit, hartung_knapp{.level = level}), method));
      push(predict(fit, method));
    } catch (const std::exception&) {  // too few studies for this one
    }
  };
  add(higgins_thompson_spiegelhalter{.level = level});
  add(veroniki{.level = level});
  add(skipka{.level = level});
  return out;
}

}  // namespace metapool::detail
