// SPDX-License-Identifier: BSL-1.0
// Permutation tests of the pooled mean.
#pragma once

#include "conformance/operations.hpp"
#include "conformance/studies.hpp"

#include <metapool/inference/permutation_test.hpp>
#include <metapool/tau2/fixed.hpp>

#include <string>

namespace conformance {

template <class Real>
answers<Real> permutation_test(const data_set& data, const options& o) {
  if (!o.flag("exact", false)) o.refuse("exact");
  const std::string method = o.text("method");
  const auto effects = pooled_effects<Real>(data, o.text("measure"));
  answers<Real> a;
  const auto answer = [&](const auto& estimator) { a.set_p("p", metapool::permutation_test(effects, estimator, {.exact_up_to = 40}).p); };
  if (method == "DL") {
    answer(metapool::dersimonian_laird{});
  } else if (method == "REML") {
    answer(metapool::reml{});
  } else if (method == "EE") {
    answer(metapool::fixed_tau2{});
  } else {
    o.refuse("method");
  }
  return a;
}

}  // namespace conformance
