// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/bayes/legendre_panel.hpp>
#include <metapool/bayes/posterior_line.hpp>
#include <metapool/bayes/shortest.hpp>
#include <metapool/data/check.hpp>
#include <metapool/math/arithmetic.hpp>
#include <metapool/math/increasing_root.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace metapool {

namespace detail {

/// log of a density on a piece of the posterior_line: its values at the Gauss points.
template <class Real>
struct density_panel {
  Real from{}, to{};
  panel_values<Real> log_f{};
};

}  // namespace detail

/// A posterior distribution that is known by its density, as polynomials for its logarithm on panels: of a mean, of a study's effect, or of tau >= 0.
/// Scale: that of y. 8 digits; probabilities below 1e-12 are those of the tails that were computed.
template <class Real = double>
class tabulated_density {
 public:
  using real_type = Real;

  tabulated_density() = default;
  /// The panels lie side by side; moments: how many exist (0, 1, 2).
  tabulated_density(const detail::posterior_line<Real>& line, const std::vector<detail::density_panel<Real>>& panels, int moments) : line_(line), moments_(moments) {
    using std::exp, std::log, std::sqrt;
    const auto& table = detail::legendre<Real>();
    for (const auto& p : panels) {
      for (const Real& f : p.log_f) height_ = f > height_ ? f : height_;
    }
    Real total = 0, first = 0;
    for (const auto& p : panels) {
      panel q;
      q.from = p.from;
      q.to = p.to;
      q.c = detail::legendre_coefficients(p.log_f);
      q.cap = p.log_f[0];
      q.before = total;
      for (std::size_t j = 0; j < detail::panel_points; ++j) {
        q.cap = p.log_f[j] > q.cap ? p.log_f[j] : q.cap;
        const Real mass = table.w[j] * (p.to - p.from) / 2 * exp(Real(p.log_f[j] - height_));
        q.mass += mass;
        points_.push_back({Real(p.from + (p.to - p.from) * (table.x[j] + 1) / 2), Real(p.log_f[j] - height_), mass});
      }
      total += q.mass;
      panels_.push_back(q);
    }
    log_total_ = log(total) + height_;
    Real after = 0;
    for (std::size_t i = panels_.size(); i-- > 0;) {
      panel& p = panels_[i];
      p.after = after / total;
      after += p.mass;
      p.before /= total;
      p.mass /= total;
      p.cap += 1;
    }
    for (const point& p : points_) first += p.mass / total * line_.offset(p.z);
    mean_ = line_.centre + first;
    Real second = 0;
    for (const point& p : points_) second += p.mass / total * (line_.offset(p.z) - first) * (line_.offset(p.z) - first);
    sd_ = sqrt(second);
  }

  /// log of the integral of what was tabulated.
  Real log_integral() const { return log_total_; }
  /// Empty if the distribution has none.
  std::optional<Real> mean() const { return moments_ >= 1 ? std::optional<Real>(mean_) : std::nullopt; }
  std::optional<Real> sd() const { return moments_ >= 2 ? std::optional<Real>(sd_) : std::nullopt; }
  int moments() const { return moments_; }

  Real density(const Real& x) const { return density_and_slope(x).value; }
  /// P(X <= x).
  Real cdf(const Real& x) const { return tail(x, false); }
  /// P(X > x).
  Real upper_tail(const Real& x) const { return tail(x, true); }
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
  /// Where the density is highest; for tau, 0 if it falls from there.
  Real mode() const {
    std::size_t best = 0;
    for (std::size_t i = 1; i < points_.size(); ++i) {
      if (height_at(i) > height_at(best)) best = i;
    }
    if (line_.of_tau && (best == 0 || height_at(0) >= height_at(best) - slack())) return Real(0);
    if (line_.bounded() && best + 1 == points_.size()) return line_.upper();
    Real a = points_[best == 0 ? 0 : best - 1].z, b = points_[(std::min)(best + 1, points_.size() - 1)].z;
    for (int i = 0; i < 60 && b - a > Real(1e-12); ++i) {
      const Real middle = a + (b - a) / 2;
      (density_and_slope(line_.x(middle)).slope > 0 ? a : b) = middle;
    }
    return line_.x(Real(a + (b - a) / 2));
  }
  /// How many peaks the density has.
  std::size_t peaks() const {
    std::size_t n = 0;
    bool rising = true;
    Real turn = height_at(0);
    for (std::size_t i = 1; i < points_.size(); ++i) {
      const Real here = height_at(i);
      if (rising ? here > turn : here < turn) turn = here;
      if (points_[i].log_f < -30) continue;  // what lies so low is no peak
      if (rising && here < turn - slack()) {
        ++n;
        rising = false;
        turn = here;
      } else if (!rising && here > turn + slack()) {
        rising = true;
        turn = here;
      }
    }
    return rising ? n + 1 : n;
  }
  /// The shortest interval with this probability; of tau it starts at 0 if that is shortest.
  std::pair<Real, Real> shortest(double level) const {
    detail::check_level("shortest", level);
    const Real half = detail::tail_of_level<Real>(level);
    return shortest(level, quantile(half), upper_quantile(half));
  }
  /// The same for callers that have the ends a, b of the equal-tailed interval already.
  std::pair<Real, Real> shortest(double level, Real a, Real b) const {
    const Real beyond = Real(1 - level);
    const bool one_peak = peaks() <= 1;
    std::optional<std::pair<Real, Real>> best;
    const auto offer = [&](const std::pair<Real, Real>& x) {
      if (!best || x.second - x.first < best->second - best->first) best = x;
    };
    if (line_.of_tau) {
      offer({Real(0), upper_quantile(beyond)});
      if (one_peak && density(Real(0)) >= density(best->second)) return *best;
      if (line_.bounded()) {
        const std::pair<Real, Real> to_end{quantile(beyond), line_.upper()};
        if (one_peak && density(to_end.second) >= density(to_end.first)) return to_end;
        offer(to_end);
      }
    }
    if (one_peak && detail::shortest_by_newton(*this, beyond, a, b) && (!line_.of_tau || a > 0)) return {a, b};
    offer(detail::shortest_by_scan(*this, beyond, one_peak ? 8 : 48));
    return *best;
  }

