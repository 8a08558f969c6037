// SPDX-License-Identifier: BSL-1.0
// What no set of tables a few changes away can do: bounds behind fragility for inverse-variance methods.
#pragma once

#include <metapool/sensitivity/fragility_choices.hpp>
#include <metapool/sensitivity/fragility_descent.hpp>
#include <metapool/sensitivity/fragility_equations.hpp>
#include <metapool/sensitivity/fragility_halves.hpp>
#include <metapool/sensitivity/fragility_multipliers.hpp>
#include <metapool/sensitivity/fragility_refuter.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

namespace metapool::detail {

enum class bound_outcome { impossible, unknown };

/// Whether some set of tables at most n changes away reaches the goal of `equations`, the effects' signs being such that the mean is below 0 (loss), or is to be (gain).
///
/// Every set of tables with its tau2 and mean fulfils E1 = 0, E2 = 0 and N >= 0 (fragility_equations). A box of (tau2, mean) holds none if some multiple of E1 and E2
/// plus a positive multiple of N is below 0 for all choices, and the largest value over the choices is found exactly (fragility_choices). Within a box the sums
/// are bounded by their values at the corners and by how far they bend. A box that is not refuted is split, in tau2 or the means or, once it is small, in the
/// choices; the tables of the largest value are handed to `attempt`, which may find that they reach the goal. At tau2 = 0 E2 <= 0. Means that no tables have at the tau2 of a
/// box are cut off before (fragility_enclosures), and a search near tables that are known to reach the goal comes first (fragility_descent).
class fragility_bounds {
 public:
  fragility_choices choices{};
  fragility_equations equations{};
  static constexpr std::size_t most_places = 60000;  ///< choices of all trials together
  std::size_t least = 1;  ///< that fewer changes do not reach the goal is known
  double most_work = 2e8;
  std::size_t boxes = 0;
  double tried_tau2 = 0;                ///< of the tables that were attempted last
  double hint_tau2 = 0, hint_mean = 0;  ///< where tables that reach the goal are expected

  /// attempt(chosen): how many changes these choices are, one a trial, if they reach the goal, otherwise 0. Fewer are then looked for, so that n is one less than what was
  /// reached last; it ends where n is below `least`.
  template <class Attempt>
  bound_outcome decide(const Attempt& attempt) {
    choices.by_number = equations.method.by_number();
    choices.count();
    if (choices.always < 2 || !measure_choices()) return bound_outcome::unknown;
    descend(attempt);
    for (std::vector<fragility_choice>& row : choices.of) std::erase_if(row, [&](const fragility_choice& c) { return c.cost > choices.n; });
    choices.count();
    const std::size_t numbers = choices.by_number ? choices.some : 0;
    for (std::size_t s = numbers + 1; s-- > 0;) {  // most tables that reach the goal lose no trial
      equations.k = choices.in_sum = choices.always + s;
      if (boxes_of_one_number(attempt) == bound_outcome::unknown) return bound_outcome::unknown;
    }
    return bound_outcome::impossible;
  }

 private:
  /// Whether these tables reach the goal; the next ones must do so with fewer changes.
  template <class Attempt>
  bool reached(const Attempt& attempt, const std::vector<std::size_t>& chosen) {
    const std::size_t cost = attempt(chosen);
    if (cost > 0) choices.n = cost - 1;
    return cost > 0;
  }

  /// Lowers n by a search that starts at the hint.
  template <class Attempt>
  void descend(const Attempt& attempt) {
    equations.k = choices.in_sum = choices.always + (choices.by_number ? choices.some : 0);
    fragility_refuter refuter(choices, equations, dimensions());
    const bool fixed = equations.method.tau2 == bounded_tau2::fixed;
    const fragility_descent descent{choices, equations, refuter, tried_tau2, 0.005 * (high_y_ - low_y_), fixed ? 0 : 0.1};
    bounded_point at{fixed ? equations.method.fixed : hint_tau2, hint_mean, hint_mean};
    while (choices.n >= least && choices.possible()) {
      if (!descent.reached(at, [&](const std::vector<std::size_t>& chosen) { return reached(attempt, chosen); })) return;
      hint_tau2 = at[0];
      hint_mean = at[1];
    }
  }

  std::size_t dimensions() const { return equations.method.tau2 == bounded_tau2::dersimonian_laird ? 3 : 2; }

  bool measure_choices() {
    std::size_t places = 0;
    low_y_ = low_v_ = std::numeric_limits<double>::infinity();
    high_y_ = high_v_ = -low_y_;
    std::vector<double> now;
    for (const auto& trial : choices.of) {
      places += trial.size();
      for (const fragility_choice& c : trial) {
        if (!c.pooled) continue;
        low_y_ = (std::min)(low_y_, c.y);
        high_y_ = (std::max)(high_y_, c.y);
        low_v_ = (std::min)(low_v_, c.v);
        high_v_ = (std::max)(high_v_, c.v);
        if (c.cost == 0) now.push_back(c.v);
      }
    }
    if (places > most_places || now.empty()) return false;
    std::sort(now.begin(), now.end());
    equations.middle = now[now.size() / 2];
    now_v_ = now.back();
    return true;
  }

