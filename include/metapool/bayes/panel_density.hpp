// SPDX-License-Identifier: BSL-1.0
// A density on the line, known by a function that is dear to call, as polynomials for its logarithm.
#pragma once

#include <metapool/math/constants.hpp>
#include <metapool/math/gauss_legendre.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

namespace metapool::detail {

/// log f on [left, right] by Chebyshev polynomials of degree 12 on panels that are halved until their last coefficients are below 1e-12 (in float 100 epsilon)
/// and 15 Gauss points integrate f over a panel as well as 30 do. Beyond the ends the density is 0. Normalised; 11 digits.
template <class Real>
class panel_density {
 public:
  panel_density() = default;
  /// log_f: finite inside [left, right], not normalised. height: about its largest value.
  template <class F>
  panel_density(const F& log_f, const Real& left, const Real& right, const Real& height) : shift_(height) {
    using std::log;
    const int pieces = 8;
    for (int i = 0; i < pieces; ++i) {
      add(log_f, Real(left + (right - left) * Real(i) / pieces), i + 1 == pieces ? right : Real(left + (right - left) * Real(i + 1) / pieces), 0);
    }
    Real total = 0;
    for (panel& p : panels_) {
      p.before = total;
      total += p.mass;
    }
    Real after = 0;
    for (std::size_t i = panels_.size(); i-- > 0;) {
      panels_[i].after = after / total;
      after += panels_[i].mass;
      panels_[i].before /= total;
      panels_[i].mass /= total;
    }
    log_total_ = log(total);
    for (panel& p : panels_) p.c[0] -= log_total_;
    log_total_ += shift_;
  }

  /// log of the integral of f.
  Real log_integral() const { return log_total_; }
  Real left() const { return panels_.front().from; }
  Real right() const { return panels_.back().to; }
  std::size_t panels() const { return panels_.size(); }

  /// log of the normalised density; -infinity beyond the ends.
  Real log_density(const Real& x) const {
    if (!(x >= left() && x <= right())) return -std::numeric_limits<Real>::infinity();
    const panel& p = panel_of(x);
    return p.value(p.local(x));
  }
  /// Its derivative, inside [left, right].
  Real slope_at(const Real& x) const {
    const panel& p = panel_of(x);
    return p.with_slopes(p.local(x))[1] * 2 / (p.to - p.from);
  }
  /// P(X <= x), or P(X > x) if upper.
  Real tail(const Real& x, bool upper) const {
    if (!(x > left())) return Real(upper ? 1 : 0);
    if (!(x < right())) return Real(upper ? 0 : 1);
    const panel& p = panel_of(x);
    return upper ? Real(p.after + over(p, x, p.to)) : Real(p.before + over(p, p.from, x));
  }
  /// The panels' ends in rising order: between two of them the density is a polynomial's exponential.
  std::vector<Real> ends() const {
    std::vector<Real> all{left()};
    for (const panel& p : panels_) all.push_back(p.to);
    return all;
  }
  /// Integral of g(x, log density's first and second derivative) f(x); breaks as in expectation().
  template <class G>
  Real expectation_with_slopes(const G& g, const std::vector<Real>& breaks = {}) const {
    using std::exp;
    return over_panels(breaks, [&](const panel& p, const Real& x) {
      const std::array<Real, 3> at = p.with_slopes(p.local(x));
      const Real scale = 2 / (p.to - p.from);
      return Real(exp(at[0]) * g(x, Real(at[1] * scale), Real(at[2] * scale * scale)));
    });
  }
  /// Integral of g(x) f(x). breaks, in rising order: where the panels are to be cut for a g that is not smooth at their scale, such as the ends() of a narrow density.
  template <class G>
  Real expectation(const G& g, const std::vector<Real>& breaks = {}) const {
    using std::exp;
    return over_panels(breaks, [&](const panel& p, const Real& x) { return Real(exp(p.value(p.local(x))) * g(x)); });
  }

 private:
  static constexpr std::size_t degree = 12;
  struct panel {
    Real from{}, to{};
    std::array<Real, degree + 1> c{};
    Real before{}, mass{}, after{};

