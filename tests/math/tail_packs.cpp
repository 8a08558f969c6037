// SPDX-License-Identifier: BSL-1.0
#include <metapool/math/tail_packs.hpp>

#include <metapool/math/pack.hpp>
#include <metapool/math/random.hpp>
#include <metapool/math/wide_pack.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

namespace mp = metapool;

namespace {

double normal(double z) {
  double p;
  mp::detail::normal_two_sided_tail(p, z);
  return p;
}

double chi_squared(double x, double df) {
  double p;
  mp::detail::whole_chi_squared_tail<1>(p, x, df);
  return p;
}

}  // namespace

TEST_CASE("tails at the ends") {
  CHECK(normal(0) == 1);
  CHECK(normal(38.4) == std::erfc(38.4 / 1.4142135623730951));  // 27 times the smallest number
  CHECK(normal(39) == 0);
  CHECK(normal(-1e300) == 0);
  CHECK(normal(std::numeric_limits<double>::infinity()) == 0);
  CHECK(std::isnan(normal(std::nan(""))));
  for (int df : {1, 2, 3, 4, 63, 64}) {
    CAPTURE(df);
    CHECK(chi_squared(0, df) == 1);
    CHECK(chi_squared(1e-300, df) == doctest::Approx(1).epsilon(1e-15));
    CHECK(chi_squared(1e300, df) == 0);
    CHECK(chi_squared(std::numeric_limits<double>::infinity(), df) == 0);
    CHECK(std::isnan(chi_squared(std::nan(""), df)));
  }
}

TEST_CASE("tails side by side have the bits of those alone") {
  constexpr std::size_t n = 512;
  std::vector<double> z(n), x(n), df(n), p(n), q(n);
  mp::detail::random_stream r(2, 1);
  const auto uniform = [&r] { return static_cast<double>(r() >> 11) * 0x1p-53; };
  for (std::size_t i = 0; i < n; ++i) {
    z[i] = (uniform() - 0.5) * (i % 3 == 0 ? 80 : 6);
    x[i] = uniform() * (i % 3 == 0 ? 1500 : 40);
    df[i] = 1 + std::floor(uniform() * 64);
  }
  mp::detail::run_widest<double>([&](auto bytes) __attribute__((always_inline)) {
    constexpr std::size_t places = decltype(bytes)::value / sizeof(double);
    mp::detail::pack<double, places> a, b, result;
    for (std::size_t i = 0; i < n; i += places) {
      mp::detail::load(a, z.data() + i);
      mp::detail::normal_two_sided_tail(result, a);
      mp::detail::store(p.data() + i, result);
      mp::detail::load(a, x.data() + i);
      mp::detail::load(b, df.data() + i);
      mp::detail::whole_chi_squared_tail<places>(result, a, b);
      mp::detail::store(q.data() + i, result);
    }
  });
  std::size_t different = 0;
  for (std::size_t i = 0; i < n; ++i) {
#if defined(__FMA__)
    const double fused = 64 * std::numeric_limits<double>::epsilon();  // compilers fuse here and there
    different += std::fabs(p[i] - normal(z[i])) > fused * p[i] || std::fabs(q[i] - chi_squared(x[i], df[i])) > fused * q[i];
#else
    different += p[i] != normal(z[i]) || q[i] != chi_squared(x[i], df[i]);
#endif
  }
  CHECK(different == 0);
}
