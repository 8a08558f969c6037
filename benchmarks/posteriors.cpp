// SPDX-License-Identifier: BSL-1.0
// Posteriors without sampling, with everything that a summary shows: of the 13 trials of BCG vaccine against tuberculosis (Colditz et al. 1994 JAMA 271:698).

#include <metapool/bayes/binomial_normal.hpp>
#include <metapool/bayes/normal_normal.hpp>
#include <metapool/bayes/robust_normal.hpp>
#include <metapool/bayes/summarise.hpp>
#include <metapool/effect/binary_effects.hpp>
#include <metapool/effect/risk_ratio.hpp>

#include "bcg.hpp"

#include <benchmark/benchmark.h>

namespace mp = metapool;
using metapool_benchmark::bcg;

namespace {

// Mean, tau, the next trial and each trial's own effect, each with mean, sd, quantiles and shortest interval.
void normal_normal_with_summary(benchmark::State& state) {
  const auto effects = mp::effect_sizes(bcg(), mp::risk_ratio{});
  for (auto _ : state) {
    auto summary = mp::summarise(mp::normal_normal(effects, mp::half_normal{0.5}));
    benchmark::DoNotOptimize(summary);
  }
}
BENCHMARK(normal_normal_with_summary)->Unit(benchmark::kMillisecond);

template <class RandomEffects>
void robust_normal_with_summary(benchmark::State& state) {
  const auto effects = mp::effect_sizes(bcg(), mp::risk_ratio{});
  for (auto _ : state) {
    auto summary = mp::summarise(mp::robust_normal(effects, RandomEffects{}, mp::half_normal{0.5}));
    benchmark::DoNotOptimize(summary);
  }
}
BENCHMARK(robust_normal_with_summary<mp::t_effects>)->Unit(benchmark::kMillisecond);
BENCHMARK(robust_normal_with_summary<mp::contaminated_effects>)->Unit(benchmark::kMillisecond);

// Joint posterior, and what is read from it at once: interval and probability of the mean, tau.
template <class Measure>
void binomial_normal_interval(benchmark::State& state) {
  const auto trials = bcg();
  for (auto _ : state) {
    const auto posterior = mp::binomial_normal(trials, Measure{}, mp::half_normal{0.5});
    auto lower = posterior.mean().quantile(0.025), upper = posterior.mean().quantile(0.975), benefit = posterior.mean().cdf(0.0), tau = posterior.tau().quantile(0.5);
    benchmark::DoNotOptimize(lower);
    benchmark::DoNotOptimize(upper);
    benchmark::DoNotOptimize(benefit);
    benchmark::DoNotOptimize(tau);
  }
}
BENCHMARK(binomial_normal_interval<mp::odds_ratio>)->Unit(benchmark::kMillisecond);
BENCHMARK(binomial_normal_interval<mp::risk_ratio>)->Unit(benchmark::kMillisecond);

template <class Measure>
void binomial_normal_with_summary(benchmark::State& state) {
  const auto trials = bcg();
  for (auto _ : state) {
    auto summary = mp::summarise(mp::binomial_normal(trials, Measure{}, mp::half_normal{0.5}));
    benchmark::DoNotOptimize(summary);
  }
}
BENCHMARK(binomial_normal_with_summary<mp::odds_ratio>)->Unit(benchmark::kMillisecond);
BENCHMARK(binomial_normal_with_summary<mp::risk_ratio>)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
