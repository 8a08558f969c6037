// SPDX-License-Identifier: BSL-1.0
#include <metapool/sensitivity/gosh.hpp>

#include "support/bcg_effects.hpp"
#include "support/close.hpp"

#include <metapool/sensitivity/leave_one_out.hpp>
#include <metapool/tau2/kernel.hpp>
#include <metapool/tau2/reml.hpp>

#include <boost/multiprecision/cpp_bin_float.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace mp = metapool;
using fifty = boost::multiprecision::cpp_bin_float_50;
using metapool_test::at_scale;
using metapool_test::close;
using metapool_test::digits12;
using metapool_test::rounded_bcg_effects;

namespace {

/// Numbers of one subset in 50 digits.
struct exact {
  double estimate, se, tau2, q;
};

/// The studies of a subset in 50 digits.
struct wide_subset {
  std::vector<fifty> y{}, v{};
  wide_subset(const mp::effects<>& e, mp::study_mask mask) {
    for (std::size_t i = 0; i < e.size(); ++i) {
      if ((mask >> i & 1) == 0) continue;
      y.emplace_back(e.y[i]);
      v.emplace_back(e.v[i]);
    }
  }
  mp::detail::pooled_sums<fifty> at(const fifty& tau2) const { return mp::detail::pool_at(std::span<const fifty>(y), std::span<const fifty>(v), tau2); }
  exact numbers(const fifty& tau2) const {
    const auto s = at(tau2);
    return {static_cast<double>(s.mean), static_cast<double>(fifty(sqrt(fifty(1 / s.w)))), static_cast<double>(tau2), static_cast<double>(at(0).q)};
  }
};

exact moments_in_fifty_digits(const mp::effects<>& e, mp::study_mask mask) {
  const wide_subset subset(e, mask);
  const auto common = subset.at(0);
  const fifty df = static_cast<fifty>(subset.y.size() - 1);
  return subset.numbers(subset.y.size() > 1 && common.q > df ? fifty((common.q - df) / common.trace_p()) : fifty(0));
}

exact reml_in_fifty_digits(const mp::effects<>& e, mp::study_mask mask) {
  const wide_subset subset(e, mask);
  if (subset.y.size() < 2) return subset.numbers(0);
  return subset.numbers(mp::reml{}(std::span<const fifty>(subset.y), std::span<const fifty>(subset.v)).tau2);
}

/// Every `step`th row of REML of subsets against 50 digits; how many had tau2 above 0.
std::size_t check_reml(const mp::effects<>& e, const mp::gosh_result<>& r, std::size_t step) {
  std::size_t positive = 0;
  for (std::size_t row = 0; row < r.size(); row += step) {
    const exact x = reml_in_fifty_digits(e, r.mask[row]);
    CAPTURE(r.mask[row]);
    CHECK(close(r.estimate[row], x.estimate, at_scale(digits12, x.se)));
    CHECK(close(r.se[row], x.se, digits12));
    CHECK(close(r.q[row], x.q, at_scale(digits12, 1)));
    if (r.studies[row] < 2) continue;
    CHECK(close(r.tau2[row], x.tau2, at_scale(digits12, static_cast<double>(r.studies[row]) * x.se * x.se)));
    positive += x.tau2 > 0;
  }
  return positive;
}

}  // namespace

TEST_CASE("subsets have 12 digits of what 50 digits give, in far clusters and with variances over 16 decades") {
  const std::vector<mp::effects<>> sets{
      mp::known_effects(std::vector<double>{-0.8893, -1.5854, -1.3481, -1.4416, -0.2175, -0.7861},
                        std::vector<double>{0.3256, 0.1946, 0.4154, 0.0200, 0.0512, 0.0069}),
      mp::known_effects(std::vector<double>{1e6 + 0.25, 1e6 + 0.5, 1e6 - 0.125, -3, -3.25, -2.75},
                        std::vector<double>{1, 2, 0.5, 1, 0.25, 3}),
      mp::known_effects(std::vector<double>{0.1, 0.3, 0.2, -0.4, 0.5, 0.6}, std::vector<double>{1e-8, 1e8, 1, 1e-4, 1e4, 1e-8})};
  for (const auto& e : sets) {
    for (const std::uint64_t most : {1000U, 40U}) {  // put together from parts, and one by one
      const auto r = mp::gosh(e, mp::dersimonian_laird{}, {.most = most});
      for (std::size_t row = 0; row < r.size(); ++row) {
        const exact x = moments_in_fifty_digits(e, r.mask[row]);
        CHECK(close(r.estimate[row], x.estimate, digits12));
        CHECK(close(r.se[row], x.se, digits12));
        CHECK(close(r.q[row], x.q, at_scale(digits12, 1)));
        if (r.studies[row] > 1) CHECK(close(r.tau2[row], x.tau2, at_scale(digits12, static_cast<double>(r.studies[row]) * x.se * x.se)));
      }
    }
  }
}

