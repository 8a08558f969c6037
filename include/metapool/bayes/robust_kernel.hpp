// SPDX-License-Identifier: BSL-1.0
// Random effects that are a scale mixture of normal distributions: the likelihood at a mean and a tau.
#pragma once

#include <metapool/bayes/legendre_panel.hpp>
#include <metapool/bayes/scale_mixture.hpp>
#include <metapool/math/constants.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

namespace metapool::detail {

/// A study's density at one tau: the normal distributions of which it consists, from the narrowest to the widest, those left out that are nothing anywhere, those put
/// together that are alike. Their heights have one maximum, so that a sum from there outward can end where the rest is below 1e-10 of it.
template <class Real>
struct study_density {
  struct part {
    Real height{};     ///< weight over sqrt(2 pi variance)
    Real rate{};       ///< 1 / (2 variance), above that of the widest
    Real precision{};  ///< mean of tau^2 over the random effect's variance
  };
  std::vector<part> parts{};
  std::size_t top = 0;  ///< the one with the largest height
  Real least{};         ///< 1 / (2 variance) of the widest

  /// log of the density at distance d from the mean.
  Real log_density(const Real& d) const {
    using std::log;
    Real sum = 0;
    for_each_share(d, sum, [](const part&, const Real&) {});
    return log(sum) - least * d * d;
  }
  /// At distance d, means over the parts: of 1 / variance, and of the random effect's precision.
  std::pair<Real, Real> precisions(const Real& d) const {
    Real sum = 0, rates = 0, precision = 0;
    for_each_share(d, sum, [&](const part& p, const Real& share) {
      rates += share * p.rate;
      precision += share * p.precision;
    });
    return {Real(2 * (rates / sum + least)), Real(precision / sum)};
  }

 private:
  template <class Take>
  void for_each_share(const Real& d, Real& sum, const Take& take) const {
    using std::exp;
    const Real d2 = d * d, negligible = Real(1e-10);
    for (std::size_t l = top; l < parts.size() && !(parts[l].height < negligible * sum); ++l) {
      const Real share = parts[l].height * exp(Real(-parts[l].rate * d2));
      sum += share;
      take(parts[l], share);
    }
    for (std::size_t l = top; l-- > 0;) {
      const Real share = parts[l].height * exp(Real(-parts[l].rate * d2));
      sum += share;
      take(parts[l], share);
      if (share < negligible * sum) break;
    }
  }
};

template <class Real>
class robust_kernel {
 public:
  /// The likelihood may have several peaks in the mean.
  static constexpr bool concave = false;

  /// y relative to a reference that the caller keeps.
  robust_kernel(std::vector<Real> y, std::vector<Real> v, std::vector<scale_part<Real>> parts) : y_(std::move(y)), v_(std::move(v)), parts_(std::move(parts)) {
    using std::exp;
    std::sort(parts_.begin(), parts_.end(), [](const scale_part<Real>& a, const scale_part<Real>& b) { return a.variance < b.variance; });
    first_ = *std::min_element(y_.begin(), y_.end());
    last_ = *std::max_element(y_.begin(), y_.end());
    largest_ = *std::max_element(v_.begin(), v_.end());
    // k densities that fall as distance^-2 or faster: farther from all effects than that the mean is not
    reach_ = 10 + 3 * exp(Real(14 / static_cast<Real>(y_.size())));
  }

  std::size_t size() const { return y_.size(); }
  const std::vector<Real>& y() const { return y_; }
  const std::vector<Real>& v() const { return v_; }
  const std::vector<scale_part<Real>>& parts() const { return parts_; }
  Real first() const { return first_; }
  Real last() const { return last_; }

