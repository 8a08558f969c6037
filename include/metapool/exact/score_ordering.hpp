// SPDX-License-Identifier: BSL-1.0
// The outcomes of one trial that lie as far from an effect as the one seen, by the score statistic, and their probability.
#pragma once

#include <metapool/data/binary_trial.hpp>
#include <metapool/exact/restricted_risks.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

namespace metapool::detail {

/// Score of one table under an effect (a difference, or a ratio of risks), divided by its standard deviation under that effect: rises with treated
/// events, falls with control events and with the effect. No factor N / (N - 1), which is the same for all outcomes of a trial.
/// size: what the score would be if its terms did not cancel, the measure of its rounding.
template <bool ratio, class Real>
Real score_of_table(const two_by_two<Real>& t, const Real& effect, Real* size = nullptr) {
  using std::fabs, std::sqrt;
  if (size) *size = 0;
  const Real n1 = t.treated_total(), n2 = t.control_total();
  two_risks<Real> r;
  Real sum, factor = 1;
  if constexpr (ratio) {
    if (t.a == 0 && t.c == 0) return Real(0);
    r = risks_of_ratio(t, effect);
    sum = t.a / n1 - effect * (t.c / n2);
    factor = effect;
  } else if (effect == 1) {
    return t.b == 0 && t.c == 0 ? Real(0) : Real(-std::numeric_limits<Real>::infinity());
  } else if (effect == -1) {
    return t.a == 0 && t.d == 0 ? Real(0) : std::numeric_limits<Real>::infinity();
  } else {
    r = risks_of_difference(t, effect);
    sum = (t.a * n2 - t.c * n1) / (n1 * n2) - effect;
  }
  const Real variance = r.treated * (1 - r.treated) / n1 + factor * factor * (r.control * (1 - r.control) / n2);
  if (size && variance > 0) *size = (t.a / n1 + factor * (t.c / n2) + (ratio ? Real(0) : Real(fabs(effect)))) / sqrt(variance);
  if (sum == 0) return Real(0);
  if (!(variance > 0)) return sum > 0 ? std::numeric_limits<Real>::infinity() : Real(-std::numeric_limits<Real>::infinity());
  return sum / sqrt(variance);
}

/// The score of the table seen and how much lower a score may be that counts as equal: outcomes that mirror each other have one score but for its rounding.
template <class Real>
struct seen_score {
  Real value{};
  Real slack{};
  Real least() const { return value - slack; }
};
template <bool ratio, class Real>
seen_score<Real> score_seen(const two_by_two<Real>& t, const Real& effect) {
  Real size;
  const Real score = score_of_table<ratio>(t, effect, &size);
  return {score, Real(1024 * std::numeric_limits<Real>::epsilon() * size + (std::numeric_limits<Real>::min)())};
}

/// Counts of one arm that matter, first to last: all, or those outside of which the probability is negligible.
struct count_range {
  std::size_t first = 0;
  std::size_t last = 0;
  bool operator==(const count_range&) const = default;
};

/// Outcomes whose score is high or low: for each control count c of `control`, treated counts from above[c] on and those before below[c]. As the score is
/// monotone in both counts, these are the steps of two stairs.
struct outcome_set {
  std::vector<std::size_t> above{};
  std::vector<std::size_t> below{};
  bool operator==(const outcome_set&) const = default;
};

/// The sizes of a trial's arms with the counts that matter, and the outcome seen.
template <class Real>
struct outcome_space {
  std::size_t treated_total = 0, control_total = 0;
  std::size_t treated_events = 0, control_events = 0;
  count_range treated{}, control{};

  two_by_two<Real> table(std::size_t a, std::size_t c) const {
    return {static_cast<Real>(a), static_cast<Real>(treated_total - a), static_cast<Real>(c), static_cast<Real>(control_total - c)};
  }

  /// The first x from `begin` on, below `end`, of which holds(x) is true, or end; of those after it, it is true. By steps that double, then halving.
  template <class Holds>
  static std::size_t first_true(std::size_t begin, std::size_t end, Holds holds) {
    std::size_t step = 1;
    while (begin < end && !holds(begin)) {
      const std::size_t next = end - begin > step ? begin + step : end;
      if (next == end || holds(next)) {
        std::size_t left = begin + 1, right = next;
        while (left < right) {
          const std::size_t middle = left + (right - left) / 2;
          if (holds(middle)) {
            right = middle;
          } else {
            left = middle + 1;
          }
        }
        return left;
      }
      begin = next + 1;
      step *= 2;
    }
    return begin;
  }

