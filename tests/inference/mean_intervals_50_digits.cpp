// SPDX-License-Identifier: BSL-1.0
// The intervals of the mean that are not closed forms of a fit, in double against 50 digits.
#include <metapool/inference/kenward_roger.hpp>
#include <metapool/inference/profile_likelihood.hpp>
#include <metapool/inference/sidik_jonkman_robust.hpp>
#include <metapool/model/common_effect.hpp>
#include <metapool/model/random_effects.hpp>

#include "support/close.hpp"
#include "support/wild_sets.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {
using fifty = boost::multiprecision::number<boost::multiprecision::cpp_bin_float_50::backend_type, boost::multiprecision::et_off>;

template <class Real>
effects<Real> set_of(std::uint64_t seed) {
  const wild_set s = make_wild_set(seed);
  return known_effects(std::vector<Real>(s.y.begin(), s.y.end()), std::vector<Real>(s.v.begin(), s.v.end()));
}

/// The same fit in another type: tau2 is taken over, so that the interval alone is compared.
template <class Real>
model_fit<Real> fit_at(std::uint64_t seed, double tau2) {
  model_fit<Real> fit = common_effect(set_of<Real>(seed));
  fit.model = model::random_effects;
  metapool::detail::fill_inverse_variance("test", fit, Real(tau2));
  fit.tau2 = Real(tau2);
  return fit;
}
}  // namespace

TEST_CASE("Kenward-Roger and the robust standard error have 12 digits on wild sets") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const double tau2 = *random_effects(set_of<double>(seed)).tau2;
    const auto low = kenward_roger{}(fit_at<double>(seed, tau2));
    const auto fit = fit_at<fifty>(seed, tau2);
    const auto v = std::span<const fifty>(fit.data.v);
    const auto s = metapool::detail::pool_at(std::span<const fifty>(fit.data.y), v, fifty(tau2));
    const fifty i = s.trace_pp() / 2;
    const fifty inflation = 1 + 2 * metapool::detail::weight_moments_at(v, fifty(tau2)).variance / i;
    const fifty typical = inflation * s.w2() / s.w;
    CHECK(close(low.se, static_cast<double>(sqrt(fifty(inflation / s.w))), digits12));
    CHECK(close(*low.df, static_cast<double>(fifty(2 * i / (typical * typical))), digits12));
    // in 50 digits the plain power sums are right, too: they lose at most 32
    fifty w1 = 0, w2 = 0, w3 = 0;
    for (const fifty& x : fit.data.v) {
      const fifty w = 1 / (x + tau2);
      w1 += w;
      w2 += w * w;
      w3 += w * w * w;
    }
    const fifty ie = w2 / 2 - w3 / w1 + (w2 / w1) * (w2 / w1) / 2;
    const fifty plain = (1 + 2 * (w3 / w1 - (w2 / w1) * (w2 / w1)) / ie) / w1;
    CHECK(close(low.se, static_cast<double>(sqrt(plain)), digits10));
    const auto robust = sidik_jonkman_robust{}(fit_at<double>(seed, tau2));
    const fifty estimate = fit.estimate;
    fifty sum = 0;
    for (std::size_t j = 0; j < fit.k(); ++j) {
      const fifty w = 1 / (fit.data.v[j] + tau2);
      const fifty r = fit.data.y[j] - estimate;
      sum += w * w * r * r / (1 - w / w1) / (w1 * w1);
    }
    CHECK(close(robust.se, static_cast<double>(sqrt(sum)), digits12));
  }
}

TEST_CASE("the profile likelihood's ends and statistics have 11 digits on wild sets, at the scale of the interval") {
  for (std::uint64_t seed = 1; seed <= 32; ++seed) {
    for (const auto correction : {profile_correction::none, profile_correction::bartlett, profile_correction::skovgaard}) {
      if (correction == profile_correction::skovgaard && seed > 6) continue;
      const profile_likelihood method{.correction = correction};
      const auto low = method(random_effects(set_of<double>(seed)));
      const auto high = method(common_effect(set_of<fifty>(seed)));
      const double scale = low.upper - low.lower;
      CHECK(close(low.lower, static_cast<double>(high.lower), at_scale(tolerance{1e-11, 0, 0, "searches in double"}, scale)));
      CHECK(close(low.upper, static_cast<double>(high.upper), at_scale(tolerance{1e-11, 0, 0, "searches in double"}, scale)));
      CHECK(close(low.statistic, static_cast<double>(high.statistic), at_scale(tolerance{1e-9, 0, 0, "at zero the root halves its digits"}, 1)));
    }
  }
}
