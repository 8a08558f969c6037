// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/model/design_builders.hpp>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace metapool {

namespace detail {

template <class Real>
void check_knots(const char* function, const std::vector<Real>& knots, std::size_t least) {
  if (knots.size() < least) throw_input_error(function, std::to_string(knots.size()) + " knots; at least " + std::to_string(least) + " are needed");
  for (std::size_t i = 0; i < knots.size(); ++i) {
    if (!is_finite(knots[i]) || (i > 0 && !(knots[i] > knots[i - 1]))) throw_input_error(function, "the knots must be finite and ascending; knot " + std::to_string(i + 1) + " is " + to_text(knots[i]));
  }
}

}  // namespace detail

/// A broken line: x and, for each knot, max(0, x - knot), whose coefficient is the change of slope there; one term, named "dose", "dose beyond 20", ...
/// Throws input_error without knots, on knots that do not ascend or a value that is not finite.
template <class Real>
design<Real> linear_spline_term(const std::vector<Real>& x, const std::string& name, const std::vector<Real>& knots) {
  constexpr const char* function = "linear_spline_term";
  detail::check_moderator(function, x, name);
  detail::check_knots(function, knots, 1);
  matrix_of<Real> columns(static_cast<Eigen::Index>(x.size()), static_cast<Eigen::Index>(knots.size() + 1));
  std::vector<std::string> names{name};
  for (std::size_t j = 0; j < knots.size(); ++j) names.push_back(name + " beyond " + detail::to_text(knots[j]));
  for (std::size_t i = 0; i < x.size(); ++i) {
    const auto row = static_cast<Eigen::Index>(i);
    columns(row, 0) = x[i];
    for (std::size_t j = 0; j < knots.size(); ++j) columns(row, static_cast<Eigen::Index>(j + 1)) = x[i] > knots[j] ? Real(x[i] - knots[j]) : Real(0);
  }
  return detail::one_term<Real>(std::move(columns), std::move(names), name);
}

/// Natural (restricted) cubic spline: cubic between its knots, linear beyond the outermost two, with continuous second derivative; one term of
/// as many columns as knots less one. Together with an intercept it spans what R's ns spans with the outermost knots as boundary knots.
///
/// Columns: x, named "dose", and for each knot t_j but the last two, ((x - t_j)+^3 - (x - t_{m-1})+^3 (t_m - t_j) / (t_m - t_{m-1}) +
/// (x - t_m)+^3 (t_{m-1} - t_j) / (t_m - t_{m-1})) / (t_m - t_1)^2, named "dose, bend at 20": unit of x, linear in x beyond t_m. If all bends are 0 the line is straight.
/// Throws input_error with fewer than three knots, on knots that do not ascend or a value that is not finite.
/// Stone & Koo (1985) Proc ASA Stat Comp Section 45; Durrleman & Simon (1989) Stat Med 8:551, doi:10.1002/sim.4780080504.
template <class Real>
design<Real> natural_spline_term(const std::vector<Real>& x, const std::string& name, const std::vector<Real>& knots) {
  constexpr const char* function = "natural_spline_term";
  detail::check_moderator(function, x, name);
  detail::check_knots(function, knots, 3);
  const std::size_t m = knots.size();
  matrix_of<Real> columns(static_cast<Eigen::Index>(x.size()), static_cast<Eigen::Index>(m - 1));
  std::vector<std::string> names{name};
  for (std::size_t j = 0; j + 2 < m; ++j) names.push_back(name + ", bend at " + detail::to_text(knots[j]));
  const Real span = knots[m - 1] - knots[0];
  const Real last = (knots[m - 1] - knots[m - 2]) / span;
  const auto scaled = [&](const Real& value) { return Real((value - knots[0]) / span); };
  const auto cube = [](const Real& d) { return d > 0 ? Real(d * d * d) : Real(0); };
  for (std::size_t i = 0; i < x.size(); ++i) {
    const auto row = static_cast<Eigen::Index>(i);
    columns(row, 0) = x[i];
    const Real u = scaled(x[i]);
    for (std::size_t j = 0; j + 2 < m; ++j) {
      const Real t = scaled(knots[j]), s = scaled(knots[m - 2]);
      Real value;
      if (x[i] > knots[m - 1]) {
        // beyond the last knot the cubes and squares cancel: 3 u (1 - t) (s - t) - (1 - t) (s - t) (1 + s + t), u > 1
        value = (1 - t) * (s - t) * (3 * u - (1 + s + t));
      } else {
        value = cube(Real(u - t)) - cube(Real(u - s)) * (1 - t) / last;
      }
      columns(row, static_cast<Eigen::Index>(j + 1)) = span * value;
    }
  }
  return detail::one_term<Real>(std::move(columns), std::move(names), name);
}

}  // namespace metapool
