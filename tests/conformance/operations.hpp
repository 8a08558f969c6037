// SPDX-License-Identifier: BSL-1.0
// The table of operations: name of an op -> the function that asks the library.
//
// To add one: write it in the header of its group (or a group of its own), and name it in the group's table. An operation takes every
// option that it knows from `options` before it computes, throws unsupported for what the library does not have, and lets
// metapool::not_estimable pass where the library has no answer at all.
#pragma once

#include "conformance/answers.hpp"
#include "conformance/reference.hpp"

#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace conformance {

template <class Real>
struct operation {
  std::string_view name;
  answers<Real> (*call)(const data_set&, const options&);
};

/// Groups of operations; each is instantiated for a number type in a translation unit of its own.
template <class Real>
std::span<const operation<Real>> table_operations();
template <class Real>
std::span<const operation<Real>> pooling_operations();
template <class Real>
std::span<const operation<Real>> single_study_operations();
template <class Real>
std::span<const operation<Real>> sensitivity_operations();
/// In double only: its 50-digit runs are tests of their own.
template <class Real>
std::span<const operation<Real>> bayes_operations();
template <>
std::span<const operation<double>> bayes_operations<double>();
template <class Real>
std::span<const operation<Real>> likelihood_operations();
template <>
std::span<const operation<double>> likelihood_operations<double>();
template <class Real>
std::span<const operation<Real>> exact_operations();

/// The library's answers to a case. Throws unsupported, and what the library throws.
template <class Real>
answers<Real> evaluate(const data_set& data, const reference_case& c) {
  std::span<const operation<Real>> bayes, likelihood;
  if constexpr (std::is_same_v<Real, double>) {
    bayes = bayes_operations<double>();
    likelihood = likelihood_operations<double>();
  }
  for (const auto group : {table_operations<Real>(), pooling_operations<Real>(), single_study_operations<Real>(), sensitivity_operations<Real>(), exact_operations<Real>(), bayes, likelihood}) {
    for (const operation<Real>& op : group) {
      if (op.name != c.op) continue;
      answers<Real> result = op.call(data, c.options);
      const std::string unknown = c.options.untaken();
      if (!unknown.empty()) throw unsupported("option '" + unknown + "'");
      return result;
    }
  }
  throw unsupported("operation");
}

}  // namespace conformance
