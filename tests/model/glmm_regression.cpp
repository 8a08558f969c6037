// SPDX-License-Identifier: BSL-1.0
#include <metapool/model/glmm_regression.hpp>

#include "model/regression_data.hpp"
#include "model/sparse_tables.hpp"
#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

using namespace metapool;
using metapool_test::close;
using metapool_test::contains;
using metapool_test::message_of;
using metapool_test::treated_hundreds;
using metapool_test::trial;

namespace {

using trials_type = std::vector<binary_trial<>>;

const std::vector<double> latitudes = metapool_test::bcg_latitude();

metapool_test::tolerance peer(double relative) { return {relative, 0, 0, "where metafor's search stops"}; }

void check_coefficients(const glmm_regression_fit<>& fit, double b0, double b1, double se0, double se1, double tau2, double tolerance) {
  CHECK(fit.convergence.converged);
  CHECK(fit.convergence.residual < 1e-8);
  CHECK(close(fit.coefficients(0), b0, peer(tolerance)));
  CHECK(close(fit.coefficients(1), b1, peer(tolerance)));
  CHECK(close(std::sqrt(fit.covariance(0, 0)), se0, peer(tolerance)));
  CHECK(close(std::sqrt(fit.covariance(1, 1)), se1, peer(tolerance)));
  CHECK(close(fit.tau2, tau2, peer(2 * tolerance)));
}

}  // namespace

TEST_CASE("An intercept alone gives what glmm gives") {
  const auto same = [](const auto& one, const auto& fit) {
    CHECK(close(fit.coefficients(0), one.estimate, metapool_test::digits12));
    CHECK(close(std::sqrt(fit.covariance(0, 0)), one.se, metapool_test::digits12));
    CHECK(close(fit.tau2, one.tau2, metapool_test::digits12));
    CHECK(close(fit.log_likelihood, one.log_likelihood, metapool_test::digits12));
    CHECK(close(fit.q_wald, one.q_wald, metapool_test::digits12));
    CHECK(close(fit.q_lrt, one.q_lrt, metapool_test::digits12));
    CHECK(fit.df == one.df);
    CHECK_FALSE(fit.log_likelihood_without_moderators);
    REQUIRE(fit.se_tau2.has_value() == one.se_tau2.has_value());
    if (one.se_tau2) CHECK(close(*fit.se_tau2, *one.se_tau2, metapool_test::digits12));
  };
  const trials_type trials{trial("1", 1, 12, 5, 12), trial("2", 4, 30, 3, 28), trial("3", 0, 20, 4, 21), trial("4", 0, 25, 0, 24), trial("5", 2, 40, 9, 39)};
  const auto one = intercept_only(trials.size());
  same(glmm(trials, odds_ratio{}, conditional_exact{}), glmm_regression(trials, odds_ratio{}, one, conditional_exact{}));
  same(glmm(trials, risk_ratio{}, conditional_approximate{}), glmm_regression(trials, risk_ratio{}, one, conditional_approximate{}));
  same(glmm(trials, odds_ratio{}, fixed_study_effects{}), glmm_regression(trials, odds_ratio{}, one, fixed_study_effects{}));
  same(glmm(trials, odds_ratio{}, fixed_study_effects{effect_coding::treated}), glmm_regression(trials, odds_ratio{}, one, fixed_study_effects{effect_coding::treated}));
}

TEST_CASE("With random levels an intercept alone gives the same likelihood, and the level of the control arms") {
  const trials_type trials{trial("1", 1, 12, 5, 12), trial("2", 4, 30, 3, 28), trial("3", 0, 20, 4, 21), trial("5", 2, 40, 9, 39)};
  const auto one = glmm(trials, odds_ratio{}, random_study_effects{});
  const auto fit = glmm_regression(trials, odds_ratio{}, intercept_only(trials.size()), random_study_effects{});
  CHECK(close(fit.coefficients(0), one.estimate, metapool_test::digits8));
  CHECK(close(std::sqrt(fit.covariance(0, 0)), one.se, metapool_test::digits8));
  CHECK(close(fit.log_likelihood, one.log_likelihood, metapool_test::digits12));
  CHECK(close(*fit.intercept, *one.intercept - one.estimate / 2, metapool_test::digits8));
  CHECK(close(*fit.sigma2, *one.sigma2, metapool_test::digits8));
  CHECK(close(fit.q_lrt, one.q_lrt, metapool_test::digits8));
}

