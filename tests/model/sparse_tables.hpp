// SPDX-License-Identifier: BSL-1.0
// Sets of trials with few events for the likelihood models.
#pragma once

#include <metapool/data/rate_trial.hpp>

#include "support/published.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace metapool_test {

/// Anti-infective central venous catheters against bloodstream infection, 18 trials: Niel-Weise, Stijnen & van den Broek (2007), analysed by
/// Stijnen, Hamza & Ozdemir (2010); as in metadat's dat.nielweise2007.
template <class Real = double>
std::vector<metapool::binary_trial<Real>> catheters() {
  return {trial<Real>("1", 0, 116, 3, 117), trial<Real>("2", 1, 44, 3, 35), trial<Real>("3", 2, 208, 9, 195),
          trial<Real>("4", 0, 130, 7, 136), trial<Real>("5", 5, 151, 6, 157), trial<Real>("6", 1, 98, 4, 139),
          trial<Real>("7", 1, 174, 3, 177), trial<Real>("8", 1, 74, 2, 39), trial<Real>("9", 1, 97, 19, 103),
          trial<Real>("10", 1, 113, 2, 122), trial<Real>("11", 0, 66, 7, 64), trial<Real>("12", 0, 70, 1, 58),
          trial<Real>("13", 3, 188, 5, 175), trial<Real>("14", 6, 187, 11, 180), trial<Real>("15", 0, 118, 0, 105),
          trial<Real>("16", 0, 252, 1, 262), trial<Real>("17", 1, 345, 3, 362), trial<Real>("18", 4, 64, 1, 69)};
}

/// Oral rehydration solution with reduced osmolarity, 12 trials: Hahn, Kim & Garner (2001), as in metadat's dat.hahn2001.
template <class Real = double>
std::vector<metapool::binary_trial<Real>> hahn() {
  return {trial<Real>("1", 4, 19, 5, 19), trial<Real>("2", 0, 18, 0, 18), trial<Real>("3", 34, 341, 50, 334),
          trial<Real>("4", 7, 71, 16, 69), trial<Real>("5", 6, 45, 5, 44), trial<Real>("6", 1, 94, 8, 96),
          trial<Real>("7", 0, 22, 0, 22), trial<Real>("8", 11, 88, 12, 82), trial<Real>("9", 2, 82, 7, 84),
          trial<Real>("10", 0, 33, 0, 30), trial<Real>("11", 0, 15, 1, 20), trial<Real>("12", 33, 221, 43, 218)};
}

/// Azithromycin against lower respiratory tract infections, 15 trials: Laopaiboon, Panpanich & Swa Mya (2015), as in metadat's dat.laopaiboon2015.
template <class Real = double>
std::vector<metapool::binary_trial<Real>> laopaiboon() {
  return {trial<Real>("1", 4, 48, 7, 56), trial<Real>("2", 22, 69, 2, 73), trial<Real>("3", 53, 497, 53, 257),
          trial<Real>("4", 5, 121, 10, 120), trial<Real>("5", 5, 55, 7, 53), trial<Real>("6", 6, 34, 2, 33),
          trial<Real>("7", 11, 125, 4, 63), trial<Real>("8", 4, 48, 4, 51), trial<Real>("9", 3, 62, 5, 61),
          trial<Real>("10", 1, 25, 5, 25), trial<Real>("11", 5, 25, 2, 25), trial<Real>("12", 0, 29, 2, 27),
          trial<Real>("13", 1, 39, 2, 49), trial<Real>("14", 8, 173, 7, 173), trial<Real>("15", 12, 38, 2, 42)};
}

/// Infections over catheter days, 9 trials: Niel-Weise, Stijnen & van den Broek (2008), as in metadat's dat.nielweise2008.
template <class Real = double>
std::vector<metapool::rate_trial<Real>> catheter_rates() {
  const double counts[9][4] = {{7, 1344, 11, 1988}, {8, 1600, 8, 1461}, {3, 12012, 14, 10962}, {6, 1536, 10, 1503}, {1, 370, 1, 483}, {1, 729, 8, 913}, {17, 6760, 15, 6840}, {3, 1107, 7, 1015}, {2, 320, 3, 440}};
  std::vector<metapool::rate_trial<Real>> trials;
  for (const auto& c : counts) {
    metapool::rate_trial<Real> t;
    t.treated.events = Real(c[0]);
    t.treated.time = Real(c[1]);
    t.control.events = Real(c[2]);
    t.control.time = Real(c[3]);
    trials.push_back(t);
  }
  return trials;
}

/// 2 to 60 trials with 0 to 3 events an arm, by a counter-based recipe; for some seeds most arms of one side, or most trials, have no event.
inline std::vector<metapool::binary_trial<>> sparse_tables(std::uint64_t seed) {
  std::uint64_t state = seed * 0x9e3779b97f4a7c15u + 1;
  const auto draw = [&](std::uint64_t below) {  // splitmix64
    state += 0x9e3779b97f4a7c15u;
    std::uint64_t z = state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return static_cast<double>((z ^ (z >> 31)) % below);
  };
  const std::size_t k = 2 + static_cast<std::size_t>(draw(2) > 0 ? draw(6) : draw(59));
  const double kind = draw(4);
  std::vector<metapool::binary_trial<>> trials;
  for (std::size_t i = 0; i < k; ++i) {
    double a = draw(4), c = draw(4);
    if (kind == 1 && draw(2) > 0) a = 0;
    if (kind == 2 && draw(2) > 0) c = 0;
    if (kind == 3 && draw(4) > 0) a = c = 0;
    const double control_total = 3 + draw(60), treated_total = 3 + draw(60);  // drawn one by one: the order in which a call's arguments are is the compiler's
    trials.push_back(trial("t", a, treated_total, c, control_total));
  }
  return trials;
}

}  // namespace metapool_test
