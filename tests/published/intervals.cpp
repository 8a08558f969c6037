// SPDX-License-Identifier: BSL-1.0
// Analyses that papers print, second part: intervals of the mean and of tau2 other than the simplest. "Reproduction": see estimators.cpp.
#include <metapool/effect/binary_effects.hpp>
#include <metapool/effect/odds_ratio.hpp>
#include <metapool/effect/risk_ratio.hpp>
#include <metapool/inference/henmi_copas.hpp>
#include <metapool/inference/predict.hpp>
#include <metapool/inference/profile_likelihood.hpp>
#include <metapool/inference/profile_likelihood_tau2.hpp>
#include <metapool/inference/q_profile.hpp>
#include <metapool/inference/wald.hpp>
#include <metapool/math/students_t.hpp>
#include <metapool/model/common_effect.hpp>
#include <metapool/model/random_effects.hpp>
#include <metapool/tau2/dersimonian_laird.hpp>
#include <metapool/tau2/fixed.hpp>
#include <metapool/tau2/maximum_likelihood.hpp>

#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace metapool;
using namespace metapool_test;

TEST_CASE("BCG vaccine by maximum likelihood: van Houwelingen, Arends and Stijnen (2002), pages 596 to 599") {
  // Stat Med 21:589; the article prints three decimals of odds ratios
  const auto common = wald_z{}(common_effect(effect_sizes(bcg(), odds_ratio{}))).natural();
  CHECK(close(common.estimate, 0.647, printed(3)));
  CHECK(close(common.lower, 0.595, printed(3)));
  CHECK(close(common.upper, 0.7024, printed(4)));  // 0.703 on page 596; metafor 3.8 gives 0.7024
  const auto fit = random_effects(effect_sizes(bcg(), odds_ratio{}), maximum_likelihood{});
  const auto mean = wald_z{}(fit);
  CHECK(close(mean.natural().estimate, 0.476, printed(3)));
  CHECK(close(mean.natural().lower, 0.336, printed(3)));
  CHECK(close(mean.natural().upper, 0.675, printed(3)));
  CHECK(close(*fit.tau2, 0.302, printed(3)));
  CHECK(close(*fit.tau2, 0.3025, printed(4)));  // the reproduction
  // the profile likelihood interval of tau2, at which the reproduction marks the curve
  const profile_likelihood_tau2 profile{.kind = likelihood_kind::full};
  CHECK(close(profile(fit).lower, 0.12, printed(2)));
  CHECK(close(profile(fit).upper, 0.89, printed(2)));
  // the reproduction has the Q-profile interval beside the article's (0.135, 1.181), which is Satterthwaite's approximation to the same idea
  CHECK(close(q_profile{}(fit).lower, 0.1301,
              printed(4)));  // 0.1302 in the reproduction, whose search stops at 1e-4; metafor 3.8 at its tightest: 0.130149
  CHECK(close(q_profile{}(fit).upper, 1.1812, printed(4)));
  // page 599: mean -+ 1.96 tau
  CHECK(close(fit.estimate - 1.959963984540054 * std::sqrt(*fit.tau2), -1.820, printed(3)));
  CHECK(close(fit.estimate + 1.959963984540054 * std::sqrt(*fit.tau2), 0.336, printed(3)));
  // the reproduction, with the error of the mean
  const auto next = predict(fit, skipka{});
  CHECK(close(next.lower, -1.875, printed(3)));
  CHECK(close(next.upper, 0.391, printed(3)));
}

TEST_CASE("the Q-profile interval of the diuretics trials is that of Viechtbauer (2007), table II") {
  // Stat Med 26:37, page 44
  const auto r = q_profile{}(random_effects(effect_sizes(collins(), odds_ratio{}), dersimonian_laird{}));
  CHECK(close(r.lower, 0.072, printed(3)));
  CHECK(close(r.upper, 2.203, printed(3)));
}

