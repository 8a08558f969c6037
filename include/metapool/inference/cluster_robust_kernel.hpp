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
    std::vector<Real> score(p);
    variance_.assign(p * p, Real(0));
    for (std::size_t j = 0; j < in.clusters; ++j) {
      t_[j] = correction == cluster_correction::cr2 ? adjusted(j) : weighted(j, factor);
      const std::vector<std::size_t>& s = members_[j];
      for (std::size_t a = 0; a < p; ++a) {
        score[a] = 0;
        for (std::size_t r = 0; r < s.size(); ++r) score[a] += t_[j][a * s.size() + r] * in.residual[s[r]];
      }
      // summed as squares, so that a coefficient without spread keeps none but the square of rounding
      const std::vector<Real> moved = product(in.bread, std::span<const Real>(score));
      for (std::size_t a = 0; a < p; ++a) {
        for (std::size_t b = 0; b < p; ++b) variance_[b * p + a] += moved[a] * moved[b];
      }
      influence_.insert(influence_.end(), moved.begin(), moved.end());
    }
  }

  /// The p x p variance of the coefficients, column-major.
  const std::vector<Real>& variance() const { return variance_; }

  /// What each cluster moves the coefficients by, p entries after p: the variance is the sum of their squares.
  const std::vector<Real>& influence() const { return influence_; }

  /// Satterthwaite degrees of freedom of the contrast c'beta: (sum G_jj)^2 / sum_ij G_ij^2, with G_ij the covariance of the contrast's
  /// cluster scores if the working variances hold.
  Real df(std::span<const Real> c) const { return joint_df(c, 1); }

  /// Degrees of freedom of the Wishart distribution that q contrasts' variance comes nearest to (c: one after another, p entries each), by the total variance
  /// of its elements once its expectation Omega is taken to be the identity: q (q + 1) / sum_ij ((tr H_ij)^2 + tr H_ij^2), H_ij = Omega^-1 G_ij, with G_ij
  /// the q x q covariance of the contrasts' scores of clusters i and j if the working variances hold. q = 1: Satterthwaite's. 0 if Omega is singular.
  /// Tipton & Pustejovsky (2015), "HTZ".
  Real joint_df(std::span<const Real> c, std::size_t q) const {
    const std::size_t p = in_.p, m = in_.clusters;
    std::vector<contrast_scores> scores;
    for (std::size_t s = 0; s < q; ++s) scores.push_back(scores_of(c.subspan(s * p, p)));
    std::vector<Real> root(q * q, Real(0));  // of Omega
    for (std::size_t j = 0; j < m; ++j) {
      const std::vector<Real> g = score_covariance(scores, j, j);
      for (std::size_t s = 0; s < q * q; ++s) root[s] += g[s];
    }
    for (std::size_t s = 0; s < q; ++s) {  // its Cholesky factor
      const Real whole = root[s * q + s];
      for (std::size_t t = 0; t <= s; ++t) {
        Real left = root[s * q + t];
        for (std::size_t l = 0; l < t; ++l) left -= root[s * q + l] * root[t * q + l];
        if (s == t && !(left > 64 * std::numeric_limits<Real>::epsilon() * whole)) return Real(0);
        using std::sqrt;
        root[s * q + t] = s == t ? Real(sqrt(left)) : Real(left / root[t * q + t]);
      }
    }
    Real total = 0;
    for (std::size_t j = 0; j < m; ++j) {
      for (std::size_t i = 0; i <= j; ++i) {
        std::vector<Real> g = score_covariance(scores, i, j);
        for (std::size_t t = 0; t < q; ++t) {  // L^-1 G L^-T: columns, then rows
          for (std::size_t s = 0; s < q; ++s) {
            for (std::size_t l = 0; l < s; ++l) g[s * q + t] -= root[s * q + l] * g[l * q + t];
            g[s * q + t] /= root[s * q + s];
          }
        }
        Real trace = 0, squares = 0;
        for (std::size_t s = 0; s < q; ++s) {
          for (std::size_t t = 0; t < q; ++t) {
            for (std::size_t l = 0; l < t; ++l) g[s * q + t] -= root[t * q + l] * g[s * q + l];
            g[s * q + t] /= root[t * q + t];
          }
        }
        for (std::size_t s = 0; s < q; ++s) {
          trace += g[s * q + s];
          for (std::size_t t = 0; t < q; ++t) squares += g[s * q + t] * g[t * q + s];
        }
        total += (i == j ? 1 : 2) * (trace * trace + squares);
      }
    }
    return static_cast<Real>(q * (q + 1)) / total;
  }

 private:
  /// Of a contrast and each cluster: the weights of its residuals in the contrast, X'q and X'W Phi q with M and N applied.
  struct contrast_scores {
    std::vector<std::vector<Real>> weights{};
    std::vector<Real> x{}, y{}, mx{}, my{}, nx{};
  };

  contrast_scores scores_of(std::span<const Real> c) const {
    const std::size_t p = in_.p, m = in_.clusters;
    const std::vector<Real> mc = product(in_.bread, c);
    contrast_scores r;
    r.weights.resize(m);
    r.x.assign(m * p, Real(0));
    r.y.assign(m * p, Real(0));
    for (std::size_t j = 0; j < m; ++j) {
      const std::vector<std::size_t>& s = members_[j];
      for (std::size_t n = 0; n < s.size(); ++n) {
        const std::size_t i = s[n];
        Real q = 0;
        for (std::size_t a = 0; a < p; ++a) q += t_[j][a * s.size() + n] * mc[a];
        r.weights[j].push_back(q);
        for (std::size_t a = 0; a < p; ++a) {
          r.x[j * p + a] += x(i, a) * q;
          r.y[j * p + a] += x(i, a) * (in_.w[i] * in_.phi[i]) * q;
        }
      }
      const std::span<const Real> xj(r.x.data() + j * p, p), yj(r.y.data() + j * p, p);
      const std::vector<Real> mx = product(in_.bread, xj), my = product(in_.bread, yj), nx = product(n_, xj);
      r.mx.insert(r.mx.end(), mx.begin(), mx.end());
      r.my.insert(r.my.end(), my.begin(), my.end());
      r.nx.insert(r.nx.end(), nx.begin(), nx.end());
    }
    return r;
  }

  /// Covariance of the scores of clusters i and j, by rows: entry s, t is that of contrast s in i and contrast t in j.
  std::vector<Real> score_covariance(const std::vector<contrast_scores>& c, std::size_t i, std::size_t j) const {
    const std::size_t p = in_.p, q = c.size();
    const std::vector<std::size_t>& members = members_[j];
    const bool exact = i == j && members.size() == 1 && !in_.one_less_leverage.empty();
    std::vector<Real> g(q * q, Real(0));
    for (std::size_t s = 0; s < q; ++s) {
      for (std::size_t t = 0; t < q; ++t) {
        Real value = 0, own = 0;
        for (std::size_t n = 0; i == j && n < members.size(); ++n) own += c[s].weights[j][n] * c[t].weights[j][n] * in_.phi[members[n]];
        for (std::size_t a = 0; a < p && !exact; ++a) {
          value += c[s].x[i * p + a] * (c[t].nx[j * p + a] - c[t].my[j * p + a]) - c[s].y[i * p + a] * c[t].mx[j * p + a];
        }
        g[s * q + t] = exact ? Real(own * in_.one_less_leverage[members[0]]) : Real(own + value);
      }
    }
    return g;
  }

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
  std::vector<Real> n_, variance_, influence_;
};

}  // namespace detail
}  // namespace metapool
