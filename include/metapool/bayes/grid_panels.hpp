// SPDX-License-Identifier: BSL-1.0
// The panels of a joint posterior of a mean and a tau, and what is known of it where two of them meet. Neither Boost nor Eigen.
#pragma once

#include <metapool/bayes/legendre_panel.hpp>
#include <metapool/bayes/posterior_line.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

namespace metapool::detail {

template <class Real, class Kernel>
struct panel_of_means {
  Real from{}, to{};
  panel_values<Real> z{}, mean{}, log_prior{};  ///< with the slope of the posterior_line
  Real most{};                                  ///< the highest log_prior
  typename Kernel::place place{};               ///< what the kernel knows of these means whatever tau is

  panel_of_means() = default;
  template <class Problem>
  panel_of_means(const Problem& p, const posterior_line<Real>& line, const Real& begin, const Real& end) : from(begin), to(end) {
    for (std::size_t j = 0; j < panel_points; ++j) {
      z[j] = from + (to - from) * (legendre<Real>().x[j] + 1) / 2;
      mean[j] = line.x(z[j]);
      log_prior[j] = p.log_mean_prior(mean[j]) + line.log_slope(z[j]);
    }
    most = *std::max_element(log_prior.begin(), log_prior.end());
    place = p.kernel.at_means(mean);
  }
};

template <class Real, class Kernel>
struct panel_of_taus {
  Real from{}, to{};
  panel_values<Real> tau{}, log_prior{};
  std::vector<typename Kernel::slice> slices{};  ///< one a point

  panel_of_taus() = default;
  template <class Problem>
  panel_of_taus(const Problem& p, const Real& begin, const Real& end) : from(begin), to(end) {
    for (std::size_t j = 0; j < panel_points; ++j) {
      const Real x = from + (to - from) * (legendre<Real>().x[j] + 1) / 2;
      tau[j] = p.line.tau(x);
      log_prior[j] = p.log_tau_prior(tau[j]) + p.line.log_jacobian(x);
      slices.push_back(p.kernel.at(tau[j]));
    }
  }
};

/// The panels with those halved that are marked, and where each was before. What is moved away of an old panel are its vectors; the arrays stay.
template <class Panel, class Make>
std::pair<std::vector<Panel>, std::vector<std::size_t>> halve_panels(std::vector<Panel>& old, const std::vector<char>& marked, const Make& make) {
  std::vector<Panel> panels;
  std::vector<std::size_t> before;
  for (std::size_t i = 0; i < old.size(); ++i) {
    if (marked[i]) {
      const decltype(Panel::from) middle = old[i].from + (old[i].to - old[i].from) / 2;
      panels.push_back(make(old[i].from, middle));
      panels.push_back(make(middle, old[i].to));
    } else {
      panels.push_back(std::move(old[i]));
    }
    before.insert(before.end(), marked[i] ? 2 : 1, i);
  }
  return {std::move(panels), std::move(before)};
}

/// f[t][j]: log density at tau point t and mean point j.
template <class Real>
struct grid_block {
  std::array<panel_values<Real>, panel_points> f{};
  Real top = -std::numeric_limits<Real>::infinity();
  bool nothing = false;  ///< known to be negligible: f holds bounds
  /// What is missing along the means and along tau, judged against that top.
  Real of_mean{}, of_tau{}, judged = -std::numeric_limits<Real>::infinity();

  /// Again if the highest log density has risen since.
  void judge(const Real& highest, const Real& tolerance) {
    if (judged > highest - Real(0.01)) return;
    judged = highest;
    of_mean = of_tau = 0;
    for (std::size_t i = 0; i < panel_points; ++i) {
      panel_values<Real> column;
      for (std::size_t j = 0; j < panel_points; ++j) column[j] = f[j][i];
      of_mean = (std::max)(of_mean, unresolved(f[i], highest, tolerance));
      of_tau = (std::max)(of_tau, unresolved(column, highest, tolerance));
    }
  }
};

/// A part (panels m, t) of a block (panels old_m, old_t) that is nothing is nothing.
template <class Real, class Means, class Taus>
grid_block<Real> part_of_nothing(const grid_block<Real>& whole, const Means& m, const Taus& t, const Means& old_m, const Taus& old_t) {
  grid_block<Real> b;
  b.nothing = true;
  Real most = -std::numeric_limits<Real>::infinity();
  for (std::size_t i = 0; i < panel_points; ++i) most = (std::max)(most, Real(whole.f[i][0] - old_m.log_prior[0] - old_t.log_prior[i]));
  for (std::size_t i = 0; i < panel_points; ++i) {
    for (std::size_t j = 0; j < panel_points; ++j) {
      b.f[i][j] = most + m.log_prior[j] + t.log_prior[i];
      b.top = (std::max)(b.top, b.f[i][j]);
    }
  }
  return b;
}

/// Whether a likelihood that is concave in the mean may have a peak above `floor` between the points of the panel [left, right] of means, unseen: between two points it is below
/// the straight lines through their neighbours.
template <class Real, class Means>
bool may_hide(const grid_block<Real>& b, const Means& m, const Real& left, const Real& right, const Real& floor) {
  const auto& x = m.mean;
  for (const std::size_t i : {std::size_t(0), panel_points / 2, panel_points - 1}) {
    panel_values<Real> f;
    for (std::size_t j = 0; j < panel_points; ++j) f[j] = b.f[i][j] - m.log_prior[j];
    const auto slope = [&](std::size_t j) { return Real((f[j + 1] - f[j]) / (x[j + 1] - x[j])); };
    Real bound = b.top;
    for (std::size_t j = 0; j + 1 < panel_points; ++j) {
      const Real gap = x[j + 1] - x[j];
      const Real from_left = j > 0 && slope(j - 1) > 0 ? Real(f[j] + slope(j - 1) * gap) : f[j];
      const Real from_right = j + 2 < panel_points && slope(j + 1) < 0 ? Real(f[j + 1] - slope(j + 1) * gap) : f[j + 1];
      bound = (std::max)(bound, Real((j == 0 ? from_right : j + 2 == panel_points ? from_left : (std::min)(from_left, from_right)) + m.most));
    }
    if (slope(0) < 0) bound = (std::max)(bound, Real(f[0] - slope(0) * (x[0] - left) + m.most));
    if (slope(panel_points - 2) > 0) bound = (std::max)(bound, Real(f[panel_points - 1] + slope(panel_points - 2) * (right - x[panel_points - 1]) + m.most));
    if (bound > b.top + 3 && bound > floor) return true;
  }
  return false;
}

}  // namespace metapool::detail
