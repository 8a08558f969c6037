// SPDX-License-Identifier: BSL-1.0
// Every interval under study, by name.
#pragma once

#include "study.hpp"

#include <metapool/exact/michael_interval.hpp>
#include <metapool/inference/any_tau2_interval.hpp>
#include <metapool/inference/infer.hpp>
#include <metapool/inference/nagashima.hpp>
#include <metapool/inference/permutation.hpp>
#include <metapool/inference/predict_partlett_riley.hpp>
#include <metapool/inference/profiles.hpp>
#include <metapool/model/ivhet.hpp>
#include <metapool/model/unrestricted_weighted_least_squares.hpp>

#include <vector>

namespace coverage {

template <class Interval>
bounds of_mean(const metapool::model_fit<double>& fit, const Interval& interval) {
  const auto r = interval(fit);
  return {r.lower, r.upper, r.state};
}
inline bounds of(const metapool::prediction<double>& p) { return {p.lower, p.upper}; }
inline bounds of(const metapool::tau2_interval<double>& t) { return {t.lower, t.upper, t.state}; }

inline std::vector<method> mean_methods() {
  using namespace metapool;
  const target t = target::mean;
  return {
      {"normal, tau2 known (yardstick of the widths)", t,
       [](const replicate& r) {
         double w = 0, wy = 0;
         for (std::size_t i = 0; i < r.of.k; ++i) {
           w += 1 / (r.of.v[i] + r.of.tau2);
           wy += r.data.y[i] / (r.of.v[i] + r.of.tau2);
         }
         const double half = detail::normal_critical<double>(0.95) / std::sqrt(w);
         return bounds{wy / w - half, wy / w + half};
       }},
      {"common effect, Wald z", t, [](const replicate& r) { return of_mean(r.common, wald_z{}); }},
      {"DerSimonian-Laird, Wald z", t, [](const replicate& r) { return of_mean(r.dl, wald_z{}); }},
      {"REML, Wald z", t, [](const replicate& r) { return of_mean(r.reml, wald_z{}); }},
      {"REML, Wald t", t, [](const replicate& r) { return of_mean(r.reml, wald_t{}); }},
      {"DerSimonian-Laird, Hartung-Knapp", t, [](const replicate& r) { return of_mean(r.dl, hartung_knapp{}); }},
      {"Paule-Mandel, Hartung-Knapp", t, [](const replicate& r) { return of_mean(r.pm, hartung_knapp{}); }},
      {"REML, Hartung-Knapp", t, [](const replicate& r) { return of_mean(r.reml, hartung_knapp{}); }},
      {"REML, Hartung-Knapp, factor at least 1", t, [](const replicate& r) { return of_mean(r.reml, hartung_knapp{.floor = 1}); }},
      {"REML, Hartung-Knapp or longer Wald z", t, [](const replicate& r) { return of_mean(r.reml, hartung_knapp{.safeguard = hk_safeguard::wald_if_shorter}); }},
      {"REML, Hartung-Knapp, IQWiG's rule", t, [](const replicate& r) { return of_mean(r.reml, hartung_knapp{.safeguard = hk_safeguard::iqwig}); }},
      {"REML, Hartung-Knapp, z/t rule", t, [](const replicate& r) { return of_mean(r.reml, hartung_knapp{.safeguard = hk_safeguard::z_over_t}); }},
      {"REML, Cochrane's rule", t, [](const replicate& r) { return of_mean(r.reml, cochrane_interval{}); }},
      {"REML, Kenward-Roger", t, [](const replicate& r) { return of_mean(r.reml, kenward_roger{}); }},
      {"REML, Kenward-Roger, degrees of freedom of 1997", t, [](const replicate& r) { return of_mean(r.reml, kenward_roger{.degrees = kr_degrees::classical}); }},
      {"REML, Kenward-Roger, observed information", t, [](const replicate& r) { return of_mean(r.reml, kenward_roger{.information = kr_information::observed}); }},
      {"REML, Sidik-Jonkman robust", t, [](const replicate& r) { return of_mean(r.reml, sidik_jonkman_robust{}); }},
      {"profile likelihood", t, [](const replicate& r) { return of_mean(r.reml, profile_likelihood{}); }},
      {"profile likelihood, Bartlett", t, [](const replicate& r) { return of_mean(r.reml, profile_likelihood{.correction = profile_correction::bartlett}); }},
      {"profile likelihood, Skovgaard", t, [](const replicate& r) { return of_mean(r.reml, profile_likelihood{.correction = profile_correction::skovgaard}); }},
      {"Biggerstaff-Tweedie", t, [](const replicate& r) { return of_mean(r.dl, biggerstaff_tweedie{}); }},
      {"Henmi-Copas (2,000 replicates)", t, [](const replicate& r) { return of_mean(r.dl, henmi_copas{}); }, 2, 2000},
      {"Nagashima bootstrap, 2,000 draws (1,000 replicates)", t, [](const replicate& r) { return of_mean(r.dl, nagashima{.draws = 2000, .seed = r.seed}); }, 2, 1000},
      {"Michael et al., exact (500 replicates)", t, [](const replicate& r) { return of_mean(r.dl, michael_interval{.points = 512}); }, 2, 500},
      {"DerSimonian-Laird, permutation (2,000 replicates)", t, [](const replicate& r) { return of_mean(r.dl, permutation{}); }, 6, 2000},
      {"IVhet, Wald z", t, [](const replicate& r) { return of_mean(ivhet(r.data), wald_z{}); }},
      {"multiplicative (UWLS), t", t, [](const replicate& r) { return of_mean(unrestricted_weighted_least_squares(r.data), wald_t{}); }},
  };
}

inline std::vector<method> prediction_methods() {
  using namespace metapool;
  const target t = target::next_trial;
  return {
      {"REML, normal", t, [](const replicate& r) { return of(predict(r.reml, skipka{})); }},
      {"REML, t, k - 1", t, [](const replicate& r) { return of(predict(r.reml, veroniki{})); }},
      {"DerSimonian-Laird, t, k - 2", t, [](const replicate& r) { return of(predict(r.dl, higgins_thompson_spiegelhalter{})); }, 3},
      {"REML, t, k - 2", t, [](const replicate& r) { return of(predict(r.reml, higgins_thompson_spiegelhalter{})); }, 3},
      {"REML, Hartung-Knapp, t, k - 1", t, [](const replicate& r) { return of(predict(r.reml, infer(r.reml, hartung_knapp{}))); }},
      {"REML, Hartung-Knapp, t, k - 2", t, [](const replicate& r) { return of(predict(r.reml, hartung_knapp_prediction{.degrees = prediction_degrees::one_less})); }, 3},
      {"REML, Kenward-Roger", t, [](const replicate& r) { return of(predict(r.reml, kenward_roger_prediction{})); }},
      {"REML, Kenward-Roger, one degree less", t, [](const replicate& r) { return of(predict(r.reml, kenward_roger_prediction{.degrees = prediction_degrees::one_less})); }, 3},
      {"REML, Sidik-Jonkman robust, t, k - 2", t, [](const replicate& r) { return of(predict(r.reml, sidik_jonkman_prediction{})); }, 3},
      {"Nagashima bootstrap, 2,000 draws (1,000 replicates)", t, [](const replicate& r) { return of(predict(r.dl, nagashima{.draws = 2000, .seed = r.seed})); }, 2, 1000},
  };
}

inline std::vector<method> tau2_methods() {
  using namespace metapool;
  const target t = target::tau2;
  return {
      {"Q-profile", t, [](const replicate& r) { return of(q_profile{}(r.reml)); }},
      {"generalised Q, weights 1/se (Jackson; 2,000 replicates)", t, [](const replicate& r) { return of(generalized_q_tau2{}(r.reml)); }, 2, 2000},
      {"generalised Q, weights 1/v (Biggerstaff-Jackson; 2,000 replicates)", t, [](const replicate& r) { return of(generalized_q_tau2{.weights = moment_weights::inverse_variance}(r.reml)); }, 2, 2000},
      {"profile likelihood, restricted", t, [](const replicate& r) { return of(profile_likelihood_tau2{}(r.reml)); }},
      {"profile likelihood, full", t, [](const replicate& r) { return of(profile_likelihood_tau2{.kind = likelihood_kind::full}(r.reml)); }},
      {"Sidik-Jonkman", t, [](const replicate& r) { return of(sidik_jonkman_tau2{}(r.reml)); }},
      {"Wald, REML", t, [](const replicate& r) { return of(wald_tau2{}(r.reml)); }},
  };
}

}  // namespace coverage
