// SPDX-License-Identifier: BSL-1.0
// The treated events of several 2x2 tables together, given the margins of each table and one odds ratio for all: the product of the tables'
// hypergeometric polynomials, multiplied out once; every odds ratio near the one it was centred on then costs one pass over its coefficients.
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/exact/hypergeometric.hpp>
#include <metapool/exact/polynomial_product.hpp>
#include <metapool/exact/tail_sums.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

namespace metapool::detail {

/// Probabilities of the counts first, first + 1, ... as shares of the largest, at odds e^centre. Counts whose share is below e^-depth may have been left
/// out. What was left out stays negligible beside the rest at the odds r e^centre for least_ratio <= r <= most_ratio.
template <class Real>
struct count_weights {
  Real first{};
  std::vector<Real> weight{};
  std::size_t mode = 0;  ///< the place of the largest
  Real least_ratio = 0;
  Real most_ratio = std::numeric_limits<Real>::infinity();
};

/// -log of a share that does not count beside the rest: 1.5e-18 in double.
template <class Real>
Real negligible_depth() {
  using std::log;
  return 5 - log(std::numeric_limits<Real>::epsilon());
}

/// Leaves out the counts at both ends whose share is below e^-depth and sets the ratios at which that is harmless: as log w is concave, at the ratio r
/// the counts beyond the end y have a share of the mode's of less than w(y) r^(y - mode), which is at most e^-negligible_depth up to most_ratio.
/// x.mode: a count near the mode, with a weight above 0.
template <class Real>
void trim(count_weights<Real>& x, const Real& depth) {
  using std::exp, std::log;
  std::size_t at = x.mode;
  while (at + 1 < x.weight.size() && x.weight[at + 1] > x.weight[at]) ++at;
  while (at > 0 && x.weight[at - 1] > x.weight[at]) --at;
  const Real largest = x.weight[at], least = largest * exp(-depth);
  const auto start = x.weight.begin(), mode = start + static_cast<std::ptrdiff_t>(at);
  const auto counts = [&](const Real& w) { return w >= least; };  // w falls on both sides of the mode
  const auto begin = static_cast<std::size_t>(std::lower_bound(start, mode, least) - start);
  const auto end = static_cast<std::size_t>(std::partition_point(mode, x.weight.end(), counts) - start);
  const auto room = [&](std::size_t edge, std::size_t distance) {
    const Real share = (std::max)(Real(x.weight[edge] / largest), (std::numeric_limits<Real>::min)());
    return Real((-log(share) - negligible_depth<Real>()) / static_cast<Real>(distance));
  };
  if (end < x.weight.size()) x.most_ratio = (std::min)(x.most_ratio, Real(exp(room(end, end - at))));
  if (begin > 0) x.least_ratio = (std::max)(x.least_ratio, Real(exp(-room(begin - 1, at - (begin - 1)))));
  x.first += static_cast<Real>(begin);
  x.mode = at - begin;
  x.weight = std::vector<Real>(start + static_cast<std::ptrdiff_t>(begin), start + static_cast<std::ptrdiff_t>(end));
  const Real scale = 1 / largest;
  for (Real& w : x.weight) w *= scale;
}

/// One table's weights at odds e^centre, down to the share e^-depth and one count further, so that trim sees what it leaves out.
template <class Real>
count_weights<Real> weights_of(const table_margins<Real>& g, const Real& centre, const Real& depth) {
  using std::exp;
  const Real odds = exp(centre), least = exp(-depth);
  std::vector<Real> below, above;
  walk_from_mode<Real>(
      g, odds,
      [&](const Real&, const Real& w) {
        above.push_back(w);
        return w >= least;
      },
      [&](const Real&, const Real& w) {
        below.push_back(w);
        return w >= least;
      });
  const Real mode = g.mode(odds);
  // a walk may also end because the next weight underflows; a zero stands for it
  if (mode + static_cast<Real>(above.size()) <= g.highest && above.back() >= least) above.push_back(Real(0));
  if (mode - static_cast<Real>(below.size()) > g.lowest && (below.empty() || below.back() >= least)) below.push_back(Real(0));
  count_weights<Real> x;
  x.first = mode - static_cast<Real>(below.size());
  x.mode = below.size();
  x.weight.assign(below.rbegin(), below.rend());
  x.weight.insert(x.weight.end(), above.begin(), above.end());
  trim(x, depth);
  return x;
}

/// The law of the sum X of the treated events over tables of which each allows more than one count. P(X = y) is proportional to c(y) psi^y, log-concave in y.
template <class Real>
class sum_of_tables {
 public:
  Real observed{}, lowest{}, highest{};

  explicit sum_of_tables(std::vector<table_margins<Real>> tables) : tables_(std::move(tables)) {
    for (const table_margins<Real>& g : tables_) {
      observed += g.observed;
      lowest += g.lowest;
      highest += g.highest;
    }
  }

  /// The largest depth that Real's range allows: 671 in double.
  static Real most_depth() {
    using std::log;
    return -log((std::numeric_limits<Real>::min)() / std::numeric_limits<Real>::epsilon()) - 1;
  }
  /// Reaches about three standard deviations of X on both sides of the centre.
  static Real usual_depth() { return (std::min)(most_depth(), Real(negligible_depth<Real>() + 34)); }
  /// Multiplications of a product that takes about half a minute; more are refused.
  static constexpr double most_products = 2e10;

