// SPDX-License-Identifier: BSL-1.0
// What is known of each column of a block before p-values and intervals, and the memory that this takes.
#pragma once

#include <metapool/batch/columns.hpp>
#include <metapool/batch/tile.hpp>
#include <metapool/math/twin_pack.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace metapool::detail {

/// Stands where an estimator does, for the common effect.
struct no_tau2 {};

/// Stands where a proof_queue does, for the other estimators.
struct no_proofs {
  template <class Real>
  no_proofs(std::size_t, Real*, Real*, std::size_t*, std::size_t& gave_up) {
    gave_up = 0;
  }
};

/// What is known of each column of a block, before p-values and intervals.
template <class Real>
struct column_sums {
  static constexpr std::size_t most = 1024;
  alignas(64) Real mean[most];
  Real se[most];      ///< of the mean: 1 / sqrt(sum of the weights at tau2)
  Real weight[most];  ///< that sum
  Real tau2[most];
  Real q[most];       ///< at tau2 = 0
  Real q_tau2[most];  ///< at tau2
  Real count[most];
  Real state[most];   ///< 0: done; 1: invalid; 2: one meta-analysis at a time must decide
  bool regular = false;  ///< every column has two studies or more, state 0 or is given_up, and numbers far from the ends of the number type: nothing is odd
  std::size_t given_up[most], gave_up = 0;  ///< places of those whose state became 2 for want of a proof
};

/// Memory for one thread, got before its loop.
template <class Real>
struct batch_workspace {
  explicit batch_workspace(std::size_t studies) : k(studies), room(10 * (studies + 1) * search_width<Real, 64> + 64 / sizeof(Real)), y(studies), v(studies) {}
  /// Of a tile, with one row more than studies: d, v, w; 2 for cleaned copies; 2 for the last columns; 3 for the proof_queue. From the start of a cache line on.
  Real* rows() { return room.data() + (64 - reinterpret_cast<std::uintptr_t>(room.data()) % 64) % 64 / sizeof(Real); }
  std::size_t k;
  std::vector<Real> room;
  std::vector<Real> y, v;  ///< of one column
  column_sums<Real> sums;
};

}  // namespace metapool::detail
