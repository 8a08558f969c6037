// SPDX-License-Identifier: BSL-1.0
// Individual survival times out of a digitised Kaplan-Meier curve.
#pragma once

#include <metapool/conversion/kaplan_meier.hpp>
#include <metapool/conversion/survival_times.hpp>
#include <metapool/data/check.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace metapool {

/// Patients at risk as printed below the curve.
template <class Real = double>
struct number_at_risk {
  Real time{};
  Real patients{};
};

/// What was made of a curve. mismatch: for each printed number at risk after the first, reconstructed minus printed.
template <class Real = double>
struct reconstructed_arm {
  std::vector<survival_time<Real>> patients{};
  Real events{};
  std::vector<Real> mismatch{};
  Real largest_gap{};  ///< largest distance of the reconstructed from the digitised curve; where few are left, one patient is a large step
};

namespace detail {

/// The curve from one printed number at risk to the next: events and censored patients at each digitised point from `first` to before `last`.
template <class Real>
struct curve_walk {
  std::vector<Real> events{}, censored{};
  Real at_risk{};   ///< after the last point
  Real survival{};  ///< the reconstructed curve there
  Real total_events{};
};

/// `censored` patients spread evenly from `begin` to `end`; events by inverting the Kaplan-Meier step at each point, to whole patients.
template <class Real>
curve_walk<Real> walk_curve(const std::vector<curve_point<Real>>& curve, std::size_t first, std::size_t last, const Real& begin, const Real& end,
                            Real at_risk, Real survival, const Real& censored) {
  using std::floor;
  curve_walk<Real> w;
  Real placed = 0;
  for (std::size_t k = first; k < last; ++k) {
    Real events = 0;
    if (survival > 0 && curve[k].survival < survival) {
      events = (std::min)(at_risk, Real(floor(Real(at_risk * (1 - curve[k].survival / survival) + Real(0.5)))));
    }
    if (events > 0) survival *= (at_risk - events) / at_risk;
    at_risk -= events;
    // times begin + c (end - begin) / (censored + 1), c = 1, 2, ..., that lie before the next point
    const Real next = k + 1 < last ? curve[k + 1].time : end;
    const Real reached = k + 1 < last && end > begin ? Real(floor(Real((next - begin) / (end - begin) * (censored + 1)))) : censored;
    const Real leave = (std::min)(at_risk, (std::max)(Real(0), Real((std::min)(reached, censored) - placed)));
    placed += leave;
    at_risk -= leave;
    w.events.push_back(events);
    w.censored.push_back(leave);
    w.total_events += events;
  }
  w.at_risk = at_risk;
  w.survival = survival;
  return w;
}

/// The number of censored patients, from 0 to `most`, at which what `count` gives comes nearest to 0; count never rises with it but for rounding.
template <class Real, class Count>
Real nearest_censoring(const Real& most, const Count& count) {
  using std::fabs, std::floor;
  Real low = 0, high = most;
  while (high - low > 1) {
    const Real middle = floor(Real((low + high) / 2));
    (count(middle) > 0 ? low : high) = middle;
  }
  Real best = low;
  const Real from = (std::max)(Real(0), Real(low - 3)), to = (std::min)(most, Real(high + 3));
  for (Real c = from; c <= to; c += 1) {
    if (fabs(count(c)) < fabs(count(best))) best = c;
  }
  return best;
}

}  // namespace detail

