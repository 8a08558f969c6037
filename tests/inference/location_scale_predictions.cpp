// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/location_scale_predictions.hpp>

#include <metapool/effect/binary_effects.hpp>
#include <metapool/effect/risk_ratio.hpp>
#include <metapool/inference/regression.hpp>

#include "model/regression_data.hpp"
#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {

constexpr tolerance searched{2e-6, 1, 0, "metafor's own search for the scale coefficients"};

location_scale_fit<double> by_latitude() {
  const auto latitude = design_of(bcg_latitude(), "latitude");
  return location_scale(effect_sizes(bcg(), risk_ratio{}), latitude, latitude);
}

matrix_of<double> column(const std::vector<double>& x) { return Eigen::Map<const matrix_of<double>>(x.data(), static_cast<Eigen::Index>(x.size()), 1); }

}  // namespace

TEST_CASE("predictions of a location-scale model are metafor's") {
  // metafor 3.8, rma(yi, vi, mods = ~ ablat, scale = ~ ablat) by optim's BFGS with reltol 1e-16, predict(newmods = c(10, 30, 55), newscale = c(10, 30, 55))
  const auto fit = by_latitude();
  const auto at = column({10, 30, 55});
  const auto r = adjusted_predictions(fit, infer_location(fit), at, at);
  const std::vector<double> estimate{-0.039629169139921, -0.621839602958156, -1.349602645230950}, se{0.187835088545124, 0.107291659405876, 0.200912870791369},
      lower{-0.407779177721256, -0.832127391235211, -1.743384636012583}, upper{0.328520839441414, -0.411551814681101, -0.955820654449317},
      prediction_lower{-0.699584563628249, -1.204830623921136, -2.016966107030377}, prediction_upper{0.6203262253484071, -0.0388485819951763, -0.6822391834315222};
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(close(r.estimate[i], estimate[i], searched));
    CHECK(close(r.se[i], se[i], searched));
    CHECK(close(r.lower[i], lower[i], searched));
    CHECK(close(r.upper[i], upper[i], searched));
    CHECK(close(r.prediction_lower[i], prediction_lower[i], searched));
    CHECK(close(r.prediction_upper[i], prediction_upper[i], searched));
    CHECK_FALSE(r.df[i]);
  }
  // the same with test = "t": 11 degrees of freedom
  const auto t = adjusted_predictions(fit, infer_location(fit, location_scale_test::t), at, at);
  CHECK(close(t.lower[1], -0.857986953112096, searched));
  CHECK(close(t.prediction_lower[2], -2.099033291607149, searched));
  CHECK(close(t.prediction_upper[0], 0.7014824232407448, searched));
  CHECK(*t.df[0] == 11.0);
  CHECK(close(r.natural(0).estimate, std::exp(r.estimate[0]), digits15));
}

TEST_CASE("the between-study variance at new values of its moderators is metafor's") {
  // metafor 3.8, predict(newscale = c(10, 30, 55)): pred, se, ci of log tau2
  const auto fit = by_latitude();
  const auto r = predicted_tau2(fit, infer_scale(fit), column({10, 30, 55}));
  const tolerance second{2e-5, 1, 0, "metafor's numerical second derivatives"};
  const std::vector<double> linear{-2.54980268726671, -2.56440552571324, -2.58265907377140}, se{2.67112796175021, 1.34648229981100, 1.51150718742899},
      lower{-7.78511729039500, -5.20346233916346, -5.54515872350565}, upper{2.6855119158615861, 0.0746512877369834, 0.3798405759628500};
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(close(r.linear[i], linear[i], second));
    CHECK(close(r.linear_se[i], se[i], second));
    CHECK(close(std::log(r.tau2_lower[i]), lower[i], second));
    CHECK(close(std::log(r.tau2_upper[i]), upper[i], second));
    CHECK(close(r.tau2[i], std::exp(r.linear[i]), digits14));
  }
}

