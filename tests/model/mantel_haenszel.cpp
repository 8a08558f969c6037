// SPDX-License-Identifier: BSL-1.0
#include <metapool/model/mantel_haenszel.hpp>

#include <metapool/inference/heterogeneity.hpp>
#include <metapool/inference/wald.hpp>

#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {
void check_interval(const model_fit<double>& fit, double estimate, double lower, double upper) {
  const auto r = wald_z{}(fit).natural();
  CHECK(close(r.estimate, estimate, printed(4)));
  CHECK(close(r.lower, lower, printed(4)));
  CHECK(close(r.upper, upper, printed(4)));
}
}  // namespace

TEST_CASE("the published risk ratio of death after stromal cells, by RevMan 5's way of zero cells") {
  // Stem Cell Res Ther (2023), doi:10.1186/s13287-023-03286-8: RR 0.58 (0.38 to 0.87), heterogeneity P = 0.53, I2 = 0 %
  const auto fit = mantel_haenszel(msc(), risk_ratio{}, constant_correction{});
  check_interval(fit, 0.5765, 0.3822, 0.8696);
  const auto mean = wald_z{}(fit);
  CHECK(close(mean.statistic, -2.63, printed(2)));
  CHECK(close(mean.p, 0.0086, printed(4)));
  const auto h = heterogeneity(fit);
  CHECK(close(h.q, 4.11, printed(2)));
  CHECK(h.df == 5);
  CHECK(close(*h.p, 0.533, printed(3)));
  CHECK(h.i2_q == 0.0);
  CHECK(fit.notes.front() == "constant continuity correction added to 2 tables before pooling");
}

TEST_CASE("the same with nothing added, and with the deaths that Lanzoni's own report prints") {
  const auto fit = mantel_haenszel(msc(), risk_ratio{});
  check_interval(fit, 0.5572, 0.3669, 0.8463);
  CHECK(close(heterogeneity(fit).q, 4.22, printed(2)));
  CHECK(close(*heterogeneity(fit).p, 0.518, printed(3)));
  CHECK(contains(fit.notes.front(), "nothing was added to any table for the pooled estimate"));
  check_interval(mantel_haenszel(msc(1), risk_ratio{}, constant_correction{}), 0.5497, 0.3605, 0.8383);
}

TEST_CASE("the estimates and variances are the textbook sums") {
  long double r = 0, s = 0, p = 0;              // RR: Greenland & Robins
  long double orr = 0, ors = 0, v1 = 0, v2 = 0, v3 = 0;  // OR: Robins, Breslow & Greenland
  long double d = 0, w = 0, sp = 0, sq = 0;     // RD: Sato, Greenland & Robins
  for (const auto& t : bcg()) {
    const long double a = *t.treated.events, n1 = *t.treated.total, c = *t.control.events, n2 = *t.control.total, n = n1 + n2, b = n1 - a, e = n2 - c;
    r += a * n2 / n;
    s += c * n1 / n;
    p += (n1 * n2 * (a + c) - a * c * n) / (n * n);
    orr += a * e / n;
    ors += b * c / n;
    v1 += (a + e) / n * (a * e / n);
    v2 += (a + e) / n * (b * c / n) + (b + c) / n * (a * e / n);
    v3 += (b + c) / n * (b * c / n);
    d += (a * n2 - c * n1) / n;
    w += n1 * n2 / n;
    sp += (n1 * n1 * c - n2 * n2 * a + n1 * n2 * (n2 - n1) / 2) / (n * n);
    sq += (a * (n2 - c) + c * (n1 - a)) / (2 * n);
  }
  const auto rr = mantel_haenszel(bcg(), risk_ratio{});
  CHECK(close(rr.estimate, static_cast<double>(std::log(r / s)), digits12));
  CHECK(close(rr.se, static_cast<double>(std::sqrt(p / (r * s))), digits12));
  const auto odds = mantel_haenszel(bcg(), odds_ratio{});
  CHECK(close(odds.estimate, static_cast<double>(std::log(orr / ors)), digits12));
  CHECK(close(odds.se, static_cast<double>(std::sqrt(v1 / (2 * orr * orr) + v2 / (2 * orr * ors) + v3 / (2 * ors * ors))), digits12));
  const auto rd = mantel_haenszel(bcg(), risk_difference{});
  CHECK(close(rd.estimate, static_cast<double>(d / w), digits12));
  CHECK(close(rd.se, static_cast<double>(std::sqrt((d / w * sp + sq) / (w * w))), digits12));
}

