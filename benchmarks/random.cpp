// SPDX-License-Identifier: BSL-1.0
// Random numbers, the distribution of Q, and the bootstrap prediction interval made of them.

#include <metapool/effect/effects.hpp>
#include <metapool/inference/nagashima.hpp>
#include <metapool/math/quadratic_form.hpp>
#include <metapool/math/random.hpp>
#include <metapool/model/random_effects.hpp>
#include <metapool/tau2/dersimonian_laird.hpp>

#include <benchmark/benchmark.h>

#include <random>
#include <vector>

namespace mp = metapool;

namespace {

mp::model_fit<double> ten_trials() {
  const std::vector<double> y{2.0989861, 3.3570262, 1.5652318, 0.8640463, 1.4656407, 2.2325713, 1.5465488, 0.4125323, 2.1202635, 1.8071598};
  const std::vector<double> v{0.9698, 1.0334, 0.3304, 0.1635, 0.4011, 0.2008, 0.6057, 0.1385, 0.6832, 0.3628};
  return mp::random_effects(mp::known_effects<double>(y, v), mp::dersimonian_laird{});
}

void nagashima_prediction_10000_draws(benchmark::State& state) {
  const auto fit = ten_trials();
  const mp::nagashima method{.draws = 10000};
  for (auto _ : state) benchmark::DoNotOptimize(method(fit, fit.se));
}
BENCHMARK(nagashima_prediction_10000_draws)->Unit(benchmark::kMillisecond);

void quadratic_form_10_weights(benchmark::State& state) {
  const std::vector<double> w{5, 4, 3, 2, 1, 0.9, 0.8, 0.7, 0.1, 0.01};
  for (auto _ : state) benchmark::DoNotOptimize(mp::detail::quadratic_form_tails<double>(w, 20.0));
}
BENCHMARK(quadratic_form_10_weights);

void word(benchmark::State& state) {
  mp::detail::random_stream random(1);
  for (auto _ : state) benchmark::DoNotOptimize(random());
}
BENCHMARK(word);

void word_std_mt19937_64(benchmark::State& state) {
  std::mt19937_64 random(1);
  for (auto _ : state) benchmark::DoNotOptimize(random());
}
BENCHMARK(word_std_mt19937_64);

void normal(benchmark::State& state) {
  mp::detail::random_stream random(1);
  for (auto _ : state) benchmark::DoNotOptimize(random.normal());
}
BENCHMARK(normal);

void normal_std_mt19937_64(benchmark::State& state) {
  std::mt19937_64 random(1);
  std::normal_distribution<double> distribution;
  for (auto _ : state) benchmark::DoNotOptimize(distribution(random));
}
BENCHMARK(normal_std_mt19937_64);

void students_t_9(benchmark::State& state) {
  mp::detail::random_stream random(1);
  for (auto _ : state) benchmark::DoNotOptimize(random.students_t(9));
}
BENCHMARK(students_t_9);

}  // namespace

BENCHMARK_MAIN();
