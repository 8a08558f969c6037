// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/cluster_robust_kernel.hpp>

#include <metapool/effect/risk_ratio.hpp>

#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {

/// Inverse of a small matrix by Gauss and Jordan with pivots.
std::vector<double> inverse(std::vector<double> a, std::size_t p) {
  std::vector<double> b(p * p, 0.0);
  for (std::size_t i = 0; i < p; ++i) b[i * p + i] = 1;
  for (std::size_t c = 0; c < p; ++c) {
    std::size_t best = c;
    for (std::size_t r = c; r < p; ++r) best = std::fabs(a[r * p + c]) > std::fabs(a[best * p + c]) ? r : best;
    for (std::size_t i = 0; i < p; ++i) {
      std::swap(a[c * p + i], a[best * p + i]);
      std::swap(b[c * p + i], b[best * p + i]);
    }
    const double pivot = a[c * p + c];
    for (std::size_t i = 0; i < p; ++i) {
      a[c * p + i] /= pivot;
      b[c * p + i] /= pivot;
    }
    for (std::size_t r = 0; r < p; ++r) {
      const double f = a[r * p + c];
      if (r == c) continue;
      for (std::size_t i = 0; i < p; ++i) {
        a[r * p + i] -= f * a[c * p + i];
        b[r * p + i] -= f * b[c * p + i];
      }
    }
  }
  return b;
}

/// A regression of the BCG trials' log risk ratios on three columns, in seven made-up clusters.
struct regression {
  std::vector<double> x, w, phi, residual, bread, beta;
  std::vector<std::size_t> cluster{0, 1, 0, 2, 3, 2, 1, 4, 0, 3, 4, 5, 6};
  metapool::detail::cluster_robust_input<double> in;

  regression(std::vector<double> design, double tau2, double tau2_of_weights) : x(std::move(design)) {
    const auto e = effect_sizes(bcg(), risk_ratio{});
    const std::size_t k = 13, p = x.size() / k;
    std::vector<double> xwx(p * p, 0.0), xwy(p, 0.0);
    for (std::size_t i = 0; i < k; ++i) {
      w.push_back(1 / (e.v[i] + tau2_of_weights));
      phi.push_back(e.v[i] + tau2);
      for (std::size_t a = 0; a < p; ++a) {
        for (std::size_t b = 0; b < p; ++b) xwx[a * p + b] += x[a * k + i] * w[i] * x[b * k + i];
        xwy[a] += x[a * k + i] * w[i] * e.y[i];
      }
    }
    bread = inverse(xwx, p);
    beta.assign(p, 0.0);
    for (std::size_t a = 0; a < p; ++a) {
      for (std::size_t b = 0; b < p; ++b) beta[a] += bread[a * p + b] * xwy[b];
    }
    for (std::size_t i = 0; i < k; ++i) {
      residual.push_back(e.y[i]);
      for (std::size_t a = 0; a < p; ++a) residual[i] -= x[a * k + i] * beta[a];
    }
    in.k = k;
    in.p = p;
    in.clusters = 7;
    in.x = x;
    in.w = w;
    in.phi = phi;
    in.residual = residual;
    in.bread = bread;
    in.cluster = cluster;
  }

  void check(cluster_correction correction, const std::vector<double>& variance, const std::vector<double>& df) const {
    const metapool::detail::cluster_robust_kernel<double> kernel(in, correction);
    for (std::size_t i = 0; i < variance.size(); ++i) CHECK(close(kernel.variance()[i], variance[i], digits10));
    for (std::size_t a = 0; a < df.size(); ++a) {
      std::vector<double> c(in.p, 0.0);
      c[a] = 1;
      CHECK(close(kernel.df(std::span<const double>(c)), df[a], digits10));
    }
  }
};

/// Constant, (latitude - 33) / 10 and a third column.
std::vector<double> design(const std::vector<double>& third) {
  std::vector<double> x(13, 1.0);
  for (double latitude : {44, 55, 42, 52, 13, 44, 19, 13, 27, 42, 18, 33, 33}) x.push_back((latitude - 33) / 10);
  x.insert(x.end(), third.begin(), third.end());
  return x;
}

std::vector<double> years() {
  std::vector<double> x;
  for (double year : {1948, 1949, 1960, 1977, 1973, 1953, 1973, 1980, 1968, 1961, 1974, 1969, 1976}) x.push_back((year - 1966) / 10);
  return x;
}

}  // namespace

