// SPDX-License-Identifier: BSL-1.0
// Millions of meta-analyses of effects and variances: columns in, columns out.
#pragma once

#include <metapool/batch/block.hpp>
#include <metapool/batch/columns.hpp>
#include <metapool/batch/finish.hpp>
#include <metapool/batch/finish_tile.hpp>
#include <metapool/math/pack.hpp>
#include <metapool/math/parallel.hpp>
#include <metapool/math/twin_pack.hpp>
#include <metapool/math/wide_pack.hpp>

#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <type_traits>

namespace metapool {

namespace detail {

/// The answers of column c from its sums.
template <class Estimator, class Real>
void finish_column(const column_sums<Real>& sums, std::size_t at, batch_status status, const batch_options& o, column_writer<Real>& to, std::size_t c) {
  constexpr Real largest = (std::numeric_limits<Real>::max)();
  const std::size_t k = static_cast<std::size_t>(sums.count[at]);
  const Real mean = sums.mean[at];
  const Real classical = sums.se[at];
  const bool spread = o.test == batch_test::hartung_knapp;
  if (status == batch_status::ok) {
    if (k == 0) {
      status = batch_status::no_studies;
    } else if (!(std::fabs(mean) <= largest && classical > 0 && classical <= largest && sums.q[at] <= largest)) {
      status = batch_status::out_of_range;
    } else if (k == 1) {
      status = batch_status::one_study;
    }
  }
  if (status != batch_status::ok && status != batch_status::one_study) {
    to.blank_all(c);
    to.counted(c, k, status);
    return;
  }
  const Real nan = std::numeric_limits<Real>::quiet_NaN();
  to.tau2(c, !std::is_same_v<Estimator, no_tau2> && k == 1 ? nan : sums.tau2[at]);
  if (to.wants_heterogeneity()) to.heterogeneity(c, sums.q[at], k - 1);
  if (!spread) {
    to.mean(c, mean, classical, 0);
  } else if (k == 1) {
    to.mean_alone(c, mean);
  } else {
    // as hartung_knapp: effects that are equal but for the rounding of their last digits are equal
    const Real last_digits = 4 * std::numeric_limits<Real>::epsilon() * mean;
    Real factor = sums.q_tau2[at] > sums.weight[at] * last_digits * last_digits ? sums.q_tau2[at] / static_cast<Real>(k - 1) : Real(0);
    if (factor < static_cast<Real>(o.floor)) factor = static_cast<Real>(o.floor);
    const Real se = classical * std::sqrt(factor);
    if (se > 0) {
      to.mean(c, mean, se, k - 1);
    } else {
      status = batch_status::not_estimable;
      to.mean_alone(c, mean);
    }
  }
  to.counted(c, k, status);
}

template <class Real, class Estimator>
void pool_columns(const char* function, const batch_view<Real>& data, const Estimator& estimator, const batch_columns<Real>& out, const batch_options& o) {
  check_batch_options(function, o);
  check_batch_input(function, data);
  check_batch_output(function, out, data.columns);
  constexpr std::size_t block = column_sums<Real>::most;
  constexpr bool in_tiles = std::is_same_v<Estimator, no_tau2> || std::is_same_v<Estimator, dersimonian_laird> || std::is_same_v<Estimator, paule_mandel> ||
                            std::is_same_v<Estimator, reml>;
  const bool hartung_knapp_wanted = o.test == batch_test::hartung_knapp;
  parallel_blocks(data.columns, 2 * block, o.threads, [&](std::size_t first, std::size_t last) {
    batch_workspace<Real> work(data.studies);
    column_writer<Real> to(out, o, data.studies);
    column_answers<Real> answers;
    const bool spread = to.wants_heterogeneity() || hartung_knapp_wanted;
    for (std::size_t begin = first; begin < last; begin += block) {
      const std::size_t end = last - begin < block ? last : begin + block;
      run_widest<Real>([&](auto bytes) __attribute__((always_inline)) {
        constexpr std::size_t N = tile_width<Real, decltype(bytes)::value>;
        if constexpr (std::is_same_v<Estimator, no_tau2>) {
          if (spread) {
            sum_columns<no_tau2, true, N>(data, begin, end, false, work);
          } else {
            sum_columns<no_tau2, false, N>(data, begin, end, false, work);
          }
        } else {
          sum_columns<std::conditional_t<in_tiles, Estimator, dersimonian_laird>, true, search_width<Real, decltype(bytes)::value>>(data, begin, end, hartung_knapp_wanted, work);
        }
      });
      for (std::size_t i = 0; in_tiles && work.sums.regular && i < work.sums.gave_up; ++i) {
        const std::size_t at = work.sums.given_up[i];
        if (decide_column(data, begin + at, estimator, work, at) != batch_status::ok) work.sums.regular = false;
      }
      if (in_tiles && !hartung_knapp_wanted && work.sums.regular) {
        using part = std::conditional_t<sizeof(Real) < sizeof(double), double, Real>;  // floats are widened for their p-values
        run_widest<part>([&](auto bytes) __attribute__((always_inline)) { finish_columns<tile_width<part, decltype(bytes)::value>>(work.sums, end - begin, to, answers); });
        to.block(begin, work.sums, answers, end - begin);
        continue;
      }
      for (std::size_t c = begin; c < end; ++c) {
        const std::size_t at = c - begin;
        batch_status status = batch_status::ok;
        if (work.sums.state[at] == 1) {
          status = batch_status::invalid;
        } else if (!in_tiles || work.sums.state[at] == 2) {
          status = work.sums.count[at] > 0 ? decide_column(data, c, estimator, work, at) : batch_status::no_studies;
        }
        finish_column<Estimator>(work.sums, at, status, o, to, c);
      }
    }
    fence_columns();
  });
}

}  // namespace detail

/// Common-effect meta-analyses of all columns by inverse variance, with Q, I2, H2 and tests: common_effect with wald_z (or hartung_knapp) and heterogeneity, column by column, to
/// the same bits (-log10 p: to 4 ulp of 1 or of itself). A column that cannot be pooled has a status and NaN, and does not touch the others.
/// out: spans of data.columns places or empty ones; only what has a place is computed. Throws input_error if sizes do not agree or an option is out of its domain; never for a column.
/// Several columns go side by side, by AVX-512 (g++) or AVX2 where the processor has it, to the same bits; nothing is allocated but some kilobytes a thread.
template <std::floating_point Real>
void batch_common_effect(const batch_view<Real>& data, const batch_columns<Real>& out, const batch_options& options = {}) {
  detail::pool_columns("batch_common_effect", data, detail::no_tau2{}, out, options);
}

/// Random-effects meta-analyses of all columns: random_effects(effects, estimator) with wald_z or hartung_knapp and heterogeneity, column by column.
///
/// estimator: dersimonian_laird{}, paule_mandel{} and reml{} go side by side; any other tau2_estimator is called column by column. The answers are those of one meta-analysis at a
/// time: for DerSimonian-Laird to the same bits (-log10 p: to 4 units in the last place of itself or of 1). So are those of Paule-Mandel and REML given tau2; tau2 itself, a root that
/// either way is found to a few units in the last place of its equation's sides, agrees to 13 digits of tau2 + k se^2 (float: 5). REML is the highest maximum
/// of the likelihood always: columns in which simple bounds do not prove that there is one maximum only are given to reml{}. Otherwise as batch_common_effect.
template <std::floating_point Real, tau2_estimator<Real> Estimator>
void batch_random_effects(const batch_view<Real>& data, const Estimator& estimator, const batch_columns<Real>& out, const batch_options& options = {}) {
  detail::pool_columns("batch_random_effects", data, estimator, out, options);
}

}  // namespace metapool
