// SPDX-License-Identifier: BSL-1.0
// A review's stored results against the same results computed anew.
#pragma once

#include <metapool/data/revman.hpp>
#include <metapool/effect/mean_difference.hpp>
#include <metapool/effect/reported_effects.hpp>
#include <metapool/effect/revman_smd.hpp>
#include <metapool/inference/heterogeneity.hpp>
#include <metapool/inference/infer.hpp>
#include <metapool/inference/subgroup_test.hpp>
#include <metapool/model/common_effect.hpp>
#include <metapool/model/peto.hpp>
#include <metapool/model/revman_random_effects.hpp>
#include <metapool/text/columns.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace metapool {

/// One stored number and what it comes out as. digits: significant digits that agree, at most 15 (numbers below 1e-6 are counted as if they
/// were that large, a stored 0 by the absolute difference).
template <class Real = double>
struct verified_number {
  std::string place{};   ///< "1.2 Death by dose / Group 1 / Cy-1 2020"
  std::string field{};   ///< "effect", "lower", "weight", "tau2", ...
  Real stored{};
  Real recomputed{};
  double digits = 0;
  bool agrees = false;   ///< at least as many digits as were asked for (see verify_options)
};

/// What came of a verification: every stored number that was recomputed, and in notes what could not be and why.
template <class Real = double>
struct verification {
  std::vector<verified_number<Real>> numbers{};
  std::vector<std::string> notes{};
  std::size_t disagreements() const {
    return static_cast<std::size_t>(std::count_if(numbers.begin(), numbers.end(), [](const auto& n) { return !n.agrees; }));
  }
  /// True if something was compared and all of it agrees.
  bool all_agree() const { return !numbers.empty() && disagreements() == 0; }
  /// The fewest digits of any number; empty if nothing was compared.
  std::optional<double> fewest_digits() const {
    std::optional<double> least;
    for (const auto& n : numbers) least = least ? (std::min)(*least, n.digits) : n.digits;
    return least;
  }
};

/// digits: how many significant digits must agree; of P values no more than 5, for RevMan's own chi-squared tail is good for about 6.
/// A file that holds rounded results (two decimals, say) needs fewer.
struct verify_options {
  double digits = 6;
};

