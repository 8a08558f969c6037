// SPDX-License-Identifier: BSL-1.0
// From masks to rows: the fits of a block of subsets.
#pragma once

#include <metapool/sensitivity/gosh_columns.hpp>
#include <metapool/sensitivity/subset_cube.hpp>
#include <metapool/sensitivity/subset_group.hpp>
#include <metapool/tau2/dersimonian_laird.hpp>
#include <metapool/tau2/fixed.hpp>
#include <metapool/tau2/kernel.hpp>
#include <metapool/tau2/reml.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
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
  explicit gosh_block(std::size_t k) : y(k), v(k), rows(3 * (k + 1) * subset_group<Real>::size) {}
  std::size_t first = 0, size = 0;  ///< the rows that count
  study_mask mask[most];
  std::uint32_t studies[most];
  Real estimate[most], weight[most], se[most], tau2[most], q[most], c[most], i2[most], h2[most];
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
inline constexpr std::size_t group_width = (std::min)(tile_width<Real, Bytes>, subset_group<Real>::size);

/// Fits subsets of one set of studies. Constant after construction: threads share it. The bits of a row depend on its block alone, not on the width of packs.
template <class Real, class Estimator>
class gosh_engine {
  static constexpr std::size_t size = subset_group<Real>::size;
  static constexpr bool known_tau2 = std::is_same_v<Estimator, fixed_tau2>;
  static constexpr bool in_groups = known_tau2 || std::is_same_v<Estimator, dersimonian_laird> || std::is_same_v<Estimator, reml>;

 public:
  /// cubes: whether cube will be called.
  gosh_engine(std::span<const Real> y, std::span<const Real> v, const Estimator& estimator, const gosh_options& options, bool cubes = true)
      : source_(y, v),
        estimator_(estimator),
        options_(options),
        low_(!cubes          ? 0
             : y.size() < 10 ? y.size()
                             : 10),
        table_(cubes ? subset_table<Real>(source_.y, source_.w, low_ < 3 ? 3 : low_) : part_table<Real>(0)) {
    low_rank_.reserve(std::size_t(1) << low_);
    low_studies_.reserve(std::size_t(1) << low_);
    for (std::size_t m = 0; m < std::size_t(1) << low_; ++m) {
      low_rank_.push_back(static_cast<std::uint8_t>(common() ? 0 : source_.top_rank(m)));
      low_studies_.push_back(m == 0 ? 0 : low_studies_[m >> 1] + (m & 1));
    }
  }

  std::size_t k() const { return source_.k(); }
  /// Subsets come in cubes of 2^low(), with the same studies beyond the first low() in each. Precondition of cube: k >= 3.
  std::size_t low() const { return low_; }

  void cube(std::uint64_t number, gosh_block<Real>& b) const {
    const study_mask high = number << low_;
    b.size = std::size_t(1) << low_;
    std::fill_n(b.status, b.size, batch_status::ok);
    const part_sums<Real> other = sums_of<Real>(source_.y, source_.w, high);
    run_wide([&](auto bytes) {
      constexpr std::size_t N = group_width<Real, decltype(bytes)::value>;
      join_parts<N, false, !known_tau2>(table_, b.size, other, b.weight, b.estimate, b.estimate, b.q, b.c);
      const std::uint32_t others = static_cast<std::uint32_t>(std::popcount(high));
      for (std::size_t i = 0; i < b.size; ++i) b.mask[i] = high | i;
      for (std::size_t i = 0; i < b.size; ++i) b.studies[i] = others + low_studies_[i];
      const std::size_t high_rank = source_.top_rank(high);
      group_sums<Real> sums;
      if (common()) {
        std::fill_n(b.tau2, b.size, Real(0));
        return finish<N>(b);
      }
      for (std::size_t at = 0; at < b.size; at += size) {
        std::size_t top[size];
        for (std::size_t l = 0; l < size; ++l) top[l] = (std::min)(high_rank, static_cast<std::size_t>(low_rank_[at + l]));
        between_studies<N>(b, at, top, sums);
      }
      finish<N>(b);
    });
    if (!(source_.moderate && in_groups)) one_by_one(b, 0, b.size);
    b.keep_from(options_.minimum);
  }

