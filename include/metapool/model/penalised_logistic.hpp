// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/effect/binary_effects.hpp>
#include <metapool/effect/collect.hpp>
#include <metapool/effect/odds_ratio.hpp>
#include <metapool/model/likelihood_fit.hpp>
#include <metapool/model/penalised_logistic_likelihood.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace metapool {

/// How over-dispersion is estimated: arms that differ more than binomial sampling lets them, by a factor of the variance.
enum class over_dispersion {
  none,     ///< none: a common effect
  pearson,  ///< Pearson's chi-squared over its degrees of freedom
  fletcher  ///< the same corrected for sparse counts, where Pearson's is unstable
};

/// A common odds ratio by Firth's penalised likelihood.
template <class Real = double>
struct penalised_logistic_fit : likelihood_fit<Real> {
  Real estimated_dispersion{1};  ///< the estimate itself; below 1 it is not used (dispersion is then 1)
  std::vector<Real> levels{};    ///< of each pooled study: the mean of the two arms' log odds
};

/// Odds ratio common to all trials by logistic regression with a level for each study and Firth's penalty: the likelihood times the root of the determinant of the
/// information (Jeffreys' prior), which takes the first-order bias off the estimates and keeps them finite whatever the zeros. Every complete
/// trial counts, those without any event too; nothing is added to any cell but what the penalty amounts to.
///
/// Scale: logarithm of the odds ratio. log_likelihood is the penalised one, and glmm_profile_likelihood the interval of the penalised likelihood, to be preferred
/// to Wald's with few events. se is from the information (without the penalty) at the estimate. With over-dispersion the variance and the likelihood
/// ratios are scaled by the factor, which needs two studies and is no less than 1. Newton's method with exact derivatives over the effect and all
/// levels (an arrow-shaped matrix and one of rank one, so that time and memory grow with k only). 10 significant digits.
/// Throws input_error on bad counts or without studies; not_estimable if no study is complete.
/// Firth (1993) Biometrika 80:27, doi:10.1093/biomet/80.1.27; Heinze & Schemper (2002) Stat Med 21:2409, doi:10.1002/sim.1047 (profile intervals);
/// Evrenoglou, White, Afach, Mavridis & Chaimani (2022) Stat Med 41:5203, doi:10.1002/sim.9562 (meta-analysis, over-dispersion in two stages);
/// Fletcher (2012) Biometrika 99:230 (the corrected factor).
template <detail::binary_trials Trials>
auto penalised_logistic(const Trials& trials, const odds_ratio& = {}, over_dispersion dispersion = over_dispersion::none)
    -> penalised_logistic_fit<typename detail::trial_type<Trials>::real_type> {
  using std::sqrt;
  using Real = typename detail::trial_type<Trials>::real_type;
  constexpr const char* function = "penalised_logistic";
  penalised_logistic_fit<Real> fit;
  fit.measure = odds_ratio::info;
  fit.method = "logistic regression with Firth's penalty, common effect, fixed study effects";
  detail::penalised_logistic_profile<Real> likelihood;
  fit.audit = detail::audit_complete(function, trials, [&](const auto& trial, study_status&) { likelihood.tables.push_back(table_of(trial)); });
  fit.k = likelihood.tables.size();
  if (fit.k == 0) detail::throw_not_estimable(function, "no study is complete");
  fit.df = fit.k - 1;
  const auto at = likelihood.maximum(fit.convergence);
  fit.estimate = at.theta;
  fit.levels = at.levels;
  for (const auto& t : likelihood.tables) {
    likelihood.constant +=
        detail::highest_binomial_log_probability(t.a, t.treated_total()) + detail::highest_binomial_log_probability(t.c, t.control_total());
  }
  fit.log_likelihood = at.value + likelihood.constant;
  likelihood.start = at;
  if (dispersion != over_dispersion::none) {
    if (fit.df == 0) {
      fit.notes.push_back("one study leaves no degrees of freedom for over-dispersion, which is taken to be 1");
    } else {
      const auto [chi_squared, skew] = likelihood.pearson(at);
      fit.estimated_dispersion = chi_squared / static_cast<Real>(fit.df);
      if (dispersion == over_dispersion::fletcher) fit.estimated_dispersion /= 1 + skew;
      fit.dispersion = (std::max)(Real(1), fit.estimated_dispersion);
    }
  }
  fit.se = sqrt(Real(fit.dispersion / at.information));
  fit.profile = likelihood;
  return fit;
}

}  // namespace metapool
