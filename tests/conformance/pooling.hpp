// SPDX-License-Identifier: BSL-1.0
// Operations on effects with variances: pooled means, their intervals, predictions, intervals of the between-study variance.
#pragma once

#include "conformance/operations.hpp"
#include "conformance/permutation.hpp"
#include "conformance/studies.hpp"

#include <metapool/inference/any_tau2_interval.hpp>
#include <metapool/inference/blup.hpp>
#include <metapool/inference/heterogeneity.hpp>
#include <metapool/inference/infer.hpp>
#include <metapool/inference/information_criteria.hpp>
#include <metapool/inference/predict.hpp>
#include <metapool/inference/predict_partlett_riley.hpp>
#include <metapool/inference/residuals.hpp>
#include <metapool/model/common_effect.hpp>
#include <metapool/model/random_effects.hpp>
#include <metapool/tau2/any.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace conformance {

/// The model of a case: EE is the common effect by inverse variance, all others random effects with the estimator of that name.
template <class Real>
metapool::model_fit<Real> fit_of(const data_set& data, const options& o) {
  const std::string measure = o.text("measure");
  const std::string method = o.text("method");
  if (o.has("moderators")) throw unsupported("moderators");
  const auto estimator = metapool::tau2_from_code(method);
  if (method != "EE" && !estimator) o.refuse("method");
  const auto effects = pooled_effects<Real>(data, measure);
  if (method == "EE") return metapool::common_effect(effects);
  return std::visit([&](const auto& e) { return metapool::random_effects(effects, e); }, *estimator);
}

inline metapool::any_interval interval_of(const options& o) {
  const std::string test = o.text("test", "z");
  if (test == "z") return metapool::wald_z{};
  if (test == "t") return metapool::wald_t{};
  if (test == "knha") return metapool::hartung_knapp{};
  if (test == "adhoc") return metapool::hartung_knapp{.floor = 1};
  o.refuse("test");
}

template <class Real>
void set_mean(answers<Real>& a, const metapool::mean_inference<Real>& mean, const char* estimate, const char* statistic) {
  a.set(estimate, mean.estimate).scale = mean.se;
  a.set("se", mean.se);
  if (statistic) a.set(statistic, mean.statistic).scale = Real(1);
  a.set_p("p", mean.p, metapool::log_p(mean));
  a.set("ci_lb", mean.lower).scale = mean.se;
  a.set("ci_ub", mean.upper).scale = mean.se;
}

template <class Real>
void set_prediction(answers<Real>& a, const metapool::prediction<Real>& p, const std::string& suffix = "") {
  a.set("pi_lb" + suffix, p.lower).scale = p.se;
  a.set("pi_ub" + suffix, p.upper).scale = p.se;
}

/// metafor's heterogeneity: from tau2 for random effects, from Q for the common effect, whose tau2 counts as 0.
template <class Real>
void set_heterogeneity(answers<Real>& a, const metapool::model_fit<Real>& fit) {
  const auto h = metapool::heterogeneity(fit);
  const bool common = fit.model == metapool::model::common_effect;
  field<Real>& tau2 = a.set("tau2", common ? std::optional<Real>(Real(0)) : fit.tau2);
  tau2.scale = h.typical_variance;
  a.set("se_tau2", fit.se_tau2);
  a.set("I2", common ? std::optional<Real>(h.i2_q) : h.i2_tau2).scale = Real(1);
  a.set("H2", common ? std::optional<Real>(h.h2_q) : h.h2_tau2).scale = Real(1);
  a.set("Q", h.q).scale = Real(1);
  a.set_p("Q_p", h.p ? *h.p : Real(1));  // one study: metafor gives Q = 0 with p = 1
}

/// With moderators: regression.hpp, compiled apart.
template <class Real>
answers<Real> pool_with_moderators(const data_set& data, const options& o);

template <class Real>
answers<Real> pool(const data_set& data, const options& o) {
  if (o.has("moderators")) return pool_with_moderators<Real>(data, o);
  const metapool::any_interval interval = interval_of(o);
  const std::string method = o.text("method");
  const metapool::model_fit<Real> fit = fit_of<Real>(data, o);
  answers<Real> a;
  a.set_count("k", fit.k());
  a.set_if_estimable({"beta", "se", "statistic", "p", "ci_lb", "ci_ub"},
                     [&](answers<Real>& to) { set_mean(to, metapool::infer(fit, interval), "beta", "statistic"); });
  set_heterogeneity(a, fit);
  if (fit.model == metapool::model::common_effect) return a;

  a.set_if_estimable({"pi_lb", "pi_ub"},
                     [&](answers<Real>& to) { set_prediction(to, metapool::predict(fit, metapool::infer(fit, interval))); });
  a.set_if_estimable({"pi_lb_riley", "pi_ub_riley"}, [&](answers<Real>& to) {
    set_prediction(to, metapool::predict(fit, metapool::infer(fit, interval), metapool::higgins_thompson_spiegelhalter{}), "_riley");
  });
  if (interval.index() == 0) {  // with other tests metafor scales the standard errors
    a.set_if_estimable({"blup", "blup_se"}, [&](answers<Real>& to) {
      const auto b = metapool::blup(fit);
      to.set("blup", b.estimate).scale = fit.se;
      to.set("blup_se", b.se);
    });
  }
  if (method == "REML" || method == "ML") {
    a.set_if_estimable({"loglik", "aic", "bic", "aicc"}, [&](answers<Real>& to) {
      const auto kind = method == "REML" ? metapool::likelihood_kind::restricted : metapool::likelihood_kind::full;
      const auto i = metapool::information_criteria(fit, kind);
      const Real size = static_cast<Real>(fit.k());
      to.set("loglik", i.log_likelihood).scale = size;
      to.set("aic", i.aic).scale = size;
      to.set("bic", i.bic).scale = size;
      to.set("aicc", i.aicc).scale = size;
    });
  }
  return a;
}

