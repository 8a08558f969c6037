// SPDX-License-Identifier: BSL-1.0
// Numbers as a figure shows them: the same bytes whatever the locale and the compiler.
#pragma once

#include <charconv>
#include <cmath>
#include <cstddef>
#include <string>

namespace metapool::detail {

inline constexpr const char* minus_sign = "\xE2\x88\x92";  // U+2212

/// x with a fixed number of decimals (half to even of the exact binary value), "-" for negative numbers, never "-0".
template <class = void>
std::string fixed_text(double x, int decimals) {
  char buffer[400];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, x, std::chars_format::fixed, decimals).ptr;
  std::string s(buffer, end);
  if (s[0] == '-' && s.find_first_of("123456789") == std::string::npos) s.erase(0, 1);
  return s;
}

/// x with at most `decimals` decimals: zeros at the end are dropped.
template <class = void>
std::string short_text(double x, int decimals) {
  std::string s = fixed_text(x, decimals);
  if (s.find('.') != std::string::npos) {
    while (s.back() == '0') s.pop_back();
    if (s.back() == '.') s.pop_back();
  }
  return s;
}

/// A number for a reader: fixed_text with a true minus sign.
template <class = void>
std::string reader_text(double x, int decimals) {
  std::string s = fixed_text(x, decimals);
  if (s[0] == '-') s.replace(0, 1, minus_sign);
  return s;
}

/// A positive power-of-ten form with two significant digits: 3.4e-7.
template <class = void>
std::string exponent_text(double x) {
  char buffer[64];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, x, std::chars_format::scientific, 1).ptr;
  return std::string(buffer, end);
}

/// A ratio for a reader: `decimals` decimals, none from 1000 on; a ratio that would be shown as 0 keeps one significant digit, so that no
/// ratio is shown as zero; beyond 1e-6 and 1e7 with an exponent.
template <class = void>
std::string ratio_text(double x, int decimals) {
  if (!(x > 0)) return fixed_text(x, decimals);
  if (x < 1e-6 || x >= 1e7) return exponent_text(x);
  if (x >= 1000) return fixed_text(x, 0);
  std::string s = fixed_text(x, decimals);
  while (s.find_first_of("123456789") == std::string::npos) s = fixed_text(x, ++decimals);
  return s;
}

/// "= 0.042", "< 0.001": three decimals below 0.1, two above; never 0 or 1.
template <class = void>
std::string p_text(double p) {
  if (p < 0.001) return "< 0.001";
  if (p < 0.0995) return "= " + fixed_text(p, 3);
  if (p > 0.995) return "> 0.99";
  return "= " + fixed_text(p, 2);
}

/// A count or a measured value as it was reported: no decimals if it has none, else at most `decimals`.
template <class = void>
std::string count_text(double x, int decimals = 2) {
  std::string s = short_text(x, decimals);
  if (s[0] == '-') s.replace(0, 1, minus_sign);
  return s;
}

}  // namespace metapool::detail
