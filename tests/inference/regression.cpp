// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/regression.hpp>

#include <metapool/effect/binary_effects.hpp>
#include <metapool/effect/risk_ratio.hpp>
#include <metapool/inference/adjusted_predictions.hpp>
#include <metapool/inference/contrasts.hpp>
#include <metapool/inference/heterogeneity.hpp>
#include <metapool/inference/regression_heterogeneity.hpp>
#include <metapool/inference/regression_likelihood.hpp>
#include <metapool/inference/regression_residuals.hpp>
#include <metapool/inference/variance_inflation.hpp>
#include <metapool/model/meta_regression.hpp>
#include <metapool/model/random_effects.hpp>
#include <metapool/tau2/maximum_likelihood.hpp>

#include "model/regression_data.hpp"
#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {

const tolerance metafor{1e-8, 0, 0, "metafor's iteration at its tightest"};

effects<double> bcg_effects() { return effect_sizes(bcg(), risk_ratio{}); }

design<double> latitude_and_year() {
  matrix_of<double> x(13, 2);
  for (std::size_t i = 0; i < 13; ++i) x.row(static_cast<Eigen::Index>(i)) << bcg_latitude()[i], bcg_year()[i];
  return design_of(x, {"latitude", "year"});
}

/// Allocation (random; alternate as reference, systematic) and latitude; allocation is one term of two columns.
design<double> allocation_and_latitude() {
  const std::vector<int> allocation{1, 1, 1, 1, 0, 0, 1, 1, 1, 2, 2, 2, 2};
  matrix_of<double> x(13, 3);
  for (std::size_t i = 0; i < 13; ++i) x.row(static_cast<Eigen::Index>(i)) << (allocation[i] == 1), (allocation[i] == 2), bcg_latitude()[i];
  auto d = design_of(x, {"random", "systematic", "latitude"});
  d.terms = {{1, 2}, {3}};
  d.term_names = {"allocation", "latitude"};
  return d;
}

matrix_of<double> two_rows() {
  matrix_of<double> rows(2, 2);
  rows << 33, 1970, 50, 1950;
  return rows;
}

}  // namespace

TEST_CASE("BCG on latitude by Wald z and t: metafor's QM, and interval and test agree") {
  const auto fit = meta_regression(bcg_effects(), design_of(bcg_latitude(), "latitude"));
  const auto z = infer(fit);
  CHECK(close(z.moderators->statistic, 16.3582321471645, metafor));
  CHECK(close(z.moderators->p, 5.24279397380923e-05, metafor));
  CHECK(close(z.moderators->statistic, z.statistic[1] * z.statistic[1], digits12));
  CHECK(close(z.moderators->p, z.p[1], digits12));
  CHECK(z.moderators->columns == std::vector<std::size_t>{1});
  CHECK_FALSE(z.df[0]);
  const auto t = infer(fit, wald_t{});
  CHECK(*t.df[1] == 11);
  CHECK(close(t.moderators->p, t.p[1], digits12));  // F(1, 11) is the square of t(11)
  CHECK(t.lower[1] < z.lower[1]);
  // an interval at level 1 - p ends at 0
  const auto edge = infer(fit, wald_t{.level = 1 - t.p[1]});
  CHECK(close(edge.upper[1], 0.0, at_scale(digits10, 0.03)));
}

TEST_CASE("Knapp and Hartung: metafor's answers for two moderators") {
  const auto fit = meta_regression(bcg_effects(), latitude_and_year());
  const auto r = infer(fit, hartung_knapp{});
  CHECK(close(r.estimate[1], -0.0280113294442153, metafor));  // metafor 5.1, and below
  CHECK(close(r.se[1], 0.0113456775206606, metafor));
  CHECK(close(r.moderators->statistic, 4.96494755589043, metafor));
  CHECK(*r.moderators->df2 == 10);
  const auto z = infer(fit);
  CHECK(close(r.se[2] / z.se[2], std::sqrt(*r.scale_factor), digits12));
  const auto floored = infer(fit, hartung_knapp{.floor = 2});
  CHECK(close(floored.se[2], z.se[2] * std::sqrt(2.0), digits12));
  CHECK(floored.notes.size() == 1);
  CHECK(infer(fit, hartung_knapp{.floor = 1}).notes.empty());  // the factor is above 1
}