  /// Any masks, no more than gosh_block::most.
  void list(const study_mask* masks, std::size_t n, gosh_block<Real>& b) const {
    b.first = 0;
    b.size = n;
    std::fill_n(b.mask, gosh_block<Real>::most, masks[0]);
    std::fill_n(b.status, gosh_block<Real>::most, batch_status::ok);
    std::copy(masks, masks + n, b.mask);
    const std::size_t padded = (n + size - 1) / size * size;
    for (std::size_t i = 0; i < padded; ++i) b.studies[i] = static_cast<std::uint32_t>(std::popcount(b.mask[i]));
    run_wide([&](auto bytes) {
      constexpr std::size_t N = group_width<Real, decltype(bytes)::value>;
      group_sums<Real> sums;
      for (std::size_t at = 0; at < n; at += size) {
        std::size_t top[size];
        for (std::size_t l = 0; l < size; ++l) top[l] = source_.top_rank(b.mask[at + l]);
        open_group(source_, b.mask + at, top, b.group);
        sum_group<N>(source_, b.group, sums);
        std::copy_n(sums.mean, size, b.estimate + at);
        std::copy_n(sums.weight, size, b.weight + at);
        std::copy_n(sums.q, size, b.q + at);
        std::copy_n(sums.c, size, b.c + at);
        between_studies<N>(b, at, top, sums);
      }
      b.size = padded;
      finish<N>(b);
      b.size = n;
    });
    if (!(source_.moderate && in_groups)) one_by_one(b, 0, n);
  }

 private:
  /// tau2 of the eight subsets from `at` on, and their means and weights at it; where the group cannot tell the meta-analyses are done one by one.
  template <std::size_t N>
  void between_studies(gosh_block<Real>& b, std::size_t at, const std::size_t* top, group_sums<Real>& sums) const {
    if constexpr (in_groups) {
      bool any = false;
      std::fill_n(sums.doubt, size, Real(0));
      if constexpr (known_tau2) {
        for (std::size_t l = 0; l < size; ++l) sums.tau2[l] = b.studies[at + l] > 1 ? static_cast<Real>(estimator_.tau2) : Real(0);
        any = estimator_.tau2 > 0;
      } else if constexpr (std::is_same_v<Estimator, dersimonian_laird>) {
        for (std::size_t l = 0; l < size; ++l) {
          const Real df = static_cast<Real>(b.studies[at + l]) - 1;
          const Real excess = b.q[at + l] - df;
          const bool more = b.studies[at + l] > 1 && excess > 0 && b.c[at + l] > 0;
          sums.tau2[l] = more ? excess / b.c[at + l] : Real(0);
          any |= more;
        }
      } else {
        if (source_.moderate) {
          open_group(source_, b.mask + at, top, b.group);
          reml_group<N>(source_, b.group, b.rows.data(), sums);
          for (std::size_t l = 0; l < size; ++l) any |= sums.tau2[l] > 0;
        } else {
          std::fill_n(sums.tau2, size, Real(0));
        }
      }
      if (any && source_.moderate) {
        if constexpr (!std::is_same_v<Estimator, reml>) open_group(source_, b.mask + at, top, b.group);
        std::copy_n(b.estimate + at, size, sums.mean);
        std::copy_n(b.weight + at, size, sums.weight);
        pool_group<N>(source_, b.group, sums);
        std::copy_n(sums.mean, size, b.estimate + at);
        std::copy_n(sums.weight, size, b.weight + at);
      }
      std::copy_n(sums.tau2, size, b.tau2 + at);
      if constexpr (std::is_same_v<Estimator, reml>) {
        for (std::size_t l = 0; l < size; ++l) {
          if (sums.doubt[l] > 0 && b.studies[at + l] > 1) decide(b, at + l);
        }
      }
    } else {
      static_cast<void>(b);
      static_cast<void>(at);
      static_cast<void>(top);
      static_cast<void>(sums);
    }
  }

  /// One subset by the estimator itself. False if it has no answer: the row is then blank.
  bool decide(gosh_block<Real>& b, std::size_t i) const {
    std::size_t n = 0;
    for (std::size_t j = 0; j < k(); ++j) {
      if ((b.mask[i] >> j & 1) == 0) continue;
      b.y[n] = source_.y[j];
      b.v[n++] = source_.v[j];
    }
    const std::span<const Real> y(b.y.data(), n), v(b.v.data(), n);
    Real tau2 = 0;
    if (n > 1) {
      try {
        const tau2_estimate<Real> t = estimator_(y, v);
        if (!t.convergence.converged || !(t.tau2 >= 0 && t.tau2 <= (std::numeric_limits<Real>::max)())) {
          b.blank(i, batch_status::not_converged);
          return false;
        }
        tau2 = t.tau2;
      } catch (const input_error&) {
        b.blank(i, batch_status::out_of_range);
        return false;
      } catch (const error&) {
        b.blank(i, batch_status::not_estimable);
        return false;
      }
    }
    const pooled_sums<Real> common = pool_at(y, v, Real(0));
    const pooled_sums<Real> s = tau2 > 0 ? pool_at(y, v, tau2) : common;
    b.estimate[i] = s.mean;
    b.weight[i] = s.w;
    b.q[i] = common.q;
    b.c[i] = common.trace_p();
    b.tau2[i] = tau2;
    return true;
  }

