// SPDX-License-Identifier: BSL-1.0
#include <metapool/math/beta.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <initializer_list>

using namespace metapool::detail;
using namespace metapool_test;

TEST_CASE("the beta distribution of whole parameters is a binomial tail") {
  // P(X <= x) of beta(a, b) = P(at least a successes in a + b - 1 draws with probability x)
  const int n = 11;
  for (int a : {1, 3, 10}) {
    for (double x : {1e-3, 0.18, 0.5, 0.97}) {
      double at_least = 0, below = 0, choose = 1;
      for (int s = 0; s <= n; ++s) {
        const double p = choose * std::pow(x, s) * std::pow(1 - x, n - s);
        (s >= a ? at_least : below) += p;
        choose = choose * (n - s) / (s + 1);
      }
      CHECK(close(beta_cdf<double>(a, n + 1 - a, x), at_least, digits12));
      CHECK(close(beta_upper_tail<double>(a, n + 1 - a, x), below, digits12));
    }
  }
}

TEST_CASE("beta quantiles invert either tail") {
  for (double p : {1e-12, 0.025, 0.5, 0.975}) {
    CHECK(close(beta_cdf(2.0, 10.0, beta_quantile(2.0, 10.0, p)), p, digits10));
    CHECK(close(beta_upper_tail(2.0, 10.0, beta_quantile_upper(2.0, 10.0, p)), p, digits10));
  }
  CHECK(close(beta_quantile(1.0, 5.0, 0.3), 1 - std::pow(0.7, 0.2), digits12));
  CHECK(close(beta_quantile_upper(5.0, 1.0, 0.3), std::pow(0.7, 0.2), digits12));
}
