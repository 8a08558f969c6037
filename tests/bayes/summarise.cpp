// SPDX-License-Identifier: BSL-1.0
#include <metapool/bayes/summarise.hpp>

#include <metapool/bayes/robust_normal.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {


using wide = long double;

/// What double says, asked of a wider type.
template <class Prior>
void compare(const std::vector<double>& y, const std::vector<double>& v, const Prior& prior) {
  const auto s = summarise(normal_normal(known_effects<double>(y, v), prior));
  const auto exact = normal_normal(known_effects<wide>(std::vector<wide>(y.begin(), y.end()), std::vector<wide>(v.begin(), v.end())), prior);
  const tolerance ten{0, 0, 1e-11, "sums of some fifty terms, each rounded, and a search"};
  const auto same = [&](const posterior_summary<double>& a, const auto& x) {
    CHECK(a.mean.has_value() == x.mean().has_value());
    if (a.mean) CHECK(close(*a.mean, static_cast<double>(*x.mean()), digits10));
    CHECK(a.sd.has_value() == x.sd().has_value());
    if (a.sd) CHECK(close(*a.sd, static_cast<double>(*x.sd()), digits10));
    CHECK(close(static_cast<double>(x.cdf(wide(a.median))), 0.5, ten));
    CHECK(close(static_cast<double>(x.cdf(wide(a.lower))), 0.025, ten));
    CHECK(close(static_cast<double>(x.upper_tail(wide(a.upper))), 0.025, ten));
    CHECK(close(static_cast<double>(x.cdf(wide(a.shortest_lower)) + x.upper_tail(wide(a.shortest_upper))), 0.05, ten));
  };
  same(s.mean, exact.mean());
  same(s.tau, exact.tau());
  same(s.next, exact.next());
  same(s.studies[0], exact.study(0));
}

}  // namespace

TEST_CASE("double agrees with long double: three trials with few events, two trials, eight schools") {
  compare({-1.9, -0.4, 0.7}, {1.6, 0.9, 2.1}, half_normal{0.5});
  compare({-0.62, -0.11}, {0.08, 0.21}, half_cauchy{0.5});
  compare({28.39, 7.94, -2.75, 6.82, -0.64, 0.63, 18.01, 12.16}, {222.01, 104.04, 265.69, 121, 88.36, 129.96, 108.16, 309.76}, half_normal{25});
}

TEST_CASE("float and long double run through the whole path") {
  const auto single = summarise(normal_normal(known_effects<float>(std::vector<float>{0.3f, -0.4f, 1.1f}, std::vector<float>{0.2f, 0.05f, 0.6f}), half_normal{0.5}));
  const auto extended =
      summarise(normal_normal(known_effects<long double>(std::vector<long double>{0.3L, -0.4L, 1.1L}, std::vector<long double>{0.2L, 0.05L, 0.6L}), half_normal{0.5}));
  CHECK(close(static_cast<double>(single.mean.median), static_cast<double>(extended.mean.median), tolerance{1e-4, 0.1, 0, "float has seven digits"}));
  CHECK(close(static_cast<double>(single.tau.upper), static_cast<double>(extended.tau.upper), tolerance{1e-4, 0.1, 0, "float has seven digits"}));
}

TEST_CASE("a summary has the level that was asked for, and its parts belong to the posterior's distributions") {
  const auto p = normal_normal(known_effects<double>(std::vector<double>{0.3, -0.4, 1.1}, std::vector<double>{0.2, 0.05, 0.6}), half_normal{0.5});
  const auto s = summarise(p, 0.8);
  CHECK(s.mean.level == 0.8);
  CHECK(close(p.mean().cdf(s.mean.lower), 0.1, digits12));
  CHECK(close(p.next().upper_tail(s.next.upper), 0.1, digits12));
  CHECK(close(p.tau().cdf(s.tau.upper), 0.9, digits10));
  CHECK(s.studies.size() == 3);
  CHECK(s.studies[2].median == p.study(2).quantile(0.5));
  CHECK(s.mean.mode == p.mean().mode());
  CHECK(s.joint_mode == p.joint_mode());
  CHECK_THROWS_AS(summarise(p, 1.0), input_error);
  CHECK_THROWS_AS(summarise(p.tau(), 0.0), input_error);
}

TEST_CASE("A robust posterior is summarised in one call, by what its parts say") {
  const auto p = robust_normal(known_effects<double>({-0.4, 0.1, 0.3, 2.5}, {0.04, 0.05, 0.1, 0.04}), contaminated_effects{}, half_normal{0.5});
  const auto s = summarise(p);
  const auto next = p.next();
  CHECK(close(s.mean.median, p.mean().quantile(0.5), digits10));
  CHECK(close(s.tau.upper, p.tau().quantile(0.975), digits10));
  CHECK(close(s.next.lower, next.quantile(0.025), digits10));
  CHECK(s.studies.size() == 4);
}
