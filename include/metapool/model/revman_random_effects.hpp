// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/model/mantel_haenszel.hpp>
#include <metapool/model/random_effects.hpp>
#include <metapool/tau2/dersimonian_laird.hpp>

#include <utility>

namespace metapool {

/// RevMan 5's "Mantel-Haenszel, random": inverse-variance random effects with DerSimonian and Laird's tau2 whose Q is taken around
/// the Mantel-Haenszel estimate.
///
/// pooled: what is added to the tables for the Mantel-Haenszel estimate (nothing by default; RevMan 5 itself adds 0.5: constant_correction{});
/// studies: what is added for the studies' own effects (0.5 where a cell is zero).
/// Scale, errors: as random_effects and mantel_haenszel. 13 significant digits.
/// Deeks & Higgins (2010) Statistical algorithms in Review Manager 5.
template <detail::binary_trials Trials, mantel_haenszel_measure Measure, class Pooled = no_correction, class Studies = constant_correction>
auto revman_random_effects(const Trials& trials, const Measure& measure, const Pooled& pooled = {}, const Studies& studies = {},
                           fractional_counts fractional = fractional_counts::refused)
    -> model_fit<typename detail::trial_type<Trials>::real_type> {
  using Real = typename detail::trial_type<Trials>::real_type;
  const model_fit<Real> around = mantel_haenszel(trials, measure, pooled, fractional);
  model_fit<Real> fit = random_effects(effect_sizes(trials, measure, studies, fractional), dersimonian_laird_around<Real>{around.estimate});
  fit.method = "DerSimonian-Laird, Q around the Mantel-Haenszel estimate";
  return fit;
}

}  // namespace metapool
