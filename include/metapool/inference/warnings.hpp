// SPDX-License-Identifier: BSL-1.0
// Warnings of chosen intervals that are known to miss their level.
#pragma once

#include <metapool/inference/advice.hpp>
#include <metapool/inference/infer.hpp>
#include <metapool/inference/predict_partlett_riley.hpp>
#include <metapool/inference/profile_likelihood_tau2.hpp>

#include <concepts>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace metapool {

struct cochrane_interval;   // inference/profiles.hpp
struct nagashima;           // inference/nagashima.hpp
struct wald_tau2;           // inference/wald_tau2.hpp
struct sidik_jonkman_tau2;  // inference/sidik_jonkman_tau2.hpp

namespace detail {

/// A method's place in docs/coverage.md; an empty row is one that is not judged.
struct judgement {
  std::string_view row{};
  const char* method = "";
  const char* reason = "";  ///< why it falls short
  const char* source = "";
  bool at_any_k = false;    ///< see lowest_coverage
};

/// What the standard error of an inverse-variance interval presumes of tau2.
inline bool tau2_is_given(const std::string& estimator) { return estimator == "fixed tau2"; }

template <class = void>
judgement judge(model m, const std::string& estimator, const wald_z&) {
  if (m == model::random_effects && !tau2_is_given(estimator)) {
    return {"REML, Wald z", "random effects with Wald z", "it takes tau2 for known and is too short", "IntHout et al. 2014"};
  }
  if (m == model::ivhet) return {"IVhet, Wald z", "IVhet", "it takes tau2 for known and is too short", "simulated there"};
  if (m == model::quality_effects) return {"IVhet, Wald z", "quality effects", "its standard error is IVhet's, which takes tau2 for known", "simulated there for equal quality"};
  return {};
}
template <class = void>
judgement judge(model m, const std::string& estimator, const wald_t&) {
  if (m == model::random_effects && !tau2_is_given(estimator)) return {"REML, Wald t", "random effects with Wald t", "with unequal trials tau2 is too uncertain even for t", "simulated there"};
  if (m == model::unrestricted_weighted_least_squares) {
    return {"multiplicative (UWLS), t", "multiplicative (UWLS)", "large trials have more weight than heterogeneity leaves them, and more trials do not mend that", "simulated there", true};
  }
  return {};
}
template <class = void>
judgement judge(model m, const std::string&, const hartung_knapp& h) {
  if (h.floor >= 1) return m == model::random_effects ? judgement{"REML, Hartung-Knapp, factor at least 1", "Hartung-Knapp with floor 1", "it nearly holds", "simulated there"} : judgement{};
  const char* const source = "Roever et al. 2015";
  const char* const reason = "with trials as unequal as these it is too short; set floor = 1";
  if (m == model::common_effect) return {"multiplicative (UWLS), t", "common effect with Hartung-Knapp", "it is the multiplicative model's interval", "simulated there", true};
  switch (h.safeguard) {
    case hk_safeguard::none: return {"REML, Hartung-Knapp", "Hartung-Knapp without a floor", reason, source};
    case hk_safeguard::wald_if_shorter: return {"REML, Hartung-Knapp or longer Wald z", "Hartung-Knapp or longer Wald z", reason, source};
    case hk_safeguard::iqwig: return {"REML, Hartung-Knapp, IQWiG's rule", "Hartung-Knapp by IQWiG's rule", reason, source};
    case hk_safeguard::z_over_t: return {"REML, Hartung-Knapp, z/t rule", "Hartung-Knapp by the z/t rule", reason, source};
  }
  return {};
}
template <class = void>
judgement judge(model, const std::string&, const cochrane_interval&) {
  return {"REML, Cochrane's rule", "Hartung-Knapp or Wald z by Cochrane's rule", "it is Wald z where tau2 is estimated as 0", "simulated there"};
}
template <class = void>
judgement judge(model, const std::string&, const sidik_jonkman_robust&) {
  return {"REML, Sidik-Jonkman robust", "Sidik-Jonkman robust", "with unequal trials its variance has fewer degrees of freedom than k - 1", "simulated there"};
}
template <class = void>
judgement judge(model, const std::string&, const profile_likelihood& p) {
  if (p.correction == profile_correction::none) return {"profile likelihood", "profile likelihood", "chi-squared is no good approximation with few trials; use Bartlett's correction", "Noma 2011"};
  if (p.correction == profile_correction::skovgaard) return {"profile likelihood, Skovgaard", "profile likelihood, Skovgaard", "with very few or unequal trials the correction is left out or too small", "simulated there"};
  return {};
}
template <class = void>
judgement judge(model, const std::string&, const biggerstaff_tweedie&) {
  return {"Biggerstaff-Tweedie", "Biggerstaff-Tweedie", "its weights allow for the uncertainty of tau2, its normal quantile does not", "simulated there"};
}
template <class = void>
judgement judge(model, const std::string&, const henmi_copas&) {
  return {"Henmi-Copas (2,000 replicates)", "Henmi-Copas", "its distribution is that at the estimated tau2", "simulated there"};
}
template <class = void>
judgement judge(model, const std::string&, const nagashima&) {
  return {"Nagashima bootstrap, 2,000 draws (1,000 replicates)", "Nagashima bootstrap", "made for predictions, as an interval of the mean it falls short with three unequal trials", "simulated there"};
}
template <class Method>
judgement judge(model, const std::string&, const Method&) { return {}; }

/// Of predictions.
template <class = void>
judgement judge_prediction(const skipka&) { return {"REML, normal", "normal", "", ""}; }
template <class = void>
judgement judge_prediction(const veroniki&) { return {"REML, t, k - 1", "t, k - 1", "", ""}; }
template <class = void>
judgement judge_prediction(const higgins_thompson_spiegelhalter&) { return {"REML, t, k - 2", "t, k - 2", "", ""}; }
template <class = void>
judgement judge_prediction(const hartung_knapp_prediction& h) {
  const bool less = h.degrees == prediction_degrees::one_less;
  if (h.floor > 0) return {};
  return {less ? "REML, Hartung-Knapp, t, k - 2" : "REML, Hartung-Knapp, t, k - 1", less ? "Hartung-Knapp, t, k - 2" : "Hartung-Knapp, t, k - 1", "", ""};
}
template <class = void>
judgement judge_prediction(const kenward_roger_prediction& r) {
  const bool less = r.degrees == prediction_degrees::one_less;
  return {less ? "REML, Kenward-Roger, one degree less" : "REML, Kenward-Roger", less ? "Kenward-Roger, one degree less" : "Kenward-Roger", "", ""};
}
template <class = void>
judgement judge_prediction(const sidik_jonkman_prediction&) { return {"REML, Sidik-Jonkman robust, t, k - 2", "Sidik-Jonkman robust, t, k - 2", "", ""}; }

template <class Method>
judgement judge_prediction(const Method&) { return {}; }

template <class M, class Real>
concept prediction_alone = !interval_method<M, Real> &&
                           (complete_prediction_method<M, Real> || requires(const M& method, const model_fit<Real>& fit) {
                             { method(fit, fit.se) } -> std::convertible_to<prediction<Real>>;
                           });

template <class M, class Real>
concept tau2_interval_method = requires(const M& method, const model_fit<Real>& fit) { { method(fit) } -> std::same_as<tau2_interval<Real>>; };

/// Of intervals of tau2.
template <class = void>
judgement judge_tau2(const profile_likelihood_tau2& p) {
  if (p.kind == likelihood_kind::restricted) return {};
  return {"profile likelihood, full", "profile likelihood of tau2", "the full likelihood takes the mean for known; use the restricted one, or q_profile", "Viechtbauer 2007"};
}
template <class = void>
judgement judge_tau2(const wald_tau2&) { return {"Wald, REML", "Wald interval of tau2", "tau2 is not normal with fewer than some hundred trials; use q_profile", "Viechtbauer 2007", true}; }
template <class = void>
judgement judge_tau2(const sidik_jonkman_tau2&) { return {"Sidik-Jonkman", "Sidik-Jonkman interval of tau2", "it takes small tau2 for large, and 0 is never in it; use q_profile", "Viechtbauer 2007", true}; }

template <class Method>
judgement judge_tau2(const Method&) { return {}; }

/// The warning of a judged method, if it fell short.
template <class = void>
void warn(advice_list& list, advice_topic topic, coverage_of of, const situation& s, const judgement& j) {
  if (j.row.empty()) return;
  const double lowest = lowest_coverage(of, j.row, s, j.at_any_k);
  if (!(lowest < 100)) return;
  std::string reason = j.reason;
  reason.append(": its 95 % intervals held in as few as ").append(fixed_text(lowest, 1)).append(" % of ").append(nearest_text(s));
  list.add(topic, j.method, lowest < 92.5 ? verdict::does_not_hold : verdict::caution, std::move(reason),
           std::string_view(j.source) == "simulated there" ? std::string("docs/coverage.md") : j.source + std::string("; docs/coverage.md"));
}

/// Of a mean that takes the effects for equal where they are not.
template <class = void>
void warn_of_common_effect(advice_list& list, const situation& s, model m) {
  if (m != model::common_effect && m != model::mantel_haenszel && m != model::peto) return;
  if (!s.q_p || !(*s.q_p < 0.1 || *s.i2 > 0.25)) return;
  list.add(advice_topic::mean, "common effect", verdict::does_not_hold,
           "the studies differ beyond chance (I2 " + to_short_text(100 * *s.i2, 2) + " %): as an interval for the mean of all trials it is too short", "Higgins et al. 2009; docs/coverage.md");
}

template <class = void>
void warn_of(advice_list& list, const situation& s, model m, const wald_z&) {
  warn_of_common_effect(list, s, m);
  if (m == model::unrestricted_weighted_least_squares && s.k < 20) {
    list.add(advice_topic::mean, "multiplicative (UWLS) with Wald z", verdict::does_not_hold,
             "the factor of the variances is estimated from " + std::to_string(s.k) + " studies; its interval is by t (wald_t)", "Stanley & Doucouliagos 2015");
  }
}
template <class = void>
void warn_of(advice_list& list, const situation& s, model m, const wald_t&) { warn_of_common_effect(list, s, m); }
template <class = void>
void warn_of(advice_list& list, const situation& s, model, const hartung_knapp&) {
  if (s.k == 2) {
    list.add(advice_topic::mean, "Hartung-Knapp", verdict::caution, "two studies: t with one degree of freedom (12.7 at 95 %), an interval too long to be of use", "Friede et al. 2017");
  }
}
template <class Method>
void warn_of(advice_list&, const situation&, model, const Method&) {}

}  // namespace detail

