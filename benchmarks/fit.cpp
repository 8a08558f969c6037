// SPDX-License-Identifier: BSL-1.0
// One meta-analysis from counts to its full result: the 13 trials of BCG vaccine against tuberculosis (Colditz et al. 1994 JAMA 271:698).

#include <metapool/effect/risk_ratio.hpp>
#include <metapool/exact/common_odds_ratio.hpp>
#include <metapool/exact/fisher.hpp>
#include <metapool/inference/heterogeneity.hpp>
#include <metapool/inference/infer.hpp>
#include <metapool/inference/predict.hpp>
#include <metapool/inference/q_profile.hpp>
#include <metapool/model/mantel_haenszel.hpp>
#include <metapool/model/peto.hpp>
#include <metapool/model/random_effects.hpp>
#include <metapool/tau2/any.hpp>

#include "bcg.hpp"

#include <benchmark/benchmark.h>

#include <span>
#include <vector>

namespace mp = metapool;
using metapool_benchmark::bcg;

namespace {

// Effects, REML, Hartung-Knapp interval and test, prediction, heterogeneity with its test: all columns that a report shows.
void counts_to_full_result_reml(benchmark::State& state) {
  const auto trials = bcg();
  for (auto _ : state) {
    const auto fit = mp::random_effects(mp::effect_sizes(trials, mp::risk_ratio{}), mp::reml{});
    auto mean = mp::infer(fit, mp::hartung_knapp{.floor = 1.0});
    auto next = mp::predict(fit);
    auto spread = mp::heterogeneity(fit);
    benchmark::DoNotOptimize(mean);
    benchmark::DoNotOptimize(next);
    benchmark::DoNotOptimize(spread);
  }
}
BENCHMARK(counts_to_full_result_reml);

void counts_to_interval_reml(benchmark::State& state) {
  const auto trials = bcg();
  for (auto _ : state) {
    auto mean = mp::infer(mp::random_effects(mp::effect_sizes(trials, mp::risk_ratio{}), mp::reml{}), mp::hartung_knapp{});
    benchmark::DoNotOptimize(mean);
  }
}
BENCHMARK(counts_to_interval_reml);

void counts_to_effects(benchmark::State& state) {
  const auto trials = bcg();
  for (auto _ : state) {
    auto effects = mp::effect_sizes(trials, mp::risk_ratio{});
    benchmark::DoNotOptimize(effects);
  }
}
BENCHMARK(counts_to_effects);

template <class Measure>
void mantel_haenszel_with_result(benchmark::State& state) {
  const auto trials = bcg();
  for (auto _ : state) {
    auto mean = mp::infer(mp::mantel_haenszel(trials, Measure{}));
    benchmark::DoNotOptimize(mean);
  }
}
BENCHMARK(mantel_haenszel_with_result<mp::risk_ratio>);
BENCHMARK(mantel_haenszel_with_result<mp::odds_ratio>);

void peto_with_result(benchmark::State& state) {
  const auto trials = bcg();
  for (auto _ : state) {
    auto mean = mp::infer(mp::peto(trials));
    benchmark::DoNotOptimize(mean);
  }
}
BENCHMARK(peto_with_result);

template <class Estimator>
void between_study_variance(benchmark::State& state) {
  const auto effects = mp::effect_sizes(bcg(), mp::risk_ratio{});
  const std::span<const double> y(effects.y), v(effects.v);
  for (auto _ : state) {
    auto tau2 = Estimator{}(y, v);
    benchmark::DoNotOptimize(tau2);
  }
}
BENCHMARK(between_study_variance<mp::dersimonian_laird>);
BENCHMARK(between_study_variance<mp::paule_mandel>);
BENCHMARK(between_study_variance<mp::reml>);
BENCHMARK(between_study_variance<mp::maximum_likelihood>);

void q_profile_interval(benchmark::State& state) {
  const auto fit = mp::random_effects(mp::effect_sizes(bcg(), mp::risk_ratio{}), mp::reml{});
  for (auto _ : state) {
    auto interval = mp::heterogeneity_interval(fit, mp::q_profile{});
    benchmark::DoNotOptimize(interval);
  }
}
BENCHMARK(q_profile_interval);

void hartung_knapp_interval(benchmark::State& state) {
  const auto fit = mp::random_effects(mp::effect_sizes(bcg(), mp::risk_ratio{}), mp::reml{});
  for (auto _ : state) {
    auto mean = mp::infer(fit, mp::hartung_knapp{});
    benchmark::DoNotOptimize(mean);
  }
}
BENCHMARK(hartung_knapp_interval);

void fisher_exact_of_one_table(benchmark::State& state) {
  const mp::binary_trial<> small{.label = "Lanzoni", .treated = {.events = 1, .total = 12}, .control = {.events = 7, .total = 12}};
  const mp::binary_trial<> huge{.label = "10^9 patients", .treated = {.events = 250000000, .total = 500000000}, .control = {.events = 250010000, .total = 500000000}};
  for (auto _ : state) {
    auto result = mp::fisher_exact(state.range(0) == 0 ? small : huge);
    benchmark::DoNotOptimize(result);
  }
}
BENCHMARK(fisher_exact_of_one_table)->Arg(0)->Arg(1);

// All exact, mid-p and Blaker intervals and tests of the common odds ratio.
void exact_common_odds_ratio_of_thirteen(benchmark::State& state) {
  const auto trials = bcg();
  for (auto _ : state) {
    auto result = mp::exact_common_odds_ratio(trials);
    benchmark::DoNotOptimize(result);
  }
}
BENCHMARK(exact_common_odds_ratio_of_thirteen);

}  // namespace

BENCHMARK_MAIN();
