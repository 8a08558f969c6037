// SPDX-License-Identifier: BSL-1.0
// Operations on effect sizes and on sets of 2x2 tables: Mantel-Haenszel, Peto, zero cells.
#pragma once

#include "conformance/operations.hpp"
#include "conformance/studies.hpp"

#include <metapool/inference/heterogeneity.hpp>
#include <metapool/inference/infer.hpp>
#include <metapool/inference/table_tests.hpp>
#include <metapool/inference/wald.hpp>
#include <metapool/model/common_effect.hpp>
#include <metapool/model/mantel_haenszel.hpp>
#include <metapool/model/mantel_haenszel_rates.hpp>
#include <metapool/model/peto.hpp>
#include <metapool/model/random_effects.hpp>
#include <metapool/model/revman_random_effects.hpp>
#include <metapool/tau2/any.hpp>

#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace conformance {

/// yi and vi, one a study; empty where the library gives no effect. Of a study that is not pooled because its variance is zero the
/// record holds both numbers.
template <class Real>
answers<Real> effects_of_each_study(const metapool::effects<Real>& effects) {
  std::vector<std::optional<Real>> y, v;
  for (const auto& audit : effects.audit) {
    y.push_back(audit.y);
    v.push_back(audit.v);
  }
  answers<Real> a;
  a.set("yi", y).null_means_none = true;
  a.set("vi", v).null_means_none = true;
  return a;
}

inline metapool::correct_when correct_when_of(const options& o) {
  const std::string to = o.text("to", "only0");
  if (to == "only0") return metapool::correct_when::only_zero;
  if (to == "if0all") return metapool::correct_when::all_if_any;
  if (to == "all") return metapool::correct_when::all;
  o.refuse("to");
}

template <class Real>
answers<Real> effect_size(const data_set& data, const options& o) {
  const std::string measure = o.text("measure");
  if (measure == "MD") {
    const std::string type = o.text("vtype", "LS");
    metapool::mean_difference md;
    if (type == "HO") {
      md.variance = metapool::md_variance::pooled;
    } else if (type != "LS") {
      o.refuse("vtype");
    }
    return effects_of_each_study(metapool::effect_sizes(continuous_trials<Real>(data), md));
  }
  if (measure == "SMD") {
    const std::string type = o.text("vtype", "LS");
    metapool::standardized_mean_difference smd;
    if (type == "LS2") {
      smd.variance = metapool::smd_variance::large_sample_squared;
    } else if (type == "UB") {
      smd.variance = metapool::smd_variance::unbiased;
    } else if (type == "AV") {
      smd.variance = metapool::smd_variance::average;
    } else if (type != "LS") {
      o.refuse("vtype");
    }
    return effects_of_each_study(metapool::effect_sizes(continuous_trials<Real>(data), smd));
  }
  if (const auto effects = effects_of_means<Real>(data, measure)) return effects_of_each_study(*effects);
  if (const auto effects = effects_beyond_tables<Real>(data, measure)) return effects_of_each_study(*effects);
  const auto zeros = o.flag("drop00", false) ? metapool::double_zero::drop : metapool::double_zero::keep;
  const std::string to = o.text("to", "only0");
  const double add = o.has("add") ? o.number("add") : needs_no_correction(measure) ? 0 : 0.5;
  metapool::zero_cell_policy policy;
  if (to == "none" || add == 0) {
    policy = metapool::no_correction{.double_zeros = zeros};
  } else {
    policy = metapool::constant_correction{.add = add, .when = correct_when_of(o), .double_zeros = zeros};
  }
  if (const auto effects = effects_of_tables<Real>(data, measure, policy)) return effects_of_each_study(*effects);
  o.refuse("measure");
}

