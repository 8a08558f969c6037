// SPDX-License-Identifier: BSL-1.0
// The logarithm of a function that is dear to call, as polynomials on panels. Neither Boost nor Eigen.
#pragma once

#include <metapool/math/chebyshev.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

namespace metapool::detail {

/// log f between the first and the last of `edges`, by polynomials of degree 16 on panels that are halved until what is missing is some 2e-11 (more, in proportion, where
/// f is below e^-30; in float some epsilon). Beyond the edges it goes on in a straight line, as logarithms of likelihoods do.
template <class Real>
class log_panels {
 public:
  log_panels() = default;
  /// edges in rising order, among them the places where log f has a kink.
  template <class F>
  log_panels(const F& log_f, const std::vector<Real>& edges) {
    for (std::size_t i = 0; i + 1 < edges.size(); ++i) add(log_f, edges[i], edges[i + 1], 0);
    left_ = end_of(panels_.front(), from());
    right_ = end_of(panels_.back(), to());
  }
  const Real& from() const { return panels_.front().from(); }
  const Real& to() const { return panels_.back().to(); }
  std::size_t size() const { return panels_.size(); }

  Real operator()(const Real& x) const {
    if (!(x > from())) return left_[0] + left_[1] * (x - from());
    if (!(x < to())) return right_[0] + right_[1] * (x - to());
    return panel_of(x)(x);
  }
  /// Value, first and second derivative.
  std::array<Real, 3> jet(const Real& x) const {
    if (x > from() && x < to()) return panel_of(x).jet(x);
    return {(*this)(x), (x > from() ? right_ : left_)[1], Real(0)};
  }
  /// Minus the second derivative; 0 beyond the edges.
  Real curvature(const Real& x) const { return x < from() || x > to() ? Real(0) : Real(-panel_of(x).jet(x)[2]); }

  /// The largest of that, from a few places a panel.
  Real largest_curvature() const {
    Real most = 0;
    for (const chebyshev_series<Real>& p : panels_) {
      for (int i = 0; i <= 8; ++i) {
        const Real c = -p.jet(Real(p.from() + (p.to() - p.from()) * static_cast<Real>(i) / 8))[2];
        most = c > most ? c : most;
      }
    }
    return most;
  }

 private:
  static constexpr std::size_t degree = 16;

  /// Value and slope. A plateau is one, as far as numbers reach: what rounding makes of its slope is 0.
  static std::array<Real, 2> end_of(const chebyshev_series<Real>& panel, const Real& end) {
    const std::array<Real, 3> at = panel.jet(end);
    const Real least = (std::max)(Real(1e-10), Real(20000 * std::numeric_limits<Real>::epsilon()));
    return {at[0], at[1] < least && at[1] > -least ? Real(0) : at[1]};
  }
  const chebyshev_series<Real>& panel_of(const Real& x) const {
    const auto found = std::upper_bound(panels_.begin(), panels_.end(), x, [](const Real& a, const chebyshev_series<Real>& p) { return a < p.to(); });
    return found == panels_.end() ? panels_.back() : *found;
  }
  template <class F>
  void add(const F& log_f, const Real& from, const Real& to, int depth) {
    static const std::vector<Real> points = chebyshev_points<Real>(degree);
    std::vector<Real> values(degree + 1);
    Real top = -std::numeric_limits<Real>::infinity();
    const Real middle = (from + to) / 2;
    for (std::size_t j = 0; j <= degree; ++j) {
      values[j] = log_f(j == 0 ? to : j == degree ? from : Real(middle + (to - from) / 2 * points[j]));
      top = values[j] > top ? values[j] : top;
    }
    chebyshev_series<Real> panel(from, to, values);
    const Real tolerance = (std::max)(Real(2e-11), Real(200 * std::numeric_limits<Real>::epsilon()));
    if (!(panel.tail() > tolerance * (1 + (top < 0 ? Real(-top / 30) : Real(0)))) || depth >= 14) {
      panels_.push_back(std::move(panel));
      return;
    }
    add(log_f, from, middle, depth + 1);
    add(log_f, middle, to, depth + 1);
  }

  std::vector<chebyshev_series<Real>> panels_{};
  std::array<Real, 2> left_{}, right_{};
};

}  // namespace metapool::detail
