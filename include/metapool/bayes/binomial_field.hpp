// SPDX-License-Identifier: BSL-1.0
// The joint posterior of mean and tau of a binomial-normal model, but for the prior of tau, as one polynomial in both. Neither Boost nor Eigen.
#pragma once

#include <metapool/bayes/log_panels.hpp>
#include <metapool/bayes/normal_normal_kernel.hpp>
#include <metapool/bayes/normal_smoothing.hpp>
#include <metapool/math/chebyshev.hpp>
#include <metapool/math/convergence.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <utility>
#include <vector>

namespace metapool::detail {

/// What the posterior is made of. y, v: effects and variances of the trials' normal approximations, by which scales are laid, nothing else.
template <class Real>
struct binomial_model {
  std::vector<log_panels<Real>> likelihoods{};
  std::vector<smoothing_range<Real>> ranges{};
  std::vector<Real> y{}, v{};
  std::function<Real(const Real&)> log_prior_of_mean{};
  Real prior_mean{}, prior_precision{};  ///< about: 0 if flat

  /// Where the mean is about, and how wide, if tau is this. Both even functions of tau.
  std::pair<Real, Real> scale_at(const Real& tau) const {
    using std::sqrt;
    Real sum = prior_precision, weighted = prior_precision * prior_mean;
    for (std::size_t i = 0; i < y.size(); ++i) {
      const Real w = 1 / (v[i] + tau * tau);
      sum += w;
      weighted += w * y[i];
    }
    return {weighted / sum, Real(1 / sqrt(sum))};
  }
  bool kinked() const {
    return std::any_of(ranges.begin(), ranges.end(), [](const auto& r) { return r.kink_at_zero; });
  }
  /// log of prior of the mean times likelihood at these means (any order), tau given.
  std::vector<Real> log_joint(const std::vector<Real>& means, const Real& tau) const {
    const auto ends = std::minmax_element(means.begin(), means.end());
    std::vector<Real> sum;
    for (const Real& m : means) sum.push_back(log_prior_of_mean(m));
    for (std::size_t i = 0; i < likelihoods.size(); ++i) {
      const std::vector<Real> one = log_smoothed(i, means, *ends.first, *ends.second, tau);
      for (std::size_t j = 0; j < means.size(); ++j) sum[j] += one[j];
    }
    return sum;
  }
  /// The likelihood of trial i with its own effect integrated out.
  std::vector<Real> log_smoothed(std::size_t i, const std::vector<Real>& means, const Real& low, const Real& high, const Real& tau) const {
    std::vector<Real> values;
    using std::sqrt;
    const Real width = v[i] < 1 ? Real(sqrt(v[i])) : Real(1);
    if (!(tau > width * (ranges[i].kink_at_zero ? Real(0.001) : Real(0.15)))) {
      for (const Real& m : means) values.push_back(narrowly_smoothed<Real>(likelihoods[i], tau, m));
      return values;
    }
    const normal_smoothing<Real> smooth(likelihoods[i], tau, low, high, y[i], ranges[i]);
    for (const Real& m : means) values.push_back(smooth(m));
    return values;
  }
};

/// The mean given tau: its density is exp(log_density(asinh((mean - centre) / scale))) on `from` <= that <= `to`.
template <class Real>
struct mean_slice {
  Real tau{}, centre{}, scale{};
  chebyshev_series<Real> log_density{};

