// SPDX-License-Identifier: BSL-1.0
#include "support/close.hpp"
#include "support/published.hpp"

#include <metapool/effect/risk_ratio.hpp>
#include <metapool/inference/wald.hpp>
#include <metapool/sensitivity/trial_sequential.hpp>
#include <metapool/tau2/dersimonian_laird.hpp>
#include <metapool/tau2/fixed.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <vector>

using namespace metapool;
using metapool_test::bcg;
using metapool_test::close;
using metapool_test::contains;
using metapool_test::digits12;
using metapool_test::message_of;
using metapool_test::trial;

namespace {

information_size<double> of_patients(double n) {
  information_size<double> size;
  size.patients = n;
  return size;
}

/// Effects of known z with equal variances: common-effect z of the first j is sum of z / sqrt(j).
effects<double> of_z(const std::vector<double>& z) {
  return known_effects(z, std::vector<double>(z.size(), 1.0));
}

constexpr double infinite = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("The cumulative z curve is that of metafor") {
  // metafor 3.8: cumul(rma(yi, vi, data = dat.bcg, method = "DL"))
  const std::array<double, 13> z{-1.55855376937, -3.79669361155, -4.33463393701, -11.06941434028, -3.11077073651, -4.35279461784, -4.93533588096,
                                 -3.47157182234, -3.58984595117, -4.01029221019, -4.31068492566, -4.12306311151, -3.99523818889};
  const auto r = trial_sequential(bcg(), risk_ratio{}, of_patients(500000), sequential_plan<>{}, dersimonian_laird{});
  REQUIRE(r.looks.size() == 13);
  for (std::size_t i = 0; i < 13; ++i) CHECK(close(r.looks[i].z, z[i], metapool_test::printed(11)));
  CHECK(r.looks[12].patients == 357347);
  CHECK(close(r.looks[12].information, 357347.0 / 500000, digits12));
  CHECK(r.looks[0].label == "Aronson 1948");
  CHECK_FALSE(r.looks[0].tau2);
  // the first four trials are 6 % of the information: two add less than 0.1 %, no boundary can be drawn yet, and z = -11 decides nothing
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(r.looks[i].boundary.has_value() == (i == 1 || i == 3));
    if (r.looks[i].boundary) CHECK(r.looks[i].boundary->lower == -infinite);
    CHECK(r.looks[i].upper == infinite);
  }
  CHECK(r.conclusion == sequential_conclusion::lower_crossed);
  REQUIRE(r.decided);
  CHECK(*r.decided == 7);
  // the trials reach 71 % of the size, and the boundaries are those of their fractions
  std::vector<double> t;
  for (const auto& look : r.looks) {
    if (look.boundary) t.push_back(look.information);
  }
  t.push_back(1);
  REQUIRE(t.size() == 12);
  const auto boundaries = sequential_boundaries(t);
  CHECK(close(r.looks[12].boundary->upper, boundaries.looks[10].upper, digits12));
  CHECK(close(r.at_full_size.upper, boundaries.looks[11].upper, digits12));
  CHECK(close(r.looks[12].lower, r.looks[12].estimate - r.looks[12].boundary->upper * r.looks[12].se, digits12));
  CHECK(close(r.looks[12].upper, r.looks[12].estimate + r.looks[12].boundary->upper * r.looks[12].se, digits12));
}