namespace detail {

template <class Real>
double digits_agreed(const Real& stored, const Real& recomputed) {
  using std::fabs;
  constexpr double most = 15;
  const double difference = static_cast<double>(Real(fabs(stored - recomputed)));
  const double size = static_cast<double>(Real(fabs(stored)));
  const double relative = size == 0 ? difference : difference / (std::max)(size, 1e-6);
  if (!(relative > 1e-15)) return relative >= 0 ? most : 0;
  return (std::max)(0.0, -std::log10(relative));
}

/// A pooled result with the Q that RevMan shows beside it.
template <class Real>
struct revman_fit {
  model_fit<Real> fit{};
  Real q{};
};

/// What is added to tables with a zero cell: to the studies' own, and before summing over tables.
struct revman_zero_cells {
  bool studies = true, pooled = true;
};

template <class Real>
revman_fit<Real> revman_pool(effects<Real> data, const revman_outcome<Real>& o) {
  revman_fit<Real> r;
  if (!o.random) {
    r.fit = common_effect(std::move(data));
  } else if (o.tau2 == revman_tau2::reml) {
    r.fit = random_effects(std::move(data), reml{});
  } else {
    r.fit = random_effects(std::move(data), dersimonian_laird{});
  }
  r.q = r.fit.q;
  return r;
}

template <class Real, class Measure>
revman_fit<Real> revman_binary(const revman_outcome<Real>& o, const std::vector<binary_trial<Real>>& trials, const Measure& measure, revman_zero_cells zero) {
  const auto policy = [](bool add) { return add ? zero_cell_policy(constant_correction{}) : zero_cell_policy(no_correction{}); };
  const auto data = effect_sizes(trials, measure, policy(zero.studies));
  if (o.method != revman_method::mantel_haenszel) return revman_pool(data, o);
  revman_fit<Real> r;
  r.fit = mantel_haenszel(trials, measure, policy(zero.pooled));
  if (!zero.studies) {  // the studies' own effects as observed
    r.fit.q = 0;
    for (std::size_t i = 0; i < data.size(); ++i) r.fit.q += (data.y[i] - r.fit.estimate) * (data.y[i] - r.fit.estimate) / data.v[i];
    if (data.size() == r.fit.data.size()) r.fit.data = data;
  }
  r.q = r.fit.q;
  if (!o.random) return r;
  const Real around = r.fit.estimate;
  if (data.size() < 2 || o.tau2 == revman_tau2::reml) {
    const Real q = r.q;
    r = revman_pool(data, o);
    r.q = q;
  } else {
    r.fit = random_effects(data, dersimonian_laird_around<Real>{around});
  }
  return r;
}

/// The fit of an outcome or of one of its subgroups by the stored method. Throws input_error on bad data, not_estimable if nothing is left.
template <class Real>
revman_fit<Real> revman_fit_of(const revman_outcome<Real>& o, const revman_subgroup<Real>* group, revman_zero_cells zero) {
  const std::string m = letters<>(o.measure);
  const auto unknown = [&] { throw_input_error("verify", "outcome '" + o.name + "': the effect measure '" + o.measure + "' is not known"); };
  switch (o.data) {
    case revman_data::dichotomous: {
      const auto trials = binary_trials_of(o, group);
      if (o.method == revman_method::peto) {
        revman_fit<Real> r;
        r.fit = peto(trials);
        r.q = r.fit.q;
        return r;
      }
      if (m == "rr" || m.substr(0, 9) == "riskratio") return revman_binary(o, trials, risk_ratio{}, zero);
      if (m == "or" || m.substr(0, 9) == "oddsratio") return revman_binary(o, trials, odds_ratio{}, zero);
      if (m == "rd" || m.substr(0, 14) == "riskdifference") return revman_binary(o, trials, risk_difference{}, zero);
      break;
    }
    case revman_data::continuous:
      if (m == "md" || m == "meandifference") return revman_pool(effect_sizes(continuous_trials_of(o, group), mean_difference{}), o);
      if (m == "smd" || m == "stdmeandifference" || m == "standardizedmeandifference" || m == "standardisedmeandifference") {
        return revman_pool(effect_sizes(continuous_trials_of(o, group), revman_standardized_mean_difference{}), o);
      }
      break;
    case revman_data::generic_inverse_variance:
    case revman_data::o_minus_e: {
      const measure_info info{"effect", "y", "effect", o.ratio ? scale::log : scale::identity};
      return revman_pool(effect_sizes(reported_effects_of(o, group), info), o);
    }
  }
  unknown();
  return {};
}

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
    } catch (const error& e) {
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
    } catch (const error& e) {
      note(place, std::string("the interval cannot be recomputed: ") + e.what());
    }
    if (weight) compare(place, "weight", stored.weight, *weight);
    compare(place, "df", stored.df, Real(static_cast<double>(r.fit.df)));
    if (r.fit.df > 0) {
      const Real df(static_cast<double>(r.fit.df));
      compare(place, "Q", stored.chi2, r.q);
      compare(place, "P of Q", stored.p_chi2, chi_squared_upper_tail<Real>(r.q, df));
      Real i2 = r.q > df ? Real(100 * (r.q - df) / r.q) : Real(0);
      if (o_.tau2 == revman_tau2::reml && o_.random) i2 = 100 * heterogeneity(r.fit).i2_tau2.value_or(Real(0));
      compare(place, "I2", stored.i2, i2);
      compare(place, "tau2", stored.tau2, r.fit.tau2.value_or(Real(0)));
    }
    if (blank_ > 0) note(place, std::to_string(blank_) + (out_.numbers.size() == before ? " results are blank in the file, all there are" : " results are blank in the file"));
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
    const Real df(static_cast<double>(test.df));
    compare(place_, "I2 between subgroups", o_.stored.between_i2, test.statistic > df ? Real(100 * (test.statistic - df) / test.statistic) : Real(0));
  }

  const revman_outcome<Real>& o_;
  std::string place_;
  verify_options options_;
  revman_zero_cells zero_;
  verification<Real> out_;
  std::size_t blank_ = 0;
};

template <class Real>
bool has_zero_cell(const revman_outcome<Real>& o) {
  if (o.data != revman_data::dichotomous || o.method == revman_method::peto) return false;
  for (const auto& s : o.studies) {
    if (!(s.events_1 && s.events_2 && s.total_1 && s.total_2)) continue;
    if (*s.events_1 == 0 || *s.events_2 == 0 || *s.events_1 == *s.total_1 || *s.events_2 == *s.total_2) return true;
  }
  return false;
}

}  // namespace detail

