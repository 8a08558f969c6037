// SPDX-License-Identifier: BSL-1.0
#include <metapool/exact/unconditional.hpp>

#include "../support/close.hpp"
#include "../support/published.hpp"

#include <doctest/doctest.h>

#include <boost/multiprecision/cpp_bin_float.hpp>

#include <cmath>
#include <limits>
#include <vector>

using namespace metapool;
using metapool_test::close;
using metapool_test::printed;
using metapool_test::trial;
using wide = boost::multiprecision::number<boost::multiprecision::cpp_bin_float<50>, boost::multiprecision::et_off>;

namespace {

const double infinity = std::numeric_limits<double>::infinity();
constexpr unconditional_options chan_zhang{}, agresti_min{.tests = unconditional_tests::one_two_sided};

struct counts {
  int a, n1, c, n2;
};

long double choose(int n, int k) {
  long double r = 1;
  for (int i = 0; i < k; ++i) r = r * static_cast<long double>(n - i) / static_cast<long double>(i + 1);
  return r;
}

/// The score of a difference from the likelihood alone: its maximum by bisection of the derivative, in long double.
long double brute_score(const counts& t, long double delta) {
  long double low = std::fmax(0.0L, -delta), high = std::fmin(1.0L, 1 - delta);
  const auto part = [](int x, long double p) { return x == 0 ? 0.0L : static_cast<long double>(x) / p; };
  for (int i = 0; i < 80; ++i) {
    const long double p = (low + high) / 2;
    (part(t.a, p + delta) - part(t.n1 - t.a, 1 - p - delta) + part(t.c, p) - part(t.n2 - t.c, 1 - p) > 0 ? low : high) = p;
  }
  const long double p = (low + high) / 2, q = p + delta;
  const long double v = q * (1 - q) / t.n1 + p * (1 - p) / t.n2;
  const long double s = static_cast<long double>(t.a) / t.n1 - static_cast<long double>(t.c) / t.n2 - delta;
  return std::fabs(s) < 1e-16L ? 0 : s / std::sqrt(v);
}

/// The p-value of a difference: every outcome, every control risk of a fine grid from `least` to `most`.
long double brute_p(const counts& t, long double delta, bool one_sided, int grid = 1000, long double least = 0, long double most = 1) {
  const long double seen = brute_score(t, delta);
  std::vector<std::vector<bool>> in(static_cast<std::size_t>(t.n1) + 1, std::vector<bool>(static_cast<std::size_t>(t.n2) + 1));
  for (int a = 0; a <= t.n1; ++a) {
    for (int c = 0; c <= t.n2; ++c) {
      const long double s = brute_score({a, t.n1, c, t.n2}, delta);
      in[static_cast<std::size_t>(a)][static_cast<std::size_t>(c)] = (one_sided ? s : std::fabs(s)) >= (one_sided ? seen : std::fabs(seen)) - 1e-9L;
    }
  }
  long double best = 0;
  const long double low = std::fmax(least, -delta), high = std::fmin(most, 1 - delta);
  for (int i = 0; i <= grid; ++i) {
    const long double p = low + (high - low) * i / grid, q = std::fmin(1.0L, std::fmax(0.0L, p + delta));
    long double sum = 0;
    for (int a = 0; a <= t.n1; ++a) {
      for (int c = 0; c <= t.n2; ++c) {
        if (!in[static_cast<std::size_t>(a)][static_cast<std::size_t>(c)]) continue;
        sum += choose(t.n1, a) * std::pow(q, a) * std::pow(1 - q, t.n1 - a) * choose(t.n2, c) * std::pow(p, c) * std::pow(1 - p, t.n2 - c);
      }
    }
    best = std::fmax(best, sum);
  }
  return best;
}

}  // namespace

