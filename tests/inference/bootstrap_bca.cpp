// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/bootstrap_bca.hpp>

#include <metapool/tau2/fixed.hpp>
#include <metapool/tau2/reml.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <vector>

namespace mp = metapool;
using metapool_test::close;

namespace {

/// 19 draws 1, ..., 19 in disorder of the mean of 4, 8 and 13.
mp::bootstrap_draws<double> nineteen() {
  mp::bootstrap_draws<double> d;
  d.options.kind = mp::bootstrap_kind::nonparametric;
  d.fit.method = "fixed tau2";
  d.fit.data = mp::known_effects<double>({4, 8, 13}, {1, 1, 1});
  d.fit.estimate = 25.0 / 3;
  d.fit.se = 4;
  d.fit.tau2 = 0;
  for (int i = 0; i < 19; ++i) d.mean.push_back((7 * i) % 19 + 1);
  d.se.assign(19, 2.0);
  d.tau2.assign(19, 0.0);
  return d;
}

}  // namespace

TEST_CASE("BCa ends are the draws at Efron's shares") {
  // R: z0 = qnorm(8.5 / 20) = -0.189118426272792, a = 0.0129963010894886 from mean(y[-i]); shares times 20 at 0.1 and 0.9
  const auto r = mp::bootstrap_bca(nineteen(), mp::fixed_tau2{}, 0.8);
  CHECK(close(r.lower, 1.02636036152893, metapool_test::digits12));
  CHECK(close(r.upper, 16.4192953675948, metapool_test::digits12));
  CHECK(close(r.p, 0.104494909041269, metapool_test::digits12));  // 0 below all draws: at the share 0.5 / 20
  CHECK(r.notes.size() == 1);
  CHECK(r.notes[0] == "bias correction -0.1891, acceleration 0.013");
  const auto at_end = mp::bootstrap_bca(nineteen(), mp::fixed_tau2{}, 0.9);
  CHECK(at_end.lower == 1);
  CHECK(at_end.notes.size() == 2);
}

TEST_CASE("without bias and skewness BCa is the percentile interval") {
  auto d = nineteen();
  d.fit.data = mp::known_effects<double>({6, 10, 14}, {1, 1, 1});
  d.fit.estimate = 10;
  const auto r = mp::bootstrap_bca(d, mp::fixed_tau2{}, 0.75);
  const auto percentile = mp::bootstrap_mean(d, mp::bootstrap_method::percentile, 0.75);
  CHECK(close(r.lower, percentile.lower, metapool_test::digits12));
  CHECK(close(r.upper, percentile.upper, metapool_test::digits12));
}

TEST_CASE("BCa of random effects: p and interval agree, signs and units do not matter, skewed effects move both ends their way") {
  const std::vector<double> y{0.1, 0.5, 0.3, 0.9, 0.2, 2.4, 0.35, 0.15}, v{0.04, 0.09, 0.02, 0.3, 0.11, 0.05, 0.06, 0.2};
  const auto draws_of = [&](double factor) {
    std::vector<double> a, b;
    for (std::size_t i = 0; i < y.size(); ++i) {
      a.push_back(factor * y[i]);
      b.push_back(factor * factor * v[i]);
    }
    return mp::bootstrap(mp::known_effects(a, b), mp::reml{}, {.kind = mp::bootstrap_kind::nonparametric, .replicates = 499});
  };
  const auto d = draws_of(1);
  const auto r = mp::bootstrap_bca(d, mp::reml{});
  const auto percentile = mp::bootstrap_mean(d);
  CHECK(r.lower >= percentile.lower);
  CHECK(r.upper > percentile.upper);
  const auto turned = mp::bootstrap_bca(draws_of(-1e6), mp::reml{});
  CHECK(close(turned.lower, -1e6 * r.upper, metapool_test::digits8));
  CHECK(close(turned.upper, -1e6 * r.lower, metapool_test::digits8));
  CHECK(close(turned.p, r.p, metapool_test::digits8));
  // moved so that 0 stands at the lower end, between two draws
  auto moved = d;
  for (double& x : moved.mean) x -= r.lower + 1e-9;
  moved.fit.estimate -= r.lower + 1e-9;
  for (double& x : moved.fit.data.y) x -= r.lower + 1e-9;
  CHECK(std::fabs(mp::bootstrap_bca(moved, mp::reml{}).p - 0.05) < 0.01);
}

TEST_CASE("BCa of equal effects is a point, and what it cannot do is refused") {
  const auto equal = mp::bootstrap(mp::known_effects<double>({0.5, 0.5, 0.5}, {1, 1, 1}), mp::reml{}, {.kind = mp::bootstrap_kind::nonparametric, .replicates = 99});
  const auto r = mp::bootstrap_bca(equal, mp::reml{});
  CHECK(r.lower == 0.5);
  CHECK(r.upper == 0.5);
  auto d = nineteen();
  CHECK_THROWS_AS(mp::bootstrap_bca(d, mp::reml{}, 0.8), mp::input_error);
  CHECK_THROWS_AS(mp::bootstrap_bca(d, mp::fixed_tau2{}, 0.99), mp::input_error);  // too few draws
  d.options.kind = mp::bootstrap_kind::parametric;
  CHECK_THROWS_AS(mp::bootstrap_bca(d, mp::fixed_tau2{}, 0.8), mp::input_error);
  const auto two = mp::bootstrap(mp::known_effects<double>({0.1, 0.5}, {1, 1}), mp::reml{}, {.kind = mp::bootstrap_kind::nonparametric, .replicates = 99});
  CHECK_THROWS_AS(mp::bootstrap_bca(two, mp::reml{}), mp::not_estimable);
}
