// SPDX-License-Identifier: BSL-1.0
// From masks to rows: the fits of a block of subsets.
#pragma once

#include <metapool/sensitivity/gosh_block.hpp>
#include <metapool/sensitivity/gosh_columns.hpp>
#include <metapool/sensitivity/subset_cube.hpp>
#include <metapool/sensitivity/subset_group.hpp>
#include <metapool/sensitivity/subset_search.hpp>
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

namespace metapool::detail {

/// Which columns are asked for that cost a division or a root.
struct gosh_wants {
  bool se = true, i2 = true, h2 = true;
};

/// Fits subsets of one set of studies. Constant after construction: threads share it. The bits of a row depend on its block alone, not on the width of packs.
template <class Real, class Estimator>
class gosh_engine {
  static constexpr std::size_t size = subset_group<Real>::size;
  static constexpr bool known_tau2 = std::is_same_v<Estimator, fixed_tau2>;
  static constexpr bool in_groups = known_tau2 || std::is_same_v<Estimator, dersimonian_laird> || std::is_same_v<Estimator, reml>;

 public:
  /// cubes: whether cube will be called.
  gosh_engine(std::span<const Real> y, std::span<const Real> v, const Estimator& estimator, const gosh_options& options, bool cubes = true,
              gosh_wants wants = {})
      : source_(y, v),
        estimator_(estimator),
        options_(options),
        wants_(wants),
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
    const std::uint32_t others = static_cast<std::uint32_t>(std::popcount(high));
    number_subsets(b.mask, b.studies, b.size, high, low_studies_.data(), others);
    if constexpr (known_tau2) {
      if (common()) {
        std::fill_n(b.tau2, b.size, Real(0));
        run_widest<Real>([&](auto bytes) __attribute__((always_inline)) {
          constexpr std::size_t N = group_width<Real, decltype(bytes)::value>;
          join_parts<N, false, false>(table_, b.size, other, b.variance, b.estimate, b.estimate, b.q, b.c, source_.plain);
          finish<N>(b);
        });
        b.keep_from(options_.minimum);
        return;
      }
    }
    run_wide([&](auto bytes) {
      constexpr std::size_t N = group_width<Real, decltype(bytes)::value>;
      join_parts<N, false, !known_tau2>(table_, b.size, other, b.variance, b.estimate, b.estimate, b.q, b.c);
      const std::size_t high_rank = source_.top_rank(high);
      group_sums<Real> sums;
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
        std::copy_n(sums.variance, size, b.variance + at);
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
        any = moments(b, at, sums.tau2);
      } else {
        if (source_.moderate) {
          Real guess[size];
          moments(b, at, guess);
          open_group(source_, b.mask + at, top, b.group);
          reml_group<N>(source_, b.group, guess, b.rows.data(), sums);
          for (std::size_t l = 0; l < size; ++l) any |= sums.tau2[l] > 0;
        } else {
          std::fill_n(sums.tau2, size, Real(0));
        }
      }
      if (any && source_.moderate) {
        if constexpr (!std::is_same_v<Estimator, reml>) open_group(source_, b.mask + at, top, b.group);
        std::copy_n(b.estimate + at, size, sums.mean);
        std::copy_n(b.variance + at, size, sums.variance);
        pool_group<N>(source_, b.group, sums);
        std::copy_n(sums.mean, size, b.estimate + at);
        std::copy_n(sums.variance, size, b.variance + at);
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

  /// DerSimonian and Laird's estimates of eight subsets; whether any is above 0.
  static bool moments(const gosh_block<Real>& b, std::size_t at, Real* tau2) {
    bool any = false;
    for (std::size_t l = 0; l < size; ++l) {
      const Real excess = b.q[at + l] - (static_cast<Real>(b.studies[at + l]) - 1);
      const bool more = b.studies[at + l] > 1 && excess > 0 && b.c[at + l] > 0;
      tau2[l] = more ? excess / b.c[at + l] : Real(0);
      any |= more;
    }
    return any;
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
    b.variance[i] = 1 / s.w;
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
  [[gnu::always_inline]] inline void finish(gosh_block<Real>& b) const {
    using P = pack<Real, N>;
    constexpr bool wide_roots = std::is_class_v<P> && N * sizeof(Real) == 64;  // packs of AVX-512 have their own
    P zero{}, one{}, largest{}, smallest{}, lowest{}, odd{};
    fill(zero, Real(0));
    fill(one, Real(1));
    fill(largest, (std::numeric_limits<Real>::max)() / 4);
    fill(smallest, 4 * (std::numeric_limits<Real>::min)());
    fill(lowest, -(std::numeric_limits<Real>::max)() / 4);
    odd = zero;
    if (wants_.se && !wide_roots) {
      std::copy_n(b.variance, b.size, b.se);
      square_roots(b.se, b.size);
    }
    for (std::size_t i = 0; i < b.size; i += N) {
      P q{}, df{}, mean{}, variance{}, i2{}, h2{}, studies{};
      load_whole(studies, b.studies + i);
      df = studies - one;
      load(q, b.q + i);
      load(mean, b.estimate + i);
      load(variance, b.variance + i);
      if (wide_roots && wants_.se) {
        P se{};
        square_root(se, variance);
        store(b.se + i, se);
      }
      if ((known_tau2 || !options_.i2_from_tau2) && source_.plain) {
        P over{};
        if (wants_.i2) {
          reciprocal_within(over, q);
          quotient_within(i2, q - df, q, over);
          choose(i2, q > df, i2, zero);
        }
        if (wants_.h2) {
          reciprocal_within(over, df);
          quotient_within(h2, q, df, over);
        }
      } else if (known_tau2 || !options_.i2_from_tau2) {
        if (wants_.i2) choose(i2, q > df, (q - df) / q, zero);
        if (wants_.h2) h2 = q / df;
      } else {
        P tau2{}, c{};
        load(tau2, b.tau2 + i);
        load(c, b.c + i);
        const P typical = df / c;
        i2 = tau2 / (tau2 + typical);
        h2 = one + tau2 / typical;
      }
      if (wants_.i2) {
        choose(i2, studies > one, i2, zero);
        store(b.i2 + i, i2);
      }
      if (wants_.h2) {
        choose(h2, studies > one, h2, one);
        store(b.h2 + i, h2);
      }
      const auto sound = (mean <= largest) & (mean >= lowest) & (variance <= largest) & (variance >= smallest);
      choose(odd, sound & (q <= largest) & (studies > one), odd, one);
    }
    if (!any_of<N>(odd > zero)) return;
    for (std::size_t i = 0; i < b.size; ++i) finish_row(b, i);
  }

  void finish_row(gosh_block<Real>& b, std::size_t i) const {
    if (!(b.estimate[i] == b.estimate[i]) && b.status[i] != batch_status::ok) return;  // blank already
    constexpr Real largest = (std::numeric_limits<Real>::max)();
    b.se[i] = std::sqrt(b.variance[i]);
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
  gosh_wants wants_;
  std::size_t low_;
  part_table<Real> table_;
  std::vector<std::uint8_t> low_rank_;
  std::vector<std::uint32_t> low_studies_;
};

}  // namespace metapool::detail