  void one_by_one(gosh_block<Real>& b, std::size_t begin, std::size_t end) const {
    if (common()) return;
    for (std::size_t i = begin; i < end; ++i) {
      if (b.mask[i] != 0 && decide(b, i)) finish_row(b, i);
    }
  }

  bool common() const {
    if constexpr (known_tau2) return !(estimator_.tau2 > 0);
    return false;
  }

  /// Standard errors, I2, H2 and states, from sums and tau2; rows whose numbers left the range are blank.
  template <std::size_t N>
  void finish(gosh_block<Real>& b) const {
    using P = pack<Real, N>;
    P zero{}, one{}, largest{}, smallest{}, lowest{};
    fill(zero, Real(0));
    fill(one, Real(1));
    fill(largest, (std::numeric_limits<Real>::max)() / 4);
    fill(smallest, (std::numeric_limits<Real>::min)());
    fill(lowest, -(std::numeric_limits<Real>::max)() / 4);
    std::uint16_t odd_at[gosh_block<Real>::most];
    std::size_t odd_packs = 0;
    for (std::size_t i = 0; i < b.size; i += N) {
      P q{}, df{}, mean{}, weight{}, i2{}, h2{}, studies{};
      for (std::size_t l = 0; l < N; ++l) studies[l] = static_cast<Real>(static_cast<std::int32_t>(b.studies[i + l]));
      df = studies - one;
      load(q, b.q + i);
      load(mean, b.estimate + i);
      load(weight, b.weight + i);
      const P variance = one / weight;
      store(b.se + i, variance);
      if (known_tau2 || !options_.i2_from_tau2) {
        choose(i2, q > df, (q - df) / q, zero);
        h2 = q / df;
      } else {
        P tau2{}, c{};
        load(tau2, b.tau2 + i);
        load(c, b.c + i);
        const P typical = df / c;
        i2 = tau2 / (tau2 + typical);
        h2 = one + tau2 / typical;
      }
      choose(i2, studies > one, i2, zero);
      choose(h2, studies > one, h2, one);
      store(b.i2 + i, i2);
      store(b.h2 + i, h2);
      const auto fine =
          (mean <= largest) & (mean >= lowest) & (weight <= largest) & (weight >= smallest) & (q <= largest) & (studies > one);
      P odd{};
      choose(odd, fine, zero, one);
      if (any_of<N>(odd > zero)) odd_at[odd_packs++] = static_cast<std::uint16_t>(i);
    }
    square_roots(b.se, b.size);
    for (std::size_t j = 0; j < odd_packs; ++j) {
      for (std::size_t l = 0; l < N; ++l) finish_row(b, odd_at[j] + l);
    }
  }

  void finish_row(gosh_block<Real>& b, std::size_t i) const {
    if (!(b.estimate[i] == b.estimate[i]) && b.status[i] != batch_status::ok) return;  // blank already
    constexpr Real largest = (std::numeric_limits<Real>::max)();
    b.se[i] = std::sqrt(1 / b.weight[i]);
    const bool fine = std::fabs(b.estimate[i]) <= largest && b.se[i] > 0 && b.se[i] <= largest && b.q[i] <= largest;
    if (!fine) {
      b.blank(i, batch_status::out_of_range);
      return;
    }
    if (b.studies[i] == 1) {
      b.status[i] = batch_status::one_study;
      b.i2[i] = 0;
      b.h2[i] = 1;
      if (!common()) b.tau2[i] = std::numeric_limits<Real>::quiet_NaN();
      return;
    }
    b.status[i] = batch_status::ok;
    const Real df = static_cast<Real>(b.studies[i]) - 1;
    if (known_tau2 || !options_.i2_from_tau2) {
      b.i2[i] = b.q[i] > df ? (b.q[i] - df) / b.q[i] : Real(0);
      b.h2[i] = b.q[i] / df;
    } else {
      const Real typical = df / b.c[i];
      b.i2[i] = b.tau2[i] / (b.tau2[i] + typical);
      b.h2[i] = 1 + b.tau2[i] / typical;
    }
  }

  subset_source<Real> source_;
  Estimator estimator_;
  gosh_options options_;
  std::size_t low_;
  part_table<Real> table_;
  std::vector<std::uint8_t> low_rank_;
  std::vector<std::uint32_t> low_studies_;
};

}  // namespace metapool::detail
