// SPDX-License-Identifier: BSL-1.0
// The rules that both searches keep to.
#include <metapool/math/bounded_newton.hpp>
#include <metapool/math/edged_newton.hpp>
#include <metapool/math/newton_maximum.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

using namespace metapool::detail;
using metapool_test::close;
using metapool_test::digits12;

namespace {

using point = std::vector<double>;
using surface = curvature<double, any_number>;
using limits_of = std::vector<newton_bound<double>>;

/// Both searches from a start, and what they are to have in common.
template <class F, class Check>
void both(const F& f, const point& start, const limits_of& bounds, const Check& check) {
  {
    INFO("bounded");
    check(bounded_newton<double, any_number>(f, start, bounds));
  }
  {
    INFO("edged");
    check(edged_newton<double>([&](const point& x, const std::vector<edge_side>&) { return f(x); }, start, bounds, {}));
  }
}

surface of_one(double value, double slope, double curve) { return {value, {slope}, {curve}}; }

/// Bounds with one reach for each parameter.
limits_of reaches(const point& reach, double growth = 0) {
  limits_of b;
  for (const double r : reach) {
    b.emplace_back();
    b.back().reach = r;
    b.back().growth = growth;
  }
  return b;
}

}  // namespace

TEST_CASE("A parameter is free unless it is held, or at a bound off which nothing leads") {
  newton_bound<double> b;
  b.lower = -1;
  b.upper = 2;
  CHECK(is_free(0.0, 0.0, b));
  CHECK(is_free(-1.0, 1e-300, b));
  CHECK_FALSE(is_free(-1.0, 0.0, b));
  CHECK_FALSE(is_free(-1.0, -1.0, b));
  CHECK(is_free(2.0, -1e-300, b));
  CHECK_FALSE(is_free(2.0, 0.0, b));
  CHECK_FALSE(is_free(2.0, 1.0, b));
  b.held = true;
  CHECK_FALSE(is_free(0.0, 1.0, b));
}

TEST_CASE("A step that does not raise the function is shortened, even if the function does not fall either") {
  // x^4 / 32 - 5 x^2 / 16: Newton's steps lead from 1 to -1 and back for ever, all of it exact
  const auto f = [](const point& x) { return of_one(x[0] * x[0] * (x[0] * x[0] / 32 - 5.0 / 16), x[0] * (x[0] * x[0] / 8 - 5.0 / 8), 3 * x[0] * x[0] / 8 - 5.0 / 8); };
  REQUIRE(f({1.0}).gradient[0] / f({1.0}).hessian[0] == 2);
  both(f, {1.0}, reaches({3.0}), [](const auto& m) {
    CHECK(m.convergence.converged);
    CHECK(m.convergence.iterations < 20);
    CHECK(std::fabs(m.x[0]) < 1e-12);
  });
  // a rise that is less than the quadratic model's is one: seven tenths of it here
  const auto cubic = [](const point& x) { return of_one(-x[0] * x[0] * (1 + x[0] / 3) / 2, -x[0] - x[0] * x[0] / 2, -1 - x[0]); };
  both(cubic, {-0.4}, reaches({3.0}), [](const auto& m) {
    CHECK(m.convergence.converged);
    CHECK(std::fabs(m.x[0]) < 1e-12);
    CHECK(m.convergence.iterations <= 7);
  });
}

TEST_CASE("An infinite value is no rise") {
  const auto f = [](const point& x) { return of_one(x[0] > 0 ? std::log(x[0]) - x[0] : std::numeric_limits<double>::infinity(), 1 / x[0] - 1, -1 / (x[0] * x[0])); };
  both(f, {2.9}, reaches({3.0}), [](const auto& m) {  // the first step leads to -0.1
    CHECK(m.convergence.converged);
    CHECK(close(m.x[0], 1.0, digits12));
  });
}

TEST_CASE("No step is longer than its reach, which grows with the parameter") {
  for (const double growth : {0.0, 0.5}) {
    const auto bounds = reaches({3.0, 0.5, 2.0}, growth);
    point before;
    const auto f = [&](const point& x) {
      if (before.size() == x.size()) {
        for (std::size_t i = 0; i < x.size(); ++i) CHECK(std::fabs(x[i] - before[i]) <= (bounds[i].reach + growth * std::fabs(before[i])) * (1 + 1e-12));
      }
      before = x;
      surface r;
      const point top{400, 3, 0.25};
      r.gradient.resize(3);
      r.hessian.assign(9, 0.0);
      for (std::size_t i = 0; i < 3; ++i) {
        r.value -= (x[i] - top[i]) * (x[i] - top[i]) / 2;
        r.gradient[i] = top[i] - x[i];
        r.hessian[4 * i] = -1;
      }
      return r;
    };
    both(f, {0.0, 0.0, 0.0}, bounds, [&](const auto& m) {
      before.clear();
      CHECK(m.convergence.converged);
      CHECK(close(m.x[0], 400.0, digits12));
      CHECK(m.convergence.iterations < (growth > 0 ? 20 : 140));
    });
  }
}

