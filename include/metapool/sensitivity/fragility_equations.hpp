// SPDX-License-Identifier: BSL-1.0
// Inverse-variance methods as equations that are sums over trials, once tau2 and the mean are given.
#pragma once

#include <metapool/math/pack.hpp>
#include <metapool/sensitivity/fragility_choices.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

namespace metapool::detail {

enum class bounded_tau2 { fixed, reml, maximum_likelihood, paule_mandel, dersimonian_laird };
enum class bounded_test { wald, hartung_knapp };

struct bounded_method {
  bounded_tau2 tau2 = bounded_tau2::fixed;
  bounded_test test = bounded_test::wald;
  double fixed = 0;                ///< tau2, if fixed
  bool t_quantiles = false;        ///< whether critical values differ by the number of trials
  std::vector<double> critical{};  ///< by that number
  /// Whether anything depends on the number of pooled trials.
  bool by_number() const { return t_quantiles || test == bounded_test::hartung_knapp || tau2 == bounded_tau2::paule_mandel || tau2 == bounded_tau2::dersimonian_laird; }
};

/// tau2, the mean, and the mean of DerSimonian and Laird's Q.
using bounded_point = std::array<double, 3>;
/// The parts of a set of tables, 0 at its own point but for N: E1 = sum w (y - mean); N, which is not below 0 where the goal is reached; E2 the equation of tau2;
/// E3 that of the mean of DerSimonian and Laird's Q. All are multiplied by middle + tau2, so that they change little with tau2.
using bounded_parts = std::array<double, 4>;

struct bounded_box {
  bounded_point low{}, high{};
  double rho_low = 0, rho_high = 0;  ///< an interval of sum w^2 / sum w (REML: w of tau2, scaled; DerSimonian-Laird: 1/v)
  fragility_left left{};             ///< the choices of tables that may have their answer in the box
  bounded_parts multipliers{};       ///< with which to begin
  bool enclosed = false;             ///< whether that interval, and the means of all choices at these tau2, are known
  bounded_point bend{};              ///< what each dimension adds to the bounds

  bounded_point corner(std::size_t c) const {
    bounded_point p = low;
    for (std::size_t d = 0; d < p.size(); ++d) {
      if (c >> d & 1u) p[d] = high[d];
    }
    return p;
  }
};

/// Multiples of the equations of one pooled trial, with d = y - mean, x = 1 / (v + tau2), w = (middle + tau2) x and e = y - mean of Q:
/// w (distance d + square d^2 - mean2 mean^2 - likelihood + likelihood d^2 x) + x_square d^2 x + (q_square (e^2 - tau2) + q_distance e) / v.
struct fragility_terms {
  double distance = 0, square = 0, mean2 = 0, likelihood = 0, x_square = 0, q_square = 0, q_distance = 0;
};

struct fragility_equations {
  bounded_method method{};
  bool gain = false;    ///< the goal is an interval below 0; otherwise one that includes 0, or lies above it
  std::size_t k = 0;    ///< pooled trials
  double middle = 1;    ///< a typical variance

  double critical2() const { return method.critical[k] * method.critical[k]; }
  double k1() const { return static_cast<double>(k) - 1; }
  double weight(const fragility_choice& c, double tau2) const { return method.tau2 == bounded_tau2::dersimonian_laird ? 1 / c.v : (middle + tau2) / (c.v + tau2); }
  bool with_rho() const { return method.tau2 == bounded_tau2::reml || method.tau2 == bounded_tau2::dersimonian_laird; }

  /// What one pooled trial adds; inverse: 1 / (v + tau2).
  bounded_parts at(const fragility_choice& c, const bounded_point& p, double inverse) const {
    const double w = (middle + p[0]) * inverse, d = c.y - p[1], m2 = p[1] * p[1];
    bounded_parts f{};
    f[0] = w * d;
    f[1] = method.test == bounded_test::hartung_knapp ? w * (critical2() * d * d - k1() * m2) : -m2 * w;
    if (gain) f[1] = -f[1];
    switch (method.tau2) {
      case bounded_tau2::fixed: break;
      case bounded_tau2::reml:
      case bounded_tau2::maximum_likelihood: f[2] = w * (d * d * inverse - 1); break;
      case bounded_tau2::paule_mandel: f[2] = d * d * inverse; break;
      case bounded_tau2::dersimonian_laird:
        f[2] = ((c.y - p[2]) * (c.y - p[2]) - p[0]) / c.v;
        f[3] = (c.y - p[2]) / c.v;
        break;
    }
    return f;
  }

  /// What does not depend on the trials, times the multipliers; of an interval the end that makes it larger.
  double constant(const bounded_point& p, const bounded_box& b, const bounded_parts& multipliers) const {
    double c = 0;
    if (method.test == bounded_test::wald) c += multipliers[1] * (gain ? -1 : 1) * (middle + p[0]) * critical2();
    const double rho = multipliers[2] > 0 ? b.rho_high : b.rho_low;
    if (method.tau2 == bounded_tau2::reml) c += multipliers[2] * rho;
    if (method.tau2 == bounded_tau2::paule_mandel) c -= multipliers[2] * k1();
    if (method.tau2 == bounded_tau2::dersimonian_laird) c += multipliers[2] * (p[0] * rho - k1());
    return c;
  }

  /// The multiples of what one pooled trial adds.
  fragility_terms terms(const bounded_parts& multipliers) const {
    const bool hk = method.test == bounded_test::hartung_knapp;
    const double n = gain ? -multipliers[1] : multipliers[1];
    fragility_terms t;
    t.distance = multipliers[0];
    t.square = hk ? n * critical2() : 0.0;
    t.mean2 = hk ? n * k1() : n;
    if (method.tau2 == bounded_tau2::reml || method.tau2 == bounded_tau2::maximum_likelihood) t.likelihood = multipliers[2];
    if (method.tau2 == bounded_tau2::paule_mandel) t.x_square = multipliers[2];
    if (method.tau2 == bounded_tau2::dersimonian_laird) {
      t.q_square = multipliers[2];
      t.q_distance = multipliers[3];
    }
    return t;
  }
};

/// What pooled trials add, times multipliers, for a pack of them: polynomials in the distance from the mean.
template <class Numbers>
struct fragility_weighted {
  Numbers mean{}, scale{}, likelihood{}, square{}, distance{}, constant{}, q{}, q_square{}, q_distance{}, q_constant{};
  bool with_q = false;

  fragility_weighted(const fragility_equations& equations, const bounded_point& p, const fragility_terms& t) : with_q(equations.method.tau2 == bounded_tau2::dersimonian_laird) {
    fill(mean, p[1]);
    fill(scale, equations.middle + p[0]);
    fill(likelihood, t.likelihood);
    fill(square, t.square + t.x_square / (equations.middle + p[0]));
    fill(distance, t.distance);
    fill(constant, -t.mean2 * p[1] * p[1] - t.likelihood);
    fill(q, p[2]);
    fill(q_square, t.q_square);
    fill(q_distance, t.q_distance);
    fill(q_constant, -t.q_square * p[0]);
  }

  void operator()(const Numbers& y, const Numbers& v, const Numbers& inverse, Numbers& out) const {
    const Numbers d = y - mean;
    out = (((likelihood * inverse + square) * d + distance) * d + constant) * (scale * inverse);
    if (!with_q) return;
    const Numbers e = y - q;
    out = out + ((q_square * e + q_distance) * e + q_constant) / v;
  }
};

}  // namespace metapool::detail