TEST_CASE("with an intercept alone every method is that of the mean") {
  const auto fit = meta_regression(bcg_effects(), intercept_only(13));
  const auto mean = random_effects(bcg_effects());
  const auto check = [&](const auto& method) {
    const auto a = infer(fit, method);
    const auto b = method(mean);
    CHECK(close(a.se[0], b.se, digits12));
    CHECK(close(a.lower[0], b.lower, digits12));
    CHECK(close(a.upper[0], b.upper, digits12));
    CHECK(close(a.p[0], b.p, digits10));
    CHECK(a.method == b.method);
    CHECK_FALSE(a.moderators);
  };
  check(wald_z{});
  check(wald_t{});
  check(hartung_knapp{});
  check(hartung_knapp{.floor = 1});
  check(hartung_knapp{.safeguard = hk_safeguard::z_over_t});
  CHECK(close(*heterogeneity(fit).i2_tau2, *heterogeneity(mean).i2_tau2, digits12));
  CHECK(close(heterogeneity(fit).q, heterogeneity(mean).q, digits12));
  for (const auto kind : {likelihood_kind::restricted, likelihood_kind::full}) {
    CHECK(close(information_criteria(fit, kind).aicc, information_criteria(mean, kind).aicc, digits12));
    CHECK(close(information_criteria(fit, kind).bic, information_criteria(mean, kind).bic, digits12));
  }
}

TEST_CASE("adjusted predictions are metafor's, by Wald and by Knapp and Hartung") {
  const auto fit = meta_regression(bcg_effects(), latitude_and_year());
  const auto p = adjusted_predictions(fit, infer(fit), two_rows());
  CHECK(close(p.estimate[0], -0.711990409999728, metafor));
  CHECK(close(p.estimate[1], -1.22633261950102, metafor));
  CHECK(close(p.se[0], 0.126023353037343, metafor));
  CHECK(close(p.upper[1], -0.735384410588569, metafor));
  CHECK(close(p.prediction_lower[0], -1.40954647259918, metafor));
  CHECK(close(p.prediction_upper[1], -0.409873805402612, metafor));
  const auto h = adjusted_predictions(fit, infer(fit, hartung_knapp{}), two_rows());
  CHECK(close(h.se[1], 0.277699450761811, metafor));
  CHECK(close(h.lower[0], -1.02329155194866, metafor));
  CHECK(close(h.prediction_lower[1], -2.19217795158787, metafor));
  CHECK(close(p.natural(0).estimate, std::exp(p.estimate[0]), digits14));
  matrix_of<double> with_ones(2, 3);
  with_ones << matrix_of<double>::Ones(2, 1), two_rows();
  CHECK(adjusted_predictions(fit, infer(fit), with_ones).estimate == p.estimate);
  // at a study's own moderators: its fitted value
  const auto own = adjusted_predictions(fit, infer(fit), matrix_of<double>(fit.design.x.row(4)));
  CHECK(close(own.estimate[0], fit.fitted[4], digits10));
  CHECK_THROWS_AS(adjusted_predictions(fit, infer(fit), matrix_of<double>(1, 4)), input_error);
}

