// SPDX-License-Identifier: BSL-1.0
// Moderators of published data sets.
#pragma once

#include <vector>

namespace metapool_test {

/// Absolute latitude of the BCG trials, in the order of bcg(). Colditz et al. (1994) JAMA 271:698, as in metafor's dat.bcg.
inline std::vector<double> bcg_latitude() { return {44, 55, 42, 52, 13, 44, 19, 13, 27, 42, 18, 33, 33}; }
/// Their years of publication.
inline std::vector<double> bcg_year() { return {1948, 1949, 1960, 1977, 1973, 1953, 1973, 1980, 1968, 1961, 1974, 1969, 1976}; }

/// Teachers' expectancy and pupils' IQ, 19 studies: standardised mean differences, their variances, weeks of contact before (3 for more).
/// Raudenbush (1984), as in Raudenbush & Bryk (1985) J Educ Stat 10:75 and metafor's dat.raudenbush1985.
struct teacher_studies {
  std::vector<double> y{0.03, 0.12, -0.14, 1.18, 0.26, -0.06, -0.02, -0.32, 0.27, 0.80, 0.54, 0.18, -0.02, 0.23, -0.18, -0.06, 0.30, 0.07, -0.07};
  std::vector<double> v{0.0156, 0.0216, 0.0279, 0.1391, 0.1362, 0.0106, 0.0106, 0.0484, 0.0269, 0.0630,
                        0.0912, 0.0497, 0.0835, 0.0841, 0.0253, 0.0279, 0.0193, 0.0088, 0.0303};
  std::vector<double> weeks{2, 3, 3, 0, 0, 3, 3, 3, 0, 1, 0, 0, 1, 2, 3, 3, 1, 2, 3};
};
inline teacher_studies teachers() { return {}; }

/// Patients of the treated arms of a set of trials, in hundreds: a moderator that every set has.
template <class Trials>
std::vector<double> treated_hundreds(const Trials& trials) {
  std::vector<double> n;
  for (const auto& t : trials) n.push_back(*t.treated.total / 100);
  return n;
}

}  // namespace metapool_test
