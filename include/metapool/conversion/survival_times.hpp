// SPDX-License-Identifier: BSL-1.0
// Survival times of two arms, and the hazard ratio in them: log-rank and Cox.
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/data/log_rank.hpp>
#include <metapool/effect/effects.hpp>
#include <metapool/math/convergence.hpp>
#include <metapool/math/increasing_root.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace metapool {

/// One patient: followed until `time` (any unit), when the event happened or, without event, follow-up ended.
template <class Real = double>
struct survival_time {
  Real time{};
  bool event = false;
};

namespace detail {

/// One time with events: events and patients at risk of each arm. Who is censored at that time is still at risk.
template <class Real>
struct risk_set {
  Real d1{}, d2{}, n1{}, n2{};
};

template <class Real>
void check_times(const std::vector<survival_time<Real>>& times, const char* function, const char* arm) {
  if (times.empty()) throw_input_error(function, std::string("no patients in the ") + arm + " arm");
  for (std::size_t i = 0; i < times.size(); ++i) {
    if (!(times[i].time >= 0) || !is_finite(times[i].time)) {
      throw_input_error(function, std::string(arm) + " patient " + std::to_string(i + 1) + ": time = " + to_text(times[i].time) + " must be finite and not negative");
    }
  }
}

/// The times with events in rising order.
template <class Real>
std::vector<risk_set<Real>> risk_sets(const std::vector<survival_time<Real>>& treated, const std::vector<survival_time<Real>>& control, const char* function) {
  check_times(treated, function, "treated");
  check_times(control, function, "control");
  struct entry {
    Real time;
    bool event;
    bool treated;
  };
  std::vector<entry> all;
  all.reserve(treated.size() + control.size());
  for (const auto& x : treated) all.push_back({x.time, x.event, true});
  for (const auto& x : control) all.push_back({x.time, x.event, false});
  std::sort(all.begin(), all.end(), [](const entry& a, const entry& b) { return a.time < b.time; });
  Real n1 = Real(treated.size()), n2 = Real(control.size());
  std::vector<risk_set<Real>> sets;
  for (std::size_t i = 0; i < all.size();) {
    risk_set<Real> s{Real(0), Real(0), n1, n2};
    const Real now = all[i].time;
    for (; i < all.size() && all[i].time == now; ++i) {
      if (all[i].event) (all[i].treated ? s.d1 : s.d2) += 1;
      (all[i].treated ? n1 : n2) -= 1;
    }
    if (s.d1 + s.d2 > 0) sets.push_back(s);
  }
  if (sets.empty()) throw_not_estimable(function, "no patient had the event");
  return sets;
}

}  // namespace detail

/// The log-rank test's numbers. expected: events that each arm would have if the hazards were the same.
template <class Real = double>
struct log_rank_result {
  Real treated_events{};
  Real control_events{};
  Real treated_expected{};
  Real control_expected{};
  Real v{};  ///< hypergeometric variance of treated_events
  Real chi_squared() const { return (treated_events - treated_expected) * (treated_events - treated_expected) / v; }
  /// As a trial for effect_sizes(trials, hazard_ratio{}): Peto's (O - E) / V.
  log_rank<Real> statistics(std::string label = {}) const { return {std::move(label), Real(treated_events - treated_expected), v}; }
};

/// Log-rank comparison of two arms. Throws input_error if an arm is empty or a time is negative or not finite; not_estimable if there are
/// no events, or at every one of them only one arm is at risk. 13 significant digits.
/// Mantel (1966) Cancer Chemother Rep 50:163; Peto & Peto (1972) J R Stat Soc A 135:185, doi:10.2307/2344317.
template <class Real>
log_rank_result<Real> log_rank_test(const std::vector<survival_time<Real>>& treated, const std::vector<survival_time<Real>>& control) {
  constexpr const char* function = "log_rank_test";
  log_rank_result<Real> r;
  for (const auto& s : detail::risk_sets(treated, control, function)) {
    const Real n = s.n1 + s.n2, d = s.d1 + s.d2;
    r.treated_events += s.d1;
    r.control_events += s.d2;
    r.treated_expected += d * s.n1 / n;
    r.control_expected += d * s.n2 / n;
    if (n > 1) r.v += d * (s.n1 / n) * (s.n2 / n) * (n - d) / (n - 1);
  }
  if (!(r.v > 0)) detail::throw_not_estimable(function, "at every event only one arm is at risk");
  return r;
}