TEST_CASE("the diuretics trials by Hardy and Thompson's profile likelihood, and Skovgaard's statistic as R's metaLik prints it") {
  // Effects and variances to three decimals, as in metaLik's data set: the estimate -0.5173433 and log tau2 -1.4327196 that its successor prints come
  // out with no other rounding. The readme of github.com/giuseppealfonzetti/metaLik2 prints both packages' answers for these data.
  const auto fit = random_effects(known_effects<double>({0.042, -0.924, -1.122, -1.473, -1.391, -0.297, -0.262, 1.089, 0.135},
                                                        {0.160, 0.118, 0.178, 0.299, 0.114, 0.015, 0.121, 0.686, 0.068}),
                                  maximum_likelihood{});
  CHECK(close(fit.estimate, -0.5173433, printed(7)));
  CHECK(close(std::log(*fit.tau2), -1.4327196, printed(7)));
  const auto likelihood = profile_likelihood{}(fit);
  CHECK(close(likelihood.statistic, -2.11, printed(2)));
  CHECK(close(1 - likelihood.p / 2, 0.9826, printed(4)));  // against a mean above 0
  CHECK(close(likelihood.lower, -0.98331,
              printed(5)));  // printed as -0.98330, between points of a grid; R's optimize and uniroot give -0.9833056
  CHECK(close(likelihood.upper, -0.04845, printed(5)));
  CHECK(close(profile_likelihood{.level = 0.9}(fit).lower, -0.8935, printed(4)));
  CHECK(close(profile_likelihood{.level = 0.9}(fit).upper, -0.1415, printed(4)));
  CHECK(close(profile_likelihood{.level = 0.99}(fit).lower, -1.1910, printed(4)));
  CHECK(close(profile_likelihood{.level = 0.99}(fit).upper, 0.1714, printed(4)));
  const auto skovgaard = profile_likelihood{.correction = profile_correction::skovgaard}(fit);
  CHECK(close(skovgaard.statistic, -1.846, printed(3)));
  CHECK(close(1 - skovgaard.p / 2, 0.9675, printed(4)));
  // metaLik2 replaces Skovgaard's covariances by averages over 1000 simulated data sets: -1.86, and 95 % (-1.06111, 0.03794)
  CHECK(close(skovgaard.lower, -1.06111, tolerance{0, 0, 0.01, "1000 simulated data sets"}));
  CHECK(close(skovgaard.upper, 0.03794, tolerance{0, 0, 0.01, "1000 simulated data sets"}));
}

TEST_CASE("acupoint stimulation against nausea: Henmi and Copas (2010), page 2978") {
  // Stat Med 29:2969; 16 trials of Lee & Done (2004) Cochrane Database CD003281. Four decimals as in the reproduction
  const auto fit = random_effects(
      effect_sizes(std::vector<binary_trial<double>>{trial("Agarwal 2000", 18, 100, 20, 100), trial("Agarwal 2002", 5, 50, 18, 50),
                                                     trial("Alkaissi 1999", 9, 20, 7, 20), trial("Alkaissi 2002", 32, 135, 31, 139),
                                                     trial("Allen 1994", 9, 23, 10, 23), trial("Andrzejowski 1996", 11, 18, 12, 18),
                                                     trial("Duggal 1998", 69, 122, 80, 122), trial("Dundee 1986", 3, 25, 12, 25),
                                                     trial("Ferrera-Love 1996", 1, 30, 1, 30), trial("Gieron 1993", 11, 30, 19, 30),
                                                     trial("Harmon 1999", 7, 44, 16, 39), trial("Harmon 2000", 4, 47, 6, 47),
                                                     trial("Ho 1996", 1, 30, 13, 30), trial("Rusy 2002", 24, 40, 71, 80),
                                                     trial("Wang 2002", 16, 50, 53, 88), trial("Zarate 2001", 28, 110, 25, 111)},
                   odds_ratio{}),
      dersimonian_laird{});
  CHECK(close(*fit.tau2, 0.3325, printed(4)));
  const auto usual = wald_z{}(fit);
  CHECK(close(usual.estimate, -0.6787, printed(4)));
  CHECK(close(usual.lower, -1.0664, printed(4)));
  CHECK(close(usual.upper, -0.2911, printed(4)));
  const auto r = henmi_copas{}(fit);
  CHECK(close(r.estimate, -0.5145, printed(4)));
  CHECK(close(r.lower, -0.9994, printed(4)));
  CHECK(close(r.upper, -0.0295, printed(4)));
}

