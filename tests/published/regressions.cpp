// SPDX-License-Identifier: BSL-1.0
// Analyses that papers print, third part: moderators. "Reproduction": see estimators.cpp.
#include <metapool/inference/regression.hpp>

#include <metapool/effect/binary_effects.hpp>
#include <metapool/effect/odds_ratio.hpp>
#include <metapool/effect/risk_ratio.hpp>
#include <metapool/inference/adjusted_predictions.hpp>
#include <metapool/inference/heterogeneity.hpp>
#include <metapool/inference/q_profile.hpp>
#include <metapool/inference/regression_heterogeneity.hpp>
#include <metapool/inference/wald.hpp>
#include <metapool/math/chi_squared.hpp>
#include <metapool/model/common_effect.hpp>
#include <metapool/model/meta_regression.hpp>
#include <metapool/model/random_effects.hpp>
#include <metapool/tau2/dersimonian_laird.hpp>
#include <metapool/tau2/maximum_likelihood.hpp>
#include <metapool/tau2/paule_mandel.hpp>

#include "model/regression_data.hpp"
#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {

matrix_of<double> columns(const std::vector<double>& a, const std::vector<double>& b) {
  matrix_of<double> x(static_cast<Eigen::Index>(a.size()), 2);
  for (std::size_t i = 0; i < a.size(); ++i) x.row(static_cast<Eigen::Index>(i)) << a[i], b[i];
  return x;
}

/// One coefficient of a printed table.
struct coefficient {
  double estimate, se, z, p, lower, upper;
};

void check_table(const regression_inference<double>& r, const std::vector<coefficient>& expected) {
  for (std::size_t j = 0; j < expected.size(); ++j) {
    CAPTURE(j);
    CHECK(close(r.estimate[j], expected[j].estimate, printed(4)));
    CHECK(close(r.se[j], expected[j].se, printed(4)));
    CHECK(close(r.statistic[j], expected[j].z, printed(4)));
    CHECK(close(r.p[j], expected[j].p, printed(4)));
    CHECK(close(r.lower[j], expected[j].lower, printed(4)));
    CHECK(close(r.upper[j], expected[j].upper, printed(4)));
  }
}

/// Log risk ratios of the BCG trials with Berkey et al.'s smoothed variances: mean odds of no event over the arms' sizes.
effects<double> smoothed_bcg() {
  const auto trials = bcg();
  auto e = effect_sizes(trials, risk_ratio{});
  double treated = 0, control = 0;
  for (const auto& t : trials) {
    treated += (*t.treated.total - *t.treated.events) / *t.treated.events / 13;
    control += (*t.control.total - *t.control.events) / *t.control.events / 13;
  }
  for (std::size_t i = 0; i < trials.size(); ++i) e.v[i] = treated / *trials[i].treated.total + control / *trials[i].control.total;
  return e;
}

/// P(Q of the residuals with the weights 1 / (v + tau2) is above the observed one), the pivot of the Q-profile method around moderators.
double tail_at(effects<double> e, const std::vector<double>& x, double tau2) {
  for (double& v : e.v) v += tau2;
  const auto fit = common_effect_regression(std::move(e), design_of(x));
  return metapool::detail::chi_squared_upper_tail<double>(fit.q, static_cast<double>(fit.df));
}

}  // namespace

TEST_CASE("BCG vaccine on latitude by empirical Bayes and by a common effect: Berkey et al. (1995), page 408") {
  // Stat Med 14:395; log risk ratios, smoothed variances, latitude from 33.46 degrees
  const auto mean = random_effects(smoothed_bcg(), paule_mandel{});
  CHECK(close(mean.estimate, -0.5429, printed(4)));
  CHECK(close(mean.se, 0.1842, printed(4)));
  std::vector<double> latitude = bcg_latitude();
  for (double& x : latitude) x -= 33.46;
  const auto mixed = meta_regression(smoothed_bcg(), design_of(latitude), paule_mandel{});
  const auto r = infer(mixed);
  CHECK(close(r.estimate[0], -0.6303, printed(4)));  // -0.6304 in the article; metafor 3.8 gives -0.6303
  CHECK(close(r.estimate[1], -0.0268, printed(4)));
  CHECK(close(r.se[0], 0.1591, printed(4)));
  CHECK(close(r.se[1], 0.0110, printed(4)));
  CHECK(close(*mixed.tau2, 0.157, printed(3)));
  CHECK(close(*r_squared(mixed) * 100, 41, printed(0)));
  matrix_of<double> at(2, 1);
  at << 0, 42 - 33.46;
  const auto predicted = adjusted_predictions(mixed, r, at);
  CHECK(close(predicted.natural(0).estimate, 0.53, printed(2)));
  CHECK(close(predicted.natural(1).estimate, 0.42, printed(2)));
  const auto fixed = common_effect_regression(smoothed_bcg(), design_of(latitude));
  const auto f = infer(fixed);
  CHECK(close(f.estimate[0], -0.5949, printed(4)));  // -0.5950 in the article; metafor 3.8 gives -0.5949
  CHECK(close(f.estimate[1], -0.0282, printed(4)));
  CHECK(close(f.se[0], 0.0696, printed(4)));
  CHECK(close(f.se[1], 0.0040, printed(4)));  // 0.0039 in the article; metafor 3.8 gives 0.0040
  const auto common = adjusted_predictions(fixed, f, at);
  CHECK(close(common.natural(0).estimate, 0.55, printed(2)));
  CHECK(close(common.natural(1).estimate, 0.43, printed(2)));
}

