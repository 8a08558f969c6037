// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/effect/effects.hpp>
#include <metapool/math/parallel.hpp>
#include <metapool/math/random.hpp>
#include <metapool/model/inverse_variance.hpp>
#include <metapool/tau2/fixed.hpp>
#include <metapool/tau2/lanes.hpp>

#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace metapool {

/// What is compared between the arrangements of a permutation test: the mean over its standard error, either the classical one (z) or
/// that of Hartung and Knapp (t), or the mean itself less the null value. Where all effects are equal the standard error of t is 0, and t infinite.
enum class permutation_statistic { z, t, mean };

/// How the arrangements of a permutation test are gone through.
struct permutation_options {
  permutation_statistic statistic = permutation_statistic::z;
  std::size_t exact_up_to = 20;  ///< every arrangement up to so many studies (at most 40), random ones beyond
  std::size_t draws = 9999;      ///< random arrangements, besides the observed one
  std::uint64_t seed = 1;
  unsigned threads = 1;          ///< 0: as many as the processor has; the answer is the same for any number
};

/// The answer of a permutation test.
template <class Real = double>
struct permutation_result {
  Real p{};                        ///< two-sided
  Real smallest_p{};               ///< no data of so many studies could give less: 2^(1-k), or 1 / (draws + 1) if that is more
  Real statistic{};                ///< of the data, on the permutation_statistic asked for; its size is what is compared
  std::uint64_t arrangements = 0;  ///< how many were compared, the observed one among them
  std::uint64_t as_extreme = 0;    ///< how many of them were no less extreme
  bool exact = true;               ///< every arrangement was compared
  Real monte_carlo_error{};        ///< standard error of p from drawing at random; 0 if exact
  std::vector<std::string> notes{};
};

namespace detail {

/// The permutation test of one mean for any null value: effects less the null value change signs.
template <class Real, class Estimator>
class sign_flips {
 public:
  sign_flips(std::span<const Real> y, std::span<const Real> v, const Estimator& estimator, const permutation_options& o)
      : y_(y.begin(), y.end()), fits_(v, estimator), options_(o), exact_(y.size() <= o.exact_up_to) {
    // a change of all signs changes nothing: the last study keeps its sign
    count_ = exact_ ? std::uint64_t(1) << (y.size() - 1) : static_cast<std::uint64_t>(o.draws) + 1;
  }

  bool exact() const { return exact_; }
  std::uint64_t arrangements() const { return count_; }

  /// The statistic of the data against the null value.
  Real statistic(const Real& null) const {
    std::vector<Real> block(y_.size() * lanes);
    flip(null, 0, 1, block);
    return statistics(fits_.fit(block.data()))[0];
  }

  /// How many arrangements are no less extreme than the observed one, which counts; or some number above `enough` if there are more.
  std::uint64_t as_extreme(const Real& null, std::uint64_t enough = (std::numeric_limits<std::uint64_t>::max)()) const {
    using std::fabs;
    const Real observed = fabs(statistic(null));
    Real size = 1;  // of the statistic
    if (options_.statistic == permutation_statistic::mean) {
      size = 0;
      for (const Real& y : y_) {
        const Real d = fabs(Real(y - null));
        if (d > size) size = d;
      }
    }
    const Real bound = observed <= (std::numeric_limits<Real>::max)() ? Real(observed - tie() * (observed > size ? observed : size)) : observed;
    std::atomic<std::uint64_t> total{0};
    parallel_blocks(static_cast<std::size_t>(count_), 512, options_.threads, [&](std::size_t begin, std::size_t end) {
      if (total.load() > enough) return;
      std::uint64_t here = 0;
      std::vector<Real> block(y_.size() * lanes);
      for (std::size_t at = begin; at < end; at += lanes) {
        const std::size_t used = end - at < lanes ? end - at : lanes;
        flip(null, at, used, block);
        const lane_array<Real> s = statistics(fits_.fit(block.data()));
        for (std::size_t l = 0; l < used; ++l) {
          if (fabs(s[l]) >= bound) ++here;
        }
      }
      total += here;
    });
    return total.load();
  }

 private:
  /// Statistics closer than this, relative to the larger of 1 (of a mean: the largest effect) and the observed one, count as equal.
  static Real tie() {
    using std::cbrt;
    const Real root = cbrt(std::numeric_limits<Real>::epsilon());
    return root * root;
  }

  /// Arrangements `at` to at + used - 1 side by side (the rest are copies of the data): the data themselves are number 0.
  void flip(const Real& null, std::size_t at, std::size_t used, std::vector<Real>& block) const {
    const std::size_t k = y_.size();
    for (std::size_t i = 0; i < k; ++i) {
      const Real d = y_[i] - null;
      for (std::size_t l = 0; l < lanes; ++l) block[i * lanes + l] = d;
    }
    for (std::size_t l = 0; l < used; ++l) {
      const std::uint64_t number = at + l;
      if (number == 0) continue;
      if (exact_) {
        for (std::size_t i = 0; i < k; ++i) block[i * lanes + l] *= static_cast<Real>(1 - 2 * static_cast<int>(number >> i & 1));
      } else {
        random_stream random(options_.seed, number);
        std::uint64_t bits = 0;
        for (std::size_t i = 0; i < k; ++i) {
          bits = i % 64 == 0 ? random() : bits >> 1;
          block[i * lanes + l] *= static_cast<Real>(1 - 2 * static_cast<int>(bits & 1));
        }
      }
    }
  }

