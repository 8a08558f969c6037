// SPDX-License-Identifier: BSL-1.0
// A user's own measure, estimator and interval method, where the library's would stand.
#include <metapool/effect/binary_effects.hpp>
#include <metapool/effect/continuous_effects.hpp>
#include <metapool/inference/infer.hpp>
#include <metapool/model/random_effects.hpp>

#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <span>
#include <string_view>
#include <vector>

namespace user {

/// Arcsine difference: Ruecker et al. (2009) Stat Med 28:721.
struct arcsine_difference {
  static constexpr metapool::measure_info info{"arcsine_difference", "AS", "arcsine difference", metapool::scale::identity};
  template <class Real>
  static bool defined(const metapool::two_by_two<Real>&) {
    return true;
  }
  template <class Real>
  static bool uninformative(const metapool::two_by_two<Real>&) {
    return false;
  }
  template <class Real>
  metapool::effect<Real> operator()(const metapool::two_by_two<Real>& t) const {
    using std::asin, std::sqrt;
    return {asin(sqrt(Real(t.a / t.treated_total()))) - asin(sqrt(Real(t.c / t.control_total()))), (1 / t.treated_total() + 1 / t.control_total()) / 4};
  }
};

/// Log ratio of means.
struct ratio_of_means {
  static constexpr metapool::measure_info info{"ratio_of_means", "ROM", "ratio of means", metapool::scale::log};
  template <class Real>
  static bool defined(const metapool::two_means<Real>& t) {
    return t.mean1 > 0 && t.mean2 > 0;
  }
  template <class Real>
  metapool::effect<Real> operator()(const metapool::two_means<Real>& t) const {
    using std::log;
    return {log(Real(t.mean1 / t.mean2)), t.sd1 * t.sd1 / (t.n1 * t.mean1 * t.mean1) + t.sd2 * t.sd2 / (t.n2 * t.mean2 * t.mean2)};
  }
};

/// Hedges' unweighted estimator.
struct hedges {
  static constexpr std::string_view name = "Hedges";
  template <class Real>
  metapool::tau2_estimate<Real> operator()(std::span<const Real> y, std::span<const Real> v) const {
    Real mean = 0, square = 0, variance = 0;
    const Real k = static_cast<Real>(y.size());
    for (const Real& x : y) mean += x / k;
    for (const Real& x : y) square += (x - mean) * (x - mean) / (k - 1);
    for (const Real& x : v) variance += x / k;
    metapool::tau2_estimate<Real> e;
    if (square > variance) e.tau2 = square - variance;
    return e;
  }
};

/// Two standard errors to each side.
struct two_errors {
  template <class Real>
  metapool::mean_inference<Real> operator()(const metapool::model_fit<Real>& fit) const {
    metapool::mean_inference<Real> r;
    r.measure = fit.data.measure;
    r.estimate = fit.estimate;
    r.se = fit.se;
    r.lower = fit.estimate - 2 * fit.se;
    r.upper = fit.estimate + 2 * fit.se;
    return r;
  }
};

}  // namespace user

using namespace metapool_test;

TEST_CASE("a user's types meet the concepts") {
  static_assert(metapool::binary_measure<user::arcsine_difference> && metapool::continuous_measure<user::ratio_of_means>);
  static_assert(metapool::tau2_estimator<user::hedges> && metapool::interval_method<user::two_errors>);
  static_assert(!metapool::binary_measure<user::hedges> && !metapool::tau2_estimator<user::arcsine_difference>);
}

TEST_CASE("a user's measure, estimator and method work from trials to interval, in double and float") {
  const auto e = metapool::effect_sizes(msc(), user::arcsine_difference{}, metapool::no_correction{});
  CHECK(e.size() == 7);  // no zero cell is in its way
  CHECK(close(e.y[0], -std::asin(std::sqrt(2.0 / 29)), digits14));
  const auto fit = metapool::random_effects(e, user::hedges{});
  CHECK(fit.method == "Hedges");
  CHECK(*fit.tau2 > 0);
  const auto r = metapool::infer(fit, user::two_errors{});
  CHECK(close(r.upper - r.lower, 4 * fit.se, digits14));
  const auto in_float = metapool::random_effects(metapool::effect_sizes(msc<float>(), user::arcsine_difference{}, metapool::no_correction{}), user::hedges{});
  CHECK(close(in_float.estimate, static_cast<float>(fit.estimate), digits5));
}

TEST_CASE("a user's measure of means works, and its own domain leaves studies out") {
  const auto of = [](double mean) { return metapool::continuous_trial<>{.label = "t", .treated = {.mean = mean, .sd = 1, .total = 4}, .control = {.mean = 2, .sd = 1, .total = 4}}; };
  const std::vector<metapool::continuous_trial<>> trials{of(4), of(-1)};
  const auto e = metapool::effect_sizes(trials, user::ratio_of_means{});
  REQUIRE(e.size() == 1);
  CHECK(close(e.y[0], std::log(2.0), digits15));
  CHECK(e.measure.scale == metapool::scale::log);
}
