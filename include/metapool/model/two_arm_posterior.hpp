// SPDX-License-Identifier: BSL-1.0
// Where the normal level and the normal effect of a study of two arms lie, given its counts; nodes of quadrature around that.
#pragma once

#include <metapool/model/normal_effect.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

namespace metapool::detail {

/// Means of a study's level and effect, and their standard deviations (0: not random).
template <class Real>
struct two_arm_effects {
  Real level{}, mean{}, sigma{}, tau{};
};

/// The posterior mode of a level and an effect.
template <class Real>
struct two_arm_posterior {
  two_arm_effects<Real> of{};
  Real s{}, t{};               // in units of sigma and tau
  Real ss{}, st{}, tt{};       // minus the second derivatives there
  Real l11{}, l21{}, l22{};    // their Cholesky factor L; nodes of a product rule are mode + L'^-1 (x, y)
};

/// The mode by Newton's method with halved steps, the function being strictly concave. The arms' predictors are level + s + a theta and level + s - b theta. From where
/// level + s and theta are `last_level` and `last_theta`, unless that is far away.
template <class Real, class Kernel>
two_arm_posterior<Real> two_arm_mode(const Kernel& treated, const Kernel& control, const Real& share_a, const Real& share_b, const two_arm_effects<Real>& of, const Real& last_level,
                                     const Real& last_theta) {
  using std::fabs, std::sqrt;
  const Real &level = of.level, &mean = of.mean, &sigma = of.sigma, &tau = of.tau;
  two_arm_posterior<Real> at;
  at.of = of;
  at.s = sigma > 0 ? Real((last_level - level) / sigma) : Real(0);
  at.t = tau > 0 ? Real((last_theta - mean) / tau) : Real(0);
  if (!(fabs(at.s) < 10)) at.s = 0;
  if (!(fabs(at.t) < 10)) at.t = 0;
  const auto predictors = [&](const Real& s, const Real& t) {
    const Real centre = level + sigma * s, theta = mean + tau * t;
    return std::array<Real, 2>{centre + share_a * theta, centre - share_b * theta};
  };
  const auto height = [&](const Real& s, const Real& t) {
    const auto eta = predictors(s, t);
    return treated.value(eta[0]) + control.value(eta[1]) - (s * s + t * t) / 2;
  };
  for (int i = 0; i < 200; ++i) {
    const auto eta = predictors(at.s, at.t);
    const jet<Real> a = treated(eta[0]), b = control(eta[1]);
    const Real here = a[0] + b[0] - (at.s * at.s + at.t * at.t) / 2;
    const Real g_s = sigma * (a[1] + b[1]) - at.s;
    const Real g_t = tau * (share_a * a[1] - share_b * b[1]) - at.t;
    at.ss = 1 - sigma * sigma * (a[2] + b[2]);
    at.st = -sigma * tau * (share_a * a[2] - share_b * b[2]);
    at.tt = 1 - tau * tau * (share_a * share_a * a[2] + share_b * share_b * b[2]);
    const Real det = at.ss * at.tt - at.st * at.st;
    Real d_s = (at.tt * g_s - at.st * g_t) / det, d_t = (at.ss * g_t - at.st * g_s) / det;
    const Real gain = d_s * g_s + d_t * g_t;
    if (gain < Real(1e-10)) {
      at.s += d_s;
      at.t += d_t;
      break;
    }
    for (int halvings = 0; halvings < 60; ++halvings) {
      const Real there = height(Real(at.s + d_s), Real(at.t + d_t));
      if (there > here) break;
      d_s /= 2;
      d_t /= 2;
    }
    at.s += d_s;
    at.t += d_t;
  }
  at.l11 = sqrt(at.ss);
  at.l21 = at.st / at.l11;
  at.l22 = sqrt(Real(at.tt - at.l21 * at.l21));
  return at;
}

/// Sets the nodes and weights of one axis, in units of 1 / l around the mode; without a random effect one node. Beyond the Hermite rules those of the trapezoidal rule in asinh(x / 4)
/// over all where the random effect itself is not negligible.
template <class Real>
void set_axis(std::vector<std::pair<Real, Real>>& nodes, bool random, const Real& mode, const Real& l, quadrature_ladder<Real>& ladder, std::size_t step) {
  using std::asinh, std::exp, std::fabs, std::log, std::sqrt;
  nodes.clear();
  if (!random) {
    nodes.push_back({Real(0), Real(1)});
  } else if (step < ladder.hermite_rules) {
    const hermite_rule<Real>& rule = ladder.hermite(step);
    const Real root2 = sqrt(Real(2));
    for (std::size_t i = 0; i < rule.nodes.size(); ++i) nodes.push_back({root2 * rule.nodes[i], root2 * rule.weights[i]});
  } else {
    // of the width of the posterior around the mode, and wider apart the further out: where a study says nothing its effect is spread as widely as before it
    const Real reach = l * (fabs(mode) + Real(1.1) * sqrt(Real(-2 * log(std::numeric_limits<Real>::epsilon()))));
    const Real width = 4, end = asinh(Real(reach / width));
    const std::size_t n = ladder.intervals(step);
    const Real h = 2 * end / static_cast<Real>(n);
    for (std::size_t i = 0; i <= n; ++i) {
      const Real u = h * static_cast<Real>(i) - end, up = exp(u), down = 1 / up;
      nodes.push_back({width * (up - down) / 2, h * width * (up + down) / 2});
    }
  }
}

}  // namespace metapool::detail
