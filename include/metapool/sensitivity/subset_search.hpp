// SPDX-License-Identifier: BSL-1.0
// The search of REML in subsets, from a guess, and its proof.
#pragma once

#include <metapool/math/pack.hpp>
#include <metapool/sensitivity/subset_group.hpp>
#include <metapool/sensitivity/subset_reml.hpp>
#include <metapool/tau2/root_packs.hpp>
#include <metapool/tau2/score_packs.hpp>

#include <cstddef>
#include <limits>

namespace metapool::detail {

/// Whether bounds prove that the root in [0, last] is the only one: by further points between and beyond, 24 at the most.
template <class Real, std::size_t N>
void prove_subsets(const subset_likelihood<Real, N>& likelihood, const score_bounds<Real, N>& bounds, const score_pack<Real, N>& first,
                   const score_pack<Real, N>& last, const pack<Real, N>& wanted, pack<Real, N>& proved) {
  using P = pack<Real, N>;
  P zero{}, one{}, trial{}, shown{}, reached{}, nearer{};
  fill(zero, Real(0));
  fill(one, Real(1));
  score_pack<Real, N> from = first, next;
  bounds.look(from, last, shown);
  choose(proved, shown > zero, one, proved);
  bounds.aim(from, last, trial);
  for (int i = 0; i < 24 && any_of<N>((proved == zero) & (wanted > zero)); ++i) {
    likelihood.score(trial, next);
    bounds.between(from, next, reached);
    choose(reached, next.t > from.t, reached, zero);
    bounds.halve(from.t, trial, nearer);
    from.take(reached, next);
    bounds.look(from, last, shown);
    choose(proved, shown > zero, one, proved);
    bounds.aim(from, last, trial);
    choose(trial, reached > zero, trial, nearer);
  }
}

/// REML of eight subsets into out.tau2; out.doubt is 1 where one meta-analysis at a time must decide. guess: where to begin, DerSimonian and Laird's estimate, say; it changes no more than
/// the last bits. room: two rows of eight for each study.
template <std::size_t N, class Real>
void reml_group(const subset_source<Real>& s, const subset_group<Real>& g, const Real* guess, Real* room, group_sums<Real>& out) {
  using P = pack<Real, N>;
  P zero{}, one{}, half{}, two{}, slack{}, from{}, tau2{}, done{}, proved{}, doubt{}, f{}, slope{};
  fill(zero, Real(0));
  fill(one, Real(1));
  fill(two, Real(2));
  fill(half, Real(0.5));
  fill(slack, std::numeric_limits<Real>::digits > 30 ? Real(1 + 1e-9) : Real(1 + 1e-4));
  for (std::size_t at = 0; at < subset_group<Real>::size; at += N) {
    const subset_likelihood<Real, N> likelihood(s, g, at, room);
    score_bounds<Real, N> bounds;
    bounds.v_min = likelihood.top;
    likelihood.spread(bounds.square, bounds.flat);
    score_pack<Real, N> first, last;
    likelihood.score(zero, first);
    last = first;
    const auto rises = first.a > first.g;
    const P mean_square = bounds.square / (likelihood.count - one);
    const P upper = (mean_square + half * (mean_square + (likelihood.v_max - likelihood.top))) * slack;  // beyond the bound of likelihood_objective
    choose(done, rises, zero, one);
    load(from, guess + at);
    choose(tau2, rises, from, zero);
    if (any_of<N>(rises)) {
      first.ratio(f, slope);
      choose(f, rises, f, one);
      choose(slope, rises, slope, zero - one);
      const auto evaluate = [&](const P& t, const P& live, P& value, P& derivative) {
        score_pack<Real, N> now;
        likelihood.score(t, now);
        now.ratio(value, derivative);
        last.take(live, now);  // a place that is done keeps its last point, so that nothing hangs on how long its neighbours take
      };
      solve_packs<Real, N>(evaluate, f, slope, likelihood.top, upper, tau2, done);
    }
    choose(proved, likelihood.count < two, one, zero);
    prove_subsets(likelihood, bounds, first, last, done, proved);
    choose(doubt, (proved > zero) & (done > zero), zero, one);
    store(out.tau2 + at, tau2);
    store(out.doubt + at, doubt);
  }
}

}  // namespace metapool::detail
