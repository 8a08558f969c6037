// SPDX-License-Identifier: BSL-1.0
// The stored results of one outcome against the same results computed anew.
#pragma once

#include <metapool/inference/heterogeneity.hpp>
#include <metapool/inference/infer.hpp>
#include <metapool/inference/subgroup_test.hpp>
#include <metapool/report/revman_fit.hpp>
#include <metapool/report/stored_intervals.hpp>
#include <metapool/report/verification.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace metapool {

/// digits: how many significant digits must agree; of P values no more than 5, for RevMan's own chi-squared tail is good for about 6.
/// A file that holds rounded results (two decimals, say) needs fewer.
struct verify_options {
  double digits = 6;
};

namespace detail {

template <class Real>
class outcome_verifier {
 public:
  outcome_verifier(const revman_outcome<Real>& o, std::string place, verify_options options, revman_zero_cells zero)
      : o_(o), place_(std::move(place)), options_(options), zero_(zero) {}

  verification<Real> run() {
    const auto whole = attempt(nullptr, place_);
    if (o_.subgroups.empty()) {
      if (whole) studies(*whole, *whole, 0, o_.studies.size(), place_);
    } else {
      subgroups(whole);
    }
    if (o_.totals == revman_totals::all) {
      if (whole) pooled(o_.stored, *whole, place_, o_.stored.weight ? std::optional<Real>(Real(100)) : std::nullopt);
      totals(o_.stored, 0, o_.studies.size(), place_);
    }
    return std::move(out_);
  }

 private:
  void compare(const std::string& place, const char* field, const std::optional<Real>& stored, const Real& recomputed) {
    if (!stored) {
      ++blank_;
      return;
    }
    verified_number<Real> n{place, field, *stored, recomputed, digits_agreed(*stored, recomputed), false};
    n.agrees = n.digits >= (field[0] == 'P' ? (std::min)(options_.digits, 5.0) : options_.digits);
    out_.numbers.push_back(std::move(n));
  }
  void note(const std::string& place, const std::string& what) {
    std::string s = place;
    s.append(": ").append(what);
    if (std::find(out_.notes.begin(), out_.notes.end(), s) == out_.notes.end()) out_.notes.push_back(std::move(s));
  }
  std::optional<revman_fit<Real>> attempt(const revman_subgroup<Real>* group, const std::string& place) {
    try {
      return revman_fit_of(o_, group, zero_);
    } catch (const std::exception& e) {
      const bool nothing_stored = !(group == nullptr ? o_.stored : group->stored).effect;
      note(place, std::string(nothing_stored ? "nothing is stored, and nothing can be computed: " : "cannot be recomputed: ") + e.what());
      return std::nullopt;
    }
  }
  Real natural(const Real& y) const { return to_natural(o_.ratio ? scale::log : scale::identity, y); }

  /// The studies [first, first + count): effects from `own`, weights from `weighing`, whose first study is number `offset` of the outcome.
  void studies(const revman_fit<Real>& own, const revman_fit<Real>& weighing, std::size_t first, std::size_t count, const std::string& place,
               std::size_t weighing_first = 0) {
    using std::sqrt;
    const Real z = normal_critical<Real>(o_.level_studies);
    for (std::size_t i = first; i < first + count; ++i) {
      const revman_study<Real>& s = o_.studies[i];
      std::string here = place;
      here.append(" / ").append(s.label);
      const auto at = position(own.fit.data, i - first);
      if (at.has_value() != s.estimable) {
        note(here, s.estimable ? "the file calls it estimable; here it is " + describe(own.fit.data.audit[i - first])
                               : std::string("the file calls it not estimable; here it has an effect"));
      }
      if (!at || !s.estimable) continue;
      const Real y = own.fit.data.y[*at], se = sqrt(own.fit.data.v[*at]);
      compare(here, "effect", s.stored.effect, natural(y));
      compare(here, "lower", s.stored.lower, natural(Real(y - z * se)));
      compare(here, "upper", s.stored.upper, natural(Real(y + z * se)));
      if (s.stored.se) compare(here, "se", s.stored.se, se);
      if (o_.totals == revman_totals::none) continue;
      if (const auto w = position(weighing.fit.data, i - weighing_first)) compare(here, "weight", s.stored.weight, Real(100 * weighing.fit.weights[*w]));
    }
  }
  static std::optional<std::size_t> position(const effects<Real>& e, std::size_t trial) {
    const auto it = std::find(e.trial.begin(), e.trial.end(), trial);
    if (it == e.trial.end()) return std::nullopt;
    return static_cast<std::size_t>(it - e.trial.begin());
  }

