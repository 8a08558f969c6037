// SPDX-License-Identifier: BSL-1.0
// A fit of one mean whose likelihood rises as the mean goes to an infinity.
#pragma once

#include <metapool/model/glmm_fit.hpp>
#include <metapool/model/glmm_search.hpp>

#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

namespace metapool::detail {

/// The highest point over all parameters but a mean that is held at x[0], wherever tau2 is. With all studies at the same end of their ranges a tau2 wide enough to have about
/// half of the effects on the likely side explains them at any mean, and a valley may lie between that summit and the one of a small tau2. So the others are put at their best
/// for a row of tau2 from 0 to the end of the search, and from each that is higher than its neighbours a search sets out, with the rules of quadrature that it has there: a
/// small tau2 does not need those of a wide one. The row ends where the likelihood has fallen to e^-5 of its highest, as a wide tau2 is slow to integrate: no deeper valley is known (whole
/// rows gave the same at 3216 means of random sets, 2 to 60 studies), and none is proven not to be. several: whether tau2 is free.
template <class Real, class Likelihood>
newton_maximum<Real, Likelihood::size> highest_over_tau2(Likelihood likelihood, parameters_of<Real, Likelihood> x, bool several) {
  using maximum = newton_maximum<Real, Likelihood::size>;
  const std::size_t t = tau2_of(likelihood);
  auto bounds = search_bounds<Real>(likelihood);
  bounds[0].held = true;
  auto at_given = bounds;
  at_given[t].held = true;
  x[t] = 0;
  std::vector<std::pair<maximum, Likelihood>> row;
  Real top = -std::numeric_limits<Real>::infinity();
  for (const double tau2 : {0.0, 0.1, 1.0, 8.0, 60.0, 400.0}) {
    x[t] = Real(tau2);
    const maximum here = polished<Real>(likelihood, x, at_given);
    x = here.x;
    row.emplace_back(here, likelihood);
    if (!several) return here;
    if (here.at.value < top - 5) break;
    if (here.at.value > top) top = here.at.value;
  }
  maximum best = row[0].first;
  const auto height = [&](std::size_t i) { return row[i].first.at.value; };
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (i > 0 && height(i) < height(i - 1)) continue;
    if (i + 1 < row.size() && height(i) < height(i + 1)) continue;
    auto& [from, own] = row[i];
    if (i == 0) {
      if (!(from.at.gradient[t] > 0)) continue;
      from.x[t] = Real(1e-3);
    }
    const maximum summit = polished<Real>(own, from.x, bounds);
    if (summit.at.value > best.at.value) best = summit;
  }
  if constexpr (requires { likelihood.starts_inside(x); }) {  // known for several summits at the same tau2
    const maximum other = search_maxima<Real>(row[0].second, row[0].first.x, bounds).best;
    if (other.at.value > best.at.value) best = other;
  }
  return best;
}

/// Fills a fit (but for its tests of homogeneity) whose likelihood rises as the mean goes to minus (sign = -1) or plus infinity, towards `supremum`, constants
/// included. why: the note that says so. start(mean): where the search for the other parameters of a finite mean begins. constant: what the likelihood leaves out.
template <class Real, class Likelihood, class Start>
void fit_infinite(glmm_fit<Real>& fit, int sign, const char* why, const Real& supremum, const Likelihood& likelihood, const Start& start, const Real& constant) {
  fit.state = sign < 0 ? estimate_state::minus_infinity : estimate_state::plus_infinity;
  fit.estimate = fit.common_estimate = Real(sign) * std::numeric_limits<Real>::infinity();
  fit.log_likelihood = fit.common_log_likelihood = supremum;
  fit.convergence.converged = true;
  if (fit.k < 2) fit.notes.push_back("one informative study: tau2 is taken to be 0");
  fit.notes.push_back(why);
  const bool several = fit.k > 1;
  fit.profile = [likelihood, start, constant, several](const Real& mean) {
    auto x = start(mean);
    x[0] = mean;
    const auto m = highest_over_tau2<Real>(likelihood, x, several);
    const Real tau2 = m.x[tau2_of(likelihood)];
    return likelihood_profile_point<Real>{m.at.value + constant, m.at.gradient[0], tau2, m.convergence.converged, tau2 >= largest_tau2<Real>()};
  };
}

}  // namespace metapool::detail
