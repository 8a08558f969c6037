// SPDX-License-Identifier: BSL-1.0
#include <metapool/sensitivity/gosh.hpp>

#include "support/close.hpp"

#include <metapool/inference/heterogeneity.hpp>
#include <metapool/model/common_effect.hpp>
#include <metapool/model/random_effects.hpp>
#include <metapool/tau2/hedges.hpp>

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

namespace mp = metapool;
using metapool_test::at_scale;
using metapool_test::close;
using metapool_test::digits12;

namespace {

mp::effects<> of(const std::vector<double>& y, const std::vector<double>& v) { return mp::known_effects(y, v); }

/// BCG trials, log risk ratios to four decimals: the first k.
mp::effects<> bcg(std::size_t k) {
  std::vector<double> y{-0.8893, -1.5854, -1.3481, -1.4416, -0.2175, -0.7861, -1.6209, 0.0120, -0.4694, -1.3713, -0.3394, 0.4459, -0.0173};
  std::vector<double> v{0.3256, 0.1946, 0.4154, 0.0200, 0.0512, 0.0069, 0.2230, 0.0040, 0.0564, 0.0730, 0.0124, 0.5325, 0.0714};
  y.resize(k);
  v.resize(k);
  return of(y, v);
}

mp::effects<> part(const mp::effects<>& e, mp::study_mask mask) {
  std::vector<double> y, v;
  for (std::size_t i = 0; i < e.size(); ++i) {
    if ((mask >> i & 1) == 0) continue;
    y.push_back(e.y[i]);
    v.push_back(e.v[i]);
  }
  return of(y, v);
}

/// What differs between a row and a fit; empty if nothing does.
std::string difference(const mp::gosh_result<>& r, std::size_t row, const mp::model_fit<>& fit, bool common, bool i2_from_tau2 = false) {
  const auto h = mp::heterogeneity(fit);
  std::string wrong;
  const auto same = [&](const char* name, double a, double b, double scale) {
    const auto c = close(a, b, at_scale(digits12, scale));
    if (!c) wrong += std::string(name) + ": " + c.text + "; ";
  };
  if (r.studies[row] != fit.k()) wrong += "studies; ";
  if (r.status[row] != (fit.k() == 1 ? mp::batch_status::one_study : mp::batch_status::ok)) wrong += "status; ";
  same("estimate", r.estimate[row], fit.estimate, fit.se);
  same("se", r.se[row], fit.se, 0);
  same("Q", r.q[row], fit.q, 0);
  const double scale = static_cast<double>(fit.k()) * fit.se * fit.se;
  if (fit.k() > 1) same("tau2", r.tau2[row], common ? 0.0 : *fit.tau2, scale);
  if (fit.k() == 1 && !common && r.tau2[row] == r.tau2[row]) wrong += "tau2 of one study; ";
  same("I2", r.i2[row], i2_from_tau2 ? h.i2_tau2.value_or(0.0) : h.i2_q, 1);
  same("H2", r.h2[row], i2_from_tau2 ? h.h2_tau2.value_or(1.0) : h.h2_q, 1);
  return wrong;
}

/// Compares every row with a fit of its subset.
template <class Estimator>
std::string differences(const mp::effects<>& e, const mp::gosh_result<>& r, const Estimator& estimator) {
  for (std::size_t row = 0; row < r.size(); ++row) {
    if (row > 0 && r.mask[row] <= r.mask[row - 1]) return "masks do not ascend";
    const std::string wrong = difference(r, row, mp::random_effects(part(e, r.mask[row]), estimator), false, r.options.i2_from_tau2);
    if (!wrong.empty()) return "row " + std::to_string(row) + ": " + wrong;
  }
  return "";
}

std::string differences_of_common(const mp::effects<>& e, const mp::gosh_result<>& r) {
  for (std::size_t row = 0; row < r.size(); ++row) {
    const std::string wrong = difference(r, row, mp::common_effect(part(e, r.mask[row])), true);
    if (!wrong.empty()) return "row " + std::to_string(row) + ": " + wrong;
  }
  return "";
}

bool same_bits(const mp::gosh_result<>& a, const mp::gosh_result<>& b) {
  const auto same = [](const std::vector<double>& x, const std::vector<double>& y) {
    bool all = x.size() == y.size();
    for (std::size_t i = 0; all && i < x.size(); ++i) all = x[i] == y[i] || (x[i] != x[i] && y[i] != y[i]);
    return all;
  };
  return a.mask == b.mask && a.studies == b.studies && a.status == b.status && same(a.estimate, b.estimate) && same(a.se, b.se) &&
         same(a.tau2, b.tau2) && same(a.q, b.q) && same(a.i2, b.i2) && same(a.h2, b.h2);
}

}  // namespace

