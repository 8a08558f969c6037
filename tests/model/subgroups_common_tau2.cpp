// SPDX-License-Identifier: BSL-1.0
#include <metapool/model/subgroups_common_tau2.hpp>

#include <metapool/effect/risk_ratio.hpp>
#include <metapool/inference/subgroup_test.hpp>
#include <metapool/model/random_effects.hpp>
#include <metapool/tau2/dersimonian_laird.hpp>
#include <metapool/tau2/maximum_likelihood.hpp>
#include <metapool/tau2/paule_mandel.hpp>

#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <span>
#include <string>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {

const std::vector<std::string> allocation{"random",     "random",     "random", "random", "alternate",  "alternate",  "random",
                                          "random",     "random",     "systematic", "systematic", "systematic", "systematic"};

struct expected {
  double tau2, se_tau2, random, alternate, systematic, se_random, q;
};

template <class Estimator>
void check(const Estimator& estimator, const expected& e) {
  const auto r = fit_subgroups_common_tau2(effect_sizes(bcg(), risk_ratio{}), std::span<const std::string>(allocation), estimator);
  REQUIRE(r.groups.size() == 3);
  CHECK(r.groups[0].name == "random");
  CHECK(r.groups[1].members == std::vector<std::size_t>{4, 5});
  for (const auto& g : r.groups) {
    CHECK(close(*g.fit.tau2, e.tau2, digits8));
    CHECK(close(*g.fit.se_tau2, e.se_tau2, digits8));
  }
  CHECK(close(r.groups[0].fit.estimate, e.random, digits8));
  CHECK(close(r.groups[1].fit.estimate, e.alternate, digits8));
  CHECK(close(r.groups[2].fit.estimate, e.systematic, digits8));
  CHECK(close(r.groups[0].fit.se, e.se_random, digits8));
  const auto test = test_between(r);
  CHECK(test.df == 2);
  CHECK(close(test.statistic, e.q, digits8));
}

}  // namespace

TEST_CASE("subgroups with a common tau2 are metafor's regression on the factor, and the test between them its QM") {
  // metafor 3.8, rma(yi, vi, mods = ~ 0 + factor(alloc)) on the BCG trials, tightened control
  check(reml{}, {0.36150366432, 0.21112082899, -0.96577417855, -0.51795577716, -0.42891756092, 0.26724409407, 1.7675114019});
  check(dersimonian_laird{}, {0.55956875013, 0.40451879278, -0.99052549507, -0.51253015555, -0.40829934246, 0.31810127678, 1.4349124519});
  check(paule_mandel{}, {0.32366598352, 0.19293627777, -0.95841044879, -0.51968547857, -0.43387637518, 0.25611576826, 1.8471272057});
  check(maximum_likelihood{}, {0.25739897331, 0.13439506725, -0.94171467501, -0.52381570883, -0.44349272239, 0.23496554721, 2.000051765});
}

TEST_CASE("one subgroup is the random-effects model itself") {
  const auto effects = effect_sizes(bcg(), risk_ratio{});
  const std::vector<std::string> all(13, "all");
  const auto r = fit_subgroups_common_tau2(effects, std::span<const std::string>(all));
  const auto whole = random_effects(effects);
  REQUIRE(r.groups.size() == 1);
  CHECK(close(*r.groups[0].fit.tau2, *whole.tau2, digits14));
  CHECK(r.groups[0].fit.estimate == whole.estimate);
  CHECK(r.groups[0].fit.data.labels == whole.data.labels);
}

TEST_CASE("the order of the studies does not matter, and a subgroup of one study gets the common tau2") {
  const std::vector<double> y{1, 5, 2, 9, 3}, v{1, 2, 1, 1, 3};
  const std::vector<std::string> names{"a", "b", "a", "single", "b"};
  const auto r = fit_subgroups_common_tau2(known_effects(y, v), std::span<const std::string>(names), dersimonian_laird{});
  REQUIRE(r.groups.size() == 3);
  CHECK(r.groups[2].fit.k() == 1);
  CHECK(r.groups[2].fit.tau2 == r.groups[0].fit.tau2);
  const std::vector<double> turned_y{3, 9, 2, 5, 1}, turned_v{3, 1, 1, 2, 1};
  const std::vector<std::string> turned{"b", "single", "a", "b", "a"};
  const auto back = fit_subgroups_common_tau2(known_effects(turned_y, turned_v), std::span<const std::string>(turned), dersimonian_laird{});
  CHECK(back.groups[0].name == "b");
  CHECK(close(test_between(back).statistic, test_between(r).statistic, digits14));
}

TEST_CASE("studies that are not pooled leave their subgroup, and an empty subgroup is listed") {
  const std::vector<std::string> names{"a", "a", "empty", "a", "b", "b", "b"};
  const auto effects = effect_sizes(msc(), risk_ratio{});
  REQUIRE(effects.size() == 6);
  const auto r = fit_subgroups_common_tau2(effects, std::span<const std::string>(names));
  CHECK(r.groups.size() == 2);
  REQUIRE(r.not_estimable.size() == 1);
  CHECK(r.not_estimable[0] == "empty: none of its studies can be pooled");
  CHECK(r.groups[0].fit.data.audit.size() == 3);
  CHECK(r.groups[0].fit.data.audit[2].label == r.groups[0].fit.data.labels[2]);
}

TEST_CASE("without two studies in any subgroup there is no common tau2, and a note says so") {
  const std::vector<std::string> names{"a", "b"};
  const auto r = fit_subgroups_common_tau2(known_effects<double>({1, 2}, {1, 4}), std::span<const std::string>(names));
  CHECK(!r.groups[0].fit.tau2);
  CHECK(r.groups[1].fit.se == 2.0);
  CHECK(contains(r.groups[0].fit.notes.front(), "no subgroup has two studies"));
}

TEST_CASE("subgroups with a common tau2 refuse names that do not match the studies") {
  const std::vector<std::string> names{"a"};
  CHECK(message_of<input_error>([&] { fit_subgroups_common_tau2(known_effects<double>({1, 2}, {1, 4}), std::span<const std::string>(names)); }) ==
        "fit_subgroups_common_tau2: 1 subgroup names for 2 pooled effects");
  CHECK_THROWS_AS(fit_subgroups_common_tau2(effects<double>{}, std::span<const std::string>(names)), input_error);
}