  /// Multiplies the tables out at odds e^centre. Throws input_error if that would take more than most_products.
  void centre_on(const Real& centre, const Real& depth) {
    std::vector<count_weights<Real>> parts;
    parts.reserve(tables_.size());
    double size = 0, products = 0;
    for (const table_margins<Real>& g : tables_) {
      parts.push_back(weights_of(g, centre, depth));
      products += size * static_cast<double>(parts.back().weight.size());
      size += static_cast<double>(parts.back().weight.size());
    }
    if (!(products < most_products)) {
      throw_input_error("exact distribution", "the tables have too many events to be multiplied out; at such counts a method for large trials is as good");
    }
    // the two smallest first: products grow slowly, and their ends are cut off as soon as they do not count
    const auto larger = [](const count_weights<Real>& x, const count_weights<Real>& y) { return x.weight.size() > y.weight.size(); };
    std::stable_sort(parts.begin(), parts.end(), larger);
    while (parts.size() > 1) {
      count_weights<Real> y = std::move(parts.back());
      parts.pop_back();
      count_weights<Real> x = std::move(parts.back());
      parts.pop_back();
      x.weight = multiplied(x.weight, y.weight);
      x.first += y.first;
      x.mode += y.mode;
      x.least_ratio = (std::max)(x.least_ratio, y.least_ratio);
      x.most_ratio = (std::min)(x.most_ratio, y.most_ratio);
      trim(x, depth);
      parts.insert(std::upper_bound(parts.begin(), parts.end(), x, larger), std::move(x));
    }
    now_ = std::move(parts.front());
    centre_ = centre;
  }

  /// Makes sure that the coefficients serve the odds e^theta.
  void reach(const Real& theta) {
    using std::exp;
    const Real ratio = exp(Real(theta - centre_));
    if (now_.weight.empty() || !(ratio >= now_.least_ratio && ratio <= now_.most_ratio)) centre_on(theta, usual_depth());
  }

  /// The law of the tables with the arms' names exchanged: of highest + lowest - X but for a shift, at the inverse odds.
  sum_of_tables swapped_arms() const {
    sum_of_tables r = *this;
    for (table_margins<Real>& g : r.tables_) g = swapped(g);
    Real events = 0;
    for (const table_margins<Real>& g : tables_) events += g.events;
    r.observed = events - observed;
    r.lowest = events - highest;
    r.highest = events - lowest;
    r.centre_ = -centre_;
    std::reverse(r.now_.weight.begin(), r.now_.weight.end());
    if (!now_.weight.empty()) r.now_.mode = now_.weight.size() - 1 - now_.mode;
    r.now_.first = events - (now_.first + static_cast<Real>(now_.weight.size()) - 1);
    r.now_.least_ratio = 1 / now_.most_ratio;
    r.now_.most_ratio = 1 / now_.least_ratio;
    return r;
  }

  const Real& centre() const { return centre_; }
  const count_weights<Real>& weights() const { return now_; }
  const std::vector<table_margins<Real>>& tables() const { return tables_; }

 private:
  std::vector<table_margins<Real>> tables_;
  count_weights<Real> now_{};
  Real centre_{};
};

/// A law for tail_sums.hpp that centres its sum anew when a search leaves what the coefficients reach.
template <class Real>
struct reaching_sum {
  sum_of_tables<Real>* sum;
  Real observed, lowest, highest;
  explicit reaching_sum(sum_of_tables<Real>& s) : sum(&s), observed(s.observed), lowest(s.lowest), highest(s.highest) {}
};

/// The place of the most probable count among weights w(i) ratio^i: the first that is not less probable than the next one. All weights are above 0.
template <class Real>
std::size_t mode_of(const std::vector<Real>& weight, const Real& ratio) {
  std::size_t mode = 0, end = weight.size() - 1;
  while (mode < end) {
    const std::size_t middle = mode + (end - mode) / 2;
    if (weight[middle + 1] * ratio > weight[middle]) {
      mode = middle + 1;
    } else {
      end = middle;
    }
  }
  return mode;
}

/// The weights at odds e^theta of what is kept, as shares of the largest, in place of those at the centre.
template <class Real>
count_weights<Real> weights_at(sum_of_tables<Real>& sum, const Real& theta) {
  using std::exp;
  sum.reach(theta);
  count_weights<Real> x = sum.weights();
  const Real ratio = exp(Real(theta - sum.centre()));
  if (ratio == 1) return x;
  const std::size_t mode = mode_of(x.weight, ratio);
  const Real largest = x.weight[mode];
  Real power = 1 / largest;
  for (std::size_t i = mode; i < x.weight.size(); ++i, power *= ratio) x.weight[i] *= power;
  power = 1 / largest / ratio;
  for (std::size_t i = mode; i-- > 0; power /= ratio) x.weight[i] *= power;
  x.mode = mode;
  return x;
}

}  // namespace metapool::detail