  Real at(const Real& mean) const {
    using std::asinh;
    const Real v = asinh(Real((mean - centre) / scale));
    return v < log_density.from() || v > log_density.to() ? Real(-std::numeric_limits<Real>::infinity()) : log_density(v);
  }
  Real mean_at(const Real& v) const {
    using std::sinh;
    return centre + scale * sinh(v);
  }
};

/// log_joint as a polynomial in v = asinh((mean - centre(tau)) / scale(tau)) and s = asinh(tau / least scale), even in s: in these its shape hardly depends on tau. Both degrees
/// are doubled until what changes is below 1e-8, and what is left below some 1e-10 therefore. Likelihoods with a kink are not even in s and not smooth: there it stays at some 1e-4.
template <class Real>
class binomial_field {
 public:
  /// log_weight: log of the prior density of tau times the power of tau that integrals over log(tau) have; upper: where the prior's support ends.
  template <class Weight>
  binomial_field(binomial_model<Real> model, const Weight& log_weight, const Real& upper) : model_(std::move(model)), even_(!model_.kinked()) {
    using std::sqrt;
    least_ = model_.v.empty() ? Real(1) : Real(sqrt(*std::min_element(model_.v.begin(), model_.v.end())));
    const Real infinity = std::numeric_limits<Real>::infinity();
    // how far tau matters: doubled until weight times likelihood is negligible
    std::vector<Real> taus, heights;
    Real top = -infinity, early{};
    const Real widest = model_.v.empty() ? Real(1) : Real(sqrt(*std::max_element(model_.v.begin(), model_.v.end())));
    for (int k = -60; k < 200; ++k) {
      using std::ldexp;
      const Real tau = (std::min)(upper, Real(ldexp(least_, k)));
      if (k == -60) early = window(Real(0)).log_mass;
      taus.push_back(tau);
      heights.push_back(log_weight(tau) + (k < -2 ? early : window(tau).log_mass));
      top = (std::max)(top, heights.back());
      if (!(tau < upper) || (k > 0 && heights.back() < top - depth()) || tau > Real(1e5) * widest) break;
    }
    std::size_t last = heights.size() - 1;
    while (last > 1 && heights[last - 1] < top - depth()) --last;
    end_ = s(taus[last]);
    find_window();
    refine_mean();
    refine_tau(log_weight, top);
  }

  const binomial_model<Real>& model() const { return model_; }
  const metapool::convergence<Real>& convergence() const { return state_; }
  Real least() const { return least_; }
  Real farthest() const {
    using std::sinh;
    return least_ * sinh(end_);
  }

  given_tau<Real> at(const Real& tau) const {
    using std::exp, std::log, std::sqrt;
    given_tau<Real> g;
    const Real far = farthest();
    const bool beyond = tau > far;
    const Real x = beyond ? far : tau;
    const Real s_x = s(x), t = even_ ? Real(s_x * s_x) : s_x;
    const std::array<Real, 3> mass = mass_.jet(t);
    g.log_likelihood = mass[0];
    g.slope = mass[1] * (even_ ? Real(2 * s_x) : Real(1)) / sqrt(Real(x * x + least_ * least_));
    g.mean = first_(t);
    g.variance = exp(second_(t));
    if (beyond) {  // straight in log(tau)
      const Real power = g.slope * far;
      g.log_likelihood += power * log(Real(tau / far));
      g.slope = power / tau;
    }
    return g;
  }
  mean_slice<Real> slice(const Real& tau) const {
    const Real s_x = (std::min)(s(tau), end_);
    const std::vector<Real> w = chebyshev_weights<Real>(tau_points_, Real(2 * (even_ ? Real(s_x * s_x) : s_x) / t_end() - 1));
    std::vector<Real> values(v_points_.size(), Real(0));
    for (std::size_t j = 0; j < w.size(); ++j) {
      if (w[j] == 0) continue;
      for (std::size_t i = 0; i < values.size(); ++i) values[i] += w[j] * rows_[j][i];
    }
    return normalised(tau, values).slice;
  }
  /// The v of slices' interpolation points.
  const std::vector<Real>& places() const { return v_; }

 private:
  struct whole {
    mean_slice<Real> slice{};
    Real log_mass{}, mean{}, variance{};
  };
  struct ends {
    Real left{}, right{}, log_mass{};
  };
  static Real depth() { return Real(34); }
  static Real tolerance() { return (std::max)(Real(1e-8), Real(1000 * std::numeric_limits<Real>::epsilon())); }
  Real s(const Real& tau) const {
    using std::asinh;
    return asinh(Real(tau / least_));
  }
  Real t_end() const { return even_ ? Real(end_ * end_) : end_; }
  Real tau_of(const Real& point) const {
    using std::sinh, std::sqrt;
    const Real t = t_end() * (1 + point) / 2;
    return least_ * sinh(even_ ? Real(sqrt(t)) : t);
  }

