// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/math/edged_newton.hpp>
#include <metapool/model/likelihood_regression_fit.hpp>
#include <metapool/model/log_binomial.hpp>
#include <metapool/model/pooled_design.hpp>
#include <metapool/model/turned_columns.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace metapool {

/// Risk ratios regressed on moderators by log-binomial regression.
template <class Real = double>
struct log_binomial_regression_fit : likelihood_regression_fit<Real> {
  Real q_lrt{};  ///< residual heterogeneity: likelihood ratio of one risk ratio a study against the regression, on k - p degrees of freedom
  Real p_lrt{};  ///< against chi-squared(k - p); 1 if k = p
};

namespace detail {

/// The likelihood of tables whose log risk ratios are rows of q times coefficients, the levels of risk at their best (ratio_profile). Concave; a table of nothing
/// but events gives it an edge where its ratio is 1.
template <class Real>
class ratio_regression {
 public:
  ratio_regression(const std::vector<two_by_two<Real>>& tables, const matrix_of<Real>& q) : tables_(tables), q_(q), edge_of_(tables.size(), none) {
    for (std::size_t i = 0; i < tables.size(); ++i) {
      const auto& t = tables[i];
      if (t.b != 0 || t.d != 0) continue;
      edge_of_[i] = edges_.size();
      linear_edge<Real> edge;
      for (Eigen::Index j = 0; j < q.cols(); ++j) edge.row.push_back(q(static_cast<Eigen::Index>(i), j));
      edge.drop = t.a + t.c;
      edges_.push_back(std::move(edge));
    }
  }

  curvature<Real, any_number> operator()(const std::vector<Real>& x, const std::vector<edge_side>& sides) const {
    const std::size_t p = x.size();
    curvature<Real, any_number> sum;
    sum.gradient.assign(p, Real(0));
    sum.hessian.assign(p * p, Real(0));
    for (std::size_t i = 0; i < tables_.size(); ++i) {
      const auto row = [&](std::size_t j) { return q_(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)); };
      Real theta = 0;
      for (std::size_t j = 0; j < p; ++j) theta += row(j) * x[j];
      bool below = true;
      if (edge_of_[i] != none) {
        const edge_side side = sides[edge_of_[i]];
        below = side != edge_side::above;
        theta = side == edge_side::on ? Real(0) : below ? (std::min)(Real(0), theta) : (std::max)(Real(0), theta);
      }
      const auto r = ratio_profile_of(tables_[i], theta, below);
      sum.value += r.value;
      for (std::size_t j = 0; j < p; ++j) {
        sum.gradient[j] += r.slope * row(j);
        for (std::size_t l = 0; l < p; ++l) sum.hessian[j * p + l] += r.curve * row(j) * row(l);
      }
    }
    return sum;
  }

  /// The highest point with those coefficients held that are said to be.
  edged_maximum<Real> maximum(std::vector<Real> start, const std::vector<bool>& held) const {
    std::vector<newton_bound<Real>> bounds(start.size());
    for (std::size_t j = 0; j < start.size(); ++j) {
      bounds[j].growth = Real(1);  // a profile's best may be thousands away
      bounds[j].held = held[j];
    }
    return edged_newton<Real>(*this, std::move(start), bounds, edges_);
  }

 private:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  std::vector<two_by_two<Real>> tables_;
  matrix_of<Real> q_;
  std::vector<std::size_t> edge_of_;
  std::vector<linear_edge<Real>> edges_{};
};

/// Whether a search ended on an edge or a plateau.
template <class Real>
bool has_no_curvature(const edged_maximum<Real>& m) {
  return m.flat || std::any_of(m.sides.begin(), m.sides.end(), [](edge_side s) { return s == edge_side::on; });
}

}  // namespace detail

