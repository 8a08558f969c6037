// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/effect/effects.hpp>
#include <metapool/model/fit.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace metapool {

/// One subgroup: its name, which studies of the input it holds, and its fit.
template <class Real = double>
struct subgroup {
  std::string name{};
  std::vector<std::size_t> members{};  ///< indices of the trials offered (pooled or not), ascending
  model_fit<Real> fit{};
};

/// Fits of the subgroups, in the order in which their names first stand, and the names of those in which nothing could be pooled.
template <class Real = double>
struct subgroup_fits {
  std::vector<subgroup<Real>> groups{};
  std::vector<std::string> not_estimable{};  ///< "name: reason"
};

/// Fits a model in each subgroup of trials, each with a between-study variance of its own (where the model has one).
///
/// trials: a range with size() and operator[]; names: one subgroup name a trial; model: called with a std::vector of the subgroup's trials,
/// returns a model_fit ([](const auto& t) { return mantel_haenszel(t, risk_ratio{}); }).
/// A subgroup in which nothing can be pooled is listed in not_estimable, not dropped. Throws input_error if sizes differ or nothing is given,
/// and whatever the model throws on bad input. The test between subgroups is test_between (inference/subgroup_test.hpp).
template <class Trials, class Model>
auto fit_subgroups(const Trials& trials, std::span<const std::string> names, const Model& fit_model) {
  using Trial = std::remove_cvref_t<decltype(trials[0])>;
  using Real = typename Trial::real_type;
  if (trials.size() != names.size()) {
    detail::throw_input_error("fit_subgroups", std::to_string(names.size()) + " subgroup names for " + std::to_string(trials.size()) + " trials");
  }
  if (names.empty()) detail::throw_input_error("fit_subgroups", "no studies");
  subgroup_fits<Real> result;
  std::vector<std::string> order;
  for (const std::string& n : names) {
    if (std::find(order.begin(), order.end(), n) == order.end()) order.push_back(n);
  }
  for (const std::string& n : order) {
    subgroup<Real> group;
    group.name = n;
    std::vector<Trial> chosen;
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (names[i] != n) continue;
      chosen.push_back(trials[i]);
      group.members.push_back(i);
    }
    try {
      group.fit = fit_model(chosen);
      result.groups.push_back(std::move(group));
    } catch (const not_estimable& reason) {
      result.not_estimable.push_back(n + ": " + reason.what());
    }
  }
  return result;
}

}  // namespace metapool
