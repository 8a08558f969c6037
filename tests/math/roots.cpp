// SPDX-License-Identifier: BSL-1.0
#include <metapool/math/roots.hpp>

#include "support/close.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <utility>

using namespace metapool::detail;
using namespace metapool_test;
using wide = boost::multiprecision::cpp_bin_float_50;

namespace {
template <class Real>
Real cube_root_of_two() {
  metapool::convergence<Real> state;
  const Real root = newton_root([](const Real& x) { return std::pair<Real, Real>(Real(2 - x * x * x), Real(-3 * x * x)); }, Real(1), Real(0), Real(2), state);
  CHECK(state.converged);
  return root;
}
}  // namespace

TEST_CASE("a bracketed root is found to the last bits, at an end too") {
  metapool::convergence<double> state;
  CHECK(close(bracketed_root([](double x) { return x * x - 2; }, 0.0, 2.0, state), std::sqrt(2.0), digits15));
  CHECK(state.converged);
  CHECK(state.iterations > 2);
  CHECK(std::fabs(state.residual) < 1e-15);
  CHECK(close(bracketed_root([](double x) { return 2 - x * x; }, 0.0, 1e6, state), std::sqrt(2.0), digits15));
  CHECK(state.converged);
  CHECK(bracketed_root([](double x) { return x - 1; }, 1.0, 2.0, state) == 1.0);
  CHECK(bracketed_root([](double x) { return x - 2; }, 1.0, 2.0, state) == 2.0);
}

TEST_CASE("a bracket without a change of sign has not converged and gives its better end") {
  metapool::convergence<double> state;
  CHECK(bracketed_root([](double x) { return x * x + 1; }, -1.0, 3.0, state) == -1.0);
  CHECK_FALSE(state.converged);
  metapool::convergence<double> exhausted;  // a bracket over a hundred decades takes more than the 500 evaluations
  bracketed_root([](double x) { return 2 - x * x; }, 0.0, 1e100, exhausted);
  CHECK_FALSE(exhausted.converged);
  metapool::convergence<double> with_nan;
  bracketed_root([](double x) { return x > 2 ? std::numeric_limits<double>::quiet_NaN() : -1.0; }, 0.0, 3.0, with_nan);
  CHECK_FALSE(with_nan.converged);
}

TEST_CASE("Newton in a bracket reaches the last bits in every type") {
  CHECK(close(cube_root_of_two<float>(), std::cbrt(2.0f), {3e-7, 0, 0, "two ulp of float"}));
  CHECK(close(cube_root_of_two<double>(), std::cbrt(2.0), digits15));
  CHECK(close(cube_root_of_two<long double>(), std::cbrt(2.0L), {3e-19, 0, 0, "three ulp of long double"}));
  CHECK(close(cube_root_of_two<wide>(), pow(wide(2), wide(1) / 3), digits40));
}

TEST_CASE("Newton in a bracket survives a slope that is wrong, zero or not a number") {
  for (double slope : {1.0, 0.0, -1e-300, -1e300, std::numeric_limits<double>::quiet_NaN()}) {
    metapool::convergence<double> state;
    const double root = newton_root([&](double x) { return std::pair<double, double>(0.3 - x, slope); }, 0.5, 0.0, 1.0, state);
    CHECK(close(root, 0.3, slope == -1e300 ? tolerance{1e300, 0, 0, "steps of nothing end at once"} : digits14));
  }
  metapool::convergence<double> state;  // a guess outside the bracket
  CHECK(close(newton_root([](double x) { return std::pair<double, double>(0.3 - x, -1.0); }, 7.0, 0.0, 1.0, state), 0.3, digits14));
}

TEST_CASE("Newton's last step is not looked at once more where the steps before show that the next would be nothing") {
  metapool::convergence<double> state;
  newton_root([](double x) { return std::pair<double, double>(2 - x * x * x, -3 * x * x); }, 1.0, 0.0, 2.0, state);
  CHECK(state.iterations == 5);  // steps of 0.3, 0.07, 0.004, 1e-5 and 1e-10
}

TEST_CASE("the inverse cubic is exact where the inverse is a cubic") {
  // x = 2 - f + f^2 / 2 - f^3 / 4
  const auto x = [](double f) { return 2 - f + f * f / 2 - f * f * f / 4; };
  const auto slope = [](double f) { return 1 / (-1 + f - 3 * f * f / 4); };
  CHECK(close(metapool::detail::inverse_cubic(x(3), x(-0.7), 3.0, -0.7, slope(3), slope(-0.7)), 2.0, digits14));
}

TEST_CASE("Newton in a bracket crosses many decades") {
  metapool::convergence<double> state;
  const double root = newton_root([](double x) { return std::pair<double, double>(1 / (1e-12 + x) - 1e-9, -1 / ((1e-12 + x) * (1e-12 + x))); }, 0.0, 0.0, 1e12, state);
  CHECK(close(root, 1e9, digits12));
  CHECK(state.converged);
  CHECK(state.iterations < 120);
}

TEST_CASE("TOMS 748 ends where rounding leaves a bracket of a few ulps") {
  // near the root f is down to its rounding, which has a sign and little else
  for (int i = 1; i < 200; ++i) {
    const double root = -0.01 - i * 1e-5;
    metapool::convergence<double> state;
    const auto f = [&](double at) { return std::fabs(at - root) > 1e-14 ? root - at : at < root ? 9e-16 : -7e-15; };
    const double x = metapool::detail::bracketed_root(f, -0.0356, -2.2e-10, state);
    CHECK(state.converged);
    CHECK(state.iterations < 100);
    CHECK(std::fabs(x - root) < 1e-16);
  }
}
