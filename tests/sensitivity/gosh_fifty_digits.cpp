// SPDX-License-Identifier: BSL-1.0
#include <metapool/sensitivity/gosh.hpp>

#include "support/close.hpp"

#include <metapool/sensitivity/leave_one_out.hpp>

#include <boost/multiprecision/cpp_bin_float.hpp>

#include <doctest/doctest.h>

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

namespace {

/// Numbers of one subset in 50 digits.
struct exact {
  double estimate, se, tau2, q;
};

exact moments_in_fifty_digits(const mp::effects<>& e, mp::study_mask mask) {
  std::vector<fifty> y, v;
  for (std::size_t i = 0; i < e.size(); ++i) {
    if ((mask >> i & 1) == 0) continue;
    y.emplace_back(e.y[i]);
    v.emplace_back(e.v[i]);
  }
  const std::span<const fifty> ys(y), vs(v);
  const auto common = mp::detail::pool_at(ys, vs, fifty(0));
  fifty tau2 = 0;
  const fifty df = static_cast<fifty>(y.size() - 1);
  if (y.size() > 1 && common.q > df) tau2 = (common.q - df) / common.trace_p();
  const auto s = mp::detail::pool_at(ys, vs, tau2);
  return {static_cast<double>(s.mean), static_cast<double>(fifty(sqrt(fifty(1 / s.w)))), static_cast<double>(tau2),
          static_cast<double>(common.q)};
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
