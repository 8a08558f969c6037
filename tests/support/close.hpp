// SPDX-License-Identifier: BSL-1.0
// The one tolerance helper of the tests: named tolerances with a reason, and a comparison that prints what it saw.
#pragma once

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <sstream>
#include <string>
#include <type_traits>

namespace metapool_test {

/// What counts as equal: |a - b| <= relative * max(floor, |b|), or |a - b| <= absolute where absolute is not zero.
struct tolerance {
  double relative;
  double floor = 0;     ///< |b| below this is judged as if it were this
  double absolute = 0;  ///< in the unit of the values; used instead of `relative` if not zero
  const char* reason = "";
};

/// Rounding of a handful of operations in double.
inline constexpr tolerance digits15{1e-15, 0, 0, "rounding of a handful of operations"};
inline constexpr tolerance digits14{1e-14, 0, 0, "rounding of a short sum"};
/// The library's promise for closed forms and scalar searches in double.
inline constexpr tolerance digits12{1e-12, 0, 0, "the promise for closed forms and scalar searches in double"};
inline constexpr tolerance digits10{1e-10, 0, 0, "two chained searches in double"};
/// The library's aim for fits of several parameters.
inline constexpr tolerance digits8{1e-8, 0, 0, "the aim for fits of several parameters"};
inline constexpr tolerance digits6{1e-6, 0, 0, "a reference that is itself iterative, at its default settings"};
/// The whole path in float.
inline constexpr tolerance digits5{1e-5, 0, 0, "float has seven digits"};
/// 50-digit arithmetic against 50-digit arithmetic.
inline constexpr tolerance digits40{1e-40, 0, 0, "two computations in 50 digits"};
/// The rule of the reference cases: relative 1e-8 with |b| counted as no less than 1e-3.
inline constexpr tolerance reference{1e-8, 1e-3, 0, "the reference cases"};

/// A value that was printed with n decimals: half a unit of the last one (and the rounding of that half in binary).
constexpr tolerance printed(int decimals) {
  double half = 0.5;
  for (int i = 0; i < decimals; ++i) half /= 10;
  return {0, 0, half * (1 + 1e-9), "half a unit of the last printed decimal"};
}

/// The same tolerance for a value near zero whose error is set by numbers of size `scale` (a sum in which terms cancel).
constexpr tolerance at_scale(tolerance t, double scale) { return {t.relative, scale, t.absolute, t.reason}; }

/// What `close` returns: true or false for CHECK, and the text that CHECK prints.
struct comparison {
  bool passed;
  std::string text;
  explicit operator bool() const { return passed; }
};

inline doctest::String toString(const comparison& c) { return c.text.c_str(); }
inline std::ostream& operator<<(std::ostream& out, const comparison& c) { return out << c.text; }

namespace last_places {

/// Representable doubles between a and b; text, because it is only printed.
inline std::string ulps_apart(double a, double b) {
  if (!(std::isfinite(a) && std::isfinite(b))) return "-";
  static_assert(sizeof(double) == sizeof(std::int64_t));
  const auto rank = [](double x) {  // order-preserving map to integers, -0 and +0 both to 0
    std::int64_t bits;
    static_assert(sizeof bits == sizeof x);
    __builtin_memcpy(&bits, &x, sizeof bits);
    return bits < 0 ? std::numeric_limits<std::int64_t>::min() - bits : bits;
  };
  const double distance = std::fabs(static_cast<double>(rank(a)) - static_cast<double>(rank(b)));
  std::ostringstream out;
  if (distance < 1e15) {
    out << static_cast<std::uint64_t>(rank(a) < rank(b) ? rank(b) - rank(a) : rank(a) - rank(b));
  } else {
    out << distance;
  }
  return out.str();
}

inline std::string ulps_apart(float a, float b) {
  const float unit = std::nextafter(std::fabs(b), std::numeric_limits<float>::infinity()) - std::fabs(b);
  std::ostringstream out;
  out << std::fabs(a - b) / unit << " (float)";
  return out.str();
}

template <class Real>
std::string ulps_apart(const Real& a, const Real& b) {
  return ulps_apart(static_cast<double>(a), static_cast<double>(b)) + " (as double)";
}

}  // namespace last_places

/// True if a and b are the same within the tolerance; b is the expected value. NaN is close to nothing, an infinity only to itself.
/// Use: CHECK(close(fit.estimate, -0.7452, printed(4)));
template <class A, class B>
comparison close(const A& actual, const B& expected, const tolerance& t) {
  using Real = std::conditional_t<std::is_arithmetic_v<A>, std::conditional_t<std::is_integral_v<A>, double, A>, A>;
  using std::fabs;
  const Real a = static_cast<Real>(actual);
  const Real b = static_cast<Real>(expected);
  const Real difference = fabs(a - b);
  const Real size = fabs(b);
  bool passed = false;
  if (a == b) {
    passed = true;
  } else if (t.absolute > 0) {
    passed = difference <= Real(t.absolute);
  } else {
    const Real judged = size > Real(t.floor) ? size : Real(t.floor);
    passed = difference <= Real(t.relative) * judged && difference <= (std::numeric_limits<Real>::max)();
  }
  if (passed) return {true, {}};
  std::ostringstream out;
  out.precision(std::is_same_v<Real, float> ? 9 : std::is_same_v<Real, double> ? 17 : 21);
  out << static_cast<long double>(a) << " is not close to " << static_cast<long double>(b);
  out.precision(3);
  out << ": relative error " << static_cast<long double>(difference / size) << ", absolute " << static_cast<long double>(difference) << ", "
      << last_places::ulps_apart(a, b) << " ULPs apart; allowed " << (t.absolute > 0 ? "absolute " : "relative ")
      << (t.absolute > 0 ? t.absolute : t.relative);
  if (t.floor > 0) out << " of at least " << t.floor;
  out << " (" << t.reason << ")";
  return {false, out.str()};
}

}  // namespace metapool_test
