// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/inference/result.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace metapool {

/// Whether patients wish for the event (recovery) or dread it (death).
enum class event_meaning : std::uint8_t { undesirable, desirable };

/// For what a number of patients is needed: to benefit one (NNTB), to harm one (NNTH), or neither as the arms do not differ.
enum class needed_for : std::uint8_t { benefit, harm, neither };

/// A number needed to treat with its side. value: patients, at least 1; empty stands for infinity (then the side is neither).
template <class Real = double>
struct number_needed {
  needed_for side = needed_for::neither;
  std::optional<Real> value{};
};

/// The absolute effect of a treatment at one baseline risk, and the number needed to treat. Risks are fractions.
///
/// The interval of the number needed runs from `best` (that of the largest benefit) to `worst`. If it is compatible with benefit and
/// with harm, it passes through infinity and not through zero: NNTB best ... infinity ... NNTH worst (Altman).
template <class Real = double>
struct number_needed_result {
  using real_type = Real;
  measure_info measure{};                    ///< of the pooled effect that went in
  event_meaning event = event_meaning::undesirable;
  double level = 0.95;
  Real baseline_risk{};                      ///< without treatment, as given
  natural_interval<Real> treated_risk{};     ///< with treatment
  natural_interval<Real> absolute_benefit{}; ///< undesirable event: baseline - treated risk; desirable: treated - baseline. Harm is negative
  number_needed<Real> estimate{};
  number_needed<Real> best{};
  number_needed<Real> worst{};
  std::vector<std::string> notes{};          ///< which end was cut to a possible risk
  bool through_infinity() const { return best.side != worst.side; }
};

namespace detail {

template <class Real>
number_needed<Real> number_needed_of(const Real& benefit) {
  if (benefit > 0) return {needed_for::benefit, Real(1 / benefit)};
  if (benefit < 0) return {needed_for::harm, Real(-1 / benefit)};
  return {};
}

/// "4.2" below 100 patients, "250" from there.
template <class Real>
std::string patients_text(const Real& value) {
  const double x = static_cast<double>(value);
  char buffer[400];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, x, std::chars_format::fixed, x < 99.95 ? 1 : 0).ptr;
  return std::string(buffer, end);
}

template <class Real>
std::string describe(const number_needed<Real>& n) {
  if (!n.value) return "infinity";
  return (n.side == needed_for::benefit ? "NNTB " : "NNTH ") + patients_text(*n.value);
}

}  // namespace detail