TEST_CASE("BCG vaccine, log odds ratio on latitude by maximum likelihood: van Houwelingen, Arends and Stijnen (2002), pages 608 and 609") {
  const auto fit = meta_regression(effect_sizes(bcg(), odds_ratio{}), design_of(bcg_latitude()), maximum_likelihood{});
  const auto r = infer(fit);
  CHECK(close(r.estimate[0], 0.371, printed(3)));
  CHECK(close(r.estimate[1], -0.033, printed(3)));
  CHECK(close(r.se[0], 0.106, printed(3)));
  CHECK(close(r.se[1], 0.003, printed(3)));
  CHECK(close(*fit.tau2, 0.004, printed(3)));
  CHECK(close(*r_squared(fit) * 100, 98.7, printed(1)));
}

TEST_CASE("teacher expectancy on weeks of contact: Raudenbush and Bryk (1985), pages 90 and 92, and Raudenbush (2009), table 16.2") {
  const auto data = teachers();
  const auto fit = meta_regression(known_effects<double>(data.y, data.v), design_of(data.weeks, "weeks"));
  const auto r = infer(fit);
  CHECK(close(r.estimate[0], 0.407, printed(3)));
  CHECK(close(r.estimate[1], -0.157, printed(3)));
  CHECK(close(r.statistic[0], 4.68, printed(2)));
  CHECK(close(r.statistic[1], -4.39, printed(2)));
  CHECK(close(*fit.tau2, 0.00, printed(2)));
  CHECK(close(fit.q, 16.57, printed(2)));  // 16.58 in Raudenbush & Bryk; metafor 3.8 gives 16.5708
}

