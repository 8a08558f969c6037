// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/permutation_test.hpp>
#include <metapool/model/random_effects.hpp>
#include <metapool/tau2/sidik_jonkman.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace mp = metapool;
using metapool_test::close;

namespace {

// log risk ratios of ten trials of BCG vaccine, rounded to four decimals
const std::vector<double> bcg_y{-0.8893, -1.5854, -1.3481, -1.4416, -0.2175, -0.7861, -1.6209, 0.0120, -0.4694, -1.3713};
const std::vector<double> bcg_v{0.3256, 0.1946, 0.4154, 0.0200, 0.0512, 0.0069, 0.2230, 0.0040, 0.0564, 0.0730};

mp::effects<double> first(std::size_t k) {
  mp::effects<double> e;
  e.y.assign(bcg_y.begin(), bcg_y.begin() + static_cast<std::ptrdiff_t>(k));
  e.v.assign(bcg_v.begin(), bcg_v.begin() + static_cast<std::ptrdiff_t>(k));
  e.labels.assign(k, "trial");
  return e;
}

/// All 2^k arrangements, one at a time, by the estimator itself.
template <class Estimator>
double by_brute_force(const mp::effects<double>& e, const Estimator& estimator, bool t, double null, bool mean = false) {
  const std::size_t k = e.size();
  const auto size = [&](std::uint64_t signs) {
    std::vector<double> y(k);
    for (std::size_t i = 0; i < k; ++i) y[i] = (e.y[i] - null) * ((signs >> i & 1) != 0 ? -1 : 1);
    const double tau2 = estimator(std::span<const double>(y), std::span<const double>(e.v)).tau2;
    const auto s = mp::detail::pool_at(std::span<const double>(y), std::span<const double>(e.v), tau2);
    if (mean) return std::fabs(s.mean);
    const double z = std::fabs(s.mean) * std::sqrt(s.w);
    return t ? z / std::sqrt(s.q / static_cast<double>(k - 1)) : z;
  };
  const double observed = size(0);
  std::uint64_t count = 0;
  for (std::uint64_t signs = 0; signs < std::uint64_t(1) << k; ++signs) {
    if (size(signs) >= observed - 1e-9) ++count;
  }
  return std::ldexp(static_cast<double>(count), -static_cast<int>(k));
}

}  // namespace

TEST_CASE("The exact test is the share of all arrangements of signs that are no less extreme") {
  for (const double null : {0.0, -0.5, -1.2}) {
    CAPTURE(null);
    const auto e = first(8);
    for (const bool t : {false, true}) {
      const mp::permutation_options o{.statistic = t ? mp::permutation_statistic::t : mp::permutation_statistic::z};
      CHECK(mp::permutation_test(e, mp::reml{}, o, null).p == by_brute_force(e, mp::reml{}, t, null));
      CHECK(mp::permutation_test(e, mp::maximum_likelihood{}, o, null).p == by_brute_force(e, mp::maximum_likelihood{}, t, null));
      CHECK(mp::permutation_test(e, mp::dersimonian_laird{}, o, null).p == by_brute_force(e, mp::dersimonian_laird{}, t, null));
      CHECK(mp::permutation_test(e, mp::paule_mandel{}, o, null).p == by_brute_force(e, mp::paule_mandel{}, t, null));
      CHECK(mp::permutation_test(e, mp::sidik_jonkman{}, o, null).p == by_brute_force(e, mp::sidik_jonkman{}, t, null));
      CHECK(mp::permutation_test(e, mp::fixed_tau2{}, o, null).p == by_brute_force(e, mp::fixed_tau2{}, t, null));
    }
  }
}

TEST_CASE("The mean itself can be compared: by all arrangements, and in any unit") {
  const mp::permutation_options o{.statistic = mp::permutation_statistic::mean};
  for (const double null : {0.0, -0.5, -1.2}) {
    const auto e = first(8);
    CHECK(mp::permutation_test(e, mp::reml{}, o, null).p == by_brute_force(e, mp::reml{}, false, null, true));
    CHECK(mp::permutation_test(e, mp::dersimonian_laird{}, o, null).p == by_brute_force(e, mp::dersimonian_laird{}, false, null, true));
    CHECK(mp::permutation_test(e, mp::fixed_tau2{}, o, null).p == by_brute_force(e, mp::fixed_tau2{}, false, null, false));  // one standard error for all: as z
  }
  auto small = first(8);
  for (double& y : small.y) y *= 1e-12;
  for (double& v : small.v) v *= 1e-24;
  CHECK(mp::permutation_test(small, mp::reml{}, o).p == mp::permutation_test(first(8), mp::reml{}, o).p);
  CHECK(close(mp::permutation_test(first(8), mp::reml{}, o).statistic, mp::random_effects(first(8)).estimate, metapool_test::digits12));
}

