// SPDX-License-Identifier: BSL-1.0
// A simulation study by many ranks.
#pragma once

#include <metapool/mpi/agree.hpp>
#include <metapool/simulation/simulate.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace metapool {

namespace detail {

template <class = void>
void pack_tally(byte_writer& out, const performance_tally& t) {
  for (const std::size_t n : {t.replicates, t.refused, t.failed, t.empty, t.covered, t.rejected, t.estimates, t.widths.size()}) out.put(static_cast<std::uint64_t>(n));
  for (const double x : {t.error, t.square, t.fourth}) out.put(x);
  for (const double x : t.widths) out.put(x);
}

template <class = void>
performance_tally unpack_tally(byte_reader& in) {
  performance_tally t;
  std::size_t widths = 0;
  for (std::size_t* n : {&t.replicates, &t.refused, &t.failed, &t.empty, &t.covered, &t.rejected, &t.estimates, &widths}) *n = static_cast<std::size_t>(in.whole());
  for (double* x : {&t.error, &t.square, &t.fourth}) *x = in.number();
  for (; widths > 0; --widths) t.widths.push_back(in.number());
  return t;
}

}  // namespace detail

/// simulate(model, methods, options) by all ranks of a communicator, each with options.threads threads: the result has the same bits for any number of ranks and threads, as every
/// replicate has its own stream (seed, number), and sums over blocks of 64 replicates are added up in their order. Collective; returns the result on rank 0, and nothing on
/// the others. Throws metapool::error on all ranks if a method threw on any. Memory: 8 bytes a replicate and method (widths, for their median), all of them on rank 0.
template <trial_model Model>
std::optional<simulation_result> simulate(MPI_Comm comm, const Model& model, const std::vector<simulated_method<typename Model::data_type>>& methods, const simulate_options& options = {}) {
  std::string mine;
  detail::all_or_none(comm, [&] {
    detail::check_simulation("simulate", model, methods, options);
    const std::size_t rank = static_cast<std::size_t>(detail::rank_of(comm)), ranks = static_cast<std::size_t>(detail::ranks_of(comm));
    const std::size_t all = detail::simulation_pieces(options);
    const auto cut = [&](std::size_t r) { return all / ranks * r + all % ranks * r / ranks; };
    detail::byte_writer out;
    for (const auto& piece : detail::simulate_pieces(model, methods, options, cut(rank), cut(rank + 1))) {
      out.put(static_cast<std::uint64_t>(piece.clipped));
      for (const auto& tally : piece.tallies) detail::pack_tally(out, tally);
    }
    mine = out.bytes();
  });
  detail::simulation_sum<typename Model::data_type> sum(methods, options);
  detail::gather_in_order(comm, mine, [&](const std::string& bytes) {
    for (detail::byte_reader in(bytes); !in.ended();) {
      detail::simulation_piece piece{.clipped = static_cast<std::size_t>(in.whole())};
      for (std::size_t m = 0; m < methods.size(); ++m) piece.tallies.push_back(detail::unpack_tally(in));
      sum.add(piece);
    }
  });
  if (detail::rank_of(comm) != 0) return std::nullopt;
  return sum.result();
}

}  // namespace metapool
