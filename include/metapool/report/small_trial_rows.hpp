// SPDX-License-Identifier: BSL-1.0
// One row a method for small_trial_report (small_trials.hpp).
#pragma once

#include <metapool/bayes/binomial_normal.hpp>
#include <metapool/bayes/normal_normal.hpp>
#include <metapool/bayes/summarise.hpp>
#include <metapool/effect/binary_effects.hpp>
#include <metapool/effect/odds_ratio.hpp>
#include <metapool/effect/risk_difference.hpp>
#include <metapool/effect/risk_ratio.hpp>
#include <metapool/exact/common_odds_ratio.hpp>
#include <metapool/exact/liu_liu_xie.hpp>
#include <metapool/exact/tian.hpp>
#include <metapool/inference/glmm_inference.hpp>
#include <metapool/inference/hartung_knapp.hpp>
#include <metapool/inference/infer.hpp>
#include <metapool/inference/wald.hpp>
#include <metapool/model/beta_binomial.hpp>
#include <metapool/model/conditional_glmm.hpp>
#include <metapool/model/log_binomial.hpp>
#include <metapool/model/mantel_haenszel.hpp>
#include <metapool/model/penalised_logistic.hpp>
#include <metapool/model/peto.hpp>
#include <metapool/model/random_effects.hpp>
#include <metapool/model/unconditional_glmm.hpp>
#include <metapool/report/small_trial_analysis.hpp>
#include <metapool/tau2/dersimonian_laird.hpp>
#include <metapool/tau2/reml.hpp>
#include <metapool/text/number_text.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace metapool {

namespace detail {

/// Builds the rows. A method that cannot answer says why in its row; bad counts are refused before.
template <class Real, class Trials>
class small_trial_rows {
 public:
  small_trial_rows(const Trials& trials, const situation& s, const small_trial_options& options) : trials_(trials), s_(s), options_(options) {}

  std::vector<small_trial_analysis<Real>> all() {
    one_effect();
    varying_effects();
    bayes();
    return std::move(rows_);
  }

 private:
  using row = small_trial_analysis<Real>;

  template <class F>
  void add(std::string method, const char* measure, effects_are effects, std::string assumes, std::string fails, bool fails_here, const F& compute) {
    row r;
    r.method = std::move(method);
    r.measure = measure;
    r.effects = effects;
    r.assumes = std::move(assumes);
    r.fails = std::move(fails);
    r.fails_here = fails_here;
    row answer = r;
    try {
      compute(answer);
      rows_.push_back(std::move(answer));
    } catch (const error& e) {  // the library's own: not estimable, not converged, out of the method's domain
      r.refused = e.what();
      rows_.push_back(std::move(r));
    }
  }

  void take(row& r, const mean_inference<Real>& m, std::size_t k) const {
    const auto n = m.natural();
    r.k = k;
    r.estimate = n.estimate;
    r.lower = n.lower;
    r.upper = n.upper;
    r.state = m.state;
    r.p = m.p;
  }

  Real largest_arm() const {
    Real most = 0;
    for (const auto& t : trials_) most = (std::max)({most, *t.treated.total, *t.control.total});
    return most;
  }
  bool differ() const { return s_.q_p && *s_.q_p < 0.1; }
  bool few_events() const { return s_.events < 20; }
  bool few_trials() const { return s_.k < 5; }