/// Pike's log hazard ratio: y = log((O1 / E1) / (O2 / E2)), v = 1 / E1 + 1 / E2. Closer to Cox's than Peto's (O - E) / V far from no effect.
/// Throws not_estimable if an arm has no events. Pike (1972) in the discussion of Peto & Peto (1972).
template <class Real>
effect<Real> pike_log_hazard_ratio(const log_rank_result<Real>& x) {
  using std::log;
  if (!(x.treated_events > 0 && x.control_events > 0 && x.treated_expected > 0 && x.control_expected > 0)) {
    detail::throw_not_estimable("pike_log_hazard_ratio", "an arm has no events");
  }
  return {Real(log(Real(x.treated_events / x.treated_expected * (x.control_expected / x.control_events)))),
          Real(1 / x.treated_expected + 1 / x.control_expected)};
}

/// How Cox's partial likelihood counts patients whose events fall on the same time.
enum class cox_ties : std::uint8_t { efron, breslow };

/// A Cox model with the arm as its only covariate.
template <class Real = double>
struct cox_result {
  effect<Real> log_hazard_ratio{};  ///< treated against control; v from the observed information
  cox_ties ties = cox_ties::efron;
  metapool::convergence<Real> convergence{};
};

/// Log hazard ratio of two arms by Cox's proportional hazards model. Throws input_error as log_rank_test; not_estimable if the estimate is
/// infinite: no event in one arm while the other is at risk. 12 significant digits: the score is a falling function of one number, its
/// root is bracketed. Cox (1972) J R Stat Soc B 34:187; Efron (1977) J Am Stat Assoc 72:557; Breslow (1974) Biometrics 30:89.
template <class Real>
cox_result<Real> cox_regression(const std::vector<survival_time<Real>>& treated, const std::vector<survival_time<Real>>& control,
                                cox_ties ties = cox_ties::efron) {
  using std::exp, std::sqrt;
  constexpr const char* function = "cox_regression";
  const auto sets = detail::risk_sets(treated, control, function);
  bool treated_fail = false, control_fail = false;
  for (const auto& s : sets) {
    treated_fail = treated_fail || (s.d1 > 0 && s.n2 > 0);
    control_fail = control_fail || (s.d2 > 0 && s.n1 > 0);
  }
  if (!treated_fail || !control_fail) detail::throw_not_estimable(function, "one arm has no event while the other is at risk: the hazard ratio is infinite or 0");

  struct score_and_information {
    Real score{};
    Real information{};
  };
  const auto at = [&](const Real& beta) {
    score_and_information r;
    const bool up = beta > 0;
    const Real ratio = exp(up ? Real(-beta) : beta);  // at most 1
    for (const auto& s : sets) {
      const Real d = s.d1 + s.d2;
      const auto add = [&](const Real& n1, const Real& n2, const Real& times) {
        const Real a = up ? n1 : Real(n1 * ratio), b = up ? Real(n2 * ratio) : n2;
        const Real sum = a + b;
        // events of the arm less their expectation, d1 b - d2 a over the sum, so that neither end cancels
        r.score += times / d * (s.d1 * (b / sum) - s.d2 * (a / sum));
        r.information += times * (a / sum) * (b / sum);
      };
      if (ties == cox_ties::breslow) {
        add(s.n1, s.n2, d);
      } else {
        for (Real l = 0; l < d; l += 1) add(Real(s.n1 - l / d * s.d1), Real(s.n2 - l / d * s.d2), Real(1));
      }
    }
    return r;
  };
  cox_result<Real> result;
  result.ties = ties;
  const Real unit = sqrt(at(Real(0)).information);
  const auto f = [&](const Real& beta) {
    const auto r = at(beta);
    return detail::value_and_slope<Real>{Real(-r.score / unit), Real(r.information / unit)};
  };
  const Real beta = detail::increasing_root(f, Real(0), Real(1), result.convergence);
  result.log_hazard_ratio = {beta, Real(1 / at(beta).information)};
  return result;
}

}  // namespace metapool
