// SPDX-License-Identifier: BSL-1.0
// Methods that can pool a set of small 2x2 tables, side by side, with what each takes for granted and when it is known to fail.
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/report/small_trial_analysis.hpp>
#include <metapool/report/small_trial_rows.hpp>

#include <vector>

namespace metapool {

/// Methods of the library that can pool these 2x2 tables, treated against control, each with its estimate, interval and test, what it takes for granted
/// and when it is known to fail, and whether that is so here. Nothing is chosen: rows that disagree are the finding. The limits behind "so here" (20 events in all,
/// arms of 2 to 1, 10 trials and the like) are rules of thumb, and the absence of the mark is no proof.
///
///     const auto all = small_trial_report(trials);
///     std::puts(describe(all).c_str());
///
/// Rows: one effect in all trials (Mantel-Haenszel RR, OR, RD; Peto; conditional odds ratio with exact and mid-p intervals; log-binomial; Firth; combinations of Liu, Liu and Xie and of Tian);
/// effects that vary (DerSimonian-Laird, REML with Hartung-Knapp, four generalised linear mixed models with profile-likelihood intervals, beta-binomial;
/// Bayes by the normal-normal model and with the binomial likelihood). A method that has no answer for these trials says why in its row. Trials with a missing count are left out.
/// Natural scale. Throws input_error on bad counts, without a complete trial or if the level is not in (0, 1).
template <detail::binary_trials Trials>
auto small_trial_report(const Trials& trials, const small_trial_options& options = {}) -> small_trial_analyses<typename detail::trial_type<Trials>::real_type> {
  using Real = typename detail::trial_type<Trials>::real_type;
  constexpr const char* function = "small_trial_report";
  detail::check_level(function, options.level);
  small_trial_analyses<Real> result;
  result.level = options.level;
  std::vector<binary_trial<Real>> complete;
  for (const auto& trial : trials) {
    check(trial, function);
    if (is_complete(trial)) complete.push_back(trial);
  }
  if (complete.empty()) detail::throw_input_error(function, "there is no trial with all four counts");
  result.trials = complete.size();
  detail::count_tables(result.of_trials, complete);
  result.double_zeros = result.of_trials.double_zeros;
  if (result.double_zeros < result.trials) {
    try {
      result.of_trials = situation_of(complete, risk_ratio{});
    } catch (const not_estimable&) {  // the rows say why
    }
  }
  result.rows = detail::small_trial_rows<Real, std::vector<binary_trial<Real>>>(complete, result.of_trials, options).all();
  return result;
}

}  // namespace metapool
