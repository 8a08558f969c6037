// SPDX-License-Identifier: BSL-1.0
// The binomial likelihood of one arm as a function of the logit of its rate. Neither Boost nor Eigen.
#pragma once

#include <metapool/math/logistic.hpp>

#include <cmath>

namespace metapool::detail {

/// log n! less (n + 1/2) log n - n, n a positive whole number: half of log(2 pi) and what follows it in Stirling's series. 18 digits.
template <class Real>
Real after_stirling(const Real& n) {
  using std::atan, std::log;
  if (n < 20) {
    Real product = 1;
    for (Real i = 2; i <= n; i += 1) product *= i;
    return log(product) - (n + Real(0.5)) * log(n) + n;
  }
  const Real z = 1 / (n * n);
  return log(Real(8 * atan(Real(1)))) / 2 +
         (Real(1) / 12 - z * (Real(1) / 360 - z * (Real(1) / 1260 - z * (Real(1) / 1680 - z * (Real(1) / 1188 - z * Real(691) / 360360))))) / n;
}

/// log P(events of total | rate of logit x), relative to its value near its peak, so that many patients cost no digits.
template <class Real>
class binomial_of_logit {
 public:
  /// a - 1, b - 1 need not be whole: the same function is the shape of a beta density.
  binomial_of_logit(const Real& events, const Real& total) : events_(events), total_(total) {
    using std::log;
    near_ = log(Real(events + Real(0.5))) - log(Real(total - events + Real(0.5)));
    rate_ = logistic(near_);
  }
  Real events() const { return events_; }
  Real total() const { return total_; }
  /// A logit near the likelihood's peak (half an event added to either side).
  Real near() const { return near_; }
  Real operator()(const Real& x) const {
    using std::expm1, std::log1p;
    const Real d = x - near_;
    if (d > -1 && d < 1) return events_ * d - total_ * log1p(Real(rate_ * expm1(d)));
    return events_ * d - total_ * (log_one_plus_exp(x) - log_one_plus_exp(near_));
  }
  Real slope(const Real& x) const { return events_ - total_ * logistic(x); }
  /// Minus the second derivative.
  Real information(const Real& x) const { return total_ * logistic(x) * logistic(Real(-x)); }
  /// log P(events of total) at x = near(); for whole numbers.
  Real height() const {
    using std::log;
    const Real rest = total_ - events_;
    if (!(events_ > 0)) return -total_ * log_one_plus_exp(near_);
    if (!(rest > 0)) return -total_ * log_one_plus_exp(Real(-near_));
    const Real saturated = after_stirling(total_) - after_stirling(events_) - after_stirling(rest) + (log(total_) - log(events_) - log(rest)) / 2;
    return saturated - (*this)(Real(log(events_) - log(rest)));
  }

 private:
  Real events_{}, total_{}, near_{}, rate_{};
};

}  // namespace metapool::detail
