// SPDX-License-Identifier: BSL-1.0
// Memory for a block of subsets.
#pragma once

#include <metapool/batch/columns.hpp>
#include <metapool/sensitivity/gosh_columns.hpp>
#include <metapool/sensitivity/subset_group.hpp>
#include <metapool/sensitivity/subsets.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>
#include <vector>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace metapool::detail {

/// Rows of up to 1024 subsets, and what they are made of; one for each thread.
template <class Real>
struct gosh_block {
  static constexpr std::size_t most = 1024;
  explicit gosh_block(std::size_t k) : y(k), v(k), rows(2 * k * subset_group<Real>::size) {}
  std::size_t first = 0, size = 0;  ///< the rows that count
  study_mask mask[most];
  std::uint32_t studies[most];
  Real estimate[most], variance[most], se[most], tau2[most], q[most], c[most], i2[most], h2[most];
  batch_status status[most];
  std::vector<Real> y, v, rows;
  subset_group<Real> group;

  gosh_columns<Real> columns() {
    return {{mask + first, size}, {studies + first, size}, {estimate + first, size}, {se + first, size},    {tau2 + first, size},
            {q + first, size},    {i2 + first, size},      {h2 + first, size},       {status + first, size}};
  }

  void blank(std::size_t i, batch_status why) {
    status[i] = why;
    estimate[i] = se[i] = tau2[i] = q[i] = i2[i] = h2[i] = std::numeric_limits<Real>::quiet_NaN();
  }
  /// Leaves only the rows with so many studies or more, and no empty set.
  void keep_from(std::size_t minimum) {
    first = 0;
    if (minimum <= 1) {
      if (mask[0] == 0) first = 1, --size;
      return;
    }
    std::size_t to = 0;
    for (std::size_t i = 0; i < size; ++i) {
      if (studies[i] < minimum) continue;
      if (to != i) {
        mask[to] = mask[i];
        studies[to] = studies[i];
        estimate[to] = estimate[i];
        se[to] = se[i];
        tau2[to] = tau2[i];
        q[to] = q[i];
        i2[to] = i2[i];
        h2[to] = h2[i];
        status[to] = status[i];
      }
      ++to;
    }
    size = to;
  }
};

/// masks high, high + 1, ... of n subsets, a multiple of four, and their numbers of studies: those of the low parts and `others`. Written out for several at a time, which compilers do
/// not see at -O2.
template <class = void>
void number_subsets(study_mask* mask, std::uint32_t* studies, std::size_t n, study_mask high, const std::uint32_t* low_studies, std::uint32_t others) {
#if defined(__GNUC__)
  typedef std::uint64_t two __attribute__((vector_size(16)));
  typedef std::uint32_t four __attribute__((vector_size(16)));
  const two step = {2, 2};
  const four more = {others, others, others, others};
  two next = {high, high + 1};
  for (std::size_t i = 0; i < n; i += 4) {
    std::memcpy(mask + i, &next, sizeof next);
    next += step;
    std::memcpy(mask + i + 2, &next, sizeof next);
    next += step;
    four count;
    std::memcpy(&count, low_studies + i, sizeof count);
    count += more;
    std::memcpy(studies + i, &count, sizeof count);
  }
#else
  for (std::size_t i = 0; i < n; ++i) mask[i] = high | i;
  for (std::size_t i = 0; i < n; ++i) studies[i] = others + low_studies[i];
#endif
}

/// The square roots of n numbers, in their places. By instructions that take two at a time, which the compiler must not choose where errno may be asked for.
template <class Real>
void square_roots(Real* x, std::size_t n) {
  std::size_t i = 0;
#if defined(__SSE2__)
  if constexpr (std::is_same_v<Real, double>) {
    for (; i + 2 <= n; i += 2) _mm_storeu_pd(x + i, _mm_sqrt_pd(_mm_loadu_pd(x + i)));
  }
#endif
  for (; i < n; ++i) x[i] = std::sqrt(x[i]);
}

/// Packs of so many numbers, no more than a group has.
template <class Real, std::size_t Bytes>
inline constexpr std::size_t group_width = Bytes / sizeof(Real) < 1 ? 1 : (std::min)(Bytes / sizeof(Real), subset_group<Real>::size);

}  // namespace metapool::detail
