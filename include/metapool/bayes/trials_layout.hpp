// SPDX-License-Identifier: BSL-1.0
// Where the posterior of binomial_normal() has its mass, before anything is integrated. Neither Boost nor Eigen.
#pragma once

#include <metapool/bayes/trials_kernel.hpp>
#include <metapool/bayes/joint_grid.hpp>
#include <metapool/bayes/tau_window.hpp>
#include <metapool/data/check.hpp>
#include <metapool/math/constants.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

namespace metapool::detail {

/// The mean given tau about as a normal density.
template <class Real>
struct normal_row {
  Real mean{}, sd{1};
  Real log_mass{};
};

/// h: a log density with one peak as a rule. From a guess: steps uphill until the middle of three places is the highest, smaller ones until a parabola through them is near enough.
template <class Real, class H>
normal_row<Real> normal_shape(const H& h, const Real& mean, const Real& sd) {
  using std::log, std::sqrt;
  Real m = mean, d = sd, middle = h(m), left = h(Real(m - d)), right = h(Real(m + d));
  for (int i = 0; i < 200; ++i) {
    if (left > middle || right > middle) {
      const bool up = right > left;
      m += up ? d : Real(-d);
      (up ? left : right) = middle;
      middle = up ? right : left;
      if (i % 3 == 2) {  // far away
        d *= 2;
        left = h(Real(m - d));
        right = h(Real(m + d));
      } else {
        (up ? right : left) = h(Real(up ? m + d : m - d));
      }
      continue;
    }
    const Real fall = (std::max)(Real(middle - left), Real(middle - right));
    if (fall < 4 && fall > Real(0.02)) break;
    if (!(fall > 0)) break;  // flat
    d *= fall < 4 ? Real(4) : Real(Real(1.2) / sqrt(fall));  // a parabola would fall by 1
    left = h(Real(m - d));
    right = h(Real(m + d));
  }
  const Real slope = (right - left) / (2 * d), curvature = (2 * middle - left - right) / (d * d);
  if (!(curvature > 0) || left > middle || right > middle) return {m, d, Real(middle + log(Real(4 * d)))};  // flat, or not yet there
  const Real width = 1 / sqrt(curvature);
  return {Real(m + slope / curvature), width, Real(middle + slope * slope / curvature / 2 + log(width) + log(Real(2 * pi<Real>())) / 2)};
}

template <class Real, class Problem>
grid_layout<Real> trials_layout(const char* function, const Problem& p) {
  using std::exp, std::log, std::sqrt;
  const trials_kernel<Real>& kernel = p.kernel;
  const Real depth = joint_grid<Real, trials_kernel<Real>>::depth();
  Real least = 1, largest = 1, low = p.candidates[0], high = low;
  for (std::size_t i = 0; i < kernel.size(); ++i) {
    const Real se = sqrt(kernel.v()[i]);
    least = i == 0 || se < least ? se : least;
    largest = i == 0 || se > largest ? se : largest;
  }
  for (const Real& c : p.candidates) {
    low = c < low ? c : low;
    high = c > high ? c : high;
  }
  std::vector<std::pair<Real, normal_row<Real>>> seen;
  const auto rough = [&](const Real& x) {
    const Real tau = p.line.tau(x);
    auto slice = kernel.at(tau);
    // from where it was at the nearest tau
    normal_row<Real> last{p.candidates.back(), largest, Real(0)};
    Real least_gap = std::numeric_limits<Real>::infinity();
    for (const auto& [at, row] : seen) {
      const Real gap = at < x ? Real(x - at) : Real(at - x);
      if (gap < least_gap) last = row;
      least_gap = (std::min)(least_gap, gap);
    }
    last = normal_shape<Real>([&](const Real& m) { return Real(kernel.log_likelihood(slice, m) + p.log_mean_prior(m)); }, last.mean, (std::max)(last.sd, Real(tau / static_cast<Real>(kernel.size() + 2))));
    last.log_mass += p.log_tau_prior(tau) + p.line.log_jacobian(x);
    seen.emplace_back(x, last);
    return last.log_mass;
  };
  const auto line_x = [&](const Real& tau) { return p.line.bounded() && !(tau < p.line.upper / 2) ? Real(0) : p.line.x(tau); };
  tau_window<Real> window = find_tau_window<Real>(rough, Real(line_x(least) + 8), Real(line_x(Real(largest + high - low)) - 8), depth);
  const Real limit = tau_line<Real>::limit();
  while (!p.line.bounded() && p.tau_moments > 0 && window.right < limit &&
         rough(window.right) + static_cast<Real>(p.tau_moments) * (window.right - window.peak) > window.height - depth) {
    window.right = (std::min)(Real(window.right + Real(0.5)), limit);
  }
  if (!p.line.bounded() && window.right == limit && exp(Real(rough(limit) - window.height)) * limit > Real(1e-9)) {
    throw_not_estimable(function, "the posterior of tau has so heavy a tail that its mass lies beyond what this number type holds; give a prior with a thinner tail, or more trials");
  }
  normal_row<Real> peak = seen.front().second;
  for (const auto& [x, row] : seen) {
    if (row.log_mass > peak.log_mass) peak = row;
  }
  grid_layout<Real> layout;
  layout.line_of_mean = posterior_line<Real>::of_effect(peak.mean, peak.sd);
  layout.tau_edges = pieces_around(window.peak, window.left, window.right, 6, Real(8));
  Real left = -1, right = 1;
  for (const auto& [x, row] : seen) {
    if (!(row.log_mass > peak.log_mass - depth)) continue;
    left = (std::min)(left, layout.line_of_mean.z(Real(row.mean - 8 * row.sd)));
    right = (std::max)(right, layout.line_of_mean.z(Real(row.mean + 8 * row.sd)));
  }
  layout.top = peak.log_mass - log(Real(2 * pi<Real>())) / 2;
  const Real zero = layout.line_of_mean.z(Real(0));
  if (kernel.kinked() && left < zero && zero < right) {
    layout.mean_edges = pieces_around(Real(0), left, right, 6, Real(3));
    const auto next = std::upper_bound(layout.mean_edges.begin(), layout.mean_edges.end(), zero);
    const Real gap_below = zero - *(next - 1), gap_above = *next - zero, width = gap_below + gap_above;
    // the edge that is nearest moves there, if it is not an end
    if (gap_below < width / 3 && next - 1 != layout.mean_edges.begin()) {
      *(next - 1) = zero;
    } else if (gap_above < width / 3 && next + 1 != layout.mean_edges.end()) {
      *next = zero;
    } else {
      layout.mean_edges.insert(next, zero);
    }
  } else {
    layout.mean_edges = pieces_around(Real(0), left, right, 6, Real(3));
  }
  return layout;
}

}  // namespace metapool::detail
