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
#include <cstdint>
#include <cstdlib>
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

/// y less a number.
template <class Numbers>
struct less_than_effect {
  const double* y;
  Numbers less{};
  less_than_effect(const double* effects, double number) : y(effects) { detail::fill(less, number); }
  void operator()(std::size_t place, Numbers& out) const {
    detail::load(out, y + place);
    out = out - less;
  }
};

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

TEST_CASE("Within a box multiples of the parts lie no further above their corners than they may bend") {
  uniform_draws draw;
  double nearest = 0;
  for (const auto kind : {bounded_tau2::reml, bounded_tau2::paule_mandel, bounded_tau2::dersimonian_laird}) {
    for (const auto test : {bounded_test::wald, bounded_test::hartung_knapp}) {
      for (int i = 0; i < 300; ++i) {
        fragility_equations e;
        e.method = {.tau2 = kind, .test = test, .critical = std::vector<double>(8, 2.4)};
        e.gain = i % 2 == 0;
        e.k = 7;
        e.middle = std::exp(4 * draw() - 3);
        const fragility_choice c{.y = 4 * draw() - 2, .v = std::exp(5 * draw() - 4), .pooled = true};
        bounded_box b;
        b.low = {draw() < 0.3 ? 0 : draw(), 2 * draw() - 1.5, draw() - 1};
        b.high = {b.low[0] + 2 * draw() * draw(), b.low[1] + draw(), b.low[2] + draw()};
        const bounded_parts multipliers{2 * draw() - 1, draw(), 2 * draw() - 1, 2 * draw() - 1};
        const auto times = [&](const bounded_parts& f) {
          double sum = 0;
          for (std::size_t j = 0; j < f.size(); ++j) sum += multipliers[j] * f[j];
          return sum;
        };
        const detail::fragility_bends<double> bends(e, b, e.terms(multipliers));
        const detail::fragility_chord<double> below(b);
        const double x_low = 1 / (c.v + b.low[0]), x_high = 1 / (c.v + b.high[0]);
        double chord = 0, anywhere = 0;
        below(c.v, x_low, x_high, chord);
        bends.add(c.y, c.v, chord, x_low, x_high, anywhere);
        double corners[8];
        for (std::size_t corner = 0; corner < 8; ++corner) {
          const bounded_point p = b.corner(corner);
          double in_mean = 0;
          bends.in_mean(e.middle + p[0], 1 / (c.v + p[0]), in_mean);
          corners[corner] = times(e.at(c, p, 1 / (c.v + p[0]))) + std::fmax(in_mean, 0.0) + anywhere;
          // a cut's linear form is the same here
          CHECK(std::fabs(times(detail::bent_parts(e, b, p, multipliers, c, chord)) - corners[corner]) < 1e-10 * (1 + std::fabs(corners[corner])));
        }
        for (int inner = 0; inner < 5; ++inner) {
          const double s[3] = {draw(), draw(), draw()};
          bounded_point p;
          for (std::size_t d = 0; d < 3; ++d) p[d] = b.low[d] + s[d] * (b.high[d] - b.low[d]);
          double across = 0;
          for (std::size_t corner = 0; corner < 8; ++corner) {
            double share = 1;
            for (std::size_t d = 0; d < 3; ++d) share *= corner >> d & 1u ? s[d] : 1 - s[d];
            across += share * corners[corner];
          }
          const double f = times(e.at(c, p, 1 / (c.v + p[0])));
          CHECK(f <= across + 1e-10 * (1 + std::fabs(across)));
          const double bend = f - (across - anywhere);
          if (anywhere > 1e-3) nearest = std::fmax(nearest, bend / anywhere);
        }
      }
    }
  }
  CHECK(nearest > 0.8);  // and it may not bend much more than it does
}

