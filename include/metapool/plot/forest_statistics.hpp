// SPDX-License-Identifier: BSL-1.0
// The lines of statistics of a forest plot.
#pragma once

#include <metapool/inference/heterogeneity.hpp>
#include <metapool/inference/result.hpp>
#include <metapool/model/fit.hpp>
#include <metapool/text/number_text.hpp>

#include <cstddef>
#include <string>

namespace metapool {
namespace detail {

/// "Random effects (REML)", "Common effect (inverse variance)", "Mantel-Haenszel".
template <class Real>
std::string pooled_name(const model_fit<Real>& fit) {
  std::string s = name(fit.model);
  if (!s.empty() && s[0] >= 'a' && s[0] <= 'z') s[0] = static_cast<char>(s[0] - 'a' + 'A');
  if (!fit.method.empty() && fit.method != name(fit.model)) s += " (" + fit.method + ")";
  return s;
}

/// tau2 with as many decimals as its size asks for.
template <class = void>
std::string tau2_text(double tau2) {
  return tau2 > 0 ? ratio_text(tau2, tau2 < 1 ? 3 : tau2 < 100 ? 2 : 1) : std::string("0");
}

/// The line on heterogeneity: tau2 (where the model has one), Q with its degrees of freedom and p, I2.
template <class Real>
std::string heterogeneity_text(const model_fit<Real>& f, bool i2_from_tau2) {
  if (f.k() == 0) return "No study could be pooled";
  if (f.df == 0) return "Heterogeneity: not estimable from one study";
  const heterogeneity_result<Real> h = heterogeneity(f);
  std::string s = "Heterogeneity: ";
  if (h.tau2) s += "\xCF\x84\xC2\xB2 = " + tau2_text(static_cast<double>(*h.tau2)) + "; ";
  s += "\xCF\x87\xC2\xB2 = " + fixed_text(static_cast<double>(h.q), 2) + ", df = " + std::to_string(h.df);
  if (h.p) s += ", p " + p_text(static_cast<double>(*h.p));
  const Real i2 = i2_from_tau2 && h.i2_tau2 ? *h.i2_tau2 : h.i2_q;
  return s + "; I\xC2\xB2 = " + fixed_text(100 * static_cast<double>(i2), 0) + "%";
}

/// The line on the test of the pooled mean against no effect. name: of the mean, if there is more than one.
template <class Real>
std::string overall_effect_text(const mean_inference<Real>& mean, const std::string& name) {
  std::string s = "Overall effect";
  if (!name.empty()) s += ", " + name;
  s += mean.df ? ": t = " : ": z = ";
  s += reader_text(static_cast<double>(mean.statistic), 2);
  if (mean.df) s += ", df = " + short_text(static_cast<double>(*mean.df), 1);
  s += ", p " + p_text(static_cast<double>(mean.p));
  if (!mean.method.empty()) s += " (" + mean.method + ")";
  return s;
}

}  // namespace detail

/// The line on the test between subgroups: "Test between subgroups: χ² = 4.10, df = 1, p = 0.043". q: the sum of squares between
/// groups, chi-squared with df degrees of freedom if the groups do not differ; p: its upper tail.
template <class Real>
std::string between_groups_text(const Real& q, std::size_t df, const Real& p) {
  return "Test between subgroups: \xCF\x87\xC2\xB2 = " + detail::fixed_text(static_cast<double>(q), 2) + ", df = " + std::to_string(df) + ", p " +
         detail::p_text(static_cast<double>(p));
}

}  // namespace metapool
