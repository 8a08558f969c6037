// SPDX-License-Identifier: BSL-1.0
// Estimates printed in papers, table by table.
#include <metapool/tau2/any.hpp>

#include "support/bcg_effects.hpp"
#include "support/close.hpp"

#include <metapool/effect/odds_ratio.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {

double tau2_of(const effects<double>& e, const std::string& code) {
  return std::visit([&](const auto& x) { return x(std::span<const double>(e.y), std::span<const double>(e.v)).tau2; }, *tau2_from_code(code));
}

/// Teacher expectancy and pupils' IQ, 19 studies: Raudenbush & Bryk (1985) J Educ Stat 10:75, table 1.
effects<double> expectancy() {
  effects<double> e;
  e.y = {0.03, 0.12, -0.14, 1.18, 0.26, -0.06, -0.02, -0.32, 0.27, 0.80, 0.54, 0.18, -0.02, 0.23, -0.18, -0.06, 0.30, 0.07, -0.07};
  e.v = {0.0156, 0.0216, 0.0279, 0.1391, 0.1362, 0.0106, 0.0106, 0.0484, 0.0269, 0.0630,
         0.0912, 0.0497, 0.0835, 0.0841, 0.0253, 0.0279, 0.0193, 0.0088, 0.0303};
  return e;
}

}  // namespace

TEST_CASE("eleven estimates of tau of the CLASP trials are DerSimonian and Kacker's (2007), tables 3 and 4") {
  // log odds ratios of pre-eclampsia; to four decimals in metafor's reproduction of the tables
  const auto e = effect_sizes(std::vector<binary_trial<double>>{trial("1", 5, 156, 8, 74), trial("2", 5, 303, 17, 303), trial("3", 12, 565, 9, 477),
                                                                trial("4", 69, 1570, 94, 1565), trial("5", 9, 103, 11, 105), trial("6", 313, 4659, 352, 4650)},
                              odds_ratio{});
  const std::vector<std::pair<std::string, double>> printed_tau{{"PM", 0.3681}, {"HE", 0.4410}, {"DL", 0.2323}, {"CA2", 0.3831}, {"DL2", 0.3254},
                                                                {"EB", 0.3681}, {"HS", 0.1330}, {"SJ", 0.4572}, {"SJ2", 0.4084}};
  for (const auto& entry : printed_tau) {
    CAPTURE(entry.first);
    CHECK(close(std::sqrt(tau2_of(e, entry.first)), entry.second, printed(4)));
  }
  CHECK(close(std::sqrt(tau2_of(e, "REML")), 0.18, printed(2)));  // the tables print two decimals
  CHECK(close(std::sqrt(tau2_of(e, "ML")), 0.00, printed(2)));
}

TEST_CASE("four estimates of tau2 of the diuretics trials are Viechtbauer's (2007), table II") {
  // log odds ratios of pre-eclampsia: Collins, Yusuf & Peto (1985) BMJ 290:17
  const auto e = effect_sizes(
      std::vector<binary_trial<double>>{trial("Weseley & Douglas 1962", 14, 131, 14, 136), trial("Flowers et al 1962", 21, 385, 17, 134),
                                        trial("Menzies 1964", 14, 57, 24, 48), trial("Fallis et al 1964", 6, 38, 18, 40),
                                        trial("Cuadros & Tatum 1964", 12, 1011, 35, 760), trial("Landesman et al 1965", 138, 1370, 175, 1336),
                                        trial("Kraus et al 1966", 15, 506, 20, 524), trial("Tervila & Vartiainen 1971", 6, 108, 2, 103),
                                        trial("Campbell & MacGillivray 1975", 65, 153, 40, 102)},
      odds_ratio{});
  CHECK(close(tau2_of(e, "DL"), 0.2297, printed(4)));
  CHECK(close(tau2_of(e, "ML"), 0.2386, printed(4)));
  CHECK(close(tau2_of(e, "REML"), 0.3008, printed(4)));
  CHECK(close(tau2_of(e, "SJ"), 0.4563, printed(4)));
}

TEST_CASE("REML of the teacher expectancy studies is Raudenbush and Bryk's (1985), page 83, and Raudenbush's (2009), table 16.2") {
  CHECK(close(tau2_of(expectancy(), "REML"), 0.019, printed(3)));
  CHECK(close(tau2_of(expectancy(), "REML"), 0.0188, printed(4)));
}

TEST_CASE("empirical Bayes of the BCG trials with smoothed variances is Berkey et al.'s (1995), page 408") {
  const auto trials = bcg();
  effects<double> e = bcg_effects();
  double treated = 0, control = 0;  // mean odds of no event
  for (const auto& t : trials) {
    treated += (*t.treated.total - *t.treated.events) / *t.treated.events / 13;
    control += (*t.control.total - *t.control.events) / *t.control.events / 13;
  }
  for (std::size_t i = 0; i < trials.size(); ++i) e.v[i] = treated / *trials[i].treated.total + control / *trials[i].control.total;
  CHECK(close(tau2_of(e, "EB"), 0.268, printed(3)));
  CHECK(close(tau2_of(e, "EB"), 0.2682, printed(4)));
}

TEST_CASE("REML of the BCG trials and its error are Viechtbauer's (2010), section 3.1") {
  const auto r = estimate_bcg(reml{});
  CHECK(close(r.tau2, 0.3132, printed(4)));
  CHECK(close(*r.se, 0.1664, printed(4)));
}

TEST_CASE("DerSimonian-Laird of Lipsey and Wilson's (2001) ten studies is that of their exhibit 7.3") {
  effects<double> e;
  e.y = {-0.33, 0.32, 0.39, 0.31, 0.17, 0.64, -0.33, 0.15, -0.02, 0.00};
  e.v = {0.084, 0.035, 0.017, 0.034, 0.072, 0.117, 0.102, 0.093, 0.012, 0.067};
  CHECK(close(tau2_of(e, "DL"), 0.025955, printed(6)));
}
