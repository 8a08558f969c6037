// SPDX-License-Identifier: BSL-1.0
#include <metapool/exact/proportion.hpp>

#include "../support/close.hpp"

#include <doctest/doctest.h>

#include <boost/multiprecision/cpp_bin_float.hpp>

#include <cmath>
#include <limits>
#include <string>

using namespace metapool;
using metapool_test::close;
using metapool_test::digits12;
using metapool_test::digits14;
using metapool_test::printed;
using wide = boost::multiprecision::number<boost::multiprecision::cpp_bin_float<50>, boost::multiprecision::et_off>;

namespace {

binary_arm<> arm(double events, double total) { return {events, total}; }

/// P(X >= from), X binomial(n, p), by the sum of its terms from 0 to from - 1 or from `from` to n in 50 digits.
wide upper_tail(int from, int n, const wide& p) {
  wide sum = 0, coefficient = 1;
  for (int y = 0; y <= n; ++y) {
    if (y >= from) sum += coefficient * pow(p, y) * pow(1 - p, n - y);
    coefficient = coefficient * (n - y) / (y + 1);
  }
  return sum;
}

/// p in (0, 1) at which an increasing function is zero, by bisection.
template <class F>
double solve(F f) {
  wide low = 0, high = 1;
  for (int i = 0; i < 120; ++i) {
    const wide middle = (low + high) / 2;
    (f(middle) < 0 ? low : high) = middle;
  }
  return static_cast<double>(low);
}

}  // namespace

TEST_CASE("Clopper-Pearson gives the published intervals of Whittaker Brown 2021") {
  const auto deaths = proportion_interval(arm(2, 11));
  CHECK(deaths.method == "Clopper-Pearson");
  CHECK(close(deaths.estimate, 0.18, printed(2)));
  CHECK(close(deaths.lower, 0.02, printed(2)));
  CHECK(close(deaths.upper, 0.52, printed(2)));
  const auto other = proportion_interval(arm(10, 11));
  CHECK(close(other.estimate, 0.91, printed(2)));
  CHECK(close(other.lower, 0.59, printed(2)));
  CHECK(close(other.upper, 1.00, printed(2)));
}

TEST_CASE("Clopper-Pearson and mid-p invert the binomial tails, by bisection on sums in 50 digits") {
  for (const int n : {1, 2, 11, 37}) {
    for (int x = 0; x <= n; x += n > 20 ? 6 : 1) {
      INFO("events " << x << " of " << n);
      for (const double level : {0.95, 0.4}) {
        const wide alpha = (1 - wide(level)) / 2;
        const auto exact = proportion_interval(arm(x, n), clopper_pearson{.level = level});
        const auto mid = proportion_interval(arm(x, n), clopper_pearson_mid_p{.level = level});
        const auto at_least = [&](const wide& p) { return upper_tail(x, n, p); };
        const auto above = [&](const wide& p) { return upper_tail(x + 1, n, p); };
        if (x == 0) {
          CHECK(exact.lower == 0);
          CHECK(mid.lower == 0);
        } else {
          CHECK(close(exact.lower, solve([&](const wide& p) { return at_least(p) - alpha; }), digits12));
          CHECK(close(mid.lower, solve([&](const wide& p) { return (at_least(p) + above(p)) / 2 - alpha; }), digits12));
        }
        if (x == n) {
          CHECK(exact.upper == 1);
          CHECK(mid.upper == 1);
        } else {
          CHECK(close(exact.upper, solve([&](const wide& p) { return above(p) - (1 - alpha); }), digits12));
          CHECK(close(mid.upper, solve([&](const wide& p) { return (at_least(p) + above(p)) / 2 - (1 - alpha); }), digits12));
        }
      }
    }
  }
}

TEST_CASE("With no event in n patients the upper limit is 1 - (alpha/2)^(1/n), also for 10^9 patients") {
  for (const double n : {1.0, 10.0, 500.0, 1e9}) {
    const double alpha = (1 - 0.95) / 2;
    const auto none = proportion_interval(arm(0, n)), all = proportion_interval(arm(n, n));
    CHECK(none.lower == 0);
    CHECK(close(none.upper, -std::expm1(std::log(alpha) / n), digits14));
    CHECK(all.upper == 1);
    CHECK(close(all.lower, std::exp(std::log(alpha) / n), digits14));
    CHECK(proportion_interval(arm(0, n), wilson{}).lower == 0);
    CHECK(proportion_interval(arm(n, n), wilson{}).upper == 1);
    CHECK(proportion_interval(arm(0, n), jeffreys{}).lower == 0);
    CHECK(proportion_interval(arm(n, n), jeffreys{}).upper == 1);
  }
}

TEST_CASE("Wilson's limits are the proportions whose z statistic is the critical value") {
  for (const auto& a : {arm(2, 11), arm(10, 11), arm(1, 1e9), arm(0, 7), arm(123, 456)}) {
    const auto r = proportion_interval(a, wilson{});
    const double n = *a.total, z = 1.9599639845400545;
    CHECK(close(std::fabs(*a.events - n * r.upper) / std::sqrt(n * r.upper * (1 - r.upper)), z, digits12));
    if (r.lower > 0) CHECK(close(std::fabs(*a.events - n * r.lower) / std::sqrt(n * r.lower * (1 - r.lower)), z, digits12));
  }
  // Newcombe (1998), table I: 81 of 263, 0.2553 to 0.3662; 15 of 148, 0.0624 to 0.1605.
  CHECK(close(proportion_interval(arm(81, 263), wilson{}).lower, 0.2553, printed(4)));
  CHECK(close(proportion_interval(arm(81, 263), wilson{}).upper, 0.3662, printed(4)));
  CHECK(close(proportion_interval(arm(15, 148), wilson{}).lower, 0.0624, printed(4)));
  CHECK(close(proportion_interval(arm(15, 148), wilson{}).upper, 0.1605, printed(4)));
}

