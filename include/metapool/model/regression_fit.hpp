// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/model/design.hpp>
#include <metapool/model/fit.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace metapool {

/// Effects regressed on moderators, with everything that tests, predictions, reports and plots need.
///
/// Scale: fitted values and residuals are on data.measure.scale; a coefficient is in units of it per unit of its column; tau2, se_tau2 and
/// typical_variance on its square. design has one row a pooled study.
template <class Real = double>
struct regression_fit {
  using real_type = Real;
  metapool::model model = metapool::model::random_effects;  ///< random_effects or common_effect
  std::string method{};                 ///< "REML", ..., "inverse variance"
  effects<Real> data{};                 ///< the effects that were used and the record of every study
  metapool::design<Real> design{};      ///< k rows, p columns
  vector_of<Real> coefficients{};       ///< p, in the order of the columns
  matrix_of<Real> covariance{};         ///< p x p, their classical (Wald) covariance (X'WX)^-1, W = 1 / (v + tau2)
  std::optional<Real> tau2{};           ///< residual between-study variance; empty where the model has none or no degrees of freedom are left
  std::optional<Real> se_tau2{};        ///< its asymptotic standard error, where defined
  std::optional<Real> tau2_without_moderators{};  ///< by the same estimator; only if the design has an intercept and other columns
  std::vector<Real> fitted{};           ///< k, X coefficients
  std::vector<Real> residuals{};        ///< k, y - fitted
  std::vector<Real> leverages{};        ///< k, diagonal of the hat matrix X (X'WX)^-1 X'W
  std::vector<Real> one_less_leverages{};  ///< k, 1 - leverages, without the cancellation
  std::vector<Real> residual_se{};      ///< k, sqrt((v + tau2) (1 - leverage)), the standard error of a residual
  Real q{};                             ///< residual heterogeneity QE: weights 1/v, around the common-effect regression
  Real q_without_moderators{};          ///< Cochran's Q: weights 1/v, around their mean
  std::size_t df{};                     ///< k - p
  std::optional<Real> typical_variance{};  ///< (k - p) / tr P, P = W - W X (X'WX)^-1 X'W with W = 1/v; empty if df = 0
  metapool::convergence<Real> convergence{};
  std::vector<Real> tau2_maxima{};      ///< all local maxima of the likelihood in tau2, if there is more than one (REML, ML)
  std::vector<std::string> notes{};     ///< what was done that a report must say
  std::size_t k() const { return data.size(); }
  std::size_t p() const { return design.columns(); }
};

}  // namespace metapool
