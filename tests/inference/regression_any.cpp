// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/regression_any.hpp>

#include <metapool/model/meta_regression.hpp>

#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace metapool;
using namespace metapool_test;

TEST_CASE("a method of a regression chosen at run time answers as when it is named") {
  const std::vector<double> y{0.1, 0.5, -0.3, 0.9, 0.2, 1.4}, v{0.04, 0.09, 0.02, 0.3, 0.11, 0.05}, x{0, 1, 2, 3, 4, 6};
  const auto fit = meta_regression(known_effects(y, v), design_of(x));
  CHECK(infer(fit, any_interval{wald_t{}}).p == infer(fit, wald_t{}).p);
  CHECK(infer(fit, any_interval{hartung_knapp{.floor = 1}}).p == infer(fit, hartung_knapp{.floor = 1}).p);
  CHECK(infer(fit, any_interval{kenward_roger{}}).p == infer(fit, kenward_roger{}).p);
  CHECK(infer(fit, any_interval{sidik_jonkman_robust{}}).p == infer(fit, sidik_jonkman_robust{}).p);
  CHECK(infer(fit, any_interval{profile_likelihood{}}).p == infer(fit, profile_likelihood{}).p);
  CHECK(contains(message_of<input_error>([&] { infer(fit, any_interval{henmi_copas{}}); }), "single mean"));
}
