// SPDX-License-Identifier: BSL-1.0
// Which panels of a joint posterior are not yet resolved, and what is said if they never are. Neither Boost nor Eigen.
#pragma once

#include <metapool/bayes/grid_panels.hpp>
#include <metapool/data/check.hpp>
#include <metapool/data/error.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

namespace metapool::detail {

/// The panels of means and of taus that are to be halved, and why.
template <class Real>
struct grid_resolution {
  std::vector<char> halve_mean{}, halve_tau{};
  Real along_mean{}, along_tau{};  ///< what is missing of the log density where it matters
  bool hidden = false;             ///< whether a peak may be between points

  bool done() const { return std::find(halve_mean.begin(), halve_mean.end(), 1) == halve_mean.end() && std::find(halve_tau.begin(), halve_tau.end(), 1) == halve_tau.end(); }
  Real residual() const { return (std::max)(along_mean, along_tau); }
};

/// blocks[m][n]: of mean panel m and tau panel n; top: their highest log density, which matters down to `least`. hides_a_peak(block, m, n, low): whether there may be one, seen
/// that the block is low or not.
template <class Real, class Hides>
grid_resolution<Real> resolution_of(std::vector<std::vector<grid_block<Real>>>& blocks, std::size_t taus, const Real& top, const Real& least, const Real& tolerance, const Hides& hides_a_peak) {
  grid_resolution<Real> r;
  r.halve_mean.assign(blocks.size(), 0);
  r.halve_tau.assign(taus, 0);
  for (std::size_t m = 0; m < blocks.size(); ++m) {
    for (std::size_t n = 0; n < taus; ++n) {
      grid_block<Real>& b = blocks[m][n];
      if (b.nothing) continue;
      const bool low = b.top < least;
      if (!r.halve_mean[m] && hides_a_peak(b, m, n, low)) {
        r.hidden = true;
        r.halve_mean[m] = 1;
      }
      if (low) continue;
      b.judge(top, tolerance);
      r.along_mean = (std::max)(r.along_mean, b.of_mean);
      r.along_tau = (std::max)(r.along_tau, b.of_tau);
      if (b.of_mean > tolerance) r.halve_mean[m] = 1;
      if (b.of_tau > tolerance) r.halve_tau[n] = 1;
    }
  }
  return r;
}

template <class Real>
[[noreturn]] void throw_too_many_evaluations(const char* function, std::size_t most, const Real& residual) {
  throw convergence_error(std::string(function) + ": the integration did not settle within " + std::to_string(most) + " evaluations of the likelihood (residual " + to_text(residual) +
                          "): studies many standard errors apart, or a prior of tau with a very heavy tail");
}

template <class Real>
[[noreturn]] void throw_unresolved(const char* function, const grid_resolution<Real>& r) {
  throw convergence_error(std::string(function) + ": the integration did not settle (residual " + to_text(r.residual()) +
                          (r.hidden                      ? "): there may be peaks far narrower than the way between them, of studies many standard errors apart, which tau does not explain"
                           : r.along_tau > r.along_mean ? ", along tau); is the density of the prior of tau smooth inside its support?"
                                                        : ", along the mean): the posterior has an edge there, as of a risk ratio at the largest value that its trials allow"));
}

}  // namespace metapool::detail
