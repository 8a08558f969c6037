// SPDX-License-Identifier: BSL-1.0
// Short ways to write what a paper prints of a group.
#pragma once

#include <metapool/conversion/five_numbers.hpp>

namespace metapool_test {

template <class Real = double>
metapool::five_numbers<Real> quartiles(double q1, double m, double q3, double n) {
  return {{}, Real(q1), Real(m), Real(q3), {}, Real(n)};
}
template <class Real = double>
metapool::five_numbers<Real> range(double low, double m, double high, double n) {
  return {Real(low), {}, Real(m), {}, Real(high), Real(n)};
}
template <class Real = double>
metapool::five_numbers<Real> all(double low, double q1, double m, double q3, double high, double n) {
  return {Real(low), Real(q1), Real(m), Real(q3), Real(high), Real(n)};
}

}  // namespace metapool_test
