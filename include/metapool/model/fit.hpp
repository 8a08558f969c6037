// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/effect/effects.hpp>
#include <metapool/tau2/estimate.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace metapool {

/// Which model a fit comes from.
enum class model : std::uint8_t {
  common_effect,
  mantel_haenszel,
  peto,
  random_effects,
  ivhet,                               ///< common-effect weights, a variance that knows of heterogeneity
  quality_effects,                     ///< the same with weights by precision and quality
  unrestricted_weighted_least_squares  ///< multiplicative heterogeneity
};

/// A pooled effect, from whichever model, with everything that intervals, tests, predictions, reports and plots need.
///
/// Scale: estimate and se are on data.measure.scale (logarithms for ratios); tau2, se_tau2 on its square.
template <class Real = double>
struct model_fit {
  using real_type = Real;
  metapool::model model = metapool::model::common_effect;
  std::string method{};               ///< "inverse variance", "Mantel-Haenszel", "Peto", "REML", ...
  effects<Real> data{};               ///< the effects that were pooled and the record of every study
  Real estimate{};                    ///< the pooled effect
  Real se{};                          ///< its classical (Wald) standard error
  std::optional<Real> tau2{};         ///< between-study variance; empty where the model has none or one study cannot tell
  std::optional<Real> se_tau2{};      ///< its asymptotic standard error, where defined
  std::vector<Real> weights{};        ///< share of each study of data in the estimate; sums to 1
  Real q{};                           ///< Cochran's Q: weights 1/v, around the inverse-variance mean (around the estimate for Mantel-Haenszel and Peto)
  std::size_t df{};                   ///< its degrees of freedom, k - 1
  metapool::convergence<Real> convergence{};
  std::vector<Real> tau2_maxima{};    ///< all local maxima of the likelihood in tau2, if there is more than one (REML, ML)
  std::vector<std::string> notes{};   ///< what was done that a report must say
  std::size_t k() const { return data.size(); }
};

/// Names a model in running text: "common effect", "random effects", ...
inline constexpr const char* name(model m) {
  switch (m) {
    case model::common_effect: return "common effect";
    case model::mantel_haenszel: return "Mantel-Haenszel";
    case model::peto: return "Peto";
    case model::random_effects: return "random effects";
    case model::ivhet: return "IVhet";
    case model::quality_effects: return "quality effects";
    case model::unrestricted_weighted_least_squares: return "unrestricted weighted least squares";
  }
  return "";
}

/// Whether a model weighs studies by 1 / (v + tau2) and its standard error is that of those weights: what most intervals of the mean presume.
inline constexpr bool weighs_by_inverse_variance(model m) { return m == model::common_effect || m == model::random_effects; }

/// Whether a model estimates a between-study variance from two studies or more.
inline constexpr bool has_between_study_variance(model m) {
  return m == model::random_effects || m == model::ivhet || m == model::quality_effects;
}

}  // namespace metapool
