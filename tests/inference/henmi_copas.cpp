// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/henmi_copas.hpp>

#include <metapool/effect/odds_ratio.hpp>
#include <metapool/inference/infer.hpp>
#include <metapool/inference/predict.hpp>
#include <metapool/model/common_effect.hpp>
#include <metapool/model/mantel_haenszel.hpp>
#include <metapool/model/random_effects.hpp>

#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {

/// P(U > u) in the published form, in long double and by Simpson's rule in r with 4000 steps: raw sums of powers of the weights.
double published_tail(const std::vector<double>& v, double tau2_, double u) {
  long double s[5] = {};
  for (const double x : v) {
    for (int p = 1; p <= 4; ++p) s[p] += std::pow(1 / static_cast<long double>(x), p);
  }
  const long double k = static_cast<long double>(v.size()), t = tau2_;
  const long double w1 = s[1], w2 = s[2] / w1, w3 = s[3] / w1, w4 = s[4] / w1;
  const long double vr = 1 + t * w2, x = u / std::sqrt(vr);
  const auto f = [&](long double r) {
    const long double eq = (k - 1) + t * (w1 - w2) + t * t * (r * r / vr - 1 / vr) * (w3 - w2 * w2);
    const long double vq = 2 * (k - 1) + 4 * t * (w1 - w2) + 2 * t * t * (w1 * w2 - 2 * w3 + w2 * w2) + 4 * t * t * (r * r - 1) / vr * (w3 - w2 * w2) +
                           4 * t * t * t * (r * r - 1) / vr * (w4 - 2 * w2 * w3 + w2 * w2 * w2) +
                           2 * t * t * t * t * (1 - 2 * r * r) / (vr * vr) * (w3 - w2 * w2) * (w3 - w2 * w2);
    const long double q = (w1 / w2 - 1) * ((r / x) * (r / x) - 1) + (k - 1);
    return metapool::detail::gamma_cdf<long double>(eq * eq / vq, q * eq / vq) * std::exp(-r * r / 2) / std::sqrt(2 * std::acos(-1.0L));
  };
  const int n = 4000;
  const long double h = 12 / static_cast<long double>(n);
  long double sum = f(x) + f(x + 12);
  for (int i = 1; i < n; ++i) sum += (i % 2 == 1 ? 4 : 2) * f(x + i * h);
  return static_cast<double>(sum * h / 3);
}

double dl(const model_fit<double>& fit) { return dersimonian_laird{}(std::span<const double>(fit.data.y), std::span<const double>(fit.data.v)).tau2; }

}  // namespace

TEST_CASE("Henmi-Copas on the BCG trials is metafor's hc()") {
  const auto fit = random_effects(effect_sizes(bcg(), odds_ratio{}));
  const auto r = henmi_copas{}(fit);
  CHECK(close(r.estimate, -0.43613907613641, reference));
  CHECK(close(r.se, 0.313198785372662, reference));
  CHECK(close(r.lower, -1.1910, printed(4)));  // metafor stops its search at 1e-4
  CHECK(close(r.upper, 0.3187, printed(4)));
  CHECK(r.estimate == common_effect(fit.data).estimate);
}

TEST_CASE("Henmi and Copas's critical value cuts off the published tail, with heterogeneity and without") {
  for (const auto& e : {effect_sizes(bcg(), odds_ratio{}), known_effects<double>({0.1, 0.2, 0.15}, {0.04, 0.09, 0.02}), known_effects<double>({0.5, 2.5}, {0.04, 0.25}),
                        known_effects<double>({1, 2, 3, 5}, {0.5, 0.5, 0.5, 0.5})}) {
    const auto fit = random_effects(e);
    for (const double level : {0.5, 0.95, 0.999}) {
      const auto r = henmi_copas{.level = level}(fit);
      CHECK(close(published_tail(e.v, dl(fit), r.critical), (1 - level) / 2, digits10));
    }
    const auto r = henmi_copas{}(fit);
    CHECK(close(r.p, 2 * published_tail(e.v, dl(fit), std::fabs(r.estimate / r.se)), digits8));
    CHECK(close(metapool::detail::normal_two_sided_p<double>(r.statistic), r.p, digits12));
  }
}

TEST_CASE("the Henmi-Copas interval holds 0 if and only if p is above 1 - level") {
  const auto fit = random_effects(effect_sizes(bcg(), odds_ratio{}));
  const double p = henmi_copas{}(fit).p;
  CHECK(henmi_copas{.level = 1 - p * (1 + 1e-8)}(fit).upper < 0);
  CHECK(henmi_copas{.level = 1 - p * (1 - 1e-8)}(fit).upper > 0);
}

TEST_CASE("Henmi-Copas at the edges: equal effects, levels near 0 and 1, variances over 16 decades, p below the smallest number") {
  const auto equal = henmi_copas{}(random_effects(known_effects<double>({0.5, 0.5, 0.5}, {0.04, 0.09, 0.06})));
  CHECK(close(equal.estimate, 0.5, digits14));
  CHECK(equal.upper > equal.estimate);
  const auto fit = random_effects(effect_sizes(bcg(), odds_ratio{}));
  double last = 0;
  for (const double level : {1e-12, 1e-3, 0.5, 0.99, 1 - 1e-12, 1 - 1e-15}) {
    const auto r = henmi_copas{.level = level}(fit);
    CHECK(r.critical > last);
    last = r.critical;
  }
  const auto wide = henmi_copas{}(random_effects(known_effects<double>({1, 1.1, 0.9, 1.2}, {1e-8, 1, 1e8, 1e4})));
  CHECK(wide.lower < 1);
  CHECK(wide.upper > 1);
  const auto far = henmi_copas{}(common_effect(known_effects<double>({100, 100, 100}, {0.01, 0.02, 0.03})));
  CHECK(far.p == 0);
  CHECK(far.statistic > 1000);
  CHECK(log_p(far) < -9e5);  // about -u^2 / 2, u = 100 / 0.0739
}

TEST_CASE("Henmi and Copas's contract") {
  const auto fit = random_effects(known_effects<double>({0.1, 0.5, -0.3, 0.9}, {0.04, 0.09, 0.02, 0.3}));
  CHECK_THROWS_AS(henmi_copas{.level = 1}(fit), input_error);
  CHECK_THROWS_AS(henmi_copas{}(mantel_haenszel(bcg(), odds_ratio{})), input_error);
  CHECK(contains(message_of<not_estimable>([] { henmi_copas{}(random_effects(known_effects<double>({0.3}, {0.1}))); }), "one study"));
  CHECK(contains(message_of<input_error>([&] { predict(fit, henmi_copas{}(fit)); }), "Henmi-Copas"));
}