TEST_CASE("BCG by latitude as in metafor") {
  const auto trials = metapool_test::bcg();
  const auto d = design_of(latitudes, "latitude");
  // metafor 3.8, UM.FS: tau2 0, QE.Wld 25.0954177, QE.LRT 25.0138523 on 11 df, log-likelihood -81.67787052
  const auto fixed = glmm_regression(trials, odds_ratio{}, d, fixed_study_effects{});
  check_coefficients(fixed, 0.3988590450, -0.0333291442, 0.0822144376, 0.00278536168, 0, 1e-6);
  CHECK(close(fixed.q_wald, 25.0954177, peer(1e-7)));
  CHECK(close(fixed.q_lrt, 25.0138523, peer(1e-7)));
  CHECK(close(fixed.log_likelihood, -81.67787052, peer(1e-9)));
  CHECK(fixed.df == 11);
  CHECK_FALSE(fixed.se_tau2);
  // CM.AL with nAGQ = 25
  const auto approximate = glmm_regression(trials, odds_ratio{}, d, conditional_approximate{});
  check_coefficients(approximate, 0.2929704320, -0.0299316134, 0.186836466, 0.00536125473, 0.031867983, 1e-5);
  CHECK(close(approximate.q_wald, 29.8946246, peer(1e-6)));
  CHECK(close(approximate.q_lrt, 30.0133867, peer(1e-7)));
  CHECK(approximate.log_likelihood > approximate.common_log_likelihood);
  CHECK(approximate.log_likelihood > *approximate.log_likelihood_without_moderators);
}

TEST_CASE("Catheters by size as in metafor; the exact conditional model is better than its approximation knows") {
  const auto trials = metapool_test::catheters();
  const auto d = design_of(treated_hundreds(trials), "n");
  // metafor 3.8, CM.AL, nAGQ = 25: QE.Wld 11.0722817, QE.LRT 26.8151255 on 15 df
  const auto approximate = glmm_regression(trials, odds_ratio{}, d, conditional_approximate{});
  check_coefficients(approximate, -1.535399484, 0.165328915, 0.726741199, 0.449408600, 0.5781422, 1e-5);
  CHECK(close(approximate.q_wald, 11.0722817, peer(1e-6)));
  CHECK(close(approximate.q_lrt, 26.8151255, peer(1e-7)));
  CHECK(approximate.design.rows() == 17);
  // UM.FS, nAGQ = 25: -1.5238, 0.2013, tau2 0.28508, with a warning that its search has not converged
  check_coefficients(glmm_regression(trials, odds_ratio{}, d, fixed_study_effects{}), -1.523834547, 0.201271337, 0.638509596, 0.397906153, 0.28507613, 4e-3);
  // UM.RS by Laplace's approximation: log-likelihood -74.53787731, QE.LRT 28.4032392
  const auto random = glmm_regression(trials, odds_ratio{}, d, random_study_effects{});
  check_coefficients(random, -0.762570366, -0.353722610, 0.734770615, 0.449866626, 0.91220851, 4e-2);
  CHECK(close(random.log_likelihood, -74.53787731, metapool_test::tolerance{0, 0, 0.02, "Laplace's approximation"}));
  CHECK(close(random.q_lrt, 28.4032392, metapool_test::tolerance{0, 0, 2e-3, "Laplace's approximation"}));
}

TEST_CASE("The exact conditional model by moderators is higher than where metafor stops") {
  // metafor 3.8, CM.EL, of the trials of Hahn et al.: -0.623452, 0.062360, se 5.8e-05 and 7.4e-06 (QM 7.2e7), log-likelihood -16.81261054; QE.LRT 8.17744186
  // on 7 df. On the catheters and BCG its optimiser fails.
  const auto trials = metapool_test::hahn();
  const auto fit = glmm_regression(trials, odds_ratio{}, design_of(treated_hundreds(trials), "n"), conditional_exact{});
  CHECK(fit.log_likelihood > -16.81261054);
  CHECK(close(fit.log_likelihood, -16.8126, metapool_test::tolerance{0, 0, 3e-3, "metafor's search"}));
  CHECK(close(fit.coefficients(0), -0.623452, metapool_test::tolerance{0, 0, 3e-4, "metafor's search"}));
  CHECK(close(fit.q_lrt, 8.17744186, peer(1e-8)));
  CHECK(fit.covariance(1, 1) > 1e-3);
  CHECK(fit.tau2 == 0);
  CHECK(fit.df == 7);
}