TEST_CASE("REML of subsets has 12 digits of what 50 digits give") {
  const auto e = rounded_bcg_effects(13);
  const auto all = mp::gosh(e, mp::reml{}, {.most = 10000});  // put together from parts
  REQUIRE(all.size() == 8191);
  CHECK(check_reml(e, all, 331) > 15);
  const auto some = mp::gosh(e, mp::reml{}, {.most = 12});  // one by one
  REQUIRE(some.size() == 12);
  CHECK(check_reml(e, some, 1) > 6);
}

TEST_CASE("where the likelihood has its maximum at zero or a hair above it, REML of subsets agrees with 50 digits") {
  const std::vector<double> y{-0.31, 0.12, 0.42, -0.08, 0.77, -0.56}, v{0.2, 0.05, 0.31, 0.02, 0.4, 0.11};
  // scaled by the root of tr P / y'PPy the effects of all six have a score of 0 at tau2 = 0
  const auto s = mp::detail::pool_at(std::span<const double>(y), std::span<const double>(v), 0.0);
  const double border = std::sqrt(s.trace_p() / s.a2);
  for (const double factor : {1 - 1e-6, 1 - 1e-10, 1.0, 1 + 1e-10, 1 + 1e-6}) {
    std::vector<double> scaled = y;
    for (double& x : scaled) x *= border * factor;
    const auto e = mp::known_effects(scaled, v);
    CAPTURE(factor);
    const auto all = mp::gosh(e, mp::reml{});
    const auto at_the_border = mp::gosh(e, mp::reml{}, {.minimum = 6});
    for (const auto* r : {&all, &at_the_border}) {
      REQUIRE(r->mask.back() == 63);
      check_reml(e, *r, 7);
      if (factor != 1) CHECK((r->tau2.back() > 0) == (factor > 1));
    }
    CHECK(all.tau2.back() < 1e-5);
  }
}

TEST_CASE("REML of subsets has its digits where the estimate by moments, from which its search begins, is a small part of it") {
  const std::vector<double> y{-0.9, 0.7, 1.2, -1.3, 0.35, -0.1}, v{1, 1.006, 0.997, 1.0003, 0.994, 1.009};
  const auto s = mp::detail::pool_at(std::span<const double>(y), std::span<const double>(v), 0.0);
  for (const double excess : {1e-12, 1e-9, 1e-7, 1e-5}) {
    const double factor = std::sqrt(5 * (1 + excess) / s.q);
    std::vector<double> scaled = y;
    for (double& x : scaled) x *= factor;
    const auto e = mp::known_effects(scaled, v);
    CAPTURE(excess);
    const auto r = mp::gosh(e, mp::reml{}, {.minimum = 6});
    CHECK(check_reml(e, r, 1) == 1);
    CHECK(mp::gosh(e, mp::dersimonian_laird{}, {.minimum = 6}).tau2[0] > 0);
  }
}

TEST_CASE("leave-one-out runs in 50 digits, and double agrees with it to 12") {
  const std::vector<double> y{-0.8893, -1.5854, -1.3481, -0.2175}, v{0.3256, 0.1946, 0.4154, 0.0512};
  const auto narrow = mp::leave_one_out(mp::known_effects(y, v), mp::dersimonian_laird{});
  const auto wide = mp::leave_one_out(mp::known_effects(std::vector<fifty>(y.begin(), y.end()), std::vector<fifty>(v.begin(), v.end())),
                                      mp::dersimonian_laird{});
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(close(narrow.rows[i].mean->estimate, static_cast<double>(wide.rows[i].mean->estimate), digits12));
    CHECK(close(narrow.rows[i].mean->upper, static_cast<double>(wide.rows[i].mean->upper), digits12));
    CHECK(close(*narrow.rows[i].q_p, static_cast<double>(*wide.rows[i].q_p), digits12));
  }
}
