// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/regression_cluster_robust.hpp>

#include <metapool/effect/binary_effects.hpp>
#include <metapool/effect/risk_ratio.hpp>
#include <metapool/inference/contrasts.hpp>
#include <metapool/model/meta_regression.hpp>
#include <metapool/model/random_effects.hpp>

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

// clubSandwich and metafor go on from metafor's tau2, by products of matrices of condition 1e13
const tolerance r_tools{2e-8, 0, 0, "matrices of condition 1e13 in R"};

regression_fit<double> bcg_fit(double shift = 0) {
  matrix_of<double> x(13, 2);
  for (std::size_t i = 0; i < 13; ++i) x.row(static_cast<Eigen::Index>(i)) << bcg_latitude()[i], bcg_year()[i] - shift;
  return meta_regression(effect_sizes(bcg(), risk_ratio{}), design_of(x, {"latitude", "year"}));
}

const std::vector<std::string> seven{"a", "b", "a", "c", "d", "c", "b", "e", "a", "d", "e", "f", "g"};

struct published {
  cluster_correction correction;
  std::vector<double> se, df, p;
  double f, df2, f_p;
};

}  // namespace

TEST_CASE("cluster-robust standard errors, Satterthwaite degrees of freedom and Hotelling's test of a regression are clubSandwich's") {
  const auto fit = bcg_fit();
  const std::vector<published> all{
      // clubSandwich's coef_test (Satterthwaite) and Wald_test (HTZ)
      {cluster_correction::cr0, {26.02962441143848693, 0.00658410941903602, 0.01313066739816477}, {2.70510026511257, 2.90818793226039, 2.71650919701555},
       {0.9011526377004156, 0.0253262779478332, 0.8945959221189025}, 40.0729987449875082, 2.2796978686832126, 0.0167457312184606},
      {cluster_correction::cr1, {28.11520771470622293, 0.00711165097911874, 0.01418274176754844}, {2.70510026511249, 2.90818793226040, 2.71650919701550},
       {0.9084301259336576, 0.0308559921865284, 0.9023482076256188}, 34.348284635490295, 2.279697868683195, 0.019858054328354},
      {cluster_correction::cr1p, {34.43395645629290414, 0.00870995806378484, 0.01737024024247013}, {2.70510026511262, 2.90818793226035, 2.71650919701557},
       {0.9251434726082617, 0.0508998103142697, 0.9201586143587412}, 22.8988564238160741, 2.2796978686832130, 0.0309576021760875},
      {cluster_correction::cr2, {45.5062513073404702, 0.0126365104357033, 0.0229326806509200}, {1.73665937431496, 1.97378025953157, 1.74707261954915},
       {0.945926916581123, 0.158640198117500, 0.942239028025460}, 27.1398336298158398, 1.4896336170832667, 0.0673237029324706}};
  for (const published& expected : all) {
    const auto r = infer(fit, cluster_robust{.clusters = seven, .correction = expected.correction});
    CAPTURE(r.method);
    for (std::size_t j = 0; j < 3; ++j) {
      CHECK(close(r.se[j], expected.se[j], r_tools));
      CHECK(close(*r.df[j], expected.df[j], r_tools));
      CHECK(close(r.p[j], expected.p[j], r_tools));
    }
    REQUIRE(r.moderators);
    CHECK(close(r.moderators->statistic, expected.f, r_tools));
    CHECK(close(*r.moderators->df2, expected.df2, r_tools));
    CHECK(close(r.moderators->p, expected.f_p, r_tools));
    CHECK(r.notes.size() == 3);
  }
  const auto r = infer(fit, cluster_robust{.clusters = seven});
  CHECK(r.method == "cluster-robust CR2, 7 clusters");
  const auto together = contrasts(r, matrix_of<double>(matrix_of<double>::Identity(3, 3)));
  CHECK(close(together.joint.statistic, 23.1133171450089, tolerance{1e-6, 0, 0, "R inverts a matrix of condition 1e13"}));
  CHECK(close(*together.joint.df2, 0.770347462623866, tolerance{1e-6, 0, 0, "R inverts a matrix of condition 1e13"}));
  CHECK(close(*together.df[1], *r.df[1], digits12));
}

TEST_CASE("with clusters minus coefficients and CR1p a regression is metafor's robust") {
  const auto r = infer(bcg_fit(), cluster_robust{.clusters = seven, .correction = cluster_correction::cr1p, .df = cluster_df::clusters_minus_coefficients});
  CHECK(close(r.se[1], 0.00870995806395330, r_tools));  // metafor 3.8 gives, and below
  CHECK(close(r.p[1], 0.0324030927609923, r_tools));
  CHECK(close(r.moderators->statistic, 32.94354556404286, r_tools));
  CHECK(close(r.moderators->p, 0.00327586543588583, r_tools));
  CHECK(*r.df[1] == 4);
  CHECK(*r.moderators->df2 == 4);
  CHECK(r.notes.empty());
}

TEST_CASE("the place of the origin of a moderator does not change what is robust about its slope") {
  const auto far = infer(bcg_fit(), cluster_robust{.clusters = seven}), near = infer(bcg_fit(1960), cluster_robust{.clusters = seven});
  for (const std::size_t j : {1u, 2u}) {
    CHECK(close(far.se[j], near.se[j], digits12));
    CHECK(close(*far.df[j], *near.df[j], digits12));
  }
  CHECK(close(far.moderators->statistic, near.moderators->statistic, digits12));
  CHECK(close(*far.moderators->df2, *near.moderators->df2, digits12));
}