TEST_CASE("contrasts are metafor's, alone and together") {
  const auto fit = meta_regression(bcg_effects(), latitude_and_year());
  matrix_of<double> l(2, 3);
  l << 1, 33, 1970, 0, 1, 1;
  const auto c = contrasts(infer(fit, hartung_knapp{}), l);
  CHECK(close(c.estimate[1], -0.0261038489967552, metafor));
  CHECK(close(c.se[0], 0.13971352892636, metafor));
  CHECK(close(c.statistic[1], -1.0548882668288, metafor));
  CHECK(close(c.p[0], 0.000466694404057595, metafor));
  CHECK(close(c.joint.statistic, 13.0475600072653, metafor));
  CHECK(close(c.joint.p, 0.00163214052886934, metafor));
  CHECK(*c.joint.df2 == 10);
  const auto shifted = contrasts(infer(fit), l, {"at 33 degrees", "both"}, {c.estimate[0], 0});
  CHECK(close(shifted.statistic[0], 0.0, at_scale(digits10, 1)));
  CHECK(shifted.names[0] == "at 33 degrees");
  l.row(1) = 2 * l.row(0);
  CHECK(contains(message_of<input_error>([&] { contrasts(infer(fit), l); }), "depend on each other"));
  CHECK_THROWS_AS(contrasts(infer(fit), matrix_of<double>(matrix_of<double>::Zero(1, 3))), input_error);
  CHECK_THROWS_AS(contrasts(infer(fit), matrix_of<double>(1, 2)), input_error);
}

TEST_CASE("a term of several columns is tested together and inflated together") {
  const auto fit = meta_regression(bcg_effects(), allocation_and_latitude());
  const auto r = infer(fit);
  CHECK(close(fit.coefficients(1), -0.267491211512913, metafor));  // metafor 3.8, and below
  CHECK(close(*fit.tau2, 0.144594297359141, metafor));
  CHECK(close(r.moderators->statistic, 11.0606124553678, metafor));
  CHECK(close(r.moderators->p, 0.0114025957300382, metafor));
  const auto allocation = test_coefficients(r, fit.design.terms[0]);
  CHECK(close(allocation.statistic, 1.2850179604661, metafor));
  CHECK(close(allocation.p, 0.525971116035059, metafor));
  const auto v = variance_inflation(fit);
  CHECK(close(v.vif[0], 1.0151, printed(4)));
  CHECK(close(v.se_factor[0], 1.0038, printed(4)));
  CHECK(close(v.vif[1], v.vif[0], digits10));  // two blocks inflate each other alike
  const auto both = variance_inflation(meta_regression(bcg_effects(), latitude_and_year()));
  CHECK(close(both.vif[0], 1.53913018354787, metafor));
  CHECK(close(both.se_factor[0], 1.24061685606309, metafor));
  CHECK(close(variance_inflation(meta_regression(bcg_effects(), design_of(bcg_latitude()))).vif[0], 1.0, digits14));
  CHECK_THROWS_AS(test_coefficients(r, {}), input_error);
  CHECK_THROWS_AS(test_coefficients(r, {4}), input_error);
  CHECK_THROWS_AS(test_coefficients(r, {1, 1}), input_error);
}

TEST_CASE("R2, residual heterogeneity, residuals and leverages are metafor's") {
  const auto fit = meta_regression(bcg_effects(), design_of(bcg_latitude()));
  CHECK(close(*r_squared(fit), 0.756266218116216, metafor));
  CHECK(close(*heterogeneity(fit).i2_tau2, 0.683912248381823, metafor));
  CHECK(close(*heterogeneity(fit).h2_tau2, 3.16367842436352, metafor));
  CHECK(close(*r_squared(common_effect_regression(bcg_effects(), design_of(bcg_latitude()))), 0.779765192143401, digits12));
  CHECK_FALSE(r_squared(meta_regression(bcg_effects(), intercept_only(13))));
  const auto two = meta_regression(bcg_effects(), latitude_and_year());
  const auto residuals = standardized_residuals(two);
  CHECK(close(*residuals.z[0], 0.287509747139876, metafor));
  CHECK(close(*residuals.z[6], -2.35374937971492, metafor));
  CHECK(close(two.leverages[3], 0.808215075174147, metafor));
  CHECK(close(two.leverages[11], 0.0235382761670333, metafor));
}

