// SPDX-License-Identifier: BSL-1.0
// The ways to change each trial by a few patients, and the largest sum over trials that they allow.
#pragma once

#include <metapool/math/pack.hpp>
#include <metapool/sensitivity/fragility_sums.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <tuple>
#include <vector>

namespace metapool::detail {

/// One way to change one trial: the effect and variance that it then has.
struct fragility_choice {
  double y = 0, v = 1;
  bool pooled = false;
  std::uint32_t cost = 0;                 ///< changed patients
  std::int32_t treated = 0, control = 0;  ///< events added
};

/// Which choices are left, by their numbers in one count through all trials, ascending; none: all of them.
using fragility_left = std::shared_ptr<const std::vector<std::uint32_t>>;

/// What a function of the choices gives at each place, and the largest value of each group.
struct fragility_values {
  std::vector<double> at{}, top{};
};

/// Choices of all trials under a limit on all changes together.
class fragility_choices {
 public:
  std::vector<std::vector<fragility_choice>> of{};  ///< by trial; count() puts them in order
  std::size_t n = 0;                                ///< changes in all
  bool by_number = false;                           ///< whether the number of pooled trials is fixed
  std::size_t in_sum = 0;                           ///< and what it is
  std::vector<std::size_t> chosen{};                ///< of the largest sum, one a trial
  double work = 0;                                  ///< choices looked at so far
  std::size_t always = 0, some = 0;                 ///< trials that are pooled by all, and by some of their choices
  std::vector<double> y{}, v{};                     ///< of the choices that are left, by place: one after the other with repetitions, for vector instructions
  std::size_t uses = 0;                             ///< how often the places have changed

  /// The variances of the choices of one trial that are left, and whether it may be left out.
  struct range {
    double least = std::numeric_limits<double>::infinity(), most = 0;
    bool out = false;
  };
  std::vector<range> ranges{};

  /// What follows from `of` and n; all choices are left.
  void count() {
    always = some = 0;
    sums_.switches.assign(of.size(), false);
    start_.assign(1, 0);
    rows_ = 0;
    for (std::size_t i = 0; i < of.size(); ++i) {
      std::vector<fragility_choice>& row = of[i];
      const auto before = [](const fragility_choice& a, const fragility_choice& b) { return std::tie(a.pooled, a.cost) < std::tie(b.pooled, b.cost); };
      if (!std::is_sorted(row.begin(), row.end(), before)) std::stable_sort(row.begin(), row.end(), before);
      const bool in = !row.empty() && row.back().pooled, out = !row.empty() && !row.front().pooled;
      sums_.switches[i] = in && out && by_number;
      always += in && !out ? 1 : 0;
      some += in && out ? 1 : 0;
      for (std::size_t c = 0; c < row.size(); ++c) rows_ += c == 0 || before(row[c - 1], row[c]) ? 1 : 0;
      start_.push_back(start_.back() + static_cast<std::uint32_t>(row.size()));
    }
    sums_.all_switches = by_number ? some : 0;
    uses = 0;
    use(nullptr);
  }

  /// From now on only these choices.
  void use(const fragility_left& which) {
    if (uses > 0 && which == left_) return;
    left_ = which;
    ++uses;
    sums_.clear();
    ranges.assign(of.size(), {});
    const std::size_t total = which ? which->size() : start_.back();
    const std::size_t most = total + widest * rows_;
    y.resize(most);
    v.resize(most);
    number_.resize(most);
    std::size_t next = 0, place = 0;
    for (std::size_t i = 0; i < of.size(); ++i) {
      const fragility_choice* const row = of[i].data();
      while (next < total) {
        std::uint32_t number = which ? (*which)[next] : static_cast<std::uint32_t>(next);
        if (number >= start_[i + 1]) break;
        const fragility_choice& first = row[number - start_[i]];
        const std::size_t begin = place;
        do {
          const fragility_choice& c = row[number - start_[i]];
          if (c.pooled != first.pooled || c.cost != first.cost) break;
          y[place] = c.pooled ? c.y : 0.0;
          v[place] = c.pooled ? c.v : 1.0;
          number_[place] = number;
          ++place;
          if (++next == total) break;
          number = which ? (*which)[next] : static_cast<std::uint32_t>(next);
        } while (number < start_[i + 1]);
        if (first.pooled) {
          const auto [low, high] = std::minmax_element(&v[begin], &v[begin] + (place - begin));
          ranges[i].least = (std::min)(ranges[i].least, *low);
          ranges[i].most = (std::max)(ranges[i].most, *high);
        } else {
          ranges[i].out = true;
        }
        sums_.groups.push_back({first.cost, begin, place - begin, first.pooled, first.pooled && sums_.switches[i]});
        for (; place % widest != 0; ++place) {  // the last one again, until its pack is full
          y[place] = y[place - 1];
          v[place] = v[place - 1];
          number_[place] = number_[place - 1];
        }
      }
      sums_.first.push_back(sums_.groups.size());
    }
    y.resize(place);
    v.resize(place);
    number_.resize(place);
  }

