// SPDX-License-Identifier: BSL-1.0
// Likelihood and exact methods for few events, each from counts to estimate, interval and test, on the 13 trials of BCG vaccine; R's answers: metafor.R.

#include <metapool/effect/odds_ratio.hpp>
#include <metapool/effect/risk_difference.hpp>
#include <metapool/effect/risk_ratio.hpp>
#include <metapool/exact/liu_liu_xie.hpp>
#include <metapool/exact/tian.hpp>
#include <metapool/inference/glmm_inference.hpp>
#include <metapool/inference/hartung_knapp.hpp>
#include <metapool/model/beta_binomial.hpp>
#include <metapool/model/conditional_glmm.hpp>
#include <metapool/model/log_binomial.hpp>
#include <metapool/model/penalised_logistic.hpp>
#include <metapool/model/unconditional_glmm.hpp>
#include <metapool/report/small_trials.hpp>
#include <metapool/sensitivity/fragility.hpp>
#include <metapool/sensitivity/fragility_exact_odds_ratio.hpp>
#include <metapool/sensitivity/fragility_mantel_haenszel.hpp>
#include <metapool/tau2/fixed.hpp>
#include <metapool/tau2/reml.hpp>

#include "bcg.hpp"

#include <benchmark/benchmark.h>

#include <vector>

namespace mp = metapool;
using metapool_benchmark::bcg;

