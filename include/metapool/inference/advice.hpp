// SPDX-License-Identifier: BSL-1.0
// Which methods hold in a situation, with reasons and sources, as values.
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/inference/coverage_evidence.hpp>
#include <metapool/inference/situation.hpp>
#include <metapool/text/number_text.hpp>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace metapool {

/// How a method does in a situation.
enum class verdict : std::uint8_t {
  recommended,  ///< holds its level, or is the least biased
  usable,       ///< holds under conditions that the reason names
  caution,      ///< holds, at a price that the reason names (length, power), or only nearly
  does_not_hold ///< known to miss its level here
};

inline constexpr const char* name(verdict v) {
  switch (v) {
    case verdict::recommended: return "recommended";
    case verdict::usable: return "usable";
    case verdict::caution: return "caution";
    case verdict::does_not_hold: return "does not hold";
  }
  return "";
}

/// What a piece of advice is about.
enum class advice_topic : std::uint8_t { effect_sizes, tau2, mean, prediction, tau2_interval };

/// One piece of advice. source: authors and year.
struct advice {
  advice_topic topic = advice_topic::mean;
  std::string method{};
  metapool::verdict verdict = verdict::usable;
  std::string reason{};
  std::string source{};
};

/// "recommended: Hartung-Knapp with floor 1 - reason (source)"
template <class = void>
std::string describe(const advice& a) {
  return std::string(name(a.verdict)) + ": " + a.method + " - " + a.reason + " (" + a.source + ")";
}

namespace detail {

struct advice_list {
  std::vector<advice> all{};
  void add(advice_topic topic, std::string method, verdict v, std::string reason, std::string source) {
    all.push_back({topic, std::move(method), v, std::move(reason), std::move(source)});
  }
};

/// Events are few if a trial has a zero cell or trials have fewer than 10 events on average.
inline bool few_events(const situation& s) { return s.counts && (s.zero_cells > 0 || s.events < 10 * static_cast<double>(s.k)); }

template <class = void>
void advise_on_effects(advice_list& list, const situation& s) {
  if (!few_events(s)) return;
  const advice_topic topic = advice_topic::effect_sizes;
  list.add(topic, "Mantel-Haenszel with nothing added", verdict::recommended,
           "needs no correction for zero cells and is little biased with few events, in balanced and unbalanced arms", "Bradburn et al. 2007; Sweeting et al. 2004");
  list.add(topic, "exact conditional or conditional-logistic (GLMM) analysis", verdict::recommended, "uses the counts themselves, adds nothing to zero cells", "Stijnen et al. 2010; Jackson et al. 2018");
  const bool peto_holds = s.risk() < 0.01 && s.arm_ratio <= 2;
  list.add(topic, "Peto", peto_holds ? verdict::usable : verdict::does_not_hold,
           peto_holds ? "little biased with risks below 1 %, arms of similar size and effects that are not large"
                      : (s.arm_ratio > 2 ? "biased with arms of unequal size (up to " + to_short_text(s.arm_ratio, 2) + " to 1 here)"
                                         : "meant for risks below 1 % (" + to_short_text(100 * s.risk(), 2) + " % here); biased if effects are large"),
           "Bradburn et al. 2007; Sweeting et al. 2004");
  list.add(topic, "inverse variance with 0.5 added to zero cells", verdict::caution,
           "biased, the more so the more unequal the arms; " + std::to_string(s.zero_cells) + " of the trials have a zero cell" +
               (s.double_zeros > 0 ? ", " + std::to_string(s.double_zeros) + " no events at all" : std::string()),
           "Sweeting et al. 2004; Bradburn et al. 2007");
}

/// The other intervals of the mean that fell short in the nearest situation of docs/coverage.md, in one piece.
template <class = void>
void advise_against(advice_list& list, const situation& s) {
  constexpr std::string_view judged[] = {"REML, Sidik-Jonkman robust", "profile likelihood", "Biggerstaff-Tweedie", "Henmi-Copas (2,000 replicates)", "IVhet, Wald z", "multiplicative (UWLS), t"};
  constexpr const char* names[] = {"Sidik-Jonkman robust", "profile likelihood", "Biggerstaff-Tweedie", "Henmi-Copas", "IVhet", "multiplicative (UWLS)"};
  std::string short_ones, lowest;
  for (std::size_t i = 0; i < std::size(judged); ++i) {
    const double seen = lowest_coverage(coverage_of::mean, judged[i], s, i + 1 == std::size(judged));
    if (!(seen < 92.5)) continue;
    short_ones.append(short_ones.empty() ? "" : ", ").append(names[i]);
    lowest.append(lowest.empty() ? "" : ", ").append(fixed_text(seen, 1));
  }
  if (short_ones.empty()) return;
  list.add(advice_topic::mean, short_ones, verdict::does_not_hold,
           "their 95 % intervals held the mean in no more than " + lowest + " % of " + nearest_text(s) + " where heterogeneity was worst for them", "docs/coverage.md");
}

template <class = void>
void advise_on_mean(advice_list& list, const situation& s) {
  const advice_topic topic = advice_topic::mean;
  const std::string k = "k = " + std::to_string(s.k);
  if (s.k < 5) {
    list.add(topic, "Bayesian random effects with a weakly informative prior of tau", verdict::recommended,
             k + ": the data alone cannot tell tau, and a stated prior can", "Friede et al. 2017; Bender et al. 2018");
    list.add(topic, "Hartung-Knapp with floor 1", verdict::caution,
             k + ": holds its level, but is very long (t with " + std::to_string(s.k - 1) + (s.k == 2 ? " degree" : " degrees") + " of freedom)", "Roever et al. 2015; Friede et al. 2017");
    list.add(topic, "common effect", verdict::usable, "only if there are grounds outside the data to take the effects for equal: with " + k + " a test cannot show it", "Bender et al. 2018");
  } else {
    list.add(topic, "Hartung-Knapp with floor 1", verdict::recommended, k + (unequal(s) ? ": holds its level with few trials, and to 1.5 points with unequal ones" : ": holds its level with few trials"), "Knapp & Hartung 2003; Roever et al. 2015; docs/coverage.md");
    list.add(topic, "Hartung-Knapp", unequal(s) ? verdict::caution : verdict::usable,
             unequal(s) ? "misses its level by some points where trials are as unequal as here, and may be shorter than the common-effect interval" : "holds with trials of similar precision; may be shorter than the common-effect interval",
             "IntHout et al. 2014; Roever et al. 2015; docs/coverage.md");
  }
  list.add(topic, "random effects with Wald z", s.k < 20 ? verdict::does_not_hold : verdict::usable,
           s.k < 20 ? k + ": takes tau2 for known and is too short" : "with 20 studies or more the uncertainty of tau2 matters little", "IntHout et al. 2014; Langan et al. 2019; docs/coverage.md");
  advise_against(list, s);
  if (s.q_p && (*s.q_p < 0.1 || *s.i2 > 0.25)) {
    list.add(topic, "common effect", verdict::does_not_hold, "the studies differ beyond chance (I2 " + to_short_text(100 * *s.i2, 2) + " %): its interval ignores that, as an interval for the mean of all trials", "Higgins et al. 2009");
  }
}

template <class = void>
void advise_on_heterogeneity(advice_list& list, const situation& s) {
  list.add(advice_topic::tau2, "REML or Paule-Mandel", verdict::recommended, "least biased over most situations", "Veroniki et al. 2016; Langan et al. 2019");
  list.add(advice_topic::tau2, "DerSimonian-Laird", verdict::caution, "too small on average where heterogeneity is not small", "Veroniki et al. 2016; Langan et al. 2019");
  list.add(advice_topic::tau2_interval, "Q-profile or generalised Q", verdict::recommended, "exact under the normal-normal model; very long with few studies, which is the truth", "Viechtbauer 2007; Veroniki et al. 2016");
  if (s.k < 3) return;
  const bool holds = s.i2 && *s.i2 > 0.3 && s.k > 25;
  list.add(advice_topic::prediction, "t with k - 2 or k - 1 degrees of freedom", holds ? verdict::usable : verdict::does_not_hold,
           holds ? "holds with more than 25 studies and I2 above 30 %" : "covers too little with " + std::to_string(s.k) + " studies unless they are many and I2 is above 30 %", "Nagashima et al. 2019; Partlett & Riley 2017; docs/coverage.md");
  list.add(advice_topic::prediction, "bootstrap from the confidence distribution of tau2", verdict::recommended, "holds from 3 studies on if I2 is 10 % or more", "Nagashima et al. 2019");
}

}  // namespace detail

