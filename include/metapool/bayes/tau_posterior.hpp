// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/bayes/normal_normal_kernel.hpp>
#include <metapool/bayes/shortest.hpp>
#include <metapool/bayes/tau_nodes.hpp>
#include <metapool/bayes/tau_window.hpp>
#include <metapool/data/check.hpp>
#include <metapool/math/arithmetic.hpp>
#include <metapool/math/convergence.hpp>
#include <metapool/math/gauss_legendre.hpp>
#include <metapool/math/increasing_root.hpp>
#include <metapool/math/roots.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace metapool {

/// The posterior of the between-study standard deviation tau >= 0; the kernel is the model given tau. Scale: that of y. Density, probabilities and quantiles to 10 digits and
/// more; probabilities below 1e-15 are 0.
template <class Real = double, class Kernel = detail::normal_normal_kernel<Real>>
class tau_posterior {
 public:
  using real_type = Real;
  using log_prior = std::function<Real(const Real&)>;

  /// For normal_normal(), which checks its input. tail: the power with which the posterior density falls.
  tau_posterior(Kernel kernel, log_prior prior, const Real& upper, const Real& tail)
      : kernel_(std::move(kernel)), prior_(std::move(prior)), line_{upper} {
    using std::exp, std::log, std::sqrt;
    const Real depth = 4 - log(std::numeric_limits<Real>::epsilon());
    const auto f = [this](const Real& x, detail::given_tau<Real>& given) { return log_on_line(x, given); };
    const auto plain = [this](const Real& x) {
      detail::given_tau<Real> given;
      return log_on_line(x, given);
    };
    const std::pair<Real, Real> scales = kernel_.scales();
    window_ = detail::find_tau_window<Real>(plain, Real(log(scales.first)), Real(log(scales.second)), depth);
    for (int r = 1; r <= 2; ++r) {
      if (line_.bounded() || tail - static_cast<Real>(r + 1) >= Real(0.1)) moments_ = r;
    }
    const Real limit = detail::tau_line<Real>::limit();
    while (!line_.bounded() && moments_ > 0 && window_.right < limit &&
           plain(window_.right) + static_cast<Real>(moments_) * (window_.right - window_.peak) > window_.height - depth) {
      window_.right = (std::min)(Real(window_.right + 1), limit);
    }
    if (window_.right == limit && exp(Real(plain(limit) - window_.height)) * limit > Real(1e-9)) {
      detail::throw_not_estimable("normal_normal", "the posterior of tau has so heavy a tail that its mass lies beyond what this number type holds; give a prior with a thinner tail, or more studies");
    }
    nodes_ = detail::converged_nodes(kernel_, f, line_, window_, moments_, state_);
    for (const auto& node : nodes_) mass_ += node.weight;
    map_.peak = window_.peak;
    if (state_.converged) make_panels();
    Real first = 0, second = 0;
    for (const auto& node : nodes_) first += node.weight / mass_ * node.tau;
    for (const auto& node : nodes_) second += node.weight / mass_ * (node.tau - first) * (node.tau - first);
    mean_ = first;
    sd_ = sqrt(second);
  }

  const Kernel& kernel() const { return kernel_; }
  const std::vector<detail::tau_node<Real>>& nodes() const { return nodes_; }
  const metapool::convergence<Real>& convergence() const { return state_; }
  /// How many moments of tau exist: 0, 1 or 2.
  int moments() const { return moments_; }
  /// log of the integral of likelihood times prior density.
  Real log_integral() const {
    using std::log;
    return log(mass_) + window_.height;
  }

  /// Empty if the moment does not exist or its tail is so heavy (within tau^0.1 of that) that it is not computed.
  std::optional<Real> mean() const { return moments_ >= 1 ? std::optional<Real>(mean_) : std::nullopt; }
  std::optional<Real> sd() const { return moments_ >= 2 ? std::optional<Real>(sd_) : std::nullopt; }

