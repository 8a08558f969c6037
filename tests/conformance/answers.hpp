// SPDX-License-Identifier: BSL-1.0
// What the library answers to one case, under the names of the reference cases.
#pragma once

#include <metapool/data/error.hpp>

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace conformance {

/// What an error in a value is measured against, where the value itself may be near zero by cancellation: see tests/accuracy.
template <class Real>
struct field {
  std::vector<std::optional<Real>> values{};  ///< empty entries: the library says that there is none
  bool null_means_none = false;               ///< a null of the reference must be met by an empty entry
  bool is_p = false;                          ///< a p-value, compared on the log scale far in the tail
  std::optional<Real> log_value{};            ///< of a p-value, where the library offers it
  std::optional<Real> scale{};                ///< size of the numbers of which the value is the difference
};

template <class Real>
class answers {
 public:
  using real_type = Real;

  field<Real>& set(const std::string& name, std::vector<std::optional<Real>> values) {
    field<Real>& f = fields_[name];
    f.values = std::move(values);
    return f;
  }
  field<Real>& set(const std::string& name, const std::optional<Real>& value) { return set(name, std::vector<std::optional<Real>>{value}); }
  field<Real>& set(const std::string& name, const Real& value) { return set(name, std::optional<Real>(value)); }
  field<Real>& set(const std::string& name, const std::vector<Real>& values) {
    return set(name, std::vector<std::optional<Real>>(values.begin(), values.end()));
  }
  field<Real>& set_count(const std::string& name, std::size_t n) { return set(name, static_cast<Real>(n)); }
  field<Real>& set_p(const std::string& name, const std::optional<Real>& p, const std::optional<Real>& log_p = {}) {
    field<Real>& f = set(name, p);
    f.is_p = true;
    f.log_value = log_p;
    return f;
  }

  /// Calls `compute(*this)`; if the library says not_estimable, the named fields are empty.
  template <class Compute>
  void set_if_estimable(std::initializer_list<const char*> names, const Compute& compute) {
    try {
      compute(*this);
    } catch (const metapool::not_estimable&) {
      for (const char* name : names) set(name, std::optional<Real>{});
    }
  }

  const std::map<std::string, field<Real>>& fields() const { return fields_; }

 private:
  std::map<std::string, field<Real>> fields_;
};

}  // namespace conformance
