// SPDX-License-Identifier: BSL-1.0
// The joint posterior of a mean and a tau on panels of both, halved where it is not yet resolved.
#pragma once

#include <metapool/bayes/grid_layout.hpp>
#include <metapool/bayes/grid_panels.hpp>
#include <metapool/bayes/grid_resolution.hpp>
#include <metapool/bayes/legendre_panel.hpp>
#include <metapool/bayes/posterior_line.hpp>
#include <metapool/bayes/tau_window.hpp>
#include <metapool/math/convergence.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

namespace metapool::detail {

/// A kernel has slices: at(tau) what is known at one tau; at_means(panel) what is known there whatever tau is; log_likelihood(slice, panel of means, that), and `concave`,
/// whether that is so in the mean; if not, it tells of peaks between points (hides_a_peak).
template <class Real, class Kernel>
class joint_grid {
 public:
  using real_type = Real;
  using kernel_type = Kernel;
  using mean_panel = panel_of_means<Real, Kernel>;
  using tau_panel = panel_of_taus<Real, Kernel>;
  using block = grid_block<Real>;
  static Real depth() { return Real(30); }

  template <class Problem>
  joint_grid(const char* function, const Problem& problem, const grid_layout<Real>& layout) : kernel_(problem.kernel), line_of_mean_(layout.line_of_mean), top_(layout.top) {
    tolerance_ = (std::max)(Real(problem.tolerance), Real(1000 * std::numeric_limits<Real>::epsilon()));
    line_of_tau_ = posterior_line<Real>::of_scale(problem.line);
    for (std::size_t i = 0; i + 1 < layout.tau_edges.size(); ++i) taus_.push_back(tau_panel(problem, layout.tau_edges[i], layout.tau_edges[i + 1]));
    for (std::size_t i = 0; i + 1 < layout.mean_edges.size(); ++i) means_.push_back(mean_panel(problem, line_of_mean_, layout.mean_edges[i], layout.mean_edges[i + 1]));
    refine(function, problem);
    if constexpr (Kernel::concave) {
      for (tau_panel& t : taus_) t.slices.clear();  // large, and not wanted any more
      for (mean_panel& m : means_) m.place.clear();
    }
  }

  const Kernel& kernel() const { return kernel_; }
  const posterior_line<Real>& line_of_mean() const { return line_of_mean_; }
  const posterior_line<Real>& line_of_tau() const { return line_of_tau_; }
  const std::vector<mean_panel>& mean_panels() const { return means_; }
  const std::vector<tau_panel>& tau_panels() const { return taus_; }
  /// The block of mean panel m and tau panel n.
  const block& at(std::size_t m, std::size_t n) const { return blocks_[m][n]; }
  Real top() const { return top_; }
  std::size_t evaluations() const { return state_.iterations; }
  /// residual: what is probably missing of the log density where it matters; iterations: how often the likelihood was computed.
  const convergence<Real>& state() const { return state_; }

