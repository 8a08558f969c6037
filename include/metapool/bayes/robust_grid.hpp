// SPDX-License-Identifier: BSL-1.0
// The joint posterior of a mean and a tau on panels of both, halved where it is not yet resolved.
#pragma once

#include <metapool/bayes/legendre_panel.hpp>
#include <metapool/bayes/posterior_line.hpp>
#include <metapool/bayes/robust_kernel.hpp>
#include <metapool/bayes/tau_window.hpp>
#include <metapool/data/check.hpp>
#include <metapool/data/error.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace metapool::detail {

/// What a grid is of: the model, the logarithms of the priors' densities (of the mean relative to the kernel's reference), and how many moments are wanted.
template <class Real, class MeanPrior, class TauPrior>
struct robust_problem {
  robust_kernel<Real> kernel;
  MeanPrior log_mean_prior;
  TauPrior log_tau_prior;
  tau_line<Real> line{};
  std::vector<Real> candidates{};  ///< means among which high posterior density is looked for first
  int tau_moments = 0;
  int mean_moments = 0;
};

template <class Real>
class robust_grid {
 public:
  static Real depth() { return Real(30); }
  static Real tolerance() { return (std::max)(Real(1e-8), Real(1000 * std::numeric_limits<Real>::epsilon())); }

  struct mean_panel {
    Real from{}, to{};
    panel_values<Real> z{}, mean{}, log_prior{};  ///< with the slope of the posterior_line
  };
  struct tau_panel {
    Real from{}, to{};
    panel_values<Real> tau{}, log_prior{};
    std::array<typename robust_kernel<Real>::slice, panel_points> slices{};
  };
  /// f[t][j]: log density at tau point t and mean point j.
  struct block {
    std::array<panel_values<Real>, panel_points> f{};
    Real top = -std::numeric_limits<Real>::infinity();
  };

  template <class Problem>
  robust_grid(const char* function, const Problem& problem) : kernel_(problem.kernel) {
    line_of_tau_ = posterior_line<Real>::of_scale(problem.line);
    lay_out(function, problem);
    refine(function, problem);
  }

  const robust_kernel<Real>& kernel() const { return kernel_; }
  const posterior_line<Real>& line_of_mean() const { return line_of_mean_; }
  const posterior_line<Real>& line_of_tau() const { return line_of_tau_; }
  const std::vector<mean_panel>& mean_panels() const { return means_; }
  const std::vector<tau_panel>& tau_panels() const { return taus_; }
  /// The block of mean panel m and tau panel n.
  const block& at(std::size_t m, std::size_t n) const { return blocks_[m][n]; }
  Real top() const { return top_; }
  std::size_t evaluations() const { return evaluations_; }

