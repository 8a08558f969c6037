// SPDX-License-Identifier: BSL-1.0
// The density of an effect that is spread around a mean, by that of the mean on panels.
#pragma once

#include <metapool/bayes/legendre_panel.hpp>
#include <metapool/bayes/posterior_line.hpp>
#include <metapool/bayes/scale_mixture.hpp>
#include <metapool/math/constants.hpp>
#include <metapool/math/gauss_hermite.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

namespace metapool::detail {

/// A normal density of variance 1, or Student's t of df degrees of freedom if df > 0.
template <class Real>
class spread_shape {
 public:
  explicit spread_shape(const Real& df) : df_(df) {
    using std::exp, std::sqrt;
    height_ = df > 0 ? Real(exp(log_t_density(Real(0), df))) : Real(1 / sqrt(Real(2 * pi<Real>())));
    for (int n = 2; n <= 40; ++n) whole_ = df == Real(n - 1) ? n : whole_;
  }
  bool normal() const { return !(df_ > 0); }
  const Real& df() const { return df_; }
  Real operator()(const Real& z) const {
    using std::exp, std::log1p, std::sqrt;
    if (!(df_ > 0)) return height_ * exp(Real(-z * z / 2));
    if (whole_ == 0) return height_ * exp(Real(-(df_ + 1) / 2 * log1p(Real(z * z / df_))));
    // (1 + z^2 / df)^(-(df + 1) / 2) by multiplications
    const Real r = 1 / (1 + z * z / df_);
    Real product = height_ * (whole_ % 2 != 0 ? Real(sqrt(r)) : Real(1)), square = r;
    for (int n = whole_ / 2; n > 0; n /= 2) {
      if (n % 2 != 0) product *= square;
      square *= square;
    }
    return product;
  }

 private:
  Real df_{}, height_{};
  int whole_ = 0;  ///< df + 1 if that is a small whole number
};

/// The density of an effect that is spread with scale tau around a mean with the density exp(f) on panels, at one tau. Panels that are wide for tau are halved where an
/// effect that is asked for needs it, once for all.
template <class Real>
class spread_density {
 public:
  spread_density(const posterior_line<Real>& line, const Real& tau) : line_(&line), tau_(tau) {}
  void add(const Real& from, const Real& to, panel_values<Real> log_f, const Real& weight) {
    using std::log;
    for (Real& f : log_f) f += log(weight);
    pieces_.push_back({from, to, legendre_coefficients(log_f)});
    roots_.push_back(make(pieces_.size() - 1, from, to));
  }
  /// All panels are there. Those of a mean that is spread by much less than they are wide need no halving: a few Gauss-Hermite points.
  void finish(const spread_shape<Real>& shape) {
    Real narrowest = nodes_[0].right - nodes_[0].left;
    for (const std::size_t r : roots_) narrowest = (std::min)(narrowest, Real(nodes_[r].right - nodes_[r].left));
    if (!shape.normal() || !(tau_ < narrowest / 12)) return;
    static const std::array<hermite_rule<Real>, 3> rules{gauss_hermite<Real>(3), gauss_hermite<Real>(6), gauss_hermite<Real>(16)};
    rule_ = &rules[tau_ < narrowest / 400 ? 0 : tau_ < narrowest / 60 ? 1 : 2];
  }
  Real operator()(const Real& theta, const spread_shape<Real>& shape) {
    using std::sqrt;
    Real sum = 0;
    if (rule_) {
      const Real root = tau_ * sqrt(Real(2));
      if (theta < nodes_[roots_.front()].left - 9 * tau_ || theta > nodes_[roots_.back()].right + 9 * tau_) return sum;
      if (tau_ < Real(3e-6) * (nodes_[roots_.front()].right - nodes_[roots_.front()].left)) return density(theta);  // it adds nothing to the spread
      for (std::size_t j = 0; j < rule_->nodes.size(); ++j) sum += factors()[j] * density(Real(theta - root * rule_->nodes[j]));
      return sum;
    }
    const Real reach = shape.normal() ? Real(Real(7.5) * tau_) : std::numeric_limits<Real>::infinity();
    for (const std::size_t root : roots_) {
      if (theta < nodes_[root].left - reach || theta > nodes_[root].right + reach) continue;
      const node& r = nodes_[root];
      if (tau_ < Real(3e-6) * (r.right - r.left)) {
        if (theta >= r.left && theta < r.right) sum += density(r.piece, line_->z(theta)) / line_->slope(line_->z(theta));
      } else {
        sum += over(root, theta, shape, 0);
      }
    }
    return sum;
  }