  using slice = std::vector<study_density<Real>>;
  /// All studies' densities at this tau.
  slice at(const Real& tau) const {
    slice all;
    all.reserve(y_.size());
    for (std::size_t i = 0; i < y_.size(); ++i) all.push_back(study(i, tau));
    return all;
  }
  study_density<Real> study(std::size_t i, const Real& tau) const {
    using std::exp, std::log, std::sqrt;
    // alike: variances within 1e-5, which put together are wrong by 1e-10
    struct pooled {
      Real weight{}, variance{}, precision{};
    };
    std::vector<pooled> all;
    all.reserve(parts_.size());
    for (const scale_part<Real>& p : parts_) {
      const Real variance = v_[i] + tau * tau * p.variance;
      if (!all.empty() && variance - all.back().variance < Real(1e-5) * variance) {
        pooled& last = all.back();
        const Real weight = last.weight + p.weight, share = p.weight / weight;
        last.variance += share * (variance - last.variance);
        last.precision += share * (1 / p.variance - last.precision);
        last.weight = weight;
      } else {
        all.push_back({p.weight, variance, Real(1 / p.variance)});
      }
    }
    // parts[l] matters if at some distance its log density is not far below the highest: lines in the squared distance
    const Real far = (last_ - first_) * 2 + reach_ * sqrt(Real(largest_ + tau * tau));
    std::vector<char> matters(all.size(), 0);
    std::vector<Real> logs(all.size());
    for (std::size_t l = 0; l < all.size(); ++l) logs[l] = log(Real(all[l].weight / sqrt(all[l].variance)));
    Real d2 = far * far;
    const Real narrowest = all.front().variance;
    for (int step = 0; step < 80; ++step) {
      Real top = -std::numeric_limits<Real>::infinity();
      for (std::size_t l = 0; l < all.size(); ++l) top = (std::max)(top, Real(logs[l] - d2 / (2 * all[l].variance)));
      for (std::size_t l = 0; l < all.size(); ++l) {
        if (logs[l] - d2 / (2 * all[l].variance) > top - 22) matters[l] = 1;
      }
      if (!(d2 > 0)) break;
      d2 = d2 > narrowest / 4 ? Real(d2 / 4) : Real(0);
    }
    study_density<Real> density;
    std::size_t widest = 0;
    for (std::size_t l = 0; l < all.size(); ++l) widest = matters[l] ? l : widest;
    density.least = 1 / (2 * all[widest].variance);
    const Real root = sqrt(Real(2 * pi<Real>()));
    for (std::size_t l = 0; l < all.size(); ++l) {
      if (!matters[l]) continue;
      density.parts.push_back({Real(exp(logs[l]) / root), Real(1 / (2 * all[l].variance) - density.least), all[l].precision});
      if (density.parts.back().height > density.parts[density.top].height) density.top = density.parts.size() - 1;
    }
    return density;
  }
  /// log of the density of all effects at this mean.
  Real log_likelihood(const slice& given, const Real& mean) const {
    Real sum = 0;
    for (std::size_t i = 0; i < y_.size(); ++i) sum += given[i].log_density(Real(y_[i] - mean));
    return sum;
  }
  /// Nothing is known of means without tau.
  struct place {};
  place at_means(const panel_values<Real>&) const { return {}; }
  /// At all points of a panel.
  panel_values<Real> log_likelihood(const slice& given, const panel_values<Real>& means, const place&) const {
    panel_values<Real> sum;
    for (std::size_t j = 0; j < panel_points; ++j) sum[j] = log_likelihood(given, means[j]);
    return sum;
  }
  /// log of study i's density as a function of the mean.
  auto own(std::size_t i, const slice& given) const {
    return [density = &given[i], y = y_[i]](const Real& mean) { return density->log_density(Real(y - mean)); };
  }
  /// log of its density as a function of its own effect, but for a constant.
  Real of_effect(std::size_t i, const Real& theta) const { return -(theta - y_[i]) * (theta - y_[i]) / (2 * v_[i]); }

  /// Whether a study's peak may lie unseen between the points of a panel of means from a to b, where the posterior may be above `floor`: each density falls with the distance from
  /// its effect, so that its value at the nearest place of the panel is a bound.
  template <class MeanPanel, class TauPanel>
  bool hides_a_peak(const Real& a, const Real& b, const MeanPanel& m, const TauPanel& t, const Real& floor) const {
    using std::abs;
    const Real narrow = parts_.front().variance * t.tau[0] * t.tau[0];
    std::vector<Real> nearest(y_.size());
    std::vector<std::pair<std::size_t, Real>> unseen;  // studies that may, and how near the points come
    for (std::size_t i = 0; i < y_.size(); ++i) {
      nearest[i] = y_[i] < a ? Real(a - y_[i]) : y_[i] > b ? Real(y_[i] - b) : Real(0);
      Real seen = abs(Real(m.mean[0] - y_[i]));
      for (const Real& at : m.mean) seen = (std::min)(seen, Real(abs(Real(at - y_[i]))));
      if (!((seen * seen - nearest[i] * nearest[i]) / (2 * (v_[i] + narrow)) < 1)) unseen.emplace_back(i, seen);
    }
    if (unseen.empty()) return false;
    for (const std::size_t j : {std::size_t(0), panel_points / 2, panel_points - 1}) {
      const slice& given = t.slices[j];
      bool hidden = false;
      for (const auto& [i, seen] : unseen) hidden = hidden || given[i].log_density(nearest[i]) - given[i].log_density(seen) > 1;
      if (!hidden) continue;
      Real bound = t.log_prior[j] + m.most;
      for (std::size_t i = 0; i < y_.size(); ++i) bound += given[i].log_density(nearest[i]);
      if (bound > floor) return true;
    }
    return false;
  }

  /// A step of the EM algorithm towards a mean of high likelihood, and the sum of the weights there.
  std::pair<Real, Real> towards_peak(const slice& given, const Real& mean) const {
    Real sum = 0, move = 0;
    for (std::size_t i = 0; i < y_.size(); ++i) {
      const Real w = given[i].precisions(Real(y_[i] - mean)).first;
      sum += w;
      move += w * (y_[i] - mean);
    }
    return {Real(mean + move / sum), sum};
  }

 private:
  std::vector<Real> y_, v_;
  std::vector<scale_part<Real>> parts_;
  Real first_{}, last_{}, largest_{}, reach_{};
};

}  // namespace metapool::detail