TEST_CASE("by the identity link the interval of the between-study variance is symmetric, but not below 0") {
  const auto fit = location_scale(effect_sizes(bcg(), risk_ratio{}), intercept_only(13), intercept_only(13), {.link = scale_link::identity});
  const auto scale = infer_scale(fit);
  const auto r = predicted_tau2(fit, scale, matrix_of<double>(1, 0));
  const double alpha = fit.alpha(0), z = 1.959963984540054;
  CHECK(r.link == scale_link::identity);
  CHECK(r.tau2[0] == alpha);
  CHECK(close(r.linear_se[0], scale.se[0], digits14));
  CHECK(close(r.tau2_upper[0], alpha + z * scale.se[0], digits14));
  CHECK(alpha - z * scale.se[0] < 0.1);
  CHECK(close(r.tau2_lower[0], std::max(0.0, alpha - z * scale.se[0]), digits12));
  const auto wider = predicted_tau2(fit, infer_scale(fit, location_scale_test::z, 0.999), matrix_of<double>(1, 0));
  CHECK(wider.tau2_lower[0] == 0.0);
  CHECK(wider.level == 0.999);
}

TEST_CASE("with one between-study variance for all studies the predictions are the meta-regression's") {
  const auto effects = effect_sizes(bcg(), risk_ratio{});
  const auto latitude = design_of(bcg_latitude(), "latitude");
  const auto fit = location_scale(effects, latitude, intercept_only(13));
  const auto plain = meta_regression(effects, latitude);
  const auto at = column({0, 33.3});
  const auto r = adjusted_predictions(fit, infer_location(fit), at, matrix_of<double>(2, 0));
  const auto same = adjusted_predictions(plain, infer(plain, wald_z{}), at);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(close(r.prediction_lower[i], same.prediction_lower[i], digits8));
    CHECK(close(r.upper[i], same.upper[i], digits8));
  }
}

TEST_CASE("predictions of a location-scale model refuse rows that do not fit and variances below 0") {
  const auto fit = by_latitude();
  const auto location = infer_location(fit);
  CHECK(contains(message_of<input_error>([&] { adjusted_predictions(fit, location, column({1, 2}), column({1})); }), "each prediction needs both"));
  CHECK(contains(message_of<input_error>([&] { adjusted_predictions(fit, location, column({1}), matrix_of<double>(1, 3)); }), "the design has 2"));
  CHECK(contains(message_of<input_error>([&] { adjusted_predictions(fit, location, column({1}), column({std::numeric_limits<double>::infinity()})); }), "not a finite number"));
  CHECK(contains(message_of<input_error>([&] { predicted_tau2(fit, infer_scale(location_scale(effect_sizes(bcg(), risk_ratio{}), intercept_only(13), intercept_only(13))), column({1})); }), "not of the scale coefficients"));
  CHECK(contains(message_of<input_error>([&] { adjusted_predictions(fit, location, column({1}), column({-1e7})); }), "outside the values"));

  // metafor 3.8: method = "ML", link = "identity": alpha -0.0266629, 0.00205099, on the boundary (a variance of 0 at 13 degrees); at 55 degrees
  // pred -1.379729938, 95 % prediction interval to -0.7006840344; at 10 degrees it takes the variance for 0
  const auto latitude = design_of(bcg_latitude(), "latitude");
  const auto line = location_scale(effect_sizes(bcg(), risk_ratio{}), latitude, latitude, {.kind = likelihood_kind::full, .link = scale_link::identity});
  const auto r = adjusted_predictions(line, infer_location(line), column({55}), column({55}));
  CHECK(close(r.estimate[0], -1.379729938186685, tolerance{2e-4, 1, 0, "constrOptim at a boundary"}));
  CHECK(close(r.prediction_upper[0], -0.700684034356401, tolerance{2e-4, 1, 0, "constrOptim at a boundary"}));
  CHECK(contains(message_of<input_error>([&] { adjusted_predictions(line, infer_location(line), column({10}), column({10})); }), "row 1 of the scale moderators"));
}
