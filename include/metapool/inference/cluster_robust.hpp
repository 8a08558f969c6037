// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/inference/check.hpp>
#include <metapool/inference/cluster_robust_kernel.hpp>
#include <metapool/inference/residuals.hpp>
#include <metapool/inference/result.hpp>
#include <metapool/inference/wald.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace metapool {

/// Degrees of freedom of a cluster-robust interval.
enum class cluster_df : std::uint8_t {
  satterthwaite,               ///< from the spread of the variance estimate if the fit's own variances hold; below 4 the interval is not to be trusted
  clusters_minus_coefficients  ///< m - p: metafor's robust; too many where clusters differ in weight
};

namespace detail {

/// Numbers clusters in the order in which their labels appear. Throws input_error if the labels are not as many as the studies.
template <class Real>
std::vector<std::size_t> number_clusters(const char* function, const effects<Real>& data, const std::vector<std::string>& labels, std::size_t& count) {
  std::vector<std::size_t> cluster;
  const std::size_t k = data.size();
  if (!labels.empty() && labels.size() != k) {
    throw_input_error(function, std::to_string(labels.size()) + " cluster labels for " + std::to_string(k) + " pooled studies; each needs one");
  }
  std::map<std::string, std::size_t> numbers;
  for (std::size_t i = 0; i < k; ++i) cluster.push_back(labels.empty() ? i : numbers.try_emplace(labels[i], numbers.size()).first->second);
  count = labels.empty() ? k : numbers.size();
  return cluster;
}

}  // namespace detail

/// Cluster-robust interval and test of the mean: studies that share a cluster (a laboratory, a register, several effects of one trial) may depend
/// on each other in any way; t with Satterthwaite's degrees of freedom.
///
/// clusters: one label a pooled study (in the order of fit.data.labels). Without labels each study is a cluster of its own: the variance that is
/// robust to wrong variances alone (with cr2 the se of Sidik & Jonkman (2006), metafor's and sandwich's HC2).
/// correction: cr2 (default), cr1, cr1p (here the same) or cr0; see cluster_correction. The working variances are the fit's own: v + tau2, times
/// 1/v's share in a UWLS fit. The estimate stays the fit's.
/// For every fit whose estimate is a weighted mean (not Mantel-Haenszel and Peto: input_error). Throws input_error if labels are missing;
/// not_estimable with one cluster, or if all effects are equal; convergence_error on a fit that did not converge.
/// 12 significant digits; fewer for cr2 if one cluster of several studies has all but 0.1 % of the weight.
/// Hedges, Tipton & Johnson (2010) Res Synth Methods 1:39, doi:10.1002/jrsm.5; Tipton (2015) Psychol Methods 20:375, doi:10.1037/met0000011;
/// Pustejovsky & Tipton (2018) J Bus Econ Stat 36:672, doi:10.1080/07350015.2016.1247004.
struct cluster_robust {
  std::vector<std::string> clusters{};
  cluster_correction correction = cluster_correction::cr2;
  cluster_df df = cluster_df::satterthwaite;
  double level = 0.95;
  bool even_if_not_converged = false;

  template <class Real>
  mean_inference<Real> operator()(const model_fit<Real>& fit) const {
    using std::sqrt;
    constexpr const char* function = "cluster_robust";
    detail::check_fit(function, fit, level, even_if_not_converged);
    const detail::mean_working<Real> working = detail::working_of(function, fit);
    detail::cluster_robust_input<Real> in;
    const std::vector<std::size_t> cluster = detail::number_clusters(function, fit.data, clusters, in.clusters);
    if (in.clusters < 2) detail::throw_not_estimable(function, "all studies are in one cluster; at least two are needed");
    const std::vector<Real> ones(fit.k(), Real(1)), bread(1, Real(1));  // the weights sum to 1
    in.k = fit.k();
    in.p = 1;
    in.x = ones;
    in.w = fit.weights;
    // in units of the fit's own variance, in which 1/phi is the weight of an inverse-variance fit
    std::vector<Real> phi;
    Real scale = 0;
    for (std::size_t i = 0; i < fit.k(); ++i) scale += 1 / working.phi[i];
    for (const Real& x : working.phi) phi.push_back(x * scale);
    in.phi = phi;
    in.residual = working.residual;
    in.bread = bread;
    in.cluster = cluster;
    if (working.inverse_variance) in.one_less_leverage = working.one_less_leverage;
    const detail::cluster_robust_kernel<Real> kernel(in, correction);

    mean_inference<Real> r = detail::start(fit, level);
    r.method = std::string("cluster-robust ") + (correction == cluster_correction::cr0 ? "CR0" : correction == cluster_correction::cr2 ? "CR2" : "CR1");
    r.method += ", " + std::to_string(in.clusters) + " clusters";
    r.se = sqrt(kernel.variance()[0]);
    if (!(r.se > 0)) detail::throw_not_estimable(function, "all residuals are 0, so that the standard error is 0");
    r.df = df == cluster_df::satterthwaite ? kernel.df(std::span<const Real>(bread)) : static_cast<Real>(in.clusters - 1);
    if (!(*r.df > 0)) detail::throw_not_estimable(function, "the clusters leave no degrees of freedom");
    if (df == cluster_df::satterthwaite && *r.df < 4) {
      r.notes.push_back("fewer than 4 degrees of freedom (" + detail::to_short_text(*r.df) + "): too few or too unequal clusters for a reliable interval");
    }
    detail::finish(r);
    return r;
  }
};

}  // namespace metapool
