// SPDX-License-Identifier: BSL-1.0
// Analyses that papers print, first part: estimators of tau2 and the means that follow from them.
//
// "Reproduction" is the page or test that repeats a paper's analysis by R's metafor (metafor-project.org, analyses:<author><year>, and
// tests/testthat of its repository); where it has more decimals than the paper its numbers are taken and the comment says so.
#include <metapool/effect/binary_effects.hpp>
#include <metapool/effect/mean_difference.hpp>
#include <metapool/effect/odds_ratio.hpp>
#include <metapool/effect/risk_difference.hpp>
#include <metapool/inference/blup.hpp>
#include <metapool/inference/cluster_robust.hpp>
#include <metapool/inference/hartung_knapp.hpp>
#include <metapool/inference/heterogeneity.hpp>
#include <metapool/inference/predict.hpp>
#include <metapool/inference/wald.hpp>
#include <metapool/model/common_effect.hpp>
#include <metapool/model/random_effects.hpp>
#include <metapool/tau2/any.hpp>

#include "model/regression_data.hpp"
#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <variant>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {

/// The fit by the estimator of a code; "FE" is the common-effect one.
model_fit<double> fit_by(const effects<double>& e, const std::string& code) {
  if (code == "FE") return common_effect(e);
  const double tau2 =
      std::visit([&](const auto& x) { return x(std::span<const double>(e.y), std::span<const double>(e.v)).tau2; }, *tau2_from_code(code));
  return random_effects(e, fixed_tau2{tau2});
}

effects<double> expectancy() { return known_effects<double>(teachers().y, teachers().v); }

/// One row of a table of means.
struct mean_row {
  std::string code;
  double tau2, mean, se, statistic, lower, upper;
};

template <class Method>
void check_rows(const std::vector<mean_row>& rows, const effects<double>& e, const Method& method) {
  for (const mean_row& row : rows) {
    CAPTURE(row.code);
    const auto fit = fit_by(e, row.code);
    const auto r = method(fit);
    if (fit.tau2) CHECK(close(*fit.tau2, row.tau2, printed(3)));
    CHECK(close(r.estimate, row.mean, printed(3)));
    CHECK(close(r.se, row.se, printed(3)));
    CHECK(close(r.statistic, row.statistic, printed(3)));
    CHECK(close(r.lower, row.lower, printed(3)));
    CHECK(close(r.upper, row.upper, printed(3)));
  }
}

continuous_trial<double> stay(const char* place, double n1, double m1, double sd1, double n2, double m2, double sd2) {
  continuous_trial<double> t;
  t.label = place;
  t.treated = {m1, sd1, n1};
  t.control = {m2, sd2, n2};
  return t;
}

}  // namespace

TEST_CASE("seven estimators of tau2 with I2 and H2 on both examples of Viechtbauer (2005), pages 271 and 272") {
  // J Educ Behav Stat 30:261. Two decimals of I2 (per cent) and H2 as in the reproduction
  struct row {
    std::string code;
    double tau2, i2, h2;
  };
  const auto check = [](const effects<double>& e, const std::vector<row>& rows) {
    for (const row& expected : rows) {
      CAPTURE(expected.code);
      const auto fit = fit_by(e, expected.code);
      const auto h = heterogeneity(fit);
      CHECK(close(*fit.tau2, expected.tau2, printed(3)));
      CHECK(close(*h.i2_tau2 * 100, expected.i2, printed(2)));
      CHECK(close(*h.h2_tau2, expected.h2, printed(2)));
    }
  };
  check(known_effects<double>({-0.581, 0.530, 0.771, 1.031, 0.553, 0.295, 0.078, 0.573, -0.176, -0.232},
                              {0.023, 0.052, 0.060, 0.115, 0.095, 0.203, 0.200, 0.211, 0.051, 0.040}),
        {{"HS", 0.228, 77.23, 4.39},
         {"HE", 0.148, 68.80, 3.21},
         {"DL", 0.277, 80.44, 5.11},
         {"ML", 0.197, 74.51, 3.92},
         {"REML", 0.223, 76.84, 4.32},
         {"EB", 0.192, 74.05, 3.85},
         {"SJ", 0.199, 74.75, 3.96}});
  check(known_effects<double>(
            {0.100, -0.162, -0.090, -0.049, -0.046, -0.010, -0.431, -0.261, 0.134, 0.019, 0.175, 0.056, 0.045, 0.103, 0.121, -0.482, 0.290,
             0.342},
            {0.016, 0.015, 0.050, 0.050, 0.032, 0.052, 0.036, 0.024, 0.034, 0.033, 0.031, 0.034, 0.039, 0.167, 0.134, 0.096, 0.016, 0.035}),
        {{"HS", 0.010, 22.93, 1.30},
         {"HE", 0.000, 0.00, 1.00},
         {"DL", 0.013, 27.53, 1.38},
         {"ML", 0.013, 28.45, 1.40},
         {"REML", 0.016, 32.02, 1.47},
         {"EB", 0.010, 23.72, 1.31},
         {"SJ", 0.025, 42.67, 1.74}});
}

