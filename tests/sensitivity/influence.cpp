// SPDX-License-Identifier: BSL-1.0
#include <metapool/sensitivity/influence.hpp>

#include "support/bcg_effects.hpp"
#include "support/close.hpp"

#include <metapool/sensitivity/jackknife.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <vector>

namespace mp = metapool;
using metapool_test::close;
using metapool_test::digits12;
using metapool_test::rounded_bcg_effects;

namespace {

constexpr metapool_test::tolerance difference_of_estimates{1e-10, 0.1, 0, "metafor's own tau2, of which differences are taken"};

struct expected {
  std::size_t study;
  double residual, dffits, cook, covariance, tau2, q, hat, dfbetas;
};

void check(const mp::study_influence<>& s, const expected& e) {
  CHECK(close(s.deleted_residual, e.residual, difference_of_estimates));
  CHECK(close(s.dffits, e.dffits, difference_of_estimates));
  CHECK(close(s.cooks_distance, e.cook, difference_of_estimates));
  CHECK(close(s.covariance_ratio, e.covariance, difference_of_estimates));
  CHECK(close(s.tau2_deleted, e.tau2, difference_of_estimates));
  CHECK(close(s.q_deleted, e.q, digits12));
  CHECK(close(s.hat, e.hat, difference_of_estimates));
  CHECK(close(s.dfbetas, e.dfbetas, difference_of_estimates));
}

}  // namespace

TEST_CASE("influence on a REML mean is the table that metafor gives") {
  // metafor 3.8: influence(rma(y, v, control = list(threshold = 1e-14, maxiter = 1000)))
  const auto r = mp::influence(rounded_bcg_effects(13));
  REQUIRE(r.studies.size() == 13);
  const expected some[] = {{0, -0.21812217450001, -0.040705884891560, 0.00171640191783274, 1.11644986039683, 0.33616741491924,
                            151.169772404511, 0.050593613581849, -0.040264213462059},
                           {3, -1.45133444754539, -0.520103828340600, 0.22951610274383658, 0.96508853218275, 0.26275275108930,
                            96.294740967462, 0.096989050612403, -0.513862837810237},
                           {5, -0.11796997897836, -0.019003094913829, 0.00041335754924536, 1.24072320446366, 0.35956666355549,
                            127.968208616041, 0.100957645131809, -0.019225403470056},
                           {7, 1.45002283634314, 0.477405033578231, 0.19914254950804777, 1.00107923131362, 0.27320145788596,
                            68.016560953473, 0.101880496531436, 0.471325801725403},
                           {12, 1.18792945236249, 0.354868990182387, 0.12281705742622290, 1.06502856178654, 0.30373834721477,
                            149.347819791201, 0.084028693955169, 0.354823885213555}};
  for (const expected& e : some) check(r.studies[e.study], e);
  for (const auto& s : r.studies) CHECK(!s.influential);
  CHECK(close(r.studies[3].estimate_deleted, -0.628404192266, {1e-11, 0, 0, "twelve printed decimals"}));
  CHECK(close(r.studies[3].se_deleted, 0.176616722528, {1e-11, 0, 0, "twelve printed decimals"}));
}

TEST_CASE("influence on a common effect is the table that metafor gives, and the same studies are marked") {
  const auto r = mp::influence_common_effect(rounded_bcg_effects(13));
  const expected some[] = {
      {0, -0.80321017257282, -0.057254271883349, 3.2780516488924e-03, 1.0050810958994, 0, 151.169772404511, 0.0050554088820793,
       -0.057254271883349},
      {3, -7.45118634972804, -2.231417781958844, 4.9792253176421, 1.0896831655690, 0, 96.294740967462, 0.0823020566002504,
       -2.231417781958844},
      {7, 9.15414430912921, 7.654884834280063, 58.597261826091, 1.6992650357595, 0, 68.016560953473, 0.4115102830012521, 7.654884834280063},
      {10, 0.89427271708309, 0.349869542763802, 1.2240869695375e-01, 1.1530637370117, 0, 151.015195293316, 0.1327452525810491,
       0.349869542763802}};
  for (const expected& e : some) check(r.studies[e.study], e);
  for (std::size_t i = 0; i < 13; ++i) CHECK(r.studies[i].influential == (i == 3 || i == 5 || i == 7));
}

TEST_CASE("a study is marked by each of the customary limits alone") {
  // twelve equal effects and one study that differs a little but has most of the weight: its hat value alone is beyond a limit
  std::vector<double> y(13, 0.0), v(13, 1.0);
  y[4] = 0.05;
  v[4] = 0.24;  // 0.258, the limit being 0.231
  const auto hat = mp::influence_common_effect(mp::known_effects(y, v));
  for (std::size_t i = 0; i < 13; ++i) CHECK(hat.studies[i].influential == (i == 4));
  CHECK(std::fabs(hat.studies[4].dffits) < 3 * std::sqrt(1.0 / 12));
  CHECK(hat.studies[4].cooks_distance < 0.45);
  v[4] = 0.28;  // 0.229
  CHECK(!mp::influence_common_effect(mp::known_effects(y, v)).studies[4].influential);
  // far away with equal weights: dffits and Cook's distance
  y[4] = 3.9;
  v[4] = 1.0;
  const auto far = mp::influence_common_effect(mp::known_effects(y, v));
  CHECK(far.studies[4].influential);
  CHECK(far.studies[4].hat < 3.0 / 13);
  CHECK(!far.studies[0].influential);
}

TEST_CASE("influence needs three studies, of a common effect two") {
  CHECK_THROWS_AS(mp::influence(rounded_bcg_effects(2)), mp::not_estimable);
  CHECK_THROWS_AS(mp::influence_common_effect(rounded_bcg_effects(1)), mp::not_estimable);
  CHECK(mp::influence_common_effect(rounded_bcg_effects(2)).studies[0].estimate_deleted == -1.5854);
  CHECK(mp::influence(rounded_bcg_effects(3)).studies.size() == 3);
}

TEST_CASE("the jackknife of a mean of equal weights is the classical standard error, without bias") {
  // equal variances: the mean is the plain one, and its jackknife se the sample standard deviation over the root of k
  const auto r =
      mp::jackknife(mp::known_effects(std::vector<double>{1, 2, 4, 7}, std::vector<double>{0.1, 0.1, 0.1, 0.1}), mp::dersimonian_laird{});
  CHECK(close(r.mean.all, 3.5, digits12));
  CHECK(std::fabs(r.mean.bias) < 1e-14);
  CHECK(close(r.mean.corrected, 3.5, digits12));
  CHECK(close(r.mean.se, std::sqrt((6.25 + 2.25 + 0.25 + 12.25) / 3 / 4), digits12));
  // tau2 = s^2 - 0.1; the sample variances without each study are 19/3, 9, 31/3, 7/3, those of all 7: an unbiased statistic has a jackknife bias of 0
  CHECK(close(r.tau2.all, 6.9, digits12));
  CHECK(std::fabs(r.tau2.bias) < 1e-13);
  CHECK(close(r.tau2_deleted[0], 19.0 / 3 - 0.1, digits12));
  CHECK(close(r.tau2.se, std::sqrt(0.75 * (4.0 / 9 + 4 + 100.0 / 9 + 196.0 / 9)), digits12));
  CHECK_THROWS_AS(mp::jackknife(rounded_bcg_effects(2)), mp::not_estimable);
}