  std::size_t left() const { return left_ ? left_->size() : start_.back(); }
  std::size_t trials() const { return of.size(); }
  /// The groups of choices of trial i that are left: of one cost, all pooled or none.
  const fragility_sums& sums() const { return sums_; }
  const fragility_choice& choice_at(std::size_t trial, std::size_t place) const { return of[trial][number_[place] - start_[trial]]; }

  /// Those of the choices that are left for which test(trial, group, place) holds.
  template <class Test>
  fragility_left left_if(const Test& test) const {
    auto kept = std::make_shared<std::vector<std::uint32_t>>();
    kept->reserve(left());
    for (std::size_t i = 0; i < of.size(); ++i) {
      for (std::size_t g = sums_.first[i]; g < sums_.first[i + 1]; ++g) {
        const fragility_sums::group& e = sums_.groups[g];
        for (std::size_t p = e.place; p < e.place + e.size; ++p) {
          if (test(i, g, p)) kept->push_back(number_[p]);
        }
      }
    }
    return kept;
  }

  /// Function<pack>(of...) is made once and called with the place of every pack.
  template <template <class> class Function, class... Of>
  void each_place(const Of&... of_function) const {
    run_wide([&](auto bytes) {
      constexpr std::size_t in_pack = (std::min)(decltype(bytes)::value / sizeof(double), widest);
      const Function<pack<double, in_pack>> f(of_function...);
      for (std::size_t place = 0, end = y.size(); place < end; place += in_pack) f(place);
    });
  }

  /// The largest sum over one choice a trial, trials that are not pooled giving 0; -infinity if there is none. Function<pack>(of...) is made once, and (place, out) sets a
  /// pack of numbers to its values from a place on. Exact, by the largest sum for every number of changes, trial after trial.
  template <template <class> class Function, class... Of>
  double largest(fragility_values& to, const Of&... of_function) {
    to.at.resize(y.size());
    to.top.resize(sums_.groups.size());
    run_wide([&](auto bytes) {
      constexpr std::size_t in_pack = (std::min)(decltype(bytes)::value / sizeof(double), widest);
      using numbers = pack<double, in_pack>;
      const Function<numbers> value(of_function...);
      double *const at = to.at.data(), *const tops = to.top.data();
      const fragility_sums::group* const groups = sums_.groups.data();
      for (std::size_t g = 0, end = sums_.groups.size(); g < end; ++g) {
        const fragility_sums::group& e = groups[g];
        if (!e.pooled) {
          for (std::size_t p = e.place; p < e.place + e.size; ++p) at[p] = 0;
          tops[g] = 0;
          continue;
        }
        numbers best{}, x{};
        const std::size_t stop = e.place + e.size;
        value(e.place, best);
        store(at + e.place, best);
        for (std::size_t p = e.place + in_pack; p < stop; p += in_pack) {
          value(p, x);
          store(at + p, x);
          choose(best, x > best, x, best);
        }
        double top = best[0];
        for (std::size_t lane = 1; lane < in_pack; ++lane) top = best[lane] > top ? best[lane] : top;
        tops[g] = top;
      }
    });
    limit();
    work += static_cast<double>(y.size() + sums_.groups.size() * 4);
    const double found = sums_.largest(to.top);
    if (!(found > -std::numeric_limits<double>::infinity())) return found;
    chosen.resize(of.size());
    for (std::size_t i = 0; i < of.size(); ++i) {
      const fragility_sums::group& e = sums_.groups[sums_.taken[i]];
      const double* values = &to.at[e.place];
      const std::size_t place = e.place + static_cast<std::size_t>(std::find(values, values + e.size, to.top[sums_.taken[i]]) - values);
      chosen[i] = number_[place] - start_[i];
    }
    return found;
  }
  template <template <class> class Function, class... Of>
  double largest(const Of&... of_function) {
    return largest<Function>(values_, of_function...);
  }

  /// Whether there is any sum.
  bool possible() {
    limit();
    values_.top.assign(sums_.groups.size(), 0.0);
    return sums_.largest(values_.top) == 0;
  }

  /// The largest sums that leave out one trial each: by group, what all other trials can add to a choice of it.
  const std::vector<double>& others(const fragility_values& values) {
    work += static_cast<double>(sums_.groups.size() * 16);
    return sums_.others(values.top);
  }

 private:
  static constexpr std::size_t widest = 4;

  void limit() {
    sums_.n = n;
    sums_.layer = by_number ? in_sum - always : 0;
  }

  std::vector<std::uint32_t> start_{};   ///< the number of each trial's first choice
  std::vector<std::uint32_t> number_{};  ///< by place
  std::size_t rows_ = 0;  ///< groups of all choices
  fragility_left left_{};
  fragility_sums sums_{};
  fragility_values values_{};
};

}  // namespace metapool::detail
