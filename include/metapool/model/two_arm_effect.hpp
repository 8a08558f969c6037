// SPDX-License-Identifier: BSL-1.0
// A study of two arms with a normal treatment effect, and perhaps a normal level, integrated out of the likelihood of its counts.
#pragma once

#include <metapool/model/normal_effect.hpp>
#include <metapool/model/two_arm_moments.hpp>
#include <metapool/model/two_arm_posterior.hpp>

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
    for (auto& known : known_) known.reset();
  }

  two_arm_means<Real> means(const Real& level, const Real& mean, const Real& sigma2, const Real& tau2, quadrature_ladder<Real>& ladder, std::size_t step) {
    using std::log, std::sqrt;
    const std::array<Real, 4> asked{level, mean, sigma2, tau2};
    for (const std::size_t i : {last_, 1 - last_}) {  // a search asks again what the choice of the rule, or of its start, has asked
      if (!(known_[i] && step == known_[i]->step && asked == known_[i]->at)) continue;
      last_ = i;
      return known_[i]->means;
    }
    const Real sigma = sigma2 > 0 ? Real(sqrt(sigma2)) : Real(0), tau = tau2 > 0 ? Real(sqrt(tau2)) : Real(0);
    const two_arm_posterior<Real> at = two_arm_mode(treated_, control_, a_, b_, two_arm_effects<Real>{level, mean, sigma, tau}, last_level_, last_theta_);
    last_level_ = level + sigma * at.s;
    last_theta_ = mean + tau * at.t;
    set_axis(axis_s_, sigma > 0, at.s, at.l11, ladder, step);
    set_axis(axis_t_, tau > 0, at.t, at.l22, ladder, step);
    const bool hermite_s = sigma > 0 && at.ss > 2, hermite_t = tau > 0 && at.tt > 2;  // the data tell more of it than its own distribution
    two_arm_means<Real> r;
    const Real highest = hermite_s && hermite_t ? add_by_rows(r.e, at) : add_by_nodes(r.e, at, hermite_s, hermite_t);
    if (!hermite_s && !hermite_t) r.e = moments_from_arms<Real>(r.e, a_, b_);
    Real scale = 1;  // of the normal densities and the change of variables
    if (sigma > 0) scale /= at.l11 * sqrt(Real(2 * pi<Real>()));
    if (tau > 0) scale /= at.l22 * sqrt(Real(2 * pi<Real>()));
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
    last_ = 1 - last_;
    known_[last_] = answer{asked, step, r};
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
    two_arm_means<Real> fine = means(level, mean, sigma2, tau2, ladder, at);
    two_arm_means<Real> coarse = means(level, mean, sigma2, tau2, ladder, at - 1);
    for (;;) {
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
      fine = means(level, mean, sigma2, tau2, ladder, ++at);
    }
  }

 private:
  struct arms {
    jet<Real> treated{}, control{};
  };
  struct column {
    Real z{}, move{}, weight{}, exponential{};  // in units of sigma; of the predictors
  };
  struct row {
    Real s{}, t{}, weight{};  // in units of sigma and tau
  };
  struct answer {
    std::array<Real, 4> at{};
    std::size_t step{};
    two_arm_means<Real> means{};
  };

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

  /// All nodes' shares; the logarithm of the highest integrand, by which they are divided.
  Real add_by_nodes(two_arm_moments<Real>& e, const two_arm_posterior<Real>& at, bool hermite_s, bool hermite_t) {
    using std::exp;
    const auto& [level, mean, sigma, tau] = at.of;
    Real highest = -std::numeric_limits<Real>::infinity();
    logs_.clear();
    weights_.clear();
    points_.clear();
    jets_.clear();
    for (const auto& [y, weight_t] : axis_t_) {
      for (const auto& [x, weight_s] : axis_s_) {
        const Real b = tau > 0 ? Real(y / at.l22) : Real(0);
        const Real z_t = at.t + b;
        const Real z_s = sigma > 0 ? Real(at.s + (x - at.l21 * b) / at.l11) : Real(0);
        const Real centre = level + sigma * z_s, theta = mean + tau * z_t;
        jets_.push_back({treated_(centre + a_ * theta), control_(centre - b_ * theta)});
        const Real l = jets_.back().treated[0] + jets_.back().control[0] - (z_s * z_s + z_t * z_t) / 2;
        if (l > highest) highest = l;
        logs_.push_back(l);
        weights_.push_back(weight_s * weight_t);
        points_.push_back({z_s, z_t});
      }
    }
    for (std::size_t q = 0; q < logs_.size(); ++q) add(e, Real(weights_[q] * exp(Real(logs_[q] - highest))), points_[q], jets_[q], hermite_s, hermite_t);
    return highest;
  }

  /// The same if both axes go by Hermite polynomials, which needs no derivatives: along a row the effect is the same, and the arms' predictors move together, so that one exponential
  /// a column and one an arm and row serve all nodes.
  Real add_by_rows(two_arm_moments<Real>& e, const two_arm_posterior<Real>& at) {
    using std::exp, std::fabs, std::log;
    const auto& [level, mean, sigma, tau] = at.of;
    const Real safe = log((std::numeric_limits<Real>::max)()) / 2;  // times the exponential of what is smaller one that underflows stays negligible, and one that overflows stays large
    columns_.clear();
    bool near = true;
    for (const auto& [x, weight] : axis_s_) {
      const Real z = x / at.l11, move = sigma * z;
      near = near && fabs(move) < safe;
      columns_.push_back({z, move, weight, near ? Real(exp(move)) : Real(0)});
    }
    rows_.clear();
    logs_.clear();
    Real highest = -std::numeric_limits<Real>::infinity();
    for (const auto& [y, weight] : axis_t_) {
      const Real b = y / at.l22, z_t = at.t + b, z_s = at.s - at.l21 * b / at.l11;
      const Real centre = level + sigma * z_s, theta = mean + tau * z_t;
      const Real up = centre + a_ * theta, down = centre - b_ * theta;
      rows_.push_back({z_s, z_t, weight});
      const Real grow_up = treated_.exponential(up), grow_down = control_.exponential(down);
      for (const column& c : columns_) {
        const Real eta_up = up + c.move, eta_down = down + c.move, s = z_s + c.z;
        const Real l = (near ? Real(treated_.value(eta_up, grow_up * c.exponential) + control_.value(eta_down, grow_down * c.exponential))
                             : Real(treated_.value(eta_up) + control_.value(eta_down))) -
                       (s * s + z_t * z_t) / 2;
        if (l > highest) highest = l;
        logs_.push_back(l);
      }
    }
    std::size_t q = 0;
    for (const row& r : rows_) {
      std::array<Real, 5> sums{};
      for (const column& c : columns_) {
        const Real w = c.weight * exp(Real(logs_[q++] - highest));
        const std::array<Real, 5> hs = hermite_polynomials(Real(r.s + c.z));
        for (std::size_t n = 0; n < 5; ++n) sums[n] += w * hs[n];
      }
      const std::array<Real, 5> ht = hermite_polynomials(r.t);
      for (std::size_t i = 0; i < 5; ++i) {
        const Real wi = r.weight * sums[i];
        for (std::size_t j = 0; i + j < 5; ++j) e[i][j] += wi * ht[j];
      }
    }
    return highest;
  }

  Kernel treated_, control_;
  Real a_, b_;  // of the effect in the predictors of the arms
  std::array<std::size_t, 2> steps_{1, 1};  // of one random effect and of two, whose rules are squares
  Real last_level_{}, last_theta_{};
  std::array<std::optional<answer>, 2> known_{};  // the last two, and which of them is the later
  std::size_t last_ = 0;
  std::vector<std::pair<Real, Real>> axis_s_{}, axis_t_{};  // nodes and weights
  std::vector<Real> logs_{}, weights_{};
  std::vector<std::array<Real, 2>> points_{};
  std::vector<arms> jets_{};
  std::vector<column> columns_{};
  std::vector<row> rows_{};
};

}  // namespace metapool::detail
