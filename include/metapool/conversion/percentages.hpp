// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/conversion/printed.hpp>
#include <metapool/data/check.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace metapool {

/// The counts that are compatible with what was printed: all whole numbers from fewest to most; both empty if there is none.
template <class Real = double>
struct compatible_counts {
  std::optional<Real> fewest{};
  std::optional<Real> most{};
  bool none() const { return !fewest; }
  bool unique() const { return fewest && *fewest == *most; }
};

/// Events out of `total` patients of whom a printed percentage had the event: every count k with 100 k / total printed as that, a half
/// rounded up or down. "6.9" of 29 is 2; "91" of 11 is 10, of 12 there is none (the percentage or the total is not what it seems).
/// Domain: 0 <= percentage <= 100 with at most 7 decimals; total a whole number from 1 to 10^9. Throws input_error outside it.
/// Exact, in whole numbers.
template <class Real = double>
compatible_counts<Real> events_from_percentage(const printed_number& percentage, const std::type_identity_t<Real>& total) {
  constexpr const char* function = "events_from_percentage";
  detail::check(percentage, function);
  if (!(total >= 1 && total <= Real(1e9)) || !detail::is_whole(total)) {
    detail::throw_input_error(function, "total = " + detail::to_text(total) + " must be a whole number from 1 to 10^9");
  }
  if (percentage.decimals > 7) {
    detail::throw_input_error(function, "percentage = " + detail::to_text(percentage) + " must not have more than 7 decimals");
  }
  long long power = 1;
  for (int i = 0; i < percentage.decimals; ++i) power *= 10;
  if (percentage.digits < 0 || percentage.digits > 100 * power) {
    detail::throw_input_error(function, "percentage = " + detail::to_text(percentage) + " must lie between 0 and 100");
  }
  // (2 digits - 1) n <= 200 k 10^decimals <= (2 digits + 1) n; at most 2e18, within 64 bits
  const auto n = static_cast<long long>(total);
  const long long unit = 200 * power;
  const long long low = (2 * percentage.digits - 1) * n, high = (2 * percentage.digits + 1) * n;
  const long long first = low <= 0 ? 0 : (low - 1) / unit + 1;
  const long long last = (std::min)(n, high / unit);
  if (first > last) return {};
  return {Real(first), Real(last)};
}

/// The same from the text: events_from_percentage("6.9", 29).
template <class Real = double>
compatible_counts<Real> events_from_percentage(std::string_view percentage, const std::type_identity_t<Real>& total) {
  return events_from_percentage<Real>(as_printed(percentage), total);
}

}  // namespace metapool
