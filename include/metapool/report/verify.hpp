// SPDX-License-Identifier: BSL-1.0
// A review's stored results against the same results computed anew.
#pragma once

#include <metapool/report/outcome_verifier.hpp>
#include <metapool/report/revman_fit.hpp>
#include <metapool/report/verification.hpp>

#include <string>
#include <utility>

namespace metapool {

/// Computes every result that the file stores for an outcome anew, by the method that the file names: the studies' effects, intervals, standard
/// errors and weights; for each subgroup and in all the pooled effect, its interval, Z and P, Q with df and P, I2, tau2 with its interval, the
/// prediction interval; the test between subgroups; the totals of patients and events. Fixed: inverse variance, Mantel-Haenszel, Peto or O - E. Random: DerSimonian and Laird, with
/// Q around the Mantel-Haenszel estimate under "Mantel-Haenszel".
///
/// RevMan adds 0.5 to every cell of a study with a zero cell; where its results agree better with nothing added (to the studies' own tables
/// or before pooling) that is taken, and notes says so. Intervals of tau2 are taken for Q-profile, prediction intervals for t with k - 2 degrees of
/// freedom, as the Cochrane Handbook has them; where a generalised Q, or k - 1 or a normal distribution, agrees better, notes says so.
/// Never throws on account of the data: what cannot be computed or is blank in the file is told in notes. Throws input_error if
/// options.digits does not lie in [1, 15].
/// Deeks & Higgins (2010) Statistical algorithms in Review Manager 5.
template <class Real>
verification<Real> verify(const revman_outcome<Real>& outcome, const verify_options& options = {}, const std::string& place = {}) {
  if (!(options.digits >= 1 && options.digits <= 15)) {
    detail::throw_input_error("verify", "digits = " + detail::to_text(options.digits) + " must lie between 1 and 15");
  }
  const std::string where = !place.empty() ? place : outcome.name.empty() ? std::string("outcome") : outcome.name;
  const auto run = [&](detail::revman_zero_cells z) { return detail::outcome_verifier<Real>(outcome, where, options, z).run(); };
  verification<Real> best = run({true, true});
  if (best.disagreements() == 0 || !detail::has_zero_cell(outcome)) return best;
  const std::pair<detail::revman_zero_cells, const char*> others[] = {{{true, false}, "nothing is added before pooling"},
                                                                      {{false, false}, "nothing is added to any table"}};
  const char* taken = nullptr;
  for (const auto& other : others) {
    verification<Real> v = run(other.first);
    if (v.numbers.size() < best.numbers.size() || v.disagreements() >= best.disagreements()) continue;
    best = std::move(v);
    taken = other.second;
  }
  if (taken != nullptr) best.notes.push_back(where + ": zero cells: the stored results agree best if " + taken);
  return best;
}

/// verify of every outcome of a review; what the reader did not understand stands first in notes.
template <class Real>
verification<Real> verify(const revman_review<Real>& review, const verify_options& options = {}) {
  verification<Real> all;
  for (const std::string& s : review.not_understood) all.notes.push_back(s);
  for (const auto& c : review.comparisons) {
    for (const auto& o : c.outcomes) {
      std::string place = c.number;
      place.append(1, '.').append(o.number).append(1, ' ').append(o.name);
      auto v = verify(o, options, place);
      for (auto& n : v.numbers) all.numbers.push_back(std::move(n));
      for (auto& n : v.notes) all.notes.push_back(std::move(n));
    }
  }
  return all;
}

}  // namespace metapool