    Real local(const Real& x) const { return (2 * x - from - to) / (to - from); }
    Real value(const Real& t) const {  // Clenshaw
      Real b1 = 0, b2 = 0;
      for (std::size_t j = degree; j > 0; --j) {
        const Real b = c[j] + 2 * t * b1 - b2;
        b2 = b1;
        b1 = b;
      }
      return c[0] + t * b1 - b2;
    }
    /// Value and two derivatives by T_j' and T_j'' of the three-term recurrence.
    std::array<Real, 3> with_slopes(const Real& t) const {
      Real t0 = 1, t1 = t, d0 = 0, d1 = 1, s0 = 0, s1 = 0;
      std::array<Real, 3> sum{Real(c[0] + c[1] * t), c[1], Real(0)};
      for (std::size_t j = 2; j <= degree; ++j) {
        const Real t2 = 2 * t * t1 - t0, d2 = 2 * t1 + 2 * t * d1 - d0, s2 = 4 * d1 + 2 * t * s1 - s0;
        sum[0] += c[j] * t2;
        sum[1] += c[j] * d2;
        sum[2] += c[j] * s2;
        t0 = t1;
        t1 = t2;
        d0 = d1;
        d1 = d2;
        s0 = s1;
        s1 = s2;
      }
      return sum;
    }
  };

  template <class G>
  Real over_panels(const std::vector<Real>& breaks, const G& g) const {
    Real sum = 0;
    for (const panel& p : panels_) {
      Real from = p.from;
      for (auto cut = std::upper_bound(breaks.begin(), breaks.end(), from); from < p.to; ++cut) {
        const bool last = cut == breaks.end() || !(*cut < p.to);
        const Real to = last ? p.to : *cut;
        sum += gauss_panel<Real>([&](const Real& x) { return g(p, x); }, from, to);
        if (last) break;
        from = to;
      }
    }
    return sum;
  }
  Real over(const panel& p, const Real& a, const Real& b) const {
    using std::exp;
    return gauss_panel<Real>([&](const Real& x) { return Real(exp(p.value(p.local(x)))); }, a, b);
  }

  template <class F>
  void add(const F& log_f, const Real& from, const Real& to, int depth) {
    using std::abs, std::cos;
    panel p;
    p.from = from;
    p.to = to;
    const std::size_t n = degree + 1;
    std::array<Real, degree + 1> values;
    for (std::size_t k = 0; k < n; ++k) {
      const Real t = cos(Real(pi<Real>() * (static_cast<Real>(k) + Real(0.5)) / static_cast<Real>(n)));
      values[k] = log_f(Real((from + to) / 2 + (to - from) / 2 * t)) - shift_;
    }
    for (std::size_t j = 0; j < n; ++j) {
      Real sum = 0;
      for (std::size_t k = 0; k < n; ++k) sum += values[k] * cos(Real(pi<Real>() * static_cast<Real>(j) * (static_cast<Real>(k) + Real(0.5)) / static_cast<Real>(n)));
      p.c[j] = sum * (j == 0 ? Real(1) : Real(2)) / static_cast<Real>(n);
    }
    const Real eps = std::numeric_limits<Real>::epsilon();
    const Real tolerance = (std::max)(Real(1e-12), Real(100 * eps)), size = 1 + abs(p.c[0]) / 100;
    const Real middle = (from + to) / 2;
    p.mass = over(p, from, to);
    const Real halves = over(p, from, middle) + over(p, middle, to);
    const bool smooth = abs(p.c[degree]) + abs(p.c[degree - 1]) <= tolerance * size;
    const bool exact = abs(Real(p.mass - halves)) <= 10 * tolerance * halves;
    if ((smooth && exact) || depth >= 12) {
      p.mass = halves;
      panels_.push_back(p);
      return;
    }
    add(log_f, from, middle, depth + 1);
    add(log_f, middle, to, depth + 1);
  }

  const panel& panel_of(const Real& x) const {
    const auto found = std::upper_bound(panels_.begin(), panels_.end(), x, [](const Real& a, const panel& p) { return a < p.to; });
    return found == panels_.end() ? panels_.back() : *found;
  }

  std::vector<panel> panels_{};
  Real shift_{}, log_total_{};
};

}  // namespace metapool::detail
