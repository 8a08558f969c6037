// SPDX-License-Identifier: BSL-1.0
// Where the posterior of robust_normal() has its mass, before anything is integrated.
#pragma once

#include <metapool/bayes/joint_grid.hpp>
#include <metapool/bayes/robust_kernel.hpp>
#include <metapool/bayes/tau_window.hpp>
#include <metapool/data/check.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

namespace metapool::detail {

template <class Real, class Problem>
grid_layout<Real> robust_layout(const char* function, const Problem& p) {
  const robust_kernel<Real>& kernel = p.kernel;
  const Real depth = joint_grid<Real, robust_kernel<Real>>::depth();
  grid_layout<Real> layout;
  using std::abs, std::exp, std::log, std::sqrt;
  // the highest density over the mean at a tau, by the best of the candidates and EM steps from there
  struct profile {
    Real mean{}, height{}, precision{};
  };
  const auto at = [&](const Real& x) {
    const auto slice = kernel.at(p.line.tau(x));
    profile best;
    bool first = true;
    for (const Real& m : p.candidates) {
      const Real height = kernel.log_likelihood(slice, m) + p.log_mean_prior(m);
      if (first || height > best.height) best = {m, height, Real(0)};
      first = false;
    }
    for (int step = 0; step < 3; ++step) {
      const std::pair<Real, Real> next = kernel.towards_peak(slice, best.mean);
      best.precision = next.second;
      const Real height = kernel.log_likelihood(slice, next.first) + p.log_mean_prior(next.first);
      if (!(height > best.height)) break;
      best.mean = next.first;
      best.height = height;
    }
    best.height += p.log_tau_prior(p.line.tau(x)) + p.line.log_jacobian(x) - log(best.precision) / 2;
    return best;
  };
  const auto rough = [&](const Real& x) { return at(x).height; };
  Real least = kernel.v()[0], largest = least;
  for (const Real& v : kernel.v()) {
    least = v < least ? v : least;
    largest = v > largest ? v : largest;
  }
  const Real span = kernel.last() - kernel.first();
  const auto line_x = [&](const Real& tau) { return p.line.bounded() && !(tau < p.line.upper / 2) ? Real(0) : p.line.x(tau); };
  tau_window<Real> window = find_tau_window<Real>(rough, Real(line_x(sqrt(least)) + 8), Real(line_x(Real(sqrt(largest) + span)) - 8), depth);
  const Real limit = tau_line<Real>::limit();
  while (!p.line.bounded() && p.tau_moments > 0 && window.right < limit &&
         rough(window.right) + static_cast<Real>(p.tau_moments) * (window.right - window.peak) > window.height - depth) {
    window.right = (std::min)(Real(window.right + 1), limit);
  }
  if (window.right == limit && exp(Real(rough(limit) - window.height)) * limit > Real(1e-9)) {
    throw_not_estimable(function, "the posterior of tau has so heavy a tail that its mass lies beyond what this number type holds; give a prior with a thinner tail, or more studies");
  }
  const profile peak = at(window.peak);
  layout.line_of_mean = posterior_line<Real>::of_effect(peak.mean, Real(1 / sqrt(peak.precision)));

  layout.tau_edges = equal_pieces(window.left, window.right, 6);
  // outward from all effects and the prior's middle until nothing is left at some values of tau; refine() looks at all
  std::vector<std::pair<typename robust_kernel<Real>::slice, Real>> slices;
  for (std::size_t i = 0; i + 1 < layout.tau_edges.size(); ++i) {
    for (const std::size_t j : {std::size_t(0), panel_points / 2, panel_points - 1}) {
      const Real x = layout.tau_edges[i] + (layout.tau_edges[i + 1] - layout.tau_edges[i]) * (legendre<Real>().x[j] + 1) / 2, tau = p.line.tau(x);
      slices.emplace_back(kernel.at(tau), p.log_tau_prior(tau) + p.line.log_jacobian(x));
    }
  }
  const auto height = [&](const Real& z) {
    const Real m = layout.line_of_mean.x(z);
    Real best = -std::numeric_limits<Real>::infinity();
    for (const auto& s : slices) best = (std::max)(best, Real(kernel.log_likelihood(s.first, m) + s.second));
    return Real(best + p.log_mean_prior(m) + layout.line_of_mean.log_slope(z));
  };
  for (const Real& m : p.candidates) layout.top = (std::max)(layout.top, height(layout.line_of_mean.z(m)));
  layout.top = (std::max)(layout.top, height(Real(0)));
  const auto negligible = [&](const Real& h, const Real& z) {
    const Real size = abs(z);
    return !(h + static_cast<Real>(p.mean_moments) * (size > 3 ? Real(size - 3) : Real(0)) > layout.top - depth);
  };
  const auto end = [&](Real from, int side) {
    Real step = Real(Real(1) / 2);
    while (abs(from) < limit && !negligible(height(from), from)) {
      from += static_cast<Real>(side) * step;
      if (abs(from) > 8) step *= Real(1.2);
    }
    return (std::clamp)(from, Real(-limit), limit);
  };
  const auto edges = std::minmax_element(p.candidates.begin(), p.candidates.end());
  const Real left = end((std::min)(Real(-1), layout.line_of_mean.z(*edges.first)), -1), right = end((std::max)(Real(1), layout.line_of_mean.z(*edges.second)), 1);
  layout.mean_edges = equal_pieces(left, right, 6);
  return layout;
}

}  // namespace metapool::detail
