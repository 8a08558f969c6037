// SPDX-License-Identifier: BSL-1.0
// Plain decimal numbers of long files, read where they stand.
#pragma once

#include <metapool/data/decimal.hpp>

#include <array>
#include <cfloat>
#include <cstddef>
#include <cstdint>

namespace metapool::detail {

/// Reads a number at [at, end) and returns where it ends; nullptr unless it is [-] digits [mark digits] [e [+-] digits] of which a whole number up to 2^53 and a power of ten
/// up to 22 make the nearest double in one exact step: what most files hold. parse_number must see all else; where both read a number they read the same bits.
/// Clinger (1990) PLDI '90, 92, doi:10.1145/93542.93557.
template <class = void>
const char* quick_number(const char* at, const char* end, char mark, double& value) {
  static constexpr std::array<double, 23> powers{1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                                 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  const bool negative = at != end && *at == '-';
  if (negative) ++at;
  const char* const first = at;
  std::uint64_t digits = 0;
  int exponent = 0;
  while (at != end && is_digit(*at)) digits = 10 * digits + static_cast<std::uint64_t>(*at++ - '0');
  long count = static_cast<long>(at - first);
  if (at != end && *at == mark) {
    const char* const fraction = ++at;
    while (at != end && is_digit(*at)) digits = 10 * digits + static_cast<std::uint64_t>(*at++ - '0');
    const long places = static_cast<long>(at - fraction);
    count += places;
    if (places > 22) return nullptr;
    exponent = -static_cast<int>(places);
  }
  if (count == 0 || count > 19) return nullptr;  // 19 digits fit into 64 bits
  if (at != end && (*at == 'e' || *at == 'E')) {
    ++at;
    const bool below = at != end && *at == '-';
    if (at != end && (*at == '-' || *at == '+')) ++at;
    int e = 0;
    const char* const start = at;
    while (at != end && is_digit(*at) && at - start < 4) e = 10 * e + (*at++ - '0');
    if (at == start || (at != end && is_digit(*at))) return nullptr;
    exponent += below ? -e : e;
  }
  if (FLT_EVAL_METHOD != 0) return nullptr;  // where doubles are computed wider one step rounds twice
  if (digits > (std::uint64_t(1) << 53) || exponent < -22 || exponent > 22) return nullptr;
  const double whole = static_cast<double>(digits);
  const double size = exponent < 0 ? whole / powers[static_cast<std::size_t>(-exponent)] : whole * powers[static_cast<std::size_t>(exponent)];
  value = negative ? -size : size;
  return at;
}

}  // namespace metapool::detail