TEST_CASE("1 / (v + tau2) lies below its chord as far as is said, and not much less") {
  uniform_draws draw;
  for (int i = 0; i < 1000; ++i) {
    const double v = std::exp(10 * draw() - 8);
    bounded_box b;
    b.low = {draw() < 0.3 ? 0 : draw(), 0, 0};
    b.high = {b.low[0] + std::exp(8 * draw() - 5), 0, 0};
    const double a = v + b.low[0], z = v + b.high[0], exact = (1 / std::sqrt(a) - 1 / std::sqrt(z)) * (1 / std::sqrt(a) - 1 / std::sqrt(z));
    double chord = 0;
    detail::fragility_chord<double>{b}(v, 1 / a, 1 / z, chord);
    CHECK(chord >= exact * (1 - 1e-12));
    if (z < 4 * a) CHECK(chord < exact * 1.02);
  }
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
        detail::fragility_weighted<detail::pack<double, 2>>{e, p, e.terms(multipliers)}(y, v, inverse, out);
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
        for (std::int32_t j = -2; j <= 2; ++j) row.push_back({.y = 2 * draw() - 1, .v = 0.1 + draw(), .pooled = true, .cost = static_cast<std::uint32_t>(std::abs(j)), .treated = j});
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
      REQUIRE((enclosures.rho(b) && enclosures.mean(b, 1) && enclosures.mean(b, 2)));
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
      if (b.low[0] < b.high[0]) continue;  // at one tau2 they are nearly the least and the greatest
      CHECK(b.high[1] - high_mean < 0.1 * (b.high[1] + 3));  // first from above, of what is left
      CHECK(low_mean - b.low[1] < 0.1 * (b.high[1] - b.low[1]));
      CHECK(b.high[2] - high_q < 0.1 * (b.high[2] + 3));
      CHECK(low_q - b.low[2] < 0.1 * (b.high[2] - b.low[2]));
      CHECK(b.rho_high < 1.06 * high_rho);
      CHECK(b.rho_low > 0.94 * low_rho);
      nearest_mean = std::fmin(nearest_mean, b.high[1] - high_mean);
      nearest_rho = std::fmin(nearest_rho, b.rho_high / high_rho - 1);
    }
  }
  CHECK(nearest_mean < 1e-5);
  CHECK(nearest_rho < 1e-5);
}

