// SPDX-License-Identifier: BSL-1.0
// Forest plots: trials, effects and pooled means to a scene.
#pragma once

#include <metapool/inference/result.hpp>
#include <metapool/model/fit.hpp>
#include <metapool/plot/forest_arms.hpp>
#include <metapool/plot/forest_groups.hpp>
#include <metapool/plot/forest_layout.hpp>
#include <metapool/plot/forest_options.hpp>
#include <metapool/plot/forest_rows.hpp>
#include <metapool/plot/forest_statistics.hpp>
#include <metapool/plot/forest_table.hpp>
#include <metapool/plot/scene.hpp>

#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace metapool {
namespace detail {

// A type of its own, so that {.title = "..."} in its place can only mean the options.
template <class Subgroups, class Real>
concept subgroup_range = std::convertible_to<const Subgroups&, std::span<const forest_subgroup<Real>>>;

}  // namespace detail

/// Forest plot of a meta-analysis with any number of pooled means (Mantel-Haenszel and random effects, say), subgroups of the studies, or both.
///
/// trials: the input from which the effects were made, in the same order (any range with size() and [] of any kind of trial or study; those
/// of one group have their columns without an arm's name, reported effects have none). fit: gives the studies' effects and weights and the heterogeneity line. pooled: one diamond each, in order; the dashed line
/// marks the first; empty: no diamond. subgroups: a vector or span of forest_subgroup;
/// every trial stands in exactly one; empty: none.
///
/// Drawn: every trial, also those that were not pooled, which say why; squares whose area is proportional to the weight; the studies' own
/// intervals (normal, at options.level) with an arrowhead where one goes beyond the axis; effects as ratios on a logarithmic axis, or as
/// differences on an even one. The scene's description says the result in a sentence.
///
/// Throws input_error if trials and fit do not belong together (sizes), subgroups do not divide the trials, a number to be drawn is not
/// finite, or an option lies outside its domain.
template <class Trials, class Real, class Subgroups>
  requires detail::trial_range<Trials> && detail::subgroup_range<Subgroups, Real>
scene forest_plot(const Trials& trials, const model_fit<Real>& fit, const std::vector<forest_pooled<Real>>& pooled, const Subgroups& subgroups,
                  const forest_options<Real>& options = {}) {
  detail::forest_table table = detail::forest_rows<Real>(fit, pooled, subgroups, options, detail::arms_of(trials)).build();
  return detail::forest_layout<>(table).draw();
}

/// Forest plot of one pooled mean, with options.prediction below it.
template <class Trials, class Real>
  requires detail::trial_range<Trials>
scene forest_plot(const Trials& trials, const model_fit<Real>& fit, const mean_inference<Real>& mean, const forest_options<Real>& options = {}) {
  return forest_plot(trials, fit, detail::one_pooled(fit, mean, options), std::vector<forest_subgroup<Real>>{}, options);
}

/// Forest plot of several pooled means, each a diamond of its own.
template <class Trials, class Real>
  requires detail::trial_range<Trials>
scene forest_plot(const Trials& trials, const model_fit<Real>& fit, const std::vector<forest_pooled<Real>>& pooled,
                  const forest_options<Real>& options = {}) {
  return forest_plot(trials, fit, pooled, std::vector<forest_subgroup<Real>>{}, options);
}

/// Forest plot of subgroups, each with its diamond and heterogeneity, and of the mean of all.
template <class Trials, class Real, class Subgroups>
  requires detail::trial_range<Trials> && detail::subgroup_range<Subgroups, Real>
scene forest_plot(const Trials& trials, const model_fit<Real>& fit, const mean_inference<Real>& mean, const Subgroups& subgroups,
                  const forest_options<Real>& options = {}) {
  return forest_plot(trials, fit, detail::one_pooled(fit, mean, options), subgroups, options);
}

/// Forest plot of effects that were known already, or put together from several kinds of data: no columns for the arms.
template <class Real>
scene forest_plot(const model_fit<Real>& fit, const mean_inference<Real>& mean, const forest_options<Real>& options = {}) {
  detail::forest_table table =
      detail::forest_rows<Real>(fit, detail::one_pooled(fit, mean, options), {}, options, detail::forest_arms{}).build();
  return detail::forest_layout<>(table).draw();
}

}  // namespace metapool