 private:
  template <class Problem>
  void lay_out(const char* function, const Problem& p) {
    using std::abs, std::exp, std::log, std::sqrt;
    // the highest density over the mean at a tau, by the best of the candidates and EM steps from there
    struct profile {
      Real mean{}, height{}, precision{};
    };
    const auto at = [&](const Real& x) {
      const auto slice = kernel_.at(p.line.tau(x));
      profile best;
      bool first = true;
      for (const Real& m : p.candidates) {
        const Real height = kernel_.log_likelihood(slice, m) + p.log_mean_prior(m);
        if (first || height > best.height) best = {m, height, Real(0)};
        first = false;
      }
      for (int step = 0; step < 3; ++step) {
        const std::pair<Real, Real> next = kernel_.towards_peak(slice, best.mean);
        best.precision = next.second;
        const Real height = kernel_.log_likelihood(slice, next.first) + p.log_mean_prior(next.first);
        if (!(height > best.height)) break;
        best.mean = next.first;
        best.height = height;
      }
      best.height += p.log_tau_prior(p.line.tau(x)) + p.line.log_jacobian(x) - log(best.precision) / 2;
      return best;
    };
    const auto rough = [&](const Real& x) { return at(x).height; };
    Real least = kernel_.v()[0], largest = least;
    for (const Real& v : kernel_.v()) {
      least = v < least ? v : least;
      largest = v > largest ? v : largest;
    }
    const Real span = kernel_.last() - kernel_.first();
    const auto line_x = [&](const Real& tau) { return p.line.bounded() && !(tau < p.line.upper / 2) ? Real(0) : p.line.x(tau); };
    tau_window<Real> window = find_tau_window<Real>(rough, Real(line_x(sqrt(least)) + 8), Real(line_x(Real(sqrt(largest) + span)) - 8), depth());
    const Real limit = tau_line<Real>::limit();
    while (!p.line.bounded() && p.tau_moments > 0 && window.right < limit &&
           rough(window.right) + static_cast<Real>(p.tau_moments) * (window.right - window.peak) > window.height - depth()) {
      window.right = (std::min)(Real(window.right + 1), limit);
    }
    if (window.right == limit && exp(Real(rough(limit) - window.height)) * limit > Real(1e-9)) {
      throw_not_estimable(function, "the posterior of tau has so heavy a tail that its mass lies beyond what this number type holds; give a prior with a thinner tail, or more studies");
    }
    const profile peak = at(window.peak);
    line_of_mean_ = posterior_line<Real>::of_effect(peak.mean, Real(1 / sqrt(peak.precision)));

    const std::size_t n = 6;
    for (std::size_t i = 0; i < n; ++i) {
      const auto place = [&](std::size_t j) { return j == n ? window.right : Real(window.left + (window.right - window.left) * static_cast<Real>(j) / static_cast<Real>(n)); };
      taus_.push_back(make_tau(p, place(i), place(i + 1)));
    }
    // outward from all effects and the prior's middle until nothing is left at some values of tau; refine() looks at all
    std::vector<std::pair<typename robust_kernel<Real>::slice, Real>> slices;
    for (const tau_panel& t : taus_) {
      for (const std::size_t j : {std::size_t(0), panel_points / 2, panel_points - 1}) slices.emplace_back(t.slices[j], t.log_prior[j]);
    }
    const auto height = [&](const Real& z) {
      const Real m = line_of_mean_.x(z);
      Real best = -std::numeric_limits<Real>::infinity();
      for (const auto& s : slices) best = (std::max)(best, Real(kernel_.log_likelihood(s.first, m) + s.second));
      return Real(best + p.log_mean_prior(m) + line_of_mean_.log_slope(z));
    };
    top_ = -std::numeric_limits<Real>::infinity();
    for (const Real& m : p.candidates) top_ = (std::max)(top_, height(line_of_mean_.z(m)));
    top_ = (std::max)(top_, height(Real(0)));
    const auto end = [&](Real from, int side) {
      Real step = Real(Real(1) / 2);
      while (abs(from) < limit && !negligible(p, height(from), from)) {
        from += static_cast<Real>(side) * step;
        if (abs(from) > 8) step *= Real(1.2);
      }
      return (std::clamp)(from, Real(-limit), limit);
    };
    const auto edges = std::minmax_element(p.candidates.begin(), p.candidates.end());
    const Real left = end((std::min)(Real(-1), line_of_mean_.z(*edges.first)), -1), right = end((std::max)(Real(1), line_of_mean_.z(*edges.second)), 1);
    for (std::size_t i = 0; i < n; ++i) {
      const auto place = [&](std::size_t j) { return j == n ? right : Real(left + (right - left) * static_cast<Real>(j) / static_cast<Real>(n)); };
      means_.push_back(make_mean(p, place(i), place(i + 1)));
    }
  }