  Real density(const Real& tau) const {
    using std::exp;
    if (!(tau >= 0) || tau > line_.upper) return Real(0);
    const Real least = line_.tau(window_.left);
    return exp(log_density(tau > least ? tau : least));
  }
  /// P(tau <= x).
  Real cdf(const Real& x) const {
    if (!(x > 0)) return Real(0);
    if (x >= line_.upper) return Real(1);
    return below(map_.t(line_.x(x)), false);
  }
  /// P(tau > x).
  Real upper_tail(const Real& x) const {
    if (!(x > 0)) return Real(1);
    if (x >= line_.upper) return Real(0);
    return below(map_.t(line_.x(x)), true);
  }
  /// x with P(tau <= x) = p. Throws input_error unless 0 < p < 1.
  Real quantile(const Real& p) const {
    if (!(p > 0 && p < 1)) detail::throw_input_error("quantile", "p = " + detail::to_text(p) + " must lie strictly between 0 and 1");
    return p > Real(0.5) ? tail_point(Real(1 - p), true) : tail_point(p, false);
  }
  /// x with P(tau > x) = q.
  Real upper_quantile(const Real& q) const {
    if (!(q > 0 && q < 1)) detail::throw_input_error("upper_quantile", "q = " + detail::to_text(q) + " must lie strictly between 0 and 1");
    return q > Real(0.5) ? tail_point(Real(1 - q), false) : tail_point(q, true);
  }
  /// Where the density of tau is highest; 0 if it falls from there.
  Real mode() const {
    return highest([](const detail::given_tau<Real>&, const Real&) { return Real(0); });
  }
  /// tau at the highest point of the joint density of mean and tau.
  Real joint_mode() const {
    return highest([this](const detail::given_tau<Real>& g, const Real& tau) { return kernel_.mean_peak(g, tau).second; });
  }
  /// The shortest interval with this probability; starts at 0 if that is shortest.
  std::pair<Real, Real> shortest(double level) const {
    detail::check_level("shortest", level);
    const Real half = detail::tail_of_level<Real>(level);
    return shortest(level, quantile(half), upper_quantile(half));
  }
  /// The same for callers that have the ends a, b of the equal-tailed interval already.
  std::pair<Real, Real> shortest(double level, Real a, Real b) const {
    const Real beyond = Real(1 - level);
    const std::pair<Real, Real> from_zero{Real(0), upper_quantile(beyond)};
    const bool one_peak = peaks() <= 1;
    if (one_peak && density(Real(0)) >= density(from_zero.second)) return from_zero;
    std::pair<Real, Real> best = from_zero;
    if (line_.bounded()) {
      const std::pair<Real, Real> to_end{quantile(beyond), line_.upper};
      if (one_peak && density(to_end.second) >= density(to_end.first)) return to_end;
      if (to_end.second - to_end.first < best.second - best.first) best = to_end;
    }
    if (one_peak && detail::shortest_by_newton(*this, beyond, a, b) && a > 0) return {a, b};
    const std::pair<Real, Real> found = detail::shortest_by_scan(*this, beyond, one_peak ? 8 : 48);
    return found.second - found.first < best.second - best.first ? found : best;
  }

  /// Value and slope of the density at tau > 0.
  detail::value_and_slope<Real> density_and_slope(const Real& tau) const {
    const Real value = density(tau);
    return {value, Real(value * (kernel_.at(tau).slope + prior_slope(tau)))};
  }

 private:
  struct panel {
    Real from{}, to{};
    Real before{}, mass{}, after{};  ///< mass to the left, in the panel, to the right; of all 1
  };

  Real log_on_line(const Real& x, detail::given_tau<Real>& given) const {
    const Real tau = line_.tau(x);
    given = kernel_.at(tau);
    const Real prior = prior_(tau);
    if (!(prior < std::numeric_limits<Real>::infinity())) {
      detail::throw_input_error("normal_normal", "the log density of the prior of tau is " + detail::to_text(prior) + " at tau = " + detail::to_text(tau) + "; it must be a number or -infinity");
    }
    return given.log_likelihood + prior + line_.log_jacobian(x);
  }
  Real log_density(const Real& tau) const {
    using std::log;
    return kernel_.at(tau).log_likelihood + prior_(tau) - window_.height - log(mass_);
  }
  Real prior_slope(const Real& tau) const {
    using std::pow;
    const Real h = tau * pow(std::numeric_limits<Real>::epsilon(), Real(0.2));
    return (8 * (prior_(Real(tau + h)) - prior_(Real(tau - h))) - (prior_(Real(tau + 2 * h)) - prior_(Real(tau - 2 * h)))) / (12 * h);
  }

  Real over(const Real& a, const Real& b) const {
    using std::exp;
    const auto f = [this](const Real& t) {
      detail::given_tau<Real> given;
      return Real(exp(Real(log_on_line(map_.x(t), given) - window_.height)) * map_.slope(t) / mass_);
    };
    return detail::gauss_panel<Real>(f, a, b);
  }

  void make_panels() {
    using std::abs, std::pow;
    const Real eps = std::numeric_limits<Real>::epsilon();
    const Real tolerance = (std::max)(Real(pow(eps, Real(0.65))), Real(16 * eps * static_cast<Real>(kernel_.size())));
    const Real from = map_.t(window_.left), to = map_.t(window_.right);
    for (std::size_t n = (std::max)(std::size_t(6), nodes_.size() / 6);; n *= 2) {
      panels_.assign(n, panel{});
      Real total = 0;
      for (std::size_t i = 0; i < n; ++i) {
        panel& p = panels_[i];
        p.from = from + (to - from) * static_cast<Real>(i) / static_cast<Real>(n);
        p.to = i + 1 == n ? to : Real(from + (to - from) * static_cast<Real>(i + 1) / static_cast<Real>(n));
        p.before = total;
        p.mass = over(p.from, p.to);
        total += p.mass;
      }
      if (abs(Real(total - 1)) <= tolerance || n > 20000) {
        state_.converged = n <= 20000;
        for (std::size_t i = n - 1; i-- > 0;) panels_[i].after = panels_[i + 1].after + panels_[i + 1].mass;
        return;
      }
    }
  }

