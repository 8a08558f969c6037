// SPDX-License-Identifier: BSL-1.0
// The search of REML in subsets, from a guess, and its proof.
#pragma once

#include <metapool/math/pack.hpp>
#include <metapool/sensitivity/subset_group.hpp>
#include <metapool/sensitivity/subset_reml.hpp>

#include <cstddef>
#include <limits>

namespace metapool::detail {

/// Where 1 - g/a is 0, positive at `first` (t = 0) and not at `upper`, for the places where done is 0: from `guess`, by the cubic through the last two points and slopes of the
/// inverse, else by Newton's step, else by bisection. Stops where two steps in a row, relative to v_min + t, have a product so small that rounding is left. last: the
/// point evaluated last. done is 1 where that happened within 40 evaluations.
template <class Real, std::size_t N>
void search_subsets(const subset_likelihood<Real, N>& likelihood, const subset_score<Real, N>& first, const pack<Real, N>& guess,
                    const pack<Real, N>& upper, pack<Real, N>& t, subset_score<Real, N>& last, pack<Real, N>& done) {
  using P = pack<Real, N>;
  constexpr int digits = std::numeric_limits<Real>::digits;
  P zero{}, one{}, half{}, three{}, small{}, coarse{}, live{};
  fill(zero, Real(0));
  fill(one, Real(1));
  fill(half, Real(0.5));
  fill(three, Real(3));
  fill(small, digits > 60 ? Real(1e-12) : digits > 30 ? Real(1e-9) : Real(1e-5));
  fill(coarse, digits > 30 ? Real(1e-3) : Real(1e-2));
  const auto ratio = [&](const subset_score<Real, N>& p, P& f, P& slope) {
    const P over = one / p.a;
    const P r = p.g * over;
    f = one - r;
    slope = (p.dg - r * p.da) * over;
  };
  P left = zero, f_left{}, s_left{}, lower = zero, higher = upper;
  ratio(first, f_left, s_left);
  choose(f_left, done > zero, one, f_left);
  choose(s_left, done > zero, zero - one, s_left);
  choose(live, done > zero, zero, one);
  const P newton0 = zero - f_left / s_left, middle0 = upper * half;
  P start = guess;
  choose(start, (guess > zero) & (guess < upper), guess, newton0);
  choose(start, (start > zero) & (start < upper), start, middle0);
  choose(t, live > zero, start, t);
  P before = t / (likelihood.top + t);
  for (int evaluation = 0; evaluation < 40; ++evaluation) {
    subset_score<Real, N> now;
    likelihood.score(t, now);
    last.take(live, now);  // a place that is done keeps its last point, so that nothing hangs on how long its neighbours take
    P f{}, slope{}, other{}, step{};
    ratio(now, f, slope);
    choose(lower, f > zero, t, lower);
    choose(higher, f > zero, higher, t);
    const P gap = f - f_left;
    const P at = (zero - f_left) / gap;
    const P rest = one - at;
    P next = left + (t - left) * (at * at * (three - (at + at))) + gap * at * rest * (rest / s_left - at / slope);
    const P newton = t - f / slope;
    const auto inside = (next >= lower) & (next <= higher), inside_newton = (newton >= lower) & (newton <= higher);
    other = lower + (higher - lower) * half;
    choose(other, inside_newton, newton, other);
    choose(next, inside, next, other);
    choose(next, f == zero, t, next);
    step = next - t;
    choose(step, step < zero, zero - step, step);
    const P relative = step / (likelihood.top + next);
    left = t;
    f_left = f;
    s_left = slope;
    choose(t, live > zero, next, t);
    choose(live, (relative * before <= small) & (relative <= coarse) & (inside | inside_newton | (f == zero)), zero, live);
    before = relative;
    if (!any_of<N>(live > zero)) break;
  }
  choose(done, live > zero, zero, one);
}

/// Whether bounds prove that the root in [0, last] is the only one: by further points between and beyond, 24 at the most.
template <class Real, std::size_t N>
void prove_subsets(const subset_likelihood<Real, N>& likelihood, const subset_bounds<Real, N>& bounds, const subset_score<Real, N>& first,
                   const subset_score<Real, N>& last, const pack<Real, N>& wanted, pack<Real, N>& proved) {
  using P = pack<Real, N>;
  P zero{}, one{}, two{}, four{}, trial{}, shown{}, reached{};
  fill(zero, Real(0));
  fill(one, Real(1));
  fill(two, Real(2));
  fill(four, Real(4));
  subset_score<Real, N> from = first, next;
  const auto look = [&] {
    bounds.between(from, last, shown);
    choose(shown, from.t < last.t, shown, zero);
    from.take(shown, last);
    bounds.beyond(from, shown);
    choose(proved, (from.t >= last.t) & (shown > zero), one, proved);
  };
  const auto aim = [&] {
    const P x = likelihood.top + from.t;
    choose(trial, from.t < last.t, two * x * ((likelihood.top + last.t) / (x + (likelihood.top + last.t))), four * x);
    trial = trial - likelihood.top;
  };
  look();
  aim();
  for (int i = 0; i < 24 && any_of<N>((proved == zero) & (wanted > zero)); ++i) {
    likelihood.score(trial, next);
    bounds.between(from, next, reached);
    choose(reached, next.t > from.t, reached, zero);
    const P x = likelihood.top + from.t, y = likelihood.top + trial;
    const P nearer = two * x * (y / (x + y)) - likelihood.top;
    from.take(reached, next);
    look();
    aim();
    choose(trial, reached > zero, trial, nearer);
  }
}

/// REML of eight subsets into out.tau2; out.doubt is 1 where one meta-analysis at a time must decide. guess: where to begin, DerSimonian and Laird's estimate, say; it changes no more than
/// the last bits. room: two rows of eight for each study.
template <std::size_t N, class Real>
void reml_group(const subset_source<Real>& s, const subset_group<Real>& g, const Real* guess, Real* room, group_sums<Real>& out) {
  using P = pack<Real, N>;
  P zero{}, one{}, half{}, from{}, tau2{}, done{}, proved{}, doubt{}, two{};
  fill(zero, Real(0));
  fill(one, Real(1));
  fill(two, Real(2));
  fill(half, Real(0.5));
  for (std::size_t at = 0; at < subset_group<Real>::size; at += N) {
    const subset_likelihood<Real, N> likelihood(s, g, at, room);
    subset_bounds<Real, N> bounds;
    fill(bounds.margin, std::numeric_limits<Real>::digits > 30 ? Real(1e-9) : Real(1e-4));
    bounds.one = one;
    bounds.half = half;
    bounds.v_min = likelihood.top;
    likelihood.spread(bounds.square, bounds.flat);
    subset_score<Real, N> first, last;
    likelihood.score(zero, first);
    last = first;
    const auto rises = first.a > first.g;
    const P mean_square = bounds.square / (likelihood.count - one);
    const P upper = (mean_square + half * (mean_square + (likelihood.v_max - likelihood.top))) *
                    (one + bounds.margin);  // beyond the bound of likelihood_objective
    choose(done, rises, zero, one);
    tau2 = zero;
    load(from, guess + at);
    if (any_of<N>(rises)) search_subsets(likelihood, first, from, upper, tau2, last, done);
    choose(proved, likelihood.count < two, one, zero);
    prove_subsets(likelihood, bounds, first, last, done, proved);
    choose(doubt, (proved > zero) & (done > zero), zero, one);
    store(out.tau2 + at, tau2);
    store(out.doubt + at, doubt);
  }
}

}  // namespace metapool::detail
