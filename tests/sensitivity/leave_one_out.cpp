// SPDX-License-Identifier: BSL-1.0
#include <metapool/sensitivity/leave_one_out.hpp>

#include "support/bcg_effects.hpp"
#include "support/close.hpp"

#include <metapool/effect/risk_ratio.hpp>
#include <metapool/inference/heterogeneity.hpp>
#include <metapool/model/mantel_haenszel.hpp>
#include <metapool/tau2/paule_mandel.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

namespace mp = metapool;
using metapool_test::at_scale;
using metapool_test::close;
using metapool_test::digits10;
using metapool_test::digits12;
using metapool_test::rounded_bcg_effects;

namespace {

template <class Data>
Data without(Data e, std::size_t i) {
  const auto at = static_cast<std::ptrdiff_t>(i);
  e.y.erase(e.y.begin() + at);
  e.v.erase(e.v.begin() + at);
  e.labels.erase(e.labels.begin() + at);
  e.trial.clear();
  e.audit.clear();
  return e;
}

/// What differs between a row and the inference on a fit without that study; empty if nothing does.
std::string difference(const mp::refit<>& r, const mp::model_fit<>& fit, const mp::mean_inference<>& mean) {
  std::string wrong;
  const auto same = [&](const char* name, double a, double b, double scale) {
    const auto c = close(a, b, at_scale(digits12, scale));
    if (!c) wrong += std::string(name) + ": " + c.text + "; ";
  };
  if (!r.mean) return r.failed;
  same("estimate", r.mean->estimate, mean.estimate, fit.se);
  same("se", r.mean->se, mean.se, 0);
  same("lower", r.mean->lower, mean.lower, fit.se);
  same("upper", r.mean->upper, mean.upper, fit.se);
  same("p", r.mean->p, mean.p, 1);
  same("Q", r.q, fit.q, 1);
  if (r.mean->method != mean.method) wrong += "method; ";
  if (r.studies != fit.k() || r.df != fit.df) wrong += "studies; ";
  if (r.tau2.has_value() != fit.tau2.has_value()) wrong += "whether tau2; ";
  if (r.tau2 && fit.tau2) same("tau2", *r.tau2, *fit.tau2, static_cast<double>(fit.k()) * fit.se * fit.se);
  const auto h = mp::heterogeneity(fit);
  if (r.i2_tau2.has_value() != h.i2_tau2.has_value()) wrong += "whether I2 by tau2; ";
  if (r.i2_tau2 && h.i2_tau2) same("I2 by tau2", *r.i2_tau2, *h.i2_tau2, static_cast<double>(fit.k()));
  return wrong;
}

}  // namespace

TEST_CASE("leave-one-out with REML is the table that metafor gives") {
  // metafor 3.8: leave1out(rma(y, v, control = list(threshold = 1e-14, maxiter = 1000))), of k = 13
  const double estimate[] = {-0.707085957105, -0.654036276963, -0.685556237221, -0.628404192266, -0.764176549677,
                             -0.710879066730, -0.655248480290, -0.794763063111, -0.741201934499, -0.653036586454,
                             -0.757856609541, -0.759814068027, -0.777539640137};
  const double se[] = {0.189962490888, 0.180697508737, 0.185707532732, 0.176616722528, 0.191787617586, 0.200256073299, 0.180474834270,
                       0.179879830435, 0.196677432996, 0.184270692614, 0.195789570671, 0.182092086080, 0.185536291284};
  const double tau2[] = {0.336167414919, 0.292596448185, 0.320748187184, 0.262752751089, 0.327806247106, 0.359566663555, 0.293034903478,
                         0.273201457886, 0.349463712310, 0.298739336191, 0.340502757118, 0.308170510132, 0.303738347215};
  const double q[] = {151.169772404511, 144.922005250078, 149.787173366481, 96.294740967462,  150.885242611320,
                      127.968208616041, 145.430768882390, 68.016560953473,  151.789559846395, 139.453633030027,
                      151.015195293316, 150.362637464592, 149.347819791201};
  const auto s = mp::leave_one_out(rounded_bcg_effects(13));
  CHECK(s.method == "REML");
  REQUIRE(s.rows.size() == 13);
  for (std::size_t i = 0; i < 13; ++i) {
    const auto& r = s.rows[i];
    REQUIRE(r.mean.has_value());
    CHECK(r.label == "study " + std::to_string(i + 1));
    CHECK(r.studies == 12);
    CHECK(close(r.mean->estimate, estimate[i], digits10));
    CHECK(close(r.mean->se, se[i], digits10));
    CHECK(close(*r.tau2, tau2[i], digits10));
    CHECK(close(r.q, q[i], digits12));
  }
  CHECK(close(s.rows[3].mean->lower, -0.974566607488, digits10));
  CHECK(close(s.rows[3].mean->p, 0.000373674065, {0, 0, 5e-12, "twelve printed decimals"}));
  CHECK(close(*s.rows[7].q_p, 2.91e-10, {0, 0, 5e-13, "twelve printed decimals"}));
}

