// SPDX-License-Identifier: BSL-1.0
// Kaplan-Meier curves: of survival times, and as a hand has digitised them.
#pragma once

#include <metapool/conversion/survival_times.hpp>
#include <metapool/data/check.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace metapool {

/// A point of a survival curve: the share of patients without the event, 0 to 1, from `time` on.
template <class Real = double>
struct curve_point {
  Real time{};
  Real survival{};
};

/// The Kaplan-Meier curve of survival times: one point at time 0 and one at each time with events. Throws input_error if there are no
/// patients or a time is negative or not finite.
template <class Real>
std::vector<curve_point<Real>> kaplan_meier(const std::vector<survival_time<Real>>& patients) {
  detail::check_times(patients, "kaplan_meier", "only");
  auto sorted = patients;
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.time < b.time; });
  std::vector<curve_point<Real>> curve{{Real(0), Real(1)}};
  Real at_risk = Real(sorted.size()), survival = 1;
  for (std::size_t i = 0; i < sorted.size();) {
    const Real now = sorted[i].time;
    Real events = 0, leaving = 0;
    for (; i < sorted.size() && sorted[i].time == now; ++i) {
      if (sorted[i].event) events += 1;
      leaving += 1;
    }
    if (events > 0) {
      survival *= (at_risk - events) / at_risk;
      curve.push_back({now, survival});
    }
    at_risk -= leaving;
  }
  return curve;
}

/// A digitised curve put in order: sorted by time, the highest survival first where several points share a time, cut to 0 to 1, and rises,
/// which are errors of the hand, replaced by the nearest falling curve (isotonic regression by pooling adjacent violators). Throws
/// input_error if there is no point or a coordinate is not finite.
template <class Real>
std::vector<curve_point<Real>> falling_curve(std::vector<curve_point<Real>> points) {
  if (points.empty()) detail::throw_input_error("falling_curve", "no points");
  for (auto& p : points) {
    if (!detail::is_finite(p.time) || !detail::is_finite(p.survival)) detail::throw_input_error("falling_curve", "every coordinate must be a finite number");
    p.survival = (std::min)(Real(1), (std::max)(Real(0), p.survival));
    p.time = (std::max)(Real(0), p.time);
  }
  std::stable_sort(points.begin(), points.end(), [](const auto& a, const auto& b) { return a.time < b.time || (a.time == b.time && a.survival > b.survival); });
  struct block {
    Real mean;
    std::size_t size;
  };
  std::vector<block> blocks;
  for (const auto& p : points) {
    blocks.push_back({p.survival, 1});
    while (blocks.size() > 1 && blocks[blocks.size() - 2].mean < blocks.back().mean) {
      const block last = blocks.back();
      blocks.pop_back();
      block& left = blocks.back();
      const std::size_t size = left.size + last.size;
      left.mean += (last.mean - left.mean) * Real(last.size) / Real(size);
      left.size = size;
    }
  }
  std::size_t i = 0;
  for (const auto& b : blocks) {
    for (std::size_t j = 0; j < b.size; ++j) points[i++].survival = b.mean;
  }
  return points;
}

}  // namespace metapool
