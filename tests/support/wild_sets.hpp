// SPDX-License-Identifier: BSL-1.0
// Sets of effects and variances meant to break a search: variances over 16 decades, units from 1e-8 to 1e8, outliers, homogeneous sets,
// a few precise studies that disagree with many imprecise ones. The same for every standard library (own generator, own distributions).
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace metapool_test {

struct wild_set {
  std::vector<double> y, v;
};

/// splitmix64: Steele, Lea & Flood (2014).
class small_random {
 public:
  explicit small_random(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15ull) {}
  double uniform() {  // in (0, 1)
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15ull;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return (static_cast<double>((z ^ (z >> 31)) >> 11) + 0.5) / 9007199254740992.0;
  }
  double normal() {
    const double r = std::sqrt(-2 * std::log(uniform()));
    return r * std::cos(6.283185307179586 * uniform());
  }

 private:
  std::uint64_t state_;
};

inline wild_set make_wild_set(std::uint64_t seed) {
  small_random random(seed);
  wild_set s;
  const std::uint64_t kind = seed % 8;
  const double u = random.uniform();
  const int k = 2 + static_cast<int>(u * (seed % 3 == 0 ? 6 : 39));
  const double unit = std::pow(10.0, -8 + 16 * random.uniform());
  const double decades = kind == 0 ? 16 : kind == 1 ? 8 : kind == 2 ? 0 : 4 * random.uniform();
  const double tau = kind % 2 == 1 ? std::pow(10.0, -3 + 4 * random.uniform()) : 0;
  for (int i = 0; i < k; ++i) {
    double v = std::pow(10.0, decades * (random.uniform() - 0.5));
    double y = std::sqrt(v) * random.normal() + tau * random.normal();
    if (kind == 4) {  // few precise studies that disagree, many imprecise ones
      const bool precise = i < 2 + k / 8;
      v = precise ? std::pow(10.0, -2 - 3 * random.uniform()) : std::pow(10.0, random.uniform());
      y = precise ? (i % 2 == 0 ? 1 : -1) * (0.05 + 0.3 * random.uniform()) : 0.8 * std::sqrt(v) * random.normal();
    }
    if (kind == 5 && i == 0) y = 1000 * random.uniform();  // an outlier
    if (kind == 6) y = 0.01 * std::sqrt(v) * random.normal();  // homogeneous beyond chance
    if (kind == 7) {  // groups of their own precision, too homogeneous or too heterogeneous in turn
      v = std::pow(10.0, -4.0 + 3 * (i % 3)) * (0.5 + random.uniform());
      y = std::sqrt(v) * random.normal() * (i % 3 == 1 ? 0.3 : 3);
    }
    s.y.push_back(y * unit);
    s.v.push_back(v * unit * unit);
  }
  return s;
}

/// 2 n studies, pairs on n scales four decades apart, each pair far apart for its precision: n local maxima of the restricted likelihood.
inline wild_set ladder(int n) {
  wild_set s;
  double v = 1e-8;
  for (int level = 0; level < n; ++level, v *= 1e4) {
    const double y = std::sqrt(3.0 * (2 * level + 2) * v);
    s.y.insert(s.y.end(), {y, -y});
    s.v.insert(s.v.end(), {v, v});
  }
  return s;
}

}  // namespace metapool_test
