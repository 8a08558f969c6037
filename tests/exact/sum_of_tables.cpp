// SPDX-License-Identifier: BSL-1.0
#include <metapool/exact/sum_of_tables.hpp>

#include <metapool/exact/tilted_sums.hpp>

#include "../support/close.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

using namespace metapool;
using metapool_test::close;

namespace {

using margins = detail::table_margins<double>;

std::vector<margins> tables() {
  std::vector<margins> r;
  for (const two_by_two<>& t : {two_by_two<>{180, 1361, 372, 1079}, two_by_two<>{62, 13536, 248, 12619}, two_by_two<>{4, 119, 11, 128}}) r.push_back(detail::margins_of(t));
  return r;
}

/// A polynomial of positive coefficients over many orders.
template <class Real>
std::vector<Real> polynomial(std::size_t size, int seed) {
  std::vector<Real> r;
  for (std::size_t i = 0; i < size; ++i) r.push_back(Real(std::exp(10 * std::sin(static_cast<double>(i) * 0.7 + seed))));
  return r;
}

template <class Real>
void check_product(std::size_t na, std::size_t nb) {
  const auto a = polynomial<Real>(na, 1), b = polynomial<Real>(nb, 2);
  std::vector<long double> expected(na + nb - 1, 0.0L);
  for (std::size_t i = 0; i < na; ++i) {
    for (std::size_t j = 0; j < nb; ++j) expected[i + j] += static_cast<long double>(a[i]) * static_cast<long double>(b[j]);
  }
  const auto c = detail::multiplied(a, b);
  REQUIRE(c.size() == expected.size());
  for (std::size_t i = 0; i < c.size(); ++i) {
    CHECK(close(static_cast<double>(c[i]), static_cast<double>(expected[i]), sizeof(Real) == 4 ? metapool_test::digits5 : metapool_test::digits14));
  }
}

}  // namespace

TEST_CASE("A product of polynomials has the coefficients of the plain double loop, at every size") {
  for (std::size_t na = 1; na <= 20; ++na) {
    for (const std::size_t nb : {std::size_t(1), std::size_t(2), std::size_t(7), std::size_t(8), std::size_t(9), std::size_t(31)}) check_product<double>(na, nb);
  }
  check_product<double>(100, 77);
  for (const std::size_t na : {std::size_t(31), std::size_t(32), std::size_t(33), std::size_t(64), std::size_t(65), std::size_t(130)}) {  // around the blocks
    for (const std::size_t nb : {std::size_t(32), std::size_t(65), std::size_t(129), std::size_t(200)}) check_product<double>(na, nb);
  }
  check_product<float>(66, 131);
  check_product<float>(13, 30);
  check_product<long double>(13, 30);
}

TEST_CASE("Centred on one odds ratio the sum has the same law at another as centred there, as far as it says that it reaches") {
  detail::sum_of_tables<double> here(tables()), there(tables());
  here.centre_on(-0.8, here.usual_depth());
  const double ratio = here.weights().most_ratio;
  CHECK(ratio > 1.01);
  CHECK(std::isfinite(ratio));
  const double theta = -0.8 + std::log(ratio) * 0.999;
  there.centre_on(theta, there.most_depth());
  const detail::reaching_sum<double> near_law(here), law(there);
  const auto a = sums_at(near_law, std::exp(theta)), b = sums_at(law, std::exp(theta));
  CHECK(here.centre() == -0.8);  // reached without a new product
  const double ta = a.total(), tb = b.total();
  CHECK(close(a.below / ta, b.below / tb, metapool_test::digits12));
  CHECK(close(a.above / ta, b.above / tb, metapool_test::digits12));
  CHECK(close(a.square / ta, b.square / tb, metapool_test::digits12));
  here.reach(1.5);
  CHECK(here.centre() == 1.5);
}

TEST_CASE("The place of the most probable sum is known at every centre, in whatever order the tables were multiplied and with the arms exchanged") {
  for (double centre = -3; centre < 3; centre += 0.1) {
    detail::sum_of_tables<double> sum(tables());
    sum.centre_on(centre, sum.usual_depth());
    const detail::sum_of_tables<double> other = sum.swapped_arms();
    for (const auto& w : {sum.weights(), other.weights()}) {
      const double largest = *std::max_element(w.weight.begin(), w.weight.end());
      CHECK(w.weight[w.mode] == largest);
      CHECK(close(largest, 1.0, metapool_test::digits14));
    }
  }
}

TEST_CASE("With the arms exchanged the tails change places at the inverse odds ratio") {
  detail::sum_of_tables<double> sum(tables());
  sum.centre_on(-0.9, sum.usual_depth());
  detail::sum_of_tables<double> other = sum.swapped_arms();
  CHECK(other.centre() == 0.9);
  CHECK(other.observed == 372 + 248 + 11);
  CHECK(other.highest - other.lowest == sum.highest - sum.lowest);
  const detail::reaching_sum<double> law(sum), mirror(other);
  const auto a = sums_at(law, std::exp(-0.9)), b = sums_at(mirror, std::exp(0.9));
  CHECK(close(a.below, b.above, metapool_test::digits14));
  CHECK(close(a.above, b.below, metapool_test::digits14));
  CHECK(close(a.at, b.at, metapool_test::digits14));
  CHECK(close(a.square, b.square, metapool_test::digits14));
}
