// SPDX-License-Identifier: BSL-1.0
// Axes of effects: from the pooling scale to the picture, and where the ticks stand.
#pragma once

#include <metapool/effect/scale.hpp>
#include <metapool/text/number_text.hpp>
#include <metapool/plot/text_width.hpp>

#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace metapool {

/// A tick of an axis. position: on the pooling scale (a logarithm for ratios); label: the natural value ("0.5").
struct axis_tick {
  double position{};
  std::string label{};
};

/// A horizontal axis of effects: lower..upper of the pooling scale lie at left..right of the picture. On the log scale equal distances are
/// equal ratios.
struct effect_axis {
  metapool::scale scale = metapool::scale::identity;
  double lower{}, upper{};
  double left{}, right{};
  std::vector<axis_tick> ticks{};
  double x(double y) const { return left + (y - lower) / (upper - lower) * (right - left); }
  bool contains(double y) const { return y >= lower && y <= upper; }
};

namespace detail {

/// mantissa * 10^exponent as text, exactly: 15, -1 -> "1.5". Beyond 10^6 and 10^-5 with an exponent.
template <class = void>
std::string decimal_text(long long mantissa, int exponent) {
  const bool negative = mantissa < 0;
  std::string digits = std::to_string(negative ? -mantissa : mantissa);
  if (mantissa != 0) {
    while (digits.size() > 1 && digits.back() == '0') digits.pop_back(), ++exponent;
  } else {
    exponent = 0;
  }
  const int magnitude = exponent + static_cast<int>(digits.size()) - 1;
  if (magnitude > 6 || magnitude < -5) {
    if (digits.size() > 1) digits.insert(1, ".");
    digits += "e" + std::to_string(magnitude);
  } else if (exponent >= 0) {
    digits.append(static_cast<std::size_t>(exponent), '0');
  } else if (magnitude >= 0) {
    digits.insert(static_cast<std::size_t>(magnitude) + 1, ".");
  } else {
    digits.insert(0, "0." + std::string(static_cast<std::size_t>(-magnitude - 1), '0'));
  }
  return negative ? minus_sign + digits : digits;
}

/// True if the labels, centred on their ticks, keep a distance of 0.7 em.
template <class = void>
bool ticks_fit(const effect_axis& a, const std::vector<axis_tick>& ticks, double size) {
  for (std::size_t i = 1; i < ticks.size(); ++i) {
    const double room = a.x(ticks[i].position) - a.x(ticks[i - 1].position);
    if (room < (text_width(ticks[i].label, size) + text_width(ticks[i - 1].label, size)) / 2 + 0.7 * size) return false;
  }
  return true;
}

/// Multiples of step * 10^exponent from lower to upper (natural values).
template <class = void>
std::vector<axis_tick> even_ticks(scale s, double lower, double upper, int step, int exponent) {
  std::vector<axis_tick> ticks;
  const double unit = step * std::pow(10.0, exponent);
  const double first = std::ceil(lower / unit - 1e-9), last = std::floor(upper / unit + 1e-9);
  if (!(std::fabs(first) < 1e15 && std::fabs(last) < 1e15) || last - first > 200) return ticks;
  for (double i = first; i <= last; ++i) {
    const double value = i * unit;
    if (s == scale::log && !(value > 0)) continue;
    ticks.push_back({from_natural(s, value), decimal_text(static_cast<long long>(i) * step, exponent)});
  }
  return ticks;
}

/// The finest even ticks that fit, at most `most`.
template <class = void>
std::vector<axis_tick> finest_even_ticks(const effect_axis& a, double size, std::size_t most) {
  const double lower = to_natural(a.scale, a.lower), upper = to_natural(a.scale, a.upper);
  const int start = static_cast<int>(std::floor(std::log10(upper - lower))) - 2;
  for (int exponent = start; exponent <= start + 4; ++exponent) {
    for (const int step : {1, 2, 5}) {
      auto ticks = even_ticks(a.scale, lower, upper, step, exponent);
      if (!ticks.empty() && ticks.size() <= most && ticks_fit(a, ticks, size)) return ticks;
    }
  }
  return {};
}

/// Ratios m * 10^e for the given m, e a multiple of `every`.
template <class Mantissas>
std::vector<axis_tick> ratio_ticks(double lower, double upper, const Mantissas& tenths, int every) {
  std::vector<axis_tick> ticks;
  const double ln10 = std::log(10.0);
  const int first = static_cast<int>(std::floor(lower / ln10)) - 1, last = static_cast<int>(std::ceil(upper / ln10)) + 1;
  for (int e = first; e <= last; ++e) {
    if (e % every != 0) continue;
    for (const int m : tenths) {
      const double position = e == 0 && m == 10 ? 0.0 : std::log(m / 10.0) + e * ln10;
      if (position >= lower - 1e-9 && position <= upper + 1e-9) ticks.push_back({position, decimal_text(m, e - 1)});
    }
  }
  return ticks;
}

}  // namespace detail

/// Sets the ticks of an axis whose limits are set: labels of the given size keep at least 0.7 em between them. Log scale: 0.1 0.2 0.5 1 2 5 10,
/// thinned to 0.1 0.3 1 3 10 and to powers of ten on long axes, and even steps (0.8 0.9 1 1.1) on short ones. Identity scale: steps of 1, 2 or 5 times a power
/// of ten. No effect (a ratio of 1, a difference of 0) is a tick whenever it lies on the axis.
/// Precondition: lower < upper and left < right, all finite.
template <class = void>
void set_ticks(effect_axis& a, double size) {
  a.ticks.clear();
  if (a.scale == scale::identity) {
    a.ticks = detail::finest_even_ticks(a, size, 8);
    return;
  }
  static constexpr int fine[] = {10, 15, 20, 30, 50, 70}, usual[] = {10, 20, 50}, sparse[] = {10, 30}, decades[] = {10};
  const auto take = [&](std::vector<axis_tick> ticks, std::size_t least, std::size_t most) {
    if (ticks.size() < least || ticks.size() > most || !detail::ticks_fit(a, ticks, size)) return false;
    a.ticks = std::move(ticks);
    return true;
  };
  if (a.upper - a.lower < std::log(5.0) && take(detail::finest_even_ticks(a, size, 8), 3, 8)) return;
  if (take(detail::ratio_ticks(a.lower, a.upper, usual, 1), 4, 12)) return;
  if (a.upper - a.lower < std::log(20.0) && take(detail::ratio_ticks(a.lower, a.upper, fine, 1), 3, 9)) return;
  if (take(detail::ratio_ticks(a.lower, a.upper, usual, 1), 3, 12)) return;
  if (take(detail::ratio_ticks(a.lower, a.upper, sparse, 1), 4, 12)) return;
  for (const int every : {1, 2, 3, 4, 5, 10, 20, 50, 100}) {
    if (take(detail::ratio_ticks(a.lower, a.upper, decades, every), 1, 12)) return;
  }
}

}  // namespace metapool