TEST_CASE("Rate ratios, proportions and rates of one group by moderators as in metafor") {
  const auto trials = metapool_test::catheter_rates();
  std::vector<double> days;
  std::vector<rate<>> control;
  for (const auto& t : trials) {
    days.push_back(*t.treated.time / 1000);
    rate<> r;
    r.events = t.control.events;
    r.time = t.control.time;
    control.push_back(r);
  }
  const auto d = design_of(days, "days");
  // metafor 3.8, IRR, nAGQ = 25: CM.EL with QE.Wld 9.20245584 and QE.LRT 10.7930457 on 7 df; UM.FS
  const auto conditional = glmm_regression(trials, incidence_rate_ratio{}, d, conditional_exact{});
  check_coefficients(conditional, -0.2842380379, -0.0490881663, 0.3167220901, 0.0588367375, 0.1064291, 5e-5);
  CHECK(close(conditional.q_wald, 9.20245584, peer(1e-6)));
  CHECK(close(conditional.q_lrt, 10.7930457, peer(1e-7)));
  check_coefficients(glmm_regression(trials, incidence_rate_ratio{}, d, fixed_study_effects{}), -0.2710886596, -0.0477705074, 0.3043696337, 0.0564419482, 0.083597306, 3e-4);
  // UM.RS by Laplace's approximation: 0.562, -0.3147, sigma2 0, QE.LRT 10.2134754
  const auto random = glmm_regression(trials, incidence_rate_ratio{}, d, random_study_effects{});
  check_coefficients(random, 0.562085358, -0.314734027, 0.4437841038, 0.0479505254, 1.2131096, 1e-2);
  CHECK(*random.sigma2 == 0);
  CHECK(close(random.q_lrt, 10.2134754, metapool_test::tolerance{0, 0, 4e-3, "Laplace's approximation"}));
  // IRLN: tau2 0, log-likelihood -18.96160372, QE.Wld 3.03664314 and QE.LRT 3.79358247 on 7 df
  const auto rates = glmm_regression(control, log_rate{}, d);
  check_coefficients(rates, -4.939382694, -0.151236354, 0.1631326021, 0.0274507053, 0, 1e-7);
  CHECK(close(rates.log_likelihood, -18.96160372, peer(1e-9)));
  CHECK(close(rates.q_wald, 3.03664314, peer(1e-5)));
  CHECK(close(rates.q_lrt, 3.79358247, peer(1e-7)));
  // PLO of the control arms, nAGQ = 25: QE.Wld 45.7625835, QE.LRT 62.3024687 on 16 df
  const auto catheters = metapool_test::catheters();
  std::vector<proportion<>> arms;
  for (const auto& t : catheters) arms.push_back({t.label, t.control.events, t.control.total});
  const auto proportions = glmm_regression(arms, logit_proportion{}, design_of(treated_hundreds(catheters), "n"));
  check_coefficients(proportions, -2.505620423, -0.660351878, 0.478063165, 0.297552629, 0.53779494, 1e-5);
  CHECK(close(proportions.q_wald, 45.7625835, peer(1e-7)));
  CHECK(close(proportions.q_lrt, 62.3024687, peer(1e-8)));
  CHECK(proportions.df == 16);
}

TEST_CASE("A moderator's units and origin do not matter") {
  const auto trials = metapool_test::bcg();
  std::vector<double> years;
  for (const double x : latitudes) years.push_back(1950 + x / 100);
  const auto a = glmm_regression(trials, odds_ratio{}, design_of(latitudes, "x"), conditional_approximate{});
  const auto b = glmm_regression(trials, odds_ratio{}, design_of(years, "x"), conditional_approximate{});
  CHECK(close(b.log_likelihood, a.log_likelihood, metapool_test::digits10));
  CHECK(close(b.coefficients(1), 100 * a.coefficients(1), metapool_test::digits8));
  CHECK(close(b.coefficients(0) + 1950 * b.coefficients(1), a.coefficients(0), metapool_test::digits6));
  CHECK(close(b.covariance(1, 1), 1e4 * a.covariance(1, 1), metapool_test::digits8));
  CHECK(b.convergence.residual < 1e-8);
}