TEST_CASE("means and standard errors by eleven estimators on the CLASP trials: DerSimonian and Kacker (2007), tables 3 and 4") {
  // Contemp Clin Trials 28:105, pages 111 and 112; four decimals as in the reproduction, but for ML: the maximum is at tau2 = 0, where the mean is
  // -0.1973 (metafor 3.8 at its tightest); at its defaults it stops at tau2 = 5e-6 with -0.1974
  const auto e = effect_sizes(
      std::vector<binary_trial<double>>{trial("1", 5, 156, 8, 74), trial("2", 5, 303, 17, 303), trial("3", 12, 565, 9, 477),
                                        trial("4", 69, 1570, 94, 1565), trial("5", 9, 103, 11, 105), trial("6", 313, 4659, 352, 4650)},
      odds_ratio{});
  struct row {
    std::string code;
    double mean, se;
  };
  for (const row& expected : std::vector<row>{{"PM", -0.3811, 0.2060},
                                              {"HE", -0.4035, 0.2327},
                                              {"DL", -0.3240, 0.1540},
                                              {"CA2", -0.3861, 0.2115},
                                              {"DL2", -0.3655, 0.1901},
                                              {"EB", -0.3811, 0.2060},
                                              {"ML", -0.1973, 0.0694},
                                              {"REML", -0.2980, 0.1343},
                                              {"HS", -0.2666, 0.1125},
                                              {"SJ", -0.4079, 0.2386},
                                              {"SJ2", -0.3941, 0.2208}}) {
    CAPTURE(expected.code);
    const auto fit = fit_by(e, expected.code);
    CHECK(close(fit.estimate, expected.mean, printed(4)));
    CHECK(close(fit.se, expected.se, printed(4)));
  }
}

TEST_CASE("the teacher expectancy studies by five estimators and three standard errors: Raudenbush (2009), table 16.3, page 309") {
  // in Cooper, Hedges & Valentine, The Handbook of Research Synthesis and Meta-Analysis, 2nd edition
  check_rows({{"FE", 0, 0.060, 0.036, 1.655, -0.011, 0.132},
              {"ML", 0.013, 0.078, 0.047, 1.637, -0.015, 0.171},
              {"REML", 0.019, 0.084, 0.052, 1.621, -0.018, 0.185},
              {"DL", 0.026, 0.089, 0.056, 1.601, -0.020, 0.199},
              {"HE", 0.080, 0.114, 0.079, 1.443, -0.041, 0.270}},
             expectancy(), wald_z{});
  check_rows({{"FE", 0, 0.060, 0.051, 1.173, -0.048, 0.168},
              {"ML", 0.013, 0.078, 0.059, 1.311, -0.047, 0.202},
              {"REML", 0.019, 0.084, 0.062, 1.359, -0.046, 0.213},
              {"DL", 0.026, 0.089, 0.064, 1.405, -0.044, 0.223},
              {"HE", 0.080, 0.114, 0.071, 1.608, -0.035, 0.264}},
             expectancy(), hartung_knapp{});
  cluster_robust huber_white;
  huber_white.correction = cluster_correction::cr0;
  huber_white.df = cluster_df::clusters_minus_coefficients;
  check_rows({{"FE", 0, 0.060, 0.040, 1.515, -0.023, 0.144},
              {"ML", 0.013, 0.078, 0.047, 1.637, -0.022, 0.178},
              {"REML", 0.019, 0.084, 0.050, 1.676, -0.021, 0.189},
              {"DL", 0.026, 0.089, 0.052, 1.710, -0.020, 0.199},
              {"HE", 0.080, 0.114, 0.062, 1.850, -0.015, 0.244}},
             expectancy(), huber_white);
}

TEST_CASE("the simple models of the teacher expectancy studies are those of Raudenbush (2009), table 16.2, page 301") {
  const auto common = common_effect(expectancy());
  CHECK(close(common.estimate, 0.060, printed(3)));
  CHECK(close(common.q, 35.83, printed(2)));                      // 35.85 in Raudenbush & Bryk (1985), page 83; metafor 3.8 gives 35.8295
  CHECK(close(common.estimate / common.se, 1.6553, printed(4)));  // 1.65 in the chapter, by rounded numbers; metafor 3.8 gives 1.6553
  const auto fit = random_effects(expectancy());
  CHECK(close(fit.estimate, 0.0837, printed(4)));  // 0.083 in the chapter; metafor 3.8 gives 0.0837
  CHECK(close(fit.estimate / fit.se, 1.62, printed(2)));
  // the chapter's range of plausible values, (-0.19, 0.35), is its 0.083 -+ 1.96 tau
  CHECK(close(0.083 - 1.96 * std::sqrt(*fit.tau2), -0.19, printed(2)));
  CHECK(close(0.083 + 1.96 * std::sqrt(*fit.tau2), 0.35, printed(2)));
  const auto shrunken = blup(fit).estimate;
  CHECK(close(*std::min_element(shrunken.begin(), shrunken.end()), -0.03, printed(2)));
  CHECK(close(*std::max_element(shrunken.begin(), shrunken.end()), 0.25, printed(2)));
}

