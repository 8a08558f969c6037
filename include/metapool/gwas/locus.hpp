// SPDX-License-Identifier: BSL-1.0
// Where in the genome a row is.
#pragma once

#include <metapool/data/decimal.hpp>

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

namespace metapool::detail {

/// 1 to 22 and X (23), Y (24), XY (25), M or MT (26), with or without "chr", or numbers from 1 to 1000; 0 for anything else.
template <class = void>
std::uint64_t chromosome_code(std::string_view s) {
  if (s.size() > 3 && equal_ignoring_case(s.substr(0, 3), "chr")) s.remove_prefix(3);
  if (s.empty() || s.size() > 4) return 0;
  if (is_digit(s[0])) {
    std::uint64_t n = 0;
    for (const char c : s) {
      if (!is_digit(c)) return 0;
      n = 10 * n + static_cast<std::uint64_t>(c - '0');
    }
    return n <= 1000 ? n : 0;
  }
  if (equal_ignoring_case(s, "X")) return 23;
  if (equal_ignoring_case(s, "Y")) return 24;
  if (equal_ignoring_case(s, "XY")) return 25;
  if (equal_ignoring_case(s, "M") || equal_ignoring_case(s, "MT")) return 26;
  return 0;
}

template <class = void>
std::string chromosome_text(std::uint64_t code) {
  return code == 23 ? "X" : code == 24 ? "Y" : code == 25 ? "XY" : code == 26 ? "MT" : std::to_string(code);
}

/// chromosome code * 2^40 + position, or 0.
template <class = void>
std::uint64_t locus_of(std::string_view chromosome, std::string_view position) {
  const std::uint64_t code = chromosome_code(chromosome);
  std::uint64_t at = 0;
  const auto end = std::from_chars(position.data(), position.data() + position.size(), at);
  if (code == 0 || position.empty() || end.ec != std::errc{} || end.ptr != position.data() + position.size() || at >> 40U != 0) return 0;
  return (code << 40U) + at;
}

}  // namespace metapool::detail
