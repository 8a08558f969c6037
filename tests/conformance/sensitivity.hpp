// SPDX-License-Identifier: BSL-1.0
// What single studies do to a meta-analysis, and what it was before they came.
#pragma once

#include "conformance/operations.hpp"
#include "conformance/studies.hpp"

#include <metapool/inference/hartung_knapp.hpp>
#include <metapool/inference/heterogeneity.hpp>
#include <metapool/inference/wald.hpp>
#include <metapool/sensitivity/cumulative.hpp>
#include <metapool/sensitivity/influence.hpp>
#include <metapool/sensitivity/leave_one_out.hpp>
#include <metapool/tau2/any.hpp>
#include <metapool/tau2/dersimonian_laird.hpp>
#include <metapool/tau2/reml.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace conformance {

/// An estimator chosen at run time, for those that have no kernel of their own for subsets of studies.
struct chosen_estimator {
  static constexpr std::string_view name = "chosen";
  metapool::any_tau2 choice;

  template <class Real>
  metapool::tau2_estimate<Real> operator()(std::span<const Real> y, std::span<const Real> v) const {
    return std::visit([&](const auto& e) { return static_cast<metapool::tau2_estimate<Real>>(e(y, v)); }, choice);
  }
};

/// random(estimator) with the estimator of the case, or common() for EE.
template <class Random, class Common>
auto with_method(const options& o, const Random& random, const Common& common) {
  const std::string method = o.text("method");
  if (method == "EE") return common();
  if (method == "REML") return random(metapool::reml{});
  if (method == "DL") return random(metapool::dersimonian_laird{});
  const auto estimator = metapool::tau2_from_code(method);
  if (!estimator) o.refuse("method");
  return random(chosen_estimator{*estimator});
}

/// call(interval) with the interval of the case.
template <class Call>
auto with_test(const options& o, const Call& call) {
  const std::string test = o.text("test", "z");
  if (test == "z") return call(metapool::wald_z{});
  if (test == "knha") return call(metapool::hartung_knapp{});
  o.refuse("test");
}

/// Rows without an answer, or without heterogeneity, are empty; tau2 of one study, and of the common effect, counts as 0, as in metafor.
template <class Real>
answers<Real> set_rows(const metapool::refit_series<Real>& series, const Real& typical, bool heterogeneity) {
  std::vector<std::optional<Real>> estimate, se, tau2, i2, q;
  for (const metapool::refit<Real>& r : series.rows) {
    estimate.push_back(r.mean ? std::optional<Real>(r.mean->estimate) : std::nullopt);
    se.push_back(r.mean ? std::optional<Real>(r.mean->se) : std::nullopt);
    tau2.push_back(r.mean ? std::optional<Real>(r.tau2.value_or(Real(0))) : std::nullopt);
    i2.push_back(r.mean ? std::optional<Real>(r.i2_tau2.value_or(Real(0))) : std::nullopt);
    q.push_back(r.mean ? std::optional<Real>(r.q) : std::nullopt);
  }
  answers<Real> a;
  a.set("estimate", estimate).scale = series.fit.se;
  a.set("se", se);
  a.set("tau2", tau2).scale = typical;
  if (heterogeneity) {
    a.set("I2", i2).scale = Real(1);
    a.set("Q", q).scale = Real(1);
  }
  return a;
}

template <class Real>
answers<Real> leave_one_out(const data_set& data, const options& o) {
  const auto effects = pooled_effects<Real>(data, o.text("measure"));
  const auto series = with_test(o, [&](const auto& interval) {
    return with_method(
        o, [&](const auto& e) { return metapool::leave_one_out(effects, e, interval); }, [&] { return metapool::leave_one_out_common_effect(effects, interval); });
  });
  return set_rows(series, metapool::typical_variance(std::span<const Real>(effects.v)), true);
}

template <class Real>
answers<Real> cumulative(const data_set& data, const options& o) {
  const auto effects = pooled_effects<Real>(data, o.text("measure"));
  const auto series = with_test(o, [&](const auto& interval) {
    return with_method(
        o, [&](const auto& e) { return metapool::cumulative(effects, e, interval); }, [&] { return metapool::cumulative_common_effect(effects, {}, interval); });
  });
  return set_rows(series, metapool::typical_variance(std::span<const Real>(effects.v)), false);
}

template <class Real>
answers<Real> influence(const data_set& data, const options& o) {
  if (o.text("test", "z") != "z") o.refuse("test");  // with others metafor scales the standard errors
  const auto effects = pooled_effects<Real>(data, o.text("measure"));
  const metapool::influence_result<Real> r = with_method(
      o, [&](const auto& e) { return metapool::influence(effects, e); }, [&] { return metapool::influence_common_effect(effects); });
  std::vector<Real> residual, dffits, cook, ratio, tau2, q, hat, weight, dfbetas;
  for (const metapool::study_influence<Real>& s : r.studies) {
    residual.push_back(s.deleted_residual);
    dffits.push_back(s.dffits);
    cook.push_back(s.cooks_distance);
    ratio.push_back(s.covariance_ratio);
    tau2.push_back(s.tau2_deleted);
    q.push_back(s.q_deleted);
    hat.push_back(s.hat);
    weight.push_back(100 * s.hat);
    dfbetas.push_back(s.dfbetas);
  }
  answers<Real> a;
  a.set("rstudent", residual).scale = Real(1);
  a.set("dffits", dffits).scale = Real(1);
  a.set("cook_d", cook).scale = Real(1);
  a.set("cov_r", ratio);
  a.set("tau2_del", tau2).scale = metapool::typical_variance(std::span<const Real>(effects.v));
  a.set("QE_del", q).scale = Real(1);
  a.set("hat", hat);
  a.set("weight", weight);
  a.set("dfbetas", dfbetas).scale = Real(1);
  return a;
}

template <class Real>
std::span<const operation<Real>> sensitivity_operations() {
  static constexpr operation<Real> table[] = {
      {"leave_one_out", leave_one_out<Real>},
      {"cumulative", cumulative<Real>},
      {"influence", influence<Real>},
  };
  return table;
}

}  // namespace conformance