TEST_CASE("the empirical Bayes estimates of the teacher expectancy studies are those of Raudenbush and Bryk (1985), figure 2") {
  // J Educ Stat 10:75. The figure is a drawing; four decimals as in the reproduction, six of them by 1 less: metafor's REML stops at
  // tau2 = 0.018826 by its defaults, and metafor 3.8 at its tightest (0.018818) has these
  const std::vector<double> estimate{0.0543, 0.1006, -0.0064, 0.2143, 0.1051,  -0.0082, 0.0174, -0.0293, 0.1604, 0.2485,
                                     0.1617, 0.1101, 0.0646,  0.1105, -0.0288, 0.0258,  0.1905, 0.0744,  0.0248};
  const std::vector<double> lower{-0.1324, -0.1033, -0.2228, -0.0533, -0.1621, -0.1737, -0.1481, -0.2688, -0.0543, 0.0000,
                                  -0.0970, -0.1303, -0.1919, -0.1463, -0.2405, -0.1906, -0.0076, -0.0808, -0.1954};
  const auto r = blup(random_effects(expectancy()));
  for (std::size_t i = 0; i < estimate.size(); ++i) {
    CHECK(close(r.estimate[i], estimate[i], printed(4)));
    CHECK(close(r.estimate[i] - 1.959963984540054 * r.se[i], lower[i], printed(4)));
  }
}

TEST_CASE("lidocaine and deaths: the risk differences and means of Normand (1999), tables III and VII") {
  // Stat Med 18:321, pages 330 and 349, in percentage points; six trials of Hine et al. (1989) Arch Intern Med 149:2694
  const auto e =
      effect_sizes(std::vector<binary_trial<double>>{trial("Chopra et al", 2, 39, 1, 43), trial("Mogensen", 4, 44, 4, 44),
                                                     trial("Pitt et al", 6, 107, 4, 110), trial("Darby et al", 7, 103, 5, 100),
                                                     trial("Bennett et al", 7, 110, 3, 106), trial("O'Brien et al", 11, 154, 4, 146)},
                   risk_difference{});
  const std::vector<double> y{2.8026, 0.0000, 1.9711, 1.7961, 3.5334, 4.4031}, v{17.7575, 37.5657, 8.1323, 10.8998, 8.0114, 6.1320};
  for (std::size_t i = 0; i < 6; ++i) {
    CHECK(close(100 * e.y[i], y[i], printed(4)));
    CHECK(close(10000 * e.v[i], v[i], printed(4)));
  }
  for (const std::string code : {"FE", "REML", "DL"}) {
    CAPTURE(code);
    const auto r = wald_z{}(fit_by(e, code));
    CHECK(close(100 * r.estimate, 2.94, printed(2)));
    CHECK(close(100 * r.lower, 0.4, printed(1)));
    CHECK(close(100 * r.upper, 5.5, printed(1)));
    if (code != "FE") CHECK(*fit_by(e, code).tau2 == 0);
  }
}

TEST_CASE("specialist stroke care and length of stay: the differences and means of Normand (1999), tables VIII and IX") {
  // pages 351 and 352, in days; variances with the pooled standard deviation
  const auto e = effect_sizes(
      std::vector<continuous_trial<double>>{stay("Edinburgh", 155, 55, 47, 156, 75, 64), stay("Orpington-Mild", 31, 27, 7, 32, 29, 4),
                                            stay("Orpington-Moderate", 75, 64, 17, 71, 119, 29),
                                            stay("Orpington-Severe", 18, 66, 20, 18, 137, 48), stay("Montreal-Home", 8, 14, 8, 13, 18, 11),
                                            stay("Montreal-Transfer", 57, 19, 7, 52, 18, 4), stay("Newcastle", 34, 52, 45, 33, 41, 34),
                                            stay("Umea", 110, 21, 16, 183, 31, 27), stay("Uppsala", 60, 30, 27, 52, 23, 20)},
      mean_difference{md_variance::pooled});
  const std::vector<double> v{40.59, 2.05, 15.28, 150.22, 20.19, 1.22, 95.38, 8.03, 20.69};
  for (std::size_t i = 0; i < 9; ++i) CHECK(close(e.v[i], v[i], printed(2)));
  struct row {
    std::string code;
    double mean, lower, upper;
  };
  for (const row& expected : std::vector<row>{{"FE", -3.49, -5.03, -1.96}, {"DL", -14.10, -24.45, -3.75}, {"REML", -15.12, -32.67, 2.43}}) {
    CAPTURE(expected.code);
    const auto r = wald_z{}(fit_by(e, expected.code));
    CHECK(close(r.estimate, expected.mean, printed(2)));
    CHECK(close(r.lower, expected.lower, printed(2)));
    CHECK(close(r.upper, expected.upper, printed(2)));
  }
  CHECK(close(*fit_by(e, "DL").tau2, 218.72, printed(2)));
  CHECK(close(*fit_by(e, "REML").tau2, 685.20, printed(2)));
}
