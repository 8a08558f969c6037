// SPDX-License-Identifier: BSL-1.0
// Alleles of one variant in two files: the same, exchanged, or read from the other strand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace metapool {

/// What is done with variants whose alleles are A and T, or C and G, which look the same from both strands.
enum class gwas_ambiguous : std::uint8_t {
  keep,         ///< alleles are taken as they are written, as if all files had the same strand
  by_frequency, ///< the reading whose frequency is nearer to that of the first file; dropped if a frequency is missing or too near one half
  drop
};

namespace detail {

struct base_codes {
  std::uint8_t at[256];
  constexpr base_codes() : at{} {
    for (std::uint8_t& code : at) code = 4;
    for (unsigned i = 0; i < 4; ++i) at[static_cast<unsigned char>("ACGT"[i])] = at[static_cast<unsigned char>("acgt"[i])] = static_cast<std::uint8_t>(i);
  }
};

inline constexpr base_codes codes_of_bases;

/// A, C, G, T in either case: 0, 1, 2, 3, so that 3 - code is the complement; anything else: 4.
constexpr unsigned base_code(char c) {
  return codes_of_bases.at[static_cast<unsigned char>(c)];
}

/// Two alleles as one byte: 4 code1 + code2 for two single bases, else not_bases (their texts count, exactly but for the case of letters).
inline constexpr std::uint8_t not_bases = 255;

template <class = void>
[[gnu::always_inline]] inline std::uint8_t pair_code(std::string_view a1, std::string_view a2) {
  if (a1.size() != 1 || a2.size() != 1) return not_bases;
  const unsigned first = base_code(a1[0]), second = base_code(a2[0]);
  return first < 4 && second < 4 ? static_cast<std::uint8_t>(4 * first + second) : not_bases;
}

constexpr std::uint8_t complement(std::uint8_t pair) { return static_cast<std::uint8_t>(15 - pair); }
constexpr std::uint8_t exchanged(std::uint8_t pair) { return static_cast<std::uint8_t>(4 * (pair % 4) + pair / 4); }
/// A/T, T/A, C/G, G/C
constexpr bool is_ambiguous(std::uint8_t pair) { return pair < 16 && complement(pair) == exchanged(pair); }

/// How alleles are turned to those of the reference.
enum class turn : std::uint8_t { none = 0, swap = 1, complement = 2, swap_complement = 3, mismatch = 4 };
constexpr bool swaps(turn t) { return t == turn::swap || t == turn::swap_complement; }
constexpr bool complements(turn t) { return t == turn::complement || t == turn::swap_complement; }

struct turns_of_bases {
  turn at[256];
  constexpr turns_of_bases() : at{} {
    for (unsigned i = 0; i < 256; ++i) {
      const std::uint8_t pair = static_cast<std::uint8_t>(i / 16), reference = static_cast<std::uint8_t>(i % 16);
      at[i] = pair == reference                          ? turn::none
              : exchanged(pair) == reference             ? turn::swap
              : complement(pair) == reference            ? turn::complement
              : complement(exchanged(pair)) == reference ? turn::swap_complement
                                                         : turn::mismatch;
    }
  }
};
inline constexpr turns_of_bases turns_of_pairs;

/// Of two pairs of bases. Ambiguous ones are read as they are written.
constexpr turn turn_of(std::uint8_t pair, std::uint8_t reference) { return turns_of_pairs.at[16U * pair + reference]; }

/// The reading of an ambiguous pair whose frequency (of the reference's first allele, if read by `written`) is nearer to the reference's. False if one of the two lies within
/// (limit, 1 - limit) or is not there: the strand cannot be told.
constexpr bool resolve(turn written, double frequency, double reference, double limit, turn& result) {
  const double f = swaps(written) ? 1 - frequency : frequency;
  const auto clear = [&](double x) { return x <= limit || x >= 1 - limit; };
  if (!clear(f) || !clear(reference)) return false;
  const bool same_side = (f < 0.5) == (reference < 0.5);
  result = same_side ? written : written == turn::none ? turn::swap_complement : turn::complement;
  return true;
}

}  // namespace detail
}  // namespace metapool
