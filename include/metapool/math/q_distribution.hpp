// SPDX-License-Identifier: BSL-1.0
// The exact distribution of Cochran's Q at any between-study variance, and its inversion in that variance.
#pragma once

#include <metapool/math/quadratic_form.hpp>
#include <metapool/math/secular_equation.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

namespace metapool::detail {

/// The k - 1 numbers kappa with Q = sum of (1 + tau2 kappa_j) chi2_1 in distribution: the eigenvalues of (I - u u') diag(w) (I - u u') but for the 0 of
/// u = sqrt(w / sum w). They solve sum w_i / (w_i - kappa) = 0, one between each two neighbouring weights. In increasing order.
/// Biggerstaff & Jackson (2008) Stat Med 27:6093 (the distribution).
template <class Real>
std::vector<Real> q_eigenvalues(const std::vector<Real>& w) {
  return spread_spectrum<Real>(w.size(), [&](std::size_t i) { return w[i]; }, [](std::size_t) { return Real(1); });
}

/// The between-study variance tau2 at which P(Q > q) = u, for many u: piecewise polynomials for the log odds of Q <= q over
/// x = log(1 + tau2 kappa_max), made once from some hundred values of the exact distribution, each piece halved until it is right to 1e-10 at
/// points between its nodes. Made for weights w = 1 / v, scaled as you like; tau2 is on the scale of 1 / w. Needs k >= 2, q > 0.
class q_inverse {
 public:
  q_inverse(const std::vector<double>& w, double q) : kappa_(q_eigenvalues(w)), q_(q) {
    // u = 2^-53 has log odds 36.7, u = 1 - 2^-53 has -36.7
    double begin = 0, end = 1;
    while (!(log_odds(end) < -38) && end < 512) end *= 2;
    if (!(log_odds(0) < 40)) {
      double high = end;
      for (int i = 0; i < 60; ++i) {
        const double middle = (begin + high) / 2, y = log_odds(middle);
        if (y > 38 && y < 40) {
          begin = middle;
          break;
        }
        (y < 39 ? high : begin) = middle;
      }
    }
    add(begin, end, 0);
  }

  /// u from 2^-53 to 1 - 2^-53. 0 if P(Q > q) >= u at tau2 = 0.
  double tau2(double u) const {
    const double y = std::log((1 - u) / u);
    if (!(y < pieces_.front().y[0])) return 0;
    // the first piece whose end is not above y
    auto at = std::partition_point(pieces_.begin(), pieces_.end(), [&](const piece& p) { return p.y[degree] > y; });
    if (at == pieces_.end()) --at;
    const piece& p = *at;
    double low = -1, high = 1;
    double t = (p.y[0] - y) / (p.y[0] - p.y[degree]) * 2 - 1;
    for (int i = 0; i < 60; ++i) {
      double value = p.c[degree], slope = 0;
      for (std::size_t j = degree; j-- > 0;) {
        slope = slope * t + value;
        value = value * t + p.c[j];
      }
      (value > y ? low : high) = t;
      double next = t - (value - y) / slope;
      if (!(next >= low && next <= high)) next = low + (high - low) / 2;
      const double step = std::fabs(next - t);
      t = next;
      if (step <= 1e-7) break;  // Newton: the error is now about its square
    }
    return std::expm1(p.middle + p.half * t) / kappa_.back();
  }

  /// The log odds of Q <= q where log(1 + tau2 kappa_max) = x, from the distribution itself.
  double log_odds(double x) const {
    const double tau2 = std::expm1(x) / kappa_.back();
    std::vector<double> weights(kappa_);
    for (double& k : weights) k = 1 + tau2 * k;
    const tails<double> t = quadratic_form_tails<double>(weights, q_);
    return std::log(t.lower / t.upper);
  }
  std::size_t pieces() const { return pieces_.size(); }
  double largest_kappa() const { return kappa_.back(); }

 private:
  static constexpr std::size_t degree = 9;
  struct piece {
    double middle{}, half{};
    double y[degree + 1]{};  ///< values at the nodes, from the left end to the right
    double c[degree + 1]{};  ///< coefficients of the powers of t, x = middle + half t
  };

  void add(double left, double right, int depth) {
    piece p;
    p.middle = (left + right) / 2;
    p.half = (right - left) / 2;
    double node[degree + 1];
    for (std::size_t i = 0; i <= degree; ++i) {
      node[i] = -std::cos(static_cast<double>(i) * pi<double>() / static_cast<double>(degree));
      p.y[i] = log_odds(p.middle + p.half * node[i]);
    }
    // Newton's divided differences, then the powers
    double difference[degree + 1];
    std::copy(p.y, p.y + degree + 1, difference);
    for (std::size_t order = 1; order <= degree; ++order) {
      for (std::size_t i = degree; i >= order; --i) difference[i] = (difference[i] - difference[i - 1]) / (node[i] - node[i - order]);
    }
    for (std::size_t i = degree + 1; i-- > 0;) {
      for (std::size_t j = degree; j > 0; --j) p.c[j] = p.c[j - 1] - node[i] * p.c[j];
      p.c[0] = difference[i] - node[i] * p.c[0];
    }
    bool right_enough = true;
    for (const double t : {-0.93, -0.17, 0.71}) {
      double value = p.c[degree];
      for (std::size_t j = degree; j-- > 0;) value = value * t + p.c[j];
      const double exact = log_odds(p.middle + p.half * t);
      if (!(std::fabs(value - exact) <= 1e-10 * (std::max)(1.0, std::fabs(exact)))) {
        right_enough = false;
        break;
      }
    }
    if (right_enough || depth >= 14) {
      pieces_.push_back(p);
    } else {
      add(left, p.middle, depth + 1);
      add(p.middle, right, depth + 1);
    }
  }

  std::vector<double> kappa_;
  double q_;
  std::vector<piece> pieces_{};
};

}  // namespace metapool::detail
