// SPDX-License-Identifier: BSL-1.0
// Trials with normal random effects and their exact likelihood: the likelihood at a mean and a tau. Neither Boost nor Eigen.
#pragma once

#include <metapool/bayes/legendre_panel.hpp>
#include <metapool/bayes/log_panels.hpp>
#include <metapool/bayes/normal_smoothing.hpp>
#include <metapool/bayes/scale_mixture.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace metapool::detail {

/// The trials' likelihoods as functions of their own effects. y, v: effects and variances of their normal approximations, by which scales are laid, nothing else.
template <class Real>
struct trials_model {
  std::vector<log_panels<Real>> likelihoods{};
  std::vector<smoothing_range<Real>> ranges{};
  std::vector<Real> y{}, v{};
};

/// One trial's likelihood with its own effect, normal around the mean with this tau, integrated out.
template <class Real>
class smoothed_likelihood {
 public:
  smoothed_likelihood(const log_panels<Real>& f, const smoothing_range<Real>& range, const Real& y, const Real& v, const Real& tau) : f_(&f), tau_(tau) {
    using std::sqrt;
    const Real width = sqrt(v);
    narrow_ = !(tau > Real(0.15) * (width < 1 ? width : Real(1)));
    if (narrow_ && range.kink_at_zero) {  // as far as the kink is felt
      const Real small = width * Real(1e-6), left = f.jet(Real(-small))[1], right = f.jet(small)[1];
      const Real steep = (left > 0 ? left : Real(-left)) + (right > 0 ? right : Real(-right));
      near_zero_ = tau * (10 + tau * steep);
    }
    if (tau > 0 && (!narrow_ || range.kink_at_zero)) wide_.emplace(f, tau, y, width, range);
  }
  /// Where f, its slope and its curvature at m are known: the value if tau is so small that they are enough.
  std::optional<Real> by_jet(const std::array<Real, 3>& at, const Real& m) const {
    using std::log1p;
    const Real tau2 = tau_ * tau_;
    if (!narrow_ || tau2 * (at[1] * at[1] - at[2]) > Real(1e-8) || !(m >= near_zero_ || m <= -near_zero_)) return std::nullopt;
    return at[0] + log1p(Real(tau2 * (at[1] * at[1] + at[2]) / 2));
  }
  Real operator()(const Real& m) {
    if (!(tau_ > 0)) return (*f_)(m);
    const Real value = narrow_ && (m >= near_zero_ || m <= -near_zero_) ? narrowly_smoothed<Real>(*f_, tau_, m) : (*wide_)(m);
    return value < 0 ? value : Real(0);  // a probability, whatever rounding made of a plateau that goes on for many powers of ten
  }

 private:
  const log_panels<Real>* f_;
  Real tau_{}, near_zero_{};
  bool narrow_ = true;
  std::optional<normal_smoothing<Real, log_panels<Real>>> wide_{};
};

template <class Real>
class trials_kernel {
 public:
  /// The likelihood is log-concave in the mean.
  static constexpr bool concave = true;

  explicit trials_kernel(trials_model<Real> model) : model_(std::make_shared<const trials_model<Real>>(std::move(model))), parts_{{Real(1), Real(1)}} {}

  std::size_t size() const { return model_->y.size(); }
  const std::vector<Real>& y() const { return model_->y; }
  const std::vector<Real>& v() const { return model_->v; }
  bool kinked(std::size_t i) const { return model_->ranges[i].kink_at_zero; }
  bool kinked() const {
    for (std::size_t i = 0; i < size(); ++i) {
      if (kinked(i)) return true;
    }
    return false;
  }
  /// The random effects' distribution in units of tau.
  const std::vector<scale_part<Real>>& parts() const { return parts_; }

  using slice = std::vector<smoothed_likelihood<Real>>;
  /// All trials' likelihoods at this tau. Laid out as they are asked for.
  slice at(const Real& tau) const {
    slice all;
    all.reserve(size());
    for (std::size_t i = 0; i < size(); ++i) all.push_back(study(i, tau));
    return all;
  }
  smoothed_likelihood<Real> study(std::size_t i, const Real& tau) const {
    return smoothed_likelihood<Real>(model_->likelihoods[i], model_->ranges[i], model_->y[i], model_->v[i], tau);
  }
  /// log of trial i's likelihood as a function of its own effect.
  Real of_effect(std::size_t i, const Real& theta) const { return model_->likelihoods[i](theta); }
  Real log_likelihood(slice& given, const Real& mean) const {
    Real sum = 0;
    for (auto& trial : given) sum += trial(mean);
    return sum;
  }
  /// What is known of a panel of means whatever tau is: value, slope and second derivative of each trial's likelihood.
  using place = std::vector<std::array<std::array<Real, 3>, panel_points>>;
  place at_means(const panel_values<Real>& means) const {
    place all(size());
    for (std::size_t i = 0; i < size(); ++i) {
      for (std::size_t j = 0; j < panel_points; ++j) all[i][j] = model_->likelihoods[i].jet(means[j]);
    }
    return all;
  }
  /// At all points of a panel.
  panel_values<Real> log_likelihood(slice& given, const panel_values<Real>& means, const place& jets) const {
    panel_values<Real> sum{};
    for (std::size_t i = 0; i < given.size(); ++i) {
      for (std::size_t j = 0; j < panel_points; ++j) {
        const std::optional<Real> quick = given[i].by_jet(jets[i][j], means[j]);
        sum[j] += quick ? *quick : given[i](means[j]);
      }
    }
    return sum;
  }

 private:
  std::shared_ptr<const trials_model<Real>> model_;
  std::vector<scale_part<Real>> parts_;
};

}  // namespace metapool::detail