  lane_array<Real> statistics(const lane_fits<Real>& fits) const {
    using std::sqrt;
    lane_array<Real> s;
    const Real df = static_cast<Real>(y_.size() - 1);
    for (std::size_t l = 0; l < lanes; ++l) {
      if (options_.statistic == permutation_statistic::mean) {
        s[l] = fits.mean[l];
        continue;
      }
      s[l] = fits.mean[l] * sqrt(fits.weight[l]);
      if (options_.statistic == permutation_statistic::t) {
        const Real spread = sqrt(Real(fits.q[l] / df));
        s[l] = spread > 0 ? Real(s[l] / spread) : s[l] > 0 ? std::numeric_limits<Real>::infinity() : s[l] < 0 ? -std::numeric_limits<Real>::infinity() : Real(0);
      }
    }
    return s;
  }

  std::vector<Real> y_;
  fits_in_lanes<Real, Estimator> fits_;
  permutation_options options_;
  bool exact_;
  std::uint64_t count_ = 0;
};

template <class Real>
void check_permutation(const char* function, const effects<Real>& data, const permutation_options& o) {
  check_effects(function, data);
  if (data.size() < 2) throw_not_estimable(function, "one study ('" + data.labels.front() + "') has nothing to be compared with");
  if (o.exact_up_to > 40) throw_input_error(function, "exact_up_to = " + std::to_string(o.exact_up_to) + ": no computer goes through the arrangements of more than 40 studies");
  if (data.size() > o.exact_up_to && o.draws < 1) throw_input_error(function, "draws = 0: at least one random arrangement is needed");
}

template <class Real, class Estimator>
permutation_result<Real> permutation_answer(const sign_flips<Real, Estimator>& flips, const Real& null, std::size_t k) {
  using std::pow;
  using std::sqrt;
  permutation_result<Real> r;
  r.exact = flips.exact();
  r.arrangements = flips.arrangements();
  r.as_extreme = flips.as_extreme(null);
  const Real n = static_cast<Real>(r.arrangements);
  r.p = static_cast<Real>(r.as_extreme) / n;
  r.statistic = flips.statistic(null);
  const Real least = pow(Real(2), 1 - static_cast<Real>(k));
  r.smallest_p = least > 1 / n ? least : Real(1 / n);
  if (!r.exact) {
    r.monte_carlo_error = sqrt(Real(r.p * (1 - r.p) / n));
    r.notes.push_back(std::to_string(r.arrangements - 1) + " random arrangements of signs, with the observed one");
  }
  if (r.smallest_p > Real(0.05)) {
    r.notes.push_back("with " + std::to_string(k) + " studies the smallest p that a permutation test can give is " + to_text(r.smallest_p) + ", above 0.05");
  }
  return r;
}

}  // namespace detail

/// Permutation test of the pooled mean of random effects: if true effects lie symmetrically about `null`, each y - null might as well have had
/// the opposite sign. tau2 is estimated anew in every arrangement of signs, and p is the share of arrangements whose statistic is no smaller in
/// size than the observed one.
///
/// data: k >= 2 effects; estimator: of tau2, as in random_effects (fixed_tau2{} for common-effect weights); null: on the
/// scale of y. Up to options.exact_up_to studies all 2^k arrangements count (half of them are computed, since a change of all signs
/// changes no size), beyond that `draws` random ones and the observed one: p = (1 + b) / (1 + draws), with its Monte Carlo error.
/// Statistics within 4e-11 of each other (relative, of at least 1 or the largest effect; in double: eps^(2/3)) are ties, and ties count; metafor allows 1.5e-8.
/// With k <= 5 p cannot be below 0.05, and a note says so. Throws input_error on effects out of their domain, exact_up_to > 40 or no draws,
/// not_estimable with one study, and what the estimator throws.
/// Follmann & Proschan (1999) Biometrics 55:732, doi:10.1111/j.0006-341X.1999.00732.x; Higgins & Thompson (2004) Stat Med 23:1663, doi:10.1002/sim.1752.
template <class Real, class Estimator = reml>
  requires tau2_estimator<Estimator, Real>
permutation_result<Real> permutation_test(const effects<Real>& data, const Estimator& estimator = {}, const permutation_options& options = {}, const Real& null = Real(0)) {
  detail::check_permutation("permutation_test", data, options);
  if (!detail::is_finite(null)) detail::throw_input_error("permutation_test", "the null value must be a finite number");
  const detail::sign_flips<Real, Estimator> flips(data.y, data.v, estimator, options);
  return detail::permutation_answer(flips, null, data.size());
}

}  // namespace metapool