TEST_CASE("St John's wort against depression, pooled: Viechtbauer (2007) Z Psychol 215:104, pages 106 to 109") {
  // 17 trials out of Linde, Berner, Egger & Mulrow (2005) Br J Psychiatry 186:99. Four decimals as in the reproduction, which records where the article
  // differs: 1.01 for 1.0039, 1.39 for 1.3840, Q = 55.54 for 51.5454 (a misprint), 1.90 for 1.8864, 0.091 for 0.0903
  const auto trials =
      std::vector<binary_trial<double>>{trial("Reh et al. 1992", 20, 25, 11, 25),          trial("Huebner et al. 1993", 14, 20, 9, 20),
                                        trial("Lehrl & Woelk 1993", 4, 25, 2, 25),         trial("Schmidt & Sommer 1993", 20, 32, 6, 33),
                                        trial("Sommer & Harrer 1994", 28, 50, 13, 55),     trial("Witte et al. 1995", 34, 48, 25, 49),
                                        trial("Haensgen & Vesper 1996", 35, 53, 12, 54),   trial("Laakmann et al. 1998", 24, 49, 16, 49),
                                        trial("Schrader et al. 1998", 45, 80, 12, 79),     trial("Philipp et al. 1999", 67, 106, 22, 47),
                                        trial("Winkel et al. 2000", 34, 60, 17, 59),       trial("Volz et al. 2000", 46, 70, 34, 70),
                                        trial("Montgomery et al. 2000", 55, 123, 57, 124), trial("Kalb et al. 2001", 23, 37, 15, 35),
                                        trial("Shelton et al. 2001", 26, 98, 19, 102),     trial("HDTSG 2002", 46, 113, 56, 116),
                                        trial("Lecrubier et al. 2002", 98, 186, 80, 189)};
  const auto e = effect_sizes(trials, risk_ratio{});
  const auto common_fit = common_effect(e);
  const auto common = wald_z{}(common_fit).natural();
  CHECK(close(common.estimate, 1.3840, printed(4)));
  CHECK(close(common.lower, 1.2599, printed(4)));
  CHECK(close(common.upper, 1.5204, printed(4)));
  CHECK(close(common_fit.q, 51.5454, printed(4)));
  const auto fit = random_effects(e, dersimonian_laird{});
  const auto mean = wald_z{}(fit).natural();
  CHECK(close(*fit.tau2, 0.0903, printed(4)));
  CHECK(close(mean.estimate, 1.5722, printed(4)));
  CHECK(close(mean.lower, 1.3103, printed(4)));
  CHECK(close(mean.upper, 1.8864, printed(4)));
  // the article's prediction leaves out the error of the mean: 0.87 and 2.83
  CHECK(close(std::exp(fit.estimate - 1.959963984540054 * std::sqrt(*fit.tau2)), 0.87, printed(2)));
  CHECK(close(std::exp(fit.estimate + 1.959963984540054 * std::sqrt(*fit.tau2)), 2.83, printed(2)));
  CHECK(close(predict(fit, skipka{}).natural().lower, 0.8488, printed(4)));
  CHECK(close(predict(fit, skipka{}).natural().upper, 2.9120, printed(4)));
}

TEST_CASE(
    "the predictions of Higgins et al. (2009) and Partlett and Riley (2017) follow from the means that R's pimeta prints beside them") {
  // Ten hypothetical trials of Riley, Higgins & Deeks (2011) BMJ 342:d549; what pimeta 1.1.4 prints on its help page of pima(). The page has no data, so
  // that only the step from the mean's interval to the prediction is tested: t with k - 2 degrees of freedom, and nu - 1 for Kenward and Roger
  struct row {
    double mean, tau2, lower, upper, df, next_lower, next_upper, next_df;
  };
  for (const row& expected : std::vector<row>{{-0.3341, 0.0282, -0.5068, -0.1613, 9, -0.7598, 0.0917, 8},  // HTS, DerSimonian-Laird
                                              {-0.3287, 0.0700, -0.5646, -0.0929, 9, -0.9843, 0.3268, 8},  // the same, REML
                                              {-0.3287, 0.0700, -0.5761, -0.0814, 9, -0.9887, 0.3312, 8},  // HK
                                              {-0.3287, 0.0700, -0.5625, -0.0950, 9, -0.9835, 0.3261, 8},  // SJ
                                              {-0.3287, 0.0700, -0.5815, -0.0759, 6.9508, -1.0280, 0.3706, 5.9508}}) {  // KR
    CAPTURE(expected.next_lower);
    auto fit = random_effects(known_effects<double>(std::vector<double>(10, expected.mean), std::vector<double>(10, 0.1)),
                              fixed_tau2{expected.tau2});
    auto mean = wald_t{}(fit);
    mean.se = (expected.upper - expected.lower) / 2 / metapool::detail::t_critical<double>(0.95, expected.df);
    mean.df = expected.next_df;
    const auto next = expected.next_df == 8 ? predict(fit, mean, higgins_thompson_spiegelhalter{}) : predict(fit, mean);
    // what half units of the fourth decimal of the mean, its interval, tau2 and the prediction itself can make
    const double half_units = 1e-4 + metapool::detail::t_critical<double>(0.95, expected.next_df) * 5.5e-5 / (2 * next.se);
    const tolerance rounding{0, 0, half_units, "all that goes in was printed with four decimals"};
    CHECK(close(next.lower, expected.next_lower, rounding));
    CHECK(close(next.upper, expected.next_upper, rounding));
    CHECK(close(*next.df, expected.next_df, digits15));
  }
}
