// SPDX-License-Identifier: BSL-1.0
// Published data sets of the tests, and the message of an error.
#pragma once

#include <metapool/data/binary_trial.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace metapool_test {

/// The message of the Error that f throws; says so if f throws nothing. Anything else that is thrown goes through and fails the test.
template <class Error, class F>
std::string message_of(F f) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return "nothing was thrown";
}

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

template <class Real = double>
metapool::binary_trial<Real> trial(const char* label, double a, double n1, double c, double n2) {
  metapool::binary_trial<Real> t;
  t.label = label;
  t.treated.events = Real(a);
  t.treated.total = Real(n1);
  t.control.events = Real(c);
  t.control.total = Real(n2);
  return t;
}

/// BCG vaccine against tuberculosis, 13 trials: cases and persons, vaccinated and not.
/// Colditz et al. (1994) JAMA 271:698, table 1, as in Berkey et al. (1995) and metafor's dat.bcg.
template <class Real = double>
std::vector<metapool::binary_trial<Real>> bcg() {
  return {trial<Real>("Aronson 1948", 4, 123, 11, 139),           trial<Real>("Ferguson & Simes 1949", 6, 306, 29, 303),
          trial<Real>("Rosenthal et al 1960", 3, 231, 11, 220),   trial<Real>("Hart & Sutherland 1977", 62, 13598, 248, 12867),
          trial<Real>("Frimodt-Moller et al 1973", 33, 5069, 47, 5808), trial<Real>("Stein & Aronson 1953", 180, 1541, 372, 1451),
          trial<Real>("Vandiviere et al 1973", 8, 2545, 10, 629), trial<Real>("TPT Madras 1980", 505, 88391, 499, 88391),
          trial<Real>("Coetzee & Berjak 1968", 29, 7499, 45, 7277), trial<Real>("Rosenthal et al 1961", 17, 1716, 65, 1665),
          trial<Real>("Comstock et al 1974", 186, 50634, 141, 27338), trial<Real>("Comstock & Webster 1969", 5, 2498, 3, 2341),
          trial<Real>("Comstock et al 1976", 27, 16913, 29, 17854)};
}

/// Mesenchymal stromal cells in COVID-19, seven randomised trials: deaths and patients.
/// Stem Cell Res Ther (2023), doi:10.1186/s13287-023-03286-8. The published pooled result needs 2 treated deaths of Lanzoni's trial,
/// whose own report prints 1.
template <class Real = double>
std::vector<metapool::binary_trial<Real>> msc(double lanzoni_deaths = 2) {
  return {trial<Real>("Zhu", 0, 29, 2, 29),    trial<Real>("Shu", 0, 12, 3, 29),
          trial<Real>("Shi", 0, 65, 0, 35),    trial<Real>("Monsel", 5, 21, 4, 24),
          trial<Real>("Lanzoni", lanzoni_deaths, 12, 7, 12), trial<Real>("Dilogo", 10, 20, 16, 20),
          trial<Real>("Adas", 3, 10, 6, 10)};
}

/// Diuretics against pre-eclampsia, 9 trials: women with it and women, treated and control.
/// Collins, Yusuf & Peto (1985) Br Med J 290:17, as in Viechtbauer (2007) table I and metadat's dat.collins1985b.
template <class Real = double>
std::vector<metapool::binary_trial<Real>> collins() {
  return {trial<Real>("1", 14, 131, 14, 136),     trial<Real>("2", 21, 385, 17, 134),  trial<Real>("3", 14, 57, 24, 48),
          trial<Real>("4", 6, 38, 18, 40),        trial<Real>("5", 12, 1011, 35, 760), trial<Real>("6", 138, 1370, 175, 1336),
          trial<Real>("7", 15, 506, 20, 524),     trial<Real>("8", 6, 108, 2, 103),    trial<Real>("9", 65, 153, 40, 102)};
}

/// The same trials with the arms swapped.
template <class Real>
std::vector<metapool::binary_trial<Real>> swapped(std::vector<metapool::binary_trial<Real>> trials) {
  for (auto& t : trials) {
    const auto treated = t.treated;
    t.treated = t.control;
    t.control = treated;
  }
  return trials;
}

template <class T>
std::vector<T> reversed(const std::vector<T>& x) {
  return std::vector<T>(x.rbegin(), x.rend());
}

}  // namespace metapool_test
