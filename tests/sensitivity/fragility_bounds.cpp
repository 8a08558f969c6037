// SPDX-License-Identifier: BSL-1.0
#include "support/close.hpp"
#include "support/published.hpp"

#include <metapool/effect/risk_ratio.hpp>
#include <metapool/inference/hartung_knapp.hpp>
#include <metapool/inference/infer.hpp>
#include <metapool/math/pack.hpp>
#include <metapool/model/random_effects.hpp>
#include <metapool/sensitivity/fragility_bends.hpp>
#include <metapool/sensitivity/fragility_bounds.hpp>
#include <metapool/sensitivity/fragility_enclosures.hpp>
#include <metapool/sensitivity/fragility_refuter.hpp>
#include <metapool/tau2/dersimonian_laird.hpp>
#include <metapool/tau2/maximum_likelihood.hpp>
#include <metapool/tau2/paule_mandel.hpp>
#include <metapool/tau2/reml.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <type_traits>
#include <vector>

using namespace metapool;
using detail::bounded_box;
using detail::bounded_parts;
using detail::bounded_point;
using detail::bounded_tau2;
using detail::bounded_test;
using detail::fragility_choice;
using detail::fragility_equations;

namespace {

struct uniform_draws {
  unsigned long long state = 3;
  double operator()() {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<double>(state >> 11) / 9007199254740992.0;
  }
};

/// The parts of all trials at a point, sum w^2 / sum w being what it is.
bounded_parts total(const fragility_equations& e, const effects<>& data, const bounded_point& p) {
  bounded_parts sum{};
  double w = 0, w2 = 0;
  for (std::size_t i = 0; i < data.size(); ++i) {
    const fragility_choice c{.y = data.y[i], .v = data.v[i], .pooled = true};
    const auto f = e.at(c, p, 1 / (c.v + p[0]));
    for (std::size_t j = 0; j < f.size(); ++j) sum[j] += f[j];
    w += e.weight(c, p[0]);
    w2 += e.weight(c, p[0]) * e.weight(c, p[0]);
  }
  bounded_box b;
  b.rho_low = b.rho_high = w2 / w;
  for (std::size_t j = 0; j < sum.size(); ++j) {
    bounded_parts one{};
    one[j] = 1;
    sum[j] += e.constant(p, b, one);
  }
  return sum;
}

}  // namespace

TEST_CASE("Every method solves its equations, and N has the sign of its verdict") {
  const auto data = effect_sizes(metapool_test::bcg(), risk_ratio{});
  const auto see = [&](auto estimator, bounded_tau2 kind, auto interval, bounded_test test, double critical) {
    const auto fit = random_effects(data, estimator);
    const auto r = infer(fit, interval);
    fragility_equations e;
    e.method = {.tau2 = kind, .test = test, .critical = std::vector<double>(data.size() + 1, critical)};
    e.k = data.size();
    e.middle = 0.1;
    double u = 0, uy = 0;
    for (std::size_t i = 0; i < data.size(); ++i) {
      u += 1 / data.v[i];
      uy += data.y[i] / data.v[i];
    }
    REQUIRE(*fit.tau2 > 0);
    const bounded_parts f = total(e, data, {*fit.tau2, fit.estimate, uy / u});
    CHECK(std::fabs(f[0]) < 1e-12);
    CHECK(std::fabs(f[2]) < 1e-8);
    CHECK(std::fabs(f[3]) < 1e-9);
    CHECK((f[1] >= 0) == (r.upper >= 0));
    // at the critical value at which the interval ends at 0
    e.method.critical.assign(data.size() + 1, std::fabs(fit.estimate) / r.se);
    CHECK(std::fabs(total(e, data, {*fit.tau2, fit.estimate, uy / u})[1]) < 1e-10);
    e.method.critical.assign(data.size() + 1, 1.01 * std::fabs(fit.estimate) / r.se);
    CHECK(total(e, data, {*fit.tau2, fit.estimate, uy / u})[1] > 0);
    e.gain = true;
    CHECK(total(e, data, {*fit.tau2, fit.estimate, uy / u})[1] < 0);
  };
  see(reml{}, bounded_tau2::reml, hartung_knapp{}, bounded_test::hartung_knapp, 2.178812829667228);
  see(reml{}, bounded_tau2::reml, wald_z{}, bounded_test::wald, 1.959963984540054);
  see(maximum_likelihood{}, bounded_tau2::maximum_likelihood, wald_z{}, bounded_test::wald, 1.959963984540054);
  see(paule_mandel{}, bounded_tau2::paule_mandel, hartung_knapp{}, bounded_test::hartung_knapp, 2.178812829667228);
  see(dersimonian_laird{}, bounded_tau2::dersimonian_laird, wald_z{}, bounded_test::wald, 1.959963984540054);
}

