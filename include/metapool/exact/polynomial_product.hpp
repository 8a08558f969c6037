// SPDX-License-Identifier: BSL-1.0
// The product of two polynomials, of which laws of sums of counts are made.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <vector>

namespace metapool::detail {

/// Two neighbouring numbers that are multiplied and added together: a register of two doubles where the compiler has such a type.
template <class Real>
struct number_pair {
  Real low{}, high{};
  void add(const Real& factor, const Real* x) {
    low += factor * x[0];
    high += factor * x[1];
  }
  void store(Real* x) const {
    x[0] = low;
    x[1] = high;
  }
};
#if defined(__GNUC__)
template <>
struct number_pair<double> {
  double both __attribute__((vector_size(16))) = {0, 0};
  void add(double factor, const double* x) {
    double v __attribute__((vector_size(16)));
    std::memcpy(&v, x, sizeof v);
    both += factor * v;
  }
  void store(double* x) const { std::memcpy(x, &both, sizeof both); }
};
#endif

/// c = a * b, the coefficients of a product of polynomials. Eight coefficients at a time, each a sum of its own in a fixed order.
template <class Real>
std::vector<Real> multiplied(const std::vector<Real>& a, const std::vector<Real>& b) {
  if (a.size() > b.size()) return multiplied(b, a);
  constexpr std::size_t block = 8;
  const std::size_t na = a.size(), nb = b.size(), size = na + nb - 1;
  std::vector<Real> padded(nb + 2 * block, Real(0)), c(size + block, Real(0));
  std::copy(b.begin(), b.end(), padded.begin() + static_cast<std::ptrdiff_t>(block));
  for (std::size_t n = 0; n < size; n += block) {
    number_pair<Real> s0, s2, s4, s6;
    const std::size_t first = n < nb ? 0 : n - (nb - 1), last = (std::min)(na - 1, n + (block - 1));
    const Real* x = padded.data() + (n + block - first);
    for (std::size_t i = first; i <= last; ++i, --x) {
      const Real factor = a[i];
      s0.add(factor, x);
      s2.add(factor, x + 2);
      s4.add(factor, x + 4);
      s6.add(factor, x + 6);
    }
    Real* out = c.data() + n;
    s0.store(out);
    s2.store(out + 2);
    s4.store(out + 4);
    s6.store(out + 6);
  }
  c.resize(size);
  return c;
}

}  // namespace metapool::detail
