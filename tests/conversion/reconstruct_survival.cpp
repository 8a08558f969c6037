// SPDX-License-Identifier: BSL-1.0
#include <metapool/conversion/reconstruct_survival.hpp>

#include "../support/close.hpp"
#include "../support/published.hpp"
#include "head_and_neck.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

using namespace metapool;
using metapool_test::close;
using metapool_test::contains;
using metapool_test::digits12;
using metapool_test::message_of;

namespace {

using arm = std::vector<survival_time<>>;

/// Exponential event times with this hazard, censored evenly over 12 to 36 months; the same numbers on every machine.
arm simulated(std::size_t n, double hazard, std::uint64_t seed) {
  arm a;
  std::uint64_t state = seed;
  const auto uniform = [&] {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (static_cast<double>(state >> 11) + 0.5) / 9007199254740992.0;
  };
  for (std::size_t i = 0; i < n; ++i) {
    const double event = -std::log(uniform()) / hazard, censored = 12 + 24 * uniform();
    a.push_back({event < censored ? event : censored, event < censored});
  }
  return a;
}

std::vector<number_at_risk<>> risk_table(const arm& patients, double every, double until) {
  std::vector<number_at_risk<>> table;
  for (double t = 0; t <= until; t += every) {
    double n = 0;
    for (const auto& p : patients) n += p.time >= t;
    table.push_back({t, n});
  }
  return table;
}

double events(const arm& patients) {
  double n = 0;
  for (const auto& p : patients) n += p.event;
  return n;
}

double height(const std::vector<curve_point<>>& curve, double time) {
  double survival = 1;
  for (const auto& p : curve) {
    if (p.time <= time) survival = p.survival;
  }
  return survival;
}

/// Largest distance of two Kaplan-Meier curves up to month 24: later few patients are left, and one of them is a step of several per cent.
double gap(const arm& a, const arm& b) {
  const auto x = kaplan_meier(a), y = kaplan_meier(b);
  double largest = 0;
  for (double t = 0; t <= 24; t += 0.25) largest = std::fmax(largest, std::fabs(height(x, t) - height(y, t)));
  return largest;
}

/// The curve as a hand would read it: at each step, to three decimals.
std::vector<curve_point<>> digitised(const arm& patients) {
  auto curve = kaplan_meier(patients);
  for (auto& p : curve) p.survival = std::round(p.survival * 1000) / 1000;
  return curve;
}

}  // namespace

TEST_CASE("Without censoring an exact curve gives every event time back") {
  arm a;
  for (int i = 1; i <= 40; ++i) a.push_back({i * 0.7, true});
  const auto r = reconstruct_survival<double>(kaplan_meier(a), {{0, 40}});
  REQUIRE(r.patients.size() == 40);
  for (std::size_t i = 0; i < 40; ++i) {
    CHECK(r.patients[i].event);
    CHECK(r.patients[i].time == a[i].time);
  }
  CHECK(r.events == 40);
  CHECK(r.largest_gap < 1e-12);
}

TEST_CASE("Simulated arms: numbers at risk are met, events and the hazard ratio come back from the curve read to three decimals") {
  for (std::uint64_t seed : {1u, 2u, 3u, 4u, 5u}) {
    CAPTURE(seed);
    const arm treated = simulated(180, 0.03, seed), control = simulated(170, 0.05, seed + 100);
    const auto t = reconstruct_survival<double>(digitised(treated), risk_table(treated, 6, 30), events(treated));
    const auto c = reconstruct_survival<double>(digitised(control), risk_table(control, 6, 30), events(control));
    CHECK(t.patients.size() == 180);
    CHECK(c.patients.size() == 170);
    for (double m : t.mismatch) CHECK(std::fabs(m) <= 1);
    for (double m : c.mismatch) CHECK(std::fabs(m) <= 1);
    CHECK(std::fabs(t.events - events(treated)) <= 2);
    CHECK(std::fabs(c.events - events(control)) <= 2);
    CHECK(gap(t.patients, treated) < 0.01);
    CHECK(gap(c.patients, control) < 0.01);
    const double truth = cox_regression(treated, control).log_hazard_ratio.y;
    const auto again = cox_regression(t.patients, c.patients).log_hazard_ratio;
    CHECK(std::fabs(again.y - truth) < 0.03);
    CHECK(std::fabs(std::sqrt(again.v / cox_regression(treated, control).log_hazard_ratio.v) - 1) < 0.02);
  }
}

