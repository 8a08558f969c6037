// SPDX-License-Identifier: BSL-1.0
// A study of two arms with a normal treatment effect, and perhaps a normal level, integrated out of the likelihood of its counts.
#pragma once

#include <metapool/model/normal_effect.hpp>
#include <metapool/model/two_arm_moments.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace metapool::detail {

/// E[i][j] = (d/dlevel)^i (d/dmean)^j F / F, i + j <= 4, and value = log F.
template <class Real>
struct two_arm_means {
  Real value{};
  two_arm_moments<Real> e{};
};

/// F(level, mean; sigma2, tau2) = integral of exp(A(level + s + a theta) + B(level + s - b theta)) over s ~ normal(0, sigma2) and
/// theta ~ normal(mean, tau2), independent; A and B are the log-likelihoods of the arms in their linear predictors; a + b = 1.
///
/// Product of Gauss-Hermite rules along the axes of the posterior distribution around its mode (a variance of 0 has one node). Derivatives in either
/// direction are means of the likelihood's own, or, by parts, of Hermite polynomials in the effect, whichever keeps the digits (see
/// normal_effect); those in sigma2 and tau2 follow by the heat equation.
template <class Real, class Kernel>
class two_arm_effect {
 public:
  two_arm_effect(const Kernel& treated, const Kernel& control, const Real& treated_share = Real(1) / 2)
      : treated_(treated), control_(control), a_(treated_share), b_(1 - treated_share) {}
  const Kernel& treated() const { return treated_; }
  const Kernel& control() const { return control_; }
  /// Changes how much of the effect the treated arm carries.
  void carry(const Real& treated_share) {
    if (treated_share == a_) return;
    a_ = treated_share;
    b_ = 1 - treated_share;
    known_.reset();
  }

  two_arm_means<Real> means(const Real& level, const Real& mean, const Real& sigma2, const Real& tau2, quadrature_ladder<Real>& ladder, std::size_t step) {
    using std::exp, std::log, std::sqrt;
    const std::array<Real, 4> asked{level, mean, sigma2, tau2};
    if (known_ && step == known_step_ && asked == known_at_) return *known_;  // a search asks again what the choice of the rule has asked
    const Real sigma = sigma2 > 0 ? Real(sqrt(sigma2)) : Real(0), tau = tau2 > 0 ? Real(sqrt(tau2)) : Real(0);
    const posterior at = mode(level, mean, sigma, tau);
    // Cholesky factor of the precision; the nodes are mode + L'^-1 (x, y)
    const Real l11 = sqrt(at.ss), l21 = at.st / l11, l22 = sqrt(Real(at.tt - l21 * l21));
    axis(axis_s_, sigma > 0, at.s, l11, ladder, step);
    axis(axis_t_, tau > 0, at.t, l22, ladder, step);
    const bool hermite_s = sigma > 0 && at.ss > 2, hermite_t = tau > 0 && at.tt > 2;  // the data tell more of it than its own distribution
    two_arm_means<Real> r;
    Real highest = -std::numeric_limits<Real>::infinity();
    logs_.clear();
    weights_.clear();
    points_.clear();
    jets_.clear();
    for (const auto& [y, weight_t] : axis_t_) {
      for (const auto& [x, weight_s] : axis_s_) {
        const Real b = tau > 0 ? Real(y / l22) : Real(0);
        const Real z_t = at.t + b;
        const Real z_s = sigma > 0 ? Real(at.s + (x - l21 * b) / l11) : Real(0);
        const Real centre = level + sigma * z_s, theta = mean + tau * z_t;
        const Real up = centre + a_ * theta, down = centre - b_ * theta;
        Real l = -(z_s * z_s + z_t * z_t) / 2;
        if (hermite_s && hermite_t) {
          l += treated_.value(up) + control_.value(down);
        } else {
          jets_.push_back({treated_(up), control_(down)});
          l += jets_.back().treated[0] + jets_.back().control[0];
        }
        if (l > highest) highest = l;
        logs_.push_back(l);
        weights_.push_back(weight_s * weight_t);
        points_.push_back({z_s, z_t});
      }
    }
    if (hermite_s && hermite_t) {
      add_by_rows(r.e, highest);
    } else {
      for (std::size_t q = 0; q < logs_.size(); ++q) {
        const Real w = weights_[q] * exp(Real(logs_[q] - highest));
        add(r.e, w, points_[q], jets_[q], hermite_s, hermite_t);
      }
    }
    if (!hermite_s && !hermite_t) r.e = moments_from_arms<Real>(r.e, a_, b_);
    Real scale = 1;  // of the normal densities and the change of variables
    if (sigma > 0) scale /= l11 * sqrt(Real(2 * pi<Real>()));
    if (tau > 0) scale /= l22 * sqrt(Real(2 * pi<Real>()));
    r.value = highest + log(Real(r.e[0][0] * scale));
    const Real total = r.e[0][0];
    Real power_s = 1;
    for (std::size_t i = 0; i < 5; ++i) {
      Real power = power_s;
      for (std::size_t j = 0; i + j < 5; ++j) {
        r.e[i][j] /= total * power;
        if (hermite_t) power *= tau;
      }
      if (hermite_s) power_s *= sigma;
    }
    known_ = r;
    known_at_ = asked;
    known_step_ = step;
    return r;
  }

