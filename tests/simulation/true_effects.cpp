// SPDX-License-Identifier: BSL-1.0
#include <metapool/simulation/true_effects.hpp>

#include "support/published.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace metapool;
using namespace metapool_test;

namespace {

struct moments {
  double mean{}, variance{}, third{};
};

moments of(const any_spread& spread, int n) {
  metapool::detail::random_stream random(5, 9);
  moments m;
  for (int i = 0; i < n; ++i) {
    const double x = metapool::detail::draw_effect({.mean = 0, .tau2 = 1, .spread = spread}, random);
    m.mean += x / n;
    m.variance += x * x / n;
    m.third += x * x * x / n;
  }
  return m;
}

}  // namespace

TEST_CASE("every shape has mean 0 and variance 1, and its own skewness") {
  const int n = 40000;
  for (const any_spread& s : {any_spread(normal_spread{}), any_spread(t_spread{.df = 9}), any_spread(skewed_spread{.skewness = 1.2}), any_spread(skewed_spread{.skewness = -1.2})}) {
    const moments m = of(s, n);
    CHECK(std::fabs(m.mean) < 4 / std::sqrt(n));
    CHECK(std::fabs(m.variance - 1) < 4 * std::sqrt(5.0 / n));
    const auto* skewed = std::get_if<skewed_spread>(&s);
    CHECK(std::fabs(m.third - (skewed ? skewed->skewness : 0)) < 0.25);
  }
}

TEST_CASE("a t distribution has trials far off where a normal one has none") {
  metapool::detail::random_stream random(2, 2);
  int far = 0, normal = 0;
  for (int i = 0; i < 20000; ++i) {
    far += std::fabs(t_spread{.df = 3}(random)) > 4;
    normal += std::fabs(normal_spread{}(random)) > 4;
  }
  CHECK(normal < 8);
  CHECK(far > 60);  // P(|t3| > 4 sqrt(3)) = 0.0062
  CHECK(far < 190);
}

TEST_CASE("effects lie about the mean, without spread on it") {
  metapool::detail::random_stream random(2, 2);
  CHECK(metapool::detail::draw_effect({.mean = -0.4}, random) == -0.4);
  metapool::detail::random_stream same(8, 1), again(8, 1);
  CHECK(metapool::detail::draw_effect({.mean = 3, .tau2 = 0.25}, same) == 3 + 0.5 * again.normal());
}

TEST_CASE("models of effects that make no sense are refused") {
  const auto why = [](const true_effects_model& m) { return message_of<input_error>([&] { metapool::detail::check(m, "f"); }); };
  CHECK(contains(why({.mean = std::nan("")}), "f: effects.mean"));
  CHECK(contains(why({.tau2 = -1}), "effects.tau2 = -1"));
  CHECK(contains(why({.tau2 = std::numeric_limits<double>::infinity()}), "effects.tau2"));
  CHECK(contains(why({.spread = t_spread{.df = 2}}), "t_spread.df = 2"));
  CHECK(contains(why({.spread = skewed_spread{.skewness = 0}}), "skewed_spread.skewness = 0"));
  CHECK(contains(why({.spread = skewed_spread{.skewness = -11}}), "-11"));
}