TEST_CASE("each row of GOSH is the fit of its subset: common effect") {
  for (const std::size_t k : {1U, 2U, 3U, 8U}) {
    const auto e = bcg(k);
    const auto r = mp::gosh_common_effect(e);
    CHECK(r.size() == (std::size_t(1) << k) - 1);
    CHECK(r.exhaustive);
    CHECK(differences_of_common(e, r) == "");
  }
}

TEST_CASE("each row of GOSH is the fit of its subset: DerSimonian-Laird") {
  for (const std::size_t k : {1U, 2U, 3U, 8U})
    CHECK(differences(bcg(k), mp::gosh(bcg(k), mp::dersimonian_laird{}), mp::dersimonian_laird{}) == "");
}

TEST_CASE("each row of GOSH is the fit of its subset: REML, I2 by either definition") {
  for (const bool from_tau2 : {false, true}) {
    const auto r = mp::gosh(bcg(8), mp::reml{}, {.i2_from_tau2 = from_tau2});
    CHECK(differences(bcg(8), r, mp::reml{}) == "");
  }
}

TEST_CASE("each row of GOSH is the fit of its subset: any other estimator, and a given tau2") {
  CHECK(differences(bcg(6), mp::gosh(bcg(6), mp::hedges{}), mp::hedges{}) == "");
  const mp::fixed_tau2 given{.tau2 = 0.2};
  CHECK(differences(bcg(6), mp::gosh(bcg(6), given), given) == "");
}

TEST_CASE("with more studies than a block has bits the rest of a mask is another block") {
  const auto e = bcg(12);
  const auto r = mp::gosh(e, mp::dersimonian_laird{}, {.minimum = 2});
  REQUIRE(r.size() == 4096 - 13);
  std::string wrong;
  for (std::size_t row = 5; row < r.size() && wrong.empty(); row += 97)
    wrong = difference(r, row, mp::random_effects(part(e, r.mask[row]), mp::dersimonian_laird{}), false);
  CHECK(wrong == "");
}

TEST_CASE("few subsets of many studies are listed one by one") {
  const auto e = bcg(13);
  const auto r = mp::gosh(e, mp::dersimonian_laird{}, {.minimum = 11});
  CHECK(r.size() == 78 + 13 + 1);
  CHECK(differences(e, r, mp::dersimonian_laird{}) == "");
}

TEST_CASE("effects in far clusters, equal effects and variances over 16 decades keep 12 digits in every subset") {
  const std::vector<mp::effects<>> hard{
      of({1e6 + 0.25, 1e6 + 0.5, 1e6 - 0.125, -3, -3.25, -2.75, 1e6}, {1, 2, 0.5, 1, 0.25, 3, 1}),
      of({0.1, 0.3, 0.2, -0.4, 0.5, 0.6, 0.35}, {1e-8, 1e8, 1, 1e-4, 1e4, 1e-8, 100}),
      of({0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7}, {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7}),
  };
  for (const auto& e : hard) {
    CHECK(differences_of_common(e, mp::gosh_common_effect(e)) == "");
    CHECK(differences(e, mp::gosh(e, mp::dersimonian_laird{}), mp::dersimonian_laird{}) == "");
    CHECK(differences_of_common(e, mp::gosh_common_effect(e, {.minimum = 2, .most = 60})) == "");
  }
}