TEST_CASE("Within a box a part lies no further from its corners than it may bend") {
  uniform_draws draw;
  double nearest = 0;
  for (const auto kind : {bounded_tau2::reml, bounded_tau2::paule_mandel, bounded_tau2::dersimonian_laird}) {
    for (const auto test : {bounded_test::wald, bounded_test::hartung_knapp}) {
      for (int i = 0; i < 300; ++i) {
        fragility_equations e;
        e.method = {.tau2 = kind, .test = test, .critical = std::vector<double>(8, 2.4)};
        e.k = 7;
        e.middle = std::exp(4 * draw() - 3);
        const fragility_choice c{.y = 4 * draw() - 2, .v = std::exp(5 * draw() - 4), .pooled = true};
        bounded_box b;
        b.low = {draw() < 0.3 ? 0 : draw(), 2 * draw() - 1.5, draw() - 1};
        b.high = {b.low[0] + 2 * draw() * draw(), b.low[1] + draw(), b.low[2] + draw()};
        detail::fragility_bends<double> bend;
        bend.find(e, b, c.y, c.v, 1 / (c.v + b.low[0]), 1 / (c.v + b.high[0]));
        const bounded_parts allowed_bend{bend.tau2_e1, bend.tau2_n + bend.mean_n, bend.tau2_e2 + bend.mean_e2 + bend.q_e2, 0};
        for (int inner = 0; inner < 5; ++inner) {
          const double s[3] = {draw(), draw(), draw()};
          bounded_point p;
          for (std::size_t d = 0; d < 3; ++d) p[d] = b.low[d] + s[d] * (b.high[d] - b.low[d]);
          bounded_parts across{};
          for (std::size_t corner = 0; corner < 8; ++corner) {
            double share = 1;
            for (std::size_t d = 0; d < 3; ++d) share *= corner >> d & 1u ? s[d] : 1 - s[d];
            const auto f = e.at(c, b.corner(corner), 1 / (c.v + b.corner(corner)[0]));
            for (std::size_t j = 0; j < 4; ++j) across[j] += share * f[j];
          }
          const auto f = e.at(c, p, 1 / (c.v + p[0]));
          for (std::size_t j = 0; j < 4; ++j) {
            const double allowed = allowed_bend[j];
            CHECK(std::fabs(f[j] - across[j]) <= allowed + 1e-10);
            if (allowed > 1e-3) nearest = std::fmax(nearest, std::fabs(f[j] - across[j]) / allowed);
          }
        }
      }
    }
  }
  CHECK(nearest > 0.8);  // and it may not bend much more than it does
}

