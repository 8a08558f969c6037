// SPDX-License-Identifier: BSL-1.0
// The beta-binomial log-likelihood of one arm with exact derivatives in its mean and its intra-class correlation.
#pragma once

#include <metapool/math/beta.hpp>
#include <metapool/math/constants.hpp>
#include <metapool/math/second_order.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace metapool::detail {

/// (log(1 + x) - x) / x^2 for |x| < 1/2, with derivatives: -1/2 + x / 3 - x^2 / 4 + ...
template <class Real>
second_order<Real> log_one_plus_quotient(const second_order<Real>& x) {
  using std::fabs, std::log1p;
  const Real z = x.value;
  if (fabs(z) > Real(1) / 8) {
    const Real h = log1p(z) - z, h1 = -z / (1 + z), h2 = -1 / ((1 + z) * (1 + z)), zz = z * z;
    return x.through(Real(h / zz), Real((h1 - 2 * h / z) / zz), Real((h2 - 4 * h1 / z + 6 * h / zz) / zz));
  }
  Real f = 0, slope = 0, curve = 0, power = 1;  // power: (-z)^j, and below its two divisions by z
  Real before = 0, twice_before = 0;
  for (int j = 0; j < 400; ++j) {
    const Real c = Real(-1) / static_cast<Real>(j + 2);
    f += c * power;
    slope -= c * static_cast<Real>(j) * before;
    curve += c * static_cast<Real>(j) * static_cast<Real>(j - 1) * twice_before;
    if (j > 2 && fabs(Real(static_cast<Real>(j * j) * twice_before)) < std::numeric_limits<Real>::epsilon() / 16) break;
    twice_before = before;
    before = power;
    power *= -z;
  }
  return x.through(f, slope, curve);
}

/// log P(events of total) when each patient's risk has mean mu and any two patients of the arm the correlation rho: rho = 0 is the binomial, rho = 1 an arm whose
/// patients all fare alike. Both are ordinary points of the polynomial form
///   C(n, y) prod_{r < y} (mu s + r rho) prod_{r < n - y} (nu s + r rho) / prod_{r < n} (s + r rho),   nu = 1 - mu, s = 1 - rho.
/// The first factors are multiplied out; what remains is the same probability with mean and correlation as Polya's urn leaves them, by the
/// formula of Euler and Maclaurin, written so that the leading terms, which cancel, do not appear. 12 digits up to 10^9 patients (where the value
/// or the derivative in rho is below 0.01, 12 digits of that; where the second derivative in rho is below 1, of 1).
template <class Real>
class beta_binomial_kernel {
 public:
  beta_binomial_kernel(const Real& events, const Real& total) : events_(events), total_(total) {
    using std::log;
    const Real head = Real(head_length);
    head_events_ = (std::min)(events, head);
    head_others_ = (std::min)(Real(total - events), head);
    const Real n = total - head_events_ - head_others_, y = events - head_events_, z = n - y;
    if (y >= head && z >= head) {  // Stirling's formula
      const auto rest = [](const Real& x) { return tail(second_order<Real>::constant(Real(1 / x))).value; };
      log_constant_ = log(Real(n / (2 * pi<Real>() * y * z))) / 2 + rest(n) - rest(y) - rest(z);
    } else if (y > 0 && z > 0) {
      log_constant_ = log(Real(beta_density(Real(y + 1), Real(z + 1), Real(y / n)) / (n + 1)));
    }
    // what is left of log C(n, y): a product over the head
    Real product = 1;
    const auto times = [&](const Real& factor) {
      product *= factor;
      if (product > Real(1e30) || product < Real(1e-30)) {
        log_constant_ += log(product);
        product = 1;
      }
    };
    for (Real j = 0; j < head_events_; j += 1) times(Real((total - j) / (events - j)));
    for (Real j = 0; j < head_others_; j += 1) times(Real((total - head_events_ - j) / (total - events - j)));
    log_constant_ += log(product);
  }
  const Real& events() const { return events_; }
  const Real& total() const { return total_; }
  bool lowest() const { return events_ == 0; }
  bool highest() const { return events_ == total_; }

