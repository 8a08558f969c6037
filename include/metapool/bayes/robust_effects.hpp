// SPDX-License-Identifier: BSL-1.0
// The effect in a new study, or in one of the studies, from a joint posterior of mean and tau on panels.
#pragma once

#include <metapool/bayes/legendre_panel.hpp>
#include <metapool/bayes/posterior_line.hpp>
#include <metapool/bayes/robust_grid.hpp>
#include <metapool/bayes/scale_mixture.hpp>
#include <metapool/bayes/tabulated_density.hpp>
#include <metapool/math/constants.hpp>
#include <metapool/math/gauss_hermite.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace metapool::detail {

/// The density of an effect that is normal, or Student's t if df > 0, of scale tau around a mean with the density exp(f) on panels, at one tau.
template <class Real>
class spread_density {
 public:
  struct piece {
    Real from{}, to{}, left{}, right{};  ///< on the line, and as means
    panel_values<Real> c{}, mean{}, mass{};
  };
  spread_density(const posterior_line<Real>& line, const Real& tau, const Real& df) : line_(&line), tau_(tau), df_(df) {
    using std::exp, std::sqrt;
    height_ = df > 0 ? Real(exp(log_t_density(Real(0), df))) : Real(1 / sqrt(Real(2 * pi<Real>())));
  }
  void add(const Real& from, const Real& to, const panel_values<Real>& log_f, const Real& weight) {
    using std::exp, std::log;
    const auto& table = legendre<Real>();
    piece p;
    p.from = from;
    p.to = to;
    p.left = line_->x(from);
    p.right = line_->x(to);
    panel_values<Real> shifted = log_f;
    for (std::size_t j = 0; j < panel_points; ++j) {
      shifted[j] += log(weight);
      p.mean[j] = line_->x(Real(from + (to - from) * (table.x[j] + 1) / 2));
      p.mass[j] = exp(shifted[j]) * table.w[j] * (to - from) / 2;
    }
    p.c = legendre_coefficients(shifted);
    pieces_.push_back(p);
  }
  /// All pieces are there: which way is shortest.
  void finish(const hermite_rule<Real>& rule) {
    if (df_ > 0) return;
    Real narrowest = pieces_.front().right - pieces_.front().left;
    for (const piece& p : pieces_) narrowest = (std::min)(narrowest, Real(p.right - p.left));
    if (tau_ < narrowest / 12) rule_ = &rule;  // the mean's density is a polynomial's exponential over many tau
  }
  Real operator()(const Real& theta) const {
    using std::exp, std::sqrt;
    Real sum = 0;
    if (rule_ && tau_ >= Real(3e-6) * (pieces_.front().right - pieces_.front().left)) {
      for (std::size_t j = 0; j < rule_->nodes.size(); ++j) {
        const Real mean = theta - tau_ * rule_->nodes[j] * sqrt(Real(2));
        const auto p = std::upper_bound(pieces_.begin(), pieces_.end(), mean, [](const Real& x, const piece& q) { return x < q.right; });
        if (p == pieces_.end() || mean < p->left) continue;
        const Real z = line_->z(mean);
        sum += rule_->weights[j] * exp(Real(-rule_->nodes[j] * rule_->nodes[j])) * density(*p, z) / line_->slope(z);
      }
      return sum / sqrt(pi<Real>());
    }
    for (const piece& p : pieces_) {
      if (tau_ < Real(3e-6) * (p.right - p.left)) {  // it adds nothing to the spread
        if (theta >= p.left && theta < p.right) sum += density(p, line_->z(theta)) / line_->slope(line_->z(theta));
      } else {
        sum += over(p, theta, p.from, p.to, p.left, p.right, 0);
      }
    }
    return sum;
  }

 private:
  static Real density(const piece& p, const Real& z) {
    using std::exp;
    return exp(legendre_sum(p.c, Real((2 * z - p.from - p.to) / (p.to - p.from))));
  }
  Real kernel(const Real& d) const {
    using std::exp, std::log1p;
    const Real z = d / tau_;
    return df_ > 0 ? Real(height_ * exp(Real(-(df_ + 1) / 2 * log1p(Real(z * z / df_)))) / tau_) : Real(height_ * exp(Real(-z * z / 2)) / tau_);
  }
  /// Halves a piece until the spread is smooth on it.
  Real over(const piece& p, const Real& theta, const Real& from, const Real& to, const Real& left, const Real& right, int depth) const {
    using std::sqrt;
    const Real distance = theta < left ? Real(left - theta) : theta > right ? Real(theta - right) : Real(0);
    if (!(df_ > 0) && distance > Real(7.5) * tau_) return Real(0);
    const Real smooth = df_ > 0 ? Real(3 * (tau_ * sqrt(df_ < 4 ? df_ : Real(4)) + distance)) : Real(6 * tau_);
    if (right - left <= smooth || depth > 40) {
      Real sum = 0;
      if (depth == 0) {
        for (std::size_t j = 0; j < panel_points; ++j) sum += p.mass[j] * kernel(Real(theta - p.mean[j]));
        return sum;
      }
      const auto& table = legendre<Real>();
      for (std::size_t j = 0; j < panel_points; ++j) {
        const Real z = from + (to - from) * (table.x[j] + 1) / 2;
        sum += table.w[j] * density(p, z) * kernel(Real(theta - line_->x(z)));
      }
      return sum * (to - from) / 2;
    }
    const Real middle = from + (to - from) / 2, centre = line_->x(middle);
    return over(p, theta, from, middle, left, centre, depth + 1) + over(p, theta, middle, to, centre, right, depth + 1);
  }

  const posterior_line<Real>* line_;
  std::vector<piece> pieces_{};
  const hermite_rule<Real>* rule_ = nullptr;
  Real tau_{}, df_{}, height_{};
};