TEST_CASE("The parts of several trials side by side are those of each, times the multipliers") {
  uniform_draws draw;
  for (const auto kind : {bounded_tau2::fixed, bounded_tau2::reml, bounded_tau2::maximum_likelihood, bounded_tau2::paule_mandel, bounded_tau2::dersimonian_laird}) {
    for (const auto test : {bounded_test::wald, bounded_test::hartung_knapp}) {
      for (const bool gain : {false, true}) {
        fragility_equations e;
        e.method = {.tau2 = kind, .test = test, .critical = std::vector<double>(8, 2.4)};
        e.gain = gain;
        e.k = 7;
        e.middle = 0.3;
        const bounded_point p{draw(), draw() - 0.5, draw() - 0.5};
        const bounded_parts multipliers{draw() - 0.5, draw(), draw() - 0.5, draw() - 0.5};
        fragility_choice c[2];
        detail::pack<double, 2> y{}, v{}, inverse{}, out{};
        for (std::size_t i = 0; i < 2; ++i) {
          c[i] = {.y = 4 * draw() - 2, .v = 0.1 + draw(), .pooled = true};
          y[i] = c[i].y;
          v[i] = c[i].v;
          inverse[i] = 1 / (c[i].v + p[0]);
        }
        e.weighted_at(p, multipliers, y, v, inverse, out);
        for (std::size_t i = 0; i < 2; ++i) {
          const bounded_parts f = e.at(c[i], p, 1 / (c[i].v + p[0]));
          double sum = 0;
          for (std::size_t j = 0; j < f.size(); ++j) sum += multipliers[j] * f[j];
          CHECK(std::fabs(out[i] - sum) < 1e-13 * (1 + std::fabs(sum)));
        }
      }
    }
  }
}

TEST_CASE("No choices have a mean or a ratio of weights outside what is enclosed") {
  uniform_draws draw;
  double nearest_mean = 1, nearest_rho = 1;
  for (const auto kind : {bounded_tau2::reml, bounded_tau2::dersimonian_laird}) {
    for (int run = 0; run < 30; ++run) {
      detail::fragility_choices c;
      c.n = 3;
      for (int i = 0; i < 3; ++i) {
        std::vector<fragility_choice> row;
        for (long long j = -2; j <= 2; ++j) row.push_back({.y = 2 * draw() - 1, .v = 0.1 + draw(), .pooled = true, .cost = static_cast<std::size_t>(std::llabs(j)), .treated = j});
        c.of.push_back(row);
      }
      c.count();
      fragility_equations e;
      e.method.tau2 = kind;
      e.k = 3;
      e.middle = 0.4;
      bounded_box b;
      b.low = {run % 3 == 0 ? 0.0 : 0.2, -3, -3};
      b.high = {run % 2 == 0 ? b.low[0] : 0.5, 3, 3};
      detail::fragility_enclosures enclosures(c, e);
      enclosures.invert(b);
      enclosures.rho(b);
      REQUIRE((enclosures.mean(b, 1) && enclosures.mean(b, 2)));
      double low_mean = 3, high_mean = -3, low_q = 3, high_q = -3, low_rho = 1e9, high_rho = 0;
      for (std::size_t code = 0; code < 125; ++code) {
        for (const double tau2 : {b.low[0], (b.low[0] + b.high[0]) / 2, b.high[0]}) {
          std::size_t rest = code, cost = 0;
          double w = 0, wy = 0, u = 0, uy = 0, r = 0, r2 = 0;
          for (std::size_t i = 0; i < 3; ++i, rest /= 5) {
            const fragility_choice& x = c.of[i][rest % 5];
            cost += x.cost;
            w += 1 / (x.v + tau2);
            wy += x.y / (x.v + tau2);
            u += 1 / x.v;
            uy += x.y / x.v;
            r += e.weight(x, tau2);
            r2 += e.weight(x, tau2) * e.weight(x, tau2);
          }
          if (cost > c.n) continue;
          low_mean = std::fmin(low_mean, wy / w);
          high_mean = std::fmax(high_mean, wy / w);
          low_q = std::fmin(low_q, uy / u);
          high_q = std::fmax(high_q, uy / u);
          low_rho = std::fmin(low_rho, r2 / r);
          high_rho = std::fmax(high_rho, r2 / r);
        }
      }
      CHECK(b.low[1] <= low_mean);
      CHECK(high_mean <= b.high[1]);
      CHECK(b.low[2] <= low_q);
      CHECK(high_q <= b.high[2]);
      CHECK(b.rho_low <= low_rho);
      CHECK(high_rho <= b.rho_high);
      if (b.low[0] < b.high[0]) continue;  // at one tau2 they are the least and the greatest
      CHECK(b.high[1] - high_mean < 1e-4);
      CHECK(low_mean - b.low[1] < 1e-4);
      CHECK(b.high[2] - high_q < 1e-4);
      nearest_mean = std::fmin(nearest_mean, b.high[1] - high_mean);
      nearest_rho = std::fmin(nearest_rho, b.rho_high / high_rho - 1);
    }
  }
  CHECK(nearest_mean < 1e-5);
  CHECK(nearest_rho < 1e-5);
}

