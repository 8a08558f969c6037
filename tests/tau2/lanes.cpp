// SPDX-License-Identifier: BSL-1.0
#include <metapool/tau2/hunter_schmidt.hpp>
#include <metapool/tau2/lanes.hpp>

#include "support/close.hpp"
#include "support/wild_sets.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

using namespace metapool::detail;
using metapool_test::close;
using metapool_test::tolerance;

namespace {

/// A wild set in the first lane; the same with signs changed in four, new effects of growing spread in three.
struct wild_block {
  std::vector<double> v{};
  std::vector<std::vector<double>> y{};
  std::vector<double> rows() const {
    std::vector<double> r(v.size() * lanes);
    for (std::size_t l = 0; l < lanes; ++l) {
      for (std::size_t i = 0; i < v.size(); ++i) r[i * lanes + l] = y[l][i];
    }
    return r;
  }
};

wild_block make_wild_block(std::uint64_t seed) {
  const auto set = metapool_test::make_wild_set(seed);
  metapool_test::small_random random(seed + 1000003);
  wild_block b;
  b.v = set.v;
  b.y.assign(lanes, set.y);
  for (std::size_t l = 1; l < lanes; ++l) {
    for (std::size_t i = 0; i < b.v.size(); ++i) {
      if (l < 5) {
        if (random.uniform() < 0.5) b.y[l][i] = -b.y[l][i];
      } else {
        b.y[l][i] = std::sqrt(b.v[i]) * random.normal() * static_cast<double>(l - 4);
      }
    }
  }
  return b;
}

template <class Estimator>
void check_against_scalar(std::uint64_t sets, const tolerance& t) {
  for (std::uint64_t seed = 0; seed < sets; ++seed) {
    const wild_block b = make_wild_block(seed);
    const std::span<const double> v(b.v);
    const fits_in_lanes<double, Estimator> fits(v, Estimator{});
    const std::vector<double> rows = b.rows();
    const auto r = fits.fit(rows.data());
    const double v_min = *std::min_element(b.v.begin(), b.v.end());
    for (std::size_t l = 0; l < lanes; ++l) {
      CAPTURE(seed);
      CAPTURE(l);
      const std::span<const double> y(b.y[l]);
      const double tau2 = Estimator{}(y, v).tau2;
      CHECK(close(v_min + r.tau2[l], v_min + tau2, t));
      const auto sums = pool_at(y, v, r.tau2[l]);
      CHECK(close(r.weight[l], sums.w, metapool_test::digits14));
      CHECK(close(r.q[l], sums.q, metapool_test::digits12));
      CHECK(std::fabs(r.mean[l] - sums.mean) <= 1e-13 * std::sqrt((sums.q + 1) / sums.w) + 1e-14 * std::fabs(sums.mean));
    }
  }
}

}  // namespace

TEST_CASE("REML in lanes is REML, on thousands of sets meant to break a search") { check_against_scalar<metapool::reml>(1500, metapool_test::digits12); }
TEST_CASE("ML in lanes is ML") { check_against_scalar<metapool::maximum_likelihood>(1500, metapool_test::digits12); }
TEST_CASE("Paule-Mandel in lanes is Paule-Mandel") { check_against_scalar<metapool::paule_mandel>(1500, metapool_test::digits12); }
TEST_CASE("DerSimonian-Laird in lanes is DerSimonian-Laird") { check_against_scalar<metapool::dersimonian_laird>(1500, metapool_test::digits12); }
TEST_CASE("An estimator that the lanes do not know is asked itself") { check_against_scalar<metapool::hunter_schmidt>(50, metapool_test::digits15); }

