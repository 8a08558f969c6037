// SPDX-License-Identifier: BSL-1.0
// What is odd about a data set: findings as values, and as text.
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/text/columns.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace metapool {

/// What a number was held against. A finding is a question to the paper, not a verdict.
enum class plausibility_rule {
  se_for_sd,               ///< a standard deviation that would fit if it were a standard error
  variance_for_sd,         ///< a standard deviation that would fit if it were a variance
  sd_unlike_others,        ///< a standard deviation far from those of the other arms
  se_for_variance,         ///< a variance that would fit, given the patients, if it were a standard error
  variance_for_se,         ///< a variance that would fit if it were the square of a variance
  variance_unlike_others,  ///< a variance far from those of the other studies, given the patients
  large_smd,               ///< a standardised mean difference beyond 3
  asymmetric_interval,     ///< an estimate that is not in the middle of its interval, on the scale on which it should be
  percentage_unlike_count, ///< a printed percentage that its count does not give
  arms_exceed_trial,       ///< more patients in the arms than were randomised
  effect_unlike_counts,    ///< a printed effect that its own counts contradict
  other_measure            ///< a printed effect that is another measure's value of the same counts
};

/// A few words for the rule.
inline constexpr const char* name(plausibility_rule r) {
  switch (r) {
    case plausibility_rule::se_for_sd: return "standard error taken for a standard deviation?";
    case plausibility_rule::variance_for_sd: return "variance taken for a standard deviation?";
    case plausibility_rule::sd_unlike_others: return "standard deviation unlike the others";
    case plausibility_rule::se_for_variance: return "standard error taken for a variance?";
    case plausibility_rule::variance_for_se: return "variance taken for a standard error?";
    case plausibility_rule::variance_unlike_others: return "variance unlike the others, given the patients";
    case plausibility_rule::large_smd: return "standardised mean difference beyond 3";
    case plausibility_rule::asymmetric_interval: return "estimate not in the middle of its interval";
    case plausibility_rule::percentage_unlike_count: return "percentage that its count does not give";
    case plausibility_rule::arms_exceed_trial: return "more patients in the arms than in the trial";
    case plausibility_rule::effect_unlike_counts: return "effect that its counts contradict";
    case plausibility_rule::other_measure: return "effect that is another measure's";
  }
  return "";
}

/// One odd number: of which study, what it is ("treated.sd", "risk ratio"), its value, and the value that it was held against.
template <class Real = double>
struct plausibility_finding {
  std::string label{};
  plausibility_rule rule{};
  std::string what{};
  Real stated{};
  std::string against{};  ///< what `expected` is: "median of the other arms", "risk ratio of its counts"
  Real expected{};
};

/// A report of findings in aligned columns; "nothing odd was found" if there are none.
template <class Real>
std::string summary(const std::vector<plausibility_finding<Real>>& findings) {
  if (findings.empty()) return "nothing odd was found\n";
  detail::aligned_columns table("lllrlr");
  table.add({"study", "finding", "number", "stated", "held against", "value"});
  table.rule();
  for (const auto& f : findings) table.add({f.label, name(f.rule), f.what, detail::to_short_text(f.stated), f.against, detail::to_short_text(f.expected)});
  return table.text();
}

namespace detail {

/// The middle of the values, of an even number the mean of the two in the middle. Precondition: not empty.
template <class Real>
Real median(std::vector<Real> x) {
  std::sort(x.begin(), x.end());
  const std::size_t half = x.size() / 2;
  return x.size() % 2 == 1 ? x[half] : Real((x[half - 1] + x[half]) / 2);
}

/// |log(a / b)|: how many times apart two positive numbers are.
template <class Real>
Real apart(const Real& a, const Real& b) {
  using std::fabs;
  using std::log;
  return Real(fabs(Real(log(a) - log(b))));
}

/// How far from the median of the others' logarithms (finite, not empty) a logarithm must lie to be told of: by the factor `least` at the least, and by 2.5 times the distance that the others
/// usually have from their median (1.4826 times the median distance, the standard deviation of normal values). Studies that differ among
/// themselves, as hospitals' lengths of stay do, are not all told of.
template <class Real>
Real far_from(const std::vector<Real>& logs, const Real& least) {
  using std::fabs;
  using std::log;
  std::vector<Real> distances;
  const Real middle = median(logs);
  for (const Real& x : logs) distances.push_back(fabs(Real(x - middle)));
  return (std::max)(Real(log(least)), Real(median(distances) * 37065 / 10000));
}

}  // namespace detail
}  // namespace metapool
