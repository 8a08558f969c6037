// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/infer.hpp>
#include <metapool/inference/permutation.hpp>
#include <metapool/model/common_effect.hpp>
#include <metapool/model/random_effects.hpp>
#include <metapool/tau2/sidik_jonkman.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <boost/multiprecision/cpp_bin_float.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

namespace mp = metapool;
using metapool_test::close;
using metapool_test::tolerance;

namespace {

template <class Real = double>
mp::effects<Real> first(std::size_t k) {
  const std::vector<double> y{-0.8893, -1.5854, -1.3481, -1.4416, -0.2175, -0.7861, -1.6209, 0.0120, -0.4694, -1.3713};
  const std::vector<double> v{0.3256, 0.1946, 0.4154, 0.0200, 0.0512, 0.0069, 0.2230, 0.0040, 0.0564, 0.0730};
  mp::effects<Real> e;
  e.y.assign(y.begin(), y.begin() + static_cast<std::ptrdiff_t>(k));
  e.v.assign(v.begin(), v.begin() + static_cast<std::ptrdiff_t>(k));
  e.labels.assign(k, "trial");
  return e;
}

constexpr tolerance ends{1e-9, 1e-1, 0, "the tolerance of ties limits the ends of a permutation interval"};

}  // namespace

TEST_CASE("The permutation interval of six trials at 0.95 runs to the second effects from both ends") {
  // two arrangements of 64 are 0.03125, four are 0.0625: a mean is rejected if it lies beyond all effects but one, here as in
  // metafor 3.8, whose permutest(permci = TRUE, control = list(cialt = "two.sided")) gives -1.58540 to -0.21750
  const auto r = mp::infer(mp::random_effects(first(6), mp::dersimonian_laird{}), mp::permutation{});
  CHECK(r.p == 0.03125);
  CHECK(r.state == mp::interval_state::regular);
  CHECK(close(r.lower, -1.5854, ends));
  CHECK(close(r.upper, -0.2175, ends));
}

TEST_CASE("Interval and test agree: means inside are not rejected, means just beyond the ends are") {
  for (const auto statistic : {mp::permutation_statistic::z, mp::permutation_statistic::t, mp::permutation_statistic::mean}) {
    const auto e = first(9);
    const auto r = mp::infer(mp::random_effects(e, mp::reml{}), mp::permutation{.statistic = statistic, .level = 0.9});
    const mp::permutation_options o{.statistic = statistic};
    const double half = (r.upper - r.lower) / 2;
    for (const double share : {-0.999999, -0.5, 0.0, 0.5, 0.999999}) {
      CHECK(mp::permutation_test(e, mp::reml{}, o, r.lower + half * (1 + share)).p > 0.1);
    }
    CHECK(mp::permutation_test(e, mp::reml{}, o, r.lower - 1e-6 * half).p <= 0.1);
    CHECK(mp::permutation_test(e, mp::reml{}, o, r.upper + 1e-6 * half).p <= 0.1);
    CHECK(r.p == mp::permutation_test(e, mp::reml{}, o).p);
    CHECK(r.df.has_value() == (statistic == mp::permutation_statistic::t));
  }
}

TEST_CASE("A level that so few studies cannot reach leaves the interval without ends") {
  const auto fit = mp::random_effects(first(5), mp::reml{});
  const auto r = mp::infer(fit, mp::permutation{});
  CHECK(r.state == mp::interval_state::unbounded);
  CHECK(std::isinf(r.lower));
  CHECK(std::isinf(r.upper));
  CHECK(r.lower < 0);
  CHECK(r.notes.size() == 2);
  CHECK(mp::infer(fit, mp::permutation{.level = 0.9375}).state == mp::interval_state::regular);
  CHECK(mp::infer(fit, mp::permutation{.level = 0.938}).state == mp::interval_state::unbounded);
}

TEST_CASE("The fit says by which estimator the arrangements are fitted") {
  const auto e = first(8);
  CHECK(mp::infer(mp::common_effect(e), mp::permutation{}).p == mp::permutation_test(e, mp::fixed_tau2{}).p);
  CHECK(mp::infer(mp::random_effects(e, mp::paule_mandel{}), mp::permutation{}).statistic == mp::permutation_test(e, mp::paule_mandel{}).statistic);
  CHECK(mp::infer(mp::random_effects(e, mp::maximum_likelihood{}), mp::permutation{}).statistic == mp::permutation_test(e, mp::maximum_likelihood{}).statistic);
  const auto by_other = mp::random_effects(e, mp::sidik_jonkman{});
  CHECK_THROWS_AS(mp::infer(by_other, mp::permutation{}), mp::input_error);
  CHECK_THROWS_AS(mp::infer(by_other, mp::permutation_by<mp::reml>{}), mp::input_error);
  CHECK(mp::infer(by_other, mp::permutation_by<mp::sidik_jonkman>{}).statistic == mp::permutation_test(e, mp::sidik_jonkman{}).statistic);
  CHECK_THROWS_AS(mp::infer(by_other, mp::permutation{.level = 1}), mp::input_error);
}

TEST_CASE("Random arrangements: the same interval for any number of threads") {
  const auto fit = mp::random_effects(first(10), mp::dersimonian_laird{});
  const auto one = mp::infer(fit, mp::permutation{.exact_up_to = 5, .draws = 999});
  const auto two = mp::infer(fit, mp::permutation{.exact_up_to = 5, .draws = 999, .threads = 2});
  CHECK(one.lower == two.lower);
  CHECK(one.upper == two.upper);
  CHECK(one.p == two.p);
  CHECK(one.notes.size() == 2);
}

TEST_CASE("Permutation in double agrees with 50 digits: p exactly, the statistic to 12 digits, the ends to 9 of the half width") {
  using wide = boost::multiprecision::number<boost::multiprecision::cpp_bin_float<50>, boost::multiprecision::et_off>;
  const auto fit = mp::random_effects(first(6), mp::reml{});
  const auto fit50 = mp::random_effects(first<wide>(6), mp::reml{});
  const auto r = mp::infer(fit, mp::permutation{.level = 0.9});
  const auto r50 = mp::infer(fit50, mp::permutation{.level = 0.9});
  CHECK(wide(r.p) == r50.p);
  CHECK(close(r.statistic, static_cast<double>(r50.statistic), metapool_test::digits12));
  CHECK(close(r.lower, static_cast<double>(r50.lower), ends));
  CHECK(close(r.upper, static_cast<double>(r50.upper), ends));
}
