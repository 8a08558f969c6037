// SPDX-License-Identifier: BSL-1.0
// What no set of tables a few changes away can do: bounds behind fragility for inverse-variance methods.
#pragma once

#include <metapool/sensitivity/fragility_choices.hpp>
#include <metapool/sensitivity/fragility_equations.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

namespace metapool::detail {

enum class bound_outcome { impossible, reached, unknown };

/// Whether some set of tables at most n changes away reaches the goal of `equations`, the effects' signs being such that the mean is below 0 (loss), or is to be (gain).
///
/// Every set of tables with its tau2 and mean fulfils E1 = 0, E2 = 0 and N >= 0 (fragility_equations). A box of (tau2, mean) holds none if some multiple of E1 and E2
/// plus a positive multiple of N is below 0 for all choices, and the largest value over the choices is found exactly (fragility_choices). Within a box the sums
/// are bounded by their values at the corners and by how far they bend. A box that is not refuted is split, in tau2 or the means or, once it is small, in the
/// choices; the tables of the largest value are handed to `attempt`, which may find that they reach the goal. At tau2 = 0 E2 <= 0.
class fragility_bounds {
 public:
  fragility_choices choices{};
  fragility_equations equations{};
  static constexpr std::size_t most_places = 60000;  ///< choices of all trials together
  double most_work = 2e7;
  std::size_t boxes = 0;
  double hint_tau2 = 0, hint_mean = 0;  ///< where tables that reach the goal are expected

  /// attempt(chosen): true if these choices, one a trial, reach the goal.
  template <class Attempt>
  bound_outcome decide(const Attempt& attempt) {
    choices.by_number = equations.method.by_number();
    choices.count();
    if (choices.always < 2 || !measure_choices()) return bound_outcome::unknown;
    const std::size_t numbers = choices.by_number ? choices.some : 0;
    for (std::size_t s = 0; s <= numbers; ++s) {
      equations.k = choices.in_sum = choices.always + s;
      const bound_outcome r = boxes_of_one_number(attempt);
      if (r != bound_outcome::impossible) return r;
    }
    return bound_outcome::impossible;
  }

 private:
  struct cut {  ///< the parts of one set of tables, and what the box adds whatever the multipliers' signs
    bounded_parts sum{}, spread{};
    std::vector<std::size_t> chosen{};
  };

