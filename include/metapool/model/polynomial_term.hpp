// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/model/design_builders.hpp>

#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace metapool {

/// Powers of a number: x, x^2, ..., x^degree as one term, named "dose", "dose^2", ... Centre x first where it is far from 0: numeric_options.
/// Throws input_error on a degree below 1 or a value that is not finite.
template <class Real>
design<Real> power_term(const std::vector<Real>& x, const std::string& name, std::size_t degree, const numeric_options<Real>& options = {}) {
  constexpr const char* function = "power_term";
  if (degree < 1) detail::throw_input_error(function, "the degree must be at least 1");
  const design<Real> first = numeric_term(x, name, options);
  matrix_of<Real> columns(first.x.rows(), static_cast<Eigen::Index>(degree));
  std::vector<std::string> names{first.names.front()};
  columns.col(0) = first.x.col(0);
  for (std::size_t d = 2; d <= degree; ++d) {
    columns.col(static_cast<Eigen::Index>(d - 1)) = columns.col(static_cast<Eigen::Index>(d - 2)).cwiseProduct(first.x.col(0));
    names.push_back(first.names.front() + "^" + std::to_string(d));
  }
  return detail::one_term<Real>(std::move(columns), std::move(names), name);
}

/// Orthogonal polynomials over given values: columns of length 1, orthogonal to each other and to the ones, leading coefficients positive (those of R's
/// poly). Keep it to build the same columns for new values: term(new_x).
/// By Stieltjes' recurrence p_{j+1} = (x - alpha_j) p_j - (n_j / n_{j-1}) p_{j-1} on values scaled to [-1, 1]; full accuracy up to degrees of about the root of the
/// number of values. Throws input_error on a degree below 1 or not below the number of different values, and on a value that is not finite.
template <class Real = double>
class orthogonal_polynomial {
 public:
  orthogonal_polynomial(const std::vector<Real>& x, std::string name, std::size_t degree) : name_(std::move(name)), degree_(degree) {
    constexpr const char* function = "orthogonal_polynomial";
    detail::check_moderator(function, x, name_);
    if (degree < 1) detail::throw_input_error(function, "the degree must be at least 1");
    std::vector<Real> sorted = x;
    std::sort(sorted.begin(), sorted.end());
    const auto different = static_cast<std::size_t>(std::unique(sorted.begin(), sorted.end()) - sorted.begin());
    if (degree >= different) {
      detail::throw_input_error(function, "a degree of " + std::to_string(degree) + " needs more than the " + std::to_string(different) + " different values of '" + name_ + "'");
    }
    centre_ = sorted.front() / 2 + sorted[different - 1] / 2;
    half_ = sorted[different - 1] / 2 - sorted.front() / 2;
    std::vector<Real> now(x.size(), Real(1)), before(x.size(), Real(0));
    Real norm_before = 1;
    for (std::size_t j = 0; j <= degree; ++j) {
      Real norm = 0, first = 0;
      for (std::size_t i = 0; i < x.size(); ++i) {
        norm += now[i] * now[i];
        first += scaled(x[i]) * now[i] * now[i];
      }
      norm_.push_back(norm);
      alpha_.push_back(first / norm);
      const Real ratio = j == 0 ? Real(0) : Real(norm / norm_before);
      for (std::size_t i = 0; i < x.size(); ++i) {
        const Real next = (scaled(x[i]) - alpha_[j]) * now[i] - ratio * before[i];
        before[i] = now[i];
        now[i] = next;
      }
      norm_before = norm;
    }
  }

  /// The polynomials at x, as one term: "dose, linear", "dose, quadratic", "dose, cubic", "dose, degree 4", ...
  design<Real> term(const std::vector<Real>& x) const {
    using std::sqrt;
    detail::check_moderator("orthogonal_polynomial", x, name_);
    matrix_of<Real> columns(static_cast<Eigen::Index>(x.size()), static_cast<Eigen::Index>(degree_));
    for (std::size_t i = 0; i < x.size(); ++i) {
      Real now = 1, before = 0;
      for (std::size_t j = 0; j < degree_; ++j) {
        const Real next = (scaled(x[i]) - alpha_[j]) * now - (j == 0 ? Real(0) : Real(norm_[j] / norm_[j - 1])) * before;
        before = now;
        now = next;
        columns(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = now / sqrt(norm_[j + 1]);
      }
    }
    std::vector<std::string> names;
    for (std::size_t d = 1; d <= degree_; ++d) {
      names.push_back(name_ + (d == 1 ? ", linear" : d == 2 ? ", quadratic" : d == 3 ? ", cubic" : ", degree " + std::to_string(d)));
    }
    return detail::one_term<Real>(std::move(columns), std::move(names), name_);
  }

 private:
  Real scaled(const Real& x) const { return (x - centre_) / half_; }

  std::string name_;
  std::size_t degree_;
  Real centre_{}, half_{};
  std::vector<Real> alpha_{}, norm_{};
};

}  // namespace metapool
