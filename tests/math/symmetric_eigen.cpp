// SPDX-License-Identifier: BSL-1.0
#include <metapool/math/symmetric_eigen.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

using namespace metapool_test;
using metapool::detail::symmetric_eigen;

TEST_CASE("eigenvalues of 2 x 2 matrices in closed form") {
  auto e = symmetric_eigen<double>({2, 1, 1, 2}, 2);
  std::sort(e.values.begin(), e.values.end());
  CHECK(close(e.values[0], 1.0, digits15));
  CHECK(close(e.values[1], 3.0, digits15));
  CHECK(symmetric_eigen<double>({5}, 1).values[0] == 5.0);
}

TEST_CASE("eigenvectors are orthonormal and give the matrix back, at any grading") {
  const std::size_t n = 7;
  for (double grade : {1.0, 1e-3}) {
    std::vector<double> a(n * n), size(n);
    for (std::size_t i = 0; i < n; ++i) size[i] = std::pow(grade, static_cast<double>(i));
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j <= i; ++j) {
        const double x = i == j ? 2.0 : std::cos(static_cast<double>(3 * i + 5 * j + i * j));
        a[i * n + j] = a[j * n + i] = x * size[i] * size[j];
      }
    }
    const auto e = symmetric_eigen(a, n);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        double product = 0, again = 0;
        for (std::size_t d = 0; d < n; ++d) {
          product += e.vectors[i * n + d] * e.vectors[j * n + d];
          again += e.values[d] * e.vectors[d * n + i] * e.vectors[d * n + j];
        }
        CHECK(close(product, i == j ? 1.0 : 0.0, at_scale(digits14, 1)));
        CHECK(close(again, a[i * n + j], at_scale(digits14, size[0] * 10)));
      }
    }
  }
}

TEST_CASE("small eigenvalues of a graded matrix keep their digits") {
  // D C D with D = diag(1, 1e-6, 1e-12), C = ones / 2 + identity / 2; determinant 1e-36 / 2
  const double d[] = {1, 1e-6, 1e-12};
  std::vector<double> a;
  for (double x : d) {
    for (double y : d) a.push_back(x * y * (x == y ? 1 : 0.5));
  }
  auto e = symmetric_eigen(a, 3);
  std::sort(e.values.begin(), e.values.end());
  // Schur complements: 1, 3/4 1e-12, 2/3 1e-24, up to terms of relative size 1e-12
  CHECK(close(e.values[0], 1e-24 * 2 / 3, tolerance{1e-11, 0, 0, "relative size of what the limit leaves out"}));
  CHECK(close(e.values[1], 0.75e-12, tolerance{1e-11, 0, 0, "relative size of what the limit leaves out"}));
}
