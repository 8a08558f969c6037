// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/math/parallel.hpp>
#include <metapool/math/random.hpp>
#include <metapool/model/random_effects.hpp>
#include <metapool/tau2/lanes.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace metapool {

/// How new data sets are made: y drawn from a normal with the fitted mean and variance tau2 + v of each study, or k studies (y with its v)
/// drawn with replacement.
enum class bootstrap_kind { parametric, nonparametric };

/// How a bootstrap is done.
struct bootstrap_options {
  bootstrap_kind kind = bootstrap_kind::parametric;
  std::size_t replicates = 9999;
  std::uint64_t seed = 1;
  unsigned threads = 1;  ///< 0: as many as the processor has; the draws have the same bits for any number
};

/// What random effects give on data sets like the one observed. Scale: that of the effects; tau2 on its square.
template <class Real = double>
struct bootstrap_draws {
  using real_type = Real;
  model_fit<Real> fit{};     ///< of the data observed
  bootstrap_options options{};
  std::vector<Real> mean{};  ///< of each replicate, in order
  std::vector<Real> se{};    ///< its classical standard error
  std::vector<Real> tau2{};
};

namespace detail {

/// Replicates [begin, end) of the parametric bootstrap, `lanes` at a time.
template <class Real, class Estimator>
void draw_parametric(const fits_in_lanes<Real, Estimator>& fits, const std::vector<Real>& deviation, std::size_t begin, std::size_t end, bootstrap_draws<Real>& draws) {
  using std::sqrt;
  const std::size_t k = fits.k();
  const Real mean = draws.fit.estimate;
  std::vector<Real> block(k * lanes, mean);
  for (std::size_t at = begin; at < end; at += lanes) {
    const std::size_t used = end - at < lanes ? end - at : lanes;
    for (std::size_t l = 0; l < used; ++l) {
      random_stream random(draws.options.seed, at + l);
      for (std::size_t i = 0; i < k; ++i) block[i * lanes + l] = mean + deviation[i] * static_cast<Real>(random.normal());
    }
    const lane_fits<Real> r = fits.fit(block.data());
    for (std::size_t l = 0; l < used; ++l) {
      draws.mean[at + l] = r.mean[l];
      draws.se[at + l] = sqrt(Real(1 / r.weight[l]));
      draws.tau2[at + l] = r.tau2[l];
    }
  }
}

/// Replicate b of the bootstrap that draws studies.
template <class Real, class Estimator>
void draw_studies(const Estimator& estimator, std::size_t b, std::vector<Real>& y, std::vector<Real>& v, bootstrap_draws<Real>& draws) {
  using std::sqrt;
  random_stream random(draws.options.seed, b);
  for (std::size_t i = 0; i < y.size(); ++i) {
    const std::size_t chosen = static_cast<std::size_t>(random.below(y.size()));
    y[i] = draws.fit.data.y[chosen];
    v[i] = draws.fit.data.v[chosen];
  }
  const Real tau2 = estimator(std::span<const Real>(y), std::span<const Real>(v)).tau2;
  const pooled_sums<Real> s = pool_at(std::span<const Real>(y), std::span<const Real>(v), tau2);
  draws.mean[b] = s.mean;
  draws.se[b] = sqrt(Real(1 / s.w));
  draws.tau2[b] = tau2;
}

}  // namespace detail

/// Fits random effects to `options.replicates` data sets like the one given, by the same estimator of tau2.
///
/// data: k >= 2 effects; estimator: as in random_effects (fixed_tau2{} for a common effect). Each replicate's random numbers depend on the seed and its number alone:
/// the same draws on any number of threads. Intervals follow by bootstrap_mean and bootstrap_tau2 (bootstrap_interval.hpp).
/// The parametric bootstrap presumes the normal-normal model; drawing studies presumes many of them (with fewer than about 20, of
/// k^k equally likely samples too few differ).
/// Throws as random_effects, not_estimable with one study, and input_error without replicates.
/// Efron & Tibshirani (1993) An Introduction to the Bootstrap; Viechtbauer (2007) Stat Med 26:37, doi:10.1002/sim.2514.
template <class Real, class Estimator = reml>
  requires tau2_estimator<Estimator, Real>
bootstrap_draws<Real> bootstrap(effects<Real> data, const Estimator& estimator = {}, const bootstrap_options& options = {}) {
  using std::sqrt;
  if (options.replicates < 1) detail::throw_input_error("bootstrap", "replicates = 0: at least one is needed");
  bootstrap_draws<Real> draws;
  draws.options = options;
  draws.fit = random_effects(std::move(data), estimator);
  const std::size_t k = draws.fit.k();
  if (k < 2) detail::throw_not_estimable("bootstrap", "one study ('" + draws.fit.data.labels.front() + "') says nothing of the spread of studies");
  draws.mean.resize(options.replicates);
  draws.se.resize(options.replicates);
  draws.tau2.resize(options.replicates);
  if (options.kind == bootstrap_kind::parametric) {
    std::vector<Real> deviation;
    for (const Real& x : draws.fit.data.v) deviation.push_back(sqrt(Real(x + *draws.fit.tau2)));
    const detail::fits_in_lanes<Real, Estimator> fits(std::span<const Real>(draws.fit.data.v), estimator);
    detail::parallel_blocks(options.replicates, 256, options.threads,
                            [&](std::size_t begin, std::size_t end) { detail::draw_parametric(fits, deviation, begin, end, draws); });
  } else {
    detail::parallel_blocks(options.replicates, 256, options.threads, [&](std::size_t begin, std::size_t end) {
      std::vector<Real> y(k), v(k);
      for (std::size_t b = begin; b < end; ++b) detail::draw_studies(estimator, b, y, v, draws);
    });
  }
  return draws;
}

}  // namespace metapool