  void one_effect() {
    const std::string one = "one effect in all trials";
    const std::string normal = "the pooled estimate is normal";
    const std::string wrong_if_varying = "too sure if effects vary";
    const std::string mh_fails = wrong_if_varying + "; its normal interval is rough with a handful of events in all";
    const wald_z wald{.level = options_.level};
    const auto mantel = [&](const auto& measure) {
      return [this, measure, wald](row& r) {
        const auto fit = mantel_haenszel(trials_, measure);
        take(r, infer(fit, wald), fit.k());
      };
    };
    add("Mantel-Haenszel", "RR", effects_are::one, one + "; " + normal, mh_fails, differ() || few_events(), mantel(risk_ratio{}));
    add("Mantel-Haenszel", "OR", effects_are::one, one + "; " + normal, mh_fails, differ() || few_events(), mantel(odds_ratio{}));
    add("Mantel-Haenszel, trials without events counted", "RD", effects_are::one, one + ", as a difference; " + normal,
        "risks that differ between trials make one difference unlikely; little power with rare events (Bradburn et al. 2007)", s_.risk() < 0.01 || differ(), mantel(risk_difference{}));
    add("Peto", "OR", effects_are::one, one + ", and near 1", "biased with arms of unequal size (Sweeting et al. 2004) or large effects; others are less biased where risks are above 1 % (Bradburn et al. 2007)",
        s_.arm_ratio > 2 || s_.risk() >= 0.01 || differ(), [&](row& r) {
          const auto fit = peto(trials_);
          take(r, infer(fit, wald), fit.k());
        });
    const auto exact = [&](bool mid_p) {
      return [this, mid_p](row& r) {
        const auto e = exact_common_odds_ratio(trials_, exact_common_odds_ratio_options{.level = options_.level});
        if (!e.odds_ratio) throw_not_estimable("exact_common_odds_ratio", "no trial has both events and patients without");
        const auto& ends = mid_p ? e.mid_p : e.exact;
        r.k = e.tables;
        r.estimate = *e.odds_ratio;
        r.lower = ends.lower;
        r.upper = ends.upper;
        r.state = ends.state;
        r.p = mid_p ? e.p_mid : e.p_central;
      };
    };
    add("Conditional, exact interval", "OR", effects_are::one, one, wrong_if_varying + "; otherwise never too short, but long (Agresti 2003)", differ(), exact(false));
    add("Conditional, mid-p interval", "OR", effects_are::one, one, wrong_if_varying + "; holds its level on average, not always (Agresti 2003)", differ(), exact(true));
    add("Liu, Liu and Xie's combination of mid-p-values", "OR", effects_are::one, one, wrong_if_varying + "; mid-p-values hold their level on average, not always", differ(), [&](row& r) {
      const auto l = liu_liu_xie(trials_, liu_liu_xie_options{.level = options_.level});
      if (!l.odds_ratio) throw_not_estimable("liu_liu_xie", "no trial has both events and patients without");
      r.k = l.tables;
      r.estimate = l.odds_ratio;
      r.lower = l.lower;
      r.upper = l.upper;
      r.state = l.state;
      r.p = l.p;
    });
    const auto by_profile = [&](const auto& fit_of) {
      return [this, fit_of](row& r) {
        const auto fit = fit_of(trials_);
        take(r, infer(fit, glmm_profile_likelihood{.level = options_.level}), fit.k);
      };
    };
    add("Log-binomial, profile likelihood", "RR", effects_are::one, one + "; as many events as make the likelihood ratio nearly chi-squared",
        wrong_if_varying + "; rough where trials are tiny, as each has a level of its own", differ() || few_events(), by_profile([](const auto& t) { return log_binomial(t); }));
    add("Firth's penalised logistic, profile likelihood", "OR", effects_are::one, one + "; trials without events count", wrong_if_varying + "; leans on its penalty where events are very few", differ(),
        by_profile([](const auto& t) { return penalised_logistic(t); }));
    const auto combined = [&](const auto& measure) {
      return [this, measure](row& r) {
        if (largest_arm() > 400) throw_not_estimable("tian_combination", "arms of more than 400 patients take some seconds; call it by itself");
        const auto t = tian_combination(trials_, measure, tian_options{.level = options_.level});
        r.k = t.tables;
        r.estimate = t.estimate;
        if (!t.estimate) throw_not_estimable("tian_combination", "every value is compatible with these trials");
        r.lower = t.lower;
        r.upper = t.upper;
        r.state = t.state;
        r.p = t.p;
      };
    };
    const std::string tian_fails = wrong_if_varying + "; otherwise never too short (Tian et al. 2009), but long";
    const std::string by_ratio = ", and longer still as a ratio with each trial without events, which every ratio fits";
    add("Tian's combination of exact intervals", "RD", effects_are::one, one + ", as a difference; trials without events count", tian_fails, differ(), combined(risk_difference{}));
    add("Tian's combination of exact intervals", "RR", effects_are::one, one + "; trials without events count", tian_fails + by_ratio, differ() || s_.double_zeros > 0, combined(risk_ratio{}));
  }