TEST_CASE("ten studies of delinquency, pooled, in groups and regressed: Lipsey and Wilson (2001), exhibits 7.3 to 7.7") {
  // Practical Meta-Analysis, pages 133 to 141; random assignment and intensity of the programme
  const auto e = known_effects<double>({-0.33, 0.32, 0.39, 0.31, 0.17, 0.64, -0.33, 0.15, -0.02, 0.00},
                                       {0.084, 0.035, 0.017, 0.034, 0.072, 0.117, 0.102, 0.093, 0.012, 0.067});
  const std::vector<double> assigned{0, 0, 0, 0, 0, 0, 1, 1, 1, 1}, intensity{7, 3, 7, 5, 7, 7, 4, 4, 5, 6};
  // exhibit 7.3
  const auto common_fit = common_effect(e);
  const auto common = wald_z{}(common_fit);
  CHECK(close(common.estimate, 0.1549, printed(4)));
  CHECK(close(common.se, 0.0609, printed(4)));
  CHECK(close(common.statistic, 2.5450, printed(4)));
  CHECK(close(common.p, 0.0109, printed(4)));
  CHECK(close(common.lower, 0.0356, printed(4)));
  CHECK(close(common.upper, 0.2742, printed(4)));
  CHECK(close(common_fit.q, 14.7640, printed(4)));
  CHECK(close(*heterogeneity(common_fit).p, 0.0976, printed(4)));
  const auto random = wald_z{}(random_effects(e, dersimonian_laird{}));
  CHECK(close(random.estimate, 0.1534, printed(4)));
  CHECK(close(random.se, 0.0858, printed(4)));
  CHECK(close(random.statistic, 1.7893, printed(4)));
  CHECK(close(random.p, 0.0736, printed(4)));
  CHECK(close(random.lower, -0.0146, printed(4)));
  CHECK(close(random.upper, 0.3215, printed(4)));
  // exhibit 7.4: the two groups, which the chapter prints with QB = 7.0738 and QW = 7.6902; metafor 3.8 gives 7.0739 and 7.6901
  const auto groups = common_effect_regression(e, design_of(assigned));
  const auto between = infer(groups);
  matrix_of<double> both(2, 1);
  both << 0, 1;
  const auto means = adjusted_predictions(groups, between, both);
  CHECK(close(means.estimate[0], 0.2984, printed(4)));
  CHECK(close(means.se[0], 0.0813, printed(4)));
  CHECK(close(means.lower[0], 0.1390, printed(4)));
  CHECK(close(means.upper[0], 0.4578, printed(4)));
  CHECK(close(means.estimate[1], -0.0277, printed(4)));
  CHECK(close(means.se[1], 0.0917, printed(4)));
  CHECK(close(means.lower[1], -0.2075, printed(4)));
  CHECK(close(means.upper[1], 0.1521, printed(4)));
  CHECK(close(between.moderators->statistic, 7.0739, printed(4)));
  CHECK(close(between.moderators->p, 0.0078, printed(4)));
  CHECK(close(groups.q, 7.6901, printed(4)));
  CHECK(close(*heterogeneity(groups).p, 0.4643, printed(4)));
  // exhibit 7.6; the chapter prints QE = 7.6833 with p = 0.3613, metafor 3.8 gives 7.6832 and 0.3614
  const auto fixed = common_effect_regression(e, design_of(columns(assigned, intensity)));
  check_table(infer(fixed), {{0.3223, 0.2998, 1.0752, 0.2823, -0.2652, 0.9099},
                             {-0.3298, 0.1304, -2.5286, 0.0115, -0.5854, -0.0742},
                             {-0.0041, 0.0493, -0.0829, 0.9339, -0.1007, 0.0925}});
  CHECK(close(infer(fixed).moderators->statistic, 7.0807, printed(4)));
  CHECK(close(infer(fixed).moderators->p, 0.0290, printed(4)));
  CHECK(close(fixed.q, 7.6832, printed(4)));
  CHECK(close(*heterogeneity(fixed).p, 0.3614, printed(4)));
  // exhibit 7.7; the chapter prints QM = 5.5709, metafor 3.8 gives 5.5711
  const auto mixed = meta_regression(e, design_of(columns(assigned, intensity)), dersimonian_laird{});
  check_table(infer(mixed), {{0.3311, 0.3198, 1.0351, 0.3006, -0.2958, 0.9579},
                             {-0.3269, 0.1439, -2.2712, 0.0231, -0.6090, -0.0448},
                             {-0.0068, 0.0528, -0.1292, 0.8972, -0.1103, 0.0967}});
  CHECK(close(infer(mixed).moderators->statistic, 5.5711, printed(4)));
  CHECK(close(infer(mixed).moderators->p, 0.0617, printed(4)));
  CHECK(close(*mixed.tau2, 0.00488, printed(5)));
}

