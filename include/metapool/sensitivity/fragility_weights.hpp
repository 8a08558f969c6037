// SPDX-License-Identifier: BSL-1.0
// The weights of changed trials, tau2 lying in an interval, and what they add to quotients of sums.
#pragma once

#include <metapool/math/pack.hpp>
#include <metapool/sensitivity/fragility_bends.hpp>
#include <metapool/sensitivity/fragility_equations.hpp>

#include <cstddef>

namespace metapool::detail {

/// The lesser and the greater weight that choices have within a box, by place; of the mean of Q 1/v.
template <class Numbers>
struct fragility_weights {
  const double *x_low = nullptr, *x_high = nullptr, *v = nullptr;
  bool of_q = false;
  Numbers scale_low{}, scale_high{}, one{};

  fragility_weights(const fragility_equations& equations, const bounded_box& b, bool q, const double* low, const double* high, const double* variances)
      : x_low(low), x_high(high), v(variances), of_q(q) {
    fill(scale_low, equations.middle + b.low[0]);
    fill(scale_high, equations.middle + b.high[0]);
    fill(one, 1.0);
  }

  void operator()(std::size_t place, Numbers& low, Numbers& high) const {
    if (of_q) {
      load(low, v + place);
      low = one / low;
      high = low;
      return;
    }
    Numbers other{};
    load(low, x_low + place);
    load(other, x_high + place);
    low = low * scale_low;
    other = other * scale_high;
    choose(high, low < other, other, low);
    choose(low, low < other, low, other);
  }
};

/// w (y - r), or the opposite of it, each choice taking the weight that makes it largest.
template <class Numbers>
struct fragility_over_mean {
  fragility_weights<Numbers> weights;
  const double* y;
  Numbers r{}, side{};
  fragility_over_mean(const fragility_weights<double>& of, const fragility_equations& equations, const bounded_box& b, const double* effects, double mean, double upper)
      : weights(equations, b, of.of_q, of.x_low, of.x_high, of.v), y(effects) {
    fill(r, mean);
    fill(side, upper);
  }
  void operator()(std::size_t place, Numbers& out) const {
    Numbers low{}, high{}, d{};
    weights(place, low, high);
    load(d, y + place);
    d = (d - r) * side;
    low = low * d;
    high = high * d;
    choose(out, low < high, high, low);
  }
};

/// w (w - r), or the opposite of it, each choice taking the weight that makes it largest: an end where that is convex, otherwise the one nearest to r / 2.
template <class Numbers>
struct fragility_over_rho {
  fragility_weights<Numbers> weights;
  bool upper;
  Numbers r{}, half{};
  fragility_over_rho(const fragility_weights<double>& of, const fragility_equations& equations, const bounded_box& b, double rho, bool above)
      : weights(equations, b, of.of_q, of.x_low, of.x_high, of.v), upper(above) {
    fill(r, rho);
    fill(half, rho / 2);
  }
  void operator()(std::size_t place, Numbers& out) const {
    Numbers low{}, high{};
    weights(place, low, high);
    if (upper) {
      low = low * (low - r);
      high = high * (high - r);
      choose(out, low < high, high, low);
      return;
    }
    choose(out, half < low, low, half);
    choose(out, high < out, high, out);
    out = out * (r - out);
  }
};

/// Sets 1 / (v + tau2) at the ends of the box, and how far that lies below its chord.
template <class Numbers>
struct fragility_inverses {
  fragility_chord<Numbers> below;
  Numbers one{};
  const double* variances;
  double *to_low, *to_high, *to_chord;
  fragility_inverses(const bounded_box& b, const double* v, double* low, double* high, double* chord) : below(b), variances(v), to_low(low), to_high(high), to_chord(chord) { fill(one, 1.0); }

  void operator()(std::size_t place) const {
    Numbers v{}, low{}, high{}, out{};
    load(v, variances + place);
    low = one / (v + below.tau2_low);
    high = one / (v + below.tau2_high);
    below(v, low, high, out);
    store(to_low + place, low);
    store(to_high + place, high);
    store(to_chord + place, out);
  }
};

}  // namespace metapool::detail
