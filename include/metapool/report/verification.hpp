// SPDX-License-Identifier: BSL-1.0
// What came of computing stored results anew: numbers side by side, and their report.
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/text/columns.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace metapool {

/// One stored number and what it comes out as. digits: significant digits that agree, at most 15 (numbers below 1e-6 are counted as if they
/// were that large, a stored 0 by the absolute difference).
template <class Real = double>
struct verified_number {
  std::string place{};   ///< "1.2 Death by dose / Group 1 / Cy-1 2020"
  std::string field{};   ///< "effect", "lower", "weight", "tau2", ...
  Real stored{};
  Real recomputed{};
  double digits = 0;
  bool agrees = false;   ///< at least as many digits as were asked for (see verify_options)
};

/// What came of a verification: every stored number that was recomputed, and in notes what could not be and why.
template <class Real = double>
struct verification {
  std::vector<verified_number<Real>> numbers{};
  std::vector<std::string> notes{};
  std::size_t disagreements() const {
    return static_cast<std::size_t>(std::count_if(numbers.begin(), numbers.end(), [](const auto& n) { return !n.agrees; }));
  }
  /// True if something was compared and all of it agrees.
  bool all_agree() const { return !numbers.empty() && disagreements() == 0; }
  /// The fewest digits of any number; empty if nothing was compared.
  std::optional<double> fewest_digits() const {
    std::optional<double> least;
    for (const auto& n : numbers) least = least ? (std::min)(*least, n.digits) : n.digits;
    return least;
  }
};

namespace detail {

template <class Real>
double digits_agreed(const Real& stored, const Real& recomputed) {
  using std::fabs;
  constexpr double most = 15;
  const double difference = static_cast<double>(Real(fabs(stored - recomputed)));
  const double size = static_cast<double>(Real(fabs(stored)));
  const double relative = size == 0 ? difference : difference / (std::max)(size, 1e-6);
  if (!(relative > 1e-15)) return relative >= 0 ? most : 0;
  return (std::max)(0.0, -std::log10(relative));
}

}  // namespace detail

/// The report of a verification: how many numbers agree, every one that does not (or, with `all`, every one) with both values and the digits
/// agreed, and the notes.
template <class Real>
std::string summary(const verification<Real>& v, bool all = false) {
  std::string out = std::to_string(v.numbers.size() - v.disagreements());
  out.append(" of ").append(std::to_string(v.numbers.size())).append(" stored numbers agree");
  if (const auto least = v.fewest_digits()) out.append("; the fewest digits of any: ").append(detail::to_short_text(std::floor(*least * 10) / 10, 3));
  out += "\n";
  if (all || v.disagreements() > 0) {
    detail::aligned_columns table("llrrr");
    table.add({"where", "what", "stored", "recomputed", "digits"});
    table.rule();
    for (const auto& n : v.numbers) {
      if (!all && n.agrees) continue;
      table.add({n.place, n.field, detail::to_short_text(n.stored, 10), detail::to_short_text(n.recomputed, 10), detail::to_short_text(std::floor(n.digits * 10) / 10, 3)});
    }
    out += table.text();
  }
  for (const std::string& note : v.notes) out.append("note: ").append(note).append("\n");
  return out;
}

}  // namespace metapool