/// Computes every result that the file stores for an outcome anew, by the method that the file names: the studies' effects, intervals, standard
/// errors and weights; for each subgroup and in all the pooled effect, its interval, Z and P, Q with df and P, I2, tau2; the test between
/// subgroups; the totals of patients and events. Fixed: inverse variance, Mantel-Haenszel, Peto or O - E. Random: DerSimonian and Laird, with
/// Q around the Mantel-Haenszel estimate under "Mantel-Haenszel".
///
/// RevMan adds 0.5 to every cell of a study with a zero cell; where its results agree better with nothing added (to the studies' own tables
/// or before pooling) that is taken, and notes says so.
/// Never throws on account of the data: what cannot be computed or is blank in the file is told in notes. Throws input_error if
/// options.digits does not lie in [1, 15].
/// Deeks & Higgins (2010) Statistical algorithms in Review Manager 5.
template <class Real>
verification<Real> verify(const revman_outcome<Real>& outcome, const verify_options& options = {}, const std::string& place = {}) {
  if (!(options.digits >= 1 && options.digits <= 15)) {
    detail::throw_input_error("verify", "digits = " + detail::to_text(options.digits) + " must lie between 1 and 15");
  }
  const std::string where = !place.empty() ? place : outcome.name.empty() ? std::string("outcome") : outcome.name;
  const auto run = [&](detail::revman_zero_cells z) { return detail::outcome_verifier<Real>(outcome, where, options, z).run(); };
  verification<Real> best = run({true, true});
  if (best.disagreements() == 0 || !detail::has_zero_cell(outcome)) return best;
  const std::pair<detail::revman_zero_cells, const char*> others[] = {{{true, false}, "nothing is added before pooling"},
                                                                      {{false, false}, "nothing is added to any table"}};
  const char* taken = nullptr;
  for (const auto& other : others) {
    verification<Real> v = run(other.first);
    if (v.numbers.size() < best.numbers.size() || v.disagreements() >= best.disagreements()) continue;
    best = std::move(v);
    taken = other.second;
  }
  if (taken != nullptr) best.notes.push_back(where + ": zero cells: the stored results agree best if " + taken);
  return best;
}

/// verify of every outcome of a review; what the reader did not understand stands first in notes.
template <class Real>
verification<Real> verify(const revman_review<Real>& review, const verify_options& options = {}) {
  verification<Real> all;
  for (const std::string& s : review.not_understood) all.notes.push_back(s);
  for (const auto& c : review.comparisons) {
    for (const auto& o : c.outcomes) {
      std::string place = c.number;
      place.append(1, '.').append(o.number).append(1, ' ').append(o.name);
      auto v = verify(o, options, place);
      for (auto& n : v.numbers) all.numbers.push_back(std::move(n));
      for (auto& n : v.notes) all.notes.push_back(std::move(n));
    }
  }
  return all;
}

/// The report of a verification: how many numbers agree, every one that does not (or, with `all`, every one) with both values and the digits
/// agreed, and the notes.
template <class Real>
std::string summary(const verification<Real>& v, bool all = false) {
  std::string out = std::to_string(v.numbers.size() - v.disagreements());
  out.append(" of ").append(std::to_string(v.numbers.size())).append(" stored numbers agree");
  if (const auto least = v.fewest_digits()) out.append("; the fewest digits of any: ").append(detail::to_short_text(std::floor(*least * 10) / 10, 3));
  out += "\n";
  if (all || v.disagreements() > 0) {
    detail::aligned_columns table("llrrr");
    table.add({"where", "what", "stored", "recomputed", "digits"});
    table.rule();
    for (const auto& n : v.numbers) {
      if (!all && n.agrees) continue;
      table.add({n.place, n.field, detail::to_short_text(n.stored, 10), detail::to_short_text(n.recomputed, 10), detail::to_short_text(std::floor(n.digits * 10) / 10, 3)});
    }
    out += table.text();
  }
  for (const std::string& note : v.notes) out.append("note: ").append(note).append("\n");
  return out;
}

}  // namespace metapool