TEST_CASE("cluster-robust with an intercept alone is that of the mean, and one study a cluster is Sidik and Jonkman's") {
  const auto fit = meta_regression(effect_sizes(bcg(), risk_ratio{}), intercept_only(13));
  const auto mean = random_effects(effect_sizes(bcg(), risk_ratio{}));
  for (const auto correction : {cluster_correction::cr0, cluster_correction::cr1, cluster_correction::cr2}) {
    const cluster_robust method{.clusters = seven, .correction = correction};
    const auto a = infer(fit, method);
    const auto b = method(mean);
    CHECK(close(a.se[0], b.se, digits12));
    CHECK(close(*a.df[0], *b.df, digits12));
    CHECK(a.method == b.method);
  }
  const auto a = infer(fit, sidik_jonkman_robust{});
  const auto b = sidik_jonkman_robust{}(mean);
  CHECK(close(a.se[0], b.se, digits12));
  CHECK(close(a.upper[0], b.upper, digits12));
  CHECK(*a.df[0] == 12);
  CHECK(a.method == b.method);
  // sum of x x' (w r)^2 / (1 - h) between the classical covariance
  const auto two = bcg_fit(1960);
  matrix_of<double> meat = matrix_of<double>::Zero(3, 3);
  for (std::size_t i = 0; i < 13; ++i) {
    const double u = two.residuals[i] / (two.data.v[i] + *two.tau2);
    const matrix_of<double> row = two.design.x.row(static_cast<Eigen::Index>(i));
    meat += (u * u / (1 - two.leverages[i])) * (row.transpose() * row);
  }
  const matrix_of<double> expected = matrix_of<double>(two.covariance * meat) * two.covariance;
  const auto r = infer(two, sidik_jonkman_robust{});
  CHECK(close(r.se[1], std::sqrt(expected(1, 1)), digits10));
  CHECK(*r.moderators->df2 == 10);
  CHECK(infer(two, cluster_robust{}).se == r.se);
}

TEST_CASE("cluster-robust inference of a regression: what cannot be answered is refused or said") {
  const auto fit = bcg_fit();
  CHECK_THROWS_AS(infer(fit, cluster_robust{.clusters = {"a", "b"}}), input_error);
  CHECK_THROWS_AS(infer(fit, cluster_robust{.clusters = seven, .level = 0}), input_error);
  CHECK_THROWS_AS(infer(fit, cluster_robust{.clusters = std::vector<std::string>(13, "one")}), not_estimable);
  std::vector<std::string> three(13, "a");
  three[3] = "b";
  three[5] = three[6] = "c";
  CHECK_THROWS_AS(infer(fit, cluster_robust{.clusters = three, .df = cluster_df::clusters_minus_coefficients}), not_estimable);
  CHECK_THROWS_AS(infer(fit, cluster_robust{.clusters = three, .correction = cluster_correction::cr1p}), not_estimable);
  std::vector<std::string> two(13, "a");
  two[2] = two[5] = two[6] = two[11] = "b";
  for (const auto correction : {cluster_correction::cr0, cluster_correction::cr2}) CHECK_FALSE(infer(fit, cluster_robust{.clusters = two, .correction = correction}).moderators);
  const auto few = infer(fit, cluster_robust{.clusters = two});
  CHECK(contains(few.notes[0], "2 clusters are too few or too unequal to test 2 combinations together"));
  CHECK_THROWS_AS(test_coefficients(few, {1, 2}), not_estimable);
  CHECK(close(test_coefficients(few, {1}).p, few.p[1], digits12));
  // effects on a line: no residuals
  const std::vector<double> line{1, 2, 3, 4}, ones{1, 1, 1, 1}, x{0, 1, 2, 3};
  CHECK_THROWS_AS(infer(meta_regression(known_effects(line, ones), design_of(x)), cluster_robust{}), not_estimable);
  // two groups without residuals beside a third: the two slopes share their error, and have no test together
  matrix_of<double> groups(6, 2);
  groups << 1, 0, 1, 0, 0, 1, 0, 1, 0, 0, 0, 0;
  const auto shared = meta_regression(known_effects<double>({1, 1, 2, 2, 0, 0.5}, {1, 1, 1, 1, 1, 1}), design_of(groups));
  const auto of_two = infer(shared, cluster_robust{.clusters = {"a", "b", "c", "d", "e", "f"}, .df = cluster_df::clusters_minus_coefficients});
  CHECK_FALSE(of_two.moderators);
  CHECK(contains(of_two.notes[0], "their covariance is singular"));
  CHECK(close(of_two.se[1], of_two.se[2], digits12));
  // clusters that leave a slope no degrees of freedom
  matrix_of<double> factorial(4, 2);
  factorial << 1, 0, 0, 1, 1, 1, 0, 0;
  const auto four = meta_regression(known_effects<double>({0.68325431429325223, 0.44593844195090032, 0.7162207737120484, 0.44756072453148815}, {1, 1, 1, 1}), design_of(factorial));
  for (const auto correction : {cluster_correction::cr0, cluster_correction::cr1, cluster_correction::cr2}) {
    CHECK_THROWS_AS(infer(four, cluster_robust{.clusters = {"a", "b", "a", "b"}, .correction = correction}), not_estimable);
  }
}
