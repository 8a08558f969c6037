// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/bayes/shortest.hpp>
#include <metapool/data/check.hpp>
#include <metapool/math/arithmetic.hpp>
#include <metapool/math/constants.hpp>
#include <metapool/math/convergence.hpp>
#include <metapool/math/increasing_root.hpp>
#include <metapool/math/normal.hpp>
#include <metapool/math/roots.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace metapool {

/// A mixture of normal distributions with weights that add up to 1: the posterior of a mean, of a new study's or of a study's own effect.
/// Scale: that of y. Probabilities and quantiles to 12 digits; probabilities below 1e-14 are those of the heaviest components only.
template <class Real = double>
class normal_mixture {
 public:
  using real_type = Real;
  struct component {
    Real weight{};
    Real mean{};
    Real sd{};
  };

  normal_mixture() = default;
  /// has_mean, has_sd: whether the distribution that this one stands for has these moments.
  normal_mixture(std::vector<component> components, bool has_mean, bool has_sd) : parts_(std::move(components)), has_mean_(has_mean), has_sd_(has_sd) {
    using std::sqrt;
    Real total = 0;
    for (const component& c : parts_) total += c.weight;
    for (component& c : parts_) c.weight /= total;
    std::erase_if(parts_, [](const component& c) { return !(c.weight > std::numeric_limits<Real>::epsilon() / 100); });
    lowest_ = highest_ = parts_.front().mean;
    narrowest_ = parts_.front().sd;
    for (const component& c : parts_) {
      centre_ += c.weight * c.mean;
      lowest_ = (std::min)(lowest_, c.mean);
      highest_ = (std::max)(highest_, c.mean);
      narrowest_ = (std::min)(narrowest_, c.sd);
    }
    for (const component& c : parts_) spread_ += c.weight * (c.sd * c.sd + (c.mean - centre_) * (c.mean - centre_));
    spread_ = sqrt(spread_);
    find_peaks();
  }

  const std::vector<component>& components() const { return parts_; }
  /// Empty if the distribution has none (a heavy-tailed prior and few studies).
  std::optional<Real> mean() const { return has_mean_ ? std::optional<Real>(centre_) : std::nullopt; }
  std::optional<Real> sd() const { return has_sd_ ? std::optional<Real>(spread_) : std::nullopt; }

  Real density(const Real& x) const { return density_and_slope(x).value; }
  /// P(X <= x).
  Real cdf(const Real& x) const {
    Real sum = 0;
    for (const component& c : parts_) sum += c.weight * detail::normal_cdf(Real((x - c.mean) / c.sd));
    return sum;
  }
  /// P(X > x).
  Real upper_tail(const Real& x) const {
    Real sum = 0;
    for (const component& c : parts_) sum += c.weight * detail::normal_upper_tail(Real((x - c.mean) / c.sd));
    return sum;
  }
  /// x with P(X <= x) = p. Throws input_error unless 0 < p < 1.
  Real quantile(const Real& p) const {
    if (!(p > 0 && p < 1)) detail::throw_input_error("quantile", "p = " + detail::to_text(p) + " must lie strictly between 0 and 1");
    return p > Real(0.5) ? tail_point(Real(1 - p), true) : tail_point(p, false);
  }
  /// x with P(X > x) = q.
  Real upper_quantile(const Real& q) const {
    if (!(q > 0 && q < 1)) detail::throw_input_error("upper_quantile", "q = " + detail::to_text(q) + " must lie strictly between 0 and 1");
    return q > Real(0.5) ? tail_point(Real(1 - q), false) : tail_point(q, true);
  }
  /// Where the density is highest (of several peaks the highest).
  Real mode() const {
    Real best{};
    bool found = false;
    for (const auto& [a, b] : peaks_) {
      const Real x = stationary_point(a, b);
      if (!found || density(x) > density(best)) best = x;
      found = true;
    }
    return best;
  }
  /// The shortest interval with this probability (the highest-density interval if the density has one peak).
  std::pair<Real, Real> shortest(double level) const {
    detail::check_level("shortest", level);
    const Real half = detail::tail_of_level<Real>(level);
    return shortest(level, quantile(half), upper_quantile(half));
  }
  /// The same for callers that have the ends a, b of the equal-tailed interval already.
  std::pair<Real, Real> shortest(double level, Real a, Real b) const {
    const Real beyond = Real(1 - level);
    if (peaks_.size() == 1 && detail::shortest_by_newton(*this, beyond, a, b)) return {a, b};
    return detail::shortest_by_scan(*this, beyond, peaks_.size() == 1 ? 8 : 48);
  }

  /// Value and slope of the density.
  detail::value_and_slope<Real> density_and_slope(const Real& x) const { return density_and_slope(x, parts_); }