TEST_CASE("With a common effect a factor's levels are as if fitted apart; without an intercept its coefficients are their means") {
  const trials_type first{trial("1", 1, 12, 5, 12), trial("2", 4, 30, 3, 28), trial("3", 0, 20, 4, 21)}, second{trial("4", 2, 25, 2, 24), trial("5", 2, 40, 9, 39)};
  trials_type all = first;
  all.insert(all.end(), second.begin(), second.end());
  matrix_of<double> groups(5, 2);
  groups << 1, 0, 1, 0, 1, 0, 0, 1, 0, 1;
  const auto fit = glmm_regression(all, odds_ratio{}, design_of(groups, {"first", "second"}, with_intercept::no), conditional_exact{});
  const auto a = glmm(first, odds_ratio{}, conditional_exact{}), b = glmm(second, odds_ratio{}, conditional_exact{});
  CHECK(close(fit.common_coefficients(0), a.common_estimate, metapool_test::digits10));
  CHECK(close(fit.common_coefficients(1), b.common_estimate, metapool_test::digits10));
  CHECK(close(std::sqrt(fit.common_covariance(1, 1)), b.common_se, metapool_test::digits10));
  CHECK(close(fit.common_log_likelihood, a.common_log_likelihood + b.common_log_likelihood, metapool_test::digits10));
  CHECK(close(fit.q_lrt, a.q_lrt + b.q_lrt, metapool_test::digits10));
  CHECK(fit.df == 3);
  REQUIRE(fit.log_likelihood_without_moderators);
  CHECK(*fit.log_likelihood_without_moderators < fit.log_likelihood);
  matrix_of<double> second_group(5, 1);
  second_group << 0, 0, 0, 1, 1;
  const auto difference = glmm_regression(all, odds_ratio{}, design_of(second_group), conditional_exact{});
  CHECK(close(difference.log_likelihood, fit.log_likelihood, metapool_test::digits12));
  CHECK(close(difference.coefficients(1), fit.coefficients(1) - fit.coefficients(0), metapool_test::digits10));
}

TEST_CASE("Of the design the rows of studies without information are left out, and may be anything") {
  auto trials = metapool_test::catheters();
  auto d = design_of(treated_hundreds(trials), "n");
  const auto fit = glmm_regression(trials, odds_ratio{}, d, conditional_approximate{});
  d.x(14, 1) = std::numeric_limits<double>::quiet_NaN();  // no event in either arm
  CHECK(glmm_regression(trials, odds_ratio{}, d, conditional_approximate{}).log_likelihood == fit.log_likelihood);
  trials.erase(trials.begin() + 14);
  const auto without = glmm_regression(trials, odds_ratio{}, design_of(treated_hundreds(trials), "n"), conditional_approximate{});
  CHECK(without.coefficients(1) == fit.coefficients(1));
  CHECK(fit.audit[14].status == study_status::double_zero);
  d.x(3, 1) = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_AS(glmm_regression(metapool_test::catheters(), odds_ratio{}, d, conditional_approximate{}), input_error);
}

TEST_CASE("Double-zero studies may be kept with random levels") {
  const auto trials = metapool_test::catheters();
  const auto d = design_of(treated_hundreds(trials), "n");
  const auto fit = glmm_regression(trials, odds_ratio{}, d, random_study_effects{double_zero::keep});
  CHECK(fit.design.rows() == 18);
  CHECK(fit.k == 17);
  CHECK(fit.df == 15);
  CHECK(fit.convergence.residual < 1e-8);
}

TEST_CASE("A moderator that separates studies is refused by name") {
  // where x = 1 no treated patient has an event
  const trials_type trials{trial("1", 1, 12, 5, 12), trial("2", 4, 30, 3, 28), trial("3", 2, 20, 4, 21), trial("4", 0, 25, 2, 24), trial("5", 0, 40, 9, 39)};
  const auto d = design_of(std::vector<double>{0, 0, 0, 1, 1}, "exposure");
  const auto refused = [&](const auto& model, const char* text) {
    CHECK(contains(message_of<not_estimable>([&] { glmm_regression(trials, odds_ratio{}, d, model); }), text));
  };
  refused(conditional_exact{}, "'exposure' falls");
  refused(conditional_approximate{}, "'exposure' falls");
  refused(fixed_study_effects{}, "'exposure' falls");
  refused(random_study_effects{}, "'exposure' falls");
  auto mended = trials;
  mended[4].treated.events = 1;
  CHECK(glmm_regression(mended, odds_ratio{}, d, conditional_exact{}).convergence.converged);
  CHECK(glmm_regression(mended, odds_ratio{}, d, random_study_effects{}).convergence.converged);
}

