// SPDX-License-Identifier: BSL-1.0
#include <metapool/report/sensitivity_text.hpp>

#include <metapool/effect/risk_ratio.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace mp = metapool;

namespace {

/// A series of two rows, as leave-one-out makes them, the second of which has no interval.
mp::refit_series<> series() {
  mp::refit_series<> s;
  s.measure = mp::risk_ratio::info;
  mp::refit<> r;
  r.label = "A";
  r.studies = 2;
  r.mean.emplace();
  r.mean->estimate = -0.6931471805599453;
  r.mean->lower = -1.3862943611198906;
  r.mean->upper = 0;
  r.mean->p = 0.0501;
  r.tau2 = 0.12345;
  r.q_p = 0.00001;
  r.i2 = 0.514;
  s.rows.push_back(r);
  mp::refit<> failed;
  failed.label = "B";
  failed.studies = 1;
  failed.failed = "one study leaves no degrees of freedom";
  s.rows.push_back(failed);
  return s;
}

}  // namespace

TEST_CASE("a series of meta-analyses is a table, and what failed is said below it") {
  CHECK(mp::describe(series(), "Without") ==
        "Without  k    RR  95% CI            p    tau2   I2   p of Q\n"
        "-----------------------------------------------------------\n"
        "A        2  0.50  [0.25, 1.00]  0.050  0.1235  51%  < 0.001\n"
        "B        1     -  -                 -       -    -        -\n"
        "\n"
        "B: one study leaves no degrees of freedom\n");
}

TEST_CASE("influence is a table with a star for studies beyond a limit") {
  mp::influence_result<> r;
  mp::study_influence<> s;
  s.label = "A";
  s.deleted_residual = -7.451;
  s.dffits = -2.2314;
  s.cooks_distance = 4.9792;
  s.covariance_ratio = 1.0897;
  s.tau2_deleted = 0.25;
  s.q_deleted = 96.2947;
  s.hat = 0.0823;
  s.dfbetas = -2.2314;
  s.influential = true;
  r.studies.push_back(s);
  s.influential = false;
  r.studies.push_back(s);
  CHECK(mp::describe(r) ==
        "Study  Residual  DFFITS  Cook's D  Cov. ratio  tau2 without  Q without  Weight  DFBETAS\n"
        "------------------------------------------------------------------------------------------\n"
        "A         -7.45   -2.23      4.98        1.09        0.2500       96.3      8%    -2.23  *\n"
        "A         -7.45   -2.23      4.98        1.09        0.2500       96.3      8%    -2.23\n");
}

TEST_CASE("the parts of studies in a GOSH are a table of medians") {
  mp::gosh_result<> r;
  r.measure = mp::risk_ratio::info;
  mp::gosh_study<> s;
  s.label = "A";
  s.estimate_with = {3, 0, 0, 0, -0.6931471805599453, 0, 0};
  s.i2_with = {3, 0, 0, 0, 0.934, 0, 0};
  CHECK(mp::describe(std::vector<mp::gosh_study<>>{s}, r) ==
        "Median over subsets  RR with  RR without  I2 with  I2 without\n"
        "-------------------------------------------------------------\n"
        "A                       0.50           -      93%           -\n");
}
