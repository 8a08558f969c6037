// SPDX-License-Identifier: BSL-1.0
// Log-likelihoods of counts as functions of one linear predictor, with four derivatives: what likelihood models with random effects integrate.
#pragma once

#include <metapool/data/table_margins.hpp>
#include <metapool/math/gamma.hpp>
#include <metapool/math/logistic.hpp>
#include <metapool/model/binomial_ratio.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

namespace metapool::detail {

/// A log-likelihood and its first four derivatives.
template <class Real>
using jet = std::array<Real, 5>;

/// `events` of `total`, each with log odds eta + offset. With a total of 0 the log-likelihood is 0.
template <class Real>
struct binomial_kernel {
  Real events{};
  Real total{};
  Real offset{};

  Real value(const Real& eta) const {
    const Real x = eta + offset;
    // events x - total log(1 + e^x), which for large x is -(total - events) x - ...
    return x > 0 ? Real(-(total - events) * x - total * log_one_plus_exp(Real(-x))) : Real(events * x - total * log_one_plus_exp(x));
  }
  Real exponential(const Real& eta) const {
    using std::exp;
    return exp(Real(eta + offset));
  }
  /// The same from exponential(eta), for whoever has it at less cost than by exp.
  Real value(const Real& eta, const Real& exponential) const {
    using std::log1p;
    const Real x = eta + offset;
    return x > 0 ? Real(-(total - events) * x - total * log1p(Real(1 / exponential))) : Real(events * x - total * log1p(exponential));
  }
  jet<Real> operator()(const Real& eta) const {
    using std::exp, std::log1p;
    const Real x = eta + offset;
    const Real e = exp(x > 0 ? Real(-x) : x);
    const Real larger = 1 / (1 + e), smaller = e * larger;
    const Real p = x > 0 ? larger : smaller, q = x > 0 ? smaller : larger;
    const Real v = p * q;
    const Real log_sum = total * log1p(e);
    return {x > 0 ? Real(-(total - events) * x - log_sum) : Real(events * x - log_sum), events * q - (total - events) * p, -total * v,
            -total * v * (q - p), -total * v * (1 - 6 * v)};
  }
  bool lowest() const { return events == 0; }       ///< the likelihood rises towards eta = -infinity
  bool highest() const { return events == total; }  ///< it rises towards infinity
  /// Where the likelihood is highest. Precondition: neither lowest nor highest.
  Real best() const {
    using std::log;
    return log(Real(events / (total - events))) - offset;
  }
  /// log of the coefficient that value leaves out: that of choosing `events` of `total`.
  Real log_constant() const {
    return lowest() || highest() ? Real(0) : Real(highest_binomial_log_probability(events, total) - value(best()));
  }
};

/// `events` of a Poisson distribution with logarithm of the mean eta + offset.
template <class Real>
struct poisson_kernel {
  Real events{};
  Real offset{};

  Real value(const Real& eta) const {
    using std::exp;
    const Real x = eta + offset;
    return events * x - exp(x);
  }
  Real exponential(const Real& eta) const {
    using std::exp;
    return exp(Real(eta + offset));
  }
  /// The same from exponential(eta).
  Real value(const Real& eta, const Real& exponential) const { return events * (eta + offset) - exponential; }
  jet<Real> operator()(const Real& eta) const {
    using std::exp;
    const Real x = eta + offset;
    const Real m = exp(x);
    return {events * x - m, events - m, -m, -m, -m};
  }
  bool lowest() const { return events == 0; }
  bool highest() const { return false; }
  Real best() const {
    using std::log;
    return log(events) - offset;
  }
  /// -log(events!).
  Real log_constant() const {
    using std::log;
    return lowest() ? Real(0) : Real(log(gamma_density(Real(events + 1), events)) - value(best()));
  }
};

/// Treated events of a 2x2 table given its margins, eta being the log odds ratio: Fisher's noncentral hypergeometric distribution. Each value sums the
/// probabilities from their mode outward until they no longer count, so that it takes the time of some standard deviations. The ratios of
/// neighbouring probabilities at an odds ratio of 1 are kept if the table has at most 4096 of them.
template <class Real>
class hypergeometric_kernel {
 public:
  explicit hypergeometric_kernel(const table_margins<Real>& margins) : margins_(margins) {
    const Real size = margins.highest - margins.lowest;
    if (size > 4096) return;
    for (Real y = margins.lowest; y < margins.highest; y += 1) {
      const Real r = margins.ratio(Real(1), y);
      up_.push_back(r);
      down_.push_back(1 / r);
    }
  }
  const table_margins<Real>& margins() const { return margins_; }
  Real value(const Real& eta) const { return sum<false>(eta)[0]; }
  jet<Real> operator()(const Real& eta) const { return sum<true>(eta); }
  bool lowest() const { return margins_.observed == margins_.lowest; }
  bool highest() const { return margins_.observed == margins_.highest; }
  Real log_constant() const { return Real(0); }

