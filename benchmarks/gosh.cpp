// SPDX-License-Identifier: BSL-1.0
// A meta-analysis of every subset of fifteen studies, and of fifty studies without each of them, on one thread.

#include <metapool/sensitivity/gosh.hpp>
#include <metapool/sensitivity/influence.hpp>
#include <metapool/sensitivity/leave_one_out.hpp>

#include <benchmark/benchmark.h>

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace mp = metapool;

namespace {

/// Thirteen trials of BCG vaccine, log risk ratios to four decimals, and two more.
mp::effects<double> fifteen() {
  return mp::known_effects(std::vector<double>{-0.8893, -1.5854, -1.3481, -1.4416, -0.2175, -0.7861, -1.6209, 0.0120, -0.4694, -1.3713,
                                               -0.3394, 0.4459, -0.0173, -0.9, -0.5},
                           std::vector<double>{0.3256, 0.1946, 0.4154, 0.0200, 0.0512, 0.0069, 0.2230, 0.0040, 0.0564, 0.0730, 0.0124,
                                               0.5325, 0.0714, 0.1, 0.05});
}

mp::effects<double> fifty() {
  std::vector<double> y, v;
  for (int i = 0; i < 50; ++i) {
    v.push_back(0.01 * std::exp(3.4 * (0.5 + 0.5 * std::sin(7.0 * i))));
    y.push_back(-0.3 + std::sqrt(v.back() + 0.05) * 1.4 * std::sin(3.0 * i * i));
  }
  return mp::known_effects(y, v);
}

/// All columns into memory that is there.
template <class Estimator>
void every_subset(benchmark::State& state) {
  const auto e = fifteen();
  auto r = mp::gosh(e, Estimator{});
  const auto columns = r.columns();
  for (auto _ : state) {
    mp::gosh_into(e, Estimator{}, columns);
    benchmark::DoNotOptimize(r.estimate.data());
    benchmark::ClobberMemory();
  }
}
BENCHMARK(every_subset<mp::fixed_tau2>)->Unit(benchmark::kMicrosecond);
BENCHMARK(every_subset<mp::dersimonian_laird>)->Unit(benchmark::kMicrosecond);
BENCHMARK(every_subset<mp::reml>)->Unit(benchmark::kMicrosecond);

/// Estimate and Q alone.
void every_subset_two_columns(benchmark::State& state) {
  const auto e = fifteen();
  auto r = mp::gosh_common_effect(e);
  mp::gosh_columns<double> columns;
  columns.estimate = r.estimate;
  columns.q = r.q;
  for (auto _ : state) {
    mp::gosh_into(e, mp::fixed_tau2{}, columns);
    benchmark::DoNotOptimize(r.estimate.data());
    benchmark::ClobberMemory();
  }
}
BENCHMARK(every_subset_two_columns)->Unit(benchmark::kMicrosecond);

/// Into a new result, whose pages the system must first find.
void every_subset_new_result(benchmark::State& state) {
  const auto e = fifteen();
  for (auto _ : state) {
    auto r = mp::gosh_common_effect(e);
    benchmark::DoNotOptimize(r);
  }
}
BENCHMARK(every_subset_new_result)->Unit(benchmark::kMicrosecond);

void leave_one_out_50_reml(benchmark::State& state) {
  const auto e = fifty();
  for (auto _ : state) {
    auto r = mp::leave_one_out(e);
    benchmark::DoNotOptimize(r);
  }
}
BENCHMARK(leave_one_out_50_reml)->Unit(benchmark::kMicrosecond);

/// Estimates, standard errors, tau2 and Q alone.
void leave_one_out_50_reml_numbers(benchmark::State& state) {
  const auto e = fifty();
  for (auto _ : state) {
    auto r = mp::detail::refit_all(std::span<const double>(e.y), std::span<const double>(e.v), mp::reml{}, false);
    benchmark::DoNotOptimize(r);
  }
}
BENCHMARK(leave_one_out_50_reml_numbers)->Unit(benchmark::kMicrosecond);

void influence_50_reml(benchmark::State& state) {
  const auto e = fifty();
  for (auto _ : state) {
    auto r = mp::influence(e);
    benchmark::DoNotOptimize(r);
  }
}
BENCHMARK(influence_50_reml)->Unit(benchmark::kMicrosecond);

/// One REML of the fifteen by the estimator itself: what the others are measured against.
void one_reml_of_fifteen(benchmark::State& state) {
  const auto e = fifteen();
  for (auto _ : state) {
    auto t = mp::reml{}(std::span<const double>(e.y), std::span<const double>(e.v));
    benchmark::DoNotOptimize(t);
  }
}
BENCHMARK(one_reml_of_fifteen);

}  // namespace

BENCHMARK_MAIN();
