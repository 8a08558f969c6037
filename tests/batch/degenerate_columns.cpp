// SPDX-License-Identifier: BSL-1.0
// Columns at the edges: few studies and very many, equal effects, variances over 16 decades.
#include "batch/kinds_of_columns.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace mp = metapool;
using metapool_test::answers;
using metapool_test::check_column;
using metapool_test::check_random_effects;
using metapool_test::table;
using metapool_test::uniform;

namespace {

/// Variances from 10^low to 10^high, effects spread by `wide` standard errors about 1; equal: all effects are 0.7.
table<double> columns(std::size_t k, std::size_t m, std::uint64_t seed, double low, double high, double wide, bool equal = false) {
  table<double> t{k, m, std::vector<double>(k * m), std::vector<double>(k * m)};
  for (std::size_t c = 0; c < m; ++c) {
    mp::detail::random_stream r(seed, c);
    for (std::size_t i = 0; i < k; ++i) {
      const double v = std::pow(10.0, low + (high - low) * uniform(r));
      t.v[i * m + c] = v;
      t.y[i * m + c] = equal ? 0.7 : 1 + (uniform(r) - 0.5) * wide * std::sqrt(v);
    }
  }
  return t;
}

template <class Estimator>
void check_against_one(const table<double>& t, const Estimator& estimator, double ulps) {
  answers<double> z(t.m), hartung_knapp(t.m);
  mp::batch_random_effects(t.view(), estimator, z.out());
  mp::batch_random_effects(t.view(), estimator, hartung_knapp.out(), {.test = mp::batch_test::hartung_knapp});
  const auto fit = [&](const auto& effects) { return mp::random_effects(effects, estimator); };
  for (std::size_t c = 0; c < t.m; ++c) {
    check_column(t, c, z, fit, mp::wald_z{}, ulps);
    check_column(t, c, hartung_knapp, fit, mp::hartung_knapp{}, ulps);
  }
}

void check_all(const table<double>& t, double ulps) {
  answers<double> a(t.m);
  mp::batch_common_effect(t.view(), a.out());
  for (std::size_t c = 0; c < t.m; ++c) check_column(t, c, a, [](const auto& effects) { return mp::common_effect(effects); }, mp::wald_z{}, 0);
  check_against_one(t, mp::dersimonian_laird{}, 0);
  check_against_one(t, mp::paule_mandel{}, ulps);
  check_against_one(t, mp::reml{}, ulps);
}

}  // namespace

TEST_CASE("columns of one study and of two are those of one meta-analysis at a time") {
  for (std::size_t k : {std::size_t(1), std::size_t(2)}) {
    check_random_effects<double>(mp::paule_mandel{}, k, 60, 21, 1000, 64);
    check_random_effects<double>(mp::reml{}, k, 60, 22, 1000, 64);
  }
  check_random_effects<double>(mp::dersimonian_laird{}, 1, 60, 23, 1000, 0);
}

TEST_CASE("variances over 16 decades are pooled as by one meta-analysis at a time") {
  check_all(columns(6, 40, 31, -8, 8, 8), 64);
}

TEST_CASE("equal effects have no heterogeneity, whatever their variances") {
  const table<double> t = columns(5, 24, 32, -8, 8, 0, true);
  check_all(t, 64);
  answers<double> a(t.m);
  mp::batch_random_effects(t.view(), mp::reml{}, a.out());
  for (std::size_t c = 0; c < t.m; ++c) {
    CHECK(a.tau2[c] == 0);
    CHECK(a.q[c] == 0);
    CHECK(a.q_p[c] == 1);
    CHECK(a.estimate[c] == 0.7);
  }
}

TEST_CASE("columns of more than a thousand studies are pooled as by one meta-analysis at a time") {
  check_all(columns(1201, 3, 33, -2, 0, 6), 64);
}
