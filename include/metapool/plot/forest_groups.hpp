// SPDX-License-Identifier: BSL-1.0
// The numbers of a forest plot whose studies are of one group, or of arms measured twice.
#pragma once

#include <metapool/data/correlation.hpp>
#include <metapool/data/group_mean.hpp>
#include <metapool/data/log_rank.hpp>
#include <metapool/data/matched_pairs.hpp>
#include <metapool/data/partial_correlation.hpp>
#include <metapool/data/pre_post.hpp>
#include <metapool/data/proportion.hpp>
#include <metapool/data/rate.hpp>
#include <metapool/data/reliability.hpp>
#include <metapool/plot/forest_arms.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace metapool::detail {

template <class = void>
void name_group(forest_arms& a, std::vector<std::string> columns, std::vector<bool> summed) {
  a.groups = 1;
  a.columns = std::move(columns);
  a.summed = std::move(summed);
}

template <class Real>
void name_columns(forest_arms& a, const proportion<Real>*) {
  name_group<>(a, {"Events", "Total"}, {true, true});
}
template <class Real>
void add_trial(forest_arms& a, const proportion<Real>& s) {
  a.numbers.push_back({as_double(s.events), as_double(s.total)});
}

template <class Real>
void name_columns(forest_arms& a, const rate<Real>*) {
  name_group<>(a, {"Events", "Time"}, {true, true});
}
template <class Real>
void add_trial(forest_arms& a, const rate<Real>& s) {
  a.numbers.push_back({as_double(s.events), as_double(s.time)});
}

template <class Real>
void name_columns(forest_arms& a, const group_mean<Real>*) {
  name_group<>(a, {"Mean", "SD", "Total"}, {false, false, true});
}
template <class Real>
void add_trial(forest_arms& a, const group_mean<Real>& s) {
  a.numbers.push_back({as_double(s.mean), as_double(s.sd), as_double(s.total)});
}

/// The correlation itself is the effect's column.
template <class Real>
void name_columns(forest_arms& a, const correlation<Real>*) {
  name_group<>(a, {"Total"}, {true});
}
template <class Real>
void add_trial(forest_arms& a, const correlation<Real>& s) {
  a.numbers.push_back({as_double(s.total)});
}

template <class Real>
void name_columns(forest_arms& a, const partial_correlation<Real>*) {
  name_group<>(a, {"Predictors", "Total"}, {false, true});
}
template <class Real>
void add_trial(forest_arms& a, const partial_correlation<Real>& s) {
  a.numbers.push_back({as_double(s.predictors), as_double(s.total)});
}

template <class Real>
void name_columns(forest_arms& a, const reliability<Real>*) {
  name_group<>(a, {"Items", "Total"}, {false, true});
}
template <class Real>
void add_trial(forest_arms& a, const reliability<Real>& s) {
  a.numbers.push_back({as_double(s.items), as_double(s.total)});
}

template <class Real>
void name_columns(forest_arms& a, const matched_pairs<Real>*) {
  name_group<>(a, {"Both", "Treated only", "Control only", "Neither"}, {true, true, true, true});
}
template <class Real>
void add_trial(forest_arms& a, const matched_pairs<Real>& s) {
  a.numbers.push_back({as_double(s.both), as_double(s.treated_only), as_double(s.control_only), as_double(s.neither)});
}

/// Observed less expected events of the treated arm, and the variance: their sums are those of Peto's method.
template <class Real>
void name_columns(forest_arms& a, const log_rank<Real>*) {
  name_group<>(a, {"O \xE2\x88\x92 E", "V"}, {true, true});
}
template <class Real>
void add_trial(forest_arms& a, const log_rank<Real>& s) {
  a.numbers.push_back({as_double(s.observed_minus_expected), as_double(s.variance)});
}

template <class = void>
void name_occasions(forest_arms& a, std::size_t groups) {
  a.groups = groups;
  a.columns = {"Before", "SD", "After", "SD", "Total", "r"};
  a.summed = {false, false, false, false, true, false};
}
/// Group: pre_post or pre_post_arm.
template <class Group>
void add_occasions(std::vector<std::optional<double>>& row, const Group& g) {
  for (const auto* x : {&g.before.mean, &g.before.sd, &g.after.mean, &g.after.sd, &g.total, &g.correlation}) row.push_back(as_double(*x));
}
template <class Real>
void name_columns(forest_arms& a, const pre_post<Real>*) {
  name_occasions<>(a, 1);
}
template <class Real>
void add_trial(forest_arms& a, const pre_post<Real>& s) {
  a.numbers.emplace_back();
  add_occasions(a.numbers.back(), s);
}
template <class Real>
void name_columns(forest_arms& a, const pre_post_trial<Real>*) {
  name_occasions<>(a, 2);
}
template <class Real>
void add_trial(forest_arms& a, const pre_post_trial<Real>& s) {
  a.numbers.emplace_back();
  add_occasions(a.numbers.back(), s.treated);
  add_occasions(a.numbers.back(), s.control);
}

}  // namespace metapool::detail
