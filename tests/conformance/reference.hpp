// SPDX-License-Identifier: BSL-1.0
// The reference cases as the files have them: plain values, so that what computes does not see JSON.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace conformance {

/// A file or folder that cannot be read, or does not have the form of tests/reference/README.md.
struct file_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What the library has no answer to (yet): an operation, a measure, an option. The text is the reason.
struct unsupported : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A number or an array of numbers (a number is an array of one); an empty entry stands for null.
using numbers = std::vector<std::optional<double>>;

/// The options of one case. It remembers which were asked for: an option that nobody took is one that the library does not know.
class options {
 public:
  void set(const std::string& name, std::vector<std::string> value) { values_[name] = std::move(value); }

  bool has(const std::string& name) const { return values_.count(name) != 0; }
  /// The option's text: strings as they are, numbers and booleans as in the file. Throws unsupported if it is absent or an array.
  std::string text(const std::string& name) const {
    const auto& value = list(name);
    if (value.size() != 1) throw unsupported("option '" + name + "' with " + std::to_string(value.size()) + " values");
    return value.front();
  }
  std::string text(const std::string& name, const std::string& fallback) const { return has(name) ? text(name) : fallback; }
  double number(const std::string& name) const {
    const std::string value = text(name);
    try {
      std::size_t end = 0;
      const double x = std::stod(value, &end);
      if (end == value.size()) return x;
    } catch (const std::logic_error&) {
    }
    throw unsupported("option " + name + " = " + value + " is not a number");
  }
  bool flag(const std::string& name, bool fallback) const {
    const std::string value = text(name, fallback ? "true" : "false");
    if (value != "true" && value != "false") throw unsupported("option " + name + " = " + value + " is neither true nor false");
    return value == "true";
  }
  const std::vector<std::string>& list(const std::string& name) const {
    const auto found = values_.find(name);
    if (found == values_.end()) throw unsupported("no option '" + name + "'");
    taken_.insert(name);
    return found->second;
  }
  /// "no name = value" for the report of what is not there.
  [[noreturn]] void refuse(const std::string& name) const { throw unsupported(name + " " + text(name)); }
  /// The first option that was not asked for; empty if there is none.
  std::string untaken() const {
    for (const auto& entry : values_) {
      if (taken_.count(entry.first) == 0) return entry.first;
    }
    return {};
  }

 private:
  std::map<std::string, std::vector<std::string>> values_;
  mutable std::set<std::string> taken_;
};

struct reference_case {
  std::string id;
  std::string op;
  conformance::options options;
  std::map<std::string, numbers> expect;
  double rtol = 0;
};

struct data_set {
  std::filesystem::path file;
  std::string name;
  std::string design;
  std::size_t studies = 0;
  std::map<std::string, numbers> columns;     ///< all of `studies` entries
  std::map<std::string, numbers> moderators;  ///< all of `studies` entries
  std::vector<reference_case> cases;
};

/// All *.json files of a folder, in the order of their names. Throws file_error.
std::vector<data_set> read_folder(const std::filesystem::path& folder);

/// A value of which the library and the reference disagree. Why the library's stands is the evidence in the file.
struct discrepancy {
  std::string id;
  std::string field;
  std::size_t element = 1;  ///< of an array, from 1
  std::optional<double> reference{};  ///< empty: "none", the reference has null
  std::optional<double> library{};    ///< empty: "none", the library says not estimable
};

/// The register of discrepancies. Throws file_error.
std::vector<discrepancy> read_register(const std::filesystem::path& file);

}  // namespace conformance