  std::vector<Real> log_joint_at(const std::vector<Real>& v, const Real& tau) const {
    using std::sinh;
    const std::pair<Real, Real> at = model_.scale_at(tau);
    std::vector<Real> means;
    for (const Real& x : v) means.push_back(at.first + at.second * sinh(x));
    return model_.log_joint(means, tau);
  }

  /// Between which v the mean has its mass if tau is this, and about how much.
  ends window(const Real& tau) const {
    using std::asinh, std::cosh, std::exp, std::log;
    constexpr std::size_t n = 32;
    Real left = -3, right = 3;
    for (;;) {
      std::vector<Real> v(n + 1);
      for (std::size_t i = 0; i <= n; ++i) v[i] = left + (right - left) * static_cast<Real>(i) / static_cast<Real>(n);
      const std::vector<Real> h = log_joint_at(v, tau);
      const Real top = *std::max_element(h.begin(), h.end());
      const Real limit = 20;
      const bool more_left = h.front() > top - depth() && left > -limit, more_right = h.back() > top - depth() && right < limit;
      if (more_left) left -= 1;
      if (more_right) right += 1;
      if (more_left || more_right) continue;
      std::size_t i = 0, j = n;
      while (i + 1 < n && h[i + 1] < top - depth()) ++i;
      while (j > i + 1 && h[j - 1] < top - depth()) --j;
      Real mass = 0;
      for (std::size_t k = 0; k <= n; ++k) mass += exp(Real(h[k] - top)) * cosh(v[k]);
      return {v[i], v[j], Real(top + log(Real(mass * (right - left) / static_cast<Real>(n) * model_.scale_at(tau).second)))};
    }
  }
  void find_window() {
    left_ = 0;
    right_ = 0;
    for (const double share : {0.0, 0.25, 0.5, 0.75, 1.0}) {
      using std::sinh;
      const ends e = window(Real(least_ * sinh(Real(end_ * Real(share)))));
      left_ = (std::min)(left_, e.left);
      right_ = (std::max)(right_, e.right);
    }
  }
  void lay_places(std::size_t degree) {
    v_points_ = chebyshev_points<Real>(degree);
    v_.clear();
    for (const Real& x : v_points_) v_.push_back((left_ + right_) / 2 + (right_ - left_) / 2 * x);
  }
  void refine_mean() {
    for (std::size_t degree = 32;; degree += degree / 2) {
      lay_places(degree);
      Real worst = 0;
      for (const double share : {0.0, 0.3, 1.0}) {
        using std::sinh;
        const chebyshev_series<Real> c(left_, right_, log_joint_at(v_, Real(least_ * sinh(Real(end_ * Real(share))))));
        worst = (std::max)(worst, c.tail());
      }
      state_.residual = worst;
      if (!(worst > tolerance()) || degree > (even_ ? 300u : 100u)) break;
    }
    // equal steps of v, over which densities that vanish at both ends are summed without error
    using std::cosh, std::sinh;
    const std::size_t n = (std::max)(std::size_t(240), 3 * v_.size());
    fine_.clear();
    for (std::size_t i = 0; i <= n; ++i) {
      const Real x = -1 + 2 * static_cast<Real>(i) / static_cast<Real>(n);
      const Real v = (left_ + right_) / 2 + (right_ - left_) / 2 * x;
      fine_.push_back({Real(sinh(v)), Real(cosh(v) * (right_ - left_) / static_cast<Real>(n)), chebyshev_weights<Real>(v_points_, x)});
    }
  }
  whole normalised(const Real& tau, std::vector<Real> values) const {
    using std::exp, std::log;
    const std::pair<Real, Real> at = model_.scale_at(tau);
    const Real top = *std::max_element(values.begin(), values.end());
    Real mass = 0, first = 0, second = 0;
    for (const auto& f : fine_) {
      Real h = 0;
      for (std::size_t i = 0; i < values.size(); ++i) h += f.weights[i] * values[i];
      const Real p = exp(Real(h - top)) * f.step;
      mass += p;
      first += p * f.z;
      second += p * f.z * f.z;
    }
    first /= mass;
    second = second / mass - first * first;
    whole w;
    w.log_mass = top + log(Real(mass * at.second));
    w.mean = at.first + at.second * first;
    w.variance = at.second * at.second * second;
    for (Real& v : values) v -= w.log_mass;
    w.slice = {tau, at.first, at.second, chebyshev_series<Real>(left_, right_, values)};
    return w;
  }
  /// Mean of |error| of a slice over its own mass.
  Real difference(const std::vector<Real>& truth, const std::vector<Real>& other) const {
    using std::abs, std::exp;
    const Real top = *std::max_element(truth.begin(), truth.end());
    Real mass = 0, error = 0;
    for (const auto& f : fine_) {
      Real h = 0, d = 0;
      for (std::size_t i = 0; i < truth.size(); ++i) {
        h += f.weights[i] * truth[i];
        d += f.weights[i] * (truth[i] - other[i]);
      }
      const Real p = exp(Real(h - top)) * f.step;
      mass += p;
      error += p * abs(d);
    }
    return error / mass;
  }