/// Risk ratios regressed on moderators by log-binomial regression: events are binomial, the logarithm of the risk is a level of the study's own plus, in the treated arm, the
/// study's row of the design times coefficients, and no risk exceeds 1. Moderators act on the log risk ratio alone: each study keeps its own level, so that what they
/// do to the baseline risk needs no coefficient. No heterogeneity beyond the moderators (see log_binomial).
///
/// moderators: one row for each study offered, of which the rows of those without events are left out, or one for each study pooled. With an intercept alone this is log_binomial,
/// with the columns of a factor without intercept log_binomial in each group. The levels are eliminated in closed form, which leaves a concave function of the coefficients;
/// 10 significant digits, less what the condition of the design takes. Trials of nothing but events give it edges where their ratio is 1: if the maximum lies on one, or on a plateau,
/// the state is at_boundary, without standard errors, and profile intervals hold.
/// infer(fit, glmm_wald_z{}), glmm_wald_t, glmm_profile_likelihood; the latter's test of all moderators is the likelihood ratio.
/// Throws input_error on bad counts or designs (more coefficients than trials with events), rank_error naming dependent columns; not_estimable if no trial has an event, or if coefficients have no finite
/// estimate because moderators separate the trials without events in one arm (the message names them).
/// Wacholder (1986) Am J Epidemiol 123:174; Miettinen & Nurminen (1985) Stat Med 4:213, doi:10.1002/sim.4780040211 (the risks given a ratio).
template <detail::binary_trials Trials>
auto log_binomial_regression(const Trials& trials, const risk_ratio&, design<typename detail::trial_type<Trials>::real_type> moderators)
    -> log_binomial_regression_fit<typename detail::trial_type<Trials>::real_type> {
  using Real = typename detail::trial_type<Trials>::real_type;
  constexpr const char* function = "log_binomial_regression";
  log_binomial_regression_fit<Real> fit;
  fit.measure = risk_ratio::info;
  fit.method = "log-binomial, common effect, fixed study effects";
  std::vector<two_by_two<Real>> tables;
  std::vector<detail::likelihood_side> sides;
  Real constant = 0;
  fit.audit = detail::audit_complete(function, trials, [&](const auto& trial, study_status& status) {
    const two_by_two<Real> t = table_of(trial);
    if (t.a == 0 && t.c == 0) {
      status = study_status::double_zero;
      return;
    }
    tables.push_back(t);
    sides.push_back(t.a == 0 ? detail::likelihood_side::falls : t.c == 0 ? detail::likelihood_side::rises : detail::likelihood_side::inside);
    constant += detail::highest_binomial_log_probability(t.a, t.treated_total()) + detail::highest_binomial_log_probability(t.c, t.control_total());
  });
  fit.k = tables.size();
  if (fit.k == 0) detail::throw_not_estimable(function, "no trial has an event");
  if (fit.k < fit.audit.size()) {
    fit.notes.push_back(detail::to_text(fit.audit.size() - fit.k) + " of " + detail::to_text(fit.audit.size()) + " studies without information on the effect were left out");
  }
  detail::take_design(function, fit, std::move(moderators));
  const std::size_t p = fit.p(), left = fit.design.intercept ? 1 : 0;
  fit.df = fit.k - p;
  const detail::orthogonal_columns<Real> columns(fit.design.x);
  detail::check_separation(function, fit, columns, columns.q, sides);
  const detail::ratio_regression<Real> likelihood(tables, columns.q);
  std::vector<bool> held(p, false);
  const auto best = likelihood.maximum(std::vector<Real>(p, Real(0)), held);
  fit.convergence = best.convergence;
  fit.log_likelihood = best.at.value + constant;
  fit.coefficients = columns.solve(Eigen::Map<const vector_of<Real>>(best.x.data(), static_cast<Eigen::Index>(p)));
  if (p > left) {
    std::fill(held.begin() + static_cast<std::ptrdiff_t>(left), held.end(), true);
    const auto without = likelihood.maximum(std::vector<Real>(p, Real(0)), held);
    fit.convergence.converged = fit.convergence.converged && without.convergence.converged;
    fit.log_likelihood_without_moderators = without.at.value + constant;
  }
  std::vector<std::size_t> free;
  matrix_of<Real> inverse;
  if (detail::has_no_curvature(best) || !detail::free_covariance<Real, detail::any_number>(best, std::vector<detail::newton_bound<Real>>(p), free, inverse)) {
    fit.state = estimate_state::at_boundary;
    fit.notes.push_back("the likelihood has its maximum where it has no negative second derivatives (at a ratio of 1 in trials of nothing but events, or on a plateau): no standard errors");
  } else {
    fit.covariance = columns.solve(matrix_of<Real>(columns.solve(inverse).transpose()));
  }
  const Real deviance = -2 * best.at.value;
  fit.q_lrt = fit.df > 0 && deviance > 0 ? deviance : Real(0);
  fit.p_lrt = fit.df > 0 ? detail::chi_squared_upper_tail<Real>(fit.q_lrt, static_cast<Real>(fit.df)) : Real(1);
  fit.profile = [tables, constant, x = fit.design.x, b = fit.coefficients, p](std::size_t j, const Real& value) -> likelihood_profile_point<Real> {
    const detail::turned_columns<Real> own(x, b, j);
    std::vector<Real> start(own.coefficients.data(), own.coefficients.data() + p);
    start[p - 1] = value * own.scale;
    std::vector<bool> last(p, false);
    last[p - 1] = true;
    const auto m = detail::ratio_regression<Real>(tables, own.columns.q).maximum(start, last);
    return {m.at.value + constant, m.at.gradient[p - 1] * own.scale, Real(0), m.convergence.converged, false};
  };
  return fit;
}

}  // namespace metapool
