// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/bayes/any_prior.hpp>
#include <metapool/bayes/log_mean_prior.hpp>
#include <metapool/bayes/mean_prior.hpp>
#include <metapool/bayes/random_effects_shape.hpp>
#include <metapool/bayes/robust_layout.hpp>
#include <metapool/bayes/robust_posterior.hpp>
#include <metapool/bayes/scale_mixture.hpp>
#include <metapool/bayes/tau_prior.hpp>
#include <metapool/data/check.hpp>
#include <metapool/effect/effects.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace metapool {

/// Bayesian random-effects meta-analysis in which studies may lie off: y_i ~ N(theta_i, v_i), theta_i ~ mean + tau t_df (t_effects) or a mixture of two normal
/// distributions (contaminated_effects) in place of the normal one of normal_normal(), so that an outlier moves the mean less, and every study says how much it counts.
/// The priors are those of normal_normal(), of tau as the scale of the random effects (of the uncontaminated ones). Without sampling: the joint density of mean and tau
/// stands on Gauss-Legendre panels of both that are halved until each is resolved, laid where bounds of the density say that it can be, so that no peak is missed
/// (outliers of 10^9 standard errors take up to some seconds, two clusters of t that far apart half a minute); t is a mixture of some hundred normals. In double about 8 digits
/// (contaminated) and 6 (t), whatever the units. The work grows with the number of studies; next() and study() cost 2 to 25 times as much each, with two or three studies and heavy
/// tails of everything some seconds. What tails explain may be as far apart; what they do not, since the prior holds a normal or contaminated effect's tau far below the distance, settles
/// for studies up to some thousand standard errors apart only.
///
/// Scale of y and of the priors: that of effects.measure. Throws input_error if there is no study, the effects are not finite, a v is not positive or the posterior would be improper;
/// not_estimable if a posterior's tail is too heavy for the number type; convergence_error if the integration does not settle (a prior with kinks, or the latter studies).
/// Beath (2014) Res Synth Methods 5:285 and Baker & Jackson (2008) Health Care Manag Sci 11:121 have the models (by maximum likelihood); Lee & Thompson (2008) Stat Med 27:418.
template <class Real, class Shape, class TauPrior, class MeanPrior = flat_mean>
  requires tau_prior<TauPrior, Real>
