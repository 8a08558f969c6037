// SPDX-License-Identifier: BSL-1.0
// Densities of one quantity from a joint posterior on panels, or from any function.
#pragma once

#include <metapool/bayes/joint_grid.hpp>
#include <metapool/bayes/legendre_panel.hpp>
#include <metapool/bayes/posterior_line.hpp>
#include <metapool/bayes/tabulated_density.hpp>
#include <metapool/bayes/tau_window.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

namespace metapool::detail {

/// log of sum of weight exp(f) over the points of one panel after another.
template <class Real>
struct log_sum {
  Real top = -std::numeric_limits<Real>::infinity(), sum{};
  void add(const Real& f, const Real& weight) {
    using std::exp;
    if (f > top) {
      sum = sum * exp(Real(top - f)) + weight;
      top = f;
    } else if (f > -std::numeric_limits<Real>::infinity()) {
      sum += weight * exp(Real(f - top));
    }
  }
  Real value() const {
    using std::log;
    return top + log(sum);
  }
};

/// The marginal density of tau.
template <class Real, class Kernel>
tabulated_density<Real> tabulate_tau(const joint_grid<Real, Kernel>& grid, int moments) {
  std::vector<density_panel<Real>> panels;
  for (std::size_t n = 0; n < grid.tau_panels().size(); ++n) {
    const auto& t = grid.tau_panels()[n];
    density_panel<Real> p{t.from, t.to, {}};
    for (std::size_t i = 0; i < panel_points; ++i) {
      log_sum<Real> sum;
      for (std::size_t m = 0; m < grid.mean_panels().size(); ++m) {
        const Real half = (grid.mean_panels()[m].to - grid.mean_panels()[m].from) / 2;
        for (std::size_t j = 0; j < panel_points; ++j) sum.add(grid.at(m, n).f[i][j], Real(half * legendre<Real>().w[j]));
      }
      p.log_f[i] = sum.value();
    }
    panels.push_back(p);
  }
  return tabulated_density<Real>(grid.line_of_tau(), panels, moments);
}

/// The marginal density of the mean.
template <class Real, class Kernel>
tabulated_density<Real> tabulate_mean(const joint_grid<Real, Kernel>& grid, const posterior_line<Real>& line, int moments) {
  std::vector<density_panel<Real>> panels;
  for (std::size_t m = 0; m < grid.mean_panels().size(); ++m) {
    const auto& s = grid.mean_panels()[m];
    density_panel<Real> p{s.from, s.to, {}};
    for (std::size_t j = 0; j < panel_points; ++j) {
      log_sum<Real> sum;
      for (std::size_t n = 0; n < grid.tau_panels().size(); ++n) {
        const Real half = (grid.tau_panels()[n].to - grid.tau_panels()[n].from) / 2;
        for (std::size_t i = 0; i < panel_points; ++i) sum.add(grid.at(m, n).f[i][j], Real(half * legendre<Real>().w[i]));
      }
      p.log_f[j] = sum.value();
    }
    panels.push_back(p);
  }
  return tabulated_density<Real>(line, panels, moments);
}

/// log_f(x) as a tabulated_density: on panels of the line from edge to edge (in rising order, outward of them as far as it is not negligible), halved until resolved.
template <class Real, class F>
tabulated_density<Real> tabulate(const F& log_f, const posterior_line<Real>& line, const std::vector<Real>& edges, int moments) {
  const Real depth = 30, tolerance = (std::max)(Real(2e-7), Real(20000 * std::numeric_limits<Real>::epsilon()));
  std::vector<std::pair<Real, Real>> open;
  Real top = -std::numeric_limits<Real>::infinity();
  // where the density is 0 (beyond the reach of a bounded tau, say) it is next to nothing instead, so that there are polynomials
  const auto f = [&](const Real& z) {
    const Real nothing = top - 3 * depth - static_cast<Real>(moments + 1) * (z < 0 ? Real(-z) : z);
    return (std::max)(Real(log_f(line.x(z)) + line.log_slope(z)), nothing);
  };
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