  /// Whether the posterior is nothing beyond a place of the line of the mean where it has this height, moments of the mean included.
  template <class Problem>
  bool negligible(const Problem& p, const Real& height, const Real& z) const {
    using std::abs;
    const Real size = abs(z);
    return !(height + static_cast<Real>(p.mean_moments) * (size > 3 ? Real(size - 3) : Real(0)) > top_ - depth());
  }
  template <class Problem>
  mean_panel make_mean(const Problem& p, const Real& from, const Real& to) const {
    mean_panel m;
    m.from = from;
    m.to = to;
    for (std::size_t j = 0; j < panel_points; ++j) {
      m.z[j] = from + (to - from) * (legendre<Real>().x[j] + 1) / 2;
      m.mean[j] = line_of_mean_.x(m.z[j]);
      m.log_prior[j] = p.log_mean_prior(m.mean[j]) + line_of_mean_.log_slope(m.z[j]);
    }
    return m;
  }
  template <class Problem>
  tau_panel make_tau(const Problem& p, const Real& from, const Real& to) const {
    tau_panel t;
    t.from = from;
    t.to = to;
    for (std::size_t j = 0; j < panel_points; ++j) {
      const Real x = from + (to - from) * (legendre<Real>().x[j] + 1) / 2;
      t.tau[j] = p.line.tau(x);
      t.log_prior[j] = p.log_tau_prior(t.tau[j]) + p.line.log_jacobian(x);
      t.slices[j] = kernel_.at(t.tau[j]);
    }
    return t;
  }
  block compute(const mean_panel& m, const tau_panel& t) {
    block b;
    for (std::size_t i = 0; i < panel_points; ++i) {
      for (std::size_t j = 0; j < panel_points; ++j) {
        b.f[i][j] = kernel_.log_likelihood(t.slices[i], m.mean[j]) + m.log_prior[j] + t.log_prior[i];
        b.top = b.f[i][j] > b.top ? b.f[i][j] : b.top;
      }
    }
    evaluations_ += panel_points * panel_points;
    top_ = b.top > top_ ? b.top : top_;
    return b;
  }

  /// Whether a study's peak may lie between the points unseen, where the posterior may be high: each density falls with the distance from its effect, so that its
  /// value at the nearest place of the panel is a bound.
  bool hides_a_peak(const mean_panel& m, const tau_panel& t) const {
    using std::abs;
    const Real a = line_of_mean_.x(m.from), b = line_of_mean_.x(m.to);
    const Real narrow = kernel_.parts().front().variance * t.tau[0] * t.tau[0];
    std::vector<Real> nearest(kernel_.size());
    std::vector<std::pair<std::size_t, Real>> unseen;  // studies that may, and how near the points come
    for (std::size_t i = 0; i < kernel_.size(); ++i) {
      const Real y = kernel_.y()[i];
      nearest[i] = y < a ? Real(a - y) : y > b ? Real(y - b) : Real(0);
      Real seen = abs(Real(m.mean[0] - y));
      for (const Real& at : m.mean) seen = (std::min)(seen, Real(abs(Real(at - y))));
      if (!((seen * seen - nearest[i] * nearest[i]) / (2 * (kernel_.v()[i] + narrow)) < 1)) unseen.emplace_back(i, seen);
    }
    if (unseen.empty()) return false;
    const Real prior = *std::max_element(m.log_prior.begin(), m.log_prior.end());
    for (const std::size_t j : {std::size_t(0), panel_points / 2, panel_points - 1}) {
      bool hidden = false;
      for (const auto& [i, seen] : unseen) hidden = hidden || t.slices[j][i].log_density(nearest[i]) - t.slices[j][i].log_density(seen) > 1;
      if (!hidden) continue;
      Real bound = t.log_prior[j] + prior;
      for (std::size_t i = 0; i < kernel_.size(); ++i) bound += t.slices[j][i].log_density(nearest[i]);
      if (bound > top_ - depth() - 3) return true;
    }
    return false;
  }

