// SPDX-License-Identifier: BSL-1.0
#include "support/close.hpp"
#include "support/published.hpp"

#include <metapool/math/gauss_legendre.hpp>
#include <metapool/sensitivity/classical_boundaries.hpp>
#include <metapool/sensitivity/crossing_probabilities.hpp>
#include <metapool/sensitivity/sequential_boundaries.hpp>

#include <cmath>
#include <limits>
#include <vector>

using namespace metapool;
using metapool_test::close;
using metapool_test::contains;
using metapool_test::digits10;
using metapool_test::digits12;
using metapool_test::message_of;
using metapool_test::printed;

namespace {

const std::vector<double> five{0.2, 0.4, 0.6, 0.8, 1};
const std::vector<double> thirds{1.0 / 3, 2.0 / 3, 1};
/// What rpact 3.3.4 reaches at its smallest tolerance (its last digits move with the number of sides).
constexpr metapool_test::tolerance rpact{2e-8, 1, 0, "rpact's own accuracy"};

/// The integral of f over (a, b), cut into n panels of 15 points.
template <class F>
double over(F f, double a, double b, int n) {
  double sum = 0;
  for (int i = 0; i < n; ++i) sum += detail::gauss_panel<double>(f, a + (b - a) * i / n, a + (b - a) * (i + 1) / n);
  return sum;
}
double phi(double x) { return std::exp(-x * x / 2) / std::sqrt(2 * std::acos(-1.0)); }
double upper_tail(double x) { return std::erfc(x / std::sqrt(2.0)) / 2; }

/// P(|Z1| < b1, |Z2| < b2, Z3 > b3) by conditioning each z on the one before: nested quadrature on the scale of z, not of the score.
double cross_third(const std::vector<double>& t, double b1, double b2, double b3, double drift) {
  const double r12 = std::sqrt(t[0] / t[1]), s12 = std::sqrt(1 - r12 * r12), r23 = std::sqrt(t[1] / t[2]), s23 = std::sqrt(1 - r23 * r23);
  const double m1 = drift * std::sqrt(t[0]), m2 = drift * std::sqrt(t[1]), m3 = drift * std::sqrt(t[2]);
  return over(
      [&](double z1) {
        return phi(z1 - m1) * over([&](double z2) { return phi((z2 - m2 - r12 * (z1 - m1)) / s12) / s12 * upper_tail((b3 - m3 - r23 * (z2 - m2)) / s23); }, -b2, b2, 8);
      },
      -b1, b1, 8);
}
double cross_second(const std::vector<double>& t, double b1, double b2) {
  const double r = std::sqrt(t[0] / t[1]), s = std::sqrt(1 - r * r);
  return over([&](double z) { return phi(z) * upper_tail((b2 - r * z) / s); }, -b1, b1, 16);
}

}  // namespace

TEST_CASE("Spending boundaries are those of rpact and the published tables") {
  // rpact 3.3.4, getDesignGroupSequential(typeOfDesign = "asOF", kMax = 5, alpha = 0.05, sided = 2): 4.8769 3.3570 2.6803 2.2898 2.0310
  const std::vector<double> of{4.87688494879076, 3.35701192234410, 2.68028006440727, 2.28981676773401, 2.03103204345098};
  const std::vector<double> pocock{2.43797668805001, 2.42681385815376, 2.41019384033279, 2.39664540073136, 2.38598457205808};
  const auto a = sequential_boundaries(five);
  const auto b = sequential_boundaries(five, sequential_plan<pocock_spending>{});
  for (std::size_t j = 0; j < 5; ++j) {
    CHECK(close(a.looks[j].upper, of[j], rpact));
    CHECK(close(a.looks[j].lower, -of[j], rpact));
    CHECK(close(b.looks[j].upper, pocock[j], rpact));
  }
  CHECK(close(a.looks[4].spent_upper, 0.025, digits12));
  CHECK(close(a.looks[4].spent_lower, 0.025, digits12));
  // typeOfDesign = "asHSD", gammaA = -4, kMax = 3, alpha = 0.025, sided = 1; gsDesign's default design prints 3.01 2.55 2.00
  const auto c = sequential_boundaries(thirds, sequential_plan<hwang_shih_decani_spending>{.alpha_lower = 0});
  const std::vector<double> hsd{3.01073948538569, 2.54653055436211, 1.99922635377152};
  for (std::size_t j = 0; j < 3; ++j) {
    CHECK(close(c.looks[j].upper, hsd[j], rpact));
    CHECK(c.looks[j].lower == -std::numeric_limits<double>::infinity());
  }
}

