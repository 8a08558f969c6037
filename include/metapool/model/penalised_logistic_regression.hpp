// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/model/likelihood_regression_fit.hpp>
#include <metapool/model/penalised_logistic.hpp>
#include <metapool/model/penalised_regression_search.hpp>
#include <metapool/model/pooled_design.hpp>
#include <metapool/model/turned_columns.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

namespace metapool {

/// Odds ratios regressed on moderators by Firth's penalised likelihood.
template <class Real = double>
struct penalised_logistic_regression_fit : likelihood_regression_fit<Real> {
  Real estimated_dispersion{1};  ///< the estimate itself; below 1 it is not used (dispersion is then 1)
  std::vector<Real> levels{};    ///< of each pooled study: the mean of the two arms' log odds
};

namespace detail {

/// The factor by which arms vary more than binomial sampling lets them, on k - p degrees of freedom.
template <class Real>
Real regression_dispersion(const std::vector<two_by_two<Real>>& tables, const penalised_regression<Real>& likelihood, const penalised_regression_point<Real>& at, std::size_t df, over_dispersion kind) {
  Real sum = 0, skew = 0;
  const auto add = [&](const Real& events, const Real& total, const Real& eta) {
    const Real p = logistic(eta), q = logistic(Real(-eta)), excess = events * q - (total - events) * p, variance = total * p * q;
    sum += excess * excess / variance;
    skew += (q - p) * excess / variance;
  };
  for (std::size_t i = 0; i < tables.size(); ++i) {
    const Real half = likelihood.theta(i, at.b) / 2;
    add(tables[i].a, tables[i].treated_total(), Real(at.levels[i] + half));
    add(tables[i].c, tables[i].control_total(), Real(at.levels[i] - half));
  }
  const Real factor = sum / static_cast<Real>(df);
  return kind == over_dispersion::fletcher ? Real(factor / (1 + skew / static_cast<Real>(2 * tables.size()))) : factor;
}

}  // namespace detail

/// Odds ratios regressed on moderators by logistic regression with a level for each study and Firth's penalty: the likelihood times the root of the determinant of the information on
/// levels and coefficients (Jeffreys' prior), which takes the first-order bias off the estimates and keeps them finite: moderators that separate studies without
/// events are no failure here. Moderators act on the log odds ratio alone: each study keeps its own level, so that what they do to the baseline risk needs no coefficient. Every
/// complete trial counts, those without any event too.
///
/// moderators: a design (design_of and the builders) with one row for each study offered, or one for each complete study. With an intercept alone this is
/// penalised_logistic. The determinant is taken in columns that were made orthogonal with a mean square of 1, so that log_likelihood (the penalised one) does not depend
/// on a moderator's units and origin. covariance is from the information (without the penalty) at the estimate, times dispersion. The likelihood without
/// moderators holds their coefficients at 0 under the same penalty, so that the likelihood ratio test of one moderator and its profile interval agree (Heinze & Schemper).
/// Over-dispersion is on k - p degrees of freedom and no less than 1. Newton's method with exact derivatives over coefficients and levels; time grows with k p^4. 10 significant digits, less
/// what the condition of the design takes. infer(fit, glmm_profile_likelihood{}) is to be preferred to Wald's methods with few events;
/// an end at which a study's log odds ratio would be beyond 30 is taken as infinite.
/// Throws input_error on bad counts or designs, rank_error naming dependent columns; not_estimable if no study is complete.
/// Firth (1993) Biometrika 80:27, doi:10.1093/biomet/80.1.27; Heinze & Schemper (2002) Stat Med 21:2409, doi:10.1002/sim.1047 (separation, profile intervals);
/// Evrenoglou, White, Afach, Mavridis & Chaimani (2022) Stat Med 41:5203, doi:10.1002/sim.9562 (meta-analysis); Fletcher (2012) Biometrika 99:230 (the corrected factor).
template <detail::binary_trials Trials>
auto penalised_logistic_regression(const Trials& trials, const odds_ratio&, design<typename detail::trial_type<Trials>::real_type> moderators, over_dispersion dispersion = over_dispersion::none)
    -> penalised_logistic_regression_fit<typename detail::trial_type<Trials>::real_type> {
  using std::log;
  using Real = typename detail::trial_type<Trials>::real_type;
  constexpr const char* function = "penalised_logistic_regression";
  penalised_logistic_regression_fit<Real> fit;
  fit.measure = odds_ratio::info;
  fit.method = "logistic regression with Firth's penalty, common effect, fixed study effects";
  std::vector<two_by_two<Real>> tables;
  two_by_two<Real> sum;
  std::vector<Real> levels;
  Real constant = 0;
  const Real half = Real(1) / 2;
  fit.audit = detail::audit_complete(function, trials, [&](const auto& trial, study_status&) {
    const two_by_two<Real> t = table_of(trial);
    tables.push_back(t);
    sum = {sum.a + t.a, sum.b + t.b, sum.c + t.c, sum.d + t.d};
    levels.push_back(log(Real((t.a + t.c + half) / (t.b + t.d + half))));
    constant += detail::highest_binomial_log_probability(t.a, t.treated_total()) + detail::highest_binomial_log_probability(t.c, t.control_total());
  });
  fit.k = tables.size();
  if (fit.k == 0) detail::throw_not_estimable(function, "no study is complete");
  detail::take_design(function, fit, std::move(moderators));
  const std::size_t p = fit.p(), left = fit.design.intercept ? 1 : 0;
  fit.df = fit.k - p;
  const detail::orthogonal_columns<Real> columns(fit.design.x);
  const detail::penalised_regression<Real> likelihood(tables, columns.q);
  std::vector<bool> held(p, false);
  vector_of<Real> b = vector_of<Real>::Zero(static_cast<Eigen::Index>(p));
  std::vector<std::pair<vector_of<Real>, std::vector<Real>>> starts{{b, levels}};
  if (left == 1) {
    b(0) = log(Real((sum.a + half) / (sum.b + half) * ((sum.d + half) / (sum.c + half))));
    starts.push_back({b, levels});
  }
  auto at = detail::highest_of<Real>(likelihood, starts, held, fit.convergence);
  if (p > left) {
    std::fill(held.begin() + static_cast<std::ptrdiff_t>(left), held.end(), true);
    vector_of<Real> alone = vector_of<Real>::Zero(b.size());
    if (left == 1) alone(0) = at.b(0);
    std::vector<Real> before;
    for (std::size_t i = 0; i < fit.k; ++i) before.push_back(likelihood.theta(i, at.b));
    convergence<Real> state;
    const auto without = detail::highest_from<Real>(likelihood, alone, at.levels, before, held, state);
    fit.log_likelihood_without_moderators = without.value + constant;
    if (without.value > at.value) at = detail::highest_of<Real>(likelihood, {{without.b, without.levels}}, std::vector<bool>(p, false), fit.convergence);
    fit.convergence.converged = fit.convergence.converged && state.converged;
  }
  fit.coefficients = columns.solve(at.b);
  fit.levels = at.levels;
  fit.log_likelihood = at.value + constant;
  if (dispersion != over_dispersion::none) {
    if (fit.df == 0) {
      fit.notes.push_back("as many coefficients as studies leave no degrees of freedom for over-dispersion, which is taken to be 1");
    } else {
      fit.estimated_dispersion = detail::regression_dispersion(tables, likelihood, at, fit.df, dispersion);
      fit.dispersion = (std::max)(Real(1), fit.estimated_dispersion);
    }
  }
  fit.covariance = columns.solve(matrix_of<Real>(columns.solve(at.inverse).transpose())) * fit.dispersion;
  fit.profile = [tables, constant, x = fit.design.x, coefficients = fit.coefficients, covariance = fit.covariance, known = fit.levels, p](std::size_t j, const Real& value) -> likelihood_profile_point<Real> {
    const detail::turned_columns<Real> own(x, coefficients, j);
    const detail::penalised_regression<Real> turned(tables, own.columns.q);
    std::vector<Real> before;
    for (std::size_t i = 0; i < tables.size(); ++i) before.push_back(turned.theta(i, own.coefficients));
    vector_of<Real> start = own.coefficients;
    start(start.size() - 1) = value * own.scale;
    std::vector<bool> last(p, false);
    last[p - 1] = true;
    using std::abs;
    convergence<Real> state;
    auto point = detail::highest_from<Real>(turned, start, known, before, last, state);
    // the penalised likelihood may have another summit where the other coefficients follow along the ridge of its second derivatives
    const auto c = static_cast<Eigen::Index>(j);
    vector_of<Real> along = detail::turned_columns<Real>(x, vector_of<Real>(coefficients + covariance.col(c) * ((value - coefficients(c)) / covariance(c, c))), j).coefficients;
    along(start.size() - 1) = start(start.size() - 1);
    convergence<Real> other_state;
    auto other = detail::highest_from<Real>(turned, along, known, before, last, other_state);
    const Real margin = 64 * std::numeric_limits<Real>::epsilon() * (1 + abs(point.value));
    if (other.value > point.value + margin || (other_state.converged && !state.converged && other.value > point.value - margin)) {
      point = std::move(other);
      state = other_state;
    }
    bool far = false;  // of a log odds ratio of 30 the weights have lost half of their digits
    for (std::size_t i = 0; i < tables.size(); ++i) far = far || abs(turned.theta(i, point.b)) > 30;
    return {point.value + constant, point.slope(start.size() - 1) * own.scale, Real(0), state.converged, far};
  };
  return fit;
}

}  // namespace metapool
