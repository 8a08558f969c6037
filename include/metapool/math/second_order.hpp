// SPDX-License-Identifier: BSL-1.0
// Exact first and second derivatives in two variables, carried along with each operation.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>

namespace metapool::detail {

/// A number with its gradient and second derivatives in two variables.
template <class Real>
struct second_order {
  Real value{};
  std::array<Real, 2> first{};
  std::array<Real, 3> second{};  ///< d2/dx2, d2/dxdy, d2/dy2

  static second_order constant(const Real& value) { return {value, {}, {}}; }

  second_order& operator+=(const second_order& o) {
    value += o.value;
    for (std::size_t i = 0; i < 2; ++i) first[i] += o.first[i];
    for (std::size_t i = 0; i < 3; ++i) second[i] += o.second[i];
    return *this;
  }
  second_order& operator-=(const second_order& o) { return *this += -o; }
  second_order& operator*=(const Real& c) {
    value *= c;
    for (auto& d : first) d *= c;
    for (auto& d : second) d *= c;
    return *this;
  }
  second_order operator-() const {
    second_order r = *this;
    r *= Real(-1);
    return r;
  }
  friend second_order operator+(second_order a, const second_order& b) { return a += b; }
  friend second_order operator-(second_order a, const second_order& b) { return a -= b; }
  friend second_order operator*(second_order a, const Real& c) { return a *= c; }
  friend second_order operator+(second_order a, const Real& c) {
    a.value += c;
    return a;
  }
  friend second_order operator*(const second_order& a, const second_order& b) {
    return {a.value * b.value,
            {a.first[0] * b.value + a.value * b.first[0], a.first[1] * b.value + a.value * b.first[1]},
            {a.second[0] * b.value + 2 * a.first[0] * b.first[0] + a.value * b.second[0],
             a.second[1] * b.value + a.first[0] * b.first[1] + a.first[1] * b.first[0] + a.value * b.second[1],
             a.second[2] * b.value + 2 * a.first[1] * b.first[1] + a.value * b.second[2]}};
  }
  friend second_order operator/(const second_order& a, const second_order& b) {
    const Real r = 1 / b.value;
    return a * b.through(r, Real(-r * r), Real(2 * r * r * r));
  }

  /// f of this number, from f, f' and f'' at its value.
  second_order through(const Real& f, const Real& slope, const Real& curve) const {
    return {f,
            {slope * first[0], slope * first[1]},
            {slope * second[0] + curve * first[0] * first[0], slope * second[1] + curve * first[0] * first[1],
             slope * second[2] + curve * first[1] * first[1]}};
  }
};

template <class Real>
second_order<Real> log(const second_order<Real>& x) {
  using std::log;
  const Real r = 1 / x.value;
  return x.through(log(x.value), r, Real(-r * r));
}

}  // namespace metapool::detail