TEST_CASE("Jeffreys' limits cut the same posterior probability off both sides") {
  const auto r = proportion_interval(arm(2, 11), jeffreys{.level = 0.9});
  CHECK(close(detail::beta_cdf(2.5, 9.5, r.lower), 0.05, digits12));
  CHECK(close(detail::beta_upper_tail(2.5, 9.5, r.upper), 0.05, digits12));
}

TEST_CASE("Counting the patients without the event mirrors the interval") {
  const auto mirrored = [](auto method) {
    for (const auto& a : {arm(2, 11), arm(0, 5), arm(37, 200), arm(199, 200)}) {
      const auto r = proportion_interval(a, method), s = proportion_interval(arm(*a.total - *a.events, *a.total), method);
      CHECK(close(r.lower, 1 - s.upper, metapool_test::at_scale(digits14, 1)));
      CHECK(close(r.upper, 1 - s.lower, metapool_test::at_scale(digits14, 1)));
      CHECK(r.lower <= r.estimate);
      CHECK(r.estimate <= r.upper);
    }
  };
  mirrored(clopper_pearson{});
  mirrored(clopper_pearson_mid_p{});
  mirrored(wilson{});
  mirrored(jeffreys{});
}

TEST_CASE("The mid-p interval lies within the exact one") {
  for (int x = 0; x <= 20; ++x) {
    const auto exact = proportion_interval(arm(x, 20)), mid = proportion_interval(arm(x, 20), clopper_pearson_mid_p{});
    CHECK(exact.lower <= mid.lower);
    CHECK(mid.upper <= exact.upper);
  }
}

TEST_CASE("Rare events among 10^9 patients keep twelve digits: the limits of one event in 50 digits") {
  // P(X <= 1; p) = (1 - p)^(n - 1) (1 + (n - 1) p) = alpha.
  const wide n = 1000000000, alpha = (1 - wide(0.95)) / 2;
  const double upper = solve([&](const wide& p) { return alpha - exp((n - 1) * log1p(-p)) * (1 + (n - 1) * p); });
  const double lower = static_cast<double>(-expm1(log1p(-alpha) / n));
  const auto r = proportion_interval(arm(1, 1e9));
  CHECK(close(r.upper, upper, digits12));
  CHECK(close(r.lower, lower, digits12));
}

TEST_CASE("The 50-digit run is the oracle of the double run") {
  const auto agree = [](auto method) {
    for (const auto& a : {arm(2, 11), arm(37, 200), arm(300, 100000)}) {
      const auto r = proportion_interval(a, method);
      const auto w = proportion_interval(binary_arm<wide>{wide(*a.events), wide(*a.total)}, method);
      CHECK(close(r.lower, static_cast<double>(w.lower), digits12));
      CHECK(close(r.upper, static_cast<double>(w.upper), digits12));
      const auto f = proportion_interval(binary_arm<float>{static_cast<float>(*a.events), static_cast<float>(*a.total)}, method);
      CHECK(close(f.upper, static_cast<float>(r.upper), metapool_test::digits5));
    }
  };
  agree(clopper_pearson{});
  agree(clopper_pearson_mid_p{});
  agree(wilson{});
  agree(jeffreys{});
}

namespace {
struct whole_range {  // a user's own method
  double level = 0.5;
  static constexpr std::string_view name = "everything";
  template <class Real>
  proportion_limits<Real> operator()(const Real&, const Real&) const {
    return {Real(0), Real(1)};
  }
};
}  // namespace

TEST_CASE("A user's own method works where clopper_pearson does") {
  const auto r = proportion_interval(arm(1, 2), whole_range{});
  CHECK(r.method == "everything");
  CHECK(r.upper == 1);
  CHECK(r.level == 0.5);
}

TEST_CASE("proportion_interval refuses what is no proportion") {
  CHECK_THROWS_AS(proportion_interval(arm(12, 11)), input_error);
  CHECK_THROWS_AS(proportion_interval(arm(-1, 11)), input_error);
  CHECK_THROWS_AS(proportion_interval(arm(0, 0)), input_error);
  CHECK_THROWS_AS(proportion_interval(arm(1.5, 11)), input_error);
  CHECK_THROWS_AS(proportion_interval(arm(std::nan(""), 11)), input_error);
  CHECK_THROWS_AS(proportion_interval(arm(1, std::numeric_limits<double>::infinity())), input_error);
  CHECK_THROWS_AS(proportion_interval(binary_arm<>{.events = 1, .total = {}}), input_error);
  CHECK_THROWS_AS(proportion_interval(arm(1, 11), wilson{.level = 0}), input_error);
  CHECK_THROWS_AS(proportion_interval(binary_arm<float>{1.f, 16777216.f}), input_error);
  try {
    proportion_interval(arm(12, 11));
    FAIL("no error");
  } catch (const input_error& e) {
    CHECK(std::string(e.what()) == "proportion_interval: events = 12 must not exceed the total of 11");
  }
}
