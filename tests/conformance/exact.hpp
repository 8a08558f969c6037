// SPDX-License-Identifier: BSL-1.0
// Exact methods over several 2x2 tables; instantiated for a number type in a translation unit of its own.
#pragma once

#include "conformance/operations.hpp"
#include "conformance/studies.hpp"

#include <metapool/exact/common_odds_ratio.hpp>

namespace conformance {

template <class Real>
answers<Real> exact_conditional_or(const data_set& data, const options&) {
  const auto r = metapool::exact_common_odds_ratio(binary_trials<Real>(data));
  answers<Real> a;
  a.set("odds_ratio", r.odds_ratio);
  a.set("ci_lb", r.exact.lower);
  a.set("ci_ub", r.exact.upper);
  a.set_p("p", r.p);
  a.set("ci_lb_mid", r.mid_p.lower);
  a.set("ci_ub_mid", r.mid_p.upper);
  a.set("ci_lb_blaker", r.blaker.lower);
  a.set("ci_ub_blaker", r.blaker.upper);
  a.set_p("p_less", r.p_less);
  a.set_p("p_greater", r.p_greater);
  a.set_p("p_mid", r.p_mid);
  a.set_p("p_blaker", r.p_blaker);
  return a;
}

template <class Real>
std::span<const operation<Real>> exact_operations() {
  static constexpr operation<Real> table[] = {
      {"exact_conditional_or", exact_conditional_or<Real>},
  };
  return table;
}

}  // namespace conformance
