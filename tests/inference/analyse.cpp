// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/analyse.hpp>

#include <metapool/effect/risk_ratio.hpp>

#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {

/// A profile of one's own: what it lacks to be one of the library's is only a name that others know.
struct house_rules {
  static constexpr std::string_view name = "house rules";
  static constexpr bool tables = true;
  static constexpr bool q_around_tables = false;
  static constexpr i2_definition i2 = i2_definition::from_q;
  treatment_arm_correction zero_cells{};
  no_correction pooled_zero_cells{};
  dersimonian_laird tau2{};
  hartung_knapp interval{.floor = 1};
  template <class Real>
  std::optional<prediction<Real>> predict(const model_fit<Real>&, const mean_inference<Real>&) const {
    return {};
  }
};

}  // namespace

TEST_CASE("a profile's options can be changed, and an analysis of one trial has no prediction") {
  profile::meta p;
  p.interval.level = 0.9;
  const auto a = analyse(bcg(), risk_ratio{}, p);
  CHECK(a.random_mean.level == 0.9);
  CHECK(a.common_mean.level == 0.9);
  CHECK(a.prediction->level == 0.9);
  CHECK(a.profile == "meta");
  const auto one = analyse(std::vector<binary_trial<>>{bcg()[0]}, risk_ratio{}, profile::revman_web{});
  CHECK_FALSE(one.prediction);
  CHECK(close(one.random_mean.estimate, one.common_mean.estimate, digits14));
}

TEST_CASE("a profile of one's own is worth as much") {
  const auto a = analyse(bcg<long double>(), risk_ratio{}, house_rules{});
  CHECK(a.profile == "house rules");
  CHECK(a.random_mean.method == "Hartung-Knapp, scale factor at least 1");
  CHECK(a.random.method == "DerSimonian-Laird");
  CHECK(a.common.method == "Mantel-Haenszel");
}