TEST_CASE("St John's wort on dosage, severity and both: Viechtbauer (2007) Z Psychol 215:104, table II and pages 112 and 113") {
  // Linde et al. (2005) Br J Psychiatry 186:99: patients who responded, severity at the start (Hamilton), weeks, daily dosage in mg. Eight decimals as
  // in the reproduction
  struct study {
    double a, n1, c, n2, severity, weeks, dosage;
  };
  const std::vector<study> studies{{20, 25, 11, 25, 19.5, 8, 380},    {14, 20, 9, 20, 12.5, 4, 900},   {4, 25, 2, 25, 22.7, 4, 900},
                                   {20, 32, 6, 33, 16.5, 6, 900},     {28, 50, 13, 55, 15.8, 4, 900},  {34, 48, 25, 49, 23.6, 6, 240},
                                   {35, 53, 12, 54, 20.7, 4, 900},    {24, 49, 16, 49, 21.1, 6, 900},  {45, 80, 12, 79, 19.4, 6, 500},
                                   {67, 106, 22, 47, 22.7, 6, 1050},  {34, 60, 17, 59, 16.7, 6, 900},  {46, 70, 34, 70, 20.9, 6, 500},
                                   {55, 123, 57, 124, 21.5, 6, 900},  {23, 37, 15, 35, 19.9, 6, 900},  {26, 98, 19, 102, 22.5, 8, 1050},
                                   {46, 113, 56, 116, 22.9, 8, 1200}, {98, 186, 80, 189, 21.9, 6, 900}};
  std::vector<binary_trial<double>> trials;
  matrix_of<double> x(17, 3);
  for (std::size_t i = 0; i < studies.size(); ++i) {
    const study& s = studies[i];
    trials.push_back(trial("", s.a, s.n1, s.c, s.n2));
    trials.back().label = std::to_string(i + 1);
    const double grams = s.dosage * 7 / 1000 * s.weeks - 34, severity = s.severity - 20;
    x.row(static_cast<Eigen::Index>(i)) << grams, severity, grams * severity;
  }
  const auto fit =
      meta_regression(effect_sizes(trials, risk_ratio{}), design_of(x, {"dosage", "severity", "dosage x severity"}), dersimonian_laird{});
  CHECK(close(*fit.tau2, 0.0475, printed(4)));
  CHECK(close(*r_squared(fit) * 100, 47.3778, printed(4)));  // 48 % in the article
  const auto r = infer(fit);
  const std::vector<double> estimate{0.47625885, -0.0058448, -0.06722782, -0.00156996}, se{0.08764097, 0.00999872, 0.03522283, 0.00344659};
  const std::vector<double> z{5.43420301, -0.58455444, -1.9086436, -0.45551255};
  for (std::size_t j = 0; j < 4; ++j) {
    CHECK(close(r.estimate[j], estimate[j], printed(8)));
    CHECK(close(r.se[j], se[j], printed(8)));
    CHECK(close(r.statistic[j], z[j], printed(8)));
  }
  CHECK(close(r.p[1], 0.55884735, printed(8)));
  CHECK(close(r.p[2], 0.05630808, printed(8)));
  // the mean risk ratio at 34 g in all and a severity of 12.5 and of 23.6; the article prints 2.66 (1.46 to 4.90) for the first
  matrix_of<double> at(2, 3);
  at << 0, 12.5 - 20, 0, 0, 23.6 - 20, 0;
  const auto predicted = adjusted_predictions(fit, r, at);
  CHECK(close(predicted.natural(0).estimate, 2.6657, printed(4)));
  CHECK(close(predicted.natural(0).lower, 1.4560, printed(4)));
  CHECK(close(predicted.natural(0).upper, 4.8806, printed(4)));
  CHECK(close(predicted.natural(1).estimate, 1.2639, printed(4)));
  CHECK(close(predicted.natural(1).lower, 0.9923, printed(4)));
  CHECK(close(predicted.natural(1).upper, 1.6099, printed(4)));
}

TEST_CASE("residual heterogeneity around a moderator: the two examples of Jackson, Turner, Rhodes and Viechtbauer (2014)") {
  // BMC Med Res Methodol 14:103, doi:10.1186/1471-2288-14-103; four decimals as in the reproduction. The first interval is REML's, on the log scale by its
  // standard error; the second that of the Q profile, whose ends leave 2.5 % in a tail of chi-squared
  const auto check = [](const std::vector<double>& y, const std::vector<double>& v, const std::vector<double>& x, double reml_lower,
                        double reml_upper, double q_lower, double q_upper) {
    const auto e = known_effects<double>(y, v);
    const auto fit = meta_regression(e, design_of(x));
    const double error = 1.96 * *fit.se_tau2 / *fit.tau2;
    CHECK(close(*fit.tau2 * std::exp(-error), reml_lower, printed(4)));
    CHECK(close(*fit.tau2 * std::exp(error), reml_upper, printed(4)));
    const double half = 5e-5;
    CHECK(tail_at(e, x, q_lower - half) < 0.025);
    CHECK(tail_at(e, x, q_lower + half) > 0.025);
    CHECK(tail_at(e, x, q_upper - half) < 0.975);
    CHECK(tail_at(e, x, q_upper + half) > 0.975);
  };
  check({0.0267, 0.8242, 0.3930, 2.4405, 2.1401, 1.2528, 2.4849, 0.3087, 1.4246, 0.1823, 1.1378, 1.2321, 2.0695, 4.0237, 1.4383, 1.6021},
        {0.1285, 0.0315, 0.0931, 2.0967, 1.0539, 0.1602, 1.0235, 0.0218, 0.5277, 0.0556, 0.3304, 0.1721, 0.4901, 2.0200, 0.3399, 0.1830},
        {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1}, 0.0110, 0.6330, 0.0023, 1.4871);
  check({0.54, 0.4, 0.64, 0.365, 0.835, 0.02, 0.12, 0.085, 1.18, 0.08, 0.18, 0.325, 0.06, 0.715, 0.065, 0.245, 0.24, 0.06, 0.19},
        {0.0176, 0.019, 0.0906, 0.0861, 0.0063, 0.0126, 0.0126, 0.0041, 0.0759, 0.0126, 0.0104, 0.0242, 0.0026, 0.2629, 0.0169, 0.0156,
         0.0481, 0.0084, 0.0044},
        {1986, 1987, 1988, 1988, 1998, 1999, 2000, 2000, 2000, 2001, 2001, 2001, 2002, 2002, 2002, 2002, 2003, 2003, 2003}, 0.0163, 0.1108,
        0.0178, 0.1564);
}