  /// Above every tau2 that the estimators give for these choices.
  double largest_tau2() const {
    const double spread = 2 * (high_y_ - low_y_) * (high_y_ - low_y_);  // k / (k - 1) <= 2
    if (equations.method.tau2 == bounded_tau2::dersimonian_laird) return spread * high_v_ / low_v_;  // Q <= k spread / low_v, C >= (k - 1) / high_v
    double top = equations.middle;
    // the score of REML is below 0 where k spread^2 / (low_v + tau2)^2 < (k - 1) / (high_v + tau2), and so is that of ML; Q < k - 1 where k spread^2 / (low_v + tau2) is
    while (!(spread * (high_v_ + top) < (low_v_ + top) * (low_v_ + top) && spread < low_v_ + top)) top *= 2;
    return top;
  }

  /// The boxes to begin with: each tau2 in steps beyond which none is refuted, but for the last, where all weights are much the same.
  std::vector<bounded_box> boxes_of_all() const {
    bounded_box whole;
    whole.low = {0, low_y_, low_y_};
    whole.high = {0, high_y_, high_y_};
    if (equations.gain) whole.high[1] = (std::min)(0.0, whole.high[1]);
    if (equations.method.tau2 == bounded_tau2::fixed) {
      whole.low[0] = whole.high[0] = equations.method.fixed;
      return {whole};
    }
    std::vector<bounded_box> open{whole};
    const double end = largest_tau2();
    while (whole.high[0] < end) {
      whole.low[0] = whole.high[0];
      whole.high[0] = 4 * (low_v_ + whole.low[0]) - low_v_;
      if (whole.high[0] > 16 * now_v_) whole.high[0] = end;
      open.push_back(whole);
    }
    return open;
  }

  template <class Attempt>
  bound_outcome boxes_of_one_number(const Attempt& attempt) {
    choices.use(nullptr);
    if (!choices.possible()) return bound_outcome::impossible;
    std::vector<bounded_box> open = boxes_of_all();
    std::stable_sort(open.begin(), open.end(), [&](const bounded_box& a, const bounded_box& b) { return holds_hint(a) < holds_hint(b); });
    fragility_refuter refuter(choices, equations, dimensions());
    bounded_parts likely{0, 1, 0, 0};  // multipliers that refuted the last box
    while (!open.empty()) {
      bounded_box b = std::move(open.back());
      open.pop_back();
      if (choices.n < least) return bound_outcome::impossible;
      if (choices.work > most_work) return bound_outcome::unknown;
      ++boxes;
      if (!b.enclosed && !b.left) b.multipliers = likely;
      bool arrived = false;
      const auto try_each = [&](const std::vector<std::size_t>& chosen) { return arrived = reached(attempt, chosen); };
      if (refuter.refuted(b, try_each)) {
        likely = b.multipliers;
      } else if (arrived) {  // what was refuted is so for fewer changes too
        open.push_back(std::move(b));
      } else if (!split(b, refuter.cuts(), open)) {
        return bound_outcome::unknown;
      }
    }
    return bound_outcome::impossible;
  }

  bool holds_hint(const bounded_box& b) const { return b.low[0] <= hint_tau2 && hint_tau2 <= b.high[0] && b.low[1] <= hint_mean && hint_mean <= b.high[1]; }

  bool split(bounded_box& b, const std::vector<fragility_cut>& cuts, std::vector<bounded_box>& open) const {
    const double unit = (std::max)(1e-3 * (high_y_ - low_y_), (std::max)(std::fabs(b.low[1]), std::fabs(b.high[1])) / 2);
    if (!equations.gain && b.low[1] < 0 && b.high[1] > 0) {  // N's multiplier needs means on one side of no effect
      bounded_box other = b;
      b.high[1] = other.low[1] = 0;
      open.push_back(other);
      open.push_back(b);
      return true;
    }
    std::size_t in = dimensions();
    double most = 0, size = 0;
    for (std::size_t d = 0; d < dimensions(); ++d) {
      const double wide = d == 0 ? std::log((equations.middle + b.high[0]) / (equations.middle + b.low[0])) : (b.high[d] - b.low[d]) / unit;
      size = (std::max)(size, wide);
      if (wide < 1e-6 || wide * 0.02 + b.bend[d] <= most) continue;
      most = wide * 0.02 + b.bend[d];
      in = d;
    }
    if (size < 0.02 && split_choices(choices, b, cuts, open)) return true;
    if (in == dimensions()) return false;
    const double at = in == 0 ? std::sqrt((low_v_ + b.low[0]) * (low_v_ + b.high[0])) - low_v_ : (b.low[in] + b.high[in]) / 2;
    if (in == 0) b.enclosed = false;
    bounded_box other = b;
    b.high[in] = at;
    other.low[in] = at;
    const bool first_later = in < 2 && (in == 0 ? hint_tau2 : hint_mean) < at;  // the side that may hold the answer is looked at first
    open.push_back(first_later ? other : b);
    open.push_back(first_later ? b : other);
    return true;
  }

  double low_y_ = 0, high_y_ = 0, low_v_ = 0, high_v_ = 0, now_v_ = 0;
};

}  // namespace metapool::detail
