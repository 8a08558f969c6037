// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/regression_residuals.hpp>

#include <metapool/effect/binary_effects.hpp>
#include <metapool/effect/risk_ratio.hpp>
#include <metapool/inference/residuals.hpp>
#include <metapool/model/random_effects.hpp>
#include <metapool/tau2/paule_mandel.hpp>

#include "model/regression_data.hpp"
#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {

constexpr tolerance iterated{1e-9, 0.1, 0, "metafor's iteration for tau2 at its tightest"};

design<double> with(const std::vector<double>& second, const char* name) {
  matrix_of<double> x(13, 2);
  for (std::size_t i = 0; i < 13; ++i) x.row(static_cast<Eigen::Index>(i)) << bcg_latitude()[i], second[i];
  return design_of(x, {"latitude", name});
}

std::vector<double> years() {
  std::vector<double> y = bcg_year();
  for (double& x : y) x -= 1965;
  return y;
}

}  // namespace

TEST_CASE("deleted and standardised residuals of a regression are metafor's rstudent and rstandard") {
  // metafor 3.8, rma(yi, vi, mods = ~ ablat + I(year - 1965)), threshold 1e-14
  const std::vector<double> residual{0.222902915949998, -0.282816403731443, -0.382553740292549, -1.0900413784418, -0.0773794550854564, 0.451911445407359, -1.40612998326461,
                                     0.232086304858855, 0.0973636730065869, -0.449561309583279, -0.0557501321950033, 1.18642488161418, 0.79715471203724},
      se{0.748598479300823, 0.657319602615822, 0.750107671652363, 0.776818501967601, 0.519206672703018, 0.428299600580109, 0.541623507527375,
         0.484180729318438, 0.480254491392224, 0.455361170089724, 0.465594384070453, 0.808348851106072, 0.374217490865269},
      z{0.28750974716203, -0.449656056538163, -0.515782321786848, -1.33032520409549, -0.204907489466228, 1.00771699032715, -2.35374937968955,
        0.534892725600232, 0.202228371584748, -0.976049619117962, -0.178128826427547, 1.4633767043507, 1.74778857902727};
  const auto data = effect_sizes(bcg(), risk_ratio{});
  const auto fit = meta_regression(data, with(years(), "year"));
  const auto deleted = deleted_residuals(fit, reml{});
  const auto plain = standardized_residuals(fit);
  REQUIRE(deleted.z.size() == 13);
  for (std::size_t i = 0; i < 13; ++i) {
    CHECK(close(*deleted.residual[i], residual[i], iterated));
    CHECK(close(*deleted.se[i], se[i], iterated));
    CHECK(close(*deleted.z[i], *deleted.residual[i] / *deleted.se[i], digits15));
    CHECK(close(*plain.z[i], z[i], iterated));
  }
  // rma(yi, vi, mods = ~ ablat, method = "FE")
  const std::vector<double> common{0.0943999898166972, -0.741703681943786, -0.722369979297579, -2.25541726764624, -0.823775418999452, 2.81383732013023, -2.99721487879813,
                                   1.49913888898479, -0.100757420377533, -1.84465147455966, -1.54604010254585, 1.46508605349106, 2.29146388876981};
  const auto fixed = deleted_residuals(common_effect_regression(data, design_of(bcg_latitude(), "latitude")));
  for (std::size_t i = 0; i < 13; ++i) CHECK(close(*fixed.z[i], common[i], tolerance{1e-11, 0.1, 0, "dense inverses in R"}));
}

TEST_CASE("a study that alone tells a coefficient has no residual; the others are those without it") {
  // metafor 3.8, mods = ~ ablat + one, method = "PM": the last is NA
  const std::vector<double> z{0.326805894428576, -0.324627187559991, -0.429693437029946, -0.356993698328613, -0.0506295146946595, 1.16773448297324,
                              -2.75047273544107, 0.761602865911515, 0.34268036707995, -0.851570889012278, 0.0162682271713676, 1.5784437019315};
  std::vector<double> one(13, 0.0);
  one.back() = 1;
  const auto data = effect_sizes(bcg(), risk_ratio{});
  const auto fit = meta_regression(data, with(one, "one"), paule_mandel{});
  const auto deleted = deleted_residuals(fit, paule_mandel{});
  for (std::size_t i = 0; i < 12; ++i) CHECK(close(*deleted.z[i], z[i], iterated));
  CHECK_FALSE(deleted.z[12]);
  CHECK_FALSE(deleted.residual[12]);
  CHECK_FALSE(standardized_residuals(fit).z[12]);
  CHECK_FALSE(deleted_residuals(common_effect_regression(data, with(one, "one"))).z[12]);
}

TEST_CASE("residuals of an intercept alone are the mean's, also beside a study with nearly all the weight") {
  const auto check = [](const effects<double>& data) {
    const auto mean = deleted_residuals(random_effects(data), reml{});
    const auto plain = standardized_residuals(random_effects(data));
    const auto fit = meta_regression(data, intercept_only(data.size()));
    const auto deleted = deleted_residuals(fit, reml{});
    for (std::size_t i = 0; i < data.size(); ++i) {
      CHECK(close(*deleted.z[i], mean.z[i], digits10));
      CHECK(close(*deleted.se[i], mean.se[i], digits10));
      CHECK(close(*standardized_residuals(fit).z[i], plain.z[i], digits10));
    }
  };
  check(effect_sizes(bcg(), risk_ratio{}));
  check(known_effects<double>({0.1, 0.4, 0.3, 0.2}, {1e-12, 0.2, 0.3, 0.1}));
}

TEST_CASE("deleted residuals of a regression need studies to spare") {
  const std::vector<double> x{0, 1, 2};
  const auto three = known_effects<double>({0.1, 0.4, 0.3}, {0.1, 0.2, 0.3});
  CHECK(contains(message_of<not_estimable>([&] { deleted_residuals(meta_regression(three, design_of(x)), reml{}); }), "without a study"));
  CHECK(deleted_residuals(common_effect_regression(three, design_of(x))).z.size() == 3);
  CHECK(contains(message_of<input_error>([&] { deleted_residuals(meta_regression(three, design_of(x))); }), "common effect"));
  const auto two = known_effects<double>({0.1, 0.4}, {0.1, 0.2});
  CHECK(contains(message_of<not_estimable>([&] { deleted_residuals(common_effect_regression(two, design_of(std::vector<double>{0, 1}))); }), "none can be left out"));
}
