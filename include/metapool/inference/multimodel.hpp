// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/inference/regression_likelihood.hpp>
#include <metapool/math/normal.hpp>
#include <metapool/model/meta_regression.hpp>
#include <metapool/tau2/maximum_likelihood.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace metapool {

/// By what models are weighed against each other: exp(-difference / 2).
enum class model_criterion { aicc, aic, bic };

/// One of the models of a multi-model inference.
template <class Real = double>
struct candidate_model {
  std::vector<std::size_t> terms{};  ///< indices of the terms of the design that it has, ascending
  Real log_likelihood{};
  Real criterion{};
  Real delta{};                      ///< criterion less that of the best
  Real weight{};                     ///< share of exp(-delta / 2); sums to 1 over the models
  Real tau2{};
  vector_of<Real> coefficients{};    ///< in the columns of the full design; 0 where a column is not in the model
  matrix_of<Real> covariance{};      ///< the same
};

/// All models with every subset of the terms, and what they say together.
template <class Real = double>
struct multimodel_result {
  design<Real> full{};                          ///< the design with every term
  std::vector<candidate_model<Real>> models{};  ///< best first
  std::vector<Real> importance{};               ///< of each term, the sum of the weights of the models that have it
  std::vector<Real> estimate{};                 ///< of each column, averaged over all models (0 where it is absent)
  std::vector<Real> se{};                       ///< unconditional: it holds the variation between models
  std::vector<Real> lower{};
  std::vector<Real> upper{};
  std::vector<Real> statistic{};                ///< estimate / se
  std::vector<Real> p{};                        ///< two-sided, normal
  double level = 0.95;
};

/// An average over models with its unconditional standard error.
template <class Real = double>
struct averaged_prediction {
  Real estimate{};
  Real se{};
  Real lower{};
  Real upper{};
};

namespace detail {

/// The mean of value(m) with the models' weights, and sqrt of the sum of weight (variance(m) + (value(m) - mean)^2): Burnham & Anderson (2002), 6.12.
template <class Real, class Value, class Variance>
std::pair<Real, Real> average_over(const std::vector<candidate_model<Real>>& models, const Value& value, const Variance& variance) {
  using std::sqrt;
  Real mean = 0, square = 0;
  for (const auto& m : models) mean += m.weight * value(m);
  for (const auto& m : models) {
    const Real d = value(m) - mean;
    square += m.weight * (variance(m) + d * d);
  }
  return {mean, sqrt(square)};
}

}  // namespace detail

