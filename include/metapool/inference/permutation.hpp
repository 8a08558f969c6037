// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/inference/check.hpp>
#include <metapool/inference/permutation_test.hpp>
#include <metapool/inference/result.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

namespace metapool {

namespace detail {

/// An interval by inversion of a test whose p is 1 at the estimate: from there outward by doubling steps until p(null) <= 1 - level,
/// then bisection to 1e-12 of the last step. rejected(null) says whether p(null) <= 1 - level.
template <class Real, class Rejected>
void invert_test(mean_inference<Real>& r, const Real& first_step, const Rejected& rejected) {
  const auto end = [&](int side) -> std::pair<Real, bool> {
    Real inside = 0, outside = first_step;
    for (int doubling = 0; !rejected(Real(r.estimate + side * outside)); ++doubling) {
      if (doubling == 60) return {r.estimate, false};
      inside = outside;
      outside = 2 * outside;
    }
    for (int i = 0; i < 40; ++i) {
      const Real middle = inside + (outside - inside) / 2;
      (rejected(Real(r.estimate + side * middle)) ? outside : inside) = middle;
    }
    return {Real(r.estimate + side * (inside + (outside - inside) / 2)), true};
  };
  const std::pair<Real, bool> lower = end(-1);
  const std::pair<Real, bool> upper = end(1);
  r.lower = lower.second ? lower.first : -std::numeric_limits<Real>::infinity();
  r.upper = upper.second ? upper.first : std::numeric_limits<Real>::infinity();
  if (!lower.second) r.state = upper.second ? interval_state::open_lower : interval_state::unbounded;
  if (lower.second && !upper.second) r.state = interval_state::open_upper;
}

/// Test against 0 and interval of the mean of a fit by permutation.
template <class Real, class Estimator>
mean_inference<Real> permutation_inference(const model_fit<Real>& fit, const Estimator& estimator, double level, const permutation_options& o) {
  check_permutation("permutation", fit.data, o);
  mean_inference<Real> r;
  r.measure = fit.data.measure;
  r.method = o.statistic == permutation_statistic::z ? "permutation of the z statistic" : o.statistic == permutation_statistic::t ? "permutation of the Hartung-Knapp statistic" : "permutation of the mean";
  r.estimate = fit.estimate;
  r.se = fit.se;
  r.level = level;
  if (o.statistic == permutation_statistic::t) r.df = static_cast<Real>(fit.df);
  const sign_flips<Real, Estimator> flips(fit.data.y, fit.data.v, estimator, o);
  permutation_result<Real> test = permutation_answer(flips, Real(0), fit.k());
  r.p = test.p;
  r.statistic = test.statistic;
  r.notes = std::move(test.notes);
  if (!test.exact) r.notes.push_back("Monte Carlo error of p: " + to_text(test.monte_carlo_error));
  const Real alpha = 1 - static_cast<Real>(level);
  const Real n = static_cast<Real>(flips.arrangements());
  // p = count / n <= 1 - level; a hair above, so that 0.0625 is no more than 1 - 0.9375
  std::uint64_t most = static_cast<std::uint64_t>(alpha * n * (1 + 16 * std::numeric_limits<double>::epsilon()));
  if (most < 1) {
    r.lower = -std::numeric_limits<Real>::infinity();
    r.upper = std::numeric_limits<Real>::infinity();
    r.state = interval_state::unbounded;
    r.notes.push_back("no p of so few arrangements can be as small as 1 - level: the interval has no ends");
    return r;
  }
  invert_test(r, fit.se, [&](const Real& null) { return flips.as_extreme(null, most) <= most; });
  return r;
}

}  // namespace detail

/// Permutation test of the mean, and the interval of all means that it does not reject.
///
/// The fit must be by common_effect or by random_effects with reml{}, dersimonian_laird{}, paule_mandel{} or maximum_likelihood{}; each
/// arrangement is fitted in the same way (permutation_by takes any other estimator). See permutation_test for arrangements, ties and p.
/// estimate and se are the fit's. statistic: of the data, on the chosen permutation_statistic; df is k - 1 for t, empty for z; p is by
/// permutation, not from them. critical is 0.
/// The ends are where p steps to 1 - level or less, sought outward from the estimate and then by bisection, to 9 digits of the half width (the
/// tolerance of ties limits them). p need not fall steadily: of several steps across the level one is found. Too few studies for the
/// level (k <= 5 at 0.95) give state unbounded, with both ends infinite; 1 - level must be 2^(1-k) or more for ends to exist.
/// Up to 16 studies all arrangements are compared (one interval takes some 80 tests), beyond that random ones, the same for each end.
/// Throws as permutation_test, input_error if level is not in (0, 1) or the fit is by another model or estimator, convergence_error on a fit that did not converge.
/// Follmann & Proschan (1999) Biometrics 55:732, doi:10.1111/j.0006-341X.1999.00732.x.
struct permutation {
  permutation_statistic statistic = permutation_statistic::z;
  double level = 0.95;
  std::size_t exact_up_to = 16;
  std::size_t draws = 9999;
  std::uint64_t seed = 1;
  unsigned threads = 1;

  template <class Real>
  mean_inference<Real> operator()(const model_fit<Real>& fit) const {
    detail::check_fit("permutation", fit, level);
    detail::check_inverse_variance("permutation", fit);
    const permutation_options o{statistic, exact_up_to, draws, seed, threads};
    if (fit.model == model::common_effect) return detail::permutation_inference(fit, fixed_tau2{}, level, o);
    if (fit.method == reml::name) return detail::permutation_inference(fit, reml{}, level, o);
    if (fit.method == dersimonian_laird::name) return detail::permutation_inference(fit, dersimonian_laird{}, level, o);
    if (fit.method == paule_mandel::name) return detail::permutation_inference(fit, paule_mandel{}, level, o);
    if (fit.method == maximum_likelihood::name) return detail::permutation_inference(fit, maximum_likelihood{}, level, o);
    detail::throw_input_error("permutation", "does not know how to fit anew by " + fit.method + "; give the estimator: permutation_by<Estimator>");
  }
};

/// The same with the estimator given: permutation_by<my_estimator>{.estimator = my_estimator{...}}. The fit must be by that estimator.
template <class Estimator>
struct permutation_by {
  Estimator estimator{};
  permutation_statistic statistic = permutation_statistic::z;
  double level = 0.95;
  std::size_t exact_up_to = 16;
  std::size_t draws = 9999;
  std::uint64_t seed = 1;
  unsigned threads = 1;

  template <class Real>
    requires tau2_estimator<Estimator, Real>
  mean_inference<Real> operator()(const model_fit<Real>& fit) const {
    detail::check_fit("permutation_by", fit, level);
    if (fit.model != model::random_effects || fit.method != Estimator::name) {
      detail::throw_input_error("permutation_by", "the fit must be by random_effects with the estimator given, and is by " + fit.method);
    }
    return detail::permutation_inference(fit, estimator, level, {statistic, exact_up_to, draws, seed, threads});
  }
};

}  // namespace metapool