 private:
  static detail::value_and_slope<Real> density_and_slope(const Real& x, const std::vector<component>& parts) {
    using std::exp, std::sqrt;
    Real value = 0, slope = 0;
    for (const component& c : parts) {
      const Real z = (x - c.mean) / c.sd;
      const Real d = c.weight / c.sd * exp(Real(-z * z / 2));
      value += d;
      slope -= d * z / c.sd;
    }
    const Real root = sqrt(2 * detail::pi<Real>());
    return {Real(value / root), Real(slope / root)};
  }

  /// Brackets of the density's peaks. All lie between the lowest and the highest mean; normal densities are concave within one sd of their
  /// means, so that there is one peak if no mean is farther off than that. Else the slope's sign is looked at where the means lie.
  void find_peaks() {
    if (!(highest_ - lowest_ > narrowest_)) {
      peaks_.emplace_back(lowest_, highest_);
      return;
    }
    // of components below 1e-12 of the highest no slope tells
    Real tallest = 0;
    for (const component& c : parts_) tallest = (std::max)(tallest, Real(c.weight / c.sd));
    std::vector<component> tall;
    std::vector<Real> places;
    for (const component& c : parts_) {
      if (!(c.weight / c.sd > tallest * Real(1e-12))) continue;
      tall.push_back(c);
      places.push_back(c.mean);
    }
    std::sort(places.begin(), places.end());
    // two peaks nearer than an eighth of the narrowest component's sd would differ by less than rounding
    const Real last_place = places.back();
    std::size_t kept = 0;
    for (const Real& x : places) {
      if (kept == 0 || x - places[kept - 1] > narrowest_ / 8) places[kept++] = x;
    }
    places.resize(kept);
    if (places.back() < last_place) places.push_back(last_place);
    Real from = places.front(), last = places.front();
    bool rising = true;
    for (const Real& x : places) {
      const bool rises = density_and_slope(x, tall).slope > 0;
      if (rising && !rises) peaks_.emplace_back(from, x);
      if (rises) from = x;
      rising = rises;
      last = x;
    }
    if (rising) peaks_.emplace_back(from, last);
  }

  std::pair<Real, Real> tail_and_density(const Real& x, bool upper) const {
    using std::exp, std::sqrt;
    Real tail = 0, sum = 0;
    for (const component& c : parts_) {
      const Real z = upper ? Real((x - c.mean) / c.sd) : Real((c.mean - x) / c.sd);
      tail += c.weight * detail::normal_upper_tail(z);
      sum += c.weight / c.sd * exp(Real(-z * z / 2));
    }
    return {tail, Real(sum / sqrt(2 * detail::pi<Real>()))};
  }
  Real tail_point(const Real& p, bool upper) const {
    using std::exp, std::sqrt;
    convergence<Real> state;
    const Real z = detail::normal_upper_quantile<Real>(p);  // the search starts where the normal of the same mean and sd has it
    const Real root = sqrt(2 * detail::pi<Real>());
    // as the deviate of the standard normal with that tail, which for a normal is linear in x
    const auto f = [&](const Real& x) {
      const std::pair<Real, Real> at = tail_and_density(x, upper);
      if (!(at.first > 0 && at.first < 1)) {
        const bool far = !(at.first > 0) == upper;
        return detail::value_and_slope<Real>{far ? std::numeric_limits<Real>::infinity() : Real(-std::numeric_limits<Real>::infinity()), Real(0)};
      }
      const Real q = detail::normal_upper_quantile<Real>(at.first);
      return detail::value_and_slope<Real>{upper ? Real(q - z) : Real(z - q), Real(at.second * root * exp(Real(q * q / 2)))};
    };
    return detail::increasing_root(f, upper ? Real(centre_ + z * spread_) : Real(centre_ - z * spread_), spread_, state);
  }

  /// Where the slope falls through 0 in [a, b].
  Real stationary_point(const Real& a, const Real& b) const {
    const auto f = [&](const Real& u) { return slope_and_bend(Real(a + u)); };
    if (!(b > a) || !(f(Real(0)).first > 0)) return a;
    if (!(f(Real(b - a)).first < 0)) return b;
    convergence<Real> state;
    const Real from = centre_ > a && centre_ < b ? Real(centre_ - a) : Real((b - a) / 2);
    return a + detail::newton_root(f, from, Real(0), Real(b - a), state);
  }
  /// First and second derivative of the density, but for a factor.
  std::pair<Real, Real> slope_and_bend(const Real& x) const {
    using std::exp;
    Real slope = 0, bend = 0;
    for (const component& c : parts_) {
      const Real z = (x - c.mean) / c.sd;
      const Real d = c.weight / (c.sd * c.sd) * exp(Real(-z * z / 2));
      slope -= d * z;
      bend += d * (z * z - 1) / c.sd;
    }
    return {slope, bend};
  }

  std::vector<component> parts_{};
  bool has_mean_ = true, has_sd_ = true;
  std::vector<std::pair<Real, Real>> peaks_{};
  Real centre_{}, spread_{}, lowest_{}, highest_{}, narrowest_{};
};

}  // namespace metapool
