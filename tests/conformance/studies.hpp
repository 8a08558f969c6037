// SPDX-License-Identifier: BSL-1.0
// From the columns of a data set to the library's trials and effects.
#pragma once

#include "conformance/reference.hpp"

#include <metapool/data/binary_trial.hpp>
#include <metapool/data/continuous_trial.hpp>
#include <metapool/effect/arcsine_difference.hpp>
#include <metapool/effect/binary_effects.hpp>
#include <metapool/effect/common_language.hpp>
#include <metapool/effect/continuous_effects.hpp>
#include <metapool/effect/correlation_measures.hpp>
#include <metapool/effect/glass_delta.hpp>
#include <metapool/effect/heteroscedastic_smd.hpp>
#include <metapool/effect/incidence_rate_difference.hpp>
#include <metapool/effect/incidence_rate_ratio.hpp>
#include <metapool/effect/mean_difference.hpp>
#include <metapool/effect/odds_ratio.hpp>
#include <metapool/effect/peto_odds_ratio.hpp>
#include <metapool/effect/phi_coefficient.hpp>
#include <metapool/effect/proportion_measures.hpp>
#include <metapool/effect/ratio_of_means.hpp>
#include <metapool/effect/risk_difference.hpp>
#include <metapool/effect/risk_ratio.hpp>
#include <metapool/effect/smd_from_table.hpp>
#include <metapool/effect/standardized_mean_difference.hpp>
#include <metapool/effect/variability_ratio.hpp>
#include <metapool/effect/yule.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace conformance {

inline void require_design(const data_set& data, const char* design) {
  if (data.design != design) throw unsupported("the measure of a data set of design " + data.design);
}

inline const numbers& column(const data_set& data, const char* name) {
  const auto found = data.columns.find(name);
  if (found == data.columns.end()) throw file_error(data.file.string() + ": column '" + name + "' is missing");
  return found->second;
}

inline std::string label(std::size_t i) { return "study " + std::to_string(i + 1); }

template <class Real>
std::optional<Real> as(const std::optional<double>& x) {
  return x ? std::optional<Real>(Real(*x)) : std::nullopt;
}

template <class Real>
std::vector<metapool::binary_trial<Real>> binary_trials(const data_set& data) {
  require_design(data, "two_by_two");
  const numbers &a = column(data, "ai"), &n1 = column(data, "n1i"), &c = column(data, "ci"), &n2 = column(data, "n2i");
  std::vector<metapool::binary_trial<Real>> trials;
  for (std::size_t i = 0; i < data.studies; ++i)
    trials.push_back({label(i), {as<Real>(a[i]), as<Real>(n1[i])}, {as<Real>(c[i]), as<Real>(n2[i])}});
  return trials;
}

template <class Real>
std::vector<metapool::continuous_trial<Real>> continuous_trials(const data_set& data) {
  require_design(data, "two_means");
  const numbers &m1 = column(data, "m1i"), &s1 = column(data, "sd1i"), &n1 = column(data, "n1i");
  const numbers &m2 = column(data, "m2i"), &s2 = column(data, "sd2i"), &n2 = column(data, "n2i");
  std::vector<metapool::continuous_trial<Real>> trials;
  for (std::size_t i = 0; i < data.studies; ++i) {
    trials.push_back({label(i), {as<Real>(m1[i]), as<Real>(s1[i]), as<Real>(n1[i])}, {as<Real>(m2[i]), as<Real>(s2[i]), as<Real>(n2[i])}});
  }
  return trials;
}

template <class Real>
std::vector<metapool::rate_trial<Real>> rate_trials(const data_set& data) {
  require_design(data, "two_rates");
  const numbers &x1 = column(data, "x1i"), &t1 = column(data, "t1i"), &x2 = column(data, "x2i"), &t2 = column(data, "t2i");
  std::vector<metapool::rate_trial<Real>> trials;
  for (std::size_t i = 0; i < data.studies; ++i)
    trials.push_back({label(i), {as<Real>(x1[i]), as<Real>(t1[i])}, {as<Real>(x2[i]), as<Real>(t2[i])}});
  return trials;
}

template <class Real>
std::vector<metapool::proportion<Real>> proportions(const data_set& data) {
  require_design(data, "one_proportion");
  const numbers &x = column(data, "xi"), &n = column(data, "ni");
  std::vector<metapool::proportion<Real>> studies;
  for (std::size_t i = 0; i < data.studies; ++i) studies.push_back({label(i), as<Real>(x[i]), as<Real>(n[i])});
  return studies;
}

template <class Real>
std::vector<metapool::correlation<Real>> correlations(const data_set& data) {
  require_design(data, "correlation");
  const numbers &r = column(data, "ri"), &n = column(data, "ni");
  std::vector<metapool::correlation<Real>> studies;
  for (std::size_t i = 0; i < data.studies; ++i) studies.push_back({label(i), as<Real>(r[i]), as<Real>(n[i])});
  return studies;
}

