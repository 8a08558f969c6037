// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/inference/cluster_robust.hpp>
#include <metapool/inference/regression_inference.hpp>
#include <metapool/inference/sidik_jonkman_robust.hpp>
#include <metapool/model/regression_basis.hpp>

#include <cstddef>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace metapool {

namespace detail {

/// The kernel of a regression with what it looks at, in the coordinates of regression_basis and in units of 1 / sum of weights.
template <class Real>
class regression_clusters {
 public:
  regression_clusters(const char* function, const regression_fit<Real>& fit, const std::vector<std::string>& labels, cluster_correction correction) : basis_(fit) {
    in_.k = fit.k();
    in_.p = fit.p();
    cluster_ = number_clusters(function, fit.data, labels, in_.clusters);
    if (in_.clusters < 2) throw_not_estimable(function, "all studies are in one cluster; at least two are needed");
    if (correction == cluster_correction::cr1p && in_.clusters <= in_.p) {
      throw_not_estimable(function, std::to_string(in_.clusters) + " clusters for " + std::to_string(in_.p) + " coefficients; CR1p needs more clusters than coefficients");
    }
    const Real scale = basis_.w().sum();
    const vector_of<Real>& w = basis_.w();
    for (Eigen::Index i = 0; i < w.size(); ++i) {
      weight_.push_back(w(i) / scale);
      phi_.push_back(scale / w(i));
    }
    bread_ = basis_.inverse() * scale;
    residual_ = fit.residuals;
    one_less_leverage_ = fit.one_less_leverages;
    in_.x = std::span<const Real>(basis_.a().data(), in_.k * in_.p);
    in_.w = weight_;
    in_.phi = phi_;
    in_.residual = residual_;
    in_.bread = std::span<const Real>(bread_.data(), in_.p * in_.p);
    in_.cluster = cluster_;
    in_.one_less_leverage = one_less_leverage_;
    kernel_ = std::make_unique<cluster_robust_kernel<Real>>(in_, correction);
  }
  regression_clusters(const regression_clusters&) = delete;
  regression_clusters& operator=(const regression_clusters&) = delete;

  std::size_t clusters() const { return in_.clusters; }

  matrix_of<Real> covariance() const {
    const auto p = static_cast<Eigen::Index>(in_.p);
    const Eigen::Map<const matrix_of<Real>> moved(kernel_->influence().data(), p, static_cast<Eigen::Index>(in_.clusters));
    const matrix_of<Real> of_coefficients = basis_.c() * moved;
    return of_coefficients * of_coefficients.transpose();
  }

  /// Satterthwaite's degrees of freedom of one combination, or those of Hotelling's T2 of several, one a row.
  Real df(const matrix_of<Real>& l) const {
    const matrix_of<Real> c = basis_.c().transpose() * l.transpose();
    return kernel_->joint_df(std::span<const Real>(c.data(), static_cast<std::size_t>(c.size())), static_cast<std::size_t>(l.rows()));
  }

 private:
  regression_basis<Real> basis_;
  cluster_robust_input<Real> in_{};
  std::vector<std::size_t> cluster_{};
  std::vector<Real> weight_{}, phi_{}, residual_{}, one_less_leverage_{};
  matrix_of<Real> bread_{};
  std::unique_ptr<cluster_robust_kernel<Real>> kernel_{};
};

}  // namespace detail