  two_arm_means<Real> means(const Real& level, const Real& mean, const Real& sigma2, const Real& tau2, quadrature_ladder<Real>& ladder) {
    return means(level, mean, sigma2, tau2, ladder, steps_[sigma2 > 0 && tau2 > 0]);
  }

  /// Climbs the ladder until a step agrees with the one below (with two effects to 401 x 401 nodes at most). `changed` is set if the step changed; false if the
  /// ladder ends before.
  bool refine(const Real& level, const Real& mean, const Real& sigma2, const Real& tau2, quadrature_ladder<Real>& ladder, bool& changed) {
    using std::fabs, std::sqrt;
    if (!(sigma2 > 0) && !(tau2 > 0)) return true;
    const std::size_t end = sigma2 > 0 && tau2 > 0 ? ladder.hermite_rules + 3 : ladder.size;
    // a product rule's cost grows with the square of its order: with two effects eight digits have to do
    const Real tolerance = sigma2 > 0 && tau2 > 0 ? Real(sqrt(std::numeric_limits<Real>::epsilon())) : quadrature_tolerance<Real>();
    std::size_t& at = steps_[sigma2 > 0 && tau2 > 0];
    two_arm_means<Real> coarse = means(level, mean, sigma2, tau2, ladder, at - 1);
    for (;;) {
      const two_arm_means<Real> fine = means(level, mean, sigma2, tau2, ladder, at);
      const Real scale = 1 + sqrt(fabs(fine.e[2][0])) + sqrt(fabs(fine.e[0][2]));
      bool same = fabs(coarse.value - fine.value) <= tolerance * (1 + fabs(fine.value));
      Real unit = 1;
      for (std::size_t order = 1; order <= 2; ++order) {
        unit *= scale;
        for (std::size_t i = 0; i <= order; ++i) same = same && fabs(coarse.e[i][order - i] - fine.e[i][order - i]) <= tolerance * unit;
      }
      if (same) return true;
      if (at + 1 >= end) return false;
      changed = true;
      coarse = fine;
      ++at;
    }
  }

 private:
  struct posterior {
    Real s{}, t{};              // the mode in units of sigma and tau
    Real ss{}, st{}, tt{};      // minus the second derivatives there
  };
  struct arms {
    jet<Real> treated{}, control{};
  };

  using axis_nodes = std::vector<std::pair<Real, Real>>;

