// SPDX-License-Identifier: BSL-1.0
// All studies but one.
#pragma once

#include <metapool/data/error.hpp>
#include <metapool/effect/effects.hpp>
#include <metapool/tau2/estimate.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace metapool::detail {

/// The effects of all studies but one, in their order. data: two studies or more; it must outlive this.
template <class Real>
class all_but_one {
 public:
  explicit all_but_one(const effects<Real>& data) : data_(data), y_(data.size() - 1), v_(data.size() - 1) {}

  /// From now on y and v are those without study i.
  void leave_out(std::size_t i) {
    left_out_ = i;
    for (std::size_t j = 0, n = 0; j < data_.size(); ++j) {
      if (j == i) continue;
      y_[n] = data_.y[j];
      v_[n++] = data_.v[j];
    }
  }

  std::span<const Real> y() const { return y_; }
  std::span<const Real> v() const { return v_; }

  /// Passes on an estimate of tau2 from the others. Throws convergence_error, naming the study left out, if its search did not converge.
  tau2_estimate<Real> checked(const char* function, std::string_view estimator, tau2_estimate<Real> t) const {
    if (t.convergence.converged) return t;
    std::string message(function);
    message.append(": ").append(estimator).append(" did not converge without study '").append(data_.labels[left_out_]).append("'");
    throw convergence_error(message);
  }

 private:
  const effects<Real>& data_;
  std::size_t left_out_ = 0;
  std::vector<Real> y_, v_;
};

}  // namespace metapool::detail
