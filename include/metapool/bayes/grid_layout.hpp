// SPDX-License-Identifier: BSL-1.0
// What a joint posterior on panels is of, and the panels that it starts from. Neither Boost nor Eigen.
#pragma once

#include <metapool/bayes/posterior_line.hpp>
#include <metapool/bayes/tau_window.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <vector>

namespace metapool::detail {

/// What a grid is of: the model, the logarithms of the priors' densities (of the mean as the kernel has it), and how many moments are wanted.
template <class Real, class Kernel, class MeanPrior, class TauPrior>
struct joint_problem {
  Kernel kernel;
  MeanPrior log_mean_prior;
  TauPrior log_tau_prior;
  tau_line<Real> line{};
  std::vector<Real> candidates{};  ///< means among which high posterior density is looked for first
  int tau_moments = 0;
  int mean_moments = 0;
  double tolerance = 1e-8;  ///< of the log density where it matters
  std::size_t most_evaluations = 20'000'000;  ///< of the likelihood, before the integration is given up: some seconds
};

/// What it starts from: the panels' edges on both lines (the grid grows where they do not reach far enough) and about the largest log density there.
template <class Real>
struct grid_layout {
  posterior_line<Real> line_of_mean{};
  std::vector<Real> mean_edges{}, tau_edges{};
  Real top = -std::numeric_limits<Real>::infinity();
};

/// n pieces of equal length: n + 1 edges.
template <class Real>
std::vector<Real> equal_pieces(const Real& from, const Real& to, std::size_t n) {
  std::vector<Real> edges;
  for (std::size_t j = 0; j < n; ++j) edges.push_back(from + (to - from) * static_cast<Real>(j) / static_cast<Real>(n));
  edges.push_back(to);
  return edges;
}

/// n pieces of equal length; if they would be longer than `longest`, pieces that grow with the distance from `middle` instead.
template <class Real>
std::vector<Real> pieces_around(const Real& middle, const Real& from, const Real& to, std::size_t n, const Real& longest) {
  if (to - from <= longest * static_cast<Real>(n) || !(middle > from && middle < to)) return equal_pieces(from, to, n);
  std::vector<Real> edges{middle};
  for (Real step = longest; edges.back() < to; step *= Real(1.6)) edges.push_back(edges.back() + step < to - step ? Real(edges.back() + step) : to);
  std::reverse(edges.begin(), edges.end());
  for (Real step = longest; edges.back() > from; step *= Real(1.6)) edges.push_back(edges.back() - step > from + step ? Real(edges.back() - step) : from);
  std::reverse(edges.begin(), edges.end());
  return edges;
}

}  // namespace metapool::detail