TEST_CASE("The conclusion is the first that is reached") {
  const std::vector<double> n(4, 250);
  const auto conclude = [&](const std::vector<double>& z, double size, const sequential_plan<>& plan = {}) {
    return trial_sequential(of_z(z), std::span<const double>(n).first(z.size()), of_patients(size), plan, fixed_tau2{});
  };
  // boundaries at quarters: 4.333, 2.963, 2.359, 2.014
  const auto up = conclude({1.5, 3, 3, 3}, 1000);
  CHECK(close(up.looks[1].z, 4.5 / std::sqrt(2.0), digits12));
  CHECK(up.conclusion == sequential_conclusion::upper_crossed);
  CHECK(up.decided == 1u);
  CHECK(conclude({-1.5, -3, -3}, 1000).conclusion == sequential_conclusion::lower_crossed);
  CHECK(conclude({2, 1, 0, 0}, 1000).conclusion == sequential_conclusion::size_reached);
  const auto open = conclude({2, 1, 0}, 1000);
  CHECK(open.conclusion == sequential_conclusion::open);
  CHECK_FALSE(open.decided);
  CHECK(open.at_full_size.information == 1);
  // a naive test would have called the first look of 2.2 significant
  CHECK(conclude({2.2, 0, 0}, 1000).conclusion == sequential_conclusion::open);
  const auto futile = conclude({0.1, -0.1, 0.2, 0}, 1000, {.beta = 0.2, .futility_boundary = true});
  CHECK(futile.conclusion == sequential_conclusion::futile);
  REQUIRE(futile.inflation);
  CHECK(*futile.inflation > 1);
  CHECK(*futile.decided < 3);
  // beyond the size there are no more looks
  const auto beyond = conclude({0, 0, 0, 9}, 600);
  CHECK(beyond.conclusion == sequential_conclusion::size_reached);
  CHECK(beyond.decided == 2u);
  CHECK(beyond.looks[2].boundary->information == 1);
  CHECK_FALSE(beyond.looks[3].boundary);
  CHECK(beyond.looks[3].lower == -infinite);
  // one side only, below it futility
  const sequential_plan<> one_sided{.alpha_upper = 0.025, .alpha_lower = 0, .beta = 0.2, .futility_boundary = true};
  CHECK(conclude({-3, -3}, 1000, one_sided).conclusion == sequential_conclusion::futile);
  CHECK(conclude({-3, -3}, 1000, {.alpha_lower = 0}).conclusion == sequential_conclusion::open);
}

TEST_CASE("An interval's ends belong to the boundaries of the other side") {
  const std::vector<double> n{500, 500};
  const sequential_plan<> uneven{.alpha_upper = 0.01, .alpha_lower = 0.04};
  const auto r = trial_sequential(of_z({1, 1}), std::span<const double>(n), of_patients(1000), uneven, fixed_tau2{});
  const auto b = sequential_boundaries(std::vector<double>{0.5, 1}, uneven).looks;
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(close(r.looks[i].lower, 1 - b[i].upper / std::sqrt(static_cast<double>(i + 1)), digits12));
    CHECK(close(r.looks[i].upper, 1 - b[i].lower / std::sqrt(static_cast<double>(i + 1)), digits12));
  }
}

TEST_CASE("Trials that add next to nothing are no looks") {
  const std::vector<double> n{500, 0.05, 300};
  const auto r = trial_sequential(of_z({1, 1, 1}), std::span<const double>(n), of_patients(1000), sequential_plan<>{}, fixed_tau2{});
  CHECK(r.looks[0].boundary);
  CHECK_FALSE(r.looks[1].boundary);
  CHECK(r.looks[2].boundary);
  const std::vector<double> nearly{500, 499.95};
  const auto full = trial_sequential(of_z({1, 1}), std::span<const double>(nearly), of_patients(1000), sequential_plan<>{}, fixed_tau2{});
  CHECK(full.looks[1].boundary->information == 1);
  CHECK(full.conclusion == sequential_conclusion::size_reached);
}

TEST_CASE("Trials without an effect bring no patients") {
  std::vector<binary_trial<>> trials{trial("a", 1, 100, 5, 100), trial("none", 0, 50, 0, 50), trial("b", 2, 100, 9, 100)};
  const auto r = trial_sequential(trials, risk_ratio{}, required_information_size(0.06, 0.03));
  REQUIRE(r.looks.size() == 2);
  CHECK(r.looks[1].patients == 400);
  CHECK(r.looks[1].label == "b");
}

TEST_CASE("Trial sequential analysis refuses data that have no place on the axis") {
  const std::vector<double> two{10, 20}, bad{10, 0};
  CHECK(contains(message_of<input_error>([&] { trial_sequential(of_z({1}), std::span<const double>(two), of_patients(100)); }), "2 values for 1"));
  CHECK(contains(message_of<input_error>([&] { trial_sequential(of_z({1, 2}), std::span<const double>(bad), of_patients(100)); }), "patients = 0"));
  CHECK(contains(message_of<input_error>([&] { trial_sequential(of_z({1, 2}), std::span<const double>(two), of_patients(0)); }), "size.patients"));
  CHECK_THROWS_AS(trial_sequential(std::vector<binary_trial<>>{trial("z", 0, 5, 0, 5)}, risk_ratio{}, of_patients(10)), not_estimable);
}