TEST_CASE("A likelihood of several maxima is left to the estimator") {
  const auto set = metapool_test::ladder(2);
  const fits_in_lanes<double, metapool::reml> fits(std::span<const double>(set.v), metapool::reml{});
  std::vector<double> rows;
  for (const double y : set.y) rows.insert(rows.end(), lanes, y);
  const auto expected = metapool::reml{}(std::span<const double>(set.y), std::span<const double>(set.v));
  REQUIRE(expected.maxima.size() == 2);
  CHECK(fits.fit(rows.data()).tau2[3] == expected.tau2);
}

TEST_CASE("What a lane gives depends neither on the lane nor on its neighbours, to the last bit") {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const wild_block b = make_wild_block(seed);
    const fits_in_lanes<double, metapool::reml> fits(std::span<const double>(b.v), metapool::reml{});
    const std::vector<double> rows = b.rows();
    const auto r = fits.fit(rows.data());
    wild_block turned = b;
    std::rotate(turned.y.begin(), turned.y.begin() + 3, turned.y.end());
    turned.y[7] = turned.y[0];
    const std::vector<double> other = turned.rows();
    const auto s = fits.fit(other.data());
    for (std::size_t l = 3; l < lanes; ++l) {
      CHECK(r.tau2[l] == s.tau2[l - 3]);
      CHECK(r.mean[l] == s.mean[l - 3]);
      CHECK(r.weight[l] == s.weight[l - 3]);
      CHECK(r.q[l] == s.q[l - 3]);
    }
  }
}

TEST_CASE("Equal effects and equal variances have tau2 = 0 in lanes; float and long double go side by side too") {
  const std::vector<double> v(5, 0.5);
  const fits_in_lanes<double, metapool::reml> fits(std::span<const double>(v), metapool::reml{});
  const std::vector<double> rows(5 * lanes, 3.25);
  const auto r = fits.fit(rows.data());
  CHECK(r.tau2[0] == 0);
  CHECK(r.mean[0] == 3.25);
  CHECK(r.q[0] == 0);
  const std::vector<float> vf{0.1f, 0.3f, 0.2f, 1.0f}, yf{0.5f, -1.0f, 2.0f, 0.25f};
  const std::vector<long double> vl(vf.begin(), vf.end()), yl(yf.begin(), yf.end());
  std::vector<float> rows_f;
  std::vector<long double> rows_l;
  for (const float y : yf) {
    rows_f.insert(rows_f.end(), lanes, y);
    rows_l.insert(rows_l.end(), lanes, y);
  }
  const auto f = fits_in_lanes<float, metapool::reml>(std::span<const float>(vf), metapool::reml{}).fit(rows_f.data());
  const auto l = fits_in_lanes<long double, metapool::reml>(std::span<const long double>(vl), metapool::reml{}).fit(rows_l.data());
  const long double exact = metapool::reml{}(std::span<const long double>(yl), std::span<const long double>(vl)).tau2;
  CHECK(close(f.tau2[0], exact, metapool_test::digits5));
  CHECK(close(l.tau2[0], exact, tolerance{1e-17, 0, 0, "rounding in long double"}));
}

TEST_CASE("More studies than the lanes keep weights of are pooled as any others") {
  metapool_test::small_random random(11);
  std::vector<double> v, y, rows;
  for (int i = 0; i < 70; ++i) {
    v.push_back(0.05 + random.uniform());
    y.push_back(std::sqrt(v.back() + 0.2) * random.normal());
    rows.insert(rows.end(), lanes, y.back());
  }
  const fits_in_lanes<double, metapool::reml> fits(std::span<const double>(v), metapool::reml{});
  const auto r = fits.fit(rows.data());
  const auto sums = pool_at(std::span<const double>(y), std::span<const double>(v), r.tau2[5]);
  CHECK(r.tau2[5] == metapool::reml{}(std::span<const double>(y), std::span<const double>(v)).tau2);
  CHECK(close(r.mean[5], sums.mean, metapool_test::digits12));
  CHECK(close(r.weight[5], sums.w, metapool_test::digits14));
  CHECK(close(r.q[5], sums.q, metapool_test::digits12));
}
