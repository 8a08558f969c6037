// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/math/linear_algebra.hpp>

#include <Eigen/Core>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace metapool {

/// The moderators of a regression as numbers: one row a study, one column a coefficient.
///
/// With an intercept the first column is all ones. A term is a moderator as its user thinks of it: one column for a number, several for a
/// factor or a spline, tested together; terms hold indices of columns, none of them the intercept's.
template <class Real = double>
struct design {
  using real_type = Real;
  matrix_of<Real> x{};                             ///< k rows, p columns
  std::vector<std::string> names{};                ///< of the columns
  bool intercept = false;                          ///< whether column 0 is the intercept
  std::vector<std::vector<std::size_t>> terms{};   ///< the columns of each term
  std::vector<std::string> term_names{};           ///< one a term
  std::size_t rows() const { return static_cast<std::size_t>(x.rows()); }
  std::size_t columns() const { return static_cast<std::size_t>(x.cols()); }
};

/// Whether a column of ones is put before the moderators.
enum class with_intercept { yes, no };

/// A design from any Eigen expression (k rows, one column a moderator), each column a term of its own. names: one a column, or empty for
/// "x1", "x2", ... intercept: with_intercept::yes puts a column of ones, "intercept", in front; no takes the columns as they are.
/// Throws input_error if the names are not as many as the columns. Values are checked by the fit, which knows which studies are pooled.
template <class Derived>
design<typename Derived::Scalar> design_of(const Eigen::MatrixBase<Derived>& moderators, std::vector<std::string> names = {},
                                           with_intercept intercept = with_intercept::yes) {
  using Real = typename Derived::Scalar;
  const auto columns = static_cast<std::size_t>(moderators.cols());
  if (!names.empty() && names.size() != columns) {
    detail::throw_input_error("design_of", std::to_string(names.size()) + " names for " + std::to_string(columns) + " columns");
  }
  const std::size_t first = intercept == with_intercept::yes ? 1 : 0;
  design<Real> d;
  d.intercept = first == 1;
  d.x.resize(moderators.rows(), static_cast<Eigen::Index>(columns + first));
  if (first == 1) {
    d.x.col(0).setConstant(Real(1));
    d.names.push_back("intercept");
  }
  for (std::size_t j = 0; j < columns; ++j) {
    d.x.col(static_cast<Eigen::Index>(j + first)) = moderators.col(static_cast<Eigen::Index>(j));
    d.names.push_back(names.empty() ? "x" + std::to_string(j + 1) : std::move(names[j]));
    d.terms.push_back({j + first});
    d.term_names.push_back(d.names.back());
  }
  return d;
}

/// The same from one moderator in a vector.
template <class Real>
design<Real> design_of(const std::vector<Real>& moderator, std::string name = "x1", with_intercept intercept = with_intercept::yes) {
  return design_of(Eigen::Map<const vector_of<Real>>(moderator.data(), static_cast<Eigen::Index>(moderator.size())), std::vector<std::string>{std::move(name)}, intercept);
}

/// The design of k studies without moderators: an intercept.
template <class Real = double>
design<Real> intercept_only(std::size_t k) {
  return design_of(matrix_of<Real>(static_cast<Eigen::Index>(k), 0));
}

namespace detail {

/// Refuses a design that does not fit k studies: rows, names and terms that do not match, a value that is not finite (naming study and
/// column), a first column that is not all ones though called the intercept, more columns than rows. rank_error if columns depend on each other.
template <class Real>
void check_design(const char* function, const design<Real>& d, const std::vector<std::string>& labels) {
  const std::size_t k = labels.size(), p = d.columns();
  if (d.rows() != k) throw_input_error(function, "the design has " + std::to_string(d.rows()) + " rows for " + std::to_string(k) + " studies");
  if (p == 0) throw_input_error(function, "the design has no columns");
  if (d.names.size() != p) throw_input_error(function, "the design has " + std::to_string(d.names.size()) + " names for " + std::to_string(p) + " columns");
  if (d.term_names.size() != d.terms.size()) throw_input_error(function, "the design has " + std::to_string(d.term_names.size()) + " names for " + std::to_string(d.terms.size()) + " terms");
  for (const auto& term : d.terms) {
    for (const std::size_t j : term) {
      if (j >= p) throw_input_error(function, "a term of the design names column " + std::to_string(j) + " of " + std::to_string(p));
    }
  }
  for (std::size_t j = 0; j < p; ++j) {
    for (std::size_t i = 0; i < k; ++i) {
      const Real& value = d.x(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
      if (!is_finite(value)) throw_study_error(function, labels[i], d.names[j], value, "must be a finite number; leave the study out or give the moderator");
      if (j == 0 && d.intercept && value != Real(1)) throw_study_error(function, labels[i], d.names[j], value, "must be 1 in the column of the intercept");
    }
  }
  if (p > k) throw_input_error(function, std::to_string(k) + " studies cannot estimate " + std::to_string(p) + " coefficients");
  const rank_report report = column_rank(d.x);
  if (report.rank == p) return;
  std::string message(function);
  message.append(": the design has ").append(std::to_string(p)).append(" columns but rank ").append(std::to_string(report.rank));
  for (std::size_t c = 0; c < report.dependent.size(); ++c) {
    message.append("; column '").append(d.names[report.dependent[c]]).append("' is ");
    if (report.combination[c].empty()) message.append("zero");
    const char* separator = "a combination of '";
    for (const std::size_t j : report.combination[c]) {
      message.append(separator).append(d.names[j]).append("'");
      separator = ", '";
    }
  }
  throw rank_error(message);
}

}  // namespace detail
}  // namespace metapool
