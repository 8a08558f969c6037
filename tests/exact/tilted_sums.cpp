// SPDX-License-Identifier: BSL-1.0
#include <metapool/exact/tilted_sums.hpp>

#include "../support/close.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <vector>

using namespace metapool;
using metapool_test::close;

namespace {

template <class Real>
std::vector<detail::table_margins<Real>> tables() {
  std::vector<detail::table_margins<Real>> r;
  for (const two_by_two<Real>& t : {two_by_two<Real>{18, 136, 37, 108}, two_by_two<Real>{6, 1353, 24, 1261}, two_by_two<Real>{4, 119, 11, 128}}) r.push_back(detail::margins_of(t));
  return r;
}

template <class Real>
void compare(double theta, const metapool_test::tolerance& t) {
  detail::sum_of_tables<Real> sum(tables<Real>());
  sum.centre_on(Real(-0.8), sum.usual_depth());
  const detail::reaching_sum<Real> law(sum);
  const detail::tilted_sums<Real> tilted(law, Real(theta));
  const std::vector<Real>& w = sum.weights().weight;
  REQUIRE(tilted.size() == w.size());
  // plainly, with a power of its own for every weight
  std::vector<long double> share;
  long double largest = 0;
  for (std::size_t i = 0; i < w.size(); ++i) {
    share.push_back(static_cast<long double>(w[i]) * std::exp(static_cast<long double>(Real(theta) - sum.centre()) * static_cast<long double>(i)));
    largest = share.back() > largest ? share.back() : largest;
  }
  const std::size_t n = w.size();
  for (const std::size_t begin : {std::size_t(0), std::size_t(1), n / 3, n / 2, n - 3}) {
    for (const std::size_t length : {std::size_t(0), std::size_t(1), std::size_t(3), std::size_t(4), std::size_t(7), n / 3, n - begin}) {
      const std::size_t end = begin + length < n ? begin + length : n;
      long double mass = 0, moment = 0, square = 0, size = 0;
      for (std::size_t i = begin; i < end; ++i) {
        const long double d = static_cast<long double>(sum.weights().first + static_cast<Real>(i) - sum.observed);
        mass += share[i] / largest;
        moment += share[i] / largest * d;
        size += share[i] / largest * (d < 0 ? -d : d);
        square += share[i] / largest * d * d;
      }
      const auto s = tilted.over(begin, end);
      INFO("from " << begin << " to " << end << " at " << theta);
      CHECK(close(static_cast<double>(s.mass), static_cast<double>(mass), t));
      CHECK(close(static_cast<double>(s.moment), static_cast<double>(moment), metapool_test::at_scale(t, static_cast<double>(size))));
      CHECK(close(static_cast<double>(s.square), static_cast<double>(square), t));
    }
  }
}

}  // namespace

TEST_CASE("Tilted sums over any range of counts are those of weights that are tilted one by one, whichever side of the mode they lie") {
  for (const double theta : {-0.8, -1.0, -0.55}) {
    compare<double>(theta, metapool_test::digits12);
    compare<float>(theta, {1e-4, 0, 0, "some hundred powers in single precision"});
    compare<long double>(theta, metapool_test::digits12);
  }
}

TEST_CASE("A count has its place among those that are kept, and beyond them that of the nearest end") {
  detail::sum_of_tables<double> sum(tables<double>());
  sum.centre_on(-0.8, sum.usual_depth());
  const detail::reaching_sum<double> law(sum);
  const detail::tilted_sums<double> tilted(law, -0.8);
  const double first = sum.weights().first;
  CHECK(tilted.place(first) == 0);
  CHECK(tilted.place(first + 3) == 3);
  CHECK(tilted.place(first - 5) == 0);
  CHECK(tilted.place(first + static_cast<double>(tilted.size()) + 5) == tilted.size());
}
