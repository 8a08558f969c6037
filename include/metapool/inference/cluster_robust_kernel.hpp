// SPDX-License-Identifier: BSL-1.0
// Cluster-robust variance of weighted least squares with any number of coefficients: the kernel of the mean and of meta-regression.
#pragma once

#include <metapool/math/symmetric_eigen.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

namespace metapool {

/// Corrections of the cluster-robust variance for few clusters; m clusters, p coefficients.
enum class cluster_correction : std::uint8_t {
  cr0,   ///< none: White's, far too small with few clusters
  cr1,   ///< times m / (m - 1)
  cr1p,  ///< times m / (m - p) (metafor's robust; for a mean the same as cr1)
  cr2    ///< bias-reduced linearisation: unbiased if the fit's own variances hold; recommended
};

namespace detail {

/// What a weighted least-squares fit gives to its cluster-robust variance. Matrices are column-major (X: k x p; bread: p x p).
template <class Real>
struct cluster_robust_input {
  std::size_t k{}, p{}, clusters{};
  std::span<const Real> x{};                ///< design
  std::span<const Real> w{};                ///< weights
  std::span<const Real> phi{};              ///< working variances: v + tau2
  std::span<const Real> residual{};
  std::span<const Real> bread{};            ///< (X'WX)^-1
  std::span<const std::size_t> cluster{};   ///< number of each study's cluster, from 0
  std::span<const Real> one_less_leverage{};  ///< may be empty; for W = 1/phi, where the caller has 1 - h without cancellation
};

/// V = M sum_j X_j' W_j A_j e_j e_j' A_j' W_j X_j M, with M the bread, and A_j the adjustment matrices of Pustejovsky & Tipton (2018):
/// A = D' (D [(I - H) Phi (I - H)']_jj D')^{+1/2} D, D = Phi_j^{1/2} (the symmetric root of the pseudo-inverse). It keeps T_j = A_j' W_j X_j,
/// from which the degrees of freedom of every contrast follow.
template <class Real>
class cluster_robust_kernel {
 public:
  cluster_robust_kernel(const cluster_robust_input<Real>& in, cluster_correction correction) : in_(in) {
    using std::sqrt;
    const std::size_t k = in.k, p = in.p;
    // N = M X' W Phi W X M
    std::vector<Real> middle(p * p, Real(0));
    for (std::size_t a = 0; a < p; ++a) {
      for (std::size_t b = 0; b < p; ++b) {
        for (std::size_t i = 0; i < k; ++i) middle[b * p + a] += x(i, a) * (in.w[i] * (in.w[i] * in.phi[i])) * x(i, b);
      }
    }
    n_ = sandwich(middle);
    members_.resize(in.clusters);
    for (std::size_t i = 0; i < k; ++i) members_[in.cluster[i]].push_back(i);
    const Real m = static_cast<Real>(in.clusters);
    const Real factor = correction == cluster_correction::cr1    ? Real(sqrt(Real(m / (m - 1))))
                        : correction == cluster_correction::cr1p ? Real(sqrt(Real(m / (m - static_cast<Real>(p)))))
                                                                 : Real(1);
    t_.resize(in.clusters);
    std::vector<Real> meat(p * p, Real(0)), score(p);
    for (std::size_t j = 0; j < in.clusters; ++j) {
      t_[j] = correction == cluster_correction::cr2 ? adjusted(j) : weighted(j, factor);
      const std::vector<std::size_t>& s = members_[j];
      for (std::size_t a = 0; a < p; ++a) {
        score[a] = 0;
        for (std::size_t r = 0; r < s.size(); ++r) score[a] += t_[j][a * s.size() + r] * in.residual[s[r]];
      }
      for (std::size_t a = 0; a < p; ++a) {
        for (std::size_t b = 0; b < p; ++b) meat[b * p + a] += score[a] * score[b];
      }
    }
    variance_ = sandwich(meat);
  }

  /// The p x p variance of the coefficients, column-major.
  const std::vector<Real>& variance() const { return variance_; }

  /// Satterthwaite degrees of freedom of the contrast c'beta: (sum G_jj)^2 / sum_ij G_ij^2, with G_ij the covariance of the contrast's
  /// cluster scores if the working variances hold.
  Real df(std::span<const Real> c) const {
    const std::size_t p = in_.p, m = in_.clusters;
    const std::vector<Real> mc = product(in_.bread, c);
    // of each cluster: its own variance, and X'q, X'W Phi q with M and N applied
    std::vector<Real> own(m, Real(0)), xq(m * p, Real(0)), yq(m * p, Real(0));
    for (std::size_t j = 0; j < m; ++j) {
      const std::vector<std::size_t>& s = members_[j];
      for (std::size_t r = 0; r < s.size(); ++r) {
        const std::size_t i = s[r];
        Real q = 0;
        for (std::size_t a = 0; a < p; ++a) q += t_[j][a * s.size() + r] * mc[a];
        own[j] += q * q * in_.phi[i];
        for (std::size_t a = 0; a < p; ++a) {
          xq[j * p + a] += x(i, a) * q;
          yq[j * p + a] += x(i, a) * (in_.w[i] * in_.phi[i]) * q;
        }
      }
    }
    Real trace = 0, squares = 0;
    for (std::size_t j = 0; j < m; ++j) {
      const std::span<const Real> xj(xq.data() + j * p, p), yj(yq.data() + j * p, p);
      const std::vector<Real> mx = product(in_.bread, xj), my = product(in_.bread, yj), nx = product(n_, xj);
      for (std::size_t i = 0; i <= j; ++i) {
        Real g = 0;
        for (std::size_t a = 0; a < p; ++a) {
          const Real xi = xq[i * p + a], yi = yq[i * p + a];
          g += xi * (nx[a] - my[a]) - yi * mx[a];
        }
        if (i == j) {
          const bool exact = members_[j].size() == 1 && !in_.one_less_leverage.empty();
          g = exact ? Real(own[j] * in_.one_less_leverage[members_[j][0]]) : Real(own[j] + g);
          trace += g;
        }
        squares += (i == j ? 1 : 2) * (g * g);
      }
    }
    return trace * trace / squares;
  }

