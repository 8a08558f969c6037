// SPDX-License-Identifier: BSL-1.0
// What fragility is asked and what it answers.
#pragma once

#include <metapool/data/binary_trial.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace metapool {

/// How far the search goes.
enum class fragility_search : std::uint8_t {
  exact,  ///< after the greedy search fewer changes are looked for, and smaller numbers shown to be impossible, by bounds where there are any and by trying all, as far as max_bounds and max_evaluations go
  greedy  ///< one change after the other (Atal et al. 2019; R's fragility): an upper bound only
};

/// The side on which a result that is not significant is to become so. A significant result has one way: to lose it.
enum class fragility_direction : std::uint8_t {
  either,
  below,        ///< the whole interval below no effect
  above,        ///< the whole interval above no effect
  as_estimated  ///< on the side of the original estimate
};

/// The arms in which patients may change.
enum class fragility_arms : std::uint8_t { both, treated, control };

/// Options of fragility.
struct fragility_options {
  fragility_search search = fragility_search::exact;
  fragility_direction direction = fragility_direction::either;
  fragility_arms arms = fragility_arms::both;
  double alpha = 0.05;                   ///< for a judgement that is a p-value; an interval brings its own level
  double no_effect = 0;                  ///< for a judgement that is an interval: 0 for differences and logarithms, 1 for ratios
  std::size_t max_changes = 1000;        ///< no more changes than these are looked at
  double max_bounds = 2e8;               ///< single changes that the bounds may look at; some 5 nanoseconds each
  std::size_t max_evaluations = 25000;   ///< judgements of the exhaustive part, and as many of exchanges, set by what one costs: a number of changes with more ways than are left is not begun
};

/// What happens to one trial: events added to (taken from, if negative) each arm, whose totals stay.
struct event_change {
  std::size_t trial = 0;  ///< index in the input
  std::string label{};
  long long treated = 0;
  long long control = 0;
};

/// How few patients carry a conclusion.
template <class Real = double>
struct fragility_result {
  using real_type = Real;
  bool significant = false;              ///< the original conclusion. If false, index is the reverse fragility index
  std::optional<std::size_t> index{};    ///< fewest changed patients found that overturn it; empty if none were found
  bool proven = false;                   ///< none of the allowed changes fewer than index (index empty: none at all) overturns it; by bounds that is up to rounding, with a margin of 1e-9
  std::size_t at_least = 1;              ///< no smaller number of changes overturns it: by bounds, or since all ways were tried
  std::optional<std::size_t> greedy{};   ///< the index by the greedy search alone
  Real patients{};                       ///< in all trials whose counts are known
  std::optional<Real> quotient{};        ///< index / patients
  std::vector<event_change> changes{};   ///< the trials that change
  std::vector<binary_trial<Real>> tables{};  ///< all trials after the changes; empty if index is
  std::size_t evaluations = 0;           ///< judgements made
  std::size_t boxes = 0;                 ///< of tau2 and mean, or of the sums of an estimate, that the bounds have looked at
  std::size_t unstated = 0;              ///< of these, tables for which the method gave no answer; they count as not overturned
};

}  // namespace metapool