TEST_CASE("Ten trials: metafor 3.8's permutest(exact = TRUE), tightened") {
  const auto e = first(10);
  const mp::permutation_options t{.statistic = mp::permutation_statistic::t};
  // metafor 3.8 gives 0.00390625 with REML, ML, DL and PM, test = "z" and "knha"; 0.005859375 with EE; and these statistics
  CHECK(mp::permutation_test(e, mp::reml{}).p == 0.00390625);
  CHECK(mp::permutation_test(e, mp::reml{}, t).p == 0.00390625);
  CHECK(mp::permutation_test(e, mp::maximum_likelihood{}).p == 0.00390625);
  CHECK(mp::permutation_test(e, mp::dersimonian_laird{}).p == 0.00390625);
  CHECK(mp::permutation_test(e, mp::paule_mandel{}, t).p == 0.00390625);
  CHECK(mp::permutation_test(e, mp::fixed_tau2{}).p == 0.005859375);
  CHECK(mp::permutation_test(e, mp::fixed_tau2{}, t).p == 0.005859375);
  CHECK(close(mp::permutation_test(e, mp::reml{}).statistic, -4.403501, metapool_test::printed(6)));
  CHECK(close(mp::permutation_test(e, mp::reml{}, t).statistic, -4.634616, metapool_test::printed(6)));
  CHECK(close(mp::permutation_test(e, mp::fixed_tau2{}, t).statistic, -2.582108, metapool_test::printed(6)));
}

TEST_CASE("Effects of one sign are as extreme as can be: 2^(1-k), and above 0.05 up to five studies, which a note says") {
  const auto five = mp::permutation_test(first(5), mp::dersimonian_laird{});
  CHECK(five.p == 0.0625);
  CHECK(five.smallest_p == 0.0625);
  REQUIRE(five.notes.size() == 1);
  CHECK(five.notes[0].find("0.0625") != std::string::npos);
  const auto six = mp::permutation_test(first(6), mp::dersimonian_laird{});
  CHECK(six.p == 0.03125);
  CHECK(six.notes.empty());
}

TEST_CASE("Arrangements with equal statistics are ties and count") {
  mp::effects<double> e;
  e.y = {0.1, 0.2, 0.3, 0.3, 0.7, -0.1};  // in exact arithmetic many sums coincide; in binary they do not
  e.v.assign(6, 0.04);
  e.labels.assign(6, "");
  // the sum 1.5 of sizes 0.1 0.1 0.2 0.3 0.3 0.7: at least 1.5 are all plus (1.7) and one of the two 0.1 minus (1.5): 3 of 64, twice
  CHECK(mp::permutation_test(e, mp::fixed_tau2{}).p == 6.0 / 64);
  // equal effects leave no spread: the t statistic is infinite, as it is with all signs changed, and nowhere else
  e.y.assign(6, 0.1);
  const auto r = mp::permutation_test(e, mp::reml{}, {.statistic = mp::permutation_statistic::t});
  CHECK(std::isinf(r.statistic));
  CHECK(r.p == 2.0 / 64);
  e.y.assign(6, 0.0);
  CHECK(mp::permutation_test(e, mp::reml{}, {.statistic = mp::permutation_statistic::t}).p == 1);
}

TEST_CASE("Random arrangements: within their Monte Carlo error of the exact p, never 0, the same for any number of threads") {
  const auto e = first(8);
  const double exact = mp::permutation_test(e, mp::reml{}, {}, -0.5).p;
  const auto r = mp::permutation_test(e, mp::reml{}, {.exact_up_to = 4, .draws = 20000, .seed = 7}, -0.5);
  CHECK_FALSE(r.exact);
  CHECK(r.arrangements == 20001);
  CHECK(r.p == static_cast<double>(r.as_extreme) / 20001);
  CHECK(close(r.monte_carlo_error, std::sqrt(r.p * (1 - r.p) / 20001), metapool_test::digits14));
  CHECK(std::fabs(r.p - exact) < 4 * r.monte_carlo_error);
  CHECK(mp::permutation_test(e, mp::reml{}, {.exact_up_to = 4, .draws = 20000, .seed = 7, .threads = 3}, -0.5).as_extreme == r.as_extreme);
  CHECK(mp::permutation_test(e, mp::reml{}, {.exact_up_to = 4, .draws = 20000, .seed = 8}, -0.5).as_extreme != r.as_extreme);
  mp::effects<double> many;
  for (int i = 0; i < 70; ++i) {
    many.y.push_back(1 + 0.01 * i);
    many.v.push_back(0.1);
    many.labels.push_back("");
  }
  const auto least = mp::permutation_test(many, mp::dersimonian_laird{}, {.draws = 99});
  CHECK(least.p == 0.01);
  CHECK(least.smallest_p == 0.01);
}

TEST_CASE("A permutation test refuses what it cannot do") {
  CHECK_THROWS_AS(mp::permutation_test(first(1)), mp::not_estimable);
  CHECK_THROWS_AS(mp::permutation_test(mp::effects<double>{}), mp::input_error);
  CHECK_THROWS_AS(mp::permutation_test(first(6), mp::reml{}, {.exact_up_to = 41}), mp::input_error);
  CHECK_THROWS_AS(mp::permutation_test(first(6), mp::reml{}, {.exact_up_to = 2, .draws = 0}), mp::input_error);
  CHECK_THROWS_AS(mp::permutation_test(first(6), mp::reml{}, {}, std::nan("")), mp::input_error);
  auto bad = first(6);
  bad.v[3] = -1;
  CHECK_THROWS_AS(mp::permutation_test(bad), mp::input_error);
}