/// The effects of a measure of rates, of one proportion or of a correlation, with what the measure adds to zeros by default (which is metafor's
/// way), trials without events kept; empty for any other measure.
template <class Real>
std::optional<metapool::effects<Real>> effects_beyond_tables(const data_set& data, const std::string& measure) {
  const metapool::constant_correction keep{.double_zeros = metapool::double_zero::keep};
  if (measure == "IRR") return metapool::effect_sizes(rate_trials<Real>(data), metapool::incidence_rate_ratio{}, keep);
  if (measure == "IRD") return metapool::effect_sizes(rate_trials<Real>(data), metapool::incidence_rate_difference{}, keep);
  if (measure == "IRSD") return metapool::effect_sizes(rate_trials<Real>(data), metapool::square_root_rate_difference{});
  if (measure == "PR") return metapool::effect_sizes(proportions<Real>(data), metapool::raw_proportion{});
  if (measure == "PLN") return metapool::effect_sizes(proportions<Real>(data), metapool::log_proportion{});
  if (measure == "PLO") return metapool::effect_sizes(proportions<Real>(data), metapool::logit_proportion{});
  if (measure == "PAS") return metapool::effect_sizes(proportions<Real>(data), metapool::arcsine_proportion{});
  if (measure == "PFT") return metapool::effect_sizes(proportions<Real>(data), metapool::double_arcsine_proportion{});
  if (measure == "COR") return metapool::effect_sizes(correlations<Real>(data), metapool::raw_correlation{});
  if (measure == "UCOR") return metapool::effect_sizes(correlations<Real>(data), metapool::unbiased_correlation{});
  if (measure == "ZCOR") return metapool::effect_sizes(correlations<Real>(data), metapool::fisher_z_correlation{});
  return std::nullopt;
}

/// Calls f with the measure of a 2x2 table of this name that Mantel-Haenszel's models have too. Throws unsupported.
template <class F>
auto with_binary_measure(const std::string& name, const F& f) {
  if (name == "RR") return f(metapool::risk_ratio{});
  if (name == "OR") return f(metapool::odds_ratio{});
  if (name == "RD") return f(metapool::risk_difference{});
  throw unsupported("measure " + name);
}

inline bool is_binary_measure(const std::string& name) { return name == "RR" || name == "OR" || name == "RD"; }

/// The effects of any measure of a 2x2 table under a policy; empty for any other measure.
template <class Real, class Policy>
std::optional<metapool::effects<Real>> effects_of_tables(const data_set& data, const std::string& measure, const Policy& policy) {
  const auto with = [&](const auto& m) { return metapool::effect_sizes(binary_trials<Real>(data), m, policy); };
  if (measure == "RR") return with(metapool::risk_ratio{});
  if (measure == "OR") return with(metapool::odds_ratio{});
  if (measure == "RD") return with(metapool::risk_difference{});
  if (measure == "AS") return with(metapool::arcsine_difference{});
  if (measure == "PETO") return with(metapool::peto_odds_ratio{});
  if (measure == "PHI") return with(metapool::phi_coefficient{});
  if (measure == "YUQ") return with(metapool::yules_q{});
  if (measure == "YUY") return with(metapool::yules_y{});
  if (measure == "OR2DN") return with(metapool::smd_from_odds_ratio{metapool::latent_distribution::normal});
  if (measure == "OR2DL") return with(metapool::smd_from_odds_ratio{});
  if (measure == "PBIT") return with(metapool::probit_difference{});
  return std::nullopt;
}

/// True for the measures that metafor adds nothing for unless told to, and Peto's, whose reference cases add nothing either.
inline bool needs_no_correction(const std::string& measure) { return measure == "AS" || measure == "PHI" || measure == "PETO"; }

/// The effects of a measure of two means that has no choice of variance among the reference cases; empty for any other measure.
template <class Real>
std::optional<metapool::effects<Real>> effects_of_means(const data_set& data, const std::string& measure) {
  const auto with = [&](const auto& m) { return metapool::effect_sizes(continuous_trials<Real>(data), m); };
  if (measure == "MD") return with(metapool::mean_difference{});
  if (measure == "SMD") return with(metapool::standardized_mean_difference{});
  if (measure == "SMDH") return with(metapool::heteroscedastic_smd{});
  if (measure == "SMD1") return with(metapool::glass_delta{});
  if (measure == "SMD1H") return with(metapool::glass_delta{.variance = metapool::glass_variance::heteroscedastic});
  if (measure == "ROM") return with(metapool::ratio_of_means{});
  if (measure == "VR") return with(metapool::variability_ratio{});
  if (measure == "CVR") return with(metapool::coefficient_of_variation_ratio{});
  if (measure == "CLES") return with(metapool::common_language{});
  return std::nullopt;
}

/// The effects that are pooled: 0.5 added to all four cells of the studies with a zero cell (nothing for
/// the measures that need no correction), double-zero studies kept; Hedges' g for SMD.
template <class Real>
metapool::effects<Real> pooled_effects(const data_set& data, const std::string& measure) {
  using metapool::double_zero;
  auto tables = needs_no_correction(measure) ? effects_of_tables<Real>(data, measure, metapool::no_correction{.double_zeros = double_zero::keep})
                                             : effects_of_tables<Real>(data, measure, metapool::constant_correction{.double_zeros = double_zero::keep});
  if (tables) return *std::move(tables);
  if (auto means = effects_of_means<Real>(data, measure)) return *std::move(means);
  if (measure == "GEN") {
    require_design(data, "generic");
    std::vector<Real> y, v;
    const numbers &yi = column(data, "yi"), &vi = column(data, "vi");
    for (std::size_t i = 0; i < data.studies; ++i) {
      if (!yi[i] || !vi[i]) continue;  // not reported
      y.push_back(Real(*yi[i]));
      v.push_back(Real(*vi[i]));
    }
    return metapool::known_effects(std::span<const Real>(y), std::span<const Real>(v));
  }
  if (auto effects = effects_beyond_tables<Real>(data, measure)) return *std::move(effects);
  throw unsupported("measure " + measure);
}

}  // namespace conformance
