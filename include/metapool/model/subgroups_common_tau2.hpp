// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/model/inverse_variance.hpp>
#include <metapool/model/subgroups.hpp>
#include <metapool/tau2/grouped_problem.hpp>
#include <metapool/tau2/reml.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace metapool {

namespace detail {

/// The effects of some of the pooled studies, with their records.
template <class Real>
effects<Real> select_effects(const effects<Real>& data, const std::vector<std::size_t>& pooled) {
  effects<Real> chosen;
  chosen.measure = data.measure;
  reserve(chosen, pooled.size());
  for (const std::size_t i : pooled) {
    chosen.y.push_back(data.y[i]);
    chosen.v.push_back(data.v[i]);
    chosen.labels.push_back(data.labels[i]);
    chosen.trial.push_back(chosen.audit.size());
    if (i < data.trial.size() && data.trial[i] < data.audit.size()) {
      chosen.audit.push_back(data.audit[data.trial[i]]);
    } else {
      study_audit<Real> audit;
      audit.label = data.labels[i];
      audit.y = data.y[i];
      audit.v = data.v[i];
      chosen.audit.push_back(std::move(audit));
    }
  }
  return chosen;
}

}  // namespace detail

/// Random-effects fits of the subgroups with one between-study variance for all: tau2 is estimated from the spread within subgroups, each around its own mean
/// (the regression on the factor, metafor's mods = ~ factor; R's meta calls it tau.common), and weighs the studies of each. test_between then tests
/// whether the subgroups' means are equal: it is metafor's QM.
///
/// data: effects of k studies; names: one subgroup name for each pooled effect, or one for each study that was offered to effect_sizes. Subgroups come in
/// the order in which their names first stand; members are indices of the pooled effects. A subgroup of one study gets the common tau2 too. In each fit tau2, se_tau2
/// and convergence are those of the common estimate. If no subgroup has two studies tau2 stays empty, and notes say so. Subgroups of studies that were offered but none of which is
/// pooled are listed in not_estimable. Scale: that of the effects. Accuracy: that of the estimator.
/// Prefer it to separate variances where subgroups have few studies (fewer than about five: Borenstein, Hedges, Higgins & Rothstein 2009, chapter 19).
/// Throws input_error without studies, on sizes that do not match or a y or v out of its domain; not_estimable if every study was left out.
template <class Real, class Estimator = reml>
subgroup_fits<Real> fit_subgroups_common_tau2(const effects<Real>& data, std::span<const std::string> names, const Estimator& estimator = {}) {
  constexpr const char* function = "fit_subgroups_common_tau2";
  detail::check_effects(function, data);
  const std::size_t k = data.size();
  const bool of_pooled = names.size() == k;
  if (!of_pooled && !(names.size() == data.audit.size() && data.trial.size() == k)) {
    detail::throw_input_error(function, std::to_string(names.size()) + " subgroup names for " + std::to_string(k) + " pooled effects");
  }
  subgroup_fits<Real> result;
  for (const std::string& n : names) {
    const auto same = [&](const subgroup<Real>& g) { return g.name == n; };
    if (std::none_of(result.groups.begin(), result.groups.end(), same)) {
      result.groups.emplace_back();
      result.groups.back().name = n;
    }
  }
  for (std::size_t i = 0; i < k; ++i) {
    const std::string& n = names[of_pooled ? i : data.trial[i]];
    for (auto& g : result.groups) {
      if (g.name == n) g.members.push_back(i);
    }
  }
  for (const auto& g : result.groups) {
    if (g.members.empty()) result.not_estimable.push_back(g.name + ": none of its studies can be pooled");
  }
  std::erase_if(result.groups, [](const subgroup<Real>& g) { return g.members.empty(); });

  std::vector<Real> y, v;
  std::vector<std::size_t> sizes;
  for (const auto& g : result.groups) {
    sizes.push_back(g.members.size());
    for (const std::size_t i : g.members) {
      y.push_back(data.y[i]);
      v.push_back(data.v[i]);
    }
  }
  tau2_estimate<Real> common;
  const bool estimable = k > sizes.size();
  if (estimable) {
    const std::span<const Real> ys(y), vs(v);
    detail::check_tau2_input(Estimator::name, ys, vs);
    common = estimator.estimate(detail::grouped_problem<Real>(ys, vs, sizes));
    if (!(common.tau2 >= 0) || !detail::is_finite(common.tau2)) {
      detail::throw_input_error(function, "the estimator returned tau2 = " + detail::to_text(common.tau2) + ", which must be finite and not negative");
    }
  }
  for (auto& g : result.groups) {
    g.fit.model = model::random_effects;
    g.fit.method = std::string(Estimator::name) + ", common tau2";
    g.fit.data = detail::select_effects(data, g.members);
    detail::fill_inverse_variance(function, g.fit, estimable ? common.tau2 : Real(0));
    if (!estimable) {
      g.fit.notes.push_back("no subgroup has two studies: the between-study variance cannot be estimated, and the standard errors are the studies' own");
      continue;
    }
    g.fit.tau2 = common.tau2;
    g.fit.se_tau2 = common.se;
    g.fit.convergence = common.convergence;
    g.fit.tau2_maxima = common.maxima;
  }
  return result;
}

}  // namespace metapool