 private:
  template <bool with_moments>
  jet<Real> sum(const Real& eta) const {
    using std::exp, std::log;
    // Beyond these bounds all probability is at one end of the support, but for less than any rounding.
    const Real bound = log((std::numeric_limits<Real>::max)()) / 2;
    const Real inside = (std::min)(bound, (std::max)(Real(-bound), eta));
    const Real psi = exp(inside), inverse = 1 / psi;
    const auto& g = margins_;
    const Real mode = g.mode(psi);
    const Real small = std::numeric_limits<Real>::epsilon() * Real(1e-3);
    const bool kept = !up_.empty();
    const auto start = kept ? static_cast<std::size_t>(Real(mode - g.lowest)) : std::size_t{0};
    Real s0 = 1, s1 = 0, s2 = 0, s3 = 0, s4 = 0;
    const auto counts = [&](const Real& d, const Real& w) {
      s0 += w;
      if constexpr (with_moments) {
        const Real d2 = d * d;
        const Real w1 = w * d, w2 = w * d2;
        s1 += w1;
        s2 += w2;
        s3 += w1 * d2;
        s4 += w2 * d2;
        return w2 > small * s2;
      } else {
        return w > small * s0;
      }
    };
    Real w = 1, d = 0;
    if (kept) {
      for (std::size_t i = start; i < up_.size(); ++i) {
        w *= psi * up_[i];
        if (!counts(d += 1, w)) break;
      }
      w = 1;
      d = 0;
      for (std::size_t i = start; i-- > 0;) {
        w *= inverse * down_[i];
        if (!counts(d -= 1, w)) break;
      }
    } else {
      for (Real y = mode; y < g.highest; y += 1) {
        w *= g.ratio(psi, y);
        if (!counts(d += 1, w)) break;
      }
      w = 1;
      d = 0;
      for (Real y = mode; y > g.lowest;) {
        y -= 1;
        w /= g.ratio(psi, y);
        if (!counts(d -= 1, w)) break;
      }
    }
    jet<Real> r{};
    r[0] = log_against_mode(psi, mode) - log(s0);
    if (eta != inside) r[0] += (eta - inside) * (g.observed - (eta > 0 ? g.highest : g.lowest));
    if constexpr (with_moments) {
      const Real m1 = s1 / s0, m2 = s2 / s0, m3 = s3 / s0, m4 = s4 / s0;
      r[1] = (g.observed - mode) - m1;
      r[2] = -(m2 - m1 * m1);
      r[3] = -(m3 - m1 * (3 * m2 - 2 * m1 * m1));
      r[4] = -(m4 - 4 * m3 * m1 - 3 * m2 * m2 + m1 * m1 * (12 * m2 - 6 * m1 * m1));
    }
    return r;
  }

  /// log of the probability of the observed count over that of the mode; the product is taken to its logarithm before it underflows.
  Real log_against_mode(const Real& psi, const Real& mode) const {
    using std::log;
    Real log_w = 0, w = 1;
    const auto keep = [&] {
      if (w > Real(1e-15)) return;
      log_w += log(w);
      w = 1;
    };
    for (Real y = mode; y < margins_.observed; y += 1) {
      w *= ratio(psi, y);
      keep();
    }
    for (Real y = mode; y > margins_.observed;) {
      y -= 1;
      w /= ratio(psi, y);
      keep();
    }
    return log_w + log(w);
  }
  Real ratio(const Real& psi, const Real& y) const {
    return up_.empty() ? margins_.ratio(psi, y) : Real(psi * up_[static_cast<std::size_t>(Real(y - margins_.lowest))]);
  }

  table_margins<Real> margins_;
  std::vector<Real> up_{}, down_{};  // P(y + 1) / P(y) at psi = 1 for y = lowest, ..., and its inverse
};

}  // namespace metapool::detail