TEST_CASE("A function that rises for ever has no maximum, and one that its slopes do not tell of none that is found") {
  const auto line = [](const point& x) { return of_one(x[0], 1, 0); };
  both(line, {0.0}, reaches({3.0}), [](const auto& m) {
    CHECK_FALSE(m.convergence.converged);
    CHECK(m.convergence.iterations <= 500);
    CHECK(m.x[0] > 100);
  });
  const auto cliffs = [](const point& x) { return of_one(x[0] == 0 ? 0.0 : -1.0, 1, -1); };
  both(cliffs, {0.0}, reaches({3.0}), [](const auto& m) {
    CHECK_FALSE(m.convergence.converged);
    CHECK(m.convergence.iterations < 70);
    CHECK(m.x[0] == 0);
  });
  const auto unknown = [](const point& x) { return of_one(-x[0] * x[0], 1, std::numeric_limits<double>::quiet_NaN()); };
  both(unknown, {0.0}, reaches({3.0}), [](const auto& m) { CHECK_FALSE(m.convergence.converged); });
}

TEST_CASE("A function that is linear up to a bound has its maximum there") {
  limits_of b(1);
  b[0].upper = 5;
  both([](const point& x) { return of_one(x[0], 1, 0); }, {0.0}, b, [](const auto& m) {
    CHECK(m.convergence.converged);
    CHECK(m.x[0] == 5);
  });
}

TEST_CASE("A parameter's unit makes no difference, to the last bit") {
  // no maximum near the start, where the matrix of second derivatives is indefinite: minus (x^2 - 1)^2 / 4 - (y - x)^2 / 2 in units of a power of two
  const auto search = [](double unit, const auto& check) {
    const auto f = [unit](const point& at) {
      const double x = at[0], y = at[1] / unit, d = y - x;
      surface r;
      r.value = -(x * x - 1) * (x * x - 1) / 4 - d * d / 2;
      r.gradient = {x - x * x * x + d, -d / unit};
      r.hessian = {-3 * x * x, 1 / unit, 1 / unit, -1 / unit / unit};
      return r;
    };
    both(f, {0.0625, -0.75 * unit}, reaches({3.0, 3.0 * unit}), check);
  };
  std::vector<point> plain;
  std::vector<std::size_t> steps;
  search(1, [&](const auto& m) {
    CHECK(m.convergence.converged);
    CHECK(close(std::fabs(m.x[0]), 1.0, digits12));
    plain.push_back(m.x);
    steps.push_back(m.convergence.iterations);
  });
  for (const double unit : {1.0 / 1024, 1048576.0}) {
    std::size_t i = 0;
    search(unit, [&](const auto& m) {
      CHECK(m.x[0] == plain[i][0]);
      CHECK(m.x[1] == plain[i][1] * unit);
      CHECK(m.convergence.iterations == steps[i++]);
    });
  }
}

TEST_CASE("Slopes tell a rise that rounding hides if the next step would gain a quarter or less, and not of steps that are cut or damped") {
  const auto tells = [](double slope) { return slopes_tell<double>(point{1.0}, 1, point{slope}, 1e-14, 1.0, 1.0); };  // Newton's step from a slope of 1e-7
  CHECK(tells(3e-8));
  CHECK(tells(-4.9e-8));
  CHECK_FALSE(tells(5.1e-8));
  double fall = 1.5e-7, bend = 1e-9;  // of values near 1e6
  const auto rounded = [&](const point& x) { return of_one(1e6 - bend * x[0] * x[0] - (std::fabs(x[0]) < 4 ? fall : 0), -2 * bend * x[0], -3 * bend); };
  both(rounded, {5.0}, reaches({100.0}), [](const auto& m) {  // each step leaves a third of the way
    CHECK(m.convergence.converged);
    CHECK(std::fabs(m.x[0]) < 2);
  });
  both(rounded, {5.0}, reaches({2.0}), [](const auto& m) { CHECK(std::fabs(m.x[0]) >= 4); });
  // not negative definite at the start, all but flat where the damped step leads
  const auto damped = [](const point& x) { return std::fabs(x[0]) < 4 ? of_one(1e6 - 1.5e-7, -1e-10 * x[0], -1e-10) : of_one(1e6 - 1e-9 * x[0] * x[0], -2e-9 * x[0], 2e-9); };
  both(damped, {5.0}, reaches({100.0}), [](const auto& m) { CHECK(std::fabs(m.x[0]) >= 4); });
}

TEST_CASE("A curved ridge is climbed in few evaluations, in one pair of coordinates or several") {
  // minus Rosenbrock's function of each pair
  for (const std::size_t n : {std::size_t(2), std::size_t(6)}) {
    const auto ridge = [&](const point& x) {
      surface r;
      r.gradient.assign(n, 0.0);
      r.hessian.assign(n * n, 0.0);
      for (std::size_t i = 0; i < n; i += 2) {
        const double a = 1 - x[i], b = x[i + 1] - x[i] * x[i];
        r.value -= a * a + 100 * b * b;
        r.gradient[i] = 2 * a + 400 * x[i] * b;
        r.gradient[i + 1] = -200 * b;
        r.hessian[i * n + i] = -(2 - 400 * (x[i + 1] - 3 * x[i] * x[i]));
        r.hessian[i * n + i + 1] = r.hessian[(i + 1) * n + i] = 400 * x[i];
        r.hessian[(i + 1) * n + i + 1] = -200;
      }
      return r;
    };
    point start;
    for (std::size_t i = 0; i < n; i += 2) start.insert(start.end(), {-1.2 + 0.3 * static_cast<double>(i), 1.0});
    both(ridge, start, limits_of(n), [&](const auto& m) {
      CHECK(m.convergence.converged);
      for (const double x : m.x) CHECK(close(x, 1.0, digits12));
      CHECK(m.convergence.iterations <= (n == 2 ? 36 : 44));
    });
  }
}