  /// mu and nu = 1 - mu are functions of the first variable, rho is the second one, in [0, 1].
  second_order<Real> operator()(const second_order<Real>& mu, const second_order<Real>& nu, const second_order<Real>& rho) const {
    using number = second_order<Real>;
    const number s = -rho + Real(1), mu_s = mu * s, nu_s = nu * s;
    number sum = number::constant(log_constant_);
    const auto rising = [&](number factor, const Real& length) {  // but for its first factor
      number logs = number::constant(Real(0));
      for (Real r = 1; r < length; r += 1) {
        factor += rho;
        logs += log(factor);
      }
      return logs;
    };
    // the first factors: mu s nu s / s, of which an arm with one outcome has one
    if (!lowest()) sum += log(mu);
    if (!highest()) sum += log(nu);
    if (!lowest() && !highest()) sum += log(s);
    const Real head = head_events_ + head_others_;
    sum += rising(mu_s, head_events_) + rising(nu_s, head_others_) - rising(s, head);
    const Real n = total_ - head;
    if (n > 0) sum += remainder(mu_s + rho * head_events_, nu_s + rho * head_others_, rho, s + rho * head, n, Real(events_ - head_events_));
    return sum;
  }

 private:
  static constexpr int head_length = std::numeric_limits<Real>::digits10 > 20 ? 100 : 12;

  /// What follows the head, but for its binomial part at the observed share: a and b are the urn's contents, a + b = size.
  static second_order<Real> remainder(const second_order<Real>& a, const second_order<Real>& b, const second_order<Real>& rho,
                                      const second_order<Real>& size, const Real& n, const Real& y) {
    using number = second_order<Real>;
    const Real z = n - y, p = y / n, q = z / n;
    const number mu = a / size, nu = b / size, g = rho / size;
    const number d = g * n + Real(1);  // the rising factor's last term over its first
    const number delta = y <= z ? mu + Real(-p) : -(nu + Real(-q));
    number sum = number::constant(Real(0));
    using std::fabs;
    // the integrals: n p (log(1 + x) - x) with 1 + x = (mu + g y) / (p d), and mu (log(1 + e) - e) / g with 1 + e = (mu + g y) / (mu d), and so for nu
    const auto side = [&](const number& mean, const number& difference, const Real& count, const Real& share) {
      const number end = mean + g * count;
      if (count > 0) {
        const number x = difference / (d * share);
        sum += fabs(x.value) < Real(1) / 2 ? log_one_plus_quotient(x) * x * x * count : (log(end / (d * share)) - x) * count;
        const number e = -(g * difference * n) / (mean * d);
        if (fabs(e.value) < Real(1) / 2) {
          const number over = difference * n / d;
          sum += log_one_plus_quotient(e) * g * over * over / mean;
        } else {
          sum += (log(end / (mean * d)) - e) * mean / g;
        }
        sum -= log(end / mean) * Real(Real(1) / 2);
        sum += tail(g / end) - tail(g / mean);
      } else {  // difference = mean: the limit of the first term, and 1 + e = 1 / d whatever the mean
        sum -= difference * n / d;
        const number e = -(g * n) / d;
        if (fabs(e.value) < Real(1) / 2) {
          const number over = number::constant(n) / d;
          sum += log_one_plus_quotient(e) * g * over * over * mean;
        } else {
          sum += (-log(d) - e) * mean / g;
        }
      }
    };
    side(mu, delta, y, p);
    side(nu, -delta, z, q);
    sum += log(d) * Real(Real(1) / 2);
    sum -= tail(g / d) - tail(g);
    return sum;
  }

  /// Euler and Maclaurin's sum of B_2k / (2k (2k - 1)) t^(2k - 1).
  static second_order<Real> tail(const second_order<Real>& t) {
    constexpr long double numerators[15] = {
        1, -1, 1, -1, 5, -691, 7, -3617, 43867, -174611, 854513, -236364091, 8553103, -23749461029.0L, 8615841276005.0L};
    constexpr int denominators[15] = {6, 30, 42, 30, 66, 2730, 6, 510, 798, 330, 138, 2730, 6, 870, 14322};
    constexpr int terms = std::numeric_limits<Real>::digits10 > 18 ? 15 : 8;
    const second_order<Real> square = t * t;
    second_order<Real> sum = second_order<Real>::constant(Real(0));
    for (int k = terms; k >= 1; --k) {
      sum = sum * square + Real(static_cast<Real>(numerators[k - 1]) / (Real(denominators[k - 1]) * Real(2 * k) * Real(2 * k - 1)));
    }
    return sum * t;
  }

  Real events_{}, total_{}, head_events_{}, head_others_{};
  Real log_constant_{};
};

}  // namespace metapool::detail
