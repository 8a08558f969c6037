// SPDX-License-Identifier: BSL-1.0
#include <metapool/exact/zelen.hpp>

#include <metapool/inference/table_tests.hpp>

#include "../support/close.hpp"
#include "../support/published.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

using namespace metapool;
using metapool_test::close;
using metapool_test::trial;

namespace {

struct counts {
  int a, n1, c, n2;
};

std::vector<binary_trial<>> trials(const std::vector<counts>& tables) {
  std::vector<binary_trial<>> r;
  for (const counts& t : tables) r.push_back({"t" + std::to_string(r.size() + 1), {double(t.a), double(t.n1)}, {double(t.c), double(t.n2)}});
  return r;
}

/// Every set of tables with the margins and the sum given, one by one, with logarithms of factorials.
struct every_set {
  const std::vector<counts>& tables;
  double observed = 0, all = 0, not_more = 0;
  int sum = 0;
  explicit every_set(const std::vector<counts>& t) : tables(t) {
    for (const counts& x : tables) {
      observed += log_weight(x, x.a);
      sum += x.a;
    }
    visit(0, sum, 0);
  }
  static double log_choose(int n, int k) { return std::lgamma(n + 1.0) - std::lgamma(k + 1.0) - std::lgamma(n - k + 1.0); }
  static double log_weight(const counts& x, int y) { return log_choose(x.n1, y) + log_choose(x.n2, x.a + x.c - y); }
  void visit(std::size_t j, int left, double weight) {
    if (j == tables.size()) {
      if (left != 0) return;
      const double w = std::exp(weight - observed);
      all += w;
      if (w <= 1 + 1e-7) not_more += w;
      return;
    }
    const counts& x = tables[j];
    for (int y = std::max(0, x.a + x.c - x.n2); y <= std::min({x.n1, x.a + x.c, left}); ++y) visit(j + 1, left - y, weight + log_weight(x, y));
  }
};

const std::vector<std::vector<counts>> sets{
    {{1, 12, 7, 12}, {8, 20, 3, 19}},
    {{0, 29, 2, 29}, {0, 12, 3, 29}, {5, 21, 4, 24}, {2, 12, 7, 12}, {10, 20, 16, 20}, {3, 10, 6, 10}},
    {{3, 6, 0, 6}, {6, 6, 2, 6}, {5, 6, 6, 6}},
    {{16, 27, 5, 25}, {12, 28, 7, 26}},
    {{1, 2, 0, 2}, {0, 2, 1, 2}},
    {{9, 10, 3, 7}, {30, 35, 4, 5}, {60, 90, 9, 9}},
    {{20, 40, 5, 40}, {5, 40, 20, 40}, {12, 40, 12, 40}},
};

}  // namespace

TEST_CASE("Zelen's p sums the sets of tables that are not more probable than the observed one") {
  for (const auto& set : sets) {
    const every_set every(set);
    const auto r = zelen_test(trials(set));
    CHECK(r.enumerated);
    CHECK(close(r.p, every.not_more / every.all, metapool_test::digits10));
    CHECK(close(r.probability, 1 / every.all, metapool_test::digits10));
    CHECK(r.p >= r.probability);
  }
}

TEST_CASE("Two tables alike in every way are as homogeneous as can be; opposite ones are not") {
  CHECK(zelen_test(trials({{4, 20, 8, 20}, {4, 20, 8, 20}})).p == 1);
  CHECK(zelen_test(trials({{20, 40, 2, 40}, {2, 40, 20, 40}})).p < 1e-9);
}

TEST_CASE("Neither the order of the trials, the naming of the arms nor that of events changes the test") {
  auto set = trials(sets[1]);
  const double p = zelen_test(set).p;
  std::reverse(set.begin(), set.end());
  CHECK(close(zelen_test(set).p, p, metapool_test::digits12));
  for (auto& t : set) std::swap(t.treated, t.control);
  CHECK(close(zelen_test(set).p, p, metapool_test::digits12));
  for (auto& t : set) {
    t.treated.events = *t.treated.total - *t.treated.events;
    t.control.events = *t.control.total - *t.control.events;
  }
  CHECK(close(zelen_test(set).p, p, metapool_test::digits12));
}

TEST_CASE("Monte Carlo, where the enumeration is cut short, agrees within its standard error and repeats by its seed") {
  for (const auto& set : sets) {
    const double p = zelen_test(trials(set)).p;
    const auto r = zelen_test(trials(set), {.most_steps = 0, .replicates = 20000, .seed = 7});
    CHECK_FALSE(r.enumerated);
    CHECK(r.replicates == 20000);
    CHECK(std::fabs(r.p - p) < 4 * *r.monte_carlo_se + 1e-4);
    CHECK(zelen_test(trials(set), {.most_steps = 0, .replicates = 20000, .seed = 7}).p == r.p);
  }
  const auto few = zelen_test(trials(sets[1]), {.most_steps = 3, .replicates = 100, .seed = 1});
  CHECK(few.steps == 4);
  CHECK_FALSE(few.enumerated);
}

TEST_CASE("Sets of tables beyond enumeration: nine trials of diuretics, beside Tarone's test") {
  const auto r = zelen_test(metapool_test::collins(), {.most_steps = 1000, .replicates = 4000, .seed = 3});
  CHECK_FALSE(r.enumerated);
  CHECK(r.p < 0.02);
  CHECK(tarone(metapool_test::collins()).p < 0.02);
}

TEST_CASE("In large even tables Zelen's p is near Tarone's") {
  const auto set = trials({{40, 100, 50, 100}, {55, 110, 52, 105}, {30, 90, 36, 95}});
  CHECK(std::fabs(zelen_test(set).p - tarone(set).p) < 0.03);
}

TEST_CASE("Tables without information are recorded; with fewer than two that inform there is no test") {
  const auto r = zelen_test(metapool_test::msc());
  CHECK(r.tables == 6);
  CHECK(r.audit[2].status == study_status::double_zero);
  CHECK_THROWS_AS(zelen_test(trials({{1, 12, 7, 12}, {0, 5, 0, 5}})), not_estimable);
  CHECK_THROWS_AS(zelen_test(std::vector<binary_trial<>>{}), input_error);
  CHECK_THROWS_AS(zelen_test(trials({{13, 12, 7, 12}, {1, 5, 2, 5}})), input_error);
  CHECK_THROWS_AS(zelen_test(trials(sets[0]), {.most_steps = 0, .replicates = 0, .seed = 1}), input_error);
  CHECK_THROWS_AS(zelen_test(trials(sets[1]), {.most_steps = 2, .replicates = 0, .seed = 1}), input_error);
  CHECK_THROWS_AS(zelen_test(std::vector<binary_trial<>>{trial("a", 9000, 40000, 9100, 40000), trial("b", 9000, 40000, 9100, 40000)}), input_error);
  CHECK(zelen_test(trials({{0, 12, 7, 12}, {0, 5, 2, 5}})).p == 1);
}
