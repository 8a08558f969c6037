// SPDX-License-Identifier: BSL-1.0
// The posterior of the normal-normal model.
#pragma once

#include "conformance/operations.hpp"
#include "conformance/studies.hpp"

#include <metapool/bayes/normal_normal.hpp>

#include <string>

namespace conformance {

/// The cases' intervals are equal-tailed (bayesmeta's interval.type "central").
template <class Real>
answers<Real> bayes(const data_set& data, const options& o) {
  const std::string prior = o.text("tau_prior");
  const double scale = o.number("tau_scale");
  const metapool::normal_mean mean{o.number("mu_prior_mean"), o.number("mu_prior_sd")};
  const auto effects = pooled_effects<Real>(data, o.text("measure"));
  answers<Real> a;
  const auto answer = [&](const auto& tau_prior) {
    const auto posterior = metapool::normal_normal(effects, tau_prior, mean);
    const Real tail = Real(0.025);
    a.set("mu_mean", posterior.mean().mean());
    a.set("mu_sd", posterior.mean().sd());
    a.set("mu_median", posterior.mean().quantile(Real(0.5)));
    a.set("mu_lb", posterior.mean().quantile(tail));
    a.set("mu_ub", posterior.mean().upper_quantile(tail));
    a.set("tau_median", posterior.tau().quantile(Real(0.5)));
    a.set("tau_mean", posterior.tau().mean());
    a.set("tau_ub", posterior.tau().upper_quantile(tail));
    a.set("pred_lb", posterior.next().quantile(tail));
    a.set("pred_ub", posterior.next().upper_quantile(tail));
    a.set_p("p_mu_below_0", posterior.mean().cdf(Real(0)));
  };
  if (prior == "half_normal") {
    answer(metapool::half_normal{scale});
  } else if (prior == "half_cauchy") {
    answer(metapool::half_cauchy{scale});
  } else if (prior == "uniform") {
    answer(metapool::uniform_tau{scale});
  } else {
    o.refuse("tau_prior");
  }
  return a;
}

}  // namespace conformance