TEST_CASE("Chan-Zhang and Agresti-Min intervals are those of StatXact 11 and SAS 9.4") {
  // as quoted in the validation of R's exact2x2 (Fay and Hunsberger): StatXact 11 for the first five, SAS 9.4 for the others
  const auto first = trial("a", 6, 13, 2, 7);
  const auto cz = unconditional_interval(first, risk_difference{});
  CHECK(cz.method == "Chan-Zhang");
  CHECK(close(cz.lower, -0.3108, printed(4)));
  CHECK(close(cz.upper, 0.5787, printed(4)));
  CHECK(close(cz.p, 0.5569, printed(4)));
  const auto am = unconditional_interval(first, risk_difference{}, agresti_min);
  CHECK(am.method == "Agresti-Min");
  CHECK(close(am.lower, -0.3079, printed(4)));
  CHECK(close(am.upper, 0.5542, printed(4)));
  CHECK(close(am.p, 0.5374, printed(4)));
  const auto all = unconditional_interval(trial("b", 13, 13, 0, 7), risk_difference{});
  CHECK(close(all.lower, 0.5904, printed(4)));
  CHECK(all.upper == 1);
  CHECK(close(all.p, 4.758e-6, {0, 0, 5e-10, "printed"}));
  const auto ratio = unconditional_interval(trial("c", 11, 13, 2, 7), risk_ratio{});
  CHECK(close(ratio.lower, 1.078, printed(3)));
  CHECK(close(ratio.upper, 29.1, printed(1)));
  CHECK(close(ratio.p, 0.02064, printed(5)));
  const auto narrow = unconditional_interval(trial("c", 11, 13, 2, 7), risk_ratio{}, {.nuisance_error = 1e-6});
  CHECK(close(narrow.upper, 28.74, printed(2)));
  const auto small = trial("e", 9, 11, 4, 12);
  const auto d = unconditional_interval(small, risk_difference{});
  CHECK(close(d.lower, 0.0616, printed(4)));
  CHECK(close(d.upper, 0.7968, printed(4)));
  const auto r = unconditional_interval(small, risk_ratio{});
  CHECK(close(r.lower, 1.0964, {0, 0, 1e-4, "SAS prints 1.0964 for 1.09645"}));
  CHECK(close(r.upper, 10.8647, printed(4)));
}

TEST_CASE("Larger arms: SAS 9.4's intervals of 24 of 61 against 10 of 35") {
  const auto large = trial("d", 24, 61, 10, 35);
  const auto r = unconditional_interval(large, risk_ratio{});
  CHECK(close(r.lower, 0.7663, {0, 0, 1e-4, "SAS prints 0.7663 for 0.76635"}));
  CHECK(close(r.upper, 3.0005, printed(4)));
  const auto g = unconditional_interval(large, risk_difference{}, {.nuisance_error = 1e-6});  // StatXact 11 with gamma = 1e-6
  CHECK(close(g.lower, -0.09731, printed(5)));
  CHECK(close(g.upper, 0.2949, printed(4)));
}

TEST_CASE("No effect outside of the interval is accepted, and its ends are: by every outcome and a grid of risks") {
  for (const counts& t : {counts{1, 3, 0, 2}, counts{2, 4, 1, 3}, counts{0, 3, 3, 4}, counts{3, 3, 1, 3}}) {
    for (const bool one_sided : {true, false}) {
      const auto r = unconditional_interval(trial("a", t.a, t.n1, t.c, t.n2), risk_difference{}, one_sided ? chan_zhang : agresti_min);
      const double alpha = one_sided ? 0.025 : 0.05;
      INFO(t.a << "/" << t.n1 << " " << t.c << "/" << t.n2 << " " << r.lower << " " << r.upper);
      CHECK(brute_p(t, static_cast<long double>(r.lower) + 1e-7L, one_sided) > alpha - 1e-6);
      for (int i = 0; i < 25; ++i) {
        const double delta = -1 + (r.lower + 1 - 1e-7) * (i + 0.5) / 25;
        if (delta < r.lower && delta > -1) CHECK(brute_p(t, delta, one_sided, 60) <= alpha);
      }
      if (r.lower > -1) CHECK(brute_p(t, static_cast<long double>(r.lower) - 1e-7L, one_sided) < alpha + 1e-6);
    }
  }
}

TEST_CASE("The test of no effect has the largest probability over all risks, its p-value that of a fine grid") {
  for (const counts& t : {counts{1, 5, 4, 6}, counts{6, 7, 2, 5}, counts{0, 4, 3, 5}}) {
    const bool more = t.a * t.n2 > t.c * t.n1;
    const auto cz = unconditional_interval(trial("a", t.a, t.n1, t.c, t.n2), risk_ratio{});
    const auto am = unconditional_interval(trial("a", t.a, t.n1, t.c, t.n2), risk_difference{}, agresti_min);
    const counts mirror{t.c, t.n2, t.a, t.n1};
    CHECK(close(cz.p, static_cast<double>(2 * brute_p(more ? t : mirror, 0, true, 2000)), metapool_test::digits6));
    CHECK(close(am.p, static_cast<double>(brute_p(t, 0, false, 2000)), metapool_test::digits6));
    CHECK(am.p <= cz.p);
  }
}

