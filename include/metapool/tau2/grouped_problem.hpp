// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/tau2/problem.hpp>

#include <cmath>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace metapool::detail {

/// Sums over groups, each around its own mean.
template <class Real>
struct grouped_sums {
  Real q{}, a2{}, yppp{}, w{};
  Real sum_w2{}, p_trace{}, pp_trace{};
  Real log_det{};  ///< log det X'WX - log det X'X, X the groups' indicators
  Real w2() const { return sum_w2; }
  Real trace_p() const { return p_trace; }
  Real trace_pp() const { return pp_trace; }
};

/// The problem of several groups with a mean each and one between-study variance (tau2/problem.hpp): that of a regression on the groups'
/// indicators, in O(k) an evaluation, since the projection falls apart into the groups'. y and v hold the groups one after another,
/// sizes their numbers of studies (each at least 1); they are looked at, not copied.
template <class Real>
class grouped_problem {
 public:
  using real_type = Real;
  grouped_problem(std::span<const Real> y, std::span<const Real> v, const std::vector<std::size_t>& sizes) : y_(y), v_(v) {
    std::size_t first = 0;
    for (const std::size_t n : sizes) {
      groups_.emplace_back(y.subspan(first, n), v.subspan(first, n));
      starts_.push_back(first);
      first += n;
    }
  }

  std::size_t k() const { return y_.size(); }
  std::size_t p() const { return groups_.size(); }
  std::span<const Real> y() const { return y_; }
  std::span<const Real> v() const { return v_; }

  grouped_sums<Real> at(const Real& tau2) const {
    using std::log;
    grouped_sums<Real> sum;
    for (const auto& g : groups_) {
      const pooled_sums<Real> s = g.at(tau2);
      sum.q += s.q;
      sum.a2 += s.a2;
      sum.yppp += s.yppp;
      sum.w += s.w;
      sum.sum_w2 += s.w2();
      if (g.k() > 1) {
        sum.p_trace += s.trace_p();
        sum.pp_trace += s.trace_pp();
      }
      sum.log_det += log(Real(s.w / static_cast<Real>(g.k())));
    }
    return sum;
  }

  input_range<Real> range() const {
    input_range<Real> r = groups_.front().range();
    for (std::size_t g = 1; g < groups_.size(); ++g) {
      const input_range<Real> other = groups_[g].range();
      if (other.v_min < r.v_min) r.v_min = other.v_min;
      if (other.v_max > r.v_max) r.v_max = other.v_max;
      r.sum_of_squares += other.sum_of_squares;
    }
    return r;
  }

  template <class Weight>
  moment_sums<Real> moments(const Weight& a) const {
    moment_sums<Real> sum;
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      if (groups_[g].k() == 1) continue;
      const std::size_t first = starts_[g];
      const moment_sums<Real> s = groups_[g].moments([&](std::size_t i) { return a(first + i); });
      sum.q += s.q;
      sum.trace_pv += s.trace_pv;
      sum.trace_p += s.trace_p;
    }
    return sum;
  }

  template <class Weight>
  Real variance_of(const Weight& a, const Real& tau2) const {
    Real sum = 0;
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      const std::size_t first = starts_[g];
      if (groups_[g].k() > 1) sum += groups_[g].variance_of([&](std::size_t i) { return a(first + i); }, tau2);
    }
    return sum;
  }

  template <class Weight>
  std::vector<Real> q_spectrum(const Weight& a, const Real& tau2) const {
    std::vector<Real> all;
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      const std::size_t first = starts_[g];
      const std::vector<Real> own = groups_[g].q_spectrum([&](std::size_t i) { return a(first + i); }, tau2);
      all.insert(all.end(), own.begin(), own.end());
    }
    return all;
  }

  Real log_likelihood(const Real& tau2, likelihood_kind kind) const {
    using std::log;
    const grouped_sums<Real> s = at(tau2);
    Real sum = 0;
    for (const Real& x : v_) sum += log(Real(x + tau2));
    const Real log_two_pi = log(Real(Real(2) * pi<Real>()));
    if (kind == likelihood_kind::full) return -(static_cast<Real>(k()) * log_two_pi + sum + s.q) / 2;
    return -(static_cast<Real>(k() - p()) * log_two_pi + sum + s.log_det + s.q) / 2;
  }

 private:
  std::span<const Real> y_, v_;
  std::vector<mean_problem<Real>> groups_{};
  std::vector<std::size_t> starts_{};
};

}  // namespace metapool::detail
