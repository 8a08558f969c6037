// SPDX-License-Identifier: BSL-1.0
// Sums over ranges of a law's weights at another odds ratio than the one they were multiplied out at, without writing the tilted weights down.
#pragma once

#include <metapool/exact/sum_of_tables.hpp>
#include <metapool/exact/tail_sums.hpp>
#include <metapool/math/pack.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <type_traits>
#include <vector>

namespace metapool::detail {

/// Weights of a range of counts and their moments about the observed count.
template <class Real>
struct range_sums {
  Real mass{}, moment{}, square{};
  range_sums& operator+=(const range_sums& o) {
    mass += o.mass;
    moment += o.moment;
    square += o.square;
    return *this;
  }
};

/// The weights w(i) ratio^(i - mode) / w(mode) at odds e^theta, the largest of which is 1. The sum must outlive it and keep its centre.
template <class Real>
class tilted_sums {
 public:
  tilted_sums(const reaching_sum<Real>& law, const Real& theta) : law_(&law) {
    using std::exp;
    law.sum->reach(theta);
    ratio_ = exp(Real(theta - law.sum->centre()));
    const std::vector<Real>& w = weight();
    mode_ = mode_of(w, ratio_);
    scale_ = 1 / w[mode_];
    first_ = law.sum->weights().first - law.observed;
  }
  std::size_t size() const { return weight().size(); }
  /// The place of a count, or that of the first or past the last one that is kept.
  std::size_t place(const Real& count) const {
    const Real i = count - law_->sum->weights().first;
    return !(i > 0) ? 0 : i < static_cast<Real>(size()) ? static_cast<std::size_t>(i) : size();
  }
  /// Sums over the places from `begin` to before `end`: from the mode outward, so that no power grows.
  range_sums<Real> over(std::size_t begin, std::size_t end) const {
    range_sums<Real> s;
    if (begin < (std::min)(end, mode_)) s += walk<-1>((std::min)(end, mode_) - 1, (std::min)(end, mode_) - begin);
    if ((std::max)(begin, mode_) < end) s += walk<1>((std::max)(begin, mode_), end - (std::max)(begin, mode_));
    return s;
  }

 private:
  const std::vector<Real>& weight() const { return law_->sum->weights().weight; }

  /// n places from `from` upward or downward, four at a time, each with a power of its own.
  template <int Step>
  range_sums<Real> walk(std::size_t from, std::size_t n) const {
    using std::pow;
    constexpr std::size_t width = std::is_same_v<Real, double> || std::is_same_v<Real, float> ? 4 : 1;
    const Real* w = weight().data() + from;
    const Real r = Step > 0 ? ratio_ : Real(1 / ratio_), step = static_cast<Real>(Step);
    Real distance = first_ + static_cast<Real>(from), power = scale_ * pow(r, static_cast<Real>(Step > 0 ? from - mode_ : mode_ - from));
    range_sums<Real> s;
    if constexpr (width == 4) {
      using four = pack<Real, 4>;
      const Real r2 = r * r, r4 = r2 * r2;
      const Real powers[4] = {power, power * r, power * r2, power * r2 * r}, distances[4] = {distance, distance + step, distance + 2 * step, distance + 3 * step};
      four p, d, next, further, mass, moment, square, x;
      load(p, powers);
      load(d, distances);
      fill(next, r4);
      fill(further, Real(4 * step));
      fill(mass, Real(0));
      moment = square = mass;
      std::size_t left = n;
      for (; left >= 4; left -= 4) {
        if constexpr (Step > 0) {
          load(x, w);
          w += 4;
        } else {
          const Real back[4] = {w[0], w[-1], w[-2], w[-3]};
          load(x, back);
          w -= 4;
        }
        const four share = x * p, first = share * d;
        mass = mass + share;
        moment = moment + first;
        square = square + first * d;
        p = p * next;
        d = d + further;
      }
      s = {(mass[0] + mass[1]) + (mass[2] + mass[3]), (moment[0] + moment[1]) + (moment[2] + moment[3]), (square[0] + square[1]) + (square[2] + square[3])};
      n = left;
      power = p[0];
      distance = d[0];
    }
    for (std::size_t i = 0; i < n; ++i, power *= r, distance += step, w += Step) {
      const Real share = *w * power, moment = share * distance;
      s.mass += share;
      s.moment += moment;
      s.square += moment * distance;
    }
    return s;
  }

  const reaching_sum<Real>* law_;
  std::size_t mode_ = 0;
  Real ratio_{}, scale_{}, first_{};  ///< first_: distance of the first place from the observed count
};

/// Sums of the weights at odds `odds`, as tail_sums.hpp has them for one table.
template <class Real>
tail_sums<Real> sums_at(const reaching_sum<Real>& law, const Real& odds) {
  using std::log;
  const tilted_sums<Real> x(law, Real(log(odds)));
  const std::size_t from = x.place(law.observed), to = x.place(Real(law.observed + 1));
  const range_sums<Real> below = x.over(0, from), at = x.over(from, to), above = x.over(to, x.size());
  tail_sums<Real> s;
  s.below = below.mass;
  s.below_distance = -below.moment;
  s.at = at.mass;
  s.above = above.mass;
  s.above_distance = above.moment;
  s.square = below.square + above.square;
  return s;
}

}  // namespace metapool::detail