 private:
  /// Whether the posterior is nothing beyond a place z of the line of the mean where it has this height, moments of the mean included, and those of tau (in a panel that ends at x).
  template <class Problem>
  bool negligible(const Problem& p, const Real& height, const Real& z, const Real& x) const {
    using std::abs;
    const Real size = abs(z), of_mean = static_cast<Real>(p.mean_moments) * (size > 3 ? Real(size - 3) : Real(0));
    return !(height + (std::max)(of_mean, of_tau(p, x)) > top_ - depth());
  }
  template <class Problem>
  Real of_tau(const Problem& p, const Real& x) const {
    return p.line.bounded() || !(x > tau_peak_) ? Real(0) : Real(static_cast<Real>(p.tau_moments) * (x - tau_peak_));
  }
  block compute(const mean_panel& m, tau_panel& t) {
    block b;
    for (std::size_t i = 0; i < panel_points; ++i) {
      const panel_values<Real> likelihood = kernel_.log_likelihood(t.slices[i], m.mean, m.place);
      for (std::size_t j = 0; j < panel_points; ++j) {
        b.f[i][j] = likelihood[j] + m.log_prior[j] + t.log_prior[i];
        b.top = b.f[i][j] > b.top ? b.f[i][j] : b.top;
      }
    }
    state_.iterations += panel_points * panel_points;
    top_ = b.top > top_ ? b.top : top_;
    return b;
  }
  /// Of a concave likelihood: if it falls outward of the block before (its neighbour towards the middle) and is negligible from there on, this block is not computed. Else false.
  template <class Problem>
  bool ends_before(const Problem& p, const block& before, const mean_panel& of_before, const mean_panel& m, const tau_panel& t, bool right, block& b) const {
    const std::size_t edge = right ? panel_points - 1 : 0, inner = right ? edge - 1 : edge + 1;
    b.nothing = true;
    for (std::size_t i = 0; i < panel_points; ++i) {
      const Real at_edge = before.f[i][edge] - of_before.log_prior[edge] - t.log_prior[i], inside = before.f[i][inner] - of_before.log_prior[inner] - t.log_prior[i];
      if (!before.nothing && !(at_edge <= inside)) return false;
      if (!negligible(p, Real(at_edge + m.most + t.log_prior[i] + 5), right ? m.to : m.from, t.to)) return false;
      for (std::size_t j = 0; j < panel_points; ++j) b.f[i][j] = at_edge + m.log_prior[j] + t.log_prior[i];
      b.top = (std::max)(b.top, Real(at_edge + m.most + t.log_prior[i]));
    }
    return true;
  }
  /// A column of blocks for the mean panel at, whose neighbour is already there.
  template <class Problem>
  std::vector<block> column(const Problem& p, const mean_panel& m, const mean_panel* neighbour, const std::vector<block>* before, bool right) {
    std::vector<block> all;
    for (std::size_t n = 0; n < taus_.size(); ++n) {
      block b;
      if constexpr (Kernel::concave) {
        if (neighbour && ends_before(p, (*before)[n], *neighbour, m, taus_[n], right, b)) {
          all.push_back(std::move(b));
          continue;
        }
      }
      all.push_back(compute(m, taus_[n]));
    }
    return all;
  }
  /// The middle of the panel of taus with the highest place.
  void find_tau_peak() {
    Real highest = -std::numeric_limits<Real>::infinity();
    for (const auto& of_mean : blocks_) {
      for (std::size_t n = 0; n < of_mean.size(); ++n) {
        if (of_mean[n].top > highest) {
          highest = of_mean[n].top;
          tau_peak_ = (taus_[n].from + taus_[n].to) / 2;
        }
      }
    }
  }
  template <class Problem>
  void first_blocks(const Problem& p) {
    blocks_.resize(means_.size());
    std::size_t middle = 0;
    while (middle + 1 < means_.size() && !(means_[middle].to > 0)) ++middle;
    blocks_[middle] = column(p, means_[middle], nullptr, nullptr, true);
    find_tau_peak();
    for (std::size_t m = middle + 1; m < means_.size(); ++m) blocks_[m] = column(p, means_[m], &means_[m - 1], &blocks_[m - 1], true);
    for (std::size_t m = middle; m-- > 0;) blocks_[m] = column(p, means_[m], &means_[m + 1], &blocks_[m + 1], false);
  }
  /// Whether more of the posterior may lie between the points of a block than they show.
  bool hides_a_peak(const block& b, const mean_panel& m, const tau_panel& t, bool low) const {
    const Real left = line_of_mean_.x(m.from), right = line_of_mean_.x(m.to), floor = top_ - depth() - 3;
    if constexpr (Kernel::concave) {
      return low && may_hide(b, m, left, right, floor);
    } else {
      return kernel_.hides_a_peak(left, right, m, t, floor);
    }
  }
  template <class Problem>
  void refine(const char* function, const Problem& p) {
    first_blocks(p);
    for (int halvings = 0;;) {
      find_tau_peak();
      const grid_resolution<Real> r = resolution_of(blocks_, taus_.size(), top_, Real(top_ - depth()), tolerance_,
                                                    [&](const block& b, std::size_t m, std::size_t n, bool low) { return hides_a_peak(b, means_[m], taus_[n], low); });
      state_.residual = r.residual();
      if (state_.iterations > p.most_evaluations) throw_too_many_evaluations(function, p.most_evaluations, state_.residual);
      const bool longer = extend_mean(p, false) || extend_mean(p, true) || extend_tau(p, false) || extend_tau(p, true);
      if (longer) continue;
      state_.converged = r.done() || (!r.hidden && state_.residual < Real(1e-5));
      if (r.done()) return;
      if (halvings++ > 60 || means_.size() * taus_.size() > 3000) {
        if (state_.converged) return;
        throw_unresolved(function, r);
      }
      halve(p, r.halve_mean, r.halve_tau);
    }
  }
  /// One more panel of means at an end where the posterior is not yet negligible.
  template <class Problem>
  bool extend_mean(const Problem& p, bool right) {
    const mean_panel& m = right ? means_.back() : means_.front();
    const std::size_t j = right ? panel_points - 1 : 0;
    const Real limit = tau_line<Real>::limit(), width = m.to - m.from, end = right ? m.to : m.from;
    bool enough = true;
    for (std::size_t n = 0; n < taus_.size(); ++n) {
      const block& b = (right ? blocks_.back() : blocks_.front())[n];
      for (std::size_t i = 0; i < panel_points; ++i) enough = enough && negligible(p, b.f[i][j], end, taus_[n].to);
    }
    if (enough || (right ? end >= limit : end <= -limit)) return false;
    const mean_panel next = right ? mean_panel(p, line_of_mean_, end, Real(end + width)) : mean_panel(p, line_of_mean_, Real(end - width), end);
    std::vector<block> blocks = column(p, next, &m, right ? &blocks_.back() : &blocks_.front(), right);
    means_.insert(right ? means_.end() : means_.begin(), next);
    blocks_.insert(right ? blocks_.end() : blocks_.begin(), std::move(blocks));
    return true;
  }
  /// The same for tau.
  template <class Problem>
  bool extend_tau(const Problem& p, bool right) {
    const tau_panel& t = right ? taus_.back() : taus_.front();
    const std::size_t i = right ? panel_points - 1 : 0;
    Real height = -std::numeric_limits<Real>::infinity();
    for (const auto& of_mean : blocks_) {
      const block& b = right ? of_mean.back() : of_mean.front();
      height = (std::max)(height, *std::max_element(b.f[i].begin(), b.f[i].end()));
    }
    const Real limit = tau_line<Real>::limit(), width = (std::min)(Real(t.to - t.from), Real(1.5)), end = right ? t.to : t.from;
    if (right ? end >= limit : end <= -limit) return false;
    if (!(height + of_tau(p, end) > top_ - depth() + 3)) return false;
    tau_panel next = right ? tau_panel(p, end, (std::min)(limit, Real(end + width))) : tau_panel(p, (std::max)(Real(-limit), Real(end - width)), end);
    for (std::size_t m = 0; m < means_.size(); ++m) blocks_[m].insert(right ? blocks_[m].end() : blocks_[m].begin(), compute(means_[m], next));
    taus_.insert(right ? taus_.end() : taus_.begin(), std::move(next));
    return true;
  }
  template <class Problem>
  void halve(const Problem& p, const std::vector<char>& halve_mean, const std::vector<char>& halve_tau) {
    auto [means, old_mean] = halve_panels(means_, halve_mean, [&](const Real& from, const Real& to) { return mean_panel(p, line_of_mean_, from, to); });
    auto [taus, old_tau] = halve_panels(taus_, halve_tau, [&](const Real& from, const Real& to) { return tau_panel(p, from, to); });
    std::vector<std::vector<block>> blocks(means.size());
    for (std::size_t m = 0; m < means.size(); ++m) {
      for (std::size_t n = 0; n < taus.size(); ++n) {
        const std::size_t i = old_mean[m], j = old_tau[n];
        if (!halve_mean[i] && !halve_tau[j]) {
          blocks[m].push_back(std::move(blocks_[i][j]));
        } else if (blocks_[i][j].nothing) {
          blocks[m].push_back(part_of_nothing(blocks_[i][j], means[m], taus[n], means_[i], taus_[j]));
        } else {
          blocks[m].push_back(compute(means[m], taus[n]));
        }
      }
    }
    means_ = std::move(means);
    taus_ = std::move(taus);
    blocks_ = std::move(blocks);
  }

  Kernel kernel_;
  posterior_line<Real> line_of_mean_{}, line_of_tau_{};
  std::vector<mean_panel> means_{};
  std::vector<tau_panel> taus_{};
  std::vector<std::vector<block>> blocks_{};
  Real top_{}, tolerance_{}, tau_peak_{};
  convergence<Real> state_{};
};

}  // namespace metapool::detail