/// What Mantel-Haenszel and Peto have in common.
template <class Real>
void set_common_fit(answers<Real>& a, const metapool::model_fit<Real>& fit) {
  const auto mean = metapool::infer(fit, metapool::wald_z{});
  a.set("estimate", mean.estimate).scale = mean.se;
  a.set("se", mean.se);
  a.set("z", mean.statistic).scale = Real(1);
  a.set_p("p", mean.p, metapool::log_p(mean));
  a.set("ci_lb", mean.lower).scale = mean.se;
  a.set("ci_ub", mean.upper).scale = mean.se;
}

template <class Real>
void set_q(answers<Real>& a, const metapool::model_fit<Real>& fit) {
  const auto h = metapool::heterogeneity(fit);
  a.set("Q", h.q).scale = Real(1);
  a.set_p("Q_p", h.p ? *h.p : Real(1));  // one study: metafor gives Q = 0 with p = 1
  a.set("I2", h.i2_q).scale = Real(1);
}

/// metafor pools all studies that carry information, but takes Q over the studies that are not double-zero, also for the risk difference.
template <class Real, class Measure>
metapool::model_fit<Real> without_double_zeros_in_q(metapool::model_fit<Real> fit, const std::vector<metapool::binary_trial<Real>>& trials,
                                                    const Measure& measure) {
  fit.data = metapool::effect_sizes(trials, measure, metapool::constant_correction{.double_zeros = metapool::double_zero::drop});
  if (fit.data.size() == 0) throw metapool::not_estimable("no study has an effect of its own");
  fit.q = 0;
  for (std::size_t i = 0; i < fit.data.size() && fit.data.size() > 1; ++i) {  // of a single study metafor's Q is 0
    const Real r = fit.data.y[i] - fit.estimate;
    fit.q += r * r / fit.data.v[i];
  }
  fit.df = fit.data.size() - 1;
  return fit;
}

/// metafor takes Q over the studies that are not double-zero.
template <class Real, class Measure>
answers<Real> mantel_haenszel_of_rates(const data_set& data, const Measure& measure) {
  const auto trials = rate_trials<Real>(data);
  answers<Real> a;
  a.set_if_estimable({"estimate", "se", "z", "p", "ci_lb", "ci_ub", "Q", "Q_p", "I2"}, [&](answers<Real>& to) {
    auto fit = metapool::mantel_haenszel(trials, measure);
    set_common_fit(to, fit);
    fit.data = metapool::effect_sizes(trials, measure, metapool::constant_correction{.double_zeros = metapool::double_zero::drop});
    if (fit.data.size() == 0) throw metapool::not_estimable("no study has an effect of its own");
    fit.q = 0;
    for (std::size_t i = 0; i < fit.data.size(); ++i)
      fit.q += (fit.data.y[i] - fit.estimate) * (fit.data.y[i] - fit.estimate) / fit.data.v[i];
    fit.df = fit.data.size() - 1;
    set_q(to, fit);
  });
  return a;
}

template <class Real>
answers<Real> mantel_haenszel(const data_set& data, const options& o) {
  const std::string measure = o.text("measure");
  if (measure == "IRR") return mantel_haenszel_of_rates<Real>(data, metapool::incidence_rate_ratio{});
  if (measure == "IRD") return mantel_haenszel_of_rates<Real>(data, metapool::incidence_rate_difference{});
  const bool correct = o.flag("correct", true);
  if (!is_binary_measure(measure)) o.refuse("measure");
  const auto trials = binary_trials<Real>(data);
  answers<Real> a;
  with_binary_measure(measure, [&](const auto& m) {
    a.set_if_estimable({"estimate", "se", "z", "p", "ci_lb", "ci_ub", "Q", "Q_p", "I2"}, [&](answers<Real>& to) {
      const auto fit = metapool::mantel_haenszel(trials, m);
      set_common_fit(to, fit);
      set_q(to, without_double_zeros_in_q(fit, trials, m));
    });
  });
  if (measure != "OR") return a;
  a.set_if_estimable({"cmh", "cmh_p"}, [&](answers<Real>& to) {
    const auto test = metapool::cochran_mantel_haenszel(trials, correct ? metapool::cmh_correction::half_as_metafor : metapool::cmh_correction::none);
    to.set("cmh", test.statistic).scale = Real(1);
    to.set_p("cmh_p", test.p);
  });
  a.set_if_estimable({"breslow_day", "breslow_day_p"}, [&](answers<Real>& to) {
    const auto test = metapool::breslow_day(trials);
    to.set("breslow_day", test.statistic).scale = Real(1);
    to.set_p("breslow_day_p", test.p);
  });
  a.set_if_estimable({"tarone", "tarone_p"}, [&](answers<Real>& to) {
    const auto test = metapool::tarone(trials);
    to.set("tarone", test.statistic).scale = Real(1);
    to.set_p("tarone_p", test.p);
  });
  return a;
}