TEST_CASE("The largest sum over choices is that of all of them, and so is what others can add to a choice") {
  uniform_draws draw;
  for (int run = 0; run < 40; ++run) {
    detail::fragility_choices c;
    c.n = 4;
    c.by_number = run % 2 == 0;
    for (int i = 0; i < 4; ++i) {
      std::vector<fragility_choice> row;
      for (std::int32_t j = -3; j <= 3; ++j)
        row.push_back({.y = draw(), .v = 1, .pooled = i < 2 || draw() < 0.5, .cost = static_cast<std::uint32_t>(std::abs(j)), .treated = j});
      c.of.push_back(row);
    }
    c.count();
    const bool some_left = run % 3 == 0;
    if (some_left) c.use(c.left_if([&](std::size_t i, std::size_t, std::size_t place) { return c.choice_at(i, place).treated >= -1; }));
    for (std::size_t number = c.always; number <= c.always + c.some; ++number) {
      c.in_sum = number;
      double best = -1e300;
      std::vector<std::vector<double>> with(4, std::vector<double>(7, -1e300));  // the largest sum with each choice
      for (std::size_t code = 0; code < 7 * 7 * 7 * 7; ++code) {
        std::size_t rest = code, cost = 0, in = 0, at[4];
        double sum = 0;
        bool allowed = true;
        for (std::size_t i = 0; i < 4; ++i, rest /= 7) {
          at[i] = rest % 7;
          const auto& x = c.of[i][at[i]];
          cost += x.cost;
          in += x.pooled ? 1 : 0;
          sum += x.pooled ? x.y - 0.3 : 0;
          allowed = allowed && (!some_left || x.treated >= -1);
        }
        if (!allowed || cost > 4 || (c.by_number && in != number)) continue;
        best = std::fmax(best, sum);
        for (std::size_t i = 0; i < 4; ++i) with[i][at[i]] = std::fmax(with[i][at[i]], sum);
      }
      detail::fragility_values values;
      const double found = c.largest<less_than_effect>(values, c.y.data(), 0.3);
      CHECK(c.possible() == (best > -1e299));
      if (best < -1e299) {
        CHECK(found < -1e300);
        continue;
      }
      CHECK(std::fabs(found - best) < 1e-14);
      CHECK(std::fabs(c.largest<less_than_effect>(values, c.y.data(), 0.3) - best) < 1e-14);
      double again = 0;
      for (std::size_t i = 0; i < 4; ++i) again += c.of[i][c.chosen[i]].pooled ? c.of[i][c.chosen[i]].y - 0.3 : 0;
      CHECK(std::fabs(again - found) < 1e-14);
      const std::vector<double> others = c.others(values);
      for (std::size_t i = 0; i < 4; ++i) {
        for (std::size_t g = c.sums().first[i]; g < c.sums().first[i + 1]; ++g) {
          for (std::size_t p = c.sums().groups[g].place; p < c.sums().groups[g].place + c.sums().groups[g].size; ++p) {
            const auto at = static_cast<std::size_t>(&c.choice_at(i, p) - c.of[i].data());
            if (with[i][at] < -1e299) CHECK(others[g] < -1e300);
            else CHECK(std::fabs(others[g] + values.at[p] - with[i][at]) < 1e-14);
          }
        }
      }
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

TEST_CASE("No choice of tables that reach the goal in a box is left out of it") {
  uniform_draws draw;
  int inside = 0, left_out = 0;  // tables with their answer in a box that has lost choices, and such boxes
  for (int run = 0; run < 800; ++run) {
    detail::fragility_choices c;
    c.n = 2;
    c.by_number = true;
    for (int i = 0; i < 5; ++i) {
      std::vector<fragility_choice> row;
      const double y = -1.2 + draw(), v = 0.02 + 0.06 * draw();
      for (std::int32_t j = -2; j <= 2; ++j) row.push_back({.y = y + 0.12 * j * draw(), .v = v * (1 + 0.1 * j * draw()), .pooled = true, .cost = static_cast<std::uint32_t>(std::abs(j)), .treated = j});
      c.of.push_back(row);
    }
    c.count();
    c.in_sum = 5;
    std::vector<double> now_y, now_v;
    for (const auto& row : c.of) {
      now_y.push_back(row.front().y);  // no changes come first
      now_v.push_back(row.front().v);
    }
    const auto now = random_effects(known_effects(now_y, now_v), reml{});
    const double t = *now.tau2, m = now.estimate, critical = std::fabs(m) / infer(now, hartung_knapp{}).se * (0.8 + 0.19 * draw());  // which is significant
    if (!(t > 0.01) || !(m < -0.1)) continue;
    fragility_equations e;
    e.method = {.tau2 = bounded_tau2::reml, .test = bounded_test::hartung_knapp, .t_quantiles = true, .critical = std::vector<double>(6, critical)};
    e.k = 5;
    e.middle = 0.05;
    detail::fragility_refuter refuter(c, e, 2);
    bounded_box b;
    b.multipliers = {0, 1, 0, 0};
    b.low = {t * (0.7 + 0.2 * draw()), m - 0.1 * draw(), -3};
    b.high = {t * (1.1 + 0.3 * draw()), (std::min)(0.0, m + 0.1 * draw()), 3};
    const bounded_box before = b;
    const bool refuted = refuter.refuted(b, [](const std::vector<std::size_t>&) { return false; });
    c.use(b.left);
    if (!refuted) left_out += c.left() < 25 ? 1 : 0;
    std::vector<std::vector<bool>> kept(5, std::vector<bool>(5, false));
    for (std::size_t i = 0; i < 5; ++i) {
      for (std::size_t g = c.sums().first[i]; g < c.sums().first[i + 1]; ++g) {
        for (std::size_t p = c.sums().groups[g].place; p < c.sums().groups[g].place + c.sums().groups[g].size; ++p) kept[i][static_cast<std::size_t>(&c.choice_at(i, p) - c.of[i].data())] = true;
      }
    }
    for (std::size_t code = 0; code < 5 * 5 * 5 * 5 * 5; ++code) {
      std::size_t rest = code, cost = 0, at[5];
      std::vector<double> y, v;
      for (std::size_t i = 0; i < 5; ++i, rest /= 5) {
        at[i] = rest % 5;
        cost += c.of[i][at[i]].cost;
        y.push_back(c.of[i][at[i]].y);
        v.push_back(c.of[i][at[i]].v);
      }
      if (cost > c.n) continue;
      const auto data = known_effects(y, v);
      const auto fit = random_effects(data, reml{});
      const bool holds = before.low[0] < *fit.tau2 && *fit.tau2 < before.high[0] && before.low[1] < fit.estimate && fit.estimate < before.high[1];
      if (!holds || fit.estimate + critical * infer(fit, hartung_knapp{}).se < 0) continue;
      inside += c.left() < 25 ? 1 : 0;
      REQUIRE_FALSE(refuted);
      for (std::size_t i = 0; i < 5; ++i) CHECK(kept[i][at[i]]);
      CHECK(b.low[1] <= fit.estimate);
      CHECK(fit.estimate <= b.high[1]);
    }
  }
  CHECK(inside > 50);
  CHECK(left_out > 50);
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
      for (std::int32_t j = -2; j <= 2; ++j) row.push_back({.y = base + 0.4 * draw(), .v = 0.2 + draw(), .pooled = true, .cost = static_cast<std::uint32_t>(std::abs(j)), .treated = j});
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
    const auto outcome = b.decide([](const std::vector<std::size_t>&) -> std::size_t { return 0; });
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
  std::size_t reached = 0;
  CHECK(b.decide([&](const std::vector<std::size_t>& chosen) { return reached += chosen[0] == 1 ? 1 : 0; }) == detail::bound_outcome::impossible);  // with fewer
  CHECK(reached == 1);
  CHECK(b.choices.n == 0);
  CHECK(unseen.decide([](const std::vector<std::size_t>&) -> std::size_t { return 0; }) == detail::bound_outcome::unknown);
  gain.equations.gain = true;  // to gain an interval below 0 nothing need change
  bool unchanged = false;
  CHECK(gain.decide([&](const std::vector<std::size_t>& chosen) -> std::size_t {
    unchanged = unchanged || chosen[0] == 0;
    return 0;
  }) == detail::bound_outcome::unknown);
  CHECK(unchanged);
}
