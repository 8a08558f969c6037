// SPDX-License-Identifier: BSL-1.0
// A likelihood regression in double against the same likelihood in 50 digits by brute force: evenly spaced nodes, derivatives under the integral.
#include <metapool/model/glmm_regression.hpp>

#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>
#include <boost/multiprecision/cpp_bin_float.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

using metapool_test::trial;
using big = boost::multiprecision::number<boost::multiprecision::cpp_bin_float<50>, boost::multiprecision::et_off>;

namespace {

const std::vector<metapool::binary_trial<>> trials{trial("1", 1, 12, 5, 12), trial("2", 9, 30, 3, 28), trial("3", 0, 20, 4, 21), trial("4", 2, 40, 9, 39),
                                                   trial("5", 6, 30, 4, 33)};
const std::vector<double> moderator{2, 0.5, 1, 0, 1.5};

/// Derivatives of the log-likelihood of the binomial-normal model in (b0, b1, tau2).
std::array<big, 3> score(const std::array<big, 3>& at) {
  const big tau = sqrt(at[2]);
  std::array<big, 3> g{};
  for (std::size_t i = 0; i < trials.size(); ++i) {
    const auto& t = trials[i];
    const big a = *t.treated.events, n = a + *t.control.events, offset = log(big(*t.treated.total) / big(*t.control.total));
    const big mean = at[0] + at[1] * moderator[i];
    big f = 0, in_mean = 0, in_variance = 0;
    for (int j = -40; j <= 40; ++j) {
      const big z = big(j) / 4, eta = mean + tau * z + offset, e = exp(eta);
      const big w = exp(big(a * eta - n * log(big(1 + e)) - z * z / 2));
      f += w;
      in_mean += w * (a - n * e / (1 + e));
      in_variance += w * (z * z - 1);
    }
    g[0] += in_mean / f;
    g[1] += in_mean / f * moderator[i];
    g[2] += in_variance / f / (2 * at[2]);
  }
  return g;
}

}  // namespace

TEST_CASE("Coefficients, tau2 and standard errors of a likelihood regression have twelve digits") {
  const auto fit = metapool::glmm_regression(trials, metapool::odds_ratio{}, metapool::design_of(moderator, "x"), metapool::conditional_approximate{});
  REQUIRE(fit.tau2 > 0);
  const std::array<big, 3> at{fit.coefficients(0), fit.coefficients(1), fit.tau2};
  const auto g = score(at);
  std::array<std::array<big, 3>, 3> information{};
  const big h = big("1e-12");
  for (std::size_t p = 0; p < 3; ++p) {
    auto up = at, down = at;
    up[p] += h;
    down[p] -= h;
    const auto a = score(up), b = score(down);
    for (std::size_t q = 0; q < 3; ++q) information[q][p] = -(a[q] - b[q]) / (2 * h);
  }
  // the inverse by cofactors
  const auto minor = [&](std::size_t p, std::size_t q) {
    const std::size_t a = (p + 1) % 3, b = (p + 2) % 3, c = (q + 1) % 3, d = (q + 2) % 3;
    return big(information[a][c] * information[b][d] - information[a][d] * information[b][c]);
  };
  const big det = information[0][0] * minor(0, 0) + information[0][1] * minor(0, 1) + information[0][2] * minor(0, 2);
  for (std::size_t p = 0; p < 3; ++p) {
    big step = 0;  // Newton's, in 50 digits: what is wrong with the answer
    for (std::size_t q = 0; q < 3; ++q) step += minor(q, p) / det * g[q];
    CHECK(abs(step) < big(1e-12) * abs(at[p]));
    const double se = p < 2 ? std::sqrt(fit.covariance(static_cast<Eigen::Index>(p), static_cast<Eigen::Index>(p))) : *fit.se_tau2;
    CHECK(metapool_test::close(se, static_cast<double>(sqrt(big(minor(p, p) / det))), metapool_test::digits10));
  }
}