  /// Value and slope of the density.
  detail::value_and_slope<Real> density_and_slope(const Real& x) const {
    using std::exp;
    if (!line_.inside(x)) return {Real(0), Real(0)};
    Real z = line_.z(x);
    if (z >= panels_.back().to) return {Real(0), Real(0)};
    if (z < panels_.front().from) {
      if (!line_.of_tau) return {Real(0), Real(0)};
      z = panels_.front().from;  // from there to 0 the density of tau hardly changes
    }
    const panel& p = panel_of(z);
    const Real t = p.local(z), slope = line_.slope(z);
    const Real value = exp(Real(p.value(t) - log_total_)) / slope;
    return {value, Real(value * (detail::legendre_slope(p.c, t) * 2 / (p.to - p.from) - line_.log_slope_rate(z)) / slope)};
  }

 private:
  struct panel {
    Real from{}, to{};
    detail::panel_values<Real> c{};
    Real cap{};  ///< no value is above it
    Real before{}, mass{}, after{};
    Real local(const Real& z) const { return (2 * z - from - to) / (to - from); }
    Real value(const Real& t) const {
      const Real f = detail::legendre_sum(c, t);
      return f < cap ? f : cap;
    }
  };
  struct point {
    Real z{}, log_f{}, mass{};
  };

  /// log of the density of x, not of z, at one of the points.
  Real height_at(std::size_t i) const { return points_[i].log_f - line_.log_slope(points_[i].z); }
  static Real slack() { return Real(1e-7); }

  const panel& panel_of(const Real& z) const {
    const auto found = std::upper_bound(panels_.begin(), panels_.end(), z, [](const Real& x, const panel& p) { return x < p.to; });
    return found == panels_.end() ? panels_.back() : *found;
  }
  Real over(const panel& p, const Real& a, const Real& b) const {
    using std::exp;
    const auto& table = detail::legendre<Real>();
    Real sum = 0;
    for (std::size_t j = 0; j < detail::panel_points; ++j) sum += table.w[j] * exp(Real(p.value(p.local(Real(a + (b - a) * (table.x[j] + 1) / 2))) - log_total_));
    return sum * (b - a) / 2;
  }
  Real tail(const Real& x, bool upper) const {
    if (!line_.inside(x)) return Real((x > line_.centre) != upper ? 1 : 0);
    const Real z = line_.z(x);
    if (!(z > panels_.front().from)) return Real(upper ? 1 : 0);
    if (!(z < panels_.back().to)) return Real(upper ? 0 : 1);
    const panel& p = panel_of(z);
    const Real t = upper ? Real(p.after + over(p, z, p.to)) : Real(p.before + over(p, p.from, z));
    return t > 0 ? (t < 1 ? t : Real(1)) : Real(0);  // sums of parts may pass the ends by rounding
  }
  Real tail_point(const Real& probability, bool upper) const {
    using std::abs, std::exp;
    const panel* p = upper ? &panels_.front() : &panels_.back();
    for (const panel& q : panels_) {
      if (upper ? q.after <= probability : q.before + q.mass >= probability) {
        p = &q;
        break;
      }
    }
    Real a = p->from, b = p->to, z = a + (b - a) / 2;
    const Real eps = std::numeric_limits<Real>::epsilon();
    for (int i = 0; i < 200; ++i) {
      const Real excess = upper ? Real(p->after + over(*p, z, p->to) - probability) : Real(probability - p->before - over(*p, p->from, z));
      (excess > 0 ? a : b) = z;
      Real next = z + excess / exp(Real(p->value(p->local(z)) - log_total_));
      const bool newton = next > a && next < b && i < 60;
      if (!newton) next = a + (b - a) / 2;
      if (abs(excess) <= 4 * eps * probability || !(b - a > 4 * eps * (1 + abs(a)))) break;
      z = next;
    }
    return line_.x(z);
  }

  detail::posterior_line<Real> line_{};
  std::vector<panel> panels_{};
  std::vector<point> points_{};
  Real height_ = -std::numeric_limits<Real>::infinity();
  Real log_total_{}, mean_{}, sd_{};
  int moments_ = 0;
};

}  // namespace metapool
