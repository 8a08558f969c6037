// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/bayes/shortest.hpp>
#include <metapool/data/check.hpp>
#include <metapool/math/arithmetic.hpp>
#include <metapool/math/chebyshev.hpp>
#include <metapool/math/gauss_legendre.hpp>
#include <metapool/math/increasing_root.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace metapool {

/// A distribution on the line that is known by its density, held as polynomials for the density's logarithm. Probabilities and quantiles to some 9 digits (in float 5); probabilities
/// below 1e-13 are 0.
template <class Real = double>
class line_distribution {
 public:
  using real_type = Real;

  line_distribution() = default;
  /// For those who make posteriors. log_f(x), not normalised, -infinity where it is 0; centre, scale: about where it is and how wide; moments: how many
  /// exist, 0, 1 or 2 and more.
  template <class F>
  line_distribution(const F& log_f, const Real& centre, const Real& scale, int moments) : centre_(centre), scale_(scale) {
    using std::cosh, std::log, std::sinh;
    const auto on_line = [&](const Real& u) { return Real(log_f(Real(centre_ + scale_ * sinh(u))) + log(Real(scale_ * cosh(u)))); };
    // outward in steps of 1/2 until nothing is left; beyond u = 45 no number is
    std::vector<std::pair<Real, Real>> seen;
    Real top = -std::numeric_limits<Real>::infinity();
    for (Real u = -2; u <= 2; u += Real(0.5)) seen.emplace_back(u, on_line(u));
    const auto highest = [&] {
      for (const auto& p : seen) top = (std::max)(top, p.second);
    };
    highest();
    const Real depth = 34;
    while (seen.front().first > -45 && !(seen.front().second < top - depth)) {
      seen.insert(seen.begin(), {Real(seen.front().first - Real(0.5)), on_line(Real(seen.front().first - Real(0.5)))});
      highest();
    }
    while (seen.back().first < 45 && !(seen.back().second < top - depth)) {
      seen.emplace_back(Real(seen.back().first + Real(0.5)), on_line(Real(seen.back().first + Real(0.5))));
      highest();
    }
    std::size_t a = 0, b = seen.size() - 1;
    while (a + 1 < b && seen[a + 1].second < top - depth) ++a;
    while (b > a + 1 && seen[b - 1].second < top - depth) --b;
    const std::size_t pieces = (std::max)(std::size_t(4), (b - a) / 2);
    const Real from = seen[a].first, to = seen[b].first;
    for (std::size_t i = 0; i < pieces; ++i) {
      add([&](const Real& u) { return Real(on_line(u) - top); }, Real(from + (to - from) * static_cast<Real>(i) / static_cast<Real>(pieces)),
          Real(from + (to - from) * static_cast<Real>(i + 1) / static_cast<Real>(pieces)), 0);
    }
    Real total = 0;
    for (const panel& p : panels_) total += p.mass;
    Real before = 0, after = 0;
    log_total_ = log(total) + top;
    for (panel& p : panels_) {
      p.mass /= total;
      p.before = before;
      before += p.mass;
    }
    for (std::size_t i = panels_.size(); i-- > 0;) {
      panels_[i].after = after;
      after += panels_[i].mass;
    }
    shift_ = log(total);
    find_peaks();
    using std::sqrt;
    if (moments >= 1) mean_ = centre_ + scale_ * expectation([](const Real& z) { return z; });
    if (moments >= 2) sd_ = scale_ * sqrt(expectation([z0 = Real((*mean_ - centre_) / scale_)](const Real& z) { return Real((z - z0) * (z - z0)); }));
  }

  /// log of the integral of the density as it was given.
  Real log_integral() const { return log_total_; }
  /// Empty if the moment does not exist.
  std::optional<Real> mean() const { return mean_; }
  std::optional<Real> sd() const { return sd_; }

