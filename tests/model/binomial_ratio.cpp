// SPDX-License-Identifier: BSL-1.0
#include <metapool/model/binomial_ratio.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <cmath>

using metapool::detail::binomial_log_ratio;
using metapool_test::close;

TEST_CASE("Binomial log-likelihood ratios are those of the two probabilities") {
  const auto plain = [](double y, double n, double p) { return y * std::log(p * n / y) + (n - y) * std::log((1 - p) * n / (n - y)); };
  CHECK(close(binomial_log_ratio(3.0, 12.0, 0.26, 0.74), plain(3, 12, 0.26), metapool_test::digits12));
  CHECK(close(binomial_log_ratio(3.0, 12.0, 0.9, 0.1), plain(3, 12, 0.9), metapool_test::digits12));
  CHECK(close(binomial_log_ratio(0.0, 12.0, 1e-20, 1.0), -12e-20, metapool_test::digits14));
  CHECK(close(binomial_log_ratio(12.0, 12.0, 1.0, 1e-20), -12e-20, metapool_test::digits14));
  CHECK(binomial_log_ratio(12.0, 12.0, 1.0, 0.0) == 0);
  CHECK(close(binomial_log_ratio(12.0, 12.0, 0.2, 0.8), 12 * std::log(0.2), metapool_test::digits14));
  CHECK(binomial_log_ratio(3.0, 12.0, 0.25, 0.75) == 0);
  // far off on either side, where a risk next to 1 is known by what is missing from it
  CHECK(close(binomial_log_ratio(10.0, 12.0, 0.1, 0.9), plain(10, 12, 0.1), metapool_test::digits12));
  CHECK(close(binomial_log_ratio(2.0, 12.0, 0.1, 0.9), plain(2, 12, 0.1), metapool_test::digits12));
  CHECK(close(binomial_log_ratio(1e9 - 3, 1e9, 1 - 2e-9, 2e-9), 1e9 * (1 - 3e-9) * (std::log1p(-2e-9) - std::log1p(-3e-9)) + 3 * std::log(2.0 / 3),
              metapool_test::digits12));
}

TEST_CASE("A billion patients keep the digits of their likelihood ratio") {
  // -n (x^2 / p + x^2 / q) / 2 + n (x^3 / p^2 - x^3 / q^2) / 3 - ... with x = 2^-20
  const double n = 1e9, p = 0.25, q = 0.75, x = 1.0 / 1048576;
  const double series = -n * x * x * (1 / p + 1 / q) / 2 + n * x * x * x * (1 / (p * p) - 1 / (q * q)) / 3 -
                        n * x * x * x * x * (1 / (p * p * p) + 1 / (q * q * q)) / 4;
  CHECK(close(binomial_log_ratio(n * p, n, p + x, q - x), series, metapool_test::digits12));
}
