// SPDX-License-Identifier: BSL-1.0
// The integral of a log-concave function times a normal density. Neither Boost nor Eigen.
#pragma once

#include <metapool/math/constants.hpp>
#include <metapool/math/gauss_hermite.hpp>
#include <metapool/math/gauss_points.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

namespace metapool::detail {

/// Where a function varies on the scale of `grain` (and, wherever its curvature is larger, on that scale), outside only as a straight line does.
template <class Real>
struct smoothing_range {
  Real from{}, to{};
  Real grain{};
  bool kink_at_zero = false;
  Real curvature{};  ///< its largest
};

/// log of the integral over x of exp(f(x)) N(x; m, tau^2) for a tau so small that f is nearly a parabola over it (at most 0.15 of the scale on which f's curvature changes):
/// 8 Gauss-Hermite points around the integrand's peak, which may lie many tau from m; tau = 0 gives f(m). f(x) and f.jet(x), value and two derivatives.
template <class Real, class F>
Real narrowly_smoothed(const F& f, const Real& tau, const Real& m) {
  using std::abs, std::exp, std::log, std::log1p, std::sqrt;
  std::array<Real, 3> at = f.jet(m);
  const Real tau2 = tau * tau, small = tau2 * (at[1] * at[1] - at[2]);
  if (!(small > Real(1e-8))) return at[0] + log1p(Real(tau2 * (at[1] * at[1] + at[2]) / 2));
  Real shift = 0, height = at[0], width = tau;  // the peak less m, which may be large against tau
  for (int i = 0; i < 50; ++i) {
    const Real slope = at[1] - shift / tau2;
    width = tau / sqrt(Real(1 - (at[2] < 0 ? Real(tau2 * at[2]) : Real(0))));
    if (!(abs(slope) * width > Real(0.1))) break;
    shift += slope * width * width;
    at = f.jet(Real(m + shift));
    height = at[0] - shift * shift / (2 * tau2);
  }
  static const hermite_rule<Real> rule = gauss_hermite<Real>(8);
  const Real root = width * sqrt(Real(2));
  Real sum = 0;
  for (std::size_t j = 0; j < 8; ++j) {
    const Real d = shift + root * rule.nodes[j];
    sum += rule.weights[j] * exp(Real(f(Real(m + d)) - d * d / (2 * tau2) - height));
  }
  return height + log(Real(sum * width / tau)) - log(pi<Real>()) / 2;
}

/// log of the integral over x of exp(f(x)) N(x; m, tau^2), f concave, tau > 0, for many m. The points x are laid as they are asked for, in equal steps of 0.8 of the product's least
/// sd where f is smooth (an analytic f whose nearest singularity is pi or so from the line then costs 1e-10 at most, as steps are at most 0.4), else 15 Gauss points on panels, which
/// beside a kink are as narrow as its slopes are steep and grow from there. The
/// terms rise to one peak and fall; from it they are added until they are below 1e-11 of it. 10 digits. f: f(x) and f.curvature(x), which must live as long as this.
template <class Real, class F>
class normal_smoothing {
 public:
  /// peak: about where f is highest; width: about how wide it is there.
  normal_smoothing(const F& f, const Real& tau, const Real& peak, const Real& width, const smoothing_range<Real>& range)
      : f_(&f), range_(range), tau_(tau), inverse_(1 / tau), peak_(peak), share_(width * width / (width * width + tau * tau)) {
    using std::exp, std::sqrt;
    density_ = inverse_ / sqrt(Real(2 * pi<Real>()));
    rise_ = f(range.from) - f(Real(range.from - 1));
    fall_ = f(Real(range.to + 1)) - f(range.to);
    first_ = range.from - 18 * tau;
    last_ = range.to + 18 * tau;
    const Real narrow = width < 1 ? width : Real(1), sharp = Real(range.curvature) > 1 / (narrow * narrow) ? Real(range.curvature) : Real(1 / (narrow * narrow));
    step_ = Real(0.8) / sqrt(Real(inverse_ * inverse_ + sharp));
    if (!(step_ < Real(0.4))) step_ = Real(0.4);
    even_ = !range.kink_at_zero && tau < 12;  // wider, a plateau would take too many
    if (range.kink_at_zero) {
      const Real small = narrow * Real(1e-6), top = f(Real(0)), left = top - f(Real(-small)), right = top - f(small);
      near_kink_ = 10 * small / ((left < 0 ? Real(-left) : left) + (right < 0 ? Real(-right) : right) + Real(1e-12) * small);
    }
    fade_ = exp(Real(-step_ * step_ * inverse_ * inverse_));
  }
  std::size_t size() const { return x_.size(); }

