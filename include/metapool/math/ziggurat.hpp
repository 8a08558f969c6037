// SPDX-License-Identifier: BSL-1.0
// The ziggurat of the normal density, and the two functions that it needs, whose bits depend on no library.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace metapool::detail {

/// log x of a positive normal double, to 2e-16 of the larger of 1 and itself. Elementary operations only, so that every IEEE machine gives the same
/// bits, at compile time too (unless its compiler fuses products and sums).
constexpr double plain_log(double x) {
  const std::uint64_t bits = std::bit_cast<std::uint64_t>(x);
  int exponent = static_cast<int>(bits >> 52) - 1023;
  double m = std::bit_cast<double>((bits & 0xFFFFFFFFFFFFFu) | std::uint64_t(1023) << 52);
  if (m > 1.4142135623730951) {
    m /= 2;
    ++exponent;
  }
  const double s = (m - 1) / (m + 1), z = s * s;  // log m = 2 artanh s, |s| < 0.172
  double sum = 0;
  for (int i = 23; i >= 3; i -= 2) sum = (sum + 1.0 / i) * z;
  return exponent * 0x1.62e42fefa38p-1 + (exponent * 0x1.ef35793c7673p-45 + (2 * s + 2 * s * sum));  // log 2 in two parts
}

/// exp x for -700 < x <= 0, to 4e-16 of itself, in the same way.
constexpr double plain_exp(double x) {
  const int n = static_cast<int>(x * 1.4426950408889634 - 0.5);
  const double r = (x - n * 0x1.62e42fefa38p-1) - n * 0x1.ef35793c7673p-45;
  double sum = 1;
  for (int i = 15; i >= 1; --i) sum = 1 + sum * r / i;
  return sum * std::bit_cast<double>(static_cast<std::uint64_t>(1023 + n) << 52);
}

/// 256 layers of equal area over the half density exp(-x^2 / 2), x >= 0. Layer i >= 1 is the rectangle from 0 to edge[i] between the heights[i] and
/// heights[i + 1] of the curve at edge[i] and edge[i + 1]; layer 0 is the strip below the curve's height at edge[1] with the tail beyond, as
/// wide as a rectangle of that area.
/// Marsaglia & Tsang (2000) J Stat Softw 5(8), doi:10.18637/jss.v005.i08.
struct ziggurat_layers {
  static constexpr std::size_t count = 256;
  std::array<double, count + 1> edge{};
  std::array<double, count + 1> height{};
};

constexpr ziggurat_layers make_ziggurat_layers() {
  ziggurat_layers z;
  constexpr double tail = 3.6541528853610088, area = 0.0049286732339746534;  // where the last of the layers ends at height 1
  z.edge[1] = tail;
  z.height[1] = plain_exp(-tail * tail / 2);
  z.edge[0] = area / z.height[1];
  for (std::size_t i = 2; i < ziggurat_layers::count; ++i) {
    z.height[i] = z.height[i - 1] + area / z.edge[i - 1];
    const double square = -2 * plain_log(z.height[i]);
    double root = z.edge[i - 1];  // above the root: Heron's steps fall until rounding stops them
    for (double next = (root + square / root) / 2; next < root; next = (root + square / root) / 2) root = next;
    z.edge[i] = root;
  }
  z.height[ziggurat_layers::count] = 1;
  return z;
}

/// Computed at compile time, by those that use it.
template <class = void>
inline constexpr ziggurat_layers normal_layers = make_ziggurat_layers();

}  // namespace metapool::detail
