// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/inference/new_trial.hpp>
#include <metapool/math/constants.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace metapool {

/// How the interval of a proportion of true effects is made from its standard error.
enum class true_effects_interval : std::uint8_t {
  logit,  ///< on the logit of the proportion, so inside (0, 1)
  wald    ///< on the proportion itself, cut off at 0 and 1 (Mathur & VanderWeele)
};

/// The proportion of the true effects of a population of trials that lie below, and above, a threshold.
template <class Real = double>
struct true_effect_proportion {
  measure_info measure{};
  std::string method{};
  Real threshold{};               ///< on the pooling scale
  Real below{};
  Real above{};
  std::optional<Real> se{};       ///< of both; empty where there is none
  std::optional<Real> below_lower{}, below_upper{};
  std::optional<Real> above_lower{}, above_upper{};
  double level = 0.95;
};

/// The proportion of true effects beyond a threshold if they are normal with the fit's mean and tau2: below = Phi((threshold - estimate) / tau), by
/// the delta method with variance phi^2 (se^2 / tau2 + var(tau2) (threshold - estimate)^2 / (4 tau2^3)).
///
/// It says how effects are spread; new_trial says where the next one lies, and counts the uncertainty of the mean too. Asks for some 10 studies and
/// more, and for proportions between 0.15 and 0.85: beyond these the delta method is poor.
/// on: as for new_trial. The standard error and the intervals are empty if the fit has no se_tau2, and if tau2 = 0, where all true effects
/// are equal: the proportions are then 0 and 1 (an estimate at the threshold counts as above). The intervals are [0, 0] and the like if the proportion is 0 or 1 to all digits.
/// Throws input_error for a level outside (0, 1) or a threshold outside the range of the measure; not_estimable for a fit without tau2; convergence_error on a fit that did not converge.
/// 12 significant digits. Mathur & VanderWeele (2019) Stat Med 38:1336, doi:10.1002/sim.8057.
template <class Real>
true_effect_proportion<Real> true_effects_beyond(const model_fit<Real>& fit, const Real& threshold, stated_on on = stated_on::pooling_scale,
                                                 true_effects_interval interval = true_effects_interval::logit, double level = 0.95) {
  using std::exp, std::sqrt;
  constexpr const char* function = "true_effects_beyond";
  detail::check_fit(function, fit, level);
  if (!fit.tau2) detail::throw_not_estimable(function, std::string("a ") + name(fit.model) + " fit of this size has no between-study variance");
  true_effect_proportion<Real> r;
  r.measure = fit.data.measure;
  r.method = interval == true_effects_interval::logit ? "normal true effects, delta method on the logit" : "normal true effects, delta method";
  r.level = level;
  r.threshold = detail::bound_of(function, r.measure, threshold, on);
  const Real tau2 = *fit.tau2, distance = r.threshold - fit.estimate;
  if (!(tau2 > 0)) {
    r.below = Real(distance > 0 ? 1 : 0);
    r.above = 1 - r.below;
    return r;
  }
  const Real z = distance / sqrt(tau2);
  r.below = detail::normal_cdf<Real>(z);
  r.above = detail::normal_upper_tail<Real>(z);
  if (!fit.se_tau2) return r;
  const Real density = exp(Real(-z * z / 2)) / sqrt(Real(2 * detail::pi<Real>()));
  const Real share = *fit.se_tau2 / tau2;
  r.se = density * sqrt(Real(fit.se * fit.se / tau2 + share * share * z * z / 4));
  const Real half = detail::normal_critical<Real>(level) * *r.se;
  if (interval == true_effects_interval::wald || !(r.below > 0 && r.above > 0)) {
    const auto cut = [](const Real& x) { return x < 0 ? Real(0) : x > 1 ? Real(1) : x; };
    r.below_lower = cut(r.below - half);
    r.below_upper = cut(r.below + half);
    r.above_lower = cut(r.above - half);
    r.above_upper = cut(r.above + half);
    return r;
  }
  // logit(p) -+ h with h = half / (p (1 - p)), brought back without cancellation in either tail: p e / (p e + 1 - p)
  const Real up = exp(Real(half / (r.below * r.above)));
  const auto moved = [&](const Real& p, const Real& rest, bool higher) { return higher ? Real(p / (p + rest / up)) : Real(p / (p + rest * up)); };
  r.below_lower = moved(r.below, r.above, false);
  r.below_upper = moved(r.below, r.above, true);
  r.above_lower = moved(r.above, r.below, false);
  r.above_upper = moved(r.above, r.below, true);
  return r;
}

/// The effects of the studies drawn in about the mean until their spread is tau2's: estimate + sqrt(tau2 / (tau2 + v)) (y - estimate), one a study. Unlike
/// the shrunken effects of blup their variance is that of the true effects, whose distribution they show without a normal assumption.
/// Throws as true_effects_beyond. Wang & Lee (2019) Res Synth Methods 10:255, doi:10.1002/jrsm.1345.
template <class Real>
std::vector<Real> calibrated_effects(const model_fit<Real>& fit) {
  using std::sqrt;
  detail::check_fit("calibrated_effects", fit, 0.95);
  if (!fit.tau2) detail::throw_not_estimable("calibrated_effects", std::string("a ") + name(fit.model) + " fit of this size has no between-study variance");
  std::vector<Real> c;
  for (std::size_t i = 0; i < fit.k(); ++i) {
    c.push_back(fit.estimate + sqrt(Real(*fit.tau2 / (*fit.tau2 + fit.data.v[i]))) * (fit.data.y[i] - fit.estimate));
  }
  return c;
}

/// The proportion of true effects beyond a threshold as the share of calibrated effects, without an interval; below counts those below, above the rest.
/// The estimate that Mathur and VanderWeele recommend from 10 studies on (Res Synth Methods 2020), with a DerSimonian-Laird fit. R's MetaUtility, "calibrated".
template <class Real>
true_effect_proportion<Real> calibrated_effects_beyond(const model_fit<Real>& fit, const Real& threshold, stated_on on = stated_on::pooling_scale) {
  true_effect_proportion<Real> r;
  r.measure = fit.data.measure;
  r.method = "calibrated effects";
  r.threshold = detail::bound_of("calibrated_effects_beyond", r.measure, threshold, on);
  std::size_t below = 0;
  for (const Real& x : calibrated_effects(fit)) below += x < r.threshold;
  r.below = static_cast<Real>(below) / static_cast<Real>(fit.k());
  r.above = static_cast<Real>(fit.k() - below) / static_cast<Real>(fit.k());
  return r;
}

}  // namespace metapool
