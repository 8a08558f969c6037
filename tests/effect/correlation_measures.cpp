// SPDX-License-Identifier: BSL-1.0
#include <metapool/effect/correlation_measures.hpp>

#include "support/close.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <doctest/doctest.h>

#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {
using wide = boost::multiprecision::cpp_bin_float_50;
}

TEST_CASE("correlations are right to 12 digits next to 1, and for 10^9 patients") {
  for (const double r : {0.0, 1e-9, -0.5, 1 - 1e-12}) {
    for (const double n : {5.0, 20.0, 1e9}) {
      const correlation<> s{"", r, n};
      const wide w(r), m(n);
      CHECK(raw_correlation{}(s).y == r);
      CHECK(close(raw_correlation{}(s).v, static_cast<double>(wide((1 - w * w) * (1 - w * w) / (m - 1))), digits14));
      CHECK(close(fisher_z_correlation{}(s).y, static_cast<double>(wide(log(wide((1 + w) / (1 - w))) / 2)), digits14));
      CHECK(close(fisher_z_correlation{}(s).v, static_cast<double>(wide(1 / (m - 3))), digits15));
      const auto exact = unbiased_correlation{}(correlation<wide>{"", w, m});
      CHECK(close(unbiased_correlation{}(s).y, static_cast<double>(exact.y), digits14));
      CHECK(close(unbiased_correlation{}(s).v, static_cast<double>(exact.v), digits12));
    }
  }
}

TEST_CASE("correlations are metafor's, and the unbiased one is exact where 1 - r^2 cancels in metafor") {
  const std::vector<correlation<>> studies{{"a", 0.3, 10}, {"b", -0.5, 5}, {"c", 0.0, 20}};
  const auto u = effect_sizes(studies, unbiased_correlation{});
  CHECK(close(u.y[0], 0.322554911513530, digits14));
  CHECK(close(u.v[0], 0.0891934808232552, digits14));
  CHECK(close(u.y[1], -0.604599788078072, digits14));
  CHECK(close(u.v[1], 0.100634586205479, digits14));
  CHECK(u.y[2] == 0.0);
  const auto z = effect_sizes(studies, fisher_z_correlation{});
  CHECK(close(z.y[0], 0.309519604203112, digits14));
  CHECK(z.v[1] == 0.5);
}

TEST_CASE("the variance of Fisher's z is that of the delta method but for the bias of n") {
  const wide h("1e-16"), r("0.37");
  const wide slope = (from_natural(scale::fisher_z, wide(r + h)) - from_natural(scale::fisher_z, wide(r - h))) / (2 * h);
  const correlation<> s{"", 0.37, 50};
  CHECK(close(raw_correlation{}(s).v * static_cast<double>(wide(slope * slope)) * 49 / 47, fisher_z_correlation{}(s).v, digits12));
}

TEST_CASE("turning one variable round turns the sign of every measure and leaves the variances") {
  const correlation<> s{"", 0.62, 33}, turned{"", -0.62, 33};
  const auto check = [&](const auto& m) {
    CHECK(m(turned).y == -m(s).y);
    CHECK(m(turned).v == m(s).v);
  };
  check(raw_correlation{});
  check(unbiased_correlation{});
  check(fisher_z_correlation{});
}

TEST_CASE("a correlation of 1 and studies that are too small are left out and told of") {
  const std::vector<correlation<>> studies{{"one", 1.0, 10}, {"minus one", -1.0, 10}, {"four", 0.5, 4}, {"three", 0.5, 3}, {"not told", {}, 9}};
  const auto statuses = [&](const auto& m) {
    std::vector<study_status> s;
    for (const auto& a : effect_sizes(studies, m).audit) s.push_back(a.status);
    return s;
  };
  using s = study_status;
  CHECK(statuses(raw_correlation{}) == std::vector<s>{s::zero_variance, s::zero_variance, s::pooled, s::pooled, s::not_reported});
  CHECK(statuses(unbiased_correlation{}) == std::vector<s>{s::zero_variance, s::zero_variance, s::too_small, s::too_small, s::not_reported});
  CHECK(statuses(fisher_z_correlation{}) == std::vector<s>{s::not_defined, s::not_defined, s::pooled, s::too_small, s::not_reported});
  CHECK_THROWS_AS(effect_sizes(std::vector<correlation<>>{{"a", 1.0000001, 10}}, raw_correlation{}), input_error);
  CHECK_THROWS_AS(effect_sizes(std::vector<correlation<>>{{"a", 0.5, 10.5}}, raw_correlation{}), input_error);
}