/// The log of an effect's density, not normalised: study, or a new one if there is none. parts: of the random effects, or df > 0 for Student's t.
/// log_total: log of the integral over the grid.
template <class Real>
class effect_density {
 public:
  effect_density(const effect_density&) = delete;
  effect_density& operator=(const effect_density&) = delete;
  effect_density(const robust_grid<Real>& grid, const std::vector<scale_part<Real>>& parts, const Real& df, const Real& log_total, const std::optional<std::size_t>& study) {
    using std::exp, std::sqrt;
    if (study) {
      known_ = true;
      y_ = grid.kernel().y()[*study];
      v_ = grid.kernel().v()[*study];
    }
    const auto& table = legendre<Real>();
    const auto& means = grid.mean_panels();
    const auto& taus = grid.tau_panels();
    for (std::size_t n = 0; n < taus.size(); ++n) {
      for (std::size_t i = 0; i < panel_points; ++i) {
        const std::size_t first = spread_.size();
        const std::size_t kinds = df > 0 ? 1 : parts.size();
        for (std::size_t l = 0; l < kinds; ++l) spread_.emplace_back(grid.line_of_mean(), df > 0 ? taus[n].tau[i] : Real(taus[n].tau[i] * sqrt(parts[l].variance)), df);
        bool any = false;
        for (std::size_t m = 0; m < means.size(); ++m) {
          panel_values<Real> f = grid.at(m, n).f[i];
          const Real weight = table.w[i] * (taus[n].to - taus[n].from) / 2;
          if (exp(Real(*std::max_element(f.begin(), f.end()) - log_total)) * weight * (means[m].to - means[m].from) < Real(1e-11)) continue;
          any = true;
          for (std::size_t j = 0; j < panel_points; ++j) {
            f[j] -= grid.top();
            if (study) f[j] -= taus[n].slices[i][*study].log_density(Real(y_ - means[m].mean[j]));
          }
          for (std::size_t l = 0; l < kinds; ++l) spread_[first + l].add(means[m].from, means[m].to, f, df > 0 ? weight : Real(weight * parts[l].weight));
        }
        if (!any) spread_.erase(spread_.begin() + static_cast<std::ptrdiff_t>(first), spread_.end());
        for (std::size_t l = first; l < spread_.size(); ++l) spread_[l].finish(rule_);
      }
    }
  }
  Real operator()(const Real& theta) const {
    using std::log;
    Real sum = 0;
    for (const auto& s : spread_) sum += s(theta);
    return log(sum) - (known_ ? Real((theta - y_) * (theta - y_) / (2 * v_)) : Real(0));
  }

 private:
  hermite_rule<Real> rule_ = gauss_hermite<Real>(16);
  std::vector<spread_density<Real>> spread_{};
  bool known_ = false;
  Real y_{}, v_{};
};

/// log_f(x) as a tabulated_density: on panels of the line from edge to edge (in rising order, outward of them as far as it is not negligible), halved until resolved.
template <class Real, class F>
tabulated_density<Real> tabulate(const F& log_f, const posterior_line<Real>& line, const std::vector<Real>& edges, int moments) {
  const Real depth = robust_grid<Real>::depth(), tolerance = 20 * robust_grid<Real>::tolerance();
  const auto f = [&](const Real& z) { return Real(log_f(line.x(z)) + line.log_slope(z)); };
  std::vector<std::pair<Real, Real>> open;
  Real top = -std::numeric_limits<Real>::infinity();
  for (const Real& e : edges) top = (std::max)(top, f(e));
  const auto end = [&](Real at, int side) {
    Real step = Real(Real(1) / 2);
    const Real limit = tau_line<Real>::limit();
    for (;;) {
      const Real next = at + static_cast<Real>(side) * step, height = f(next);
      const Real size = next < 0 ? Real(-next) : next;
      if (size >= limit) return at;
      top = (std::max)(top, height);
      open.emplace_back((std::min)(at, next), (std::max)(at, next));
      at = next;
      if (!(height + static_cast<Real>(moments) * (size > 3 ? Real(size - 3) : Real(0)) > top - depth)) return at;
      step *= Real(1.5);
    }
  };
  for (std::size_t i = 0; i + 1 < edges.size(); ++i) {
    if (edges[i + 1] > edges[i]) open.emplace_back(edges[i], edges[i + 1]);
  }
  end(edges.front(), -1);
  end(edges.back(), 1);
  const auto values = [&](const Real& from, const Real& to) {
    density_panel<Real> p;
    p.from = from;
    p.to = to;
    for (std::size_t j = 0; j < panel_points; ++j) {
      p.log_f[j] = f(Real(from + (to - from) * (legendre<Real>().x[j] + 1) / 2));
      top = (std::max)(top, p.log_f[j]);
    }
    return p;
  };
  std::vector<density_panel<Real>> panels, next;
  for (const auto& [from, to] : open) next.push_back(values(from, to));
  for (int round = 0; round < 12 && !next.empty(); ++round) {
    std::vector<density_panel<Real>> now;
    now.swap(next);
    for (const auto& p : now) {
      const Real highest = *std::max_element(p.log_f.begin(), p.log_f.end());
      if (highest < top - depth || round == 11 || resolved(p.log_f, top, tolerance)) {
        panels.push_back(p);
      } else {
        const Real middle = p.from + (p.to - p.from) / 2;
        next.push_back(values(p.from, middle));
        next.push_back(values(middle, p.to));
      }
    }
  }
  std::sort(panels.begin(), panels.end(), [](const auto& a, const auto& b) { return a.from < b.from; });
  return tabulated_density<Real>(line, panels, moments);
}

}  // namespace metapool::detail