template <class Real>
answers<Real> peto(const data_set& data, const options& o) {
  if (o.text("measure", "OR") != "OR") o.refuse("measure");
  answers<Real> a;
  const auto fit = metapool::peto(binary_trials<Real>(data));
  set_common_fit(a, fit);
  set_q(a, fit);
  return a;
}

/// Any of the library's estimators by its short name. Throws unsupported.
inline metapool::any_tau2 tau2_estimator_of(const options& o) {
  const auto estimator = metapool::tau2_from_code(o.text("method"));
  if (!estimator) o.refuse("method");
  return *estimator;
}

template <class Real>
void set_both_models(answers<Real>& a, const metapool::model_fit<Real>& common, const metapool::model_fit<Real>& random) {
  a.set("common", common.estimate).scale = common.se;
  a.set("common_se", common.se);
  a.set("random", random.estimate).scale = random.se;
  a.set("random_se", random.se);
  field<Real>& tau2 = a.set("tau2", random.tau2);
  if (random.tau2 && random.df > 0) tau2.scale = metapool::typical_variance(std::span<const Real>(random.data.v));
}

/// R's meta: double-zero studies dropped where they carry no information; for a risk ratio the correction goes to the events alone.
template <class Policy>
Policy as_in_meta(Policy policy) {
  policy.double_zeros = metapool::double_zero::by_measure;
  policy.totals = metapool::rr_totals::events_only;
  return policy;
}

template <class Real>
answers<Real> zero_cells(const data_set& data, const options& o) {
  const std::string measure = o.text("measure");
  const metapool::any_tau2 estimator = tau2_estimator_of(o);
  const std::string incr = o.text("incr");
  const auto trials = binary_trials<Real>(data);
  metapool::zero_cell_policy policy;
  if (incr == "TACC") {
    policy = as_in_meta(metapool::treatment_arm_correction{});
  } else {
    policy = as_in_meta(metapool::constant_correction{.add = o.number("incr")});
  }
  return with_binary_measure(measure, [&](const auto& m) {
    const auto effects = metapool::effect_sizes(trials, m, policy);
    answers<Real> a;
    set_both_models(a, metapool::common_effect(effects),
                    std::visit([&](const auto& e) { return metapool::random_effects(effects, e); }, estimator));
    return a;
  });
}

template <class Real>
answers<Real> revman_random(const data_set& data, const options& o) {
  const std::string measure = o.text("measure");
  if (o.text("weights", "MH") != "MH") o.refuse("weights");
  if (o.text("method", "DL") != "DL") o.refuse("method");
  const auto trials = binary_trials<Real>(data);
  return with_binary_measure(measure, [&](const auto& m) {
    answers<Real> a;
    set_both_models(a, metapool::mantel_haenszel(trials, m),
                    metapool::revman_random_effects(trials, m, metapool::no_correction{}, as_in_meta(metapool::constant_correction{})));
    return a;
  });
}

template <class Real>
std::span<const operation<Real>> table_operations() {
  static constexpr operation<Real> table[] = {
      {"effect_size", effect_size<Real>}, {"mantel_haenszel", mantel_haenszel<Real>}, {"peto", peto<Real>},
      {"zero_cells", zero_cells<Real>},   {"revman_random", revman_random<Real>},
  };
  return table;
}

}  // namespace conformance
