// SPDX-License-Identifier: BSL-1.0
// Designs without formulas: one term at a time, joined by +.
#pragma once

#include <metapool/model/design.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace metapool {

/// Puts the terms of two designs of the same studies side by side; an intercept of either comes first.
/// intercept_only(13) + numeric_term(latitude, "latitude") + factor_term(allocation, "allocation").
/// Throws input_error if their rows differ, if both have an intercept or if a column's name stands twice.
template <class Real>
design<Real> operator+(design<Real> a, design<Real> b) {
  constexpr const char* function = "operator+ of designs";
  if (a.rows() != b.rows()) detail::throw_input_error(function, "a design of " + std::to_string(a.rows()) + " studies and one of " + std::to_string(b.rows()));
  if (a.intercept && b.intercept) detail::throw_input_error(function, "both designs have an intercept");
  const std::size_t p = a.columns(), first = b.intercept ? 1 : 0;
  // column j of b becomes b.intercept && j == 0 ? 0 : p + j; those of a move by `first`
  design<Real> d;
  d.intercept = a.intercept || b.intercept;
  d.x.resize(a.x.rows(), static_cast<Eigen::Index>(p + b.columns()));
  const auto take = [&](const design<Real>& from, std::size_t j, std::size_t to) {
    d.x.col(static_cast<Eigen::Index>(to)) = from.x.col(static_cast<Eigen::Index>(j));
    if (std::find(d.names.begin(), d.names.end(), from.names[j]) != d.names.end()) detail::throw_input_error(function, "two columns are named '" + from.names[j] + "'");
    d.names.push_back(from.names[j]);
  };
  if (first == 1) take(b, 0, 0);
  for (std::size_t j = 0; j < p; ++j) take(a, j, j + first);
  for (std::size_t j = first; j < b.columns(); ++j) take(b, j, p + j);
  const auto add_terms = [&](design<Real>& from, std::size_t shift) {
    for (std::size_t t = 0; t < from.terms.size(); ++t) {
      for (std::size_t& j : from.terms[t]) j += shift;
      d.terms.push_back(std::move(from.terms[t]));
      d.term_names.push_back(std::move(from.term_names[t]));
    }
  };
  add_terms(a, first);
  add_terms(b, p);
  return d;
}

namespace detail {

/// A design of one term: its columns with their names, no intercept.
template <class Real>
design<Real> one_term(matrix_of<Real> columns, std::vector<std::string> names, std::string term) {
  design<Real> d;
  d.x = std::move(columns);
  d.terms.emplace_back();
  for (std::size_t j = 0; j < names.size(); ++j) d.terms.back().push_back(j);
  d.names = std::move(names);
  d.term_names.push_back(std::move(term));
  return d;
}

template <class Real>
void check_moderator(const char* function, const std::vector<Real>& x, const std::string& name) {
  if (x.empty()) throw_input_error(function, "'" + name + "' has no values");
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!is_finite(x[i])) throw_study_error(function, std::to_string(i + 1), name, x[i], "must be a finite number");
  }
}

}  // namespace detail

/// How a number enters: (x - centre) / scale, both stated, so that the same column can be built for new studies.
template <class Real = double>
struct numeric_options {
  Real centre = Real(0);
  Real scale = Real(1);
};

/// One numeric moderator. The column's name says what was done: "latitude (centred at 33.46, per 10)".
/// Throws input_error on a value that is not finite (naming the row), no values, or a scale that is not positive and finite.
template <class Real>
design<Real> numeric_term(const std::vector<Real>& x, const std::string& name, const numeric_options<Real>& options = {}) {
  constexpr const char* function = "numeric_term";
  detail::check_moderator(function, x, name);
  if (!(options.scale > 0) || !detail::is_finite(options.scale)) detail::throw_input_error(function, "scale = " + detail::to_text(options.scale) + " must be positive and finite");
  if (!detail::is_finite(options.centre)) detail::throw_input_error(function, "centre = " + detail::to_text(options.centre) + " must be finite");
  matrix_of<Real> column(static_cast<Eigen::Index>(x.size()), 1);
  for (std::size_t i = 0; i < x.size(); ++i) column(static_cast<Eigen::Index>(i), 0) = (x[i] - options.centre) / options.scale;
  std::string text = name, note;
  if (options.centre != Real(0)) note.append("centred at ").append(detail::to_text(options.centre));
  if (options.scale != Real(1)) note.append(note.empty() ? "per " : ", per ").append(detail::to_text(options.scale));
  if (!note.empty()) text.append(" (").append(note).append(")");
  return detail::one_term<Real>(std::move(column), {text}, name);
}

/// What the coefficients of a factor mean.
enum class factor_coding {
  treatment,  ///< each level against the reference level: "alloc: random vs alternate"
  sum,        ///< each level but the reference one against the unweighted mean of all levels: "alloc: random vs mean"
  cell_means  ///< the level's own mean, for designs without an intercept: "alloc: random"
};