  template <class Weight>
  void refine_tau(const Weight& log_weight, const Real& top) {
    using std::exp, std::log;
    std::size_t n = 8;
    tau_points_ = chebyshev_points<Real>(n);
    for (const Real& x : tau_points_) rows_.push_back(log_joint_at(v_, tau_of(x)));
    for (;;) {
      const std::vector<Real> points = chebyshev_points<Real>(2 * n);
      std::vector<std::vector<Real>> rows(2 * n + 1);
      Real worst = 0;
      for (std::size_t j = 0; j <= 2 * n; ++j) {
        if (j % 2 == 0) {
          rows[j] = std::move(rows_[j / 2]);
          continue;
        }
        const Real tau = tau_of(points[j]);
        rows[j] = log_joint_at(v_, tau);
      }
      for (std::size_t j = 1; j <= 2 * n; j += 2) {
        const std::vector<Real> w = chebyshev_weights<Real>(tau_points_, points[j]);
        std::vector<Real> expected(v_.size(), Real(0));
        for (std::size_t l = 0; l <= n; ++l) {
          for (std::size_t i = 0; i < v_.size(); ++i) expected[i] += w[l] * rows[2 * l][i];
        }
        const Real tau = tau_of(points[j]);
        const Real share = exp((std::min)(Real(0), Real(log_weight(tau) + normalised(tau, rows[j]).log_mass - top + 3)));
        const Real error = difference(rows[j], expected) * share;
        if (!(error <= worst)) worst = error;
      }
      rows_ = std::move(rows);
      tau_points_ = points;
      n *= 2;
      state_.iterations = n;
      if (worst <= 30 * tolerance() || n >= (even_ ? 256u : 64u)) {
        state_.residual = (std::max)(state_.residual, worst);
        state_.converged = state_.residual <= (even_ ? Real(Real(1) / 10000) : Real(Real(1) / 300));
        break;
      }
    }
    std::vector<Real> mass, first, second;
    for (std::size_t j = 0; j <= n; ++j) {
      const whole w = normalised(tau_of(tau_points_[j]), rows_[j]);
      mass.push_back(w.log_mass);
      first.push_back(w.mean);
      second.push_back(log(w.variance));
    }
    mass_ = chebyshev_series<Real>(Real(0), t_end(), mass);
    first_ = chebyshev_series<Real>(Real(0), t_end(), first);
    second_ = chebyshev_series<Real>(Real(0), t_end(), second);
  }

  struct fine_place {
    Real z{}, step{};
    std::vector<Real> weights{};
  };
  binomial_model<Real> model_;
  bool even_ = true;
  Real least_{}, end_{}, left_{}, right_{};
  std::vector<Real> v_points_{}, v_{}, tau_points_{};
  std::vector<fine_place> fine_{};
  std::vector<std::vector<Real>> rows_{};  // log_joint at v_ for each tau
  chebyshev_series<Real> mass_{}, first_{}, second_{};
  metapool::convergence<Real> state_{};
};

}  // namespace metapool::detail
