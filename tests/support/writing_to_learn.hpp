// SPDX-License-Identifier: BSL-1.0
// 48 studies of school writing to learn: standardised mean differences with their moderators.
// Bangert-Drowns, Hurley & Wilkinson (2004) Rev Educ Res 74:29, as in metadat's dat.bangertdrowns2004 (rounded effects and variances).
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace metapool_test {

struct writing_to_learn {
  std::vector<double> yi{0.65, -0.75, -0.21, -0.04, 0.23, 0.03,  0.26, 0.06, 0.06,  0.12,  0.77, 0,    0.52,  0.54, 0.2,  0.2,
                         -0.16, 0.42, 0.6,  0.51,  0.58, 0.54,  0.09, 0.37, -0.01, -0.13, 0.18, 0.27, -0.02, 0.33, 0.59, 0.84,
                         -0.32, 0.12, 1.12, -0.12, -0.44, -0.07, 0.7, 0.49, 0.2,   0.58,  0.15, 0.63, 0.04,  1.46, 0.04, 0.25};
  std::vector<double> vi{0.07,  0.126, 0.042, 0.019, 0.022, 0.009, 0.106, 0.007, 0.04,  0.052, 0.107, 0.021, 0.037, 0.083, 0.086, 0.091,
                         0.167, 0.052, 0.091, 0.065, 0.073, 0.061, 0.1,   0.06,  0.083, 0.037, 0.069, 0.018, 0.009, 0.053, 0.017, 0.112,
                         0.06,  0.044, 0.129, 0.023, 0.205, 0.033, 0.265, 0.039, 0.021, 0.067, 0.014, 0.168, 0.016, 0.099, 0.087, 0.072};
  std::vector<double> grade{4, 2, 2, 4, 1, 4, 3, 1, 4, 1, 4, 4, 1, 4, 4, 4, 4, 4, 4, 4, 1, 3, 1, 3,
                            2, 3, 3, 3, 1, 1, 1, 1, 4, 3, 4, 3, 2, 4, 4, 4, 2, 3, 4, 4, 1, 3, 2, 4};
  std::vector<double> meta{1, 0, 1, 0, 1, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, -1, -1, 0, 0, 0, 0, 1,  // -1: not reported
                           0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 1, 0, 0, 0,  0,  1, 0, 1, 0, 0, 1, 1, 1, 0};
  std::vector<double> ni{60, 34,  95, 209, 182, 462, 38, 542, 99, 77, 40,  190, 113, 50, 47,  44, 24, 78,  46,  64, 57,  68, 40, 68,
                         48, 107, 58, 225, 446, 77,  243, 39, 67, 91, 36, 177, 20,  120, 16, 105, 195, 62, 289, 25, 250, 51, 46, 56};
  std::size_t size() const { return yi.size(); }
};

/// The 46 studies of which it is known whether metacognition was prompted.
inline writing_to_learn with_known_metacognition() {
  const writing_to_learn all;
  writing_to_learn d;
  d.yi.clear();
  d.vi.clear();
  d.grade.clear();
  d.meta.clear();
  d.ni.clear();
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all.meta[i] < 0) continue;
    d.yi.push_back(all.yi[i]);
    d.vi.push_back(all.vi[i]);
    d.grade.push_back(all.grade[i]);
    d.meta.push_back(all.meta[i]);
    d.ni.push_back(all.ni[i]);
  }
  return d;
}

/// Whole numbers as names of levels.
inline std::vector<std::string> as_levels(const std::vector<double>& x) {
  std::vector<std::string> r;
  for (const double value : x) r.push_back(std::to_string(static_cast<int>(value)));
  return r;
}

}  // namespace metapool_test