  template <class Problem>
  void refine(const char* function, const Problem& p) {
    blocks_.resize(means_.size());
    for (std::size_t m = 0; m < means_.size(); ++m) {
      for (const tau_panel& t : taus_) blocks_[m].push_back(compute(means_[m], t));
    }
    for (int round = 0;; ++round) {
      std::vector<char> halve_mean(means_.size(), 0), halve_tau(taus_.size(), 0);
      bool done = true;
      for (std::size_t m = 0; m < means_.size(); ++m) {
        for (std::size_t n = 0; n < taus_.size(); ++n) {
          const block& b = blocks_[m][n];
          if (!halve_mean[m] && hides_a_peak(means_[m], taus_[n])) halve_mean[m] = 1;
          if (b.top < top_ - depth()) continue;
          for (std::size_t i = 0; i < panel_points && !halve_mean[m]; ++i) halve_mean[m] = !resolved(b.f[i], top_, tolerance());
          for (std::size_t j = 0; j < panel_points && !halve_tau[n]; ++j) {
            panel_values<Real> column;
            for (std::size_t i = 0; i < panel_points; ++i) column[i] = b.f[i][j];
            halve_tau[n] = !resolved(column, top_, tolerance());
          }
        }
      }
      for (const char h : halve_mean) done = done && !h;
      for (const char h : halve_tau) done = done && !h;
      const bool longer = extend(p, false) || extend(p, true);
      if (done && !longer) return;
      if (round > 60 || means_.size() * taus_.size() > 3000) {
        throw convergence_error(std::string(function) + ": the integration did not settle; is the density of the prior of tau smooth inside its support?");
      }
      if (!longer) halve(p, halve_mean, halve_tau);
    }
  }
  /// One more panel of means at an end where the posterior is not yet negligible.
  template <class Problem>
  bool extend(const Problem& p, bool right) {
    const mean_panel& m = right ? means_.back() : means_.front();
    const std::size_t j = right ? panel_points - 1 : 0;
    Real height = -std::numeric_limits<Real>::infinity();
    for (const block& b : right ? blocks_.back() : blocks_.front()) {
      for (std::size_t i = 0; i < panel_points; ++i) height = (std::max)(height, b.f[i][j]);
    }
    const Real limit = tau_line<Real>::limit(), width = m.to - m.from, end = right ? m.to : m.from;
    if (negligible(p, height, end) || (right ? end >= limit : end <= -limit)) return false;
    means_.insert(right ? means_.end() : means_.begin(), right ? make_mean(p, end, Real(end + width)) : make_mean(p, Real(end - width), end));
    std::vector<block> column;
    for (const tau_panel& t : taus_) column.push_back(compute(right ? means_.back() : means_.front(), t));
    blocks_.insert(right ? blocks_.end() : blocks_.begin(), std::move(column));
    return true;
  }
  template <class Problem>
  void halve(const Problem& p, const std::vector<char>& halve_mean, const std::vector<char>& halve_tau) {
    std::vector<mean_panel> means;
    std::vector<tau_panel> taus;
    std::vector<std::size_t> old_mean, old_tau;  // where a panel was before, or none
    const std::size_t none = static_cast<std::size_t>(-1);
    for (std::size_t m = 0; m < means_.size(); ++m) {
      if (halve_mean[m]) {
        const Real middle = means_[m].from + (means_[m].to - means_[m].from) / 2;
        means.push_back(make_mean(p, means_[m].from, middle));
        means.push_back(make_mean(p, middle, means_[m].to));
        old_mean.insert(old_mean.end(), 2, none);
      } else {
        means.push_back(std::move(means_[m]));
        old_mean.push_back(m);
      }
    }
    for (std::size_t n = 0; n < taus_.size(); ++n) {
      if (halve_tau[n]) {
        const Real middle = taus_[n].from + (taus_[n].to - taus_[n].from) / 2;
        taus.push_back(make_tau(p, taus_[n].from, middle));
        taus.push_back(make_tau(p, middle, taus_[n].to));
        old_tau.insert(old_tau.end(), 2, none);
      } else {
        taus.push_back(std::move(taus_[n]));
        old_tau.push_back(n);
      }
    }
    means_ = std::move(means);
    taus_ = std::move(taus);
    std::vector<std::vector<block>> blocks(means_.size());
    for (std::size_t m = 0; m < means_.size(); ++m) {
      for (std::size_t n = 0; n < taus_.size(); ++n) {
        const bool kept = old_mean[m] != none && old_tau[n] != none;
        blocks[m].push_back(kept ? std::move(blocks_[old_mean[m]][old_tau[n]]) : compute(means_[m], taus_[n]));
      }
    }
    blocks_ = std::move(blocks);
  }

  robust_kernel<Real> kernel_;
  posterior_line<Real> line_of_mean_{}, line_of_tau_{};
  std::vector<mean_panel> means_{};
  std::vector<tau_panel> taus_{};
  std::vector<std::vector<block>> blocks_{};
  Real top_{};
  std::size_t evaluations_ = 0;
};

}  // namespace metapool::detail