TEST_CASE("information criteria and the likelihood-ratio test are metafor's") {
  const auto larger = meta_regression(bcg_effects(), latitude_and_year(), maximum_likelihood{});
  const auto smaller = meta_regression(bcg_effects(), design_of(bcg_latitude()), maximum_likelihood{});
  const auto r = likelihood_ratio(larger, smaller);
  CHECK(close(r.statistic, 0.0791006013680331, metafor));
  CHECK(close(r.p, 0.778519967680476, metafor));
  CHECK(close(*r.r_squared, 0.217698082728982, metafor));
  const auto full = information_criteria(larger, likelihood_kind::full);
  CHECK(close(full.log_likelihood, -7.64611522773011, metafor));
  CHECK(close(full.aic, 23.2922304554602, metafor));
  CHECK(close(full.bic, 25.5520278853064, metafor));
  CHECK(close(full.aicc, 28.2922304554602, metafor));
  const auto fit = meta_regression(bcg_effects(), latitude_and_year());
  const auto restricted = information_criteria(fit, likelihood_kind::restricted);
  CHECK(close(restricted.log_likelihood, -8.10687383701331, metafor));
  CHECK(close(restricted.bic, 25.4240880460028, metafor));
  CHECK(close(restricted.aicc, 32.2137476740266, metafor));
  const auto common = information_criteria(common_effect_regression(bcg_effects(), design_of(bcg_latitude())), likelihood_kind::full);
  CHECK(close(common.log_likelihood, -9.47361086861887, metafor));
  CHECK(close(common.aic, 22.9472217372377, metafor));
  CHECK(close(common.aicc, 24.1472217372377, metafor));

  CHECK(contains(message_of<input_error>([&] { likelihood_ratio(fit, smaller); }), "restricted likelihoods"));
  CHECK(contains(message_of<input_error>([&] { likelihood_ratio(smaller, larger); }), "more coefficients"));
  const auto other = meta_regression(bcg_effects(), design_of(std::vector<double>{1, 0, 0, 1, 0, 1, 0, 1, 1, 0, 0, 1, 0}), maximum_likelihood{});
  CHECK(contains(message_of<input_error>([&] { likelihood_ratio(larger, other); }), "not nested"));
}

TEST_CASE("what cannot be answered is refused") {
  const auto fit = meta_regression(bcg_effects(), design_of(bcg_latitude()));
  CHECK_THROWS_AS(infer(fit, wald_z{.level = 1}), input_error);
  CHECK_THROWS_AS(infer(fit, hartung_knapp{.floor = -1}), input_error);
  CHECK_THROWS_AS(infer(fit, hartung_knapp{.safeguard = hk_safeguard::iqwig}), input_error);
  CHECK_THROWS_AS(infer(regression_fit<double>{}), input_error);
  auto lost = fit;
  lost.convergence.converged = false;
  CHECK_THROWS_AS(infer(lost), convergence_error);
  CHECK_NOTHROW(infer(lost, wald_z{.even_if_not_converged = true}));
  CHECK_THROWS_AS(standardized_residuals(lost), convergence_error);
  const std::vector<double> y{1, 2}, v{1, 1};
  const auto full = meta_regression(known_effects(y, v), design_of(std::vector<double>{0, 1}));
  CHECK_THROWS_AS(infer(full, wald_t{}), not_estimable);
  CHECK_THROWS_AS(infer(full, hartung_knapp{}), not_estimable);
  CHECK_THROWS_AS(information_criteria(full, likelihood_kind::full), not_estimable);
  CHECK(close(infer(full).se[1], std::sqrt(2.0), digits14));
  CHECK(heterogeneity(full).df == 0);
  const std::vector<double> line{1, 2, 3}, ones{1, 1, 1}, x{0, 1, 2};
  const auto exact = meta_regression(known_effects(line, ones), design_of(x));
  CHECK_THROWS_AS(infer(exact, hartung_knapp{}), not_estimable);
  CHECK(close(infer(exact, hartung_knapp{.floor = 1}).se[1], std::sqrt(0.5), digits12));
}
