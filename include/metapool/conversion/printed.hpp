// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/data/decimal.hpp>

#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>

namespace metapool {

/// A number as it stands in print: its digits without the decimal mark, and how many of them are decimals. "6.90" is {690, 2}, which says
/// more than 6.9: the unrounded number lies between 6.895 and 6.905.
struct printed_number {
  long long digits = 0;
  int decimals = 0;
};

namespace detail {

/// 10^decimals, exact in double up to 22 decimals.
template <class Real>
Real power_of_ten(int decimals) {
  Real power = 1;
  for (int i = 0; i < decimals; ++i) power *= 10;
  return power;
}

template <class = void>
std::string to_text(const printed_number& x) {
  std::string s = std::to_string(x.digits < 0 ? -x.digits : x.digits);
  while (static_cast<int>(s.size()) <= x.decimals) s.insert(s.begin(), '0');
  if (x.decimals > 0) s.insert(s.size() - static_cast<std::size_t>(x.decimals), 1, '.');
  if (x.digits < 0) s.insert(s.begin(), '-');
  return s;
}

template <class = void>
void check(const printed_number& x, const char* function) {
  constexpr long long most = 999'999'999'999'999;
  if (x.decimals < 0 || x.decimals > 15 || x.digits > most || x.digits < -most) {
    throw_input_error(function, "a printed number must have 0 to 15 decimals and at most 15 digits");
  }
}

}  // namespace detail

/// Reads a number as it is printed: [+-] digits [mark digits], with an optional per cent sign behind it. The mark is `decimal` or the
/// raised dot of some journals (U+00B7); the minus may be U+2212. Nothing else is taken: no exponent, no thousands separator, no "< 0.05".
/// Throws input_error if the text is no such number or has more than 15 digits.
template <class = void>
printed_number as_printed(std::string_view text, char decimal = '.') {
  constexpr const char* function = "as_printed";
  const auto fail = [&](const char* rule) {
    std::string m = "'";
    m.append(text).append("' ").append(rule);
    detail::throw_input_error(function, m);
  };
  std::string_view s = detail::trim(text);
  if (!s.empty() && s.back() == '%') s = detail::trim(s.substr(0, s.size() - 1));
  bool negative = false;
  constexpr std::string_view long_minus = "\xE2\x88\x92", raised_dot = "\xC2\xB7";
  if (s.substr(0, 3) == long_minus) {
    negative = true;
    s.remove_prefix(3);
  } else if (!s.empty() && (s.front() == '-' || s.front() == '+')) {
    negative = s.front() == '-';
    s.remove_prefix(1);
  }
  printed_number x;
  int count = 0;
  bool after_mark = false;
  while (!s.empty()) {
    if (detail::is_digit(s.front())) {
      if (++count > 15) fail("has more than 15 digits");
      x.digits = 10 * x.digits + (s.front() - '0');
      x.decimals += after_mark;
      s.remove_prefix(1);
    } else if (!after_mark && (s.front() == decimal || s.substr(0, 2) == raised_dot)) {
      after_mark = true;
      s.remove_prefix(s.front() == decimal ? 1 : 2);
    } else {
      fail("is not a number as printed (digits with one decimal mark)");
    }
  }
  if (count == 0) fail("is not a number as printed (digits with one decimal mark)");
  if (negative) x.digits = -x.digits;
  return x;
}

/// The printed number itself: the nearest Real.
template <class Real = double>
Real value_of(const printed_number& x) {
  return Real(x.digits) / detail::power_of_ten<Real>(x.decimals);
}

/// The smallest number that is printed like this: half a unit of the last digit below.
template <class Real = double>
Real lowest_of(const printed_number& x) {
  return Real(2 * x.digits - 1) / (2 * detail::power_of_ten<Real>(x.decimals));
}

/// The largest number that is printed like this: half a unit of the last digit above.
template <class Real = double>
Real highest_of(const printed_number& x) {
  return Real(2 * x.digits + 1) / (2 * detail::power_of_ten<Real>(x.decimals));
}

namespace detail {

/// Whether x is printed as p: within half a unit of the last digit, where a half may have been rounded either way; 1e-9 of the unit is
/// left to the rounding of x itself.
template <class Real>
bool prints_as(const Real& x, const printed_number& p) {
  using std::fabs;
  const Real power = power_of_ten<Real>(p.decimals);
  return fabs(Real(x - value_of<Real>(p))) * power <= Real(0.5) + Real(1e-9);
}

}  // namespace detail

}  // namespace metapool