  Real density(const Real& x) const { return density_and_slope(x).value; }
  /// P(X <= x).
  Real cdf(const Real& x) const { return tail(place(x), false); }
  /// P(X > x).
  Real upper_tail(const Real& x) const { return tail(place(x), true); }
  /// x with P(X <= x) = p. Throws input_error unless 0 < p < 1.
  Real quantile(const Real& p) const {
    check_probability("quantile", p);
    return p > Real(0.5) ? tail_point(Real(1 - p), true) : tail_point(p, false);
  }
  /// x with P(X > x) = q.
  Real upper_quantile(const Real& q) const {
    check_probability("upper_quantile", q);
    return q > Real(0.5) ? tail_point(Real(1 - q), false) : tail_point(q, true);
  }
  /// Where the density is highest.
  Real mode() const { return mode_; }
  /// The shortest interval with this probability (highest density, if the density has one peak). Throws input_error unless 0 < level < 1.
  std::pair<Real, Real> shortest(double level) const {
    detail::check_level("shortest", level);
    const Real half = detail::tail_of_level<Real>(level);
    return shortest(level, quantile(half), upper_quantile(half));
  }
  /// The same for callers that have the ends a, b of the equal-tailed interval already.
  std::pair<Real, Real> shortest(double level, Real a, Real b) const {
    const Real beyond = Real(1 - level);
    if (peaks_ <= 1 && detail::shortest_by_newton(*this, beyond, a, b)) return {a, b};
    return detail::shortest_by_scan(*this, beyond, peaks_ <= 1 ? 8 : 48);
  }
  /// Value and slope of the density.
  detail::value_and_slope<Real> density_and_slope(const Real& x) const {
    using std::cosh, std::exp, std::tanh;
    const Real u = place(x);
    if (u < panels_.front().log_f.from() || u > panels_.back().log_f.to()) return {Real(0), Real(0)};
    const std::array<Real, 3> at = panel_of(u).log_f.jet(u);
    const Real width = scale_ * cosh(u), value = exp(Real(at[0] - shift_)) / width;
    return {value, Real(value * (at[1] - tanh(u)) / width)};
  }

 private:
  struct panel {
    detail::chebyshev_series<Real> log_f{};
    Real before{}, mass{}, after{};
  };