  const panel& panel_of(const Real& t) const {
    const auto found = std::upper_bound(panels_.begin(), panels_.end(), t, [](const Real& x, const panel& p) { return x < p.to; });
    return found == panels_.end() ? panels_.back() : *found;
  }
  /// P(t' <= t), or P(t' > t) if upper.
  Real below(const Real& t, bool upper) const {
    if (t <= panels_.front().from) return Real(upper ? 1 : 0);
    if (t >= panels_.back().to) return Real(upper ? 0 : 1);
    const panel& p = panel_of(t);
    return upper ? Real(p.after + over(t, p.to)) : Real(p.before + over(p.from, t));
  }
  Real tail_point(const Real& probability, bool upper) const {
    using std::exp;
    const panel* p = upper ? &panels_.front() : &panels_.back();
    for (const panel& q : panels_) {
      if (!upper && q.before + q.mass >= probability) {
        p = &q;
        break;
      }
      if (upper && q.after <= probability) {
        p = &q;
        break;
      }
    }
    const Real base = upper ? p->after : p->before;
    const auto f = [&](const Real& t) {
      detail::given_tau<Real> given;
      const Real slope = -exp(Real(log_on_line(map_.x(t), given) - window_.height)) * map_.slope(t) / mass_;
      const Real value = upper ? Real(base + over(t, p->to) - probability) : Real(probability - base - over(p->from, t));
      return std::pair<Real, Real>(value, slope);
    };
    const Real t = root_in_panel(f, p->from, p->to, probability);
    return line_.tau(map_.x(t));
  }
  /// The root of a falling function, by Newton's method that stays in the panel; to a few ulps of the probability.
  template <class F>
  static Real root_in_panel(const F& f, Real a, Real b, const Real& probability) {
    using std::abs;
    const Real eps = std::numeric_limits<Real>::epsilon();
    Real t = a + (b - a) / 2;
    for (int i = 0; i < 200; ++i) {
      const std::pair<Real, Real> at = f(t);
      if (at.first > 0) {
        a = t;
      } else {
        b = t;
      }
      Real next = t - at.first / at.second;
      const bool newton = next > a && next < b && i < 60;
      if (!newton) next = a + (b - a) / 2;
      if (abs(at.first) <= 4 * eps * probability || !(b - a > 4 * eps * (abs(a) + abs(b)))) return newton ? next : t;
      t = next;
    }
    return t;
  }

  std::size_t peaks() const {
    std::size_t n = 0;
    const Real slack = 1000 * std::numeric_limits<Real>::epsilon() * (10 + static_cast<Real>(kernel_.size()));
    bool rising = true;
    Real turn = density_log_at(0);
    for (std::size_t i = 1; i < nodes_.size(); ++i) {
      const Real here = density_log_at(i);
      if (rising ? here > turn : here < turn) turn = here;
      if (rising && here < turn - slack) {
        ++n;
        rising = false;
        turn = here;
      } else if (!rising && here > turn + slack) {
        rising = true;
        turn = here;
      }
    }
    return rising ? n + 1 : n;
  }
  Real density_log_at(std::size_t i) const { return nodes_[i].log_f - line_.log_jacobian(nodes_[i].x); }

  /// tau at which log density + addition(given) is highest.
  template <class Addition>
  Real highest(const Addition& addition) const {
    const auto height = [&](std::size_t i) { return Real(density_log_at(i) + addition(nodes_[i].given, nodes_[i].tau)); };
    std::size_t best = 0;
    for (std::size_t i = 1; i < nodes_.size(); ++i) {
      if (height(i) > height(best)) best = i;
    }
    const Real slack = 1000 * std::numeric_limits<Real>::epsilon() * (10 + static_cast<Real>(kernel_.size()));
    if (best == 0 || height(0) >= height(best) - slack) return Real(0);
    if (line_.bounded() && best + 1 == nodes_.size()) return line_.upper;
    const auto slope = [&](const Real& tau) {
      const Real h = tau / 4096;  // the addition is smooth on the scale of tau
      const Real added = addition_slope(addition, tau, h);
      return Real(kernel_.at(tau).slope + prior_slope(tau) + added);
    };
    Real a = nodes_[best - 1].tau, b = nodes_[(std::min)(best + 1, nodes_.size() - 1)].tau;
    for (int i = 0; i < 60 && b - a > Real(1e-12) * b; ++i) {
      const Real middle = a + (b - a) / 2;
      (slope(middle) > 0 ? a : b) = middle;
    }
    return a + (b - a) / 2;
  }
  template <class Addition>
  Real addition_slope(const Addition& addition, const Real& tau, const Real& h) const {
    const auto at = [&](const Real& x) { return addition(kernel_.at(x), x); };
    return (8 * (at(Real(tau + h)) - at(Real(tau - h))) - (at(Real(tau + 2 * h)) - at(Real(tau - 2 * h)))) / (12 * h);
  }

  Kernel kernel_;
  log_prior prior_;
  detail::tau_line<Real> line_;
  detail::tau_window<Real> window_{};
  detail::tail_map<Real> map_{};
  std::vector<detail::tau_node<Real>> nodes_{};
  std::vector<panel> panels_{};
  Real mass_{}, mean_{}, sd_{};
  int moments_ = 0;
  metapool::convergence<Real> state_{};
};

}  // namespace metapool