  Real operator()(const Real& m) {
    // wholly where f is straight
    if (m + rise_ * tau_ * tau_ + 9 * tau_ < range_.from) return (*f_)(range_.from) + rise_ * (m - range_.from) + rise_ * rise_ * tau_ * tau_ / 2;
    if (m + fall_ * tau_ * tau_ - 9 * tau_ > range_.to) return (*f_)(range_.to) + fall_ * (m - range_.to) + fall_ * fall_ * tau_ * tau_ / 2;
    if (x_.empty()) {
      from_ = to_ = (std::clamp)(Real(m * share_ + peak_ * (1 - share_)), first_, last_);
      if (range_.kink_at_zero && from_ > -tau_ && from_ < tau_) from_ = to_ = 0;
      extend(from_ < last_);
    }
    for (;;) {
      find_peak(m);
      const Real height = exponent(at_, m);
      const bool left = from_ > first_ && exponent(0, m) > height - depth(), right = to_ < last_ && exponent(x_.size() - 1, m) > height - depth();
      if (left) extend(false);
      if (right) extend(true);
      if (!left && !right) return even_ ? even_sum(m, height) : sum(m, height);
    }
  }

 private:
  static Real depth() { return Real(25.5); }
  Real exponent(std::size_t j, const Real& m) const {
    const Real z = (x_[j] - m) * inverse_;
    return f_at_[j] - z * z / 2;
  }
  /// The exponents are concave in x: uphill from where the last peak was, by doubled and halved strides.
  void find_peak(const Real& m) {
    const std::size_t last = x_.size() - 1;
    const auto rises = [&](std::size_t j) { return j < last && exponent(j + 1, m) > exponent(j, m); };  // from j on
    std::size_t low = 0, high = last;  // rises before low, not from high on
    std::size_t stride = 1;
    if (rises(at_)) {
      low = at_ + 1;
      while (low + stride < last && rises(low + stride)) {
        low += stride + 1;
        stride *= 2;
      }
      high = (std::min)(last, low + stride);
    } else {
      high = at_;
      while (high > stride && !rises(high - stride)) {
        high -= stride;
        stride *= 2;
      }
      low = high > stride ? high - stride : 0;
    }
    while (low < high) {
      const std::size_t middle = (low + high) / 2;
      if (rises(middle)) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    at_ = low;
  }
  Real sum(const Real& m, const Real& height) const {
    using std::exp, std::log;
    Real sum = 0;
    for (std::size_t j = at_; j < x_.size(); ++j) {
      const Real e = exponent(j, m) - height;
      if (e < -depth()) break;
      sum += w_[j] * exp(e);
    }
    for (std::size_t j = at_; j-- > 0;) {
      const Real e = exponent(j, m) - height;
      if (e < -depth()) break;
      sum += w_[j] * exp(e);
    }
    return height + log(Real(sum * density_));
  }
  /// Each term from the one before it: a ratio of exp(f), kept, and one of the normal density, which changes by the same factor in every step.
  Real even_sum(const Real& m, const Real& height) const {
    using std::exp, std::log;
    const Real negligible = Real(1e-11), rate = step_ * inverse_ * inverse_;
    Real sum = 1, term = 1, factor = exp(Real(-rate * (x_[at_] - m + step_ / 2)));
    for (std::size_t j = at_ + 1; j < x_.size() && term > negligible; ++j) {
      term *= w_[j] * factor;
      factor *= fade_;
      sum += term;
    }
    term = 1;
    factor = exp(Real(rate * (x_[at_] - m - step_ / 2)));
    for (std::size_t j = at_; j > 0 && term > negligible; --j) {
      term *= factor / w_[j];
      factor *= fade_;
      sum += term;
    }
    return height + log(Real(sum * step_ * density_));
  }

  /// Further points at an end: 16 even ones, or a panel.
  void extend(bool right) {
    using std::exp, std::sqrt;
    const Real sign = right ? Real(1) : Real(-1), start = right ? to_ : from_;
    if (even_) {
      constexpr std::size_t n = 16;
      std::array<Real, n> x, f;
      const bool empty = x_.empty();
      for (std::size_t j = 0; j < n; ++j) {
        const Real at = start + sign * step_ * static_cast<Real>(empty ? j : j + 1);
        x[right ? j : n - 1 - j] = at;
        f[right ? j : n - 1 - j] = (*f_)(at);
      }
      x_.insert(right ? x_.end() : x_.begin(), x.begin(), x.end());
      f_at_.insert(right ? f_at_.end() : f_at_.begin(), f.begin(), f.end());
      w_.insert(right ? w_.end() : w_.begin(), n, Real(1));  // exp(f) over that one place before
      for (std::size_t j = right ? w_.size() - n : 0; j < (right ? w_.size() : n + 1) && j < w_.size(); ++j) w_[j] = j > 0 ? Real(exp(Real(f_at_[j] - f_at_[j - 1]))) : Real(1);
      from_ = x_.front();
      to_ = x_.back();
      if (!right && !empty) at_ += n;
      return;
    }
    const Real precision = inverse_ * inverse_;
    const auto width = [&](const Real& x) {
      const Real curvature = f_->curvature(x);
      return Real(Real(5.5) / sqrt(Real(precision + (curvature > 0 ? curvature : Real(0)))));
    };
    // just inside the panel, as the curvature may jump at its end
    Real step = width(Real(start + sign * (std::min)(tau_, Real(1)) * Real(1e-6)));
    const bool outside = right ? start < range_.from || !(start < range_.to) : start > range_.to || !(start > range_.from);
    if (!outside) {
      // away from where it turns f varies less and less
      const Real away = (start < peak_ ? Real(peak_ - start) : Real(start - peak_)) / 2;
      step = (std::min)(step, (std::max)(range_.grain, away));
      for (int i = 0; i < 4; ++i) {
        const Real narrower = (std::min)(width(Real(start + sign * step)), width(Real(start + sign * step / 2)));
        const bool enough = !(narrower < Real(0.8) * step);
        step = (std::min)(step, narrower);
        if (enough) break;
      }
    }
    // beside a kink and where f is straight the integrand may fall by f's slope: narrow, then wider with the distance
    const auto graded = [&](const Real& least, const Real& distance, bool outward) { step = (std::min)(step, outward ? Real(least + distance) : Real((least + distance) / 2)); };
    if (!outside && range_.kink_at_zero) graded(near_kink_, start < 0 ? Real(-start) : start, right ? !(start < 0) : !(start > 0));
    if (outside && !(start < range_.to) && fall_ < 0) graded(Real(-10 / fall_), Real(start - range_.to), right);
    if (outside && !(start > range_.from) && rise_ > 0) graded(Real(10 / rise_), Real(range_.from - start), !right);
    Real end = start + sign * (std::max)(step, Real((range_.to - range_.from) * Real(1e-10)));
    for (const Real& edge : {range_.from, range_.to, Real(0)}) {
      if (edge == 0 && !range_.kink_at_zero) continue;
      if (right ? start < edge && edge < end : end < edge && edge < start) end = edge;
    }
    end = (std::clamp)(end, first_, last_);
    std::array<Real, 15> x, f, w;
    std::size_t n = 0;
    for_gauss_points<Real>((std::min)(start, end), (std::max)(start, end), [&](const Real& at, const Real& weight) {
      x[n] = at;
      f[n] = (*f_)(at);
      w[n++] = weight;
    });
    if (!right && !x_.empty()) at_ += n;
    x_.insert(right ? x_.end() : x_.begin(), x.begin(), x.end());
    f_at_.insert(right ? f_at_.end() : f_at_.begin(), f.begin(), f.end());
    w_.insert(right ? w_.end() : w_.begin(), w.begin(), w.end());
    (right ? to_ : from_) = end;
  }

  const F* f_;
  smoothing_range<Real> range_;
  Real tau_{}, inverse_{}, peak_{}, share_{}, density_{}, rise_{}, fall_{}, first_{}, last_{}, from_{}, to_{}, step_{}, fade_{}, near_kink_{};
  bool even_ = true;
  std::size_t at_ = 0;  ///< where the last peak was
  std::vector<Real> x_{}, f_at_{}, w_{};
};

}  // namespace metapool::detail