TEST_CASE("Futility boundaries are those of rpact, binding or not") {
  // kMax = 3, alpha = 0.025, beta = 0.1, sided = 1, asHSD with gammaA = -4, bsHSD with gammaB = -2; gsDesign's default design, inflation 1.07
  sequential_plan<hwang_shih_decani_spending, hwang_shih_decani_spending, hwang_shih_decani_spending> plan{
      .alpha_lower = 0, .beta = 0.1, .futility_boundary = true, .futility = {.gamma = -2}};
  const auto loose = sequential_boundaries(thirds, plan);
  CHECK(close(*loose.looks[0].futility, -0.238724033575739, rpact));
  CHECK(close(*loose.looks[1].futility, 0.941067235144146, rpact));
  CHECK(*loose.looks[2].futility == loose.looks[2].upper);
  CHECK(close(*loose.drift * *loose.drift, 11.2417145412127, rpact));
  CHECK(close(*loose.inflation, 1.06988311743787, rpact));
  CHECK(close(loose.looks[2].spent_beta, 0.1, digits10));
  plan.binding = true;
  const auto binding = sequential_boundaries(thirds, plan);
  CHECK(close(binding.looks[1].upper, 2.54621920915088, rpact));
  CHECK(close(binding.looks[2].upper, 1.96433679660549, rpact));
  CHECK(close(*binding.looks[0].futility, -0.257924280441029, rpact));
  CHECK(close(*binding.looks[1].futility, 0.913905385888938, rpact));
  CHECK(close(*binding.inflation, 1.04876484761975, rpact));
}

TEST_CASE("Pocock's and O'Brien and Fleming's own boundaries are those of the tables") {
  // Jennison & Turnbull (2000), tables 2.1 and 2.3, alpha = 0.05: C_P(K) and C_B(K) for K = 2, 5, 10
  const std::vector<double> two{0.5, 1};
  std::vector<double> ten;
  for (int i = 1; i <= 10; ++i) ten.push_back(i / 10.0);
  CHECK(close(pocock_boundaries(two)[0].upper, 2.178, printed(3)));
  CHECK(close(pocock_boundaries(five)[2].upper, 2.413, printed(3)));
  CHECK(close(pocock_boundaries(ten)[9].upper, 2.555, printed(3)));
  CHECK(close(obrien_fleming_boundaries(two)[1].upper, 1.977, printed(3)));
  CHECK(close(obrien_fleming_boundaries(five)[4].upper, 2.040, printed(3)));
  CHECK(close(obrien_fleming_boundaries(ten)[9].upper, 2.087, printed(3)));
  // rpact 3.3.4, typeOfDesign = "OF" and "P"
  CHECK(close(obrien_fleming_boundaries(five)[0].upper, 4.56174229809079, rpact));
  CHECK(close(pocock_boundaries(five)[0].upper, 2.41317622018418, rpact));
  const std::vector<double> once{1};
  CHECK(close(pocock_boundaries(once)[0].upper, 1.959963984540054, digits12));
  CHECK(close(obrien_fleming_boundaries(five)[4].spent_upper, 0.025, digits12));
}

TEST_CASE("Boundaries spend what they should, by nested quadrature") {
  for (const std::vector<double>& t : {std::vector<double>{0.3, 0.55, 1}, std::vector<double>{0.1, 0.9, 0.95}, std::vector<double>{0.4, 0.4125, 0.8}}) {
    const auto r = sequential_boundaries(t, sequential_plan<pocock_spending>{});
    const double b1 = r.looks[0].upper, b2 = r.looks[1].upper, b3 = r.looks[2].upper;
    const pocock_spending spend;
    CHECK(close(upper_tail(b1), spend(t[0], 0.025), digits12));
    CHECK(close(cross_second(t, b1, b2), spend(t[1], 0.025) - spend(t[0], 0.025), digits12));
    CHECK(close(cross_third(t, b1, b2, b3, 0), spend(t[2], 0.025) - spend(t[1], 0.025), digits12));
    const auto chance = crossing_probabilities(r.looks, 2.5);
    CHECK(close(chance[2].upper, cross_third(t, b1, b2, b3, 2.5), digits12));
    CHECK(close(chance[2].lower, cross_third(t, b1, b2, b3, -2.5), digits12));
  }
}

TEST_CASE("A wedge of futility spends beta between two boundaries") {
  const auto r = sequential_boundaries(std::vector<double>{0.3, 0.55, 1}, sequential_plan<>{.beta = 0.2, .futility_boundary = true});
  const auto chance = crossing_probabilities(r.looks, *r.drift);
  const obrien_fleming_spending spend;
  CHECK(close(chance[0].futility, spend(0.3, 0.2), digits10));
  CHECK(close(chance[1].futility, spend(0.55, 0.2) - spend(0.3, 0.2), digits10));
  double stopped = 0, crossed = 0;
  for (const auto& c : chance) {
    stopped += c.upper + c.lower + c.futility;
    crossed += c.upper;
  }
  CHECK(close(stopped, 1, digits12));
  CHECK(close(crossed, 0.8, digits10));
  CHECK(close(r.looks[2].spent_beta, 0.2, digits10));
  CHECK(*r.inflation > 1);
  // without looks there is nothing to inflate, and without a wedge less
  CHECK(close(*sequential_boundaries(std::vector<double>{1}, sequential_plan<>{.beta = 0.2}).inflation, 1, digits12));
  CHECK(*sequential_boundaries(std::vector<double>{0.3, 0.55, 1}, sequential_plan<>{.beta = 0.2}).inflation < *r.inflation);
  CHECK(*r.looks[0].futility > 0);
  CHECK(*r.looks[0].futility < *r.looks[1].futility);
}