  static void check_probability(const char* function, const Real& p) {
    if (!(p > 0 && p < 1)) detail::throw_input_error(function, "p = " + detail::to_text(p) + " must lie strictly between 0 and 1");
  }
  Real place(const Real& x) const {
    using std::asinh;
    return asinh(Real((x - centre_) / scale_));
  }
  Real over(const detail::chebyshev_series<Real>& log_f, const Real& a, const Real& b, const Real& shift) const {
    using std::exp;
    return detail::gauss_panel<Real>([&](const Real& u) { return Real(exp(Real(log_f(u) - shift))); }, a, b);
  }
  /// Mean of g((x - centre) / scale).
  template <class G>
  Real expectation(const G& g) const {
    using std::exp, std::sinh;
    Real sum = 0;
    for (const panel& p : panels_) {
      const Real middle = (p.log_f.from() + p.log_f.to()) / 2;
      const auto part = [&](const Real& u) { return Real(g(Real(sinh(u))) * exp(Real(p.log_f(u) - shift_))); };
      sum += detail::gauss_panel<Real>(part, p.log_f.from(), middle) + detail::gauss_panel<Real>(part, middle, p.log_f.to());
    }
    return sum;
  }
  template <class F>
  void add(const F& log_f, const Real& from, const Real& to, int depth) {
    using std::abs;
    constexpr std::size_t degree = 16;
    static const std::vector<Real> points = detail::chebyshev_points<Real>(degree);
    const Real middle = (from + to) / 2, floor = -200;
    std::vector<Real> values(degree + 1);
    Real top = floor;
    for (std::size_t j = 0; j <= degree; ++j) {
      values[j] = (std::max)(floor, Real(log_f(j == 0 ? to : j == degree ? from : Real(middle + (to - from) / 2 * points[j]))));
      top = (std::max)(top, values[j]);
    }
    panel p{detail::chebyshev_series<Real>(from, to, values), {}, {}, {}};
    const Real tolerance = (std::max)(Real(5e-10), Real(300 * std::numeric_limits<Real>::epsilon()));
    const Real whole = over(p.log_f, from, to, Real(0)), halves = over(p.log_f, from, middle, Real(0)) + over(p.log_f, middle, to, Real(0));
    // errors count by the mass that they are of
    using std::exp;
    const Real size = (std::min)(Real(1), Real(exp(top) * 10));
    if ((!(p.log_f.tail() * size > tolerance) && !(abs(Real(whole - halves)) > tolerance)) || depth >= 8) {
      p.mass = halves;
      panels_.push_back(std::move(p));
      return;
    }
    add(log_f, from, middle, depth + 1);
    add(log_f, middle, to, depth + 1);
  }
  const panel& panel_of(const Real& u) const {
    const auto found = std::upper_bound(panels_.begin(), panels_.end(), u, [](const Real& x, const panel& p) { return x < p.log_f.to(); });
    return found == panels_.end() ? panels_.back() : *found;
  }
  Real tail(const Real& u, bool upper) const {
    if (!(u > panels_.front().log_f.from())) return Real(upper ? 1 : 0);
    if (!(u < panels_.back().log_f.to())) return Real(upper ? 0 : 1);
    const panel& p = panel_of(u);
    return upper ? Real(p.after + over(p.log_f, u, p.log_f.to(), shift_)) : Real(p.before + over(p.log_f, p.log_f.from(), u, shift_));
  }
  Real tail_point(const Real& probability, bool upper) const {
    using std::abs, std::exp, std::sinh;
    const panel* p = upper ? &panels_.front() : &panels_.back();
    for (const panel& q : panels_) {
      if (upper ? q.after <= probability : q.before + q.mass >= probability) {
        p = &q;
        break;
      }
    }
    // Newton's method for a rising function of u, kept in its bracket
    Real a = p->log_f.from(), b = p->log_f.to(), u = (a + b) / 2;
    const Real eps = std::numeric_limits<Real>::epsilon();
    for (int i = 0; i < 200; ++i) {
      const Real value = upper ? Real(probability - tail(u, true)) : Real(tail(u, false) - probability);
      (value > 0 ? b : a) = u;
      Real next = u - value / exp(Real(p->log_f(u) - shift_));
      const bool newton = next > a && next < b && i % 4 != 3;
      if (!newton) next = a + (b - a) / 2;
      if (abs(value) <= 4 * eps * probability || !(b - a > 4 * eps * (1 + abs(a)))) break;
      u = next;
    }
    return centre_ + scale_ * sinh(u);
  }
  /// The highest peak, and how many there are, by the slopes at eight places a panel.
  void find_peaks() {
    using std::sinh, std::tanh;
    const auto slope = [&](const panel& p, const Real& u) { return Real(p.log_f.jet(u)[1] - tanh(u)); };
    Real last = panels_.front().log_f.from(), best = -1;
    bool rising = true;
    const auto found = [&](Real a, Real b, const panel& p) {
      for (int i = 0; i < 60 && b - a > 0; ++i) {
        const Real middle = (a + b) / 2;
        (slope(p, middle) > 0 ? a : b) = middle;
      }
      const Real x = centre_ + scale_ * sinh(a), height = density(x);
      if (height > Real(1e-9) * best) ++peaks_;
      if (height > best) {
        best = height;
        mode_ = x;
      }
    };
    for (const panel& p : panels_) {
      last = p.log_f.from();
      if (rising && !(slope(p, last) > 0)) {  // a kink between two panels
        found(last, last, p);
        rising = false;
      }
      for (int i = 1; i <= 8; ++i) {
        const Real u = i == 8 ? p.log_f.to() : Real(p.log_f.from() + (p.log_f.to() - p.log_f.from()) * static_cast<Real>(i) / 8);
        const bool rises = slope(p, u) > 0;
        if (rising && !rises) found(last, u, p);
        rising = rises;
        last = u;
      }
    }
    if (rising) found(last, last, panels_.back());
  }

  Real centre_{}, scale_{1}, shift_{}, log_total_{}, mode_{};
  std::size_t peaks_ = 0;
  std::optional<Real> mean_{}, sd_{};
  std::vector<panel> panels_{};
};

}  // namespace metapool