/// Cluster-robust covariance of the coefficients of a regression: studies that share a cluster may depend on each other in any way. The coefficients stay the
/// fit's, and its v + tau2 are the working variances.
///
/// Each coefficient and combination: t with Satterthwaite's degrees of freedom. Joint tests of m: Hotelling's T2 approximately, F = (eta - m + 1) / (eta m) QM
/// against F(m, eta - m + 1), with eta from the spread of the covariance estimate under the working model (clubSandwich's "HTZ"). With
/// cluster_df::clusters_minus_coefficients t and F with m - p: metafor's robust (which takes cr1p), holding no level with few clusters.
/// clusters: one label a pooled study, in the order of fit.data.labels; without labels each study is a cluster of its own.
/// If there are too few clusters for the joint test, `moderators` stays empty and a note says so.
/// Throws input_error if labels are missing or a level is outside (0, 1); not_estimable with one cluster, with clusters_minus_coefficients or cr1p if there are
/// no more clusters than coefficients, and if a coefficient has no spread between clusters; convergence_error on a fit that did not converge.
/// 12 significant digits, less what the condition of X takes; fewer where a cluster of several studies has nearly all the weight.
/// Pustejovsky & Tipton (2018) J Bus Econ Stat 36:672, doi:10.1080/07350015.2016.1247004; Tipton & Pustejovsky (2015) J Educ Behav Stat 40:604,
/// doi:10.3102/1076998615606099.
template <class Real>
regression_inference<Real> infer(const regression_fit<Real>& fit, const cluster_robust& method) {
  constexpr const char* function = "cluster_robust";
  detail::check_regression(function, fit, method.level, method.even_if_not_converged);
  detail::check_regression_df(function, fit);
  const auto clusters = std::make_shared<const detail::regression_clusters<Real>>(function, fit, method.clusters, method.correction);
  const std::size_t m = clusters->clusters(), p = fit.p();
  regression_inference<Real> r = detail::start_regression(fit, method.level, "cluster-robust ");
  r.method += method.correction == cluster_correction::cr0 ? "CR0" : method.correction == cluster_correction::cr1 ? "CR1" : method.correction == cluster_correction::cr1p ? "CR1p" : "CR2";
  r.method += ", " + std::to_string(m) + " clusters";
  r.covariance = clusters->covariance();
  for (std::size_t j = 0; j < p; ++j) {
    const auto at = static_cast<Eigen::Index>(j);
    const Real rounding = 256 * std::numeric_limits<Real>::epsilon();
    if (!(r.covariance(at, at) > rounding * rounding * fit.covariance(at, at))) {
      detail::throw_not_estimable(function, "coefficient '" + r.names[j] + "' has no spread between clusters, so that its standard error is 0");
    }
  }
  if (method.df == cluster_df::clusters_minus_coefficients) {
    if (m <= p) detail::throw_not_estimable(function, std::to_string(m) + " clusters for " + std::to_string(p) + " coefficients leave no degrees of freedom; use cluster_df::satterthwaite");
    r.common_df = static_cast<Real>(m - p);
    r.joint_df = r.common_df;
    return detail::finish_regression(fit, std::move(r));
  }
  r.contrast_df = [clusters](const vector_of<Real>& l) {
    const Real df = clusters->df(matrix_of<Real>(l.transpose()));
    if (!(df > 0)) detail::throw_not_estimable("cluster_robust", std::to_string(clusters->clusters()) + " clusters say nothing of the spread of a coefficient or combination, which has no degrees of freedom");
    return df;
  };
  r.contrast_joint = [clusters](const matrix_of<Real>& l) {
    const Real q = static_cast<Real>(l.rows());
    const Real eta = static_cast<std::size_t>(l.rows()) < clusters->clusters() ? clusters->df(l) : Real(0);
    if (!(eta > q - 1)) {
      detail::throw_not_estimable("cluster_robust", std::to_string(clusters->clusters()) + " clusters are too few or too unequal to test " + std::to_string(l.rows()) +
                                                        " combinations together");
    }
    return joint_denominator<Real>{Real(eta - q + 1), Real((eta - q + 1) / eta)};
  };
  r = detail::finish_regression(fit, std::move(r));
  for (std::size_t j = 0; j < p; ++j) {
    if (*r.df[j] < 4) {
      r.notes.push_back(r.names[j] + ": fewer than 4 degrees of freedom (" + detail::to_short_text(*r.df[j]) + "): too few or too unequal clusters for a reliable interval");
    }
  }
  return r;
}

/// Sidik and Jonkman's robust covariance of the coefficients of a regression: each study a cluster of its own, CR2 (residuals enlarged by their leverage: HC2),
/// with t and F with k - p degrees of freedom. cluster_robust{} is the same with Satterthwaite's, which hold the level better with few studies.
/// Errors as there. Sidik & Jonkman (2005) J Biopharm Stat 15:823.
template <class Real>
regression_inference<Real> infer(const regression_fit<Real>& fit, const sidik_jonkman_robust& method) {
  regression_inference<Real> r = infer(fit, cluster_robust{.clusters = {}, .correction = cluster_correction::cr2, .df = cluster_df::clusters_minus_coefficients, .level = method.level});
  r.method = "Sidik-Jonkman robust";
  return r;
}

}  // namespace metapool
