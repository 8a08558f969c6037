// SPDX-License-Identifier: BSL-1.0
#include "support/close.hpp"
#include "support/published.hpp"

#include <metapool/sensitivity/alpha_spending.hpp>

#include <boost/multiprecision/cpp_bin_float.hpp>

#include <cmath>

using namespace metapool;
using metapool_test::close;
using metapool_test::digits12;
using big = boost::multiprecision::cpp_bin_float_50;

namespace {

template <class Spending>
void spends_all_and_never_takes_back(const Spending& s) {
  CHECK(s(0.0, 0.025) == 0);
  CHECK(s(1.0, 0.025) == 0.025);
  double before = 0;
  for (int i = 1; i <= 50; ++i) {
    const double now = s(i / 50.0, 0.025);
    CHECK(now >= before);
    before = now;
  }
  CHECK(close(s(1 - 1e-13, 0.025), 0.025, digits12));
}

}  // namespace

TEST_CASE("Spending functions run from nothing to everything") {
  spends_all_and_never_takes_back(obrien_fleming_spending{});
  spends_all_and_never_takes_back(pocock_spending{});
  spends_all_and_never_takes_back(hwang_shih_decani_spending{});
  spends_all_and_never_takes_back(hwang_shih_decani_spending{.gamma = 0});
  spends_all_and_never_takes_back(hwang_shih_decani_spending{.gamma = 1});
  spends_all_and_never_takes_back(power_spending{.rho = 1.5});
  static_assert(spending_function<obrien_fleming_spending> && spending_function<pocock_spending> && spending_function<hwang_shih_decani_spending>);
}

TEST_CASE("Spending functions have their published values") {
  // O'Brien-Fleming, one-sided 0.05: the example of the Julia package SeqBounds
  CHECK(close(obrien_fleming_spending{}(0.25, 0.05), 8.85754e-5, metapool_test::tolerance{1e-5}));
  CHECK(close(obrien_fleming_spending{}(0.5, 0.05), 0.0055746, metapool_test::printed(7)));
  CHECK(close(obrien_fleming_spending{}(0.75, 0.05), 0.0236251, metapool_test::printed(7)));
  // in closed form
  CHECK(close(pocock_spending{}(0.5, 0.05), 0.05 * std::log((1 + std::exp(1.0)) / 2), digits12));
  CHECK(close(hwang_shih_decani_spending{.gamma = -4}(0.5, 0.025), 0.025 / (1 + std::exp(2.0)), digits12));
  CHECK(close(hwang_shih_decani_spending{.gamma = 0}(0.3, 0.025), 0.0075, digits12));
  CHECK(close(hwang_shih_decani_spending{.gamma = 1e-12}(0.3, 0.025), 0.0075, digits12));
  CHECK(close(power_spending{.rho = 2}(0.5, 0.025), 0.00625, digits12));
}

TEST_CASE("Spending functions keep 12 digits, in the tail too") {
  for (const double t : {0.03125, 0.5, 0.984375}) {  // the same number in both types
    const big wide(t), alpha(0.03125);
    CHECK(close(obrien_fleming_spending{}(t, 0.03125), static_cast<double>(obrien_fleming_spending{}(wide, alpha)), digits12));
    CHECK(close(pocock_spending{}(t, 0.03125), static_cast<double>(pocock_spending{}(wide, alpha)), digits12));
    CHECK(close(hwang_shih_decani_spending{}(t, 0.03125), static_cast<double>(hwang_shih_decani_spending{}(wide, alpha)), digits12));
  }
}

TEST_CASE("Spending functions refuse shapes out of range") {
  CHECK_THROWS_AS(hwang_shih_decani_spending{.gamma = 41}(0.5, 0.1), input_error);
  CHECK_THROWS_AS(hwang_shih_decani_spending{.gamma = NAN}(0.5, 0.1), input_error);
  CHECK_THROWS_AS(power_spending{.rho = 0}(0.5, 0.1), input_error);
}
