// SPDX-License-Identifier: BSL-1.0
// What single studies do to a meta-analysis, as text for a terminal.
#pragma once

#include <metapool/effect/scale.hpp>
#include <metapool/report/effect_text.hpp>
#include <metapool/sensitivity/gosh_diagnostics.hpp>
#include <metapool/sensitivity/influence.hpp>
#include <metapool/sensitivity/refits.hpp>
#include <metapool/text/columns.hpp>
#include <metapool/text/number_text.hpp>
#include <metapool/text/utf8.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace metapool {

namespace detail {

/// A share as a percentage without decimals.
template <class Real>
std::string whole_percent(const Real& share) {
  return fixed_text(100 * static_cast<double>(share), 0) + "%";
}

/// A p-value for a column: 0.042, < 0.001.
template <class Real>
std::string p_cell(const Real& p) {
  const std::string text = p_text(static_cast<double>(p));
  return text.substr(text[0] == '=' ? 2 : 0);
}

}  // namespace detail

/// A series of meta-analyses (leave-one-out, cumulative) as a table: estimate and interval as a reader wants them (ratios for logarithms), tau2, I2 and Q's p. heading: what the labels
/// stand for ("Without", "Up to"). Rows without an answer say why below the table.
template <class Real>
std::string describe(const refit_series<Real>& s, const std::string& heading) {
  const detail::effect_text<Real> effect(s.measure);
  detail::aligned_columns table("lrrlrrrr");
  std::string interval, failed;
  for (const refit<Real>& r : s.rows) {
    if (r.mean && interval.empty()) interval = detail::short_text(100 * r.mean->level, 1) + "% CI";
  }
  table.add({heading, "k", std::string(s.measure.symbol), interval, "p", "tau2", "I2", "p of Q"});
  table.rule();
  for (const refit<Real>& r : s.rows) {
    const std::string label = detail::clean_text(r.label), studies = std::to_string(r.studies);
    if (!r.mean) {
      table.add({label, studies, "-", "-", "-", "-", "-", "-"});
      failed += label + ": " + detail::clean_text(r.failed) + "\n";
      continue;
    }
    table.add({label, studies, effect.one(r.mean->estimate), effect.range(r.mean->lower, r.mean->upper), detail::p_cell(r.mean->p),
               r.tau2 ? detail::fixed_text(static_cast<double>(*r.tau2), 4) : "-", detail::whole_percent(r.i2),
               r.q_p ? detail::p_cell(*r.q_p) : "-"});
  }
  std::string out = table.text();
  if (!failed.empty()) out += "\n" + failed;
  return out;
}

/// Influence of each study as a table; * marks those beyond a customary limit.
template <class Real>
std::string describe(const influence_result<Real>& r) {
  detail::aligned_columns table("lrrrrrrrrl");
  table.add({"Study", "Residual", "DFFITS", "Cook's D", "Cov. ratio", "tau2 without", "Q without", "Weight", "DFBETAS", ""});
  table.rule();
  for (const study_influence<Real>& s : r.studies) {
    const auto number = [](const Real& x, int decimals) { return detail::fixed_text(static_cast<double>(x), decimals); };
    table.add({detail::clean_text(s.label), number(s.deleted_residual, 2), number(s.dffits, 2), number(s.cooks_distance, 2),
               number(s.covariance_ratio, 2), number(s.tau2_deleted, 4), number(s.q_deleted, 1), detail::whole_percent(s.hat),
               number(s.dfbetas, 2), s.influential ? "*" : ""});
  }
  return table.text();
}

/// What the subsets with each study say and those without it: medians of estimate and I2, as gosh_diagnostics gives them for r.
template <class Real>
std::string describe(const std::vector<gosh_study<Real>>& studies, const gosh_result<Real>& r) {
  const detail::effect_text<Real> effect(r.measure);
  detail::aligned_columns table("lrrrr");
  const std::string symbol(r.measure.symbol);
  table.add({"Median over subsets", symbol + " with", symbol + " without", "I2 with", "I2 without"});
  table.rule();
  for (const gosh_study<Real>& s : studies) {
    const auto estimate = [&](const distribution_summary<Real>& d) { return d.count > 0 ? effect.one(d.median) : std::string("-"); };
    const auto i2 = [](const distribution_summary<Real>& d) { return d.count > 0 ? detail::whole_percent(d.median) : std::string("-"); };
    table.add({detail::clean_text(s.label), estimate(s.estimate_with), estimate(s.estimate_without), i2(s.i2_with), i2(s.i2_without)});
  }
  return table.text();
}

}  // namespace metapool