TEST_CASE("three coefficients: variance and degrees of freedom of every correction are clubSandwich's") {
  // clubSandwich (Debian 12's) on metafor 3.8, rma(method = "DL"): tau2 is its
  const double tau2 = 0.0790389578152546;
  const regression r(design(years()), tau2, tau2);
  CHECK(close(r.beta[0], -0.711110559005711, digits10));
  using enum cluster_correction;
  r.check(cr0, {0.00885093457772058, -0.00174518781110287, -0.00265778481883798, -0.00174518781110287, 0.00358832042560736, 0.00701994216107966, -0.00265778481883798, 0.00701994216107966, 0.016106011732934},
          {4.19640807983284, 2.84196627260776, 2.72521941574289});
  r.check(cr1, {0.010326090340674, -0.00203605244628668}, {4.19640807983284});
  r.check(cr1p, {0.015489135511011, -0.00305407866943002}, {4.19640807983284});
  r.check(cr2, {0.00988834088816366, -0.00373242364316525, -0.00544378749156578, -0.00373242364316525, 0.0146929984372853, 0.0270791876481256, -0.00544378749156578, 0.0270791876481256, 0.0524218095940019},
          {3.99450536531501, 1.92774296120482, 1.68994284780864});
}

TEST_CASE("weights that are not those of the working variances: clubSandwich's CR2") {
  const regression r(design(years()), 0.0790389578152546, 0);
  r.check(cluster_correction::cr2, {0.010313129371821, -0.0107582378846696, -0.0229520908537817, -0.0107582378846696, 0.0130499910102607, 0.0277756632257562, -0.0229520908537817, 0.0277756632257562, 0.0626308740002843},
          {1.6614594710276, 1.76475219563534, 1.11901280227966});
}

TEST_CASE("a column that is 1 in one cluster alone makes its matrix singular: the pseudo-inverse, as clubSandwich") {
  const double tau2 = 0.0705628447785607;
  const regression r(design({1, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0}), tau2, tau2);
  r.check(cluster_correction::cr2, {0.0123128607259455, -0.000557358206300164, -0.0122972418721696, -0.000557358206300165, 0.000641460499655851, 0.000660139323687096, -0.0122972418721696, 0.000660139323687096, 0.0135642219742795},
          {3.17454360264548, 2.89363151613674, 2.84959048113037});
}

TEST_CASE("CR2 is unbiased if the working variances hold: sum of T' (I - H) Phi (I - H)' T is X'W Phi W X") {
  // the expectation is linear in the residuals' second moments: feed sqrt(phi_i) (I - H) e_i for each i and add
  const double tau2 = 0.0790389578152546;
  for (double tau2_of_weights : {tau2, 0.0}) {
    regression r(design(years()), tau2, tau2_of_weights);
    std::vector<double> sum(9, 0.0), middle(9, 0.0);
    for (std::size_t d = 0; d < 13; ++d) {
      for (std::size_t i = 0; i < 13; ++i) {
        double h = 0;
        for (std::size_t a = 0; a < 3; ++a) {
          for (std::size_t b = 0; b < 3; ++b) h += r.x[a * 13 + i] * r.bread[a * 3 + b] * r.x[b * 13 + d] * r.w[d];
        }
        r.residual[i] = std::sqrt(r.phi[d]) * ((i == d ? 1.0 : 0.0) - h);
      }
      r.in.residual = r.residual;
      const metapool::detail::cluster_robust_kernel<double> kernel(r.in, cluster_correction::cr2);
      for (std::size_t i = 0; i < 9; ++i) sum[i] += kernel.variance()[i];
    }
    for (std::size_t a = 0; a < 3; ++a) {
      for (std::size_t b = 0; b < 3; ++b) {
        for (std::size_t i = 0; i < 13; ++i) middle[a * 3 + b] += r.x[a * 13 + i] * r.w[i] * r.phi[i] * r.w[i] * r.x[b * 13 + i];
      }
    }
    for (std::size_t a = 0; a < 3; ++a) {
      for (std::size_t b = 0; b < 3; ++b) {
        double v = 0;
        for (std::size_t c = 0; c < 3; ++c) {
          for (std::size_t d = 0; d < 3; ++d) v += r.bread[a * 3 + c] * middle[c * 3 + d] * r.bread[d * 3 + b];
        }
        CHECK(close(sum[a * 3 + b], v, at_scale(digits12, 1e-2)));
      }
    }
  }
}