  /// Nodes and weights of one axis; beyond the Hermite rules those of the trapezoidal rule in asinh(x / 4) over all where the random effect itself is not negligible.
  static void axis(axis_nodes& nodes, bool random, const Real& mode, const Real& l, quadrature_ladder<Real>& ladder, std::size_t step) {
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

  /// Adds a node's share where not both axes go by Hermite polynomials. With D1 and D2 the derivatives in the arms' predictors, that in the level is D1 + D2,
  /// that in the effect a D1 - b D2. If neither does, e[i][j] is that of D1^i D2^j, until moments_from_arms.
  void add(two_arm_moments<Real>& e, const Real& w, const std::array<Real, 2>& z, const arms& jets, bool hermite_s, bool hermite_t) const {
    const auto p = likelihood_ratios<Real>(jets.treated), q = likelihood_ratios<Real>(jets.control);
    const std::array<Real, 5> first = hermite_s ? hermite_polynomials(z[0]) : hermite_t ? powers_of_sum<Real>(p, q) : p;
    const std::array<Real, 5> second = hermite_t ? hermite_polynomials(z[1]) : hermite_s ? powers_of_sum(scaled_derivatives<Real>(p, a_), scaled_derivatives<Real>(q, Real(-b_))) : q;
    for (std::size_t i = 0; i < 5; ++i) {
      const Real wi = w * first[i];
      for (std::size_t j = 0; i + j < 5; ++j) e[i][j] += wi * second[j];
    }
  }

  /// All nodes' shares if both axes go by Hermite polynomials: along each row the effect's polynomial is the same.
  void add_by_rows(two_arm_moments<Real>& e, const Real& highest) const {
    using std::exp;
    std::size_t q = 0;
    for (std::size_t row = 0; row < axis_t_.size(); ++row) {
      const std::array<Real, 5> ht = hermite_polynomials(points_[q][1]);
      std::array<Real, 5> sums{};
      for (std::size_t i = 0; i < axis_s_.size(); ++i, ++q) {
        const Real w = weights_[q] * exp(Real(logs_[q] - highest));
        const std::array<Real, 5> hs = hermite_polynomials(points_[q][0]);
        for (std::size_t n = 0; n < 5; ++n) sums[n] += w * hs[n];
      }
      for (std::size_t i = 0; i < 5; ++i) {
        for (std::size_t j = 0; i + j < 5; ++j) e[i][j] += sums[i] * ht[j];
      }
    }
  }

  /// The posterior mode of the two effects by Newton's method with halved steps: the function is strictly concave.
  posterior mode(const Real& level, const Real& mean, const Real& sigma, const Real& tau) {
    using std::fabs, std::isfinite, std::sqrt;
    posterior at;
    at.s = sigma > 0 ? Real((last_level_ - level) / sigma) : Real(0);
    at.t = tau > 0 ? Real((last_theta_ - mean) / tau) : Real(0);
    if (!(fabs(at.s) < 10)) at.s = 0;
    if (!(fabs(at.t) < 10)) at.t = 0;
    const auto predictors = [&](const Real& s, const Real& t) {
      const Real centre = level + sigma * s, theta = mean + tau * t;
      return std::array<Real, 2>{centre + a_ * theta, centre - b_ * theta};
    };
    const auto height = [&](const Real& s, const Real& t) {
      const auto eta = predictors(s, t);
      return treated_.value(eta[0]) + control_.value(eta[1]) - (s * s + t * t) / 2;
    };
    for (int i = 0; i < 200; ++i) {
      const auto eta = predictors(at.s, at.t);
      const jet<Real> a = treated_(eta[0]), b = control_(eta[1]);
      const Real here = a[0] + b[0] - (at.s * at.s + at.t * at.t) / 2;
      const Real g_s = sigma * (a[1] + b[1]) - at.s;
      const Real g_t = tau * (a_ * a[1] - b_ * b[1]) - at.t;
      at.ss = 1 - sigma * sigma * (a[2] + b[2]);
      at.st = -sigma * tau * (a_ * a[2] - b_ * b[2]);
      at.tt = 1 - tau * tau * (a_ * a_ * a[2] + b_ * b_ * b[2]);
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
    last_level_ = level + sigma * at.s;
    last_theta_ = mean + tau * at.t;
    return at;
  }

  Kernel treated_, control_;
  Real a_, b_;  // of the effect in the predictors of the arms
  std::array<std::size_t, 2> steps_{1, 1};  // of one random effect and of two, whose rules are squares
  Real last_level_{}, last_theta_{};
  std::optional<two_arm_means<Real>> known_{};  // the last answer, and what was asked
  std::array<Real, 4> known_at_{};
  std::size_t known_step_ = 0;
  axis_nodes axis_s_{}, axis_t_{};
  std::vector<Real> logs_{}, weights_{};
  std::vector<std::array<Real, 2>> points_{};
  std::vector<arms> jets_{};
};

}  // namespace metapool::detail
