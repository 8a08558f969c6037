// SPDX-License-Identifier: BSL-1.0
#include <metapool/sensitivity/gosh_counts.hpp>

#include "support/close.hpp"

#include <metapool/effect/odds_ratio.hpp>
#include <metapool/effect/risk_difference.hpp>
#include <metapool/effect/risk_ratio.hpp>
#include <metapool/inference/heterogeneity.hpp>
#include <metapool/model/mantel_haenszel.hpp>
#include <metapool/model/peto.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace mp = metapool;
using metapool_test::at_scale;
using metapool_test::close;
using metapool_test::digits12;

namespace {

using trials_t = std::vector<mp::binary_trial<>>;

/// Large and small trials, zero cells in either arm, one without events, one with a missing count.
trials_t mixed() {
  return {{"A", {4, 123}, {11, 139}}, {"B", {6, 306}, {29, 303}},       {"none", {0, 65}, {0, 35}},
          {"C", {0, 12}, {3, 29}},    {"D", {62, 13598}, {248, 12867}}, {"missing", {std::nullopt, 20}, {1, 20}},
          {"E", {5, 24}, {0, 21}},    {"F", {0, 40}, {2, 41}}};
}

trials_t part(const trials_t& trials, const mp::gosh_result<>& r, std::size_t row) {
  trials_t chosen;
  for (std::size_t i = 0; i < r.k(); ++i) {
    if (!r.contains(row, i)) continue;
    for (const auto& t : trials) {
      if (t.label == r.labels[i]) chosen.push_back(t);
    }
  }
  return chosen;
}

/// Compares every row with fit(trials of the subset), which may throw not_estimable.
template <class Fit>
std::string differences(const trials_t& trials, const mp::gosh_result<>& r, const Fit& fit) {
  for (std::size_t row = 0; row < r.size(); ++row) {
    std::string wrong;
    try {
      const mp::model_fit<> f = fit(part(trials, r, row));
      const auto h = mp::heterogeneity(f);
      const auto same = [&](const char* name, double a, double b, double scale) {
        const auto c = close(a, b, at_scale(digits12, scale));
        if (!c) wrong += std::string(name) + ": " + c.text + "; ";
      };
      same("estimate", r.estimate[row], f.estimate, f.se);
      same("se", r.se[row], f.se, 0);
      same("Q", r.q[row], f.q, 1);
      same("I2", r.i2[row], h.i2_q, 1);
      same("H2", r.h2[row], h.h2_q, 1);
      if (r.studies[row] != f.k() || r.tau2[row] != 0) wrong += "studies or tau2; ";
    } catch (const mp::not_estimable&) {
      if (r.status[row] != mp::batch_status::not_estimable || r.fitted(row) || r.estimate[row] == r.estimate[row]) wrong = "estimable?";
    }
    if (!wrong.empty()) return "row " + std::to_string(row) + ": " + wrong;
  }
  return "";
}

}  // namespace

TEST_CASE("each row of a Mantel-Haenszel GOSH is mantel_haenszel of its subset, also where that has no estimate") {
  const auto trials = mixed();
  const auto rr = mp::gosh_mantel_haenszel(trials, mp::risk_ratio{});
  CHECK(rr.labels == std::vector<std::string>{"A", "B", "C", "D", "E", "F"});
  CHECK(rr.size() == 63);
  CHECK(differences(trials, rr, [](const trials_t& t) { return mp::mantel_haenszel(t, mp::risk_ratio{}); }) == "");
  CHECK(differences(trials, mp::gosh_mantel_haenszel(trials, mp::odds_ratio{}),
                    [](const trials_t& t) { return mp::mantel_haenszel(t, mp::odds_ratio{}); }) == "");
  CHECK(rr.status[3] == mp::batch_status::not_estimable);  // C alone has no event among the treated
}

TEST_CASE("each row of Peto's GOSH is peto of its subset, random subsets and threads included") {
  const auto trials = mixed();
  const auto fit = [](const trials_t& t) { return mp::peto(t); };
  const auto all = mp::gosh_peto(trials);
  CHECK(differences(trials, all, fit) == "");
  const auto some = mp::gosh_peto(trials, {.minimum = 2, .most = 20, .seed = 3, .threads = 2});
  CHECK(some.size() == 20);
  CHECK(!some.exhaustive);
  CHECK(differences(trials, some, fit) == "");
}

TEST_CASE("a GOSH of counts says what it cannot take") {
  CHECK_THROWS_AS(mp::gosh_peto(trials_t{}), mp::input_error);
  CHECK_THROWS_AS(mp::gosh_peto(trials_t{{"none", {0, 65}, {0, 35}}}), mp::not_estimable);
  CHECK_THROWS_AS(mp::gosh_mantel_haenszel(trials_t{{"wrong", {7, 5}, {0, 35}}}, mp::risk_ratio{}), mp::input_error);
  CHECK_THROWS_AS(mp::gosh_mantel_haenszel(mixed(), mp::risk_ratio{}, {.minimum = 7}), mp::input_error);
}
