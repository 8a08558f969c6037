// SPDX-License-Identifier: BSL-1.0
// Likelihood models with random effects for counts.
#pragma once

#include "conformance/operations.hpp"
#include "conformance/studies.hpp"

#include <metapool/effect/proportion_measures.hpp>
#include <metapool/inference/glmm_inference.hpp>
#include <metapool/model/conditional_glmm.hpp>
#include <metapool/model/one_group_glmm.hpp>
#include <metapool/model/unconditional_glmm.hpp>

#include <string>

namespace conformance {

template <class Real>
answers<Real> answers_of(const metapool::glmm_fit<Real>& fit) {
  answers<Real> a;
  const auto mean = metapool::infer(fit);
  a.set("estimate", fit.estimate).scale = fit.se;
  a.set("se", fit.se);
  a.set("tau2", fit.tau2);
  a.set("ci_lb", mean.lower).scale = mean.se;
  a.set("ci_ub", mean.upper).scale = mean.se;
  a.set("q_wald", fit.q_wald).scale = Real(1);
  a.set("q_lrt", fit.q_lrt).scale = Real(1);
  a.set_count("df", fit.df);
  return a;
}

template <class Real>
answers<Real> glmm_of_tables(const data_set& data, const options& o, const std::string& model) {
  const auto trials = binary_trials<Real>(data);
  const metapool::odds_ratio measure;
  if (model == "CM.EL") return answers_of<Real>(metapool::glmm(trials, measure, metapool::conditional_exact{}));
  if (model == "UM.FS") return answers_of<Real>(metapool::glmm(trials, measure, metapool::fixed_study_effects{}));
  if (model == "UM.RS") return answers_of<Real>(metapool::glmm(trials, measure, metapool::random_study_effects{}));
  if (model == "CM.AL") return answers_of<Real>(metapool::glmm(trials, measure, metapool::conditional_approximate{}));
  o.refuse("model");
}

template <class Real>
answers<Real> glmm_of_rates(const data_set& data, const options& o, const std::string& model) {
  const auto trials = rate_trials<Real>(data);
  const metapool::incidence_rate_ratio measure;
  if (model == "CM.EL") return answers_of<Real>(metapool::glmm(trials, measure, metapool::conditional_exact{}));
  if (model == "UM.FS") return answers_of<Real>(metapool::glmm(trials, measure, metapool::fixed_study_effects{}));
  if (model == "UM.RS") return answers_of<Real>(metapool::glmm(trials, measure, metapool::random_study_effects{}));
  o.refuse("model");
}

template <class Real>
answers<Real> glmm(const data_set& data, const options& o) {
  const std::string measure = o.text("measure");
  if (measure == "PLO") return answers_of<Real>(metapool::glmm(proportions<Real>(data), metapool::logit_proportion{}));
  const std::string model = o.text("model");
  if (measure == "OR") return glmm_of_tables<Real>(data, o, model);
  if (measure == "IRR") return glmm_of_rates<Real>(data, o, model);
  o.refuse("measure");
}

}  // namespace conformance
