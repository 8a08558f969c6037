// SPDX-License-Identifier: BSL-1.0
// The design of the studies that a likelihood regression pools, and what it refuses of it.
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/effect/effects.hpp>
#include <metapool/model/design.hpp>
#include <metapool/model/glmm_regression_likelihood.hpp>
#include <metapool/model/regression_fit.hpp>
#include <metapool/model/separation.hpp>

#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace metapool::detail {

/// The design with one row a pooled study: as it is if it has as many, else the rows of those pooled if it has one for each study offered.
template <class Fit, class Real>
void take_design(const char* function, Fit& fit, design<Real> d) {
  std::vector<std::size_t> pooled;
  std::vector<std::string> labels;
  for (std::size_t i = 0; i < fit.audit.size(); ++i) {
    if (fit.audit[i].status != study_status::pooled) continue;
    pooled.push_back(i);
    labels.push_back(fit.audit[i].label);
  }
  const std::size_t offered = fit.audit.size();
  if (pooled.empty()) throw_not_estimable(function, "no study has information on the effect (events in one arm or the other, but not in all patients)");
  if (d.rows() != pooled.size()) {
    if (d.rows() != offered) {
      throw_input_error(function, "the design has " + to_text(d.rows()) + " rows; it must have one for each of the " + to_text(offered) + " studies offered" +
                                      (offered != pooled.size() ? " or one for each of the " + to_text(pooled.size()) + " pooled" : std::string()));
    }
    matrix_of<Real> rows(static_cast<Eigen::Index>(pooled.size()), d.x.cols());
    for (std::size_t i = 0; i < pooled.size(); ++i) rows.row(static_cast<Eigen::Index>(i)) = d.x.row(static_cast<Eigen::Index>(pooled[i]));
    d.x = std::move(rows);
  }
  check_design(function, d, labels);
  fit.design = std::move(d);
}

/// Columns of which coefficients are asked: x and its names, made orthogonal, and where they stand among the columns of rows.
template <class Real>
struct separable_columns {
  const design<Real>* of = nullptr;
  const orthogonal_columns<Real>* columns = nullptr;
  Eigen::Index first = 0;
};

/// Refuses moderators that separate studies. rows: what the studies' counts see of the coefficients, in orthogonal columns.
template <class Real>
void check_separation(const char* function, const std::vector<separable_columns<Real>>& parts, const matrix_of<Real>& rows, const std::vector<likelihood_side>& sides) {
  using std::fabs;
  const auto direction = separating_direction<Real>(rows, sides);
  if (!direction) return;
  std::vector<Real> moves;  // of the linear predictor
  std::vector<std::string> names;
  Real largest = 0;
  for (const auto& part : parts) {
    const vector_of<Real> b = part.columns->solve(direction->segment(part.first, part.of->x.cols()));
    for (Eigen::Index j = 0; j < b.size(); ++j) {
      moves.push_back(b(j) * part.of->x.col(j).cwiseAbs().maxCoeff());
      names.push_back(part.of->names[static_cast<std::size_t>(j)]);
      if (fabs(moves.back()) > largest) largest = fabs(moves.back());
    }
  }
  std::string message = "coefficients have no finite estimate: the likelihood rises for ever as";
  const char* separator = " ";
  for (std::size_t j = 0; j < moves.size(); ++j) {
    if (!(fabs(moves[j]) > Real(1e-6) * largest)) continue;
    message.append(separator).append("'").append(names[j]).append(moves[j] > 0 ? "' rises" : "' falls");
    separator = " and ";
  }
  message.append(" (in the studies that this concerns one arm has no event, or nothing but events)");
  throw_not_estimable(function, message);
}

/// The same where the first columns of rows are those of the fit's design.
template <class Fit, class Real>
void check_separation(const char* function, const Fit& fit, const orthogonal_columns<Real>& columns, const matrix_of<Real>& rows, const std::vector<likelihood_side>& sides) {
  check_separation<Real>(function, std::vector<separable_columns<Real>>{{&fit.design, &columns, 0}}, rows, sides);
}

}  // namespace metapool::detail