 private:
  const Real& x(std::size_t i, std::size_t a) const { return in_.x[a * in_.k + i]; }

  std::vector<Real> product(std::span<const Real> matrix, std::span<const Real> c) const {
    std::vector<Real> r(in_.p, Real(0));
    for (std::size_t b = 0; b < in_.p; ++b) {
      for (std::size_t a = 0; a < in_.p; ++a) r[a] += matrix[b * in_.p + a] * c[b];
    }
    return r;
  }

  /// M middle M
  std::vector<Real> sandwich(const std::vector<Real>& middle) const {
    const std::size_t p = in_.p;
    std::vector<Real> left(p * p, Real(0)), r(p * p, Real(0));
    for (std::size_t b = 0; b < p; ++b) {
      for (std::size_t c = 0; c < p; ++c) {
        for (std::size_t a = 0; a < p; ++a) left[b * p + a] += in_.bread[c * p + a] * middle[b * p + c];
      }
    }
    for (std::size_t b = 0; b < p; ++b) {
      for (std::size_t c = 0; c < p; ++c) {
        for (std::size_t a = 0; a < p; ++a) r[b * p + a] += left[c * p + a] * in_.bread[b * p + c];
      }
    }
    return r;
  }

  /// factor W_j X_j
  std::vector<Real> weighted(std::size_t j, const Real& factor) const {
    const std::vector<std::size_t>& s = members_[j];
    std::vector<Real> t;
    t.reserve(s.size() * in_.p);
    for (std::size_t a = 0; a < in_.p; ++a) {
      for (const std::size_t i : s) t.push_back(factor * in_.w[i] * x(i, a));
    }
    return t;
  }

  /// A_j' W_j X_j
  std::vector<Real> adjusted(std::size_t j) const {
    using std::sqrt;
    const std::vector<std::size_t>& s = members_[j];
    const std::size_t n = s.size(), p = in_.p;
    if (n == 1 && !in_.one_less_leverage.empty()) return weighted(j, Real(1 / sqrt(in_.one_less_leverage[s[0]])));
    // B = D [(I - H) Phi (I - H)']_jj D, from M x and N x of each study
    std::vector<Real> mx, nx;
    for (const std::size_t i : s) {
      std::vector<Real> row(p);
      for (std::size_t a = 0; a < p; ++a) row[a] = x(i, a);
      const std::vector<Real> m = product(in_.bread, row), l = product(n_, row);
      mx.insert(mx.end(), m.begin(), m.end());
      nx.insert(nx.end(), l.begin(), l.end());
    }
    std::vector<Real> root(n), b(n * n);
    for (std::size_t r = 0; r < n; ++r) root[r] = sqrt(in_.phi[s[r]]);
    for (std::size_t c = 0; c < n; ++c) {
      for (std::size_t r = 0; r <= c; ++r) {
        Real h = 0, l = 0;
        for (std::size_t a = 0; a < p; ++a) {
          h += x(s[r], a) * mx[c * p + a];
          l += x(s[r], a) * nx[c * p + a];
        }
        const Real ur = in_.w[s[r]] * in_.phi[s[r]], uc = in_.w[s[c]] * in_.phi[s[c]];
        const Real value = (r == c ? in_.phi[s[r]] : Real(0)) - h * (ur + uc) + l;
        b[c * n + r] = b[r * n + c] = root[r] * value * root[c];
      }
    }
    const symmetric_eigen_result<Real> e = symmetric_eigen(std::move(b), n);
    // T = D B^{+1/2} D W X
    std::vector<Real> t(n * p, Real(0));
    const Real tolerance = 64 * static_cast<Real>(n) * std::numeric_limits<Real>::epsilon();
    for (std::size_t d = 0; d < n; ++d) {
      const Real* const z = e.vectors.data() + d * n;
      Real whole = 0;  // what the eigenvalue would be without the fitted part: z' Phi^2 z
      for (std::size_t r = 0; r < n; ++r) whole += z[r] * z[r] * in_.phi[s[r]] * in_.phi[s[r]];
      if (!(e.values[d] > tolerance * whole)) continue;  // nothing but rounding: the pseudo-inverse leaves it out
      const Real inverse_root = 1 / sqrt(e.values[d]);
      for (std::size_t a = 0; a < p; ++a) {
        Real inner = 0;
        for (std::size_t r = 0; r < n; ++r) inner += z[r] * root[r] * in_.w[s[r]] * x(s[r], a);
        for (std::size_t r = 0; r < n; ++r) t[a * n + r] += root[r] * z[r] * (inverse_root * inner);
      }
    }
    return t;
  }

  cluster_robust_input<Real> in_;
  std::vector<std::vector<std::size_t>> members_;
  std::vector<std::vector<Real>> t_;  ///< of each cluster A_j' W_j X_j, column-major
  std::vector<Real> n_, variance_;
};

}  // namespace detail
}  // namespace metapool