  bool measure_choices() {
    places_ = 0;
    low_y_ = low_v_ = std::numeric_limits<double>::infinity();
    high_y_ = high_v_ = -low_y_;
    std::vector<double> now;
    for (const auto& trial : choices.of) {
      places_ += trial.size();
      for (const fragility_choice& c : trial) {
        if (!c.pooled) continue;
        low_y_ = (std::min)(low_y_, c.y);
        high_y_ = (std::max)(high_y_, c.y);
        low_v_ = (std::min)(low_v_, c.v);
        high_v_ = (std::max)(high_v_, c.v);
        if (c.cost == 0) now.push_back(c.v);
      }
    }
    if (places_ > most_places || now.empty()) return false;
    std::sort(now.begin(), now.end());
    equations.middle = now[now.size() / 2];
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

  template <class Attempt>
  bound_outcome boxes_of_one_number(const Attempt& attempt) {
    const bounded_tau2 kind = equations.method.tau2;
    dimensions_ = kind == bounded_tau2::dersimonian_laird ? 3 : 2;
    bounded_box whole;
    whole.low = {0, low_y_, low_y_};
    whole.high = {0, high_y_, high_y_};
    whole.multipliers = {0, 1, 0, 0};
    if (kind == bounded_tau2::fixed) whole.low[0] = whole.high[0] = equations.method.fixed;
    std::vector<bounded_box> open;
    const auto both_sides = [&](const bounded_box& b) {  // boxes lie on one side of no effect each; a gain lies below
      if (b.low[1] < 0) {
        open.push_back(b);
        open.back().high[1] = (std::min)(0.0, b.high[1]);
      }
      if (b.high[1] >= 0 && !equations.gain) {
        open.push_back(b);
        open.back().low[1] = (std::max)(0.0, b.low[1]);
      }
    };
    both_sides(whole);
    if (kind != bounded_tau2::fixed) {
      whole.high[0] = largest_tau2();
      both_sides(whole);
    }
    std::stable_sort(open.begin(), open.end(), [&](const bounded_box& a, const bounded_box& b) { return holds_hint(a) < holds_hint(b); });
    while (!open.empty()) {
      bounded_box b = std::move(open.back());
      open.pop_back();
      if (choices.work > most_work) return bound_outcome::unknown;
      ++boxes;
      bool reached = false;
      const auto try_each = [&](const std::vector<std::size_t>& chosen) { return reached = attempt(chosen); };
      if (refuted(b, try_each)) continue;
      if (reached) return bound_outcome::reached;
      if (!split(b, open)) return bound_outcome::unknown;
    }
    return bound_outcome::impossible;
  }

  bool holds_hint(const bounded_box& b) const { return b.low[0] <= hint_tau2 && hint_tau2 <= b.high[0] && b.low[1] <= hint_mean && hint_mean <= b.high[1]; }

  bool split(bounded_box& b, std::vector<bounded_box>& open) const {
    const double unit = (std::max)(1e-3 * (high_y_ - low_y_), (std::max)(std::fabs(b.low[1]), std::fabs(b.high[1])) / 2);
    std::size_t in = dimensions_;
    double most = 0, size = 0;
    for (std::size_t d = 0; d < dimensions_; ++d) {
      const double wide = d == 0 ? std::log((equations.middle + b.high[0]) / (equations.middle + b.low[0])) : (b.high[d] - b.low[d]) / unit;
      size = (std::max)(size, wide);
      if (wide < 1e-6 || wide * 0.02 + b.bend[d] <= most) continue;
      most = wide * 0.02 + b.bend[d];
      in = d;
    }
    if (size < 0.02 && split_choices(b, open)) return true;
    if (in == dimensions_) return false;
    const double at = in == 0 ? std::sqrt((low_v_ + b.low[0]) * (low_v_ + b.high[0])) - low_v_ : (b.low[in] + b.high[in]) / 2;
    if (in == 0) b.rho_high = 0;  // to be found anew
    bounded_box other = b;
    b.high[in] = at;
    other.low[in] = at;
    const bool first_later = in < 2 && (in == 0 ? hint_tau2 : hint_mean) < at;  // the side that may hold the answer is looked at first
    open.push_back(first_later ? other : b);
    open.push_back(first_later ? b : other);
    return true;
  }

  /// In the arm in which the tables that were found differ most; false if they do not differ.
  bool split_choices(bounded_box& b, std::vector<bounded_box>& open) const {
    std::size_t trial = 0, end = 0;
    long long most = 0, at = 0;
    for (std::size_t i = 0; i < choices.of.size(); ++i) {
      for (const bool treated : {true, false}) {
        const auto change = [&](const cut& c) {
          const fragility_choice& x = choices.of[i][c.chosen[i]];
          return treated ? x.treated : x.control;
        };
        long long least = change(cuts_.front()), greatest = least;
        for (const cut& c : cuts_) {
          least = (std::min)(least, change(c));
          greatest = (std::max)(greatest, change(c));
        }
        if (greatest - least <= most) continue;
        most = greatest - least;
        at = least + (most - 1) / 2;
        trial = i;
        end = treated ? 0 : 2;
      }
    }
    if (most == 0) return false;
    const long long n = static_cast<long long>(choices.n);
    if (b.ranges.empty()) b.ranges.assign(choices.of.size(), {-n, n, -n, n});
    bounded_box other = b;
    b.ranges[trial][end + 1] = at;
    other.ranges[trial][end] = at + 1;
    open.push_back(std::move(b));
    open.push_back(std::move(other));
    return true;
  }

  /// The interval of sum w^2 / sum w: r is above all if sum (w^2 - r w) <= 0 for all choices. Each step takes the ratio of the choices that fail.
  void enclose_rho(bounded_box& b) {
    for (const bool upper : {true, false}) {
      double r = upper ? 0 : b.rho_high;
      for (int step = 0; step < 50; ++step) {
        const auto worst = [&](const fragility_choice& c) {  // of the weights within the box
          const auto [low, high] = std::minmax({equations.weight(c, b.low[0]), equations.weight(c, b.high[0])});
          if (!upper) return (std::min)((std::max)(low, r / 2), high);
          return low * (low - r) > high * (high - r) ? low : high;
        };
        const double excess = choices.largest(b.ranges, [&](const fragility_choice& c, std::size_t) {
          const double w = worst(c);
          return upper ? w * (w - r) : w * (r - w);
        });
        if (!(excess > 0)) break;
        double sum = 0, squares = 0;
        for (std::size_t i = 0; i < choices.of.size(); ++i) {
          const fragility_choice& c = choices.of[i][choices.chosen[i]];
          if (!c.pooled) continue;
          const double w = worst(c);
          sum += w;
          squares += w * w;
        }
        const double next = squares / sum * (upper ? 1 + 1e-7 : 1 - 1e-7);
        if (step == 49) {  // not settled: what always holds
          r = upper ? std::numeric_limits<double>::infinity() : 0;
        } else {
          r = next;
        }
      }
      (upper ? b.rho_high : b.rho_low) = r;
    }
  }

  /// Values of all choices at the corners, and the unit of each part.
  void fill(bounded_box& b) {
    const std::size_t corners = std::size_t(1) << dimensions_;
    at_.resize(corners);
    for (auto& values : at_) values.resize(places_);
    spread_.assign(places_, {});
    extra_.resize(places_);
    unit_ = {};
    std::array<bounded_parts, 3> bends{};
    std::array<bounded_point, 8> points{};
    for (std::size_t corner = 0; corner < corners; ++corner) points[corner] = b.corner(corner);
    std::size_t place = 0;
    for (const auto& trial : choices.of) {
      for (const fragility_choice& c : trial) {
        if (c.pooled) {
          const double ix = 1 / (c.v + b.low[0]), iz = 1 / (c.v + b.high[0]);
          const auto bend = equations.bend(c, b, ix, iz);
          for (std::size_t j = 0; j < unit_.size(); ++j) {
            for (std::size_t d = 0; d < 3; ++d) {
              spread_[place][j] += bend[d][j];
              if (c.cost == 0) bends[d][j] += bend[d][j];
            }
          }
          for (std::size_t corner = 0; corner < corners; ++corner) {
            at_[corner][place] = equations.at(c, points[corner], corner % 2 == 1 ? iz : ix);  // the first dimension is tau2
            if (c.cost > 0) continue;
            for (std::size_t j = 0; j < unit_.size(); ++j) unit_[j] = (std::max)(unit_[j], std::fabs(at_[corner][place][j]));
          }
        }
        ++place;
      }
    }
    const double k = static_cast<double>(equations.k);
    if (equations.method.test == bounded_test::wald) unit_[1] = (std::max)(unit_[1], (equations.middle + b.high[0]) * equations.critical2() / k);
    for (double& u : unit_) u = u > 0 ? k * u : 1;
    for (std::size_t d = 0; d < 3; ++d) {
      b.bend[d] = 0;
      for (std::size_t j = 0; j < unit_.size(); ++j) b.bend[d] += bends[d][j] / unit_[j];
    }
  }

  /// False too, at once, if the tables of a cut reach the goal.
  template <class Attempt>
  bool refuted(bounded_box& b, const Attempt& attempt) {
    const bounded_tau2 kind = equations.method.tau2;
    free_ = {true, equations.gain || b.high[1] <= 0, kind != bounded_tau2::fixed, kind == bounded_tau2::dersimonian_laird};
    at_zero_ = b.high[0] == 0 && kind != bounded_tau2::fixed;
    if (equations.with_rho() && !(b.rho_high > 0)) enclose_rho(b);
    fill(b);
    bounded_parts& lambda = b.multipliers;  // in units
    if (!allow(lambda)) lambda = {free_[1] ? 0.0 : 1.0, free_[1] ? 1.0 : 0.0, 0, 0};
    cuts_.clear();
    std::size_t first = 0;
    for (int round = 0; round < 16; ++round) {
      bounded_parts used;
      for (std::size_t j = 0; j < used.size(); ++j) used[j] = lambda[j] / unit_[j];
      for (std::size_t i = 0; i < places_; ++i) {
        extra_[i] = 0;
        for (std::size_t j = 0; j < used.size(); ++j) extra_[i] += std::fabs(used[j]) * spread_[i][j];
      }
      bool below = true;
      for (std::size_t tried = 0; tried < at_.size() && below; ++tried) {
        const std::size_t corner = (first + tried) % at_.size();
        const auto& at = at_[corner];
        const double largest = choices.largest(b.ranges, [&](const fragility_choice&, std::size_t i) {
          return extra_[i] + used[0] * at[i][0] + used[1] * at[i][1] + used[2] * at[i][2] + used[3] * at[i][3];
        });
        // the equations hold to rounding errors only
        if (largest + equations.constant(b.corner(corner), b, used) < -1e-9) continue;
        below = false;
        first = corner;
        add_cut(b, corner);
        if (attempt(cuts_.back().chosen)) return false;
      }
      if (below) return true;
      if (!separate(lambda)) return false;
    }
    return false;
  }

  void add_cut(const bounded_box& b, std::size_t corner) {
    cut c;
    c.chosen = choices.chosen;
    for (std::size_t j = 0; j < unit_.size(); ++j) {
      bounded_parts plus{}, minus{};
      plus[j] = 1;
      minus[j] = -1;
      const double high = equations.constant(b.corner(corner), b, plus), low = -equations.constant(b.corner(corner), b, minus);
      c.sum[j] = (high + low) / 2;
      c.spread[j] = (high - low) / 2;
      std::size_t begin = 0;
      for (std::size_t i = 0; i < choices.of.size(); ++i) {
        const std::size_t place = begin + c.chosen[i];
        begin += choices.of[i].size();
        if (!choices.of[i][c.chosen[i]].pooled) continue;
        c.sum[j] += at_[corner][place][j];
        c.spread[j] += spread_[place][j];
      }
      c.sum[j] /= unit_[j];
      c.spread[j] /= unit_[j];
    }
    cuts_.push_back(std::move(c));
  }

  /// Sets multipliers to what they may be, of length 1; false if nothing is left. N's is not below 0, that of E2 at tau2 = 0 not above.
  bool allow(bounded_parts& l) const {
    double length = 0;
    for (std::size_t j = 0; j < l.size(); ++j) {
      if (!free_[j] || (j == 1 && l[j] < 0) || (j == 2 && at_zero_ && l[j] > 0)) l[j] = 0;
      length += l[j] * l[j];
    }
    if (!(length > 1e-20)) return false;
    for (double& e : l) e /= std::sqrt(length);
    return true;
  }

  /// Multipliers under which all cuts are below 0, by the perceptron's steps; false if none were found.
  bool separate(bounded_parts& lambda) const {
    for (int step = 0; step < 1000; ++step) {
      double worst = -1e-7, length = 0;
      bounded_parts direction{};
      for (const cut& c : cuts_) {
        bounded_parts g;
        double f = 0, size = 0;
        for (std::size_t j = 0; j < g.size(); ++j) {
          g[j] = c.sum[j] + (lambda[j] < 0 ? -c.spread[j] : c.spread[j]);
          f += lambda[j] * g[j];
          const bool stuck = !free_[j] || (lambda[j] == 0 && ((j == 1 && g[j] > 0) || (j == 2 && at_zero_ && g[j] < 0)));
          if (stuck) g[j] = 0;
          size += g[j] * g[j];
        }
        size = std::sqrt(size);
        if (!(size > 0)) return false;
        if (f / size <= worst) continue;
        worst = f / size;
        length = size;
        direction = g;
      }
      if (!(length > 0)) return step > 0;
      for (std::size_t j = 0; j < lambda.size(); ++j) lambda[j] -= (worst + 0.01) * direction[j] / length;
      if (!allow(lambda)) return false;
    }
    return false;
  }

  std::vector<std::vector<bounded_parts>> at_{};  ///< by corner and choice
  std::vector<bounded_parts> spread_{};
  std::vector<double> extra_{};
  std::vector<cut> cuts_{};
  std::array<bool, 4> free_{};
  bounded_parts unit_{};
  bool at_zero_ = false;
  std::size_t places_ = 0, dimensions_ = 2;
  double low_y_ = 0, high_y_ = 0, low_v_ = 0, high_v_ = 0;
};

}  // namespace metapool::detail
