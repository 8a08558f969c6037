// SPDX-License-Identifier: BSL-1.0
// Many fits of the same ten variances: permutation tests and bootstraps, exact or by seed, on one thread.

#include <metapool/inference/bootstrap.hpp>
#include <metapool/inference/bootstrap_interval.hpp>
#include <metapool/inference/infer.hpp>
#include <metapool/inference/permutation.hpp>
#include <metapool/inference/permutation_regression.hpp>
#include <metapool/model/random_effects.hpp>

#include <benchmark/benchmark.h>

#include <Eigen/Core>

#include <span>

namespace mp = metapool;

namespace {

/// The first ten trials of BCG vaccine, log risk ratios to four decimals.
mp::effects<double> ten() {
  mp::effects<double> e;
  e.y = {-0.8893, -1.5854, -1.3481, -1.4416, -0.2175, -0.7861, -1.6209, 0.0120, -0.4694, -1.3713};
  e.v = {0.3256, 0.1946, 0.4154, 0.0200, 0.0512, 0.0069, 0.2230, 0.0040, 0.0564, 0.0730};
  e.labels.assign(10, "trial");
  return e;
}

template <class Estimator>
void permutation_exact(benchmark::State& state) {
  const auto e = ten();
  for (auto _ : state) {
    auto r = mp::permutation_test(e, Estimator{});
    benchmark::DoNotOptimize(r);
  }
}
BENCHMARK(permutation_exact<mp::reml>);
BENCHMARK(permutation_exact<mp::dersimonian_laird>);

void permutation_interval_exact_reml(benchmark::State& state) {
  const auto fit = mp::random_effects(ten(), mp::reml{});
  for (auto _ : state) {
    auto r = mp::infer(fit, mp::permutation{});
    benchmark::DoNotOptimize(r);
  }
}
BENCHMARK(permutation_interval_exact_reml)->Unit(benchmark::kMillisecond);

void permutation_of_a_moderator_999_draws_reml(benchmark::State& state) {
  Eigen::VectorXd latitude(10);
  latitude << 44, 55, 42, 52, 13, 44, 19, 13, 27, 42;
  const auto fit = mp::meta_regression(ten(), mp::design_of(latitude), mp::reml{});
  for (auto _ : state) {
    auto r = mp::permutation_test(fit, mp::reml{}, {.draws = 999});
    benchmark::DoNotOptimize(r);
  }
}
BENCHMARK(permutation_of_a_moderator_999_draws_reml)->Unit(benchmark::kMillisecond);

void bootstrap_parametric_10000_reml(benchmark::State& state) {
  const auto e = ten();
  for (auto _ : state) {
    auto d = mp::bootstrap(e, mp::reml{}, {.replicates = 10000});
    benchmark::DoNotOptimize(d);
  }
}
BENCHMARK(bootstrap_parametric_10000_reml)->Unit(benchmark::kMillisecond);

void bootstrap_of_studies_10000_reml(benchmark::State& state) {
  const auto e = ten();
  for (auto _ : state) {
    auto d = mp::bootstrap(e, mp::reml{}, {.kind = mp::bootstrap_kind::nonparametric, .replicates = 10000});
    benchmark::DoNotOptimize(d);
  }
}
BENCHMARK(bootstrap_of_studies_10000_reml)->Unit(benchmark::kMillisecond);

/// One REML after another, by the estimator itself: what the lanes of the above are measured against.
void one_reml_at_a_time(benchmark::State& state) {
  const auto e = ten();
  for (auto _ : state) {
    auto t = mp::reml{}(std::span<const double>(e.y), std::span<const double>(e.v));
    benchmark::DoNotOptimize(t);
  }
}
BENCHMARK(one_reml_at_a_time);

}  // namespace

BENCHMARK_MAIN();
