// SPDX-License-Identifier: BSL-1.0
// The arms' numbers of a forest plot, as the trials report them.
#pragma once

#include <metapool/data/binary_trial.hpp>
#include <metapool/data/continuous_trial.hpp>
#include <metapool/data/rate_trial.hpp>
#include <metapool/data/reported.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace metapool::detail {

/// The numbers of both arms (or of one group) as reported, freed of their scalar type. One entry a trial: the columns of the treated arm, then of the
/// control arm.
struct forest_arms {
  std::size_t groups = 2;              ///< arms, or 1
  std::vector<std::string> columns{};  ///< of one arm
  std::vector<bool> summed{};          ///< whether a column is summed in the rows of pooled means
  std::vector<std::string> labels{};
  std::vector<std::vector<std::optional<double>>> numbers{};
};

template <class Real>
std::optional<double> as_double(const std::optional<Real>& x) {
  if (!x) return std::nullopt;
  return static_cast<double>(*x);
}
template <class Real>
void add_trial(forest_arms& a, const binary_trial<Real>& t) {
  a.numbers.push_back({as_double(t.treated.events), as_double(t.treated.total), as_double(t.control.events), as_double(t.control.total)});
}
template <class Real>
void add_trial(forest_arms& a, const continuous_trial<Real>& t) {
  a.numbers.push_back({as_double(t.treated.mean), as_double(t.treated.sd), as_double(t.treated.total), as_double(t.control.mean),
                       as_double(t.control.sd), as_double(t.control.total)});
}
template <class Real>
void add_trial(forest_arms& a, const rate_trial<Real>& t) {
  a.numbers.push_back({as_double(t.treated.events), as_double(t.treated.time), as_double(t.control.events), as_double(t.control.time)});
}
template <class Real>
void name_columns(forest_arms& a, const rate_trial<Real>*) {
  a.columns = {"Events", "Time"};
  a.summed = {true, true};
}
template <class Real>
void name_columns(forest_arms& a, const binary_trial<Real>*) {
  a.columns = {"Events", "Total"};
  a.summed = {true, true};
}
template <class Real>
void name_columns(forest_arms& a, const continuous_trial<Real>*) {
  a.columns = {"Mean", "SD", "Total"};
  a.summed = {false, false, true};
}

/// Effects as they were reported: labels, and no columns.
template <class Real>
void add_trial(forest_arms& a, const reported<Real>&) {
  a.numbers.emplace_back();
}
template <class Real>
void name_columns(forest_arms&, const reported<Real>*) {}

template <class Trials>
using trial_type_of = std::remove_cvref_t<decltype(std::declval<const Trials&>()[0])>;
template <class Trials>
concept trial_range = requires(const Trials& t, forest_arms& a) {
  { t.size() } -> std::convertible_to<std::size_t>;
  add_trial(a, t[0]);
};

template <class Trials>
forest_arms arms_of(const Trials& trials) {
  forest_arms a;
  name_columns(a, static_cast<const trial_type_of<Trials>*>(nullptr));
  for (std::size_t i = 0; i < trials.size(); ++i) {
    a.labels.push_back(trials[i].label);
    add_trial(a, trials[i]);
  }
  return a;
}

}  // namespace metapool::detail