/// R's meta: the names of its intervals and of the safeguards of Hartung and Knapp's.
template <class Real>
answers<Real> pool_ci(const data_set& data, const options& o) {
  const std::string ci = o.text("ci");
  const std::string adhoc = o.text("adhoc", "");
  metapool::any_interval interval = metapool::wald_z{};
  if (ci == "HK") {
    metapool::hartung_knapp hk;
    if (adhoc == "se") {
      hk.floor = 1;
    } else if (adhoc == "ci") {
      hk.safeguard = metapool::hk_safeguard::wald_if_shorter;
    } else if (adhoc == "IQWiG6") {
      hk.safeguard = metapool::hk_safeguard::iqwig;
    } else if (!adhoc.empty()) {
      o.refuse("adhoc");
    }
    interval = hk;
  } else if (ci == "KR") {
    if (!adhoc.empty() && adhoc != "se") o.refuse("adhoc");  // its standard error is never below the classical one
    interval = metapool::kenward_roger{};
  } else if (ci != "classic") {
    o.refuse("ci");
  } else if (!adhoc.empty()) {
    o.refuse("adhoc");
  }
  const metapool::model_fit<Real> fit = fit_of<Real>(data, o);
  answers<Real> a;
  set_mean(a, metapool::infer(fit, interval), "estimate", nullptr);
  return a;
}

template <class Real>
answers<Real> predict(const data_set& data, const options& o) {
  const std::string type = o.text("type");
  if (type != "V" && type != "HTS" && type != "HK" && type != "KR" && type != "S") o.refuse("type");
  const metapool::model_fit<Real> fit = fit_of<Real>(data, o);
  answers<Real> a;
  if (type == "V") set_prediction(a, metapool::predict(fit, metapool::veroniki{}));
  if (type == "HTS") set_prediction(a, metapool::predict(fit, metapool::higgins_thompson_spiegelhalter{}));
  if (type == "S") set_prediction(a, metapool::predict(fit, metapool::skipka{}));
  if (type == "HK") set_prediction(a, metapool::predict(fit, metapool::hartung_knapp_prediction{}));
  if (type == "KR") set_prediction(a, metapool::predict(fit, metapool::kenward_roger_prediction{}));
  return a;
}

template <class Real>
answers<Real> henmi_copas(const data_set& data, const options& o) {
  const metapool::mean_inference<Real> mean = metapool::henmi_copas{}(metapool::common_effect(pooled_effects<Real>(data, o.text("measure"))));
  answers<Real> a;
  a.set("estimate", mean.estimate).scale = mean.se;
  a.set("se", mean.se);
  a.set("ci_lb", mean.lower).scale = mean.se;
  a.set("ci_ub", mean.upper).scale = mean.se;
  return a;
}

/// The interval of tau2 of a case: QP, PL with the likelihood of the estimator, GENQ with weights 1 / v.
inline metapool::any_tau2_interval tau2_interval_of(const options& o) {
  const std::string type = o.text("type");
  const std::string method = o.text("method");
  if (type == "QP") return metapool::q_profile{};
  if (type == "PL" && method == "REML") return metapool::profile_likelihood_tau2{};
  if (type == "PL" && method == "ML") return metapool::profile_likelihood_tau2{.kind = metapool::likelihood_kind::full};
  if (type == "GENQ") {
    const std::string weights = o.text("weights");
    if (weights == "inverse-variance") return metapool::generalized_q_tau2{.weights = metapool::moment_weights::inverse_variance};
    o.refuse("weights");
  }
  o.refuse("type");
}

template <class Real>
answers<Real> tau2_ci(const data_set& data, const options& o) {
  const metapool::any_tau2_interval method = tau2_interval_of(o);
  // the moment estimator with weights 1 / v is DerSimonian and Laird's
  const metapool::model_fit<Real> fit =
      o.text("method") == "GENQ" ? metapool::random_effects(pooled_effects<Real>(data, o.text("measure")), metapool::dersimonian_laird{}) : fit_of<Real>(data, o);
  answers<Real> a;
  a.set("tau2", fit.tau2).scale = metapool::typical_variance(std::span<const Real>(fit.data.v));
  const auto interval = metapool::heterogeneity_interval(fit, method);
  a.set("tau2_lb", interval.lower).scale = a.fields().at("tau2").scale;  // an empty set has both ends at 0, here as in metafor
  a.set("tau2_ub", interval.upper).scale = a.fields().at("tau2").scale;
  a.set("I2_lb", interval.i2_lower).scale = Real(1);
  a.set("I2_ub", interval.i2_upper).scale = Real(1);
  return a;
}

template <class Real>
answers<Real> rstandard(const data_set& data, const options& o) {
  const metapool::model_fit<Real> fit = fit_of<Real>(data, o);
  const metapool::residuals_result<Real> r = metapool::standardized_residuals(fit);
  answers<Real> a;
  a.set("resid", r.residual).scale = fit.se;
  a.set("se", r.se);
  a.set("z", r.z).scale = Real(1);
  return a;
}

template <class Real>
std::span<const operation<Real>> pooling_operations() {
  static constexpr operation<Real> table[] = {
      {"pool", pool<Real>},
      {"pool_ci", pool_ci<Real>},
      {"predict", predict<Real>},
      {"henmi_copas", henmi_copas<Real>},
      {"tau2_ci", tau2_ci<Real>},
      {"rstandard", rstandard<Real>},
      {"permutation_test", permutation_test<Real>},
  };
  return table;
}

}  // namespace conformance