TEST_CASE("The largest sum over choices is that of all of them") {
  uniform_draws draw;
  for (int run = 0; run < 20; ++run) {
    detail::fragility_choices c;
    c.n = 4;
    c.by_number = run % 2 == 0;
    for (int i = 0; i < 4; ++i) {
      std::vector<fragility_choice> row;
      for (long long j = -3; j <= 3; ++j) row.push_back({.y = draw(), .v = 1, .pooled = i < 2 || draw() < 0.5, .cost = static_cast<std::size_t>(std::llabs(j)), .treated = j});
      c.of.push_back(row);
    }
    c.count();
    detail::fragility_ranges ranges;
    if (run % 3 == 0) ranges.assign(4, {-1, 3, 0, 0});
    c.allow(ranges);
    for (std::size_t number = c.always; number <= c.always + c.some; ++number) {
      c.in_sum = number;
      double best = -1e300;
      for (std::size_t code = 0; code < 7 * 7 * 7 * 7; ++code) {
        std::size_t rest = code, cost = 0, in = 0;
        double sum = 0;
        bool allowed = true;
        for (std::size_t i = 0; i < 4; ++i, rest /= 7) {
          const auto& x = c.of[i][rest % 7];
          cost += x.cost;
          in += x.pooled ? 1 : 0;
          sum += x.pooled ? x.y - 0.3 : 0;
          allowed = allowed && (ranges.empty() || x.treated >= -1);
        }
        if (allowed && cost <= 4 && (!c.by_number || in == number)) best = std::fmax(best, sum);
      }
      const double found = c.largest([&](std::size_t place, auto& out) {
        std::decay_t<decltype(out)> less{};
        detail::load(out, &c.y[place]);
        detail::fill(less, 0.3);
        out = out - less;
      });
      if (best < -1e299) {
        CHECK(found < -1e300);
        continue;
      }
      CHECK(std::fabs(found - best) < 1e-14);
      double again = 0;
      for (std::size_t i = 0; i < 4; ++i) again += c.of[i][c.chosen[i]].pooled ? c.of[i][c.chosen[i]].y - 0.3 : 0;
      CHECK(std::fabs(again - found) < 1e-14);
    }
  }
}

