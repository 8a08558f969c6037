// SPDX-License-Identifier: BSL-1.0
#include <metapool/model/one_group_glmm.hpp>

#include "model/sparse_tables.hpp"
#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using metapool::glmm;
using metapool_test::close;
using metapool_test::contains;
using metapool_test::printed;

TEST_CASE("The Poisson-normal model of the catheter infections' treated arms, and a proportion's, as in metafor") {
  // metafor 3.8, IRLN: -6.05835, se 0.33026, tau2 0.65429, Wald 25.42703, LRT 44.48780
  std::vector<metapool::rate<>> rates;
  for (const auto& t : metapool_test::catheter_rates()) rates.push_back({"s", t.treated.events, t.treated.time});
  const auto fit = glmm(rates, metapool::log_rate{});
  CHECK(fit.convergence.residual < 1e-8);
  CHECK(close(fit.estimate, -6.0584, metapool_test::tolerance{1e-4, 0, 0, "the peer's search"}));
  CHECK(close(fit.se, 0.33026, metapool_test::tolerance{1e-3, 0, 0, "the peer's search"}));
  CHECK(close(fit.tau2, 0.65429, metapool_test::tolerance{1e-3, 0, 0, "the peer's search"}));
  CHECK(close(fit.q_wald, 25.42703, printed(4)));
  CHECK(close(fit.q_lrt, 44.48780, printed(4)));
}

TEST_CASE("Equal proportions have no tau2, and the estimate is their log odds") {
  const std::vector<metapool::proportion<>> same{{"a", 3, 30}, {"b", 6, 60}, {"c", 1, 10}};
  const auto fit = glmm(same, metapool::logit_proportion{});
  CHECK(fit.tau2 == 0);
  CHECK(close(fit.estimate, std::log(1.0 / 9), metapool_test::digits12));
  CHECK(close(fit.se, 1 / std::sqrt(100 * 0.09), metapool_test::digits12));
  // the probability of the data: products of binomial probabilities at 0.1
  const double l = std::log(4060 * std::pow(0.1, 3) * std::pow(0.9, 27)) + std::log(50063860 * std::pow(0.1, 6) * std::pow(0.9, 54)) + std::log(10 * 0.1 * std::pow(0.9, 9));
  CHECK(close(fit.log_likelihood, l, metapool_test::digits12));
}

TEST_CASE("Proportions and rates without an event in any study have an infinite estimate, zeros beside others have not") {
  const std::vector<metapool::proportion<>> none{{"a", 0, 30}, {"b", 0, 60}};
  CHECK(contains(glmm(none, metapool::logit_proportion{}).notes.back(), "no study has an event"));
  const std::vector<metapool::proportion<>> all{{"a", 30, 30}, {"b", 60, 60}};
  CHECK(contains(glmm(all, metapool::logit_proportion{}).notes.back(), "all patients"));
  const std::vector<metapool::rate<>> no_rate{{"a", 0, 30}, {"b", 0, 60}};
  CHECK(contains(glmm(no_rate, metapool::log_rate{}).notes.back(), "no study has an event"));
  const std::vector<metapool::proportion<>> some{{"a", 0, 30}, {"b", 4, 60}, {"c", 0, 12}};
  CHECK(glmm(some, metapool::logit_proportion{}).k == 3);
}
