// SPDX-License-Identifier: BSL-1.0
// The 13 trials of BCG vaccine against tuberculosis (Colditz et al. 1994 JAMA 271:698).
#pragma once

#include <metapool/data/binary_trial.hpp>

#include <vector>

namespace metapool_benchmark {

inline std::vector<metapool::binary_trial<>> bcg() {
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

}  // namespace metapool_benchmark
