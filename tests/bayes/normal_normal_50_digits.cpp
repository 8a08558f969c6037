// SPDX-License-Identifier: BSL-1.0
// The normal-normal posterior in double against brute force in 50 digits.
#include <metapool/bayes/normal_normal.hpp>

#include "support/close.hpp"

#include <metapool/bayes/summarise.hpp>
#include <metapool/math/normal.hpp>

#include <boost/multiprecision/cpp_bin_float.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <optional>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {

using wide = boost::multiprecision::number<boost::multiprecision::cpp_bin_float_50::backend_type, boost::multiprecision::et_off>;

/// Integrals over tau of prior times likelihood times g(tau, mean's conditional mean, its variance): sums over equal steps of u, tau = exp(u - exp(-u)), whose
/// error at this step is far below what is asked. Half-normal prior, normal or flat prior of the mean.
struct brute_force {
  std::vector<wide> y, v;
  wide scale;
  std::optional<std::array<wide, 2>> prior;
  struct point {
    wide tau, mean, variance, weight;
  };
  std::vector<point> points{};
  wide mass = 0;

  void prepare() {
    const wide pi2 = 8 * atan(wide(1)), h = wide(1) / 8;
    for (wide u = -4; u < 5; u += h) {
      const wide tau = exp(wide(u - exp(wide(-u)))), slope = tau * (1 + exp(wide(-u)));
      const wide z = tau / scale;
      if (z > 16) break;
      wide sum = 0, first = 0, f = 2 / (scale * sqrt(pi2)) * exp(wide(-z * z / 2)) * slope * h;
      if (prior) {
        const wide w = 1 / ((*prior)[1] * (*prior)[1]);
        sum += w;
        first += w * (*prior)[0];
        f *= sqrt(wide(w / pi2));
      }
      for (std::size_t i = 0; i < y.size(); ++i) {
        const wide w = 1 / (v[i] + tau * tau);
        sum += w;
        first += w * y[i];
        f *= sqrt(wide(w / pi2));
      }
      const wide mean = first / sum;
      wide q = 0;
      if (prior) q += ((*prior)[0] - mean) * ((*prior)[0] - mean) / ((*prior)[1] * (*prior)[1]);
      for (std::size_t i = 0; i < y.size(); ++i) q += (y[i] - mean) * (y[i] - mean) / (v[i] + tau * tau);
      f *= exp(wide(-q / 2)) * sqrt(wide(pi2 / sum));
      points.push_back({tau, mean, wide(1 / sum), f});
      mass += f;
    }
  }
  template <class G>
  wide mean_of(const G& g) const {
    wide sum = 0;
    for (const point& p : points) sum += p.weight * g(p);
    return sum / mass;
  }
};

wide below(const wide& x, const wide& mean, const wide& variance) { return metapool::detail::normal_cdf<wide>(wide((x - mean) / sqrt(variance))); }

void compare(const std::vector<double>& y, const std::vector<double>& v, double scale, const std::optional<normal_mean>& prior) {
  const auto data = known_effects<double>(y, v);
  const auto p = prior ? normal_normal(data, half_normal{scale}, *prior) : normal_normal(data, half_normal{scale});
  const auto s = summarise(p);
  brute_force exact{std::vector<wide>(y.begin(), y.end()), std::vector<wide>(v.begin(), v.end()), wide(scale), std::nullopt};
  if (prior) exact.prior = {wide(prior->mean), wide(prior->sd)};
  exact.prepare();
  using point = brute_force::point;
  const auto same = [](double ours, const wide& theirs) { CHECK(close(ours, static_cast<double>(theirs), digits10)); };
  const wide mean = exact.mean_of([](const point& q) { return q.mean; }), tau = exact.mean_of([](const point& q) { return q.tau; });
  same(*s.mean.mean, mean);
  same(*s.mean.sd, sqrt(exact.mean_of([&](const point& q) { return wide(q.variance + (q.mean - mean) * (q.mean - mean)); })));
  same(*s.next.sd, sqrt(exact.mean_of([&](const point& q) { return wide(q.tau * q.tau + q.variance + (q.mean - mean) * (q.mean - mean)); })));
  same(*s.tau.mean, tau);
  same(*s.tau.sd, sqrt(exact.mean_of([&](const point& q) { return wide((q.tau - tau) * (q.tau - tau)); })));
  const wide v0(v[0]), y0(y[0]);
  same(*s.studies[0].mean, exact.mean_of([&](const point& q) { return wide((q.tau * q.tau * y0 + v0 * q.mean) / (q.tau * q.tau + v0)); }));
  // quantiles: what 50 digits say of the probability below ours
  same(0.025, exact.mean_of([&](const point& q) { return below(wide(s.mean.lower), q.mean, q.variance); }));
  same(0.5, exact.mean_of([&](const point& q) { return below(wide(s.mean.median), q.mean, q.variance); }));
  same(0.975, exact.mean_of([&](const point& q) { return below(wide(s.next.upper), q.mean, wide(q.variance + q.tau * q.tau)); }));
  same(0.95, exact.mean_of([&](const point& q) { return wide(below(wide(s.mean.shortest_upper), q.mean, q.variance) - below(wide(s.mean.shortest_lower), q.mean, q.variance)); }));
  same(p.mean().cdf(0.1), exact.mean_of([&](const point& q) { return below(wide(0.1), q.mean, q.variance); }));
  same(p.joint_density(0.2, 0.3) / p.tau().density(0.3), [&] {
    wide sum = 0, first = 0;
    if (prior) {
      sum += 1 / (wide(prior->sd) * wide(prior->sd));
      first += sum * wide(prior->mean);
    }
    for (std::size_t i = 0; i < y.size(); ++i) {
      const wide w = 1 / (wide(v[i]) + wide(0.3) * wide(0.3));
      sum += w;
      first += w * wide(y[i]);
    }
    const wide d = wide(0.2) - first / sum;
    return wide(exp(wide(-d * d * sum / 2)) * sqrt(wide(sum / (8 * atan(wide(1))))));
  }());
  if (prior) same(*p.log_marginal_likelihood(), log(exact.mass));
}

}  // namespace

TEST_CASE("posterior summaries agree with brute force in 50 digits to 10 digits") {
  compare({-1.9, -0.4, 0.7}, {1.6, 0.9, 2.1}, 0.5, std::nullopt);
  compare({0.3, 2.4, -1.1, 0.9}, {0.04, 0.5, 0.01, 3}, 2, normal_mean{-0.5, 1});
}