TEST_CASE("What cannot be spent yet is carried on") {
  // at 7 % of the information O'Brien and Fleming's share is 1e-17; the next look has all of it. rpact 3.3.4: Inf, 3.92857
  const auto r = sequential_boundaries(std::vector<double>{0.07, 0.3, 0.31, 1});
  CHECK(r.looks[0].upper == std::numeric_limits<double>::infinity());
  CHECK(r.looks[0].lower == -std::numeric_limits<double>::infinity());
  CHECK(r.looks[0].spent_upper == 0);
  CHECK(close(r.looks[1].upper, sequential_boundaries(std::vector<double>{0.3, 1}).looks[0].upper, digits12));
  CHECK(close(r.looks[3].spent_upper, 0.025, digits12));
  // the same boundary from a shorter past
  CHECK(close(r.looks[3].upper, sequential_boundaries(std::vector<double>{0.3, 0.31, 1}).looks[2].upper, digits12));
}

TEST_CASE("A look that adds next to nothing changes next to nothing") {
  const auto with = sequential_boundaries(std::vector<double>{0.3, 0.5, 0.5011, 0.9}), without = sequential_boundaries(std::vector<double>{0.3, 0.5011, 0.9});
  CHECK(close(with.looks[3].upper, without.looks[2].upper, metapool_test::tolerance{2e-3}));
  CHECK(with.looks[2].upper > with.looks[1].upper);  // most who cross there have crossed just before
}

TEST_CASE("Sides may differ, and swap with the signs") {
  const sequential_plan<obrien_fleming_spending, pocock_spending> plan{.alpha_upper = 0.02, .alpha_lower = 0.03};
  const sequential_plan<pocock_spending, obrien_fleming_spending> swapped{.alpha_upper = 0.03, .alpha_lower = 0.02};
  const auto a = sequential_boundaries(thirds, plan), b = sequential_boundaries(thirds, swapped);
  for (std::size_t j = 0; j < 3; ++j) {
    CHECK(close(a.looks[j].upper, -b.looks[j].lower, digits12));
    CHECK(close(a.looks[j].lower, -b.looks[j].upper, digits12));
  }
  CHECK(a.looks[0].upper > -a.looks[0].lower);
}

TEST_CASE("Boundaries refuse looks and errors that make no plan") {
  using looks = std::vector<double>;
  const auto refused = [](const looks& t, const sequential_plan<>& plan = {}) { return message_of<input_error>([&] { sequential_boundaries(t, plan); }); };
  CHECK(contains(refused({}), "no looks"));
  CHECK(contains(refused({0.5, 0.4}), "must exceed"));
  CHECK(contains(refused({0.5, 1.2}), "not beyond 1"));
  CHECK(contains(refused({0, 1}), "above 0"));
  CHECK(contains(refused({NAN}), "must lie"));
  CHECK(contains(refused({1}, {.alpha_upper = 0}), "alpha_upper"));
  CHECK(contains(refused({1}, {.alpha_lower = NAN}), "alpha_lower"));
  CHECK(contains(refused({0.5}, {.beta = 0.2}), "last look at information 1"));
  CHECK(contains(refused({1}, {.futility_boundary = true}), "beta to spend"));
  CHECK(contains(refused({0.5, 1}, {.alpha_lower = 0.01, .beta = 0.2, .futility_boundary = true}), "alpha_upper = alpha_lower"));
  CHECK(contains(message_of<input_error>([] {
          sequential_boundaries(looks{0.5, 1}, sequential_plan<obrien_fleming_spending, pocock_spending>{.beta = 0.2, .futility_boundary = true});
        }), "same spending function"));
  CHECK(contains(message_of<input_error>([] { pocock_boundaries(looks{1}, 0); }), "alpha = 0"));
  const auto chances = [](const std::vector<sequential_look<>>& of, double drift = 0) { return message_of<input_error>([&] { crossing_probabilities(of, drift); }); };
  CHECK(contains(chances({}), "no looks"));
  CHECK(contains(chances({{.information = 0.5, .upper = 2, .lower = -2}, {.information = 0.4, .upper = 2, .lower = -2}}), "must exceed"));
  CHECK(contains(chances({{.information = 1, .upper = -2, .lower = 2}}), "must not be above"));
  CHECK(contains(chances({{.information = 1, .upper = NAN, .lower = -2}}), "must not be above"));
  CHECK(contains(chances({{.information = 1, .upper = 2, .lower = -2, .futility = 3}}), "futility = 3"));
  CHECK(contains(chances({{.information = 1, .upper = 2, .lower = -2}}, NAN), "drift"));
  CHECK(contains(message_of<input_error>([] { classical_boundaries(std::span<const double>(five), 0.05, 2); }), "shape"));
}
