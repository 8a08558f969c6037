// SPDX-License-Identifier: BSL-1.0
// What the subsets with a study say, and those without it.
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/sensitivity/gosh_columns.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace metapool {

/// How some numbers are distributed. All are 0 if count is.
template <class Real = double>
struct distribution_summary {
  std::size_t count = 0;
  Real mean{}, minimum{}, lower_quartile{}, median{}, upper_quartile{}, maximum{};
};

/// One study's part in a GOSH: the estimates and the I2 of the subsets with it, and of those without it.
template <class Real = double>
struct gosh_study {
  std::string label{};
  distribution_summary<Real> estimate_with{}, estimate_without{};  ///< of all subsets that were fitted
  distribution_summary<Real> i2_with{}, i2_without{};              ///< of those with two studies or more

  /// How far the study moves the median estimate; far above that of the others for an outlier.
  Real estimate_shift() const {
    return estimate_with.count > 0 && estimate_without.count > 0 ? Real(estimate_with.median - estimate_without.median) : Real(0);
  }
  /// How far it moves the median I2.
  Real i2_shift() const { return i2_with.count > 0 && i2_without.count > 0 ? Real(i2_with.median - i2_without.median) : Real(0); }
};

namespace detail {

/// The number below which a share p of n ascending ones lies, between two of them by a straight line: (n - 1) p of them lie below.
template <class Real>
Real sorted_quantile(std::span<const Real> ascending, double p) {
  const double place = static_cast<double>(ascending.size() - 1) * p;
  const std::size_t left = static_cast<std::size_t>(place);
  if (left + 1 >= ascending.size()) return ascending.back();
  const Real share = static_cast<Real>(place - static_cast<double>(left));
  return ascending[left] + share * (ascending[left + 1] - ascending[left]);
}

template <class Real>
distribution_summary<Real> summarise_numbers(std::vector<Real>& x) {
  distribution_summary<Real> s;
  s.count = x.size();
  if (x.empty()) return s;
  std::sort(x.begin(), x.end());
  Real sum = 0;
  for (const Real& value : x) sum += value - x[0];
  s.mean = x[0] + sum / static_cast<Real>(x.size());
  const std::span<const Real> ascending(x);
  s.minimum = x.front();
  s.lower_quartile = sorted_quantile(ascending, 0.25);
  s.median = sorted_quantile(ascending, 0.5);
  s.upper_quartile = sorted_quantile(ascending, 0.75);
  s.maximum = x.back();
  return s;
}

}  // namespace detail

/// Quantiles of a column of a GOSH (r.estimate, r.i2, ...): the numbers below which shares p of it lie, rows without numbers left out. Between two numbers by a straight line, as R's
/// quantile does by default. Throws input_error if a p is not in [0, 1]; not_estimable if no number is there.
template <class Real>
std::vector<Real> gosh_quantiles(const std::vector<Real>& column, const std::vector<double>& p) {
  std::vector<Real> x;
  for (const Real& value : column) {
    if (value == value) x.push_back(value);
  }
  if (x.empty()) detail::throw_not_estimable("gosh_quantiles", "the column holds no number");
  std::sort(x.begin(), x.end());
  std::vector<Real> q;
  for (const double share : p) {
    if (!(share >= 0 && share <= 1)) detail::throw_input_error("gosh_quantiles", "p = " + detail::to_text(share) + " must lie in [0, 1]");
    q.push_back(detail::sorted_quantile(std::span<const Real>(x), share));
  }
  return q;
}

/// Each study's part in a GOSH, in the order of r.labels: a study that alone makes the studies differ parts the subsets into two clouds, of high I2 with it and of low I2 without.
/// Olkin, Dahabreh & Trikalinos (2012) Res Synth Methods 3:214, doi:10.1002/jrsm.1053.
template <class Real>
std::vector<gosh_study<Real>> gosh_diagnostics(const gosh_result<Real>& r) {
  std::vector<gosh_study<Real>> studies;
  std::vector<Real> x;
  for (std::size_t i = 0; i < r.k(); ++i) {
    gosh_study<Real> s;
    s.label = r.labels[i];
    const gosh_split split = split_by_study(r, i);
    const auto summary = [&](const std::vector<std::size_t>& rows, const std::vector<Real>& column, std::uint32_t least) {
      x.clear();
      for (const std::size_t row : rows) {
        if (r.studies[row] >= least) x.push_back(column[row]);
      }
      return detail::summarise_numbers(x);
    };
    s.estimate_with = summary(split.with, r.estimate, 1);
    s.estimate_without = summary(split.without, r.estimate, 1);
    s.i2_with = summary(split.with, r.i2, 2);
    s.i2_without = summary(split.without, r.i2, 2);
    studies.push_back(s);
  }
  return studies;
}

}  // namespace metapool
