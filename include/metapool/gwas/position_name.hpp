// SPDX-License-Identifier: BSL-1.0
// Names of variants in files that have none.
#pragma once

#include <metapool/gwas/locus.hpp>
#include <metapool/gwas/rows.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace metapool::detail {

/// Names a row by its place: chromosome:position:alleles, in capitals and in the order of the alphabet; single bases as they are on the + strand.
template <class = void>
void put_name(gwas_row& row, gwas_rows& out, std::string_view a1, std::string_view a2) {
  const std::size_t start = out.names.size();
  const auto put = [&](std::string_view s) { out.names.insert(out.names.end(), s.begin(), s.end()); };
  const auto capital = [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; };
  const auto upper = [&](std::string_view s) {
    for (const char c : s) out.names.push_back(capital(c));
  };
  if (row.pair != not_bases) {
    a1 = std::string_view(&"ACGT"[row.pair / 4], 1);
    a2 = std::string_view(&"ACGT"[row.pair % 4], 1);
  }
  char digits[24];
  put(chromosome_text(row.locus >> 40U));
  out.names.push_back(':');
  put({digits, static_cast<std::size_t>(std::to_chars(digits, digits + sizeof digits, row.locus & ((std::uint64_t{1} << 40U) - 1)).ptr - digits)});
  out.names.push_back(':');
  const bool swap = std::lexicographical_compare(a2.begin(), a2.end(), a1.begin(), a1.end(), [&](char x, char y) { return capital(x) < capital(y); });
  upper(swap ? a2 : a1);
  out.names.push_back(':');
  upper(swap ? a1 : a2);
  row.marker = out.names.data() + start;
  row.marker_size = static_cast<std::uint32_t>(out.names.size() - start);
}

}  // namespace metapool::detail
