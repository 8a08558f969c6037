// SPDX-License-Identifier: BSL-1.0
// Quadrature over tau whose number of nodes is found by convergence. Neither Boost nor Eigen.
#pragma once

#include <metapool/bayes/normal_normal_kernel.hpp>
#include <metapool/bayes/tau_window.hpp>
#include <metapool/math/convergence.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

namespace metapool::detail {

/// A value of tau with its posterior weight (not normalised) and what the data say there.
template <class Real>
struct tau_node {
  Real tau{};
  Real weight{};
  Real x{};      ///< on the line of tau_line
  Real log_f{};  ///< log of the density on that line, relative to its peak
  given_tau<Real> given{};
};

/// The map from t to x and its slope: x = peak + sinh(t), so that both tails fall double-exponentially and sums over equal steps of t
/// converge exponentially (Takahasi & Mori 1974).
template <class Real>
struct tail_map {
  Real peak{};
  Real x(const Real& t) const {
    using std::sinh;
    return peak + sinh(t);
  }
  Real t(const Real& x) const {
    using std::asinh;
    return asinh(Real(x - peak));
  }
  Real slope(const Real& t) const {
    using std::cosh;
    return cosh(t);
  }
};

/// Values that an integral over tau must have right: mass, moments of tau (as many as exist), and the density of the mean, of a new study's effect
/// and of the effects of three studies (most precise, least precise, most distant) at five places each.
template <class Real, class Kernel>
std::vector<Real> test_functionals(const Kernel& kernel, const std::vector<tau_node<Real>>& nodes, int moments,
                                   std::vector<std::array<Real, 2>>& places) {
  using std::abs, std::exp, std::sqrt;
  std::array<std::size_t, 3> which{0, 0, 0};
  for (std::size_t i = 1; i < kernel.size(); ++i) {
    const Real middle = kernel.y(which[0]);
    if (kernel.v()[i] < kernel.v()[which[0]]) which[0] = i;
    if (kernel.v()[i] > kernel.v()[which[1]]) which[1] = i;
    if (abs(Real(kernel.y(i) - middle)) > abs(Real(kernel.y(which[2]) - middle))) which[2] = i;
  }
  const auto part = [&](std::size_t n, const tau_node<Real>& node) {
    if (n == 0) return std::pair<Real, Real>(node.given.mean, node.given.variance);
    if (n == 1) return std::pair<Real, Real>(node.given.mean, Real(node.given.variance + node.tau * node.tau));
    return kernel.study(which[n - 2], node.tau, node.given);
  };
  Real mass = 0, first = 0, second = 0;
  for (const auto& node : nodes) {
    mass += node.weight;
    first += node.weight * node.tau;
    second += node.weight * node.tau * node.tau;
  }
  std::vector<Real> values{mass};
  if (moments > 0) values.push_back(first / mass);
  if (moments > 1) values.push_back(second / mass);
  if (places.empty()) {
    for (std::size_t n = 0; n < 5; ++n) {
      Real centre = 0, spread = 0;
      for (const auto& node : nodes) centre += node.weight * part(n, node).first / mass;
      for (const auto& node : nodes) {
        const std::pair<Real, Real> p = part(n, node);
        spread += node.weight * sqrt(Real(p.second + (p.first - centre) * (p.first - centre))) / mass;  // of first order: it may be all that exists
      }
      places.push_back({centre, spread});
    }
  }
  for (std::size_t n = 0; n < 5; ++n) {
    for (const double step : {-2.5, -1.0, 0.0, 0.7, 2.0}) {
      const Real x = places[n][0] + Real(step) * places[n][1];
      Real sum = 0;
      for (const auto& node : nodes) {
        const std::pair<Real, Real> p = part(n, node);
        sum += node.weight / sqrt(p.second) * exp(Real(-(x - p.first) * (x - p.first) / (2 * p.second)));
      }
      values.push_back(sum / mass * places[n][1]);
    }
  }
  return values;
}

/// Equal steps of t over the window, 24 nodes first and half as many again each time, until no test functional moves by more than eps^0.65;
/// the last step then leaves an error of the order of epsilon. f(x, given) is the log of the density on the line and sets what is given.
template <class Real, class Kernel, class F>
std::vector<tau_node<Real>> converged_nodes(const Kernel& kernel, const F& f, const tau_line<Real>& line, const tau_window<Real>& window,
                                            int moments, convergence<Real>& state) {
  using std::abs, std::exp, std::pow;
  const Real eps = std::numeric_limits<Real>::epsilon();
  const Real tolerance = (std::max)(Real(pow(eps, Real(0.65))), Real(16 * eps * static_cast<Real>(kernel.size())));
  const tail_map<Real> map{window.peak};
  const Real from = map.t(window.left), to = map.t(window.right);
  std::vector<tau_node<Real>> nodes;
  std::vector<Real> last;
  std::vector<std::array<Real, 2>> places;
  state.converged = false;
  for (std::size_t n = 24; n < 40000; n += n / 2) {
    const Real step = (to - from) / static_cast<Real>(n);
    nodes.clear();
    for (std::size_t j = 0; j < n; ++j) {
      const Real t = from + step * (static_cast<Real>(j) + Real(0.5));
      tau_node<Real> node;
      node.x = map.x(t);
      node.tau = line.tau(node.x);
      node.log_f = f(node.x, node.given) - window.height;
      node.weight = exp(node.log_f) * map.slope(t) * step;
      nodes.push_back(node);
    }
    state.iterations += n;
    const std::vector<Real> values = test_functionals(kernel, nodes, moments, places);
    Real worst = last.empty() ? Real(1) : Real(0);
    for (std::size_t i = 0; i < last.size(); ++i) {
      // densities are judged against their own size, but those far from the peak against a hundredth of the peak's order
      const Real size = i <= static_cast<std::size_t>(moments) ? abs(values[i]) : (std::max)(Real(abs(values[i])), Real(Real(1) / 100));
      const Real change = abs(Real(values[i] - last[i])) / size;
      if (!(change <= worst)) worst = change;
    }
    last = values;
    state.residual = worst;
    if (worst <= tolerance) {
      state.converged = true;
      break;
    }
  }
  return nodes;
}

}  // namespace metapool::detail
