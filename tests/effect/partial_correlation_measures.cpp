// SPDX-License-Identifier: BSL-1.0
#include <metapool/effect/partial_correlation_measures.hpp>

#include "support/close.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <doctest/doctest.h>

#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {
/// t = 2.5 and -1, 3 and 2 predictors, 20 and 15 patients, R2 = 0.4 and 0.2.
std::vector<partial_correlation<>> partials() {
  return {{"a", partial_r(2.5, 3.0, 20.0), 3, 20, {}}, {"b", partial_r(-1.0, 2.0, 15.0), 2, 15, {}}};
}
std::vector<partial_correlation<>> semi_partials() {
  return {{"a", semi_partial_r(2.5, 3.0, 20.0, 0.4), 3, 20, 0.4}, {"b", semi_partial_r(-1.0, 2.0, 15.0, 0.2), 2, 15, 0.2}};
}
void check(const effects<double>& e, std::vector<double> y, std::vector<double> v) {
  REQUIRE(e.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(close(e.y[i], y[i], digits14));
    CHECK(close(e.v[i], v[i], digits14));
  }
}
}  // namespace

TEST_CASE("partial and semi-partial correlations are metafor's") {
  check(effect_sizes(partials(), raw_partial_correlation{}), {0.52999894000318, -0.277350098112615}, {0.0323191516222699, 0.0710059171597633});
  check(effect_sizes(partials(), fisher_z_partial_correlation{partial_z_variance::residual_df}), {0.590143685781959, -0.284809050018346}, {0.0625, 1.0 / 12});
  check(effect_sizes(semi_partials(), raw_semi_partial_correlation{}), {0.484122918275927, -0.258198889747161}, {0.02490966796875, 0.0503703703703704});
}

TEST_CASE("Fisher's variance of a partial correlation is that of a plain one with as many patients fewer as variables are held constant") {
  const auto e = effect_sizes(partials(), fisher_z_partial_correlation{});
  CHECK(close(e.v[0], 1.0 / (20 - 2 - 3), digits15));
  CHECK(close(e.v[1], 1.0 / (15 - 1 - 3), digits15));
}

TEST_CASE("variances do not cancel where the model explains nearly everything") {
  using wide = boost::multiprecision::cpp_bin_float_50;
  const double r = 1e-3, r2 = 1 - 1e-9;
  const wide w(r), m(r2), without = m - w * w;
  const partial_correlation<> s{"", r, 2, 100, r2};
  CHECK(close(raw_semi_partial_correlation{}(s).v, static_cast<double>(wide((m * m - 2 * m + without + 1 - without * without) / 100)), digits8));
  CHECK(close(raw_partial_correlation{}(partial_correlation<>{"", 1 - 1e-12, 2, 100, {}}).v,
              static_cast<double>(wide((1 - wide(1 - 1e-12) * wide(1 - 1e-12)) * (1 - wide(1 - 1e-12) * wide(1 - 1e-12)) / 97)), digits14));
}

TEST_CASE("what is missing, too small or impossible is told of or refused") {
  std::vector<partial_correlation<>> s = partials();
  CHECK(effect_sizes(s, raw_semi_partial_correlation{}).audit[0].status == study_status::not_reported);
  s[0].r_squared = 0.1;  // r^2 exceeds it
  CHECK(effect_sizes(s, raw_semi_partial_correlation{}).audit[0].status == study_status::not_defined);
  s[0].total = 4;
  CHECK(effect_sizes(s, raw_partial_correlation{}).audit[0].status == study_status::too_small);
  s[0].total = 5;
  CHECK(effect_sizes(s, fisher_z_partial_correlation{}).audit[0].status == study_status::too_small);
  s[0] = {"one", 1, 2, 20, {}};
  CHECK(effect_sizes(s, fisher_z_partial_correlation{}).audit[0].status == study_status::not_defined);
  CHECK(effect_sizes(s, raw_partial_correlation{}).audit[0].status == study_status::zero_variance);
  s[0].r_squared = 1.5;
  CHECK_THROWS_AS(effect_sizes(s, raw_partial_correlation{}), input_error);
  CHECK_THROWS_AS(partial_r(2.0, 3.0, 4.0), input_error);
  CHECK_THROWS_AS(semi_partial_r(2.0, 3.0, 20.0, 1.5), input_error);
  CHECK_THROWS_AS(semi_partial_r(200.0, 3.0, 20.0, 0.1), input_error);
}
