// SPDX-License-Identifier: BSL-1.0
// The likelihood of one 2x2 table as a function of its log odds ratio or log risk ratio alone, the baseline integrated out.
#pragma once

#include <metapool/bayes/binomial_of_logit.hpp>
#include <metapool/bayes/map_kernel.hpp>
#include <metapool/data/binary_trial.hpp>
#include <metapool/data/table_margins.hpp>
#include <metapool/math/constants.hpp>
#include <metapool/math/logistic.hpp>
#include <metapool/model/count_kernels.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace metapool::detail {

/// log P(treated events | all events, log odds ratio).
template <class Real>
class margins_likelihood {
 public:
  explicit margins_likelihood(const two_by_two<Real>& t) : kernel_(margins_of(t)), reach_(reach(t)) {}
  Real operator()(const Real& theta) const { return kernel_.value(theta); }
  /// Beyond +-this the logarithm is straight.
  Real end() const { return reach_; }

 private:
  static Real reach(const two_by_two<Real>& t) {
    using std::log;
    return 32 + 2 * log(Real(t.total() + 1));
  }
  hypergeometric_kernel<Real> kernel_;
  Real reach_;
};

/// log of the integral over x of P(treated events | logit x + theta / 2) P(control events | logit x - theta / 2) N(x; mean, sd^2). The integrand is log-concave.
template <class Real>
class logit_baseline_likelihood {
 public:
  logit_baseline_likelihood(const two_by_two<Real>& t, const Real& mean, const Real& sd)
      : treated_(t.a, t.treated_total()), control_(t.c, t.control_total()), mean_(mean), sd_(sd) {
    using std::log;
    constant_ = treated_.height() + control_.height() - log(sd) - log(Real(2 * pi<Real>())) / 2;
    near_ = (treated_.near() + control_.near()) / 2;
  }
  Real operator()(const Real& theta) const {
    using std::log;
    const Real half = theta / 2, precision = 1 / (sd_ * sd_);
    const Real peak = concave_peak<Real>([&](const Real& x) {
      return std::pair<Real, Real>(treated_.slope(Real(x + half)) + control_.slope(Real(x - half)) - (x - mean_) * precision,
                                   treated_.information(Real(x + half)) + control_.information(Real(x - half)) + precision);
    }, near_, Real(1));
    const auto g = [&](const Real& x) { return Real(treated_(Real(x + half)) + control_(Real(x - half)) - (x - mean_) * (x - mean_) * precision / 2); };
    const Real height = g(peak);
    const Real curvature = treated_.information(Real(peak + half)) + control_.information(Real(peak - half)) + precision;
    return constant_ + height + log(sum_from_peak<Real>(g, peak, height, curvature, [](const Real&, const Real&) {}));
  }
  /// Where all that is left is the tail of the normal prior.
  Real end() const { return 60 + 20 * sd_; }

 private:
  binomial_of_logit<Real> treated_, control_;
  Real mean_, sd_, constant_{}, near_{};
};

/// log of the integral of P(treated events | p1) P(control events | p0) a m^(a - 1) over m = sqrt(p1 p0), log(p1 / p0) = theta given, as far as p1, p0 < 1. With pi the larger
/// risk, pi r the smaller, r = exp(-|theta|), that of pi^(events + a - 1) (1 - pi)^d (1 - r pi)^f, d and f patients without events at the larger and the smaller risk. With
/// 1 - r pi = (1 - pi) + (1 - r) pi it is a sum of f + 1 positive beta functions; for many patients the integral is summed over the logit of pi.
template <class Real>
class log_risk_baseline_likelihood {
 public:
  log_risk_baseline_likelihood(const two_by_two<Real>& t, const Real& a) : table_(t), a_(a), treated_(t.a, t.treated_total()), control_(t.c, t.control_total()) {
    using std::log;
    closed_ = t.total() <= 3000;
    if (closed_) {
      // B(e, n + 1) = 1 / e times the product of i / (e + i), i = 1, ..., n
      const Real e = t.a + t.c + a;
      constant_ = log(Real(a / e)) + log_product([](const Real& i, const Real& y) { return Real((y + i) / i); }, t.b, t.a) +
                  log_product([](const Real& i, const Real& y) { return Real((y + i) / i); }, t.d, t.c) +
                  log_product([](const Real& i, const Real& y) { return Real(i / (y + i)); }, Real(t.b + t.d), e);
    } else {
      constant_ = log(a) + treated_.height() + control_.height();
    }
  }
  Real operator()(const Real& theta) const {
    const bool more = theta > 0;  // the treated arm's risk is the larger
    return closed_ ? by_sum(more ? theta : Real(-theta), more) : by_quadrature(more ? theta : Real(-theta), more);
  }
  Real end() const {
    using std::log;
    return 32 + 2 * log(Real(table_.total() + 1));
  }