/// Warnings of a chosen interval that is known to miss its level in the situation of this fit; empty if there is none.
/// method: an interval of the mean (any_interval and those of inference/), a prediction interval (higgins_thompson_spiegelhalter{}, ...,
/// hartung_knapp_prediction{}, ...), or an interval of tau2 (wald_tau2{}, ...). Every one that docs/coverage.md
/// shows below 94 % in the nearest situation (3, 5 or 10 trials, of equal size or not, at the tau2 that is worst for it) is warned of:
/// verdict::does_not_hold below 92.5 %, else caution. From 20 trials on only those which do not mend with more. Methods that are not in
/// docs/coverage.md and methods of your own are not judged: no warning is no proof. nagashima{} is judged as an interval of the mean.
/// IntHout, Ioannidis & Borm (2014) BMC Med Res Methodol 14:25, doi:10.1186/1471-2288-14-25; Roever, Knapp & Friede (2015) BMC Med Res Methodol 15:99,
/// doi:10.1186/s12874-015-0091-1; Viechtbauer (2007) Stat Med 26:37, doi:10.1002/sim.2514.
template <class Real, class Method>
  requires interval_method<Method, Real>
std::vector<advice> warnings_of(const model_fit<Real>& fit, const Method& method) {
  detail::advice_list list;
  if (fit.k() < 2) return {};
  const situation s = situation_of(fit.data);
  detail::warn_of(list, s, fit.model, method);
  detail::warn(list, advice_topic::mean, coverage_of::mean, s, detail::judge(fit.model, fit.method, method));
  return list.all;
}

