// SPDX-License-Identifier: BSL-1.0
// Pooling with moderators; instantiated for a number type in a translation unit of its own.
#pragma once

#include "conformance/pooling.hpp"

#include <metapool/inference/infer.hpp>
#include <metapool/inference/regression_any.hpp>
#include <metapool/inference/regression_heterogeneity.hpp>
#include <metapool/inference/regression_likelihood.hpp>
#include <metapool/model/meta_regression.hpp>
#include <metapool/tau2/dersimonian_laird.hpp>
#include <metapool/tau2/hedges.hpp>
#include <metapool/tau2/maximum_likelihood.hpp>
#include <metapool/tau2/paule_mandel.hpp>
#include <metapool/tau2/reml.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace conformance {

/// The regression of a case: EE is the common effect, all others random effects with the estimator of that name.
template <class Real>
metapool::regression_fit<Real> regression_of(const data_set& data, const options& o) {
  const std::string method = o.text("method");
  const std::vector<std::string>& names = o.list("moderators");
  metapool::matrix_of<Real> x(static_cast<Eigen::Index>(data.studies), static_cast<Eigen::Index>(names.size()));
  for (std::size_t j = 0; j < names.size(); ++j) {
    const auto found = data.moderators.find(names[j]);
    if (found == data.moderators.end()) throw unsupported("no moderator '" + names[j] + "'");
    for (std::size_t i = 0; i < data.studies; ++i) {
      if (!found->second[i]) throw unsupported("moderator '" + names[j] + "' is not known of every study");
      x(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = Real(*found->second[i]);
    }
  }
  const auto effects = pooled_effects<Real>(data, o.text("measure"));
  const auto design = metapool::design_of(x, names);
  if (method == "EE") return metapool::common_effect_regression(effects, design);
  // by hand: a variant of all estimators, in every number type, costs more to compile than all the rest of this header
  if (method == "REML") return metapool::meta_regression(effects, design, metapool::reml{});
  if (method == "ML") return metapool::meta_regression(effects, design, metapool::maximum_likelihood{});
  if (method == "DL") return metapool::meta_regression(effects, design, metapool::dersimonian_laird{});
  if (method == "HE") return metapool::meta_regression(effects, design, metapool::hedges{});
  if (method == "PM" || method == "EB") return metapool::meta_regression(effects, design, metapool::paule_mandel{});
  o.refuse("method");
}

template <class Real>
answers<Real> pool_with_moderators(const data_set& data, const options& o) {
  const metapool::any_interval interval = interval_of(o);
  const metapool::regression_fit<Real> fit = regression_of<Real>(data, o);
  const auto r = metapool::infer(fit, interval);
  const auto h = metapool::heterogeneity(fit);
  const bool common = fit.model == metapool::model::common_effect;
  const std::string method = o.text("method");
  answers<Real> a;
  a.set_count("k", fit.k());
  a.set("beta", r.estimate).scale = r.se[0];
  a.set("se", r.se);
  a.set("statistic", r.statistic).scale = Real(1);
  a.set("p", r.p).is_p = true;
  a.set("ci_lb", r.lower).scale = r.se[0];
  a.set("ci_ub", r.upper).scale = r.se[0];
  a.set("tau2", common ? std::optional<Real>(Real(0)) : fit.tau2).scale = h.typical_variance;
  a.set("se_tau2", fit.se_tau2);
  a.set("I2", common ? std::optional<Real>(h.i2_q) : h.i2_tau2).scale = Real(1);
  a.set("H2", common ? std::optional<Real>(h.h2_q) : h.h2_tau2).scale = Real(1);
  a.set("Q", h.q).scale = Real(1);
  a.set_p("Q_p", h.p);
  if (r.moderators) {
    a.set("QM", r.moderators->statistic).scale = Real(1);
    a.set_p("QM_p", r.moderators->p);
  }
  a.set("R2", metapool::r_squared(fit)).scale = Real(1);
  if (method == "REML" || method == "ML") {
    a.set_if_estimable({"loglik", "aic", "bic", "aicc"}, [&](answers<Real>& to) {
      const auto i = metapool::information_criteria(fit, method == "REML" ? metapool::likelihood_kind::restricted : metapool::likelihood_kind::full);
      const Real size = static_cast<Real>(fit.k());
      to.set("loglik", i.log_likelihood).scale = size;
      to.set("aic", i.aic).scale = size;
      to.set("bic", i.bic).scale = size;
      to.set("aicc", i.aicc).scale = size;
    });
  }
  return a;
}

}  // namespace conformance