TEST_CASE("modified school calendars, 56 studies, pooled and on the year: Konstantopoulos (2011), table 4, page 70") {
  // Res Synth Methods 2:61; data of Cooper et al. (2003) as in metadat's dat.konstantopoulos2011. The article prints three decimals; four as in the
  // reproduction, which finds 0.043 for a standard error of 0.0440 and 0.088 for a tau2 of 0.0889 there
  const auto e = known_effects<double>(
      {-0.18, -0.22, 0.23, -0.3,  0.13,  -0.26, 0.19, 0.32, 0.45, 0.38,  0.29,  0.16,  0.65, 0.36,  0.6,   0.08,  0.04,  0.19, -0.06,
       -0.18, 0,     0,    -0.28, -0.04, -0.3,  0.07, 0,    0.05, -0.08, -0.09, 0.3,   0.98, 1.19,  -0.07, -0.05, -0.01, 0.02, -0.03,
       0,     0.01,  -0.1, 0.5,   0.66,  0.2,   0,    0.05, 0.07, -0.52, 0.7,   -0.03, 0.27, -0.34, 0.12,  0.61,  0.04,  -0.05},
      {0.118, 0.118, 0.144, 0.144, 0.014, 0.014, 0.015, 0.024, 0.023, 0.043, 0.012, 0.02,  0.004, 0.004, 0.007, 0.019, 0.007, 0.005, 0.004,
       0.02,  0.018, 0.019, 0.022, 0.02,  0.021, 0.006, 0.007, 0.007, 0.007, 0.007, 0.015, 0.011, 0.01,  0.001, 0.001, 0.001, 0.001, 0.001,
       0.001, 0.001, 0.001, 0.01,  0.011, 0.01,  0.009, 0.013, 0.013, 0.031, 0.031, 0.03,  0.03,  0.03,  0.087, 0.082, 0.067, 0.067});
  std::vector<double> year{1976, 1976, 1976, 1976, 1989, 1989, 1989, 1989, 1994, 1994, 1994, 1976, 1976, 1976, 1976, 1997, 1997, 1997, 1997,
                           1976, 1976, 1976, 1976, 1976, 1976, 1976, 1976, 1976, 1976, 1976, 1997, 1997, 1997, 1997, 1997, 1997, 1997, 1997,
                           1997, 1997, 1997, 2000, 2000, 2000, 2000, 2000, 2000, 2000, 2000, 2000, 2000, 2000, 1995, 1995, 1994, 1994};
  double middle = 0;
  for (const double y : year) middle += y / 56;
  for (double& y : year) y -= middle;
  const auto fit = random_effects(e);
  CHECK(close(fit.estimate, 0.1279, printed(4)));
  CHECK(close(fit.se, 0.0439, printed(4)));
  CHECK(close(*fit.tau2, 0.0884, printed(4)));
  CHECK(close(*fit.se_tau2, 0.0202, printed(4)));
  CHECK(close(q_profile{}(fit).lower, 0.0565,
              printed(4)));  // 0.0564 in the reproduction, whose search stops at 1e-4; metafor 3.8 at its tightest: 0.056466
  CHECK(close(q_profile{}(fit).upper, 0.1388, printed(4)));
  const auto mixed = meta_regression(e, design_of(year));
  const auto r = infer(mixed);
  CHECK(close(r.estimate[0], 0.1258, printed(4)));
  CHECK(close(r.estimate[1], 0.0052, printed(4)));
  CHECK(close(r.se[0], 0.0440, printed(4)));
  CHECK(close(r.se[1], 0.0044, printed(4)));
  CHECK(close(*mixed.tau2, 0.0889, printed(4)));
  CHECK(close(*mixed.se_tau2, 0.0205, printed(4)));
}