TEST_CASE("Head and neck cancer: the published hazard ratio of 0.68 (P = 0.005) comes back within 0.05 from the digitised curves (Bonner 2006)") {
  const auto radiotherapy = reconstruct_survival(falling_curve(metapool_test::radiotherapy_curve()), metapool_test::radiotherapy_at_risk());
  const auto cetuximab = reconstruct_survival(falling_curve(metapool_test::cetuximab_curve()), metapool_test::cetuximab_at_risk());
  CHECK(radiotherapy.patients.size() == 213);
  CHECK(cetuximab.patients.size() == 211);
  for (double m : radiotherapy.mismatch) CHECK(m == 0);
  for (double m : cetuximab.mismatch) CHECK(m == 0);
  CHECK(radiotherapy.largest_gap < 0.02);
  CHECK(cetuximab.largest_gap < 0.02);
  const auto hr = cox_regression(cetuximab.patients, radiotherapy.patients).log_hazard_ratio;
  CHECK(std::fabs(std::exp(hr.y) - 0.68) < 0.05);
  const double chi_squared = log_rank_test(cetuximab.patients, radiotherapy.patients).chi_squared();
  CHECK(std::erfc(std::sqrt(chi_squared / 2)) < 0.015);
  // the medians were printed as 14.9 and 24.4 months
  CHECK(height(kaplan_meier(radiotherapy.patients), 14.9) == doctest::Approx(0.5).epsilon(0.03));
  CHECK(height(kaplan_meier(cetuximab.patients), 24.4) == doctest::Approx(0.5).epsilon(0.03));
}

TEST_CASE("Numbers at risk that belong to another curve do not come out, and the result says so") {
  const auto wrong = reconstruct_survival(falling_curve(metapool_test::radiotherapy_curve()), metapool_test::cetuximab_at_risk());
  CHECK(wrong.mismatch.front() < -5);  // 143 of 211 are more than the 0.615 who are still without the event
}

TEST_CASE("Without the number of events the censoring of the last stretch follows the rate before") {
  const arm a = simulated(200, 0.04, 9);
  const auto r = reconstruct_survival<double>(digitised(a), risk_table(a, 6, 24));
  CHECK(std::fabs(r.events - events(a)) <= 6);
  CHECK(r.patients.size() == 200);
  CHECK(events(r.patients) == r.events);
}

TEST_CASE("The censoring of the last stretch is that of the stretches before, per unit of time, spread evenly: by hand") {
  // 40 of 100 are censored in the first 10 months, so 40 of the other 60 in the last 10, at 10 + 10 k / 41: 20 of them before the fall by half at
  // month 15, which 20 of the remaining 40 patients make
  const auto same = reconstruct_survival<double>({{15, 0.5}, {20, 0.5}}, {{0, 100}, {10, 60}});
  CHECK(same.events == 20);
  CHECK(same.patients.size() == 100);
  double before = 0;
  for (const auto& p : same.patients) before += p.time < 15;
  CHECK(before == 60);
  // 20 of 100 in 10 months are 10 in 5 months: 5 of them before month 12.5, where half of 75 patients, rounded up, have the event
  const auto half = reconstruct_survival<double>({{12.5, 0.5}, {15, 0.5}}, {{0, 100}, {10, 80}});
  CHECK(half.events == 38);
  CHECK(events(half.patients) == 38);
}

TEST_CASE("float and 50 digits reconstruct the same patients as double") {
  using boost::multiprecision::cpp_bin_float_50;
  const arm a = simulated(60, 0.05, 3);
  const auto r = reconstruct_survival<double>(digitised(a), risk_table(a, 8, 24));
  std::vector<curve_point<cpp_bin_float_50>> wide;
  for (const auto& p : digitised(a)) wide.push_back({p.time, p.survival});
  std::vector<number_at_risk<cpp_bin_float_50>> risk;
  for (const auto& p : risk_table(a, 8, 24)) risk.push_back({p.time, p.patients});
  const auto w = reconstruct_survival<cpp_bin_float_50>(wide, risk);
  REQUIRE(w.patients.size() == r.patients.size());
  for (std::size_t i = 0; i < r.patients.size(); ++i) {
    CHECK(r.patients[i].event == w.patients[i].event);
    CHECK(close(r.patients[i].time, static_cast<double>(w.patients[i].time), digits12));
  }
}

TEST_CASE("Curves that rise, per cents and risk tables that cannot be are refused by name") {
  using curve = std::vector<curve_point<>>;
  using risk = std::vector<number_at_risk<>>;
  const auto message = [](const curve& c, const risk& n, std::optional<double> total = {}) {
    return message_of<input_error>([&] { reconstruct_survival(c, n, total); });
  };
  CHECK(contains(message({{0, 100}}, {{0, 10}}), "curve point 1 must have a survival from 0 to 1"));
  CHECK(contains(message({{0, 1}, {1, 0.5}, {2, 0.6}}, {{0, 10}}), "curve point 3 must not lie above"));
  CHECK(contains(message({{0, 1}, {2, 0.5}, {1, 0.4}}, {{0, 10}}), "curve point 3 must not lie before"));
  CHECK(contains(message({{0, 1}}, {{0, 10}, {5, 11}}), "number at risk 2 must not exceed"));
  CHECK(contains(message({{0, 1}}, {{1, 10}}), "number at risk 1 must be at time 0"));
  CHECK(contains(message({{0, 1}}, {{0, 10.5}}), "whole number"));
  CHECK(contains(message({{0, 1}}, {{0, 10}}, 11), "total_events = 11"));
  CHECK(contains(message({}, {{0, 10}}), "no points"));
  CHECK(contains(message({{0, 1}}, {}), "at least the number of patients"));
  CHECK(contains(message({{0, std::nan("")}}, {{0, 10}}), "curve point 1"));
}