/// Individual survival times of one arm from its digitised Kaplan-Meier curve and the numbers at risk printed below it.
///
/// curve: falling, first point at the first printed time or later (see falling_curve); with a point at
/// every step the result is good to about a hundredth in survival where ten patients and more are left. at_risk: times rising, the first 0; one entry (the patients at the start) is enough but
/// poor. total_events: where the paper prints it, the censoring after the last number at risk is fitted to it; else that follows the rate before.
///
/// Between two numbers at risk, that many patients are censored evenly over time that the reconstructed number at risk meets the printed
/// one; events are the Kaplan-Meier steps inverted, in whole patients. What does not come out is in `mismatch` and `largest_gap`, and in
/// `events` beside total_events. Censored patients stand midway between two points; those left at the end are censored at its time.
/// Throws input_error if the curve rises or leaves 0 to 1, times are not in order, numbers at risk rise or are not whole, or events exceed patients.
/// Guyot, Ades, Ouwens & Welton (2012) BMC Med Res Methodol 12:9, doi:10.1186/1471-2288-12-9; here the number of censored patients is
/// bisected, where the paper steps by the mismatch.
template <class Real>
reconstructed_arm<Real> reconstruct_survival(const std::vector<curve_point<Real>>& curve, const std::vector<number_at_risk<Real>>& at_risk,
                                             const std::optional<Real>& total_events = {}) {
  using std::fabs, std::floor;
  constexpr const char* function = "reconstruct_survival";
  const auto fail = [&](const std::string& what, std::size_t i, const char* rule) {
    detail::throw_input_error(function, what + " " + std::to_string(i + 1) + " " + rule);
  };
  if (curve.empty()) detail::throw_input_error(function, "the curve has no points");
  if (at_risk.empty()) detail::throw_input_error(function, "at least the number of patients at the start must be given");
  for (std::size_t i = 0; i < curve.size(); ++i) {
    if (!(curve[i].survival >= 0 && curve[i].survival <= 1)) fail("curve point", i, "must have a survival from 0 to 1 (not per cent)");
    if (!(curve[i].time >= 0) || !detail::is_finite(curve[i].time)) fail("curve point", i, "must have a finite time that is not negative");
    if (i > 0 && !(curve[i].time >= curve[i - 1].time)) fail("curve point", i, "must not lie before the one before it");
    if (i > 0 && !(curve[i].survival <= curve[i - 1].survival)) fail("curve point", i, "must not lie above the one before it (see falling_curve)");
  }
  for (std::size_t i = 0; i < at_risk.size(); ++i) {
    const auto& a = at_risk[i];
    if (!(a.patients >= 0) || !detail::is_finite(a.patients) || !detail::is_whole(a.patients)) fail("number at risk", i, "must be a whole number");
    if (!detail::is_finite(a.time) || (i == 0 ? !(a.time == 0) : !(a.time > at_risk[i - 1].time))) fail("number at risk", i, "must be at time 0 if first, and later than the one before it if not");
    if (i > 0 && !(a.patients <= at_risk[i - 1].patients)) fail("number at risk", i, "must not exceed the one before it");
  }
  const Real patients = at_risk.front().patients;
  if (!(patients >= 1)) detail::throw_input_error(function, "there must be patients at the start");
  if (total_events && (!(*total_events >= 0 && *total_events <= patients) || !detail::is_whole(*total_events))) {
    detail::throw_input_error(function, "total_events = " + detail::to_text(*total_events) + " must be a whole number of at most all patients");
  }

  // a point at each printed time, so that each stretch begins with the curve's height there
  std::vector<curve_point<Real>> points;
  std::vector<std::size_t> starts;
  std::size_t k = 0;
  Real height = 1;
  for (const auto& a : at_risk) {
    for (; k < curve.size() && curve[k].time < a.time; ++k) {
      points.push_back(curve[k]);
      height = curve[k].survival;
    }
    starts.push_back(points.size());
    points.push_back({a.time, height});
  }
  points.insert(points.end(), curve.begin() + static_cast<std::ptrdiff_t>(k), curve.end());

  reconstructed_arm<Real> r;
  std::vector<Real> events, censored;
  Real left = patients, survival = 1, total_censored = 0;
  const Real end = points.back().time;
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const bool last = i + 1 == starts.size();
    const std::size_t first = starts[i], stop = last ? points.size() : starts[i + 1];
    const Real begin = at_risk[i].time, until = last ? end : at_risk[i + 1].time;
    const auto walk = [&](const Real& c) { return detail::walk_curve(points, first, stop, begin, until, left, survival, c); };
    Real c = 0;
    if (!last) {
      c = detail::nearest_censoring(left, [&](const Real& x) { return Real(walk(x).at_risk - at_risk[i + 1].patients); });
    } else if (total_events) {
      c = detail::nearest_censoring(left, [&](const Real& x) { return Real(r.events + walk(x).total_events - *total_events); });
    } else if (begin > 0) {
      c = (std::min)(left, Real(floor(Real(total_censored * (until - begin) / begin + Real(0.5)))));
    }
    const auto w = walk(c);
    events.insert(events.end(), w.events.begin(), w.events.end());
    censored.insert(censored.end(), w.censored.begin(), w.censored.end());
    r.events += w.total_events;
    for (const Real& x : w.censored) total_censored += x;
    left = w.at_risk;
    survival = w.survival;
    if (!last) r.mismatch.push_back(left - at_risk[i + 1].patients);
  }

  survival = 1;
  left = patients;
  for (std::size_t j = 0; j < points.size(); ++j) {
    if (events[j] > 0) survival *= (left - events[j]) / left;
    r.largest_gap = (std::max)(r.largest_gap, Real(fabs(Real(survival - points[j].survival))));
    const Real next = j + 1 < points.size() ? points[j + 1].time : points[j].time;
    for (Real x = 0; x < events[j]; x += 1) r.patients.push_back({points[j].time, true});
    for (Real x = 0; x < censored[j]; x += 1) r.patients.push_back({Real(points[j].time + (next - points[j].time) / 2), false});
    left -= events[j] + censored[j];
  }
  for (Real x = 0; x < left; x += 1) r.patients.push_back({end, false});
  return r;
}

}  // namespace metapool