TEST_CASE("No box that holds the tau2 and mean of tables that reach the goal is refuted") {
  uniform_draws draw;
  int held = 0, refuted = 0;
  for (int run = 0; run < 60; ++run) {
    detail::fragility_choices c;
    std::vector<double> y, v;
    for (int i = 0; i < 13; ++i) {
      y.push_back(3 * draw() - 1.7);
      v.push_back(0.02 + 0.3 * draw() * draw());
      c.of.push_back({{.y = y.back(), .v = v.back(), .pooled = true}});
    }
    c.by_number = true;
    c.count();
    c.in_sum = 13;
    const auto fit = random_effects(known_effects(y, v), reml{});
    if (!(*fit.tau2 > 0) || !(fit.estimate < 0) || infer(fit, hartung_knapp{}).upper < 0) continue;
    ++held;
    fragility_equations e;
    e.method = {.tau2 = bounded_tau2::reml, .test = bounded_test::hartung_knapp, .t_quantiles = true, .critical = std::vector<double>(14, 2.178812829667228)};
    e.k = 13;
    e.middle = 0.1;
    detail::fragility_refuter refuter(c, e, 2);
    const auto nobody = [](const std::vector<std::size_t>&) { return false; };
    for (int i = 0; i < 8; ++i) {  // whatever multipliers are tried first
      bounded_box b;
      b.multipliers = {2 * draw() - 1, draw(), (2 * draw() - 1) * draw(), 0};
      b.low = {*fit.tau2 * draw(), fit.estimate - 3 * draw(), -3};
      b.high = {*fit.tau2 * (1 + draw()), (std::min)(0.0, fit.estimate + draw()), 3};
      b.enclosed = i % 2 == 0;  // else the means of the box become fewer
      b.rho_high = 1;
      for (const double x : v) b.rho_high = (std::max)(b.rho_high, (e.middle + b.low[0]) / (x + b.low[0]));
      CHECK_FALSE(refuter.refuted(b, nobody));
    }
    bounded_box other;
    other.multipliers = {0, 1, 0, 0};
    other.low = {*fit.tau2 * 1.5, fit.estimate - draw(), -3};
    other.high = {*fit.tau2 * (1.6 + draw()), 0, 3};
    refuted += refuter.refuted(other, nobody) ? 1 : 0;
  }
  CHECK(held > 20);
  CHECK(refuted > 10);
}

TEST_CASE("What some choices reach is never called impossible") {
  uniform_draws draw;
  int reachable = 0, excluded = 0;
  for (int run = 0; run < 40; ++run) {
    detail::fragility_bounds b;
    b.choices.n = 2;
    b.most_work = 3e3;
    for (int i = 0; i < 3; ++i) {
      std::vector<fragility_choice> row;
      const double base = -1.6 + 1.6 * draw();
      for (long long j = -2; j <= 2; ++j) row.push_back({.y = base + 0.4 * draw(), .v = 0.2 + draw(), .pooled = true, .cost = static_cast<std::size_t>(std::llabs(j)), .treated = j});
      b.choices.of.push_back(row);
    }
    b.equations.method.critical.assign(4, 1.959963984540054);
    b.equations.gain = run % 2 == 0;
    bool any = false;
    for (std::size_t code = 0; code < 125; ++code) {
      std::size_t rest = code, cost = 0;
      double w = 0, s = 0;
      for (std::size_t i = 0; i < 3; ++i, rest /= 5) {
        const auto& x = b.choices.of[i][rest % 5];
        cost += x.cost;
        w += 1 / x.v;
        s += x.y / x.v;
      }
      if (cost <= 2 && (s + 1.959963984540054 * std::sqrt(w) < 0) == b.equations.gain) any = true;
    }
    const auto outcome = b.decide([](const std::vector<std::size_t>&) { return false; });
    if (any) ++reachable;
    if (any) CHECK(outcome != detail::bound_outcome::impossible);
    if (outcome == detail::bound_outcome::impossible) ++excluded;
  }
  CHECK(reachable > 10);
  CHECK(excluded > 10);
}

TEST_CASE("A mean far on the other side of no effect has lost the conclusion too") {
  // one changed patient takes the mean from -1 to +1, and either lies many standard errors from 0
  detail::fragility_bounds b;
  b.choices.n = 1;
  b.most_work = 5e4;
  b.choices.of = {{{.y = -1, .v = 0.01, .pooled = true}, {.y = 3, .v = 0.01, .pooled = true, .cost = 1, .treated = 1}}, {{.y = -1, .v = 0.01, .pooled = true}}};
  b.equations.method.critical.assign(3, 1.959963984540054);
  auto unseen = b, gain = b;
  CHECK(b.decide([](const std::vector<std::size_t>& chosen) { return chosen[0] == 1; }) == detail::bound_outcome::reached);
  CHECK(unseen.decide([](const std::vector<std::size_t>&) { return false; }) == detail::bound_outcome::unknown);
  gain.equations.gain = true;  // to gain an interval below 0 nothing need change
  CHECK(gain.decide([](const std::vector<std::size_t>& chosen) { return chosen[0] == 0; }) == detail::bound_outcome::reached);
}