TEST_CASE("Enumerated coverage of 3 and 4 patients is never below the level") {
  const int n1 = 3, n2 = 4;
  const auto coverage = [&](auto measure, const unconditional_options& options) {
    std::vector<double> lower, upper;
    for (int a = 0; a <= n1; ++a) {
      for (int c = 0; c <= n2; ++c) {
        const auto r = unconditional_interval(trial("a", a, n1, c, n2), measure, options);
        lower.push_back(r.lower);
        upper.push_back(r.upper);
      }
    }
    constexpr bool ratio = score_measure<decltype(measure)> && std::is_same_v<decltype(measure), risk_ratio>;
    double least = 1;
    for (double p = 0.01; p < 1; p += 0.03) {
      for (double q = 0.01; q < 1; q += 0.03) {
        const double truth = ratio ? p / q : p - q;
        double sum = 0;
        for (int a = 0; a <= n1; ++a) {
          for (int c = 0; c <= n2; ++c) {
            const auto i = static_cast<std::size_t>(a * (n2 + 1) + c);
            if (!(lower[i] <= truth && truth <= upper[i])) continue;
            sum += static_cast<double>(choose(n1, a) * choose(n2, c)) * std::pow(p, a) * std::pow(1 - p, n1 - a) * std::pow(q, c) * std::pow(1 - q, n2 - c);
          }
        }
        least = std::fmin(least, sum);
      }
    }
    return least;
  };
  const double two = coverage(risk_difference{}, {.level = 0.9}), one = coverage(risk_difference{}, {.level = 0.9, .tests = unconditional_tests::one_two_sided});
  const double ratio = coverage(risk_ratio{}, {.level = 0.9}), berger = coverage(risk_ratio{}, {.level = 0.9, .tests = unconditional_tests::one_two_sided, .nuisance_error = 0.001});
  CHECK(two >= 0.9);
  CHECK(two < 0.99);
  CHECK(one >= 0.9);
  CHECK(one < 0.96);
  CHECK(ratio >= 0.9);
  CHECK(berger >= 0.9);
}

