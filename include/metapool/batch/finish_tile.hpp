// SPDX-License-Identifier: BSL-1.0
// Tests, intervals and measures of heterogeneity of a block of columns from their sums, several side by side, and their way into memory.
#pragma once

#include <metapool/batch/column_sums.hpp>
#include <metapool/math/chi_squared.hpp>
#include <metapool/math/normal.hpp>
#include <metapool/math/pack.hpp>
#include <metapool/math/tail_packs.hpp>
#include <metapool/math/wide_pack.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace metapool::detail {

/// What finish_columns makes of column_sums.
template <class Real>
struct column_answers {
  static constexpr std::size_t most = column_sums<Real>::most;
  alignas(64) Real statistic[most], lower[most], upper[most], p[most], i2[most], h2[most], q_p[most];
};

/// Packs of double from and to doubles or floats.
template <class Pack, class Real>
[[gnu::always_inline]] inline void load_widened(Pack& out, const Real* from) {
  if constexpr (std::is_same_v<Real, double>) {
    load(out, from);
  } else {
    double wide[sizeof(Pack) / sizeof(double)];
    for (std::size_t l = 0; l < sizeof(Pack) / sizeof(double); ++l) wide[l] = static_cast<double>(from[l]);
    load(out, wide);
  }
}

template <class Pack, class Real>
[[gnu::always_inline]] inline void store_narrowed(Real* to, const Pack& x) {
  if constexpr (std::is_same_v<Real, double>) {
    store(to, x);
  } else {
    double wide[sizeof(Pack) / sizeof(double)];
    store(wide, x);
    for (std::size_t l = 0; l < sizeof(Pack) / sizeof(double); ++l) to[l] = static_cast<Real>(wide[l]);
  }
}

/// Fills the answers of the first n columns, by the normal distribution, as column_writer does one by one. Precondition: sums.regular. Writer: says what is wanted.
template <std::size_t N, class Real, class Writer>
[[gnu::always_inline]] inline void finish_columns(const column_sums<Real>& sums, std::size_t n, const Writer& wants, column_answers<Real>& out) {
  using P = pack<Real, N>;
  constexpr bool kernels = sizeof(Real) <= sizeof(double);  // p-values side by side, in double
  using D = pack<double, N>;
  P zero, one;
  fill(zero, Real(0));
  fill(one, Real(1));
  if (wants.wants_test()) {
    P critical;
    fill(critical, wants.critical());
    for (std::size_t i = 0; i < n; i += N) {
      P mean, se;
      load(mean, sums.mean + i);
      load(se, sums.se + i);
      const P statistic = mean / se, half = critical * se, lower = mean - half, upper = mean + half;
      store(out.statistic + i, statistic);
      store(out.lower + i, lower);
      store(out.upper + i, upper);
    }
    if constexpr (kernels) {
      for (std::size_t i = 0; i < n && wants.wants_p(); i += N) {
        D z, p;
        load_widened(z, out.statistic + i);
        normal_two_sided_tail(p, z);
        store_narrowed(out.p + i, p);
      }
    } else {
      for (std::size_t i = 0; i < n && wants.wants_p(); ++i) out.p[i] = normal_two_sided_p<Real>(out.statistic[i]);
    }
  }
  if (!wants.wants_spread()) return;
  for (std::size_t i = 0; i < n; i += N) {
    P q, df, i2;
    load(q, sums.q + i);
    load(df, sums.count + i);
    df = df - one;
    choose(i2, q > df, (q - df) / q, zero);
    const P h2 = q / df;
    store(out.i2 + i, i2);
    store(out.h2 + i, h2);
  }
  if (!wants.wants_q_p()) return;
  bool many = !kernels;
  if constexpr (kernels) {
    for (std::size_t i = 0; i < n; i += N) {
      D q, df, p, most, unit;
      fill(unit, 1.0);
      fill(most, most_whole_degrees);
      load_widened(q, sums.q + i);
      load_widened(df, sums.count + i);
      df = df - unit;
      many |= any_of<N>(df > most);
      least(most, df, most);
      whole_chi_squared_tail<N>(p, q, most);
      store_narrowed(out.q_p + i, p);
    }
  }
  for (std::size_t i = 0; i < n && many; ++i) {
    const Real df = sums.count[i] - 1;
    if (!kernels || df > static_cast<Real>(most_whole_degrees)) out.q_p[i] = chi_squared_upper_tail<Real>(sums.q[i], df);
  }
}

#if defined(__GNUC__) && defined(__x86_64__)
/// Copies so many lines of 64 bytes past the caches; `to` is the start of one.
template <class = void>
__attribute__((target("avx512f"))) void copy_lines(double* to, const double* from, std::size_t lines) {
  using line = double[8];
  for (std::size_t i = 0; i < 8 * lines; i += 8) {
    asm("vmovupd %1, %%zmm0\n\tvmovntpd %%zmm0, %0" : "=m"(*reinterpret_cast<line*>(to + i)) : "m"(*reinterpret_cast<const line*>(from + i)) : "xmm0");
  }
}
#endif

/// Copies n numbers, past the caches if asked for: a line that is written whole is then not read from memory before. fence_columns() must follow.
template <class Real>
void copy_columns(Real* to, const Real* from, std::size_t n, bool past_caches) {
#if defined(__GNUC__) && defined(__x86_64__)
  if constexpr (std::is_same_v<Real, double>) {
    if (past_caches) {
      typedef double two __attribute__((vector_size(16)));
      std::size_t i = 0;
      for (; i < n && reinterpret_cast<std::uintptr_t>(to + i) % 64 != 0; ++i) to[i] = from[i];
      if (__builtin_cpu_supports("avx512f")) {
        const std::size_t lines = (n - i) / 8;
        copy_lines(to + i, from + i, lines);
        i += 8 * lines;
      }
      for (; i + 2 <= n; i += 2) {
        two x;
        std::memcpy(&x, from + i, sizeof x);
#if defined(__clang__)
        __builtin_nontemporal_store(x, reinterpret_cast<two*>(to + i));
#else
        __builtin_ia32_movntpd(to + i, x);
#endif
      }
      for (; i < n; ++i) to[i] = from[i];
      return;
    }
  }
#endif
  static_cast<void>(past_caches);
  std::memcpy(to, from, n * sizeof(Real));
}

/// Makes what copy_columns wrote visible to other threads.
template <class = void>
void fence_columns() {
#if defined(__GNUC__) && defined(__x86_64__)
  __builtin_ia32_sfence();
#endif
}

}  // namespace metapool::detail