  /// The outcomes with a score of `least` or more at effect `high_at`, and, unless one_sided, those with a score of -least or less at `low_at`.
  template <bool ratio>
  outcome_set beyond(const Real& least, const Real& high_at, const Real& low_at, bool one_sided) const {
    outcome_set s;
    s.above.reserve(control.last - control.first + 1);
    const std::size_t end = treated.last + 1;
    std::size_t a = treated.first, b = treated.first;
    for (std::size_t c = control.first; c <= control.last; ++c) {
      a = first_true(a, end, [&](std::size_t x) { return score_of_table<ratio>(table(x, c), high_at) >= least; });
      s.above.push_back(a);
      if (one_sided) continue;
      b = first_true(b, end, [&](std::size_t x) { return !(score_of_table<ratio>(table(x, c), low_at) <= -least); });
      s.below.push_back((std::min)(a, b));
    }
    return s;
  }
};

/// Probabilities of a binomial count where they are not negligible, and their sums from either end.
template <class Real>
class binomial_table {
 public:
  void fill(std::size_t n, const Real& p) {
    const Real tiny = std::numeric_limits<Real>::epsilon() / 1024;
    const Real q = 1 - p;
    const std::size_t mode = !(p > 0) ? 0 : !(q > 0) ? n : (std::min)(n, static_cast<std::size_t>(Real(static_cast<Real>(n + 1) * p)));
    if (n != trials_) prepare(n);
    first_ = last_ = mode;
    weights_.assign(1, Real(1));
    total_ = 1;
    if (p > 0 && q > 0) {
      const Real odds = p / q, against = q / p;
      Real w = 1;
      while (last_ < n && w > tiny) {
        w *= odds * (last_ < up_.size() ? up_[last_] : up(last_));
        ++last_;
        total_ += w;
        weights_.push_back(w);
      }
      downward_.clear();
      w = 1;
      while (first_ > 0 && w > tiny) {
        --first_;
        w *= against * (first_ < down_.size() ? down_[first_] : Real(1 / up(first_)));
        total_ += w;
        downward_.push_back(w);
      }
      weights_.insert(weights_.begin(), downward_.rbegin(), downward_.rend());
    }
    total_ = 1 / total_;
    for (Real& w : weights_) w *= total_;
  }
  /// Sums from each count upward, and of those below it if asked for.
  void sum(bool lower) {
    upper_.resize(weights_.size() + 1);
    upper_.back() = 0;
    for (std::size_t i = weights_.size(); i-- > 0;) upper_[i] = upper_[i + 1] + weights_[i];
    if (!lower) return;
    lower_.resize(weights_.size() + 1);
    lower_.front() = 0;
    for (std::size_t i = 0; i < weights_.size(); ++i) lower_[i + 1] = lower_[i] + weights_[i];
  }
  std::size_t first() const { return first_; }
  std::size_t last() const { return last_; }
  Real at(std::size_t x) const { return weights_[x - first_]; }
  Real from(std::size_t x) const { return x <= first_ ? Real(1) : x > last_ ? Real(0) : upper_[x - first_]; }   ///< P(X >= x)
  Real before(std::size_t x) const { return x <= first_ ? Real(0) : x > last_ ? Real(1) : lower_[x - first_]; }  ///< P(X < x)

 private:
  /// P(x + 1) / P(x) at odds 1.
  Real up(std::size_t x) const { return static_cast<Real>(trials_ - x) / static_cast<Real>(x + 1); }
  /// These ratios and their inverses, which each fill needs; of larger numbers only the first.
  void prepare(std::size_t n) {
    trials_ = n;
    up_.clear();
    down_.clear();
    for (std::size_t x = 0; x < n && x < 2000; ++x) {
      up_.push_back(up(x));
      down_.push_back(1 / up_.back());
    }
  }

  std::size_t trials_ = 0, first_ = 0, last_ = 0;
  Real total_{};
  std::vector<Real> weights_{}, downward_{}, upper_{}, lower_{}, up_{}, down_{};
};

/// The probability of an outcome set: of its high part with treated risk `high`, of its low part with treated risk `low`, both with the control risk.
/// (Two treated risks, so that a bound over a range of effects is one sum.)
template <class Real>
class outcome_probability {
 public:
  Real operator()(const outcome_space<Real>& space, const outcome_set& set, const Real& high, const Real& low, const Real& control) {
    control_.fill(space.control_total, control);
    high_.fill(space.treated_total, high);
    const bool two = !set.below.empty(), same = high == low;
    high_.sum(two && same);
    if (two && !same) {
      low_.fill(space.treated_total, low);
      low_.sum(true);
    }
    const binomial_table<Real>& below = same ? high_ : low_;
    Real sum = 0;
    const std::size_t end = (std::min)(control_.last(), space.control.last);
    for (std::size_t c = (std::max)(control_.first(), space.control.first); c <= end; ++c) {
      const std::size_t i = c - space.control.first;
      const Real here = two ? Real(high_.from(set.above[i]) + below.before(set.below[i])) : high_.from(set.above[i]);
      sum += control_.at(c) * here;
    }
    return (std::min)(Real(1), sum);
  }

 private:
  binomial_table<Real> control_{}, high_{}, low_{};
};

}  // namespace metapool::detail