  void varying_effects() {
    const std::string varying = "effects vary normally on the log scale";
    const std::string added = "; within-trial variances known; 0.5 added to tables with a zero";
    const std::string zeros = "biased by the added 0.5 (Sweeting et al. 2004), trials without events left out";
    const auto effects = [&] { return effect_sizes(trials_, risk_ratio{}); };
    add("DerSimonian-Laird, Wald", "RR", effects_are::varying, varying + added, zeros + "; too short with few trials (IntHout et al. 2014)", s_.zero_cells > 0 || s_.k < 20,
        [&](row& r) {
          const auto fit = random_effects(effects(), dersimonian_laird{});
          take(r, infer(fit, wald_z{.level = options_.level}), fit.k());
          set_tau(r, *fit.tau2);
        });
    add("REML, Hartung-Knapp at least Wald", "RR", effects_are::varying, varying + added, zeros + "; very long with fewer than 5 trials (Friede et al. 2017; Felsch et al. 2022)",
        s_.zero_cells > 0 || few_trials(), [&](row& r) {
          const auto fit = random_effects(effects(), reml{});
          take(r, infer(fit, hartung_knapp{.level = options_.level, .floor = Real(1)}), fit.k());
          set_tau(r, *fit.tau2);
        });
    const std::string likelihood = "large samples of trials for tau and the interval";
    const std::string tau_zero = "with few trials maximum likelihood takes tau for too small (Viechtbauer 2005), and the interval tends to be too short (Bakbergenuly & Kulinskaya 2018)";
    const auto mixed = [&](const auto& measure, const auto& model) {
      return [this, measure, model](row& r) {
        const auto fit = glmm(trials_, measure, model);
        take(r, infer(fit, glmm_profile_likelihood{.level = options_.level}), fit.k);
        if (fit.state == estimate_state::finite) set_tau(r, fit.tau2);
      };
    };
    add("Hypergeometric-normal (CM.EL)", "OR", effects_are::varying, varying + "; " + likelihood, tau_zero, s_.k < 10, mixed(odds_ratio{}, conditional_exact{}));
    add("Binomial-normal, a level for each trial (UM.FS)", "OR", effects_are::varying, varying + "; " + likelihood,
        tau_zero + "; biased away from 1 where trials are tiny, as each has a level of its own (Breslow 1981)", s_.k < 10 || s_.events < 5 * static_cast<double>(s_.k),
        mixed(odds_ratio{}, fixed_study_effects{}));
    add("Binomial-normal, normal levels (UM.RS)", "OR", effects_are::varying, varying + "; control risks normal on the logit scale; " + likelihood, tau_zero, s_.k < 10,
        mixed(odds_ratio{}, random_study_effects{}));
    add("Conditional binomial-normal (CM.AL)", "RR", effects_are::varying, varying + "; risks small, so that counts are nearly Poisson; " + likelihood,
        tau_zero + "; too unsure where risks are not small (Zou 2004), by some 5 % of the standard error at 10 %", s_.k < 10 || s_.largest_risk > 0.1, mixed(risk_ratio{}, conditional_approximate{}));
    add("Beta-binomial, common correlation", "RR", effects_are::varying, "risks of each arm follow a beta distribution, the arms of a trial unrelated; trials without events count (Kuss 2015)",
        "patients are compared across trials, not only within them (Felsch et al. 2022): where allocation is unequal and risks differ, one is taken for the other", s_.arm_ratio > 1.5, [&](row& r) {
          const auto fit = beta_binomial(trials_, risk_ratio{}, common_correlation{});
          take(r, infer(fit, glmm_profile_likelihood{.level = options_.level}), fit.k);
        });
  }

  void bayes() {
    const std::string prior = "tau half-normal with scale " + to_short_text(options_.tau_scale, 2) + ", flat prior of the mean";
    add("Bayes, normal-normal", "RR", effects_are::varying, "effects vary normally on the log scale; " + prior + "; 0.5 added to tables with a zero",
        "biased by the added 0.5 (Sweeting et al. 2004), trials without events left out; rests on the prior of tau where trials are few (Friede et al. 2017)", s_.zero_cells > 0, [&](row& r) {
          const auto e = effect_sizes(trials_, risk_ratio{});
          const auto posterior = normal_normal(e, half_normal(options_.tau_scale));
          take_posterior(r, posterior, e.size());
        });
    const auto exact = [&](const auto& measure, std::size_t k) {
      return [this, measure, k](row& r) { take_posterior(r, binomial_normal(trials_, measure, half_normal(options_.tau_scale)), k); };
    };
    const auto informs = [](const auto& t) { return *t.treated.events + *t.control.events > 0 && *t.treated.events + *t.control.events < *t.treated.total + *t.control.total; };
    const std::string rests = "rests on the priors where trials or events are few (Friede et al. 2017)";
    add("Bayes, binomial likelihood", "RR", effects_are::varying,
        "effects vary normally on the log scale; " + prior + "; a trial's level, the geometric mean of its risks, has a beta(0.1, 1) prior; trials without events count", rests,
        few_events() || few_trials(), exact(risk_ratio{}, trials_.size()));
    add("Bayes, binomial likelihood given the margins", "OR", effects_are::varying, "effects vary normally on the log scale; " + prior, rests, few_events() || few_trials(),
        exact(odds_ratio{}, static_cast<std::size_t>(std::count_if(trials_.begin(), trials_.end(), informs))));
  }

  template <class Posterior>
  void take_posterior(row& r, const Posterior& posterior, std::size_t k) const {
    using std::exp;
    const Real half = tail_of_level<Real>(options_.level);
    r.k = k;
    r.estimate = exp(posterior.mean().quantile(Real(Real(1) / 2)));
    r.lower = exp(posterior.mean().quantile(half));
    r.upper = exp(posterior.mean().upper_quantile(half));
    r.probability_below = posterior.mean().cdf(Real(0));
    r.tau = posterior.tau().quantile(Real(Real(1) / 2));
  }

  void set_tau(row& r, const Real& tau2) const {
    using std::sqrt;
    r.tau = sqrt(tau2);
  }

  const Trials& trials_;
  const situation& s_;
  const small_trial_options& options_;
  std::vector<row> rows_{};
};

}  // namespace detail

}  // namespace metapool
