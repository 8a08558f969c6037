// SPDX-License-Identifier: BSL-1.0
#include <metapool/metapool.hpp>
#include <cstdio>
namespace mp = metapool;

int main() {
  const std::vector<mp::binary_trial<>> trials{
      {.label = "Lanzoni 2021", .treated = {.events = 1, .total = 12}, .control = {.events = 7, .total = 12}},
      {.label = "Shu 2020", .treated = {.events = 0, .total = 12}, .control = {.events = 3, .total = 29}},
      {.label = "Dilogo 2021", .treated = {.events = 10, .total = 20}, .control = {.events = 16, .total = 20}},
      {.label = "Monsel 2022", .treated = {.events = 5, .total = 21}, .control = {.events = 4, .total = 24}},
      {.label = "Shi 2021", .treated = {.events = 0, .total = 65}, .control = {.events = 0, .total = 35}}};

  const auto effects = mp::effect_sizes(trials, mp::risk_ratio{});            // y, v, and what was done to each zero cell
  const auto common = mp::mantel_haenszel(trials, mp::risk_ratio{});          // needs no correction for zero cells
  const auto fit = mp::random_effects(effects, mp::reml{});                   // tau2: the highest of all maxima
  const auto mean = mp::infer(fit, mp::hartung_knapp{.floor = 1.0});          // holds with few trials
  const auto next = mp::predict(fit, mp::higgins_thompson_spiegelhalter{});   // the next trial's effect

  std::puts(mp::summary(trials, fit, mean).c_str());
  std::printf("Mantel-Haenszel RR %.2f, next trial %.2f to %.2f\n", mp::infer(common).natural().estimate, next.natural().lower, next.natural().upper);
  mp::write_svg("forest.svg", mp::forest_plot(trials, fit, mean));
}