TEST_CASE("Designs that cannot be are refused") {
  const auto trials = metapool_test::bcg();
  CHECK_THROWS_AS(glmm_regression(trials, odds_ratio{}, design_of(std::vector<double>{1, 2, 3}, "x"), conditional_approximate{}), input_error);
  CHECK_THROWS_AS(glmm_regression(trials, odds_ratio{}, design_of(std::vector<double>(13, 2.0), "x"), conditional_approximate{}), rank_error);
  const trials_type none{trial("1", 0, 12, 0, 12), trial("2", 0, 30, 0, 28)};
  CHECK_THROWS_AS(glmm_regression(none, odds_ratio{}, intercept_only(2), conditional_exact{}), not_estimable);
  CHECK_THROWS_AS(glmm_regression(none, odds_ratio{}, intercept_only(2), random_study_effects{}), not_estimable);
  // as many coefficients as studies: the common effect's standard errors, and a note
  const trials_type two{trial("1", 2, 12, 5, 12), trial("2", 3, 30, 3, 28)};
  const auto fit = glmm_regression(two, odds_ratio{}, design_of(std::vector<double>{0, 1}, "x"), conditional_approximate{});
  CHECK(fit.df == 0);
  CHECK(fit.tau2 == 0);
  CHECK(close(fit.coefficients(0), std::log(2.0 / 5), metapool_test::digits10));
  CHECK(fit.q_lrt == 0);
  CHECK(fit.q_wald == 0);
  REQUIRE(!fit.notes.empty());
  CHECK(contains(fit.notes.back(), "as many coefficients"));
}

TEST_CASE("Correlated levels and effects by a moderator: near lme4's Laplace approximation, the coding no matter") {
  // lme4 1.1-31, glmer(cbind(y, n - y) ~ t + t:latitude + (t | study)) of BCG, latitude in tens of degrees: control level -4.13265, 0.214501, -0.284366 (se 0.386165, 0.111452),
  // variances of control level and effect 2.330159 and 0.029469, covariance -0.113843; log-likelihood -121.264825. (With a positive correlation there is a lower summit.)
  const auto trials = metapool_test::bcg();
  std::vector<double> tens;
  for (const double x : latitudes) tens.push_back(x / 10);
  const auto d = design_of(tens, "latitude");
  const random_study_effects correlated{double_zero::drop, effect_coding::halves, true};
  const auto fit = glmm_regression(trials, odds_ratio{}, d, correlated);
  CHECK(fit.convergence.converged);
  CHECK(fit.convergence.residual < 1e-8);
  const metapool_test::tolerance laplace{3e-2, 0, 0, "Laplace's approximation"};
  CHECK(close(*fit.intercept, -4.13265, laplace));
  CHECK(close(fit.coefficients(0), 0.214501, laplace));
  CHECK(close(fit.coefficients(1), -0.284366, laplace));
  CHECK(close(std::sqrt(fit.covariance(1, 1)), 0.111452, laplace));
  CHECK(close(fit.tau2, 0.029469, laplace));
  CHECK(close(*fit.sigma2, 2.330159 - 0.113843 + 0.029469 / 4, laplace));
  REQUIRE(fit.correlation);
  CHECK(close(*fit.correlation, (-0.113843 + 0.029469 / 2) / std::sqrt(0.029469 * (2.330159 - 0.113843 + 0.029469 / 4)), laplace));
  CHECK(close(fit.log_likelihood, -121.264825, metapool_test::tolerance{0, 0, 0.05, "Laplace's approximation"}));
  CHECK(contains(fit.method, "correlated"));
  for (const auto coding : {effect_coding::halves, effect_coding::treated}) {
    const auto without = glmm_regression(trials, odds_ratio{}, d, random_study_effects{double_zero::drop, coding});
    CHECK(fit.log_likelihood >= without.log_likelihood - 1e-9);
    CHECK(close(fit.common_log_likelihood, without.common_log_likelihood, metapool_test::digits8));
    CHECK_FALSE(without.correlation);
  }
  // an intercept alone is glmm
  const auto one = glmm(trials, odds_ratio{}, correlated);
  const auto alone = glmm_regression(trials, odds_ratio{}, intercept_only(13), correlated);
  CHECK(close(alone.coefficients(0), one.estimate, metapool_test::digits8));
  CHECK(close(std::sqrt(alone.covariance(0, 0)), one.se, metapool_test::digits6));
  CHECK(close(alone.tau2, one.tau2, metapool_test::digits6));
  CHECK(close(*alone.sigma2, *one.sigma2, metapool_test::digits6));
  CHECK(close(*alone.correlation, *one.correlation, metapool_test::digits6));
  CHECK(close(*alone.intercept, *one.intercept - one.estimate / 2, metapool_test::digits8));
  CHECK(close(alone.log_likelihood, one.log_likelihood, metapool_test::digits10));
  CHECK(close(alone.q_lrt, one.q_lrt, metapool_test::digits8));
  CHECK(close(*fit.log_likelihood_without_moderators, one.log_likelihood, metapool_test::digits10));
}