TEST_CASE("the Mantel-Haenszel odds ratio of the BCG trials is metafor's printed 0.6226") {
  // metafor's help of rma.mh on dat.bcg: log OR -0.4734 (se 0.0410); log RR -0.4537 (se 0.0393)
  CHECK(close(mantel_haenszel(bcg(), odds_ratio{}).estimate, -0.4734, printed(4)));
  CHECK(close(mantel_haenszel(bcg(), odds_ratio{}).se, 0.0410, printed(4)));
  CHECK(close(mantel_haenszel(bcg(), risk_ratio{}).estimate, -0.4537, printed(4)));
  CHECK(close(mantel_haenszel(bcg(), risk_ratio{}).se, 0.0393, printed(4)));
}

TEST_CASE("one study alone has its own risk ratio, odds ratio and risk difference, with their own variances for the first two") {
  const std::vector<binary_trial<>> one{trial("one", 3, 10, 6, 14)};
  const auto rr = mantel_haenszel(one, risk_ratio{});
  CHECK(close(rr.estimate, rr.data.y[0], digits14));
  CHECK(close(rr.se * rr.se, rr.data.v[0], digits14));
  const auto odds = mantel_haenszel(one, odds_ratio{});
  CHECK(close(odds.estimate, odds.data.y[0], digits14));
  CHECK(close(odds.se * odds.se, odds.data.v[0], digits14));
  const auto rd = mantel_haenszel(one, risk_difference{});
  CHECK(close(rd.estimate, rd.data.y[0], digits14));
  CHECK(rr.df == 0);
  CHECK(close(rr.q, 0.0, {0, 0, 1e-25, "rounding of a square"}));
}

TEST_CASE("order of the studies, swapped arms and swapped outcomes act as they must") {
  const auto all = [](const auto& measure) {
    const auto fit = mantel_haenszel(msc(), measure);
    const auto other = mantel_haenszel(swapped(msc()), measure);
    CHECK(close(other.estimate, -fit.estimate, digits12));
    CHECK(close(other.se, fit.se, digits12));
    CHECK(close(other.q, fit.q, digits12));
    const auto turned = mantel_haenszel(reversed(msc()), measure);
    CHECK(close(turned.estimate, fit.estimate, digits12));
    CHECK(close(turned.se, fit.se, digits12));
    CHECK(close(turned.weights.front(), fit.weights.back(), digits12));
    double sum = 0;
    for (double x : fit.weights) sum += x;
    CHECK(close(sum, 1.0, digits14));
  };
  all(risk_ratio{});
  all(odds_ratio{});
  all(risk_difference{});
}

TEST_CASE("a double-zero study changes no ratio, and does change the risk difference") {
  auto trials = msc();
  const auto ratio = mantel_haenszel(trials, risk_ratio{});
  const auto odds = mantel_haenszel(trials, odds_ratio{});
  const auto difference = mantel_haenszel(trials, risk_difference{});
  trials.erase(trials.begin() + 2);
  CHECK(mantel_haenszel(trials, risk_ratio{}).estimate == ratio.estimate);
  CHECK(mantel_haenszel(trials, risk_ratio{}).se == ratio.se);
  CHECK(mantel_haenszel(trials, odds_ratio{}).estimate == odds.estimate);
  CHECK(std::fabs(mantel_haenszel(trials, risk_difference{}).estimate) > std::fabs(difference.estimate));
  CHECK(ratio.df == 5);
  CHECK(difference.df == 6);
}

