// SPDX-License-Identifier: BSL-1.0
// The defaults of other tools, so that their answers can be reproduced and compared choice by choice.
#pragma once

#include <metapool/effect/zero_cells.hpp>
#include <metapool/inference/hartung_knapp.hpp>
#include <metapool/inference/predict.hpp>
#include <metapool/inference/result.hpp>
#include <metapool/inference/wald.hpp>
#include <metapool/tau2/dersimonian_laird.hpp>
#include <metapool/tau2/reml.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace metapool {

/// From which of its two definitions I2 is taken: Q, or tau2 with the typical variance. They agree for DerSimonian-Laird alone.
enum class i2_definition : std::uint8_t { from_q, from_tau2 };

/// The rule of Cochrane's guidance since 2022: Hartung-Knapp if there are more than two studies and tau2 > 0, else Wald z, with a note.
/// With tau2 = 0 the Hartung-Knapp interval may be shorter than the common-effect one, with two studies it is too long to be of use.
/// Errors: those of hartung_knapp and wald_z. Cochrane Handbook for Systematic Reviews of Interventions, version 6.5 (2024), section 10.10.4.
struct cochrane_interval {
  double level = 0.95;

  template <class Real>
  mean_inference<Real> operator()(const model_fit<Real>& fit) const {
    if (fit.k() > 2 && fit.tau2 && *fit.tau2 > 0) return hartung_knapp{.level = level}(fit);
    mean_inference<Real> r = wald_z{.level = level}(fit);
    if (fit.model == model::random_effects) r.notes.push_back(fit.k() > 2 ? "tau2 is 0: Wald z in the place of Hartung-Knapp" : "no more than two studies: Wald z in the place of Hartung-Knapp");
    return r;
  }
};

/// Profiles: values that hold a tool's defaults, for analyse(trials, measure, profile::metafor{}) and for a reader. Each has
///   name, zero_cells (studies' own effects), tables (whether the common-effect estimate of 2x2 tables is Mantel-Haenszel's), pooled_zero_cells (what
///   is added to the tables before they are summed), q_around_tables (tau2 from Q around the Mantel-Haenszel estimate), tau2, interval, i2,
///   predict(fit, mean) (empty where the tool gives none).
/// The members can be changed: profile::meta p; p.interval.level = 0.9.
namespace profile {

/// R's metafor (5.x): rma() on escalc()'s effects. REML, Wald z, I2 from tau2; 0.5 to all cells of studies with a zero cell, double-zero studies
/// kept; common effect by inverse variance; the prediction interval takes the mean's distribution. Viechtbauer (2010) J Stat Softw 36(3), doi:10.18637/jss.v036.i03.
struct metafor {
  static constexpr std::string_view name = "metafor";
  static constexpr bool tables = false;
  static constexpr bool q_around_tables = false;
  static constexpr i2_definition i2 = i2_definition::from_tau2;
  constant_correction zero_cells{.double_zeros = double_zero::keep};
  no_correction pooled_zero_cells{};
  reml tau2{};
  wald_z interval{};
  template <class Real>
  std::optional<prediction<Real>> predict(const model_fit<Real>& fit, const mean_inference<Real>& mean) const {
    return metapool::predict(fit, mean);
  }
};

/// R's meta (8.x): metabin() and its kin. REML, Wald z ("classic"), I2 from Q; 0.5 to studies with a zero cell (to the events and once to the total for a
/// risk ratio), double-zero studies dropped where they carry no information; common effect of tables by Mantel-Haenszel with 0.5 added; prediction by t with k - 1.
/// Balduzzi, Ruecker & Schwarzer (2019) Evid Based Ment Health 22:153, doi:10.1136/ebmental-2019-300117.
struct meta {
  static constexpr std::string_view name = "meta";
  static constexpr bool tables = true;
  static constexpr bool q_around_tables = false;
  static constexpr i2_definition i2 = i2_definition::from_q;
  constant_correction zero_cells{.totals = rr_totals::events_only};
  constant_correction pooled_zero_cells{};
  reml tau2{};
  wald_z interval{};
  template <class Real>
  std::optional<prediction<Real>> predict(const model_fit<Real>& fit, const mean_inference<Real>& mean) const {
    return fit.df < 1 ? std::optional<prediction<Real>>{} : metapool::predict(fit, veroniki{.level = mean.level});
  }
};

/// RevMan 5: Mantel-Haenszel for tables, DerSimonian-Laird with Q around the Mantel-Haenszel estimate, Wald z, I2 from Q; 0.5 to all cells of
/// tables with a zero cell, double-zero studies dropped where they carry no information; no prediction interval.
/// Deeks & Higgins (2010) Statistical algorithms in Review Manager 5.
struct revman5 {
  static constexpr std::string_view name = "RevMan 5";
  static constexpr bool tables = true;
  static constexpr bool q_around_tables = true;
  static constexpr i2_definition i2 = i2_definition::from_q;
  constant_correction zero_cells{};
  constant_correction pooled_zero_cells{};
  dersimonian_laird tau2{};
  wald_z interval{};
  template <class Real>
  std::optional<prediction<Real>> predict(const model_fit<Real>&, const mean_inference<Real>&) const {
    return {};
  }
};

/// RevMan Web with the random-effects methods that Cochrane recommends since 2022 and RevMan has since 2025: REML, Hartung-Knapp unless tau2 = 0 or k < 3 (then
/// Wald z), I2 from tau2, prediction by t with k - 2. Zero cells and common effect as in RevMan 5. The prediction interval's degrees of freedom are the
/// Cochrane Handbook's (section 10.10.4.3).
struct revman_web {
  static constexpr std::string_view name = "RevMan Web";
  static constexpr bool tables = true;
  static constexpr bool q_around_tables = false;
  static constexpr i2_definition i2 = i2_definition::from_tau2;
  constant_correction zero_cells{};
  constant_correction pooled_zero_cells{};
  reml tau2{};
  cochrane_interval interval{};
  template <class Real>
  std::optional<prediction<Real>> predict(const model_fit<Real>& fit, const mean_inference<Real>& mean) const {
    return fit.df < 2 ? std::optional<prediction<Real>>{} : metapool::predict(fit, mean, higgins_thompson_spiegelhalter{.level = mean.level});
  }
};

/// Stata's meta suite: meta summarize. REML, Wald z, I2 from tau2; 0.5 to all cells of studies with a zero cell; prediction by t with k - 2. (For the
/// Mantel-Haenszel method, which Stata has under its common effect, ask mantel_haenszel.) Stata Meta-Analysis Reference Manual, release 17, meta esize and meta summarize.
struct stata {
  static constexpr std::string_view name = "Stata";
  static constexpr bool tables = false;
  static constexpr bool q_around_tables = false;
  static constexpr i2_definition i2 = i2_definition::from_tau2;
  constant_correction zero_cells{.double_zeros = double_zero::keep};
  no_correction pooled_zero_cells{};
  reml tau2{};
  wald_z interval{};
  template <class Real>
  std::optional<prediction<Real>> predict(const model_fit<Real>& fit, const mean_inference<Real>& mean) const {
    return fit.df < 2 ? std::optional<prediction<Real>>{} : metapool::predict(fit, higgins_thompson_spiegelhalter{.level = mean.level});
  }
};

}  // namespace profile
}  // namespace metapool
