// SPDX-License-Identifier: BSL-1.0
// Intervals, tests and predictions in every scalar type.
#include <metapool/effect/risk_ratio.hpp>
#include <metapool/inference/blup.hpp>
#include <metapool/inference/hartung_knapp.hpp>
#include <metapool/inference/heterogeneity.hpp>
#include <metapool/inference/predict.hpp>
#include <metapool/inference/q_profile.hpp>
#include <metapool/inference/wald.hpp>
#include <metapool/model/random_effects.hpp>

#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {

template <class Real>
std::vector<Real> numbers() {
  std::vector<Real> r;
  const auto fit = random_effects(effect_sizes(bcg<Real>(), risk_ratio{}));
  const auto add = [&](const mean_inference<Real>& m) { r.insert(r.end(), {m.lower, m.upper, m.statistic, m.p, m.natural().lower}); };
  add(wald_z{}(fit));
  add(wald_t{}(fit));
  add(hartung_knapp{.floor = 1, .safeguard = hk_safeguard::iqwig}(fit));
  const auto p = predict(fit);
  const auto h = heterogeneity(fit);
  const auto q = q_profile{}(fit);
  const auto b = blup(fit);
  r.insert(r.end(), {p.lower, p.upper, h.q, *h.p, h.i2_q, *h.i2_tau2, q.lower, q.upper, q.i2_upper, b.estimate[0], b.se[0]});
  return r;
}

}  // namespace

TEST_CASE("inference in double gives 11 digits of what long double gives, and in float 3") {
  const auto oracle = numbers<long double>();
  const auto in_double = numbers<double>();
  const auto in_float = numbers<float>();
  REQUIRE(in_double.size() == oracle.size());
  for (std::size_t i = 0; i < oracle.size(); ++i) {
    CAPTURE(i);
    CHECK(close(in_double[i], static_cast<double>(oracle[i]), {1e-11, 0, 0, "a search and a distribution in double; p-values far in the tail"}));
    CHECK(close(in_float[i], static_cast<float>(oracle[i]), {2e-3, 1e-3, 0, "a search and a distribution in float"}));
  }
}
