// SPDX-License-Identifier: BSL-1.0
// Meta-regression of 500 studies on four moderators and an intercept: from effects and design to the full fit, and to tests of the coefficients.

#include <metapool/inference/regression.hpp>
#include <metapool/model/meta_regression.hpp>

#include <benchmark/benchmark.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace mp = metapool;

namespace {

struct studies {
  mp::effects<double> data;
  mp::design<double> moderators;
};

/// The same numbers on every machine: a linear congruential generator and the logistic distribution.
studies make_studies(std::size_t k, Eigen::Index p) {
  std::uint64_t state = 1;
  const auto uniform = [&] {
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    return (static_cast<double>(state >> 11) + 0.5) / 9007199254740992.0;
  };
  const auto noise = [&] {
    const double u = uniform();
    return 0.55 * std::log(u / (1 - u));
  };
  std::vector<double> y(k), v(k);
  mp::matrix_of<double> x(static_cast<Eigen::Index>(k), p - 1);
  for (std::size_t i = 0; i < k; ++i) {
    v[i] = 0.02 + 0.3 * uniform();
    y[i] = 0.2 + noise() * std::sqrt(v[i] + 0.1);
    for (Eigen::Index j = 0; j < x.cols(); ++j) {
      x(static_cast<Eigen::Index>(i), j) = noise();
      y[i] += 0.1 * static_cast<double>(j) * x(static_cast<Eigen::Index>(i), j);
    }
  }
  return {mp::known_effects(y, v), mp::design_of(x)};
}

void meta_regression_reml(benchmark::State& state) {
  const studies s = make_studies(static_cast<std::size_t>(state.range(0)), static_cast<Eigen::Index>(state.range(1)));
  for (auto _ : state) {
    auto fit = mp::meta_regression(s.data, s.moderators);
    benchmark::DoNotOptimize(fit);
  }
}
BENCHMARK(meta_regression_reml)->Args({13, 2})->Args({50, 3})->Args({500, 5})->Args({5000, 10});

void tau2_around_a_design(benchmark::State& state) {
  const studies s = make_studies(static_cast<std::size_t>(state.range(0)), static_cast<Eigen::Index>(state.range(1)));
  const std::span<const double> y(s.data.y), v(s.data.v);
  for (auto _ : state) {
    auto tau2 = mp::reml{}.estimate(mp::detail::design_problem<double>(y, v, s.moderators.x));
    benchmark::DoNotOptimize(tau2);
  }
}
BENCHMARK(tau2_around_a_design)->Args({13, 2})->Args({500, 5});

void coefficients_by_knapp_hartung(benchmark::State& state) {
  const studies s = make_studies(500, 5);
  const auto fit = mp::meta_regression(s.data, s.moderators);
  for (auto _ : state) {
    auto r = mp::infer(fit, mp::hartung_knapp{});
    benchmark::DoNotOptimize(r);
  }
}
BENCHMARK(coefficients_by_knapp_hartung);

}  // namespace

BENCHMARK_MAIN();