 private:
  struct piece {
    Real from{}, to{};
    panel_values<Real> c{};
  };
  /// A part of a piece, with the mass of the mean at its points.
  struct node {
    std::size_t piece{};
    Real from{}, to{}, left{}, right{};  ///< on the line, and as means
    panel_values<Real> mean{}, mass{};
    std::size_t halves = 0;  ///< the first of two; 0: not halved
  };

  Real density(std::size_t i, const Real& z) const {
    using std::exp;
    const piece& p = pieces_[i];
    return exp(legendre_sum(p.c, Real((2 * z - p.from - p.to) / (p.to - p.from))));
  }
  /// Of the mean itself.
  Real density(const Real& mean) const {
    if (mean < nodes_[roots_.front()].left) return Real(0);
    for (const std::size_t r : roots_) {
      if (mean < nodes_[r].right) {
        if (mean < nodes_[r].left) return Real(0);
        const Real z = line_->z(mean);
        return density(nodes_[r].piece, z) / line_->slope(z);
      }
    }
    return Real(0);
  }
  /// The rule's weights over exp(node^2) sqrt(pi).
  const std::vector<Real>& factors() {
    using std::exp, std::sqrt;
    if (factors_.empty()) {
      for (std::size_t j = 0; j < rule_->nodes.size(); ++j) factors_.push_back(rule_->weights[j] * exp(Real(-rule_->nodes[j] * rule_->nodes[j])) / sqrt(pi<Real>()));
    }
    return factors_;
  }
  std::size_t make(std::size_t of, const Real& from, const Real& to) {
    const auto& table = legendre<Real>();
    node n;
    n.piece = of;
    n.from = from;
    n.to = to;
    n.left = line_->x(from);
    n.right = line_->x(to);
    for (std::size_t j = 0; j < panel_points; ++j) {
      const Real z = from + (to - from) * (table.x[j] + 1) / 2;
      n.mean[j] = line_->x(z);
      n.mass[j] = table.w[j] * (to - from) / 2 * density(of, z);
    }
    nodes_.push_back(n);
    return nodes_.size() - 1;
  }
  Real over(std::size_t at, const Real& theta, const spread_shape<Real>& shape, int depth) {
    using std::sqrt;
    const Real left = nodes_[at].left, right = nodes_[at].right;
    const Real distance = theta < left ? Real(left - theta) : theta > right ? Real(theta - right) : Real(0);
    if (shape.normal() && distance > Real(7.5) * tau_) return Real(0);
    const Real smooth = shape.normal() ? Real(6 * tau_) : Real(3 * (tau_ * sqrt(shape.df() < 4 ? shape.df() : Real(4)) + distance));
    if (right - left <= smooth || depth > 40) {
      const node& n = nodes_[at];
      const Real rate = 1 / tau_;
      Real sum = 0;
      for (std::size_t j = 0; j < panel_points; ++j) sum += n.mass[j] * shape(Real((theta - n.mean[j]) * rate));
      return sum * rate;
    }
    if (nodes_[at].halves == 0) {
      const std::size_t of = nodes_[at].piece;
      const Real from = nodes_[at].from, to = nodes_[at].to, middle = from + (to - from) / 2;
      const std::size_t first = make(of, from, middle);
      make(of, middle, to);
      nodes_[at].halves = first;
    }
    const std::size_t first = nodes_[at].halves;
    return over(first, theta, shape, depth + 1) + over(first + 1, theta, shape, depth + 1);
  }

  const posterior_line<Real>* line_;
  std::vector<piece> pieces_{};
  std::vector<node> nodes_{};
  std::vector<std::size_t> roots_{};
  const hermite_rule<Real>* rule_ = nullptr;
  std::vector<Real> factors_{};
  Real tau_{};
};

}  // namespace metapool::detail
