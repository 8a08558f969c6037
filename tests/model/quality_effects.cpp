// SPDX-License-Identifier: BSL-1.0
#include <metapool/model/quality_effects.hpp>

#include <metapool/effect/risk_ratio.hpp>
#include <metapool/inference/hartung_knapp.hpp>
#include <metapool/inference/wald.hpp>
#include <metapool/tau2/reml.hpp>

#include "support/close.hpp"
#include "support/published.hpp"
#include "support/wild_sets.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {

const std::vector<double> scores{.9, .4, .5, 1, .7, .8, .3, .95, .6, .5, .85, .2, .75};

/// The weights by the steps of Doi et al. (2015), as MetaXL's guide and Stata's metan describe them: tau_i = (w_i - w_i q_i) / (k - 1),
/// the adjusted quality, tau-hat_i = sum tau k q_adj / sum q_adj - tau_i, w_i q_i + tau-hat_i. In long double.
std::vector<long double> weights_by_steps(const std::vector<double>& v, std::vector<double> quality) {
  const std::size_t k = v.size();
  const long double rest = static_cast<long double>(k - 1);
  double best = 0;
  for (double q : quality) best = std::fmax(best, q);
  long double sum_tau = 0, sum_q = 0, sum_adjusted = 0;
  std::vector<long double> tau, q, adjusted, weight;
  for (std::size_t i = 0; i < k; ++i) {
    q.push_back(static_cast<long double>(quality[i]) / best);
    tau.push_back((1 / static_cast<long double>(v[i]) - q[i] / v[i]) / rest);
    sum_tau += tau[i];
    sum_q += q[i];
  }
  for (std::size_t i = 0; i < k; ++i) {
    adjusted.push_back(q[i] + sum_q * tau[i] / (sum_tau * rest));
    sum_adjusted += adjusted[i];
  }
  for (std::size_t i = 0; i < k; ++i) weight.push_back(q[i] / v[i] + sum_tau * static_cast<long double>(k) * adjusted[i] / sum_adjusted - tau[i]);
  return weight;
}

}  // namespace

TEST_CASE("quality effects on the BCG trials: the source's weights in metafor's rma(weights = )") {
  const auto fit = quality_effects(effect_sizes(bcg(), risk_ratio{}), scores);
  CHECK(close(fit.estimate, -0.445192358882814, digits12));  // metafor 3.8 gives these digits
  CHECK(close(fit.se, 0.274519736892264, digits12));
  CHECK(close(wald_z{}(fit).lower, -0.983241156237063, digits12));
  CHECK(close(wald_z{}(fit).upper, 0.0928564384714349, digits12));
  CHECK(close(fit.weights[0], 0.0195917289632753, digits12));
  CHECK(close(fit.weights[7], 0.40920769150019, digits12));
}

TEST_CASE("the weights are those of the steps of the source, none is negative and they sum to 1") {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    CAPTURE(seed);
    const auto s = make_wild_set(seed);
    std::vector<double> quality;
    for (std::size_t i = 0; i < s.y.size(); ++i) quality.push_back(static_cast<double>((7 * i + seed) % 11) / 10);
    quality[seed % s.y.size()] = 0.95;
    const auto steps = weights_by_steps(s.v, quality);
    long double sum = 0;
    for (const long double w : steps) sum += w;
    const auto fit = quality_effects(known_effects(s.y, s.v), quality);
    long double mean = 0;
    double total = 0, largest = 0;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      CHECK(fit.weights[i] >= 0);
      CHECK(close(fit.weights[i], static_cast<double>(steps[i] / sum), at_scale(digits12, 1e-6)));
      mean += steps[i] / sum * s.y[i];
      total += fit.weights[i];
      largest = std::fmax(largest, std::fabs(s.y[i]));
    }
    CHECK(close(total, 1.0, digits14));
    CHECK(close(fit.estimate, static_cast<double>(mean), at_scale(digits12, largest)));
  }
}

TEST_CASE("with two studies the weight that the worse gives up is dealt out by quality") {
  // w = 2, 1; q = 1/2, 1: given up 1, dealt out 1/3 and 2/3
  const auto fit = quality_effects(known_effects<double>({0, 1}, {0.5, 1}), {0.25, 0.5});
  CHECK(close(fit.weights[0], (1 + 1.0 / 3) / 3, digits14));
  CHECK(close(fit.estimate, (1 + 2.0 / 3) / 3, digits14));
}

TEST_CASE("equal qualities give IVhet, only ratios of scores matter, and a score of 0 takes all weight") {
  const auto e = effect_sizes(bcg(), risk_ratio{});
  for (double q : {1.0, 0.3}) {
    const auto fit = quality_effects(e, std::vector<double>(13, q), reml{});
    const auto plain = ivhet(e, reml{});
    CHECK(fit.estimate == plain.estimate);
    CHECK(fit.se == plain.se);
    CHECK(fit.weights == plain.weights);
  }
  std::vector<double> halves = scores;
  for (double& q : halves) q /= 2;
  CHECK(close(quality_effects(e, halves).estimate, quality_effects(e, scores).estimate, digits14));
  std::vector<double> none = scores;
  none[7] = 0;
  CHECK(quality_effects(e, none).weights[7] == 0);
}

TEST_CASE("one study has all the weight whatever its quality") {
  const auto fit = quality_effects(known_effects<double>({0.3}, {4}), {0.2});
  CHECK(fit.estimate == 0.3);
  CHECK(fit.se == 2.0);
  CHECK_FALSE(fit.tau2.has_value());
}

TEST_CASE("scores that are too few, out of range or all zero are refused, and so are methods for other weights") {
  const auto e = known_effects<double>({1, 2}, {1, 1}, {"a", "b"});
  const auto refusal = [&](const std::vector<double>& q) { return message_of<input_error>([&] { quality_effects(e, q); }); };
  CHECK(refusal({1}) == "quality_effects: 1 quality scores for 2 pooled studies; each needs one");
  CHECK(refusal({1, 1.5}) == "quality_effects: study 'b': quality = 1.5 must be in [0, 1]");
  CHECK(contains(refusal({std::numeric_limits<double>::quiet_NaN(), 1}), "study 'a': quality = nan must be in [0, 1]"));
  CHECK(refusal({0, 0}) == "quality_effects: every quality score is 0; at least one study must have some");
  CHECK(contains(message_of<input_error>([&] { hartung_knapp{}(quality_effects(e, {1, 0.5})); }), "this one is by quality effects"));
}
