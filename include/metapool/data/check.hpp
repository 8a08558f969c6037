// SPDX-License-Identifier: BSL-1.0
// Checks of input and the wording of their messages.
#pragma once

#include <metapool/data/error.hpp>

#include <charconv>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>

namespace metapool::detail {

/// The shortest decimal text that reads back as x (double and float); 17 significant digits of wider types.
template <class Real>
std::string to_text(const Real& x) {
  if constexpr (std::is_same_v<Real, double> || std::is_same_v<Real, float> || std::is_integral_v<Real>) {
    char buffer[64];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, x).ptr;
    return std::string(buffer, end);
  } else {
    return to_text(static_cast<double>(x));
  }
}

/// x with `digits` significant digits, for messages ("0.8122").
template <class Real>
std::string to_short_text(const Real& x, int digits = 4) {
  char buffer[64];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, static_cast<double>(x), std::chars_format::general, digits).ptr;
  return std::string(buffer, end);
}

template <class Real>
bool is_finite(const Real& x) {
  using std::isfinite;
  return isfinite(x);
}

/// True if x is a whole number. x must be finite.
template <class Real>
bool is_whole(const Real& x) {
  if constexpr (std::is_floating_point_v<Real>) {
    // every number from 2^62 on is whole; below, the conversion is exact and quicker than a call of floor
    return !(x < Real(4611686018427387904.0) && x > Real(-4611686018427387904.0)) || static_cast<Real>(static_cast<long long>(x)) == x;
  } else {
    using std::floor;
    return floor(x) == x;
  }
}

/// "risk_ratio: study 'Zhu 2021': treated.events = 31 must not exceed ..."
template <class Real>
[[noreturn]] void throw_study_error(std::string_view function, std::string_view label, std::string_view what, const Real& value,
                                    std::string_view rule) {
  std::string m(function);
  m.append(": study '").append(label).append("': ").append(what).append(" = ").append(to_text(value)).append(" ").append(rule);
  throw input_error(m);
}

template <class = void>
[[noreturn]] void throw_input_error(std::string_view function, std::string_view message) {
  std::string m(function);
  m.append(": ").append(message);
  throw input_error(m);
}

template <class = void>
[[noreturn]] void throw_not_estimable(std::string_view function, std::string_view message) {
  std::string m(function);
  m.append(": ").append(message);
  throw not_estimable(m);
}

template <class = void>
void check_level(const char* function, double level) {
  if (!(level > 0 && level < 1)) {
    throw_input_error(function, "level = " + to_text(level) + " must lie strictly between 0 and 1 (0.95 for a 95 % interval)");
  }
}

}  // namespace metapool::detail
