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

#include <benchmark/benchmark.h>

#include <span>
#include <vector>

namespace mp = metapool;

namespace {

std::vector<mp::binary_trial<>> bcg() {
  return {{.label = "Aronson", .treated = {.events = 4, .total = 123}, .control = {.events = 11, .total = 139}},
          {.label = "Ferguson & Simes", .treated = {.events = 6, .total = 306}, .control = {.events = 29, .total = 303}},
          {.label = "Rosenthal 1960", .treated = {.events = 3, .total = 231}, .control = {.events = 11, .total = 220}},
          {.label = "Hart & Sutherland", .treated = {.events = 62, .total = 13598}, .control = {.events = 248, .total = 12867}},
          {.label = "Frimodt-Moller", .treated = {.events = 33, .total = 5069}, .control = {.events = 47, .total = 5808}},
          {.label = "Stein & Aronson", .treated = {.events = 180, .total = 1541}, .control = {.events = 372, .total = 1451}},
          {.label = "Vandiviere", .treated = {.events = 8, .total = 2545}, .control = {.events = 10, .total = 629}},
          {.label = "TPT Madras", .treated = {.events = 505, .total = 88391}, .control = {.events = 499, .total = 88391}},
          {.label = "Coetzee & Berjak", .treated = {.events = 29, .total = 7499}, .control = {.events = 45, .total = 7277}},
          {.label = "Rosenthal 1961", .treated = {.events = 17, .total = 1716}, .control = {.events = 65, .total = 1665}},
          {.label = "Comstock 1974", .treated = {.events = 186, .total = 50634}, .control = {.events = 141, .total = 27338}},
          {.label = "Comstock & Webster", .treated = {.events = 5, .total = 2498}, .control = {.events = 3, .total = 2341}},
          {.label = "Comstock 1976", .treated = {.events = 27, .total = 16913}, .control = {.events = 29, .total = 17854}}};
}

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