TEST_CASE("The score rises with treated events and falls with control events and with the effect") {
  const int n1 = 6, n2 = 9;
  const auto table = [&](int a, int c) { return two_by_two<>{double(a), double(n1 - a), double(c), double(n2 - c)}; };
  const auto rising = [](double x, double y) { return y >= x - 1e-12 * (1 + std::fabs(x)); };
  int wrong = 0;
  for (const double effect : {0.03, 0.2, 0.5, 0.9, 0.99}) {
    for (const double d : {effect, -effect}) {
      for (int a = 0; a <= n1; ++a) {
        for (int c = 0; c <= n2; ++c) {
          const auto t = table(a, c);
          const double x = detail::score_of_table<false>(t, d), y = detail::score_of_table<true>(t, std::exp(5 * d));
          if (a < n1) wrong += !rising(x, detail::score_of_table<false>(table(a + 1, c), d)) + !rising(y, detail::score_of_table<true>(table(a + 1, c), std::exp(5 * d)));
          if (c < n2) wrong += !rising(detail::score_of_table<false>(table(a, c + 1), d), x) + !rising(detail::score_of_table<true>(table(a, c + 1), std::exp(5 * d)), y);
          wrong += !rising(detail::score_of_table<false>(t, d + 0.005), x) + !rising(detail::score_of_table<true>(t, std::exp(5 * d + 0.03)), y);
        }
      }
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("No p-value of a range of effects is above the range's bound, with all risks and with some") {
  int wrong = 0, sharp = 0;
  for (const counts& t : {counts{4, 5, 1, 6}, counts{3, 4, 4, 8}, counts{6, 6, 3, 5}}) {
    for (const double gamma : {0.0, 0.2}) {
      for (const bool one_sided : {true, false}) {
        const two_by_two<> x{double(t.a), double(t.n1 - t.a), double(t.c), double(t.n2 - t.c)};
        detail::unconditional_test<double, false> d(x, one_sided, gamma);
        detail::unconditional_test<double, true> r(x, one_sided, gamma);
        const double top = x.a / t.n1 - x.c / t.n2, ratio = (x.a / t.n1) / (x.c / t.n2);
        for (const double width : {0.5, 0.05}) {
          for (double from = -0.95; from + width < top; from += 0.31) {
            const double bound = d.bound(from, from + width, 1), ratio_bound = r.bound(ratio * std::exp(2 * (from - top)), ratio * std::exp(2 * (from + width - top)), 1);
            for (int i = 0; i <= 6; ++i) {
              const double p = d.p(from + width * i / 6);
              wrong += p > bound + 1e-12;
              sharp += width < 0.1 && bound < 1.5 * p;
              wrong += r.p(ratio * std::exp(2 * (from + width * i / 6 - top))) > ratio_bound + 1e-12;
            }
          }
        }
      }
    }
  }
  CHECK(wrong == 0);
  CHECK(sharp > 20);
}

TEST_CASE("The error spent on the control risk is added to the largest probability over the risks that are left") {
  for (const counts& t : {counts{4, 5, 1, 6}, counts{3, 4, 4, 8}, counts{4, 6, 2, 5}}) {
    const two_by_two<> x{double(t.a), double(t.n1 - t.a), double(t.c), double(t.n2 - t.c)};
    for (const double gamma : {0.01, 0.2}) {
      // Clopper and Pearson's limits of the control risk by their definition
      const auto tail = [&](double p, int from, int to) {
        double sum = 0;
        for (int c = from; c <= to; ++c) sum += static_cast<double>(choose(t.n2, c)) * std::pow(p, c) * std::pow(1 - p, t.n2 - c);
        return sum;
      };
      double low = 0, high = 1;
      for (double step = 0.5; step > 1e-16; step /= 2) {
        if (tail(low + step, t.c, t.n2) < gamma / 2) low += step;
        if (tail(high - step, 0, t.c) < gamma / 2) high -= step;
      }
      for (const bool one_sided : {true, false}) {
        detail::unconditional_test<double, false> some(x, one_sided, gamma);
        CHECK(close(some.p(0.0), static_cast<double>(brute_p(t, 0, one_sided, 2000, low, high)) + gamma, metapool_test::digits6));
      }
    }
  }
}

TEST_CASE("Outcomes that mirror each other count alike, whatever the rounding of their scores") {
  detail::outcome_space<double> space;
  space.treated_total = space.control_total = 9;
  space.treated = space.control = {0, 9};
  int missed = 0;
  for (double delta = -0.937; delta < 0.95; delta += 0.0117) {
    for (std::size_t a = 0; a <= 9; ++a) {
      for (std::size_t c = 0; c <= 9; ++c) {
        const auto set = space.beyond<false>(detail::score_seen<false>(space.table(a, c), delta).least(), delta, delta, true);
        missed += !(set.above[9 - a] <= 9 - c);  // the difference is the same with events and non-events, and the arms, exchanged
      }
    }
  }
  CHECK(missed == 0);
}

TEST_CASE("Arms without events or with nothing else have intervals; exchanged arms turn and invert them") {
  const auto none = unconditional_interval(trial("a", 0, 10, 0, 20), risk_difference{});
  CHECK(none.lower < 0);
  CHECK(none.upper > 0);
  CHECK(none.p == 1);
  CHECK(none.upper > 1 - std::pow(0.025, 1.0 / 10));  // no shorter than if the other risk were known to be 0
  CHECK(none.upper < 0.31);
  const auto unknown = unconditional_interval(trial("a", 0, 10, 0, 20), risk_ratio{});
  CHECK(unknown.state == interval_state::unbounded);
  CHECK(unknown.lower == 0);
  CHECK(unknown.upper == infinity);
  CHECK_FALSE(unknown.estimate.has_value());
  const auto open = unconditional_interval(trial("a", 0, 10, 3, 12), risk_ratio{}, agresti_min);
  CHECK(open.state == interval_state::open_lower);
  CHECK(open.upper < 2);
  CHECK(*open.estimate == 0);
  const auto back = unconditional_interval(trial("a", 3, 12, 0, 10), risk_ratio{}, agresti_min);
  CHECK(back.state == interval_state::open_upper);
  CHECK(close(back.lower, 1 / open.upper, metapool_test::digits10));
  const auto full = unconditional_interval(trial("a", 10, 10, 10, 10), risk_ratio{});
  CHECK(full.state == interval_state::regular);
  CHECK(close(full.lower, 1 / full.upper, metapool_test::digits10));
  const auto whole = unconditional_interval(trial("a", 0, 10, 20, 20), risk_difference{});
  CHECK(whole.lower == -1);
  CHECK(whole.upper < -0.6);
  const auto one = unconditional_interval(trial("a", 1, 1, 0, 1), risk_difference{});
  CHECK(one.upper == 1);
  // only one of four outcomes is as far from a negative difference d: at best probable with risks (1 + d)/2 and (1 - d)/2
  CHECK(close(one.lower, 2 * std::sqrt(0.025) - 1, metapool_test::digits12));
}

TEST_CASE("Double agrees with 50 digits to ten digits and more") {
  const auto x = unconditional_interval(trial("a", 1, 2, 2, 2), risk_difference{});
  const auto y = unconditional_interval(trial<wide>("a", 1, 2, 2, 2), risk_difference{});
  CHECK(close(x.lower, static_cast<double>(y.lower), metapool_test::digits10));
  CHECK(close(x.upper, static_cast<double>(y.upper), metapool_test::digits10));
  CHECK(close(x.p, static_cast<double>(y.p), metapool_test::digits12));
  const auto f = unconditional_interval(trial<float>("a", 3, 4, 1, 5), risk_ratio{});
  CHECK(close(f.lower, static_cast<float>(unconditional_interval(trial("a", 3, 4, 1, 5), risk_ratio{}).lower), {1e-3, 0, 0, "float has seven digits, and ties of the score a thousand units"}));
}

TEST_CASE("A maximum over the control risk is found to the last digits, and a bound on it ends the search") {
  const auto narrow = [](double p) { return 0.3 * std::exp(-0.5 * 900 * (p - 0.6180339887) * (p - 0.6180339887)) + 0.29999 * std::exp(-0.5 * 900 * (p - 0.2) * (p - 0.2)); };
  CHECK(close(detail::nuisance_maximum(narrow, 0.0, 1.0, 20.0, 1.0), 0.3, metapool_test::digits14));
  CHECK(close(detail::nuisance_maximum([](double p) { return p * (1 - p); }, 0.0, 1.0, 2.0, 1.0), 0.25, metapool_test::digits14));
  CHECK(detail::nuisance_maximum(narrow, 0.0, 1.0, 20.0, 0.29) > 0.29);
  CHECK(detail::nuisance_maximum(narrow, 0.0, 1.0, 20.0, 0.3000001) <= 0.3000001);
  CHECK(detail::nuisance_maximum([](double) { return 0.25; }, 0.0, 1.0, 20.0, 1.0) == 0.25);
  CHECK(detail::nuisance_maximum([](double p) { return p; }, 0.5, 0.5, 20.0, 1.0) == 0.5);
}

TEST_CASE("unconditional_interval says what it refuses") {
  const auto t = trial("a", 1, 12, 7, 12);
  CHECK_THROWS_AS(unconditional_interval(trial("a", 13, 12, 7, 12), risk_ratio{}), input_error);
  CHECK_THROWS_AS(unconditional_interval(trial("a", 1.5, 12, 7, 12), risk_ratio{}), input_error);
  CHECK_THROWS_AS(unconditional_interval(trial("a", 1, 20000, 7, 12), risk_ratio{}), input_error);
  CHECK_THROWS_AS(unconditional_interval(t, risk_ratio{}, {.level = 1}), input_error);
  CHECK_THROWS_AS(unconditional_interval(t, risk_ratio{}, {.nuisance_error = 0.03}), input_error);
  CHECK_THROWS_AS(unconditional_interval(t, risk_ratio{}, {.nuisance_error = std::nan("")}), input_error);
  CHECK_THROWS_AS(unconditional_interval(binary_trial<>{"a", {}, {1.0, 12.0}}, risk_ratio{}), not_estimable);
}
