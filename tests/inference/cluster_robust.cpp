// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/cluster_robust.hpp>

#include <metapool/effect/risk_ratio.hpp>
#include <metapool/math/random.hpp>
#include <metapool/model/common_effect.hpp>
#include <metapool/model/ivhet.hpp>
#include <metapool/model/mantel_haenszel.hpp>
#include <metapool/model/quality_effects.hpp>
#include <metapool/model/random_effects.hpp>
#include <metapool/model/unrestricted_weighted_least_squares.hpp>

#include "support/close.hpp"
#include "support/published.hpp"
#include "support/wild_sets.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {

const std::vector<std::string> seven{"a", "b", "a", "c", "d", "c", "b", "e", "a", "d", "e", "f", "g"};

struct expected {
  cluster_correction correction;
  double se, df;
};

void check(const model_fit<double>& fit, const std::vector<std::string>& clusters, const std::vector<expected>& all) {
  for (const expected& e : all) {
    const auto r = cluster_robust{.clusters = clusters, .correction = e.correction}(fit);
    CHECK(close(r.se, e.se, digits10));
    CHECK(close(*r.df, e.df, digits10));
  }
}

}  // namespace

TEST_CASE("CR0, CR1 and CR2 with their degrees of freedom on the BCG trials are clubSandwich's") {
  // clubSandwich (Debian 12's) on metafor 3.8 gives these, for REML and the common effect, in seven made-up clusters and one a trial
  const auto e = effect_sizes(bcg(), risk_ratio{});
  using enum cluster_correction;
  check(random_effects(e), seven, {{cr0, 0.190506643582921, 5.1483475840658}, {cr1, 0.205770693064153, 5.1483475840658}, {cr2, 0.20767275616717, 5.01590798930917}});
  check(common_effect(e), seven, {{cr0, 0.258428041125875, 1.97937440584566}, {cr1, 0.279134187289046, 1.97937440584566}, {cr2, 0.350446623449324, 1.63979758699066}});
  check(random_effects(e), {}, {{cr0, 0.172151905195982, 11.1454623717717}, {cr1, 0.179181383894897, 11.1454623717717}, {cr2, 0.179704118308592, 11.0412451470751}});
  check(common_effect(e), {}, {{cr0, 0.22014100173093, 3.8129655428141}, {cr1, 0.229130019195846, 3.8129655428141}, {cr2, 0.273902303592662, 3.11272189086498}});
}

TEST_CASE("with m - 1 degrees of freedom CR1 is metafor's robust") {
  const auto r = cluster_robust{.clusters = seven, .correction = cluster_correction::cr1, .df = cluster_df::clusters_minus_coefficients}(
      random_effects(effect_sizes(bcg(), risk_ratio{})));
  CHECK(close(r.se, 0.205770693064153, digits10));
  CHECK(*r.df == 6.0);
  CHECK(close(r.p, 0.0132637752262113, digits8));
  CHECK(r.method == "cluster-robust CR1, 7 clusters");
  CHECK(r.notes.empty());
}

TEST_CASE("with equal variances and one study a cluster CR2 is the one-sample t test") {
  const std::vector<double> y{1, 4, 2, 9};  // s^2 = 38/3
  const auto r = cluster_robust{}(random_effects(known_effects<double>(y, {2, 2, 2, 2})));
  CHECK(close(r.se, std::sqrt(38.0 / 12), digits14));
  CHECK(close(*r.df, 3.0, digits14));
}

TEST_CASE("clusters of equal size and variance are the t test of their means") {
  // means 2, 5, 9: s^2 = 37/3
  const auto r = cluster_robust{.clusters = {"a", "a", "b", "b", "c", "c"}}(common_effect(known_effects<double>({1, 3, 4, 6, 7, 11}, {2, 2, 2, 2, 2, 2})));
  CHECK(close(r.se, std::sqrt(37.0 / 9), digits12));
  CHECK(close(*r.df, 2.0, digits12));
  CHECK(contains(r.notes.at(0), "fewer than 4 degrees of freedom (2)"));
}

TEST_CASE("CR2 of one study a cluster is sum w^2 r^2 / (1 - h), also where one study has all but 1e-12 of the weight") {
  const std::vector<double> y{0.25, 1, 3}, v{1e-12, 1, 2};
  const auto fit = common_effect(known_effects(y, v));
  long double w = 0, wy = 0, variance = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    w += 1 / static_cast<long double>(v[i]);
    wy += (y[i] - 0.25L) / v[i];
  }
  const long double rest[] = {(1 + 0.5L) / w, 1 - 1 / w, 1 - 0.5L / w};
  for (std::size_t i = 0; i < 3; ++i) {
    const long double share = 1 / (v[i] * w), r = i == 0 ? -wy / w : (y[i] - 0.25L) - wy / w;
    variance += share * r * (share * r) / rest[i];
  }
  const auto r = cluster_robust{}(fit);
  CHECK(close(r.se, static_cast<double>(std::sqrt(variance)), digits12));
  CHECK(close(*r.df, 1.0, tolerance{1e-11, 0, 0, "it goes to 1 with the weight"}));
}

