// SPDX-License-Identifier: BSL-1.0
#include <metapool/tau2/likelihood.hpp>

#include <metapool/effect/binary_effects.hpp>
#include <metapool/effect/risk_ratio.hpp>

#include "support/close.hpp"
#include "support/dense.hpp"
#include "support/published.hpp"
#include "support/wild_sets.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {

tau2_estimate<double> maximise(const wild_set& s, likelihood_kind kind) {
  return metapool::detail::maximise_likelihood(metapool::detail::mean_problem<double>(s.y, s.v), kind);
}

double likelihood(const wild_set& s, double tau2, likelihood_kind kind) {
  return log_likelihood(std::span<const double>(s.y), std::span<const double>(s.v), tau2, kind);
}

/// The log-likelihood less its constant, in long double and without the library's kernel. v, y ordered so that the first is most precise.
long double written_out(const wild_set& s, long double tau2, likelihood_kind kind) {
  const std::size_t top = static_cast<std::size_t>(std::min_element(s.v.begin(), s.v.end()) - s.v.begin());
  long double w = 0, m = 0, sum = 0, q = 0;
  for (std::size_t i = 0; i < s.y.size(); ++i) {
    w += 1 / (s.v[i] + tau2);
    m += (static_cast<long double>(s.y[i]) - s.y[top]) / (s.v[i] + tau2);
    sum += std::log(s.v[i] + tau2);
  }
  m /= w;
  for (std::size_t i = 0; i < s.y.size(); ++i) {
    const long double r = (static_cast<long double>(s.y[i]) - s.y[top]) - m;
    q += r * r / (s.v[i] + tau2);
  }
  return -(sum + q + (kind == likelihood_kind::restricted ? std::log(w) : 0)) / 2;
}

struct scan_result {
  long double best;
  long double at;
};

/// The largest of `points` log-spaced values from far below the smallest variance to far above the spread, and of that at 0.
scan_result scan(const wild_set& s, likelihood_kind kind, int points) {
  const long double low = *std::min_element(s.v.begin(), s.v.end()) * 1e-4L;
  const long double spread = *std::max_element(s.y.begin(), s.y.end()) - static_cast<long double>(*std::min_element(s.y.begin(), s.y.end()));
  const long double high = 4 * spread * spread + 1e4L * low;
  scan_result r{written_out(s, 0, kind), 0};
  for (int i = 0; i <= points; ++i) {
    const long double t = low * std::pow(high / low, static_cast<long double>(i) / points);
    const long double here = written_out(s, t, kind);
    if (here > r.best) r = {here, t};
  }
  return r;
}

void check_against_scan(std::uint64_t seed, likelihood_kind kind, int points, std::size_t& several, std::size_t& most) {
  const wild_set s = make_wild_set(seed);
  const auto e = maximise(s, kind);
  CAPTURE(seed);
  REQUIRE(e.convergence.converged);
  REQUIRE(e.tau2 >= 0);
  const scan_result r = scan(s, kind, points);
  const long double found = written_out(s, e.tau2, kind);
  CAPTURE(static_cast<double>(r.at));
  CAPTURE(e.tau2);
  CHECK(static_cast<double>(r.best - found) <= 1e-12 * std::max(1.0, std::fabs(static_cast<double>(found))));
  CHECK(std::is_sorted(e.maxima.begin(), e.maxima.end()));
  CHECK(e.maxima.size() != 1);
  CHECK(e.convergence.iterations <= 300);
  several += e.maxima.size() > 1;
  most = std::max(most, e.convergence.iterations);
}

}  // namespace

TEST_CASE("no point of a scan has a larger likelihood than the maximum returned") {
  std::size_t several = 0, most = 0;
  for (std::uint64_t seed = 0; seed < 240; ++seed) {
    check_against_scan(seed, likelihood_kind::restricted, 60, several, most);
    check_against_scan(seed, likelihood_kind::full, 60, several, most);
  }
  for (std::uint64_t seed = 1000; seed < 1024; ++seed) check_against_scan(seed, likelihood_kind::restricted, 1500, several, most);
  CHECK(several >= 8);  // sets with more than one maximum are among them
}

TEST_CASE("every local maximum of a ladder of scales is found, in order, and the highest is taken") {
  for (int n = 1; n <= 4; ++n) {
    CAPTURE(n);
    const wild_set s = ladder(n);
    const auto e = maximise(s, likelihood_kind::restricted);
    REQUIRE(e.maxima.size() == static_cast<std::size_t>(n == 1 ? 0 : n));
    double best = -std::numeric_limits<double>::infinity();
    for (double t : e.maxima) {
      const double here = likelihood(s, t, likelihood_kind::restricted);
      CHECK(here > likelihood(s, t * 1.02, likelihood_kind::restricted));
      CHECK(here > likelihood(s, t / 1.02, likelihood_kind::restricted));
      best = std::max(best, here);
    }
    if (n > 1) CHECK(likelihood(s, e.tau2, likelihood_kind::restricted) == best);
    CHECK(e.convergence.iterations < 100);
  }
  CHECK(maximise(ladder(3), likelihood_kind::full).maxima.size() == 3);
}

