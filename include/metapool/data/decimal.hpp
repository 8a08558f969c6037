// SPDX-License-Identifier: BSL-1.0
// Numbers as text: what a cell of a file says, and the text that says the same again.
#pragma once

#include <metapool/data/check.hpp>

#include <charconv>
#include <clocale>
#include <cstddef>
#include <cstdlib>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace metapool {

/// How a file writes its numbers: the decimal mark ('.' or ','), and the tokens that stand for a number that was not reported. Tokens
/// are compared without regard to the case of ASCII letters and to surrounding blanks; the empty cell is the token "".
struct number_format {
  char decimal = '.';
  std::vector<std::string> missing = {"", "NA", "N/A", "NaN", ".", "-", "missing"};
};

enum class number_status { number, missing, not_a_number, out_of_range };

/// What a cell says; `value` holds only if `status` is number_status::number.
template <class Real>
struct parsed_number {
  number_status status{};
  Real value{};
};

namespace detail {

constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

constexpr std::string_view trim(std::string_view s) {
  while (!s.empty() && is_blank(s.front())) s.remove_prefix(1);
  while (!s.empty() && is_blank(s.back())) s.remove_suffix(1);
  return s;
}

constexpr bool equal_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (to_lower(a[i]) != to_lower(b[i])) return false;
  }
  return true;
}

template <class Format>
bool is_missing(std::string_view trimmed, const Format& format) {
  for (const auto& token : format.missing) {
    if (equal_ignoring_case(trimmed, token)) return true;
  }
  return false;
}

/// strtod and its kin follow the global locale's decimal mark; the text (null-terminated, mark '.') is rewritten with that mark.
template <class Real>
bool convert_with_strtod(const char* text, Real& value) {
  std::string local(text);
  if (const auto mark = local.find('.'); mark != std::string::npos) local.replace(mark, 1, std::localeconv()->decimal_point);
  char* end = nullptr;
  if constexpr (std::is_same_v<Real, float>) {
    value = std::strtof(local.c_str(), &end);
  } else if constexpr (std::is_same_v<Real, double>) {
    value = std::strtod(local.c_str(), &end);
  } else {
    value = std::strtold(local.c_str(), &end);
  }
  return end == local.c_str() + local.size() && is_finite(value);
}

/// `text` is a null-terminated number in C notation, already checked. False if it lies outside the range of Real.
template <class Real>
bool convert_number(const char* text, std::size_t size, Real& value) {
  if constexpr (std::is_floating_point_v<Real>) {
#if defined(__cpp_lib_to_chars)
    const auto result = std::from_chars(text, text + size, value);
    return result.ec == std::errc{} && result.ptr == text + size && is_finite(value);
#else
    (void)size;
    return convert_with_strtod(text, value);
#endif
  } else if constexpr (std::is_constructible_v<Real, const char*>) {
    // Types of many digits compute powers of ten by themselves: an exponent of 10^9 would take for ever.
    const std::string_view all(text, size);
    if (const auto e = all.find_first_of("eE"); e != std::string_view::npos) {
      auto digits = all.substr(e + 1);
      while (!digits.empty() && !(is_digit(digits.front()) && digits.front() != '0')) digits.remove_prefix(1);
      if (digits.size() > 4) return false;
    }
    value = Real(text);
    return is_finite(value);
  } else {
    double narrow = 0;
    if (!convert_number(text, size, narrow)) return false;
    value = static_cast<Real>(narrow);
    return true;
  }
}

}  // namespace detail

/// Reads one cell: blanks, then [+-] digits [mark digits] [e [+-] digits], then blanks, and nothing else (no "inf", hexadecimal digits,
/// units or thousands separators). Never throws on account of the text. double and float are the nearest number; types with more digits
/// are read from the text itself, so that "0.1" is their own 0.1. Numbers of more than 1000 characters are not taken for numbers.
template <class Real = double>
parsed_number<Real> parse_number(std::string_view text, const number_format& format = {}) {
  constexpr std::size_t longest = 1000;
  const std::string_view s = detail::trim(text);
  if (detail::is_missing(s, format)) return {number_status::missing, Real{}};
  if (s.size() > longest) return {number_status::not_a_number, Real{}};
  if (s.size() <= (std::numeric_limits<Real>::digits10 < 15 ? 6 : 15)) {  // whole numbers short enough to be exact
    long long whole = 0;
    std::size_t i = 0;
    for (; i < s.size() && detail::is_digit(s[i]); ++i) whole = 10 * whole + (s[i] - '0');
    if (i == s.size() && i > 0) return {number_status::number, static_cast<Real>(whole)};
  }
  char buffer[longest + 1];
  std::size_t n = 0, i = 0, digits = 0;
  const auto take_digits = [&] {
    std::size_t count = 0;
    for (; i < s.size() && detail::is_digit(s[i]); ++count) buffer[n++] = s[i++];
    return count;
  };
  const auto take_sign = [&] {
    if (i < s.size() && (s[i] == '-' || s[i] == '+')) {
      if (s[i] == '-') buffer[n++] = '-';
      ++i;
    }
  };
  take_sign();
  digits = take_digits();
  if (i < s.size() && s[i] == format.decimal) {
    buffer[n++] = '.';
    ++i;
    digits += take_digits();
  }
  if (digits == 0) return {number_status::not_a_number, Real{}};
  if (i < s.size() && (s[i] == 'e' || s[i] == 'E')) {
    buffer[n++] = 'e';
    ++i;
    take_sign();
    if (take_digits() == 0) return {number_status::not_a_number, Real{}};
  }
  if (i != s.size()) return {number_status::not_a_number, Real{}};
  buffer[n] = '\0';
  Real value{};
  if (!detail::convert_number(buffer, n, value)) return {number_status::out_of_range, Real{}};
  return {number_status::number, value};
}

/// The text of a finite number that parse_number<Real> reads back as the same number: the shortest for float, double and long double
/// (whole numbers below 10^15 without an exponent); for wider types all their digits unless fewer do.
template <class Real>
std::string number_text(const Real& x, char decimal = '.') {
  std::string out;
  if constexpr (std::is_floating_point_v<Real>) {
    char buffer[64];
    const bool whole = x < Real(1e15) && x > Real(-1e15) && detail::is_whole(x);
    const auto end = whole ? std::to_chars(buffer, buffer + sizeof buffer, static_cast<long long>(x)).ptr
                           : std::to_chars(buffer, buffer + sizeof buffer, x).ptr;
    out.assign(buffer, end);
  } else {
    out = number_text(static_cast<double>(x));
    if constexpr (requires { x.str(std::numeric_limits<Real>::max_digits10); }) {
      const auto again = parse_number<Real>(out);
      if (!(again.status == number_status::number && again.value == x)) out = x.str(std::numeric_limits<Real>::max_digits10);
    }
  }
  if (const auto mark = out.find('.'); mark != std::string::npos) out[mark] = decimal;
  return out;
}

}  // namespace metapool