TEST_CASE("the order of studies, the labels' names and the unit of the effects do not matter") {
  const auto s = make_wild_set(5);
  std::vector<std::string> labels, other;
  std::vector<double> y, v;
  for (std::size_t i = 0; i < s.y.size(); ++i) {
    labels.push_back(std::to_string(i % 3));
    other.insert(other.begin(), std::string("cluster ").append(std::to_string(7 - i % 3)));
    y.insert(y.begin(), 1000 * s.y[i]);
    v.insert(v.begin(), 1e6 * s.v[i]);
  }
  const auto a = cluster_robust{.clusters = labels}(common_effect(known_effects(s.y, s.v)));
  const auto b = cluster_robust{.clusters = other}(common_effect(known_effects(y, v)));
  CHECK(close(b.se, 1000 * a.se, digits10));
  CHECK(close(*b.df, *a.df, digits10));
}

TEST_CASE("fits with other weights keep their estimate, and have clubSandwich's variance") {
  const auto e = effect_sizes(bcg(), risk_ratio{});
  const auto other = cluster_robust{.clusters = seven}(ivhet(e));  // clubSandwich's on rma(weights = 1/vi, method = "DL")
  CHECK(close(other.se, 0.396537626200368, digits10));
  CHECK(close(*other.df, 1.07827765734123, digits10));
  CHECK(other.estimate == ivhet(e).estimate);
  // UWLS has the weights of the common effect, and the factor of the variances cancels
  CHECK(close(cluster_robust{.clusters = seven}(unrestricted_weighted_least_squares(e)).se, 0.350446623449324, digits10));
  CHECK(close(*cluster_robust{.clusters = seven}(unrestricted_weighted_least_squares(e)).df, 1.63979758699066, digits10));
}

TEST_CASE("cluster-robust intervals refuse too few clusters, too few labels, equal effects and fits that are no weighted mean") {
  const auto fit = common_effect(known_effects<double>({1, 2}, {1, 1}));
  const auto refusal = [](const auto& f, const std::vector<std::string>& c) { return message_of<metapool::error>([&] { cluster_robust{.clusters = c}(f); }); };
  CHECK(refusal(fit, {"a"}) == "cluster_robust: 1 cluster labels for 2 pooled studies; each needs one");
  CHECK(refusal(fit, {"a", "a"}) == "cluster_robust: all studies are in one cluster; at least two are needed");
  CHECK(refusal(common_effect(known_effects<double>({1}, {1})), {}) == "cluster_robust: all studies are in one cluster; at least two are needed");
  CHECK(refusal(common_effect(known_effects<double>({1, 1}, {1, 1})), {}) == "cluster_robust: all residuals are 0, so that the standard error is 0");
  CHECK(refusal(mantel_haenszel(bcg(), risk_ratio{}), {}) ==
        "cluster_robust: needs a fit whose estimate is a weighted mean of the studies' effects, and this one is by Mantel-Haenszel");
}

namespace {

/// Numbers of all that this piece computes, in one type.
template <class Real>
std::vector<Real> numbers_of(const std::vector<double>& y, const std::vector<double>& v) {
  std::vector<Real> ys, vs, quality;
  std::vector<std::string> labels;
  for (std::size_t i = 0; i < y.size(); ++i) {
    ys.push_back(Real(y[i]));
    vs.push_back(Real(v[i]));
    quality.push_back(Real(static_cast<double>(1 + (3 * i) % 4) / 4));
    labels.push_back(std::to_string(i % 4));
  }
  const auto e = known_effects<Real>(ys, vs);
  const auto iv = ivhet(e);
  const auto qe = quality_effects(e, quality);
  const auto uwls = unrestricted_weighted_least_squares(e);
  const auto each = cluster_robust{}(iv), clusters = cluster_robust{.clusters = labels}(random_effects(e, dersimonian_laird{}));
  std::vector<Real> all{iv.se, qe.se, uwls.se, each.se, *each.df, clusters.se, *clusters.df, qe.estimate};
  for (const auto& r : {standardized_residuals(iv), standardized_residuals(uwls)}) all.insert(all.end(), r.se.begin(), r.se.end());
  return all;
}

}  // namespace

TEST_CASE("IVhet, quality effects, UWLS, CR2 and residuals in double have 12 digits of a 50-digit run, with a billion patients too") {
  using wide = boost::multiprecision::cpp_bin_float_50;
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    CAPTURE(seed);
    std::vector<double> y, v;
    metapool::detail::random_stream random(5, seed);
    const std::size_t k = 5 + seed;
    for (std::size_t i = 0; i < k; ++i) {
      v.push_back((seed % 3 == 0 ? 1e-9 : 1.0) * std::exp(2 * random.normal()));
      y.push_back(0.1 + std::sqrt(3 * v[i]) * random.normal());
    }
    const auto narrow = numbers_of<double>(y, v);
    const auto exact = numbers_of<wide>(y, v);
    REQUIRE(narrow.size() == exact.size());
    for (std::size_t i = 0; i < narrow.size(); ++i) {
      CAPTURE(i);
      CHECK(close(narrow[i], static_cast<double>(exact[i]), digits12));
    }
  }
}