robust_normal_posterior<Real> robust_normal(const effects<Real>& data, const Shape& random_effects, const TauPrior& prior_of_tau, const MeanPrior& prior_of_mean = {}) {
  using std::sqrt;
  constexpr const char* function = "robust_normal";
  const std::size_t k = data.size();
  if (k == 0) detail::throw_input_error(function, "there is no study with an effect");
  if (data.v.size() != k) detail::throw_input_error(function, "y has " + std::to_string(k) + " values and v has " + std::to_string(data.v.size()) + "; they must match");
  for (std::size_t i = 0; i < k; ++i) {
    const std::string label = i < data.labels.size() ? data.labels[i] : "study " + std::to_string(i + 1);
    if (!detail::is_finite(data.y[i])) detail::throw_study_error(function, label, "y", data.y[i], "must be a finite number");
    if (!(detail::is_finite(data.v[i]) && data.v[i] > 0)) detail::throw_study_error(function, label, "v", data.v[i], "must be finite and positive");
  }
  constexpr bool flat = std::is_same_v<MeanPrior, flat_mean>;
  const detail::erased_tau_prior<Real> prior = detail::erase<Real>(prior_of_tau);
  const bool bounded = prior.upper() < std::numeric_limits<double>::infinity();
  const double tail = prior.tail_power() + static_cast<double>(flat ? k - 1 : k);
  if (!prior.proper() && !bounded && !(tail > 1)) {
    detail::throw_input_error(function, "the " + prior.name() + " prior of tau is improper and so would be its posterior with " + std::to_string(k) + (k == 1 ? " study" : " studies") +
                                            "; give a proper prior such as half_normal, or more studies");
  }
  double df = 0;
  if constexpr (std::is_same_v<Shape, t_effects>) df = random_effects.df;

  const std::size_t precise = static_cast<std::size_t>(std::min_element(data.v.begin(), data.v.end()) - data.v.begin());
  const Real reference = data.y[precise];
  std::vector<Real> y = data.y;
  for (Real& y_i : y) y_i -= reference;
  std::vector<Real> candidates = y;
  std::sort(candidates.begin(), candidates.end());
  if (k > 15) {  // enough to start from
    std::vector<Real> some;
    for (std::size_t i = 0; i < 15; ++i) some.push_back(candidates[i * (k - 1) / 14]);
    candidates = std::move(some);
  }
  Real weights = 0, pooled = 0;
  for (std::size_t i = 0; i < k; ++i) {
    weights += data.v[precise] / data.v[i];
    pooled += data.v[precise] / data.v[i] * y[i];
  }
  candidates.push_back(pooled / weights);
  if constexpr (!flat) candidates.push_back(Real(prior_of_mean.mean) - reference);

  detail::robust_moments moments;
  for (int r = 1; r <= 2; ++r) {
    if (bounded || tail - static_cast<double>(r + 1) >= 0.1) moments.tau = r;
    const bool effect = df == 0 || df > r + 0.1;  // of Student's t itself
    if (moments.tau == r && effect) moments.next = r;
    // beyond all data the density of the mean falls as the prior times that of k random effects, or as (tail of tau) / mean if that is slower
    if (moments.tau == r && (df == 0 || static_cast<double>(k) * (df + 1) - 1 > r)) moments.mean = r;
  }
  if constexpr (std::is_same_v<MeanPrior, normal_mean>) moments.mean = 2;
  if constexpr (std::is_same_v<MeanPrior, t_mean>) moments.mean = (std::min)(2, moments.mean + (prior_of_mean.df >= 2 ? 2 : 1));

  const auto of_mean = detail::log_mean_prior<Real>(prior_of_mean, reference);
  const auto of_tau = [prior, v = data.v](const Real& tau) {
    const Real f = prior.log_density(tau, std::span<const Real>(v));
    if (!(f < std::numeric_limits<Real>::infinity())) {
      detail::throw_input_error(function, "the log density of the prior of tau is " + detail::to_text(f) + " at tau = " + detail::to_text(tau) + "; it must be a number or -infinity");
    }
    return f;
  };
  using grid = detail::joint_grid<Real, detail::robust_kernel<Real>>;
  const Real upper = bounded ? Real(prior.upper()) : std::numeric_limits<Real>::infinity();
  const auto grid_of = [y, v = data.v, of_mean, of_tau, upper, candidates](std::vector<detail::scale_part<Real>> parts, int tau_moments, int mean_moments) {
    const detail::joint_problem<Real, detail::robust_kernel<Real>, decltype(of_mean), decltype(of_tau)> problem{
        detail::robust_kernel<Real>(y, v, std::move(parts)), of_mean, of_tau, {upper}, candidates, tau_moments, mean_moments, 1e-8};
    return grid(function, problem, detail::robust_layout<Real>(function, problem));
  };
  const Real widest = *std::max_element(data.v.begin(), data.v.end()), span = *std::max_element(y.begin(), y.end()) - *std::min_element(y.begin(), y.end());
  const std::vector<detail::scale_part<Real>> parts = random_effects.template parts<Real>(Real(span / sqrt(widest)));
  detail::robust_priors<Real> priors;
  priors.tau_name = prior.name();
  priors.tau_proper = prior.proper();
  priors.mean_name = prior_of_mean.name();
  priors.random_effects = random_effects.name();
  priors.log_tau = [prior, v = data.v](const Real& tau) { return prior.log_density(tau, std::span<const Real>(v)); };
  if constexpr (!flat) priors.log_mean = of_mean;
  priors.log_normal = [grid_of] { return detail::tabulate_tau(grid_of({{Real(1), Real(1)}}, 0, 0), 0).log_integral(); };
  return robust_normal_posterior<Real>(data, grid_of(parts, moments.tau, moments.mean), reference, Real(df), moments, std::move(priors));
}

}  // namespace metapool