TEST_CASE("Q is taken around the Mantel-Haenszel estimate, with the studies' corrected effects") {
  const auto fit = mantel_haenszel(msc(), risk_ratio{});
  double q = 0;
  for (std::size_t i = 0; i < fit.k(); ++i) q += (fit.data.y[i] - fit.estimate) * (fit.data.y[i] - fit.estimate) / fit.data.v[i];
  CHECK(close(fit.q, q, digits14));
  CHECK(fit.data.audit[0].corrected());
}

TEST_CASE("Mantel-Haenszel says what it cannot estimate") {
  using trials = std::vector<binary_trial<>>;
  const auto refusal = [](const trials& t, const auto& measure) { return message_of<not_estimable>([&] { mantel_haenszel(t, measure); }); };
  CHECK(message_of<input_error>([] { mantel_haenszel(trials{}, risk_ratio{}); }) == "mantel_haenszel: no studies");
  CHECK(contains(refusal({trial("none", 0, 5, 0, 6)}, risk_ratio{}), "mantel_haenszel: none of the 1 studies can be pooled; the first, 'none': not pooled: no events in either arm"));
  CHECK(contains(refusal({trial("a", 0, 5, 1, 6), trial("b", 0, 7, 2, 6)}, risk_ratio{}), "the pooled risk ratio is not defined"));
  CHECK(contains(refusal({trial("a", 0, 5, 1, 6)}, odds_ratio{}), "the pooled odds ratio is not defined"));
  CHECK(contains(refusal({trial("a", 5, 5, 6, 6)}, risk_ratio{}), "the variance of the pooled risk ratio is zero"));
  CHECK(contains(refusal({trial("a", 0, 5, 6, 6)}, risk_difference{}), "the variance of the pooled risk difference is zero"));
  auto bad = msc();
  bad[1].treated.events = 13;
  CHECK(contains(message_of<input_error>([&] { mantel_haenszel(bad, risk_ratio{}); }), "study 'Shu': treated.events = 13 must not exceed"));
}

TEST_CASE("a risk difference of 1 or -1 has no variance, whatever rounding makes of the sums, and one next to it has") {
  for (int k : {1, 2, 7, 60}) {
    for (double n1 : {2.0, 3.0, 7.0, 11.0}) {
      for (double n2 : {2.0, 5.0, 6.0, 13.0}) {
        std::vector<binary_trial<>> all, none;
        for (int i = 0; i < k; ++i) {
          all.push_back({.label = "all " + std::to_string(i), .treated = {.events = n1, .total = n1}, .control = {.events = 0.0, .total = n2}});
          none.push_back({.label = "none " + std::to_string(i), .treated = {.events = 0.0, .total = n1}, .control = {.events = n2, .total = n2}});
        }
        CAPTURE(k);
        CAPTURE(n1);
        CAPTURE(n2);
        CHECK_THROWS_WITH_AS(mantel_haenszel(all, risk_difference{}), doctest::Contains("variance"), not_estimable);
        CHECK_THROWS_WITH_AS(mantel_haenszel(none, risk_difference{}), doctest::Contains("variance"), not_estimable);
        all.back().control.events = 1.0;
        CHECK(mantel_haenszel(all, risk_difference{}).se > 0);
      }
    }
  }
  // a patient in ten million: the variance is (N - 1) / N^3 to nearly all digits
  const double n = 1e7;
  const std::vector<binary_trial<>> one{{.label = "one", .treated = {.events = n, .total = n}, .control = {.events = 1.0, .total = n}}};
  CHECK(std::fabs(mantel_haenszel(one, risk_difference{}).se / (std::sqrt((n - 1) / n) / n) - 1) < 1e-7);
}

TEST_CASE("a policy chosen at run time does the same as one chosen at compile time") {
  CHECK(mantel_haenszel(msc(), risk_ratio{}, zero_cell_policy{constant_correction{}}).estimate == mantel_haenszel(msc(), risk_ratio{}, constant_correction{}).estimate);
}