/// How a factor enters.
struct factor_options {
  std::string reference{};            ///< the level left out; empty for the first
  factor_coding coding = factor_coding::treatment;
  std::vector<std::string> levels{};  ///< all levels in order; empty for those of the data in the order in which they first stand
};

/// A factor: one level's name a study; one term of levels - 1 columns (as many as levels for cell_means), named by what each compares.
/// Throws input_error on no studies, an unknown reference, a level that is not among those given (naming the row), a level twice or, but for
/// cell_means, fewer than two levels.
template <class Real = double>
design<Real> factor_term(const std::vector<std::string>& levels_of_studies, const std::string& name, const factor_options& options = {}) {
  constexpr const char* function = "factor_term";
  if (levels_of_studies.empty()) detail::throw_input_error(function, "'" + name + "' has no values");
  std::vector<std::string> levels = options.levels;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    if (std::find(levels.begin(), levels.begin() + static_cast<std::ptrdiff_t>(i), levels[i]) != levels.begin() + static_cast<std::ptrdiff_t>(i)) {
      detail::throw_input_error(function, "the level '" + levels[i] + "' of '" + name + "' is given twice");
    }
  }
  std::vector<std::size_t> level_of;
  for (std::size_t i = 0; i < levels_of_studies.size(); ++i) {
    auto at = std::find(levels.begin(), levels.end(), levels_of_studies[i]);
    if (at == levels.end()) {
      if (!options.levels.empty()) detail::throw_input_error(function, "row " + std::to_string(i + 1) + ": '" + levels_of_studies[i] + "' is not among the levels given of '" + name + "'");
      at = levels.insert(at, levels_of_studies[i]);
    }
    level_of.push_back(static_cast<std::size_t>(at - levels.begin()));
  }
  std::size_t reference = levels.size();
  if (options.coding != factor_coding::cell_means) {
    if (levels.size() < 2) detail::throw_input_error(function, "'" + name + "' has one level only, '" + levels.front() + "'");
    reference = options.reference.empty() ? 0 : static_cast<std::size_t>(std::find(levels.begin(), levels.end(), options.reference) - levels.begin());
    if (reference == levels.size()) detail::throw_input_error(function, "the reference '" + options.reference + "' is not a level of '" + name + "'");
  } else if (!options.reference.empty()) {
    detail::throw_input_error(function, "cell means of '" + name + "' have no reference level");
  }
  std::vector<std::string> names;
  std::vector<std::size_t> columns;  // level of each column
  for (std::size_t l = 0; l < levels.size(); ++l) {
    if (l == reference) continue;
    columns.push_back(l);
    std::string text = name + ": " + levels[l];
    if (options.coding == factor_coding::treatment) text.append(" vs ").append(levels[reference]);
    if (options.coding == factor_coding::sum) text.append(" vs mean");
    names.push_back(std::move(text));
  }
  matrix_of<Real> x(static_cast<Eigen::Index>(level_of.size()), static_cast<Eigen::Index>(columns.size()));
  for (std::size_t i = 0; i < level_of.size(); ++i) {
    for (std::size_t j = 0; j < columns.size(); ++j) {
      const bool left_out = options.coding == factor_coding::sum && level_of[i] == reference;
      x(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = left_out ? Real(-1) : Real(level_of[i] == columns[j] ? 1 : 0);
    }
  }
  return detail::one_term<Real>(std::move(x), std::move(names), name);
}

/// The interaction of two designs without intercepts: all products of a column of the one and a column of the other as one term, "a x b". Put it
/// beside its main effects: a + b + interaction(a, b). Throws input_error if rows differ or either has an intercept.
template <class Real>
design<Real> interaction(const design<Real>& a, const design<Real>& b) {
  constexpr const char* function = "interaction";
  if (a.rows() != b.rows()) detail::throw_input_error(function, "a design of " + std::to_string(a.rows()) + " studies and one of " + std::to_string(b.rows()));
  if (a.intercept || b.intercept) detail::throw_input_error(function, "the terms must come without their intercept");
  matrix_of<Real> x(a.x.rows(), a.x.cols() * b.x.cols());
  std::vector<std::string> names;
  for (std::size_t j = 0; j < b.columns(); ++j) {
    for (std::size_t i = 0; i < a.columns(); ++i) {
      x.col(static_cast<Eigen::Index>(names.size())) = a.x.col(static_cast<Eigen::Index>(i)).cwiseProduct(b.x.col(static_cast<Eigen::Index>(j)));
      names.push_back(a.names[i] + " x " + b.names[j]);
    }
  }
  const auto joined = [](const std::vector<std::string>& terms) {
    std::string text;
    for (const std::string& t : terms) text.append(text.empty() ? "" : " + ").append(t);
    return terms.size() > 1 ? "(" + text + ")" : text;
  };
  return detail::one_term<Real>(std::move(x), std::move(names), joined(a.term_names) + " x " + joined(b.term_names));
}

}  // namespace metapool