namespace {

// Five small trials: some arms without an event, the last trial without any.
std::vector<mp::binary_trial<>> small() {
  return {{.label = "a", .treated = {.events = 1, .total = 12}, .control = {.events = 7, .total = 12}},
          {.label = "b", .treated = {.events = 0, .total = 12}, .control = {.events = 3, .total = 29}},
          {.label = "c", .treated = {.events = 10, .total = 20}, .control = {.events = 16, .total = 20}},
          {.label = "d", .treated = {.events = 5, .total = 21}, .control = {.events = 4, .total = 24}},
          {.label = "e", .treated = {.events = 0, .total = 65}, .control = {.events = 0, .total = 35}}};
}

// f() again and again.
template <class F>
void repeat(benchmark::State& state, const F& f) {
  for (auto _ : state) {
    auto result = f();
    benchmark::DoNotOptimize(result);
  }
}

template <class Measure, class Model>
void mixed_model(benchmark::State& state) {
  const auto trials = bcg();
  repeat(state, [&] { return mp::infer(mp::glmm(trials, Measure{}, Model{})); });
}
BENCHMARK(mixed_model<mp::odds_ratio, mp::conditional_exact>)->Unit(benchmark::kMillisecond);
BENCHMARK(mixed_model<mp::odds_ratio, mp::conditional_approximate>)->Unit(benchmark::kMillisecond);
BENCHMARK(mixed_model<mp::odds_ratio, mp::fixed_study_effects>)->Unit(benchmark::kMillisecond);
BENCHMARK(mixed_model<mp::odds_ratio, mp::random_study_effects>)->Unit(benchmark::kMillisecond);
BENCHMARK(mixed_model<mp::risk_ratio, mp::conditional_approximate>)->Unit(benchmark::kMillisecond);
BENCHMARK(mixed_model<mp::risk_ratio, mp::fixed_study_effects>)->Unit(benchmark::kMillisecond);
BENCHMARK(mixed_model<mp::risk_ratio, mp::random_study_effects>)->Unit(benchmark::kMillisecond);

template <class Model>
void profile_interval(benchmark::State& state) {
  const auto trials = bcg();
  repeat(state, [&] { return mp::infer(mp::glmm(trials, mp::odds_ratio{}, Model{}), mp::glmm_profile_likelihood{}); });
}
BENCHMARK(profile_interval<mp::conditional_exact>)->Unit(benchmark::kMillisecond);
BENCHMARK(profile_interval<mp::conditional_approximate>)->Unit(benchmark::kMillisecond);

template <class Measure>
void beta_binomial_model(benchmark::State& state) {
  const auto trials = bcg();
  repeat(state, [&] { return mp::infer(mp::beta_binomial(trials, Measure{})); });
}
BENCHMARK(beta_binomial_model<mp::odds_ratio>)->Unit(benchmark::kMillisecond);
BENCHMARK(beta_binomial_model<mp::risk_ratio>)->Unit(benchmark::kMillisecond);

void log_binomial_model(benchmark::State& state) {
  const auto trials = bcg();
  repeat(state, [&] { return mp::infer(mp::log_binomial(trials)); });
}
BENCHMARK(log_binomial_model)->Unit(benchmark::kMillisecond);

void firths_logistic_model(benchmark::State& state) {
  const auto trials = bcg();
  repeat(state, [&] { return mp::infer(mp::penalised_logistic(trials)); });
}
BENCHMARK(firths_logistic_model)->Unit(benchmark::kMillisecond);

void tian_risk_difference_of_five_small_trials(benchmark::State& state) {
  const auto trials = small();
  repeat(state, [&] { return mp::tian_combination(trials, mp::risk_difference{}); });
}
BENCHMARK(tian_risk_difference_of_five_small_trials)->Unit(benchmark::kMillisecond);

void liu_liu_xie_of_five_small_trials(benchmark::State& state) {
  const auto trials = small();
  repeat(state, [&] { return mp::liu_liu_xie(trials); });
}
BENCHMARK(liu_liu_xie_of_five_small_trials)->Unit(benchmark::kMillisecond);

void every_analysis_of_five_small_trials(benchmark::State& state) {
  const auto trials = small();
  repeat(state, [&] { return mp::small_trial_report(trials); });
}
BENCHMARK(every_analysis_of_five_small_trials)->Unit(benchmark::kMillisecond);

// Argument: whether smaller indices are excluded too.
void fragility_of_reml_and_hartung_knapp(benchmark::State& state) {
  const auto trials = bcg();
  mp::fragility_options options;
  options.search = state.range(0) == 0 ? mp::fragility_search::greedy : mp::fragility_search::exact;
  std::size_t index = 0;
  for (auto _ : state) {
    const auto result = mp::fragility(trials, mp::risk_ratio{}, mp::reml{}, mp::hartung_knapp{}, options);
    index = result.index.value_or(0);
  }
  state.counters["index"] = static_cast<double>(index);
}
BENCHMARK(fragility_of_reml_and_hartung_knapp)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

// The proven minimum of methods whose answer is a few sums.
void fragility_of_a_common_effect(benchmark::State& state) {
  const auto trials = bcg();
  std::size_t index = 0;
  for (auto _ : state) {
    const auto result = mp::fragility(trials, mp::risk_ratio{}, mp::fixed_tau2{0}, mp::wald_z{});
    index = result.index.value_or(0);
    if (!result.proven) state.SkipWithError("the index is not proven");
  }
  state.counters["index"] = static_cast<double>(index);
}
BENCHMARK(fragility_of_a_common_effect)->Unit(benchmark::kMillisecond);

template <class Measure>
void fragility_of_mantel_haenszel(benchmark::State& state) {
  const auto trials = bcg();
  std::size_t index = 0;
  for (auto _ : state) {
    const auto result = mp::fragility_mantel_haenszel(trials, Measure{});
    index = result.index.value_or(0);
    if (!result.proven) state.SkipWithError("the index is not proven");
  }
  state.counters["index"] = static_cast<double>(index);
}
BENCHMARK(fragility_of_mantel_haenszel<mp::risk_ratio>)->Unit(benchmark::kMillisecond);
BENCHMARK(fragility_of_mantel_haenszel<mp::odds_ratio>)->Unit(benchmark::kMillisecond);
BENCHMARK(fragility_of_mantel_haenszel<mp::risk_difference>)->Unit(benchmark::kMillisecond);

// Argument: max_bounds in hundreds of millions.
void fragility_of_an_exact_odds_ratio(benchmark::State& state) {
  const auto trials = bcg();
  mp::fragility_options options;
  options.max_bounds = 1e8 * static_cast<double>(state.range(0));
  mp::fragility_result<> result;
  for (auto _ : state) result = mp::fragility_exact_odds_ratio(trials, mp::central_exact{}, options);
  state.counters["index"] = static_cast<double>(result.index.value_or(0));
  state.counters["at_least"] = static_cast<double>(result.at_least);
}
BENCHMARK(fragility_of_an_exact_odds_ratio)->Arg(2)->Arg(20)->Iterations(1)->Unit(benchmark::kMillisecond);

// Of a judge of which nothing is known: the greedy search, exchanges, and all tables up to two changes away.
void fragility_of_a_beta_binomial_odds_ratio(benchmark::State& state) {
  const auto trials = bcg();
  mp::fragility_options options;
  options.max_evaluations = 5000;
  mp::fragility_result<> result;
  for (auto _ : state) result = mp::fragility(trials, [](const auto& t) { return mp::infer(mp::beta_binomial(t, mp::odds_ratio{})); }, options);
  state.counters["greedy"] = static_cast<double>(result.greedy.value_or(0));
  state.counters["index"] = static_cast<double>(result.index.value_or(0));
}
BENCHMARK(fragility_of_a_beta_binomial_odds_ratio)->Iterations(1)->Unit(benchmark::kMillisecond);

void fragility_of_five_small_trials(benchmark::State& state) {
  const auto trials = small();
  std::size_t index = 0;
  for (auto _ : state) {
    const auto result = mp::fragility(trials, mp::risk_ratio{}, mp::reml{}, mp::hartung_knapp{});
    index = result.index.value_or(0);
  }
  state.counters["index"] = static_cast<double>(index);
}
BENCHMARK(fragility_of_five_small_trials)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