/// Which methods hold in a situation: for the effect sizes of tables with few events, the estimator of tau2, the interval of the mean, the
/// prediction interval and the interval of tau2, each with reason and source. A piece of advice names methods of the field, not
/// only of this library; it is a summary of the simulation studies cited, with docs/coverage.md, and no substitute for a protocol.
/// One study: nothing is to be pooled, and the only piece of advice says so. Throws input_error if s.k = 0.
/// Sweeting, Sutton & Lambert (2004) Stat Med 23:1351, doi:10.1002/sim.1761; Bradburn et al. (2007) Stat Med 26:53, doi:10.1002/sim.2528;
/// IntHout, Ioannidis & Borm (2014) BMC Med Res Methodol 14:25, doi:10.1186/1471-2288-14-25; Roever, Knapp & Friede (2015) BMC Med Res Methodol
/// 15:99, doi:10.1186/s12874-015-0091-1; Veroniki et al. (2016) Res Synth Methods 7:55, doi:10.1002/jrsm.1164; Friede et al. (2017) Res Synth Methods 8:79,
/// doi:10.1002/jrsm.1217; Bender et al. (2018) Res Synth Methods 9:382, doi:10.1002/jrsm.1297; Langan et al. (2019) Res Synth Methods 10:83,
/// doi:10.1002/jrsm.1316; Nagashima, Noma & Furukawa (2019) Stat Methods Med Res 28:1689, doi:10.1177/0962280218773520.
template <class = void>
std::vector<advice> advise(const situation& s) {
  if (s.k == 0) detail::throw_input_error("advise", "no studies");
  detail::advice_list list;
  if (s.k == 1) {
    list.add(advice_topic::mean, "the study's own analysis", verdict::recommended, "one study: there is nothing to pool, and nothing can be said of other trials", "Cochrane Handbook");
    return list.all;
  }
  detail::advise_on_effects(list, s);
  detail::advise_on_mean(list, s);
  detail::advise_on_heterogeneity(list, s);
  return list.all;
}

}  // namespace metapool
