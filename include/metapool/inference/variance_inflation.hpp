// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/model/regression_fit.hpp>

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

namespace metapool {

/// How much the other moderators inflate the variance of a term's coefficients.
template <class Real = double>
struct variance_inflation_result {
  std::vector<std::string> names{};
  std::vector<Real> vif{};      ///< of each term: Fox and Monette's generalised factor, for one column the ordinary one; 1 for none
  std::vector<Real> se_factor{};  ///< vif^(1 / (2 m)), m the columns of the term: by how much it stretches an interval
};

/// Variance inflation factors of the terms of a regression, from the correlations R of the coefficients' estimates without the intercept:
/// det R_11 det R_22 / det R, R_11 of the term's own columns and R_22 of the others.
/// Throws input_error without terms. Fox & Monette (1992) J Am Stat Assoc 87:178, doi:10.1080/01621459.1992.10475190. metafor's vif.
template <class Real>
variance_inflation_result<Real> variance_inflation(const regression_fit<Real>& fit) {
  using std::exp, std::log, std::sqrt;
  if (fit.design.terms.empty()) detail::throw_input_error("variance_inflation", "the design has no terms besides the intercept");
  const auto log_determinant = [&](const std::vector<std::size_t>& columns) {
    const std::size_t m = columns.size();
    std::vector<Real> r(m * m);
    for (std::size_t i = 0; i < m; ++i) {
      for (std::size_t j = 0; j < m; ++j) {
        const auto a = static_cast<Eigen::Index>(columns[i]), b = static_cast<Eigen::Index>(columns[j]);
        r[i * m + j] = i == j ? Real(1) : Real(fit.covariance(a, b) / sqrt(fit.covariance(a, a)) / sqrt(fit.covariance(b, b)));
      }
    }
    if (!detail::cholesky(r.data(), m)) detail::throw_input_error("variance_inflation", "the coefficients are so correlated that the factors cannot be computed in this number type");
    Real sum = 0;
    for (std::size_t i = 0; i < m; ++i) sum += 2 * log(Real(r[i * m + i]));
    return sum;
  };
  std::vector<std::size_t> all;
  for (std::size_t j = fit.design.intercept ? 1 : 0; j < fit.p(); ++j) all.push_back(j);
  const Real whole = log_determinant(all);
  variance_inflation_result<Real> result;
  for (std::size_t t = 0; t < fit.design.terms.size(); ++t) {
    const std::vector<std::size_t>& own = fit.design.terms[t];
    std::vector<std::size_t> rest;
    for (const std::size_t j : all) {
      bool mine = false;
      for (const std::size_t i : own) mine = mine || i == j;
      if (!mine) rest.push_back(j);
    }
    const Real factor = log_determinant(own) + log_determinant(rest) - whole;
    result.names.push_back(fit.design.term_names[t]);
    result.vif.push_back(exp(factor));
    result.se_factor.push_back(exp(Real(factor / static_cast<Real>(2 * own.size()))));
  }
  return result;
}

}  // namespace metapool