/// Multi-model inference: fits by maximum likelihood the regression on every subset of the terms of a design (2^T models), weighs them by an information
/// criterion and averages their coefficients.
///
/// moderators: a design with an intercept, which every model has; a factor or spline enters as a whole. Interactions are terms like others: leave them out, or
/// read only models that make sense. A coefficient counts as 0 in models without it (full average), so that weak moderators shrink.
/// Importance is no test: a moderator without any effect has an expected importance of about 0.3 to 0.4 by AICc.
/// Scale: that of the effects. Throws input_error for a design without an intercept, without terms or with more than 16, or if the columns in no term are
/// more than the intercept; not_estimable if k - p < 2; and as meta_regression does. Burnham & Anderson (2002) Model Selection and Multimodel Inference, 2nd ed., Springer.
template <class Real>
multimodel_result<Real> multimodel(const effects<Real>& data, design<Real> moderators, model_criterion criterion = model_criterion::aicc, double level = 0.95) {
  using std::exp, std::sqrt;
  constexpr const char* function = "multimodel";
  detail::check_level(function, level);
  const std::size_t count = moderators.terms.size();
  if (!moderators.intercept) detail::throw_input_error(function, "the design needs an intercept");
  if (count == 0 || count > 16) detail::throw_input_error(function, std::to_string(count) + " terms; there must be 1 to 16 of them, as every subset is fitted");
  std::size_t in_terms = 0;
  for (const auto& t : moderators.terms) in_terms += t.size();
  if (in_terms + 1 != moderators.columns()) detail::throw_input_error(function, "every column but the intercept must be in one term");
  // the full model first: it checks the data and the design, and takes the rows of the pooled studies
  const regression_fit<Real> whole = meta_regression(data, std::move(moderators), maximum_likelihood{});
  if (whole.df < 2) detail::throw_not_estimable(function, std::to_string(whole.k()) + " studies leave too few degrees of freedom for " + std::to_string(whole.p()) + " coefficients");
  multimodel_result<Real> r;
  r.level = level;
  r.full = whole.design;
  const auto p = static_cast<Eigen::Index>(whole.p());
  for (std::size_t subset = 0; subset < (std::size_t(1) << count); ++subset) {
    candidate_model<Real> m;
    std::vector<std::size_t> columns{0};
    for (std::size_t t = 0; t < count; ++t) {
      if ((subset >> t & 1) == 0) continue;
      m.terms.push_back(t);
      columns.insert(columns.end(), r.full.terms[t].begin(), r.full.terms[t].end());
    }
    design<Real> some;
    some.intercept = true;
    some.x.resize(r.full.x.rows(), static_cast<Eigen::Index>(columns.size()));
    for (std::size_t j = 0; j < columns.size(); ++j) {
      some.x.col(static_cast<Eigen::Index>(j)) = r.full.x.col(static_cast<Eigen::Index>(columns[j]));
      some.names.push_back(r.full.names[columns[j]]);
    }
    const regression_fit<Real> fit = meta_regression(whole.data, std::move(some), maximum_likelihood{});
    if (!fit.convergence.converged) throw convergence_error(std::string(function) + ": one of the models did not converge");
    const auto information = information_criteria(fit, likelihood_kind::full);
    m.log_likelihood = information.log_likelihood;
    m.criterion = criterion == model_criterion::aicc ? information.aicc : criterion == model_criterion::aic ? information.aic : information.bic;
    m.tau2 = *fit.tau2;
    m.coefficients = vector_of<Real>::Zero(p);
    m.covariance = matrix_of<Real>::Zero(p, p);
    for (std::size_t i = 0; i < columns.size(); ++i) {
      m.coefficients(static_cast<Eigen::Index>(columns[i])) = fit.coefficients(static_cast<Eigen::Index>(i));
      for (std::size_t j = 0; j < columns.size(); ++j) {
        m.covariance(static_cast<Eigen::Index>(columns[i]), static_cast<Eigen::Index>(columns[j])) = fit.covariance(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
      }
    }
    r.models.push_back(std::move(m));
  }
  std::stable_sort(r.models.begin(), r.models.end(), [](const auto& a, const auto& b) { return a.criterion < b.criterion; });
  Real sum = 0;
  for (auto& m : r.models) {
    m.delta = m.criterion - r.models.front().criterion;
    m.weight = exp(Real(-m.delta / 2));
    sum += m.weight;
  }
  r.importance.assign(count, Real(0));
  for (auto& m : r.models) {
    m.weight /= sum;
    for (const std::size_t t : m.terms) r.importance[t] += m.weight;
  }
  const Real critical = detail::normal_critical<Real>(level);
  for (Eigen::Index j = 0; j < p; ++j) {
    const auto [mean, se] = detail::average_over(r.models, [j](const auto& m) { return m.coefficients(j); }, [j](const auto& m) { return m.covariance(j, j); });
    r.estimate.push_back(mean);
    r.se.push_back(se);
    r.lower.push_back(mean - critical * se);
    r.upper.push_back(mean + critical * se);
    r.statistic.push_back(mean / se);
    r.p.push_back(detail::normal_two_sided_p<Real>(mean / se));
  }
  return r;
}

/// The mean effect of studies with a given row of the full design (1 for the intercept first), averaged over the models, with its unconditional
/// standard error and interval. Throws input_error if the row's length is not that of the design or a value is not finite.
template <class Real>
averaged_prediction<Real> predict(const multimodel_result<Real>& r, const std::vector<Real>& row) {
  if (row.size() != r.full.columns()) {
    detail::throw_input_error("predict", "a row of " + std::to_string(row.size()) + " values for a design of " + std::to_string(r.full.columns()) + " columns");
  }
  for (std::size_t j = 0; j < row.size(); ++j) {
    if (!detail::is_finite(row[j])) detail::throw_input_error("predict", "the value of '" + r.full.names[j] + "' must be finite");
  }
  const vector_of<Real> x = Eigen::Map<const vector_of<Real>>(row.data(), static_cast<Eigen::Index>(row.size()));
  const auto average = detail::average_over(
      r.models, [&](const auto& m) { return Real(x.dot(m.coefficients)); }, [&](const auto& m) { return Real(x.dot(m.covariance.lazyProduct(x))); });
  const Real half = detail::normal_critical<Real>(r.level) * average.second;
  return {average.first, average.second, average.first - half, average.first + half};
}

}  // namespace metapool
