// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/proportion.hpp>
#include <metapool/effect/collect.hpp>
#include <metapool/effect/freeman_tukey.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

namespace metapool {

/// A pooled double arcsine brought back by every sample size that is in use: proportions, 0 to 1.
template <class Real = double>
struct freeman_tukey_ways_back {
  using real_type = Real;
  Real harmonic{};    ///< with the harmonic mean of the studies' sizes (Miller 1978; metafor's transf.ipft.hm, meta before version 5)
  Real geometric{};
  Real arithmetic{};
  Real limit{};       ///< sin^2(y), that of large samples: to_natural
  Real lowest{}, highest{};             ///< of the studies' own proportions
  std::vector<std::string> warnings{};  ///< what makes the result doubtful; empty if all ways agree
  bool trustworthy() const { return warnings.empty(); }
};

/// Brings a pooled Freeman-Tukey double arcsine y back to a proportion in every customary way, and warns where they disagree: if a way back leaves the
/// range of the studies' proportions, or if two ways differ by more than a tenth of the larger of them (of the smaller of p and 1 - p). The way back has no right sample size
/// for a pooled value, and where sizes differ by orders of magnitude the harmonic mean can turn a pooled proportion of several per cent into 0.
///
/// studies: the range of proportion<Real> that was pooled; studies with unknown counts do not count. Throws input_error on bad counts, y not finite, or no study.
/// Schwarzer, Chemaitelly, Abu-Raddad & Rücker (2019) Res Synth Methods 10:476, doi:10.1002/jrsm.1348.
template <class Studies>
  requires detail::range_of_trials<Studies, proportion>
auto freeman_tukey_back(const typename detail::trial_type<Studies>::real_type& y, const Studies& studies)
    -> freeman_tukey_ways_back<typename detail::trial_type<Studies>::real_type> {
  using Real = typename detail::trial_type<Studies>::real_type;
  using std::exp, std::log, std::sin;
  constexpr const char* function = "freeman_tukey_back";
  freeman_tukey_ways_back<Real> back;
  Real reciprocal = 0, logarithm = 0, sum = 0, k = 0;
  for (const auto& s : studies) {
    check(s, function);
    if (!is_complete(s)) continue;
    const Real p = *s.events / *s.total;
    back.lowest = k > 0 ? (std::min)(back.lowest, p) : p;
    back.highest = k > 0 ? (std::max)(back.highest, p) : p;
    reciprocal += 1 / *s.total;
    logarithm += log(*s.total);
    sum += *s.total;
    k += 1;
  }
  if (!(k > 0)) detail::throw_input_error(function, "no study with known counts");
  back.harmonic = from_freeman_tukey(y, Real(k / reciprocal));
  back.geometric = from_freeman_tukey(y, Real(exp(Real(logarithm / k))));
  back.arithmetic = from_freeman_tukey(y, Real(sum / k));
  const Real s = sin(y);
  back.limit = s * s;
  struct way {
    const char* name;
    Real p;
  };
  const way ways[] = {{"the harmonic mean of the sizes", back.harmonic}, {"their geometric mean", back.geometric}, {"their arithmetic mean", back.arithmetic}};
  Real least = back.limit, most = back.limit;
  for (const way& w : ways) {
    least = (std::min)(least, w.p);
    most = (std::max)(most, w.p);
    if (w.p < back.lowest || w.p > back.highest) {
      back.warnings.push_back(std::string("brought back with ") + w.name + " the pooled proportion is " + detail::to_short_text(w.p) + ", outside the studies' own " +
                              detail::to_short_text(back.lowest) + " to " + detail::to_short_text(back.highest));
    }
  }
  const Real rarer = (std::max)((std::min)(most, Real(1 - most)), (std::min)(least, Real(1 - least)));
  if (most - least > rarer / 10) {
    back.warnings.push_back("the pooled proportion is " + detail::to_short_text(least) + " to " + detail::to_short_text(most) +
                            " depending on the sample size it is brought back with; use the logit or a generalised linear mixed model");
  }
  return back;
}

}  // namespace metapool
