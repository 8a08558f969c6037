// SPDX-License-Identifier: BSL-1.0
// Points of a GOSH counted in cells, so that a picture of a million of them is no larger than that of some thousands.
#pragma once

#include <metapool/effect/scale.hpp>
#include <metapool/sensitivity/gosh_columns.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace metapool::detail {

/// Counts of subsets by estimate (columns) and I2 (rows, from 0 to 1), those with a chosen study (1) apart from the others (0).
struct gosh_grid {
  std::size_t columns = 0, rows = 0;
  double lower = 0, upper = 1;                      ///< of the axis of estimates
  std::array<std::vector<std::size_t>, 2> cells{};  ///< columns x rows, row by row
  std::array<std::size_t, 2> total{};
  std::optional<std::array<double, 2>> all{};  ///< estimate and I2 of all studies together, if they are among the rows

  std::size_t count(std::size_t group, std::size_t column, std::size_t row) const { return cells[group][row * columns + column]; }
  std::size_t in_column(std::size_t group, std::size_t column) const {
    std::size_t n = 0;
    for (std::size_t row = 0; row < rows; ++row) n += count(group, column, row);
    return n;
  }
  std::size_t in_row(std::size_t group, std::size_t row) const {
    std::size_t n = 0;
    for (std::size_t column = 0; column < columns; ++column) n += count(group, column, row);
    return n;
  }
};

/// Where an estimate stands on the axis: ratios by their logarithms, everything else as it is read.
template <class Real>
double gosh_axis_value(const measure_info& m, const Real& estimate) {
  return m.scale == scale::log ? static_cast<double>(estimate) : static_cast<double>(to_natural(m.scale, estimate));
}

/// Whether a row is drawn: it has an estimate and an I2, and so many studies.
template <class Real>
bool gosh_drawn(const gosh_result<Real>& r, std::size_t row, std::size_t minimum) {
  return r.fitted(row) && r.studies[row] >= minimum && r.i2[row] >= 0 && r.i2[row] <= 1 &&
         std::isfinite(gosh_axis_value(r.measure, r.estimate[row]));
}

/// chosen: an index into r.labels, or nothing.
template <class Real>
gosh_grid count_points(const gosh_result<Real>& r, std::optional<std::size_t> chosen, std::size_t minimum, std::size_t columns,
                       std::size_t rows) {
  gosh_grid g;
  g.columns = columns;
  g.rows = rows;
  for (auto& c : g.cells) c.assign(columns * rows, 0);
  bool any = false;
  for (std::size_t row = 0; row < r.size(); ++row) {
    if (!gosh_drawn(r, row, minimum)) continue;
    const double x = gosh_axis_value(r.measure, r.estimate[row]);
    g.lower = any ? (std::min)(g.lower, x) : x;
    g.upper = any ? (std::max)(g.upper, x) : x;
    any = true;
  }
  if (!any) throw_not_estimable("gosh_plot", "no subset of " + std::to_string(minimum) + " studies or more has an estimate");
  double margin = 0.02 * (g.upper - g.lower);
  if (!(margin > 1e-9 * (std::max)(std::fabs(g.lower), std::fabs(g.upper))))
    margin = g.lower == 0 ? 1 : 0.1 * std::fabs(g.lower);  // one estimate only
  g.lower -= margin;
  g.upper += margin;
  const auto place = [](double share, std::size_t n) {
    const double at = share * static_cast<double>(n);
    return at <= 0 ? std::size_t(0) : (std::min)(static_cast<std::size_t>(at), n - 1);
  };
  const study_mask everyone = r.k() == 0 ? 0 : ~study_mask(0) >> (64 - r.k());
  for (std::size_t row = 0; row < r.size(); ++row) {
    if (!gosh_drawn(r, row, minimum)) continue;
    const double x = gosh_axis_value(r.measure, r.estimate[row]), i2 = static_cast<double>(r.i2[row]);
    const std::size_t group = chosen && r.contains(row, *chosen) ? 1 : 0;
    ++g.cells[group][place(i2, rows) * columns + place((x - g.lower) / (g.upper - g.lower), columns)];
    ++g.total[group];
    if (r.mask[row] == everyone) g.all = std::array<double, 2>{x, i2};
  }
  return g;
}

}  // namespace metapool::detail