  void pooled(const revman_results<Real>& stored, const revman_fit<Real>& r, const std::string& place, const std::optional<Real>& weight) {
    using std::fabs;
    blank_ = 0;
    const auto before = out_.numbers.size();
    try {
      const mean_inference<Real> mean = o_.interval == revman_interval::hartung_knapp && o_.random && r.fit.k() > 1
                                            ? infer(r.fit, hartung_knapp{.level = o_.level_total})
                                            : infer(r.fit, wald_z{.level = o_.level_total});
      compare(place, "effect", stored.effect, natural(mean.estimate));
      compare(place, "lower", stored.lower, natural(mean.lower));
      compare(place, "upper", stored.upper, natural(mean.upper));
      compare(place, "Z", stored.z ? std::optional<Real>(fabs(*stored.z)) : stored.z, Real(fabs(mean.statistic)));
      compare(place, "P of Z", stored.p_z, mean.p);
    } catch (const std::exception& e) {
      note(place, std::string("the interval cannot be recomputed: ") + e.what());
    }
    if (weight) compare(place, "weight", stored.weight, *weight);
    compare(place, "df", stored.df, static_cast<Real>(r.fit.df));
    if (r.fit.df > 0 && is_finite(r.q)) {
      const Real df = static_cast<Real>(r.fit.df);
      compare(place, "Q", stored.chi2, r.q);
      compare(place, "P of Q", stored.p_chi2, chi_squared_upper_tail<Real>(r.q, df));
      Real i2 = r.q > df ? Real(100 * (r.q - df) / r.q) : Real(0);
      if (o_.tau2 == revman_tau2::reml && o_.random) i2 = 100 * heterogeneity(r.fit).i2_tau2.value_or(Real(0));
      compare(place, "I2", stored.i2, i2);
      compare(place, "tau2", stored.tau2, r.fit.tau2.value_or(Real(0)));
      if (o_.random) intervals(stored, r.fit, place);
    }
    if (blank_ > 0) note(place, std::to_string(blank_) + (out_.numbers.size() == before ? " results are blank in the file, all there are" : " results are blank in the file"));
  }

  void intervals(const revman_results<Real>& stored, const model_fit<Real>& fit, const std::string& place) {
    const auto both = [&](const std::optional<Real>& lower, const std::optional<Real>& upper, const char* low_field, const char* high_field, const auto& candidate_intervals) {
      if (!lower && !upper) return;  // the program was not asked for it
      const auto candidates = candidate_intervals();
      if (candidates.empty()) {
        note(place, std::string(low_field) + " cannot be recomputed");
        return;
      }
      const std::size_t best = best_interval(lower, upper, candidates);
      compare(place, low_field, lower, candidates[best].lower);
      compare(place, high_field, upper, candidates[best].upper);
      if (best != 0) note(place, std::string("the stored ") + low_field + " agrees best with " + candidates[best].method);
    };
    both(stored.tau2_lower, stored.tau2_upper, "tau2 lower", "tau2 upper", [&] { return tau2_candidates(fit, o_.level_total); });
    const bool adjusted = o_.interval == revman_interval::hartung_knapp;
    both(stored.prediction_lower, stored.prediction_upper, "prediction lower", "prediction upper",
         [&] { return prediction_candidates(fit, adjusted, o_.level_total, o_.ratio ? scale::log : scale::identity); });
  }

  void totals(const revman_results<Real>& stored, std::size_t first, std::size_t count, const std::string& place) {
    const auto sum = [&](const char* field, const std::optional<Real>& total, const std::optional<Real> revman_study<Real>::*member) {
      if (!total) return;
      Real s = 0;
      for (std::size_t i = first; i < first + count; ++i) {
        if (!(o_.studies[i].*member)) return;
        s += *(o_.studies[i].*member);
      }
      compare(place, field, total, s);
    };
    sum("patients 1", stored.total_1, &revman_study<Real>::total_1);
    sum("patients 2", stored.total_2, &revman_study<Real>::total_2);
    if (o_.data == revman_data::dichotomous) {
      sum("events 1", stored.events_1, &revman_study<Real>::events_1);
      sum("events 2", stored.events_2, &revman_study<Real>::events_2);
    }
  }

  void subgroups(const std::optional<revman_fit<Real>>& whole) {
    std::vector<Real> estimate, se;
    for (const auto& g : o_.subgroups) {
      std::string here = place_;
      here.append(" / ").append(g.name);
      if (g.count == 0) {
        note(here, "has no studies");
        continue;
      }
      const auto r = attempt(&g, here);
      if (!r) continue;
      estimate.push_back(r->fit.estimate);
      se.push_back(r->fit.se);
      const bool of_whole = o_.totals == revman_totals::all;
      std::optional<Real> share;
      if (of_whole && whole) {
        share = Real(0);
        for (std::size_t i = 0; i < whole->fit.data.size(); ++i) {
          if (whole->fit.data.trial[i] >= g.first && whole->fit.data.trial[i] < g.first + g.count) *share += 100 * whole->fit.weights[i];
        }
        studies(*r, *whole, g.first, g.count, here);
      } else {
        if (!of_whole) share = Real(100);
        studies(*r, *r, g.first, g.count, here, g.first);
      }
      if (o_.totals != revman_totals::none) pooled(g.stored, *r, here, share);
      totals(g.stored, g.first, g.count, here);
    }
    // RevMan stores zeros where there is no test
    if (estimate.size() < 2 || !o_.stored.between_chi2 || (*o_.stored.between_chi2 == 0 && o_.stored.between_p.value_or(Real(0)) == 0)) return;
    const auto test = between(estimate, se);
    compare(place_, "Q between subgroups", o_.stored.between_chi2, test.statistic);
    compare(place_, "P between subgroups", o_.stored.between_p, test.p);
    const Real df = static_cast<Real>(test.df);
    compare(place_, "I2 between subgroups", o_.stored.between_i2, test.statistic > df ? Real(100 * (test.statistic - df) / test.statistic) : Real(0));
  }

  const revman_outcome<Real>& o_;
  std::string place_;
  verify_options options_;
  revman_zero_cells zero_;
  verification<Real> out_;
  std::size_t blank_ = 0;
};

}  // namespace detail

}  // namespace metapool