/// The same for a method chosen at run time.
template <class Real>
std::vector<advice> warnings_of(const model_fit<Real>& fit, const any_interval& method) {
  return std::visit([&](const auto& chosen) { return warnings_of(fit, chosen); }, method);
}

/// Warnings of a prediction interval.
template <class Real, class Method>
  requires detail::prediction_alone<Method, Real>
std::vector<advice> warnings_of(const model_fit<Real>& fit, const Method& method) {
  detail::advice_list list;
  if (fit.k() < 2) return {};
  const situation s = situation_of(fit.data);
  if (s.k > 25 && s.i2 && *s.i2 > 0.3) return {};
  detail::judgement j = detail::judge_prediction(method);
  j.reason = "tau2 is taken for known, and small ones are too uncertain; use nagashima{}";
  j.source = "Partlett & Riley 2017; Nagashima et al. 2019";
  j.at_any_k = true;
  detail::warn(list, advice_topic::prediction, coverage_of::prediction, s, j);
  return list.all;
}

/// Warnings of an interval of tau2.
template <class Real, class Method>
  requires detail::tau2_interval_method<Method, Real>
std::vector<advice> warnings_of(const model_fit<Real>& fit, const Method& method) {
  detail::advice_list list;
  if (fit.k() < 2) return {};
  detail::warn(list, advice_topic::tau2_interval, coverage_of::tau2, situation_of(fit.data), detail::judge_tau2(method));
  return list.all;
}

}  // namespace metapool
