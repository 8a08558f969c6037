// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/bootstrap.hpp>
#include <metapool/tau2/fixed.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace mp = metapool;
using metapool_test::close;

namespace {

mp::effects<double> trials() {
  mp::effects<double> e;
  e.y = {-0.8893, -1.5854, -1.3481, -1.4416, -0.2175, -0.7861, -1.6209, 0.0120, -0.4694, -1.3713};
  e.v = {0.3256, 0.1946, 0.4154, 0.0200, 0.0512, 0.0069, 0.2230, 0.0040, 0.0564, 0.0730};
  e.labels.assign(10, "trial");
  return e;
}

}  // namespace

TEST_CASE("A parametric replicate is the fit of effects drawn from its own stream of random numbers") {
  const auto d = mp::bootstrap(trials(), mp::reml{}, {.replicates = 101, .seed = 5});
  REQUIRE(d.tau2.size() == 101);
  for (const std::size_t b : {std::size_t(0), std::size_t(7), std::size_t(50), std::size_t(100)}) {
    metapool::detail::random_stream random(5, b);
    auto e = trials();
    for (std::size_t i = 0; i < 10; ++i) e.y[i] = d.fit.estimate + std::sqrt(e.v[i] + *d.fit.tau2) * random.normal();
    const auto fit = mp::random_effects(e, mp::reml{});
    CHECK(close(d.mean[b], fit.estimate, metapool_test::digits12));
    CHECK(close(d.se[b], fit.se, metapool_test::digits12));
    CHECK(close(0.004 + d.tau2[b], 0.004 + *fit.tau2, metapool_test::digits12));
  }
}

TEST_CASE("A replicate of studies is the fit of k studies drawn with replacement") {
  const auto d = mp::bootstrap(trials(), mp::dersimonian_laird{}, {.kind = mp::bootstrap_kind::nonparametric, .replicates = 30, .seed = 9});
  for (std::size_t b = 0; b < 30; ++b) {
    metapool::detail::random_stream random(9, b);
    auto e = trials();
    const auto from = trials();
    for (std::size_t i = 0; i < 10; ++i) {
      const auto chosen = static_cast<std::size_t>(random.below(10));
      e.y[i] = from.y[chosen];
      e.v[i] = from.v[chosen];
    }
    const auto fit = mp::random_effects(e, mp::dersimonian_laird{});
    CHECK(d.mean[b] == fit.estimate);
    CHECK(d.tau2[b] == *fit.tau2);
  }
}

TEST_CASE("The draws have the same bits for any number of threads") {
  for (const auto kind : {mp::bootstrap_kind::parametric, mp::bootstrap_kind::nonparametric}) {
    const auto one = mp::bootstrap(trials(), mp::reml{}, {.kind = kind, .replicates = 1003});
    const auto three = mp::bootstrap(trials(), mp::reml{}, {.kind = kind, .replicates = 1003, .threads = 3});
    CHECK(one.mean == three.mean);
    CHECK(one.se == three.se);
    CHECK(one.tau2 == three.tau2);
    const auto other = mp::bootstrap(trials(), mp::reml{}, {.kind = kind, .replicates = 1003, .seed = 2});
    CHECK(one.mean != other.mean);
  }
}

TEST_CASE("With tau2 fixed the parametric draws of the mean are normal with the mean and standard error of the fit") {
  const auto d = mp::bootstrap(trials(), mp::fixed_tau2{.tau2 = 0.2}, {.replicates = 40000});
  double sum = 0, square = 0;
  for (const double x : d.mean) {
    const double z = (x - d.fit.estimate) / d.fit.se;
    sum += z;
    square += z * z;
  }
  CHECK(std::fabs(sum / 40000) < 4 / std::sqrt(40000.0));
  CHECK(std::fabs(square / 40000 - 1) < 4 * std::sqrt(2 / 40000.0));
  CHECK(*std::min_element(d.se.begin(), d.se.end()) == *std::max_element(d.se.begin(), d.se.end()));
}

TEST_CASE("A bootstrap refuses what it cannot do") {
  CHECK_THROWS_AS(mp::bootstrap(trials(), mp::reml{}, {.replicates = 0}), mp::input_error);
  mp::effects<double> one;
  one.y = {1};
  one.v = {1};
  one.labels = {"a"};
  CHECK_THROWS_AS(mp::bootstrap(one), mp::not_estimable);
  auto bad = trials();
  bad.v[2] = 0;
  CHECK_THROWS_AS(mp::bootstrap(bad), mp::input_error);
}