 private:
  /// log of the product of factor(i, y) over i = 1, ..., n.
  template <class F>
  static Real log_product(const F& factor, const Real& n, const Real& y) {
    using std::log;
    Real product = 1, sum = 0;
    for (Real i = 1; i <= n; i += 1) {
      product *= factor(i, y);
      if (product > Real(1e30) || product < Real(1e-30)) {
        sum += log(product);
        product = 1;
      }
    }
    return sum + log(product);
  }
  Real by_sum(const Real& size, bool more) const {
    using std::expm1, std::log;
    const Real rest = -expm1(Real(-size));  // 1 - r
    const Real events = table_.a + table_.c + a_, d = more ? table_.b : table_.d, f = more ? table_.d : table_.b;
    Real sum = 1, term = 1, scale = 0;
    for (Real j = 0; j < f; j += 1) {
      const Real ratio = (f - j) / (j + 1) * rest * (events + j) / (d + f - j);
      term *= ratio;
      sum += term;
      if (sum > Real(1e30)) {
        scale += log(sum);
        term /= sum;
        sum = 1;
      }
      if (ratio < 1 && term < std::numeric_limits<Real>::epsilon() * Real(1e-3) * sum) break;  // the ratios fall
    }
    return constant_ + scale + log(sum) - size * ((more ? table_.c : table_.a) + a_ / 2);
  }
  Real by_quadrature(const Real& size, bool more) const {
    using std::exp, std::expm1, std::log;
    const auto& larger = more ? treated_ : control_;
    const auto& smaller = more ? control_ : treated_;
    const Real r = exp(Real(-size)), shift = size > 0 ? Real(log(Real(-expm1(Real(-size))))) : Real(-1e9);
    const auto of_smaller = [&](const Real& x) { return Real(x - size - log_one_plus_exp(Real(x + shift))); };  // logit of r pi
    const auto g = [&](const Real& x) {
      const Real log_pi = -log_one_plus_exp(Real(-x));
      return Real(larger(x) + smaller(of_smaller(x)) + (a_ + 1) * log_pi - x - a_ / 2 * size);  // log(1 - pi) = log pi - x
    };
    // one peak, as it is log-concave in log pi; searched with a curvature that is positive everywhere
    const auto slope_and_curvature = [&](const Real& x) {
      const Real s = of_smaller(x), p = logistic(x), falls = logistic(Real(-x - shift));  // falls: d s / d x
      return std::pair<Real, Real>(larger.slope(x) + smaller.slope(s) * falls + a_ * (1 - p) - p,
                                   larger.information(x) + smaller.information(s) * falls * falls + (a_ + 1) * p * (1 - p) + (std::max)(Real(0), Real(smaller.slope(s) * falls * (1 - falls))));
    };
    const Real peak = concave_peak<Real>(slope_and_curvature, (std::max)(larger.near(), Real(smaller.near() - log(r))) > larger.near() + 3 ? Real(larger.near() + 3) : larger.near(), Real(1));
    const Real height = g(peak);
    return constant_ + height + log(sum_from_peak<Real>(g, peak, height, slope_and_curvature(peak).second, [](const Real&, const Real&) {}));
  }

  two_by_two<Real> table_;
  Real a_;
  binomial_of_logit<Real> treated_, control_;
  bool closed_ = true;
  Real constant_{};
};

}  // namespace metapool::detail
