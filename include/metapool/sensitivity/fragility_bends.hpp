// SPDX-License-Identifier: BSL-1.0
// How much the equations behind fragility bend within a box of tau2 and means.
#pragma once

#include <metapool/math/pack.hpp>
#include <metapool/sensitivity/fragility_equations.hpp>

#include <algorithm>
#include <cmath>

namespace metapool::detail {

/// How far each part of trials may lie, within the box, from what its values at the corners say, by dimension. In tau2 from the largest distance of 1/x and 1/x^2
/// from their chords, in the means from second derivatives. ix, iz: 1 / (v + tau2) at the lower and the upper end. Numbers: double, or a pack.
template <class Numbers>
struct fragility_bends {
  Numbers tau2_e1{}, tau2_n{}, tau2_e2{}, mean_n{}, mean_e2{}, q_e2{};

  void find(const fragility_equations& equations, const bounded_box& b, const Numbers& y, const Numbers& v, const Numbers& ix, const Numbers& iz) {
    const double wide = b.high[0] - b.low[0], in_mean = (b.high[1] - b.low[1]) * (b.high[1] - b.low[1]) / 4, in_q = (b.high[2] - b.low[2]) * (b.high[2] - b.low[2]) / 4;
    const double m = (std::max)(std::fabs(b.low[1]), std::fabs(b.high[1])), c2 = equations.critical2(), k1 = equations.k1();
    const bool hk = equations.method.test == bounded_test::hartung_knapp;
    const auto larger = [](Numbers& to, const Numbers& from) { choose(to, from > to, from, to); };
    Numbers c{}, e{}, far{}, w{}, first{}, second{}, d{}, d2{};
    fill(c, equations.middle);
    far = v - c;
    e = c - v;
    larger(far, e);
    fill(c, equations.middle + b.low[0]);
    w = c * ix;
    fill(c, equations.middle + b.high[0]);
    e = c * iz;
    larger(w, e);
    // (1/sqrt x - 1/sqrt z)^2 = (z - x)^2 / (x z (sqrt x + sqrt z)^2), and the last square is at least 3x + z
    fill(c, 4.0);
    fill(e, 3 * b.low[0] + b.high[0]);
    e = c * v + e;
    fill(c, wide * wide);
    first = c * ix * iz / e;
    fill(c, wide * wide * 0.75);
    second = c * ix * ix * ix * ix;
    e = ix * ix - iz * iz;
    choose(second, e < second, e, second);
    fill(c, (b.low[1] + b.high[1]) / 2);
    d = y - c;
    e = c - y;
    larger(d, e);
    fill(c, (b.high[1] - b.low[1]) / 2);
    d = d + c;
    d2 = d * d;
    tau2_e1 = far * first * d;
    fill(c, c2);
    fill(e, hk ? k1 * m * m : m * m);
    tau2_n = c * d2;
    if (hk) larger(e, tau2_n);
    tau2_n = far * first * e;
    fill(c, in_mean * (hk ? std::fabs(c2 - k1) : 1));
    mean_n = c * w;
    fill(c, in_mean);
    switch (equations.method.tau2) {
      case bounded_tau2::fixed: break;
      case bounded_tau2::reml:
      case bounded_tau2::maximum_likelihood:
        tau2_e2 = (first + far * second) * d2 + far * first;
        mean_e2 = c * w * ix;
        break;
      case bounded_tau2::paule_mandel:
        tau2_e2 = first * d2;
        mean_e2 = c * ix;
        break;
      case bounded_tau2::dersimonian_laird:
        fill(c, in_q);
        q_e2 = c / v;
        break;
    }
  }
};

}  // namespace metapool::detail