/// Number needed to treat from a pooled risk ratio, odds ratio or risk difference at a baseline risk p0, 0 < p0 < 1:
/// treated risk RR p0; OR p0 / (1 - p0 + OR p0); p0 + RD; the number needed is 1 / |baseline - treated risk|.
/// The ends of the interval are those of the pooled effect at the same p0, whose own uncertainty is not part of it. A treated risk
/// above 1 or below 0 is impossible: at an end of the interval it is cut there, with a note.
/// Throws input_error if the measure is another one, the estimate or an end is not a number, p0 is not in (0, 1), or the estimate itself
/// gives an impossible risk (that effect cannot hold at that baseline).
/// Closed form; differences of risks are computed without cancellation, so that effects close to none keep their digits on the log scale.
/// Altman (1998) BMJ 317:1309, doi:10.1136/bmj.317.7168.1309; Cochrane Handbook for Systematic Reviews of Interventions, chapter 15.
template <class Real>
number_needed_result<Real> number_needed_to_treat(const mean_inference<Real>& mean, const Real& baseline_risk,
                                                  event_meaning event = event_meaning::undesirable) {
  constexpr const char* function = "number_needed_to_treat";
  enum class kind { ratio, odds, difference };
  const Real p0 = baseline_risk;
  const auto measure = mean.measure.name;
  if (measure != "risk_ratio" && measure != "odds_ratio" && measure != "risk_difference") {
    detail::throw_input_error(function, "measure = " + std::string(measure) + " must be risk_ratio, odds_ratio or risk_difference");
  }
  const kind k = measure == "risk_ratio" ? kind::ratio : measure == "odds_ratio" ? kind::odds : kind::difference;
  if (!(p0 > 0 && p0 < 1)) {
    detail::throw_input_error(function, "baseline_risk = " + detail::to_text(p0) + " must lie strictly between 0 and 1");
  }
  detail::check_level(function, mean.level);
  if (!detail::is_finite(mean.estimate)) detail::throw_input_error(function, "the estimate must be a finite number");
  if (!(mean.lower <= mean.estimate && mean.estimate <= mean.upper)) {
    detail::throw_input_error(function, "the interval must hold the estimate: lower <= estimate <= upper");
  }

  // Treated risk - baseline risk; with x = log RR or log OR: p0 (RR - 1) = p0 expm1(x), and for the odds ratio
  // p0 (1 - p0) (OR - 1) / (1 - p0 + OR p0), divided by OR where OR > 1 so that an infinite end has a limit.
  const bool logarithms = mean.measure.scale == scale::log;
  const auto excess = [&](const Real& x) -> Real {
    using std::exp, std::expm1;
    if (k == kind::difference) return x;
    if (k == kind::ratio) return p0 * (logarithms ? Real(expm1(x)) : Real(x - 1));
    const bool up = logarithms ? x > 0 : x > 1;
    if (!up) {
      const Real odds = logarithms ? Real(exp(x)) : x, less = logarithms ? Real(expm1(x)) : Real(x - 1);
      return (std::max)(Real(-p0), Real(p0 * (1 - p0) * less / ((1 - p0) + p0 * odds)));
    }
    const Real inverse = logarithms ? Real(exp(Real(-x))) : Real(1 / x), more = logarithms ? Real(-expm1(Real(-x))) : Real(1 - inverse);
    return (std::min)(Real(1 - p0), Real(p0 * (1 - p0) * more / ((1 - p0) * inverse + p0)));
  };
  const Real middle = excess(mean.estimate);
  if (!(middle >= -p0 && middle <= 1 - p0)) {
    detail::throw_input_error(function, "baseline_risk = " + detail::to_text(p0) + " gives a treated risk of " + detail::to_text(Real(p0 + middle)) +
                                            " with the pooled " + std::string(mean.measure.label) + "; that is no risk");
  }

  number_needed_result<Real> r;
  r.measure = mean.measure;
  r.event = event;
  r.level = mean.level;
  r.baseline_risk = p0;
  const auto cut = [&](Real d, const char* end) {
    if (d > 1 - p0) {
      r.notes.push_back(std::string("treated risk at the ") + end + " end of the interval cut to 1");
      d = 1 - p0;
    } else if (d < -p0) {
      r.notes.push_back(std::string("treated risk at the ") + end + " end of the interval cut to 0");
      d = -p0;
    }
    return d;
  };
  const Real low = cut(excess(mean.lower), "lower"), high = cut(excess(mean.upper), "upper");
  r.treated_risk = {Real(p0 + middle), Real(p0 + low), Real(p0 + high)};
  r.absolute_benefit = event == event_meaning::undesirable ? natural_interval<Real>{Real(-middle), Real(-high), Real(-low)}
                                                           : natural_interval<Real>{middle, low, high};
  r.estimate = detail::number_needed_of(r.absolute_benefit.estimate);
  r.best = detail::number_needed_of(r.absolute_benefit.upper);
  r.worst = detail::number_needed_of(r.absolute_benefit.lower);
  return r;
}

/// The result in one line, NNTB for benefit and NNTH for harm: "NNTB 4.2 (95 % CI NNTB 2.8 to NNTB 8.3)", or where the arms may not
/// differ "NNTB 4.2 (95 % CI NNTB 2.8 to infinity to NNTH 12.0)".
template <class Real>
std::string describe(const number_needed_result<Real>& r) {
  const std::string level = detail::to_text(std::round(r.level * 1e6) / 1e4);
  std::string text = detail::describe(r.estimate) + " (" + level + " % CI " + detail::describe(r.best) + " to ";
  if (r.best.value && r.worst.value && r.through_infinity()) text += "infinity to ";
  return text + detail::describe(r.worst) + ")";
}

}  // namespace metapool