TEST_CASE("each row of leave-one-out is the meta-analysis of the other studies, by any estimator and interval") {
  const auto e = rounded_bcg_effects(7);
  const auto reml_hk = mp::leave_one_out(e, mp::reml{}, mp::hartung_knapp{});
  const auto pm = mp::leave_one_out(e, mp::paule_mandel{}, mp::wald_t{});
  const auto common = mp::leave_one_out_common_effect(e);
  for (std::size_t i = 0; i < e.size(); ++i) {
    const auto others = without(e, i);
    const auto a = mp::random_effects(others, mp::reml{});
    CHECK(difference(reml_hk.rows[i], a, mp::infer(a, mp::hartung_knapp{})) == "");
    const auto b = mp::random_effects(others, mp::paule_mandel{});
    CHECK(difference(pm.rows[i], b, mp::infer(b, mp::wald_t{})) == "");
    const auto c = mp::common_effect(others);
    CHECK(difference(common.rows[i], c, mp::infer(c)) == "");
    CHECK(common.rows[i].i2 == doctest::Approx((c.q - 5) / c.q).epsilon(1e-12));
  }
}

TEST_CASE("more than 64 studies are refitted as fewer are") {
  std::vector<double> y, v;
  for (int i = 0; i < 66; ++i) {
    y.push_back(std::sin(2.0 * i));
    v.push_back(0.05 + 0.01 * i);
  }
  const auto e = mp::known_effects(y, v);
  const auto s = mp::leave_one_out(e, mp::dersimonian_laird{});
  for (const std::size_t i : {std::size_t(0), std::size_t(30), std::size_t(65)}) {
    const auto fit = mp::random_effects(without(e, i), mp::dersimonian_laird{});
    CHECK(difference(s.rows[i], fit, mp::infer(fit)) == "");
  }
}

TEST_CASE("leave-one-out of trials takes any model, and a row that fails says why") {
  const std::vector<mp::binary_trial<>> trials{{"A", {0, 12}, {3, 29}}, {"B", {10, 20}, {16, 20}}, {"C", {0, 30}, {2, 24}}};
  const auto model = [](const std::vector<mp::binary_trial<>>& t) { return mp::mantel_haenszel(t, mp::risk_ratio{}); };
  const auto s = mp::leave_one_out_trials(trials, model);
  REQUIRE(s.rows.size() == 3);
  CHECK(s.method == "Mantel-Haenszel");
  CHECK(s.rows[0].mean->estimate == mp::mantel_haenszel(std::vector<mp::binary_trial<>>{trials[2], trials[1]}, mp::risk_ratio{}).estimate);
  CHECK(s.rows[2].mean->estimate == mp::mantel_haenszel(std::vector<mp::binary_trial<>>{trials[0], trials[1]}, mp::risk_ratio{}).estimate);
  CHECK(s.rows[1].label == "B");
  CHECK(!s.rows[1].mean.has_value());  // no event among the treated
  CHECK(s.rows[1].failed != "");
  CHECK_THROWS_AS(mp::leave_one_out_trials(std::vector<mp::binary_trial<>>{trials[1]}, model), mp::input_error);
}

TEST_CASE("with two studies each is left alone, and an interval that needs two says so in its row") {
  const auto wald = mp::leave_one_out(rounded_bcg_effects(2));
  CHECK(wald.rows[0].mean->estimate == -1.5854);
  CHECK(!wald.rows[0].tau2.has_value());
  CHECK(!wald.rows[0].q_p.has_value());
  const auto hk = mp::leave_one_out(rounded_bcg_effects(2), mp::reml{}, mp::hartung_knapp{});
  CHECK(!hk.rows[1].mean.has_value());
  CHECK(hk.rows[1].failed.find("one study") != std::string::npos);
  CHECK_THROWS_AS(mp::leave_one_out(rounded_bcg_effects(1)), mp::not_estimable);
  CHECK_THROWS_AS(mp::leave_one_out_common_effect(mp::effects<>{}), mp::input_error);
}