TEST_CASE("a maximum at 0 is found beside one inside, whichever is higher") {
  // pairs that agree exactly pull to 0, one pair far apart pulls away
  wild_set s{{0, 0, 0, 0, -3, 3}, {1e-3, 1e-3, 1e-3, 1e-3, 1, 1}};
  const auto at_zero = maximise(s, likelihood_kind::restricted);
  REQUIRE(at_zero.maxima.size() == 2);
  CHECK(at_zero.maxima[0] == 0.0);
  CHECK(at_zero.tau2 == 0.0);
  s.y[4] = -30;
  s.y[5] = 30;
  const auto inside = maximise(s, likelihood_kind::restricted);
  REQUIRE(inside.maxima.size() == 2);
  CHECK(inside.maxima[0] == 0.0);
  CHECK(inside.tau2 == inside.maxima[1]);
  CHECK(inside.tau2 > 100);
}

TEST_CASE("the restricted likelihood is the density of orthonormal contrasts") {
  for (std::uint64_t seed : {2u, 3u, 6u, 10u, 12u}) {
    const wild_set s = make_wild_set(seed);
    const std::vector<long double> y(s.y.begin(), s.y.end()), v(s.v.begin(), s.v.end());
    for (double factor : {0.0, 0.3, 20.0}) {
      const double t = factor * s.v[0];
      CHECK(close(likelihood(s, t, likelihood_kind::restricted), static_cast<double>(contrast_log_likelihood(y, v, static_cast<long double>(t))), digits10));
    }
  }
}

TEST_CASE("the full likelihood is the product of normal densities at the weighted mean") {
  const wild_set s{{1, 4, 2}, {2, 3, 1}};
  const double t = 0.7;
  const double w[] = {1 / 2.7, 1 / 3.7, 1 / 1.7};
  const double m = (w[0] * 1 + w[1] * 4 + w[2] * 2) / (w[0] + w[1] + w[2]);
  double sum = 0;
  for (std::size_t i = 0; i < 3; ++i) sum += -std::log(2 * std::acos(-1.0) / w[i]) / 2 - w[i] * (s.y[i] - m) * (s.y[i] - m) / 2;
  CHECK(close(likelihood(s, t, likelihood_kind::full), sum, digits14));
}

TEST_CASE("the score is the slope of the likelihood, and its parts' slopes are theirs") {
  const wild_set s{{1, 4, 2, -3}, {2, 3, 1, 0.5}};
  const std::vector<long double> y(s.y.begin(), s.y.end()), v(s.v.begin(), s.v.end());
  for (auto kind : {likelihood_kind::restricted, likelihood_kind::full}) {
    const auto at = [&](long double t) { return metapool::detail::score_at(metapool::detail::mean_problem<long double>(y, v), t, kind); };
    const long double h = 1e-5L, t = 0.8L;
    const long double slope = (written_out(s, t + h, kind) - written_out(s, t - h, kind)) / (2 * h);
    const tolerance by_difference{1e-8, 0, 0, "central difference in long double"};
    CHECK(close(at(t).value() / 2, slope, by_difference));
    CHECK(close(at(t).da, (at(t - h).a - at(t + h).a) / (2 * h), by_difference));
    CHECK(close(at(t).dg, (at(t - h).g - at(t + h).g) / (2 * h), by_difference));
  }
}

TEST_CASE("the likelihood refuses what it is not defined for") {
  const std::vector<double> y{1, 2}, v{1, 1}, none;
  const auto refusal = [&](const std::vector<double>& a, const std::vector<double>& b, double t) {
    return message_of<input_error>([&] { log_likelihood(std::span<const double>(a), std::span<const double>(b), t, likelihood_kind::full); });
  };
  CHECK(refusal(none, none, 0) == "log_likelihood: y and v must have the same size of at least 1");
  CHECK(contains(refusal(y, none, 0), "same size"));
  CHECK(refusal(y, v, -1) == "log_likelihood: tau2 = -1 must be finite and not negative");
  CHECK(contains(refusal(y, v, std::numeric_limits<double>::quiet_NaN()), "tau2 = nan"));
  CHECK(contains(refusal(y, v, std::numeric_limits<double>::infinity()), "tau2 = inf"));
}

TEST_CASE("maxima are isolated with few evaluations: bounds by tangents spare some, and so does what lies beyond a falling tail") {
  const wild_set s = [] {
    wild_set w;
    const auto e = metapool::effect_sizes(bcg(), metapool::risk_ratio{});
    w.y = e.y;
    w.v = e.v;
    return w;
  }();
  CHECK(maximise(s, likelihood_kind::restricted).convergence.iterations <= 7);  // 10 and 11 without
  CHECK(maximise(s, likelihood_kind::full).convergence.iterations <= 7);
}
