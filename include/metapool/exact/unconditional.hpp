// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/binary_trial.hpp>
#include <metapool/effect/risk_difference.hpp>
#include <metapool/effect/risk_ratio.hpp>
#include <metapool/effect/scale.hpp>
#include <metapool/exact/miettinen_nurminen.hpp>
#include <metapool/exact/unconditional_test.hpp>
#include <metapool/inference/result.hpp>
#include <metapool/math/arithmetic.hpp>
#include <metapool/math/convergence.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

namespace metapool {

/// Which tests an unconditional exact interval inverts.
enum class unconditional_tests : std::uint8_t {
  two_one_sided,  ///< each limit by a one-sided test of (1 - level)/2: Chan and Zhang; no more than that error on either side
  one_two_sided   ///< one test of 1 - level by the absolute score: Agresti and Min; mostly shorter
};

/// Options of unconditional_interval.
struct unconditional_options {
  double level = 0.95;
  unconditional_tests tests = unconditional_tests::two_one_sided;
  /// Error spent on the control risk: it is sought in its exact interval of confidence 1 - nuisance_error only, and nuisance_error is added to each
  /// p-value (Berger and Boos). Still exact; 1e-6 (StatXact's) is faster with large arms. 0: every risk.
  double nuisance_error = 0;
};

/// An exact interval of one trial that does not fix the number of events. Natural scale: difference or ratio of risks, treated against control.
template <class Real = double>
struct unconditional_result {
  using real_type = Real;
  measure_info measure{};
  std::string method{};             ///< "Chan-Zhang" or "Agresti-Min"
  std::optional<Real> estimate{};   ///< of the observed risks; infinite without control events, empty if 0 / 0
  Real lower{};
  Real upper{};
  interval_state state = interval_state::regular;  ///< open_lower: a ratio's lower is 0; open_upper: its upper is infinite; unbounded: both
  double level = 0.95;
  Real statistic{};                 ///< the score of no effect
  Real p{};                         ///< two-sided, of no effect: twice the smaller one-sided p (at most 1), or that of the absolute score
  metapool::convergence<Real> convergence{};
};

namespace detail {

/// The lower limit of the effect: that of the table with exchanged arms gives the upper one.
template <bool ratio, class Real>
Real unconditional_lower_limit(const two_by_two<Real>& t, const unconditional_options& options, convergence<Real>& state) {
  using std::exp, std::log;
  const bool one_sided = options.tests == unconditional_tests::two_one_sided;
  const Real alpha = one_sided ? tail_of_level<Real>(options.level) : Real(2 * tail_of_level<Real>(options.level));
  unconditional_test<Real, ratio> test(t, one_sided, Real(options.nuisance_error));
  const auto effect = [](const Real& x) { return ratio ? Real(exp(x)) : x; };
  const auto excess = [&](const Real& a, const Real& b) {
    return Real(a == b ? test.p(effect(a)) - alpha : test.bound(effect(a), effect(b), alpha) - alpha);
  };
  const auto rising = [&](const Real& a, const Real& b) { return one_sided && test.constant(effect(a), effect(b)); };
  if constexpr (ratio) {
    if (t.a == 0) return Real(0);
    const Real most = log((std::numeric_limits<Real>::max)()) * Real(2) / 5;
    const Real estimate = t.c == 0 ? most : Real(log((t.a * t.control_total()) / (t.c * t.treated_total())));
    return exp(first_accepted(excess, rising, Real(-most), estimate, std::optional<Real>(Real(0)), Real(8 * std::numeric_limits<Real>::epsilon()), state));
  } else {
    const Real estimate = difference_of_products(t.a, t.d, t.b, t.c) / (t.treated_total() * t.control_total());
    if (estimate == -1) return Real(-1);
    return first_accepted(excess, rising, Real(-1), estimate, std::optional<Real>(Real(0)), Real(8 * std::numeric_limits<Real>::epsilon()), state);
  }
}

}  // namespace detail

/// Exact interval of the risk difference or risk ratio of one trial, by inverting tests that do not condition on the number of events. An effect is in it
/// if the probability of an outcome whose score statistic is as far from that effect, or farther, is above the error allowed for some risk of the control arm: the
/// largest over all of them counts. So it covers at least `level` whatever the risks, as far as that largest probability is found (below). Risks of 0 and 1 need no correction.
///
///     unconditional_interval(trial, risk_difference{});                                                      // Chan and Zhang
///     unconditional_interval(trial, risk_ratio{}, {.tests = unconditional_tests::one_two_sided});            // Agresti and Min
///
/// Where the effects accepted leave gaps, which such tests may do, the interval runs from the smallest to the largest. A ratio's lower limit is 0 if no
/// treated patient has the event, its upper limit infinite if no control patient has.
/// Throws input_error on bad counts, an arm of more than 10000 patients, a level not in (0, 1) or a nuisance_error not in [0, (1 - level)/2); not_estimable if a count is missing;
/// convergence_error if a search failed.
/// Method: the score of Miettinen and Nurminen orders the outcomes; the largest probability is found from a grid with a cell a standard error by halving
/// the cells that could hold it, by a bound on its curvature that is tested, not proven (nuisance_maximum.hpp; 12 digits), the limits by ranges of effects bounded as a whole, so that none between them is
/// missed (10 digits, where a limit is a jump of the p-value as where it is a crossing). Time: some milliseconds for 10 patients an arm; for 100 (300) an arm
/// some 0.3 s (0.7 s) of a difference and 0.03 s (0.3 s) of a ratio.
/// Chan & Zhang (1999) Biometrics 55:1202; Agresti & Min (2001) Biometrics 57:963; Berger & Boos (1994) J Am Stat Assoc 89:1012.
template <class Real, score_measure Measure>
unconditional_result<Real> unconditional_interval(const binary_trial<Real>& trial, const Measure&, const unconditional_options& options = {}) {
  constexpr bool ratio = std::same_as<Measure, risk_ratio>;
  constexpr const char* function = "unconditional_interval";
  detail::check_level(function, options.level);
  if (!(options.nuisance_error >= 0 && options.nuisance_error < (1 - options.level) / 2)) {
    detail::throw_input_error(function, "nuisance_error = " + detail::to_text(options.nuisance_error) + " must be at least 0 and less than (1 - level)/2");
  }
  check(trial, function);
  if (!is_complete(trial)) detail::throw_not_estimable(function, "study '" + trial.label + "' does not report all four counts");
  const Real most = 10000;
  if (!(*trial.treated.total <= most)) detail::throw_study_error(function, trial.label, "treated.total", *trial.treated.total, "is more than the 10000 patients an arm that can be enumerated");
  if (!(*trial.control.total <= most)) detail::throw_study_error(function, trial.label, "control.total", *trial.control.total, "is more than the 10000 patients an arm that can be enumerated");
  const two_by_two<Real> t = table_of(trial), back{t.c, t.d, t.a, t.b};
  const Real infinity = std::numeric_limits<Real>::infinity();
  unconditional_result<Real> r;
  r.measure = Measure::info;
  r.level = options.level;
  const bool one_sided = options.tests == unconditional_tests::two_one_sided;
  r.method = one_sided ? "Chan-Zhang" : "Agresti-Min";

  const Real lower = detail::unconditional_lower_limit<ratio>(t, options, r.convergence);
  const Real mirror = detail::unconditional_lower_limit<ratio>(back, options, r.convergence);
  r.lower = lower;
  if constexpr (ratio) {
    r.upper = mirror > 0 ? Real(1 / mirror) : infinity;
    if (!(t.a == 0 && t.c == 0)) r.estimate = t.c == 0 ? infinity : Real((t.a * t.control_total()) / (t.c * t.treated_total()));
    r.state = t.a == 0 && t.c == 0 ? interval_state::unbounded
              : t.a == 0           ? interval_state::open_lower
              : t.c == 0           ? interval_state::open_upper
                                   : interval_state::regular;
  } else {
    r.upper = -mirror;
    r.estimate = detail::difference_of_products(t.a, t.d, t.b, t.c) / (t.treated_total() * t.control_total());
  }
  const Real none = ratio ? Real(1) : Real(0);
  r.statistic = detail::score_of_table<ratio>(t, none);
  detail::unconditional_test<Real, ratio> test(r.statistic >= 0 ? t : back, one_sided, Real(options.nuisance_error));
  const Real p = test.p(none);
  r.p = one_sided ? (std::min)(Real(1), Real(2 * p)) : p;
  if (!r.convergence.converged) throw convergence_error("unconditional_interval: the search for a limit did not converge");
  return r;
}

}  // namespace metapool
