// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/effect/scale.hpp>
#include <metapool/model/regression_fit.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace metapool {

/// A test that several linear combinations of coefficients are zero together.
template <class Real = double>
struct joint_test {
  std::vector<std::size_t> columns{};  ///< the coefficients tested; empty for general combinations
  Real statistic{};                    ///< QM, chi-squared; F (QM / m) if df2 is there
  Real df1{};                          ///< m, the number of combinations
  std::optional<Real> df2{};           ///< denominator degrees of freedom of F; empty for chi-squared
  Real p{};
};

/// The coefficients of a regression with intervals and tests. One entry a column of the design, in its order.
template <class Real = double>
struct regression_inference {
  using real_type = Real;
  measure_info measure{};
  std::string method{};                ///< "Wald z", "Hartung-Knapp, scale factor at least 1", ...
  std::vector<std::string> names{};
  std::vector<Real> estimate{};
  std::vector<Real> se{};
  std::vector<Real> lower{};
  std::vector<Real> upper{};
  std::vector<Real> statistic{};       ///< estimate / se
  std::vector<Real> p{};               ///< two-sided
  double level = 0.95;
  std::vector<std::optional<Real>> df{};  ///< of the t distribution; empty for the normal
  matrix_of<Real> covariance{};        ///< what the standard errors come from
  std::optional<joint_test<Real>> moderators{};  ///< all coefficients but the intercept; all where there is no intercept; empty if there are no moderators
  std::optional<Real> scale_factor{};  ///< Knapp and Hartung's, before any safeguard
  std::vector<std::string> notes{};    ///< which safeguard took effect, and the like
};

}  // namespace metapool