TEST_CASE("random subsets are fitted as all subsets are, also of 64 studies") {
  const auto e = bcg(10);
  const auto r = mp::gosh(e, mp::reml{}, {.minimum = 3, .most = 60, .seed = 5});
  CHECK(r.size() == 60);
  CHECK(!r.exhaustive);
  CHECK(differences(e, r, mp::reml{}) == "");
  std::vector<double> y, v;
  for (int i = 0; i < 64; ++i) {
    y.push_back(std::sin(3.0 * i));
    v.push_back(0.1 + 0.01 * i);
  }
  const auto many = of(y, v);
  const auto all = mp::gosh(many, mp::dersimonian_laird{}, {.most = 40});
  CHECK(all.size() == 40);
  CHECK(differences(many, all, mp::dersimonian_laird{}) == "");
}

TEST_CASE("GOSH has the same bits on any number of threads, and streamed") {
  const auto e = bcg(12);
  const auto one = mp::gosh(e, mp::dersimonian_laird{});
  CHECK(same_bits(one, mp::gosh(e, mp::dersimonian_laird{}, {.threads = 3})));
  mp::gosh_result<> streamed;
  std::size_t blocks = 0;
  mp::gosh_stream(e, mp::dersimonian_laird{}, {.threads = 2}, [&](const mp::gosh_columns<>& rows) {
    ++blocks;
    const auto add = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
    add(streamed.mask, rows.mask);
    add(streamed.studies, rows.studies);
    add(streamed.estimate, rows.estimate);
    add(streamed.se, rows.se);
    add(streamed.tau2, rows.tau2);
    add(streamed.q, rows.q);
    add(streamed.i2, rows.i2);
    add(streamed.h2, rows.h2);
    add(streamed.status, rows.status);
  });
  CHECK(blocks == 4);
  CHECK(same_bits(one, streamed));
  std::vector<double> estimate(mp::gosh_rows(12));
  mp::gosh_into(e, mp::dersimonian_laird{}, {.estimate = estimate});
  CHECK(estimate == one.estimate);
  std::vector<double> i2(mp::gosh_rows(12));
  mp::gosh_into(e, mp::dersimonian_laird{}, {.i2 = i2});
  CHECK(i2 == one.i2);
}

TEST_CASE("a study that overflows leaves the subsets without it alone") {
  const auto r = mp::gosh_common_effect(of({0.1, 0.5, 1e200, 0.3}, {0.1, 0.2, 1e-200, 0.3}));
  const auto d = mp::gosh(of({0.1, 0.5, 1e200, 0.3}, {0.1, 0.2, 1e-200, 0.3}), mp::dersimonian_laird{});
  for (std::size_t row = 0; row < r.size(); ++row) {
    const bool far = r.contains(row, 2) && r.mask[row] != 4;
    CHECK(r.fitted(row) == !far);
    CHECK(d.fitted(row) == !far);
    CHECK((r.estimate[row] != r.estimate[row]) == far);
    if (!far) CHECK(std::isfinite(d.estimate[row]));
  }
}

TEST_CASE("GOSH says what it cannot take") {
  std::vector<double> y(65, 0.1), v(65, 1.0);
  CHECK_THROWS_AS(mp::gosh(of(y, v)), mp::input_error);
  CHECK_THROWS_AS(mp::gosh(bcg(4), mp::reml{}, {.minimum = 0}), mp::input_error);
  CHECK_THROWS_AS(mp::gosh(bcg(4), mp::reml{}, {.minimum = 5}), mp::input_error);
  CHECK_THROWS_AS(mp::gosh(bcg(4), mp::reml{}, {.most = 0}), mp::input_error);
  CHECK_THROWS_AS(mp::gosh(bcg(4), mp::fixed_tau2{.tau2 = -1}), mp::input_error);
  CHECK_THROWS_AS(mp::gosh(mp::effects<>{}), mp::input_error);
  std::vector<double> estimate(14);
  CHECK_THROWS_AS(mp::gosh_into(bcg(4), mp::reml{}, {.estimate = estimate}), mp::input_error);
  CHECK_THROWS_AS(mp::split_by_study(mp::gosh_common_effect(bcg(4)), 4), mp::input_error);
}
