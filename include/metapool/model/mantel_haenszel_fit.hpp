// SPDX-License-Identifier: BSL-1.0
// What the Mantel-Haenszel fits of tables and of rates share: how a fit begins and what it notes of corrections.
#pragma once

#include <metapool/effect/collect.hpp>
#include <metapool/effect/zero_cells.hpp>
#include <metapool/model/fit.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

namespace metapool::detail {

/// A Mantel-Haenszel fit without its estimate: the method, and the studies' own effects, with 0.5 where a study has a zero. Throws
/// input_error if the policy or a count breaks its contract.
template <class Trials, class Measure, class Policy>
auto begin_mantel_haenszel(const Trials& trials, const Measure& measure, const Policy& policy, fractional_counts fractional)
    -> model_fit<typename trial_type<Trials>::real_type> {
  check_policy(policy);
  model_fit<typename trial_type<Trials>::real_type> fit;
  fit.model = model::mantel_haenszel;
  fit.method = "Mantel-Haenszel";
  fit.data = effect_sizes(trials, measure, constant_correction{.double_zeros = policy.double_zeros}, fractional);
  fit.weights.reserve(fit.data.size());
  return fit;
}

/// What a correction is added to, in the words of a note: "2 tables" of "any table", "the events of 1 trial" of "any trial's events".
struct corrected_things {
  const char* before;
  const char* one;
  const char* many;
  const char* any;
};

/// Notes to how many studies `Policy` added something before they were summed, or that only the studies' own effects have corrections.
template <class Policy, class Real>
void note_corrections(model_fit<Real>& fit, std::size_t corrected, const corrected_things& words) {
  std::string note;
  if (corrected > 0) {
    note.append(Policy::name).append(" continuity correction added to ").append(words.before).append(std::to_string(corrected)).append(" ");
    note.append(corrected == 1 ? words.one : words.many).append(" before pooling");
  } else if (std::any_of(fit.data.audit.begin(), fit.data.audit.end(), [](const auto& a) { return a.corrected(); })) {
    note.append("nothing was added to ").append(words.any).append(" for the pooled estimate; the corrections above are for the studies' own effects alone");
  }
  if (!note.empty()) fit.notes.push_back(std::move(note));
}

}  // namespace metapool::detail
